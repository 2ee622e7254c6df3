//! Takes an initial request, gives whether its target belongs to the peer that receives it, never whether anybody is there.

use crate::policy::{Peer, Severity};
use crate::rules::addresses::{Address, Place};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::{Scheme, Uri};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-URI-002",
    name: "target-not-of-the-receiver",
    title: "URI scheme, target domain or route not valid for the receiving peer",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 Req #7, #9; RFC 6406 §6.2.2; RFC 3261 §16.4",
    keys: &["sip.uri.schemes", "peer.ssp_domains"],
    what: "A request outside dialogs has a Request-URI of an agreed scheme; without agreement, and in From and To, one that SIP networks \
           know. Where the receiving peer is declared, the host of the Request-URI is one of its domains, its border elements' names or \
           their addresses, and no Route is left but to them.",
    why: "A target outside the receiving network makes it a transit or a relay that it did not agree to be; usually the look-up of the \
          domain or the choice of the border element went wrong.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag` and compare `sip.r-uri.host` and `sip.Route` with the domains of the \
           receiving peer.",
    fix: "correct the routing data of the sender: domain, border element and Route of the receiving peer",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    if !subject.is_initial_request() {
        return Verdict::NotApplicable;
    }
    // Inside a dialog the target is a contact.
    if subject.may_be_in_dialog() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    // Inside its own network a peer sends where it likes: to the element that leads out.
    let receiver = subject.receiver().filter(|_| subject.from != subject.to);
    let mut breaches: Vec<Breach> = subject.addresses().iter().filter_map(|a| scheme(subject, a)).collect();
    let target = subject.addresses().first().filter(|a| a.place == Place::RequestUri);
    if let (Some(peer), Some(&Address { at, uri: Some(uri), .. })) = (receiver, target)
        && matches!(uri.scheme, Scheme::Sip | Scheme::Sips)
        && !is_of(peer, &uri)
    {
        breaches.push(of_peer(peer, "Request-URI: host is not the receiver's", "a domain or border element of the receiver").at(at));
    }
    breaches.extend(receiver.and_then(|peer| stray_route(subject, peer)));
    subject.verdict(breaches)
}

/// What is wrong with the scheme of an address.
fn scheme(subject: &MessageSubject<'_>, address: &Address<'_>) -> Option<Breach> {
    let uri = address.uri?;
    let agreed = subject.terms.sip.uri.schemes.as_ref().filter(|_| address.place == Place::RequestUri);
    let observed = || format!("{}: URI scheme", address.place.text());
    let breach = match agreed {
        Some(schemes) if schemes.value.iter().any(|s| s.as_bytes().eq_ignore_ascii_case(uri.scheme_text())) => return None,
        Some(schemes) => Breach::of_clause(schemes, observed(), schemes.value.join(", ")),
        None if uri.scheme == Scheme::Other && !is_known(&uri) => Breach::of_standard(observed(), "sip, sips, tel or urn"),
        None => return None,
    };
    Some(breach.at(address.at))
}

/// Schemes that presence and messaging use beside those of telephony (RFC 3859, RFC 3860).
fn is_known(uri: &Uri<'_>) -> bool {
    [&b"pres"[..], b"im"].iter().any(|s| s.eq_ignore_ascii_case(uri.scheme_text()))
}

/// The first Route that leads elsewhere than to the receiver.
fn stray_route(subject: &MessageSubject<'_>, peer: &Peer) -> Option<Breach> {
    let message = subject.message();
    let mut routes = message.addresses_of(HeaderName::Route);
    let stray = routes.find(|route| route.uri.is_some_and(|uri| !is_of(peer, &uri)))?;
    let breach = of_peer(peer, "Route: leads beyond the receiver", "no Route but to the receiver's border element");
    Some(breach.about("Route").at(stray.at))
}

