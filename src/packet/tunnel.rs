//! Takes the payload of an IP or UDP packet that may be a tunnel, gives what the tunnel carries, never believes a header that could be something else.

use std::net::IpAddr;

use etherparse::checksum::Sum16BitWords;

use super::Tunnels;
use super::ip::{self, Ip};
use super::link::{Inside, Peeled, be16};
use super::sctp::OVER_UDP as SCTP;

/// UDP ports of tunnels (IANA).
const L2TP: u16 = 1701;
const GTP_U: u16 = 2152;
const VXLAN: u16 = 4789;
const GENEVE: u16 = 6081;
const TZSP: u16 = 37008;
/// What Linux used before VXLAN had a number.
const VXLAN_OF_LINUX: u16 = 8472;

/// Whether these are ports of a tunnel, so that [`over_udp`] is worth asking.
pub(super) const fn may_go_over_udp(source: u16, destination: u16) -> bool {
    matches!(destination, L2TP | GTP_U | VXLAN | GENEVE | TZSP | VXLAN_OF_LINUX) || source == L2TP || destination == SCTP || source == SCTP
}

/// Takes a UDP payload by its ports, gives which tunnel it is, and what that carries. `None`: no tunnel, whatever the ports say.
pub(super) fn over_udp(source: u16, destination: u16, data: &[u8]) -> Option<(Tunnels, Peeled<'_>)> {
    let (tunnel, carried) = match destination {
        GTP_U => (Tunnels::GTP_U, gtp_u(data)),
        VXLAN | VXLAN_OF_LINUX => (Tunnels::VXLAN, vxlan(data)),
        GENEVE => (Tunnels::GENEVE, geneve(data)),
        TZSP => (Tunnels::TZSP, tzsp(data)),
        _ if source == L2TP || destination == L2TP => (Tunnels::L2TP, l2tp(data)),
        _ => return None,
    };
    Some((tunnel, carried?))
}

/// RFC 7348 §5: a set bit, a network identifier between reserved octets; the draft of group policies uses some of these.
fn vxlan(data: &[u8]) -> Option<Peeled<'_>> {
    match data {
        [0x08 | 0x88, _, _, _, _, _, _, 0, rest @ ..] => Some(Peeled::new(Inside::Ethernet, rest)),
        _ => None,
    }
}

/// RFC 8926 §3.4: version 0, options in words of four octets, what follows as an EtherType.
fn geneve(data: &[u8]) -> Option<Peeled<'_>> {
    let (&[words, flags, a, b, _, _, _, 0], rest) = data.split_first_chunk()? else { return None };
    let plain = words & 0xc0 == 0 && flags & 0x3f == 0;
    let rest = rest.get(usize::from(words & 0x3f) * 4..).filter(|_| plain)?;
    Some(Peeled::new(Inside::EtherType(u16::from_be_bytes([a, b])), rest))
}

/// 3GPP TS 29.281 §5.1, §5.2: version 1, the message that carries a user's packet, extension headers until one says that none follows.
fn gtp_u(data: &[u8]) -> Option<Peeled<'_>> {
    const USER_PACKET: u8 = 255;
    let (&[flags, USER_PACKET, a, b, _, _, _, _], rest) = data.split_first_chunk()? else { return None };
    if flags & 0xf0 != 0x30 {
        return None;
    }
    let length = usize::from(u16::from_be_bytes([a, b]));
    let mut rest = rest.get(..length).unwrap_or(rest);
    if flags & 7 != 0 {
        let &[_, _, _, mut next] = rest.first_chunk()?;
        rest = rest.get(4..)?;
        // Every header has four octets or more, so the packet ends this.
        while flags & 4 != 0 && next != 0 {
            let header = rest.get(..usize::from(*rest.first()?) * 4)?;
            next = *header.last()?;
            rest = rest.get(header.len()..)?;
        }
    }
    // What a user sends is IP, or Ethernet in a private network of the fifth generation.
    let inside = match rest.first()? >> 4 {
        4 | 6 => Inside::Ip,
        _ if is_ethernet(rest) => Inside::Ethernet,
        _ => return None,
    };
    Some(Peeled::new(inside, rest))
}

/// TaZmen Sniffer Protocol: version 1, a received packet, what it is, then tags up to the one that ends them.
fn tzsp(data: &[u8]) -> Option<Peeled<'_>> {
    let mut rest = data.strip_prefix(&[1, 0, 0, 1])?;
    loop {
        rest = match rest {
            [1, frame @ ..] => return Some(Peeled::new(Inside::Ethernet, frame)),
            [0, more @ ..] => more,
            [_, length, more @ ..] => more.get(usize::from(*length)..)?,
            _ => return None,
        };
    }
}

/// RFC 2661 §3.1, RFC 3931 §4.1.2: data messages, of which version 2 carries PPP; control messages carry nothing for us.
fn l2tp(data: &[u8]) -> Option<Peeled<'_>> {
    const LENGTH: u16 = 0x4000;
    const SEQUENCE: u16 = 0x0800;
    const OFFSET: u16 = 0x0200;
    const CONTROL_AND_RESERVED: u16 = 0xb4f0;
    let flags = be16(data, 0)?;
    if flags & CONTROL_AND_RESERVED != 0 {
        return None;
    }
    if flags & 0xf == 3 {
        return l2tp_session(data.get(4..)?);
    }
    if flags & 0xf != 2 {
        return None;
    }
    let (length, sequence) = (if flags & LENGTH != 0 { 2 } else { 0 }, if flags & SEQUENCE != 0 { 4 } else { 0 });
    let end = if length > 0 { usize::from(be16(data, 2)?) } else { data.len() };
    let mut begin = 6 + length + sequence;
    if flags & OFFSET != 0 {
        begin += 2 + usize::from(be16(data, begin)?);
    }
    Some(Peeled::new(Inside::PppFrame, data.get(begin..end.min(data.len()))?))
}

