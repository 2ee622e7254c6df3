//! Takes a message, gives whether its topmost Via tells how it really travels, never whether the transport was agreed.

use std::net::IpAddr;

use crate::base::{Endpoint, Transport, ip};
use crate::policy::{Clause, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{Header, HeaderName, Message, TopVia};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TRANSPORT-002",
    name: "via-contradicts-the-wire",
    title: "Via does not describe the real transport or return path",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §18.1.1, §18.2.1, §18.2.2; RFC 3581 §4",
    keys: &["sip.transport.check_via", "peer.sbe.fqdn"],
    what: "The topmost Via of a request names the transport that carries it, and as sent-by the address it comes from, another address \
          of the same SBE, or a host name declared for that SBE. A response over UDP goes where its topmost Via sends it: to received \
          and rport, else to sent-by.",
    why: "Responses follow the Via. One that lies sends them over another transport or to another host, where they are lost: the caller \
          hears nothing and the call is retried.",
    confirm: "Compare `sip.Via.transport` and `sip.Via.sent-by.address` with the transport and `ip.src` of the request; for responses \
          `sip.Via.received` and `sip.Via.rport` with `ip.dst` and `udp.dstport`.",
    fix: "set the sender's advertised signalling address and transport to what it uses on this trunk, or declare its host name in \
          peer.sbe.fqdn",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(clause) = subject.terms.sip.transport.check_via.as_ref().filter(|c| c.value) else { return Verdict::NotApplicable };
    let message = &subject.arrival.message;
    let (Some(header), Some(top)) = (message.header(HeaderName::Via), message.top_via()) else { return Verdict::NotApplicable };
    if subject.is_half(header.value) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    if message.is_request() { request(subject, clause, header, &top) } else { response(subject, clause, header, &top) }
}

fn request(subject: &MessageSubject<'_>, clause: &Clause<bool>, header: &Header, top: &TopVia) -> Verdict {
    let envelope = &subject.arrival.envelope;
    let wire = envelope.transport.token();
    let transport = subject.message().at(top.transport);
    let mut breaches = Vec::new();
    if !transport.eq_ignore_ascii_case(wire.as_bytes()) {
        let said = Transport::ALL.iter().find(|t| t.token().as_bytes().eq_ignore_ascii_case(transport));
        let said = said.map_or("an unregistered transport", |t| t.token());
        breaches
            .push(Breach::of_clause(clause, format!("Via says {said}, sent over {wire}"), "the real transport in Via").at(header.value));
    }
    if let Some(observed) = sent_by(subject, top) {
        breaches.push(Breach::of_clause(clause, observed, "sent-by names the sending SBE").at(header.value));
    }
    Verdict::of(breaches)
}

/// What is wrong with sent-by.
fn sent_by(subject: &MessageSubject<'_>, top: &TopVia) -> Option<&'static str> {
    let source = subject.arrival.envelope.source.ip;
    let message = subject.message();
    let host = message.at(top.host);
    // With maddr responses do not go to sent-by; received tells that somebody saw the difference already (RFC 3261 §18.2.1, §18.2.2).
    if top.has_maddr || top.received.and_then(|at| address(message.at(at))) == Some(source) {
        return None;
    }
    // A browser does not know its own address, and names itself in a domain that cannot exist (RFC 7118 §5, RFC 2606 §2).
    let over_websocket = matches!(subject.arrival.envelope.transport, Transport::Ws | Transport::Wss);
    if over_websocket && host.to_ascii_lowercase().ends_with(b".invalid") {
        return None;
    }
    let own = subject.sender().and_then(|peer| peer.sbe_at(source));
    match (address(host), own) {
        (Some(ip), _) if ip == source => None,
        (Some(ip), Some(sbe)) if sbe.addresses.iter().any(|net| net.contains(&ip)) => None,
        (Some(_), _) => Some("Via sent-by is another address than the source"),
        (None, Some(sbe)) if !sbe.fqdn.is_empty() && !sbe.fqdn.iter().any(|name| same_host(name.as_bytes(), host)) => {
            Some("Via sent-by is a host name that was not declared")
        }
        (None, _) => None,
    }
}

fn response(subject: &MessageSubject<'_>, clause: &Clause<bool>, header: &Header, top: &TopVia) -> Verdict {
    let envelope = &subject.arrival.envelope;
    // On a stream a response takes the connection of its request, which this message does not show; maddr is for multicast.
    if envelope.transport.is_reliable() || top.has_maddr {
        return Verdict::NotApplicable;
    }
    misrouted(subject.message(), top, envelope.destination)
        .map_or(Verdict::Pass, |observed| Verdict::breach(Breach::of_clause(clause, observed, "where its Via sends it").at(header.value)))
}

/// What is wrong with where a response over UDP goes. Between a tap and a client a NAT may stand: then sent-by is as good as received.
fn misrouted(message: &Message, top: &TopVia, destination: Endpoint) -> Option<&'static str> {
    let hosts = [top.received.and_then(|at| address(message.at(at))), address(message.at(top.host))];
    if hosts.iter().any(Option::is_some) && !hosts.contains(&Some(destination.ip)) {
        return Some("response goes to another address than Via says");
    }
    let sent_by = top.port.unwrap_or(5060);
    let (expected, observed) = match top.rport.map(|at| message.at(at)) {
        None => (sent_by, "response goes to another port than sent-by"),
        // Asked for and not filled in: the server may still have answered to the source port.
        Some([]) => return None,
        Some(port) => (std::str::from_utf8(port).ok()?.parse().ok()?, "response goes to another port than rport"),
    };
    let behind_nat = hosts[0].is_some() && hosts[0] != hosts[1];
    let right = destination.port == expected || (behind_nat && destination.port == sent_by);
    (!right).then_some(observed)
}

