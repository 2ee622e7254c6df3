//! Takes what happens in a stream, gives it by intervals for a chart, never more intervals than a chart can show.

use crate::base::{Time, seconds};

/// The width of the intervals of a short stream.
pub const WIDTH: i64 = seconds(5);

/// Intervals that are kept; a longer stream has wider ones.
pub const KEPT: usize = 96;

/// What happened when.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// When the first interval begins.
    pub start: Time,
    /// How wide each is, in nanoseconds.
    pub width: i64,
    /// The intervals, from the first packet to the last.
    pub intervals: Vec<Interval>,
}

/// One interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// Packets that came.
    pub packets: u32,
    /// Numbers by which the highest sequence number grew, less the distinct packets that came: negative where late ones filled a hole.
    pub lost: i32,
    /// The greatest jitter, in ticks of the clock.
    pub jitter: f32,
}
