//! Takes a message as text with what was agreed and what is known of its call, gives a rule's verdict on it, never anything outside tests.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::certified::{Certified, ClientShown};
use super::{Addresses, Check, Kind, MessageSubject, Passports, Recalled, Repertoire, Rule, Verdict};
use crate::base::{Endpoint, Origin, Transport};
use crate::call::Place;
use crate::policy::{Agreed, Clause, Level, LevelTable, Party, Peer, Policy, Prefixes, Provenance, Role, Sbe, Terms};
use crate::sdp::{self, Description, SdpRole};
use crate::sip::{Arrival, HeaderName, parse};
use crate::transport::Envelope;

/// A message on its way from alpha (192.0.2.17:5060) to bravo (198.51.100.33:5060) over UDP, well-formed until a test says otherwise.
/// Nothing is agreed and no peers are declared until a test says so.
pub(super) struct Scene {
    start: String,
    headers: Vec<String>,
    body: String,
    /// How many octets of the message the capture holds.
    kept: usize,
    /// What stands in Content-Length instead of the length of the body.
    length: Option<Option<String>>,
    pub(super) envelope: Envelope,
    pub(super) place: Place,
    pub(super) terms: Terms,
    pub(super) policy: Policy,
    pub(super) from: Party,
    pub(super) to: Party,
    pub(super) session_from: Party,
    pub(super) session_to: Party,
    certified: Certified,
    pub(super) recalled: Recalled,
}

impl Scene {
    /// An initial request.
    pub(super) fn request(method: &str) -> Self {
        Self::of(format!("{method} sip:+442079460000@edge.bravo.example SIP/2.0"), method, &["Max-Forwards: 70"])
    }

    /// A response to an initial request, on its way from bravo back to alpha.
    pub(super) fn response(code: u16, method: &str) -> Self {
        let mut scene = Self::of(format!("SIP/2.0 {code} Whatever"), method, &[]).set("To: <sip:+442079460000@edge.bravo.example>;tag=b1");
        std::mem::swap(&mut scene.envelope.source, &mut scene.envelope.destination);
        std::mem::swap(&mut scene.from, &mut scene.to);
        scene.place.matched = true;
        scene.place.from_caller = Some(false);
        scene
    }

    fn of(start: String, method: &str, more: &[&str]) -> Self {
        let headers = [
            "Via: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bK776asdhds",
            "From: \"A\" <sip:+4930123456@sbc1.alpha.example>;tag=a1",
            "To: <sip:+442079460000@edge.bravo.example>",
            "Call-ID: a84b4c76e66710@sbc1.alpha.example",
            &format!("CSeq: 1 {method}"),
            "Contact: <sip:192.0.2.17:5060>",
        ];
        let (source, destination) = (endpoint("192.0.2.17:5060"), endpoint("198.51.100.33:5060"));
        let (from, to) = (Party::Host(source.ip), Party::Host(destination.ip));
        Self {
            start,
            headers: headers.iter().chain(more).map(|h| (*h).to_owned()).collect(),
            body: String::new(),
            kept: usize::MAX,
            length: None,
            envelope: Envelope { source, destination, ..Envelope::default() },
            place: Place { from_caller: Some(true), method: Some(crate::sip::Method::of(method.as_bytes())), ..Place::default() },
            terms: Terms::default(),
            policy: Policy::baseline(),
            from,
            to,
            session_from: from,
            session_to: to,
            certified: Certified::default(),
            recalled: Recalled::default(),
        }
    }

    /// With another start line.
    pub(super) fn start(mut self, line: &str) -> Self {
        line.clone_into(&mut self.start);
        self
    }

    /// With one more header line.
    pub(super) fn add(mut self, header: &str) -> Self {
        self.headers.push(header.to_owned());
        self
    }

    /// With a header line instead of those of the same name.
    pub(super) fn set(self, header: &str) -> Self {
        let name = header.split(':').next().unwrap_or_default().to_owned();
        self.without(&name).add(header)
    }

