//! Takes what a state machine wants done, gives it to the table of calls, never does it itself.

use std::sync::Arc;

use super::calls::Settings;
use super::{Happening, LoadEvent, LoadKind, Report, Session, Trace};
use crate::base::Time;
use crate::sip::Arrival;

/// Whose deadline an alarm is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    /// A transaction, by its key.
    Transaction(u64),
    /// A dialog, by its key.
    Dialog(u64),
    /// A session request, by its number in the call.
    Chain(u64),
    /// The call itself.
    Call,
}

/// One step of a call: a message or an alarm.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub(super) settings: &'a Settings,
    /// The running clock.
    pub(super) clock: Time,
    /// The number of the call.
    pub(super) call: u64,
    pub(super) out: &'a mut Vec<Report>,
    pub(super) alarms: &'a mut Vec<(Time, Alarm)>,
    /// The trace of the message, once it is asked for.
    pub(super) trace: Option<Arc<Trace>>,
}

impl Turn<'_> {
    /// Queues an alarm, where one is needed.
    pub(super) fn arm(&mut self, at: Option<Time>, alarm: Alarm) {
        self.alarms.extend(at.map(|at| (at, alarm)));
    }

    /// Reports what happened.
    pub(super) fn report(&mut self, happening: Happening) {
        self.out.push(Report { call: self.call, happening });
    }

    /// The trace of the message of this turn: made once, however many keep it.
    pub(super) fn trace(&mut self, arrival: &Arrival) -> Arc<Trace> {
        self.trace.get_or_insert_with(|| Arc::new(Trace::of(arrival))).clone()
    }

    /// One transaction time-out after now.
    pub(super) const fn after_wait(&self) -> Time {
        self.clock.plus(self.settings.wait())
    }

    /// Reports a change of load.
    pub(super) fn load(&mut self, kind: LoadKind, session: &Session) {
        self.report(Happening::Load(LoadEvent {
            at: self.clock,
            kind,
            call_id: session.call_id.clone(),
            invite: session.invite.clone(),
            caller: session.caller.clone(),
            callee: session.callee.clone(),
        }));
    }
}
