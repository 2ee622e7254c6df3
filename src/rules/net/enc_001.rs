//! Takes how the packets of a flow were carried, gives whether that is the agreed encapsulation, never whether it protects anything.

use std::net::IpAddr;

use crate::packet::Way;
use crate::policy::{Clause, Connectivity, Party, Severity};
use crate::rules::{Breach, Check, FlowSubject, Offender, Reason, Rule, Scope, TrafficClass, Verdict, encapsulation};

pub(crate) static RULE: Rule = Rule {
    id: "NET-ENC-001",
    name: "encapsulation-missing",
    title: "agreed network-layer encapsulation is missing",
    severity: Severity::Critical,
    tier: 2,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 6271 App. A.1; RFC 6406 §6.1.3.2",
    keys: &["connectivity.encapsulation", "connectivity.vlan_ids", "security.ipsec.endpoints"],
    what: "Where the policy agrees on IPsec, a VLAN or GRE and the capture point is `wan`, all SIP between two hosts and all packets of a \
           media stream lie in it; in a VLAN, in one of the agreed numbers where any are agreed. What a mirror adds (ERSPAN, VXLAN) does \
           not count. ESP and IKE between an agreed endpoint or a peer and another address that is no agreed endpoint are a breach too. \
           ESP that encrypts hides what is inside: there only the endpoints are judged. Of a message that came in several packets the \
           first counts.",
    why: "What was to be private crosses networks that were not meant to carry it, in the clear or where others can reach the border \
          element.",
    confirm: "Filter `(sip || rtp) && !esp && !ah && !gre && !vlan` at the capture point; `esp || isakmp` shows who has tunnels.",
    fix: "route the trunk into the agreed tunnel or VLAN at both ends, and drop what arrives outside of it",
    check: Check::Flow(check),
};

fn check(subject: &FlowSubject<'_>) -> Verdict {
    if subject.class == TrafficClass::Tunnel {
        return tunnel(subject);
    }
    let connectivity = &subject.terms.connectivity;
    let Some(clause) = connectivity.encapsulation.as_ref().filter(|clause| clause.value != "none") else { return Verdict::NotApplicable };
    if subject.carried.packets() == 0 {
        return Verdict::NotApplicable;
    }
    if !encapsulation::is_visible(connectivity) {
        return Verdict::Indeterminate(Reason::OffPath);
    }
    let missing = subject.carried.iter().filter(|way| !encapsulation::is_carried(&clause.value, connectivity, way.carriage));
    let class = if subject.class == TrafficClass::Signaling { "SIP" } else { "media" };
    let breach = |way: &Way| {
        let observed = format!("{class} {}", way.carriage);
        Breach::of_clause(clause, observed, agreed(connectivity, clause)).seen_in(&subject.exhibit(way))
    };
    Verdict::of(missing.map(breach).collect())
}

fn agreed(connectivity: &Connectivity, clause: &Clause<String>) -> String {
    let ids: Vec<_> = encapsulation::vlans(connectivity).iter().map(u16::to_string).collect();
    if clause.value == "vlan" && !ids.is_empty() { format!("vlan {}", ids.join(", ")) } else { clause.value.clone() }
}

