//! Takes the hosts of a side, gives the domains of its certificates and the ranges of its numbers, never those of another side.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::sheet::{Sheet, is_rare};
use crate::audit::{Seen, Sighting, Sightings};
use crate::policy::{accepts, quoted};

/// The names that hosts showed.
pub(super) fn of_hosts(hosts: &[IpAddr], seen: &Sightings<(IpAddr, Box<str>)>) -> BTreeMap<Box<str>, Sighting> {
    let own: BTreeSet<_> = hosts.iter().collect();
    let mut names: BTreeMap<Box<str>, Sighting> = BTreeMap::new();
    for ((_, name), sighting) in seen.iter().filter(|((host, _), _)| own.contains(host)) {
        let known = names.entry(name.clone()).or_insert_with(|| Sighting { count: 0, ..sighting.clone() });
        known.count += sighting.count;
        known.first = known.first.min(sighting.first);
    }
    names
}

/// The SIP domains of the certificates that they showed.
pub(super) fn identities(sheet: &mut Sheet<'_>, hosts: &[IpAddr], seen: &Seen) {
    let names = of_hosts(hosts, &seen.identities);
    let doubt = |name: &str| (!accepts("peer.tls_identities", name)).then(|| "no domain that SIP knows (RFC 5922 §7.1)".to_owned());
    let listed: Vec<_> = names.iter().map(|(name, s)| (quoted(name), sheet.seen(s, "handshake"), doubt(name))).collect();
    sheet.list("tls_identities", &listed, false);
}

/// The ranges of the numbers that they called from or were called at.
pub(super) fn numbers(sheet: &mut Sheet<'_>, hosts: &[IpAddr], seen: &Seen) {
    let ranges = of_hosts(hosts, &seen.numbers);
    let total: u64 = ranges.values().map(|s| s.count).sum();
    let doubt = |s: &Sighting| is_rare(s.count, total).then(|| "rare: ported, roaming, or carried for somebody else?".to_owned());
    let ranges = ranges.iter().filter(|(range, _)| accepts("peer.numbers.e164_prefixes", range));
    let listed: Vec<_> = ranges.map(|(range, s)| (quoted(range), sheet.seen(s, "session request"), doubt(s))).collect();
    sheet.list("numbers.e164_prefixes", &listed, false);
}
