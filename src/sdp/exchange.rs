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
    /// An offer or an answer: whether the INVITE of a response had an offer is not known, or what an ACK answers.
    Either,
    /// SDP after the answer was given, in a later response of the same INVITE: ignored by the receiver.
    Repeat,
    /// SDP where neither an offer nor an answer may stand, or a second offer while one is pending.
    OutOfOrder,
}

/// How a message, by its SDP or the lack of it, stands to the order of offers and answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disorder {
    /// No SDP in the last message that could answer the pending offer.
    NoAnswer,
    /// A request with an offer while another offer is pending: right only if it is refused (RFC 3261 §14.2, RFC 3311 §5.2).
    Crossing,
    /// SDP where neither an offer nor an answer may stand.
    Misplaced,
    /// SDP in a later response of an INVITE that differs from the answer which an earlier one gave.
    Changed,
    /// One of these or none: the capture does not show whether there was SDP, or what it said.
    Unseen,
}

/// The SDP of a message, as far as it can be told.
#[derive(Clone, Copy, Debug)]
pub enum Body<'a> {
    /// There is none.
    Absent,
    /// There may be some: the message is cut, or its body is encrypted.
    Unseen,
    /// There it is.
    Seen(&'a Arc<Description>),
}

/// What the next message of a dialog did to its exchanges.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// What its SDP is.
    pub role: Option<SdpRole>,
    /// The exchange that it completes.
    pub exchange: Option<Exchange>,
    /// What is out of order about it.
    pub disorder: Option<Disorder>,
}

/// An answered offer: the whole lines that the capture holds of it.
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
    /// Whether the capture may have cut off m= lines of one side that stand to m= lines of the other.
    #[must_use]
    pub fn may_pair_more(&self) -> bool {
        let (offered, answered) = (self.offer.media().len(), self.answer.media().len());
        (self.offer.is_cut() && (self.answer.is_cut() || answered > offered)) || (self.answer.is_cut() && offered > answered)
    }

    /// The exchange of the m= sections that the capture holds of both sides, where it cut the rest of them: what breaks a rule on streams
    /// there breaks it in the whole. `None` where nothing is whole, or what was said before is cut too.
    #[must_use]
    pub fn whole_sections(&self) -> Option<Self> {
        let earlier = [&self.offerer_before, &self.answerer_before, &self.refused];
        if earlier.into_iter().flatten().any(|other| other.is_cut()) {
            return None;
        }
        let announced = self.preview.as_ref().map_or(usize::MAX, |preview| preview.whole_sections());
        let sections = self.offer.whole_sections().min(self.answer.whole_sections());
        let part = |of: &Arc<Description>, sections: usize| Arc::new(of.beginning(sections));
        (sections > 0).then(|| Self {
            offer: part(&self.offer, sections),
            answer: part(&self.answer, sections),
            // What was announced is compared section by section too.
            preview: self.preview.as_ref().filter(|_| announced >= sections).map(|preview| part(preview, sections)),
            ..self.clone()
        })
    }

    /// Whether the capture cut off nothing that tells of a stream: one side only, in sections that this side refuses.
    #[must_use]
    pub fn lacks_refused_only(&self) -> bool {
        let (cut, whole) = match (self.offer.is_cut(), self.answer.is_cut()) {
            (true, false) => (&self.offer, &self.answer),
            (false, true) => (&self.answer, &self.offer),
            _ => return false,
        };
        let others = [&self.preview, &self.offerer_before, &self.answerer_before, &self.refused];
        let rest = cut.media().get(cut.whole_sections()..).unwrap_or_default();
        // As many m= lines on both sides: no further one is missing.
        !others.into_iter().flatten().any(|other| other.is_cut())
            && cut.media().len() == whole.media().len()
            && !rest.is_empty()
            && rest.iter().all(|media| !media.is_active() && !media.unreadable)
    }

    /// Whether the capture cut a description that it compares.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        let others = [&self.preview, &self.offerer_before, &self.answerer_before, &self.refused];
        self.offer.is_cut() || self.answer.is_cut() || others.into_iter().flatten().any(|other| other.is_cut())
    }
}
