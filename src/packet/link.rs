//! Takes bytes that begin with a link-layer header, gives what the header announces and the bytes behind it, never looks into IP.

use super::Tunnels;
use crate::capture::LinkType;

/// EtherType of a PPPoE session (RFC 2516 §5).
const PPPOE: u16 = 0x8864;

/// What a run of bytes begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    /// An Ethernet header.
    Ethernet,
    /// What an EtherType names.
    EtherType(u16),
    /// What a PPP protocol number names (RFC 1661 §2).
    Ppp(u16),
    /// PPP with its address and control octets, or without.
    PppFrame,
    /// IPv4 or IPv6, as the first four bits say.
    Ip,
    /// A protocol that carries no IP, or none that is known here.
    Foreign,
}

/// A peeled header: what follows it, and the VLAN that it named.
pub(super) struct Peeled<'a> {
    pub inside: Inside,
    pub rest: &'a [u8],
    pub vlan: Option<u16>,
}

impl<'a> Peeled<'a> {
    pub(super) const fn new(inside: Inside, rest: &'a [u8]) -> Self {
        Self { inside, rest, vlan: None }
    }
}

/// Takes a frame off its outermost header by its link type; `None` where the header is cut.
pub(super) fn open(link: LinkType, data: &[u8]) -> Option<Peeled<'_>> {
    // Numbers of the LINKTYPE_ registry; 12 and 14 are what BSD systems wrote for raw IP.
    match link.0 {
        1 => Some(Peeled::new(Inside::Ethernet, data)),
        12 | 14 | 101 | 228 | 229 => Some(Peeled::new(Inside::Ip, data)),
        0 | 108 => loopback(data),
        9 => ppp(data),
        113 => cooked(data, 14, 16),
        192 => per_packet_information(data),
        276 => cooked(data, 0, 20),
        _ => Some(Peeled::new(Inside::Foreign, data)),
    }
}

/// Whether labels come next (RFC 3032 §4.3, §5).
pub(super) const fn is_mpls(inside: Inside) -> bool {
    matches!(inside, Inside::EtherType(0x8847 | 0x8848) | Inside::Ppp(0x0281 | 0x0283))
}

/// The tunnel that a header of this kind stands for; `None` where it is a layer of the link itself.
pub(super) const fn tunnel(inside: Inside) -> Option<Tunnels> {
    match inside {
        Inside::EtherType(PPPOE) => Some(Tunnels::PPPOE),
        inside if is_mpls(inside) => Some(Tunnels::MPLS),
        _ => None,
    }
}

/// Takes the next header off; `None` where it is cut. Must not be asked for `Ip` or `Foreign`.
pub(super) fn peel(inside: Inside, data: &[u8]) -> Option<Peeled<'_>> {
    match inside {
        Inside::Ethernet => ethernet(data),
        Inside::EtherType(kind) => ether_type(kind, data),
        Inside::PppFrame => ppp(data),
        // RFC 1332, RFC 5072, RFC 3032
        Inside::Ppp(0x0021 | 0x0057) => Some(Peeled::new(Inside::Ip, data)),
        inside if is_mpls(inside) => mpls(data),
        Inside::Ppp(_) | Inside::Ip | Inside::Foreign => Some(Peeled::new(Inside::Foreign, data)),
    }
}

fn ethernet(data: &[u8]) -> Option<Peeled<'_>> {
    let kind = be16(data, 12)?;
    let rest = data.get(14..)?;
    if kind >= 0x0600 {
        return Some(Peeled::new(Inside::EtherType(kind), rest));
    }
    // A length: IEEE 802.3 with LLC, of which SNAP with a zero OUI names an EtherType.
    Some(match rest.strip_prefix(&[0xaa, 0xaa, 0x03, 0, 0, 0]) {
        Some([a, b, snap @ ..]) => Peeled::new(Inside::EtherType(u16::from_be_bytes([*a, *b])), snap),
        _ => Peeled::new(Inside::Foreign, rest),
    })
}

