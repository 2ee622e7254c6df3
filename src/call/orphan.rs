//! Takes a response whose request passed unseen, gives what it tells of that request and of their dialog, never a fault.

use std::sync::Arc;

use super::Place;
use super::bargain::{request_slot, response_slot};
use super::live_call::{LiveCall, is_repeat};
use super::marks::Marks;
use super::path::Path;
use super::stage::Step;
use super::turn::Turn;
use crate::sdp::{Description, SdpRole};
use crate::sip::{Arrival, Method};

impl LiveCall {
    /// Each response repeats From, To, Call-ID and CSeq of its request (RFC 3261 §8.2.6.2), which so is known to have been sent.
    pub(super) fn orphan(
        &mut self,
        arrival: &Arrival,
        marks: &Marks,
        code: u16,
        sdp: Option<&Arc<Description>>,
        turn: &mut Turn<'_>,
    ) -> Place {
        let mut place = self.stray(arrival, marks, turn);
        let Some((cseq, to)) = arrival.message.cseq().zip(marks.to).filter(|_| !is_repeat(&place)) else { return place };
        let request = Path { source: arrival.envelope.destination, destination: arrival.envelope.source };
        let key = self.dialog_of(marks.from, to, &request);
        let Some((key, dialog)) = key.and_then(|key| self.dialogs.get_mut(key).map(|dialog| (key, dialog))) else {
            if cseq.method == Method::Invite && (101..300).contains(&code) {
                place.from_caller = Some(false);
                place.sdp_role = sdp.map(|_| SdpRole::Either);
            }
            return place;
        };
        let asked_by_caller = dialog.is_from_caller(marks);
        let before = dialog.number(asked_by_caller, cseq.number, &request);
        if before.is_some_and(|(before, _)| cseq.number <= before) && dialog.unseen != Some(cseq.number) {
            // Of a request that was seen, and is forgotten.
            return place;
        }
        place.from_caller = Some(!asked_by_caller);
        place.out_of_sight = true;
        if dialog.unseen != Some(cseq.number)
            && let Some(slot) = request_slot(cseq.method)
        {
            dialog.bargain.miss(slot, asked_by_caller, cseq.number);
        }
        dialog.unseen = Some(cseq.number);
        dialog.touched = true;
        if let Some(slot) = response_slot(cseq.method, code, arrival) {
            let (said, _) = dialog.bargain.on(slot, !asked_by_caller, arrival, sdp, turn);
            place.says(said);
        }
        match cseq.method {
            Method::Invite | Method::Update if (200..300).contains(&code) => {
                dialog.learn_target(!asked_by_caller, arrival.contact());
                dialog.forget_target(asked_by_caller);
                dialog.refresh(arrival, asked_by_caller, turn);
            }
            Method::Bye if (200..300).contains(&code) => {
                let over = dialog.step(Step::ByeDone, turn);
                let chain = dialog.chain.and_then(|serial| self.chains.get_mut(serial));
                if let Some(chain) = chain.filter(|chain| chain.answered == Some(key)) {
                    chain.bye_missed(arrival, turn);
                }
                if over {
                    self.dialog_over(key, turn);
                }
            }
            _ => {}
        }
        place
    }
}
