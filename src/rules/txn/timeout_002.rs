//! Takes a transaction other than INVITE, gives whether it was answered in time, never what the answer was.

use crate::call::Ending;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "TXN-TIMEOUT-002",
    name: "request-never-answered",
    title: "non-INVITE request never answered",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Responder,
    reference: "RFC 3261 §17.1.2.2 (Timer F); RFC 4320 §4",
    keys: &["sip.timers.t1_ms"],
    what: "A final response to every request other than INVITE and ACK comes within 64 times T1 of its first transmission.",
    why: "An unanswered BYE leaves the call open in somebody's charging records; an unanswered OPTIONS takes a working trunk out of \
          service.",
    confirm: "Filter `sip.Call-ID == \"…\"`: the request repeats up to every 4 seconds and no final response comes back.",
    fix: "find out why the receiving SBE does not answer; a request for a dialog it does not know deserves a 481, not silence",
    check: Check::Transaction(check),
};

fn check(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    let Some(method) = transaction.method.filter(|m| !matches!(m, Method::Invite | Method::Ack)) else { return Verdict::NotApplicable };
    match transaction.ending {
        Ending::Final { .. } => return Verdict::Pass,
        Ending::Open => return Verdict::Indeterminate(Reason::Boundary),
        Ending::TimedOut(_) | Ending::TimerC(_) if transaction.out_of_sight => return Verdict::Indeterminate(Reason::Truncated),
        Ending::TimedOut(_) | Ending::TimerC(_) => {}
    }
    let timers = &subject.terms.sip.timers;
    let observed = match method {
        Method::Other => "no final response to a request of an unregistered method".into(),
        _ => format!("no final response to {}", method.name()),
    };
    let agreed = format!("a final response within {} s (64·T1)", timers.t1() * 64 / 1_000_000_000);
    let breach = match &timers.t1_ms {
        Some(clause) => Breach::of_clause(clause, observed, agreed),
        None => Breach::of_standard(observed, agreed),
    };
    Verdict::breach(breach.seen_in(&transaction.request))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::call::Transaction;
    use crate::policy::Terms;
    use crate::rules::scene::observed;

    fn judge(method: Method, ending: Ending) -> Verdict {
        let transaction = Transaction { method: Some(method), ending, ..Transaction::default() };
        check(&TransactionSubject { transaction: &transaction, terms: &Terms::default() })
    }

    #[test]
    fn silence_breaks_it() {
        assert_eq!(observed(&judge(Method::Bye, Ending::TimedOut(Time(0)))), ["no final response to BYE"]);
    }

    #[test]
    fn any_final_response_keeps_it() {
        assert_eq!(judge(Method::Options, Ending::Final { code: 404, response: Default::default() }), Verdict::Pass);
    }

    #[test]
    fn invite_is_not_judged_and_what_is_open_cannot_be() {
        assert_eq!(judge(Method::Invite, Ending::TimedOut(Time(0))), Verdict::NotApplicable);
        assert_eq!(judge(Method::Update, Ending::Open), Verdict::Indeterminate(Reason::Boundary));
    }
}
