//! Takes a frame of an excerpt, gives its octets with everything that names somebody replaced, never of another length but where media is cut.

use super::super::wanted::{FragmentKey, Part};
use super::Disguise;
use super::checksum;
use super::stream::{Streams, datagram_of, refusal};
use super::word::Kind;
use crate::base::Result;
use crate::capture::{Frame, LinkType};
use crate::packet::{self, Packet};
use crate::transport::looks_like_sip;

/// A DATA chunk and what stands before its data (RFC 9260 §3.3.1), an I-DATA chunk (RFC 8260 §2.1).
const DATA: (u8, usize) = (0, 16);
const I_DATA: (u8, usize) = (64, 20);

impl Disguise {
    /// Rewrites a frame; `None` for one that is left out.
    ///
    /// # Errors
    /// If a message in it is packed, or in several chunks of SCTP.
    pub(in super::super) fn frame(
        &mut self,
        frame: &Frame<'_>,
        packet: &Packet<'_>,
        part: Part,
        streams: &Streams,
    ) -> Result<Option<Vec<u8>>> {
        let mut data = frame.data.to_vec();
        let begin = frame.data.as_ptr().addr();
        let place = |inside: &[u8]| inside.as_ptr().addr().checked_sub(begin).map(|at| at..at + inside.len());
        let heads = packet::ip_headers(frame);
        let payload = match packet {
            Packet::Udp(datagram) => place(datagram.payload),
            Packet::Tcp(segment) => place(segment.payload),
            Packet::Sctp(packet) => place(packet.chunks),
            Packet::Fragment(fragment) => place(fragment.payload),
            Packet::Icmp { .. } | Packet::OtherIp { .. } | Packet::NotIp | Packet::Undecodable => None,
        };
        let Some((place, payload)) = payload.and_then(|place| Some((place.clone(), data.get_mut(place)?))) else { return Ok(None) };
        let mut kept = data_end(&place, payload.len());
        match packet {
            Packet::Udp(_) if part == Part::Media => match Self::media(payload) {
                Some(length) => kept = place.start + length,
                None => return Ok(None),
            },
            Packet::Tcp(_) if part == Part::Media => kept = place.start,
            Packet::Udp(datagram) => datagram_of(self, datagram, payload)?,
            Packet::Tcp(segment) => streams.segment((segment.source, segment.destination), segment.seq, payload),
            Packet::Sctp(_) if !self.chunks(payload)? => return Ok(None),
            Packet::Fragment(fragment) => streams.fragment(&FragmentKey::of(fragment), frame.time, fragment.offset, payload),
            _ => {}
        }
        // What follows the packet in its frame is padding, and may be anything.
        data.get_mut(place.end..).into_iter().for_each(|padding| padding.fill(0));
        if kept < place.end {
            data.truncate(kept);
        }
        self.stations(&mut data, frame.link, &heads);
        for &head in heads.iter().rev() {
            self.header(&mut data, head);
            checksum::repair(&mut data, head);
        }
        Ok(Some(data))
    }

    /// The addresses of an IP header.
    fn header(&mut self, data: &mut [u8], head: usize) {
        let (at, width) = if data.get(head).is_some_and(|b| b >> 4 == 4) { (head + 12, 4) } else { (head + 8, 16) };
        for end in [at, at + width] {
            data.get_mut(end..end + width).into_iter().for_each(|address| self.ip_octets(address));
        }
    }

    /// Addresses of the link layer: of the frame itself, and of each Ethernet header before an IP header.
    fn stations(&mut self, data: &mut [u8], link: LinkType, heads: &[usize]) {
        match link.0 {
            // Linux cooked captures: eight octets for the sender.
            113 => data.get_mut(6..14).into_iter().for_each(|address| self.station(address)),
            276 => data.get_mut(12..20).into_iter().for_each(|address| self.station(address)),
            1 => data.get_mut(..12).into_iter().for_each(|both| both.chunks_mut(6).for_each(|address| self.station(address))),
            _ => {}
        }
        for pair in heads.windows(2) {
            let &[outer, inner] = pair else { continue };
            // Tags of VLANs may stand between the addresses and the type.
            let mut end = inner.saturating_sub(2);
            let is_type = |at: usize, kinds: &[[u8; 2]]| data.get(at..at + 2).is_some_and(|kind| kinds.iter().any(|known| known == kind));
            if !is_type(end, &[[0x08, 0x00], [0x86, 0xdd]]) {
                continue;
            }
            while end > 4 && is_type(end - 4, &[[0x81, 0x00], [0x88, 0xa8]]) {
                end -= 4;
            }
            // Behind an outer header of IP, and that of GRE at least.
            if end >= outer + 20 + 4 + 12 {
                data.get_mut(end - 12..end).into_iter().for_each(|both| both.chunks_mut(6).for_each(|address| self.station(address)));
            }
        }
    }

    /// An address of a station, its octets written as hexadecimal digits and changed like an identifier; whom it is for stays.
    fn station(&mut self, address: &mut [u8]) {
        if address.iter().all(|&b| b == 0 || b == 0xff) {
            return;
        }
        let kind = address.first().copied().unwrap_or_default() & 0x01;
        let mut text: Vec<u8> = address.iter().flat_map(|b| format!("{b:02x}").into_bytes()).collect();
        self.word(Kind::Opaque, &mut text);
        let octet = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()).unwrap_or(0);
        address.iter_mut().zip(text.chunks(2)).for_each(|(to, pair)| *to = octet(pair));
        // Locally administered: no maker is named.
        address.iter_mut().take(1).for_each(|first| *first = (*first & 0xfc) | 0x02 | kind);
    }

    /// The messages in the chunks of an SCTP packet; whether there is anything to show. What is no SIP is zeroed.
    fn chunks(&mut self, mut rest: &mut [u8]) -> Result<bool> {
        let mut shown = false;
        while let Some(&[kind, flags, a, b]) = rest.first_chunk() {
            let length = usize::from(u16::from_be_bytes([a, b])).max(4).min(rest.len());
            let (chunk, behind) = std::mem::take(&mut rest).split_at_mut(length);
            match [DATA, I_DATA].iter().find(|(known, _)| *known == kind) {
                Some((_, head)) => {
                    if let Some(data) = chunk.get_mut(*head..) {
                        match (flags & 3, looks_like_sip(data)) {
                            (3, true) => self.message(data),
                            (2, true) => return Err(refusal("a message in several chunks of SCTP")),
                            _ => data.fill(0),
                        }
                        shown |= flags & 3 == 3;
                    }
                }
                // Acknowledgments and heartbeats name no address; what opens an association does.
                None if kind == 3 => {}
                None => chunk.get_mut(4..).into_iter().for_each(|value| value.fill(0)),
            }
            let padding = (length.next_multiple_of(4) - length).min(behind.len());
            rest = behind.split_at_mut(padding).1;
        }
        Ok(shown)
    }
}

fn data_end(place: &std::ops::Range<usize>, length: usize) -> usize {
    place.start + length
}
