//! Takes a decoded TCP segment, gives a copy that owns its octets, never interprets it.

use super::SctpPart;
use crate::base::{Carriers, Endpoint, Origin, Time};
use crate::capture::Frame;
use crate::packet::{Layers, Segment, TcpFlags, Whole};

/// A TCP segment that owns its octets, set aside until its shard is worked on.
#[derive(Clone, Debug)]
pub struct SegmentPart {
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
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgment number.
    pub ack: u32,
    /// The flags.
    pub flags: TcpFlags,
    /// Octets of data on the wire.
    pub wire_len: u32,
    /// The data, as far as it was captured.
    pub bytes: Box<[u8]>,
}

/// What the connections and associations of a shard are made of.
#[derive(Clone, Debug)]
pub enum StreamPart {
    /// A TCP segment.
    Tcp(SegmentPart),
    /// An SCTP packet.
    Sctp(SctpPart),
}

impl StreamPart {
    /// The frame that carried it.
    #[must_use]
    pub const fn origin(&self) -> Origin {
        match self {
            Self::Tcp(part) => part.origin,
            Self::Sctp(part) => part.origin,
        }
    }
}

impl SegmentPart {
    /// Copies a segment out of its frame.
    #[must_use]
    pub fn new(frame: &Frame<'_>, segment: &Segment<'_>) -> Self {
        Self::at(frame.origin, Carriers::from_buf([frame.origin]), frame.time, frame.clock, segment)
    }

    /// Copies a segment out of the reassembled datagram that held it.
    #[must_use]
    pub fn from_whole(whole: &Whole, segment: &Segment<'_>) -> Self {
        Self::at(whole.origin, whole.carriers.clone(), whole.last, whole.clock, segment)
    }

    fn at(origin: Origin, carriers: Carriers, time: Time, clock: Time, segment: &Segment<'_>) -> Self {
        Self {
            origin,
            carriers,
            time,
            clock,
            source: segment.source,
            destination: segment.destination,
            layers: segment.layers,
            seq: segment.seq,
            ack: segment.ack,
            flags: segment.flags,
            wire_len: segment.wire_len,
            bytes: segment.payload.into(),
        }
    }
}
