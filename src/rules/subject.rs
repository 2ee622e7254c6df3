//! Takes nothing, gives what rules look at, never a verdict.

use super::addresses::{Address, Addresses};
use super::distinct::Distinct;
use super::verdict::{Breach, Reason, Verdict};
use crate::base::Time;
use crate::call::{Dialog, OfferAnswer, Place, Session, Standing, Transaction};
use crate::metrics::{Excursion, Tally};
use crate::policy::{Limit, Party, Peer, Policy, Terms, Waiver};
use crate::sdp::{self, Description, SdpRole};
use crate::sip::{Arrival, FlawKind, HeaderName, Message, Method};

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
}

impl<'a> MessageSubject<'a> {
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

    /// Whether it is a request outside any dialog that stands for itself: neither ACK nor CANCEL.
    #[must_use]
    pub fn is_initial_request(&self) -> bool {
        let own = self.message().method().is_some_and(|m| !matches!(m, Method::Ack | Method::Cancel));
        own && self.place.standing == Standing::Initial
    }

    /// Whether the capture cut it inside its headers: what is absent may have been there.
    #[must_use]
    pub fn lacks_headers(&self) -> bool {
        self.arrival.envelope.cut && self.message().flaws().iter().any(|f| f.kind == FlawKind::NoEndOfHeaders)
    }

    /// The verdict on all its headers, each observation once: what is there can be judged, what is not cannot be where the capture cut it.
    #[must_use]
    pub fn verdict(&self, breaches: Vec<Breach>) -> Verdict {
        let cut = self.lacks_headers();
        if !cut && breaches.len() < 2 {
            return Verdict::of(breaches);
        }
        // The last line may be half of what was sent.
        let end = self.message().text().len();
        let mut distinct = Distinct::default();
        for breach in breaches.into_iter().filter(|b| !(cut && b.at.is_some_and(|at| at.end as usize >= end))) {
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
    /// TCP connections of which one side's octets were acknowledged and never seen at all.
    pub one_sided_connections: u64,
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

/// What a waiver did in this run.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct WaiverUse<'a> {
    pub waiver: &'a Waiver,
    /// Breaches that it waived.
    pub waived: u64,
    /// Breaches that it would have waived, had it not expired (or not been granted yet, or run over `max_findings`), with the first of them.
    pub refused: u64,
    pub first_refused: Option<Time>,
}

/// The policy against the capture.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct PolicySubject<'a> {
    pub policy: &'a Policy,
    pub waivers: &'a [WaiverUse<'a>],
    pub first: Option<Time>,
    pub last: Option<Time>,
}
