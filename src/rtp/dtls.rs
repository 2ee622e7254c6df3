//! Takes the records of a DTLS datagram, gives the handshake messages and alerts in the clear, never one of an encrypted epoch.

/// What a record holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A part of a handshake message (RFC 6347 §4.2.2).
    Handshake(Fragment<'a>),
    /// An alert in the clear: level and description (RFC 5246 §7.2).
    Alert(u8, u8),
    /// Something encrypted: the handshake went so far that there are keys.
    Encrypted,
}

/// A part of a handshake message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fragment<'a> {
    /// The type of the message (RFC 5246 §7.4).
    pub kind: u8,
    /// How long the whole message is.
    pub length: u32,
    /// Its number in the handshake.
    pub seq: u16,
    /// Where the part begins.
    pub offset: u32,
    /// The part.
    pub bytes: &'a [u8],
}

/// What a hello says that matters to media.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hello {
    /// The version, as on the wire: 0xfeff is DTLS 1.0, 0xfefd is 1.2, 0xfefc is 1.3.
    pub version: u16,
    /// The cipher suites: one, in a ServerHello.
    pub suites: Vec<u16>,
    /// The profiles of SRTP (RFC 5764 §4.1.2): one, in a ServerHello.
    pub profiles: Vec<u16>,
}

/// A ClientHello (RFC 5246 §7.4.1.2).
pub const CLIENT_HELLO: u8 = 1;
/// A ServerHello (RFC 5246 §7.4.1.3).
pub const SERVER_HELLO: u8 = 2;
/// A Certificate (RFC 5246 §7.4.2).
pub const CERTIFICATE: u8 = 11;

/// The extension `use_srtp` (RFC 5764 §4.1.1).
const USE_SRTP: u16 = 14;
/// The extension `supported_versions` (RFC 8446 §4.2.1).
const SUPPORTED_VERSIONS: u16 = 43;

/// The records of a datagram, as far as they are whole.
pub fn records(mut datagram: &[u8]) -> impl Iterator<Item = Record<'_>> {
    let mut inside: &[u8] = &[];
    std::iter::from_fn(move || {
        loop {
            // One record may hold several messages.
            if let Some((fragment, rest)) = fragment(inside) {
                inside = rest;
                return Some(Record::Handshake(fragment));
            }
            inside = &[];
            let (header, rest) = datagram.split_first_chunk::<13>()?;
            let [kind, _, _, e0, e1, .., l0, l1] = *header;
            let (body, behind) = rest.split_at_checked(usize::from(u16::from_be_bytes([l0, l1])))?;
            datagram = behind;
            match (kind, [e0, e1], body) {
                (20..=26, [_, _], _) if [e0, e1] != [0, 0] => return Some(Record::Encrypted),
                (22, ..) => inside = body,
                (21, _, [level, description]) => return Some(Record::Alert(*level, *description)),
                _ => {}
            }
        }
    })
}

fn fragment(bytes: &[u8]) -> Option<(Fragment<'_>, &[u8])> {
    let ([kind, n0, n1, n2, s0, s1, o0, o1, o2, l0, l1, l2], rest) = bytes.split_first_chunk()?;
    let wide = |a, b, c| u32::from_be_bytes([0, a, b, c]);
    let (part, rest) = rest.split_at_checked(wide(*l0, *l1, *l2) as usize)?;
    let (length, offset) = (wide(*n0, *n1, *n2), wide(*o0, *o1, *o2));
    let fits = offset as usize + part.len() <= length as usize;
    fits.then_some((Fragment { kind: *kind, length, seq: u16::from_be_bytes([*s0, *s1]), offset, bytes: part }, rest))
}

/// Reads octets from the front.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(head)
    }

    fn short(&mut self) -> Option<u16> {
        let (head, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*head))
    }

    fn octet(&mut self) -> Option<u8> {
        let (head, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*head)
    }

    /// What follows its length of one octet, or of two.
    fn vector(&mut self, wide: bool) -> Option<&'a [u8]> {
        let length = if wide { usize::from(self.short()?) } else { usize::from(self.octet()?) };
        self.take(length)
    }
}

fn shorts(bytes: &[u8]) -> Vec<u16> {
    bytes.chunks_exact(2).filter_map(|pair| pair.first_chunk()).map(|&pair| u16::from_be_bytes(pair)).collect()
}

