//! Takes a message, gives whether its headers show the inside of the network that sent it, never what is behind the border.

use std::borrow::Cow;

use memchr::memrchr;

use crate::call::Standing;
use crate::policy::{Clause, Level, Severity};
use crate::rules::prv::internal::{hosts, of_host};
use crate::rules::quote::token_or;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::value::elements;
use crate::sip::{Header, HeaderName as H, Message};

pub(crate) static RULE: Rule = Rule {
    id: "PRV-TOPO-001",
    name: "topology-visible-in-sip",
    title: "internal topology visible in SIP",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 5853 §3.1; RFC 6404 §4; 3GPP TS 29.165 §6.1.1.3",
    keys: &["privacy.topology_hiding", "privacy.internal_cidrs", "privacy.internal_domains", "privacy.max_via"],
    what: "Where topology hiding was agreed, no header that the sender wrote names a host of `internal_domains`, an address of \
           `internal_cidrs`, or a private, unique local or loopback address outside the peering space: the declared border elements, or \
           without declared peers the two hosts themselves. Looked at are Via beyond the topmost `max_via`, Record-Route, Path, \
           History-Info and Call-ID of requests, and Contact, Service-Route, Warning and P-headers of all messages. What a response only \
           copies from its request is not held against it; the values of Record-Route and Path that its side added are.",
    why: "Internal names and addresses show an attacker what stands behind the border element, and a Contact or route that only exists \
          inside makes later requests of the call fail.",
    confirm: "Filter `sip.Contact contains \"10.\" || sip.Via contains \"192.168.\" || sip.Record-Route contains \"10.\"` (the header \
           named in the finding).",
    fix: "switch on topology hiding (header rewriting) for this peer at the sender's border element",
    check: Check::Message(Kind::ANY, check),
};

/// Written by the sender of the message itself.
const ANYWHERE: u128 = set(&[
    H::Contact,
    // Only responses to REGISTER have it (RFC 3608 §5).
    H::ServiceRoute,
    H::Warning,
    H::PAssertedIdentity,
    H::PAssertedService,
    H::PPreferredIdentity,
    H::PAccessNetworkInfo,
    H::PAssociatedUri,
    H::PCalledPartyId,
    H::PChargingFunctionAddresses,
    H::PChargingVector,
    H::PDcsBillingInfo,
    H::PVisitedNetworkId,
]);

/// Copied by responses, so the sender's own in requests only (RFC 3261 §8.2.6, §12.1.1).
const IN_REQUESTS: u128 = ANYWHERE | set(&[H::RecordRoute, H::Path, H::HistoryInfo]);

/// Bit n: the header with discriminant n.
const fn set(mut ids: &[H]) -> u128 {
    let mut set = 0;
    while let [first, rest @ ..] = ids {
        set |= 1 << *first as u32;
        ids = rest;
    }
    set
}

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let agreed = subject.terms.privacy.topology_hiding.as_ref();
    let Some(level) = agreed.filter(|l| matches!(l.value, Level::Required | Level::Recommended)) else { return Verdict::NotApplicable };
    let message = subject.message();
    let mut breaches = Vec::new();
    let revealing = if message.is_request() { IN_REQUESTS } else { ANYWHERE };
    for header in message.headers() {
        if revealing & (1 << header.id as u32) != 0 || is_private(header, message) {
            look(subject, level, header, message.at(header.value), &mut breaches);
        }
    }
    // Of what a response copies, the values before those of the request were added on the way back (RFC 3261 §16.7).
    for (id, added) in [H::RecordRoute, H::Path].into_iter().zip(subject.place.added).filter(|_| !message.is_request()) {
        for (header, value) in values(message, id).take(added.unwrap_or_default().into()) {
            look(subject, level, header, value, &mut breaches);
        }
    }
    if message.is_request() {
        let most = subject.terms.privacy.max_via.as_ref().map_or(1, |c| c.value as usize);
        if message.via_count() as usize > most {
            for (header, via) in values(message, H::Via).skip(most) {
                look(subject, level, header, via, &mut breaches);
            }
        }
        // Inside a dialog the Call-ID is as the first request made it.
        if subject.place.standing == Standing::Initial
            && let Some(header) = message.header(H::CallId)
        {
            let id = message.call_id();
            let host = memrchr(b'@', id).and_then(|at| id.get(at + 1..));
            look(subject, level, header, host.unwrap_or_default(), &mut breaches);
        }
    }
    subject.verdict(breaches)
}

/// Whether it is a P-header of those that have no name here, such as P-Served-User and P-Profile-Key.
fn is_private(header: &Header, message: &Message) -> bool {
    header.id == H::Other && matches!(message.at(header.name), [b'P' | b'p', b'-', ..])
}

fn values(message: &Message, id: H) -> impl Iterator<Item = (&Header, &[u8])> {
    message.lines(id).flat_map(|h| elements(message.at(h.value)).map(move |value| (h, value)))
}

