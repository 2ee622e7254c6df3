//! Takes nothing, gives the shape of a finished transaction, never its messages (RFC 3261 §17).

use std::sync::Arc;

use smallvec::SmallVec;

use super::{Standing, Trace};
use crate::base::{Time, Transport};
use crate::sip::Method;

/// How a transaction ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// A final response came.
    Final {
        /// The first final response's code.
        code: u16,
        /// The first final response.
        response: Arc<Trace>,
    },
    /// Nothing at all, or (non-INVITE) no final response, came within 64·T1 (Timers B and F); the capture covers that time.
    TimedOut(Time),
    /// Provisional responses only, and Timer C ran out (RFC 3261 §16.6).
    TimerC(Time),
    /// The capture ends, or the tap lost sight, before it could end.
    #[default]
    Open,
}

/// What is wrong with the acknowledgement of a final response to INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum AckFault {
    /// No ACK within 64·T1 of the final response.
    Missing,
    /// The CSeq number is not that of the INVITE.
    CSeq,
    /// The ACK for a non-2xx has another branch (RFC 3261 §17.1.1.3).
    Branch,
    /// The ACK for a non-2xx has another To tag than the response.
    ToTag,
    /// The ACK for a non-2xx has another Request-URI.
    RequestUri,
    /// The ACK for a 2xx has the branch of the INVITE (RFC 3261 §13.2.2.4).
    SameBranch,
}

/// A 2xx to an INVITE beyond the first: a proxy sent the INVITE to several, and another of them answered (RFC 3261 §13.2.2.4).
#[derive(Clone, Debug, Default)]
pub struct Fork {
    /// The response, first transmission.
    pub response: Arc<Trace>,
    /// The first ACK, where one was seen.
    pub ack: Option<Arc<Trace>>,
    /// What is wrong with its acknowledgement. `None` also where the capture ends too early to tell.
    pub fault: Option<AckFault>,
    /// Whether its ACK goes to a host that it did not come from: past the tap, perhaps.
    pub leads_elsewhere: bool,
}

/// A CANCEL for an INVITE (RFC 3261 §9).
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    /// Its first transmission.
    pub request: Arc<Trace>,
    /// Whether no response to the INVITE had passed.
    pub early: bool,
    /// How many nanoseconds after the final response to the INVITE it came, where it came after it.
    pub late: Option<i64>,
    /// Whether its Request-URI is another than that of the INVITE.
    pub other_uri: bool,
    /// Whether its Route is another than that of the INVITE.
    pub other_route: bool,
    /// When a 2xx to it passed.
    pub accepted: Option<Time>,
}

/// A provisional response that its receiver acknowledges by PRACK (RFC 3262 §3).
#[derive(Clone, Debug, Default)]
pub struct Reliable {
    /// The response, first transmission.
    pub response: Arc<Trace>,
    /// A hash of its To tag, which tells its early dialog from those of other forks.
    pub to: Option<u64>,
    /// Its RSeq, saturating.
    pub number: u32,
    /// The RSeq of the one before it in the same early dialog.
    pub before: Option<u32>,
    /// Whether a PRACK named it.
    pub acknowledged: bool,
}

/// The reliable provisional responses to an INVITE.
#[derive(Clone, Debug, Default)]
pub struct Reliables {
    /// Those that are followed, in the order in which they passed.
    pub followed: SmallVec<[Reliable; 2]>,
    /// How many passed beyond those.
    pub unfollowed: u32,
    /// Whether the time for the PRACK to each of them had run out when the transaction was over.
    pub covered: bool,
}

/// When a request passed again: the first few times, which is as often as RFC 3261 §17.1 lets a client send it.
pub type Repeats = SmallVec<[Time; 4]>;

/// A finished transaction.
#[derive(Clone, Debug, Default)]
pub struct Transaction {
    /// The method; `None` only before one is known.
    pub method: Option<Method>,
    /// The Call-ID, lossily as text.
    pub call_id: Arc<str>,
    /// The request, first transmission.
    pub request: Arc<Trace>,
    /// What carried it.
    pub transport: Transport,
    /// Whether the request was inside a dialog.
    pub in_dialog: bool,
    /// How often the request passed, mirrored copies not counted.
    pub transmissions: u32,
    /// The first provisional response.
    pub provisional: Option<Arc<Trace>>,
    /// How it ended.
    pub ending: Ending,
    /// For an INVITE with a final response: the first ACK, where one was seen.
    pub ack: Option<Arc<Trace>>,
    /// For an INVITE with a final response: what is wrong with its acknowledgement. `None` also where the capture ends too early to tell.
    pub ack_fault: Option<AckFault>,
    /// Whether the capture covers the time in which an ACK had to come.
    pub ack_judgeable: bool,
    /// For an INVITE: its 2xx beyond the first, each of a dialog of its own; at most eight are followed.
    pub forks: Box<[Fork]>,
    /// Repetitions over a reliable transport that RFC 3261 §17 does not allow (2xx and reliable 1xx to INVITE are allowed), with the first of them.
    pub needless_repeats: u32,
    /// The first such repetition.
    pub needless_repeat: Option<Arc<Trace>>,
    /// Whether what is missing may have passed without being recognised: the capture cut a message between the two hosts meanwhile.
    pub out_of_sight: bool,
    /// Whether the ACK of its 2xx goes to a host that the 2xx did not come from, and that the caller was not seen to reach: past the tap,
    /// perhaps.
    pub leads_elsewhere: bool,
    /// Whether the request was a CANCELled INVITE.
    pub cancelled: bool,
    /// Where the request stood to its dialog.
    pub standing: Standing,
    /// Whether its dialog had ended by a BYE that was answered with success.
    pub hung_up: bool,
    /// Whether it is a BYE that met a BYE of the other side, or another request that met the end of its dialog on its way.
    pub crossed: bool,
    /// When the request passed again over an unreliable transport; at most twelve times are kept.
    pub repeats: Option<Box<Repeats>>,
    /// For an INVITE: the provisional responses to it that were sent reliably.
    pub reliables: Option<Box<Reliables>>,
    /// For an INVITE: the first CANCEL for it.
    pub cancel: Option<Box<Cancel>>,
    /// For a CANCEL: whether an INVITE of its sender was open on the same way that its branch or CSeq number does not name.
    pub misnames: bool,
    /// For an INVITE: whether another with the same From tag and CSeq number but another branch was open at its receiver (RFC 3261 §8.2.2.2).
    pub merged: bool,
}
