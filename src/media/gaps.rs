//! Takes the times of arrival of one stream, gives where nothing came for long, never why.

use crate::base::{Origin, Time};

/// How long nothing must come to be a gap.
pub const GAP: i64 = 200_000_000;

/// How many of the longest gaps are kept.
pub const KEPT: usize = 8;

/// Where nothing came for long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// How many gaps there were.
    pub count: u64,
    /// Nanoseconds in them.
    pub total: i64,
    /// The longest, in order of time.
    pub longest: Vec<Gap>,
}

/// A time in which nothing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the packet before it passed.
    pub from: Time,
    /// When the packet after it passed.
    pub to: Time,
    /// The frame of the packet after it.
    pub origin: Origin,
    /// Packets missing between the two by their sequence numbers: none if the sender paused.
    pub missing: u32,
}
