//! Takes the SDP bodies of one dialog in order, gives completed exchanges of offer and answer, never judges them.

use std::sync::Arc;

use super::{Description, Exchange, SdpRole, Slot};

/// The offer/answer state of one dialog: none, an offer pending, or agreed.
///
/// A fork is a dialog of its own: it starts as a clone of the state at the moment its To tag first appears.
#[derive(Clone, Debug, Default)]
pub struct Engine {
    pending: Option<Pending>,
    /// The last preview of the answer to the pending offer.
    preview: Option<Arc<Description>>,
    /// Whether the last INVITE, or a response to it, brought an exchange to its end.
    invite_agreed: bool,
    /// What each side had in force after the last exchange.
    agreed: Option<Agreed>,
    /// The last offer that was refused since.
    refused: Option<Arc<Description>>,
}

#[derive(Clone, Debug)]
struct Pending {
    offer: Arc<Description>,
    by_caller: bool,
    slot: Slot,
}

impl Pending {
    /// Whether the caller sent the request that carries the offer, or whose response does.
    const fn client_is_caller(&self) -> bool {
        self.by_caller == self.slot.is_request()
    }
}

/// Texts only: a session agrees once and lives long, and hardly one agrees again.
#[derive(Clone, Debug)]
struct Agreed {
    caller: Said,
    callee: Said,
}

#[derive(Clone, Debug)]
struct Said {
    text: Arc<[u8]>,
    is_cut: bool,
}

impl Said {
    fn of(body: &Description) -> Self {
        Self { text: body.text().into(), is_cut: body.is_cut() }
    }

    fn read(&self) -> Arc<Description> {
        Arc::new(Description::parse(&self.text).cut_short(self.is_cut))
    }
}

impl Engine {
    /// The state of a session request that goes on after `refused` was not acceptable.
    #[must_use]
    pub fn after(refused: Option<Arc<Description>>) -> Self {
        Self { refused, ..Self::default() }
    }

    /// The offer that waits for an answer.
    #[must_use]
    pub fn pending(&self) -> Option<&Arc<Description>> {
        self.pending.as_ref().map(|pending| &pending.offer)
    }

    /// Takes the next message of the dialog that may carry SDP, who sent it and its body; gives what the body is, and the exchange
    /// that it completes. Messages without a body matter too: they take pending offers back.
    pub fn on(&mut self, slot: Slot, from_caller: bool, body: Option<&Arc<Description>>) -> (Option<SdpRole>, Option<Exchange>) {
        match slot {
            // A client has one INVITE at a time (RFC 3261 §14.1): what its last one left pending failed, even if the tap missed how.
            Slot::Invite => {
                self.withdraw(|p| p.client_is_caller() == from_caller);
                self.invite_agreed = false;
            }
            // Its body, if any, tells what would have been acceptable (RFC 3261 §21.4.26): no offer, no answer.
            Slot::Failure | Slot::Refusal => {
                if slot == Slot::Refusal {
                    self.refused = self.pending().cloned().or(self.refused.take());
                }
                self.withdraw(|p| p.client_is_caller() != from_caller);
                return (None, None);
            }
            _ => {}
        }
        let Some(body) = body else {
            // The answer had to be here; the offer finds none elsewhere.
            let last_chance = slot != Slot::ReliableProvisional && slot != Slot::Prack;
            self.withdraw(|p| last_chance && p.by_caller != from_caller && p.slot.is_answered_in(slot));
            return (None, None);
        };
        let role = self.role(slot, from_caller, body);
        match role {
            SdpRole::Offer => {
                self.preview = None;
                self.pending = Some(Pending { offer: Arc::clone(body), by_caller: from_caller, slot });
            }
            SdpRole::Preview => self.preview = Some(Arc::clone(body)),
            SdpRole::Answer => return (Some(role), self.complete(slot, body)),
            SdpRole::Repeat | SdpRole::OutOfOrder => {}
        }
        (Some(role), None)
    }

    fn role(&self, slot: Slot, from_caller: bool, body: &Description) -> SdpRole {
        let of_invite = matches!(slot, Slot::Provisional | Slot::ReliableProvisional | Slot::InviteSuccess);
        match &self.pending {
            Some(p) if p.by_caller != from_caller && p.slot.is_answered_in(slot) => SdpRole::Answer,
            Some(p) if p.by_caller != from_caller && p.slot == Slot::Invite && slot == Slot::Provisional => SdpRole::Preview,
            Some(p) if p.by_caller == from_caller && p.offer.text() == body.text() => SdpRole::Repeat,
            // A second UPDATE of the same side: the tap missed the end of the first.
            Some(p) if p.by_caller == from_caller && p.slot == slot && slot.is_request() => SdpRole::Offer,
            _ if of_invite && self.invite_agreed => SdpRole::Repeat,
            Some(_) => SdpRole::OutOfOrder,
            None => match slot {
                Slot::Invite | Slot::Prack | Slot::Update | Slot::ReliableProvisional | Slot::InviteSuccess => SdpRole::Offer,
                _ if self.in_force(from_caller).is_some_and(|said| &*said.text == body.text()) => SdpRole::Repeat,
                _ => SdpRole::OutOfOrder,
            },
        }
    }