fn tunnel(subject: &FlowSubject<'_>) -> Verdict {
    let Some(endpoints) = subject.terms.ipsec_endpoints.as_ref().filter(|clause| !clause.value.is_empty()) else {
        return Verdict::NotApplicable;
    };
    let is_endpoint = |ip: IpAddr| endpoints.value.iter().any(|net| net.contains(&ip));
    let is_peer = |party| matches!(party, Party::Declared(_));
    match (is_endpoint(subject.source), is_endpoint(subject.destination)) {
        (true, true) => Verdict::Pass,
        // Tunnels of strangers are none of this agreement's business.
        (false, false) if !is_peer(subject.from) && !is_peer(subject.to) => Verdict::NotApplicable,
        (source, _) => {
            let stranger = if source { subject.destination } else { subject.source };
            let known: Vec<_> = endpoints.value.iter().map(ToString::to_string).collect();
            Verdict::breach(Breach::of_clause(endpoints, format!("IPsec of {stranger}"), known.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Origin, Time};
    use crate::packet::Carried;
    use crate::packet::{Carriage, Tunnels};
    use crate::policy::{Policy, Terms};
    use crate::rules::scene::{agreed as term, observed};

    const GRE: Carriage = Carriage::new(0, None, Tunnels::GRE);
    const MIRRORED: Carriage = Carriage::new(0, None, Tunnels::ERSPAN);

    fn judge(encapsulation: &str, point: &str, ways: &[Carriage]) -> Verdict {
        let mut terms = Terms::default();
        terms.connectivity.encapsulation = term(encapsulation.to_owned());
        terms.connectivity.vlan_ids = term(vec![100, 200]);
        terms.connectivity.capture_point = term(point.to_owned());
        let mut carried = Carried::default();
        ways.iter().zip(1..).for_each(|(way, frame)| carried.add(*way, (Origin { serial: frame.into(), capture: 0, frame }, Time(0))));
        flow(TrafficClass::Signaling, &carried, &terms, Party::Declared(0))
    }

    fn flow(class: TrafficClass, carried: &Carried, terms: &Terms, from: Party) -> Verdict {
        let (source, destination) = ([192, 0, 2, 17].into(), [198, 51, 100, 33].into());
        let policy = Policy::baseline();
        check(&FlowSubject { class, source, destination, from, to: Party::Unknown, carried, policy: &policy, terms })
    }

    #[test]
    fn packets_outside_the_agreed_encapsulation_break_it() {
        let plain = Carriage::default();
        let verdict = judge("gre", "wan", &[GRE, plain, GRE, plain]);
        assert_eq!(observed(&verdict), ["SIP natively"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].exhibit.as_ref().map(|shown| shown.origin.frame), Some(2), "the first packet that was carried so");
        assert_eq!(observed(&judge("gre", "wan", &[MIRRORED])), ["SIP in ERSPAN"], "a mirror is no tunnel between networks");
        assert_eq!(observed(&judge("ipsec-esp", "wan", &[GRE])), ["SIP in GRE"]);
        let vlan = Carriage::new(0, Some(300), Tunnels::default());
        let Verdict::Violation(breaches) = judge("vlan", "wan", &[vlan]) else { panic!() };
        assert_eq!((&*breaches[0].observed, &*breaches[0].agreed), ("SIP in VLAN 300", "vlan 100, 200"));
    }

    #[test]
    fn packets_inside_keep_it() {
        assert_eq!(judge("gre", "wan", &[GRE]), Verdict::Pass);
        assert_eq!(judge("ipsec-ah", "wan", &[Carriage::new(0, None, Tunnels::AH)]), Verdict::Pass);
        assert_eq!(judge("vlan", "wan", &[Carriage::new(46, Some(200), Tunnels::default())]), Verdict::Pass);
    }

    #[test]
    fn behind_the_end_of_the_tunnel_it_cannot_be_judged() {
        assert_eq!(judge("gre", "inside-alpha", &[Carriage::default()]), Verdict::Indeterminate(Reason::OffPath));
        assert_eq!(judge("none", "wan", &[Carriage::default()]), Verdict::NotApplicable);
    }

    #[test]
    fn tunnels_end_where_agreed() {
        let mut terms = Terms::default();
        let nothing = Carried::default();
        let tunnel = |terms: &Terms, from| flow(TrafficClass::Tunnel, &nothing, terms, from);
        assert_eq!(tunnel(&terms, Party::Declared(0)), Verdict::NotApplicable);
        terms.ipsec_endpoints = term(vec!["192.0.2.17/32".parse().unwrap()]);
        assert_eq!(observed(&tunnel(&terms, Party::Unknown)), ["IPsec of 198.51.100.33"]);
        terms.ipsec_endpoints = term(vec!["192.0.2.0/24".parse().unwrap(), "198.51.100.0/24".parse().unwrap()]);
        assert_eq!(tunnel(&terms, Party::Unknown), Verdict::Pass);
        terms.ipsec_endpoints = term(vec!["203.0.113.0/24".parse().unwrap()]);
        assert_eq!(tunnel(&terms, Party::Unknown), Verdict::NotApplicable, "strangers");
        assert_eq!(observed(&tunnel(&terms, Party::Declared(0))), ["IPsec of 192.0.2.17"]);
    }
}
