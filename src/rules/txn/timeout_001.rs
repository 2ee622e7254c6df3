//! Takes an INVITE transaction, gives whether it was answered in time, never what the answer was.

use crate::call::Ending;
use crate::policy::{Clause, Severity};
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "TXN-TIMEOUT-001",
    name: "invite-never-answered",
    title: "INVITE never answered",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Responder,
    reference: "RFC 3261 §17.1.1.2 (Timer B), §16.6, §16.8 (Timer C)",
    keys: &["sip.timers.t1_ms", "sip.timers.timer_c_s"],
    what: "Some response to an INVITE comes within 64 times T1 of its first transmission, and after provisional responses a final one, a \
          CANCEL or another provisional before Timer C runs out.",
    why: "The caller hears silence for half a minute and hangs up. The element behind the address is down, unreachable, or drops what it \
          does not like instead of answering.",
    confirm: "Filter `sip.Call-ID == \"…\"`: the INVITE repeats with doubling gaps and nothing comes back; check with ICMP unreachables \
          to the same address.",
    fix: "find out why the receiving SBE does not answer (reachability, access lists, overload); it must reject what it does not want",
    check: Check::Transaction(check),
};

fn check(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    if transaction.method != Some(Method::Invite) {
        return Verdict::NotApplicable;
    }
    let timers = &subject.terms.sip.timers;
    let (observed, agreed, clause) = match transaction.ending {
        Ending::Final { .. } => return Verdict::Pass,
        Ending::Open => return Verdict::Indeterminate(Reason::Boundary),
        Ending::TimedOut(_) | Ending::TimerC(_) if transaction.out_of_sight => return Verdict::Indeterminate(Reason::Truncated),
        Ending::TimedOut(_) => ("no response at all", format!("a response within {} s (64·T1)", whole(64 * timers.t1())), &timers.t1_ms),
        Ending::TimerC(_) => {
            ("provisional responses only", format!("a final response within {} s (Timer C)", whole(timers.timer_c())), &timers.timer_c_s)
        }
    };
    Verdict::breach(of(clause.as_ref(), observed, agreed).seen_in(&transaction.request))
}

fn of(clause: Option<&Clause<u32>>, observed: &'static str, agreed: String) -> Breach {
    match clause {
        Some(clause) => Breach::of_clause(clause, observed, agreed),
        None => Breach::of_standard(observed, agreed),
    }
}

/// Seconds without needless decimals.
#[allow(clippy::cast_precision_loss)]
fn whole(nanos: i64) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::call::Transaction;
    use crate::policy::Terms;
    use crate::rules::scene::{agreed, observed};

    fn judge(method: Method, ending: Ending) -> Verdict {
        let transaction = Transaction { method: Some(method), ending, ..Transaction::default() };
        let mut terms = Terms::default();
        terms.sip.timers.timer_c_s = agreed(200);
        check(&TransactionSubject { transaction: &transaction, terms: &terms })
    }

    #[test]
    fn silence_and_endless_ringing_break_it() {
        let Verdict::Violation(silence) = judge(Method::Invite, Ending::TimedOut(Time(0))) else { panic!() };
        assert_eq!((&*silence[0].observed, &*silence[0].agreed), ("no response at all", "a response within 32 s (64·T1)"));
        let Verdict::Violation(ringing) = judge(Method::Invite, Ending::TimerC(Time(0))) else { panic!() };
        assert_eq!(&*ringing[0].agreed, "a final response within 200 s (Timer C)");
        assert!(ringing[0].clause.is_some() && silence[0].clause.is_none());
    }

    #[test]
    fn any_final_response_keeps_it() {
        let verdict = judge(Method::Invite, Ending::Final { code: 503, response: Default::default() });
        assert_eq!((observed(&verdict).len(), verdict), (0, Verdict::Pass));
    }

    #[test]
    fn what_the_capture_leaves_open_cannot_be_judged() {
        assert_eq!(judge(Method::Invite, Ending::Open), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(judge(Method::Bye, Ending::TimedOut(Time(0))), Verdict::NotApplicable);
    }
}
