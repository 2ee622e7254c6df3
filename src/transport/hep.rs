//! Takes octets that may be a HEP packet, gives the SIP message in it and how it passed where it was captured, never unpacks more than a message may have.
//!
//! HEP is what SIP servers, SBCs and capture agents send to a collector: a copy of each message, decrypted if need be, with the facts of
//! its packet. The versions are documented by the sipcapture project.

use std::borrow::Cow;
use std::io::Read;
use std::net::{IpAddr, Ipv6Addr};

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};
use memchr::memmem;

use super::framing::{Framing, MAX_MESSAGE};
use super::sniff::looks_like_sip;
use crate::base::{Endpoint, Time, Transport};

const MAGIC: &[u8; 4] = b"HEP3";

/// Magic and total length of version 3; vendor, type and length of a chunk.
const HEADER: usize = 6;

/// What a HEP packet relays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hep<'a> {
    /// A SIP message.
    Sip(Relayed<'a>),
    /// Something else: RTCP, statistics, a log.
    Other,
    /// Nothing that can be told: the packet contradicts itself, or lacks what it must have.
    Broken,
}

/// A SIP message as an agent captured it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Relayed<'a> {
    /// Who sent it.
    pub source: Endpoint,
    /// Who was to receive it.
    pub destination: Endpoint,
    /// What carried it.
    pub transport: Transport,
    /// When the agent saw it. Version 2 writes it in the byte order of the agent: the first is little-endian, the second big-endian.
    pub times: [Option<Time>; 2],
    /// Its VLAN.
    pub vlan: Option<u16>,
    /// The number of the agent.
    pub node: u32,
    /// What the agent says that it belongs to, mostly the Call-ID.
    pub correlation: &'a [u8],
    /// The message.
    pub message: Cow<'a, [u8]>,
}

/// Whether a payload is HEP, by its content: the magic of version 3, or a header of version 1 or 2 with SIP behind it.
#[must_use]
pub fn is_hep(payload: &[u8]) -> bool {
    match payload.first() {
        Some(b'H') => total(payload).is_some(),
        Some(1 | 2) => matches!(open_old(payload), Some(Hep::Sip(_))),
        _ => false,
    }
}

/// Opens what [`is_hep`] recognised. `cut`: the capture holds less of it than was sent.
#[must_use]
pub fn open(packet: &[u8], cut: bool) -> Hep<'_> {
    let opened = if packet.starts_with(MAGIC) { open_chunks(packet, cut) } else { open_old(packet) };
    opened.unwrap_or(Hep::Broken)
}

/// The length of a packet of version 3, if one begins here.
fn total(octets: &[u8]) -> Option<usize> {
    let header = octets.strip_prefix(MAGIC)?;
    let total = usize::from(be16(header.get(..2)?)?);
    let first_chunk = usize::from(be16(header.get(6..8)?)?);
    (first_chunk >= HEADER && first_chunk + HEADER <= total).then_some(total)
}

/// Whether a stream that begins with these octets is HEP; where one is met in its middle, a packet may begin further on. Gives its place.
pub(super) fn find(octets: &[u8], midstream: bool) -> Option<usize> {
    let at = if midstream { memmem::find(octets, MAGIC)? } else { 0 };
    let packet = octets.get(at..)?;
    (packet.starts_with(MAGIC) && (packet.len() < 2 * HEADER || total(packet).is_some())).then_some(at)
}

/// Tells where the packets of a stream end.
pub(super) fn frame(octets: &[u8]) -> Framing {
    match memmem::find(octets, MAGIC) {
        Some(0) => match total(octets) {
            Some(total) if total <= octets.len() => Framing::Message(total),
            None if octets.len() >= 2 * HEADER => Framing::Resync(MAGIC.len()),
            _ => Framing::More,
        },
        Some(at) => Framing::Resync(at),
        // The last octets may be the begin of the magic.
        None if octets.len() >= MAGIC.len() => Framing::Resync(octets.len() + 1 - MAGIC.len()),
        None => Framing::More,
    }
}

