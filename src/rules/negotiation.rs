//! Takes an offer and its answer as text, gives a rule's verdict on the exchange, never anything outside tests.

use std::sync::Arc;

use super::scene::endpoint;
use super::{Check, OfferAnswerSubject, Rule, Verdict};
use crate::call::{OfferAnswer, Trace};
use crate::policy::Terms;
use crate::sdp::{Description, Exchange, Slot};

/// An offer in the INVITE of alpha (192.0.2.17), answered in the 200 of bravo (198.51.100.33); nothing is agreed until a test says so.
pub(super) struct Negotiation {
    exchange: OfferAnswer,
    terms: Terms,
}

impl Negotiation {
    /// Of media sections: the session part, the same on both sides but for its address, is put before them. Lines end in `\n` here.
    pub(super) fn of(offer: &str, answer: &str) -> Self {
        Self::verbatim(&session("192.0.2.70", offer), &session("198.51.100.70", answer))
    }

    /// Of whole bodies.
    pub(super) fn verbatim(offer: &str, answer: &str) -> Self {
        let (caller, callee) = (endpoint("192.0.2.17:5060"), endpoint("198.51.100.33:5060"));
        let trace =
            |source, destination, line: &str| Trace { source, destination, line: line.as_bytes().into(), ..Trace::default() }.into();
        let exchange = Exchange {
            offer: parsed(offer),
            answer: parsed(answer),
            preview: None,
            offered_by_caller: true,
            offerer_before: None,
            answerer_before: None,
            refused: None,
            offer_in: Slot::Invite,
            answer_in: Slot::InviteSuccess,
        };
        let exchange = OfferAnswer {
            exchange,
            call_id: "negotiation@test".into(),
            offer: trace(caller, callee, "INVITE sip:b@edge.bravo.example SIP/2.0"),
            answer: trace(callee, caller, "SIP/2.0 200 OK"),
            caller,
            callee,
        };
        Self { exchange, terms: Terms::default() }
    }

    /// After an exchange of these media sections, offered by the same side.
    pub(super) fn after(mut self, offer: &str, answer: &str) -> Self {
        self.exchange.exchange.offerer_before = Some(parsed(&session("192.0.2.70", offer)));
        self.exchange.exchange.answerer_before = Some(parsed(&session("198.51.100.70", answer)));
        self
    }

    /// With a change to the exchange.
    pub(super) fn with(mut self, change: impl FnOnce(&mut Exchange)) -> Self {
        change(&mut self.exchange.exchange);
        self
    }

    /// What was agreed.
    pub(super) fn agreed(mut self, change: impl FnOnce(&mut Terms)) -> Self {
        change(&mut self.terms);
        self
    }

    /// What `rule` says of it.
    pub(super) fn judge(&self, rule: &Rule) -> Verdict {
        let found = rule.checks().iter().find_map(|check| match *check {
            Check::OfferAnswer(check) => Some((check, false)),
            Check::Sections(check) => Some((check, true)),
            _ => None,
        });
        let (check, by_section) = found.unwrap_or_else(|| panic!("{} looks at no exchange", rule.id));
        OfferAnswerSubject { exchange: &self.exchange, terms: &self.terms }.ask(check, by_section)
    }
}

/// Media sections as a whole body.
pub(super) fn session(address: &str, media: &str) -> String {
    format!("v=0\no=- 1 1 IN IP4 {address}\ns=-\nc=IN IP4 {address}\nt=0 0\n{media}")
}

/// A body, lines ended as they should be.
pub(super) fn parsed(body: &str) -> Arc<Description> {
    Arc::new(Description::parse(body.replace('\n', "\r\n").as_bytes()))
}

/// Who a breach points at: the first words of the start lines of its exhibits.
pub(super) fn exhibits(verdict: &Verdict) -> Vec<&str> {
    match verdict {
        Verdict::Violation(breaches) => {
            let lines = breaches.iter().filter_map(|b| b.exhibit.as_ref()).map(|exhibit| str::from_utf8(&exhibit.line).unwrap());
            lines.filter_map(|line| line.split(' ').next()).collect()
        }
        _ => Vec::new(),
    }
}
