//! Takes nothing, gives what the session state says of one message, never the message.

use std::sync::Arc;

use super::bargain::Said;
use crate::sdp::{Disorder, SdpRole};
use crate::sip::Method;

/// Whether a message was seen before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repeat {
    /// For the first time.
    #[default]
    First,
    /// Again, sent again by its sender (RFC 3261 §17).
    Retransmission,
    /// Again, because the tap saw the same packet twice.
    Mirror,
}

/// Where a message stands to its dialog.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// A request without To tag, or a response to one.
    #[default]
    Initial,
    /// Inside a dialog (early or confirmed) whose beginning was seen.
    InDialog,
    /// Inside a dialog that was over.
    Ended,
    /// Inside a dialog whose beginning was not seen.
    Unknown,
}

/// How a tag breaks RFC 3261 §12 and §19.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagFault {
    /// A response of a dialog whose From tag is not that of its request.
    FromTagChanged,
    /// A request or response inside a dialog with a tag that belongs to no dialog of the call.
    ToTagChanged,
}

/// What the state of its call says of a message, at the moment it arrives.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The number of the call in its table; 0 for what belongs to none.
    pub call: u64,
    /// Whether it was seen before.
    pub repeat: Repeat,
    /// Where it stands to its dialog.
    pub standing: Standing,
    /// Whether the side that sent the first INVITE (or other first request) of the call sent it; `None` where that was not seen.
    pub from_caller: Option<bool>,
    /// The method of its transaction.
    pub method: Option<Method>,
    /// For a response: whether its request was seen.
    pub matched: bool,
    /// For a response without its request: whether requests of its call passed between the same hosts the other way.
    pub met: bool,
    /// For a response without its request, and for a request that follows another: whether what it follows must have passed unseen, or may have
    /// passed unrecognised, for the capture cut a message between the two hosts before.
    pub out_of_sight: bool,
    /// For a response: whether the request had a To tag, or may have had one that the capture cut off.
    pub request_in_dialog: bool,
    /// For a request inside a dialog, neither ACK nor CANCEL nor repeated: the highest CSeq number that its sender used before in the dialog.
    pub previous_cseq: Option<u32>,
    /// For an INVITE that resubmits one that was challenged, redirected or rejected for repair: the CSeq number of that one.
    pub resubmits: Option<u32>,
    /// For an INVITE that begins a session request: whether one of the same Call-ID and From tag, as far as it is remembered, was answered and is over.
    pub reuses_call_id: bool,
    /// A tag that breaks the rules.
    pub tag_fault: Option<TagFault>,
    /// For a request inside a dialog, the remote target learned at the tap (the URI of the last Contact of the other side), where it is known.
    pub remote_target: Option<Arc<[u8]>>,
    /// What its SDP is in the offer/answer exchange.
    pub sdp_role: Option<SdpRole>,
    /// What of the exchange of offers and answers is out of order about it.
    pub disorder: Option<Disorder>,
    /// For a response: whether its request carried an offer while another was pending.
    pub answers_crossing: bool,
    /// For a response: how many values its Record-Route and its Path begin with that its request did not have when it passed; `None` where that
    /// is not known. The others, behind them, are copied from the request (RFC 3261 §12.1.1, RFC 3327 §5.3).
    pub added: [Option<u16>; 2],
    /// Whether it is the 2xx to an INVITE or UPDATE whose request asked for a session timer.
    pub timer_asked: bool,
    /// Nanoseconds since the beginning of the capture.
    pub age: i64,
}

impl Place {
    /// For a response: whether its request was seen, and stood outside of any dialog.
    #[must_use]
    pub const fn answers_initial(&self) -> bool {
        self.matched && !self.request_in_dialog
    }

    /// Notes what its SDP is.
    pub(super) fn says(&mut self, said: Said) {
        (self.sdp_role, self.disorder) = (said.role, said.disorder);
    }
}
