//! Takes a transaction over an unreliable transport, gives whether its request was repeated on schedule, never whether it got through.

use crate::call::Transaction;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "TXN-RETX-002",
    name: "retransmission-schedule-wrong",
    title: "UDP retransmission schedule wrong",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §17.1.1.2, §17.1.2.2",
    keys: &["sip.timers.t1_ms", "sip.timers.t2_ms"],
    what: "A request that is sent again over UDP waits T1 before the first repetition and twice as long before each further one, at most \
           T2 where it is no INVITE (a tolerance of a fifth is given). An INVITE is not repeated any more when a provisional response \
           has passed T1 ago, and nothing is after 64·T1.",
    why: "A sender that repeats too soon doubles the load of a receiver that is slow already; one that does not stop keeps retrying calls \
          that nobody waits for.",
    confirm: "Filter `sip.Call-ID == \"…\"` and look at the gaps between copies of the request with the same Via branch.",
    fix: "set T1 and T2 of the sending element to the agreed values (RFC 3261: 500 ms and 4 s)",
    check: Check::Transaction(check),
};

fn check(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    let Some(repeats) = transaction.repeats.as_deref().filter(|r| !r.is_empty()) else { return Verdict::NotApplicable };
    let timers = &subject.terms.sip.timers;
    let t1 = timers.t1();
    let t2 = timers.t2_ms.as_ref().map_or(4_000_000_000, |c| i64::from(c.value) * 1_000_000);
    let invite = transaction.method == Some(Method::Invite);
    let name = transaction.method.map_or("request", Method::name);
    let first = transaction.request.first;
    let mut breaches = Vec::new();
    let mut break_by = |observed: String, agreed: &'static str| {
        breaches.push(Breach::of_standard(observed, agreed).seen_in(&transaction.request));
    };
    let (mut before, mut wait, mut hasty) = (first, t1, false);
    for &at in repeats {
        // What was lost before the tap only makes gaps longer.
        hasty |= at.since(before) < wait / 5 * 4;
        (before, wait) = (at, if invite { wait.saturating_mul(2) } else { wait.saturating_mul(2).min(t2.max(t1)) });
    }
    if hasty {
        break_by(format!("{name} sent again sooner than scheduled"), "T1, doubling (up to T2 for other than INVITE)");
    }
    if invite && goes_on(transaction, t1) {
        break_by("INVITE sent again after a provisional response".into(), "no repetition after a provisional response");
    }
    if repeats.iter().any(|at| at.since(first) > t1.saturating_mul(64)) {
        break_by(format!("{name} sent again after 64·T1"), "no repetition after 64·T1");
    }
    match transaction.ending {
        crate::call::Ending::Open if breaches.is_empty() => Verdict::Indeterminate(Reason::Boundary),
        _ => Verdict::of(breaches),
    }
}

/// Whether it was repeated more than T1 after a provisional response passed: what crossed with it is no breach.
fn goes_on(transaction: &Transaction, t1: i64) -> bool {
    let (Some(provisional), Some(repeats)) = (&transaction.provisional, &transaction.repeats) else { return false };
    repeats.iter().any(|at| at.since(provisional.first) > t1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::call::{Ending, Trace};
    use crate::policy::Terms;
    use crate::rules::scene::{agreed, observed};

    fn judge(method: Method, repeats_ms: &[i64], change: impl FnOnce(&mut Transaction)) -> Verdict {
        let mut transaction = Transaction {
            method: Some(method),
            repeats: Some(Box::new(repeats_ms.iter().map(|ms| Time(ms * 1_000_000)).collect())),
            ending: Ending::Final { code: 200, response: Default::default() },
            ..Transaction::default()
        };
        change(&mut transaction);
        let mut terms = Terms::default();
        terms.sip.timers.t2_ms = agreed(4000);
        check(&TransactionSubject { transaction: &transaction, terms: &terms })
    }

    #[test]
    fn too_soon_too_long_and_after_a_provisional_break_it() {
        assert_eq!(observed(&judge(Method::Invite, &[100], |_| {})), ["INVITE sent again sooner than scheduled"]);
        assert_eq!(observed(&judge(Method::Bye, &[500, 1000], |_| {})), ["BYE sent again sooner than scheduled"]);
        let provisional = Trace { first: Time(100_000_000), ..Trace::default() };
        let verdict = judge(Method::Invite, &[500, 1500], |t| t.provisional = Some(provisional.into()));
        assert_eq!(observed(&verdict), ["INVITE sent again after a provisional response"]);
        assert_eq!(observed(&judge(Method::Options, &[33_000], |_| {})), ["OPTIONS sent again after 64·T1"]);
    }

    #[test]
    fn the_schedule_of_the_standard_keeps_it() {
        assert_eq!(judge(Method::Invite, &[500, 1500, 3500, 7500, 15_500, 31_500], |_| {}), Verdict::Pass);
        let others = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
        assert_eq!(judge(Method::Options, &others, |_| {}), Verdict::Pass);
        assert_eq!(judge(Method::Invite, &[420, 3500], |_| {}), Verdict::Pass);
    }

    #[test]
    fn once_is_not_judged_and_what_the_capture_leaves_cannot_be() {
        assert_eq!(judge(Method::Invite, &[], |_| {}), Verdict::NotApplicable);
        assert_eq!(judge(Method::Invite, &[500], |t| t.ending = Ending::Open), Verdict::Indeterminate(Reason::Boundary));
    }
}
