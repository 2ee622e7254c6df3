//! Takes a request between declared SBEs, gives whether port, role and partner of both are as declared, never whether they are declared.

use std::sync::Arc;

use crate::base::{Endpoint, Transport};
use crate::call::Standing;
use crate::policy::{Peer, Role, Sbe, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "NET-SBE-003",
    name: "wrong-port-role-or-partner",
    title: "border element used on a wrong port, in a wrong role or by a wrong peer",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 §3.2 Req #3, #4; RFC 5486 §3.3",
    keys: &["peer.sbe.ports", "peer.sbe.roles", "peer.sbe.for_peers"],
    what: "A request between declared SBEs goes to a port that the receiving SBE lists for that transport; a request that forms a dialog \
          comes from an SBE with the role egress and goes to one with the role ingress; and each SBE serves the other peer. On a stream, \
          a request back over the connection that the receiver opened goes to that connection's port.",
    why: "Ports, roles and peer-specific elements are how a provider separates trunks, customers and capacity. Traffic on the wrong one \
          is screened, rated or limited as somebody else's, or dropped.",
    confirm: "Filter `sip.Method && ip.dst == ADDRESS` and read the destination port (`udp.dstport`, `tcp.dstport`); for roles add \
          `sip.CSeq.method == \"INVITE\" && !sip.to.tag`.",
    fix: "send to the port and element that the receiving peer declared for this purpose, or amend peer.sbe of the element",
    check: Check::Message(Kind::REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let envelope = &subject.arrival.envelope;
    if !subject.arrival.message.is_request() || subject.from == subject.to {
        return Verdict::NotApplicable;
    }
    let source = subject.sender().and_then(|peer| Some((peer, peer.sbe_at(envelope.source.ip)?)));
    let target = subject.receiver().and_then(|peer| Some((peer, peer.sbe_at(envelope.destination.ip)?)));
    if source.is_none() && target.is_none() {
        return Verdict::NotApplicable;
    }
    let may_form_dialog = subject.place.standing == Standing::Initial
        && matches!(subject.arrival.message.method(), Some(Method::Invite | Method::Subscribe | Method::Refer));
    let forms_dialog = may_form_dialog && !subject.may_be_in_dialog();
    let mut breaches = Vec::new();
    if let Some((peer, sbe)) = target {
        let reused = source.is_some_and(|(_, own)| is_server_side(own, envelope.source, envelope.transport));
        if !reused && accepts(sbe, envelope.transport, envelope.destination.port) == Some(false) {
            breaches.push(of(sbe, format!("{} to port {}", envelope.transport, envelope.destination.port), ports(sbe, envelope.transport)));
        }
        if forms_dialog && lacks(sbe, Role::Ingress) {
            breaches.push(of(sbe, format!("dialogs opened towards {}", sbe.name), "egress only".into()));
        }
        breaches.extend(source.and_then(|(other, _)| stranger(sbe, peer, other)));
    }
    if let Some((peer, sbe)) = source {
        if forms_dialog && lacks(sbe, Role::Egress) {
            breaches.push(of(sbe, format!("dialogs opened by {}", sbe.name), "ingress only".into()));
        }
        breaches.extend(target.and_then(|(other, _)| stranger(sbe, peer, other)));
    }
    let out_of_role = target.is_some_and(|(_, sbe)| lacks(sbe, Role::Ingress)) || source.is_some_and(|(_, sbe)| lacks(sbe, Role::Egress));
    match breaches.is_empty() && may_form_dialog && !forms_dialog && out_of_role {
        // Whether it opens a dialog stands in what is missing.
        true => Verdict::Indeterminate(Reason::Truncated),
        false => Verdict::of(breaches),
    }
}

/// Whether the SBE takes the transport on the port; `None` where it does not say.
fn accepts(sbe: &Sbe, transport: Transport, port: u16) -> Option<bool> {
    sbe.ports.get(&transport).map(|ports| ports.contains(&port))
}

/// Whether the sender is the server of the connection: then the other end has a client's port (RFC 5923).
fn is_server_side(sbe: &Sbe, source: Endpoint, transport: Transport) -> bool {
    transport.is_reliable() && accepts(sbe, transport, source.port) == Some(true)
}

/// Roles that were not given restrict nothing.
fn lacks(sbe: &Sbe, role: Role) -> bool {
    !sbe.roles.is_empty() && !sbe.roles.contains(&role)
}

fn stranger(sbe: &Sbe, owner: &Peer, other: &Peer) -> Option<Breach> {
    let serves = sbe.for_peers.is_empty() || owner.id == other.id || sbe.for_peers.contains(&other.id);
    (!serves).then(|| of(sbe, format!("{} used with {}", sbe.name, other.id), format!("for {} only", sbe.for_peers.join(", "))))
}

fn ports(sbe: &Sbe, transport: Transport) -> String {
    let listed: Vec<_> = sbe.ports.get(&transport).into_iter().flatten().map(u16::to_string).collect();
    if listed.is_empty() {
        format!("no {transport} at {}", sbe.name)
    } else {
        format!("{transport} to port {} of {}", listed.join(", "), sbe.name)
    }
}

fn of(sbe: &Sbe, observed: String, agreed: String) -> Breach {
    Breach { clause: Some(Arc::clone(&sbe.from)), ..Breach::of_standard(observed, agreed) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, endpoint, observed};

    #[test]
    fn a_port_that_is_not_listed_breaks_it() {
        let scene = || Scene::request("OPTIONS").came(|e| e.destination.port = 5080);
        assert_eq!(observed(&scene().declared(|_| {}).judge(&RULE)), ["UDP to port 5080"]);
        assert_eq!(scene().declared(|p| p[1].sbe[0].ports.clear()).judge(&RULE), Verdict::Pass, "no ports given, none wrong");
    }

    #[test]
    fn a_role_that_was_not_given_breaks_it_for_what_forms_dialogs() {
        let ingress_only = |p: &mut [Peer]| p[0].sbe[0].roles = vec![Role::Ingress];
        assert_eq!(observed(&Scene::request("INVITE").declared(ingress_only).judge(&RULE)), ["dialogs opened by alpha-sbe"]);
        let egress_only = |p: &mut [Peer]| p[1].sbe[0].roles = vec![Role::Egress];
        assert_eq!(observed(&Scene::request("INVITE").declared(egress_only).judge(&RULE)), ["dialogs opened towards bravo-sbe"]);
        let bye = Scene::request("BYE").placed(|p| p.standing = Standing::InDialog).declared(ingress_only);
        assert_eq!(bye.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn an_element_for_another_peer_breaks_it() {
        let scene = Scene::request("INVITE").declared(|p| p[1].sbe[0].for_peers = vec!["charlie".into()]);
        assert_eq!(observed(&scene.judge(&RULE)), ["bravo-sbe used with alpha"]);
    }

    #[test]
    fn the_declared_use_keeps_it_also_back_over_a_connection() {
        assert_eq!(Scene::request("INVITE").declared(|_| {}).judge(&RULE), Verdict::Pass);
        let back = Scene::request("BYE").came(|e| {
            e.transport = Transport::Tcp;
            e.destination = endpoint("198.51.100.33:49152");
        });
        assert_eq!(back.declared(|_| {}).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_peers_there_is_nothing_to_judge() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::response(200, "INVITE").declared(|_| {}).judge(&RULE), Verdict::NotApplicable);
    }
}
