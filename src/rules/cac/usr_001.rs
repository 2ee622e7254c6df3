//! Takes a limit on active users with the load that it met, gives whether that stayed within, never who they are.

use super::excess;
use crate::policy::{LimitKind, Severity};
use crate::rules::{Check, LimitSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAC-USR-001",
    name: "too-many-active-users",
    title: "active users above the limit",
    severity: Severity::Low,
    tier: 3,
    scope: Scope::Interval,
    offender: Offender::Originating,
    reference: "RFC 6271 App. A.2 (active users or subscribers per unit time)",
    keys: &["admission.limit"],
    what: "In any window of the agreed length no more different callers (P-Asserted-Identity, else From, in the form in which numbers are \
           compared) open session requests than the limit of kind `active_users` says.",
    why: "The number of users is what licences and contracts count; one that jumps tells of traffic that is not the peer's own.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag` in the window of the exhibit and count the values of `sip.pai.user`, else \
           `sip.from.user`.",
    fix: "find out whose users they are; agree on more, or keep them out",
    check: Check::Limit(check),
};

fn check(subject: &LimitSubject<'_>) -> Verdict {
    if subject.limit.kind != LimitKind::ActiveUsers {
        return Verdict::NotApplicable;
    }
    excess::judge(subject)
}

#[cfg(test)]
mod tests {
    use super::excess::tests::of;
    use super::*;
    use crate::policy::LimitScope;
    use crate::rules::scene::observed;

    #[test]
    fn more_users_break_it() {
        let verdict = of(check, LimitKind::ActiveUsers, LimitScope::Direction, None, 1);
        assert_eq!(observed(&verdict), ["more than 40 users in 1 s"]);
    }

    #[test]
    fn as_many_as_agreed_keep_it() {
        assert_eq!(of(check, LimitKind::ActiveUsers, LimitScope::Direction, None, 0), Verdict::Pass);
    }

    #[test]
    fn other_limits_are_not_judged() {
        assert_eq!(of(check, LimitKind::Messages, LimitScope::Direction, None, 1), Verdict::NotApplicable);
    }
}
