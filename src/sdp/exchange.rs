//! Takes the SDP bodies of one dialog in order, gives completed exchanges of offer and answer, never judges them (RFC 3264, RFC 6337).

use std::sync::Arc;

use super::Description;

/// What carried a body: decides whether it can be an offer or an answer (`standards.md` §5.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Slot {
    /// INVITE, initial or not.
    Invite,
    /// A provisional response to INVITE that is not reliable.
    Provisional,
    /// A reliable provisional response to INVITE (RFC 3262).
    ReliableProvisional,
    /// 2xx to INVITE.
    InviteSuccess,
    /// ACK.
    Ack,
    /// PRACK.
    Prack,
    /// 2xx to PRACK.
    PrackSuccess,
    /// UPDATE.
    Update,
    /// 2xx to UPDATE.
    UpdateSuccess,
    /// A final failure response to INVITE, PRACK or UPDATE: takes the pending offer back.
    Failure,
}

/// What a body turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SdpRole {
    /// An offer.
    Offer,
    /// The answer to the pending offer.
    Answer,
    /// SDP in an unreliable provisional response: a preview of the answer.
    Preview,
    /// SDP after the answer was given, in a later response of the same INVITE: ignored by the receiver.
    Repeat,
    /// SDP where neither an offer nor an answer may stand, or a second offer while one is pending.
    OutOfOrder,
}

/// An answered offer.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The offer.
    pub offer: Arc<Description>,
    /// Its answer.
    pub answer: Arc<Description>,
    /// Whether the side that sent the dialog's first INVITE made the offer.
    pub offered_by_caller: bool,
    /// The description that the offerer had last sent in this dialog before this offer, offer or answer.
    pub offerer_before: Option<Arc<Description>>,
    /// The same of the answerer.
    pub answerer_before: Option<Arc<Description>>,
    /// What carried the offer.
    pub offer_in: Slot,
    /// What carried the answer.
    pub answer_in: Slot,
}

/// The offer/answer state of one dialog: none, an offer pending, or agreed.
#[derive(Clone, Debug, Default)]
pub struct Engine {}

impl Engine {
    /// Takes the next body of the dialog, who sent it and what carried it; gives what it is, and the exchange that it completes.
    pub fn on(&mut self, slot: Slot, from_caller: bool, body: Option<&Arc<Description>>) -> (Option<SdpRole>, Option<Exchange>) {
        let _ = (slot, from_caller, body);
        (None, None)
    }
}
