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

/// One side of a telephone call: PCMA in packets of 20 ms from `begin` to `end`, between any two ends, without the packets that `lost` names.
pub fn one_way(
    source: (std::net::Ipv4Addr, u16),
    destination: (std::net::Ipv4Addr, u16),
    ssrc: u32,
    (begin, end): (f64, f64),
    lost: impl Fn(u32) -> bool,
) -> Vec<Frame> {
    let packets = ((end - begin) / 0.02).round() as u32;
    let packet = |n: u32| {
        let mut out = vec![0x80, 8];
        out.extend((n as u16).to_be_bytes());
        out.extend((n * 160).to_be_bytes());
        out.extend(ssrc.to_be_bytes());
        out.extend([0xd5; 160]);
        udp(begin + f64::from(n) * 0.02, source, destination, &out)
    };
    (0..packets).filter(|n| !lost(*n)).map(packet).collect()
}
