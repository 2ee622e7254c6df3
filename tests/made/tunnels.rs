//! Takes frames in Ethernet, gives the same packets in GRE and in IPsec that does not encrypt, never a key.

use std::net::Ipv4Addr;

use super::{Frame, ethernet};

/// The ends of tunnels between two networks.
const ENDS: (Ipv4Addr, Ipv4Addr) = (Ipv4Addr::new(203, 0, 113, 1), Ipv4Addr::new(203, 0, 113, 2));

/// The IPv4 packet of a frame.
fn packet(frame: &Frame) -> &[u8] {
    &frame.octets[14..]
}

fn between_ends(frame: &Frame, protocol: u8, payload: &[u8]) -> Frame {
    Frame { micros: frame.micros, octets: ethernet(ENDS.0, ENDS.1, protocol, 0, 0, payload) }
}

/// The same hosts, with another protocol between IP and what it carried.
fn between_hosts(frame: &Frame, protocol: u8, payload: &[u8]) -> Frame {
    let address = |at: usize| Ipv4Addr::from(<[u8; 4]>::try_from(&packet(frame)[at..at + 4]).unwrap());
    Frame { micros: frame.micros, octets: ethernet(address(12), address(16), protocol, 0, 0, payload) }
}

/// RFC 2784 §2: no checksum, version 0, IPv4 inside.
pub fn gre(frame: &Frame) -> Frame {
    between_ends(frame, 47, &[&[0, 0, 8, 0], packet(frame)].concat())
}

/// RFC 4302 §2 with 12 octets of integrity check: six words, less two.
fn ah(next: u8, inner: &[u8]) -> Vec<u8> {
    [&[next, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0, 7], [0x5a; 12].as_slice(), inner].concat()
}

/// RFC 4303 §2 with RFC 2410: padding that counts up to whole words, its length, what is inside, and 12 octets of integrity check.
fn esp(next: u8, inner: &[u8]) -> Vec<u8> {
    let padding: Vec<u8> = (1..=u8::try_from((inner.len() + 2).next_multiple_of(4) - inner.len() - 2).unwrap()).collect();
    let trailer = [u8::try_from(padding.len()).unwrap(), next];
    [&[0, 0, 1, 0, 0, 0, 0, 7], inner, &padding, &trailer, [0x5a; 12].as_slice()].concat()
}

/// AH between two networks.
pub fn ah_tunnel(frame: &Frame) -> Frame {
    between_ends(frame, 51, &ah(4, packet(frame)))
}

/// AH between the hosts themselves.
pub fn ah_transport(frame: &Frame) -> Frame {
    between_hosts(frame, 51, &ah(packet(frame)[9], &packet(frame)[20..]))
}

/// ESP between two networks.
pub fn esp_tunnel(frame: &Frame) -> Frame {
    between_ends(frame, 50, &esp(4, packet(frame)))
}

/// ESP between the hosts themselves.
pub fn esp_transport(frame: &Frame) -> Frame {
    between_hosts(frame, 50, &esp(packet(frame)[9], &packet(frame)[20..]))
}

/// ESP that hides what is in it.
pub fn esp_sealed(frame: &Frame) -> Frame {
    let open = esp_tunnel(frame);
    let octets = open.octets.iter().enumerate().map(|(at, octet)| if at < 42 { *octet } else { octet ^ (at * 167 + 89) as u8 });
    Frame { micros: frame.micros, octets: octets.collect() }
}
