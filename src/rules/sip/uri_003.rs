//! Takes an initial request, gives whether its telephone numbers are written as agreed, never whose numbers they are.

use crate::policy::{Clause, Level, Severity};
use crate::rules::addresses::Address;
use crate::rules::numbers::Number;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::Telephone;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-URI-003",
    name: "number-format-not-agreed",
    title: "telephone number not in the agreed format",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3966 §5.1; ITU-T E.164; SIPconnect; RFC 6271 §3.3.1",
    keys: &["sip.uri.number_format", "sip.uri.visual_separators", "sip.uri.special_numbers"],
    what: "In requests outside dialogs, the telephone numbers of Request-URI, From, To, P-Asserted-Identity, Diversion and History-Info \
           are global E.164: a plus, no zero first, at most 15 digits. A number is the user of a tel URI, of a URI with `user=phone`, or \
           one made of dial characters only. Where local numbers are agreed too, they come with `phone-context`. Service codes in \
           `special_numbers` are exempt; visual separators have their own level.",
    why: "A national or short number means something else in the other network: the call goes to the wrong subscriber, fails, or is \
          charged by the wrong zone.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag && !(sip.r-uri.user matches \"^[+][1-9]\")` (or `sip.from.user`, \
           `sip.to.user`).",
    fix: "normalise numbers to +E.164 at the sender's border element, or list service codes in sip.uri.special_numbers",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let terms = &subject.terms.sip.uri;
    let format = terms.number_format.as_ref().filter(|f| f.value != "any");
    let separators = terms.visual_separators.as_ref().filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged));
    if !subject.is_initial_request() || (format.is_none() && separators.is_none()) {
        return Verdict::NotApplicable;
    }
    // Inside a dialog the target is a contact.
    if subject.may_be_in_dialog() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let mut breaches = Vec::new();
    let mut numbers = false;
    for address in subject.addresses() {
        let Some((uri, number)) = address.uri.as_ref().and_then(|uri| Some((uri, Telephone::of(uri)?))) else { continue };
        numbers = true;
        if terms.special_numbers.as_ref().is_some_and(|list| Number::is_listed(uri, &list.value)) {
            continue;
        }
        let breach = separators.filter(|_| number.has_separators()).map(|level| separated(level, address));
        breaches.extend(breach.into_iter().chain(format.and_then(|format| misformatted(format, number, address))));
    }
    if numbers || subject.lacks_headers() { subject.verdict(breaches) } else { Verdict::NotApplicable }
}

fn separated(level: &Clause<Level>, address: &Address<'_>) -> Breach {
    Breach::of_level(level, format!("{}: visual separators", address.place.text())).at(address.at).about(address.place.text())
}

fn misformatted(format: &Clause<String>, number: Telephone<'_>, address: &Address<'_>) -> Option<Breach> {
    if number.is_global() || (format.value == "e164-or-local" && number.context.is_some()) {
        return None;
    }
    let (what, agreed) = match &*format.value {
        "e164-or-local" => ("local number without phone-context", "+E.164, or local with phone-context"),
        _ => ("not +E.164", "+E.164"),
    };
    Some(Breach::of_clause(format, format!("{}: {what}", address.place.text()), agreed).at(address.at).about(address.place.text()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, observed};

    fn invite(to: &str) -> Scene {
        Scene::request("INVITE").set(&format!("To: <{to}>"))
    }

    fn judged(scene: Scene, format: &str) -> Verdict {
        scene
            .agreed(|t| {
                t.sip.uri.number_format = agreed(format.to_owned());
                t.sip.uri.visual_separators = agreed(Level::Forbidden);
                t.sip.uri.special_numbers = agreed(vec!["112".to_owned(), "116*".to_owned()].into());
            })
            .judge(&RULE)
    }

    #[test]
    fn numbers_of_another_form_break_it() {
        for to in ["sip:0301234@x", "tel:1234", "sip:x1@y;user=phone", "sip:+0301234@x", "sip:11200@x"] {
            assert_eq!(observed(&judged(invite(to), "e164-global")), ["To: not +E.164"], "{to}");
        }
        assert_eq!(observed(&judged(invite("tel:+49-30-1234"), "e164-global")), ["To: visual separators"]);
        assert_eq!(observed(&judged(invite("sip:7042@x"), "e164-or-local")), ["To: local number without phone-context"]);
        let diverted =
            invite("tel:+491").add("Diversion: <tel:0301>;reason=unconditional, <tel:+491>").add("History-Info: <sip:0301@x>;index=1");
        assert_eq!(observed(&judged(diverted, "e164-global")), ["Diversion: not +E.164", "History-Info: not +E.164"]);
    }

    #[test]
    fn agreed_forms_names_and_service_codes_keep_it() {
        for to in ["tel:+49301234", "sip:+49301234;npdi@x;user=phone", "sip:alice@x", "tel:112", "sip:116117@x", "urn:service:sos"] {
            assert_eq!(judged(invite(to), "e164-global"), Verdict::Pass, "{to}");
        }
        assert_eq!(judged(invite("tel:7042;phone-context=+4930"), "e164-or-local"), Verdict::Pass);
    }

    #[test]
    fn what_holds_no_number_or_was_not_agreed_is_not_judged() {
        let nameless = Scene::request("OPTIONS").start("OPTIONS sip:x SIP/2.0").set("From: <sip:x>;tag=1").set("To: <sip:x>");
        assert_eq!(judged(nameless, "e164-global"), Verdict::NotApplicable);
        assert_eq!(invite("tel:1").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(judged(invite("tel:1").placed(|p| p.standing = Standing::InDialog), "e164-global"), Verdict::NotApplicable);
        assert_eq!(judged(invite("tel:+491").cut_to(90), "e164-global"), Verdict::Indeterminate(Reason::Truncated));
    }
}
