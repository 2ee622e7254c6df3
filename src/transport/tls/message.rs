//! Takes handshake messages, gives what they say, never refuses one for what it cannot read.

use super::connection::{Group, KeyExchange};
use super::octets::{Octets, numbers};
use super::sealing::{Exchange, exchange};
use super::{ClientHello, Moment, ServerHello, TlsVersion};

/// Handshake types (RFC 8446 §4, RFC 5246 §7.4).
pub(super) mod kind {
    pub(in super::super) const CLIENT_HELLO: u8 = 1;
    pub(in super::super) const SERVER_HELLO: u8 = 2;
    pub(in super::super) const NEW_SESSION_TICKET: u8 = 4;
    pub(in super::super) const END_OF_EARLY_DATA: u8 = 5;
    pub(in super::super) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(in super::super) const CERTIFICATE: u8 = 11;
    pub(in super::super) const SERVER_KEY_EXCHANGE: u8 = 12;
    pub(in super::super) const CERTIFICATE_REQUEST: u8 = 13;
    pub(in super::super) const SERVER_HELLO_DONE: u8 = 14;
    pub(in super::super) const CERTIFICATE_VERIFY: u8 = 15;
    pub(in super::super) const FINISHED: u8 = 20;
    pub(in super::super) const KEY_UPDATE: u8 = 24;
    /// RFC 8879.
    pub(in super::super) const COMPRESSED_CERTIFICATE: u8 = 25;
}

/// Extensions (IANA registry of TLS extension types).
mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const TRUNCATED_HMAC: u16 = 4;
    pub(super) const SUPPORTED_GROUPS: u16 = 10;
    pub(super) const SIGNATURE_ALGORITHMS: u16 = 13;
    pub(super) const ALPN: u16 = 16;
    pub(super) const ENCRYPT_THEN_MAC: u16 = 22;
    pub(super) const EXTENDED_MASTER_SECRET: u16 = 23;
    pub(super) const SESSION_TICKET: u16 = 35;
    pub(super) const PRE_SHARED_KEY: u16 = 41;
    pub(super) const EARLY_DATA: u16 = 42;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(super) const KEY_SHARE: u16 = 51;
    pub(super) const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
    pub(super) const RENEGOTIATION_INFO: u16 = 0xff01;
}

/// The signalling suite of secure renegotiation (RFC 5746 §3.3), and of a version fallback (RFC 7507).
const RENEGOTIATION_SCSV: u16 = 0x00ff;
const FALLBACK_SCSV: u16 = 0x5600;

/// The random value of a ServerHello that asks for another ClientHello (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb,
    0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What of a hello serves its session alone.
#[derive(Clone, Debug, Default)]
pub(super) struct Greeting<'a> {
    pub(super) random: [u8; 32],
    pub(super) session_id: &'a [u8],
    /// The ticket of the client (RFC 5077 §3.2).
    pub(super) ticket: &'a [u8],
    /// The identities of the client's pre-shared keys.
    pub(super) identities: Vec<&'a [u8]>,
    /// Which of them the server took.
    pub(super) identity: Option<u16>,
    /// The group of the server's `key_share`.
    pub(super) group: Option<u16>,
    /// What the server chose by ALPN.
    pub(super) alpn: Option<Box<str>>,
    /// Whether it is a HelloRetryRequest.
    pub(super) retry: bool,
    /// Whether lengths of its extensions lie.
    pub(super) lies: bool,
}

/// Whether a value is one of those reserved to keep servers tolerant (RFC 8701).
const fn is_grease(value: u16) -> bool {
    value & 0x0f0f == 0x0a0a && value >> 8 == value & 0xff
}

fn known(octets: &[u8]) -> Vec<u16> {
    numbers(octets).filter(|value| !is_grease(*value)).collect()
}

fn text(octets: &[u8]) -> Box<str> {
    // What the wire chose is cut to what a report can show.
    String::from_utf8_lossy(octets.get(..octets.len().min(255)).unwrap_or_default()).into()
}

