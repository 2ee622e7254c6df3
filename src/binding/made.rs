//! Takes two endpoints, gives a stream between them as a test needs it, never anything outside tests.

use crate::base::{Endpoint, Origin, Time};
use crate::media::made::{shake, stream};
use crate::media::{Clock, ClockSource, Flow, Format, Jitter, Lengths, Stream};

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
        redundancy: 0,
        recovered: 0,
        lengths: Lengths::default(),
    };
    let mut stream = stream(Flow { source, destination, ssrc: 0x1234_0000 + u32::try_from(number).unwrap() }, format);
    stream.timing = Clock { rate: Some(8_000), source: ClockSource::Sdp, observed: Some(8_000) };
    shake(&mut stream, Jitter { mean: 0.1, max: 0.5, last: 0.1 });
    stream.step = Some(160);
    stream.secure = Some(false);
    stream
}
