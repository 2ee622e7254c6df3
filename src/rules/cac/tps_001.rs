//! Takes a limit on transactions or messages with the load that it met, gives whether that stayed within, never which method it was.

use super::excess;
use crate::policy::{LimitKind, Severity};
use crate::rules::{Check, LimitSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAC-TPS-001",
    name: "transaction-rate-too-high",
    title: "SIP transaction or message rate above the limit",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Interval,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1 (maximum SIP transactions per second per domain), App. A.2",
    keys: &["admission.limit"],
    what: "No more transactions of any method begin in any window of the agreed length than the limit of kind `transactions` says, and no \
           more MESSAGE requests than that of kind `messages`; with a burst, a token bucket of that depth decides. Repetitions and ACK, \
           which is no transaction of its own, do not count; each request counts in its own direction.",
    why: "Border elements are built for so many transactions a second. Floods of OPTIONS, REGISTER or MESSAGE take calls down with them.",
    confirm: "Statistics, SIP Statistics in Wireshark, or `sip.Method && !(sip.Method == \"ACK\")` with an I/O graph at the window's \
           length.",
    fix: "limit the rate on the sending SBE, spread keep-alives, or agree on more",
    check: Check::Limit(check),
};

fn check(subject: &LimitSubject<'_>) -> Verdict {
    if !matches!(subject.limit.kind, LimitKind::Transactions | LimitKind::Messages) {
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
    fn each_excursion_breaks_it() {
        let verdict = of(check, LimitKind::Transactions, LimitScope::Sbe, None, 2);
        assert_eq!(observed(&verdict), ["more than 40 transactions in 1 s"; 2]);
        assert_eq!(
            observed(&of(check, LimitKind::Messages, LimitScope::Source, Some(60.0), 1)),
            ["more than 40 messages in 1 s, bursts of 60"]
        );
    }

    #[test]
    fn a_rate_within_the_limit_keeps_it() {
        assert_eq!(of(check, LimitKind::Messages, LimitScope::Direction, None, 0), Verdict::Pass);
    }

    #[test]
    fn other_limits_are_not_judged() {
        assert_eq!(of(check, LimitKind::Attempts, LimitScope::Direction, None, 1), Verdict::NotApplicable);
    }
}