/// RFC 3931 §4.1: a session, a cookie and a sublayer whose lengths only the two ends know; what they carry has to show itself.
pub(super) fn l2tp_session(data: &[u8]) -> Option<Peeled<'_>> {
    // Session 0 is control.
    let session = data.first_chunk::<4>()?;
    if *session == [0; 4] {
        return None;
    }
    [4, 8, 12, 16]
        .iter()
        .filter_map(|&at| data.get(at..))
        .find(|frame| is_ethernet(frame))
        .map(|frame| Peeled::new(Inside::Ethernet, frame))
}

/// RFC 2784 §2, RFC 2890 §2, RFC 2637 §4.1: flags say which words follow the protocol type; ERSPAN has a header of its own behind them.
pub(super) fn gre(data: &[u8]) -> Option<Peeled<'_>> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;
    let flags = be16(data, 0)?;
    let words = [CHECKSUM | ROUTING, KEY, SEQUENCE].iter().filter(|&&bits| flags & bits != 0).count()
        + usize::from(flags & 7 == 1 && flags & ACKNOWLEDGMENT != 0);
    let rest = data.get(4 + 4 * words..)?;
    match be16(data, 2)? {
        // Type I has neither a sequence number nor a header.
        0x88be if flags & SEQUENCE == 0 => Some(Peeled::new(Inside::Ethernet, rest)),
        0x88be => erspan(rest, 8),
        0x22eb => {
            // The last bit announces what the platform adds.
            let extra = if rest.get(11)? & 1 == 1 { 8 } else { 0 };
            erspan(rest, 12 + extra)
        }
        kind => Some(Peeled::new(Inside::EtherType(kind), rest)),
    }
}

/// Whether GRE carries what a switch mirrors (ERSPAN), and not what one network sends another.
pub(super) fn is_mirror(data: &[u8]) -> bool {
    matches!(be16(data, 2), Some(0x88be | 0x22eb))
}

/// draft-foschiano-erspan §4.2, §4.3: version and VLAN of the mirrored frame, which stands behind `header` octets.
fn erspan(data: &[u8], header: usize) -> Option<Peeled<'_>> {
    let vlan = Some(be16(data, 0)? & 0x0fff).filter(|&vlan| vlan != 0);
    Some(Peeled { inside: Inside::Ethernet, rest: data.get(header..)?, vlan })
}

/// RFC 4303 §2 with RFC 2410: ESP that does not encrypt, as the IP protocol and the octets inside. Nothing announces it, so all must fit:
/// padding that counts up, a protocol that is known, its length, and the checksum of a transport.
pub(super) fn esp_null<'a>(ip: &Ip<'a>) -> Option<(u8, &'a [u8])> {
    // What HMAC-MD5 and SHA-1, then SHA-2 append (RFC 2403, RFC 2404, RFC 4868), and nothing.
    [12, 16, 24, 32, 0].into_iter().find_map(|check_value| {
        let body = ip.payload.get(8..ip.payload.len().checked_sub(check_value)?)?;
        let [rest @ .., pad, next] = body else { return None };
        let (inner, padding) = rest.split_at_checked(rest.len().checked_sub(usize::from(*pad))?)?;
        let counts_up = padding.iter().zip(1u8..).all(|(&octet, n)| octet == n);
        (counts_up && fits(*next, inner, ip)).then_some((*next, inner))
    })
}

fn fits(protocol: u8, data: &[u8], outer: &Ip<'_>) -> bool {
    match protocol {
        // Version, protocol and length are 28 bits that fit; a checksum may be left to hardware.
        4 | 41 => ip::parse(data).is_some_and(|inner| inner.source.is_ipv4() == (protocol == 4) && inner.len as usize == data.len()),
        6 => {
            data.get(12).is_some_and(|offset| (20..=data.len()).contains(&(usize::from(offset >> 4) * 4)))
                && checksum_holds(protocol, data, outer)
        }
        17 => {
            be16(data, 4).is_some_and(|n| n >= 8 && usize::from(n) == data.len())
                && (be16(data, 6) == Some(0) || checksum_holds(protocol, data, outer))
        }
        _ => false,
    }
}

/// RFC 9293 §3.1, RFC 768: the sum over the addresses, the protocol, the length and everything is zero.
fn checksum_holds(protocol: u8, data: &[u8], outer: &Ip<'_>) -> bool {
    let addresses = match (outer.source, outer.destination) {
        (IpAddr::V4(a), IpAddr::V4(b)) => Sum16BitWords::new().add_4bytes(a.octets()).add_4bytes(b.octets()),
        (IpAddr::V6(a), IpAddr::V6(b)) => Sum16BitWords::new().add_16bytes(a.octets()).add_16bytes(b.octets()),
        _ => return false,
    };
    let length = u16::try_from(data.len()).unwrap_or_default();
    addresses.add_2bytes([0, protocol]).add_2bytes(length.to_be_bytes()).add_slice(data).ones_complement() == 0
}

/// Whether an Ethernet header stands here, tags included, with an IP header behind it that is sound.
fn is_ethernet(data: &[u8]) -> bool {
    let mut at = 12;
    loop {
        match be16(data, at) {
            Some(0x8100 | 0x88a8) if at < 20 => at += 4,
            Some(0x0800 | 0x86dd) => return data.get(at + 2..).is_some_and(ip::is_sound),
            _ => return false,
        }
    }
}
