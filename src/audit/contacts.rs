//! Takes TLS connections and attempts at them in the order of the capture, gives what they came to together, never keeps one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use super::certificates::{self, Certificates, Shower, Shown};
use super::judge::{Judge, Matter};
use super::reaches::Reaches;
use super::sides::Sides;
use crate::base::{Anomalies, Origin, Time, Transport};
use crate::policy::{Party, Policy, Terms};
use crate::rules::{Certified, ConnectionSubject, Verdict};
use crate::transport::TlsConnection;
use crate::transport::tls::{Contact, Outcome, Resumption, Side};

/// The registered port of SIP over TLS (RFC 3261 §19.1.2), where none was agreed.
const SIPS: u16 = 5061;

/// What the connections of a capture came to.
#[derive(Debug, Default)]
pub struct Contacts {
    /// TLS connections that carry signalling.
    pub connections: u64,
    /// Those whose handshake was completed.
    pub established: u64,
    /// Those that resumed a session.
    pub resumed: u64,
    /// TLS connections of which nothing says that they are for signalling.
    pub others: u64,
    /// By the number of the version.
    pub versions: BTreeMap<u16, u64>,
    /// By the number of the suite.
    pub suites: BTreeMap<u16, u64>,
    /// The ports of those who took them.
    pub ports: BTreeSet<u16>,
    reaches: Reaches,
    certificates: Certificates,
    /// Whose certificates stand behind messages; empty where nobody asks.
    certified: Arc<Certified>,
    verifies: bool,
    /// Connections and attempts beyond what is counted by pair, or whose certificates are beyond what is kept or cannot be read.
    pub odd: Anomalies,
}

impl Contacts {
    /// Nothing yet.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        Self { verifies: policy.verifies_identities() || policy.judges_reuse(), ..Self::default() }
    }

    /// Begins a window: what was given out by [`Contacts::certified`] must have been given back.
    pub fn advance(&mut self) {
        if self.verifies {
            Arc::make_mut(&mut self.certified).advance();
        }
    }

    /// Whose certificates stand behind the messages of this window.
    #[must_use]
    pub fn certified(&self) -> Arc<Certified> {
        Arc::clone(&self.certified)
    }

    /// Judges what can be judged at once, and notes the rest; gives the hosts that met for signalling, and in which frame that was
    /// decided. Contacts come in the order in which they were decided.
    pub fn meet(&mut self, contact: &Contact, judge: &mut Judge<'_>) -> Option<(Origin, IpAddr, IpAddr)> {
        let policy = judge.policy;
        let (client, server) = (contact.client(), contact.server());
        let (from, to) = (policy.party(client.ip), policy.party(server.ip));
        let terms = policy.terms(from, to, None);
        self.odd.at(contact.begun().origin);
        let to_tls_port = is_tls_port(policy, to, server.ip, server.port, terms);
        match contact {
            Contact::Attempt(attempt) if to_tls_port => {
                self.reaches.attempt(attempt, terms, &mut self.odd);
                None
            }
            Contact::Attempt(_) => None,
            Contact::Tls(tls) if to_tls_port || carries_sip(tls) || is_between_elements(policy, tls) => {
                let subject = ConnectionSubject { tls, policy, client: from, server: to, terms };
                self.connection(&subject, judge);
                (tls.outcome == Outcome::Established).then_some((tls.decided.origin, client.ip, server.ip))
            }
            Contact::Tls(_) => {
                self.others += 1;
                None
            }
        }
    }

    fn connection(&mut self, subject: &ConnectionSubject<'_>, judge: &mut Judge<'_>) {
        let tls = subject.tls;
        if let Some(seen) = &mut judge.proceedings.seen {
            seen.connection(tls);
        }
        self.connections += 1;
        self.ports.insert(tls.server.port);
        self.established += u64::from(tls.outcome == Outcome::Established);
        self.resumed += u64::from(matches!(tls.resumption, Resumption::Of(_)));
        if let Some(hello) = &tls.server_hello {
            *self.versions.entry(hello.version.0).or_default() += 1;
            *self.suites.entry(hello.suite).or_default() += 1;
        }
        let at = subject.server_hello();
        let matter = Matter::shown_by(&at, "connection", (subject.client, subject.server));
        judge.judge(&judge.docket.connections, matter, |check| check(subject));
        for (side, chain) in [(Side::Server, &tls.server_chain), (Side::Client, &tls.client_chain)] {
            match subject.look(chain) {
                Ok(Some(chain)) if !chain.is_empty() => self.certificates.show(subject, side, chain, judge, &mut self.odd),
                Ok(_) => certificates::unseen(subject, side, &Verdict::NotApplicable, judge),
                Err(verdict) => certificates::unseen(subject, side, &verdict, judge),
            }
        }
        if self.verifies && tls.outcome == Outcome::Established {
            let shown = self.certificates.of_client(subject);
            Arc::make_mut(&mut self.certified).learn(tls.client, tls.server, tls.decided.origin, shown);
        }
        self.reaches.handshake(subject, &mut self.odd);
    }

    /// Judges what only the whole capture can answer; gives every certificate with who showed it to whom.
    pub(super) fn close(&mut self, sides: &Sides, end: Time, judge: &mut Judge<'_>) -> Vec<(Shower, Shown)> {
        let certificates = self.certificates.close(sides, end, judge);
        self.reaches.close(sides, judge);
        certificates
    }
}

