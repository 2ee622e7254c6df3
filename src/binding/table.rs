//! Takes what calls said of media and the streams that ended, in windows, gives each stream with its call, never a verdict.

use std::collections::BTreeMap;

use super::index::{Index, Naming, Seat};
use super::{Bound, CallMedia, Fit, MediaCalls, Pairs, Said, Sent, Use, codec_name};
use crate::base::{Origin, Time, seconds};
use crate::media::{Companion, Ended, Flow, Format, IDLE, SessionNames, Stream};
use crate::transport::msrp_session;

/// How much earlier than the SDP that names it a stream may begin, and how much later than its end it still counts as of a live call.
const TOLERANCE: i64 = seconds(2);

/// Namings of a destination that are looked at even when the best call is found: it may share the stream with others.
const ENOUGH: usize = 128;

/// What a line has to name, so that it is understood: where an endpoint stands on several lines, or in several calls, it decides.
#[derive(Clone, Copy, Debug)]
enum Mark<'a> {
    /// The payload type of most packets.
    Format(u8),
    /// An MSRP session (RFC 4975 §8.2): servers take all sessions at one port.
    Session(&'a SessionNames),
    /// A fax over UDPTL (ITU-T T.38 §D.2.3): often at the port of the audio before it.
    Fax,
    /// Nothing tells.
    None,
}

impl Mark<'_> {
    fn is_on(self, said: &Said, line: u16) -> bool {
        let Some(media) = said.sdp.media().get(usize::from(line)) else { return false };
        match self {
            Self::Format(format) => media.codecs.iter().any(|c| c.payload_type == Some(format)),
            Self::Session(names) => {
                let path = said.sdp.attributes(media.lines.clone(), b"path").next().and_then(msrp_session);
                path.is_some_and(|path| names.iter().any(|name| **name == *path))
            }
            Self::Fax => media.kind == "image",
            Self::None => false,
        }
    }
}

/// A pause that is kept with a stream.
const PAUSE: i64 = seconds(1);

/// A stream and its place, as it is handed on.
#[derive(Clone, Copy, Debug)]
pub struct Tied<'a> {
    /// The stream.
    pub stream: &'a Stream,
    /// Its call and its place in it; `None` for a stray.
    pub call: Option<(&'a CallMedia, Bound)>,
    /// Until when what was said is known: a minute after its last packet.
    pub until: Time,
    /// Of a stray: why its call may be out of sight.
    pub unseen: Option<Unseen>,
}

/// Why the capture may lack what names a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unseen {
    /// No SDP was seen by then.
    NoSdp,
    /// The capture cut SDP, or what may have held some.
    CutSdp,
    /// Calls named it that had ended when it began: another may have taken their ports.
    Outlived,
}

/// What passed beside RTP between two endpoints, as it is handed on.
#[derive(Clone, Copy, Debug)]
pub struct TiedBeside<'a> {
    /// What passed.
    pub companion: &'a Companion,
    /// Its call and the place of its first end in it; `None` for a stray.
    pub call: Option<(&'a CallMedia, Bound)>,
    /// Until when what was said is known: a minute after its last packet.
    pub until: Time,
}

/// What has its turn.
#[derive(Clone, Copy, Debug)]
pub enum Settled<'a> {
    /// A stream of RTP.
    Stream(&'a Tied<'a>),
    /// What passed beside RTP.
    Beside(&'a TiedBeside<'a>),
}

/// What waits for its turn.
#[derive(Debug)]
enum Waiting {
    Stream(Ended),
    Beside(Box<Companion>),
}

/// What tells those of one moment and frame apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Stream(Flow),
    Beside(Option<SessionNames>),
}

/// The seat of a call, and the place of a stream in it.
type Placed = (Seat, Bound);

/// What calls have to do with a stream.
#[derive(Debug)]
struct Ties {
    /// The call that owns it.
    owner: Option<Placed>,
    /// The others that name the same two ends while it lasts.
    sharers: Vec<Placed>,
    /// Whether nobody owns it, and a call that had ended when it began named it.
    outlived: bool,
}

