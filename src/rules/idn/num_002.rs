//! Takes an initial INVITE, gives whether its called number is one of its receiver's, never whether anybody has it.

use crate::policy::{Level, Severity};
use crate::rules::numbers::Number;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "IDN-NUM-002",
    name: "called-number-of-another",
    title: "called number outside the receiving peer's ranges",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 Req #5, #9; RFC 6406 §6.1.1; RFC 4694 §3",
    keys: &["identity.called_in_ranges", "peer.numbers.e164_prefixes", "sip.uri.special_numbers"],
    what: "The number in the Request-URI of an INVITE that opens a session begins with one of the prefixes that the receiving peer \
           declared. Where a number was looked up for portability (`npdi`), its routing number `rn` counts. Service codes of \
           `special_numbers` and emergency numbers, which IDN-LIST-001 judges, are left out.",
    why: "The look-up gave the wrong network: the call is refused, goes in circles, or is carried on at a price that nobody agreed.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag` and compare `sip.r-uri.user` with the ranges of the receiver.",
    fix: "correct the number ranges in the sender's routing data, or declare the range in peer.numbers of the receiver",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let terms = subject.terms;
    let agreed = terms.identity.called_in_ranges.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended));
    let is_invite = || subject.message().method() == Some(Method::Invite) && subject.is_initial_request();
    let Some(level) = agreed.filter(|_| is_invite()) else { return Verdict::NotApplicable };
    let Some(peer) = subject.receiver().filter(|peer| !peer.e164_prefixes.is_empty()) else { return Verdict::NotApplicable };
    let Some(target) = subject.addresses().first() else { return Verdict::NotApplicable };
    let Some(number) = target.uri.as_ref().and_then(Number::routed) else { return Verdict::NotApplicable };
    // Inside a dialog the target is a contact.
    if subject.may_be_in_dialog() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let codes = [&terms.sip.uri.special_numbers, &terms.identity.emergency_numbers];
    if codes.into_iter().flatten().any(|list| number.entry(&list.value).is_some()) {
        return Verdict::NotApplicable;
    }
    if number.is_within(&peer.e164_prefixes) {
        return Verdict::Pass;
    }
    let observed =
        if number.is_global() { "called number outside of the receiver's ranges" } else { "called number that is no global number" };
    let breach = Breach { agreed: peer.e164_prefixes.text().into(), ..Breach::of_level(level, observed) };
    Verdict::breach(breach.at(target.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn to(uri: &str) -> Scene {
        let scene = Scene::request("INVITE").start(&format!("INVITE {uri} SIP/2.0")).agreed(|t| {
            t.identity.called_in_ranges = agreed(Level::Required);
            t.identity.emergency_numbers = agreed(vec!["112".into()].into());
            t.sip.uri.special_numbers = agreed(vec!["116*".into()].into());
        });
        scene.declared(|peers| peers[1].e164_prefixes = vec!["+4420".into()].into())
    }

    #[test]
    fn numbers_of_others_break_it() {
        assert_eq!(observed(&to("tel:+33123456").judge(&RULE)), ["called number outside of the receiver's ranges"]);
        assert_eq!(observed(&to("sip:+442079;npdi;rn=+33123456@bravo.example").judge(&RULE)).len(), 1, "it was ported away");
        assert_eq!(observed(&to("sip:02079460000@bravo.example").judge(&RULE)), ["called number that is no global number"]);
    }

    #[test]
    fn numbers_of_the_receiver_keep_it() {
        for uri in [
            "sip:+442079460000@bravo.example",
            "tel:+44-20-7946",
            "tel:+33123456;npdi;rn=+44201234",
            "tel:+33123456;npdi;rn=+4420D0184420123456789",
        ] {
            assert_eq!(to(uri).judge(&RULE), Verdict::Pass, "{uri}");
        }
    }

    #[test]
    fn names_codes_and_what_was_not_agreed_are_not_judged() {
        for uri in ["sip:alice@bravo.example", "tel:112", "tel:116117", "urn:service:sos"] {
            assert_eq!(to(uri).judge(&RULE), Verdict::NotApplicable, "{uri}");
        }
        assert_eq!(to("tel:+33123456").agreed(|t| t.identity.called_in_ranges = None).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(to("tel:+33123456").declared(|_| {}).judge(&RULE), Verdict::NotApplicable, "no ranges declared");
    }
}
