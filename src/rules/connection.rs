//! Takes nothing, gives what rules on TLS look at, never a verdict on it.

use std::fmt::Write;
use std::net::IpAddr;

use super::verdict::{Breach, Reason, Verdict};
use crate::base::{Endpoint, Time};
use crate::call::Trace;
use crate::certificate::{Certificate, Presented, Trust};
use crate::policy::{Party, Peer, Policy, Sbe, Terms};
use crate::transport::TlsConnection;
use crate::transport::tls::{Moment, Outcome, Resumption, Side, Sight, Suite, TlsVersion, suite};

/// A TLS connection between two border elements, its handshake decided.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct ConnectionSubject<'a> {
    pub tls: &'a TlsConnection,
    pub policy: &'a Policy,
    pub client: Party,
    pub server: Party,
    pub terms: &'a Terms,
}

impl<'a> ConnectionSubject<'a> {
    /// The version that was agreed.
    ///
    /// # Errors
    /// The verdict where there is none to judge.
    pub fn version(&self) -> Result<TlsVersion, Verdict> {
        self.tls.server_hello.as_ref().map(|hello| hello.version).ok_or_else(|| self.unseen())
    }

    /// The suite that was agreed, and its number; `None` where that is not registered.
    ///
    /// # Errors
    /// The verdict where there is none to judge.
    pub fn suite(&self) -> Result<(u16, Option<&'static Suite>), Verdict> {
        self.tls.server_hello.as_ref().map(|hello| (hello.suite, suite(hello.suite))).ok_or_else(|| self.unseen())
    }

    /// The declared peer on the server's side.
    #[must_use]
    pub fn server_peer(&self) -> Option<&'a Peer> {
        self.policy.peer(self.server)
    }

    /// What was seen of a part of the handshake: it, or that it was not there.
    ///
    /// # Errors
    /// The verdict where that cannot be told.
    pub fn look<'s, T>(&self, sight: &'s Sight<T>) -> Result<Option<&'s T>, Verdict> {
        match sight {
            Sight::Seen(it) => Ok(Some(it)),
            Sight::Absent => Ok(None),
            Sight::Hidden => Err(Verdict::Indeterminate(self.cipher_reason())),
            Sight::Unseen => Err(self.unseen()),
        }
    }

    /// Why encryption hides something: all of TLS 1.3 behind ServerHello; of others a renegotiation.
    #[must_use]
    pub fn cipher_reason(&self) -> Reason {
        let tls13 = self.tls.server_hello.as_ref().is_some_and(|hello| hello.version >= TlsVersion::TLS13);
        if tls13 { Reason::Tls13Encrypted } else { Reason::Encrypted }
    }

    /// The verdict where a part of the handshake was not seen: it never came, or the capture does not hold it.
    #[must_use]
    pub fn unseen(&self) -> Verdict {
        let reason = match (self.tls.resumption, self.tls.outcome) {
            _ if self.tls.unseen_side.is_some() => Reason::OneWay,
            (Resumption::Of(None), _) => Reason::Boundary,
            (_, Outcome::Established) => Reason::Truncated,
            (_, Outcome::Unseen | Outcome::Stalled { ended: true, .. }) => Reason::Boundary,
            _ => return Verdict::NotApplicable,
        };
        Verdict::Indeterminate(reason)
    }

    /// The ServerHello as evidence; where there is none, the beginning.
    #[must_use]
    pub fn server_hello(&self) -> Trace {
        let Some(hello) = &self.tls.server_hello else { return self.client_hello() };
        let mut line = format!("ServerHello {}, {}", hello.version, suite_text(hello.suite));
        if matches!(self.tls.resumption, Resumption::Of(_)) {
            line.push_str(", resumes a session");
        }
        trace(hello.at, self.tls.server, self.tls.client, &line)
    }

    /// The ClientHello as evidence; where there is none, the first frame.
    #[must_use]
    pub fn client_hello(&self) -> Trace {
        let (client, server) = (self.tls.client, self.tls.server);
        let Some(hello) = &self.tls.client_hello else { return trace(self.tls.begun, client, server, "TLS connection begun before") };
        let newest = hello.supported_versions.iter().max().copied().unwrap_or(hello.version);
        let mut line = format!("ClientHello up to {newest}, {} suites", hello.suites.len());
        match &hello.server_name {
            // Writing to a string cannot fail.
            Some(name) => drop(write!(line, ", server name {}", plain(name))),
            None => line.push_str(", no server name"),
        }
        trace(hello.at, client, server, &line)
    }
}