fn ether_type(kind: u16, data: &[u8]) -> Option<Peeled<'_>> {
    match kind {
        0x0800 | 0x86dd => Some(Peeled::new(Inside::Ip, data)),
        // IEEE 802.1Q, 802.1ad, and the tags that were in use before it
        0x8100 | 0x88a8 | 0x9100 | 0x9200 => {
            let vlan = Some(be16(data, 0)? & 0x0fff);
            Some(Peeled { inside: Inside::EtherType(be16(data, 2)?), rest: data.get(4..)?, vlan })
        }
        _ if is_mpls(Inside::EtherType(kind)) => mpls(data),
        // RFC 2516 §4: version, code, session, length, then PPP without its framing
        PPPOE => ppp(data.get(6..)?),
        // IEEE 802.1ah: a service instance of four octets, then the frame of the customer
        0x88e7 => Some(Peeled::new(Inside::Ethernet, data.get(4..)?)),
        // RFC 1701: PPP as GRE carries it
        0x880b => ppp(data),
        // RFC 7637: Ethernet as GRE carries it
        0x6558 => Some(Peeled::new(Inside::Ethernet, data)),
        _ => Some(Peeled::new(Inside::Foreign, data)),
    }
}

/// RFC 3032 §2.1: labels of four octets; the last has the bottom bit. What follows must tell by itself what it is.
fn mpls(data: &[u8]) -> Option<Peeled<'_>> {
    let mut rest = data;
    loop {
        let label = rest.first_chunk::<4>()?;
        rest = rest.get(4..)?;
        if label[2] & 1 == 1 {
            let inside = if matches!(rest.first()? >> 4, 4 | 6) { Inside::Ip } else { Inside::Foreign };
            return Some(Peeled::new(inside, rest));
        }
    }
}

/// RFC 1662 §3.1: address and control may be left out, and so may the first octet of the protocol.
fn ppp(data: &[u8]) -> Option<Peeled<'_>> {
    let data = data.strip_prefix(&[0xff, 0x03]).unwrap_or(data);
    match data {
        [short, rest @ ..] if short & 1 == 1 => Some(Peeled::new(Inside::Ppp(u16::from(*short)), rest)),
        [a, b, rest @ ..] => Some(Peeled::new(Inside::Ppp(u16::from_be_bytes([*a, *b])), rest)),
        _ => None,
    }
}

/// Linux cooked captures: an EtherType at `kind`, the packet at `rest`.
fn cooked(data: &[u8], kind: usize, rest: usize) -> Option<Peeled<'_>> {
    Some(Peeled::new(Inside::EtherType(be16(data, kind)?), data.get(rest..)?))
}

/// PPI: version, flags, length and link type in little-endian order, then what the capturing radio or switch has to say.
fn per_packet_information(data: &[u8]) -> Option<Peeled<'_>> {
    let &[_, _, a, b, c, d, _, _] = data.first_chunk()?;
    let (length, link) = (u16::from_le_bytes([a, b]), u16::from_le_bytes([c, d]));
    let rest = data.get(usize::from(length)..)?;
    match link {
        192 => Some(Peeled::new(Inside::Foreign, rest)),
        link => open(LinkType(link), rest),
    }
}

/// An address family in the byte order of the machine that captured: 2 is IPv4 everywhere, IPv6 is 10, 24, 28 or 30.
fn loopback(data: &[u8]) -> Option<Peeled<'_>> {
    let family = data.first_chunk::<4>()?;
    let is_ip = |family: u32| matches!(family, 2 | 10 | 24 | 28 | 30);
    let inside = if is_ip(u32::from_le_bytes(*family)) || is_ip(u32::from_be_bytes(*family)) { Inside::Ip } else { Inside::Foreign };
    Some(Peeled::new(inside, data.get(4..)?))
}

pub(super) fn be16(data: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*data.get(at..)?.first_chunk()?))
}
