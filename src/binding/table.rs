//! Takes what calls said of media and the streams that ended, in windows, gives each stream with its call and each call when it is over, never a verdict.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::index::{Index, Naming};
use super::{Bound, CallMedia, Fit, Named, Said, Sent, Use, codec_name};
use crate::base::{Endpoint, Origin, Time, seconds};
use crate::call::Session;
use crate::media::{Companion, Flow, IDLE, Stream};
use crate::policy::TrunkId;

/// How long after its last message a call may still get streams: 64·T1 of the default T1 (RFC 3261 §17), the time in which it ends.
pub const LINGER: i64 = seconds(32);

/// How much earlier than the SDP that names it a stream may begin, and how much later than its end it still counts as of a live call.
const TOLERANCE: i64 = seconds(2);

/// The clock at which nothing can follow any more.
pub const END: Time = Time(i64::MAX);

/// Namings of a destination that are looked at even when the best call is found: it may share the stream with others.
const ENOUGH: usize = 128;

/// A payload type that no packet has.
const NO_FORMAT: u8 = 0xff;

/// A pause that is kept with a stream.
const PAUSE: i64 = seconds(1);

/// Pairs of hosts with media between them that are remembered.
const MAX_PAIRS: usize = 1 << 18;

/// What happens in a call, as far as its media is concerned.
#[derive(Clone, Debug)]
pub enum Event {
    /// A body passed.
    Said {
        /// Its call, lossily as text.
        call_id: Arc<str>,
        /// Its trunk group.
        trunk: Option<TrunkId>,
        /// What was said.
        said: Said,
        /// The endpoints in it.
        named: SmallVec<[Named; 4]>,
    },
    /// An offer was answered: the messages that carried both.
    Agreed(Origin, Origin),
    /// The call was answered.
    Answered(Time),
    /// The call lives from now on, or no more.
    Lives(Time, bool),
    /// An answered session is over.
    Session(Box<Session>),
    /// The call was forgotten; its last message passed at this running clock.
    Over(Time),
}

/// An event and the call that it belongs to.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The number of the call; no two calls share one, though one Call-ID may come back.
    pub call: u64,
    /// What happened.
    pub event: Event,
}

/// A stream and its place, as it is handed on.
#[derive(Clone, Copy, Debug)]
pub struct Tied<'a> {
    /// The stream.
    pub stream: &'a Stream,
    /// Its call and its place in it; `None` for a stray.
    pub call: Option<(&'a CallMedia, Bound)>,
    /// Until when what was said is known: a minute after its last packet.
    pub until: Time,
    /// Whether any SDP was seen by then.
    pub any_sdp: bool,
}

#[derive(Debug)]
struct Slot {
    call: CallMedia,
    /// The endpoints that it named.
    named: SmallVec<[Endpoint; 4]>,
    /// Until when a stream of it may begin, once it is over.
    until: Option<Time>,
}

/// A slot, and the place of a stream in its call.
type Placed = (u32, Bound);

/// The calls whose media is not settled, and the streams that wait for what may still be said of them.
///
/// Calls are sharded by Call-ID and streams by flow; here they meet, in order. A stream is bound a minute after its last packet, by what was
/// said until then; a call is handed on a minute after its streams must have begun, when no stream that it may own goes on. Both depend on
/// the running clock only.
#[derive(Debug, Default)]
pub struct Table {
    slots: Vec<Option<Slot>>,
    free: Vec<u32>,
    /// Calls that may still say something.
    live: HashMap<u64, u32>,
    /// Calls that are over, by the time until which a stream of theirs may begin.
    over: BTreeMap<(Time, Origin, u32), ()>,
    index: Index,
    /// Streams that ended, by the running clock at their last packet.
    ended: BTreeMap<(Time, Origin, Flow), Stream>,
    /// What passed beside RTP, by the running clock at its last packet.
    beside: BTreeMap<(Time, Origin), Companion>,
    /// Pairs of hosts with media between them, and since when that is known.
    pairs: HashMap<(IpAddr, IpAddr), Time>,
    /// Bodies of calls that say more than is kept of one.
    pub unheard: u64,
    /// When the first SDP passed.
    first_sdp: Option<Time>,
}

