//! Takes the messages of one handshake, gives what they come to as a connection, never opens a record.

use std::sync::Arc;

use super::connection::{Alert, EarlyData, Group, KeyExchange, Keys, Outcome, Resumption, Side, TlsConnection};
use super::event::{Kind, Lineage, Parentage, TlsEvent};
use super::keylog::Random;
use super::message::{self, kind};
use super::name::Name;
use super::{ClientHello, Contact, Moment, ServerHello, Sight, TlsVersion};
use crate::base::Endpoint;

/// Alerts that are kept of one handshake.
const MAX_ALERTS: usize = 8;

/// Tickets that are kept of one handshake.
const MAX_TICKETS: usize = 8;

/// RFC 8446 §6.1: the alerts that end nothing by force.
const CLOSE_NOTIFY: u8 = 0;
const USER_CANCELED: u8 = 90;

/// A handshake as far as it was seen.
pub(super) struct Handshake {
    tls: Box<TlsConnection>,
    pub(super) client_random: Option<Random>,
    pub(super) server_random: Option<Random>,
    /// By what the client would resume: its session id, its ticket, its pre-shared keys.
    id: Vec<u8>,
    ticket: Option<Name>,
    identities: Vec<Name>,
    /// The session id of the server, and the pre-shared key that it took.
    chosen_id: Vec<u8>,
    chosen_identity: Option<Name>,
    granted: Vec<Name>,
    /// Whether the server has said all that it says before the client answers (ServerHelloDone).
    asked: bool,
    /// Whether each side has sent Finished.
    finished: [bool; 2],
    /// In TLS 1.3 without keys: whether the client has answered the server's flight.
    answered: bool,
    /// Whether a part of it may be missing.
    gap: bool,
    /// Whether its secrets open its records.
    keys: Keys,
}

const fn index(side: Side) -> usize {
    match side {
        Side::Client => 0,
        Side::Server => 1,
    }
}

impl Handshake {
    /// A handshake before its first message.
    pub(super) fn new(client: Endpoint, server: Endpoint, begun: Moment) -> Self {
        let tls = TlsConnection {
            client,
            server,
            begun,
            client_hello: None,
            server_hello: None,
            alpn: Sight::Unseen,
            server_chain: Sight::Unseen,
            certificate_request: Sight::Unseen,
            client_chain: Sight::Unseen,
            key_exchange: Sight::Unseen,
            server_signature: Sight::Unseen,
            client_signature: Sight::Unseen,
            resumption: Resumption::Unknown,
            early_data: EarlyData::NotOffered,
            alerts: Vec::new(),
            outcome: Outcome::Unseen,
            decided: begun,
            unseen_side: None,
            keys: Keys::Missing,
        };
        Self {
            tls: Box::new(tls),
            client_random: None,
            server_random: None,
            id: Vec::new(),
            ticket: None,
            identities: Vec::new(),
            chosen_id: Vec::new(),
            chosen_identity: None,
            granted: Vec::new(),
            asked: false,
            finished: [false; 2],
            answered: false,
            gap: false,
            keys: Keys::Missing,
        }
    }

    /// What it costs in memory, about.
    pub(super) fn held(&self) -> usize {
        let chain = |sight: &Sight<super::connection::Chain>| sight.seen().map_or(0, |chain| chain.iter().map(|c| c.len() + 16).sum());
        let hello = self.tls.client_hello.as_ref().map_or(0, |hello| 512 + 2 * hello.suites.len() + 4 * hello.groups.len());
        size_of::<Self>() + size_of::<TlsConnection>() + hello + chain(&self.tls.server_chain) + chain(&self.tls.client_chain)
    }

    /// Corrects who is who: nothing but a hello tells.
    pub(super) fn name_ends(&mut self, client: Endpoint, server: Endpoint) {
        (self.tls.client, self.tls.server) = (client, server);
    }

    pub(super) fn server_hello(&self) -> Option<&ServerHello> {
        self.tls.server_hello.as_ref()
    }

    /// The version that was agreed, once it was.
    pub(super) fn version(&self) -> Option<TlsVersion> {
        self.tls.server_hello.as_ref().map(|hello| hello.version)
    }

    pub(super) fn is_13(&self) -> bool {
        self.version().is_some_and(|version| version >= TlsVersion::TLS13)
    }

    pub(super) fn has_client_hello(&self) -> bool {
        self.tls.client_hello.is_some()
    }

    /// Whether the client sends early data, and the server has not said yet what it does with it.
    pub(super) fn may_accept_early_data(&self) -> bool {
        self.tls.early_data == EarlyData::Hidden
    }

    /// Whether the server refused it.
    pub(super) fn refuses_early_data(&self) -> bool {
        self.tls.early_data == EarlyData::Refused
    }

    /// Whether a side has sent Finished.
    pub(super) const fn has_finished(&self, side: Side) -> bool {
        self.finished[index(side)]
    }

    pub(super) const fn has_answered(&self) -> bool {
        self.answered
    }

