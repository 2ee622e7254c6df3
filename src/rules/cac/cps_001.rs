//! Takes a limit on session attempts with the load that it met, gives whether that stayed within, never a limit on one source.

use super::excess;
use crate::policy::{LimitKind, LimitScope, Severity};
use crate::rules::{Check, LimitSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAC-CPS-001",
    name: "attempt-rate-too-high",
    title: "session attempt rate above the limit",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Originating,
    reference: "RFC 6271 App. A.2 (sessions per unit time); RFC 5486 §3.3",
    keys: &["admission.limit"],
    what: "No more session requests begin in any window of the agreed length than the limit says; with a burst, a token bucket of that \
          depth, refilled at the agreed rate, never runs dry. Retransmissions and follow-up legs of the same request do not count; \
          rejected requests do.",
    why: "Attempts cost the receiving side even when it rejects them. Rates above the agreement come from dialler campaigns, loops and \
          retry storms, and take the trunk away from ordinary calls.",
    confirm: "Statistics, I/O Graphs in Wireshark with the filter `sip.Method == \"INVITE\" && !sip.to.tag` and an interval of one \
          window.",
    fix: "pace session attempts on the originating SBE (call gapping), and look for what loops or retries",
    check: Check::Limit(check),
};

fn check(subject: &LimitSubject<'_>) -> Verdict {
    let limit = subject.limit;
    if limit.kind != LimitKind::Attempts || limit.scope == LimitScope::Source {
        return Verdict::NotApplicable;
    }
    excess::judge(subject)
}

#[cfg(test)]
mod tests {
    use super::excess::tests::of;
    use super::*;
    use crate::rules::scene::observed;

    #[test]
    fn too_many_attempts_break_it() {
        let window = of(check, LimitKind::Attempts, LimitScope::Sbe, None, 1);
        assert_eq!(observed(&window), ["more than 40 attempts in 1 s"]);
        let bucket = of(check, LimitKind::Attempts, LimitScope::Direction, Some(60.0), 1);
        assert_eq!(observed(&bucket), ["more than 40 attempts in 1 s, bursts of 60"]);
    }

    #[test]
    fn a_rate_within_the_limit_keeps_it() {
        assert_eq!(of(check, LimitKind::Attempts, LimitScope::Direction, None, 0), Verdict::Pass);
    }

    #[test]
    fn other_limits_are_not_judged() {
        assert_eq!(of(check, LimitKind::Concurrent, LimitScope::Direction, None, 1), Verdict::NotApplicable);
        assert_eq!(of(check, LimitKind::Attempts, LimitScope::Source, None, 1), Verdict::NotApplicable);
    }
}
