//! Takes a flow and its only format, gives a stream of which nothing else is known, never anything outside tests.

use super::series::Series;
use super::{Bursts, Clock, Digits, Flow, Format, Gaps, Jitter, Pace, Reception, Reports, Stream, Tones};
use crate::packet::Carried;

/// A stream that lasts as long as its format, whole and even as far as is said.
pub(crate) fn stream(flow: Flow, format: Format) -> Stream {
    let Format { payload_type, packets, octets, first, last, begun, ended, .. } = format;
    Stream {
        flow,
        first,
        last,
        begun,
        ended,
        clock: ended,
        packets,
        ip_octets: octets + 40 * packets,
        payload_octets: octets,
        formats: vec![format],
        main: payload_type,
        reception: Reception {
            base: 1,
            highest: i64::try_from(packets).unwrap(),
            expected: packets,
            received: packets,
            ..Reception::default()
        },
        timing: Clock::default(),
        breaks: 0,
        jitter: None,
        jitters: Vec::new(),
        live_rate: None,
        bursts: Bursts { packets, gaps: 1, ..Bursts::default() },
        gaps: Gaps::default(),
        step: None,
        markers: 0,
        comfort_noise: 0,
        digits: Digits::default(),
        texture: None,
        tones: Tones::default(),
        carried: Carried::default(),
        malformed: 0,
        mixed: 0,
        series: Series::new(begun),
        pace: Pace::default(),
        reports: Reports::default(),
        secure: None,
    }
}

/// Gives a stream this jitter, at whatever of the usual rates its clock runs.
pub(crate) fn shake(stream: &mut Stream, jitter: Jitter) {
    stream.jitter = Some(jitter);
    stream.jitters = vec![(8_000, jitter), (16_000, jitter), (48_000, jitter)];
}
