//! Takes TCP segments and the messages that they carried, gives which segments an excerpt of these messages needs, never puts a stream together.

use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::wanted::{Interval, Pair, pair};
use crate::base::{Endpoint, Time, Transport};
use crate::packet::Segment;
use crate::transport::Envelope;

/// The random value of a ClientHello (RFC 8446 §4.1.2): the name of a connection in a key log.
pub(super) type Random = [u8; 32];

/// What an excerpt needs of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Strand {
    /// Its first frame.
    begin: u64,
    /// The frame that ended its opening: SYN, SYN and ACK, ACK.
    opened: u64,
    /// Every frame up to this one: what TLS and WebSocket need to be understood.
    whole_until: u64,
    /// Messages in the clear: who sent them, and from when to when.
    spans: Vec<(Endpoint, Interval)>,
    /// Where the next connection of the same ends begins.
    end: Option<u64>,
}

/// A connection as it passes.
#[derive(Debug, Default)]
struct Live {
    begin: u64,
    opened: Option<u64>,
    /// The frame that completed its first message.
    spoken: Option<u64>,
    hellos: SmallVec<[Random; 1]>,
    /// Its place among the strands of its ends, once something of it is wanted.
    strand: Option<usize>,
}

/// What an excerpt needs of connections.
#[derive(Debug, Default)]
pub(super) struct Strands {
    live: HashMap<Pair, Live>,
    wanted: HashMap<Pair, Vec<Strand>>,
    /// The ClientHellos of the TLS connections among them.
    pub(super) hellos: HashSet<Random>,
    /// Whether messages of it came encrypted.
    pub(super) sealed: bool,
}

impl Strands {
    /// Notes a segment: where its connection begins, how far its opening is.
    pub(super) fn pass(&mut self, serial: u64, segment: &Segment<'_>) {
        let key = pair(segment.source, segment.destination);
        let flags = segment.flags;
        let live = self.live.entry(key).or_insert_with(|| Live { begin: serial, ..Live::default() });
        // A SYN that is repeated is of the same connection.
        if flags.syn && !flags.ack && live.opened.is_some() && live.begin != serial {
            let before = std::mem::replace(live, Live { begin: serial, ..Live::default() });
            if let Some(strand) = before.strand.and_then(|at| self.wanted.get_mut(&key)?.get_mut(at)) {
                strand.end = Some(serial);
            }
        }
        if !flags.syn && live.opened.is_none() {
            live.opened = Some(serial);
        }
        if let Some(random) = client_random(segment.payload) {
            live.hellos.push(random);
        }
    }

    /// Notes that a message of this connection was completed by frame `serial`.
    pub(super) fn speak(&mut self, ends: Pair, serial: u64) {
        if let Some(live) = self.live.get_mut(&ends) {
            live.spoken.get_or_insert(serial);
        }
    }

    /// Wants a message that came over TCP between `ends`.
    pub(super) fn want(&mut self, ends: Pair, envelope: &Envelope) {
        let serial = envelope.origin.serial;
        let Some(strand) = self.strand(ends) else { return };
        match envelope.transport {
            // HEP hides how its own packets passed; what is inside TLS cannot be told apart.
            _ if envelope.via_hep => strand.whole_until = strand.whole_until.max(serial),
            Transport::Tls | Transport::Wss | Transport::TlsSctp => {
                self.sealed = true;
                self.want_until(ends, serial);
            }
            transport => {
                strand.spans.push((envelope.source, Interval { from: envelope.first, to: envelope.last }));
                if transport == Transport::Ws {
                    let spoken = self.live.get(&ends).and_then(|live| live.spoken).unwrap_or(serial);
                    self.strand(ends).into_iter().for_each(|strand| strand.whole_until = strand.whole_until.max(spoken));
                }
            }
        }
    }

    /// Wants what passes on a connection in a span; what is sealed cannot be told apart, and is wanted up to frame `serial`.
    pub(super) fn want_span(&mut self, ends: Pair, serial: u64, span: Interval) {
        if self.live.get(&ends).is_some_and(|live| !live.hellos.is_empty()) {
            return self.want_until(ends, serial);
        }
        let Some(strand) = self.strand(ends) else { return };
        for sender in <[Endpoint; 2]>::from(ends) {
            if !strand.spans.contains(&(sender, span)) {
                strand.spans.push((sender, span));
            }
        }
    }

    /// Wants a connection up to frame `serial`.
    pub(super) fn want_until(&mut self, ends: Pair, serial: u64) {
        let Some(strand) = self.strand(ends) else { return };
        strand.whole_until = strand.whole_until.max(serial);
        let hellos = self.live.get(&ends).map(|live| live.hellos.clone());
        self.hellos.extend(hellos.into_iter().flatten());
    }

    /// Wants the frames between two ends from `begin` to `end`.
    pub(super) fn want_range(&mut self, ends: Pair, begin: u64, end: u64) {
        self.wanted.entry(ends).or_default().push(Strand { begin, whole_until: end, ..Strand::default() });
        let hellos = self.live.get(&ends).map(|live| live.hellos.clone());
        self.hellos.extend(hellos.into_iter().flatten());
    }

    fn strand(&mut self, ends: Pair) -> Option<&mut Strand> {
        let live = self.live.get_mut(&ends)?;
        let strands = self.wanted.entry(ends).or_default();
        let at = *live.strand.get_or_insert_with(|| {
            strands.push(Strand { begin: live.begin, opened: live.opened.unwrap_or(live.begin), ..Strand::default() });
            strands.len() - 1
        });
        strands.get_mut(at)
    }

    /// Whether a segment with so many octets of data belongs to what is wanted.
    pub(super) fn has(&self, ends: &Pair, sender: Endpoint, serial: u64, time: Time, octets: u32) -> bool {
        let strands = self.wanted.get(ends);
        strands.is_some_and(|strands| strands.iter().any(|strand| strand.has(sender, serial, time, octets)))
    }
}

impl Strand {
    fn has(&self, from: Endpoint, serial: u64, time: Time, octets: u32) -> bool {
        if serial < self.begin || self.end.is_some_and(|end| serial >= end) {
            return false;
        }
        let opens = serial <= self.opened && octets == 0;
        let speaks = || self.spans.iter().any(|(sender, span)| *sender == from && span.has(time));
        serial <= self.whole_until || opens || (octets > 0 && speaks())
    }
}

/// The random value, if a segment begins with the record of a ClientHello: record header of 5 octets, message header of 4, version of 2.
fn client_random(payload: &[u8]) -> Option<Random> {
    match payload {
        [22, 3, _, _, _, 1, ..] => payload.get(11..)?.first_chunk().copied(),
        _ => None,
    }
}