/// Version 3: chunks of a vendor, a type and a value.
fn open_chunks(packet: &[u8], cut: bool) -> Option<Hep<'_>> {
    const SIP: u8 = 1;
    let mut rest = match packet.get(HEADER..total(packet)?) {
        Some(chunks) => chunks,
        None if cut => packet.get(HEADER..)?,
        None => return None,
    };
    let mut relayed = Relayed::default();
    let (mut source, mut destination, mut seconds, mut micros, mut protocol, mut message) = (None, None, None, 0, SIP, None);
    while !rest.is_empty() {
        let (&[v, w, a, b, c, d], behind) = rest.split_first_chunk::<HEADER>()?;
        let length = usize::from(u16::from_be_bytes([c, d])).checked_sub(HEADER)?;
        let value;
        (value, rest) = match behind.split_at_checked(length) {
            Some(parts) => parts,
            None if cut => (behind, &[][..]),
            None => return None,
        };
        // What vendors add is theirs.
        if (v, w) != (0, 0) {
            continue;
        }
        match u16::from_be_bytes([a, b]) {
            0x02 => relayed.transport = transport(*value.first()?),
            0x03 | 0x05 => source = Some(address(value)?),
            0x04 | 0x06 => destination = Some(address(value)?),
            0x07 => relayed.source.port = be16(value)?,
            0x08 => relayed.destination.port = be16(value)?,
            0x09 => seconds = Some(be32(value)?),
            0x0a => micros = be32(value)?,
            0x0b => protocol = *value.first()?,
            0x0c => relayed.node = be32(value)?,
            0x0f => message = Some(Cow::Borrowed(value)),
            0x10 => message = Some(Cow::Owned(unpacked(value)?)),
            0x11 => relayed.correlation = value,
            0x12 => relayed.vlan = Some(be16(value)? & 0x0fff),
            _ => {}
        }
    }
    let message = message?;
    if protocol != SIP || !looks_like_sip(&message) {
        return Some(Hep::Other);
    }
    (relayed.source.ip, relayed.destination.ip) = (source?, destination?);
    let time = seconds.and_then(|seconds| time(seconds, micros));
    Some(Hep::Sip(Relayed { times: [time; 2], message, ..relayed }))
}

/// Versions 1 and 2: version, length, address family, protocol, ports, addresses; then in version 2 time and agent.
fn open_old(packet: &[u8]) -> Option<Hep<'_>> {
    let (&[version, length, family, protocol, a, b, c, d], behind) = packet.split_first_chunk()?;
    // The numbers of IPv6 on Linux, FreeBSD and macOS.
    let width = match family {
        2 => 4,
        10 | 28 | 30 => 16,
        _ => return None,
    };
    let (addresses, mut behind) = behind.split_at_checked(2 * width)?;
    let (source, destination) = addresses.split_at_checked(width)?;
    let mut relayed = Relayed {
        source: Endpoint::new(address(source)?, u16::from_be_bytes([a, b])),
        destination: Endpoint::new(address(destination)?, u16::from_be_bytes([c, d])),
        transport: transport(protocol),
        ..Relayed::default()
    };
    // Some agents count what version 2 adds, and some do not; its structure has two octets of padding on most machines.
    let plain = 8 + 2 * width;
    if !matches!(usize::from(length).checked_sub(plain)?, 0 | 10 | 12) {
        return None;
    }
    if version == 2 {
        let (&[s0, s1, s2, s3, u0, u1, u2, u3, n0, n1], rest) = behind.split_first_chunk()?;
        let (seconds, micros) = ([s0, s1, s2, s3], [u0, u1, u2, u3]);
        relayed.times =
            [time(u32::from_le_bytes(seconds), u32::from_le_bytes(micros)), time(u32::from_be_bytes(seconds), u32::from_be_bytes(micros))];
        relayed.node = u32::from(u16::from_le_bytes([n0, n1]));
        behind = if looks_like_sip(rest) { rest } else { rest.get(2..)? };
    }
    relayed.message = Cow::Borrowed(behind);
    (matches!(version, 1 | 2) && looks_like_sip(behind)).then_some(Hep::Sip(relayed))
}

/// IP protocol numbers; XNS IDP, which nobody sends, stands for TLS in what servers relay after decryption.
const fn transport(protocol: u8) -> Transport {
    match protocol {
        6 => Transport::Tcp,
        22 => Transport::Tls,
        132 => Transport::Sctp,
        _ => Transport::Udp,
    }
}

