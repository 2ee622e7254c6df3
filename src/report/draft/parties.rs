//! Takes the carriers in the traffic, gives them as peers with their border elements, never a host that nobody saw.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::carriers::{self, Carrier};
use super::names;
use super::sheet::{Sheet, counted, is_rare};
use crate::audit::{Audit, Seen, Sighting, is_private};
use crate::base::Transport;
use crate::policy::{accepts, quoted};

/// Elements of a peer that are listed; what is beyond is said.
const ELEMENTS: usize = 1000;

/// More ports of a transport at one address are no listeners but the callers of a scan.
const PORTS: usize = 16;

/// Peers of a draft; a scan makes hosts that are none.
const PEERS: usize = 64;

/// One carrier in the traffic.
pub(super) struct Side {
    /// Its id in the draft.
    pub(super) id: String,
    /// How the audit names it.
    pub(super) name: String,
    hosts: Vec<IpAddr>,
    /// What a reader must know of why these hosts are one peer.
    doubts: Vec<String>,
    /// Domains of From: those that it sends more often than the other side, and whether the other sends more.
    domains: Vec<(Box<str>, Sighting, bool)>,
}

/// The carriers in the traffic.
pub(super) struct Parties {
    sides: Vec<Side>,
    /// Those that talked, as places in the list.
    pairs: BTreeSet<(usize, usize)>,
    /// Carriers beyond those that are listed.
    further: usize,
}

impl Parties {
    pub(super) fn of(audit: &Audit, seen: &Seen) -> Self {
        let mut carriers = carriers::of(seen);
        let further = carriers.len().saturating_sub(PEERS);
        carriers.truncate(PEERS);
        let pairs = carriers::pairs(&carriers, seen);
        // An audit without policy knows two sides; where there are more, it was made with the peers of a first draft.
        let named = |n: usize| audit.policy.peers.get(n).cloned().unwrap_or_default();
        let side =
            |(n, Carrier { hosts, doubts }): (usize, Carrier)| Side { id: unnamed(n), name: named(n), hosts, doubts, domains: Vec::new() };
        let mut sides: Vec<Side> = carriers.into_iter().enumerate().map(side).collect();
        let domains: Vec<_> = sides.iter().map(|side| names::of_hosts(&side.hosts, &seen.domains)).collect();
        for (n, own) in domains.iter().enumerate() {
            let others: Vec<_> = domains.iter().enumerate().filter(|(m, _)| *m != n).collect();
            let more = |name: &str, count: u64| {
                others.iter().any(|(m, other)| other.get(name).is_some_and(|s| s.count > count || (s.count == count && *m < n)))
            };
            if let Some(side) = sides.get_mut(n) {
                side.domains = own.iter().map(|(name, s)| (name.clone(), s.clone(), more(name, s.count))).collect();
                side.domains.sort_by_key(|(name, s, _)| (std::cmp::Reverse(s.count), name.clone()));
            }
        }
        // The domain that a side sends most is what people call it.
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for side in &mut sides {
            let own = side.domains.iter().find(|(name, _, elsewhere)| !elsewhere && accepts("peer.ssp_domains", name));
            if let Some((name, ..)) = own.filter(|(name, ..)| !taken.contains(&**name)) {
                side.id = name.to_string();
            }
            taken.insert(side.id.clone());
        }
        Self { sides, pairs, further }
    }

    /// The sides.
    pub(super) fn sides(&self) -> &[Side] {
        &self.sides
    }

    /// The ids of those that talked; where that was not seen in full, of two the two.
    pub(super) fn pairs(&self) -> Vec<(&str, &str)> {
        let id = |n: usize| self.sides.get(n).map(|side| &*side.id);
        match self.sides.as_slice() {
            [first, second] => vec![(&first.id, &second.id)],
            _ => self.pairs.iter().filter_map(|(a, b)| Some((id(*a)?, id(*b)?))).collect(),
        }
    }

    /// The id of the side that the audit names so.
    pub(super) fn id(&self, name: &str) -> Option<&str> {
        self.sides.iter().find(|side| side.name == name).map(|side| &*side.id)
    }

    /// The peers.
    pub(super) fn write(&self, sheet: &mut Sheet<'_>, seen: &Seen) {
        let media = self.media(seen);
        for (side, media) in self.sides.iter().zip(&media) {
            side.write(sheet, seen, media);
        }
        if self.sides.len() < 2 {
            sheet.blank();
            sheet.comment("One side only: whom it talks to does not show. Declare the other with [[peer]], and both in `pairs`.");
        }
        if self.further > 0 {
            sheet.remark(&format!("not listed: {} that nothing joins to these", counted(self.further as u64, "further peer")));
        }
        sheet.untold_hosts(seen);
    }

