//! Takes what shares the ports of media beside RTP, gives what passed between two endpoints, never a key.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use super::handshake::{Handshake, Shaking};
use super::messages::Messages;
use super::reception::{Numbering, Place};
use super::runs::IDLE;
use crate::base::{Endpoint, Origin, Time};
use crate::capture::Frame;
use crate::packet::Datagram;
use crate::rtp::{Neighbour, Udptl};
use crate::transport::Chunk;

/// Pairs of endpoints that one table follows; packets of those beyond are counted apart.
const MAX_PAIRS: usize = 1 << 13;

/// UDPTL packets of one direction, most of them in sequence, that make a fax.
const ENOUGH: u64 = 3;

/// A binding request and its success response (RFC 8489 §5).
const BINDING_REQUEST: u16 = 0x0001;
const BINDING_RESPONSE: u16 = 0x0101;

/// An MSRP session, by the names that its ends gave it: that of the lesser end first.
pub type SessionNames = [Box<[u8]>; 2];

/// What passed between two endpoints beside RTP (RFC 7983), or in one MSRP session between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Companion {
    /// The lesser end.
    pub a: Endpoint,
    /// The greater end.
    pub b: Endpoint,
    /// The frame of the first such packet.
    pub first: Origin,
    /// When that passed.
    pub begun: Time,
    /// When the last passed.
    pub ended: Time,
    /// The running clock at the last.
    pub clock: Time,
    /// STUN messages (RFC 8489).
    pub stun: u64,
    /// Of these, requests for a binding.
    pub binding_requests: u64,
    /// Of these, answers to one.
    pub binding_responses: u64,
    /// Channel data of TURN (RFC 8656 §12).
    pub turn: u64,
    /// ZRTP messages (RFC 6189).
    pub zrtp: u64,
    /// DTLS datagrams (RFC 6347).
    pub dtls: u64,
    /// What the DTLS handshake showed.
    pub handshake: Handshake,
    /// Fax from `a` to `b`.
    pub fax_ab: Option<Fax>,
    /// Fax from `b` to `a`.
    pub fax_ba: Option<Fax>,
    /// The MSRP session that it is: then it is nothing else.
    pub session: Option<SessionNames>,
    /// Messages from `a` to `b`.
    pub messages_ab: Option<Messages>,
    /// Messages from `b` to `a`.
    pub messages_ba: Option<Messages>,
}

/// A UDPTL stream of T.38, in one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fax {
    /// The frame of the first packet.
    pub first: Origin,
    /// When that passed.
    pub begun: Time,
    /// When the last passed.
    pub ended: Time,
    /// Packets.
    pub packets: u64,
    /// Octets of UDPTL in them.
    pub octets: u64,
    /// Packets that the sender numbered, from the first that was seen to the highest.
    pub expected: u64,
    /// Sequence numbers that never came.
    pub lost: u64,
    /// Of these, brought again by the redundancy of a later packet.
    pub recovered: u64,
    /// Packets whose number had come already.
    pub duplicates: u64,
    /// Packets behind a later one.
    pub reordered: u64,
    /// The most earlier packets that one carried again.
    pub redundancy: u8,
    /// Packets with forward error correction.
    pub fec: u64,
}

/// One packet beside RTP, kept until its pair is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    origin: Origin,
    time: Time,
    clock: Time,
    source: Endpoint,
    destination: Endpoint,
    what: Passed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Passed {
    Stun(u16),
    Turn,
    Zrtp,
    /// The records, where they may hold something in the clear.
    Dtls(Box<[u8]>),
    /// The packet, and how long it is.
    Udptl(Udptl, usize),
    Msrp(Box<Chunk>),
}

/// What is followed by itself: two ends, and the session between them where they may have several.
type Key = (Endpoint, Endpoint, Option<SessionNames>);

