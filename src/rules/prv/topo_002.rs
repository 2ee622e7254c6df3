//! Takes a message with SDP, gives whether the body shows addresses from inside, never whether media reaches them.

use std::net::IpAddr;

use crate::base::Span;
use crate::policy::{Level, Severity};
use crate::rules::prv::internal::{Internal, of_ip, of_name};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sdp::{Address, Description};

pub(crate) static RULE: Rule = Rule {
    id: "PRV-TOPO-002",
    name: "topology-visible-in-sdp",
    title: "internal addresses visible in SDP",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 5853 §3.1; RFC 8839 §5; RFC 8828",
    keys: &["privacy.topology_hiding", "privacy.internal_cidrs"],
    what: "Where topology hiding was agreed, no o= or c= line, `a=rtcp` or ICE candidate (its own address or `raddr`) names an address of \
           `internal_cidrs`, a host of `internal_domains`, or a private, unique local or loopback address outside the peering space.",
    why: "The o= line in particular is copied through border elements untouched and shows the address of the endpoint or gateway behind \
          them; a c= line with such an address also means silence.",
    confirm: "Filter `sdp.owner.address contains \"10.\" || sdp.connection_info.address contains \"192.168.\"` (the line named in the \
           finding).",
    fix: "let the sender's border element rewrite the whole SDP: o=, c=, a=rtcp and candidates",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let agreed = subject.terms.privacy.topology_hiding.as_ref();
    let Some(level) = agreed.filter(|l| matches!(l.value, Level::Required | Level::Recommended)) else { return Verdict::NotApplicable };
    let Some(sdp) = subject.sdp else { return Verdict::NotApplicable };
    let mut breaches: Vec<Breach> = Vec::new();
    let in_message = |at: Span| {
        let offset = subject.sdp_offset();
        Span { start: at.start.saturating_add(offset), end: at.end.saturating_add(offset) }
    };
    let mut look = |line: &str, address: &Address, at: Span| {
        let Some(kind) = internal(address, subject) else { return };
        let observed = format!("{line}: {}", kind.text());
        if !breaches.iter().any(|b| b.observed == observed) {
            breaches.push(Breach { agreed: "topology hidden".into(), ..Breach::of_level(level, observed) }.at(in_message(at)));
        }
    };
    // The address is the last token of both lines; c= may have `/ttl` behind it.
    for line in sdp.lines().iter().filter(|l| matches!(l.kind, b'o' | b'c')) {
        let value = sdp.at(line.value).trim_ascii_end();
        let token = memchr::memrchr(b' ', value).map_or(value, |at| &value[at + 1..]);
        let address = memchr::memchr(b'/', token).map_or(token, |at| &token[..at]);
        look(if line.kind == b'o' { "o=" } else { "c=" }, &Address::parse(address), line.value);
    }
    each_attribute(sdp, &mut look);
    match breaches.is_empty() && subject.arrival.envelope.cut {
        true => Verdict::Indeterminate(Reason::Truncated),
        false => Verdict::of(breaches),
    }
}

fn each_attribute(sdp: &Description, look: &mut impl FnMut(&str, &Address, Span)) {
    for media in sdp.media() {
        if let Some((address, at)) = sdp.rtcp(media).and_then(|r| Some((r.address?, r.at))) {
            look("a=rtcp", &address, at);
        }
        for candidate in sdp.candidates(media) {
            look("a=candidate", &candidate.address, candidate.at);
            if let Some(related) = &candidate.related {
                look("a=candidate raddr", related, candidate.at);
            }
        }
    }
}

fn internal(address: &Address, subject: &MessageSubject<'_>) -> Option<Internal> {
    match address {
        // `0.0.0.0` and 127.0.0.1 in o= are how endpoints say nothing; only the first is no address at all.
        Address::Ip(ip) if is_blank(*ip) => None,
        Address::Ip(ip) => of_ip(*ip, subject),
        Address::Name(name) => of_name(name.as_bytes(), subject),
    }
}

const fn is_blank(ip: IpAddr) -> bool {
    ip.is_unspecified()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn judged(origin: &str, connection: &str, attribute: &str) -> Verdict {
        hidden(Scene::request("INVITE").sdp(&body(origin, connection, attribute))).judge(&RULE)
    }

    fn body(origin: &str, connection: &str, attribute: &str) -> String {
        format!("v=0\no=- 1 1 {origin}\ns=-\nc={connection}\nt=0 0\nm=audio 20000 RTP/AVP 8\n{attribute}")
    }

    fn hidden(scene: Scene) -> Scene {
        scene.agreed(|t| t.privacy.topology_hiding = agreed(Level::Required))
    }

    const OUTSIDE: &str = "IN IP4 192.0.2.70";

    #[test]
    fn private_addresses_break_it_on_every_line() {
        assert_eq!(observed(&judged("IN IP4 10.1.1.1", "IN IP4 172.16.0.9/127", "")), ["o=: private address", "c=: private address"]);
        assert_eq!(observed(&judged(OUTSIDE, OUTSIDE, "a=rtcp:20001 IN IP4 192.168.1.1\n")), ["a=rtcp: private address"]);
        let candidate = "a=candidate:1 1 UDP 1 192.0.2.70 20000 typ srflx raddr 10.0.0.1 rport 9\n";
        assert_eq!(observed(&judged(OUTSIDE, OUTSIDE, candidate)), ["a=candidate raddr: private address"]);
        assert_eq!(observed(&judged(OUTSIDE, "IN IP6 fd00::7", "")), ["c=: private address"]);
    }

    #[test]
    fn public_blank_and_peering_addresses_keep_it() {
        assert_eq!(judged(OUTSIDE, OUTSIDE, ""), Verdict::Pass);
        assert_eq!(judged("IN IP4 0.0.0.0", "IN IP4 0.0.0.0", ""), Verdict::Pass);
        let relay = Scene::request("INVITE").sdp(&body("IN IP4 10.0.0.18", "IN IP4 10.0.0.18", ""));
        let declared = hidden(relay).declared(|peers| peers[0].sbe[0].addresses.push("10.0.0.16/29".parse().unwrap()));
        assert_eq!(declared.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_agreement_or_body_nothing_is_judged_and_a_cut_body_cannot_be() {
        assert_eq!(Scene::request("INVITE").sdp(&body("IN IP4 10.1.1.1", OUTSIDE, "")).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(hidden(Scene::request("INVITE")).judge(&RULE), Verdict::NotApplicable);
        let cut = hidden(Scene::request("INVITE").sdp(&body(OUTSIDE, OUTSIDE, "")));
        let octets = cut.text().len() - 5;
        assert_eq!(cut.cut_to(octets).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
