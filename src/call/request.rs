//! Takes a request other than ACK, gives its place and the state that it begins or changes, never a response.

use std::sync::Arc;

use super::bargain::{Bargain, request_slot};
use super::live_call::LiveCall;
use super::live_call::adrift_key;
use super::live_chain::{Follow, LiveChain};
use super::live_transaction::LiveTransaction;
use super::marks::{Marks, hash};
use super::path::Path;
use super::stage::{Stage, Step};
use super::turn::Turn;
use super::{Place, Standing, TagFault};
use crate::sdp::{Description, Disorder, Slot};
use crate::sip::{Arrival, HeaderName, Method};

/// How far the clocks of taps may differ whose captures are merged: a response may be ahead of its request by as much.
const SKEW: i64 = 100_000_000;

/// How many hops of one call are told apart; RFC 3261 §8.1.1.6 lets a request make 70, a tap inside a host sees a few.
const HOPS: usize = 16;

impl LiveCall {
    pub(super) fn request(
        &mut self,
        arrival: &Arrival,
        marks: &Marks,
        method: Method,
        sdp: Option<&Arc<Description>>,
        turn: &mut Turn<'_>,
    ) -> Place {
        let named = self.named(arrival, marks, method);
        if let Some(known) = self.transactions.get_mut(named).filter(|known| known.cseq == 0 || known.cseq == marks.cseq) {
            known.number(marks.cseq);
            return known.again(arrival, marks, turn);
        }
        let is_first = self.is_idle();
        let mut transaction = Box::new(LiveTransaction::begin(arrival, marks, method, turn));
        if arrival.message.cseq().is_none() && arrival.lacks_headers() && !is_first {
            // It may be a copy of one that is known by its number, and what answers that answers it.
            transaction.lose_sight();
        }
        if self.early.is_some_and(|(key, at)| key == transaction.key && turn.clock.since(at) <= SKEW) {
            transaction.lose_sight();
        }
        let mut place = Place { method: Some(method), from_caller: Some(true), ..Place::default() };
        match (method, marks.to) {
            (Method::Cancel, _) => place.from_caller = self.cancel(&mut transaction, arrival, marks, turn),
            (_, Some(to)) => self.inside(&mut transaction, arrival, marks, to, sdp, &mut place, turn),
            (Method::Invite, None) => self.invite(&mut transaction, arrival, marks, sdp, &mut place, turn),
            _ => {}
        }
        transaction.standing = place.standing;
        transaction.from_caller = place.from_caller;
        self.transactions.insert(transaction.key, transaction);
        place
    }

    /// A CANCEL names its INVITE by the branch (RFC 3261 §9.1).
    fn cancel(&mut self, transaction: &mut LiveTransaction, arrival: &Arrival, marks: &Marks, turn: &mut Turn<'_>) -> Option<bool> {
        let named = self.named(arrival, marks, Method::Invite);
        if let Some(invite) = self.transactions.get_mut(named) {
            invite.cancel(arrival, turn);
            return invite.from_caller;
        }
        if arrival.message.cseq().is_none() || arrival.message.branch().is_none() {
            return None;
        }
        let last = self.chain_of(marks.from, 0)?.last;
        if self.transactions.get(last).is_some_and(|invite| invite.is_open() && invite.goes_along(arrival)) {
            transaction.misnames();
        }
        None
    }

    /// An INVITE without To tag: a session request, a further leg of one, or one that was forwarded.
    fn invite(
        &mut self,
        transaction: &mut LiveTransaction,
        arrival: &Arrival,
        marks: &Marks,
        sdp: Option<&Arc<Description>>,
        place: &mut Place,
        turn: &mut Turn<'_>,
    ) {
        let path = Path::of(&arrival.envelope);
        let hop = self.hop_of_invite(marks, path);
        let follow = self.chain_of(marks.from, hop).map_or(Follow::New, |c| c.follow(marks.cseq, arrival));
        if let Follow::Resubmission(before) = follow {
            place.resubmits = Some(before);
        }
        if follow == Follow::New {
            place.reuses_call_id = self.chain_of(marks.from, hop).is_some_and(|c| c.has_ended());
            self.chain_serial += 1;
            let chain = LiveChain::begin(self.chain_serial, arrival, marks, hop, self.text(), turn);
            self.latest.insert(hash((marks.from, hop)), self.chain_serial);
            self.chains.insert(self.chain_serial, chain);
        }
        let before = self.chain_of(marks.from, hop).map(|chain| chain.last).and_then(|last| self.transactions.get(last));
        if arrival.message.cseq().is_some()
            && before.is_some_and(|invite| invite.is_open() && invite.cseq == marks.cseq && invite.goes_along(arrival))
        {
            transaction.merges();
        }
        if let Some(chain) = self.chain_of(marks.from, hop) {
            let leg = chain.leg(marks.cseq, transaction.key, path, turn);
            transaction.leg = Some((chain.serial(), leg));
        }
        let mut bargain = Bargain::after(self.chain_of(marks.from, hop).and_then(|c| c.refused.clone()));
        let (said, _) = bargain.on(Slot::Invite, true, arrival, sdp, turn);
        place.says(said);
        transaction.bargain = Some(bargain);
        transaction.contact = arrival.contact().map(Arc::from);
        transaction.hop = hop;
    }

