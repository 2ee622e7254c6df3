//! Takes the octets of one direction, gives where its records begin and end, never opens one.

use super::message::kind;

/// Type, version and length (RFC 8446 §5.1).
pub(in super::super) const HEADER: usize = 5;

/// Type and length of a handshake message (RFC 8446 §4).
pub(super) const MESSAGE_HEADER: usize = 4;

/// The longest fragment: TLS 1.2 allows an encryption to add 2,048 octets (RFC 5246 §6.2.3); TLS 1.3 is content with 256.
const MAX_FRAGMENT: usize = (1 << 14) + 2048;

/// Content types (RFC 8446 §5.1; heartbeat: RFC 6520).
pub(super) mod content {
    pub(in super::super) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(in super::super) const ALERT: u8 = 21;
    pub(in super::super) const HANDSHAKE: u8 = 22;
    pub(in super::super) const APPLICATION_DATA: u8 = 23;
    pub(in super::super) const HEARTBEAT: u8 = 24;
}

/// What stands at the begin of some octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Head {
    /// A record of so many octets, its header included.
    Record(usize),
    /// Too few octets to tell.
    More,
    /// No record.
    Broken,
}

/// The record at the begin of `octets`; of SSL 2.0 only where it may be a ClientHello (`first`).
pub(in super::super) fn head(octets: &[u8], first: bool) -> Head {
    match octets {
        [kind, 3, 0..=4, high, low, ..] if is_content(*kind) => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            // Only application data may be empty (RFC 8446 §5.1), which TLS 1.0 used against known initialisation vectors.
            let may_be_empty = *kind == content::APPLICATION_DATA;
            if length > MAX_FRAGMENT || (length == 0 && !may_be_empty) { Head::Broken } else { Head::Record(HEADER + length) }
        }
        [kind, 3, 0..=4, _] | [kind, 3, 0..=4] | [kind, 3] | [kind] if is_content(*kind) => Head::More,
        _ if first => sslv2(octets),
        _ => Head::Broken,
    }
}

/// A ClientHello in the form of SSL 2.0 that offers at least SSL 3.0 (RFC 5246 §E.2).
fn sslv2(octets: &[u8]) -> Head {
    match octets {
        [length @ 0x80..=0xff, low, 1, 3, 0..=4, ..] => {
            let length = usize::from(u16::from_be_bytes([length & 0x7f, *low]));
            if (9..=1024).contains(&length) { Head::Record(2 + length) } else { Head::Broken }
        }
        [0x80..=0x84] | [0x80..=0x84, _] | [0x80..=0x84, _, 1] | [0x80..=0x84, _, 1, 3] => Head::More,
        _ => Head::Broken,
    }
}

const fn is_content(kind: u8) -> bool {
    matches!(kind, content::CHANGE_CIPHER_SPEC..=content::HEARTBEAT)
}

/// Whether a record is application data: of a connection under keys, nothing else can be told from outside.
pub(in super::super) fn is_application_data(octets: &[u8]) -> bool {
    octets.first() == Some(&content::APPLICATION_DATA)
}

/// Whether a record may be the first of its direction.
pub(in super::super) fn may_begin(record: &[u8]) -> bool {
    matches!(begins_connection(record), Head::Record(_))
}

/// Whether a stream that is whole from its first octet begins with TLS: a hello in a handshake record, or an alert that refuses one.
pub(in super::super) fn begins_connection(octets: &[u8]) -> Head {
    match head(octets, true) {
        // ClientHello, ServerHello, HelloRequest (RFC 8446 §4).
        Head::Record(n) => match octets {
            [content::HANDSHAKE, _, _, _, _, 0..=2, ..] | [0x80..=0xff, ..] => Head::Record(n),
            [content::HANDSHAKE, _, _, _, _] | [content::ALERT, _, _, 0, 2] | [content::ALERT, _, _, 0, 2, 1 | 2] => Head::More,
            [content::ALERT, _, _, 0, 2, 1 | 2, _, ..] => Head::Record(n),
            _ => Head::Broken,
        },
        // One octet is too little to hold anything back for: an agent may begin with any.
        other => other,
    }
}

/// Whether a stream that is whole from its first octet begins with a hello in a record that is longer than any may be.
pub(in super::super) const fn begins_overlong(octets: &[u8]) -> bool {
    match octets {
        [content::HANDSHAKE, 3, 0..=4, high, low, 1 | 2, ..] => u16::from_be_bytes([*high, *low]) as usize > MAX_FRAGMENT,
        _ => false,
    }
}

/// Whether octets from the middle of a stream are records: one after the other as far as they go.
pub(in super::super) fn begins_like_records(octets: &[u8]) -> bool {
    let mut rest = octets;
    for seen in 0..4 {
        match head(rest, false) {
            Head::Record(n) => match rest.get(n..) {
                Some([]) | None => return true,
                Some(next) => rest = next,
            },
            Head::More => return seen > 0,
            Head::Broken => return false,
        }
    }
    true
}

/// What the header of a record says of the length behind it.
pub(super) fn declared_length(record: &[u8]) -> usize {
    match record {
        [_, _, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
        _ => 0,
    }
}

/// Whether a record holds whole handshake messages in the clear, or is none of a handshake.
pub(super) fn is_clear_handshake(record: &[u8]) -> bool {
    if record.first() != Some(&content::HANDSHAKE) {
        return true;
    }
    let mut rest = record.get(HEADER..).unwrap_or_default();
    while let Some([of, a, b, c]) = rest.first_chunk().copied() {
        let length = u32::from_be_bytes([0, a, b, c]) as usize;
        match rest.get(MESSAGE_HEADER + length..) {
            Some(next) if of <= kind::COMPRESSED_CERTIFICATE => rest = next,
            _ => return false,
        }
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_from_what_looks_alike() {
        assert_eq!(begins_connection(&[22, 3, 1, 2, 0, 1, 0]), Head::Record(517));
        assert_eq!(begins_connection(&[21, 3, 3, 0, 2, 2, 40]), Head::Record(7));
        assert_eq!(begins_connection(&[0x80, 46, 1, 3, 1, 0, 21]), Head::Record(48));
        assert_eq!(begins_connection(&[23, 3, 3, 0, 40, 9]), Head::Broken, "nothing begins with application data");
        assert_eq!(begins_connection(&[22, 3, 1]), Head::More);
        for other in [&b"INVITE sip:a@b SIP/2.0\r\n"[..], b"\r\n", b"HEP3", &[22, 9, 1, 2, 0, 1], &[22, 3, 3, 0xff, 0xff, 1]] {
            assert_eq!(begins_connection(other), Head::Broken, "{other:?}");
        }
    }

    #[test]
    fn a_chain_of_records_is_recognised_in_the_middle() {
        let record = |n: u8| [&[23, 3, 3, 0, n][..], &vec![7; usize::from(n)]].concat();
        assert!(begins_like_records(&[record(30), record(40)].concat()));
        assert!(begins_like_records(&record(200)[..20]), "the rest is in the next segment");
        assert!(!begins_like_records(&[record(30), b"x".to_vec()].concat()));
        assert!(!begins_like_records(&[23, 3]));
    }
}
