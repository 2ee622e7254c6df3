//! Takes the payload of a datagram, gives the header of RTP or RTCP if it begins with one, never looks at a port.

/// What a payload begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An RTP packet.
    Rtp(Header),
    /// RTCP packets.
    Rtcp {
        /// The type of the first (RFC 3550 §12.1): 200 sender report, 201 receiver report …
        packet_type: u8,
        /// The synchronisation source that sent it.
        ssrc: u32,
    },
}

/// The fixed header of RTP (RFC 3550 §5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// The marker bit.
    pub marker: bool,
    /// The payload type, 0–127.
    pub payload_type: u8,
    /// The sequence number.
    pub seq: u16,
    /// The time stamp, in units of the payload's clock.
    pub timestamp: u32,
    /// The synchronisation source.
    pub ssrc: u32,
    /// How many contributing sources it lists.
    pub sources: u8,
    /// Whether padding follows the payload.
    pub padded: bool,
    /// Where the payload begins: behind the end, if the header says more than the packet holds.
    pub offset: u32,
}

impl Header {
    /// The fixed part.
    const LENGTH: usize = 12;

    /// The payload in the packet that this is the header of; `None` if the header or the padding runs over the end.
    #[must_use]
    #[inline]
    pub fn payload<'a>(&self, packet: &'a [u8]) -> Option<&'a [u8]> {
        let payload = packet.get(self.offset as usize..)?;
        match (self.padded, payload.last()) {
            (false, _) => Some(payload),
            // The last octet counts the padding, itself too (RFC 3550 §5.1).
            (true, Some(&padding)) if padding > 0 => payload.get(..payload.len().checked_sub(usize::from(padding))?),
            (true, _) => None,
        }
    }
}

/// Tells RTP and RTCP from everything else by their content (RFC 7983 §7, RFC 5761 §4). SRTP and SRTCP leave the headers in the clear.
#[must_use]
pub fn sniff(payload: &[u8]) -> Option<Kind> {
    let [flags, second, s0, s1, t0, t1, t2, t3] = *payload.first_chunk()?;
    if flags >> 6 != 2 {
        return None;
    }
    if matches!(second, 192..=223) && is_rtcp(payload) {
        return Some(Kind::Rtcp { packet_type: second, ssrc: u32::from_be_bytes([t0, t1, t2, t3]) });
    }
    let (ssrc, rest) = payload.get(8..)?.split_first_chunk()?;
    // Contributing sources, then an extension whose length stands in its first word; if it is not there, the packet is shorter than it says.
    let sources = usize::from(flags & 0x0f) * 4;
    let extension = match rest.get(sources..) {
        Some([_, _, words @ ..]) if flags & 0x10 != 0 => {
            words.first_chunk().map_or(4, |&words| usize::from(u16::from_be_bytes(words)) * 4 + 4)
        }
        _ if flags & 0x10 != 0 => 4,
        _ => 0,
    };
    Some(Kind::Rtp(Header {
        marker: second & 0x80 != 0,
        payload_type: second & 0x7f,
        seq: u16::from_be_bytes([s0, s1]),
        timestamp: u32::from_be_bytes([t0, t1, t2, t3]),
        ssrc: u32::from_be_bytes(*ssrc),
        sources: flags & 0x0f,
        padded: flags & 0x20 != 0,
        offset: (Header::LENGTH + sources + extension) as u32,
    }))
}

/// Whether the lengths of a compound packet fit (RFC 3550 §6.1, A.2; RFC 5506 allows any type first).
fn is_rtcp(payload: &[u8]) -> bool {
    let mut rest = payload;
    while let [flags, kind, a, b, ..] = *rest {
        let length = (usize::from(u16::from_be_bytes([a, b])) + 1) * 4;
        if flags >> 6 != 2 || !matches!(kind, 192..=223) || length < 8 || length > rest.len() {
            break;
        }
        rest = rest.get(length..).unwrap_or_default();
    }
    // SRTCP hides what follows the first header (RFC 3711 §3.4); a compound begins with a report, one of reduced size with any type of RFC 3550,
    // RFC 4585 or RFC 3611.
    rest.is_empty() || (rest.len() < payload.len() && matches!(payload.get(1), Some(200..=207)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rtp_with_sources_and_extension() {
        let packet = [0x91, 0xe5, 0x12, 0x34, 0, 0, 0, 160, 0xde, 0xad, 0xbe, 0xef, 1, 2, 3, 4, 0xbe, 0xde, 0, 1, 9, 9, 9, 9, 0x55];
        let header = Header {
            marker: true,
            payload_type: 101,
            seq: 0x1234,
            timestamp: 160,
            ssrc: 0xdead_beef,
            sources: 1,
            padded: false,
            offset: 24,
        };
        assert_eq!(sniff(&packet), Some(Kind::Rtp(header)));
        assert_eq!(header.payload(&packet), Some(&[0x55][..]));
        assert_eq!(header.payload(&packet[..23]), None, "the extension is cut");
        assert_eq!(sniff(&packet[..23]), Some(Kind::Rtp(header)));
    }

    /// RFC 3550 §5.1: the last octet of the padding counts how much of it there is, itself included.
    #[test]
    fn padding_is_no_payload_and_may_not_be_more_than_there_is() {
        let packet = |last| [0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9, 9, 0, last];
        let Some(Kind::Rtp(header)) = sniff(&packet(2)) else { panic!("no RTP") };
        assert_eq!(header.payload(&packet(2)), Some(&[9, 9][..]));
        assert_eq!(header.payload(&packet(4)), Some(&[][..]));
        assert_eq!(header.payload(&packet(5)), None);
        assert_eq!(header.payload(&packet(0)), None);
    }

    #[test]
    fn rtcp_is_told_by_type_and_length() {
        let report = [0x80, 201, 0, 1, 0, 0, 0, 7];
        let bye = [0x81, 203, 0, 1, 0, 0, 0, 7];
        let want = Some(Kind::Rtcp { packet_type: 201, ssrc: 7 });
        assert_eq!(sniff(&report), want);
        assert_eq!(sniff(&[report, bye].concat()), want);
        assert_eq!(sniff(&[&report[..], &[0x42; 14]].concat()), want, "SRTCP");
        assert_eq!(sniff(&[0x80, 201, 0, 9, 0, 0, 0, 7]), None, "longer than it is");
        // Feedback of a browser (RFC 4585 §6.1), its index and its tag of ten octets.
        let feedback = [&[0x8f, 205, 0, 2, 0, 0, 0, 7][..], &[0x42; 4], &[0x80, 0, 0, 1], &[0x42; 10]].concat();
        assert_eq!(sniff(&feedback), Some(Kind::Rtcp { packet_type: 205, ssrc: 7 }), "SRTCP of reduced size");
    }

    /// RFC 7983 §7: STUN, ZRTP, DTLS and TURN channels begin below 128; SIP is text.
    #[test]
    fn neighbours_on_the_port_are_refused() {
        for first in [0, 1, 16, 20, 22, 63, 64, 79, b'I', b'S', 0xc0] {
            assert_eq!(sniff(&[[first].as_slice(), &[0; 40]].concat()), None);
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_survived(payload in proptest::collection::vec(any::<u8>(), 0..64), head in prop::sample::select(vec![0x80u8, 0x90, 0xbf])) {
            let longer = [&[head], payload.as_slice()].concat();
            for packet in [payload, longer] {
                if let Some(Kind::Rtp(header)) = sniff(&packet) {
                    let _ = header.payload(&packet);
                }
            }
        }
    }
}
