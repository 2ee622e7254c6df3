//! Takes what happens in the calls of one shard, gives each call when its media is settled, never sees a stream before it is bound.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::index::{Naming, Seat};
use super::pairs::{Known, Pairs};
use super::{CallMedia, Named, Said};
use crate::base::{Endpoint, Origin, Time, lossy, seconds};
use crate::call::Session;
use crate::media::IDLE;
use crate::policy::TrunkId;

/// How long after its last message a call may still get streams: 64·T1 of the default T1 (RFC 3261 §17), the time in which it ends.
pub const LINGER: i64 = seconds(32);

/// The clock at which nothing can follow any more.
pub const END: Time = Time(i64::MAX);

/// What happens in a call, as far as its media is concerned.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// An offer was answered: the messages that carried both.
    Agreed(Origin, Origin),
    /// The call was answered.
    Answered(Time),
    /// An attempt of the call begins, or an attempt or the answered session is over.
    Lives(Time, bool),
    /// An answered session is over.
    Session(&'a Arc<Session>),
    /// The call was forgotten; its last message passed at this running clock.
    Over(Time),
}

#[derive(Debug)]
struct Slot {
    call: CallMedia,
    /// The endpoints that it named.
    named: SmallVec<[Endpoint; 4]>,
    /// Until when a stream of it may begin, once it is over.
    until: Option<Time>,
}

/// The calls of one shard whose media is not settled.
///
/// A call is handed on a minute after its streams must have begun, when no stream that it may own goes on: that depends on the running clock
/// only.
#[derive(Debug, Default)]
pub struct MediaCalls {
    /// Which shard it is.
    shard: u16,
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    /// Calls that may still say something.
    live: HashMap<u64, u32>,
    /// Calls that said something and were not handed on.
    waiting: HashSet<u64>,
    /// Calls that are over, by the time until which a stream of theirs may begin.
    over: BTreeMap<(Time, Origin, u32), ()>,
    /// Endpoints that were named and that were forgotten since a table learnt of them, and when the first SDP passed, and the
    /// first that was cut.
    pub(super) named: Vec<(Endpoint, Naming)>,
    pub(super) forgotten: Vec<(Endpoint, Seat)>,
    pub(super) first_sdp: Option<Time>,
    pub(super) first_cut: Option<Time>,
    /// Bodies of calls that say more than is kept of one.
    pub unheard: u64,
}

impl MediaCalls {
    /// No calls yet; of all that a table sees together, each has its own number.
    #[must_use]
    pub fn new(shard: u16) -> Self {
        Self { shard, ..Self::default() }
    }

    /// Takes a body of a call by its number, which no two calls of a capture share, its Call-ID and its trunk group: the endpoints in it are `named`.
    pub fn say(&mut self, call: u64, id: &[u8], trunk: Option<TrunkId>, said: Said, named: &[Named]) {
        let at = match self.live.get(&call) {
            Some(&at) => at,
            None => {
                let at = self.open(CallMedia::begin(call, lossy(id).into(), trunk));
                self.live.insert(call, at);
                at
            }
        };
        let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { return };
        let (clock, origin) = (said.at, said.origin);
        self.first_sdp = Some(self.first_sdp.map_or(clock, |first| first.min(clock)));
        let Some(place) = slot.call.say(said).and_then(|place| u16::try_from(place).ok()) else {
            self.unheard += 1;
            return;
        };
        let seat = Seat { shard: self.shard, slot: at };
        for &Named { endpoint, line, what } in named {
            self.named.push((endpoint, Naming { at: clock, origin, seat, said: place, line, what }));
            if !slot.named.contains(&endpoint) {
                slot.named.push(endpoint);
            }
        }
    }

    /// Takes that at this running clock a message passed of which the capture lacks what may be SDP.
    pub fn miss(&mut self, clock: Time) {
        self.first_cut = Some(self.first_cut.map_or(clock, |first| first.min(clock)));
    }

