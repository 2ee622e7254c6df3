//! Takes a message, gives whether the parameters of its URIs are agreed and fit each other, never where a number is routed.

use memchr::memchr_iter;

use crate::base::Transport;
use crate::policy::{Clause, Level, Severity};
use crate::rules::addresses::{Address, Place};
use crate::rules::quote::token_or;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::{Params, Scheme, Telephone, Uri};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-URI-004",
    name: "uri-parameter-not-agreed",
    title: "URI parameter not agreed or inconsistent",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 4694 §4; RFC 4904 §5; RFC 3261 §19.1.1",
    keys: &["sip.uri.params"],
    what: "The parameters of Request-URI, From, To, P-Asserted-Identity, Diversion and History-Info of a request outside dialogs have the \
           agreed level, and of any other message those of P-Asserted-Identity: the rest is what another wrote. `user` where it \
           is required stands with every global number in a SIP URI; `npdi` with every `rn` and `cic`; any other parameter that is \
           required in every Request-URI. A `tgrp` comes with its `trunk-context`, and the `transport` of the Request-URI is the one that \
           carries the request, unless a Route decides where it goes.",
    why: "The receiver routes and bills by these parameters: an unexpected carrier code selects a wrong route, a trunk group without \
          context none at all, and a number that is not marked as one is taken for a name.",
    confirm: "Filter `sip.r-uri contains \"tgrp=\"` (the parameter named in the finding), or the header that the finding names.",
    fix: "correct the URI manipulation on the sender's border element, or agree on the parameter in sip.uri.params",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let mut breaches = Vec::new();
    let mut judged = wrong_transport(subject, &mut breaches);
    // From and To of a dialog, and the Request-URI inside one, are as the first request or the other side wrote them (RFC 3261
    // §12.2.1.1); P-Asserted-Identity is written anew by whoever sends a message, responses too (RFC 3325 §9.1).
    let own = if subject.is_initial_request() { subject.addresses() } else { subject.asserted() };
    own.iter().for_each(|address| judged |= parameters(subject, address, &mut breaches));
    if judged { subject.verdict(breaches) } else { Verdict::NotApplicable }
}

/// Judges the parameters of one address; whether there was anything to judge.
fn parameters(subject: &MessageSubject<'_>, address: &Address<'_>, breaches: &mut Vec<Breach>) -> bool {
    let agreed = &subject.terms.sip.uri.params;
    let Some(uri) = address.uri.filter(|u| !matches!(u.scheme, Scheme::Urn | Scheme::Other)) else { return false };
    let own = [uri.params, if uri.scheme == Scheme::Tel { Params::default() } else { uri.user_params() }];
    // RFC 4904 §5: a trunk group means nothing without its context.
    let has = |name: &[u8]| own.iter().any(|params| params.has(name));
    let has_group = own.iter().any(|params| !params.0.is_empty()) && has(b"tgrp");
    if has_group && !has(b"trunk-context") {
        let observed = format!("tgrp without trunk-context in {}", address.place.text());
        breaches.push(Breach::of_standard(observed, "tgrp with trunk-context").at(address.at));
    }
    if !agreed.is_empty() {
        own.iter().flat_map(|params| params.iter()).for_each(|(name, _)| unwanted(subject, address, name, breaches));
        missing(subject, address, &uri, own, breaches);
    }
    has_group || !agreed.is_empty()
}

/// Holds the transport that a Request-URI names against the wire; whether there was anything to judge.
fn wrong_transport(subject: &MessageSubject<'_>, breaches: &mut Vec<Breach>) -> bool {
    // RFC 3263 §4: a Route decides where the request goes, and over what. Most targets name no transport.
    let is_named = |uri: &[u8]| {
        memchr_iter(b';', uri)
            .any(|at| uri.get(at + 1..).is_some_and(|param| param.first().is_some_and(|b| b | 0x20 == b't' || b.is_ascii_whitespace())))
    };
    let steers = subject.message().request_uri().is_some_and(is_named) && !subject.message().has(HeaderName::Route);
    if steers && subject.lacks_headers() {
        // The Route may stand in what is missing.
        return true;
    }
    let target = if steers { subject.message().target() } else { None };
    let uri = target.and_then(|target| target.uri).filter(|uri| !matches!(uri.scheme, Scheme::Urn | Scheme::Other));
    let (Some(target), Some(named)) = (target, uri.and_then(|uri| uri.params.value(b"transport"))) else { return false };
    let wire = subject.arrival.envelope.transport;
    if !carries(named, wire) {
        let named = token_or(named, "odd").to_ascii_lowercase();
        let observed = format!("transport={named} in a Request-URI over {wire}");
        breaches.push(Breach::of_standard(observed, "the transport that carries the request").at(target.at));
    }
    true
}

/// Whether `transport=named` may be carried so: with TLS below it, TCP is named (RFC 3261 §26.2.2), as WebSocket is (RFC 7118 §5.2).
fn carries(named: &[u8], wire: Transport) -> bool {
    let names: &[&[u8]] = match wire {
        Transport::Udp => &[b"udp"],
        Transport::Tcp => &[b"tcp"],
        Transport::Tls => &[b"tcp", b"tls"],
        Transport::Ws => &[b"ws"],
        Transport::Wss => &[b"ws", b"wss"],
        Transport::Sctp => &[b"sctp"],
        Transport::TlsSctp => &[b"sctp", b"tls-sctp", b"tls"],
    };
    names.iter().any(|name| named.eq_ignore_ascii_case(name))
}

