//! Takes the records of both directions of a connection in order, gives the payloads inside as far as keys open them, never a guess at what it could not open.

use std::collections::VecDeque;
use std::ops::Range;

use super::connection::{Keys, Outcome, Side};
use super::direction::{Direction, Stage};
use super::event::{Lineage, TlsEvent};
use super::handshake::Handshake;
use super::keylog::{KeyLog, Label};
use super::message::{self, kind};
use super::outlet::{Ending, Outlet};
use super::protection::{Agreed, Opener};
use super::record::{HEADER, MESSAGE_HEADER, content, declared_length, is_clear_handshake};
use super::sealing::Sealing;
use super::{Moment, TlsVersion};
use crate::base::{Anomalies, Anomaly, Endpoint, Transport};
use crate::transport::stream::{Framed, Passage};

/// The longest handshake message that is believed: a chain of many certificates.
const MAX_MESSAGE: usize = 128 << 10;

/// Octets of records that wait for the hello of the other side.
const MAX_WAITING: usize = 64 << 10;

/// Records in a row that keys do not open before they are called wrong.
const MAX_REFUSED: u32 = 4;

/// More than any message: behind lost records, the inner stream looks for a new begin.
const FAR: u64 = 1 << 32;

/// Type, level and description of an alert, and the tag of every suite of TLS 1.3 but one.
const SEALED_ALERT: usize = 2 + 1 + 16;

/// Records that the encrypted part of a handshake has at most in one direction, in practice.
const HANDSHAKE_RECORDS: u64 = 12;

/// A record that waits.
struct Waiting {
    end: usize,
    record: Box<[u8]>,
    passage: Passage,
    moment: Moment,
}

/// A TLS connection. Ends are numbered as those of the TCP connection.
pub(in crate::transport) struct Session {
    ends: [Endpoint; 2],
    /// The end that is the client, as far as is known.
    client: usize,
    directions: [Direction; 2],
    /// The handshake, until it is decided.
    handshake: Option<Box<Handshake>>,
    /// What the last decided handshake agreed.
    agreed: Option<Agreement>,
    lineage: Option<Lineage>,
    waiting: VecDeque<Waiting>,
    waiting_octets: usize,
    /// Whether nothing is waited for any more.
    hopeless: bool,
    /// Whether the secrets that were found open nothing.
    wrong: bool,
    opened: bool,
    saw_opened: bool,
    saw_sealed: bool,
}

/// What the hellos agreed.
#[derive(Clone, Copy)]
struct Agreement {
    version: TlsVersion,
    /// `None` where its records cannot be opened even with keys.
    terms: Option<Agreed>,
    client_random: Option<[u8; 32]>,
    server_random: Option<[u8; 32]>,
}

impl Session {
    /// A connection whose first record was sent by `end`; `client` is the end that is taken for the client until a hello tells.
    pub(in crate::transport) fn new(ends: [Endpoint; 2], client: usize, midstream: bool, begun: Moment, out: &mut Outlet<'_>) -> Self {
        out.totals.connections += 1;
        let [a, b] = ends;
        let (from, to) = if client == 0 { (a, b) } else { (b, a) };
        let mut session = Self {
            ends,
            client,
            directions: <[Direction; 2]>::default(),
            handshake: Some(Box::new(Handshake::new(from, to, begun))),
            agreed: None,
            lineage: None,
            waiting: VecDeque::new(),
            waiting_octets: 0,
            hopeless: midstream,
            wrong: false,
            opened: false,
            saw_opened: false,
            saw_sealed: false,
        };
        if midstream {
            out.anomalies.note(Anomaly::TlsMidstream);
            session.decide(Outcome::Unseen, begun, None, out);
        }
        session
    }

    const fn side(&self, end: usize) -> Side {
        if end == self.client { Side::Client } else { Side::Server }
    }

    /// Octets held, about.
    pub(in crate::transport) fn held(&self) -> usize {
        let directions: usize =
            self.directions.iter().map(|d| d.message.len() + d.inner.held() + if d.opener.is_some() { 1024 } else { 0 }).sum();
        size_of::<Self>() + directions + self.waiting_octets + self.handshake.as_ref().map_or(0, |handshake| handshake.held())
    }

    /// Whether application data is of no use: no key will open it.
    pub(in crate::transport) fn is_blind(&self, keys: &KeyLog) -> bool {
        if self.wrong || self.hopeless {
            return true;
        }
        let random = match (&self.handshake, &self.agreed) {
            (Some(handshake), _) if handshake.client_random.is_some() => handshake.client_random,
            (_, Some(agreed)) => agreed.client_random,
            _ => return false,
        };
        let sealed = self.agreed.is_some_and(|agreed| agreed.terms.is_none());
        let open = self.agreed.is_some_and(|agreed| agreed.terms.is_some_and(|terms| terms.sealing.encrypts_nothing()));
        sealed || (!open && !keys.may_grow() && random.is_none_or(|random| !keys.has(&random)))
    }