/// Reads a whole ClientHello or ServerHello.
#[must_use]
pub fn hello(kind: u8, message: &[u8]) -> Option<Hello> {
    let mut cursor = Cursor(message);
    let mut hello = Hello { version: cursor.short()?, ..Hello::default() };
    let _random = cursor.take(32)?;
    let _session = cursor.vector(false)?;
    if kind == CLIENT_HELLO {
        let _cookie = cursor.vector(false)?;
        hello.suites = shorts(cursor.vector(true)?);
        let _compression = cursor.vector(false)?;
    } else {
        hello.suites = vec![cursor.short()?];
        let _compression = cursor.octet()?;
    }
    let mut extensions = Cursor(cursor.vector(true).unwrap_or_default());
    while let Some(extension) = extensions.short() {
        let Some(body) = extensions.vector(true) else { break };
        match (extension, body) {
            (USE_SRTP, body) => hello.profiles = Cursor(body).vector(true).map(shorts).unwrap_or_default(),
            (SUPPORTED_VERSIONS, [a, b]) => hello.version = u16::from_be_bytes([*a, *b]),
            // The lesser the number, the later the version.
            (SUPPORTED_VERSIONS, [_, versions @ ..]) => {
                hello.version = shorts(versions).into_iter().filter(|v| v >> 8 == 0xfe).min().unwrap_or(hello.version);
            }
            _ => {}
        }
    }
    Some(hello)
}

/// The first certificate of a Certificate message, in DER.
#[must_use]
pub fn certificate(message: &[u8]) -> Option<&[u8]> {
    let ([_, _, _, a, b, c], rest) = message.split_first_chunk()?;
    rest.get(..u32::from_be_bytes([0, *a, *b, *c]) as usize).filter(|der| !der.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A record of epoch 0 with one message, in one part.
    fn record(kind: u8, message: &[u8]) -> Vec<u8> {
        let length = &u32::try_from(message.len()).unwrap().to_be_bytes()[1..];
        let handshake = [&[kind][..], length, &[0, 0, 0, 0, 0], length, message].concat();
        let mut record = vec![22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0];
        record.extend_from_slice(&u16::try_from(handshake.len()).unwrap().to_be_bytes());
        record.extend_from_slice(&handshake);
        record
    }

    fn client_hello() -> Vec<u8> {
        let mut hello = vec![0xfe, 0xfd];
        hello.extend_from_slice(&[7; 32]);
        hello.extend_from_slice(&[0, 0, 0, 4, 0xc0, 0x2b, 0xc0, 0x2f, 1, 0]);
        hello.extend_from_slice(&[0, 20, 0, 14, 0, 7, 0, 4, 0, 7, 0, 1, 0, 0, 43, 0, 5, 4, 0xfe, 0xfc, 0xfe, 0xfd]);
        hello
    }

    #[test]
    fn a_client_hello_names_versions_suites_and_profiles() {
        let datagram = record(CLIENT_HELLO, &client_hello());
        let records: Vec<_> = records(&datagram).collect();
        let [Record::Handshake(fragment)] = records.as_slice() else { panic!("{records:?}") };
        assert_eq!((fragment.kind, fragment.offset, fragment.length as usize), (CLIENT_HELLO, 0, client_hello().len()));
        let want = Hello { version: 0xfefc, suites: vec![0xc02b, 0xc02f], profiles: vec![7, 1] };
        assert_eq!(hello(CLIENT_HELLO, fragment.bytes), Some(want));
    }

    #[test]
    fn several_records_in_a_datagram_and_what_is_encrypted() {
        let mut datagram = record(SERVER_HELLO, &[1, 2, 3]);
        datagram.extend_from_slice(&[21, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2, 2, 40]);
        datagram.extend_from_slice(&[22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 9]);
        let kinds: Vec<_> = records(&datagram).collect();
        assert!(matches!(kinds[..], [Record::Handshake(_), Record::Alert(2, 40), Record::Encrypted]), "{kinds:?}");
    }

    #[test]
    fn the_first_certificate_of_a_chain() {
        assert_eq!(certificate(&[0, 0, 5, 0, 0, 2, 0x30, 0x00]), Some(&[0x30, 0][..]));
        assert_eq!(certificate(&[0, 0, 5, 0, 0, 9, 0x30, 0x00]), None);
    }

    proptest! {
        #[test]
        fn any_octets_are_survived(datagram in proptest::collection::vec(any::<u8>(), 0..120), damage in 0usize..90, value: u8) {
            records(&datagram).for_each(drop);
            let mut datagram = record(CLIENT_HELLO, &client_hello());
            if let Some(octet) = datagram.get_mut(damage) {
                *octet = value;
            }
            for record in records(&datagram) {
                if let Record::Handshake(fragment) = record {
                    let _ = (hello(CLIENT_HELLO, fragment.bytes), hello(SERVER_HELLO, fragment.bytes), certificate(fragment.bytes));
                }
            }
        }
    }
}
