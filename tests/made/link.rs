//! Takes frames in Ethernet, gives a capture of the same packets in another link layer, never other packets.

use super::{Frame, pcap_of};

/// The link layers that captures of trunks come in, by their `LINKTYPE_` numbers.
#[derive(Clone, Copy, Debug)]
pub enum Link {
    Ethernet,
    Vlan,
    QinQ,
    Null,
    Raw,
    Cooked,
    Cooked2,
}

pub const ALL: [Link; 7] = [Link::Ethernet, Link::Vlan, Link::QinQ, Link::Null, Link::Raw, Link::Cooked, Link::Cooked2];

/// A capture of `link` that holds the packets of Ethernet frames.
pub fn capture(link: Link, frames: &[Frame]) -> Vec<u8> {
    let number = match link {
        Link::Ethernet | Link::Vlan | Link::QinQ => 1,
        Link::Null => 0,
        Link::Raw => 101,
        Link::Cooked => 113,
        Link::Cooked2 => 276,
    };
    let frames: Vec<Frame> = frames.iter().map(|f| Frame { micros: f.micros, octets: wrap(link, &f.octets) }).collect();
    pcap_of(number, &frames)
}

fn wrap(link: Link, octets: &[u8]) -> Vec<u8> {
    let (addresses, kind, packet) = (&octets[..12], &octets[12..14], &octets[14..]);
    let sender = &addresses[6..12];
    let header = match link {
        Link::Ethernet => [addresses, kind].concat(),
        Link::Vlan => [addresses, &[0x81, 0, 0, 100], kind].concat(),
        Link::QinQ => [addresses, &[0x88, 0xa8, 0, 7, 0x81, 0, 0, 100], kind].concat(),
        // The address family of the writer, in its byte order: 2 for IPv4, 24, 28 or 30 for IPv6.
        Link::Null => vec![if kind == [0x86, 0xdd] { 30 } else { 2 }, 0, 0, 0],
        Link::Raw => Vec::new(),
        Link::Cooked => [&[0, 0, 0, 1, 0, 6], sender, &[0, 0], kind].concat(),
        Link::Cooked2 => [kind, &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6], sender, &[0, 0]].concat(),
    };
    [header.as_slice(), packet].concat()
}