fn unwanted(subject: &MessageSubject<'_>, address: &Address<'_>, name: &[u8], breaches: &mut Vec<Breach>) {
    let level = subject.terms.sip.uri.params.get_any_case(std::str::from_utf8(name).unwrap_or_default());
    if let Some(level) = level.filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged)) {
        let observed = format!("{} in {}", token_or(name, "an odd parameter").to_ascii_lowercase(), address.place.text());
        breaches.push(Breach::of_level(level, observed).at(subject.message().place_of(name).unwrap_or(address.at)));
    }
}

fn missing(subject: &MessageSubject<'_>, address: &Address<'_>, uri: &Uri<'_>, own: [Params<'_>; 2], breaches: &mut Vec<Breach>) {
    let has = |name: &[u8]| own.iter().any(|params| params.has(name));
    let wanted = |l: &Clause<Level>| matches!(l.value, Level::Required | Level::Recommended);
    for (name, level) in subject.terms.sip.uri.params.entries.iter().filter(|(_, l)| wanted(l)) {
        let asked = match name.as_str() {
            // RFC 3261 §19.1.1: `user=phone` tells a number from a name; a tel URI is a number.
            "user" => uri.scheme != Scheme::Tel && Telephone::of(uri).is_some_and(Telephone::is_global),
            "npdi" => has(b"rn") || has(b"cic"),
            _ => address.place == Place::RequestUri && subject.is_initial_request() && !subject.may_be_in_dialog(),
        };
        if asked && !has(name.as_bytes()) {
            breaches.push(Breach::of_level(level, format!("no {name} in {}", address.place.text())).at(address.at));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, levels, observed};

    fn to(uri: &str) -> Scene {
        Scene::request("INVITE").start(&format!("INVITE {uri} SIP/2.0"))
    }

    fn judged(scene: Scene, entries: &[(&str, Level)]) -> Verdict {
        let others = ["From: <sip:alice@sbc1.alpha.example>;tag=a1", "To: <sip:bob@edge.bravo.example>"];
        let scene = others.iter().fold(scene, |scene, header| scene.set(header));
        scene.agreed(|t| t.sip.uri.params = levels(entries, None)).judge(&RULE)
    }

    #[test]
    fn forbidden_missing_and_contradicting_parameters_break_it() {
        let cic = judged(to("sip:+4930;CIC=1234@x.example"), &[("cic", Level::Forbidden)]);
        assert_eq!(observed(&cic), ["cic in Request-URI"]);
        let unmarked = judged(to("sip:+442079460000@x.example"), &[("user", Level::Required)]);
        assert_eq!(observed(&unmarked), ["no user in Request-URI"]);
        let ported = judged(to("tel:+442079460000;rn=+4477"), &[("npdi", Level::Recommended)]);
        assert_eq!(observed(&ported), ["no npdi in Request-URI"]);
        assert_eq!(observed(&judged(to("sip:x;tgrp=tg1@y.example"), &[])), ["tgrp without trunk-context in Request-URI"]);
        let wire = judged(to("sip:x@y.example;transport=TCP"), &[]);
        assert_eq!(observed(&wire), ["transport=tcp in a Request-URI over UDP"]);
    }

    #[test]
    fn agreed_parameters_that_fit_keep_it() {
        let table = [("user", Level::Required), ("npdi", Level::Required), ("cic", Level::Forbidden), ("tgrp", Level::Supported)];
        for uri in [
            "sip:+4930;npdi;rn=+4477@x.example;user=phone",
            "tel:+442079460000",
            "sip:alice@x.example",
            "sip:x;tgrp=tg1;trunk-context=y.example@y.example",
            "sip:x@y.example;transport=udp",
        ] {
            assert_eq!(judged(to(uri), &table), Verdict::Pass, "{uri}");
        }
        let cut = to("sip:x@y.example;transport=tcp").cut_to(120);
        assert_eq!(judged(cut, &[]), Verdict::Indeterminate(Reason::Truncated));
        let routed = to("sip:x@y.example;transport=tcp").add("Route: <sip:198.51.100.33;lr>");
        assert_eq!(judged(routed, &[]), Verdict::NotApplicable);
    }

    #[test]
    fn what_another_wrote_is_not_held_against_its_sender() {
        let forbidden = |scene: Scene| scene.agreed(|t| t.sip.uri.params = levels(&[("cic", Level::Forbidden)], None)).judge(&RULE);
        let copied = || Scene::response(180, "INVITE").set("To: <sip:+4930;cic=1234@edge.bravo.example>");
        assert_eq!(forbidden(copied()), Verdict::NotApplicable);
        let own = copied().add("P-Asserted-Identity: <sip:+4930;cic=1234@edge.bravo.example>");
        assert_eq!(observed(&forbidden(own)), ["cic in P-Asserted-Identity"]);
        let inside = to("sip:+4930;cic=1234@x.example;transport=tcp").placed(|p| p.standing = Standing::InDialog);
        assert_eq!(observed(&forbidden(inside)), ["transport=tcp in a Request-URI over UDP"]);
    }

    #[test]
    fn nothing_agreed_is_not_judged_and_a_cut_message_cannot_be() {
        assert_eq!(judged(to("sip:+4930@x.example;user=phone;ob"), &[]), Verdict::NotApplicable);
        let cut = to("sip:alice@x.example").agreed(|t| t.sip.uri.params = levels(&[("cic", Level::Forbidden)], None)).cut_to(60);
        assert_eq!(cut.judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
