//! Takes the code points of a flow, gives whether enough of its packets are marked as agreed, never how networks treat them.

use crate::packet::Way;
use crate::policy::Severity;
use crate::rules::{Breach, Check, FlowSubject, Offender, Reason, Rule, Scope, TrafficClass, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "NET-DSCP-001",
    name: "dscp-not-as-agreed",
    title: "DSCP marking differs from the agreement",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Connection,
    offender: Offender::Sender,
    reference: "RFC 6271 §3.1, §3.2; RFC 4594",
    keys: &["connectivity.dscp", "connectivity.dscp_tolerance_pct"],
    what: "Of the SIP messages that one host sends another, and of the packets of each media stream, no more than the agreed share carry a \
           code point that is not agreed for their class (signaling, audio, video), as seen at the capture point. What a stream carries is \
           told by its static payload types; streams with dynamic types only are not judged yet. Of a message that came in several packets \
           the first counts.",
    why: "Networks on the path sort packets by their code point. Voice that is not marked waits behind file transfers; signalling that is \
          marked as voice eats into its reserve.",
    confirm: "Filter `sip && !(ip.dsfield.dscp == 24)` or `rtp && !(ip.dsfield.dscp == 46)` with the sender's address.",
    fix: "mark the traffic at the sending border element as agreed, or trust its markings on the router behind it",
    check: Check::Flow(check),
};

fn check(subject: &FlowSubject<'_>) -> Verdict {
    let connectivity = &subject.terms.connectivity;
    let packets = subject.carried.packets();
    if packets == 0 || connectivity.dscp.is_empty() {
        return Verdict::NotApplicable;
    }
    if subject.class == TrafficClass::Media {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    let Some(clause) = connectivity.dscp.get(subject.class.name()) else { return Verdict::NotApplicable };
    let is_agreed = |way: &Way| clause.value.contains(&way.carriage.dscp());
    let known: u64 = subject.carried.iter().map(|way| u64::from(way.packets)).sum();
    let marked: u64 = subject.carried.iter().filter(|way| is_agreed(way)).map(|way| u64::from(way.packets)).sum();
    let tolerance = connectivity.dscp_tolerance_pct.as_ref().map_or(0.0, |clause| clause.value);
    #[allow(clippy::cast_precision_loss)]
    let is_too_much = |wrong: u64| wrong as f64 * 100.0 > tolerance * packets as f64;
    if !is_too_much(packets - marked) {
        return Verdict::Pass;
    }
    // Too many different ways to know of all how they were marked.
    if !is_too_much(known - marked) {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    // Of each wrong code point, whatever else differs, all packets and the first.
    let mut codes: Vec<Way> = Vec::new();
    for way in subject.carried.iter().filter(|way| !is_agreed(way)) {
        match codes.iter_mut().find(|known| known.carriage.dscp() == way.carriage.dscp()) {
            Some(known) => known.join(way),
            None => codes.push(*way),
        }
    }
    let Some(most) = codes.iter().max_by_key(|way| (way.packets, std::cmp::Reverse(way.carriage.dscp()))) else { return Verdict::Pass };
    let agreed: Vec<_> = clause.value.iter().map(|dscp| name(*dscp)).collect();
    let observed = format!("{} marked {}", subject.class.name(), name(most.carriage.dscp()));
    Verdict::breach(Breach::of_clause(clause, observed, agreed.join(" or ")).seen_in(&subject.exhibit(most)))
}

/// The name of a code point (RFC 2474, RFC 2597, RFC 3246, RFC 5865, RFC 8622), with its number.
fn name(dscp: u8) -> String {
    match dscp {
        0 => "CS0 (0)".to_owned(),
        1 => "LE (1)".to_owned(),
        44 => "VOICE-ADMIT (44)".to_owned(),
        46 => "EF (46)".to_owned(),
        n if n % 8 == 0 => format!("CS{} ({n})", n / 8),
        n if n % 2 == 0 && (10..=38).contains(&n) && n % 8 != 0 => format!("AF{}{} ({n})", n / 8, n % 8 / 2),
        n => n.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Carriage, Carried, Tunnels};
    use crate::policy::{Party, Policy, Terms};
    use crate::rules::scene::{agreed, clause, observed};

    fn judge(class: TrafficClass, marks: &[(u8, u32)], said: bool) -> Verdict {
        let mut terms = Terms::default();
        if said {
            terms.connectivity.dscp = [("signaling".to_owned(), clause(vec![24, 40])), ("audio".to_owned(), clause(vec![46]))].into();
            terms.connectivity.dscp_tolerance_pct = agreed(2.0);
        }
        let mut carried = Carried::default();
        for &(dscp, n) in marks {
            (0..n).for_each(|_| carried.add(Carriage::new(dscp, None, Tunnels::default()), Default::default()));
        }
        let (source, destination) = ([192, 0, 2, 17].into(), [198, 51, 100, 33].into());
        let (policy, party) = (Policy::baseline(), Party::Unknown);
        check(&FlowSubject { class, source, destination, from: party, to: party, carried: &carried, policy: &policy, terms: &terms })
    }

    #[test]
    fn more_than_the_tolerance_breaks_it() {
        let Verdict::Violation(breaches) = judge(TrafficClass::Signaling, &[(24, 97), (0, 3)], true) else { panic!() };
        assert_eq!((&*breaches[0].observed, &*breaches[0].agreed), ("signaling marked CS0 (0)", "CS3 (24) or CS5 (40)"));
        assert_eq!(observed(&judge(TrafficClass::Audio, &[(34, 10), (0, 1)], true)), ["audio marked AF41 (34)"]);
    }

    #[test]
    fn agreed_marks_and_a_few_others_keep_it() {
        assert_eq!(judge(TrafficClass::Audio, &[(46, 98), (0, 2)], true), Verdict::Pass);
        assert_eq!(judge(TrafficClass::Signaling, &[(24, 1), (40, 1)], true), Verdict::Pass);
    }

    #[test]
    fn what_is_not_known_cannot_be_judged() {
        assert_eq!(judge(TrafficClass::Media, &[(0, 9)], true), Verdict::Indeterminate(Reason::NoAuxInput));
        // Nine ways: those of most packets are not told apart.
        let many: Vec<(u8, u32)> = (1..=8).map(|dscp| (dscp, 1)).chain([(46, 999)]).collect();
        assert_eq!(judge(TrafficClass::Audio, &many, true), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(judge(TrafficClass::Video, &[(0, 9)], true), Verdict::NotApplicable);
        assert_eq!(judge(TrafficClass::Audio, &[(0, 9)], false), Verdict::NotApplicable);
    }
}
