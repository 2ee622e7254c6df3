//! Takes what a test wants of a TLS connection or a certificate, gives a rule's verdict on it, never anything outside of tests.

use std::sync::Arc;

use crate::base::{Endpoint, Origin, Time, seconds};
use crate::call::Trace;
use crate::certificate::workshop::Draft;
use crate::certificate::{Anchors, Presented};
use crate::policy::{Peer, Policy, Terms};
use crate::rules::scene::{endpoint, peer};
use crate::rules::{CertificateSubject, Check, ConnectionSubject, Rule, Verdict};
use crate::transport::TlsConnection;
use crate::transport::tls::{
    ClientHello, EarlyData, Group, KeyExchange, Keys, Moment, Outcome, Resumption, ServerHello, Side, Sight, TlsVersion,
};

/// 2026-06-01T00:00:00Z.
pub(crate) const JUNE: Time = Time(seconds(1_780_272_000));

/// A frame of the handshake.
pub(crate) fn moment(frame: u32) -> Moment {
    let time = JUNE.plus(seconds(i64::from(frame)));
    Moment { origin: Origin { serial: u64::from(frame), capture: 0, frame }, time, clock: time }
}

/// A full handshake from alpha to bravo that nobody can object to: TLS 1.2 with mutual authentication. A test changes what it is about.
pub(crate) struct Handshake {
    pub(crate) tls: TlsConnection,
    pub(crate) terms: Terms,
    pub(crate) policy: Policy,
}

impl Handshake {
    pub(crate) fn new() -> Self {
        let chain = Sight::Seen(Arc::from([Draft::for_host("edge.bravo.example").self_signed()]));
        let tls = TlsConnection {
            client: endpoint("192.0.2.17:40000"),
            server: endpoint("198.51.100.33:5061"),
            begun: moment(4),
            client_hello: Some(Box::new(ClientHello {
                at: moment(4),
                version: TlsVersion::TLS12,
                suites: vec![0xC02F],
                server_name: Some("edge.bravo.example".into()),
                secure_renegotiation: true,
                ..ClientHello::default()
            })),
            server_hello: Some(ServerHello {
                at: moment(6),
                version: TlsVersion::TLS12,
                suite: 0xC02F,
                secure_renegotiation: true,
                ..ServerHello::default()
            }),
            alpn: Sight::Absent,
            server_chain: chain.clone(),
            certificate_request: Sight::Seen(()),
            client_chain: chain,
            // secp256r1 with rsa_pss_rsae_sha256.
            key_exchange: Sight::Seen(KeyExchange { group: Group::Named(23), signature: Some(0x0804) }),
            server_signature: Sight::Absent,
            client_signature: Sight::Seen(0x0804),
            resumption: Resumption::No,
            early_data: EarlyData::NotOffered,
            alerts: Vec::new(),
            outcome: Outcome::Established,
            decided: moment(9),
            unseen_side: None,
            keys: Keys::Missing,
        };
        let policy = declared();
        Self { tls, terms: Terms::default(), policy }
    }

    /// TLS 1.3 without keys.
    pub(crate) fn hidden() -> Self {
        Self::new().with(|tls| {
            if let Some(hello) = &mut tls.server_hello {
                (hello.version, hello.suite) = (TlsVersion::TLS13, 0x1301);
            }
            (tls.server_chain, tls.client_chain, tls.certificate_request) = (Sight::Hidden, Sight::Hidden, Sight::Hidden);
            (tls.server_signature, tls.client_signature, tls.alpn) = (Sight::Hidden, Sight::Hidden, Sight::Hidden);
            tls.key_exchange = Sight::Seen(KeyExchange { group: Group::Named(29), signature: None });
        })
    }

