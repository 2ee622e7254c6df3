//! Takes what passed between hosts, gives the traffic of each two parties, never a direction by itself.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::audit::{Proceedings, Sides};
use crate::base::{Origin, Time};
use crate::policy::{Party, Policy};
use crate::rules::PairTraffic;
use crate::transport::SealedTraffic;

/// The traffic of two parties, and the first message of it.
pub(super) type Pair = (PairTraffic, Option<(Origin, Time)>);

/// The traffic of each unordered pair of parties.
pub(super) fn pairs(
    policy: &Policy,
    sides: &Sides,
    proceedings: &Proceedings,
    one_sided: &BTreeMap<(IpAddr, IpAddr), u64>,
    sealed: &SealedTraffic,
) -> Vec<Pair> {
    let party = |ip| sides.of(policy.party(ip));
    let mut pairs: BTreeMap<(Party, Party), Pair> = BTreeMap::new();
    let counts = proceedings.traffic.iter().map(|(&(from, to), t)| (party(from), party(to), t.messages, 0, t.first, None));
    let holes = one_sided.iter().map(|(&(a, b), &n)| (party(a), party(b), 0, n, None, None));
    let seals = sealed.iter().map(|(seal, a, b, passed)| (party(a), party(b), 0, 0, None, Some((seal, passed))));
    for (from, to, messages, connections, first, opaque) in counts.chain(holes).chain(seals) {
        let key = (from.min(to), from.max(to));
        let nothing = PairTraffic {
            from: key.0,
            to: key.1,
            forth: 0,
            back: 0,
            heeded: 0,
            unheeded: 0,
            one_sided_connections: 0,
            sealed: Default::default(),
        };
        let (entry, anchor) = pairs.entry(key).or_insert((nothing, None));
        *anchor = [*anchor, first].into_iter().flatten().min();
        if from <= to {
            entry.forth += messages
        } else {
            entry.back += messages
        }
        entry.one_sided_connections += connections;
        if let Some((seal, passed)) = opaque
            && let Some(place) = entry.sealed.get_mut(seal as usize)
        {
            place.merge(passed);
        }
    }
    for (&(from, to), traffic) in &proceedings.traffic {
        let (from, to) = (party(from), party(to));
        if let Some((entry, _)) = pairs.get_mut(&(from.min(to), from.max(to))) {
            entry.heeded += traffic.heeded;
            entry.unheeded += traffic.unheeded;
        }
    }
    pairs.into_values().collect()
}

/// The calls of each unordered pair of parties.
pub(super) fn calls_between(policy: &Policy, sides: &Sides, proceedings: &Proceedings) -> BTreeMap<(Party, Party), u64> {
    let mut calls = BTreeMap::new();
    for (&(from, to), traffic) in &proceedings.traffic {
        let (from, to) = (sides.of(policy.party(from)), sides.of(policy.party(to)));
        *calls.entry((from.min(to), from.max(to))).or_default() += traffic.calls;
    }
    calls
}
