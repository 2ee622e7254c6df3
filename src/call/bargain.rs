//! Takes the bodies of one dialog with their messages, gives completed exchanges with both their traces, never a judgement.

use std::sync::Arc;

use super::Trace;
use super::turn::Turn;
use crate::sdp::{Body, Description, Disorder, Engine, Exchange, Heard, SdpRole, Slot};
use crate::sip::{Arrival, HeaderName, Method};

/// The offer/answer state of a dialog, and the message that carried the pending offer.
#[derive(Clone, Debug, Default)]
pub(super) struct Bargain {
    engine: Engine,
    offer: Option<Arc<Trace>>,
    /// The CSeq number of the INVITE that the state speaks of.
    invite: Option<u32>,
}

/// What the SDP of a message is, and what is out of order about it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Said {
    pub(super) role: Option<SdpRole>,
    pub(super) disorder: Option<Disorder>,
}

/// An exchange with the messages that carried its offer and its answer.
#[derive(Debug)]
pub(super) struct Agreed {
    pub(super) exchange: Exchange,
    pub(super) offer: Arc<Trace>,
    pub(super) answer: Arc<Trace>,
}

impl Bargain {
    /// Of a session request that goes on after `refused` was not acceptable.
    pub(super) fn after(refused: Option<Arc<Description>>) -> Self {
        Self { engine: Engine::after(refused), ..Self::default() }
    }

    /// The offer that waits for an answer.
    pub(super) fn pending(&self) -> Option<&Arc<Description>> {
        self.engine.pending()
    }

    /// Something of the dialog was not seen.
    pub(super) fn doubt(&mut self) {
        self.engine.doubt();
    }

    /// A request passed unseen, with whatever it said.
    pub(super) fn miss(&mut self, slot: Slot, from_caller: bool, number: u32) {
        if slot == Slot::Invite {
            self.invite = Some(number);
        }
        self.engine.on(slot, from_caller, Body::Unseen);
        self.engine.doubt();
    }

    /// Whether the offer that waits for an answer is in this message.
    pub(super) fn is_offered_in(&self, message: &Arc<Trace>) -> bool {
        self.engine.pending().is_some() && self.offer.as_ref().is_some_and(|offer| Arc::ptr_eq(offer, message))
    }

    pub(super) fn on(
        &mut self,
        slot: Slot,
        from_caller: bool,
        arrival: &Arrival,
        body: Option<&Arc<Description>>,
        turn: &mut Turn<'_>,
    ) -> (Said, Option<Agreed>) {
        let body = match body {
            Some(body) => Body::Seen(body),
            None if arrival.lacks_sdp() || arrival.is_enveloped() => Body::Unseen,
            None => Body::Absent,
        };
        let is_old = |offer: &Arc<Trace>| arrival.envelope.first.since(offer.last) > turn.settings.wait();
        if slot.is_request() && matches!(body, Body::Seen(_)) && self.engine.pending().is_some() && self.offer.as_ref().is_some_and(is_old)
        {
            self.engine.lapse();
        }
        let number = arrival.message.cseq().map(|cseq| cseq.number);
        if slot == Slot::Invite {
            self.invite = number;
        }
        let Heard { role, exchange, disorder } = self.engine.on(slot, from_caller, body);
        // Who hunts with several INVITEs at a time has an answer to each in one dialog: it is no other answer to this one.
        let of_invite = matches!(slot, Slot::Provisional | Slot::ReliableProvisional | Slot::InviteSuccess);
        let disorder = disorder.filter(|_| !of_invite || self.invite == number);
        let agreed =
            exchange.map(|exchange| Agreed { exchange, offer: self.offer.take().unwrap_or_default(), answer: turn.trace(arrival) });
        if matches!(role, Some(SdpRole::Offer | SdpRole::Either)) {
            self.offer = Some(turn.trace(arrival));
        }
        (Said { role, disorder }, agreed)
    }
}

/// The slot of a request, where its body can take part in an exchange.
pub(super) fn request_slot(method: Method) -> Option<Slot> {
    match method {
        Method::Invite => Some(Slot::Invite),
        Method::Prack => Some(Slot::Prack),
        Method::Update => Some(Slot::Update),
        _ => None,
    }
}

/// The slot of a response to a request of this method, where it has a meaning for the exchange.
pub(super) fn response_slot(method: Method, code: u16, arrival: &Arrival) -> Option<Slot> {
    match (method, code) {
        (Method::Invite, 101..=199) if is_reliable(arrival) => Some(Slot::ReliableProvisional),
        (Method::Invite, 101..=199) => Some(Slot::Provisional),
        (Method::Invite, 200..=299) => Some(Slot::InviteSuccess),
        (Method::Prack, 200..=299) => Some(Slot::PrackSuccess),
        (Method::Update, 200..=299) => Some(Slot::UpdateSuccess),
        (Method::Invite | Method::Prack | Method::Update, 488 | 606) => Some(Slot::Refusal),
        (Method::Invite | Method::Prack | Method::Update, 300..) => Some(Slot::Failure),
        _ => None,
    }
}

/// Whether a provisional response is sent reliably (RFC 3262 §3).
pub(super) fn is_reliable(arrival: &Arrival) -> bool {
    let message = &arrival.message;
    message.has(HeaderName::RSeq)
        && message
            .all(HeaderName::Require)
            .any(|value| value.split(|&b| b == b',').any(|tag| tag.trim_ascii().eq_ignore_ascii_case(b"100rel")))
}
