//! Takes what became of a request, and the Allow headers of a party, gives whether it serves the methods that are required, never the other methods.

use crate::call::Ending;
use crate::policy::{Clause, Level, Severity, Terms};
use crate::rules::{Breach, Check, Offender, Reason, RepertoireSubject, Rule, Scope, TransactionSubject, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-METHOD-002",
    name: "required-method-not-served",
    title: "required method refused or not advertised",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Responder,
    reference: "RFC 6271 A.1; RFC 3261 §20.5, §21.4.6, §21.5.2",
    keys: &["sip.methods"],
    what: "A request with a method that is required is answered with neither 405 nor 501. And of the Allow headers that a peer sent in \
           INVITE and in 2xx to INVITE and OPTIONS, at least one lists each required method (where all omit it, that is only low: what is \
           not advertised may still be served).",
    why: "Both sides build on a required method: keep-alives on OPTIONS, session timers on UPDATE, ringing on PRACK. Where one side \
           refuses it, calls fail in ways that neither side's own tests show.",
    confirm: "Filter `sip.Status-Code == 405 || sip.Status-Code == 501` and read the CSeq; for the rest filter `sip.Allow` with the \
           address of the peer.",
    fix: "enable the method at the border element that refuses it, or lower its level in sip.methods",
    check: Check::Several(&[Check::Transaction(transaction), Check::Repertoire(repertoire)]),
};

fn required(terms: &Terms, method: Method) -> Option<&Clause<Level>> {
    terms.sip.methods.get(method.name()).filter(|clause| clause.value == Level::Required)
}

fn transaction(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    // ACK has no answer, and CANCEL is not refused for its method (RFC 3261 §9.2).
    let method = transaction.method.filter(|m| !matches!(m, Method::Ack | Method::Cancel | Method::Other));
    let Some((method, clause)) = method.and_then(|method| Some((method, required(subject.terms, method)?))) else {
        return Verdict::NotApplicable;
    };
    match &transaction.ending {
        Ending::Final { code: code @ (405 | 501), response } => {
            Verdict::breach(Breach::of_clause(clause, format!("{} answered with {code}", method.name()), "required").seen_in(response))
        }
        Ending::Final { .. } => Verdict::Pass,
        Ending::TimedOut(_) | Ending::TimerC(_) | Ending::Open if transaction.out_of_sight => Verdict::Indeterminate(Reason::Truncated),
        Ending::Open => Verdict::Indeterminate(Reason::Boundary),
        // That nothing comes back is another rule's.
        Ending::TimedOut(_) | Ending::TimerC(_) => Verdict::NotApplicable,
    }
}

fn repertoire(subject: &RepertoireSubject<'_>) -> Verdict {
    let repertoire = subject.repertoire;
    let wanted = Method::REGISTERED.iter().filter(|m| !matches!(m, Method::Ack | Method::Cancel));
    let wanted: Vec<_> = wanted.filter_map(|method| Some((*method, required(subject.received, *method)?))).collect();
    if wanted.is_empty() {
        return Verdict::NotApplicable;
    }
    if repertoire.allows == 0 {
        return Verdict::NotApplicable;
    }
    let breach = |(method, clause): (Method, &Clause<Level>)| {
        let breach = Breach::of_clause(clause, format!("{} in no Allow header", method.name()), "required");
        breach.rated(Severity::Low).by(Offender::Sender)
    };
    let absent: Vec<_> = wanted.into_iter().filter(|(method, _)| !repertoire.allows(*method)).map(breach).collect();
    if !absent.is_empty() && repertoire.half {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    Verdict::of(absent)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::call::Transaction;
    use crate::rules::Repertoire;
    use crate::rules::scene::{Scene, levels, observed};

    fn needs(method: Method) -> Terms {
        let mut terms = Terms::default();
        terms.sip.methods = levels(&[(method.name(), Level::Required)], None);
        terms
    }

    fn answered(method: Method, ending: Ending) -> Verdict {
        let transaction = Transaction { method: Some(method), ending, ..Transaction::default() };
        super::transaction(&TransactionSubject { transaction: &transaction, terms: &needs(Method::Options) })
    }

    fn code(code: u16) -> Ending {
        Ending::Final { code, response: Default::default() }
    }

    fn showed(messages: &[Scene], needed: Method) -> Verdict {
        let mut repertoire = Repertoire::default();
        messages.iter().for_each(|scene| scene.shows(&mut repertoire));
        super::repertoire(&RepertoireSubject { repertoire: &repertoire, terms: &Terms::default(), received: &needs(needed) })
    }

    #[test]
    fn a_required_method_that_is_refused_breaks_it() {
        assert_eq!(observed(&answered(Method::Options, code(405))), ["OPTIONS answered with 405"]);
        assert_eq!(observed(&answered(Method::Options, code(501))), ["OPTIONS answered with 501"]);
    }

    #[test]
    fn a_required_method_that_no_allow_header_lists_is_mentioned() {
        let messages =
            [Scene::request("INVITE").add("Allow: INVITE, ACK, BYE"), Scene::response(200, "OPTIONS").add("Allow: INVITE, INFO")];
        let Verdict::Violation(breaches) = showed(&messages, Method::Update) else { panic!() };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("UPDATE in no Allow header", Some(Severity::Low)));
    }

    #[test]
    fn another_answer_and_one_allow_header_keep_it() {
        assert_eq!(answered(Method::Options, code(200)), Verdict::Pass);
        assert_eq!(answered(Method::Options, code(486)), Verdict::Pass);
        let messages = [Scene::request("INVITE").add("Allow: INVITE"), Scene::response(200, "INVITE").add("Allow: INVITE, UPDATE")];
        assert_eq!(showed(&messages, Method::Update), Verdict::Pass);
    }

    #[test]
    fn other_methods_open_ends_and_silence_are_not_judged() {
        assert_eq!(answered(Method::Info, code(405)), Verdict::NotApplicable);
        assert_eq!(answered(Method::Options, Ending::Open), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(answered(Method::Options, Ending::TimedOut(Time(0))), Verdict::NotApplicable);
        // Half of a list may go on with it.
        let half = Scene::request("INVITE").add("Allow: INVITE, ACK, UPDATE");
        let kept = half.text().find(", UPDATE").unwrap();
        assert_eq!(showed(&[half.cut_to(kept)], Method::Update), Verdict::Indeterminate(Reason::Truncated));
        // Allow in a 405 says what is served at that URI, and a request without Allow says nothing.
        assert_eq!(showed(&[Scene::response(405, "INVITE").add("Allow: INVITE")], Method::Update), Verdict::NotApplicable);
        assert_eq!(showed(&[Scene::request("INVITE")], Method::Update), Verdict::NotApplicable);
    }
}
