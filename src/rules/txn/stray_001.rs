//! Takes a response or an INVITE, gives whether it belongs to a state that its receiver can have, never who forged it.

use crate::call::Ending;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "TXN-STRAY-001",
    name: "message-matches-no-state",
    title: "response or request matches no known state",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §17.1.3, §8.2.2.2",
    keys: &["sip.timers"],
    what: "Every response has a request with the same topmost branch and CSeq method that is not over for more than 64·T1. It is not \
           judged where its request may have passed before the capture began, or past the tap (no request of its call went the other \
           way between the two hosts), nor where the capture lacks what passed between the two hosts before. An INVITE that reaches a border element which works on the same one already (same Call-ID, From \
           tag and CSeq number, another branch) and is not answered 482 is only mentioned.",
    why: "Responses without request are what a flood, a spoofed answer or an element with wrong timers looks like; an INVITE that is \
          accepted twice rings twice.",
    confirm: "Filter `sip.Call-ID == \"…\"` and look for a request with the Via branch of the response.",
    fix: "find out why the sender answers what was not asked: late timers, a rewritten branch, or an address that is forged",
    check: Check::Several(&[Check::Message(Kind::RESPONSE, response), Check::Transaction(merged)]),
};

fn response(subject: &MessageSubject<'_>) -> Verdict {
    let (message, place) = (subject.message(), subject.place);
    let Some(code) = message.code() else { return Verdict::NotApplicable };
    if place.matched {
        return Verdict::Pass;
    }
    if message.cseq().is_none() || message.branch().is_none() {
        return if subject.lacks_headers() { Verdict::Indeterminate(Reason::Truncated) } else { Verdict::NotApplicable };
    }
    let timers = &subject.terms.sip.timers;
    let method = message.transaction_method();
    // An INVITE may ring as long as Timer C allows (RFC 3261 §16.6).
    let within = timers.t1().saturating_mul(64).saturating_add(if method == Some(Method::Invite) { timers.timer_c() } else { 0 });
    if place.age < within {
        return Verdict::Indeterminate(Reason::Boundary);
    }
    if !place.met {
        return Verdict::Indeterminate(Reason::OneWay);
    }
    if place.out_of_sight {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let observed = format!("{code} to {} without its request", method.map_or("?", Method::name));
    Verdict::breach(Breach::of_standard(observed, "a request that is not over for 64·T1").at(message.start_span()))
}

fn merged(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    if !transaction.merged {
        return Verdict::NotApplicable;
    }
    match transaction.ending {
        Ending::Final { code: 482, .. } => Verdict::Pass,
        Ending::Open => Verdict::Indeterminate(Reason::Boundary),
        _ => {
            let breach = Breach::of_standard("INVITE merged with one that its receiver has, without 482", "482 to a merged request");
            Verdict::breach(breach.rated(Severity::Info).by(Offender::Responder).seen_in(&transaction.request))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Transaction;
    use crate::policy::Terms;
    use crate::rules::scene::{Scene, observed};

    fn judged(method: &str, matched: bool, age_s: i64, met: bool) -> Verdict {
        let place = |p: &mut crate::call::Place| (p.matched, p.age, p.met) = (matched, age_s * 1_000_000_000, met);
        Scene::response(200, method).placed(place).judge(&RULE)
    }

    fn judge_merged(ending: Ending) -> Verdict {
        let transaction = Transaction { merged: true, ending, ..Transaction::default() };
        merged(&TransactionSubject { transaction: &transaction, terms: &Terms::default() })
    }

    #[test]
    fn a_response_without_request_breaks_it_and_so_does_an_invite_taken_twice() {
        assert_eq!(observed(&judged("OPTIONS", false, 40, true)), ["200 to OPTIONS without its request"]);
        let Verdict::Violation(breaches) = judge_merged(Ending::Final { code: 200, response: Default::default() }) else { panic!() };
        assert_eq!(breaches[0].severity, Some(Severity::Info));
    }

    #[test]
    fn a_response_to_what_was_asked_keeps_it() {
        assert_eq!(judged("INVITE", true, 0, false), Verdict::Pass);
        assert_eq!(judge_merged(Ending::Final { code: 482, response: Default::default() }), Verdict::Pass);
    }

    #[test]
    fn the_beginning_of_the_capture_and_what_passed_elsewhere_cannot_be_judged() {
        assert_eq!(judged("OPTIONS", false, 31, true), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(judged("INVITE", false, 40, true), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(judged("OPTIONS", false, 40, false), Verdict::Indeterminate(Reason::OneWay));
        assert_eq!(judge_merged(Ending::Open), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
    }
}