    /// The media addresses of each side: an address belongs to one side only.
    fn media(&self, seen: &Seen) -> Vec<Vec<MediaPlace>> {
        let side_of: BTreeMap<IpAddr, usize> =
            self.sides.iter().enumerate().flat_map(|(n, side)| side.hosts.iter().map(move |host| (*host, n))).collect();
        let mut places: Vec<BTreeMap<IpAddr, Sighting>> = vec![BTreeMap::new(); self.sides.len()];
        for ((host, ip), sighting) in seen.media.iter() {
            let Some(own) = side_of.get(host).and_then(|n| places.get_mut(*n)) else { continue };
            let known = own.entry(*ip).or_insert_with(|| Sighting { count: 0, ..sighting.clone() });
            known.count += sighting.count;
            known.first = known.first.min(sighting.first);
        }
        let claims: Vec<_> = places.iter().map(|own| own.iter().map(|(ip, s)| (*ip, s.first)).collect::<BTreeMap<_, _>>()).collect();
        let mut all = Vec::new();
        for (n, own) in places.into_iter().enumerate() {
            let is_public = self.sides.get(n).is_some_and(|side| side.hosts.iter().all(|host| !is_private(*host)));
            let doubt = |ip: IpAddr, sighting: &Sighting| {
                if side_of.get(&ip).is_some_and(|side| *side != n) {
                    return Some("a border element of the other side".to_owned());
                }
                let earlier = claims.iter().enumerate().find(|(m, other)| {
                    *m != n && other.get(&ip).is_some_and(|first| (*first, *m) < (sighting.first, n)) && side_of.get(&ip) != Some(&n)
                });
                if earlier.is_some() {
                    return Some("the other side named it before".to_owned());
                }
                (is_public && is_private(ip)).then(|| "a private address, although the signalling has none".to_owned())
            };
            let mut places: Vec<_> = own.into_iter().map(|(ip, sighting)| (ip, doubt(ip, &sighting), sighting)).collect();
            places.sort_by_key(|(ip, _, s)| (s.first, *ip));
            all.push(places.into_iter().map(|(ip, doubt, sighting)| MediaPlace { ip, sighting, doubt }).collect());
        }
        all
    }
}

/// The id of a peer that no domain names: `side-a`, `side-b` and so on.
fn unnamed(n: usize) -> String {
    let letter = u8::try_from(n).ok().and_then(|n| b'a'.checked_add(n)).filter(u8::is_ascii_lowercase).map(char::from);
    letter.map_or_else(|| format!("side-{}", n + 1), |letter| format!("side-{letter}"))
}

/// A media address of a side.
struct MediaPlace {
    ip: IpAddr,
    sighting: Sighting,
    doubt: Option<String>,
}

impl Side {
    fn write(&self, sheet: &mut Sheet<'_>, seen: &Seen, media: &[MediaPlace]) {
        sheet.heading("[[peer]]");
        sheet.say("id", &quoted(&self.id), "");
        self.doubts.iter().for_each(|doubt| sheet.remark(doubt));
        let total: u64 = self.domains.iter().map(|(_, s, _)| s.count).sum();
        let doubt = |s: &Sighting, elsewhere: bool| match (elsewhere, is_rare(s.count, total)) {
            (true, _) => Some("the other side sends it more often: carried for it?".to_owned()),
            (false, true) => Some("rare: carried for somebody else? then it belongs in transit_for".to_owned()),
            _ => None,
        };
        let domains = self.domains.iter().filter(|(name, ..)| accepts("peer.ssp_domains", name));
        let listed: Vec<_> =
            domains.map(|(name, s, elsewhere)| (quoted(name), sheet.seen(s, "From header"), doubt(s, *elsewhere))).collect();
        sheet.list("ssp_domains", &listed, false);
        names::identities(sheet, &self.hosts, seen);
        names::numbers(sheet, &self.hosts, seen);
        for host in self.hosts.iter().take(ELEMENTS) {
            self.signalling(sheet, *host, seen);
        }
        if let Some(more) = self.hosts.len().checked_sub(ELEMENTS).filter(|n| *n > 0) {
            sheet.remark(&format!("not listed: {} of this side", counted(more as u64, "more host")));
        }
        self.media(sheet, seen, media);
    }

