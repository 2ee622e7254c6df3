//! Takes requests, gives the moments that count against limits on transactions and messages, never a session's.

use std::sync::Arc;

use super::hearing::Heard;
use super::judge::{Judge, Loaded};
use crate::base::lossy;
use crate::call::{self, LoadEvent, LoadKind, Trace};
use crate::policy::LimitKind;
use crate::sip::Method;

impl Judge<'_> {
    /// Notes a request that begins a transaction, where a limit counts it.
    pub(super) fn note_transaction(&mut self, heard: &Heard<'_, '_>) {
        let message = &heard.arrival.message;
        let Some(method) = message.method().filter(|method| *method != Method::Ack) else { return };
        let limits = &heard.by_message.admission.limits;
        let counted = |kind| limits.iter().any(|limit| limit.enabled && limit.kind == kind);
        let counts = [
            (LoadKind::Transaction, counted(LimitKind::Transactions)),
            (LoadKind::Message, method == Method::Message && counted(LimitKind::Messages)),
        ];
        let mut kinds = counts.into_iter().filter(|&(_, counts)| counts).map(|(kind, _)| kind).peekable();
        if kinds.peek().is_none() {
            return;
        }
        let (call_id, invite): (Arc<str>, _) = (lossy(message.call_id()).into(), Arc::new(Trace::of(heard.arrival)));
        let (caller, callee) = (call::caller(message), call::callee(message));
        for kind in kinds {
            let event = LoadEvent {
                at: heard.arrival.envelope.clock,
                kind,
                call_id: call_id.clone(),
                invite: invite.clone(),
                caller: caller.clone(),
                callee: callee.clone(),
            };
            self.load.push(Loaded { event, trunk: heard.trunk });
        }
    }
}
