//! Takes a request of a declared peer, gives whether it goes to a declared SBE of another, never which port or role that has.

use std::sync::Arc;

use crate::policy::{Party, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "NET-SBE-002",
    name: "undeclared-destination",
    title: "SIP sent to an address that is no declared border element",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 §3.2 Req #1",
    keys: &["peer.sbe.addresses", "peer.sbe.roles"],
    what: "A request that a declared peer sends goes to an address inside the SBE prefixes of the other peer. Responses are exempt: they \
          follow the Via of their request (SIG-TRANSPORT-002).",
    why: "Signalling to an undeclared address escapes the admission control, the screening and the accounting of the agreed border \
          element, and usually fails at a firewall.",
    confirm: "Filter `sip.Method && ip.dst == ADDRESS` and compare with the addresses that the receiving peer announced.",
    fix: "route to the SBE that the receiving peer declared, or have it declare the address in peer.sbe.addresses",
    check: Check::Message(Kind::REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let envelope = &subject.arrival.envelope;
    let Some(sender) = subject.sender().filter(|_| subject.arrival.message.is_request()) else { return Verdict::NotApplicable };
    if subject.from == subject.to {
        return Verdict::NotApplicable;
    }
    if subject.receiver().is_some_and(|peer| peer.sbe_at(envelope.destination.ip).is_some()) {
        return Verdict::Pass;
    }
    // Tapped behind its own border element, a peer talks to its core.
    let point = subject.terms.connectivity.capture_point.as_ref().and_then(|c| c.value.strip_prefix("inside-"));
    if subject.to == Party::Unknown && point == Some(sender.id.as_str()) {
        return Verdict::NotApplicable;
    }
    let breach = Breach::of_standard(format!("requests to {}", envelope.destination.ip), "requests to declared ingress SBEs only");
    Verdict::breach(Breach { clause: Some(Arc::clone(&subject.receiver().unwrap_or(sender).from)), ..breach })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, endpoint, observed};

    fn to(destination: &str) -> Scene {
        Scene::request("INVITE").came(|e| e.destination = endpoint(destination)).declared(|_| {})
    }

    #[test]
    fn a_destination_that_nobody_declared_breaks_it() {
        assert_eq!(observed(&to("203.0.113.9:5060").judge(&RULE)), ["requests to 203.0.113.9"]);
    }

    #[test]
    fn a_declared_destination_keeps_it() {
        assert_eq!(to("198.51.100.40:5060").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn undeclared_senders_responses_and_own_elements_are_not_judged() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(to("192.0.2.18:5060").judge(&RULE), Verdict::NotApplicable);
        let stray = Scene::response(200, "INVITE").came(|e| e.destination = endpoint("203.0.113.9:5060")).declared(|_| {});
        assert_eq!(stray.judge(&RULE), Verdict::NotApplicable);
    }
}
