//! Takes nothing, gives the words of the offer/answer model, never a state (RFC 3264, RFC 6337).

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
    /// One that refuses what was offered: 488 or 606 (RFC 3261 §21.4.26, §21.6.4).
    Refusal,
}

impl Slot {
    /// Whether a request carries it.
    #[must_use]
    pub const fn is_request(self) -> bool {
        matches!(self, Self::Invite | Self::Ack | Self::Prack | Self::Update)
    }

    /// Whether an offer in `self` may be answered in `other` (RFC 6337 §2, table 1).
    #[must_use]
    pub const fn is_answered_in(self, other: Self) -> bool {
        matches!(
            (self, other),
            (Self::Invite, Self::ReliableProvisional | Self::InviteSuccess)
                | (Self::ReliableProvisional, Self::Prack)
                | (Self::InviteSuccess, Self::Ack)
                | (Self::Prack, Self::PrackSuccess)
                | (Self::Update, Self::UpdateSuccess)
        )
    }
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
    /// The last preview of the answer, in an unreliable provisional response.
    pub preview: Option<Arc<Description>>,
    /// Whether the side that sent the dialog's first INVITE made the offer.
    pub offered_by_caller: bool,
    /// What the offerer had sent, offer or answer, in the last completed exchange of this dialog.
    pub offerer_before: Option<Arc<Description>>,
    /// The same of the answerer.
    pub answerer_before: Option<Arc<Description>>,
    /// The offer of the same session that was refused since the last completed exchange.
    pub refused: Option<Arc<Description>>,
    /// What carried the offer.
    pub offer_in: Slot,
    /// What carried the answer.
    pub answer_in: Slot,
}

impl Exchange {
    /// Whether the capture cut a description that it compares.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        let others = [&self.preview, &self.offerer_before, &self.answerer_before, &self.refused];
        self.offer.is_cut() || self.answer.is_cut() || others.into_iter().flatten().any(|other| other.is_cut())
    }
}