/// The extensions as far as their lengths hold, and whether all do.
fn extensions<'a>(octets: &mut Octets<'a>) -> (Vec<(u16, &'a [u8])>, bool) {
    let announced = octets.vec16();
    let mut block = Octets(announced.unwrap_or(octets.0));
    let whole = announced.is_some() || octets.0.is_empty();
    let mut found = Vec::new();
    while let Some(kind) = block.u16() {
        let Some(data) = block.vec16() else { return (found, false) };
        found.push((kind, data));
    }
    (found, whole && block.0.is_empty())
}

fn list16(data: &[u8]) -> &[u8] {
    Octets(data).vec16().unwrap_or_default()
}

fn names(data: &[u8]) -> impl Iterator<Item = Box<str>> + '_ {
    let mut list = Octets(list16(data));
    std::iter::from_fn(move || list.vec8()).take(32).map(text)
}

/// Reads a ClientHello.
pub(super) fn client_hello(body: &[u8], at: Moment) -> Option<(ClientHello, Greeting<'_>)> {
    let mut octets = Octets(body);
    let version = TlsVersion(octets.u16()?);
    let random = octets.take(32)?.try_into().ok()?;
    let session_id = octets.vec8()?;
    let suites = octets.vec16()?;
    let compressions = octets.vec8()?.to_vec();
    let mut hello = ClientHello { at, version, compressions, ..ClientHello::default() };
    hello.secure_renegotiation = numbers(suites).any(|suite| suite == RENEGOTIATION_SCSV);
    hello.suites = known(suites);
    hello.suites.retain(|suite| !matches!(*suite, RENEGOTIATION_SCSV | FALLBACK_SCSV));
    let mut greeting = Greeting { random, session_id, ..Greeting::default() };
    let (extensions, whole) = extensions(&mut octets);
    greeting.lies = !whole;
    for (kind, data) in extensions {
        match kind {
            extension::SERVER_NAME => {
                let mut list = Octets(list16(data));
                // RFC 6066 §3: host_name is the only type there is.
                while let (Some(kind), Some(name)) = (list.u8(), list.vec16()) {
                    if kind == 0 && hello.server_name.is_none() {
                        hello.server_name = Some(text(name));
                    }
                }
            }
            extension::TRUNCATED_HMAC => hello.truncated_hmac = true,
            extension::SUPPORTED_GROUPS => hello.groups = known(list16(data)),
            extension::SIGNATURE_ALGORITHMS => hello.signature_schemes = known(list16(data)),
            extension::ALPN => hello.alpn = names(data).collect(),
            extension::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
            extension::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
            extension::SESSION_TICKET => greeting.ticket = data,
            extension::PRE_SHARED_KEY => {
                let mut list = Octets(list16(data));
                while let Some(identity) = list.vec16()
                    && greeting.identities.len() < 16
                {
                    greeting.identities.push(identity);
                    // The obfuscated age of the ticket.
                    list.take(4);
                }
            }
            extension::EARLY_DATA => hello.early_data = true,
            extension::SUPPORTED_VERSIONS => {
                hello.supported_versions = known(Octets(data).vec8().unwrap_or_default()).into_iter().map(TlsVersion).collect();
            }
            extension::ENCRYPTED_CLIENT_HELLO => hello.encrypted_hello = true,
            extension::RENEGOTIATION_INFO => hello.secure_renegotiation = true,
            _ => {}
        }
    }
    Some((hello, greeting))
}

