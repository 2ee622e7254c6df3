//! Takes a limit on concurrent sessions with the load that it met, gives whether that stayed within, never a limit on one source.

use super::excess;
use crate::policy::{LimitKind, LimitScope, Severity};
use crate::rules::{Check, LimitSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAC-CONC-001",
    name: "too-many-concurrent-sessions",
    title: "concurrent sessions above the limit",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Originating,
    reference: "RFC 6271 §3.1, App. A.2 (maximum number of active calls)",
    keys: &["admission.limit"],
    what: "No more sessions are alive at once than the limit says, for the pair, direction, trunk group or SBE that it holds for. A \
          session lives from its first 2xx (basis confirmed) or its first INVITE (basis attempted) to its first BYE, failure or inferred \
          end. Each time span above the limit is one breach; its evidence is the INVITE that went beyond.",
    why: "The limit is what the other side has built and what the contract pays for. Beyond it calls of both sides degrade.",
    confirm: "Telephony, VoIP Calls in Wireshark lists calls with start and stop; count those that overlap the time of the exhibit.",
    fix: "limit concurrent sessions on the originating SBE, or agree on more capacity",
    check: Check::Limit(check),
};

fn check(subject: &LimitSubject<'_>) -> Verdict {
    let limit = subject.limit;
    if limit.kind != LimitKind::Concurrent || limit.scope == LimitScope::Source {
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
    fn each_excursion_breaks_it() {
        let verdict = of(check, LimitKind::Concurrent, LimitScope::Direction, None, 2);
        assert_eq!(observed(&verdict), ["more than 40 sessions at once"; 2]);
    }

    #[test]
    fn a_load_within_the_limit_keeps_it() {
        assert_eq!(of(check, LimitKind::Concurrent, LimitScope::Pair, None, 0), Verdict::Pass);
    }

    #[test]
    fn other_limits_are_not_judged() {
        assert_eq!(of(check, LimitKind::Attempts, LimitScope::Direction, None, 1), Verdict::NotApplicable);
        assert_eq!(of(check, LimitKind::Concurrent, LimitScope::Source, None, 1), Verdict::NotApplicable);
    }
}
