//! Takes hosts between which media passed, gives whether there was any by the time at which a call is handed on, never more pairs than a border has.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::base::Time;

/// Pairs of hosts with media between them that are remembered.
const MAX_PAIRS: usize = 1 << 18;

/// Pairs of hosts with media between them, and since when that is known.
#[derive(Debug, Default)]
pub struct Pairs(HashMap<(IpAddr, IpAddr), Time>);

impl Pairs {
    pub(super) fn note(&mut self, a: IpAddr, b: IpAddr, at: Time) {
        if self.0.len() < MAX_PAIRS {
            self.0.entry(pair(a, b)).or_insert(at);
        }
    }
}

/// What the whole capture shows by the time at which a call is handed on.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pub(super) pairs: &'a Pairs,
    pub(super) until: Time,
}

impl Known<'_> {
    /// Up to when that is.
    #[must_use]
    pub const fn until(&self) -> Time {
        self.until
    }

    /// Whether the capture holds media between two hosts, either way.
    #[must_use]
    pub fn has_media_between(&self, a: IpAddr, b: IpAddr) -> bool {
        self.pairs.0.get(&pair(a, b)).is_some_and(|since| *since <= self.until)
    }
}

/// Two hosts in one order.
fn pair(a: IpAddr, b: IpAddr) -> (IpAddr, IpAddr) {
    if a <= b { (a, b) } else { (b, a) }
}