/// Reads a ClientHello in the form of SSL 2.0, from behind its length (RFC 5246 §E.2).
pub(super) fn sslv2_hello(record: &[u8], at: Moment) -> Option<(ClientHello, Greeting<'_>)> {
    let mut octets = Octets(record);
    // The type of the message.
    octets.u8()?;
    let version = TlsVersion(octets.u16()?);
    let (suites, session_id, challenge) = (octets.u16()?, octets.u16()?, octets.u16()?);
    let suites = octets.take(usize::from(suites))?;
    let session_id = octets.take(usize::from(session_id))?;
    let challenge = octets.take(usize::from(challenge))?;
    // Three octets each: those of SSL 2.0 alone have no zero in front.
    let suites: Vec<u16> =
        suites.as_chunks::<3>().0.iter().filter(|[a, ..]| *a == 0).map(|[_, b, c]| u16::from_be_bytes([*b, *c])).collect();
    // The challenge is the random value, with zeros in front.
    let mut random = [0; 32];
    random.iter_mut().rev().zip(challenge.iter().rev()).for_each(|(to, from)| *to = *from);
    let secure_renegotiation = suites.contains(&RENEGOTIATION_SCSV);
    let suites = suites.into_iter().filter(|suite| !matches!(*suite, RENEGOTIATION_SCSV | FALLBACK_SCSV)).collect();
    let hello = ClientHello { at, version, suites, compressions: vec![0], secure_renegotiation, sslv2: true, ..ClientHello::default() };
    Some((hello, Greeting { random, session_id, ..Greeting::default() }))
}

/// Reads a ServerHello or HelloRetryRequest.
pub(super) fn server_hello(body: &[u8], at: Moment) -> Option<(ServerHello, Greeting<'_>)> {
    let mut octets = Octets(body);
    let version = TlsVersion(octets.u16()?);
    let random: [u8; 32] = octets.take(32)?.try_into().ok()?;
    let session_id = octets.vec8()?;
    let suite = octets.u16()?;
    let compression = octets.u8()?;
    let mut hello = ServerHello { at, version, suite, compression, ..ServerHello::default() };
    let mut greeting = Greeting { random, session_id, retry: random == RETRY, ..Greeting::default() };
    let (extensions, whole) = extensions(&mut octets);
    greeting.lies = !whole;
    for (kind, data) in extensions {
        match kind {
            extension::TRUNCATED_HMAC => hello.truncated_hmac = true,
            extension::ALPN => greeting.alpn = names(data).next(),
            extension::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
            extension::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
            extension::PRE_SHARED_KEY => {
                hello.pre_shared_key = true;
                greeting.identity = Octets(data).u16();
            }
            extension::SUPPORTED_VERSIONS => hello.version = Octets(data).u16().map_or(hello.version, TlsVersion),
            extension::KEY_SHARE => greeting.group = Octets(data).u16(),
            extension::RENEGOTIATION_INFO => hello.secure_renegotiation = true,
            _ => {}
        }
    }
    Some((hello, greeting))
}

/// What EncryptedExtensions of TLS 1.3 say: the protocol of ALPN, and whether early data was accepted.
pub(super) fn encrypted_extensions(body: &[u8]) -> (Option<Box<str>>, bool) {
    let (found, _) = extensions(&mut Octets(body));
    let alpn = found.iter().find(|(kind, _)| *kind == extension::ALPN).and_then(|(_, data)| names(data).next());
    (alpn, found.iter().any(|(kind, _)| *kind == extension::EARLY_DATA))
}

/// The certificates of a Certificate message, in DER.
pub(super) fn certificates(body: &[u8], version: TlsVersion) -> Option<(super::connection::Chain, bool)> {
    let mut octets = Octets(body);
    let with_extensions = version >= TlsVersion::TLS13;
    if with_extensions {
        octets.vec8()?;
    }
    let announced = octets.vec24();
    let mut list = Octets(announced.unwrap_or(octets.0));
    let mut chain: Vec<Box<[u8]>> = Vec::new();
    while let Some(certificate) = list.vec24() {
        chain.push(certificate.into());
        if with_extensions {
            list.vec16();
        }
    }
    Some((chain.into(), announced.is_some() && list.0.is_empty()))
}

/// Whether ServerKeyExchange of this suite says something of interest.
pub(super) fn has_key_exchange(suite: u16) -> bool {
    exchange(suite).0 != Exchange::Other
}

