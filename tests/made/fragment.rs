//! Takes a UDP frame, gives its packet in fragments or in IPv6, never another payload.

use super::{Frame, ethernet};

/// The packet of an IPv4 frame in fragments of `size` octets, a multiple of eight, sent 100 µs after each other.
pub fn v4(frame: &Frame, identification: u16, size: usize) -> Vec<Frame> {
    let packet = &frame.octets[14..];
    let (source, destination): ([u8; 4], [u8; 4]) = (packet[12..16].try_into().unwrap(), packet[16..20].try_into().unwrap());
    let payload = &packet[20..];
    let pieces = payload.len().div_ceil(size);
    let fragment = |(n, piece): (usize, &[u8])| {
        let more = if n + 1 < pieces { 0x2000 } else { 0 };
        let field = more | u16::try_from(n * size / 8).unwrap();
        let octets = ethernet(source.into(), destination.into(), packet[9], identification, field, piece);
        Frame { micros: frame.micros + 100 * n as u64, octets }
    };
    payload.chunks(size).enumerate().map(fragment).collect()
}

/// The same in IPv6, between `2001:db8::` addresses that end in those of IPv4.
pub fn v6(frame: &Frame, identification: u32, size: usize) -> Vec<Frame> {
    let payload = &checked(&frame.octets[34..], &frame.octets[26..34]);
    let pieces = payload.len().div_ceil(size);
    let fragment = |(n, piece): (usize, &[u8])| {
        let field = u16::try_from(n * size).unwrap() | u16::from(n + 1 < pieces);
        let mut extension = vec![17, 0];
        extension.extend(field.to_be_bytes());
        extension.extend(identification.to_be_bytes());
        extension.extend(piece);
        Frame { micros: frame.micros + 100 * n as u64, octets: ethernet6(frame, 44, &extension) }
    };
    payload.chunks(size).enumerate().map(fragment).collect()
}

/// The same in one IPv6 packet.
pub fn whole_v6(frame: &Frame) -> Frame {
    Frame { micros: frame.micros, octets: ethernet6(frame, 17, &checked(&frame.octets[34..], &frame.octets[26..34])) }
}

fn address6(v4: &[u8]) -> [u8; 16] {
    let mut address = [0; 16];
    address[..4].copy_from_slice(&[0x20, 0x01, 0x0d, 0xb8]);
    address[12..].copy_from_slice(v4);
    address
}

fn ethernet6(frame: &Frame, next: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = [&frame.octets[..12], &[0x86, 0xdd, 0x60, 0, 0, 0]].concat();
    out.extend(u16::try_from(payload.len()).unwrap().to_be_bytes());
    out.extend([next, 64]);
    out.extend(address6(&frame.octets[26..30]));
    out.extend(address6(&frame.octets[30..34]));
    out.extend(payload);
    out
}

/// A UDP datagram with the checksum that IPv6 demands (RFC 8200 §8.1).
fn checked(datagram: &[u8], addresses: &[u8]) -> Vec<u8> {
    let pseudo =
        [&address6(&addresses[..4])[..], &address6(&addresses[4..]), &(datagram.len() as u32).to_be_bytes(), &[0, 0, 0, 17]].concat();
    let sum: u32 = [pseudo.as_slice(), datagram]
        .iter()
        .flat_map(|part| part.chunks(2))
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0)))
        .sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let checksum = !((folded & 0xffff) + (folded >> 16)) as u16;
    let mut out = datagram.to_vec();
    out[6..8].copy_from_slice(&checksum.to_be_bytes());
    out
}
