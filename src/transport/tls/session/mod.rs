//! Takes the records of both directions of a connection in order, gives the payloads inside as far as keys open them, never a guess at what it could not open.

mod negotiation;
mod under_keys;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use super::connection::{Outcome, Side};
use super::direction::{Direction, Stage};
use super::event::Lineage;
use super::handshake::Handshake;
use super::keylog::{KeyLog, Label};
use super::message;
use super::outlet::{Ending, Outlet};
use super::protection::Agreed;
use super::record::{HEADER, content, is_clear_handshake};
use super::{Moment, TlsVersion};
use crate::base::{Anomalies, Anomaly, Endpoint, Transport};
use crate::transport::stream::{Framed, Passage};
use crate::transport::{Seal, Sealed};

/// Octets of records that wait for the hello of the other side.
const MAX_WAITING: usize = 64 << 10;

/// More than any message: behind lost records, the inner stream looks for a new begin.
const FAR: u64 = 1 << 32;

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
    /// Whether a handshake was complete.
    established: bool,
    waiting: VecDeque<Waiting>,
    waiting_octets: usize,
    /// Whether nothing is waited for any more.
    hopeless: bool,
    /// Whether the secrets that were found open nothing.
    wrong: bool,
    opened: bool,
    saw_opened: bool,
    saw_sealed: bool,
    /// What nobody could open of it.
    sealed: Sealed,
}

/// What the hellos agreed.
#[derive(Clone, Copy)]
struct Agreement {
    version: TlsVersion,
    suite: u16,
    /// Whether what is sent is compressed before it is sealed.
    compressed: bool,
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
            established: false,
            waiting: VecDeque::new(),
            waiting_octets: 0,
            hopeless: midstream,
            wrong: false,
            opened: false,
            saw_opened: false,
            saw_sealed: false,
            sealed: Sealed::default(),
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

    fn decide(&mut self, outcome: Outcome, moment: Moment, unseen: Option<Side>, out: &mut Outlet<'_>) {
        let Some(handshake) = self.handshake.take() else { return };
        self.established = outcome == Outcome::Established;
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
        if std::mem::take(&mut self.saw_sealed) {
            out.totals.undecrypted += 1;
            let why = self.why_sealed(unseen.is_some(), out.keys);
            *out.totals.undecrypted_by.entry(why).or_default() += 1;
            let sealed = Sealed { connections: 1, ..std::mem::take(&mut self.sealed) };
            let [client, server] = [self.client, 1 - self.client].map(|end| self.ends.get(end).map(|end| end.ip));
            if let Some((client, server)) = client.zip(server) {
                out.sealed.add(Seal::Tls, client, server, &sealed);
            }
        }
    }

    /// Why nobody could open what it carried.
    fn why_sealed(&self, one_sided: bool, keys: &KeyLog) -> Cow<'static, str> {
        let Some(agreed) = &self.agreed else {
            return if one_sided { "one direction is not in the capture" } else { "the handshake is not in the capture" }.into();
        };
        if agreed.version < TlsVersion::TLS10 {
            return agreed.version.to_string().into();
        }
        if agreed.terms.is_none() {
            return if agreed.compressed { "compression".into() } else { super::sealing::name(agreed.suite).into() };
        }
        let known = agreed.client_random.is_some_and(|random| keys.has(&random));
        match (self.wrong, known) {
            (true, _) => "its keys do not fit",
            (false, true) => "some records could not be opened",
            (false, false) => "no key",
        }
        .into()
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