    fn signalling(&self, sheet: &mut Sheet<'_>, host: IpAddr, seen: &Seen) {
        sheet.heading("  [[peer.sbe]]");
        sheet.say("  name", &quoted(&host.to_string()), "");
        let note = seen.hosts.get(&host).map(|s| sheet.seen(s, "message"));
        sheet.say("  addresses", &format!("[{}]", quoted(&host.to_string())), &note.unwrap_or_else(|| "seen in TLS handshakes".to_owned()));
        let names: Vec<_> = seen.names().iter().filter(|((ip, name), _)| *ip == host && accepts("peer.sbe.fqdn", name)).collect();
        let total: u64 = names.iter().map(|(_, s)| s.count).sum();
        let rare = |s: &Sighting| is_rare(s.count, total).then(|| "rare".to_owned());
        let names: Vec<_> = names.into_iter().map(|((_, name), s)| (quoted(name), sheet.seen(s, "header"), rare(s))).collect();
        sheet.list("  fqdn", &names, false);
        let mut ports: BTreeMap<Transport, Vec<(u16, &Sighting)>> = BTreeMap::new();
        for ((_, transport, port), sighting) in seen.listeners.iter().filter(|((ip, ..), _)| *ip == host) {
            ports.entry(*transport).or_default().push((*port, sighting));
        }
        for (transport, many) in ports.iter().filter(|(_, ports)| ports.len() > PORTS) {
            sheet.remark(&format!("  requests went to {} of it over {transport}: left open", counted(many.len() as u64, "port")));
        }
        ports.retain(|_, ports| ports.len() <= PORTS && ports.iter().all(|(port, _)| *port > 0));
        if ports.is_empty() {
            return;
        }
        let word = |transport: Transport| transport.token().to_ascii_lowercase();
        let entry = |(transport, ports): (&Transport, &Vec<(u16, &Sighting)>)| {
            let list: Vec<_> = ports.iter().map(|(port, _)| port.to_string()).collect();
            format!("{} = [{}]", word(*transport), list.join(", "))
        };
        let note = |(transport, ports): (&Transport, &Vec<(u16, &Sighting)>)| {
            ports
                .iter()
                .map(|(port, s)| format!("{} {port}: {}", word(*transport), sheet.seen(s, "request")))
                .collect::<Vec<_>>()
                .join("; ")
        };
        let (value, note): (Vec<_>, Vec<_>) = (ports.iter().map(entry).collect(), ports.iter().map(note).collect());
        sheet.say("  ports", &format!("{{ {} }}", value.join(", ")), &note.join("; "));
    }

    fn media(&self, sheet: &mut Sheet<'_>, seen: &Seen, places: &[MediaPlace]) {
        let kept: Vec<_> = places.iter().filter(|place| place.doubt.is_none()).take(ELEMENTS).collect();
        if !kept.is_empty() {
            sheet.heading("  [[peer.dbe]]");
            sheet.say("  name", "\"media\"", "");
        } else if !places.is_empty() {
            sheet.aside("  [[peer.dbe]]", "its media addresses are none that could be agreed on");
            sheet.aside("  name = \"media\"", "");
        }
        let listed: BTreeSet<IpAddr> = kept.iter().map(|place| place.ip).collect();
        let shown = places.iter().filter(|place| place.doubt.is_some() || listed.contains(&place.ip)).take(2 * ELEMENTS);
        let note = |place: &MediaPlace| sheet.seen(&place.sighting, "mention");
        let list: Vec<_> = shown.map(|place| (quoted(&place.ip.to_string()), note(place), place.doubt.clone())).collect();
        sheet.list("  addresses", &list, false);
        if let Some(more) = places.len().checked_sub(list.len()).filter(|n| *n > 0) {
            sheet.remark(&format!("  not listed: {} of this side", counted(more as u64, "more media address")));
        }
        let extents = kept.iter().filter_map(|place| seen.ports(place.ip));
        let Some(ports) = extents.reduce(|a, b| crate::audit::Extent {
            count: a.count + b.count,
            least: a.least.min(b.least),
            greatest: if b.greatest.0 > a.greatest.0 { b.greatest } else { a.greatest },
        }) else {
            return;
        };
        // RTCP has the port above that of RTP (RFC 3550 §11).
        let (low, high) = (ports.least.0 & !1, (ports.greatest.0 | 1).min(65535));
        let note = format!(
            "{} in {} to {} in {}, widened to pairs of RTP and RTCP",
            ports.least.0,
            sheet.at(ports.least.1),
            ports.greatest.0,
            sheet.at(ports.greatest.1)
        );
        sheet.say("  ports", &quoted(&format!("{}-{high}", low.max(1))), &note);
    }
}

impl Sheet<'_> {
    fn untold_hosts(&mut self, seen: &Seen) {
        let untold = seen.hosts.untold + seen.listeners.untold + seen.domains.untold + seen.names().untold + seen.media.untold;
        let untold = untold + seen.numbers.untold + seen.identities.untold;
        if untold > 0 {
            self.blank();
            self.comment(&format!(
                "Not counted above: {} of hosts, ports, domains, certificates, numbers and media addresses beyond those that are kept.",
                counted(untold, "sighting")
            ));
        }
    }
}