/// The IP address that a host is, in brackets or not.
fn address(host: &[u8]) -> Option<IpAddr> {
    ip(host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host))
}

/// Host names compare in any case; a final dot means nothing.
fn same_host(a: &[u8], b: &[u8]) -> bool {
    let bare = |name: &[u8]| name.len() - usize::from(name.ends_with(b"."));
    a.get(..bare(a)).zip(b.get(..bare(b))).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, endpoint, observed};

    fn checked(scene: Scene) -> Scene {
        scene.agreed(|t| t.sip.transport.check_via = agreed(true))
    }

    fn request(via: &str) -> Scene {
        checked(Scene::request("OPTIONS")).set(&format!("Via: SIP/2.0/{via};branch=z9hG4bK1"))
    }

    fn response(via: &str, destination: &str) -> Verdict {
        let scene = checked(Scene::response(200, "OPTIONS")).set(&format!("Via: SIP/2.0/{via};branch=z9hG4bK1"));
        scene.came(|e| e.destination = endpoint(destination)).judge(&RULE)
    }

    #[test]
    fn another_transport_or_address_breaks_it() {
        assert_eq!(observed(&request("TCP 192.0.2.17").judge(&RULE)), ["Via says TCP, sent over UDP"]);
        assert_eq!(observed(&request("UDP 10.1.1.1:5060;rport").judge(&RULE)), ["Via sent-by is another address than the source"]);
        let name = request("UDP pbx.corp.example").declared(|_| {});
        assert_eq!(observed(&name.judge(&RULE)), ["Via sent-by is a host name that was not declared"]);
    }

    #[test]
    fn the_source_an_address_of_the_same_element_and_declared_names_keep_it() {
        for via in
            ["UDP 192.0.2.17", "udp 192.0.2.17:5062", "UDP 192.0.2.18", "UDP SBC1.alpha.example.", "UDP 10.1.1.1;received=192.0.2.17"]
        {
            assert_eq!(request(via).declared(|_| {}).judge(&RULE), Verdict::Pass, "{via}");
        }
        assert_eq!(request("UDP any.example").judge(&RULE), Verdict::Pass, "no peers declared, any name will do");
        let v6 = request("UDP [2001:db8::1]:5060").came(|e| e.source = endpoint("[2001:db8::1]:5060"));
        assert_eq!(v6.judge(&RULE), Verdict::Pass);
    }

    /// RFC 7118 §8.1: the Via of a browser.
    #[test]
    fn a_browser_names_a_host_that_cannot_exist() {
        let over = |transport| request("WS df7jal23ls0d.invalid").declared(|_| {}).came(|e| e.transport = transport).judge(&RULE);
        assert_eq!(over(Transport::Ws), Verdict::Pass);
        assert_eq!(observed(&over(Transport::Wss)), ["Via says WS, sent over WSS"]);
        assert_eq!(observed(&over(Transport::Tcp)).len(), 2);
    }

    #[test]
    fn responses_follow_received_and_rport() {
        assert_eq!(response("UDP 192.0.2.17", "192.0.2.17:5060"), Verdict::Pass);
        assert_eq!(response("UDP a.example:5070;received=192.0.2.17;rport=40000", "192.0.2.17:40000"), Verdict::Pass);
        assert_eq!(response("UDP 10.1.1.1;received=192.0.2.17;rport=40000", "10.1.1.1:5060"), Verdict::Pass, "behind the NAT");
        let wrong = [
            ("UDP 192.0.2.17", "192.0.2.99:5060", "response goes to another address than Via says"),
            ("UDP 192.0.2.17;received=192.0.2.17;rport=40000", "192.0.2.17:5060", "response goes to another port than rport"),
            ("UDP 192.0.2.17:5070", "192.0.2.17:5060", "response goes to another port than sent-by"),
        ];
        for (via, destination, what) in wrong {
            assert_eq!(observed(&response(via, destination)), [what], "{via} to {destination}");
        }
    }

    #[test]
    fn not_asked_or_not_readable_is_not_judged() {
        assert_eq!(Scene::request("OPTIONS").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(checked(Scene::request("OPTIONS")).set("Via: nonsense").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(checked(Scene::response(200, "OPTIONS")).came(|e| e.transport = Transport::Tcp).judge(&RULE), Verdict::NotApplicable);
    }
}
