//! Takes what is known of a payload type, gives the rate of its clock and who says so, never a guess without that name.

/// The rate at which the time stamps of a stream run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Ticks a second.
    pub rate: Option<u32>,
    /// How that is known.
    pub source: ClockSource,
    /// The rate that the time stamps themselves show, where the stream is long and even enough.
    pub observed: Option<u32>,
}

/// How the rate of a clock is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClockSource {
    /// The `a=rtpmap` of an SDP that named an end of the stream.
    Sdp,
    /// The static payload type (RFC 3551 §6).
    Static,
    /// The time stamps, against the times of capture.
    Inferred,
    /// It is not.
    #[default]
    Unknown,
}

impl ClockSource {
    /// The word in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sdp => "sdp",
            Self::Static => "static",
            Self::Inferred => "inferred",
            Self::Unknown => "unknown",
        }
    }
}
