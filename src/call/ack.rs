//! Takes an ACK, gives its place and the final response that it acknowledges, never a transaction of its own (RFC 3261 §13.2.2.4, §17.1.1.3).

use std::sync::Arc;

use super::live_call::{LiveCall, adrift_key, is_repeat};
use super::marks::{Marks, dialog_key};
use super::path::Path;
use super::stage::Stage;
use super::turn::Turn;
use super::{AckFault, Place, Standing};
use crate::sdp::{Description, Slot};
use crate::sip::{Arrival, Method};

impl LiveCall {
    pub(super) fn ack(&mut self, arrival: &Arrival, marks: &Marks, sdp: Option<&Arc<Description>>, turn: &mut Turn<'_>) -> Place {
        let path = Path::of(&arrival.envelope);
        let dialog = marks.to.and_then(|to| self.dialog_of(marks.from, to, &path));
        let by_branch = self.named(arrival, marks, Method::Invite);
        if let Some(invite) = self.transactions.get_mut(by_branch) {
            let repeat = invite.sights.note(marks, &arrival.envelope, turn.settings.mirror_window);
            let place =
                Place { repeat, standing: invite.standing, from_caller: invite.from_caller, method: Some(Method::Ack), ..Place::default() };
            if is_repeat(&place) {
                return place;
            }
            invite.acknowledge(arrival, marks, None, turn);
            let code = invite.final_code();
            if code.is_none_or(|code| code >= 300) {
                // With the branch of its INVITE it is of a failure (RFC 3261 §17.1.1.3), which passed unseen: the attempt is over.
                if let Some(chain) = invite.leg.filter(|_| code.is_none()).and_then(|(serial, _)| self.chains.get_mut(serial)) {
                    chain.failed_unseen(turn);
                }
                return place;
            }
        }
        match dialog {
            Some(key) => self.ack_in_dialog(key, by_branch, arrival, marks, sdp, turn),
            None => self.ack_astray(arrival, marks, turn),
        }
    }

    fn ack_in_dialog(
        &mut self,
        key: u64,
        by_branch: u64,
        arrival: &Arrival,
        marks: &Marks,
        sdp: Option<&Arc<Description>>,
        turn: &mut Turn<'_>,
    ) -> Place {
        let Some(dialog) = self.dialogs.get_mut(key) else { return self.stray(arrival, marks, turn) };
        let from_caller = dialog.is_from_caller(marks);
        let mut place = Place {
            standing: if dialog.stage == Stage::Ended { Standing::Ended } else { Standing::InDialog },
            from_caller: Some(from_caller),
            method: Some(Method::Ack),
            remote_target: dialog.target_of(from_caller),
            ..Place::default()
        };
        dialog.touched = true;
        // Each side counts for itself, so that both may have used one number.
        let own = |key: &u64| self.transactions.get(*key).filter(|invite| invite.from == marks.from);
        let invites = dialog.invites();
        let of_number = |key: &u64| own(key).filter(|invite| invite.cseq == marks.cseq);
        let waiting = invites.into_iter().find(|key| of_number(key).is_some_and(|invite| invite.waits_for_ack(marks.to)));
        let named = waiting.or_else(|| invites.into_iter().find(|key| of_number(key).is_some()));
        let invite = named.or_else(|| invites.into_iter().find(|key| own(key).is_some()));
        let Some(invite) = invite.and_then(|key| self.transactions.get_mut(key)) else {
            place.repeat = self.strays.note(marks, &arrival.envelope, turn.settings.mirror_window);
            return place;
        };
        // An ACK with the branch of its INVITE was noted there already.
        if by_branch != invite.key {
            place.repeat = invite.sights.note(marks, &arrival.envelope, turn.settings.mirror_window);
        }
        if is_repeat(&place) {
            return place;
        }
        if marks.cseq != invite.cseq && arrival.message.cseq().is_some() {
            // The ACK of an INVITE before these may come late.
            if invite.waits_for_ack(marks.to) && marks.cseq > dialog.acknowledged {
                invite.acknowledge(arrival, marks, Some(AckFault::CSeq), turn);
            }
            return place;
        }
        dialog.acknowledged = dialog.acknowledged.max(marks.cseq);
        invite.acknowledge(arrival, marks, None, turn);
        if invite.final_code().is_none_or(|code| code < 300) {
            if invite.final_code().is_none() {
                // Its 2xx passed unseen, and may have answered or offered.
                dialog.bargain.miss(Slot::InviteSuccess, !from_caller, marks.cseq);
            }
            let (said, agreed) = dialog.bargain.on(Slot::Ack, from_caller, arrival, sdp, turn);
            place.says(said);
            let (path, chain) = (dialog.path, dialog.chain);
            if let Some(chain) = chain.and_then(|serial| self.chains.get_mut(serial)).filter(|c| c.answered == Some(key)) {
                chain.acknowledged();
            }
            self.agreed(agreed, &path, turn);
        }
        self.ack_past_hops(arrival, marks, turn);
        place
    }

    /// Without Record-Route the ACK of a 2xx goes past the hops that the INVITE took: it acknowledges at each of them.
    fn ack_past_hops(&mut self, arrival: &Arrival, marks: &Marks, turn: &mut Turn<'_>) {
        let path = Path::of(&arrival.envelope);
        if self.paths.len() < 2 || self.paths.iter().any(|p| p.fit(&path) > 0) {
            return;
        }
        for hop in 0..u8::try_from(self.paths.len()).unwrap_or(u8::MAX) {
            let Some(dialog) = marks.to.and_then(|to| self.dialogs.get(dialog_key(marks.from, to, hop))) else { continue };
            let [last, _] = dialog.invites();
            if let Some(invite) = self.transactions.get_mut(last).filter(|t| t.cseq == marks.cseq && t.from == marks.from) {
                invite.acknowledge(arrival, marks, None, turn);
            }
        }
    }

    /// An ACK without its branch or its dialog: in an unknown dialog, or of a failure, but wrong, or of something that was not seen.
    fn ack_astray(&mut self, arrival: &Arrival, marks: &Marks, turn: &mut Turn<'_>) -> Place {
        let place = self.stray(arrival, marks, turn);
        if is_repeat(&place) {
            return place;
        }
        let adrift = marks.to.and_then(|to| self.adrift.get(adrift_key(marks.from, to, &Path::of(&arrival.envelope))));
        if let Some(invite) = adrift.copied().and_then(|key| self.transactions.get_mut(key)) {
            if invite.cseq == marks.cseq || arrival.message.cseq().is_none() {
                invite.acknowledge(arrival, marks, None, turn);
            }
            return place;
        }
        if arrival.message.cseq().is_none() {
            return place;
        }
        let Some(last) = self.chain_of(marks.from, 0).map(|chain| chain.last) else { return place };
        let Some(invite) = self.transactions.get_mut(last).filter(|t| !t.is_acknowledged()) else { return place };
        match invite.final_code() {
            Some(300..) if invite.cseq == marks.cseq => invite.acknowledge(arrival, marks, Some(AckFault::Branch), turn),
            Some(_) if invite.cseq != marks.cseq => invite.acknowledge(arrival, marks, Some(AckFault::CSeq), turn),
            None if invite.cseq == marks.cseq => invite.acknowledge(arrival, marks, None, turn),
            _ => return place,
        }
        Place { standing: invite.standing, from_caller: invite.from_caller, ..place }
    }
}