    /// Without the header lines of this name.
    pub(super) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|h| h.split(':').next() != Some(name));
        self
    }

    /// With an SDP body; lines end in `\n` here.
    pub(super) fn sdp(self, body: &str) -> Self {
        self.body("application/sdp", &body.replace('\n', "\r\n"))
    }

    /// With an SDP body that its call knows as an offer.
    pub(super) fn offer(self, body: &str) -> Self {
        self.sdp(body).placed(|p| p.sdp_role = Some(SdpRole::Offer))
    }

    /// With a body.
    pub(super) fn body(mut self, content_type: &str, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self.set(&format!("Content-Type: {content_type}"))
    }

    /// What was agreed.
    pub(super) fn agreed(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(&mut self.terms);
        self
    }

    /// With only its first `octets` in the capture.
    pub(super) fn cut_to(mut self, octets: usize) -> Self {
        self.kept = octets;
        self.came(|e| e.cut = true)
    }

    /// Without a Content-Length, or with one that does not measure the body.
    pub(super) fn unmeasured(mut self, value: Option<&str>) -> Self {
        self.length = Some(value.map(str::to_owned));
        self
    }

    /// What its call says of it.
    pub(super) fn placed(mut self, change: impl FnOnce(&mut Place)) -> Self {
        change(&mut self.place);
        self
    }

    /// What the client of its TLS connection showed.
    pub(super) fn shown_by(mut self, client: ClientShown) -> Self {
        let before = std::mem::replace(&mut self.envelope.origin.serial, 1);
        let at = Origin { serial: before, ..self.envelope.origin };
        self.certified.learn(self.envelope.source, self.envelope.destination, at, client);
        self
    }

    /// How it came.
    pub(super) fn came(mut self, change: impl FnOnce(&mut Envelope)) -> Self {
        change(&mut self.envelope);
        self
    }

    /// With the peers alpha and bravo declared, changed as the test needs.
    pub(super) fn declared(mut self, change: impl FnOnce(&mut [Peer])) -> Self {
        self.policy.peers = vec![
            peer("alpha", "alpha.example", "sbc1.alpha.example", "192.0.2.16/29"),
            peer("bravo", "bravo.example", "edge.bravo.example", "198.51.100.32/28"),
        ];
        change(&mut self.policy.peers);
        let owner = |e: Endpoint| {
            let at = self.policy.peers.iter().position(|p| p.sbe_at(e.ip).is_some());
            at.map_or(Party::Unknown, |i| Party::Declared(u16::try_from(i).unwrap()))
        };
        (self.from, self.to) = (owner(self.envelope.source), owner(self.envelope.destination));
        (self.session_from, self.session_to) =
            if self.place.from_caller == Some(false) { (self.to, self.from) } else { (self.from, self.to) };
        self
    }

    /// The message as it stands on the wire.
    pub(super) fn text(&self) -> String {
        let head: String = self.headers.iter().map(|h| format!("{h}\r\n")).collect();
        let length = match &self.length {
            None => format!("Content-Length: {}\r\n", self.body.len()),
            Some(Some(odd)) => format!("Content-Length: {odd}\r\n"),
            Some(None) => String::new(),
        };
        format!("{}\r\n{head}{length}\r\n{}", self.start, self.body)
    }

    /// The message as it arrives, and its SDP.
    fn arrival(&self) -> (Arrival, Option<Description>) {
        let mut text = self.text().into_bytes();
        text.truncate(self.kept);
        let message = parse(&text, self.envelope.transport.is_reliable()).expect("the scene holds no SIP");
        let content_type = message.get(HeaderName::ContentType).unwrap_or_default();
        let sdp = sdp::find(&content_type, message.body()).map(|body| Description::parse(body).cut_short(self.envelope.cut));
        (Arrival { envelope: self.envelope, message, ..Arrival::default() }, sdp)
    }

    /// Adds what it shows of its sender.
    pub(super) fn shows(&self, repertoire: &mut Repertoire) {
        let (arrival, sdp) = self.arrival();
        repertoire.hear(&arrival, &self.place, sdp.as_ref(), true);
    }

    /// What `rule` says of it.
    pub(super) fn judge(&self, rule: &Rule) -> Verdict {
        let found =
            rule.checks().iter().find_map(|check| if let Check::Message(kind, check) = *check { Some((kind, check)) } else { None });
        let (spoken_of, check) = found.unwrap_or_else(|| panic!("{} looks at no message", rule.id));
        let (arrival, sdp) = self.arrival();
        let read = Addresses::default();
        let verdict = check(&MessageSubject {
            arrival: &arrival,
            place: &self.place,
            sdp: sdp.as_ref(),
            policy: &self.policy,
            from: self.from,
            to: self.to,
            terms: &self.terms,
            session_from: self.session_from,
            session_to: self.session_to,
            read: &read,
            signed: &Passports::default(),
            recalled: self.recalled,
            certified: &self.certified,
        });
        let asked = Kind::of(&arrival.message, &self.place, sdp.is_some()).is(spoken_of);
        assert!(asked || verdict == Verdict::NotApplicable, "{} is not asked and says {verdict:?}", rule.id);
        verdict
    }
}

/// The endpoint that `text` names.
pub(super) fn endpoint(text: &str) -> Endpoint {
    let at: std::net::SocketAddr = text.parse().unwrap();
    Endpoint::new(at.ip(), at.port())
}

/// Where the tests' clauses stand.
pub(super) fn provenance() -> Arc<Provenance> {
    Arc::new(Provenance { source: "policy.toml".into(), line: Some(7), path: "test".into() })
}

/// `value` as agreed.
pub(super) fn clause<T>(value: T) -> Clause<T> {
    Clause::new(value, provenance())
}

/// `value` as agreed, where terms may say nothing.
#[allow(clippy::unnecessary_wraps)]
pub(super) fn agreed<T>(value: T) -> Agreed<T> {
    Some(clause(value))
}

/// A level table.
pub(super) fn levels(entries: &[(&str, Level)], default: Option<Level>) -> LevelTable {
    let entries: BTreeMap<_, _> = entries.iter().map(|&(name, level)| (name.to_owned(), clause(level))).collect();
    LevelTable { entries, default: default.map(clause) }
}

/// A peer with one SBE that takes UDP and TCP on 5060 and does everything for everyone.
pub(super) fn peer(id: &str, domain: &str, fqdn: &str, prefix: &str) -> Peer {
    let sbe = Sbe {
        name: format!("{id}-sbe"),
        fqdn: vec![fqdn.to_owned()],
        addresses: vec![prefix.parse().unwrap()],
        ports: [(Transport::Udp, vec![5060]), (Transport::Tcp, vec![5060])].into(),
        roles: vec![Role::Ingress, Role::Egress],
        for_peers: Vec::new(),
        from: provenance(),
    };
    Peer {
        id: id.to_owned(),
        name: id.to_owned(),
        ssp_domains: vec![domain.to_owned()],
        tls_identities: Vec::new(),
        transit_for: Vec::new(),
        contact: None,
        sbe: vec![sbe],
        dbe: Vec::new(),
        e164_prefixes: Prefixes::default(),
        trunk_groups: Vec::new(),
        from: provenance(),
    }
}

/// What a verdict observed, breach by breach; empty where it is no violation.
pub(super) fn observed(verdict: &Verdict) -> Vec<&str> {
    match verdict {
        Verdict::Violation(breaches) => breaches.iter().map(|b| &*b.observed).collect(),
        _ => Vec::new(),
    }
}