/// What ServerKeyExchange says (RFC 8422 §5.4, RFC 5246 §7.4.3).
pub(super) fn key_exchange(body: &[u8], suite: u16, version: TlsVersion) -> Option<KeyExchange> {
    let (exchange, signed) = exchange(suite);
    let mut octets = Octets(body);
    let group = match exchange {
        Exchange::Ecdhe => match octets.u8()? {
            // named_curve
            3 => {
                let group = octets.u16()?;
                octets.vec8()?;
                Group::Named(group)
            }
            // explicit_prime: the prime, two coefficients, the base point, order and cofactor; then the public key.
            1 => {
                let prime = octets.vec8()?;
                (0..6).try_for_each(|_| octets.vec8().map(|_| ()))?;
                Group::ExplicitCurve(bits(prime))
            }
            // explicit_char2: how the field is built follows, of which the size is enough.
            2 => return Some(KeyExchange { group: Group::ExplicitCurve(u32::from(octets.u16()?)), signature: None }),
            _ => return None,
        },
        Exchange::Dhe => {
            let prime = octets.vec16()?;
            octets.vec16()?;
            octets.vec16()?;
            Group::Prime(bits(prime))
        }
        Exchange::Other => return None,
    };
    let signature = if signed && version >= TlsVersion::TLS12 { octets.u16() } else { None };
    Some(KeyExchange { group, signature })
}

/// The length of a number without its leading zeros.
fn bits(number: &[u8]) -> u32 {
    let Some(first) = number.iter().position(|octet| *octet != 0) else { return 0 };
    let octets = u32::try_from(number.len() - first).unwrap_or(u32::MAX);
    octets.saturating_mul(8) - number.get(first).map_or(0, |octet| octet.leading_zeros())
}

/// The scheme of a CertificateVerify; before TLS 1.2 it is not said.
pub(super) fn verify_scheme(body: &[u8], version: TlsVersion) -> Option<u16> {
    (version >= TlsVersion::TLS12).then(|| Octets(body).u16()).flatten()
}

/// The ticket of a NewSessionTicket (RFC 5077 §3.3, RFC 8446 §4.6.1).
pub(super) fn new_ticket(body: &[u8], version: TlsVersion) -> Option<&[u8]> {
    let mut octets = Octets(body);
    octets.take(4)?;
    if version >= TlsVersion::TLS13 {
        octets.take(4)?;
        octets.vec8()?;
    }
    octets.vec16()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reserved_values_are_no_offer() {
        // RFC 8701 §2.
        assert!([0x0a0a, 0x1a1a, 0xfafa].into_iter().all(is_grease));
        assert!(![0x1301, 0x0a1a, 0xc02f, 0x0aaa].into_iter().any(is_grease));
    }

    #[test]
    fn a_hello_of_the_old_form_is_an_offer() {
        // RFC 5246 §E.2: type, version, lengths of suites, session id and challenge; then these.
        let suites = [0x01, 0x00, 0x80, 0x00, 0x00, 0x2f, 0x00, 0x00, 0xff];
        let hello = [&[1, 3, 1, 0, 9, 0, 0, 0, 16][..], &suites, &[7; 16]].concat();
        let (hello, greeting) = sslv2_hello(&hello, Moment::default()).unwrap();
        assert_eq!((hello.version, hello.suites, hello.secure_renegotiation, hello.sslv2), (TlsVersion::TLS10, vec![0x2f], true, true));
        assert_eq!(greeting.random, *[[0; 16], [7; 16]].as_flattened());
    }

    #[test]
    fn the_length_of_a_modulus_is_that_of_its_number() {
        assert_eq!((bits(&[0, 0x80, 0]), bits(&[1]), bits(&[0, 0]), bits(&[0xff; 256])), (16, 1, 0, 2048));
    }

    proptest! {
        #[test]
        fn no_message_is_too_hostile(noise in proptest::collection::vec(any::<u8>(), 0..400), suite in prop::sample::select(vec![0x33u16, 0xc02f, 0x2f])) {
            let at = Moment::default();
            let _ = client_hello(&noise, at);
            let _ = sslv2_hello(&noise, at);
            let _ = server_hello(&noise, at);
            let _ = encrypted_extensions(&noise);
            for version in [TlsVersion::TLS10, TlsVersion::TLS12, TlsVersion::TLS13] {
                let _ = certificates(&noise, version);
                let _ = key_exchange(&noise, suite, version);
                let _ = verify_scheme(&noise, version);
                let _ = new_ticket(&noise, version);
            }
        }
    }
}