    /// Drops what is held.
    pub(in crate::transport) fn forget(&mut self) {
        self.waiting = VecDeque::new();
        self.waiting_octets = 0;
        for direction in &mut self.directions {
            direction.message = Vec::new();
            direction.unreadable = true;
            direction.inner.forget();
            direction.inner.begins_midstream();
        }
        if let Some(handshake) = &mut self.handshake {
            handshake.lose();
        }
    }

    /// Takes the next record that an end sent; of application data that is of no use, its header may be all.
    pub(in crate::transport) fn take(&mut self, end: usize, record: Box<[u8]>, passage: Passage, moment: Moment, out: &mut Outlet<'_>) {
        if self.must_wait(end, &record, moment, out) {
            self.waiting_octets += record.len();
            self.waiting.push_back(Waiting { end, record, passage, moment });
            if self.waiting_octets > MAX_WAITING {
                out.anomalies.note(Anomaly::TlsUnordered);
                self.stop_waiting(out);
            }
            return;
        }
        self.process(end, record, passage, moment, out);
    }

    /// Whether a record can be understood only with what may still come of the other side: its hello, where the two directions are not
    /// captured in one order, or whether it accepts early data.
    fn must_wait(&self, end: usize, record: &[u8], moment: Moment, out: &Outlet<'_>) -> bool {
        let (Some(handshake), Some(direction)) = (&self.handshake, self.directions.get(end)) else { return false };
        if self.hopeless {
            return false;
        }
        let sealed = record.first() == Some(&content::APPLICATION_DATA);
        if self.waiting.iter().any(|waiting| waiting.end == end) {
            return true;
        }
        if self.agreed.is_some() {
            let early = direction.stage == Stage::Early && self.side(end) == Side::Client && handshake.may_accept_early_data();
            return sealed && early && self.knows(Label::ServerHandshake, moment, out);
        }
        let greeted = handshake.has_client_hello() && handshake.version().is_some();
        !greeted && (sealed || (direction.changed && record.first() != Some(&content::CHANGE_CIPHER_SPEC)))
    }

    /// Whether a key log has a secret.
    fn knows(&self, label: Label, moment: Moment, out: &Outlet<'_>) -> bool {
        let random = self.agreed.and_then(|agreed| agreed.client_random);
        random.is_some_and(|random| out.keys.get(&random, label, moment.origin).is_some())
    }

    fn stop_waiting(&mut self, out: &mut Outlet<'_>) {
        self.hopeless = true;
        self.flush(out);
    }

    fn flush(&mut self, out: &mut Outlet<'_>) {
        self.waiting_octets = 0;
        for Waiting { end, record, passage, moment } in std::mem::take(&mut self.waiting) {
            self.take(end, record, passage, moment, out);
        }
    }

    fn process(&mut self, end: usize, mut record: Box<[u8]>, passage: Passage, moment: Moment, out: &mut Outlet<'_>) {
        let kind = record.first().copied().unwrap_or_default();
        if kind >= 0x80 {
            if let Some((hello, greeting)) = record.get(2..).and_then(|hello| message::sslv2_hello(hello, moment)) {
                self.client_hello(end, hello, &greeting);
            }
            return;
        }
        let is_13 = self.is_13();
        let Some(direction) = self.directions.get(end) else { return };
        let sealed =
            kind == content::APPLICATION_DATA || (!is_13 && (direction.changed || (direction.lossy && !is_clear_handshake(&record))));
        if !sealed {
            return self.content(end, kind, HEADER..record.len(), &record, (passage, moment), out);
        }
        if !is_13 && !direction.changed {
            // The capture missed when the keys changed.
            self.change_cipher(end);
            if let Some(direction) = self.directions.get_mut(end) {
                direction.lossy = true;
            }
        }
        self.sealed(end, kind, &mut record, (passage, moment), out);
    }

    fn version(&self) -> Option<TlsVersion> {
        self.agreed.map(|agreed| agreed.version)
    }

    /// Whether it is TLS 1.3, as far as is known: a HelloRetryRequest tells before anything is agreed.
    fn is_13(&self) -> bool {
        match (self.agreed, &self.handshake) {
            (Some(agreed), _) => agreed.version >= TlsVersion::TLS13,
            (None, Some(handshake)) => handshake.is_13(),
            (None, None) => false,
        }
    }

