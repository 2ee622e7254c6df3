//! Takes nothing, gives the shapes of what a call's state machine reports, never the machine.

use std::sync::Arc;

use super::{Session, Trace, Transaction};
use crate::base::{Endpoint, Time};
use crate::sdp::Exchange;

/// A completed offer/answer exchange in its call.
#[derive(Clone, Debug)]
pub struct OfferAnswer {
    /// The exchange.
    pub exchange: Exchange,
    /// The Call-ID, lossily as text.
    pub call_id: Arc<str>,
    /// The message with the offer.
    pub offer: Arc<Trace>,
    /// The message with the answer.
    pub answer: Arc<Trace>,
    /// The caller's border element (source of the first INVITE).
    pub caller: Endpoint,
    /// The callee's.
    pub callee: Endpoint,
}

/// A session timer that ran out (RFC 4028 §10).
#[derive(Clone, Debug)]
pub struct Expiry {
    /// The 2xx that set it.
    pub set_by: Arc<Trace>,
    /// The interval in seconds.
    pub interval_s: u32,
    /// Whether the caller's side was to refresh.
    pub refresher_is_caller: bool,
}

/// A dialog that is over, or that the capture leaves.
#[derive(Clone, Debug, Default)]
pub struct Dialog {
    /// The Call-ID, lossily as text.
    pub call_id: Arc<str>,
    /// The response that confirmed it.
    pub confirmed: Arc<Trace>,
    /// The caller's border element.
    pub caller: Endpoint,
    /// The callee's.
    pub callee: Endpoint,
    /// Whether a session timer was agreed.
    pub has_timer: bool,
    /// The session timer that ran out by more than 64·T1 without refresh or BYE.
    pub expired: Option<Expiry>,
    /// Whether the capture holds its end.
    pub ended: bool,
}

/// What a load event counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LoadKind {
    /// A confirmed session ended. Ends come before beginnings at the same time: intervals are half-open.
    Ended,
    /// An attempted session ended: failure, timeout, or the end of the confirmed session.
    AttemptEnded,
    /// The attempt counts no more, for what became of it passed unseen.
    AttemptLost,
    /// A session request that had failed goes on: a challenge was answered, a redirection followed, another way tried. No new attempt.
    Resumed,
    /// A session request began (first leg only).
    Attempt,
    /// The first 2xx of a session request.
    Answered,
    /// A transaction of any method began.
    Transaction,
    /// A MESSAGE was sent.
    Message,
}

/// A moment that changes the load of the interconnect.
#[derive(Clone, Debug)]
pub struct LoadEvent {
    /// When, on the running clock.
    pub at: Time,
    /// What.
    pub kind: LoadKind,
    /// The Call-ID, lossily as text.
    pub call_id: Arc<str>,
    /// The first INVITE of the session request, or the request that begins the transaction: evidence, direction, and the order of events at the same time.
    pub invite: Arc<Trace>,
    /// Calling number or URI.
    pub caller: Option<Arc<str>>,
    /// Called number or URI.
    pub callee: Option<Arc<str>>,
}

/// A call that is over and forgotten: the last that is reported of its Call-ID.
#[derive(Clone, Debug, Default)]
pub struct Over {
    /// The Call-ID, lossily as text, as in everything that was reported of the call.
    pub call_id: Arc<str>,
    /// A 64-bit hash of the Call-ID's octets, the same in every run.
    pub fingerprint: u64,
    /// Whether it is a call: an INVITE or what only follows one was seen. OPTIONS and REGISTER have Call-IDs too.
    pub is_call: bool,
    /// The running clock at its last message; the end of time where the capture ends before the call.
    pub last: Time,
    /// The running clock at which it was forgotten.
    pub at: Time,
    /// Who sent its first message.
    pub source: Endpoint,
    /// Who received it.
    pub destination: Endpoint,
}

/// What happened, and in which call.
#[derive(Clone, Debug)]
pub struct Report {
    /// The number of the call in its table; no two calls of a table share one, though one Call-ID may come back.
    pub call: u64,
    /// What.
    pub happening: Happening,
}

/// What the state of a call reports.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A transaction is over.
    Transaction(Transaction),
    /// An offer was answered.
    OfferAnswer(OfferAnswer),
    /// A dialog is over.
    Dialog(Dialog),
    /// A session request is over.
    Session(Arc<Session>),
    /// The load changed.
    Load(LoadEvent),
    /// A call was forgotten: every Call-ID ends with exactly one of these, also at the end of the capture.
    Over(Over),
}