fn address(octets: &[u8]) -> Option<IpAddr> {
    match octets.len() {
        4 => Some(IpAddr::from(*octets.first_chunk::<4>()?)),
        16 => Some(IpAddr::V6(Ipv6Addr::from(*octets.first_chunk::<16>()?))),
        _ => None,
    }
}

/// A time stamp; `None` where it is none, as from an agent without a clock.
fn time(seconds: u32, micros: u32) -> Option<Time> {
    let nanos = i64::from(seconds) * 1_000_000_000 + i64::from(micros) * 1_000;
    (seconds > 0 && micros < 1_000_000).then_some(Time(nanos))
}

/// RFC 1950, RFC 1952, RFC 1951; `None` for what is damaged, or longer than any message.
fn unpacked(packed: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = MAX_MESSAGE as u64 + 1;
    match packed {
        [0x1f, 0x8b, ..] => GzDecoder::new(packed).take(limit).read_to_end(&mut bytes),
        [first, ..] if first & 0x0f == 8 => ZlibDecoder::new(packed).take(limit).read_to_end(&mut bytes),
        _ => DeflateDecoder::new(packed).take(limit).read_to_end(&mut bytes),
    }
    .ok()
    .filter(|_| bytes.len() <= MAX_MESSAGE)
    .map(|_| bytes)
}

fn be16(octets: &[u8]) -> Option<u16> {
    octets.first_chunk().map(|octets| u16::from_be_bytes(*octets))
}

