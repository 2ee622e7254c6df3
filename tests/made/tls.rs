//! Takes what two sides say to each other, gives the segments of a TLS connection and its key log, never shares code with the program that opens it.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{
    ClientConfig, ClientConnection, KeyLog, RootCertStore, ServerConfig, ServerConnection, SupportedCipherSuite, SupportedProtocolVersion,
};

use crate::made::Frame;
use crate::made::tcp::{Connection, Said};

/// What a connection is to be like.
#[derive(Clone, Debug)]
pub struct Terms {
    pub version: &'static SupportedProtocolVersion,
    pub suite: SupportedCipherSuite,
    /// Whether the client has to show a certificate.
    pub mutual: bool,
    /// Octets a segment.
    pub segment: usize,
    /// Whether both sides change their keys after each message.
    pub refresh: bool,
    /// Messages that the capture does not hold.
    pub lost: Vec<usize>,
}

impl Terms {
    pub fn new(version: &'static SupportedProtocolVersion, suite: SupportedCipherSuite) -> Self {
        Self { version, suite, mutual: false, segment: 1400, refresh: false, lost: Vec::new() }
    }

    /// Every suite of the library that serves the certificate, in the version that has it.
    pub fn all() -> Vec<Self> {
        let version = |suite: &SupportedCipherSuite| {
            if suite.tls13().is_some() { &rustls::version::TLS13 } else { &rustls::version::TLS12 }
        };
        let serves = |suite: &&SupportedCipherSuite| !format!("{:?}", suite.suite()).contains("_RSA_");
        ring::ALL_CIPHER_SUITES.iter().filter(serves).map(|suite| Self::new(version(suite), *suite)).collect()
    }

    /// TLS 1.2 with AES-GCM, and TLS 1.3.
    pub fn usual() -> [Self; 2] {
        [
            Self::new(&rustls::version::TLS12, ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256),
            Self::new(&rustls::version::TLS13, ring::cipher_suite::TLS13_AES_256_GCM_SHA384),
        ]
    }
}

/// A connection as a tap saw it, and its key log.
pub struct Taken {
    pub frames: Vec<Frame>,
    pub keys: String,
}

#[derive(Debug, Default)]
struct Notes(Mutex<String>);

impl KeyLog for Notes {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        *self.0.lock().unwrap() += &format!("{label} {} {}\n", hex(client_random), hex(secret));
    }
}

struct Ends {
    client: ClientConnection,
    server: ServerConnection,
    wire: Option<Connection>,
    at: f64,
    segment: usize,
}

/// A connection in which all was said.
pub fn over_tls(said: &[Said], terms: &Terms) -> Taken {
    let provider = Arc::new(CryptoProvider { cipher_suites: vec![terms.suite], ..ring::default_provider() });
    let made = rcgen::generate_simple_self_signed(vec!["sbc.bravo.example".to_owned()]).unwrap();
    let (certificate, key) = (made.cert, PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()));
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let roots = Arc::new(roots);
    let chain = vec![certificate.der().clone()];
    let notes = Arc::new(Notes::default());
    let client = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&[terms.version]).unwrap();
    let client = client.with_root_certificates(Arc::clone(&roots));
    let mut client = client.with_client_auth_cert(chain.clone(), key.clone_key()).unwrap();
    client.key_log = Arc::<Notes>::clone(&notes);
    let server = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&[terms.version]).unwrap();
    let server = if terms.mutual {
        server.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(roots, provider).build().unwrap())
    } else {
        server.with_no_client_auth()
    };
    let server = server.with_single_cert(chain, key).unwrap();
    let name = ServerName::try_from("sbc.bravo.example").unwrap();
    let mut ends = Ends {
        client: ClientConnection::new(Arc::new(client), name).unwrap(),
        server: ServerConnection::new(Arc::new(server)).unwrap(),
        wire: Some(Connection::open(0.0)),
        at: 0.003,
        segment: terms.segment,
    };
    while ends.client.is_handshaking() || ends.server.is_handshaking() || ends.client.wants_write() || ends.server.wants_write() {
        ends.carry(true, false);
        ends.carry(false, false);
    }
    for (number, (at, from_alpha, octets)) in said.iter().enumerate() {
        ends.at = ends.at.max(*at);
        if *from_alpha {
            ends.client.writer().write_all(octets).unwrap()
        } else {
            ends.server.writer().write_all(octets).unwrap()
        }
        ends.carry(*from_alpha, terms.lost.contains(&number));
        if terms.refresh && terms.version == &rustls::version::TLS13 {
            ends.client.refresh_traffic_keys().unwrap();
            ends.carry(true, false);
            ends.carry(false, false);
        }
    }
    ends.client.send_close_notify();
    ends.server.send_close_notify();
    ends.carry(true, false);
    ends.carry(false, false);
    let wire = ends.wire.take().unwrap().close(ends.at + 0.1);
    let keys = notes.0.lock().unwrap().clone();
    Taken { frames: wire.frames, keys }
}

impl Ends {
    /// Brings what a side has to send to the other.
    fn carry(&mut self, from_alpha: bool, lose: bool) {
        let mut octets = Vec::new();
        if from_alpha {
            while self.client.wants_write() {
                self.client.write_tls(&mut octets).unwrap();
            }
        } else {
            while self.server.wants_write() {
                self.server.write_tls(&mut octets).unwrap();
            }
        }
        let mut rest = octets.as_slice();
        while !rest.is_empty() {
            if from_alpha {
                self.server.read_tls(&mut rest).unwrap()
            } else {
                self.client.read_tls(&mut rest).unwrap()
            };
            if from_alpha {
                self.server.process_new_packets().unwrap()
            } else {
                self.client.process_new_packets().unwrap()
            };
            // What was read is of no interest, but must not fill the buffer.
            let mut read = Vec::new();
            let _ = if from_alpha { self.server.reader().read_to_end(&mut read) } else { self.client.reader().read_to_end(&mut read) };
        }
        for segment in octets.chunks(self.segment) {
            let wire = self.wire.take().unwrap();
            self.at += 0.000_1;
            self.wire = Some(if lose {
                wire.lose(from_alpha, segment).acknowledge(self.at, !from_alpha)
            } else {
                wire.send(self.at, from_alpha, segment)
            });
        }
    }
}

/// A pcapng capture of frames in which a key log stands before some frame.
pub fn with_secrets(frames: &[Frame], keys: &str, before: usize) -> Vec<u8> {
    let block = |kind: u32, body: &[u8]| {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = (u32::try_from(body.len()).unwrap() + 12).to_le_bytes();
        [&kind.to_le_bytes()[..], &length, &body, &length].concat()
    };
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let secrets = block(10, &[words(&[0x544c_534b, u32::try_from(keys.len()).unwrap()]), keys.as_bytes().to_vec()].concat());
    let mut out = block(0x0a0d_0d0a, &words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX]));
    out.extend(block(1, &words(&[1, 262_144])));
    for (number, frame) in frames.iter().enumerate() {
        if number == before {
            out.extend(&secrets);
        }
        let (high, low) = ((frame.micros >> 32) as u32, frame.micros as u32);
        let length = u32::try_from(frame.octets.len()).unwrap();
        out.extend(block(6, &[words(&[0, high, low, length, length]), frame.octets.clone()].concat()));
    }
    if before >= frames.len() {
        out.extend(&secrets);
    }
    out
}