/// The streams, and what passed beside them, that wait for what may still be said of them, and which calls named which endpoint.
///
/// Calls are sharded by Call-ID and streams by flow; here they meet, in order. A stream is bound a minute after its last packet, by what was
/// said until then: that depends on the running clock only, and so does the order, in which both kinds stand in one line.
#[derive(Debug, Default)]
pub struct Table {
    index: Index,
    /// What ended, by the running clock at its last packet.
    waiting: BTreeMap<(Time, Origin, What), Waiting>,
    pairs: Pairs,
    /// When the first SDP passed.
    first_sdp: Option<Time>,
    /// When the first passed that the capture cut.
    first_cut: Option<Time>,
}

impl Table {
    /// Learns which endpoints the calls of a shard named and which it may forget, since it last did. A seat that was given up may be taken
    /// again: so learn after each of [`MediaCalls::close`].
    pub fn learn(&mut self, calls: &mut MediaCalls) {
        calls.forgotten.drain(..).for_each(|(endpoint, seat)| self.index.forget(endpoint, seat));
        calls.named.drain(..).for_each(|(endpoint, naming)| self.index.add(endpoint, naming));
        self.first_sdp = [self.first_sdp, calls.first_sdp].into_iter().flatten().min();
        self.first_cut = [self.first_cut, calls.first_cut].into_iter().flatten().min();
    }

    /// The pairs of hosts between which media passed.
    #[must_use]
    pub const fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    /// Takes a stream that ended; its turn comes when a minute has passed since.
    pub fn end(&mut self, stream: impl Into<Ended>) {
        let stream = stream.into();
        let (clock, first, flow) = stream.key();
        self.waiting.insert((clock, first, What::Stream(flow)), Waiting::Stream(stream));
    }

    /// Takes what passed beside RTP between two endpoints, when it is over; its turn comes as that of streams.
    pub fn end_beside(&mut self, companion: Companion) {
        let key = (companion.clock, companion.first, What::Beside(companion.session.clone()));
        self.waiting.insert(key, Waiting::Beside(Box::new(companion)));
    }

