//! Takes a number of messages or handshakes, gives a capture of them over TLS and its key log, never the same keys twice.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io::{self, Read, Write};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, KeyLog, RootCertStore, ServerConfig, ServerConnection};

use super::call::PEERS;
use super::frame::{self, Place, Socket, tcp};
use super::{START, Written, messages};

const SEGMENT: usize = 1400;
/// What a packet takes from one side to the other and back, in microseconds.
const TURN: u64 = 200;
const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 1;

/// NSS key log lines.
#[derive(Debug, Default)]
struct Notes(Mutex<String>);

impl KeyLog for Notes {
    fn log(&self, label: &str, client_random: &[u8], secret: &[u8]) {
        let hex = |octets: &[u8]| octets.iter().map(|octet| format!("{octet:02x}")).collect::<String>();
        if let Ok(mut notes) = self.0.lock() {
            *notes += &format!("{label} {} {}\n", hex(client_random), hex(secret));
        }
    }
}

/// TLS 1.2 with AES-GCM and certificates of both sides.
struct Agreement {
    client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
    notes: Arc<Notes>,
}

impl Agreement {
    fn new() -> io::Result<Self> {
        let suites = vec![ring::cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256];
        let provider = Arc::new(CryptoProvider { cipher_suites: suites, ..ring::default_provider() });
        let made = rcgen::generate_simple_self_signed(vec!["edge.bravo.example".to_owned()]).map_err(io::Error::other)?;
        let (chain, key) = (vec![made.cert.der().clone()], PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()));
        let mut roots = RootCertStore::empty();
        roots.add(made.cert.der().clone()).map_err(io::Error::other)?;
        let roots = Arc::new(roots);
        let notes = Arc::new(Notes::default());
        let client = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&[&rustls::version::TLS12]);
        let client = client.map_err(io::Error::other)?.with_root_certificates(Arc::clone(&roots));
        let mut client = client.with_client_auth_cert(chain.clone(), key.clone_key()).map_err(io::Error::other)?;
        client.key_log = Arc::<Notes>::clone(&notes);
        // Each handshake is a whole one.
        client.resumption = rustls::client::Resumption::disabled();
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, Arc::clone(&provider)).build().map_err(io::Error::other)?;
        let server = ServerConfig::builder_with_provider(provider).with_protocol_versions(&[&rustls::version::TLS12]);
        let server = server.map_err(io::Error::other)?.with_client_cert_verifier(verifier);
        let server = server.with_single_cert(chain, key).map_err(io::Error::other)?;
        Ok(Self { client: Arc::new(client), server: Arc::new(server), notes })
    }
}

/// A connection on its way: both ends, where they are in their streams, and what passed, by time.
struct Connection {
    client: ClientConnection,
    server: ServerConnection,
    sockets: [Socket; 2],
    next: [u32; 2],
    now: u64,
}

impl Connection {
    fn open(agreement: &Agreement, sockets: [Socket; 2], now: u64, out: &mut Vec<(u64, Vec<u8>)>) -> io::Result<Self> {
        let name = ServerName::try_from("edge.bravo.example").map_err(io::Error::other)?;
        let client = ClientConnection::new(Arc::clone(&agreement.client), name).map_err(io::Error::other)?;
        let server = ServerConnection::new(Arc::clone(&agreement.server)).map_err(io::Error::other)?;
        let mut connection = Self { client, server, sockets, next: [1000, 5000], now };
        connection.put(true, SYN, &[], out);
        connection.put(false, SYN | ACK, &[], out);
        connection.put(true, ACK, &[], out);
        while connection.client.is_handshaking() || connection.server.is_handshaking() {
            connection.carry(true, out)?;
            connection.carry(false, out)?;
        }
        Ok(connection)
    }

    fn put(&mut self, from_client: bool, flags: u8, payload: &[u8], out: &mut Vec<(u64, Vec<u8>)>) {
        let [own, other] = if from_client { [0, 1] } else { [1, 0] };
        let ack = if flags & ACK == 0 { 0 } else { self.next[other] };
        let place = Place { seq: self.next[own], ack, flags };
        out.push((self.now, tcp(self.sockets[own], self.sockets[other], place, payload)));
        let marks = u32::from(flags & (SYN | FIN) != 0);
        self.next[own] = self.next[own].wrapping_add(payload.len() as u32 + marks);
        self.now += TURN / 2;
    }

