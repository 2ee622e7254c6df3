//! Takes an initial INVITE, gives whether a call that was diverted says so, never by whom it should have been taken.

use crate::policy::{Level, Severity};
use crate::rules::numbers::Number;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "IDN-DIV-001",
    name: "diversion-not-told",
    title: "diverted call without diversion information",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 7044 §5; RFC 5806; RFC 7544 §7; RFC 4458 §2",
    keys: &["identity.diversion.level", "identity.diversion.headers"],
    what: "An INVITE that opens a session and whose Request-URI names another number than To was diverted, unless the number was looked up \
           for portability (`npdi`). It tells of that in one of the agreed headers: Diversion, or History-Info with a cause.",
    why: "Without the diverting number the charge goes to the wrong party, voice mail answers with the wrong greeting, and the chain of a \
          forwarded call cannot be traced or limited.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag && sip.r-uri.user != sip.to.user && !sip.Diversion && !sip.History-Info`.",
    fix: "let the diverting network add History-Info with a cause, or Diversion, and the border elements pass it",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, terms) = (subject.message(), &subject.terms.identity);
    let agreed = terms.diversion.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended));
    let Some(level) = agreed.filter(|_| message.method() == Some(Method::Invite) && subject.is_initial_request()) else {
        return Verdict::NotApplicable;
    };
    if subject.may_be_in_dialog() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let Some((uri, at)) = message.target().and_then(|target| Some((target.uri?, target.at))) else { return Verdict::NotApplicable };
    let Some(to) = message.addresses_of(HeaderName::To).next().and_then(|to| Number::of(&to.uri?)) else { return Verdict::NotApplicable };
    let Some(target) = Number::of(&uri).filter(|target| !target.is(&to) && !uri.user_params().has(b"npdi")) else {
        return Verdict::NotApplicable;
    };
    // A national number and a global one may be the same.
    if target.may_be(&to) {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    let counts = |name: &str| terms.diversion_headers.as_ref().is_none_or(|list| list.value.iter().any(|h| h.eq_ignore_ascii_case(name)));
    if (counts("Diversion") && message.has(HeaderName::Diversion)) || (counts("History-Info") && has_cause(subject)) {
        return Verdict::Pass;
    }
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    Verdict::breach(Breach::of_level(level, "another number than in To, and nothing tells why").at(at))
}

/// Whether an entry of History-Info says why it was left: a Reason in its URI (RFC 7044 §5), or a cause (RFC 4458 §2).
fn has_cause(subject: &MessageSubject<'_>) -> bool {
    let contains = |text: &[u8], word: &[u8]| text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word));
    subject.message().all(HeaderName::HistoryInfo).any(|line| contains(&line, b"cause=") || contains(&line, b"cause%3d"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn call(to: &str) -> Scene {
        Scene::request("INVITE").set(&format!("To: <{to}>")).agreed(|t| {
            t.identity.diversion = agreed(Level::Required);
            t.identity.diversion_headers = agreed(vec!["History-Info".into(), "Diversion".into()]);
        })
    }

    #[test]
    fn another_target_that_nothing_explains_breaks_it() {
        let silent = ["another number than in To, and nothing tells why"];
        assert_eq!(observed(&call("tel:+442070000000").judge(&RULE)), silent);
        let causeless = call("tel:+442070000000").add("History-Info: <sip:+442070000000@x>;index=1, <sip:+442079460000@y>;index=1.1");
        assert_eq!(observed(&causeless.judge(&RULE)), silent);
        let other = call("tel:+442070000000").add("Diversion: <tel:+442070000000>;reason=no-answer");
        assert_eq!(observed(&other.agreed(|t| t.identity.diversion_headers = agreed(vec!["History-Info".into()])).judge(&RULE)), silent);
    }

    #[test]
    fn a_diversion_that_is_told_keeps_it() {
        let told = [
            "Diversion: <tel:+442070000000>;reason=no-answer",
            "History-Info: <sip:+442070000000@x?Reason=SIP%3Bcause%3D302>;index=1, <sip:+442079460000@y;cause=302>;index=1.1",
        ];
        for header in told {
            assert_eq!(call("tel:+442070000000").add(header).judge(&RULE), Verdict::Pass, "{header}");
        }
    }

    #[test]
    fn calls_that_were_not_diverted_are_not_judged() {
        assert_eq!(call("sip:+44-20-7946-0000@bravo.example").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(call("sip:%2B442079460000@bravo.example;user=phone").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(call("sip:alice@bravo.example").judge(&RULE), Verdict::NotApplicable);
        let ported = call("tel:+442070000000").start("INVITE sip:+442079460000;npdi;rn=+44201@x SIP/2.0");
        assert_eq!(ported.judge(&RULE), Verdict::NotApplicable);
        assert_eq!(call("tel:+441").agreed(|t| t.identity.diversion = agreed(Level::Supported)).judge(&RULE), Verdict::NotApplicable);
        for to in ["tel:02079460000", "sip:2079460000@bravo.example;user=phone", "tel:2079460000;phone-context=+44"] {
            assert_eq!(call(to).judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput), "{to}: it may be the same number");
        }
        let cut = call("tel:+442070000000").text().len() - 10;
        assert_eq!(call("tel:+442070000000").cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
