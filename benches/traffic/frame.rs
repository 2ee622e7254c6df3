//! Takes payloads with their addresses, gives Ethernet frames and records of a classic capture, never more than one packet a payload.

use std::io::{self, Write};
use std::net::Ipv4Addr;

/// A UDP end point.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Socket {
    pub(crate) ip: Ipv4Addr,
    pub(crate) port: u16,
}

const HEADERS: usize = 14 + 20 + 20;

/// An Ethernet frame with an IPv4 packet with a UDP datagram, its checksums right.
pub(crate) fn udp(from: Socket, to: Socket, payload: &[u8]) -> Vec<u8> {
    // Voice is marked EF and signalling AF31, as trunks do.
    let dscp = if from.port == 5060 { 0x68 } else { 0xb8 };
    let length = (8 + payload.len()) as u16;
    let header = [from.port.to_be_bytes(), to.port.to_be_bytes(), length.to_be_bytes(), [0; 2]].concat();
    packet(from, to, 17, dscp, header, 6, payload)
}

/// Where a TCP segment stands in its stream, what it acknowledges, and its flags (RFC 9293 §3.1).
#[derive(Clone, Copy)]
pub(crate) struct Place {
    pub(crate) seq: u32,
    pub(crate) ack: u32,
    pub(crate) flags: u8,
}

/// The same with a TCP segment.
pub(crate) fn tcp(from: Socket, to: Socket, place: Place, payload: &[u8]) -> Vec<u8> {
    let ports = [from.port.to_be_bytes(), to.port.to_be_bytes()].concat();
    let numbers = [place.seq.to_be_bytes(), place.ack.to_be_bytes()].concat();
    let header = [&ports[..], &numbers, &[0x50, place.flags, 0xff, 0xff, 0, 0, 0, 0]].concat();
    packet(from, to, 6, 0x68, header, 16, payload)
}

/// A packet whose transport header has its checksum at `at`.
fn packet(from: Socket, to: Socket, protocol: u8, dscp: u8, mut transport: Vec<u8>, at: usize, payload: &[u8]) -> Vec<u8> {
    let mut frame = Vec::with_capacity(HEADERS + payload.len());
    let length = |n: usize| (n as u16).to_be_bytes();
    for ip in [to.ip, from.ip] {
        frame.extend([0x02, 0x00]);
        frame.extend(ip.octets());
    }
    frame.extend([0x08, 0x00]);
    let whole = transport.len() + payload.len();
    let mut header =
        [&[0x45, dscp][..], &length(20 + whole), &[0, 0, 0x40, 0, 63, protocol, 0, 0], &from.ip.octets(), &to.ip.octets()].concat();
    let checksum = fold(sum(&header)).to_be_bytes();
    header.splice(10..12, checksum);
    frame.extend(header);
    let pseudo = sum(&from.ip.octets()) + sum(&to.ip.octets()) + u64::from(protocol) + whole as u64;
    // RFC 768: a sum of zero is sent as all ones.
    let checksum = match fold(pseudo + sum(&transport) + sum(payload)) {
        0 if protocol == 17 => [0xff, 0xff],
        sum => sum.to_be_bytes(),
    };
    transport.splice(at..at + 2, checksum);
    frame.extend(transport);
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
