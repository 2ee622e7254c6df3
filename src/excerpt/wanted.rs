//! Takes what tracing found, gives whether a frame belongs to the excerpt, never remembers one.

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

use super::strand::Strands;
use crate::base::{Endpoint, Time};
use crate::capture::Frame;
use crate::packet::{Chunks, Datagram, Fragment, Packet, Sctp, Whole};
use crate::rtp;

/// A span of capture time, both ends in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) from: Time,
    pub(super) to: Time,
}

impl Interval {
    pub(super) fn has(self, time: Time) -> bool {
        (self.from..=self.to).contains(&time)
    }

    pub(super) fn join(&mut self, other: Self) {
        (self.from, self.to) = (self.from.min(other.from), self.to.max(other.to));
    }
}

/// What the fragments of a datagram have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FragmentKey {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    protocol: u8,
}

impl FragmentKey {
    pub(super) const fn of(fragment: &Fragment<'_>) -> Self {
        let &Fragment { source, destination, protocol, layers, .. } = fragment;
        Self { source, destination, id: layers.ip_id, protocol }
    }

    pub(super) const fn of_whole(whole: &Whole) -> Self {
        let &Whole { source, destination, protocol, layers, .. } = whole;
        Self { source, destination, id: layers.ip_id, protocol }
    }
}

/// As what a frame belongs to the excerpt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// SIP, or what it needs to be read.
    Signalling,
    /// What the media of a call sent, RTCP and what else shares its ports among it, and MSRP.
    Media,
}

/// The two ends of a connection in one order.
pub(super) type Pair = (Endpoint, Endpoint);

/// Both ends in one order.
pub(super) fn pair(a: Endpoint, b: Endpoint) -> Pair {
    if a <= b { (a, b) } else { (b, a) }
}

/// Which frames are meant.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Frames by their place in the merged captures.
    pub(super) frames: HashSet<u64>,
    /// Datagrams that came in fragments.
    pub(super) fragments: HashMap<FragmentKey, Vec<Interval>>,
    /// TCP connections.
    pub(super) strands: Strands,
    /// Messages over SCTP: who sent them when, by association.
    pub(super) associations: HashMap<Pair, Vec<(Endpoint, Interval)>>,
    /// Endpoints that the calls named for media, with how long each call lived.
    pub(super) endpoints: HashMap<Endpoint, Vec<Interval>>,
    /// TCP connections with MSRP sessions of the calls.
    pub(super) sessions: Strands,
    /// Streams that are known to be of the calls.
    pub(super) streams: HashMap<(Endpoint, Endpoint), Vec<Interval>>,
}

impl Wanted {
    /// As what a frame is meant, if it is.
    pub(super) fn has(&self, frame: &Frame<'_>, packet: &Packet<'_>) -> Option<Part> {
        let (serial, time) = (frame.origin.serial, frame.time);
        let signalling = self.frames.contains(&serial)
            || match packet {
                Packet::Tcp(s) => self.strands.has(&pair(s.source, s.destination), s.source, serial, time, s.wire_len),
                Packet::Sctp(packet) => self.has_chunks(packet, time),
                Packet::Fragment(fragment) => within(&self.fragments, &FragmentKey::of(fragment), time),
                _ => false,
            };
        match packet {
            Packet::Udp(datagram) if self.has_media(datagram, time) => Some(Part::Media),
            Packet::Tcp(s) if !signalling && self.sessions.has(&pair(s.source, s.destination), s.source, serial, time, s.wire_len) => {
                Some(Part::Media)
            }
            _ => signalling.then_some(Part::Signalling),
        }
    }

    fn has_chunks(&self, packet: &Sctp<'_>, time: Time) -> bool {
        // INIT, INIT ACK, COOKIE ECHO and COOKIE ACK open an association (RFC 9260 §5.1).
        let opens = || Chunks(packet.chunks).next().is_some_and(|chunk| matches!(chunk.kind, 1 | 2 | 10 | 11));
        let spans = self.associations.get(&pair(packet.source, packet.destination));
        spans.is_some_and(|spans| opens() || spans.iter().any(|(sender, span)| *sender == packet.source && span.has(time)))
    }

    /// RTP needs a stream of the call, or both ends named by it; what else shares the ports of media needs one end.
    fn has_media(&self, datagram: &Datagram<'_>, time: Time) -> bool {
        if within(&self.streams, &(datagram.source, datagram.destination), time) {
            return true;
        }
        let named = [datagram.source, datagram.destination].map(|end| within(&self.endpoints, &end, time));
        match (named, rtp::sniff(datagram.payload)) {
            ([false, false], _) => false,
            (named, Some(rtp::Kind::Rtp(_))) => named == [true, true],
            _ => true,
        }
    }
}

fn within<K: std::hash::Hash + Eq>(spans: &HashMap<K, Vec<Interval>>, key: &K, time: Time) -> bool {
    spans.get(key).is_some_and(|spans| spans.iter().any(|span| span.has(time)))
}
