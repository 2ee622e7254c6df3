//! Takes an initial request, gives whether its addresses name domains where that was agreed, never whether the domains exist.

use std::borrow::Cow;

use crate::policy::Severity;
use crate::rules::addresses::{Address, Place};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-URI-001",
    name: "numeric-host",
    title: "numeric IP address where a domain name is agreed",
    severity: Severity::Low,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 §3.3.1 Req #7",
    keys: &["sip.uri.host_form", "sip.uri.apply_to"],
    what: "In requests outside dialogs, the host part of the Request-URI, From, To and P-Asserted-Identity, as far as `apply_to` lists \
           them, is a domain name. Contact, Via and Route carry addresses of border elements and are exempt, and so are requests inside \
           dialogs, whose Request-URI is the Contact of the other side.",
    why: "Policy between providers is keyed by domain; an address instead of it cannot be looked up, moves with the hardware, and shows \
          the topology.",
    confirm: "Filter `sip.r-uri.host matches \"^[0-9.]+$\" || sip.from.host matches \"^[0-9.]+$\"`.",
    fix: "let the sender's border element write its domain, and address the other side by its domain",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let terms = &subject.terms.sip.uri;
    let Some(form) = terms.host_form.as_ref().filter(|f| f.value == "fqdn") else { return Verdict::NotApplicable };
    if !subject.is_initial_request() {
        return Verdict::NotApplicable;
    }
    // Inside a dialog the target is a contact.
    if subject.may_be_in_dialog() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let applies = |a: &Address<'_>| match (a.place.key(), &terms.apply_to) {
        ("", _) => false,
        (_, None) => true,
        (key, Some(places)) => places.value.iter().any(|place| place == key),
    };
    let numeric = subject.addresses().iter().filter(|a| applies(a) && a.ip.is_some());
    let breach = |a: &Address<'_>| Breach::of_clause(form, observed(a.place), "a domain name").at(a.at).about(a.place.text());
    subject.verdict(numeric.map(breach).collect())
}

/// Where the policy wants names and everybody writes addresses, this is the most frequent breach of all: its text is not made anew.
fn observed(place: Place) -> Cow<'static, str> {
    match place {
        Place::RequestUri => "Request-URI: IP address".into(),
        Place::Header(HeaderName::From) => "From: IP address".into(),
        Place::Header(HeaderName::To) => "To: IP address".into(),
        Place::Header(HeaderName::PAssertedIdentity) => "P-Asserted-Identity: IP address".into(),
        Place::Header(id) => format!("{}: IP address", id.text()).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, observed};

    fn fqdn(scene: Scene) -> Scene {
        scene.agreed(|t| t.sip.uri.host_form = agreed("fqdn".to_owned()))
    }

    #[test]
    fn an_ip_address_breaks_it_where_it_applies() {
        let numeric = || {
            fqdn(Scene::request("INVITE").start("INVITE sip:+441@[2001:db8::1] SIP/2.0"))
                .set("From: <sip:a@192.0.2.17>;tag=1")
                .add("P-Asserted-Identity: <tel:+491>, <sip:+491@192.0.2.17>")
                .add("Diversion: <sip:+491@192.0.2.17>")
        };
        let all = ["Request-URI: IP address", "From: IP address", "P-Asserted-Identity: IP address"];
        assert_eq!(observed(&numeric().judge(&RULE)), all);
        let only_pai = numeric().agreed(|t| t.sip.uri.apply_to = agreed(vec!["pai".to_owned()]));
        assert_eq!(observed(&only_pai.judge(&RULE)), ["P-Asserted-Identity: IP address"]);
    }

    #[test]
    fn domain_names_keep_it_and_contact_is_exempt() {
        assert_eq!(fqdn(Scene::request("INVITE")).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn requests_in_dialogs_responses_and_cut_requests_are_not_judged() {
        let numeric = "BYE sip:192.0.2.17:5060 SIP/2.0";
        let bye = fqdn(Scene::request("BYE").start(numeric).placed(|p| p.standing = Standing::InDialog));
        assert_eq!(bye.judge(&RULE), Verdict::NotApplicable);
        assert_eq!(fqdn(Scene::response(200, "INVITE")).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(fqdn(Scene::request("INVITE")).cut_to(90).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