    /// Takes a record under keys.
    fn sealed(&mut self, end: usize, kind: u8, record: &mut [u8], (passage, moment): (Passage, Moment), out: &mut Outlet<'_>) {
        let is_13 = self.is_13();
        let length = declared_length(record);
        let whole = record.len() == HEADER + length;
        if !whole {
            return self.opaque(end, kind, length, moment, out);
        }
        let mut opened = None;
        // In TLS 1.3 a direction may have moved on unseen: refused early data, or a hole.
        for attempt in 0..3 {
            if !self.install(end, moment, out) {
                break;
            }
            let Some(direction) = self.directions.get_mut(end) else { return };
            let copy = (is_13 && direction.stage != Stage::Traffic).then(|| record.to_vec());
            opened = direction.opener.as_mut().and_then(|opener| opener.open(record));
            if opened.is_some() || !is_13 || direction.stage == Stage::Traffic || attempt == 2 {
                break;
            }
            let next = if direction.stage == Stage::Early { Stage::Handshake } else { Stage::Traffic };
            if direction.deaf || (next == Stage::Traffic && !direction.lossy) {
                break;
            }
            let passed = direction.passed;
            direction.enter(next);
            if next == Stage::Traffic {
                // Where in between the keys changed is not known, but a handshake has few records.
                direction.passed = passed.saturating_sub(HANDSHAKE_RECORDS);
            }
            if let Some(copy) = copy {
                record.copy_from_slice(&copy);
            }
        }
        let Some(direction) = self.directions.get_mut(end) else { return };
        let Some(opened) = opened else {
            if direction.deaf {
                // The first record that opens is the first of its keys.
                direction.opener = None;
                return;
            }
            if let Some(opener) = &mut direction.opener {
                opener.lose();
                direction.refused += 1;
                out.anomalies.note(Anomaly::TlsUnopened);
                if direction.refused >= MAX_REFUSED && !self.opened {
                    out.anomalies.note(Anomaly::TlsKeysUnfit);
                    self.keys_are(Keys::Wrong);
                    self.wrong = true;
                    self.directions.iter_mut().for_each(|direction| direction.opener = None);
                } else {
                    direction.inner.gap(FAR, out.framed, out.anomalies);
                }
            }
            return self.opaque(end, kind, length, moment, out);
        };
        direction.refused = 0;
        direction.lossy = false;
        direction.deaf = false;
        if !std::mem::replace(&mut self.opened, true) {
            self.keys_are(Keys::Found);
        }
        if opened.kind == content::APPLICATION_DATA {
            out.totals.bytes += length as u64;
            out.totals.decrypted_bytes += length as u64;
            self.saw_opened = true;
        }
        let hurried = opened.kind != content::ALERT && self.side(end) == Side::Server;
        if is_13 && hurried && self.handshake.as_ref().is_some_and(|handshake| handshake.has_finished(Side::Client)) {
            self.decide(Outcome::Established, moment, None, out);
        }
        self.content(end, opened.kind, opened.content, record, (passage, moment), out);
        if !is_13 && opened.kind == content::HANDSHAKE {
            self.finished(end, moment, out);
        }
    }

    fn keys_are(&mut self, keys: Keys) {
        if let Some(handshake) = &mut self.handshake {
            handshake.set_keys(keys);
        }
    }

    /// Sees that a direction has an opener, if keys are known; whether it has.
    fn install(&mut self, end: usize, moment: Moment, out: &mut Outlet<'_>) -> bool {
        let side = self.side(end);
        let Some(direction) = self.directions.get_mut(end) else { return false };
        if direction.opener.is_some() {
            return true;
        }
        if self.wrong {
            return false;
        }
        let Some(Agreement { version, terms: Some(terms), client_random, server_random }) = self.agreed else { return false };
        let known = |label| client_random.and_then(|random| out.keys.get(&random, label, moment.origin));
        let opener = if version >= TlsVersion::TLS13 {
            direction.opener_13(terms.sealing, side, known)
        } else if let Some(master) = known(Label::Master) {
            let pair = client_random.zip(server_random).and_then(|(client, server)| Opener::pair(terms, master, &server, &client));
            pair.map(|[client, server]| if side == Side::Client { client } else { server })
        } else if terms.sealing.encrypts_nothing() {
            Some(Opener::unkeyed(terms))
        } else {
            None
        };
        let Some(mut opener) = opener else { return false };
        if direction.passed > 0 {
            let is_13 = version >= TlsVersion::TLS13;
            if !is_13 || direction.stage != Stage::Traffic {
                out.anomalies.note_many(Anomaly::TlsKeysLate, direction.passed);
            }
            // Those that were passed over may have been of the handshake, or of what followed.
            direction.lossy |= is_13;
            opener.pass(direction.passed);
        }
        if direction.lossy {
            opener.lose();
        }
        direction.opener = Some(opener);
        true
    }