/// Notes the first internal host of `text`, once for each header and kind.
fn look(subject: &MessageSubject<'_>, level: &Clause<Level>, header: &Header, text: &[u8], breaches: &mut Vec<Breach>) {
    let Some((host, kind)) = hosts(text).find_map(|host| Some((host, of_host(host, subject)?))) else { return };
    let name = name(header, subject.message());
    let observed = format!("{name}: {}", kind.text());
    if !breaches.iter().any(|b| b.observed == observed) {
        let at = subject.message().place_of(host).unwrap_or(header.value);
        breaches.push(Breach { agreed: "topology hidden".into(), ..Breach::of_level(level, observed) }.at(at).about(name));
    }
}

fn name(header: &Header, message: &Message) -> Cow<'static, str> {
    match header.id {
        H::Other => token_or(message.at(header.name), "P-header"),
        known => known.text().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, endpoint, observed};

    fn hidden(scene: Scene) -> Scene {
        scene.agreed(|t| {
            t.privacy.topology_hiding = agreed(Level::Required);
            t.privacy.internal_domains = agreed(vec!["core.alpha.example".to_owned()]);
            t.privacy.internal_cidrs = agreed(vec!["203.0.113.0/24".parse().unwrap()]);
        })
    }

    #[test]
    fn internal_hosts_break_it_wherever_the_sender_writes_them() {
        for (header, said) in [
            ("Contact: <sip:a@10.0.0.5:5060>", "Contact: private address"),
            ("Contact: <sip:a@[fd00::5]>", "Contact: private address"),
            ("Record-Route: <sip:p1.Core.Alpha.Example;lr>", "Record-Route: internal domain"),
            ("Call-ID: 77@203.0.113.9", "Call-ID: internal address"),
            ("Call-ID: 77@core.alpha.example", "Call-ID: internal domain"),
            ("Warning: 399 cscf1.core.alpha.example \"x\"", "Warning: internal domain"),
            ("P-Charging-Function-Addresses: ccf=192.168.7.1", "P-Charging-Function-Addresses: private address"),
            ("History-Info: <sip:+49@127.0.0.1>;index=1", "History-Info: private address"),
            ("P-Served-User: <sip:+49@scscf.core.alpha.example>;sescase=orig", "P-Served-User: internal domain"),
            ("p-profile-key: <sip:chat@10.0.0.5>", "p-profile-key: private address"),
        ] {
            assert_eq!(observed(&hidden(Scene::request("INVITE").set(header)).judge(&RULE)), [said]);
        }
    }

    #[test]
    fn only_vias_beyond_the_agreed_number_are_looked_at() {
        let two = || hidden(Scene::request("INVITE").add("Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bKb"));
        assert_eq!(observed(&two().judge(&RULE)), ["Via: private address"]);
        assert_eq!(two().agreed(|t| t.privacy.max_via = agreed(2)).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn peering_space_and_outside_hosts_keep_it() {
        assert_eq!(hidden(Scene::request("INVITE")).judge(&RULE), Verdict::Pass);
        let lab = hidden(Scene::request("INVITE").set("Contact: <sip:10.0.0.17>").came(|e| e.source = endpoint("10.0.0.17:5060")));
        assert_eq!(lab.judge(&RULE), Verdict::Pass);
        let declared = lab.declared(|peers| peers[0].sbe[0].addresses.push("10.0.0.16/29".parse().unwrap()));
        assert_eq!(declared.judge(&RULE), Verdict::Pass);
        let lookalike = hidden(Scene::request("INVITE").set("Contact: <sip:a@notcore.alpha.example>").set("Call-ID: 10.0.0.5"));
        assert_eq!(lookalike.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_declared_network_s_other_private_addresses_break_it() {
        let inside = hidden(Scene::request("INVITE").set("Contact: <sip:192.0.2.17>").add("Record-Route: <sip:10.1.1.1;lr>"));
        assert_eq!(observed(&inside.declared(|_| {}).judge(&RULE)), ["Record-Route: private address"]);
    }

    #[test]
    fn what_only_responses_have_is_their_senders() {
        let registered = hidden(Scene::response(200, "REGISTER").add("Service-Route: <sip:orig@10.0.0.5;lr>"));
        assert_eq!(observed(&registered.judge(&RULE)), ["Service-Route: private address"]);
    }

    #[test]
    fn what_a_response_copies_is_not_its_senders() {
        let echo = hidden(Scene::response(200, "INVITE").set("Call-ID: 7@10.0.0.1").add("Record-Route: <sip:10.0.0.1;lr>"));
        assert_eq!(echo.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_the_answering_side_added_is_its_own() {
        let mut answer = hidden(Scene::response(200, "INVITE").add("Record-Route: <sip:10.9.9.9;lr>, <sip:10.0.0.1;lr>"));
        answer.place.added = [Some(1), None];
        assert_eq!(observed(&answer.judge(&RULE)), ["Record-Route: private address"]);
        answer.place.added = [Some(0), None];
        assert_eq!(answer.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn nothing_agreed_is_not_judged_and_a_cut_message_cannot_be() {
        assert_eq!(Scene::request("INVITE").set("Contact: <sip:10.0.0.5>").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(hidden(Scene::request("INVITE")).cut_to(150).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
