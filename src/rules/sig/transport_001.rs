//! Takes a message, gives whether what carried it was agreed, never what its Via says of it.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TRANSPORT-001",
    name: "transport-not-permitted",
    title: "signalling transport not permitted",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 §5.2, App. A.1; RFC 3261 §18, §26.2",
    keys: &["sip.transport.levels"],
    what: "The transport that carried a message on the wire (UDP, TCP, TLS, WS, WSS, SCTP, TLS-SCTP) is not forbidden or discouraged. A \
          transport that the policy does not speak of is in breach where another is required or recommended.",
    why: "The transport decides who can read and forge the signalling. A peer that falls back from TLS to UDP gives away numbers, keys \
          and credentials to everyone on the path.",
    confirm: "Filter `sip && udp` (or `sip && tcp && !tls`) between the two SBEs; what remains is what the policy does not allow.",
    fix: "move the trunk to the agreed transport on the sending SBE; until then a waiver with an end date makes the exception visible",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let levels = &subject.terms.sip.transport.levels;
    let used = subject.arrival.envelope.transport;
    let said = levels.get(&used);
    let breach = match said.map_or(Level::Unspecified, |clause| clause.value) {
        Level::Required | Level::Recommended | Level::Supported => return Verdict::Pass,
        Level::Forbidden | Level::Discouraged => said.map(|clause| Breach::of_level(clause, used.token())),
        // Of what the policy is silent about, the transport that it wants tells.
        Level::Unspecified => [Level::Required, Level::Recommended].iter().find_map(|&wanted| {
            let (other, clause) = levels.iter().find(|(_, clause)| clause.value == wanted)?;
            let agreed = format!("{} {}", other.token(), wanted.name());
            Some(Breach { level: Some(wanted), ..Breach::of_clause(clause, used.token(), agreed) })
        }),
    };
    breach.map_or(Verdict::NotApplicable, Verdict::breach)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::scene::{Scene, clause, observed};

    fn over_udp(levels: &[(Transport, Level)]) -> Verdict {
        let levels = levels.iter().map(|&(transport, level)| (transport, clause(level))).collect();
        Scene::request("OPTIONS").agreed(|t| t.sip.transport.levels = levels).judge(&RULE)
    }

    #[test]
    fn a_forbidden_transport_breaks_it_and_so_does_one_beside_the_required() {
        assert_eq!(observed(&over_udp(&[(Transport::Udp, Level::Forbidden)])), ["UDP"]);
        let Verdict::Violation(breaches) = over_udp(&[(Transport::Tls, Level::Required)]) else { panic!() };
        assert_eq!((&*breaches[0].agreed, breaches[0].level), ("TLS required", Some(Level::Required)));
    }

    #[test]
    fn an_agreed_transport_keeps_it() {
        assert_eq!(over_udp(&[(Transport::Udp, Level::Supported), (Transport::Tls, Level::Required)]), Verdict::Pass);
        assert_eq!(over_udp(&[(Transport::Udp, Level::Required)]), Verdict::Pass);
    }

    #[test]
    fn nothing_said_nothing_judged() {
        assert_eq!(over_udp(&[]), Verdict::NotApplicable);
        assert_eq!(over_udp(&[(Transport::Tcp, Level::Forbidden)]), Verdict::NotApplicable);
    }
}
