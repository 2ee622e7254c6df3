//! Takes a message of a stream, gives whether its sender said where it ends, never what it says else.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::transport::Misframed;

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TRANSPORT-004",
    name: "stream-framing-broken",
    title: "stream framing broken",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Sender,
    reference: "RFC 3261 §18.3, §20.14; RFC 7118 §4, §5",
    keys: &[],
    what: "On TCP and TLS every message has a Content-Length that is a number, and what stands behind its end is another message or an \
           empty line. On WebSocket the handshake agreed on the sub-protocol `sip`, and each WebSocket message is one SIP message. SCTP \
           and WebSocket carry whole messages: there Content-Length may be left out. Where octets are missing in the capture, nobody is \
           blamed.",
    why: "On a stream nothing but Content-Length tells where a message ends. One wrong number, and the receiver reads the next message as \
           a body or drops the connection with every call on it.",
    confirm: "Follow the TCP stream of the finding in Wireshark and compare Content-Length with the body, or filter `sip && tcp && \
              !sip.Content-Length`.",
    fix: "let the sending element count the octets of the body it sends (after every change of SDP), and send one message per WebSocket \
           message",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (envelope, message) = (&subject.arrival.envelope, subject.message());
    let is_socket = matches!(envelope.transport, crate::base::Transport::Ws | crate::base::Transport::Wss);
    if envelope.via_hep || !(envelope.transport.is_stream() || is_socket) {
        return Verdict::NotApplicable;
    }
    let mut breaches = Vec::new();
    if let Some(misframed) = envelope.misframed {
        breaches.push(match misframed {
            Misframed::OutOfStep => {
                Breach::of_standard("octets that are no message before a message", "Content-Length as long as the body")
            }
            Misframed::NoSubprotocol => Breach::of_standard("WebSocket without the sub-protocol sip", "Sec-WebSocket-Protocol: sip"),
            Misframed::NotOneMessage => {
                Breach::of_standard("a WebSocket message that is not one SIP message", "one SIP message in each WebSocket message")
            }
        });
    }
    if envelope.transport.is_stream() {
        match message.get(HeaderName::ContentLength) {
            None if subject.lacks_headers() => return Verdict::Indeterminate(Reason::Truncated),
            None => breaches.push(Breach::of_standard("no Content-Length", "a Content-Length")),
            Some(value) if !is_number(&value) => {
                let breach = Breach::of_standard("Content-Length that is no number", "a number");
                breaches.push(match message.header(HeaderName::ContentLength) {
                    Some(header) => breach.at(header.value),
                    None => breach,
                });
            }
            Some(_) => {}
        }
    }
    Verdict::of(breaches)
}

fn is_number(value: &[u8]) -> bool {
    let digits = value.trim_ascii();
    !digits.is_empty() && digits.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::scene::{Scene, observed};

    fn over(transport: Transport) -> Scene {
        Scene::request("OPTIONS").came(|e| e.transport = transport)
    }

    #[test]
    fn lost_step_and_odd_frames_break_it() {
        let astray = over(Transport::Tcp).came(|e| e.misframed = Some(Misframed::OutOfStep));
        assert_eq!(observed(&astray.judge(&RULE)), ["octets that are no message before a message"]);
        let socket = over(Transport::Ws).came(|e| e.misframed = Some(Misframed::NoSubprotocol));
        assert_eq!(observed(&socket.judge(&RULE)), ["WebSocket without the sub-protocol sip"]);
        let halved = over(Transport::Wss).came(|e| e.misframed = Some(Misframed::NotOneMessage));
        assert_eq!(observed(&halved.judge(&RULE)), ["a WebSocket message that is not one SIP message"]);
    }

    #[test]
    fn a_length_that_is_missing_or_no_number_breaks_it() {
        assert_eq!(observed(&over(Transport::Tls).unmeasured(None).judge(&RULE)), ["no Content-Length"]);
        for odd in ["twelve", "-1", "0x10"] {
            assert_eq!(observed(&over(Transport::Tcp).unmeasured(Some(odd)).judge(&RULE)), ["Content-Length that is no number"], "{odd}");
        }
    }

    #[test]
    fn a_length_keeps_it_and_sockets_need_none() {
        assert_eq!(over(Transport::Tcp).judge(&RULE), Verdict::Pass);
        assert_eq!(over(Transport::Ws).unmeasured(None).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn datagrams_are_not_judged_and_cut_messages_cannot_be() {
        assert_eq!(Scene::request("OPTIONS").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(over(Transport::Sctp).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(over(Transport::Tcp).cut_to(150).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