    /// Takes a record that stays closed.
    fn opaque(&mut self, end: usize, kind: u8, length: usize, moment: Moment, out: &mut Outlet<'_>) {
        let side = self.side(end);
        let is_13 = self.is_13();
        if let Some(direction) = self.directions.get_mut(end) {
            direction.passed = direction.passed.saturating_add(1);
        }
        let Some(handshake) = &mut self.handshake else {
            if kind == content::APPLICATION_DATA {
                self.application(length, out);
            }
            return;
        };
        if is_13 && self.agreed.is_none() {
            // Early data that a HelloRetryRequest refused.
            return;
        }
        if is_13 {
            // Nothing but lengths tells: an alert is shorter than any Finished.
            let alert = length == SEALED_ALERT;
            match side {
                Side::Client if alert && !handshake.has_answered() => {
                    handshake.hidden_alert(side, moment);
                    self.decide(Outcome::Alerted(side), moment, None, out);
                }
                Side::Client if !handshake.has_answered() => handshake.answer(),
                Side::Client => self.application(length, out),
                Side::Server if alert => {
                    handshake.hidden_alert(side, moment);
                    self.decide(Outcome::Alerted(side), moment, None, out);
                }
                Side::Server if handshake.has_answered() => {
                    self.decide(Outcome::Established, moment, None, out);
                    self.application(length, out);
                }
                Side::Server => {}
            }
            return;
        }
        match kind {
            content::HANDSHAKE => self.finished(end, moment, out),
            // Without the answer of the server, the alert may close what was long established.
            content::ALERT if self.agreed.is_some() => {
                handshake.hidden_alert(side, moment);
                self.decide(Outcome::Alerted(side), moment, None, out);
            }
            content::APPLICATION_DATA => {
                self.application(length, out);
                // A client may send before the server has finished (RFC 7918), a server not.
                if side == Side::Server && self.version().is_some() {
                    self.decide(Outcome::Established, moment, None, out);
                }
            }
            _ => {}
        }
    }

    fn application(&mut self, length: usize, out: &mut Outlet<'_>) {
        out.totals.bytes += length as u64;
        self.saw_sealed = true;
    }

    /// A side has sent Finished, in TLS 1.2 and before.
    fn finished(&mut self, end: usize, moment: Moment, out: &mut Outlet<'_>) {
        let side = self.side(end);
        if let Some(handshake) = &mut self.handshake {
            handshake.finish(side);
            if handshake.is_complete() {
                self.decide(Outcome::Established, moment, None, out);
            }
        }
    }

    /// Takes content in the clear, or decrypted.
    fn content(&mut self, end: usize, kind: u8, range: Range<usize>, record: &[u8], at: (Passage, Moment), out: &mut Outlet<'_>) {
        let (passage, moment) = at;
        let octets = record.get(range).unwrap_or_default();
        match kind {
            // In TLS 1.3 it changes nothing (RFC 8446 §D.4).
            content::CHANGE_CIPHER_SPEC if !self.is_13() => self.change_cipher(end),
            content::ALERT => self.alert(end, octets, moment, out),
            content::HANDSHAKE => self.handshake(end, octets, moment, out),
            content::APPLICATION_DATA => {
                let Some(direction) = self.directions.get_mut(end) else { return };
                let before = out.framed.len();
                direction.inner.feed(octets, passage, out.framed, out.anomalies);
                secure(out.framed, before);
                if direction.inner.is_http()
                    && let Some(other) = self.directions.get_mut(1 - end)
                {
                    other.inner.beside_http();
                }
            }
            _ => {}
        }
    }

    fn change_cipher(&mut self, end: usize) {
        if let Some(direction) = self.directions.get_mut(end) {
            direction.changed = true;
            direction.opener = None;
            direction.passed = 0;
            direction.refused = 0;
        }
    }

    fn alert(&mut self, end: usize, octets: &[u8], moment: Moment, out: &mut Outlet<'_>) {
        let side = self.side(end);
        let (Some(handshake), [level, description]) = (&mut self.handshake, octets) else { return };
        if handshake.alert(side, moment, *level, *description) {
            self.decide(Outcome::Alerted(side), moment, None, out);
        }
    }

