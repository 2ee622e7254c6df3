//! Takes the endpoints that calls named, gives which calls named one, never those that were forgotten.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::Use;
use crate::base::{Endpoint, Origin, Time};

/// Namings of one endpoint that are looked at, before a stream begins and after: beyond so many at once nothing tells them apart.
const LOOKED_AT: usize = 1024;

/// Where a call sits: its shard, and its slot there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seat {
    pub(super) shard: u16,
    pub(super) slot: u32,
}

/// One naming of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Naming {
    /// The running clock at the message.
    pub(super) at: Time,
    /// The message.
    pub(super) origin: Origin,
    /// Where its call sits.
    pub(super) seat: Seat,
    /// What was said, by its place in the call.
    pub(super) said: u16,
    /// The m= line.
    pub(super) line: u16,
    /// For what.
    pub(super) what: Use,
}

/// Namings by endpoint, each list in the order of the capture.
#[derive(Debug, Default)]
pub(super) struct Index(HashMap<Endpoint, SmallVec<[Naming; 2]>>);

impl Index {
    pub(super) fn add(&mut self, endpoint: Endpoint, naming: Naming) {
        let list = self.0.entry(endpoint).or_default();
        let place = list.partition_point(|n| *n <= naming);
        list.insert(place, naming);
    }

    /// Those of an endpoint that are known at `until`: first those before `begun`, the latest first, then those after it.
    pub(super) fn of(&self, endpoint: Endpoint, begun: Time, until: Time) -> impl Iterator<Item = &Naming> {
        let list = self.0.get(&endpoint).map(SmallVec::as_slice).unwrap_or_default();
        let known = list.get(..list.partition_point(|n| n.at <= until)).unwrap_or_default();
        let (before, after) = known.split_at_checked(known.partition_point(|n| n.at <= begun)).unwrap_or_default();
        before.iter().rev().take(LOOKED_AT).chain(after.iter().take(LOOKED_AT))
    }

    /// Forgets what a call named.
    pub(super) fn forget(&mut self, endpoint: Endpoint, seat: Seat) {
        if let Some(list) = self.0.get_mut(&endpoint) {
            list.retain(|naming| naming.seat != seat);
            if list.is_empty() {
                self.0.remove(&endpoint);
            }
        }
    }
}
