//! Takes an initial request, gives whether its caller and callee may speak to each other by the agreed lists, never why not.

use crate::base::Span;
use crate::policy::{Agreed, Level, NumberList, Severity};
use crate::rules::numbers::{Number, Sought, caller, may_name_another};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "IDN-LIST-001",
    name: "number-on-a-list",
    title: "caller or callee on a deny list, or not on an allow list",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1 (white and black lists)",
    keys: &[
        "identity.deny_callers",
        "identity.allow_callers",
        "identity.deny_callees",
        "identity.emergency_numbers.numbers",
        "identity.emergency_numbers.level",
    ],
    what: "The calling number of an INVITE or MESSAGE that opens an exchange (P-Asserted-Identity, else From) is on no list of denied \
           callers, and on that of allowed ones where there is one; the called number (Request-URI) is on no list of denied callees. \
           Entries are whole numbers, or beginnings where they end in `*`; one with a plus holds numbers with a plus, and a number \
           without, which may be a national one, leaves it open. Calls to emergency numbers, `urn:service:sos` among them, have a level of \
           their own.",
    why: "Such lists hold known fraud, expensive destinations and numbers that law keeps inside a country; an emergency call that leaves \
          its country reaches nobody who can help.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag` and look up `sip.pai.user`, `sip.from.user` and `sip.r-uri.user` in the \
           lists.",
    fix: "let the sender's border element block these numbers, or correct the list",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let terms = &subject.terms.identity;
    let allowed = terms.allow_callers.as_ref().filter(|list| !list.value.is_empty());
    let emergency = terms.emergency_level.as_ref().filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged));
    let has_lists = [&terms.deny_callers, &terms.deny_callees].into_iter().flatten().any(|list| !list.value.is_empty());
    if !(has_lists || allowed.is_some() || emergency.is_some()) {
        return Verdict::NotApplicable;
    }
    if !(matches!(subject.message().method(), Some(Method::Invite | Method::Message)) && subject.is_initial_request()) {
        return Verdict::NotApplicable;
    }
    let mut breaches = Vec::new();
    let mut perhaps = false;
    let mut denied = |list: &Agreed<NumberList>, number: &Number, at: Span, who: &str| {
        let list = list.as_ref()?;
        match number.sought(&list.value) {
            Sought::Held(entry) => Some(Breach::of_clause(list, format!("{who} of {entry}"), format!("{entry} is denied")).at(at)),
            sought => {
                perhaps |= sought == Sought::Perhaps;
                None
            }
        }
    };
    // Who calls may stand behind what the capture holds; whom it goes to stands in the first line.
    let is_named = !may_name_another(subject);
    let calling = caller(subject).filter(|_| is_named).and_then(|a| Some((Number::of(a.uri.as_ref()?)?, a.at)));
    if let Some((number, at)) = &calling {
        breaches.extend(denied(&terms.deny_callers, number, *at, "caller"));
    }
    // Inside a dialog the target is a contact.
    let target = subject.addresses().first().filter(|_| !subject.may_be_in_dialog());
    let called = target.and_then(|target| Some((Number::of(target.uri.as_ref()?)?, target.at)));
    if let Some((number, at)) = &called {
        breaches.extend(denied(&terms.deny_callees, number, *at, "callee"));
    }
    if let Some(list) = allowed.filter(|_| is_named) {
        match calling.as_ref().map(|(number, _)| (number, number.sought(&list.value))) {
            Some((_, Sought::Held(_))) => {}
            // In national form, too, it may be one that the list has in the global one.
            Some((number, _)) if number.may_lack_its_country() && list.value.iter().any(|entry| entry.starts_with('+')) => perhaps = true,
            _ => {
                let at = calling.as_ref().map_or_else(|| subject.message().start_span(), |(_, at)| *at);
                breaches
                    .push(Breach::of_clause(list, "caller that is not on the list of allowed ones", "a caller of allow_callers").at(at));
            }
        }
    }
    if let Some(target) = target {
        // RFC 5031 §4.2: services below it, such as sos.fire, too.
        let is_sos = target.uri.is_some_and(|uri| uri.text.get(..15).is_some_and(|urn| urn.eq_ignore_ascii_case(b"urn:service:sos")));
        let listed = called.as_ref().zip(terms.emergency_numbers.as_ref()).map(|((number, _), list)| number.sought(&list.value));
        if let Some(level) = emergency.filter(|_| is_sos || matches!(listed, Some(Sought::Held(_)))) {
            breaches.push(Breach::of_level(level, "emergency call across the border").at(target.at));
        }
        perhaps |= emergency.is_some() && listed == Some(Sought::Perhaps);
    }
    if perhaps && breaches.is_empty() {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    subject.verdict(breaches)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn call(from: &str, to: &str) -> Scene {
        let list = |entries: &[&str]| agreed(NumberList::from(entries.iter().map(|e| (*e).to_owned()).collect::<Vec<_>>()));
        Scene::request("INVITE").start(&format!("INVITE {to} SIP/2.0")).set(&format!("From: <{from}>;tag=a1")).agreed(|t| {
            t.identity.deny_callers = list(&["+4930999*", "+99*"]);
            t.identity.deny_callees = list(&["+44900*"]);
            t.identity.emergency_numbers = list(&["112", "999"]);
            t.identity.emergency_level = agreed(Level::Forbidden);
        })
    }

    #[test]
    fn denied_numbers_break_it() {
        assert_eq!(observed(&call("tel:+4930999555", "tel:+44900123").judge(&RULE)), ["caller of +4930999*", "callee of +44900*"]);
        let asserted = call("sip:anonymous@anonymous.invalid", "tel:+442012").add("P-Asserted-Identity: <tel:+991234567>");
        assert_eq!(observed(&asserted.judge(&RULE)), ["caller of +99*"]);
    }

    #[test]
    fn emergency_calls_and_callers_that_are_not_allowed_break_it() {
        for to in ["tel:112", "sip:999@bravo.example", "urn:service:sos.fire"] {
            assert_eq!(observed(&call("tel:+4930123456", to).judge(&RULE)), ["emergency call across the border"], "{to}");
        }
        let allowed =
            |from| call(from, "tel:+442012").agreed(|t| t.identity.allow_callers = agreed(vec!["+4930*".into()].into())).judge(&RULE);
        assert_eq!(observed(&allowed("tel:+4940123456")), ["caller that is not on the list of allowed ones"]);
        assert_eq!(observed(&allowed("sip:alice@alpha.example")).len(), 1, "who has no number is on no list");
        assert_eq!(allowed("tel:+4930123456"), Verdict::Pass);
    }

    /// `standards.md` §5.8.2, §5.9: what is global has a plus; what has none may be of any country.
    #[test]
    fn a_national_number_is_no_global_entry() {
        let open = Verdict::Indeterminate(Reason::NoAuxInput);
        assert_eq!(call("sip:991234567@alpha.example", "tel:+442012").judge(&RULE), open);
        assert_eq!(call("tel:+4930123456", "sip:4490012345@bravo.example").judge(&RULE), open);
        let allowed = |from| call(from, "tel:+442012").agreed(|t| t.identity.allow_callers = agreed(vec!["+1301*".into()].into()));
        assert_eq!(allowed("sip:3012345678@alpha.example").judge(&RULE), open);
        let plain = allowed("sip:3012345678@alpha.example").agreed(|t| t.identity.allow_callers = agreed(vec!["302*".into()].into()));
        assert_eq!(observed(&plain.judge(&RULE)), ["caller that is not on the list of allowed ones"]);
    }

    #[test]
    fn other_numbers_keep_it() {
        assert_eq!(call("tel:+4930123456", "tel:+442079460000").judge(&RULE), Verdict::Pass);
        assert_eq!(call("sip:alice@x", "sip:bob@y").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_lists_nothing_is_judged_and_a_cut_caller_cannot_be() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(call("tel:+4930999555", "tel:+441").agreed(|t| t.identity = Default::default()).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(call("tel:+4930123456", "tel:+442012").cut_to(80).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
