//! Takes a response, gives its place and what it changes in its transaction, dialog and session request, never a request.

use std::sync::Arc;

use super::bargain::{is_reliable, response_slot};
use super::live_call::{LiveCall, is_repeat};
use super::live_dialog::LiveDialog;
use super::live_transaction::LiveTransaction;
use super::marks::{Marks, dialog_key};
use super::path::Path;
use super::stage::{Stage, Step};
use super::turn::Turn;
use super::{ByeEnd, Place, Repeat, Standing};
use crate::sdp::Description;
use crate::sip::value::number;
use crate::sip::{Arrival, HeaderName, Method};

/// How long a subscription lives that does not say so, in seconds (RFC 6665 §4.2.1.1, RFC 3515 §2.4.4 leave it to the notifier).
const LEASE_S: u32 = 3600;

impl LiveCall {
    pub(super) fn response(
        &mut self,
        arrival: &Arrival,
        marks: &Marks,
        code: u16,
        sdp: Option<&Arc<Description>>,
        turn: &mut Turn<'_>,
    ) -> Place {
        let key = arrival.message.cseq().map(|c| self.named(arrival, marks, c.method));
        let Some(mut transaction) = key.and_then(|key| self.transactions.remove(key)) else {
            self.early = key.map(|key| (key, turn.clock));
            return self.orphan(arrival, marks, code, sdp, turn);
        };
        transaction.number(marks.cseq);
        let mut place = transaction.place(arrival, marks, code);
        place.added = transaction.added(arrival);
        place.repeat = transaction.sights.note(marks, &arrival.envelope, turn.settings.mirror_window);
        if place.repeat == Repeat::Retransmission && !may_repeat(transaction.method, code, arrival) {
            transaction.needless(arrival, turn);
        }
        if place.repeat == Repeat::Retransmission && (101..200).contains(&code) {
            // A user agent says each minute that it still rings, often in the same words (RFC 3261 §13.3.1.1).
            transaction.proceed(code, turn);
        }
        if !is_repeat(&place) {
            self.first_response(&mut transaction, arrival, marks, code, sdp, &mut place, turn);
        }
        self.transactions.insert(transaction.key, transaction);
        place
    }

    #[allow(clippy::too_many_arguments)] // the response, its state so far, and the turn: each is a thing of its own
    fn first_response(
        &mut self,
        transaction: &mut LiveTransaction,
        arrival: &Arrival,
        marks: &Marks,
        code: u16,
        sdp: Option<&Arc<Description>>,
        place: &mut Place,
        turn: &mut Turn<'_>,
    ) {
        let first_final = match code {
            100..200 => {
                transaction.provisional(arrival, code, turn);
                if code > 100 && transaction.method == Method::Invite && is_reliable(arrival) {
                    transaction.reliable(arrival, marks, turn);
                }
                false
            }
            _ => transaction.conclude(arrival, marks, code, turn),
        };
        if first_final
            && transaction.method == Method::Cancel
            && code < 300
            && let invite = self.named(arrival, marks, Method::Invite)
            && let Some(invite) = self.transactions.get_mut(invite)
        {
            invite.cancel_accepted(arrival.envelope.first);
        }
        let dialog = match (transaction.dialog, transaction.is_in_dialog()) {
            (Some(key), _) => self.inner_response(transaction, key, arrival, code, first_final, turn),
            (None, false) => self.outer_response(transaction, arrival, marks, code, first_final, sdp.is_some(), turn),
            (None, true) => None,
        };
        let slot = response_slot(transaction.method, code, arrival);
        if let (Some(slot), Some(dialog)) = (slot, dialog.and_then(|key| self.dialogs.get_mut(key))) {
            let by_caller = transaction.from_caller == Some(false);
            let (said, agreed) = dialog.bargain.on(slot, by_caller, arrival, sdp, turn);
            let path = dialog.path;
            place.says(said);
            self.agreed(agreed, &path, turn);
        }
    }

    /// A response to a request without To tag; gives the dialog that it makes or belongs to.
    #[allow(clippy::too_many_arguments)]
    fn outer_response(
        &mut self,
        transaction: &mut LiveTransaction,
        arrival: &Arrival,
        marks: &Marks,
        code: u16,
        first_final: bool,
        has_sdp: bool,
        turn: &mut Turn<'_>,
    ) -> Option<u64> {
        match (transaction.method, code) {
            (Method::Invite, 101..300) => {
                let (dialog, new) = self.make_dialog(transaction, arrival, marks, code);
                let (serial, leg) = transaction.leg?;
                let chain = self.chains.get_mut(serial)?;
                if new {
                    chain.dialog(arrival);
                }
                match code {
                    101..200 => chain.provisional(arrival, code, has_sdp, turn),
                    _ => {
                        chain.success(leg, dialog, arrival, code, turn);
                        if transaction.is_acknowledged() {
                            chain.acknowledged();
                        }
                    }
                }
                if let Some(key) = dialog.filter(|_| code >= 200) {
                    self.confirm(key, arrival, turn);
                }
                dialog
            }
            (Method::Invite, 300..) if first_final => {
                for key in transaction.made.clone() {
                    if let Some(dialog) = self.dialogs.get_mut(key).filter(|d| d.is_early()) {
                        dialog.step(Step::End, turn);
                    }
                }
                let (serial, leg) = transaction.leg?;
                let chain = self.chains.get_mut(serial)?;
                if matches!(code, 488 | 606) {
                    chain.refused = transaction.bargain.as_ref().and_then(|b| b.pending()).cloned();
                }
                chain.failure(leg, code, arrival, turn);
                None
            }
            (Method::Subscribe | Method::Refer, 200..300) => {
                let (key, _) = self.make_dialog(transaction, arrival, marks, code);
                let dialog = self.dialogs.get_mut(key?)?;
                dialog.confirm(arrival, turn);
                dialog.lease(lease(arrival), turn);
                None
            }
            _ => None,
        }
    }

