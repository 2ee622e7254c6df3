//! Takes nothing, gives the shape of a finished session request, never a ratio over many.
//!
//! A session request is a chain of INVITEs: challenge, redirect, repair and failover legs belong together (`standards.md` §5.1.5, §8.2).

use std::sync::Arc;

use smallvec::SmallVec;

use super::Trace;
use crate::base::{Time, Transport};

/// How a session request ended (`standards.md` §8.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// A 2xx came.
    Success,
    /// The final response of the last leg.
    Failed(u16),
    /// No final response: nothing within 64·T1 of the last leg, or Timer C ran out.
    Timeout,
    /// The capture ends before the outcome.
    #[default]
    Censored,
}

/// How it is known that a session ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SessionEnd {
    /// By its BYE, where it has ended.
    #[default]
    Bye,
    /// Its session timer ran out (RFC 4028 §10).
    Expired,
    /// The answer to a BYE was seen, and no BYE.
    Answered,
}

/// How a BYE ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ByeEnd {
    /// A 2xx, to it or to the BYE that recovers from a 401, 407 or 503: when its last octet passed.
    Success(Time),
    /// Another final response, not recovered from.
    Failed(u16, Time),
    /// No final response: Timer F of the unanswered BYE, first transmission + 64·T1.
    TimedOut(Time),
    /// The capture ends before.
    #[default]
    Open,
}

/// The end of a session by BYE; of crossing BYEs the earlier, ended by whichever got a final response.
#[derive(Clone, Debug, Default)]
pub struct Bye {
    /// Its first transmission.
    pub request: Arc<Trace>,
    /// Whether the caller's side sent it.
    pub by_caller: bool,
    /// How it ended.
    pub end: ByeEnd,
}

/// A session request from its first INVITE to its end.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The Call-ID, lossily as text.
    pub call_id: Arc<str>,
    /// The first INVITE; its source is the caller's border element, its destination the callee's.
    pub invite: Arc<Trace>,
    /// What carried it.
    pub transport: Transport,
    /// The calling number or URI as policy compares it: P-Asserted-Identity, else From; digits with `+` where it is a number.
    pub caller: Option<Arc<str>>,
    /// The called number or URI of the first INVITE's Request-URI.
    pub callee: Option<Arc<str>>,
    /// How each INVITE transaction of the chain ended, in order.
    pub legs: SmallVec<[Outcome; 2]>,
    /// How it ended.
    pub outcome: Outcome,
    /// The first response other than 100, 199, 401, 402, 407 and a 3xx that was followed: what ends the session request delay.
    pub first_status: Option<(u16, Arc<Trace>)>,
    /// One session request delay for each early dialog or dialog: To tag and nanoseconds.
    pub delay_per_dialog: SmallVec<[(Box<str>, i64); 1]>,
    /// The first 180, or 183 with SDP.
    pub ringing: Option<Time>,
    /// Whether any 180 or 183 came.
    pub rang: bool,
    /// The first 2xx.
    pub answer: Option<Arc<Trace>>,
    /// Whether an ACK to the 2xx was seen.
    pub acknowledged: bool,
    /// Its BYE.
    pub bye: Option<Bye>,
    /// When an answered session ended: its first BYE, or an inferred end. `None` while it lives at the end of the capture.
    pub end: Option<Time>,
    /// How it is known that it ended.
    pub ending: SessionEnd,
}
