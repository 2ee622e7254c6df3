//! Takes alarms, gives them back in the order of their times, never asks whether they are still wanted.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::turn::Alarm;
use crate::base::Time;

/// An alarm of a call. Alarms order by time, those of one time as they were set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Queued {
    pub(super) at: Time,
    serial: u64,
    /// The slot of the call.
    pub(super) slot: u32,
    /// The number of the call that had the slot then.
    pub(super) call: u64,
    pub(super) alarm: Alarm,
}

/// The others are not swept below so many.
const FEW: usize = 256;

/// The alarms of a shard. Most are set one transaction time-out ahead of a clock that never runs back, so they come in order already;
/// only the others need a heap.
#[derive(Debug, Default)]
pub(super) struct Alarms {
    in_order: VecDeque<Queued>,
    others: BinaryHeap<Reverse<Queued>>,
    serial: u64,
    /// At so many of the others those of calls that are over are dropped.
    sweep_at: usize,
}

impl Alarms {
    /// Queues an alarm; `usual` tells that it is one transaction time-out ahead.
    pub(super) fn push(&mut self, at: Time, slot: u32, call: u64, alarm: Alarm, usual: bool) {
        self.serial += 1;
        let queued = Queued { at, serial: self.serial, slot, call, alarm };
        if usual && self.in_order.back().is_none_or(|last| *last < queued) {
            self.in_order.push_back(queued);
        } else {
            self.others.push(Reverse(queued));
        }
    }

    /// Drops the alarms of slots and calls that do not live, where they may be half of all: a session timer is set half an hour ahead (RFC 4028
    /// §4.2), and the calls that have one are over long before.
    pub(super) fn sweep(&mut self, lives: impl Fn(u32, u64) -> bool) {
        if self.others.len() >= self.sweep_at.max(FEW) {
            self.others.retain(|Reverse(queued)| lives(queued.slot, queued.call));
            self.sweep_at = self.others.len() * 2;
            self.others.shrink_to(self.sweep_at);
        }
    }

    /// How many are queued.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.in_order.len() + self.others.len()
    }

    /// Takes out the next alarm before `clock`.
    pub(super) fn pop_before(&mut self, clock: Time) -> Option<Queued> {
        let usual = self.in_order.front().filter(|q| q.at < clock);
        let other = self.others.peek().map(|Reverse(q)| q).filter(|q| q.at < clock);
        match (usual, other) {
            (Some(usual), Some(other)) if usual > other => self.others.pop().map(|Reverse(q)| q),
            (None, Some(_)) => self.others.pop().map(|Reverse(q)| q),
            (Some(_), _) => self.in_order.pop_front(),
            (None, None) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_ring_by_time_and_then_as_they_were_set() {
        let mut alarms = Alarms::default();
        for (slot, (at, usual)) in [(10, true), (30, true), (20, false), (30, false), (20, true), (10, false)].into_iter().enumerate() {
            alarms.push(Time(at), slot as u32, 0, Alarm::Call, usual);
        }
        let mut rung = |before| std::iter::from_fn(|| alarms.pop_before(Time(before))).map(|q| q.slot).collect::<Vec<_>>();
        assert!(rung(10).is_empty());
        assert_eq!(rung(30), [0, 5, 2, 4]);
        assert_eq!(rung(31), [1, 3]);
    }

    #[test]
    fn alarms_of_calls_that_are_over_do_not_stay() {
        let mut alarms = Alarms::default();
        // Each lives for a hundred others, and has a session timer of half an hour.
        for call in 0..100_000u64 {
            let at = Time(call.cast_signed());
            alarms.push(at.plus(32), 0, call, Alarm::Call, true);
            alarms.push(at.plus(180_000), 0, call, Alarm::Dialog(1), false);
            let _ = alarms.pop_before(at);
            alarms.sweep(|_, other| other + 100 > call);
        }
        assert!(alarms.len() < 600, "{}", alarms.len());
        let rung = std::iter::from_fn(|| alarms.pop_before(Time(i64::MAX)));
        let timers: Vec<u64> = rung.filter(|q| q.alarm == Alarm::Dialog(1)).map(|q| q.call).collect();
        assert!(timers.ends_with(&(99_900..100_000).collect::<Vec<_>>()), "those that live ring");
    }
}
