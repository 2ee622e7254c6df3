//! Takes a span of time, gives the RTP packets of a telephone call in it, never more than 20 ms of sound a packet.

use super::calls::{ALPHA, BRAVO};
use super::{Frame, udp};

/// The port that made SDP announces.
const PORT: u16 = 20_000;

/// PCMA (payload type 8) both ways, from `begin` to `end`.
pub fn talk(begin: f64, end: f64) -> Vec<Frame> {
    let packets = ((end - begin) / 0.02) as u32;
    let packet = |n: u32, source: u32| {
        let mut out = vec![0x80, 8];
        out.extend((n as u16).to_be_bytes());
        out.extend((n * 160).to_be_bytes());
        out.extend(source.to_be_bytes());
        out.extend([0xd5; 160]);
        out
    };
    let (alpha, bravo) = ((ALPHA.0, PORT), (BRAVO.0, PORT));
    (0..packets)
        .flat_map(|n| {
            let at = begin + f64::from(n) * 0.02;
            [udp(at, alpha, bravo, &packet(n, 0xa)), udp(at + 0.01, bravo, alpha, &packet(n, 0xb))]
        })
        .collect()
}