    pub(super) fn answer(&mut self) {
        self.answered = true;
    }

    pub(super) fn finish(&mut self, side: Side) {
        self.finished[index(side)] = true;
    }

    /// Whether both sides have sent Finished.
    pub(super) const fn is_complete(&self) -> bool {
        self.finished[0] && self.finished[1]
    }

    pub(super) fn lose(&mut self) {
        self.gap = true;
    }

    /// Says whether secrets were found and serve.
    pub(super) fn set_keys(&mut self, keys: Keys) {
        self.keys = keys;
    }

    pub(super) fn client_hello(&mut self, hello: ClientHello, greeting: &message::Greeting<'_>) {
        self.client_random = Some(greeting.random);
        self.id = greeting.session_id.into();
        self.ticket = Name::of_ticket(greeting.ticket);
        self.identities = greeting.identities.iter().filter_map(|identity| Name::of_ticket(identity)).collect();
        self.tls.early_data = if hello.early_data || self.tls.early_data != EarlyData::NotOffered {
            // A HelloRetryRequest refuses what the first ClientHello brought (RFC 8446 §4.2.10).
            if hello.early_data { EarlyData::Hidden } else { EarlyData::Refused }
        } else {
            EarlyData::NotOffered
        };
        self.tls.client_hello = Some(Box::new(hello));
    }

    /// Takes a ServerHello; whether it asks for another ClientHello instead.
    pub(super) fn greet(&mut self, mut hello: ServerHello, greeting: &message::Greeting<'_>) -> bool {
        if greeting.retry {
            hello.retried = true;
            self.tls.server_hello = Some(hello);
            return true;
        }
        hello.retried = self.tls.server_hello.as_ref().is_some_and(|before| before.retried);
        self.server_random = Some(greeting.random);
        self.chosen_id = greeting.session_id.into();
        if hello.version >= TlsVersion::TLS13 {
            self.tls.resumption = if hello.pre_shared_key { Resumption::Of(None) } else { Resumption::No };
            self.chosen_identity = greeting.identity.and_then(|n| self.identities.get(usize::from(n))).copied();
            self.tls.key_exchange =
                greeting.group.map_or(Sight::Absent, |group| Sight::Seen(KeyExchange { group: Group::Named(group), signature: None }));
        } else {
            self.tls.alpn = greeting.alpn.clone().map_or(Sight::Absent, Sight::Seen);
            self.tls.early_data = EarlyData::NotOffered;
        }
        self.tls.server_hello = Some(hello);
        false
    }

    /// Takes a message behind the hellos. `None`: not all of it can be read.
    pub(super) fn take(&mut self, side: Side, of: u8, body: &[u8]) -> Option<()> {
        let Some((version, suite)) = self.tls.server_hello.as_ref().map(|hello| (hello.version, hello.suite)) else {
            // Nothing comes before the hello of the server but that of the client: the capture lacks it, or has the two directions out of order.
            self.gap = true;
            return Some(());
        };
        match (of, side) {
            (kind::ENCRYPTED_EXTENSIONS, Side::Server) => {
                let (alpn, early) = message::encrypted_extensions(body);
                self.tls.alpn = alpn.map_or(Sight::Absent, Sight::Seen);
                if self.tls.early_data == EarlyData::Hidden {
                    self.tls.early_data = if early { EarlyData::Accepted } else { EarlyData::Refused };
                }
            }
            (kind::CERTIFICATE, side) => {
                let (chain, whole) = message::certificates(body, version)?;
                match side {
                    Side::Client => self.tls.client_chain = Sight::Seen(chain),
                    Side::Server => self.tls.server_chain = Sight::Seen(chain),
                }
                whole.then_some(())?;
            }
            (kind::SERVER_KEY_EXCHANGE, Side::Server) if message::has_key_exchange(suite) => {
                self.tls.key_exchange = Sight::Seen(message::key_exchange(body, suite, version)?);
            }
            (kind::CERTIFICATE_REQUEST, Side::Server) => self.tls.certificate_request = Sight::Seen(()),
            (kind::SERVER_HELLO_DONE, Side::Server) => self.asked = true,
            (kind::CERTIFICATE_VERIFY, side) => {
                let scheme = message::verify_scheme(body, version).map_or(Sight::Absent, Sight::Seen);
                match side {
                    Side::Client => self.tls.client_signature = scheme,
                    Side::Server => self.tls.server_signature = scheme,
                }
            }
            (kind::NEW_SESSION_TICKET, Side::Server) => {
                let name = Name::of_ticket(message::new_ticket(body, version)?);
                if self.granted.len() < MAX_TICKETS {
                    self.granted.extend(name);
                }
            }
            _ => {}
        }
        Some(())
    }

    /// Takes an alert; whether it ends the connection by force.
    pub(super) fn alert(&mut self, from: Side, at: Moment, level: u8, description: u8) -> bool {
        let fatal = if self.is_13() || level > 2 { !matches!(description, CLOSE_NOTIFY | USER_CANCELED) } else { level == 2 };
        self.note(Alert { at, from, fatal, description: Sight::Seen(description) });
        fatal
    }