    fn complete(&mut self, answer_in: Slot, answer: &Arc<Description>) -> Option<Exchange> {
        let Pending { offer, by_caller, slot } = self.pending.take()?;
        self.invite_agreed |= matches!(slot, Slot::Invite | Slot::ReliableProvisional | Slot::InviteSuccess);
        let exchange = Exchange {
            offer: Arc::clone(&offer),
            answer: Arc::clone(answer),
            preview: self.preview.take(),
            offered_by_caller: by_caller,
            offerer_before: self.in_force(by_caller).map(Said::read),
            answerer_before: self.in_force(!by_caller).map(Said::read),
            refused: self.refused.take(),
            offer_in: slot,
            answer_in,
        };
        let (caller, callee) = if by_caller { (&offer, answer) } else { (answer, &offer) };
        self.agreed = Some(Agreed { caller: Said::of(caller), callee: Said::of(callee) });
        Some(exchange)
    }

    fn in_force(&self, of_caller: bool) -> Option<&Said> {
        self.agreed.as_ref().map(|a| if of_caller { &a.caller } else { &a.callee })
    }

    fn withdraw(&mut self, when: impl Fn(&Pending) -> bool) {
        if self.pending.as_ref().is_some_and(when) {
            self.pending = None;
            self.preview = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use SdpRole::{Answer, Offer, OutOfOrder, Preview, Repeat};
    use Slot::*;

    const CALLER: bool = true;
    const CALLEE: bool = false;

    /// Feeds messages; gives the role of each and, of each exchange, offer, answer, what the offerer had before, and who offered.
    fn play(messages: &[(Slot, bool, &str)]) -> (Vec<Option<SdpRole>>, Vec<String>) {
        let mut engine = Engine::default();
        let text = |d: &Arc<Description>| String::from_utf8_lossy(d.text()).into_owned();
        let mut exchanges = Vec::new();
        let roles = messages.iter().map(|&(slot, from_caller, body)| {
            let body = (!body.is_empty()).then(|| Arc::new(Description::parse(body.as_bytes())));
            let (role, exchange) = engine.on(slot, from_caller, body.as_ref());
            exchanges.extend(exchange.map(|e| {
                let before = e.offerer_before.as_ref().map_or("-".into(), text);
                let by = if e.offered_by_caller { "caller" } else { "callee" };
                format!("{}>{} after {before} by {by}", text(&e.offer), text(&e.answer))
            }));
            role
        });
        (roles.collect(), exchanges)
    }

    #[test]
    fn the_six_patterns() {
        let (roles, exchanges) = play(&[(Invite, CALLER, "a"), (Provisional, CALLEE, ""), (InviteSuccess, CALLEE, "b"), (Ack, CALLER, "")]);
        assert_eq!((roles, exchanges), (vec![Some(Offer), None, Some(Answer), None], vec!["a>b after - by caller".into()]));

        let (roles, exchanges) = play(&[(Invite, CALLER, ""), (InviteSuccess, CALLEE, "b"), (Ack, CALLER, "a")]);
        assert_eq!((roles, exchanges), (vec![None, Some(Offer), Some(Answer)], vec!["b>a after - by callee".into()]));

        // Reliable 18x with the answer; the 2xx repeats it; then PRACK offers again and UPDATE a third time.
        let (roles, exchanges) = play(&[
            (Invite, CALLER, "a1"),
            (ReliableProvisional, CALLEE, "b1"),
            (Prack, CALLER, "a2"),
            (PrackSuccess, CALLEE, "b2"),
            (Update, CALLER, "a3"),
            (UpdateSuccess, CALLEE, "b3"),
            (InviteSuccess, CALLEE, "b1"),
            (Ack, CALLER, ""),
        ]);
        assert_eq!(roles, [Some(Offer), Some(Answer), Some(Offer), Some(Answer), Some(Offer), Some(Answer), Some(Repeat), None]);
        assert_eq!(exchanges, ["a1>b1 after - by caller", "a2>b2 after a1 by caller", "a3>b3 after a2 by caller"]);

        let (roles, exchanges) = play(&[
            (Invite, CALLER, ""),
            (ReliableProvisional, CALLEE, "b"),
            (Prack, CALLER, "a"),
            (PrackSuccess, CALLEE, ""),
            (InviteSuccess, CALLEE, ""),
        ]);
        assert_eq!((roles, exchanges), (vec![None, Some(Offer), Some(Answer), None, None], vec!["b>a after - by callee".into()]));
    }

    #[test]
    fn an_unreliable_18x_previews() {
        let mut engine = Engine::default();
        let body = |text: &str| Arc::new(Description::parse(text.as_bytes()));
        engine.on(Invite, CALLER, Some(&body("a")));
        assert_eq!(engine.on(Provisional, CALLEE, Some(&body("early"))).0, Some(Preview));
        let mut fork = engine.clone();
        let (role, exchange) = engine.on(InviteSuccess, CALLEE, Some(&body("b")));
        assert_eq!(role, Some(Answer));
        assert_eq!(exchange.unwrap().preview.unwrap().text(), b"early");
        assert_eq!(engine.on(InviteSuccess, CALLEE, Some(&body("b"))).0, Some(Repeat));
        assert_eq!(fork.on(InviteSuccess, CALLEE, Some(&body("c"))).0, Some(Answer));
    }

    #[test]
    fn the_callee_may_offer_again() {
        let (roles, exchanges) = play(&[
            (Invite, CALLER, "a1"),
            (InviteSuccess, CALLEE, "b1"),
            (Ack, CALLER, ""),
            (Invite, CALLEE, "b2"),
            (InviteSuccess, CALLER, "a2"),
            (Ack, CALLEE, ""),
            (Invite, CALLEE, ""),
            (InviteSuccess, CALLER, "a3"),
            (Ack, CALLEE, "b3"),
        ]);
        assert_eq!(roles.iter().flatten().count(), 6);
        assert_eq!(exchanges, ["a1>b1 after - by caller", "b2>a2 after b1 by callee", "a3>b3 after a2 by caller"]);
    }

    #[test]
    fn a_failure_takes_the_offer_back() {
        let (roles, exchanges) = play(&[
            (Invite, CALLER, "a1"),
            (InviteSuccess, CALLEE, "b1"),
            (Invite, CALLER, "a2"),
            (Failure, CALLEE, "capabilities"),
            (Update, CALLEE, "b3"),
            (UpdateSuccess, CALLER, "a3"),
        ]);
        assert_eq!(roles, [Some(Offer), Some(Answer), Some(Offer), None, Some(Offer), Some(Answer)]);
        assert_eq!(exchanges, ["a1>b1 after - by caller", "b3>a3 after b1 by callee"]);
        // Challenged, then sent again; and the same where the tap missed the 407.
        for challenge in [Failure, Ack] {
            let (_, exchanges) =
                play(&[(Invite, CALLER, "a"), (challenge, !CALLER, ""), (Invite, CALLER, "a"), (InviteSuccess, CALLEE, "b")]);
            assert_eq!(exchanges, ["a>b after - by caller"]);
        }
    }

    #[test]
    fn a_refused_offer_is_told_with_the_next_exchange() {
        let mut engine = Engine::default();
        let body = |text: &str| Arc::new(Description::parse(text.as_bytes()));
        let mut on = |slot, from_caller, text: &str| engine.on(slot, from_caller, (!text.is_empty()).then(|| body(text)).as_ref()).1;
        for (slot, from_caller, text) in
            [(Invite, CALLER, "a"), (InviteSuccess, CALLEE, "b"), (Invite, CALLER, "secure"), (Refusal, CALLEE, "")]
        {
            on(slot, from_caller, text);
        }
        on(Invite, CALLER, "plain");
        let exchange = on(InviteSuccess, CALLEE, "b").unwrap();
        assert_eq!(exchange.refused.unwrap().text(), b"secure");
        on(Invite, CALLER, "again");
        assert!(on(InviteSuccess, CALLEE, "b").unwrap().refused.is_none());
    }

    #[test]
    fn glare_ends_in_491_on_both_sides() {
        let (roles, exchanges) = play(&[
            (Invite, CALLER, "a"),
            (Invite, CALLEE, "b"),
            (Failure, CALLER, ""),
            (Failure, CALLEE, ""),
            (Invite, CALLEE, "b"),
            (InviteSuccess, CALLER, "a"),
        ]);
        assert_eq!(roles, [Some(Offer), Some(OutOfOrder), None, None, Some(Offer), Some(Answer)]);
        assert_eq!(exchanges, ["b>a after - by callee"]);
    }

    #[test]
    fn an_answer_that_never_came_blocks_nothing() {
        let (_, exchanges) = play(&[
            (Invite, CALLER, "a1"),
            (InviteSuccess, CALLEE, ""),
            (Ack, CALLER, ""),
            (Invite, CALLEE, ""),
            (InviteSuccess, CALLER, "a2"),
            (Ack, CALLEE, ""),
            (Update, CALLEE, "b3"),
            (UpdateSuccess, CALLER, ""),
            (Update, CALLER, "a4"),
            (UpdateSuccess, CALLEE, "b4"),
        ]);
        assert_eq!(exchanges, ["a4>b4 after - by caller"]);
    }

    #[test]
    fn what_stands_where_nothing_may_is_out_of_order() {
        let early = play(&[(Invite, CALLER, ""), (Provisional, CALLEE, "b"), (Update, CALLER, "a")]);
        assert_eq!(early.0, [None, Some(OutOfOrder), Some(Offer)]);
        let pending = play(&[(Invite, CALLER, "a"), (Update, CALLER, "a2"), (Ack, CALLER, "a")]);
        assert_eq!(pending.0, [Some(Offer), Some(OutOfOrder), Some(Repeat)]);
        let ack = play(&[(Invite, CALLER, "a"), (InviteSuccess, CALLEE, "b"), (Ack, CALLER, "a"), (Ack, CALLER, "x")]);
        assert_eq!(ack.0, [Some(Offer), Some(Answer), Some(Repeat), Some(OutOfOrder)]);
    }
}
