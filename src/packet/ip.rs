//! Takes bytes that begin with an IPv4 or IPv6 header, gives addresses, protocol, payload and fragmentation, never the transport.

use std::net::IpAddr;

use etherparse::checksum::Sum16BitWords;
use etherparse::{Ipv4HeaderSlice, Ipv6HeaderSlice};

use super::link::be16;

/// One IP packet, its extension headers skipped.
#[derive(Clone, Copy)]
pub(super) struct Ip<'a> {
    pub source: IpAddr,
    pub destination: IpAddr,
    pub dscp: u8,
    /// Identification; 0 for IPv6 without a fragment header.
    pub id: u32,
    /// Total length as the header says; as captured where it says 0 (segmentation offload).
    pub len: u32,
    pub protocol: u8,
    pub payload: &'a [u8],
    /// Octets of payload that the header announces and the capture does not hold.
    pub missing: u32,
    /// Offset and "more fragments", where the packet is a fragment.
    pub fragment: Option<(u32, bool)>,
    /// Whether an authentication header stands before the payload.
    pub authenticated: bool,
    /// Whether the header contradicts itself.
    pub lies: bool,
}

/// Takes an IP packet apart; `None` where no header can be read.
pub(super) fn parse(data: &[u8]) -> Option<Ip<'_>> {
    match data.first()? >> 4 {
        4 => v4(data),
        6 => v6(data),
        _ => None,
    }
}

/// Whether an IP header stands here that random octets would hardly make: the checksum of IPv4, the length and a known protocol of IPv6.
pub(super) fn is_sound(data: &[u8]) -> bool {
    if let Ok(header) = Ipv4HeaderSlice::from_slice(data) {
        return Sum16BitWords::new().add_slice(header.slice()).ones_complement() == 0;
    }
    let is_known = |protocol: u8| is_extension(protocol) || matches!(protocol, 4 | 6 | 17 | 41 | 47 | 50 | 58 | 132);
    Ipv6HeaderSlice::from_slice(data)
        .is_ok_and(|header| usize::from(header.payload_length()) + 40 <= data.len() && is_known(header.next_header().0))
}

fn v4(data: &[u8]) -> Option<Ip<'_>> {
    let header = Ipv4HeaderSlice::from_slice(data).ok()?;
    let header_len = header.slice().len();
    let extent = Extent::new(data, usize::from(header.total_len()), header_len)?;
    let mut ip = Ip {
        source: IpAddr::V4(header.source_addr()),
        destination: IpAddr::V4(header.destination_addr()),
        dscp: header.dcp().value(),
        id: u32::from(header.identification()),
        len: extent.len,
        protocol: header.protocol().0,
        payload: extent.payload,
        missing: extent.missing,
        fragment: header.is_fragmenting_payload().then(|| (u32::from(header.fragments_offset().value()) * 8, header.more_fragments())),
        authenticated: false,
        lies: extent.lies,
    };
    ip.skip_extensions()?;
    Some(ip)
}

fn v6(data: &[u8]) -> Option<Ip<'_>> {
    let header = Ipv6HeaderSlice::from_slice(data).ok()?;
    let header_len = header.slice().len();
    let announced = match usize::from(header.payload_length()) {
        0 => 0,
        payload => payload + header_len,
    };
    let extent = Extent::new(data, announced, header_len)?;
    let mut ip = Ip {
        source: IpAddr::V6(header.source_addr()),
        destination: IpAddr::V6(header.destination_addr()),
        dscp: header.dscp().value(),
        id: 0,
        len: extent.len,
        protocol: header.next_header().0,
        payload: extent.payload,
        missing: extent.missing,
        fragment: None,
        authenticated: false,
        lies: extent.lies,
    };
    ip.skip_extensions()?;
    Some(ip)
}

impl Ip<'_> {
    /// Skips what stands between the header and the payload; in a fragment it belongs to the whole datagram. `None` where it is cut.
    pub(super) fn skip_extensions(&mut self) -> Option<()> {
        let is_v4 = self.source.is_ipv4();
        let stands_here = |protocol| if is_v4 { protocol == AUTHENTICATION } else { is_extension(protocol) };
        // Every round consumes at least 8 octets, so a packet of 64 KiB ends it.
        while stands_here(self.protocol) && self.fragment.is_none() {
            self.skip_extension()?;
        }
        Some(())
    }

    /// Skips one extension header (RFC 8200 §4, RFC 4302 §2); `None` where it is cut.
    fn skip_extension(&mut self) -> Option<()> {
        let [next, length] = *self.payload.first_chunk()?;
        let octets = match self.protocol {
            FRAGMENT => {
                let offset_and_flags = be16(self.payload, 2)?;
                self.id = u32::from_be_bytes(*self.payload.get(4..)?.first_chunk()?);
                let (offset, more) = (u32::from(offset_and_flags & !7), offset_and_flags & 1 == 1);
                // RFC 6946: a fragment that is the whole datagram is none.
                self.fragment = (offset != 0 || more).then_some((offset, more));
                8
            }
            AUTHENTICATION => {
                self.authenticated = true;
                (usize::from(length) + 2) * 4
            }
            _ => (usize::from(length) + 1) * 8,
        };
        self.payload = self.payload.get(octets..)?;
        self.protocol = next;
        Some(())
    }
}

const FRAGMENT: u8 = 44;
const AUTHENTICATION: u8 = 51;

/// Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, Shim6 (IANA "IPv6 Extension Header Types").
const fn is_extension(protocol: u8) -> bool {
    matches!(protocol, 0 | 43 | FRAGMENT | AUTHENTICATION | 60 | 135 | 139 | 140)
}

/// Where the payload of an IP packet ends: by the header, but never beyond what was captured.
struct Extent<'a> {
    payload: &'a [u8],
    len: u32,
    missing: u32,
    lies: bool,
}

impl<'a> Extent<'a> {
    fn new(data: &'a [u8], announced: usize, header: usize) -> Option<Self> {
        // Offload leaves 0; anything else below the header is a lie. Both leave only the captured length to go by.
        let believed = if announced < header { data.len() } else { announced };
        let payload = data.get(header..believed.min(data.len()))?;
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Some(Self {
            payload,
            len: narrow(believed),
            missing: narrow(believed.saturating_sub(data.len())),
            lies: announced != 0 && announced < header,
        })
    }
}
