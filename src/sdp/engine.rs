//! Takes the SDP bodies of one dialog in order, gives completed exchanges of offer and answer, never judges them.

use std::sync::Arc;

use super::{Body, Description, Disorder, Exchange, Heard, SdpRole, Slot};

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
    /// Whether another exchange was completed since.
    agreed_since: bool,
    /// Whether the last INVITE was seen to come without SDP, so that a response has the offer.
    offers_late: bool,
    /// Whether something may have passed that the tap did not show, so that what seems out of order need not be.
    in_doubt: bool,
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
        Arc::new(Description::parse(&self.text).cut_short(self.is_cut)).whole_lines()
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

    /// Something of the dialog was missed: until it agrees anew, nothing is out of order for sure.
    pub fn doubt(&mut self) {
        self.in_doubt = true;
    }

    /// The pending offer was not answered in the time for it: other than an INVITE, which may ring for long, it failed.
    pub fn lapse(&mut self) {
        self.in_doubt = true;
        self.withdraw(|p| p.slot != Slot::Invite);
    }

    /// Takes the next message of the dialog that may carry SDP, who sent it and its body; gives what the body is, the exchange
    /// that it completes, and what is out of order. Messages without a body matter too: they take pending offers back.
    pub fn on(&mut self, slot: Slot, from_caller: bool, body: Body<'_>) -> Heard {
        match slot {
            // A client has one INVITE at a time (RFC 3261 §14.1): what its last one left pending failed, even if the tap missed how.
            Slot::Invite => {
                self.withdraw(|p| p.client_is_caller() == from_caller);
                (self.invite_agreed, self.agreed_since) = (false, false);
                self.offers_late = matches!(body, Body::Absent);
            }
            // Its body, if any, tells what would have been acceptable (RFC 3261 §21.4.26): no offer, no answer.
            Slot::Failure | Slot::Refusal => {
                if slot == Slot::Refusal {
                    self.refused = self.pending().cloned().or(self.refused.take());
                }
                self.withdraw(|p| p.client_is_caller() != from_caller);
                return Heard::default();
            }
            _ => {}
        }
        let Body::Seen(body) = body else {
            return Heard { disorder: self.bare(slot, from_caller, matches!(body, Body::Unseen)), ..Heard::default() };
        };
        let role = self.role(slot, from_caller, body);
        let disorder = self.disorder(role, slot, from_caller, body);
        let mut heard = Heard { role: Some(role), exchange: None, disorder };
        match role {
            SdpRole::Offer => {
                self.in_doubt &= !slot.is_request();
                self.preview = None;
                self.pending = Some(Pending { offer: Arc::clone(body), by_caller: from_caller, slot });
            }
            // If it is an offer, the ACK or PRACK has its answer.
            SdpRole::Either if !matches!(slot, Slot::Provisional | Slot::Ack) => {
                self.pending = Some(Pending { offer: Arc::clone(body), by_caller: from_caller, slot });
            }
            SdpRole::Either => {}
            SdpRole::Preview => self.preview = Some(Arc::clone(body)),
            SdpRole::Answer => heard.exchange = self.complete(slot, body),
            // Whether the other side takes or refuses it, what is pending after that is not known.
            SdpRole::OutOfOrder if disorder == Some(Disorder::Crossing) => self.in_doubt = true,
            SdpRole::Repeat | SdpRole::OutOfOrder => {}
        }
        heard
    }

    /// A message without SDP, or without any that the capture shows.
    fn bare(&mut self, slot: Slot, from_caller: bool, is_unseen: bool) -> Option<Disorder> {
        let answers = self.pending.as_ref().is_some_and(|p| p.by_caller != from_caller && p.slot.is_answered_in(slot));
        let is_last_chance = answers && slot != Slot::ReliableProvisional;
        let disorder = match self.in_doubt || is_unseen {
            true => Disorder::Unseen,
            false => Disorder::NoAnswer,
        };
        self.in_doubt |= is_unseen && slot != Slot::Provisional;
        // The answer had to be here; the offer finds none elsewhere.
        if is_last_chance && slot != Slot::Prack {
            self.withdraw(|_| true);
        }
        is_last_chance.then_some(disorder)
    }

    /// What is out of order about SDP of this role.
    fn disorder(&self, role: SdpRole, slot: Slot, from_caller: bool, body: &Arc<Description>) -> Option<Disorder> {
        let disorder = match role {
            SdpRole::OutOfOrder if self.pending.is_some() && slot.is_request() && slot != Slot::Ack => Disorder::Crossing,
            SdpRole::OutOfOrder => Disorder::Misplaced,
            SdpRole::Either if slot == Slot::Ack => Disorder::Unseen,
            SdpRole::Repeat if self.pending.is_none() && self.invite_agreed && !self.agreed_since => {
                let given = self.in_force(from_caller).filter(|given| *given.text != *body.text())?;
                match given.read().same_but_origin(&body.whole_lines()) {
                    Some(true) => return None,
                    Some(false) if !self.in_doubt => return Some(Disorder::Changed),
                    _ => Disorder::Unseen,
                }
            }
            _ => return None,
        };
        Some(if self.in_doubt || body.is_cut() { Disorder::Unseen } else { disorder })
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
            None if of_invite && !self.offers_late => SdpRole::Either,
            None => match slot {
                Slot::Invite | Slot::Prack | Slot::Update | Slot::ReliableProvisional | Slot::InviteSuccess => SdpRole::Offer,
                _ if self.in_force(from_caller).is_some_and(|said| &*said.text == body.text()) => SdpRole::Repeat,
                // The offer that it answers passed unseen.
                Slot::Ack if self.in_doubt => SdpRole::Either,
                _ => SdpRole::OutOfOrder,
            },
        }
    }

    fn complete(&mut self, answer_in: Slot, answer: &Arc<Description>) -> Option<Exchange> {
        let Pending { offer, by_caller, slot } = self.pending.take()?;
        let of_invite = matches!(slot, Slot::Invite | Slot::ReliableProvisional | Slot::InviteSuccess);
        self.agreed_since |= self.invite_agreed && !of_invite;
        self.invite_agreed |= of_invite;
        self.in_doubt = false;
        let exchange = Exchange {
            offer: offer.whole_lines(),
            answer: answer.whole_lines(),
            preview: self.preview.take().map(|preview| preview.whole_lines()),
            offered_by_caller: by_caller,
            offerer_before: self.in_force(by_caller).map(Said::read),
            answerer_before: self.in_force(!by_caller).map(Said::read),
            refused: self.refused.take().map(|refused| refused.whole_lines()),
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

    fn hear(engine: &mut Engine, slot: Slot, from_caller: bool, text: &str) -> Heard {
        let body = Arc::new(Description::parse(text.as_bytes()));
        engine.on(slot, from_caller, if text.is_empty() { Body::Absent } else { Body::Seen(&body) })
    }

    /// Feeds messages; gives the role of each and, of each exchange, offer, answer, what the offerer had before, and who offered.
    fn play(messages: &[(Slot, bool, &str)]) -> (Vec<Option<SdpRole>>, Vec<String>) {
        let mut engine = Engine::default();
        let text = |d: &Arc<Description>| String::from_utf8_lossy(d.text()).into_owned();
        let mut exchanges = Vec::new();
        let roles = messages.iter().map(|&(slot, from_caller, body)| {
            let Heard { role, exchange, .. } = hear(&mut engine, slot, from_caller, body);
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
        hear(&mut engine, Invite, CALLER, "a");
        assert_eq!(hear(&mut engine, Provisional, CALLEE, "early").role, Some(Preview));
        let mut fork = engine.clone();
        let Heard { role, exchange, .. } = hear(&mut engine, InviteSuccess, CALLEE, "b");
        assert_eq!(role, Some(Answer));
        assert_eq!(exchange.unwrap().preview.unwrap().text(), b"early");
        assert_eq!(hear(&mut engine, InviteSuccess, CALLEE, "b").role, Some(Repeat));
        assert_eq!(hear(&mut fork, InviteSuccess, CALLEE, "c").role, Some(Answer));
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
        let mut on = |slot, from_caller, text: &str| hear(&mut engine, slot, from_caller, text).exchange;
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

    /// What is out of order about each message.
    fn disorders(messages: &[(Slot, bool, &str)]) -> Vec<Option<Disorder>> {
        let mut engine = Engine::default();
        messages.iter().map(|&(slot, from_caller, body)| hear(&mut engine, slot, from_caller, body).disorder).collect()
    }

    // RFC 3261 §13.2.1, RFC 3262 §5, RFC 3311 §5: each offer has a last message that can answer it.
    #[test]
    fn an_answer_that_had_to_be_there() {
        let missing = Some(Disorder::NoAnswer);
        assert_eq!(disorders(&[(Invite, CALLER, "a"), (Provisional, CALLEE, "b"), (InviteSuccess, CALLEE, "")]), [None, None, missing]);
        assert_eq!(disorders(&[(Invite, CALLER, ""), (InviteSuccess, CALLEE, "b"), (Ack, CALLER, "")]), [None, None, missing]);
        assert_eq!(disorders(&[(Invite, CALLER, ""), (ReliableProvisional, CALLEE, "b"), (Prack, CALLER, "")]), [None, None, missing]);
        let early = [(Invite, CALLER, "a"), (ReliableProvisional, CALLEE, "b")];
        for (request, response) in [(Prack, PrackSuccess), (Update, UpdateSuccess)] {
            let all = disorders(&[early[0], early[1], (request, CALLER, "a2"), (response, CALLEE, ""), (InviteSuccess, CALLEE, "")]);
            assert_eq!(all, [None, None, None, missing, None]);
        }
        assert_eq!(disorders(&[early[0], (ReliableProvisional, CALLEE, ""), early[1], (InviteSuccess, CALLEE, "")]), [None; 4]);
    }

    #[test]
    fn offers_that_cross() {
        let crossing = Some(Disorder::Crossing);
        assert_eq!(disorders(&[(Invite, CALLER, "a"), (Update, CALLEE, "b"), (Failure, CALLER, "")]), [None, crossing, None]);
        assert_eq!(disorders(&[(Invite, CALLER, "a"), (Update, CALLER, "a2")]), [None, crossing]);
        // The first is refused and the second taken: what then passes is an answer, though nobody may blame its sender for more.
        let taken = [(Invite, CALLER, "a"), (Invite, CALLEE, "b"), (Failure, CALLEE, ""), (InviteSuccess, CALLER, "a2"), (Ack, CALLEE, "")];
        assert_eq!(disorders(&taken), [None, crossing, None, None, Some(Disorder::Unseen)]);
    }

    #[test]
    fn an_answer_that_changes_after_it_was_given() {
        let given = [(Invite, CALLER, "v=0\no=1\ns=a"), (ReliableProvisional, CALLEE, "v=0\no=1\ns=b")];
        let later = |body| disorders(&[given[0], given[1], (InviteSuccess, CALLEE, body)])[2];
        assert_eq!(later("v=0\no=2\ns=b"), None);
        assert_eq!(later("v=0\no=1\ns=c"), Some(Disorder::Changed));
        // What PRACK agreed on instead may be repeated, and so may the answer to the INVITE.
        let prack = [given[0], given[1], (Prack, CALLER, "s=a2"), (PrackSuccess, CALLEE, "s=b2"), (InviteSuccess, CALLEE, "s=b")];
        assert_eq!(disorders(&prack), [None; 5]);
    }

    #[test]
    fn what_was_not_seen_is_not_missing() {
        let mut engine = Engine::default();
        hear(&mut engine, Invite, CALLER, "a");
        assert_eq!(engine.on(ReliableProvisional, CALLEE, Body::Unseen).disorder, None);
        assert_eq!(hear(&mut engine, InviteSuccess, CALLEE, "").disorder, Some(Disorder::Unseen));
        assert_eq!(engine.on(Invite, CALLER, Body::Unseen).disorder, None);
        hear(&mut engine, InviteSuccess, CALLEE, "b");
        assert_eq!(hear(&mut engine, Ack, CALLER, "").disorder, Some(Disorder::Unseen));
        hear(&mut engine, Update, CALLER, "a3");
        engine.lapse();
        assert_eq!(hear(&mut engine, Update, CALLEE, "b4").disorder, None);
        assert_eq!(hear(&mut engine, UpdateSuccess, CALLER, "").disorder, Some(Disorder::NoAnswer));
    }
}
