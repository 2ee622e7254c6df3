//! Takes nothing, gives what rules look at, never a verdict.

use super::addresses::{Address, Addresses};
use super::certified::{Behind, Certified};
use super::distinct::Distinct;
use super::passports::{Passports, Signed};
use super::reuse_subject::Recalled;
use super::rule::OfferAnswerCheck;
use super::verdict::{Breach, Reason, Verdict};
use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::base::{Endpoint, Origin, Span, Time, Transport};
use crate::call::{Dialog, OfferAnswer, Place, Session, Standing, Trace, Transaction};
use crate::capture::CaptureInfo;
use crate::media::Concerted;
use crate::metrics::{Blank, Excursion, Fates, Tally};
use crate::packet::{Carriage, Carried, Way};
use crate::policy::{Limit, Listed, Party, Peer, Policy, Terms, TrunkId, Waiver};
use crate::sdp::{self, Description, SdpRole};
use crate::sip::{Arrival, HeaderName, Message, Method};
use crate::stir::Attest;
use crate::transport::{Seal, Sealed};

/// A message, at its first transmission.
#[derive(Clone, Copy, Debug)]
pub struct MessageSubject<'a> {
    /// The message and its envelope.
    pub arrival: &'a Arrival,
    /// What its call says of it.
    pub place: &'a Place,
    /// Its SDP body, where it has one.
    pub sdp: Option<&'a Description>,
    /// The agreement: for what it declares of peers.
    pub policy: &'a Policy,
    /// Who sent it.
    pub from: Party,
    /// Who was to receive it.
    pub to: Party,
    /// The terms that the rule's scope selects.
    pub terms: &'a Terms,
    /// The origin of the session (sender of the first INVITE), where known; else as `from`.
    pub session_from: Party,
    /// Its other side.
    pub session_to: Party,
    /// Its addresses, once a rule has asked for them.
    pub read: &'a Addresses<'a>,
    /// What its Identity headers claim, once a rule has asked.
    pub signed: &'a Passports,
    /// What its call said before.
    pub recalled: Recalled,
    /// Whose certificates stand behind messages over TLS.
    pub certified: &'a Certified,
}

impl<'a> MessageSubject<'a> {
    /// Who sent it over its TLS connection, where that is known.
    #[must_use]
    pub fn behind(&self) -> Option<Behind<'a>> {
        self.certified.behind(&self.arrival.envelope)
    }

    /// The declared peer that sent it.
    #[must_use]
    pub fn sender(&self) -> Option<&'a Peer> {
        self.policy.peer(self.from)
    }

    /// Where its SDP begins in the text of the message.
    #[must_use]
    pub fn sdp_offset(&self) -> u32 {
        let message = &self.arrival.message;
        let content_type = message.get(HeaderName::ContentType).unwrap_or_default();
        let part = sdp::locate(&content_type, message.body()).unwrap_or_default();
        message.body_span().start.saturating_add(part.start)
    }

    /// Whether its SDP is an offer.
    #[must_use]
    pub fn is_offer(&self) -> bool {
        self.place.sdp_role == Some(SdpRole::Offer)
    }

    /// Whether its SDP is the first offer of a session: in an initial INVITE, or in a response to one that came without.
    #[must_use]
    pub fn is_initial_offer(&self) -> bool {
        self.is_offer() && self.place.standing == Standing::Initial && !self.place.request_in_dialog
    }

    /// The declared peer that receives it.
    #[must_use]
    pub fn receiver(&self) -> Option<&'a Peer> {
        self.policy.peer(self.to)
    }

    /// The message.
    #[must_use]
    pub const fn message(&self) -> &'a Message {
        &self.arrival.message
    }

    /// The Request-URI, then every address of From, To, P-Asserted-Identity, Diversion and History-Info.
    pub(super) fn addresses(&self) -> &'a [Address<'a>] {
        self.read.of(&self.arrival.message)
    }

    /// Every address of P-Asserted-Identity.
    pub(super) fn asserted(&self) -> &'a [Address<'a>] {
        self.read.asserted(&self.arrival.message)
    }

    /// The strongest attestation of its PASSporTs.
    pub(crate) fn attestation(&self) -> Option<Attest> {
        self.passports().iter().filter_map(|signed| signed.passport.attest).max()
    }

    /// Its Identity headers, read.
    pub(super) fn passports(&self) -> &'a [Signed] {
        self.signed.of(&self.arrival.message)
    }

    /// Whether it is a request outside any dialog that stands for itself: neither ACK nor CANCEL.
    #[must_use]
    pub fn is_initial_request(&self) -> bool {
        let own = self.message().method().is_some_and(|m| !matches!(m, Method::Ack | Method::Cancel));
        own && self.place.standing == Standing::Initial
    }

    /// Whether the capture cut it inside its headers: what is absent may have been there.
    #[must_use]
    pub fn lacks_headers(&self) -> bool {
        self.arrival.lacks_headers()
    }

    /// Whether what stands there may be half of what was sent: the capture cut its headers at the end of it.
    #[must_use]
    pub fn is_half(&self, at: Span) -> bool {
        self.arrival.is_half(at)
    }

    /// Whether the capture cut it before its To: it may be one inside a dialog.
    #[must_use]
    pub fn may_be_in_dialog(&self) -> bool {
        self.arrival.may_be_in_dialog()
    }

    /// Whether the capture cut it before what may be SDP.
    #[must_use]
    pub fn lacks_sdp(&self) -> bool {
        self.arrival.lacks_sdp()
    }

    /// The verdict on all its headers, each observation once: what is there can be judged, what is not cannot be where the capture cut it.
    #[must_use]
    pub fn verdict(&self, breaches: Vec<Breach>) -> Verdict {
        let cut = self.lacks_headers();
        if !cut && breaches.len() < 2 {
            return Verdict::of(breaches);
        }
        // The last line may be half of what was sent.
        let mut distinct = Distinct::default();
        for breach in breaches.into_iter().filter(|b| !(cut && b.at.is_some_and(|at| self.is_half(at)))) {
            distinct.add(breach);
        }
        match distinct.verdict() {
            Verdict::NotApplicable if cut => Verdict::Indeterminate(Reason::Truncated),
            Verdict::NotApplicable => Verdict::Pass,
            verdict => verdict,
        }
    }
}

