//! Takes a stream of a call, gives whether both its ends are declared media border elements, never what SDP says of them.

use std::sync::Arc;

use crate::base::Endpoint;
use crate::policy::{Dbe, Peer, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, HandshakeSubject, Offender, Rule, Scope, StreamSubject, Verdict};

use super::dbe_002::network;

pub(crate) static RULE: Rule = Rule {
    id: "NET-DBE-001",
    name: "media-outside-border-elements",
    title: "media flows outside the declared border elements",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 6271 §3.2 Req #3; App. A.2",
    keys: &["peer.dbe.addresses", "peer.dbe.ports", "peer.dbe.roles"],
    what: "The source of a stream lies in the prefixes and the port range of the media border elements of the peer that sends it, and its \
           destination in those of the peer that receives it. So do both ends of a fax over UDPTL, and the addresses of an MSRP session, \
           of which only one end listens at a port.",
    why: "Media that goes around the border elements is not policed, not measured and not paid for, and shows addresses that should be \
           hidden.",
    confirm: "Filter `rtp.ssrc == …` from the frame of the finding and compare both addresses with [[peer.dbe]].",
    fix: "anchor the media at the declared border element of the peer whose address is foreign, or declare the new one in [[peer.dbe]]",
    check: Check::Several(&[Check::Stream(check), Check::Handshake(beside)]),
};

fn check(subject: &StreamSubject<'_>) -> Verdict {
    if subject.call.is_none() {
        return Verdict::NotApplicable;
    }
    let flow = &subject.stream.flow;
    let mut breaches = Distinct::default();
    let ends =
        [("from", subject.sender(), flow.source, Offender::Sender), ("to", subject.receiver(), flow.destination, Offender::Responder)];
    for (word, peer, endpoint, offender) in ends {
        let Some(peer) = peer.filter(|p| !p.dbe.is_empty()) else { continue };
        breaches.judge();
        if let Some(breach) = outside(peer, endpoint, word).or_else(|| outside_ports(peer, endpoint, word)) {
            // The sender chooses where a stream comes from; where it goes the receiver has asked for.
            breaches.add(breach.by(offender).seen_in(&subject.exhibit("")));
        }
    }
    breaches.verdict()
}

/// A fax, or an MSRP session.
fn beside(subject: &HandshakeSubject<'_>) -> Verdict {
    let (companion, Some((_, bound))) = (subject.companion, subject.call) else { return Verdict::NotApplicable };
    let is_fax = companion.fax_ab.is_some() || companion.fax_ba.is_some();
    if !is_fax && companion.session.is_none() {
        return Verdict::NotApplicable;
    }
    let mut breaches = Distinct::default();
    let sides = [(companion.a, bound.side), (companion.b, bound.side.other())];
    for ((endpoint, side), party) in sides.into_iter().zip(subject.parties) {
        let Some(peer) = subject.policy.peer(party).filter(|p| !p.dbe.is_empty()) else { continue };
        breaches.judge();
        let breach = outside(peer, endpoint, "at").or_else(|| outside_ports(peer, endpoint, "at").filter(|_| is_fax));
        if let Some(breach) = breach {
            breaches.add(breach.by(subject.offender(side)).seen_in(&subject.exhibit_beside()));
        }
    }
    breaches.verdict()
}

fn breach(observed: String, agreed: String, dbe: &Dbe) -> Breach {
    Breach { clause: Some(Arc::clone(&dbe.from)), ..Breach::of_standard(observed, agreed) }
}

fn outside(peer: &Peer, endpoint: Endpoint, word: &str) -> Option<Breach> {
    if peer.dbe_at(endpoint.ip).is_some() {
        return None;
    }
    let declared: Vec<_> = peer.dbe.iter().flat_map(|d| &d.addresses).map(ToString::to_string).collect();
    Some(breach(format!("media {word} {}", network(endpoint.ip)), declared.join(", "), peer.dbe.first()?))
}

fn outside_ports(peer: &Peer, endpoint: Endpoint, word: &str) -> Option<Breach> {
    let dbe = peer.dbe_at(endpoint.ip)?;
    let (first, last) = dbe.ports.filter(|(first, last)| !(first..=last).contains(&&endpoint.port))?;
    Some(breach(format!("media {word} a port outside the range of {}", dbe.name), format!("{first} to {last}"), dbe))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::passage::Passage;
    use crate::rules::scene::observed;

    fn audio() -> Passage {
        Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").declared(|_| ())
    }

    #[test]
    fn foreign_addresses_and_ports_break_it() {
        let foreign = audio().with(|s| s.flow.source.ip = [203, 0, 113, 9].into());
        assert_eq!(observed(&foreign.judge(&RULE)), ["media from 203.0.113.0/24"]);
        let narrow = audio().declared(|p| p[1].dbe[0].ports = Some((5_002, 5_999))).judge(&RULE);
        assert_eq!(observed(&narrow), ["media to a port outside the range of bravo-dbe"]);
        let Verdict::Violation(breaches) = narrow else { panic!() };
        assert_eq!((&*breaches[0].agreed, breaches[0].offender), ("5002 to 5999", Some(Offender::Responder)));
    }

    #[test]
    fn a_fax_goes_the_same_way() {
        let fax = |change: fn(&mut [Peer])| audio().declared(change).faxed(105_000, 110_000).judge_beside(&RULE);
        assert_eq!(fax(|_| ()), Verdict::Pass);
        let verdict = fax(|p| p[1].dbe[0].addresses = vec!["203.0.113.0/24".parse().unwrap()]);
        assert_eq!(observed(&verdict), ["media at 198.51.100.0/24"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!((&*breaches[0].agreed, breaches[0].offender), ("203.0.113.0/24", Some(Offender::Terminating)));
    }

    #[test]
    fn declared_ones_keep_it() {
        assert_eq!(audio().judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_border_elements_and_without_a_call_nothing_is_judged() {
        assert_eq!(audio().declared(|p| p.iter_mut().for_each(|p| p.dbe.clear())).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Passage::stray().declared(|_| ()).judge(&RULE), Verdict::NotApplicable);
    }
}
