//! Takes an INVITE with its CANCEL, gives whether the CANCEL came in time and worked, never why the caller gave up.

use crate::call::Ending;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "TXN-CANCEL-001",
    name: "cancel-misuse",
    title: "CANCEL misused",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3261 §9.1, §9.2",
    keys: &["sip.timers.t1_ms"],
    what: "A CANCEL comes after a provisional and not after a final response to its INVITE (one that crosses with it within T1 is no \
           breach), has the branch, CSeq number, Request-URI and Route of the INVITE, and once it is accepted the INVITE gets a final \
           response within 64·T1.",
    why: "A CANCEL that cannot be matched leaves the other side ringing for a caller who is gone, and one that nobody acts on leaves both \
          sides with a call that neither wants.",
    confirm: "Filter `sip.Call-ID == \"…\"` and compare CANCEL and INVITE: Via branch, CSeq number, Request-URI, and the order of \
           responses.",
    fix: "let the caller's element wait for a provisional response and copy branch, CSeq and Request-URI; the callee's must answer 487",
    check: Check::Transaction(check),
};

fn check(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    if transaction.method == Some(Method::Cancel) && transaction.misnames {
        let breach = Breach::of_standard("CANCEL with another branch or CSeq than its INVITE", "those of the INVITE");
        return Verdict::breach(breach.seen_in(&transaction.request));
    }
    let Some(cancel) = transaction.cancel.as_deref().filter(|_| transaction.method == Some(Method::Invite)) else {
        return Verdict::NotApplicable;
    };
    let t1 = subject.terms.sip.timers.t1();
    let mut breaches = Vec::new();
    let mut break_by = |observed: &'static str, agreed: &'static str, offender: Offender| {
        breaches.push(Breach::of_standard(observed, agreed).by(offender).seen_in(&cancel.request));
    };
    let heard = transaction.provisional.is_some() || matches!(transaction.ending, Ending::Final { .. });
    if cancel.early && heard {
        break_by("CANCEL before any response", "CANCEL after a provisional response", Offender::Sender);
    }
    if cancel.late.is_some_and(|late| late >= t1) {
        break_by("CANCEL after a final response", "CANCEL before a final response", Offender::Sender);
    }
    if cancel.other_uri {
        break_by("CANCEL with another Request-URI than its INVITE", "that of the INVITE", Offender::Sender);
    }
    if cancel.other_route {
        break_by("CANCEL with another Route than its INVITE", "that of the INVITE", Offender::Sender);
    }
    let wait = t1.saturating_mul(64);
    let in_vain = cancel.accepted.is_some_and(|accepted| match &transaction.ending {
        Ending::Final { response, .. } => response.first.since(accepted) > wait,
        Ending::TimedOut(_) | Ending::TimerC(_) => !transaction.out_of_sight,
        Ending::Open => false,
    });
    if in_vain {
        break_by("no final response to INVITE after an accepted CANCEL", "a final response within 64·T1", Offender::Responder);
    }
    if !breaches.is_empty() {
        return Verdict::Violation(breaches);
    }
    match transaction.ending {
        Ending::Final { .. } => Verdict::Pass,
        Ending::Open => Verdict::Indeterminate(Reason::Boundary),
        // Neither response nor a 2xx to the CANCEL: that nobody answers is the matter of the timeouts.
        Ending::TimedOut(_) | Ending::TimerC(_) => Verdict::Indeterminate(Reason::OneWay),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::call::{Cancel, Trace, Transaction};
    use crate::policy::Terms;
    use crate::rules::scene::observed;

    fn judge(change: impl FnOnce(&mut Transaction, &mut Cancel)) -> Verdict {
        let mut transaction = Transaction {
            method: Some(Method::Invite),
            provisional: Some(Default::default()),
            ending: Ending::Final { code: 487, response: Default::default() },
            ..Transaction::default()
        };
        let mut cancel = Cancel { accepted: Some(Time(0)), ..Cancel::default() };
        change(&mut transaction, &mut cancel);
        transaction.cancel = Some(Box::new(cancel));
        check(&TransactionSubject { transaction: &transaction, terms: &Terms::default() })
    }

    #[test]
    fn early_late_misnamed_and_unheeded_ones_break_it() {
        assert_eq!(observed(&judge(|_, c| c.early = true)), ["CANCEL before any response"]);
        assert_eq!(observed(&judge(|_, c| c.late = Some(500_000_000))), ["CANCEL after a final response"]);
        assert_eq!(observed(&judge(|_, c| c.other_uri = true)), ["CANCEL with another Request-URI than its INVITE"]);
        assert_eq!(observed(&judge(|_, c| c.other_route = true)), ["CANCEL with another Route than its INVITE"]);
        let slow = Trace { first: Time(33_000_000_000), ..Trace::default() };
        let Verdict::Violation(slow) = judge(|t, _| t.ending = Ending::Final { code: 487, response: slow.into() }) else { panic!() };
        assert_eq!(slow[0].offender, Some(Offender::Responder));
        assert_eq!(observed(&judge(|t, _| t.ending = Ending::TimerC(Time(0)))).len(), 1);
        let astray = Transaction { method: Some(Method::Cancel), misnames: true, ..Transaction::default() };
        let verdict = check(&TransactionSubject { transaction: &astray, terms: &Terms::default() });
        assert_eq!(observed(&verdict), ["CANCEL with another branch or CSeq than its INVITE"]);
    }

    #[test]
    fn one_in_time_that_works_keeps_it_and_so_does_one_that_crosses() {
        assert_eq!(judge(|_, _| {}), Verdict::Pass);
        assert_eq!(judge(|_, c| c.late = Some(499_000_000)), Verdict::Pass);
    }

    #[test]
    fn no_cancel_is_not_judged_and_what_is_open_cannot_be() {
        let plain = Transaction { method: Some(Method::Invite), ..Transaction::default() };
        assert_eq!(check(&TransactionSubject { transaction: &plain, terms: &Terms::default() }), Verdict::NotApplicable);
        assert_eq!(judge(|t, _| t.ending = Ending::Open), Verdict::Indeterminate(Reason::Boundary));
        let deaf = judge(|t, c| (t.provisional, t.ending, c.early, c.accepted) = (None, Ending::TimedOut(Time(0)), true, None));
        assert_eq!(deaf, Verdict::Indeterminate(Reason::OneWay));
    }
}
