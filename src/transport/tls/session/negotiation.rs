//! Takes the handshake messages of both directions, gives what they agree and the keys that follow from it, never a record.

use super::{Agreement, Session};
use crate::base::Anomaly;
use crate::transport::tls::connection::Side;
use crate::transport::tls::direction::Stage;
use crate::transport::tls::event::TlsEvent;
use crate::transport::tls::handshake::Handshake;
use crate::transport::tls::keylog::Label;
use crate::transport::tls::message::{self, kind};
use crate::transport::tls::protection::{Agreed, Opener};
use crate::transport::tls::record::MESSAGE_HEADER;
use crate::transport::tls::sealing::Sealing;
use crate::transport::tls::{ClientHello, Moment, Outlet, ServerHello, TlsVersion};

/// The longest handshake message that is believed: a chain of many certificates.
const MAX_MESSAGE: usize = 128 << 10;

impl Session {
    /// Puts handshake messages together.
    pub(super) fn handshake(&mut self, end: usize, octets: &[u8], moment: Moment, out: &mut Outlet<'_>) {
        let Some(direction) = self.directions.get_mut(end) else { return };
        if direction.unreadable {
            return;
        }
        let mut buffer = std::mem::take(&mut direction.message);
        buffer.extend_from_slice(octets);
        let mut used = 0;
        while let Some([of, a, b, c]) = buffer.get(used..).and_then(|rest| rest.first_chunk()).copied() {
            let length = u32::from_be_bytes([0, a, b, c]) as usize;
            if length > MAX_MESSAGE {
                out.anomalies.note(Anomaly::TlsHandshakeBroken);
                if let Some(direction) = self.directions.get_mut(end) {
                    direction.unreadable = true;
                }
                return;
            }
            let from = used + MESSAGE_HEADER;
            let Some(body) = buffer.get(from..from + length) else { break };
            self.message(end, of, body, moment, out);
            used = from + length;
        }
        buffer.drain(..used);
        if let Some(direction) = self.directions.get_mut(end) {
            direction.message = buffer;
        }
    }

    fn message(&mut self, end: usize, of: u8, body: &[u8], moment: Moment, out: &mut Outlet<'_>) {
        let side = self.side(end);
        let read = match of {
            kind::CLIENT_HELLO => message::client_hello(body, moment).and_then(|(hello, greeting)| {
                self.renegotiate(moment);
                self.client_hello(end, hello, &greeting);
                if self.agreed.is_none() && self.handshake.as_ref().is_some_and(|handshake| handshake.server_random.is_some()) {
                    // It was overtaken by its answer.
                    self.agree();
                    self.flush(out);
                }
                (!greeting.lies).then_some(())
            }),
            kind::SERVER_HELLO => message::server_hello(body, moment).and_then(|(hello, greeting)| {
                self.server_hello(end, hello, &greeting, out);
                (!greeting.lies).then_some(())
            }),
            kind::KEY_UPDATE => {
                self.update_keys(end, moment, out);
                Some(())
            }
            kind::NEW_SESSION_TICKET if self.handshake.is_none() => {
                self.grant(body, moment, out);
                Some(())
            }
            _ => {
                let taken = self.handshake.as_mut().map_or(Some(()), |handshake| handshake.take(side, of, body));
                self.follow(end, of);
                if of == kind::ENCRYPTED_EXTENSIONS {
                    self.settle_early_data(out);
                }
                taken
            }
        };
        if read.is_none() {
            out.anomalies.note(Anomaly::TlsHandshakeBroken);
        }
    }

    /// A ClientHello behind a complete handshake begins another (RFC 5246 §7.4.1.1); behind one that was refused, nothing does.
    fn renegotiate(&mut self, moment: Moment) {
        if self.handshake.is_none() && self.established {
            let [a, b] = self.ends;
            let (client, server) = if self.client == 0 { (a, b) } else { (b, a) };
            self.handshake = Some(Box::new(Handshake::new(client, server, moment)));
        }
    }

    pub(super) fn client_hello(&mut self, end: usize, hello: ClientHello, greeting: &message::Greeting<'_>) {
        let Some(handshake) = &mut self.handshake else { return };
        if !handshake.has_client_hello() && handshake.version().is_none() && self.agreed.is_none() {
            self.client = end;
            let [a, b] = self.ends;
            let (client, server) = if end == 0 { (a, b) } else { (b, a) };
            handshake.name_ends(client, server);
        }
        handshake.client_hello(hello, greeting);
    }

