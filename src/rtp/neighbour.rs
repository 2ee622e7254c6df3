//! Takes a payload that is neither RTP nor RTCP, gives which protocol of media ports it is (RFC 7983), never looks at a port.

use super::udptl::{self, Udptl};

/// What shares its ports with RTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Neighbour<'a> {
    /// A STUN message (RFC 8489 §5): its type.
    Stun(u16),
    /// A ZRTP message (RFC 6189 §5).
    Zrtp,
    /// DTLS records.
    Dtls(&'a [u8]),
    /// Channel data of TURN (RFC 8656 §12.4): what is inside.
    Turn(&'a [u8]),
    /// A fax.
    Udptl(Udptl),
}

/// The magic cookie of STUN (RFC 8489 §5).
const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];

/// Tells the neighbours of RTP by their first octet (RFC 7983 §7), and then by what else must be there.
#[must_use]
pub fn neighbour(payload: &[u8]) -> Option<Neighbour<'_>> {
    let [first, second, third, fourth, rest @ ..] = payload else { return None };
    let length = usize::from(u16::from_be_bytes([*third, *fourth]));
    match first {
        0..=3 if rest.starts_with(&COOKIE) && rest.len() == length + 16 => {
            return Some(Neighbour::Stun(u16::from_be_bytes([*first, *second])));
        }
        16..=19 if rest.starts_with(b"ZRTP") => return Some(Neighbour::Zrtp),
        // A record in the clear or of DTLS 1.2 names its version; of those that DTLS 1.3 encrypts nothing can be told (RFC 9147 §4).
        20..=26 if matches!((second, third), (0xfe, 0xfd | 0xff)) && payload.len() > 13 => return Some(Neighbour::Dtls(payload)),
        // Over UDP, padding to whole words may be left out.
        0x40..=0x4f if length > 0 && (length..length + 4).contains(&rest.len()) => return rest.get(..length).map(Neighbour::Turn),
        _ => {}
    }
    udptl::read(payload).map(Neighbour::Udptl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_told_by_what_must_be_there() {
        let stun = [&[0, 1, 0, 0][..], &COOKIE, &[7; 12]].concat();
        assert_eq!(neighbour(&stun), Some(Neighbour::Stun(1)));
        assert_eq!(neighbour(&stun[..19]), None);
        assert_eq!(neighbour(b"\x10\x00\x00\x01ZRTP\x00\x00\x00\x07"), Some(Neighbour::Zrtp));
        let record = [&[22, 0xfe, 0xfd][..], &[0; 11]].concat();
        assert_eq!(neighbour(&record), Some(Neighbour::Dtls(&record)));
        assert_eq!(neighbour(&[0x40, 0, 0, 2, 0x80, 8, 0, 0]), Some(Neighbour::Turn(&[0x80, 8])));
        assert_eq!(neighbour(&[0, 5, 1, 6, 0, 0]), Some(Neighbour::Udptl(Udptl { seq: 5, redundancy: 0, fec: false })));
        assert_eq!(neighbour(b"INVITE"), None);
    }
}
