//! Takes the messages of a shard in order, gives each its place and reports what is over, never keeps a call that is over.

use std::sync::Arc;

use hashbrown::HashTable;

use super::alarms::{Alarms, Queued};
use super::live_call::LiveCall;
use super::turn::{Alarm, Turn};
use super::{Place, Report};
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
    queue: Alarms,
    /// The number of the last call: what is open at the end is reported in this order.
    serial: u64,
    /// How far apart numbers are, so that those of several shards differ.
    step: u64,
    /// Alarms that the call at work asks for.
    alarms: Vec<(Time, Alarm)>,
}

impl Calls {
    /// No calls yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self::of_shard(settings, 0, 1)
    }

    /// No calls of one shard of so many yet: their numbers differ from those of every other.
    #[must_use]
    pub fn of_shard(settings: Settings, shard: u16, shards: usize) -> Self {
        Self {
            settings,
            slots: Vec::new(),
            free: Vec::new(),
            by_id: HashTable::new(),
            queue: Alarms::default(),
            serial: u64::from(shard),
            step: shards as u64,
            alarms: Vec::new(),
        }
    }

    /// Takes the next message and its SDP body; gives what the state of its call says of it and appends what it completes.
    pub fn on(&mut self, arrival: &Arrival, sdp: Option<&Arc<Description>>, out: &mut Vec<Report>) -> Place {
        let clock = arrival.envelope.clock;
        self.run_until(clock, out);
        let at = self.slot(arrival);
        let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { return Place::default() };
        let serial = slot.serial;
        let mut turn = Turn { settings: &self.settings, clock, call: serial, out, alarms: &mut self.alarms, trace: None };
        let place = Place { call: serial, ..slot.call.on(arrival, sdp, &mut turn) };
        self.queue_alarms(clock, at, serial);
        place
    }

    /// The slot of the call of a message; of a new one where there is none.
    fn slot(&mut self, arrival: &Arrival) -> u32 {
        let id = arrival.message.call_id();
        let fingerprint = arrival.message.call_key();
        let slots = &self.slots;
        let id_at = |at: u32| slots.get(at as usize).and_then(Option::as_ref).map(|slot| slot.call.id());
        if let Some(&at) = self.by_id.find(fingerprint, |&at| id_at(at) == Some(id)) {
            return at;
        }
        let at = self.free.pop().unwrap_or_else(|| {
            self.slots.push(None);
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        self.serial += self.step;
        if let Some(slot) = self.slots.get_mut(at as usize) {
            *slot = Some(Slot { serial: self.serial, call: Box::new(LiveCall::begin(id, fingerprint, arrival)) });
        }
        let slots = &self.slots;
        self.by_id.insert_unique(fingerprint, at, |&at| {
            slots.get(at as usize).and_then(Option::as_ref).map_or(0, |slot| slot.call.fingerprint())
        });
        at
    }

    fn queue_alarms(&mut self, clock: Time, slot: u32, call: u64) {
        let usual = clock.plus(self.settings.wait());
        for (due, alarm) in self.alarms.drain(..) {
            self.queue.push(due, slot, call, alarm, due == usual);
        }
    }

    /// Runs the timers of every call up to `clock`, and drops the calls that are over.
    pub fn advance(&mut self, clock: Time, out: &mut Vec<Report>) {
        self.run_until(clock, out);
        let slots = &self.slots;
        self.queue.sweep(|at, call| slots.get(at as usize).and_then(Option::as_ref).is_some_and(|slot| slot.serial == call));
    }

    /// Rings every alarm before `clock`. A message at the very time of a deadline is in time.
    fn run_until(&mut self, clock: Time, out: &mut Vec<Report>) {
        while let Some(queued) = self.queue.pop_before(clock) {
            self.ring(queued, out);
        }
    }

    fn ring(&mut self, queued: Queued, out: &mut Vec<Report>) {
        let Queued { at: clock, slot: at, call: serial, alarm, .. } = queued;
        let held = self.slots.get_mut(at as usize).and_then(Option::as_mut).filter(|slot| slot.serial == serial);
        let Some(slot) = held else { return };
        let mut turn = Turn { settings: &self.settings, clock, call: serial, out, alarms: &mut self.alarms, trace: None };
        let over = slot.call.ring(alarm, &mut turn);
        if over {
            turn.report(slot.call.over(clock));
            let fingerprint = slot.call.fingerprint();
            if let Ok(entry) = self.by_id.find_entry(fingerprint, |&held| held == at) {
                entry.remove();
            }
            if let Some(slot) = self.slots.get_mut(at as usize) {
                *slot = None;
            }
            self.free.push(at);
        }
        self.queue_alarms(clock, at, serial);
    }

    /// The capture ends at `clock`: what is still open is reported as open.
    pub fn finish(&mut self, clock: Time, out: &mut Vec<Report>) {
        // A deadline at the very end of the capture is covered by it.
        self.run_until(clock.plus(1), out);
        let mut left: Vec<Slot> = self.slots.drain(..).flatten().collect();
        left.sort_unstable_by_key(|slot| slot.serial);
        left.into_iter().for_each(|slot| slot.call.finish(slot.serial, out));
        self.by_id.clear();
        self.free.clear();
        self.queue = Alarms::default();
    }

    /// How many calls are alive.
    #[must_use]
    pub fn live(&self) -> usize {
        self.by_id.len()
    }
}