/// A finished transaction.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct TransactionSubject<'a> {
    pub transaction: &'a Transaction,
    pub terms: &'a Terms,
}

/// An answered offer.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct OfferAnswerSubject<'a> {
    pub exchange: &'a OfferAnswer,
    pub terms: &'a Terms,
}

impl OfferAnswerSubject<'_> {
    /// What a check says of it. One that looks at each m= section by itself need not know which descriptions the capture cut: neither what
    /// both have in common nor what one lacks is known then, but what is wrong with the sections that are whole; all is known where only
    /// sections were cut whose streams are refused.
    #[must_use]
    pub fn ask(&self, check: OfferAnswerCheck, by_section: bool) -> Verdict {
        match check(self) {
            Verdict::Pass | Verdict::Violation(_)
                if by_section && self.exchange.exchange.is_cut() && !self.exchange.exchange.lacks_refused_only() =>
            {
                self.wrong_in_part(check).unwrap_or(Verdict::Indeterminate(Reason::Truncated))
            }
            verdict => verdict,
        }
    }

    /// What is wrong with the sections that are whole.
    fn wrong_in_part(&self, check: OfferAnswerCheck) -> Option<Verdict> {
        let part = OfferAnswer { exchange: self.exchange.exchange.whole_sections()?, ..self.exchange.clone() };
        let verdict = check(&OfferAnswerSubject { exchange: &part, terms: self.terms });
        matches!(verdict, Verdict::Violation(_)).then_some(verdict)
    }
}

/// A dialog that is over.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct DialogSubject<'a> {
    pub dialog: &'a Dialog,
    pub terms: &'a Terms,
}

/// A session request that is over.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct SessionSubject<'a> {
    pub session: &'a Session,
    /// The strongest attestation of its INVITE, where admission depends on that.
    pub attest: Option<Attest>,
    /// How its INVITE was carried, where admission depends on that and the capture shows it.
    pub carriage: Option<Carriage>,
    /// Whether the capture cut the headers of its INVITE.
    pub lacks_headers: bool,
    pub policy: &'a Policy,
    pub terms: &'a Terms,
}

/// A direction over one interval, or over the whole capture where `start` is `None`.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct IntervalSubject<'a> {
    pub start: Option<Time>,
    pub tally: &'a Tally,
    pub terms: &'a Terms,
}

/// An admission limit and the load that it met in one scope.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct LimitSubject<'a> {
    pub limit: &'a Limit,
    /// What the limit was measured for: `alpha → bravo`, an SBE, a number.
    pub scope: &'a str,
    /// The highest load seen.
    pub peak: f64,
    pub excursions: &'a [Excursion],
    /// What became of what went beyond it, where somebody decides that.
    pub fates: Option<Fates>,
    /// Why it could not be held against all that it speaks of.
    pub blank: Option<Blank>,
    /// What was agreed for its direction.
    pub terms: &'a Terms,
    /// How long the capture is, in nanoseconds.
    pub seen: i64,
    /// Whether there were sessions between both that began before it.
    pub is_older: bool,
}

/// SIP traffic between two parties, seen from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct PairTraffic {
    pub from: Party,
    pub to: Party,
    /// SIP messages from the first to the second.
    pub forth: u64,
    /// SIP messages from the second to the first.
    pub back: u64,
    /// Messages, either way, that nobody sends who has heard nothing: ACK, requests inside a dialog, responses.
    pub heeded: u64,
    /// Requests, either way, that were sent again.
    pub unheeded: u64,
    /// TCP connections of which one side's octets were acknowledged and never seen at all.
    pub one_sided_connections: u64,
    /// What passed sealed either way, by the number of its seal.
    pub sealed: [Sealed; Seal::ALL.len()],
}

