//! Takes the messages of a shard in order, gives each its place and reports what is over, never keeps a call that is over.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use hashbrown::HashTable;

use super::live_call::LiveCall;
use super::marks::hash;
use super::turn::{Alarm, Turn};
use super::{Happening, Place};
use crate::base::Time;
use crate::sdp::Description;
use crate::sip::Arrival;

/// The timers that session logic runs on.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// T1 in nanoseconds (RFC 3261 §17.1.1.1).
    pub t1: i64,
    /// Timer C in nanoseconds (RFC 3261 §16.6).
    pub timer_c: i64,
    /// Copies of a packet within this many nanoseconds are the tap's, not the sender's.
    pub mirror_window: i64,
    /// The time stamp of the first frame of the capture.
    pub start: Time,
}

impl Settings {
    /// 64·T1: how long final responses, ACKs and late copies are waited for (RFC 3261 §17).
    pub(super) const fn wait(&self) -> i64 {
        let t1 = if self.t1 > 0 { self.t1 } else { 1 };
        t1.saturating_mul(64)
    }
}

/// An alarm of a call: its time, the order in which it was set, and the call.
type Queued = Reverse<(Time, u64, u32, u64, Alarm)>;

/// A call and the number that tells it from others that had its slot.
#[derive(Debug)]
struct Slot {
    serial: u64,
    call: Box<LiveCall>,
}

/// The live calls of one shard, by Call-ID.
///
/// What is reported depends on the messages of each call and their running clock only, never on when [`Calls::advance`] is called.
#[derive(Debug)]
pub struct Calls {
    settings: Settings,
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    by_id: HashTable<u32>,
    queue: BinaryHeap<Queued>,
    /// Counts calls and alarms: what happens at the same time happens in this order.
    serial: u64,
    /// Alarms that the call at work asks for.
    alarms: Vec<(Time, Alarm)>,
}

impl Calls {
    /// No calls yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashTable::new(),
            queue: BinaryHeap::new(),
            serial: 0,
            alarms: Vec::new(),
        }
    }

    /// Takes the next message and its SDP body; gives what the state of its call says of it and appends what it completes.
    pub fn on(&mut self, arrival: &Arrival, sdp: Option<&Arc<Description>>, out: &mut Vec<Happening>) -> Place {
        let clock = arrival.envelope.clock;
        self.run_until(clock, out);
        let at = self.slot(arrival);
        let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { return Place::default() };
        let mut turn = Turn { settings: &self.settings, clock, out, alarms: &mut self.alarms, trace: None };
        let place = slot.call.on(arrival, sdp, &mut turn);
        let serial = slot.serial;
        self.queue_alarms(at, serial);
        place
    }

    /// The slot of the call of a message; of a new one where there is none.
    fn slot(&mut self, arrival: &Arrival) -> u32 {
        let id = arrival.message.call_id();
        let fingerprint = hash(id);
        let slots = &self.slots;
        let id_at = |at: u32| slots.get(at as usize).and_then(Option::as_ref).map(|slot| slot.call.id());
        if let Some(&at) = self.by_id.find(fingerprint, |&at| id_at(at) == Some(id)) {
            return at;
        }
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        self.serial += 1;
        if let Some(slot) = self.slots.get_mut(at as usize) {
            *slot = Some(Slot { serial: self.serial, call: Box::new(LiveCall::begin(id, fingerprint, arrival)) });
        }
        let slots = &self.slots;
        self.by_id.insert_unique(fingerprint, at, |&at| {
            slots.get(at as usize).and_then(Option::as_ref).map_or(0, |slot| slot.call.fingerprint())
        });
        at
    }

    fn queue_alarms(&mut self, at: u32, call: u64) {
        for (due, alarm) in self.alarms.drain(..) {
            self.serial += 1;
            self.queue.push(Reverse((due, self.serial, at, call, alarm)));
        }
    }

    /// Runs the timers of every call up to `clock`, and drops the calls that are over.
    pub fn advance(&mut self, clock: Time, out: &mut Vec<Happening>) {
        self.run_until(clock, out);
    }

    /// Rings every alarm before `clock`. A message at the very time of a deadline is in time.
    fn run_until(&mut self, clock: Time, out: &mut Vec<Happening>) {
        while let Some(&Reverse((at, _, slot, serial, alarm))) = self.queue.peek()
            && at < clock
        {
            self.queue.pop();
            self.ring(at, slot, serial, alarm, out);
        }
    }

    fn ring(&mut self, clock: Time, at: u32, serial: u64, alarm: Alarm, out: &mut Vec<Happening>) {
        let held = self.slots.get_mut(at as usize).and_then(Option::as_mut).filter(|slot| slot.serial == serial);
        let Some(slot) = held else { return };
        let mut turn = Turn { settings: &self.settings, clock, out, alarms: &mut self.alarms, trace: None };
        let over = slot.call.ring(alarm, &mut turn);
        if over {
            slot.call.over(out);
            let fingerprint = slot.call.fingerprint();
            if let Ok(entry) = self.by_id.find_entry(fingerprint, |&held| held == at) {
                entry.remove();
            }
            if let Some(slot) = self.slots.get_mut(at as usize) {
                *slot = None;
            }
            self.free.push(at);
        }
        self.queue_alarms(at, serial);
    }

    /// The capture ends at `clock`: what is still open is reported as open.
    pub fn finish(&mut self, clock: Time, out: &mut Vec<Happening>) {
        // A deadline at the very end of the capture is covered by it.
        self.run_until(clock.plus(1), out);
        let mut left: Vec<Slot> = self.slots.drain(..).flatten().collect();
        left.sort_unstable_by_key(|slot| slot.serial);
        left.into_iter().for_each(|slot| slot.call.finish(out));
        *self = Self::new(self.settings);
    }

    /// How many calls are alive.
    #[must_use]
    pub fn live(&self) -> usize {
        self.by_id.len()
    }
}