    /// Brings what a side has to send to the other, and its acknowledgement back.
    fn carry(&mut self, from_client: bool, out: &mut Vec<(u64, Vec<u8>)>) -> io::Result<()> {
        let mut octets = Vec::new();
        while if from_client { self.client.wants_write() } else { self.server.wants_write() } {
            if from_client {
                self.client.write_tls(&mut octets)?
            } else {
                self.server.write_tls(&mut octets)?
            };
        }
        let mut rest = octets.as_slice();
        let mut read = Vec::new();
        while !rest.is_empty() {
            // What was read is of no interest, but must not fill the buffer; that there is no more yet is no error.
            if from_client {
                self.server.read_tls(&mut rest)?;
                self.server.process_new_packets().map_err(io::Error::other)?;
                let _ = self.server.reader().read_to_end(&mut read);
            } else {
                self.client.read_tls(&mut rest)?;
                self.client.process_new_packets().map_err(io::Error::other)?;
                let _ = self.client.reader().read_to_end(&mut read);
            }
        }
        for segment in octets.chunks(SEGMENT) {
            self.put(from_client, ACK, segment, out);
        }
        if !octets.is_empty() {
            self.put(!from_client, ACK, &[], out);
        }
        Ok(())
    }

    fn say(&mut self, from_client: bool, now: u64, message: &[u8], out: &mut Vec<(u64, Vec<u8>)>) -> io::Result<()> {
        self.now = self.now.max(now);
        if from_client {
            self.client.writer().write_all(message)?
        } else {
            self.server.writer().write_all(message)?
        };
        self.carry(from_client, out)
    }

    fn close(mut self, out: &mut Vec<(u64, Vec<u8>)>) -> io::Result<()> {
        self.client.send_close_notify();
        self.server.send_close_notify();
        self.carry(true, out)?;
        self.carry(false, out)?;
        self.put(true, ACK | FIN, &[], out);
        self.put(false, ACK | FIN, &[], out);
        self.put(true, ACK, &[], out);
        Ok(())
    }
}

fn save(mut passed: Vec<(u64, Vec<u8>)>, out: &mut impl Write) -> io::Result<Written> {
    passed.sort_by_key(|(time, _)| *time);
    let mut written = Written { bytes: frame::begin(out)?, ..Written::default() };
    for (time, frame) in passed {
        written.bytes += frame::record(out, time, &frame)?;
        written.packets += 1;
    }
    Ok(written)
}

/// Writes a capture of `count` SIP messages, one connection between each two border elements, and gives its key log.
///
/// # Errors
/// Those of `out`.
pub(crate) fn secured(count: usize, out: &mut impl Write) -> io::Result<(Written, String)> {
    let agreement = Agreement::new()?;
    let (mut connections, mut passed) = (HashMap::new(), Vec::new());
    for (time, from, to, message) in messages(count) {
        let from_client = PEERS[0].sbes.contains(&from);
        let ends: [Ipv4Addr; 2] = if from_client { [from, to] } else { [to, from] };
        let port = 40_000 + connections.len() as u16;
        let connection = match connections.entry(ends) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(vacant) => {
                let sockets = [Socket { ip: ends[0], port }, Socket { ip: ends[1], port: 5061 }];
                vacant.insert(Connection::open(&agreement, sockets, START, &mut passed)?)
            }
        };
        let message = String::from_utf8_lossy(&message).replace("SIP/2.0/UDP", "SIP/2.0/TLS");
        connection.say(from_client, time, message.as_bytes(), &mut passed)?;
    }
    let keys = agreement.notes.0.lock().map(|notes| notes.clone()).unwrap_or_default();
    Ok((save(passed, out)?, keys))
}

/// Writes a capture of `count` connections, twenty a second, of which each carries a question and its answer, and leaves nobody its keys.
///
/// # Errors
/// Those of `out`.
pub(crate) fn handshakes(count: usize, out: &mut impl Write) -> io::Result<Written> {
    let agreement = Agreement::new()?;
    let mut passed = Vec::new();
    let server = Socket { ip: PEERS[1].sbes[0], port: 5061 };
    for n in 0..count {
        let client = Socket { ip: PEERS[0].sbes[n / 25_000 % 2], port: 10_000 + (n % 25_000) as u16 };
        let now = START + n as u64 * 50_000;
        let mut connection = Connection::open(&agreement, [client, server], now, &mut passed)?;
        connection.say(true, now, &[b'q'; 420], &mut passed)?;
        connection.say(false, now, &[b'a'; 350], &mut passed)?;
        connection.close(&mut passed)?;
    }
    save(passed, out)
}
