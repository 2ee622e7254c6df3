//! Takes what RTCP says of one stream, gives it as counts and last values, never the stream itself.

use crate::base::{Origin, Time};
use crate::rtp::VoipMetrics;

/// Round-trip times that are kept.
pub const KEPT: usize = 64;

/// What RTCP said of a stream (RFC 3550 §6, RFC 3611).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reports {
    /// Sender reports of its source.
    pub sender_reports: u64,
    /// Reception reports about it, by its receiver.
    pub receptions: u64,
    /// Source descriptions of its source.
    pub descriptions: u64,
    /// Goodbyes of its source.
    pub goodbyes: u64,
    /// Application-defined packets of its source.
    pub application: u64,
    /// Feedback about it (RFC 4585).
    pub feedback: u64,
    /// Extended reports that mention it.
    pub extended: u64,
    /// The frame of the first RTCP packet that mentions it, and when it passed.
    pub first: Option<(Origin, Time)>,
    /// The frame of the last, and when it passed.
    pub last: Option<(Origin, Time)>,
    /// The longest time between two RTCP packets from its source, in nanoseconds.
    pub longest_interval: i64,
    /// Whether a packet came on the port of the media itself (RFC 5761), and whether one came on the next.
    pub muxed: bool,
    /// See `muxed`.
    pub beside: bool,
    /// Round trips from the tap to the receiver and back, in nanoseconds, the first so many in order.
    pub round_trips: Vec<i64>,
    /// How many there were.
    pub round_trip_count: u64,
    /// The last reception report about it.
    pub last_reception: Option<Reception>,
    /// The greatest fraction lost of a reception report, in 1/256.
    pub worst_fraction: u8,
    /// The greatest jitter of a reception report, in ticks.
    pub worst_jitter: u32,
    /// The last VoIP metrics about it, and how many there were.
    pub voip: Option<VoipMetrics>,
    /// See `voip`.
    pub voip_blocks: u64,
    /// What the last sender report said it had sent: packets, octets of payload.
    pub sent: Option<(u32, u32)>,
}

/// What a receiver said of a stream (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// Lost since its last report, in 1/256.
    pub fraction_lost: u8,
    /// Lost in all, negative where duplicates outweigh.
    pub lost: i32,
    /// The highest extended sequence number.
    pub highest: u32,
    /// Its jitter, in ticks.
    pub jitter: u32,
}