/// A certificate as one side showed it to the other, over the whole capture.
#[derive(Clone, Copy, Debug)]
pub struct CertificateSubject<'a> {
    /// Which side showed it.
    pub side: Side,
    /// It, with those behind it; or the verdict where it cannot be judged.
    pub shown: Result<&'a Presented, &'a Verdict>,
    /// Whether it leads to an agreed authority; `None` where none were agreed.
    pub trust: Option<&'a Trust>,
    /// The first handshake in which it was shown.
    pub first: &'a Trace,
    /// The first handshake in which it, or one that it hangs on, did not hold.
    pub lapsed: Option<&'a Trace>,
    /// When the capture ended.
    pub end: Time,
    /// For what it declares of peers.
    pub policy: &'a Policy,
    /// Whose side the client is.
    pub client: Party,
    /// Whose side the server is.
    pub server: Party,
    /// The terms that apply.
    pub terms: &'a Terms,
}

impl<'a> CertificateSubject<'a> {
    /// The leaf and all that was shown with it.
    ///
    /// # Errors
    /// The verdict where there is nothing to judge.
    pub fn leaf(&self) -> Result<(&'a Certificate, &'a Presented), Verdict> {
        let presented = self.shown.map_err(Clone::clone)?;
        // One that cannot be read was shown all the same: what it says is missing.
        let missing = || if presented.is_empty() { Verdict::NotApplicable } else { Verdict::Indeterminate(Reason::Truncated) };
        let leaf = presented.leaf().ok_or_else(missing)?;
        Ok((leaf, presented))
    }

    /// The places of the leaf and of the authorities that it hangs on, a root that signed itself left out.
    #[must_use]
    pub fn line(&self) -> Vec<usize> {
        self.shown.map(|presented| presented.line(self.trust)).unwrap_or_default()
    }

    /// The first handshake as evidence, with more to say.
    #[must_use]
    pub fn first_with(&self, more: Option<&str>) -> Trace {
        self.with(self.first, more)
    }

    /// A handshake as evidence, with more to say before the certificate itself.
    #[must_use]
    pub fn with(&self, handshake: &Trace, more: Option<&str>) -> Trace {
        let line = more.map(|more| format!("{more}: {}", handshake.text()));
        Trace { line: line.map_or_else(|| handshake.line.clone(), |line| line.as_bytes().into()), ..handshake.clone() }
    }

    /// The declared peer that showed it.
    #[must_use]
    pub fn owner(&self) -> Option<&'a Peer> {
        self.policy.peer(if self.side == Side::Server { self.server } else { self.client })
    }

    /// The domains that its owner was declared to have: its TLS identities, and the domains that it serves.
    pub fn declared_domains(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.owner().into_iter().flat_map(|peer| peer.tls_identities.iter().chain(&peer.ssp_domains)).map(String::as_str)
    }

    /// A breach laid at the side that showed it.
    #[must_use]
    pub fn blame(&self, breach: Breach) -> Breach {
        breach.by(if self.side == Side::Server { super::Offender::Server } else { super::Offender::Client })
    }
}

/// The connections that one host, or all hosts beyond those that are told apart, asked a border element for and carried no SIP over.
#[derive(Clone, Copy, Debug)]
pub struct KnockSubject<'a> {
    /// Who asked; `None`: several.
    pub client: Option<IpAddr>,
    /// Whether a declared border element did.
    pub is_declared: bool,
    /// Whom, as the policy declares it, and whose it is.
    pub sbe: &'a Sbe,
    /// Its peer.
    pub owner: &'a str,
    /// How many connections.
    pub knocks: u64,
    /// The first.
    pub first: &'a Trace,
    /// The terms that apply.
    pub terms: &'a Terms,
}