fn of_peer(peer: &Peer, observed: &'static str, agreed: &'static str) -> Breach {
    Breach { clause: Some(std::sync::Arc::clone(&peer.from)), ..Breach::of_standard(observed, agreed) }
}

/// Whether the host of `uri` is a domain that `peer` serves or carries, or one of its border elements.
fn is_of(peer: &Peer, uri: &Uri<'_>) -> bool {
    let host = uri.host.strip_suffix(b".").unwrap_or(uri.host);
    match uri.host_ip() {
        Some(ip) => peer.sbe_at(ip).is_some(),
        None => {
            let names = peer.ssp_domains.iter().chain(&peer.transit_for).chain(peer.sbe.iter().flat_map(|e| &e.fqdn));
            names.into_iter().any(|n| n.as_bytes().eq_ignore_ascii_case(host))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, endpoint, observed};

    fn invite(uri: &str) -> Scene {
        Scene::request("INVITE").start(&format!("INVITE {uri} SIP/2.0")).declared(|_| {})
    }

    #[test]
    fn a_host_of_somebody_else_breaks_it() {
        for uri in ["sip:+441@other.example", "sip:+441@192.0.2.17", "sip:+441@sub.bravo.example"] {
            assert_eq!(observed(&invite(uri).judge(&RULE)), ["Request-URI: host is not the receiver's"], "{uri}");
        }
    }

    #[test]
    fn a_route_beyond_the_receiver_breaks_it() {
        let beyond = invite("sip:+441@bravo.example").add("Route: <sip:edge.bravo.example;lr>, <sip:core.bravo.example;lr>");
        assert_eq!(observed(&beyond.judge(&RULE)), ["Route: leads beyond the receiver"]);
    }

    #[test]
    fn a_scheme_that_is_not_agreed_or_known_breaks_it() {
        let tel = invite("tel:+441").agreed(|t| t.sip.uri.schemes = agreed(vec!["sip".to_owned()]));
        assert_eq!(observed(&tel.judge(&RULE)), ["Request-URI: URI scheme"]);
        // RFC 4475 §3.3.2, §3.3.3, §3.3.4.
        for uri in ["nobodyKnowsThisScheme:totallyopaquecontent", "soap.beep://192.0.2.103:3002"] {
            assert_eq!(
                observed(&Scene::request("OPTIONS").start(&format!("OPTIONS {uri} SIP/2.0")).judge(&RULE)),
                ["Request-URI: URI scheme"]
            );
        }
        let to = Scene::request("REGISTER").set("To: isbn:2983792873").set("From: <http://www.example.com>;tag=3234233");
        assert_eq!(observed(&to.judge(&RULE)), ["From: URI scheme", "To: URI scheme"]);
    }

    #[test]
    fn the_receivers_own_targets_keep_it() {
        for uri in ["sip:+441@Bravo.Example", "sip:edge.bravo.example:5060", "sip:+441@198.51.100.33", "tel:+441", "urn:service:sos"] {
            assert_eq!(invite(uri).add("Route: <sip:198.51.100.33;lr>").judge(&RULE), Verdict::Pass, "{uri}");
        }
    }

    #[test]
    fn inside_one_network_any_target_keeps_it() {
        let inside = Scene::request("INVITE").start("INVITE sip:+441@bravo.example SIP/2.0").add("Route: <sip:edge.bravo.example;lr>");
        assert_eq!(inside.came(|e| e.destination = endpoint("192.0.2.20:5060")).declared(|_| {}).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn requests_in_dialogs_and_cut_requests_are_not_judged() {
        let bye = invite("sip:other.example").placed(|p| p.standing = Standing::InDialog);
        assert_eq!(bye.judge(&RULE), Verdict::NotApplicable);
        // Cut before To, it may be a BYE with a Contact as its target.
        let whole = invite("sip:other.example");
        let to = whole.text().find("\r\nTo:").unwrap();
        assert_eq!(whole.cut_to(to).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
        assert_eq!(invite("sip:bravo.example").cut_to(90).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
