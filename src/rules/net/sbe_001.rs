//! Takes a request to a declared SBE, or connections that were asked of it, gives whether its source is a declared SBE too, never which port or role it uses.

use std::sync::Arc;

use crate::policy::{Severity, Terms};
use crate::rules::{Breach, Check, Kind, KnockSubject, MessageSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "NET-SBE-001",
    name: "undeclared-source",
    title: "SIP from an address that is no declared border element",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 §3.2 Req #2; RFC 6404 §4",
    keys: &["peer.sbe.addresses", "peer.sbe.roles"],
    what: "A SIP request that reaches a declared SBE comes from an address inside the prefixes of a declared SBE. So does whoever asks \
           it for a TCP connection or an SCTP association on a port of SIP (5060, 5061 and those that were declared or agreed), even if \
           no SIP is seen on it. Sources that belong to nobody are told apart by address; a scan from many is told once for all beyond \
           the first few. An element that is declared and may only receive is the matter of NET-SBE-003.",
    why: "Interconnects trust by source address. A source that nobody declared is an element that was put into service without notice, a \
          misrouted trunk, or somebody who should not be there at all.",
    confirm: "Filter `sip.Method && ip.src == ADDRESS` and look for who answers it; `sip.Server or sip.User-Agent` often names the \
              sender. For connections, `tcp.flags.syn == 1 && tcp.flags.ack == 0 && ip.src == ADDRESS`, or `sctp.chunk_type == 1`.",
    fix: "declare the address in peer.sbe.addresses of the peer that owns it, or block it in front of the receiving SBE",
    check: Check::Several(&[Check::Message(Kind::REQUEST, check), Check::Knock(knock)]),
};

fn knock(subject: &KnockSubject<'_>) -> Verdict {
    if subject.is_declared {
        return Verdict::Pass;
    }
    if is_inside(subject.terms, subject.owner) {
        return Verdict::NotApplicable;
    }
    let who = subject.client.map_or_else(|| "further hosts".to_owned(), |ip| ip.to_string());
    let breach =
        Breach::of_standard(format!("connections from {who} to {}", subject.sbe.name), "connections from declared egress SBEs only");
    Verdict::breach(Breach { clause: Some(Arc::clone(&subject.sbe.from)), ..breach.seen_in(subject.first) })
}

/// Tapped behind a border element, its own core talks to it.
fn is_inside(terms: &Terms, peer: &str) -> bool {
    terms.connectivity.capture_point.as_ref().is_some_and(|point| point.value.strip_prefix("inside-") == Some(peer))
}

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let envelope = &subject.arrival.envelope;
    let receiver = subject.receiver().filter(|_| subject.arrival.message.is_request());
    let Some(sbe) = receiver.and_then(|peer| peer.sbe_at(envelope.destination.ip)) else { return Verdict::NotApplicable };
    if subject.sender().is_some_and(|peer| peer.sbe_at(envelope.source.ip).is_some()) {
        return Verdict::Pass;
    }
    if subject.sender().is_none() && receiver.is_some_and(|peer| is_inside(subject.terms, &peer.id)) {
        return Verdict::NotApplicable;
    }
    let observed = format!("requests from {} to {}", envelope.source.ip, sbe.name);
    let breach = Breach::of_standard(observed, "requests from declared egress SBEs only");
    Verdict::breach(Breach { clause: Some(Arc::clone(&sbe.from)), ..breach })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, endpoint, observed};

    fn from(source: &str) -> Scene {
        Scene::request("INVITE").came(|e| e.source = endpoint(source)).declared(|_| {})
    }

    #[test]
    fn a_source_that_nobody_declared_breaks_it() {
        assert_eq!(observed(&from("203.0.113.9:5060").judge(&RULE)), ["requests from 203.0.113.9 to bravo-sbe"]);
    }

    #[test]
    fn a_declared_source_keeps_it() {
        assert_eq!(from("192.0.2.17:40000").judge(&RULE), Verdict::Pass);
        let ingress_only = from("192.0.2.17:5060").declared(|peers| peers[0].sbe[0].roles = vec![crate::policy::Role::Ingress]);
        assert_eq!(ingress_only.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_peers_and_for_responses_there_is_nothing_to_judge() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(
            Scene::response(200, "INVITE").came(|e| e.source = endpoint("203.0.113.9:5060")).declared(|_| {}).judge(&RULE),
            Verdict::NotApplicable
        );
        let core = from("203.0.113.9:5060").agreed(|t| t.connectivity.capture_point = agreed("inside-bravo".to_owned()));
        assert_eq!(core.judge(&RULE), Verdict::NotApplicable);
    }
}