    /// Puts handshake messages together.
    fn handshake(&mut self, end: usize, octets: &[u8], moment: Moment, out: &mut Outlet<'_>) {
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
            kind::CLIENT_HELLO => message::client_hello(body, moment).map(|(hello, greeting)| {
                self.renegotiate(moment);
                self.client_hello(end, hello, &greeting);
                if self.agreed.is_none() && self.handshake.as_ref().is_some_and(|handshake| handshake.server_random.is_some()) {
                    // It was overtaken by its answer.
                    self.agree();
                    self.flush(out);
                }
            }),
            kind::SERVER_HELLO => {
                message::server_hello(body, moment).map(|(hello, greeting)| self.server_hello(end, hello, &greeting, out))
            }
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

    /// A ClientHello behind a complete handshake begins another (RFC 5246 §7.4.1.1).
    fn renegotiate(&mut self, moment: Moment) {
        if self.handshake.is_none() {
            let [a, b] = self.ends;
            let (client, server) = if self.client == 0 { (a, b) } else { (b, a) };
            self.handshake = Some(Box::new(Handshake::new(client, server, moment)));
        }
    }

    fn client_hello(&mut self, end: usize, hello: super::ClientHello, greeting: &message::Greeting<'_>) {
        let Some(handshake) = &mut self.handshake else { return };
        if !handshake.has_client_hello() && handshake.version().is_none() && self.agreed.is_none() {
            self.client = end;
            let [a, b] = self.ends;
            let (client, server) = if end == 0 { (a, b) } else { (b, a) };
            handshake.name_ends(client, server);
        }
        handshake.client_hello(hello, greeting);
    }

    fn server_hello(&mut self, end: usize, hello: super::ServerHello, greeting: &message::Greeting<'_>, out: &mut Outlet<'_>) {
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

    fn decide(&mut self, outcome: Outcome, moment: Moment, unseen: Option<Side>, out: &mut Outlet<'_>) {
        let Some(handshake) = self.handshake.take() else { return };
        let lineage = handshake.decide(outcome, moment, unseen, out.events);
        // Only where later tickets can be read is it of any use.
        self.lineage = (self.is_13() && self.opened).then_some(lineage);
    }

    /// Octets of a direction are missing.
    pub(in crate::transport) fn gap(&mut self, end: usize, out: &mut Outlet<'_>) {
        if let Some(handshake) = &mut self.handshake {
            handshake.lose();
        }
        let Some(direction) = self.directions.get_mut(end) else { return };
        direction.message = Vec::new();
        direction.lossy = true;
        if let Some(opener) = &mut direction.opener {
            opener.lose();
        }
        let before = out.framed.len();
        direction.inner.gap(FAR, out.framed, out.anomalies);
        secure(out.framed, before);
    }

    /// The connection is over: gives what is left. `unseen` is the end of which the capture holds nothing.
    pub(in crate::transport) fn end(&mut self, ending: Ending, unseen: Option<usize>, moment: Moment, out: &mut Outlet<'_>) {
        self.stop_waiting(out);
        if let Some(handshake) = &self.handshake {
            let answered = handshake.has_answered() || (handshake.is_13() && handshake.has_finished(Side::Client));
            let outcome = if answered {
                Outcome::Established
            } else if !handshake.is_seen() || unseen.is_some() {
                Outcome::Unseen
            } else {
                match ending {
                    Ending::Reset(end) => Outcome::Reset(self.side(end)),
                    Ending::Closed(end) => Outcome::Closed(self.side(end)),
                    Ending::Silent { until, ended } => Outcome::Stalled { until, ended },
                    Ending::Evicted => Outcome::Unseen,
                }
            };
            self.decide(outcome, moment, unseen.map(|end| self.side(end)), out);
        }
        for direction in &mut self.directions {
            if !direction.message.is_empty() && !direction.unreadable {
                out.anomalies.note(Anomaly::TlsHandshakeBroken);
            }
            direction.message = Vec::new();
        }
        out.totals.decrypted += u64::from(std::mem::take(&mut self.saw_opened));
        out.totals.undecrypted += u64::from(std::mem::take(&mut self.saw_sealed));
    }

    /// Gives what is left of the messages that an end sent.
    pub(in crate::transport) fn close(&mut self, end: usize, framed: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        if let Some(direction) = self.directions.get_mut(end) {
            let before = framed.len();
            direction.inner.close(framed, anomalies);
            secure(framed, before);
        }
    }
}

/// What came out of a TLS connection came over it.
fn secure(framed: &mut [Framed], from: usize) {
    for message in framed.iter_mut().skip(from) {
        message.transport = match message.transport {
            Transport::Ws => Transport::Wss,
            Transport::Tcp => Transport::Tls,
            other => other,
        };
    }
}