    fn server_hello(&mut self, end: usize, hello: ServerHello, greeting: &message::Greeting<'_>, out: &mut Outlet<'_>) {
        let Some(handshake) = &mut self.handshake else { return };
        if !handshake.has_client_hello() && self.agreed.is_none() {
            self.client = 1 - end;
            let [a, b] = self.ends;
            let (client, server) = if end == 1 { (a, b) } else { (b, a) };
            handshake.name_ends(client, server);
        }
        if handshake.greet(hello, greeting) {
            // What waited was early data, which is refused so.
            return self.flush(out);
        }
        if handshake.has_client_hello() {
            self.agree();
            self.flush(out);
        }
    }

    /// Both hellos are known: from them follow all keys.
    fn agree(&mut self) {
        let Some(handshake) = &self.handshake else { return };
        let Some(hello) = handshake.server_hello() else { return };
        let is_13 = hello.version >= TlsVersion::TLS13;
        let sealing = Sealing::of(hello.suite).filter(|_| hello.compression == 0);
        let terms = sealing.map(|sealing| Agreed {
            version: hello.version,
            sealing,
            encrypt_then_mac: hello.encrypt_then_mac,
            truncated_hmac: hello.truncated_hmac,
        });
        // Without the answer of the server nobody can tell whether it took the early data.
        let early = handshake.may_accept_early_data() && !hello.retried;
        self.agreed = Some(Agreement {
            version: hello.version,
            suite: hello.suite,
            compressed: hello.compression != 0,
            terms,
            client_random: handshake.client_random,
            server_random: handshake.server_random,
        });
        if is_13 {
            for end in [0, 1] {
                let stage = if end == self.client && early { Stage::Early } else { Stage::Handshake };
                if let Some(direction) = self.directions.get_mut(end) {
                    direction.enter(stage);
                }
            }
        }
    }

    /// The server has said whether it takes early data (RFC 8446 §4.2.10): what it does not take was said to nobody.
    fn settle_early_data(&mut self, out: &mut Outlet<'_>) {
        let refused = self.handshake.as_ref().is_some_and(|handshake| handshake.refuses_early_data());
        if let Some(direction) = self.directions.get_mut(self.client)
            && refused
            && direction.stage == Stage::Early
        {
            direction.enter(Stage::Handshake);
            direction.deaf = true;
        }
        self.flush(out);
    }

    /// What a message of TLS 1.3 does to the keys of its direction.
    fn follow(&mut self, end: usize, of: u8) {
        if !self.is_13() {
            return;
        }
        let side = self.side(end);
        let Some(direction) = self.directions.get_mut(end) else { return };
        match of {
            kind::END_OF_EARLY_DATA => direction.enter(Stage::Handshake),
            kind::FINISHED => {
                direction.enter(Stage::Traffic);
                if let Some(handshake) = &mut self.handshake {
                    handshake.finish(side);
                }
            }
            _ => {}
        }
    }

    /// RFC 8446 §7.2: the next generation of keys.
    fn update_keys(&mut self, end: usize, moment: Moment, out: &Outlet<'_>) {
        let side = self.side(end);
        let Some(Agreement { version, terms: Some(terms), client_random, .. }) = self.agreed else { return };
        let Some(direction) = self.directions.get_mut(end) else { return };
        if version < TlsVersion::TLS13 || direction.stage != Stage::Traffic {
            return;
        }
        let label = if side == Side::Client { Label::ClientTraffic } else { Label::ServerTraffic };
        let logged = client_random.and_then(|random| out.keys.get(&random, label, moment.origin));
        if let Some(secret) = direction.updated.as_deref().or(logged) {
            let next = terms.sealing.next_secret(secret);
            direction.opener = Opener::of_traffic(terms.sealing, &next);
            direction.updated = Some(next);
        }
    }

    /// A ticket that comes behind the handshake (TLS 1.3).
    fn grant(&mut self, body: &[u8], at: Moment, out: &mut Outlet<'_>) {
        let Some(version) = self.version() else { return };
        if let (Some(lineage), Some(ticket)) = (&self.lineage, message::new_ticket(body, version)) {
            out.events.extend(TlsEvent::grant(ticket, at, lineage.clone()));
        }
    }
}
