//! Takes a datagram with an RTP packet, gives what is kept of it until its stream is folded, never its payload.

use crate::base::{Origin, Time};
use crate::capture::Frame;
use crate::packet::{Carriage, Datagram};
use crate::rtp::{self, Header, TelephoneEvent};

/// The first payload type that has no meaning of its own (RFC 3551 §6): redundancy has none.
const DYNAMIC: u8 = 96;

/// One RTP packet as it passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sighting {
    pub(super) origin: Origin,
    /// When it passed.
    pub(super) time: Time,
    /// The running clock.
    pub(super) clock: Time,
    pub(super) timestamp: u32,
    pub(super) seq: u16,
    /// IPv4 identification, to know the copies of a mirror port.
    pub(super) ip_id: u16,
    /// Octets of payload.
    pub(super) length: u16,
    /// Octets of the IP packet.
    pub(super) ip_length: u16,
    /// The first octets of the payload; zero beyond its end.
    pub(super) head: [u8; 4],
    pub(super) payload_type: u8,
    /// How many earlier packets it carries again, if its payload is redundant (RFC 2198).
    pub(super) redundancy: u8,
    pub(super) carriage: Carriage,
    /// [`Self::MARKER`] and what follows it.
    pub(super) flags: u8,
}

impl Sighting {
    /// The marker bit is set.
    const MARKER: u8 = 1;
    /// It lists contributing sources.
    pub(super) const MIXED: u8 = 2;
    /// Its padding or its extension runs over its end.
    pub(super) const MALFORMED: u8 = 4;
    /// It holds nothing but telephone events, of which `head` is the latest, in the form of redundancy (RFC 2198).
    const EVENTS: u8 = 8;

    /// Whether the marker bit is set.
    pub(super) const fn marker(&self) -> bool {
        self.flags & Self::MARKER != 0
    }

    /// Whether it holds nothing but a telephone event, or several in the form of redundancy.
    pub(super) const fn is_event(&self) -> bool {
        self.length == TelephoneEvent::LENGTH || self.flags & Self::EVENTS != 0
    }

    /// What is kept of a packet.
    #[inline]
    pub(super) fn new(frame: &Frame<'_>, datagram: &Datagram<'_>, header: &Header) -> Self {
        let payload = if datagram.cut { datagram.payload.get(header.offset as usize..) } else { header.payload(datagram.payload) };
        let events = payload.filter(|_| header.payload_type >= DYNAMIC && !datagram.cut).and_then(rtp::redundant_event);
        let length = if datagram.cut { uncut(datagram, header) } else { payload.map_or(0, <[u8]>::len) };
        Self {
            origin: frame.origin,
            time: frame.time,
            clock: frame.clock,
            timestamp: header.timestamp,
            seq: header.seq,
            ip_id: datagram.layers.ip_id as u16,
            length: u16::try_from(length).unwrap_or(u16::MAX),
            ip_length: u16::try_from(datagram.layers.ip_len).unwrap_or(u16::MAX),
            head: events.or_else(|| payload?.first_chunk().copied()).unwrap_or_default(),
            payload_type: header.payload_type,
            redundancy: payload.filter(|_| header.payload_type >= DYNAMIC).map_or(0, rtp::redundancy),
            carriage: datagram.layers.carriage(),
            flags: flag(header.marker, Self::MARKER)
                | flag(header.sources > 0, Self::MIXED)
                | flag(events.is_some(), Self::EVENTS)
                | flag(payload.is_none() && !datagram.cut, Self::MALFORMED),
        }
    }
}

fn flag(set: bool, flag: u8) -> u8 {
    if set { flag } else { 0 }
}

/// How long the payload of a cut packet was, padding included, as its IP header tells.
fn uncut(datagram: &Datagram<'_>, header: &Header) -> usize {
    let headers = if datagram.source.ip.is_ipv4() { 20 } else { 40 } + 8;
    (datagram.layers.ip_len as usize).saturating_sub(headers + header.offset as usize)
}
