//! Takes a limit on one source with the load that it met, gives whether that stayed within, never who the source is.

use super::excess;
use crate::policy::{LimitKind, LimitScope, Severity};
use crate::rules::{Check, LimitSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAC-CPS-002",
    name: "source-exceeds-its-share",
    title: "single source exceeds its share",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Originating,
    reference: "RFC 6404 §2, §4",
    keys: &["admission.limit"],
    what: "No single calling number, called number or source SBE (whichever the limit names as its key) begins more session requests in \
          a window, or holds more sessions at once, than the limit says.",
    why: "One number that calls a hundred times a minute is a robocaller, a broken PBX or an attack; one number that is called so often \
          is its victim.",
    confirm: "Filter `sip.Method == \"INVITE\" && sip.from.user == \"NUMBER\"` (or `sip.r-uri.user`) around the time of the exhibit.",
    fix: "limit the source on the originating SBE and find out who it is",
    check: Check::Limit(check),
};

fn check(subject: &LimitSubject<'_>) -> Verdict {
    let limit = subject.limit;
    if limit.scope != LimitScope::Source || !matches!(limit.kind, LimitKind::Attempts | LimitKind::Concurrent) {
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
    fn a_source_beyond_its_share_breaks_it() {
        let verdict = of(check, LimitKind::Attempts, LimitScope::Source, None, 1);
        assert_eq!(observed(&verdict), ["more than 40 attempts in 1 s"]);
    }

    #[test]
    fn sources_within_their_share_keep_it() {
        assert_eq!(of(check, LimitKind::Concurrent, LimitScope::Source, None, 0), Verdict::Pass);
    }

    #[test]
    fn limits_on_more_than_one_source_are_not_judged() {
        assert_eq!(of(check, LimitKind::Attempts, LimitScope::Direction, None, 1), Verdict::NotApplicable);
        assert_eq!(of(check, LimitKind::BandwidthKbps, LimitScope::Source, None, 1), Verdict::NotApplicable);
    }
}
