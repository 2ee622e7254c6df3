//! Takes payloads with their addresses, gives Ethernet frames and records of a classic capture, never more than one packet a payload.

use std::io::{self, Write};
use std::net::Ipv4Addr;

/// A UDP end point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Socket {
    pub(crate) ip: Ipv4Addr,
    pub(crate) port: u16,
}

const HEADERS: usize = 14 + 20 + 8;

/// An Ethernet frame with an IPv4 packet with a UDP datagram, its checksums right.
pub(crate) fn udp(from: Socket, to: Socket, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADERS + payload.len());
    let length = |n: usize| (n as u16).to_be_bytes();
    for ip in [to.ip, from.ip] {
        frame.extend([0x02, 0x00]);
        frame.extend(ip.octets());
    }
    frame.extend([0x08, 0x00]);
    // Voice is marked EF and signalling AF31, as trunks do.
    let dscp = if from.port == 5060 { 0x68 } else { 0xb8 };
    let mut header =
        [&[0x45, dscp][..], &length(28 + payload.len()), &[0, 0, 0x40, 0, 63, 17, 0, 0], &from.ip.octets(), &to.ip.octets()].concat();
    let checksum = fold(sum(&header)).to_be_bytes();
    header.splice(10..12, checksum);
    frame.extend(header);
    let udp_length = 8 + payload.len();
    let mut checked = sum(&from.ip.octets()) + sum(&to.ip.octets()) + 17 + 2 * udp_length as u64;
    checked += u64::from(from.port) + u64::from(to.port) + sum(payload);
    frame.extend(from.port.to_be_bytes());
    frame.extend(to.port.to_be_bytes());
    frame.extend(length(udp_length));
    // RFC 768: a sum of zero is sent as all ones.
    frame.extend(match fold(checked) {
        0 => [0xff, 0xff],
        sum => sum.to_be_bytes(),
    });
    frame.extend(payload);
    frame
}

fn sum(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<2>();
    words.iter().map(|word| u64::from(u16::from_be_bytes(*word))).sum::<u64>() + rest.first().map_or(0, |byte| u64::from(*byte) << 8)
}

fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    !(sum as u16)
}

/// Begins a classic capture of Ethernet with microseconds.
pub(crate) fn begin(out: &mut impl Write) -> io::Result<u64> {
    let header = [0xa1b2_c3d4_u32.to_le_bytes(), [2, 0, 4, 0], [0; 4], [0; 4], 262_144_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    out.write_all(&header)?;
    Ok(header.len() as u64)
}

/// Writes a record; gives its length.
pub(crate) fn record(out: &mut impl Write, micros: u64, frame: &[u8]) -> io::Result<u64> {
    let (seconds, length) = ((micros / 1_000_000) as u32, frame.len() as u32);
    for word in [seconds, (micros % 1_000_000) as u32, length, length] {
        out.write_all(&word.to_le_bytes())?;
    }
    out.write_all(frame)?;
    Ok(16 + u64::from(length))
}
