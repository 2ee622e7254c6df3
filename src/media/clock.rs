//! Takes what is known of a payload type, gives the rate of its clock and who says so, never a guess without that name.

use super::timing::RATES;
use crate::sdp::static_codec;

/// The rate at which the time stamps of a stream run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Clock {
    /// Ticks a second.
    pub rate: Option<u32>,
    /// How that is known.
    pub source: ClockSource,
    /// The rate that the time stamps themselves show over five seconds or more.
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

/// The rate of a static payload type.
pub(super) fn static_rate(payload_type: u8) -> Option<u32> {
    static_codec(payload_type).map(|(_, rate, _)| rate)
}

/// The index in [`RATES`] of the one that `observed` ticks a second come nearest to, if they come near to one.
pub(super) fn nearest(observed: f64) -> Option<usize> {
    const NEAR: f64 = 0.04;
    let off = |rate: f64| (observed / rate - 1.0).abs();
    let (at, rate) = RATES.iter().enumerate().min_by(|(_, a), (_, b)| off(**a).total_cmp(&off(**b)))?;
    (off(*rate) < NEAR).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_inferred_only_near_one_that_is_in_use() {
        let rate = |observed| nearest(observed).map(|at| RATES[at]);
        assert_eq!(rate(8_010.0), Some(8_000.0));
        assert_eq!(rate(47_500.0), Some(48_000.0));
        assert_eq!(rate(44_000.0), Some(44_100.0));
        assert_eq!(rate(60_000.0), None);
        assert_eq!(rate(0.0), None);
        assert_eq!(rate(f64::NAN), None);
    }

    #[test]
    fn static_types_have_the_clocks_of_rfc_3551() {
        assert_eq!(static_rate(9), Some(8_000), "G722");
        assert_eq!(static_rate(34), Some(90_000), "H263");
        assert_eq!(static_rate(96), None);
    }
}
