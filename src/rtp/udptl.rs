//! Takes a datagram, gives the UDPTL packet of T.38 that it is from its first octet to its last, never the fax in it.

/// A UDPTL packet (ITU-T T.38 §9.1), as far as it numbers and protects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Udptl {
    /// The sequence number.
    pub seq: u16,
    /// How many earlier packets it carries again.
    pub redundancy: u8,
    /// Whether it carries forward error correction instead.
    pub fec: bool,
}

/// Reads a packet; `None` for anything that is not one exactly.
#[must_use]
pub(super) fn read(payload: &[u8]) -> Option<Udptl> {
    let (seq, rest) = payload.split_first_chunk()?;
    let seq = u16::from_be_bytes(*seq);
    let (primary, rest) = field(rest)?;
    if primary.is_empty() {
        return None;
    }
    let (&recovery, rest) = rest.split_first()?;
    match recovery {
        // Secondary packets: how many, and each of them.
        0 => {
            let (&count, rest) = rest.split_first()?;
            fields(rest, count).map(|()| Udptl { seq, redundancy: count, fec: false })
        }
        // Forward error correction: an integer of one octet, how many, and each of them.
        0x80 => {
            let ([1, _, count], rest) = rest.split_first_chunk()? else { return None };
            fields(rest, *count).map(|()| Udptl { seq, redundancy: 0, fec: true })
        }
        _ => None,
    }
}

/// Octets behind their length, which has one octet below 128 and two below 16384 (ITU-T X.691 §11.9).
fn field(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0..0x80 => rest.split_at_checked(usize::from(first)),
        0x80..0xc0 => {
            let (&second, rest) = rest.split_first()?;
            rest.split_at_checked(usize::from(first & 0x3f) << 8 | usize::from(second))
        }
        _ => None,
    }
}

fn fields(mut bytes: &[u8], count: u8) -> Option<()> {
    for _ in 0..count {
        (_, bytes) = field(bytes)?;
    }
    bytes.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The layout of ITU-T T.38 §9.1 in aligned PER: number, primary packet, then the packets before it.
    #[test]
    fn a_packet_with_two_earlier_ones() {
        let packet = [0x00, 0x05, 1, 0x06, 0x00, 2, 1, 0x05, 1, 0x04];
        assert_eq!(read(&packet), Some(Udptl { seq: 5, redundancy: 2, fec: false }));
        assert_eq!(read(&packet[..9]), None, "cut");
        assert_eq!(read(&[packet.as_slice(), &[0]].concat()), None, "something follows");
    }

    #[test]
    fn a_packet_with_error_correction() {
        assert_eq!(read(&[0x00, 0x05, 1, 0x06, 0x80, 1, 3, 1, 2, 7, 7]), Some(Udptl { seq: 5, redundancy: 0, fec: true }));
    }

    #[test]
    fn a_query_of_dns_is_none() {
        let query = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x07example\x00\x00\x01\x00\x01";
        assert_eq!(read(query), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_survived(payload in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = read(&payload);
        }
    }
}
