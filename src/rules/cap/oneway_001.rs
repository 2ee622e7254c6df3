//! Takes the traffic between each two parties, gives whether the tap saw both directions, never why it did not.

use crate::policy::{Party, Severity};
use crate::rules::{Breach, CaptureSubject, Check, Offender, PairTraffic, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAP-ONEWAY-001",
    name: "one-direction-only",
    title: "only one direction is visible",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Global,
    offender: Offender::Capture,
    reference: "capture sanity; RFC 6076 §3",
    keys: &["capture.require_both_directions"],
    what: "Between two parties of which one sends at least ten SIP messages the tap also sees messages the other way, and no TCP or TLS \
          connection has a side whose octets were acknowledged without ever being seen. Where peers are declared, only traffic between \
          them counts. A side that repeats its requests and sends nothing that follows an answer, such as ACK, had none: then it cannot \
           be told whether the tap would have seen one.",
    why: "A tap on one fibre of a pair, or a port mirror set to one direction, makes every request look unanswered. What other rules \
          then report is about the tap, not about the peers.",
    confirm: "Statistics, Conversations in Wireshark: one of the two packet columns is 0. Or filter `tcp.analysis.ack_lost_segment`.",
    fix: "mirror both directions of the interconnect to the capture point and capture again",
    check: Check::Capture(check),
};

/// Fewer messages than this one way may be a probe that nobody answers.
const ENOUGH: u64 = 10;

fn check(subject: &CaptureSubject<'_>) -> Verdict {
    let Some(clause) = subject.terms.capture.require_both_directions.as_ref().filter(|c| c.value) else { return Verdict::NotApplicable };
    let declared = |party| matches!(party, Party::Declared(_));
    let counts =
        |pair: &&PairTraffic| pair.from != pair.to && (subject.policy.peers.is_empty() || (declared(pair.from) && declared(pair.to)));
    let name = |party| subject.policy.party_name(party);
    let mut breaches = Vec::new();
    let mut seen_both = false;
    let mut seen_any = false;
    let mut in_vain = false;
    for pair in subject.pairs.iter().filter(counts) {
        let (from, to) = (name(pair.from), name(pair.to));
        seen_any |= pair.forth + pair.back > 0;
        seen_both |= pair.forth > 0 && pair.back > 0;
        let silent = match (pair.forth, pair.back) {
            (ENOUGH.., 0) => Some((&to, &from)),
            (0, ENOUGH..) => Some((&from, &to)),
            _ => None,
        };
        let is_unheard = pair.unheeded > 0 && pair.heeded == 0;
        in_vain |= silent.is_some() && is_unheard;
        if let Some((from, to)) = silent.filter(|_| !is_unheard) {
            breaches.push(Breach::of_clause(clause, format!("no SIP message from {from} to {to}"), "both directions in the capture"));
        }
        if pair.one_sided_connections > 0 {
            let observed = format!("connections between {from} and {to} of which one side is missing");
            breaches.push(Breach::of_clause(clause, observed, "both directions in the capture"));
        }
    }
    match (breaches.is_empty(), seen_both, seen_any) {
        (false, ..) => Verdict::Violation(breaches),
        (true, ..) if in_vain => Verdict::Indeterminate(Reason::OneWay),
        (true, true, _) => Verdict::Pass,
        (true, false, true) => Verdict::Indeterminate(Reason::SampleTooSmall),
        (true, false, false) => Verdict::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Terms};
    use crate::rules::scene::{agreed, endpoint, observed};

    fn judge(forth: u64, back: u64, one_sided_connections: u64, required: bool) -> Verdict {
        judge_pair(required, |pair| (pair.forth, pair.back, pair.one_sided_connections) = (forth, back, one_sided_connections))
    }

    fn judge_pair(required: bool, change: impl Fn(&mut PairTraffic)) -> Verdict {
        let host = |ip: &str| Party::Host(endpoint(ip).ip);
        let mut pairs = [PairTraffic {
            from: host("192.0.2.17:0"),
            to: host("198.51.100.33:0"),
            forth: 0,
            back: 0,
            heeded: 0,
            unheeded: 0,
            one_sided_connections: 0,
            sealed: Default::default(),
        }];
        pairs.iter_mut().for_each(change);
        let mut terms = Terms::default();
        terms.capture.require_both_directions = agreed(required);
        check(&CaptureSubject { pairs: &pairs, policy: &Policy::baseline(), terms: &terms, first: None, last: None })
    }

    #[test]
    fn a_silent_side_breaks_it() {
        assert_eq!(observed(&judge(10, 0, 0, true)), ["no SIP message from 198.51.100.33 to 192.0.2.17"]);
        assert_eq!(observed(&judge(0, 12, 0, true)), ["no SIP message from 192.0.2.17 to 198.51.100.33"]);
        assert_eq!(observed(&judge(5, 5, 1, true)).len(), 1);
    }

    #[test]
    fn a_sender_that_heard_nothing_does_not_show_the_tap_to_be_blind() {
        let of = |heeded, unheeded| judge_pair(true, |pair| (pair.forth, pair.heeded, pair.unheeded) = (24, heeded, unheeded));
        assert_eq!(of(0, 20), Verdict::Indeterminate(Reason::OneWay));
        assert_eq!(observed(&of(1, 20)).len(), 1, "an ACK follows an answer");
        assert_eq!(observed(&of(0, 0)).len(), 1);
    }

    #[test]
    fn both_directions_keep_it() {
        assert_eq!(judge(10, 1, 0, true), Verdict::Pass);
    }

    #[test]
    fn few_messages_cannot_be_judged() {
        assert_eq!(judge(9, 0, 0, true), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(judge(0, 0, 0, true), Verdict::NotApplicable);
        assert_eq!(judge(10, 0, 0, false), Verdict::NotApplicable);
    }
}