/// The capture as a whole.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct CaptureSubject<'a> {
    /// Each unordered pair once.
    pub pairs: &'a [PairTraffic],
    pub policy: &'a Policy,
    pub terms: &'a Terms,
    pub first: Option<Time>,
    pub last: Option<Time>,
}

/// What the capture does not hold although it passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Losses {
    pub frames: u64,
    pub segments: u64,
    /// SIP messages that the snapshot length cut.
    pub cut_messages: u64,
    /// Datagrams that it cut before what tells RTP from anything else.
    pub beheaded: u64,
    /// Holes in TCP and SCTP that were never filled.
    pub holes: u64,
    /// What media streams noticed at once.
    pub concerted: Concerted,
}

/// The captures, and how they were read.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct IntakeSubject<'a> {
    pub captures: &'a [CaptureInfo],
    pub losses: Losses,
    pub terms: &'a Terms,
}

/// A class of traffic, as agreements on marking tell classes apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrafficClass {
    /// SIP.
    Signaling,
    /// RTP that carries sound.
    Audio,
    /// RTP that carries pictures.
    Video,
    /// RTP, what it carries is not known.
    Media,
    /// ESP or IKE: the tunnel itself.
    Tunnel,
}

impl TrafficClass {
    /// Its name, which is its key in `connectivity.dscp` where it has one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Signaling => "signaling",
            Self::Audio => "audio",
            Self::Video => "video",
            Self::Media => "media",
            Self::Tunnel => "tunnel",
        }
    }
}

/// Packets of one class from one host to another: all SIP between them, one media stream, or one tunnel.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct FlowSubject<'a> {
    pub class: TrafficClass,
    pub source: IpAddr,
    pub destination: IpAddr,
    pub from: Party,
    pub to: Party,
    /// Empty for a tunnel.
    pub carried: &'a Carried,
    pub policy: &'a Policy,
    pub terms: &'a Terms,
}

impl FlowSubject<'_> {
    /// What is shown of its packets that were carried in one way: the first.
    pub(super) fn exhibit(&self, way: &Way) -> Trace {
        let ((origin, first), host) = (way.first, |ip| Endpoint::new(ip, 0));
        Trace { origin, first, last: first, source: host(self.source), destination: host(self.destination), ..Trace::default() }
    }
}

/// Requests on a connection from the end that did not open it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub struct Reversed {
    pub requests: u64,
    pub first: Option<(Origin, Time)>,
}

/// The connections that one host opened to another.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct LinkSubject<'a> {
    pub client: IpAddr,
    pub server: IpAddr,
    /// The busiest minute, and how many connections were opened in it.
    pub busiest: Option<(Time, u64)>,
    /// Messages from the client on connections that it opened.
    pub forth: u64,
    /// Messages on connections of which it is not known who opened them.
    pub unknown: u64,
    /// Requests of the server on connections that the client opened.
    pub back: Reversed,
    /// Those of them over TLS for which the client had not asked with an alias.
    pub unasked: Reversed,
    /// Those of them over TLS to a client that showed no certificate; counted where reuse was agreed.
    pub bare: Reversed,
    pub terms: &'a Terms,
}

/// What a waiver did in this run.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct WaiverUse<'a> {
    pub waiver: &'a Waiver,
    /// Breaches that it waived.
    pub waived: u64,
    /// Breaches that it would have waived, had it not expired (or not been granted yet, or run over `max_findings`), with the last of them.
    pub refused: u64,
    pub last_refused: Option<Time>,
}

/// What the capture showed of what a policy can declare.
#[derive(Clone, Debug, Default)]
pub struct Observed<'a> {
    /// Hosts that exchanged SIP, or TLS of SIP.
    pub hosts: Vec<IpAddr>,
    /// Media border elements, by name or address, and whose they are.
    pub elements: BTreeSet<(Party, &'a str)>,
    /// Whether there was media, and all of its elements are told apart.
    pub tells_media: bool,
    /// Trunk groups of sessions.
    pub trunks: BTreeSet<TrunkId>,
    /// Whether there were session requests.
    pub has_sessions: bool,
    /// Codecs that were offered or answered, `NAME/clock`.
    pub codecs: BTreeSet<String>,
    /// What carried SIP.
    pub transports: Vec<Transport>,
    /// Names of the cipher suites of TLS connections that carry signalling.
    pub suites: Vec<String>,
    /// The entries of the lists of the policy.
    pub listed: Vec<ListedUse<'a>>,
}

/// An entry of a list of the policy, and whether anything used it.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct ListedUse<'a> {
    pub entry: &'a Listed,
    pub used: bool,
    /// How much passed that could have used it.
    pub occasions: u64,
}

/// The policy against the capture.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct PolicySubject<'a> {
    pub policy: &'a Policy,
    pub waivers: &'a [WaiverUse<'a>],
    /// What of it the capture showed, where somebody asks.
    pub observed: Option<&'a Observed<'a>>,
    pub first: Option<Time>,
    pub last: Option<Time>,
}