    /// Takes an alert that cannot be read.
    pub(super) fn hidden_alert(&mut self, from: Side, at: Moment) {
        self.note(Alert { at, from, fatal: false, description: Sight::Hidden });
    }

    fn note(&mut self, alert: Alert) {
        if self.tls.alerts.len() == MAX_ALERTS {
            self.tls.alerts.pop();
        }
        self.tls.alerts.push(alert);
    }

    /// Whether it can be told what came of it, if nothing more comes.
    pub(super) fn is_seen(&self) -> bool {
        !self.gap && self.has_client_hello()
    }

    /// It is decided: gives its events, and from where sessions come that it grants later.
    pub(super) fn decide(mut self, outcome: Outcome, decided: Moment, unseen_side: Option<Side>, events: &mut Vec<TlsEvent>) -> Lineage {
        self.tls.outcome = outcome;
        self.tls.decided = decided;
        self.tls.unseen_side = unseen_side;
        self.tls.keys = match self.tls.server_hello.as_ref() {
            Some(hello) if super::sealing::encrypts_nothing(hello.suite) => Keys::NotNeeded,
            _ => self.keys,
        };
        let done = outcome == Outcome::Established && !self.gap;
        if self.is_13() {
            self.settle_13(done)
        } else {
            self.settle_12(done)
        }
        let Self { tls, id, ticket, identities: _, chosen_id, chosen_identity, granted, .. } = self;
        let resumed = matches!(tls.resumption, Resumption::Of(_));
        let is_13 = tls.server_hello.as_ref().is_some_and(|hello| hello.version >= TlsVersion::TLS13);
        let id_name = |id: &[u8]| if is_13 { None } else { Name::of_id(tls.server, id) };
        let lineage = if resumed {
            let by_id = (id == chosen_id).then(|| id_name(&id)).flatten();
            let by_ticket = if is_13 { chosen_identity } else { ticket };
            Lineage::Inherited([by_id, by_ticket].into_iter().flatten().collect())
        } else {
            Lineage::Own(Arc::new(Parentage {
                hello: tls.client_hello.as_ref().map(|hello| hello.at),
                server_chain: tls.server_chain.clone(),
                certificate_request: tls.certificate_request,
                client_chain: tls.client_chain.clone(),
            }))
        };
        if outcome == Outcome::Established {
            let id = if resumed { None } else { id_name(&chosen_id) };
            for name in granted.into_iter().chain(id) {
                events.push(TlsEvent(Kind::Grant { at: decided, name, lineage: lineage.clone() }));
            }
        }
        let resumes = if let Lineage::Inherited(names) = &lineage { Some(Arc::clone(names)) } else { None };
        events.push(TlsEvent(Kind::Contact { contact: Contact::Tls(tls), resumes }));
        lineage
    }

    /// What of a handshake before TLS 1.3 was not there, where its place was seen.
    fn settle_12(&mut self, done: bool) {
        let tls = &mut *self.tls;
        if self.gap || tls.server_hello.is_none() {
            return;
        }
        if self.asked {
            tls.resumption = Resumption::No;
            absent(&mut tls.server_chain);
            absent(&mut tls.key_exchange);
            absent(&mut tls.certificate_request);
            // SSL 3.0 answers a request by an alert where there is no certificate (RFC 6101 §5.6.6).
            if tls.certificate_request.is_absent() || done {
                absent(&mut tls.client_chain);
            }
            if done {
                absent(&mut tls.client_signature);
            }
        } else if done {
            // The server went on to its Finished without asking the client for anything.
            tls.resumption = Resumption::Of(None);
            absent(&mut tls.key_exchange);
            absent(&mut tls.client_signature);
        }
        // The message says who it is from only in TLS 1.3.
        absent(&mut tls.server_signature);
    }

    /// The same in TLS 1.3, which hides it without keys.
    fn settle_13(&mut self, done: bool) {
        let found = self.keys == Keys::Found;
        let resumed = matches!(self.tls.resumption, Resumption::Of(_));
        let tls = &mut *self.tls;
        if !found {
            hide(&mut tls.alpn);
            hide(&mut tls.server_chain);
            hide(&mut tls.certificate_request);
            hide(&mut tls.client_chain);
            hide(&mut tls.server_signature);
            hide(&mut tls.client_signature);
        } else if done {
            absent(&mut tls.alpn);
            absent(&mut tls.server_signature);
            absent(&mut tls.client_signature);
            // A resumed session has those of the session before.
            if !resumed {
                absent(&mut tls.server_chain);
                absent(&mut tls.certificate_request);
                absent(&mut tls.client_chain);
            }
        }
    }
}

fn absent<T>(sight: &mut Sight<T>) {
    if matches!(sight, Sight::Unseen) {
        *sight = Sight::Absent;
    }
}

fn hide<T>(sight: &mut Sight<T>) {
    if matches!(sight, Sight::Unseen) {
        *sight = Sight::Hidden;
    }
}
