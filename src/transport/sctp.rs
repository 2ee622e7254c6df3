//! Takes a decoded SCTP packet, gives a copy that owns its chunks and the user data in them, never what is certainly no SIP.

use super::sniff::looks_like_sip;
use crate::base::{Carriers, Endpoint, Origin, Time};
use crate::capture::Frame;
use crate::packet::{Chunk, Chunks, Layers, Sctp, Whole};

/// An SCTP packet that owns its chunks, set aside until its shard is worked on.
#[derive(Clone, Debug)]
pub struct SctpPart {
    /// The frame that carried it (or completed it, if it came in fragments).
    pub origin: Origin,
    /// The frames that carried it.
    pub carriers: Carriers,
    /// Its capture time.
    pub time: Time,
    /// The running clock at that frame.
    pub clock: Time,
    /// Sender.
    pub source: Endpoint,
    /// Receiver.
    pub destination: Endpoint,
    /// What lay below.
    pub layers: Layers,
    /// The verification tag.
    pub tag: u32,
    /// The chunks, as far as they were captured.
    pub chunks: Box<[u8]>,
}

/// The type of the chunk that opens an association.
const INIT: u8 = 1;

impl SctpPart {
    /// Whether it asks for an association.
    pub(super) fn asks(&self) -> bool {
        self.tag == 0 && Chunks(&self.chunks).next().is_some_and(|chunk| chunk.kind == INIT)
    }

    /// Copies a packet out of its frame; `None` where nothing in it can be of SIP.
    #[must_use]
    pub fn new(frame: &Frame<'_>, packet: &Sctp<'_>) -> Option<Self> {
        Self::at(frame.origin, Carriers::from_buf([frame.origin]), frame.time, frame.clock, packet)
    }

    /// Copies a packet out of the reassembled datagram that held it; `None` where nothing in it can be of SIP.
    #[must_use]
    pub fn from_whole(whole: &Whole, packet: &Sctp<'_>) -> Option<Self> {
        Self::at(whole.origin, whole.carriers.clone(), whole.last, whole.clock, packet)
    }

    fn at(origin: Origin, carriers: Carriers, time: Time, clock: Time, packet: &Sctp<'_>) -> Option<Self> {
        let &Sctp { source, destination, layers, tag, chunks } = packet;
        // What is whole in its chunk is judged here: other user protocols cost a look and nothing more.
        let matters = |data: Data<'_>| !data.is_whole() || looks_like_sip(data.octets);
        // An INIT asks for an association, of whatever user (RFC 9260 §3.3.2).
        let asks = |chunk: &Chunk<'_>| chunk.kind == INIT && tag == 0;
        let chunks = Chunks(chunks).any(|chunk| asks(&chunk) || Data::read(&chunk).is_some_and(matters)).then(|| chunks.into())?;
        Some(Self { origin, carriers, time, clock, source, destination, layers, tag, chunks })
    }
}

/// A piece of user data (DATA: RFC 9260 §3.3.1; I-DATA: RFC 8260 §2.1).
#[derive(Clone, Copy, Debug)]
pub(super) struct Data<'a> {
    /// Transmission sequence number.
    pub tsn: u32,
    /// To which message it belongs.
    pub message: Message,
    /// Its place among the fragments of the message, where the chunk tells it; else the transmission sequence number does.
    pub place: Option<u32>,
    pub first: bool,
    pub last: bool,
    pub octets: &'a [u8],
    pub cut: bool,
}

/// What names a user message. Numbers are used again, and unordered messages of DATA chunks have none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub interleaved: bool,
    pub unordered: bool,
    pub stream: u16,
    pub number: u32,
}

impl<'a> Data<'a> {
    /// `None` for other chunks and for empty ones.
    pub(super) fn read(chunk: &Chunk<'a>) -> Option<Self> {
        const DATA: u8 = 0;
        const I_DATA: u8 = 64;
        let (first, last, unordered) = (chunk.flags & 2 != 0, chunk.flags & 1 != 0, chunk.flags & 4 != 0);
        let word = |at: usize| chunk.value.get(at..)?.first_chunk().map(|word| u32::from_be_bytes(*word));
        let (tsn, stream_and_number) = (word(0)?, word(4)?);
        let stream = (stream_and_number >> 16) as u16;
        let (interleaved, number, place, header) = match chunk.kind {
            DATA => (false, if unordered { 0 } else { stream_and_number & 0xffff }, None, 12),
            // The first fragment has the protocol identifier where the others have their number.
            I_DATA => (true, word(8)?, Some(if first { 0 } else { word(12)? }), 16),
            _ => return None,
        };
        let octets = chunk.value.get(header..).filter(|octets| !octets.is_empty())?;
        Some(Self { tsn, message: Message { interleaved, unordered, stream, number }, place, first, last, octets, cut: chunk.cut })
    }

    pub(super) const fn is_whole(&self) -> bool {
        self.first && self.last
    }
}