impl Table {
    /// Takes what happened in calls; of each call in order.
    pub fn hear(&mut self, heard: impl IntoIterator<Item = Heard>) {
        for Heard { call, event } in heard {
            let at = match (self.live.get(&call), &event) {
                (Some(&at), _) => at,
                (None, Event::Said { call_id, trunk, .. }) => {
                    let at = self.open(CallMedia::begin(call, Arc::clone(call_id), *trunk));
                    self.live.insert(call, at);
                    at
                }
                // No body, no media.
                (None, _) => continue,
            };
            let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) else { continue };
            match event {
                Event::Said { said, named, .. } => {
                    self.first_sdp = Some(self.first_sdp.map_or(said.at, |first| first.min(said.at)));
                    let (clock, origin) = (said.at, said.origin);
                    let Some(place) = slot.call.say(said).and_then(|place| u16::try_from(place).ok()) else {
                        self.unheard += 1;
                        continue;
                    };
                    for Named { endpoint, line, what } in named {
                        self.index.add(endpoint, Naming { at: clock, origin, slot: at, said: place, line, what });
                        if !slot.named.contains(&endpoint) {
                            slot.named.push(endpoint);
                        }
                    }
                }
                Event::Agreed(offer, answer) => slot.call.agree(offer, answer),
                Event::Answered(time) => {
                    slot.call.answered.get_or_insert(time);
                    slot.call.live(time, true);
                }
                Event::Lives(time, alive) => slot.call.live(time, alive),
                Event::Session(session) => slot.call.sessions.push(*session),
                Event::Over(last) => {
                    let first = slot.call.said.first().map(|said| said.origin).unwrap_or_default();
                    self.live.remove(&call);
                    slot.until = Some(last.plus(LINGER));
                    self.over.insert((last.plus(LINGER), first, at), ());
                }
            }
        }
    }

    fn open(&mut self, call: CallMedia) -> u32 {
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

    /// Takes a stream that ended; its turn comes when a minute has passed since.
    pub fn end(&mut self, stream: Stream) {
        self.ended.insert((stream.clock, stream.first, stream.flow), stream);
    }

    /// Hands on the streams whose turn it is at `clock`, in the order in which they ended.
    pub fn settle(&mut self, clock: Time, mut hand_on: impl FnMut(&Tied<'_>)) {
        while let Some(entry) = self.ended.first_entry()
            && clock.since(entry.key().0) > IDLE
        {
            let mut stream = entry.remove();
            let until = stream.clock.plus(IDLE);
            if self.pairs.len() < MAX_PAIRS {
                self.pairs.entry(pair(stream.flow.source.ip, stream.flow.destination.ip)).or_insert(until);
            }
            let (owner, sharers) = self.bind(&stream.flow, stream.main, stream.begun, stream.ended, until);
            // The rate of its clock is known where its call names its payload type.
            let call = owner.and_then(|(at, bound)| Some((&self.slots.get(at as usize)?.as_ref()?.call, bound)));
            if let Some(codec) = call.and_then(|(call, bound)| call.codec(bound, stream.main, stream.begun)) {
                stream.agree(codec.clock);
            }
            for (at, bound, shared) in
                sharers.into_iter().map(|(at, bound)| (at, bound, true)).chain(owner.map(|(at, bound)| (at, bound, false)))
            {
                if let Some(slot) = self.slots.get_mut(at as usize).and_then(Option::as_mut) {
                    let sent = sent(&slot.call, &stream, bound, shared);
                    slot.call.send(sent);
                }
            }
            let call = owner.and_then(|(at, bound)| Some((&self.slots.get(at as usize)?.as_ref()?.call, bound)));
            let any_sdp = self.first_sdp.is_some_and(|first| first <= until);
            hand_on(&Tied { stream: &stream, call, until, any_sdp });
        }
    }

    /// Takes what passed beside RTP between two endpoints, when it is over; its turn comes as that of streams.
    pub fn end_beside(&mut self, companion: Companion) {
        self.beside.insert((companion.clock, companion.first), companion);
    }

    /// Hands on what passed beside RTP and has its turn at `clock`, with its call, the place of its first end in it, and until when that is known.
    pub fn settle_beside(&mut self, clock: Time, mut hand_on: impl FnMut(&Companion, Option<(&CallMedia, Bound)>, Time)) {
        while let Some(entry) = self.beside.first_entry()
            && clock.since(entry.key().0) > IDLE
        {
            let companion = entry.remove();
            let until = companion.clock.plus(IDLE);
            let flow = Flow { source: companion.a, destination: companion.b, ssrc: 0 };
            let (owner, _) = self.bind(&flow, NO_FORMAT, companion.begun, companion.ended, until);
            if let Some((slot, bound)) = owner.and_then(|(at, bound)| Some((self.slots.get_mut(at as usize)?.as_mut()?, bound))) {
                let faxes = [(bound.side, &companion.fax_ab), (bound.side.other(), &companion.fax_ba)];
                let faxes = faxes.into_iter().filter_map(|(side, fax)| fax.as_ref().map(|fax| (side, fax.begun, fax.ended)));
                faxes.for_each(|fax| slot.call.fax(fax));
            }
            let call = owner.and_then(|(at, bound)| Some((&self.slots.get(at as usize)?.as_ref()?.call, bound)));
            hand_on(&companion, call, until);
        }
    }

    /// The earliest second of which calls and streams that are still here may speak.
    #[must_use]
    pub fn earliest(&self) -> Option<Time> {
        let calls = self.slots.iter().flatten().map(|slot| slot.call.begun());
        calls.chain(self.ended.values().map(|stream| stream.pace.start())).min()
    }

    /// Whether there may be calls to hand on at `clock`.
    #[must_use]
    pub fn is_due(&self, clock: Time) -> bool {
        self.over.first_key_value().is_some_and(|((until, ..), ())| clock.since(*until) > IDLE)
    }

    /// Hands on the calls whose turn it is at `clock`: no stream of theirs can be missing. `open` gives, for each endpoint of a flow that
    /// goes on, when the first of these flows began.
    pub fn close(&mut self, clock: Time, open: &HashMap<Endpoint, Time>, mut hand_on: impl FnMut(&CallMedia, &Known<'_>)) {
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
            slot.named.iter().for_each(|endpoint| self.index.forget(*endpoint, at));
            self.free.push(at);
            hand_on(&slot.call, &Known { pairs: &self.pairs, until: until.plus(IDLE) });
        }
    }

    /// The call that owns a stream, and the others that name the same two ends while it lasts.
    fn bind(&self, flow: &Flow, main: u8, begun: Time, ended: Time, until: Time) -> (Option<Placed>, Vec<Placed>) {
        let mut sources: Vec<&Naming> = self.index.of(flow.source, begun, until).filter(|n| n.what != Use::Rtcp).collect();
        // Stable: which slot a call has depends on the cut of windows, and must decide nothing.
        sources.sort_by_key(|n| n.slot);
        let mut best: Option<(Rank, u32, Bound)> = None;
        let mut full: Vec<Placed> = Vec::new();
        let destinations = self.index.of(flow.destination, begun, until).filter(|n| n.what != Use::Rtcp);
        for (n, naming) in destinations.enumerate() {
            // Those that follow were said longer ago, or later: no better, and of so many hardly one that shares the stream.
            if n > ENOUGH && best.is_some_and(|(rank, ..)| rank.is_perfect()) {
                break;
            }
            let Some((call, said)) = self.said(naming, begun) else { continue };
            let sender = said.side.other();
            let from = sources.partition_point(|n| n.slot < naming.slot);
            let same_call = sources.get(from..).unwrap_or_default().iter().take_while(|n| n.slot == naming.slot);
            let other = same_call.filter_map(|n| call.said.get(usize::from(n.said)).map(|other| (n, other)));
            let other = other.filter(|(_, other)| other.side == sender && other.is_with(said.hop(), said.tag));
            // Where the same port stands on several lines, the line that both name.
            let other = other.max_by_key(|(n, other)| (n.line == naming.line, other.tag != 0));
            let tag = if said.tag == 0 { other.map_or(0, |(_, other)| other.tag) } else { said.tag };
            let fit = if other.is_some() { Fit::Both } else { Fit::Destination };
            let bound = Bound { side: sender, hop: said.hop(), tag, line: naming.line, fit };
            if fit == Fit::Both && call.begun() <= ended && call.ended(until).is_none_or(|end| begun <= end.plus(TOLERANCE)) {
                full.push((naming.slot, bound));
            }
            if let Some(rank) = Rank::of(call, said, naming, fit, main, begun, until) {
                keep(&mut best, rank, naming.slot, bound);
            }
        }
        if best.is_none_or(|(rank, ..)| rank.fit != Fit::Both) {
            for naming in sources {
                let Some((call, said)) = self.said(naming, begun) else { continue };
                let bound = Bound { side: said.side, hop: said.hop(), tag: said.tag, line: naming.line, fit: Fit::Source };
                if let Some(rank) = Rank::of(call, said, naming, Fit::Source, main, begun, until) {
                    keep(&mut best, rank, naming.slot, bound);
                }
            }
        }
        let owner = best.map(|(_, at, bound)| (at, bound));
        let mut others: Vec<Placed> = Vec::new();
        for (at, bound) in full {
            if owner.is_none_or(|(own, _)| own != at) && !others.iter().any(|(known, _)| *known == at) {
                others.push((at, bound));
            }
        }
        (owner, others)
    }

    /// A naming with its call, if that may have streams that begin at `begun`.
    fn said(&self, naming: &Naming, begun: Time) -> Option<(&CallMedia, &Said)> {
        let slot = self.slots.get(naming.slot as usize)?.as_ref()?;
        let said = slot.call.said.get(usize::from(naming.said))?;
        slot.until.is_none_or(|until| begun <= until).then_some((&slot.call, said))
    }
}

/// What the whole capture shows by the time at which a call is handed on.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    pairs: &'a HashMap<(IpAddr, IpAddr), Time>,
    until: Time,
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
        self.pairs.get(&pair(a, b)).is_some_and(|since| *since <= self.until)
    }
}