impl Passing {
    /// What is kept of a packet.
    #[must_use]
    pub fn new(frame: &Frame<'_>, datagram: &Datagram<'_>, neighbour: Neighbour<'_>) -> Self {
        let what = match neighbour {
            Neighbour::Stun(kind) => Passed::Stun(kind),
            Neighbour::Turn(_) => Passed::Turn,
            Neighbour::Zrtp => Passed::Zrtp,
            Neighbour::Dtls(records) => Passed::Dtls(records.into()),
            Neighbour::Udptl(udptl) => Passed::Udptl(udptl, datagram.payload.len()),
        };
        let Datagram { source, destination, .. } = *datagram;
        Self { origin: frame.origin, time: frame.time, clock: frame.clock, source, destination, what }
    }

    /// The two ends, in order.
    #[must_use]
    pub fn pair(&self) -> (Endpoint, Endpoint) {
        (self.source.min(self.destination), self.source.max(self.destination))
    }

    /// The frame that it is of.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        self.origin
    }

    fn key(&self) -> Key {
        let (a, b) = self.pair();
        let names = |chunk: &Chunk| {
            let names = [chunk.from.clone(), chunk.to.clone()];
            if self.source == a {
                names
            } else {
                let [from, to] = names;
                [to, from]
            }
        };
        let session = if let Passed::Msrp(chunk) = &self.what { Some(names(chunk)) } else { None };
        (a, b, session)
    }
}

impl From<Chunk> for Passing {
    fn from(chunk: Chunk) -> Self {
        let Chunk { origin, time, clock, source, destination, .. } = chunk;
        Self { origin, time, clock, source, destination, what: Passed::Msrp(chunk.into()) }
    }
}

/// One direction of a fax, as far as it goes.
#[derive(Clone, Debug)]
struct Faxing {
    fax: Fax,
    numbering: Numbering,
    steps: u64,
}

impl Faxing {
    fn on(fax: &mut Option<Self>, packet: &Passing, udptl: Udptl, octets: usize) {
        let Passing { origin, time, .. } = *packet;
        let Some(this) = fax else {
            let fresh = Fax { first: origin, begun: time, ended: time, packets: 1, octets: octets as u64, ..Fax::default() };
            *fax = Some(Self { fax: fresh, numbering: Numbering::new(udptl.seq), steps: 0 });
            return;
        };
        match this.numbering.place(udptl.seq) {
            Place::Ahead(by) => {
                this.steps += u64::from(by == 1);
                this.fax.recovered += u64::from(udptl.redundancy).min(u64::from(by) - 1);
                this.numbering.ahead(by, false);
            }
            Place::Late(behind) => this.numbering.late(behind, false),
            Place::Again => this.numbering.again(),
            Place::Far => this.numbering.astray(),
        }
        this.fax.packets += 1;
        this.fax.octets += octets as u64;
        this.fax.ended = time;
        this.fax.redundancy = this.fax.redundancy.max(udptl.redundancy);
        this.fax.fec += u64::from(udptl.fec);
    }

    fn finish(self) -> Option<Fax> {
        let (reception, _) = self.numbering.finish();
        let is_fax = self.fax.packets >= ENOUGH && (self.steps + reception.duplicates) * 2 >= self.fax.packets - 1;
        let Fax { recovered, .. } = self.fax;
        is_fax.then_some(Fax {
            expected: reception.expected,
            lost: reception.lost_unique,
            recovered: recovered.min(reception.lost_unique),
            duplicates: reception.duplicates,
            reordered: reception.reordered,
            ..self.fax
        })
    }
}

/// A pair that may go on.
#[derive(Clone, Debug)]
struct Open {
    companion: Companion,
    shaking: Shaking,
    fax_ab: Option<Faxing>,
    fax_ba: Option<Faxing>,
}

impl Open {
    fn new(packet: &Passing, (a, b, session): Key) -> Self {
        let companion = Companion {
            a,
            b,
            first: packet.origin,
            begun: packet.time,
            ended: packet.time,
            clock: packet.clock,
            stun: 0,
            binding_requests: 0,
            binding_responses: 0,
            turn: 0,
            zrtp: 0,
            dtls: 0,
            handshake: Handshake::default(),
            fax_ab: None,
            fax_ba: None,
            session,
            messages_ab: None,
            messages_ba: None,
        };
        Self { companion, shaking: Shaking::default(), fax_ab: None, fax_ba: None }
    }

