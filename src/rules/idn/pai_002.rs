//! Takes a message with asserted or preferred identities, gives whether they may be there and are what they should be, never whether they are true.

use crate::base::Span;
use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::Scheme;

pub(crate) static RULE: Rule = Rule {
    id: "IDN-PAI-002",
    name: "asserted-identity-malformed",
    title: "asserted identity malformed or crossing an untrusted border",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3325 §5, §9.1, §9.2; RFC 3324; RFC 5876 §4",
    keys: &["identity.pai", "identity.trust", "identity.ppi"],
    what: "P-Asserted-Identity holds one or two identities: a SIP or SIPS URI, a tel URI, or one of each. It passes only between \
           networks that agreed to trust each other's assertions, and P-Preferred-Identity, a wish of a phone to its own network, only \
           where that was agreed.",
    why: "The receiving network bills, screens and traces by this header. What it cannot read it drops; what comes from outside of the \
          trust domain it must not believe.",
    confirm: "Filter `sip.P-Asserted-Identity || sip.P-Preferred-Identity` with the Call-ID of the finding.",
    fix: "let the sender's border element assert one URI of each kind, and remove both headers towards networks outside of the trust \
           domain",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, terms) = (subject.message(), &subject.terms.identity);
    let asserted = message.header(HeaderName::PAssertedIdentity);
    let preferred = message.header(HeaderName::PPreferredIdentity);
    if asserted.is_none() && preferred.is_none() {
        return Verdict::NotApplicable;
    }
    let mut breaches = Vec::new();
    let mut judged = false;
    if let Some(line) = asserted {
        judged = true;
        breaches.extend(malformed(subject).map(|(observed, at)| {
            Breach::of_standard(observed, "one SIP or SIPS URI, one tel URI, or one of each").at(at).about("P-Asserted-Identity")
        }));
        if let Some(clause) = terms.trust.as_ref().filter(|trust| !trust.value) {
            let breach = Breach::of_clause(clause, "P-Asserted-Identity without common trust", "no assertions across this border");
            breaches.push(breach.at(line.value).about("P-Asserted-Identity"));
        } else if let Some(level) = terms.pai.as_ref().filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged)) {
            breaches.push(Breach::of_level(level, "P-Asserted-Identity").at(line.value).about("P-Asserted-Identity"));
        }
    }
    if let (Some(line), Some(level)) = (preferred, &terms.ppi) {
        judged |= level.value != Level::Unspecified;
        if matches!(level.value, Level::Forbidden | Level::Discouraged) {
            breaches.push(Breach::of_level(level, "P-Preferred-Identity").at(line.value).about("P-Preferred-Identity"));
        }
    }
    if judged || !breaches.is_empty() { subject.verdict(breaches) } else { Verdict::NotApplicable }
}

/// What is wrong with the form of the identities, and where.
fn malformed(subject: &MessageSubject<'_>) -> Option<(&'static str, Span)> {
    let (mut sip, mut tel, mut count) = (0, 0, 0);
    for address in subject.asserted() {
        count += 1;
        match address.uri.map(|uri| uri.scheme) {
            Some(Scheme::Sip | Scheme::Sips) => sip += 1,
            Some(Scheme::Tel) => tel += 1,
            _ => return Some(("P-Asserted-Identity: neither SIP nor tel URI", address.at)),
        }
        if count > 2 {
            return Some(("P-Asserted-Identity: more than two identities", address.at));
        }
        if sip > 1 || tel > 1 {
            return Some(("P-Asserted-Identity: two URIs of one kind", address.at));
        }
    }
    let line = subject.message().header(HeaderName::PAssertedIdentity)?;
    (count == 0).then_some(("P-Asserted-Identity: empty", line.value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, observed};

    fn asserted(value: &str) -> Scene {
        Scene::request("INVITE").add(&format!("P-Asserted-Identity: {value}")).agreed(|t| {
            t.identity.trust = agreed(true);
            t.identity.ppi = agreed(Level::Forbidden);
        })
    }

    #[test]
    fn identities_of_another_form_break_it() {
        for (value, what) in [
            ("<sip:a@x>, <sips:b@x>", "two URIs of one kind"),
            ("<tel:+491>, <tel:+492>", "two URIs of one kind"),
            ("<http://x>", "neither SIP nor tel URI"),
            ("\"A\" <sip:a@x", "neither SIP nor tel URI"),
            ("", "empty"),
        ] {
            assert_eq!(observed(&asserted(value).judge(&RULE)), [format!("P-Asserted-Identity: {what}")], "{value}");
        }
        let three = asserted("<sip:a@x>, <tel:+491>").add("P-Asserted-Identity: <tel:+492>").judge(&RULE);
        assert_eq!(observed(&three), ["P-Asserted-Identity: more than two identities"]);
    }

    #[test]
    fn what_must_not_cross_the_border_breaks_it() {
        let untrusted = asserted("<tel:+491>").agreed(|t| t.identity.trust = agreed(false)).judge(&RULE);
        assert_eq!(observed(&untrusted), ["P-Asserted-Identity without common trust"]);
        let preferred = asserted("<tel:+491>").add("P-Preferred-Identity: <sip:a@x>").judge(&RULE);
        assert_eq!(observed(&preferred), ["P-Preferred-Identity"]);
        let answer = Scene::response(200, "INVITE").add("P-Asserted-Identity: <tel:+491>");
        assert_eq!(observed(&answer.agreed(|t| t.identity.pai = agreed(Level::Forbidden)).judge(&RULE)), ["P-Asserted-Identity"]);
    }

    #[test]
    fn one_uri_of_each_kind_keeps_it() {
        for value in ["<sip:+491@x;user=phone>", "<sips:a@x>, <tel:+491>", "tel:+491"] {
            assert_eq!(asserted(value).judge(&RULE), Verdict::Pass, "{value}");
        }
    }

    #[test]
    fn what_is_absent_is_not_judged_and_a_cut_line_cannot_be() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").add("P-Preferred-Identity: <sip:a@x>").judge(&RULE), Verdict::NotApplicable);
        let whole = asserted("<tel:+491>, <tel:+492>").text();
        let cut = whole.find("tel:+492").unwrap();
        assert_eq!(asserted("<tel:+491>, <tel:+492>").cut_to(cut + 3).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