    /// Hands on what has its turn at `clock`, in the order in which it ended.
    pub fn settle(&mut self, calls: &mut [&mut MediaCalls], clock: Time, mut hand_on: impl FnMut(Settled<'_>)) {
        while let Some(entry) = self.waiting.first_entry()
            && clock.since(entry.key().0) > IDLE
        {
            match entry.remove() {
                Waiting::Stream(ended) => self.stream(calls, ended.into(), &mut hand_on),
                Waiting::Beside(companion) => self.beside(calls, &companion, &mut hand_on),
            }
        }
    }

    fn stream(&mut self, calls: &mut [&mut MediaCalls], mut stream: Stream, hand_on: &mut impl FnMut(Settled<'_>)) {
        let until = stream.clock.plus(IDLE);
        self.pairs.note(stream.flow.source.ip, stream.flow.destination.ip, until);
        let Ties { owner, sharers, outlived } =
            self.bind(calls, &stream.flow, Mark::Format(stream.main), stream.begun, stream.ended, until);
        // The rate of its clock is known where its call names its payload type.
        let call = owner.and_then(|(seat, bound)| Some((at(calls, seat)?, bound)));
        if let Some(codec) = call.and_then(|(call, bound)| call.codec(bound, stream.main, stream.begun)) {
            stream.agree(codec.clock);
        }
        for (seat, bound, shared) in
            sharers.into_iter().map(|(seat, bound)| (seat, bound, true)).chain(owner.map(|(seat, bound)| (seat, bound, false)))
        {
            if let Some(call) = at_mut(calls, seat) {
                call.send(sent(call, &stream, bound, shared));
            }
        }
        let call = owner.and_then(|(seat, bound)| Some((at(calls, seat)?, bound)));
        let by_then = |first: Option<Time>| first.is_some_and(|first| first <= until);
        let unseen = match call {
            Some(_) => None,
            None if !by_then(self.first_sdp) => Some(Unseen::NoSdp),
            None if outlived => Some(Unseen::Outlived),
            None => by_then(self.first_cut).then_some(Unseen::CutSdp),
        };
        hand_on(Settled::Stream(&Tied { stream: &stream, call, until, unseen }));
    }

    fn beside(&mut self, calls: &mut [&mut MediaCalls], companion: &Companion, hand_on: &mut impl FnMut(Settled<'_>)) {
        let until = companion.clock.plus(IDLE);
        let flow = Flow { source: companion.a, destination: companion.b, ssrc: 0 };
        let is_fax = companion.fax_ab.is_some() || companion.fax_ba.is_some();
        let mark = companion.session.as_ref().map_or(if is_fax { Mark::Fax } else { Mark::None }, Mark::Session);
        let owner = self.bind(calls, &flow, mark, companion.begun, companion.ended, until).owner;
        if let Some((call, bound)) = owner.and_then(|(seat, bound)| Some((at_mut(calls, seat)?, bound))) {
            call.stand_beside(companion, bound);
        }
        let call = owner.and_then(|(seat, bound)| Some((at(calls, seat)?, bound)));
        hand_on(Settled::Beside(&TiedBeside { companion, call, until }));
    }

    /// The earliest second of which streams that are still here may speak.
    #[must_use]
    pub fn earliest(&self) -> Option<Time> {
        let streams = self.waiting.values().filter_map(|waiting| if let Waiting::Stream(ended) = waiting { Some(ended) } else { None });
        streams.map(Ended::earliest).min()
    }

    /// The calls that a stream belongs to.
    fn bind(&self, calls: &[&mut MediaCalls], flow: &Flow, mark: Mark<'_>, begun: Time, ended: Time, until: Time) -> Ties {
        let said_by = |naming: &Naming| calls.get(usize::from(naming.seat.shard))?.said(naming, begun);
        let mut sources: Vec<&Naming> = self.index.of(flow.source, begun, until).filter(|n| n.what != Use::Rtcp).collect();
        // Stable: which seat a call has depends on the cut of windows, and must decide nothing.
        sources.sort_by_key(|n| n.seat);
        let mut best: Option<(Rank, Seat, Bound)> = None;
        let mut outlived = false;
        let mut full: Vec<Placed> = Vec::new();
        let destinations = self.index.of(flow.destination, begun, until).filter(|n| n.what != Use::Rtcp);
        for (n, naming) in destinations.enumerate() {
            // Those that follow were said longer ago, or later: no better, and of so many hardly one that shares the stream.
            if n > ENOUGH && best.is_some_and(|(rank, ..)| rank.is_perfect()) {
                break;
            }
            let Some((call, said)) = said_by(naming) else { continue };
            let sender = said.side.other();
            let from = sources.partition_point(|n| n.seat < naming.seat);
            let same_call = sources.get(from..).unwrap_or_default().iter().take_while(|n| n.seat == naming.seat);
            let other = same_call.filter_map(|n| call.said.get(usize::from(n.said)).map(|other| (n, other)));
            let other = other.filter(|(_, other)| other.side == sender && other.is_with(said.hop(), said.tag));
            // Where the same port stands on several lines, the line that both name.
            let other = other.max_by_key(|(n, other)| (n.line == naming.line, other.tag != 0));
            let tag = if said.tag == 0 { other.map_or(0, |(_, other)| other.tag) } else { said.tag };
            let fit = if other.is_some() { Fit::Both } else { Fit::Destination };
            let bound = Bound { side: sender, hop: said.hop(), tag, line: naming.line, fit };
            if fit == Fit::Both && call.begun() <= ended && call.ended(until).is_none_or(|end| begun <= end.plus(TOLERANCE)) {
                full.push((naming.seat, bound));
            }
            match Rank::of(call, said, naming, fit, mark, begun, until) {
                Some(rank) if rank.life == Life::Over => outlived = true,
                Some(rank) => keep(&mut best, rank, naming.seat, bound),
                None => {}
            }
        }
        if best.is_none_or(|(rank, ..)| rank.fit != Fit::Both || rank.life != Life::Lives) {
            for naming in sources {
                let Some((call, said)) = said_by(naming) else { continue };
                let bound = Bound { side: said.side, hop: said.hop(), tag: said.tag, line: naming.line, fit: Fit::Source };
                match Rank::of(call, said, naming, Fit::Source, mark, begun, until) {
                    Some(rank) if rank.life == Life::Over => outlived = true,
                    Some(rank) => keep(&mut best, rank, naming.seat, bound),
                    None => {}
                }
            }
        }
        let owner = best.map(|(_, seat, bound)| (seat, bound));
        let mut others: Vec<Placed> = Vec::new();
        for (seat, bound) in full {
            if owner.is_none_or(|(own, _)| own != seat) && !others.iter().any(|(known, _)| *known == seat) {
                others.push((seat, bound));
            }
        }
        Ties { outlived: owner.is_none() && outlived, owner, sharers: others }
    }
}

fn at<'c>(calls: &'c [&mut MediaCalls], seat: Seat) -> Option<&'c CallMedia> {
    calls.get(usize::from(seat.shard))?.at(seat.slot)
}

fn at_mut<'c>(calls: &'c mut [&mut MediaCalls], seat: Seat) -> Option<&'c mut CallMedia> {
    calls.get_mut(usize::from(seat.shard))?.at_mut(seat.slot)
}

