//! Takes a limit on media bandwidth with the load that it met, gives whether that stayed within, never a limit on sessions.

use super::excess;
use crate::metrics::Blank;
use crate::policy::{LimitKind, Severity};
use crate::rules::{Check, LimitSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAC-BW-001",
    name: "too-much-media-bandwidth",
    title: "aggregate media bandwidth above the limit",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Interval,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.2 (aggregate media bandwidth per peer)",
    keys: &["admission.limit"],
    what: "In no second, aligned to the clock, do the RTP packets of calls take more bits of IP than the limit says, headers included, in \
           the direction in which they go, whoever called (basis measured); or the b=AS (else b=TIAS) lines of the receivers of all live \
           sessions together never announce more (basis signalled; of a fork, those of the branch that was answered). A limit of scope sbe \
           holds for the border element that receives; with scope pair both directions count together. Each time span above the limit is \
           one breach; its evidence is the stream whose rise went beyond. Media of sessions that passes elsewhere cannot be judged, nor a \
           limit on one source, nor a sum of which some description gives no bandwidth.",
    why: "The link and the border elements are built for so much. Beyond it every call on it loses packets, not only those in excess.",
    confirm: "Statistics, I/O Graphs in Wireshark with the filter `rtp && ip.src == …`, unit bits, an interval of one second; its octets \
              count the link layer too, the limit does not.",
    fix: "limit sessions or codecs on the sending side, or agree on more bandwidth",
    check: Check::Limit(check),
};

fn check(subject: &LimitSubject<'_>) -> Verdict {
    if subject.limit.kind != LimitKind::BandwidthKbps {
        return Verdict::NotApplicable;
    }
    match (excess::judge(subject), subject.blank) {
        (Verdict::Pass, Some(Blank::NoMedia)) => Verdict::Indeterminate(Reason::OffPath),
        (Verdict::Pass, Some(Blank::Unsaid | Blank::NoSource)) => Verdict::Indeterminate(Reason::NoAuxInput),
        (verdict, _) => verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::excess::tests::{of, subject_of};
    use super::*;
    use crate::policy::LimitScope;
    use crate::rules::scene::observed;

    const KIND: LimitKind = LimitKind::BandwidthKbps;

    #[test]
    fn more_than_agreed_breaks_it() {
        assert_eq!(observed(&of(check, KIND, LimitScope::Direction, None, 1)), ["more than 40 kbit/s of media"]);
        let unsaid = subject_of(KIND, LimitScope::Direction, 1, Some(Blank::Unsaid), check);
        assert_eq!(observed(&unsaid), ["more than 40 kbit/s of media"], "what is not announced comes on top");
    }

    #[test]
    fn what_was_agreed_keeps_it() {
        assert_eq!(of(check, KIND, LimitScope::TrunkGroup, None, 0), Verdict::Pass);
    }

    #[test]
    fn media_elsewhere_and_sums_with_holes_cannot_be_judged() {
        let blank = |blank| subject_of(KIND, LimitScope::Direction, 0, Some(blank), check);
        assert_eq!(blank(Blank::NoMedia), Verdict::Indeterminate(Reason::OffPath));
        assert_eq!([blank(Blank::Unsaid), blank(Blank::NoSource)], [const { Verdict::Indeterminate(Reason::NoAuxInput) }; 2]);
    }

    #[test]
    fn other_limits_are_not_judged() {
        assert_eq!(of(check, LimitKind::Concurrent, LimitScope::Direction, None, 1), Verdict::NotApplicable);
    }
}