    fn on(&mut self, packet: &Passing) {
        let this = &mut self.companion;
        this.ended = packet.time;
        this.clock = packet.clock;
        match &packet.what {
            Passed::Stun(kind) => {
                this.stun += 1;
                this.binding_requests += u64::from(*kind == BINDING_REQUEST);
                this.binding_responses += u64::from(*kind == BINDING_RESPONSE);
            }
            Passed::Turn => this.turn += 1,
            Passed::Zrtp => this.zrtp += 1,
            Passed::Dtls(records) => {
                this.dtls += 1;
                self.shaking.on(records, packet.source, packet.origin, packet.time);
            }
            Passed::Udptl(udptl, octets) => {
                let fax = if packet.source == this.a { &mut self.fax_ab } else { &mut self.fax_ba };
                Faxing::on(fax, packet, *udptl, *octets);
            }
            Passed::Msrp(chunk) => {
                let (own, other) = (&mut this.messages_ab, &mut this.messages_ba);
                let (own, other) = if packet.source == this.a { (own, other) } else { (other, own) };
                Messages::on(own, other, chunk);
            }
        }
    }

    /// What it came to; nothing, if all that passed only looked like a fax.
    fn finish(mut self) -> Option<Companion> {
        self.companion.handshake = self.shaking.finish();
        self.companion.fax_ab = self.fax_ab.and_then(Faxing::finish);
        self.companion.fax_ba = self.fax_ba.and_then(Faxing::finish);
        let Companion { stun, turn, zrtp, dtls, fax_ab, fax_ba, session, .. } = &self.companion;
        (stun + turn + zrtp + dtls > 0 || fax_ab.is_some() || fax_ba.is_some() || session.is_some()).then_some(self.companion)
    }
}

/// Follows the pairs of one shard: `take` what passed in a window in the order of the capture, then `advance` to the clock of its last frame.
#[derive(Debug, Default)]
pub struct Companions {
    open: HashMap<Key, Open>,
    /// Open pairs by a running clock at which they had a packet; looked at again when a minute has passed since.
    queue: BTreeSet<(Time, Origin, Key)>,
    /// Pairs that were silent for a minute, since they were last taken.
    pub finished: Vec<Companion>,
    /// Packets of pairs beyond what can be followed at once.
    pub unfollowed: u64,
}

impl Companions {
    /// Takes the next packet.
    pub fn take(&mut self, packet: &Passing) {
        let key = packet.key();
        if let Some(open) = self.open.get_mut(&key) {
            if packet.clock.since(open.companion.clock) <= IDLE {
                open.on(packet);
                return;
            }
            self.end(&key);
        }
        if self.open.len() >= MAX_PAIRS {
            self.unfollowed += 1;
            return;
        }
        self.queue.insert((packet.clock, packet.origin, key.clone()));
        self.open.entry(key.clone()).or_insert_with(|| Open::new(packet, key)).on(packet);
    }

    /// Gives what has been silent for a minute at `clock`.
    pub fn advance(&mut self, clock: Time) {
        while self.queue.first().is_some_and(|(at, ..)| clock.since(*at) > IDLE)
            && let Some((_, origin, key)) = self.queue.pop_first()
        {
            match self.open.get(&key).map(|open| (open.companion.clock, open.companion.first)) {
                Some((last, _)) if clock.since(last) > IDLE => self.end(&key),
                Some((last, first)) if first == origin => {
                    self.queue.insert((last, origin, key));
                }
                _ => {}
            }
        }
    }

    /// The pairs that are not silent yet, each with the time at its first packet.
    pub fn unsettled(&self) -> impl Iterator<Item = ((Endpoint, Endpoint), Time)> {
        self.open.iter().map(|((a, b, _), open)| ((*a, *b), open.companion.begun))
    }