/// Whether SIP over TLS is agreed on a port of a host, or would stand there where nothing was agreed.
fn is_tls_port(policy: &Policy, owner: Party, ip: IpAddr, port: u16, terms: &Terms) -> bool {
    let agreed = terms.tls.ports.as_ref().filter(|clause| !clause.value.is_empty());
    let declared = policy.peer(owner).and_then(|peer| peer.sbe_at(ip)).map(|sbe| &sbe.ports);
    let secure = [Transport::Tls, Transport::Wss, Transport::TlsSctp];
    let is_declared = declared.is_some_and(|ports| secure.iter().filter_map(|t| ports.get(t)).any(|ports| ports.contains(&port)));
    is_declared || agreed.map_or(port == SIPS, |clause| clause.value.contains(&port))
}

/// Whether its ends say that it carries SIP (IANA "ALPN Protocol IDs").
fn carries_sip(tls: &TlsConnection) -> bool {
    let is_sip = |protocol: &str| protocol == "sip/2";
    tls.alpn.seen().is_some_and(|protocol| is_sip(protocol))
        || tls.client_hello.as_ref().is_some_and(|hello| hello.alpn.iter().any(|p| is_sip(p)))
}

/// Whether it joins signalling border elements of two peers: what else would it carry?
fn is_between_elements(policy: &Policy, tls: &TlsConnection) -> bool {
    let owner = |ip| policy.peer(policy.party(ip)).filter(|peer| peer.sbe_at(ip).is_some()).map(|peer| &peer.id);
    matches!((owner(tls.client.ip), owner(tls.server.ip)), (Some(a), Some(b)) if a != b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Audit, Collected, Docket, Finding, Intake, Knocks, Proceedings, close};
    use crate::base::Anomaly;
    use crate::certificate::workshop::{Authority, Draft, San};
    use crate::metrics::Load;
    use crate::policy::Style;
    use crate::rules::handshake::{Handshake, moment};
    use crate::rules::{KNOWN, Losses, Reason};
    use crate::transport::tls::{Attempt, Chain, Moment, Refusal, Sight};
    use crate::transport::{Openings, SealedTraffic};

    /// Alpha and bravo agreed on TLS with each other's certificates, from an authority of their own.
    const AGREED: &str = r#"schema = 1
[policy]
id = "tls"
pairs = [["alpha", "bravo"]]
[[peer]]
id = "alpha"
tls_identities = ["sbc.alpha.example"]
sbe = [{ name = "alpha-sbe", addresses = ["192.0.2.16/29"] }]
[[peer]]
id = "bravo"
tls_identities = ["edge.bravo.example"]
sbe = [{ name = "bravo-sbe", addresses = ["198.51.100.32/28"], ports = { tls = [5061] } }]
[security.tls]
min_version = "1.2"
forward_secrecy = "required"
mutual_auth = "required"
trusted_cas = ["peering.pem"]
eku = "server-client-ok"
max_handshake_failure_pct = 10.0
"#;

    struct Court {
        root: Authority,
        policy: Policy,
    }

    impl Court {
        fn new() -> Self {
            let root = Authority::root("Peering Root");
            let dir = tempfile::tempdir().unwrap();
            std::fs::write(dir.path().join("peering.pem"), &root.der).unwrap();
            let policy = Policy::parse(&dir.path().join("policy.toml"), AGREED, KNOWN, Style::Plain).unwrap();
            Self { root, policy: policy.with_files(Style::Plain).unwrap() }
        }

        fn chain(&self, draft: &Draft<'_>) -> Sight<Chain> {
            Sight::Seen(Arc::from([self.root.issue(draft)]))
        }

        /// A handshake in which both sides show what was agreed.
        fn handshake(&self) -> Handshake {
            let (client, server) = (Draft::for_host("sbc.alpha.example"), Draft::for_host("edge.bravo.example"));
            Handshake::new().with(|tls| (tls.client_chain, tls.server_chain) = (self.chain(&client), self.chain(&server)))
        }

        fn audit(&self, contacts: &[Contact]) -> Audit {
            audit(&self.policy, contacts)
        }
    }

    fn audit(policy: &Policy, met: &[Contact]) -> Audit {
        let docket = Docket::new(policy);
        let (mut judge, mut contacts) = (Judge::new(policy, &docket), Contacts::default());
        for contact in met {
            contacts.meet(contact, &mut judge);
        }
        let end = moment(3600).time;
        let collected = Collected {
            captures: Vec::new(),
            intake: Intake::default(),
            streams: 0,
            proceedings: std::mem::replace(&mut judge.proceedings, Proceedings::new(&docket, policy)),
            load: Load::default(),
            capacity: crate::metrics::Capacity::default(),
            contacts,
            knocks: Knocks::default(),
            sides: Sides::default(),
            openings: Openings::default(),
            watches: Default::default(),
            sealed: SealedTraffic::default(),
            losses: Losses::default(),
            one_sided: BTreeMap::new(),
            first: Some(moment(0).time),
            last: Some(end),
        };
        close(policy, &docket, collected, &mut ())
    }

    fn tls(handshake: Handshake) -> Contact {
        Contact::Tls(Box::new(handshake.tls))
    }

    fn found(audit: &Audit) -> Vec<(&str, &str, &str, u64)> {
        audit.findings.iter().map(|f| (f.rule, f.offender.as_str(), f.observed.as_str(), f.count)).collect()
    }

    fn coverage<'a>(audit: &'a Audit, rule: &str) -> &'a crate::audit::Coverage {
        &audit.rules.iter().find(|r| r.id == rule).unwrap().coverage
    }

    #[test]
    fn mutual_tls_as_agreed_has_nothing_to_answer_for() {
        let court = Court::new();
        let audit = court.audit(&[tls(court.handshake()), tls(court.handshake())]);
        assert_eq!(found(&audit), []);
        for rule in ["SIG-TLS-001", "SIG-TLS-003", "SIG-TLS-004", "SIG-TLS-006"] {
            assert_eq!(coverage(&audit, rule).pass, 2, "{rule}");
        }
        // Four certificates: each handshake was made with new ones.
        assert_eq!((coverage(&audit, "SIG-CERT-001").pass, coverage(&audit, "SIG-CERT-003").pass), (4, 2));
        assert_eq!(coverage(&audit, "SIG-TLS-005").pass, 1, "one pair of border elements");
        assert_eq!((audit.tls.connections, audit.tls.established), (2, 2));
        assert_eq!(audit.tls.versions[0].name, "TLS 1.2");
    }

    #[test]
    fn each_side_answers_for_its_own_certificate() {
        let court = Court::new();
        let old = court.chain(&Draft { until: (2026, 3, 1), ..Draft::for_host("edge.bravo.example") });
        let wild = court.chain(&Draft { names: Some(vec![San::Dns("*.alpha.example")]), ..Draft::default() });
        let broken = |frame: u32| {
            let handshake = court.handshake().with(|tls| (tls.server_chain, tls.client_chain) = (old.clone(), wild.clone()));
            tls(handshake.server(|hello| hello.at = moment(frame)))
        };
        let audit = court.audit(&[broken(20), broken(6)]);
        assert_eq!(
            found(&audit),
            [
                ("SIG-CERT-002", "bravo", "certificate expired", 1),
                ("SIG-CERT-004", "alpha", "no SIP identity of alpha", 1),
                ("SIG-CERT-005", "alpha", "wildcard", 1),
            ]
        );
        let exhibit = &audit.findings[0].exhibits[0];
        assert_eq!((exhibit.frame, exhibit.sender.as_deref()), (6, Some("bravo")));
        assert!(
            exhibit.excerpt.contains("to 2026-03-01T00:00:00Z: CN=edge.bravo.example, SAN DNS:edge.bravo.example"),
            "{}",
            exhibit.excerpt
        );
        assert_eq!((audit.tls.certificates.len(), audit.tls.certificates[0].handshakes), (2, 2));
        assert_eq!(audit.findings[0].subject.kind, "certificate");
    }

    #[test]
    fn tls_1_3_without_keys_is_judged_as_far_as_it_is_in_the_clear() {
        let court = Court::new();
        let audit = court.audit(&[tls(Handshake::hidden())]);
        assert_eq!(found(&audit), []);
        assert_eq!(coverage(&audit, "SIG-TLS-001").pass, 1);
        let hidden = |rule| coverage(&audit, rule).indeterminate.get(&Reason::Tls13Encrypted).copied().unwrap_or_default();
        assert_eq!(hidden("SIG-TLS-004"), 1);
        assert_eq!(hidden("SIG-CERT-001"), 2, "of both sides");
        assert_eq!((hidden("SIG-CERT-003"), hidden("SIG-CERT-004")), (1, 1));
        assert_eq!(coverage(&audit, "SIG-CERT-003").not_applicable, 1, "the certificate of the client");
    }

    #[test]
    fn failures_are_counted_over_the_pair_and_laid_at_the_server() {
        let court = Court::new();
        let refused = |frame| {
            let attempt = Attempt {
                client: court.handshake().tls.client,
                server: court.handshake().tls.server,
                first: moment(frame),
                syns: 1,
                refusal: Refusal::Reset(moment(frame + 1)),
            };
            Contact::Attempt(attempt)
        };
        let mut met: Vec<Contact> = (0..8).map(|_| tls(court.handshake())).collect();
        met.push(refused(40));
        let audit = court.audit(&met);
        assert_eq!(found(&audit), [("SIG-TLS-005", "bravo", "1 of 9 attempts failed (11.1 %): port closed", 1)]);
        assert_eq!(audit.findings[0].exhibits[0].excerpt, "1 SYN to 198.51.100.33:5061: port closed");
        met.push(tls(court.handshake()));
        assert_eq!(found(&court.audit(&met)), [], "one in ten was agreed");
    }

    #[test]
    fn what_is_no_signalling_is_counted_and_not_judged() {
        let baseline = Policy::baseline();
        let web = |port| tls(Handshake::new().with(|tls| tls.server.port = port).server(|hello| hello.suite = 0x0005));
        let audit = audit(&baseline, &[web(443), web(5061)]);
        assert_eq!((audit.tls.connections, audit.tls.other_connections), (1, 1));
        assert_eq!(coverage(&audit, "SIG-TLS-002").violation, 1);
    }

    #[test]
    fn a_flood_of_certificates_is_judged_and_not_kept() {
        let court = Court::new();
        let docket = Docket::new(&court.policy);
        let (mut judge, mut contacts) = (Judge::new(&court.policy, &docket), Contacts::default());
        let handshake = court.handshake();
        for n in 0..2_000_u32 {
            let mut tls = handshake.tls.clone();
            tls.client.ip = IpAddr::from(u32::to_be_bytes(0xC000_0210 + n % 8));
            tls.begun = Moment { origin: Origin { serial: n.into(), capture: 0, frame: n + 1 }, ..moment(4) };
            tls.server_chain = Sight::Seen(Arc::from([n.to_be_bytes().to_vec().into_boxed_slice()]));
            contacts.meet(&Contact::Tls(Box::new(tls)), &mut judge);
        }
        assert_eq!((contacts.certificates.len(), contacts.connections), (certificates::MOST, 2_000));
        assert_eq!(contacts.odd.count(Anomaly::TlsUntallied), 2_000 + 8 - certificates::MOST as u64);
        let mut tls = handshake.tls;
        tls.server_chain = Sight::Seen(Arc::from([vec![1; certificates::MOST_OCTETS + 1].into_boxed_slice()]));
        let (mut judge, mut contacts) = (Judge::new(&court.policy, &docket), Contacts::default());
        contacts.meet(&Contact::Tls(Box::new(tls)), &mut judge);
        contacts.meet(&Contact::Tls(Box::new(court.handshake().tls)), &mut judge);
        assert_eq!(
            (contacts.certificates.len(), contacts.odd.count(Anomaly::TlsUntallied)),
            (3, 1),
            "the client's, then both of the second"
        );
    }

    #[test]
    fn findings_do_not_depend_on_how_often_they_are_looked_at() {
        let court = Court::new();
        let met: Vec<Contact> =
            (0..3).map(|_| tls(court.handshake().with(|tls| tls.server_chain = court.chain(&Draft::for_host("x.example"))))).collect();
        let text = |audit: &Audit| serde_json::to_string(&audit.findings.iter().collect::<Vec<&Finding>>()).unwrap();
        assert_eq!(text(&court.audit(&met)), text(&court.audit(&met)));
    }
}
