//! Takes an initial INVITE, gives whether its calling number is one of its sender's, never whether the caller may use it.

use crate::policy::{Level, Severity};
use crate::rules::numbers::{Number, caller, may_name_another};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::{elements, name_addr};
use crate::sip::{HeaderName, Message, Method};

pub(crate) static RULE: Rule = Rule {
    id: "IDN-NUM-001",
    name: "calling-number-of-another",
    title: "calling number not attributable to the sending peer",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 6404 §2; ITU-T E.164",
    keys: &["identity.caller_in_ranges", "peer.numbers.e164_prefixes", "peer.transit_for"],
    what: "The calling number of an INVITE that opens a session (P-Asserted-Identity, else From) is a valid number of the ranges that the \
           sending peer declared, and not the called number itself. Diverted calls, whose caller may be anybody's, and calls whose \
           domain the sender carries for others are left out; so are callers without a number.",
    why: "A calling number from foreign ranges is a forged caller, or traffic of somebody else brought in as one's own: the receiving \
          network rates, traces and trusts the wrong one.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag` and compare `sip.pai.user` (else `sip.from.user`) with the ranges of the \
           sender.",
    fix: "screen calling numbers where calls enter the sender's network, or declare the range in peer.numbers",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let agreed = subject.terms.identity.caller_in_ranges.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended));
    let message = subject.message();
    let Some(level) = agreed.filter(|_| message.method() == Some(Method::Invite) && subject.is_initial_request()) else {
        return Verdict::NotApplicable;
    };
    let Some(peer) = subject.sender().filter(|peer| !peer.e164_prefixes.is_empty()) else { return Verdict::NotApplicable };
    if may_name_another(subject) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let diverted = message.has(HeaderName::Diversion) || was_retargeted(message);
    let Some((uri, at)) = caller(subject).and_then(|a| Some((a.uri?, a.at))).filter(|_| !diverted) else { return Verdict::NotApplicable };
    let Some(number) = Number::of(&uri) else { return Verdict::NotApplicable };
    if peer.transit_for.iter().any(|domain| domain.as_bytes().eq_ignore_ascii_case(uri.host)) {
        return Verdict::NotApplicable;
    }
    let called = subject.addresses().first().and_then(|target| Number::of(target.uri.as_ref()?));
    let observed = if !number.is_global() {
        "calling number that is no global number"
    } else if called.is_some_and(|called| called.is(&number)) {
        "calling number that is the called one"
    } else if !number.is_within(&peer.e164_prefixes) {
        "calling number outside of the sender's ranges"
    } else {
        return Verdict::Pass;
    };
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let breach = Breach { agreed: peer.e164_prefixes.text().into(), ..Breach::of_level(level, observed) };
    Verdict::breach(breach.at(at))
}

/// Whether History-Info tells of more than where the call began: one entry, of index 1, is the first target itself (RFC 7044 §10.3).
fn was_retargeted(message: &Message) -> bool {
    let mut entries = message.lines(HeaderName::HistoryInfo).flat_map(|line| elements(message.at(line.value)));
    let is_first = |entry: &[u8]| name_addr(entry).is_some_and(|named| named.params.value(b"index") == Some(b"1"));
    entries.next().is_some_and(|first| !is_first(first) || entries.next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn from(uri: &str) -> Scene {
        let scene = Scene::request("INVITE").set(&format!("From: <{uri}>;tag=a1"));
        scene.agreed(|t| t.identity.caller_in_ranges = agreed(Level::Required)).declared(|peers| {
            peers[0].e164_prefixes = vec!["+4930".into(), "+4940".into()].into();
            peers[0].transit_for = vec!["carried.example".into()];
        })
    }

    #[test]
    fn foreign_invalid_and_mirrored_numbers_break_it() {
        for (uri, what) in [
            ("sip:+4420712345@alpha.example", "calling number outside of the sender's ranges"),
            ("sip:0301234567@alpha.example", "calling number that is no global number"),
            ("tel:+1234567890123456", "calling number that is no global number"),
            ("tel:+442079460000", "calling number that is the called one"),
        ] {
            assert_eq!(observed(&from(uri).judge(&RULE)), [what], "{uri}");
        }
        let began = from("tel:+331234567").add("History-Info: <sip:+44201@x>;index=1").judge(&RULE);
        assert_eq!(observed(&began), ["calling number outside of the sender's ranges"], "where it went first is no diversion");
        let local = from("tel:30123456;phone-context=+49").judge(&RULE);
        assert_eq!(observed(&local), ["calling number that is no global number"]);
        let asserted = from("sip:+4930123456@alpha.example").add("P-Asserted-Identity: <sip:a@x>, <tel:+331>").judge(&RULE);
        assert_eq!(observed(&asserted).len(), 1, "what is asserted counts");
    }

    #[test]
    fn own_numbers_keep_it() {
        for uri in ["sip:+4930123456@alpha.example", "sip:%2B4930123456@alpha.example;user=phone", "sip:+%34930123456@alpha.example"] {
            assert_eq!(from(uri).judge(&RULE), Verdict::Pass, "{uri}");
        }
        assert_eq!(from("sip:anonymous@anonymous.invalid").add("P-Asserted-Identity: <tel:+4940123456>").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn diverted_carried_and_nameless_calls_are_not_judged() {
        assert_eq!(from("tel:+331234567").add("Diversion: <tel:+4930123456>;reason=no-answer").judge(&RULE), Verdict::NotApplicable);
        for history in ["<sip:+44201@x>;index=1, <sip:+44202@x>;index=1.1;mp=1", "<sip:+44202@x>;index=1.1", "<sip:+44201@x>"] {
            let diverted = from("tel:+331234567").add(&format!("History-Info: {history}"));
            assert_eq!(diverted.judge(&RULE), Verdict::NotApplicable, "{history}");
        }
        assert_eq!(from("sip:+331234567@carried.example").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(from("sip:restricted@alpha.example;user=phone").judge(&RULE), Verdict::NotApplicable, "no number");
        assert_eq!(from("sip:alice@alpha.example").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").declared(|_| {}).judge(&RULE), Verdict::NotApplicable);
        let foreign = from("tel:+331234567");
        let cut = foreign.text().len() - 10;
        assert_eq!(foreign.cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated), "a Diversion may have followed");
    }
}