    /// Takes what happened in a call; without a body it has no media.
    pub fn hear(&mut self, call: u64, event: Event<'_>) {
        let Some(&at) = self.live.get(&call) else { return };
        let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { return };
        match event {
            Event::Agreed(offer, answer) => slot.call.agree(offer, answer),
            Event::Answered(time) => {
                slot.call.answered.get_or_insert(time);
                slot.call.live(time, true);
            }
            Event::Lives(time, alive) => slot.call.live(time, alive),
            Event::Session(session) => slot.call.sessions.push(Arc::clone(session)),
            Event::Over(last) => {
                let first = slot.call.said.first().map(|said| said.origin).unwrap_or_default();
                self.live.remove(&call);
                slot.until = Some(last.plus(LINGER));
                self.over.insert((last.plus(LINGER), first, at), ());
            }
        }
    }

    /// What a call that may still say something has said.
    #[must_use]
    pub fn spoken(&self, call: u64) -> Option<&CallMedia> {
        self.live.get(&call).and_then(|&slot| self.at(slot))
    }

    /// Whether a call said something of media and is yet to be handed on.
    #[must_use]
    pub fn awaits(&self, call: u64) -> bool {
        self.waiting.contains(&call)
    }

    fn open(&mut self, call: CallMedia) -> u32 {
        self.waiting.insert(call.number);
        let slot = Some(Slot { call, named: SmallVec::new(), until: None });
        match self.free.pop() {
            Some(at) => {
                if let Some(held) = self.slots.get_mut(at as usize) {
                    *held = slot;
                }
                at
            }
            None => {
                self.slots.push(slot);
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        }
    }

    /// The earliest time of which calls that are still here may speak.
    #[must_use]
    pub fn earliest(&self) -> Option<Time> {
        self.slots.iter().flatten().map(|slot| slot.call.begun()).min()
    }

    /// Whether there may be calls to hand on at `clock`.
    #[must_use]
    pub fn is_due(&self, clock: Time) -> bool {
        self.over.first_key_value().is_some_and(|((until, ..), ())| clock.since(*until) > IDLE)
    }

    /// Hands on the calls whose turn it is at `clock`: no stream of theirs can be missing. `open` gives, for each endpoint of a flow that
    /// goes on, when the first of these flows began.
    pub fn close(&mut self, clock: Time, open: &HashMap<Endpoint, Time>, pairs: &Pairs, mut hand_on: impl FnMut(CallMedia, &Known<'_>)) {
        let due: Vec<(Time, Origin, u32)> =
            self.over.keys().copied().take_while(|(until, ..)| clock == END || clock.since(*until) > IDLE).collect();
        for key in due {
            let (until, _, at) = key;
            let Some(slot) = self.slots.get_mut(at as usize) else { continue };
            let waits = |slot: &Slot| slot.named.iter().any(|endpoint| open.get(endpoint).is_some_and(|begun| *begun <= until));
            if slot.as_ref().is_some_and(waits) {
                continue;
            }
            self.over.remove(&key);
            let Some(slot) = slot.take() else { continue };
            let seat = Seat { shard: self.shard, slot: at };
            self.forgotten.extend(slot.named.iter().map(|endpoint| (*endpoint, seat)));
            self.free.push(at);
            self.waiting.remove(&slot.call.number);
            hand_on(slot.call, &Known { pairs, until: until.plus(IDLE) });
        }
    }

    /// The call at a slot.
    pub(super) fn at(&self, slot: u32) -> Option<&CallMedia> {
        Some(&self.slots.get(slot as usize)?.as_ref()?.call)
    }

    pub(super) fn at_mut(&mut self, slot: u32) -> Option<&mut CallMedia> {
        Some(&mut self.slots.get_mut(slot as usize)?.as_mut()?.call)
    }

    /// A call and what it said by a naming, if it may have streams that begin at `begun`.
    pub(super) fn said(&self, naming: &Naming, begun: Time) -> Option<(&CallMedia, &Said)> {
        let slot = self.slots.get(naming.seat.slot as usize)?.as_ref()?;
        let said = slot.call.said.get(usize::from(naming.said))?;
        slot.until.is_none_or(|until| begun <= until).then_some((&slot.call, said))
    }
}