/// Two hosts in one order.
fn pair(a: IpAddr, b: IpAddr) -> (IpAddr, IpAddr) {
    if a <= b { (a, b) } else { (b, a) }
}

/// How good a candidate is, best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    fit: Fit,
    /// Whether the call lived when the stream began; before calls that had ended by then.
    live: bool,
    /// Whether the call was spoken of when the stream began; before those that were a moment later.
    started: bool,
    /// Whether the line has the payload type.
    understood: bool,
    /// The call that began last.
    begun: Time,
    /// What the line itself names comes before its candidates.
    main: bool,
    /// The naming that came first: a later body repeats it.
    order: std::cmp::Reverse<(Time, Origin, u16)>,
}

impl Rank {
    /// Whether only a call that began later could be better.
    fn is_perfect(&self) -> bool {
        self.fit == Fit::Both && self.live && self.started && self.understood
    }

    /// `None` for a call that began after the stream.
    fn of(call: &CallMedia, said: &Said, naming: &Naming, fit: Fit, main: u8, begun: Time, until: Time) -> Option<Self> {
        if call.begun().since(begun) > TOLERANCE {
            return None;
        }
        let line = said.sdp.media().get(usize::from(naming.line));
        Some(Self {
            fit,
            live: call.ended(until).is_none_or(|end| begun.since(end) <= TOLERANCE),
            started: call.begun() <= begun,
            understood: line.is_some_and(|line| line.codecs.iter().any(|c| c.payload_type == Some(main))),
            begun: call.begun(),
            main: naming.what == Use::Media,
            order: std::cmp::Reverse((naming.at, naming.origin, naming.line)),
        })
    }
}

fn keep(best: &mut Option<(Rank, u32, Bound)>, rank: Rank, at: u32, bound: Bound) {
    if best.is_none_or(|(held, ..)| rank > held) {
        *best = Some((rank, at, bound));
    }
}

/// What a call keeps of a stream.
fn sent(call: &CallMedia, stream: &Stream, bound: Bound, shared: bool) -> Sent {
    let codec = call.codec(bound, stream.main, stream.begun);
    let quiet = stream.gaps.longest.iter().filter(|gap| gap.to.since(gap.from) >= PAUSE).map(|gap| (gap.from, gap.to)).collect();
    Sent {
        bound,
        flow: stream.flow,
        first: stream.first,
        begun: stream.begun,
        ended: stream.ended,
        packets: stream.packets,
        comfort_noise: stream.comfort_noise,
        quiet,
        fax: stream.tones.fax,
        codec: codec_name(codec, stream.main).into(),
        shared,
    }
}