/// Every attempt of one border element to reach another over TLS, over the whole capture.
#[derive(Clone, Copy, Debug)]
pub struct ReachSubject<'a> {
    /// Handshakes that came to an end, and TCP connections that never came about.
    pub tries: u64,
    /// Those that failed.
    pub failures: u64,
    /// Those that the end of the capture leaves open.
    pub open: u64,
    /// How most of them failed, and in how many that was so.
    pub most: Option<(Failure, u64)>,
    /// The first failure.
    pub first: Option<&'a Trace>,
    /// The terms that apply.
    pub terms: &'a Terms,
}

/// How an attempt to reach a border element over TLS failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Failure {
    /// The port refused the TCP connection.
    PortClosed,
    /// Nothing answered the TCP connection.
    PortSilent,
    /// The server sent a fatal alert with this description.
    ServerAlert(Option<u8>),
    /// The client sent a fatal alert with this description.
    ClientAlert(Option<u8>),
    /// One side closed or reset the connection.
    Dropped(Side),
    /// The handshake did not get on.
    Stalled,
}

impl Failure {
    /// What was observed, for a finding.
    #[must_use]
    pub fn text(self) -> String {
        let alert = |code: Option<u8>| code.map_or("fatal alert".to_owned(), |code| format!("alert {}", alert_name(code)));
        match self {
            Self::PortClosed => "port closed".to_owned(),
            Self::PortSilent => "no answer from the port".to_owned(),
            Self::ServerAlert(code) => format!("{} from the server", alert(code)),
            Self::ClientAlert(code) => format!("{} from the client", alert(code)),
            Self::Dropped(Side::Server) => "connection dropped by the server".to_owned(),
            Self::Dropped(Side::Client) => "connection dropped by the client".to_owned(),
            Self::Stalled => "handshake without answer".to_owned(),
        }
    }
}

/// IANA "TLS Alerts" registry.
fn alert_name(code: u8) -> String {
    let name = match code {
        0 => "close_notify",
        10 => "unexpected_message",
        20 => "bad_record_mac",
        22 => "record_overflow",
        40 => "handshake_failure",
        41 => "no_certificate",
        42 => "bad_certificate",
        43 => "unsupported_certificate",
        44 => "certificate_revoked",
        45 => "certificate_expired",
        46 => "certificate_unknown",
        47 => "illegal_parameter",
        48 => "unknown_ca",
        49 => "access_denied",
        50 => "decode_error",
        51 => "decrypt_error",
        70 => "protocol_version",
        71 => "insufficient_security",
        80 => "internal_error",
        86 => "inappropriate_fallback",
        90 => "user_canceled",
        109 => "missing_extension",
        110 => "unsupported_extension",
        112 => "unrecognized_name",
        113 => "bad_certificate_status_response",
        115 => "unknown_psk_identity",
        116 => "certificate_required",
        120 => "no_application_protocol",
        _ => return code.to_string(),
    };
    name.to_owned()
}

/// A suite with its number: `TLS_RSA_WITH_RC4_128_SHA (0x0005)`.
#[must_use]
pub fn suite_text(code: u16) -> String {
    suite(code).map_or_else(|| format!("suite {code:#06x}"), |suite| format!("{} ({code:#06x})", suite.name))
}

/// What a report says of a certificate in one line.
#[must_use]
pub fn certificate_text(certificate: &Certificate) -> String {
    let subject = certificate.common_name.as_deref().map_or_else(|| certificate.subject.clone(), |name| format!("CN={name}"));
    let names = certificate.alternative_names().map_or_else(|| "no SAN".to_owned(), |names| format!("SAN {names}"));
    let until = certificate.not_after.to_string();
    let (day, fingerprint) = (until.split('T').next().unwrap_or_default(), certificate.fingerprint());
    let fingerprint = fingerprint.get(..16).unwrap_or_default();
    format!("{subject}, {names}, {}, until {day}, SHA-256 {fingerprint}…", certificate.key)
}

/// Evidence that is no SIP message.
#[must_use]
pub fn trace(at: Moment, source: Endpoint, destination: Endpoint, line: &str) -> Trace {
    Trace { origin: at.origin, first: at.time, last: at.time, source, destination, line: line.as_bytes().into() }
}

/// Text that a stranger wrote, short and without control characters.
fn plain(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { '?' } else { c }).collect()
}
