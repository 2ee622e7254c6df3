//! Takes a dialog that is over, gives whether it was refreshed or ended before its session timer ran out, never whether people still talked.

use crate::policy::Severity;
use crate::rules::{Breach, Check, DialogSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "DLG-TIMER-002",
    name: "session-expired",
    title: "session expired without refresh or BYE",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Responder,
    reference: "RFC 4028 §7.2, §10",
    keys: &["sip.session_timer"],
    what: "A session with a timer is refreshed by re-INVITE or UPDATE, or ended by BYE, before the interval of the last 2xx and 64·T1 more \
           have passed. The side that was to refresh is at fault; the other should have sent BYE.",
    why: "The session is over for both ends and nobody said so: one side may bill on, the other holds ports and licences for a call \
          that is dead.",
    confirm: "Filter the call by its `sip.Call-ID`: the last 2xx with Session-Expires is followed by no INVITE, UPDATE or BYE for the \
           whole interval.",
    fix: "let the refresher refresh at half the interval, and the other side send BYE when no refresh comes",
    check: Check::Dialog(check),
};

fn check(subject: &DialogSubject<'_>) -> Verdict {
    let dialog = subject.dialog;
    match &dialog.expired {
        Some(expiry) => {
            let (observed, offender) = if expiry.refresher_is_caller {
                ("no refresh by the caller's side", Offender::Originating)
            } else {
                ("no refresh by the callee's side", Offender::Terminating)
            };
            Verdict::breach(Breach::of_standard(observed, "refresh or BYE before the timer runs out").by(offender).seen_in(&expiry.set_by))
        }
        None if !dialog.has_timer => Verdict::NotApplicable,
        None if !dialog.ended => Verdict::Indeterminate(Reason::Boundary),
        None => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Dialog, Expiry};
    use crate::policy::Terms;

    fn judged(change: impl FnOnce(&mut Dialog)) -> Verdict {
        let mut dialog = Dialog { has_timer: true, ended: true, ..Dialog::default() };
        change(&mut dialog);
        check(&DialogSubject { dialog: &dialog, terms: &Terms::default() })
    }

    #[test]
    fn an_expired_session_breaks_it_and_is_the_refreshers_fault() {
        for (refresher_is_caller, offender) in [(true, Offender::Originating), (false, Offender::Terminating)] {
            let verdict = judged(|d| d.expired = Some(Expiry { set_by: Default::default(), interval_s: 1800, refresher_is_caller }));
            let Verdict::Violation(breaches) = verdict else { panic!("kept") };
            assert_eq!((breaches[0].offender, breaches[0].exhibit.is_some()), (Some(offender), true));
        }
    }

    #[test]
    fn a_session_that_ended_in_time_keeps_it() {
        assert_eq!(judged(|_| {}), Verdict::Pass);
    }

    #[test]
    fn no_timer_is_not_judged_and_a_session_beyond_the_capture_cannot_be() {
        assert_eq!(judged(|d| d.has_timer = false), Verdict::NotApplicable);
        assert_eq!(judged(|d| d.ended = false), Verdict::Indeterminate(Reason::Boundary));
    }
}