    /// The first hop, unless an end of a leg at the first hop forwarded the INVITE.
    fn hop_of_invite(&mut self, marks: &Marks, path: Path) -> u8 {
        if self.paths.is_empty() {
            self.paths.push(path);
        }
        let hops = u8::try_from(self.paths.len()).unwrap_or(u8::MAX);
        if !(0..hops).any(|hop| self.chain_of(marks.from, hop).is_some_and(|c| c.is_forwarded_on(marks.cseq, &path))) {
            return 0;
        }
        let known = self.paths.iter().skip(1).position(|p| p.source == path.source && p.destination == path.destination);
        let hop = known.map(|at| at + 1).unwrap_or_else(|| {
            if self.paths.len() < HOPS {
                self.paths.push(path);
            }
            self.paths.len() - 1
        });
        u8::try_from(hop).unwrap_or_default()
    }

    /// A request with a To tag.
    #[allow(clippy::too_many_arguments)] // the request, its state so far, and the turn: each is a thing of its own
    fn inside(
        &mut self,
        transaction: &mut LiveTransaction,
        arrival: &Arrival,
        marks: &Marks,
        to: u64,
        sdp: Option<&Arc<Description>>,
        place: &mut Place,
        turn: &mut Turn<'_>,
    ) {
        let path = Path::of(&arrival.envelope);
        let key = self.dialog_of(marks.from, to, &path);
        let Some((key, dialog)) = key.and_then(|key| self.dialogs.get_mut(key).map(|d| (key, d))) else {
            place.standing = Standing::Unknown;
            place.from_caller = None;
            if transaction.method == Method::Prack
                && let Some(last) = self.chain_of(marks.from, 0).map(|chain| chain.last)
                && let Some(bargain) = self.transactions.get_mut(last).and_then(|invite| invite.bargain.as_mut())
            {
                // The response that made its dialog passed unseen, and may have answered.
                bargain.doubt();
            }
            if transaction.method == Method::Invite {
                transaction.adrift = Some(adrift_key(marks.from, to, &path));
                self.adrift.insert(adrift_key(marks.from, to, &path), transaction.key);
            }
            // One tag of a session request with another that belongs to none of its dialogs.
            let known = |chain: Option<&mut LiveChain>| chain.is_some_and(|c| c.has_dialogs);
            if known(self.chain_of(marks.from, 0)) || known(self.chain_of(to, 0)) {
                place.tag_fault = Some(TagFault::ToTagChanged);
            }
            return;
        };
        let from_caller = dialog.is_from_caller(marks);
        dialog.touched = true;
        place.from_caller = Some(from_caller);
        place.standing = if dialog.stage == Stage::Ended { Standing::Ended } else { Standing::InDialog };
        // A response may be ahead of its request where two taps disagree; and the same request may have passed at a hop whose INVITE did not.
        let forwarded = dialog.is_forwarded(from_caller, marks.cseq, path);
        let before = dialog.number(from_caller, marks.cseq, &path).filter(|_| !forwarded && dialog.unseen != Some(marks.cseq));
        place.previous_cseq = before.filter(|&(number, here)| here || number != marks.cseq).map(|(number, _)| number);
        place.remote_target = dialog.target_of(from_caller);
        if dialog.stage == Stage::Ended && dialog.hung_up {
            transaction.comes_after_bye();
        } else if dialog.has_just_ended(turn) {
            transaction.crosses();
        }
        transaction.dialog = Some(key);
        transaction.hop = dialog.hop;
        if from_caller {
            for invite in dialog.invites() {
                self.transactions.get_mut(invite).into_iter().for_each(|invite| invite.follow(arrival, marks));
            }
        }
        let mut acknowledged = None;
        match transaction.method {
            Method::Invite => {
                dialog.invited(transaction.key);
                transaction.contact = arrival.contact().map(Arc::from);
            }
            Method::Update | Method::Subscribe | Method::Notify | Method::Refer => transaction.contact = arrival.contact().map(Arc::from),
            Method::Prack => {
                let invite = self.transactions.get_mut(dialog.invites()[0]);
                acknowledged = invite.and_then(|invite| invite.prack(arrival, marks));
                if acknowledged.is_none() {
                    // What it acknowledges passed unseen, and may have said something.
                    dialog.bargain.doubt();
                }
            }
            Method::Bye => {
                // Each side may hang up before it hears that the other did (RFC 3261 §15.1.2 answers the later with 481).
                dialog.crossed |= dialog.stage == Stage::Ending && dialog.byes_by_caller != Some(from_caller);
                dialog.byes_by_caller.get_or_insert(from_caller);
                let live = matches!(dialog.stage, Stage::Early | Stage::Confirmed | Stage::Ending) || dialog.unseen == Some(marks.cseq);
                dialog.step(Step::Bye, turn);
                let chain = dialog.chain.and_then(|serial| self.chains.get_mut(serial));
                if let Some(chain) = chain.filter(|c| live && c.answered == Some(key)) {
                    chain.bye(arrival, from_caller, turn);
                }
            }
            _ => {}
        }
        if transaction.method == Method::Notify && dialog.chain.is_none() && terminates(arrival) {
            dialog.step(Step::End, turn);
        }
        if let Some(slot) = request_slot(transaction.method) {
            // A PRACK of another response need not answer the offer.
            if slot == Slot::Prack && sdp.is_none() && !acknowledged.is_some_and(|response| dialog.bargain.is_offered_in(&response)) {
                return;
            }
            let (said, agreed) = dialog.bargain.on(slot, from_caller, arrival, sdp, turn);
            let path = dialog.path;
            transaction.crosses_offer = said.disorder == Some(Disorder::Crossing);
            place.says(said);
            self.agreed(agreed, &path, turn);
        }
    }
}

/// Whether a NOTIFY ends its subscription (RFC 6665 §4.1.3).
fn terminates(arrival: &Arrival) -> bool {
    let state = arrival.message.get(HeaderName::SubscriptionState);
    state.is_some_and(|value| value.get(..10).is_some_and(|word| word.eq_ignore_ascii_case(b"terminated")))
}
