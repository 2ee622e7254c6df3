//! Takes a message, gives whether charging data that belongs inside one network crossed the border, never what it would have cost.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::HeaderName;

pub(crate) static RULE: Rule = Rule {
    id: "ACC-PCFA-001",
    name: "charging-addresses-leak",
    title: "internal charging addresses leak to the peer",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 7315 §4.5; RFC 5503 §5; 3GPP TS 29.165 §6.1.1.3",
    keys: &["accounting.charging_function_addresses", "accounting.dcs_billing_info"],
    what: "P-Charging-Function-Addresses, which names the charging servers of one network, and P-DCS-Billing-Info, which belongs to cable \
           networks, do not cross the border where that was agreed.",
    why: "They tell a competitor where the charging servers are and what subscribers are charged, and invite forged records.",
    confirm: "Filter `sip.P-Charging-Function-Addresses || sip.P-DCS-Billing-Info`.",
    fix: "let the sender's border element remove the header towards this peer",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, terms) = (subject.message(), &subject.terms.accounting);
    let mut breaches = Vec::new();
    let mut judged = false;
    for (level, header) in [
        (&terms.charging_function_addresses, HeaderName::PChargingFunctionAddresses),
        (&terms.dcs_billing_info, HeaderName::PDcsBillingInfo),
    ] {
        let Some(level) = level.as_ref().filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged)) else { continue };
        judged = true;
        if let Some(line) = message.header(header) {
            breaches.push(Breach::of_level(level, header.text()).at(line.name).about(header.text()));
        }
    }
    if judged { subject.verdict(breaches) } else { Verdict::NotApplicable }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, observed};

    fn forbidden(scene: Scene) -> Scene {
        scene.agreed(|t| {
            t.accounting.charging_function_addresses = agreed(Level::Forbidden);
            t.accounting.dcs_billing_info = agreed(Level::Forbidden);
        })
    }

    #[test]
    fn charging_data_in_requests_and_responses_breaks_it() {
        let request = Scene::request("INVITE").add("P-Charging-Function-Addresses: ccf=192.0.2.8").add("P-DCS-Billing-Info: x/y");
        assert_eq!(observed(&forbidden(request).judge(&RULE)), ["P-Charging-Function-Addresses", "P-DCS-Billing-Info"]);
        let response = Scene::response(200, "INVITE").add("P-Charging-Function-Addresses: ecf=\"a\"");
        assert_eq!(observed(&forbidden(response).judge(&RULE)), ["P-Charging-Function-Addresses"]);
    }

    #[test]
    fn messages_without_it_keep_it() {
        assert_eq!(forbidden(Scene::request("INVITE").add("P-Charging-Vector: icid-value=a")).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_was_not_agreed_is_not_judged_and_cut_headers_cannot_be() {
        assert_eq!(Scene::request("INVITE").add("P-DCS-Billing-Info: x/y").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(forbidden(Scene::request("INVITE")).cut_to(100).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
