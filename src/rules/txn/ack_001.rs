//! Takes an INVITE transaction with a final response, gives whether that was acknowledged as it must be, never what the response was.

use crate::call::{AckFault, Ending, Trace, Transaction};
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "TXN-ACK-001",
    name: "final-response-not-acknowledged",
    title: "final INVITE response not acknowledged correctly",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Originating,
    reference: "RFC 3261 §13.2.2.4, §13.3.1.4, §17.1.1.3, §17.2.1",
    keys: &["sip.timers.t1_ms"],
    what: "An ACK with the CSeq number of the INVITE follows each final response within 64 times T1. For a non-2xx it carries the branch \
           and Request-URI of the INVITE and the To tag of the response; for a 2xx it is a request of its own with a new branch, one for \
           each 2xx of a forked INVITE.",
    why: "Without an ACK that it can match, the answering side repeats its response for half a minute and then takes an answered call \
          down.",
    confirm: "Filter `sip.Call-ID == \"…\" && (sip.CSeq.method == \"INVITE\" || sip.Method == \"ACK\")` and compare branch, To tag and \
          CSeq; a final response that repeats was not acknowledged.",
    fix: "have the originating SBE send the ACK to the Contact and route set of the 2xx, and to a non-2xx on the INVITE's own branch",
    check: Check::Transaction(check),
};

fn check(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    let Ending::Final { response, .. } = &transaction.ending else { return Verdict::NotApplicable };
    if transaction.method != Some(crate::sip::Method::Invite) {
        return Verdict::NotApplicable;
    }
    // Of a missing ACK the response that waits for it is the evidence.
    let first = match transaction.ack_fault {
        Some(fault) => fault_of(fault, transaction.ack.as_ref().unwrap_or(response), transaction, transaction.leads_elsewhere),
        None if transaction.ack_judgeable => Verdict::Pass,
        None => Verdict::Indeterminate(Reason::Boundary),
    };
    // Each 2xx of a forked INVITE is acknowledged by itself.
    transaction.forks.iter().fold(first, |verdict, fork| {
        let of_fork = match fork.fault {
            Some(fault) => fault_of(fault, fork.ack.as_ref().unwrap_or(&fork.response), transaction, fork.leads_elsewhere),
            None if fork.ack.is_some() => Verdict::Pass,
            None => Verdict::Indeterminate(Reason::Boundary),
        };
        both(verdict, of_fork)
    })
}

fn fault_of(fault: AckFault, exhibit: &Trace, transaction: &Transaction, leads_elsewhere: bool) -> Verdict {
    let (observed, agreed) = match fault {
        AckFault::Missing if transaction.out_of_sight => return Verdict::Indeterminate(Reason::Truncated),
        AckFault::Missing if leads_elsewhere => return Verdict::Indeterminate(Reason::OffPath),
        AckFault::Missing => ("no ACK", "an ACK within 64·T1 of the final response"),
        AckFault::CSeq => ("ACK with another CSeq number", "the CSeq number of the INVITE"),
        AckFault::Branch => ("ACK for a non-2xx with another branch", "the branch of the INVITE"),
        AckFault::ToTag => ("ACK for a non-2xx with another To tag", "the To tag of the response"),
        AckFault::RequestUri => ("ACK for a non-2xx with another Request-URI", "the Request-URI of the INVITE"),
        AckFault::SameBranch => ("ACK for a 2xx with the branch of the INVITE", "a branch of its own"),
    };
    Verdict::breach(Breach::of_standard(observed, agreed).seen_in(exhibit))
}

/// What is broken counts before what is not known, and that before what is kept.
fn both(one: Verdict, other: Verdict) -> Verdict {
    match (one, other) {
        (Verdict::Violation(mut all), Verdict::Violation(more)) => {
            all.extend(more);
            Verdict::Violation(all)
        }
        (broken @ Verdict::Violation(_), _) | (_, broken @ Verdict::Violation(_)) => broken,
        (Verdict::Pass, other) => other,
        (open, _) => open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Terms;
    use crate::rules::scene::observed;
    use crate::sip::Method;

    fn judge(method: Method, ack_fault: Option<AckFault>, ack_judgeable: bool) -> Verdict {
        let ending = Ending::Final { code: 200, response: Default::default() };
        let transaction = Transaction { method: Some(method), ending, ack_fault, ack_judgeable, ..Transaction::default() };
        check(&TransactionSubject { transaction: &transaction, terms: &Terms::default() })
    }

    #[test]
    fn a_missing_or_wrong_ack_breaks_it() {
        assert_eq!(observed(&judge(Method::Invite, Some(AckFault::Missing), true)), ["no ACK"]);
        assert_eq!(observed(&judge(Method::Invite, Some(AckFault::ToTag), true)), ["ACK for a non-2xx with another To tag"]);
    }

    #[test]
    fn a_good_ack_keeps_it() {
        assert_eq!(judge(Method::Invite, None, true), Verdict::Pass);
    }

    #[test]
    fn at_the_end_of_the_capture_it_cannot_be_judged() {
        assert_eq!(judge(Method::Invite, None, false), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(judge(Method::Bye, None, true), Verdict::NotApplicable);
    }
}