fn be32(octets: &[u8]) -> Option<u32> {
    octets.first_chunk().map(|octets| u32::from_be_bytes(*octets))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use proptest::prelude::*;

    use super::*;

    const SIP: &[u8] = b"OPTIONS sip:a@b SIP/2.0\r\n\r\n";

    fn packet(chunks: &[(u16, u16, &[u8])]) -> Vec<u8> {
        let be = |n: usize| u16::try_from(n).unwrap().to_be_bytes();
        let chunks: Vec<u8> = chunks
            .iter()
            .flat_map(|(vendor, kind, value)| [&vendor.to_be_bytes()[..], &kind.to_be_bytes(), &be(value.len() + 6), value].concat())
            .collect();
        [MAGIC.as_slice(), &be(chunks.len() + 6), &chunks].concat()
    }

    /// What an agent writes about a message, with `more` in front of it.
    fn report(more: &[(u16, u16, &[u8])]) -> Vec<u8> {
        let facts: &[(u16, u16, &[u8])] = &[
            (0, 1, &[2]),
            (0, 2, &[6]),
            (0, 3, &[192, 168, 1, 1]),
            (0, 4, &[192, 168, 1, 2]),
            (0, 7, &[0x13, 0xc4]),
            (0, 8, &[0x13, 0xc5]),
            (0, 9, &[0x58, 0x4d, 0x36, 0x5c]),
            (0, 10, &[0, 0, 0, 100]),
            (0, 11, &[1]),
            (0, 12, &[0, 0, 0x07, 0xd1]),
            (0x22, 11, &[5]),
            (0, 0x11, b"call@a"),
            (0, 0x12, &[0, 7]),
            (0, 0x0f, SIP),
        ];
        packet(&[more, facts].concat())
    }

    #[track_caller]
    fn sip(packet: &[u8]) -> Relayed<'_> {
        match open(packet, false) {
            Hep::Sip(relayed) => relayed,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn version_3_says_how_the_message_passed() {
        let packet = report(&[]);
        assert!(is_hep(&packet));
        let relayed = sip(&packet);
        assert_eq!((relayed.source.to_string(), relayed.destination.to_string()), ("192.168.1.1:5060".into(), "192.168.1.2:5061".into()));
        assert_eq!((relayed.transport, relayed.node, relayed.correlation, relayed.vlan), (Transport::Tcp, 2001, &b"call@a"[..], Some(7)));
        // 2016-12-11 11:19:56.0001 UTC
        assert_eq!(relayed.times[0], Some(Time(1_481_455_196_000_100_000)));
        assert_eq!(relayed.message, SIP);
    }

    #[test]
    fn payloads_come_packed() {
        let pack = |bytes: &[u8]| {
            let (mut zlib, mut gzip, mut raw) = (
                ZlibEncoder::new(Vec::new(), Compression::default()),
                GzEncoder::new(Vec::new(), Compression::default()),
                DeflateEncoder::new(Vec::new(), Compression::default()),
            );
            zlib.write_all(bytes).unwrap();
            gzip.write_all(bytes).unwrap();
            raw.write_all(bytes).unwrap();
            [zlib.finish().unwrap(), gzip.finish().unwrap(), raw.finish().unwrap()]
        };
        let ends: [(u16, u16, &[u8]); 2] = [(0, 5, &[1; 16]), (0, 6, &[2; 16])];
        for packed in pack(SIP) {
            assert_eq!(sip(&packet(&[ends[0], ends[1], (0, 0x10, &packed)])).message, SIP);
        }
        let bomb = [SIP, &vec![b' '; 20 << 20]].concat();
        for packed in pack(&bomb) {
            assert_eq!(open(&packet(&[ends[0], ends[1], (0, 0x10, &packed)]), false), Hep::Broken);
        }
    }

    #[test]
    fn what_is_no_sip_is_told_apart() {
        for (protocol, value) in [(5, &b"{\"sender_information\":{}}"[..]), (100, b"a log line"), (1, b"\r\n\r\n")] {
            assert_eq!(open(&packet(&[(0, 11, &[protocol]), (0, 0x0f, value)]), false), Hep::Other);
        }
        assert_eq!(open(&packet(&[(0, 0x0f, SIP)]), false), Hep::Broken, "without addresses");
        assert_eq!(open(&packet(&[(0, 3, &[1; 3]), (0, 0x0f, SIP)]), false), Hep::Broken, "an address of three octets");
    }

    #[test]
    fn a_cut_packet_gives_what_is_left() {
        let packet = report(&[]);
        let cut = &packet[..packet.len() - 2];
        assert_eq!(open(cut, false), Hep::Broken);
        assert!(matches!(open(cut, true), Hep::Sip(relayed) if *relayed.message == SIP[..SIP.len() - 2]));
    }

    /// Version 1 or 2 over IPv4, with `time` behind the addresses.
    fn old(version: u8, length: u8, time: &[u8]) -> Vec<u8> {
        [&[version, length, 2, 17, 0x13, 0xc4, 0x13, 0xc5, 10, 0, 0, 1, 10, 0, 0, 2], time, SIP].concat()
    }

    #[test]
    fn versions_1_and_2_have_a_header_of_their_own() {
        let packet = old(1, 16, &[]);
        assert!(is_hep(&packet));
        assert_eq!((sip(&packet).source.to_string(), sip(&packet).times), ("10.0.0.1:5060".into(), [None; 2]));
        let time = [0x5c, 0x36, 0x4d, 0x58, 100, 0, 0, 0, 3, 0];
        for packet in [old(2, 16, &[&time[..], &[0; 2]].concat()), old(2, 28, &[&time[..], &[0; 2]].concat()), old(2, 16, &time)] {
            let relayed = sip(&packet);
            assert_eq!((relayed.times[0], relayed.node), (Some(Time(1_481_455_196_000_100_000)), 3));
            assert_eq!(relayed.message, SIP);
        }
        let ipv6 = [&[1, 40, 10, 6, 0, 1, 0, 2][..], &[1; 32], SIP].concat();
        assert_eq!(sip(&ipv6).transport, Transport::Tcp);
        for wrong in [old(3, 16, &[]), old(1, 17, &[]), old(1, 16, &[0; 2]), [&[1, 16, 2, 17][..], SIP].concat()] {
            assert!(!is_hep(&wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_method_may_be_called_like_the_magic() {
        assert!(!is_hep(b"HEP3"));
        assert_eq!(open(b"HEP3 sip:a@b SIP/2.0\r\n\r\n", false), Hep::Broken);
        assert!(!is_hep(b"HELLO sip:a@b SIP/2.0\r\n\r\n"));
    }

    proptest! {
        #[test]
        fn any_damage_is_survived(at in any::<prop::sample::Index>(), noise in proptest::collection::vec(any::<u8>(), 0..40), cut: bool) {
            for mut packet in [report(&[]), old(2, 16, &[0; 12])] {
                let at = at.index(packet.len());
                packet.splice(at..(at + noise.len()).min(packet.len()), noise.iter().copied());
                let _ = (is_hep(&packet), open(&packet, cut), open(&packet[at..], cut), frame(&packet[at..]), find(&packet, true));
            }
        }
    }
}