    /// One that came no further than the ClientHello.
    pub(crate) fn unanswered(outcome: Outcome) -> Self {
        Self::new().with(|tls| {
            tls.server_hello = None;
            (tls.server_chain, tls.client_chain, tls.certificate_request) = (Sight::Unseen, Sight::Unseen, Sight::Unseen);
            (tls.key_exchange, tls.client_signature) = (Sight::Unseen, Sight::Unseen);
            tls.outcome = outcome;
        })
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut TlsConnection)) -> Self {
        change(&mut self.tls);
        self
    }

    pub(crate) fn server(self, change: impl FnOnce(&mut ServerHello)) -> Self {
        self.with(|tls| change(tls.server_hello.as_mut().unwrap()))
    }

    pub(crate) fn client(self, change: impl FnOnce(&mut ClientHello)) -> Self {
        self.with(|tls| change(tls.client_hello.as_mut().unwrap()))
    }

    pub(crate) fn agreed(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(&mut self.terms);
        self
    }

    pub(crate) fn judge(&self, rule: &Rule) -> Verdict {
        let Check::Connection(check) = rule.check else { panic!("{} looks at no connection", rule.id) };
        let party = |e: Endpoint| owner(&self.policy, e);
        check(&ConnectionSubject {
            tls: &self.tls,
            policy: &self.policy,
            client: party(self.tls.client),
            server: party(self.tls.server),
            terms: &self.terms,
        })
    }
}

/// A certificate that bravo's server showed alpha's client on 2026-06-01, unless a test says that it was the client's. The capture ended
/// an hour later.
pub(crate) struct Showing {
    pub(crate) chain: Vec<Box<[u8]>>,
    pub(crate) side: Side,
    pub(crate) anchors: Option<Anchors>,
    pub(crate) hidden: Option<Verdict>,
    pub(crate) at: Time,
    pub(crate) terms: Terms,
    pub(crate) policy: Policy,
}

impl Showing {
    pub(crate) fn of(draft: &Draft<'_>) -> Self {
        Self::chain(&[&draft.self_signed()])
    }

    pub(crate) fn chain(chain: &[&[u8]]) -> Self {
        let policy = declared();
        let chain = chain.iter().map(|der| (*der).into()).collect();
        Self { chain, side: Side::Server, anchors: None, hidden: None, at: JUNE, terms: Terms::default(), policy }
    }

    pub(crate) fn by(mut self, side: Side) -> Self {
        self.side = side;
        self
    }

    pub(crate) fn agreed(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(&mut self.terms);
        self
    }

    pub(crate) fn hidden_by(mut self, verdict: Verdict) -> Self {
        self.hidden = Some(verdict);
        self
    }

    pub(crate) fn judge(&self, rule: &Rule) -> Verdict {
        let Check::Certificate(check) = rule.check else { panic!("{} looks at no certificate", rule.id) };
        let presented = Presented::read(&self.chain);
        let trust = self.anchors.as_ref().map(|anchors| anchors.judge(&presented));
        let first = Trace { first: self.at, last: self.at, ..Trace::default() };
        let lapsed = presented.lapsed(&presented.line(trust.as_ref()), self.at).map(|_| &first);
        check(&CertificateSubject {
            side: self.side,
            shown: self.hidden.as_ref().map_or(Ok(&presented), Err),
            trust: trust.as_ref(),
            first: &first,
            lapsed,
            end: self.at.plus(seconds(3600)),
            policy: &self.policy,
            client: owner(&self.policy, endpoint("192.0.2.17:40000")),
            server: owner(&self.policy, endpoint("198.51.100.33:5061")),
            terms: &self.terms,
        })
    }
}

/// The baseline with alpha and bravo declared.
fn declared() -> Policy {
    let mut policy = Policy::baseline();
    let alpha = peer("alpha", "alpha.example", "sbc1.alpha.example", "192.0.2.16/29");
    let bravo = peer("bravo", "bravo.example", "edge.bravo.example", "198.51.100.32/28");
    let identified = |peer: Peer, name: &str| Peer { tls_identities: vec![name.to_owned()], ..peer };
    policy.peers = vec![identified(alpha, "sbc.alpha.example"), identified(bravo, "edge.bravo.example")];
    policy
}

fn owner(policy: &Policy, end: Endpoint) -> crate::policy::Party {
    let at = policy.peers.iter().position(|p| p.sbe_at(end.ip).is_some()).unwrap();
    crate::policy::Party::Declared(u16::try_from(at).unwrap())
}