/// Whether a call lived when a stream began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Life {
    /// It was over: whatever begins then at its endpoints belongs to another, which the capture may not show.
    Over,
    /// It had just ended.
    Fading,
    Lives,
}

/// How good a candidate is, best last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// Of a call whose offer or answer the capture lacks, one end is named; of one that is over, both.
    life: Life,
    /// Whether the line is of just this: it names the session, or wants a fax.
    named: bool,
    fit: Fit,
    /// Whether the call was spoken of when the stream began; before those that were a moment later.
    started: bool,
    /// Whether the line has the payload type, or the session.
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
        self.fit == Fit::Both && self.life == Life::Lives && self.started && self.understood
    }

    /// `None` for a call that began after the stream.
    fn of(call: &CallMedia, said: &Said, naming: &Naming, fit: Fit, mark: Mark<'_>, begun: Time, until: Time) -> Option<Self> {
        if call.begun().since(begun) > TOLERANCE {
            return None;
        }
        let life = match call.ended(until).map(|end| begun.since(end)) {
            None => Life::Lives,
            Some(since) if since <= 0 => Life::Lives,
            Some(since) if since <= TOLERANCE => Life::Fading,
            Some(_) => Life::Over,
        };
        Some(Self {
            life,
            named: matches!(mark, Mark::Session(_) | Mark::Fax) && mark.is_on(said, naming.line),
            fit,
            started: call.begun() <= begun,
            understood: mark.is_on(said, naming.line),
            begun: call.begun(),
            main: naming.what == Use::Media,
            order: std::cmp::Reverse((naming.at, naming.origin, naming.line)),
        })
    }
}

fn keep(best: &mut Option<(Rank, Seat, Bound)>, rank: Rank, seat: Seat, bound: Bound) {
    if best.is_none_or(|(held, ..)| rank > held) {
        *best = Some((rank, seat, bound));
    }
}

/// Whether a stream has comfort noise of any clock (RFC 3389), or the short frames by which G.729 and G.723.1 say the same (RFC 3551 §4.5.6,
/// §4.5.3): two octets after whole frames of ten, four after frames of 24 or by themselves.
fn says_silence(call: &CallMedia, stream: &Stream, bound: Bound) -> bool {
    let speaks = |format: &Format| {
        let name = codec_name(call.codec(bound, format.payload_type, format.begun), format.payload_type);
        let has = |frame: u16, short: u16| format.lengths.seen.iter().any(|&(length, packets)| packets > 0 && length % frame == short);
        match name.split('/').next().unwrap_or_default().to_ascii_uppercase().as_str() {
            "CN" => true,
            "G729" => has(10, 2),
            "G723" => has(24, 4),
            _ => false,
        }
    };
    stream.comfort_noise > 0 || stream.formats.iter().any(speaks)
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
        says_silence: says_silence(call, stream, bound),
        quiet,
        fax: stream.tones.fax,
        aimed: stream.reports.aimed.clone(),
        answered_from: stream.reports.answered_from.clone(),
        codec: codec_name(codec, stream.main).into(),
        shared,
    }
}
