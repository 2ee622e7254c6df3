//! Takes two endpoints, gives a stream between them as a test needs it, never anything outside tests.

use crate::base::{Endpoint, Origin, Time, seconds};
use crate::media::{Bursts, Clock, ClockSource, Digits, Flow, Format, Gaps, Jitter, Lengths, Reception, Reports, Series, Stream};

/// Milliseconds as a time.
pub(crate) fn ms(at: i64) -> Time {
    Time(at * 1_000_000)
}

/// Ten seconds of PCMA from 101.1 s on.
pub(crate) fn pcma(source: Endpoint, destination: Endpoint, number: usize) -> Stream {
    let origin = |serial: u64| Origin { serial: 200_000 + serial + number as u64, capture: 0, frame: 2 };
    let (begun, ended) = (ms(101_100), ms(111_080));
    let format = Format {
        payload_type: 8,
        packets: 500,
        octets: 80_000,
        first: origin(0),
        last: origin(900),
        begun,
        ended,
        head: [0xd5; 4],
        events: false,
        lengths: Lengths::default(),
    };
    Stream {
        flow: Flow { source, destination, ssrc: 0x1234_0000 + u32::try_from(number).unwrap() },
        first: origin(0),
        last: origin(900),
        begun,
        ended,
        clock: ended,
        packets: 500,
        ip_octets: 100_000,
        payload_octets: 80_000,
        formats: vec![format],
        main: 8,
        reception: Reception { base: 1, highest: 500, expected: 500, received: 500, ..Reception::default() },
        timing: Clock { rate: Some(8_000), source: ClockSource::Sdp, observed: Some(8_000) },
        breaks: 0,
        jitter: Some(Jitter { mean: 0.1, max: 0.5, last: 0.1 }),
        bursts: Bursts { packets: 500, gaps: 1, ..Bursts::default() },
        gaps: Gaps::default(),
        step: Some(160),
        markers: 1,
        comfort_noise: 0,
        digits: Digits::default(),
        dscp: 1 << 46,
        malformed: 0,
        mixed: 0,
        series: Series { start: begun, width: seconds(5), intervals: Vec::new() },
        reports: Reports::default(),
        secure: Some(false),
    }
}
