//! Takes a request, gives whether what it addresses as `sips:` travels over TLS, never what later hops do.

use crate::call::Standing;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Message, Method};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TRANSPORT-006",
    name: "sips-without-tls",
    title: "SIPS resource carried without TLS",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §8.1.1.8, §26.2.2; RFC 5630 §3, §5",
    keys: &["sip.uri.schemes"],
    what: "A request whose Request-URI, topmost Route or (where it forms a dialog) Contact is a sips: URI travels over TLS on this hop, \
          and one to a sips: Request-URI offers a sips: Contact.",
    why: "sips: promises TLS on every hop. A hop without it breaks the promise where nobody but a tap can see it.",
    confirm: "Filter `sip.r-uri contains \"sips:\" || sip.Contact contains \"sips:\"`, then look whether the packet is TLS.",
    fix: "send sips: requests over TLS only, or address the peer with sip: where TLS was not agreed",
    check: Check::Message(Kind::REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = &subject.arrival.message;
    let Some(target) = message.request_uri() else { return Verdict::NotApplicable };
    let target = is_sips(target);
    let forms_dialog =
        subject.place.standing == Standing::Initial && matches!(message.method(), Some(Method::Invite | Method::Subscribe | Method::Refer));
    let contact = forms_dialog.then(|| first_is_sips(message, HeaderName::Contact)).flatten();
    let route = first_is_sips(message, HeaderName::Route) == Some(true);
    if !target && !route && contact != Some(true) {
        return Verdict::NotApplicable;
    }
    let secure = subject.arrival.envelope.transport.is_secure();
    let observed = match (secure, target, route) {
        (false, true, _) => "sips: Request-URI without TLS",
        (false, _, true) => "sips: Route without TLS",
        (false, ..) => "sips: Contact without TLS",
        (true, true, _) if contact == Some(false) => "sip: Contact in a request to a sips: URI",
        (true, ..) => return Verdict::Pass,
    };
    Verdict::breach(Breach::of_standard(observed, "sips: over TLS on every hop"))
}

fn is_sips(uri: &[u8]) -> bool {
    uri.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"sips:"))
}

/// Whether the first address of a header is a sips: URI; `None` without one that can be read.
fn first_is_sips(message: &Message, header: HeaderName) -> Option<bool> {
    message.first_address(header).map(is_sips)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::scene::{Scene, observed};

    fn to_sips() -> Scene {
        Scene::request("INVITE").start("INVITE sips:bob@edge.bravo.example SIP/2.0")
    }

    #[test]
    fn sips_in_the_clear_breaks_it() {
        assert_eq!(observed(&to_sips().judge(&RULE)), ["sips: Request-URI without TLS"]);
        let contact = Scene::request("INVITE").set("Contact: \"A\" <sips:a@192.0.2.17>");
        assert_eq!(observed(&contact.judge(&RULE)), ["sips: Contact without TLS"]);
        let mixed = to_sips().came(|e| e.transport = Transport::Tls);
        assert_eq!(observed(&mixed.judge(&RULE)), ["sip: Contact in a request to a sips: URI"]);
    }

    #[test]
    fn sips_over_tls_keeps_it() {
        let scene = to_sips().set("Contact: <sips:a@192.0.2.17>").came(|e| e.transport = Transport::Tls);
        assert_eq!(scene.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_sips_there_is_nothing_to_judge() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
    }
}
