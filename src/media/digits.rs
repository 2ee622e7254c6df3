//! Takes telephone-event packets of one stream in order, gives the events with their faults, never the audio beside them.

use crate::base::{Origin, Time};

/// Events that are kept.
pub const KEPT: usize = 64;

/// The telephone events of a stream (RFC 4733).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digits {
    /// Packets of events.
    pub packets: u64,
    /// How many events there were.
    pub count: u64,
    /// The first of them.
    pub events: Vec<Event>,
    /// Packets whose sequence number had come already.
    pub duplicates: u64,
    /// Events that ended without a packet with the E bit.
    pub unended: u64,
    /// Packets whose duration was less than that of one before them (RFC 4733 §2.3.5).
    pub shrinking: u64,
    /// Packets with another time stamp than the event that they continue (RFC 4733 §2.5.1.2).
    pub drifting: u64,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event code: 0–9, then * # A B C D, then 16 for a flash.
    pub code: u8,
    /// The frame of its first packet.
    pub origin: Origin,
    /// When that passed.
    pub at: Time,
    /// The longest duration that it named, in ticks.
    pub duration: u32,
    /// Its packets.
    pub packets: u32,
    /// Its packets with the E bit: three, where the sender follows RFC 4733 §2.5.1.4.
    pub ends: u32,
}

impl Event {
    /// The key of a telephone, for the codes that have one (RFC 4733 §3.2).
    #[must_use]
    pub fn key(&self) -> Option<char> {
        b"0123456789*#ABCD".get(usize::from(self.code)).map(|&key| char::from(key))
    }
}
