//! Takes a message over UDP, gives whether it fits a datagram as agreed, never whether a stream could have carried it.

use crate::base::Transport;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TRANSPORT-003",
    name: "over-long-udp-request",
    title: "over-long SIP request on UDP",
    severity: Severity::Low,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §18.1.1",
    keys: &["sip.transport.max_udp_bytes"],
    what: "A request over UDP is no longer than agreed (1300 bytes where the path MTU is unknown) and is not cut into IP fragments. Of \
          responses only fragmentation is reported: their sender cannot choose the transport.",
    why: "Firewalls and load balancers drop fragments, and one lost fragment loses the message: calls then fail for some callers only, \
          those with many codecs or long headers.",
    confirm: "Filter `sip && udp.length > 1308` (8 bytes are the UDP header) or `sip && ip.fragments`.",
    fix: "send requests of this size over TCP or TLS, or shorten them (fewer codecs, compact headers, no padding headers)",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (envelope, message) = (&subject.arrival.envelope, &subject.arrival.message);
    let Some(limit) = subject.terms.sip.transport.max_udp_bytes.as_ref().filter(|_| envelope.transport == Transport::Udp) else {
        return Verdict::NotApplicable;
    };
    let too_long = message.is_request() && message.text().len() > limit.value as usize;
    let observed = match (too_long, envelope.fragmented) {
        (false, false) if envelope.cut => return Verdict::Indeterminate(Reason::Truncated),
        (false, false) => return Verdict::Pass,
        (true, true) => "over-long request, sent in fragments",
        (true, false) => "over-long request",
        (false, true) if message.is_request() => "request sent in fragments",
        (false, true) => "response sent in fragments",
    };
    Verdict::breach(Breach::of_clause(limit, observed, format!("at most {} bytes, unfragmented", limit.value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn limited(scene: Scene) -> Scene {
        scene.agreed(|t| t.sip.transport.max_udp_bytes = agreed(1300))
    }

    fn long() -> Scene {
        limited(Scene::request("INVITE")).add(&format!("X-Padding: {}", "x".repeat(1300)))
    }

    #[test]
    fn length_and_fragments_break_it() {
        assert_eq!(observed(&long().judge(&RULE)), ["over-long request"]);
        assert_eq!(observed(&long().came(|e| e.fragmented = true).judge(&RULE)), ["over-long request, sent in fragments"]);
        let response = limited(Scene::response(200, "INVITE")).came(|e| e.fragmented = true);
        assert_eq!(observed(&response.judge(&RULE)), ["response sent in fragments"]);
    }

    #[test]
    fn short_requests_and_long_responses_keep_it() {
        assert_eq!(limited(Scene::request("INVITE")).judge(&RULE), Verdict::Pass);
        assert_eq!(limited(Scene::response(200, "INVITE")).add(&format!("X-Padding: {}", "x".repeat(1300))).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn streams_are_not_judged_and_cut_packets_cannot_be() {
        assert_eq!(long().came(|e| e.transport = Transport::Tcp).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(limited(Scene::request("INVITE")).came(|e| e.cut = true).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
