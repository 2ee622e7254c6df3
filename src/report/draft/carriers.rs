//! Takes hosts with what each showed of itself, gives the carriers that they are of, never joins two hosts that nothing joins.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::audit::{Seen, Sighting, is_private, network};

/// Hosts of one carrier, and what a reader must know of why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Carrier {
    pub(super) hosts: Vec<IpAddr>,
    /// What speaks against it, or for nothing.
    pub(super) doubts: Vec<String>,
}

/// What two hosts of one carrier have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Bond<'s> {
    /// The /24 or /64.
    Network(IpAddr),
    /// The domain that each sends most, if no host of the other side sends it more.
    Domain(&'s str),
    /// A SIP domain of their certificates.
    Certificate(&'s str),
    /// A public media address that they name.
    Media(IpAddr),
}

/// The carriers of both sides: those of the first side first, each in the order in which it was met.
pub(super) fn of(seen: &Seen) -> Vec<Carrier> {
    let [near, far] = &seen.sides;
    let (main_near, main_far) = (main_domains(seen, near, far), main_domains(seen, far, near));
    let mut all = side(seen, near, &main_near);
    all.extend(side(seen, far, &main_far));
    all
}

/// The pairs of carriers that talked, as places in their list.
pub(super) fn pairs(carriers: &[Carrier], seen: &Seen) -> BTreeSet<(usize, usize)> {
    let of: BTreeMap<IpAddr, usize> =
        carriers.iter().enumerate().flat_map(|(n, carrier)| carrier.hosts.iter().map(move |host| (*host, n))).collect();
    let ends = seen.pairs.iter().filter_map(|((a, b), _)| Some((*of.get(a)?, *of.get(b)?)));
    ends.filter(|(a, b)| a != b).map(|(a, b)| (a.min(b), a.max(b))).collect()
}

/// The domain that each host sends most, where it is its own: no host of the other side sends it as often.
fn main_domains<'s>(seen: &'s Seen, own: &[IpAddr], others: &[IpAddr]) -> BTreeMap<IpAddr, &'s str> {
    let (own, others): (BTreeSet<_>, BTreeSet<_>) = (own.iter().collect(), others.iter().collect());
    let mut elsewhere: BTreeMap<&str, u64> = BTreeMap::new();
    for ((_, domain), sighting) in seen.domains.iter().filter(|((host, _), _)| others.contains(host)) {
        let most = elsewhere.entry(domain).or_default();
        *most = (*most).max(sighting.count);
    }
    let mut main: BTreeMap<IpAddr, (&str, u64)> = BTreeMap::new();
    for ((host, domain), Sighting { count, .. }) in seen.domains.iter().filter(|((host, _), _)| own.contains(host)) {
        let is_relayed = elsewhere.get(&**domain).is_some_and(|most| most > count);
        let known = main.get(host).map_or(0, |(_, most)| *most);
        if !is_relayed && *count > known {
            main.insert(*host, (domain, *count));
        }
    }
    main.into_iter().map(|(host, (domain, _))| (host, domain)).collect()
}

fn side(seen: &Seen, hosts: &[IpAddr], main: &BTreeMap<IpAddr, &str>) -> Vec<Carrier> {
    let place: BTreeMap<IpAddr, usize> = hosts.iter().enumerate().map(|(n, host)| (*host, n)).collect();
    // Who talks to whom across a border is not of one carrier.
    let apart: Vec<(usize, usize)> =
        seen.pairs.iter().filter_map(|((a, b), _)| Some((*place.get(a)?, *place.get(b)?))).filter(|(a, b)| a != b).collect();
    let mut groups = Groups((0..hosts.len()).collect());
    // The strongest bonds first: what they tell apart, a network does not join.
    let domains = hosts.iter().filter_map(|host| Some((Bond::Domain(main.get(host)?), *host)));
    let certificates = seen.identities.iter().map(|((host, name), _)| (Bond::Certificate(name), *host));
    let media = seen.media.iter().filter(|((_, ip), _)| !is_private(*ip)).map(|((host, ip), _)| (Bond::Media(*ip), *host));
    let networks = hosts.iter().map(|host| (Bond::Network(network(*host)), *host));
    let mut bound: BTreeMap<Bond<'_>, usize> = BTreeMap::new();
    for (bond, host) in domains.chain(certificates).chain(media).chain(networks) {
        let Some(host) = place.get(&host) else { continue };
        let first = *bound.entry(bond).or_insert(*host);
        groups.join(first, *host, &apart);
    }
    let mut carriers: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    (0..hosts.len()).for_each(|n| carriers.entry(groups.root(n)).or_default().push(n));
    let several = carriers.len() > 1;
    let told = |members: Vec<usize>| {
        let hosts: Vec<IpAddr> = members.into_iter().filter_map(|n| hosts.get(n).copied()).collect();
        let doubts = doubts(seen, &hosts, main, several);
        Carrier { hosts, doubts }
    };
    carriers.into_values().map(told).collect()
}

fn doubts(seen: &Seen, hosts: &[IpAddr], main: &BTreeMap<IpAddr, &str>, several: bool) -> Vec<String> {
    let mut doubts = Vec::new();
    let domains: BTreeSet<&str> = hosts.iter().filter_map(|host| main.get(host).copied()).collect();
    if domains.len() > 1 {
        let names: Vec<_> = domains.into_iter().collect();
        doubts.push(format!("hosts of one network or certificate that send different domains ({}): two carriers?", names.join(", ")));
    } else if several && domains.is_empty() && !seen.identities.iter().any(|((host, _), _)| hosts.contains(host)) {
        doubts.push("nothing but its network tells it from the others: if it is of one of them, move its elements there".to_owned());
    }
    doubts
}

/// Hosts that were found to be together: each points to an earlier one, or to itself.
struct Groups(Vec<usize>);

impl Groups {
    fn root(&self, mut of: usize) -> usize {
        while let Some(&next) = self.0.get(of).filter(|next| **next != of) {
            of = next;
        }
        of
    }

    fn join(&mut self, a: usize, b: usize, apart: &[(usize, usize)]) {
        let (a, b) = (self.root(a), self.root(b));
        let (first, later) = (a.min(b), a.max(b));
        let are_apart = |(x, y): &(usize, usize)| {
            let (x, y) = (self.root(*x), self.root(*y));
            (x.min(y), x.max(y)) == (first, later)
        };
        if first != later
            && !apart.iter().any(are_apart)
            && let Some(root) = self.0.get_mut(later)
        {
            *root = first;
        }
    }
}