    /// A 2xx to the INVITE that made the dialog `key`.
    fn confirm(&mut self, key: u64, arrival: &Arrival, turn: &mut Turn<'_>) {
        let Some(dialog) = self.dialogs.get_mut(key) else { return };
        dialog.confirm(arrival, turn);
        dialog.refresh(arrival, true, turn);
        // A BYE may have ended it before its 2xx came.
        if dialog.stage == Stage::Ended {
            self.dialog_over(key, turn);
        }
    }

    /// Finds or makes the dialog of a response; whether it is new.
    fn make_dialog(&mut self, transaction: &mut LiveTransaction, arrival: &Arrival, marks: &Marks, code: u16) -> (Option<u64>, bool) {
        let Some(to) = marks.to else { return (None, false) };
        let key = dialog_key(transaction.from, to, transaction.hop);
        let target = arrival.contact();
        if let Some(dialog) = self.dialogs.get_mut(key) {
            dialog.learn_target(false, target);
            // A further INVITE of the caller that was answered in the same dialog.
            if transaction.method == Method::Invite && code >= 200 && !dialog.invites().contains(&transaction.key) {
                dialog.invited(transaction.key);
            }
            return (Some(key), false);
        }
        if code == 199 {
            return (None, false);
        }
        let request = transaction.request();
        let path = Path { source: request.source, destination: request.destination };
        let bargain = transaction.bargain.clone().unwrap_or_default();
        let caller_contact = transaction.contact.clone();
        let mut dialog = LiveDialog::begin(key, transaction.from, transaction.cseq, path, caller_contact, bargain);
        dialog.hop = transaction.hop;
        dialog.chain = transaction.leg.map(|(serial, _)| serial);
        dialog.invited(transaction.key);
        dialog.learn_target(false, target);
        transaction.made.push(key);
        self.dialogs.insert(key, dialog);
        (Some(key), true)
    }

    /// A response to a request inside the dialog `key`.
    fn inner_response(
        &mut self,
        transaction: &mut LiveTransaction,
        key: u64,
        arrival: &Arrival,
        code: u16,
        first_final: bool,
        turn: &mut Turn<'_>,
    ) -> Option<u64> {
        let asked_by_caller = transaction.from_caller == Some(true);
        let dialog = self.dialogs.get_mut(key)?;
        if (200..300).contains(&code) {
            match transaction.method {
                Method::Invite | Method::Update => {
                    dialog.learn_target(asked_by_caller, transaction.contact.take().as_deref());
                    dialog.learn_target(!asked_by_caller, arrival.contact());
                    dialog.refresh(arrival, asked_by_caller, turn);
                }
                Method::Subscribe | Method::Notify | Method::Refer => {
                    dialog.learn_target(asked_by_caller, transaction.contact.take().as_deref());
                    dialog.learn_target(!asked_by_caller, arrival.contact());
                    if dialog.chain.is_none() {
                        dialog.lease(lease(arrival), turn);
                    }
                }
                _ => {}
            }
        }
        if transaction.method != Method::Bye
            && first_final
            && code == 481
            && transaction.standing == Standing::InDialog
            && matches!(dialog.stage, Stage::Ending | Stage::Ended)
        {
            // A BYE or a failure of the INVITE was under way meanwhile (RFC 5407 §3).
            transaction.crosses();
        }
        if transaction.method == Method::Bye && first_final {
            if dialog.crossed {
                transaction.crosses();
            }
            let at = arrival.envelope.last;
            let end = if code < 300 { ByeEnd::Success(at) } else { ByeEnd::Failed(code, at) };
            self.bye_ended(key, end, turn);
        }
        Some(key)
    }
}

/// Whether the user agent itself may repeat a response over any transport (RFC 3261 §13.3.1.4, RFC 3262 §3).
fn may_repeat(method: Method, code: u16, arrival: &Arrival) -> bool {
    method == Method::Invite && ((200..300).contains(&code) || (code < 200 && is_reliable(arrival)))
}

fn lease(arrival: &Arrival) -> u32 {
    let expires = arrival.message.get(HeaderName::Expires).and_then(|value| number(value.trim_ascii()));
    expires.map_or(LEASE_S, |seconds| u32::try_from(seconds).unwrap_or(u32::MAX))
}
