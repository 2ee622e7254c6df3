//! Takes when connections that carry SIP were opened, gives how many in a minute, never which.

use std::collections::BTreeMap;
use std::net::IpAddr;

use crate::base::{Time, seconds};

/// Pairs of hosts whose connections are counted.
const MAX_PAIRS: usize = 1 << 12;

/// Connections that were opened, by client and server, and by the minute of the clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Openings(BTreeMap<(IpAddr, IpAddr), BTreeMap<Time, u64>>);

impl Openings {
    /// Counts one.
    pub fn note(&mut self, client: IpAddr, server: IpAddr, at: Time) {
        if self.0.len() < MAX_PAIRS || self.0.contains_key(&(client, server)) {
            *self.0.entry((client, server)).or_default().entry(at.floor(seconds(60))).or_default() += 1;
        }
    }

    /// Adds those of another shard.
    pub fn merge(&mut self, other: &Self) {
        for (&pair, minutes) in &other.0 {
            let mine = self.0.entry(pair).or_default();
            minutes.iter().for_each(|(&minute, n)| *mine.entry(minute).or_default() += n);
        }
    }

    /// For each client and server: the first of the minutes with most of them, and how many.
    pub fn busiest(&self) -> impl Iterator<Item = ((IpAddr, IpAddr), (Time, u64))> + '_ {
        let most = |minutes: &BTreeMap<Time, u64>| minutes.iter().map(|(&minute, &n)| (minute, n)).rev().max_by_key(|&(_, n)| n);
        self.0.iter().filter_map(move |(&pair, minutes)| Some((pair, most(minutes)?)))
    }
}

/// Whether a request asks for requests the other way on its connection: `alias` in its topmost Via (RFC 5923 §8.1).
pub(super) fn asks_for_alias(message: &[u8]) -> bool {
    if message.starts_with(b"SIP/") {
        return false;
    }
    let name = |line: &[u8]| {
        let colon = memchr::memchr(b':', line)?;
        let (name, value) = line.split_at(colon);
        let name = name.trim_ascii_end();
        (name.eq_ignore_ascii_case(b"via") || name.eq_ignore_ascii_case(b"v")).then(|| value.to_vec())
    };
    let via = message.split(|&b| b == b'\n').skip(1).take_while(|line| !line.trim_ascii().is_empty()).find_map(name);
    // One line may hold several Vias, of which the first is the topmost.
    via.is_some_and(|value| {
        let top = value.split(|&b| b == b',').next().unwrap_or_default();
        top.split(|&b| b == b';').skip(1).any(|param| param.trim_ascii().eq_ignore_ascii_case(b"alias"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_asked_for_in_the_topmost_via_of_a_request() {
        let request =
            |via: &str| format!("INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>;alias\r\n{via}\r\nVia: SIP/2.0/TLS d;alias\r\n\r\nv=0;alias");
        for (via, asks) in [
            ("Via: SIP/2.0/TLS c:5061;branch=z9hG4bK1;alias", true),
            ("v: SIP/2.0/TLS c;Alias ;branch=1", true),
            ("Via: SIP/2.0/TLS c;branch=alias", false),
            ("Via: SIP/2.0/TLS c, SIP/2.0/TLS e;alias", false),
        ] {
            assert_eq!(asks_for_alias(request(via).as_bytes()), asks, "{via}");
        }
        assert!(!asks_for_alias(b"SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS c;alias\r\n\r\n"));
    }

    #[test]
    fn the_busiest_minute_is_the_same_from_every_shard() {
        let (a, b) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let (mut one, mut other) = (Openings::default(), Openings::default());
        [0, 59, 60, 61, 62].into_iter().for_each(|s| one.note(a, b, Time(seconds(s))));
        [0, 1, 200].into_iter().for_each(|s| other.note(a, b, Time(seconds(s))));
        one.merge(&other);
        assert_eq!(one.busiest().collect::<Vec<_>>(), [((a, b), (Time(0), 4))]);
    }
}