    fn end(&mut self, key: &Key) {
        self.finished.extend(self.open.remove(key).and_then(Open::finish));
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;
    use crate::transport::MsrpMessage;

    fn end(host: u8) -> Endpoint {
        Endpoint::new(IpAddr::from([192, 0, 2, host]), 4000)
    }

    fn passing(n: u64, ms: i64, from: u8, to: u8, what: Passed) -> Passing {
        let time = Time(ms * 1_000_000);
        let origin = Origin { serial: n, capture: 0, frame: n as u32 + 1 };
        Passing { origin, time, clock: time, source: end(from), destination: end(to), what }
    }

    fn fax(packets: &[(u16, u8)]) -> Option<Companion> {
        let mut companions = Companions::default();
        for (n, &(seq, redundancy)) in packets.iter().enumerate() {
            let udptl = Udptl { seq, redundancy, fec: false };
            companions.take(&passing(n as u64, n as i64 * 30, 1, 2, Passed::Udptl(udptl, 50)));
        }
        companions.advance(Time(i64::MAX));
        companions.finished.pop()
    }

    #[test]
    fn redundancy_brings_back_what_was_lost() {
        let fax = fax(&[(0, 0), (1, 1), (2, 2), (5, 2), (6, 2), (7, 2), (12, 2), (13, 2)]).unwrap().fax_ab.unwrap();
        assert_eq!((fax.packets, fax.octets, fax.expected), (8, 400, 14));
        assert_eq!((fax.lost, fax.recovered, fax.redundancy), (6, 4, 2));
    }

    #[test]
    fn what_only_looks_like_a_fax_is_nothing() {
        assert_eq!(fax(&[(700, 0), (3, 0), (9_000, 0), (20, 0)]), None);
        assert_eq!(fax(&[(0, 0), (1, 0)]), None);
    }

    fn chunk(from: u8, to: u8, names: (&str, &str), message: MsrpMessage, octets: u64) -> Passed {
        let (source, destination) = (end(from), end(to));
        let (origin, time) = (Origin::default(), Time(0));
        let (from, to) = (names.0.as_bytes().into(), names.1.as_bytes().into());
        Passed::Msrp(Chunk { origin, time, clock: time, source, destination, from, to, message, octets }.into())
    }

    #[test]
    fn sessions_of_one_connection_are_told_apart_and_a_failure_is_of_the_message_that_failed() {
        let mut companions = Companions::default();
        // All in one frame, as a connection that two servers share may carry them.
        for (from, to, names, message, octets) in [
            (1, 2, ("alice", "bob"), MsrpMessage::Send, 25),
            (1, 2, ("carol", "dave"), MsrpMessage::Send, 7),
            (2, 1, ("bob", "alice"), MsrpMessage::Response(200), 0),
            (2, 1, ("dave", "carol"), MsrpMessage::Response(413), 0),
            (2, 1, ("bob", "alice"), MsrpMessage::Send, 4),
            (1, 2, ("alice", "bob"), MsrpMessage::Report { failed: true }, 0),
            (1, 2, ("alice", "bob"), MsrpMessage::Send, 5),
        ] {
            companions.take(&passing(1, 0, from, to, chunk(from, to, names, message, octets)));
        }
        companions.advance(Time(i64::MAX));
        let of = |messages: Option<Messages>| messages.map(|m| (m.chunks, m.octets, m.failures));
        let all: Vec<_> = companions.finished.iter().map(|c| (of(c.messages_ab), of(c.messages_ba))).collect();
        assert_eq!(all, [(Some((2, 30, 0)), Some((1, 4, 1))), (Some((1, 7, 1)), None)]);
    }

    #[test]
    fn a_minute_of_silence_ends_a_pair() {
        let mut companions = Companions::default();
        companions.take(&passing(0, 0, 1, 2, Passed::Stun(BINDING_REQUEST)));
        companions.take(&passing(1, 20, 2, 1, Passed::Stun(BINDING_RESPONSE)));
        companions.take(&passing(2, 70_000, 1, 2, Passed::Zrtp));
        companions.advance(Time(200_000_000_000));
        let counts: Vec<_> = companions.finished.iter().map(|c| (c.stun, c.binding_requests, c.binding_responses, c.zrtp)).collect();
        assert_eq!(counts, [(2, 1, 1, 0), (0, 0, 0, 1)]);
    }
}
