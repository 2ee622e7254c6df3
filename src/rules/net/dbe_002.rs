//! Takes a message with SDP, gives whether the media addresses in it are the sender's declared media border elements, never where media flows.

use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;

use crate::base::Span;
use crate::policy::{Peer, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sdp::{Address, Description, Media};

pub(crate) static RULE: Rule = Rule {
    id: "NET-DBE-002",
    name: "media-address-not-declared",
    title: "media address advertised outside the declared border elements",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 §3.2 Req #3; RFC 8866 §5.7",
    keys: &["peer.dbe.addresses", "peer.dbe.ports"],
    what: "The addresses where the sender of an SDP wants media (c= of each wanted m= line, a=rtcp, ICE candidates of type host and relay) \
           lie in the prefixes of its declared media border elements, and the ports in their range. Hold by 0.0.0.0 and refused m= lines \
           are left out; so are names, which need DNS.",
    why: "The other side's filters pass media of the declared addresses only: what is advertised elsewhere gives one-way audio, and shows \
           an element that should be hidden.",
    confirm: "Filter `sdp.connection_info.address` with the Call-ID of the finding and compare with [[peer.dbe]] of the sender.",
    fix: "anchor the media at the sender's declared border element, or declare the new one in [[peer.dbe]]",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (Some(sdp), Some(peer)) = (subject.sdp, subject.sender().filter(|p| !p.dbe.is_empty())) else { return Verdict::NotApplicable };
    let (mut breaches, mut named) = (Distinct::default(), false);
    for place in sdp.media().iter().filter(|m| m.is_active()).flat_map(|m| places(sdp, m)) {
        let Some(ip) = place.address.ip() else {
            named = true;
            continue;
        };
        breaches.judge();
        if let Some(breach) = outside(peer, ip, &place) {
            let breach = breach.at(place.at);
            // A c= line of its own may have followed the m= line.
            if place.what == "media" { breaches.lack(breach) } else { breaches.add(breach) }
        }
    }
    match breaches.verdict_in(subject) {
        Verdict::NotApplicable if named => Verdict::Indeterminate(Reason::NoAuxInput),
        verdict => verdict,
    }
}

/// An address at which the sender wants to receive.
struct Place {
    what: &'static str,
    address: Address,
    port: Option<u16>,
    at: Span,
}

fn places<'a>(sdp: &'a Description, media: &'a Media) -> impl Iterator<Item = Place> {
    // Port 9 of a stream over TCP stands for "I connect to you" (RFC 4145 §4.1), and with ICE for "see the candidates" (RFC 8840 §4.1.1).
    let port = Some(media.port).filter(|&p| p != 9);
    let own = media.address.clone().map(|address| Place { what: "media", address, port, at: media.connection.unwrap_or(media.line) });
    let rtcp = sdp
        .rtcp(media)
        .filter(|r| r.port != 9)
        .and_then(|rtcp| Some(Place { what: "RTCP", address: rtcp.address?, port: Some(rtcp.port), at: rtcp.at }));
    let candidates = sdp.candidates(media).filter(|c| matches!(c.kind, b"host" | b"relay"));
    let candidates = candidates.map(|c| Place { what: "candidate", address: c.address, port: Some(c.port).filter(|&p| p != 9), at: c.at });
    own.into_iter().chain(rtcp).chain(candidates).filter(|p| !p.address.is_blackhole())
}

fn outside(peer: &Peer, ip: IpAddr, place: &Place) -> Option<Breach> {
    let breach = |observed: String, agreed: String, dbe: &crate::policy::Dbe| {
        let clause = Some(Arc::clone(&dbe.from));
        Some(Breach { clause, ..Breach::of_standard(observed, agreed) })
    };
    let Some(dbe) = peer.dbe_at(ip) else {
        let declared: Vec<_> = peer.dbe.iter().flat_map(|d| &d.addresses).map(ToString::to_string).collect();
        return breach(format!("{} in {}", place.what, network(ip)), declared.join(", "), peer.dbe.first()?);
    };
    let (first, last) = dbe.ports?;
    place.port.filter(|p| !(first..=last).contains(p))?;
    breach(format!("{} port outside the range of {}", place.what, dbe.name), format!("{first} to {last}"), dbe)
}

/// The network that findings are folded by: every endpoint of it makes the same mistake.
pub(in crate::rules) fn network(ip: IpAddr) -> String {
    let length = if ip.is_ipv4() { 24 } else { 64 };
    IpNet::new(ip, length).map_or_else(|_| ip.to_string(), |net| net.trunc().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Dbe, Role};
    use crate::rules::scene::{Scene, observed, provenance};

    fn scene(media: &str) -> Scene {
        let dbe = Dbe {
            name: "alpha-media".into(),
            addresses: vec!["192.0.2.64/28".parse().unwrap()],
            ports: Some((16_384, 32_767)),
            roles: vec![Role::Ingress, Role::Egress],
            from: provenance(),
        };
        let body = format!("v=0\no=- 1 1 IN IP4 192.0.2.70\ns=-\nc=IN IP4 192.0.2.70\nt=0 0\n{media}");
        Scene::request("INVITE").sdp(&body).declared(|peers| peers[0].dbe = vec![dbe])
    }

    #[test]
    fn addresses_and_ports_elsewhere_break_it() {
        let media = "m=audio 20000 RTP/AVP 8\nc=IN IP4 10.1.2.3\na=rtcp:20001 IN IP4 10.1.3.9\na=candidate:1 1 UDP 1 10.1.2.3 20000 typ host\n\
            a=candidate:2 1 UDP 1 203.0.113.5 20000 typ srflx raddr 10.1.2.3 rport 20000\nm=video 40000 RTP/AVP 31\n";
        let scene = scene(media);
        let verdict = scene.judge(&RULE);
        let expected =
            ["media in 10.1.2.0/24", "RTCP in 10.1.3.0/24", "candidate in 10.1.2.0/24", "media port outside the range of alpha-media"];
        assert_eq!(observed(&verdict), expected);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].at.unwrap().of(scene.text().as_bytes()), b"IN IP4 10.1.2.3");
        assert_eq!(&*breaches[0].agreed, "192.0.2.64/28");
    }

    #[test]
    fn declared_addresses_hold_and_refusal_keep_it() {
        let media = "m=audio 20000 RTP/AVP 8\nm=audio 20002 RTP/AVP 8\nc=IN IP4 0.0.0.0\nm=image 0 udptl t38\nc=IN IP4 10.1.2.3\nm=message 9 TCP/MSRP *\n";
        assert_eq!(scene(media).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn names_and_undeclared_senders_are_not_judged() {
        assert_eq!(
            scene("m=audio 20000 RTP/AVP 8\nc=IN IP4 media.alpha.example\n").judge(&RULE),
            Verdict::Indeterminate(Reason::NoAuxInput)
        );
        assert_eq!(scene("m=audio 0 RTP/AVP 8\n").judge(&RULE), Verdict::NotApplicable);
        let undeclared = scene("m=audio 1 RTP/AVP 8\n").declared(|_| ());
        assert_eq!(undeclared.judge(&RULE), Verdict::NotApplicable);
    }
}
