//! Takes what the capture lacks although it passed, gives whether that is more than agreed, never a loss of the network.

use crate::call::Trace;
use crate::media::Concerted;
use crate::policy::Severity;
use crate::rules::{Breach, Check, IntakeSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAP-LOSS-001",
    name: "capture-incomplete",
    title: "capture is incomplete",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Global,
    offender: Offender::Capture,
    reference: "RFC 6076 §3",
    keys: &["capture.max_drop_ratio", "capture.min_parallel_streams"],
    what: "Of all packets, those that passed and are not, or not whole, in the capture are no more than the agreed share: packets that the \
           capturing program says it lost (pcapng interface statistics), SIP messages and RTP headers that the snapshot length cut, \
           holes in TCP and SCTP that the receiver acknowledged, and media packets that are missing in pauses of 20 ms or more which at \
           least `capture.min_parallel_streams` streams, and no fewer than half of those that then go on, have in common. A capture in \
           which nothing could show a loss, because it has neither statistics nor TCP nor so many streams for half of the time that it has \
           any, is not judged.",
    why: "What the tap lost looks like what the peer never sent: missing answers, retransmissions, media loss. Ratios and delays of \
          such a capture are not what RFC 6076 means.",
    confirm: "Statistics, Capture File Properties in Wireshark shows the drops; filter `tcp.analysis.ack_lost_segment` or `frame.cap_len < \
              frame.len`.",
    fix: "capture on a faster machine or disk, with a larger kernel buffer (`tcpdump -B`) and without a snapshot length (`-s 0`)",
    check: Check::Intake(check),
};

/// What an exhibit says.
const PAUSE: &[u8] = b"the first packet after a pause of many streams";

fn check(subject: &IntakeSubject<'_>) -> Verdict {
    let (losses, captures) = (&subject.losses, subject.captures);
    let Some(limit) = subject.terms.capture.max_drop_ratio.as_ref().filter(|_| losses.frames > 0) else { return Verdict::NotApplicable };
    let dropped = captures.iter().fold(0u64, |sum, capture| sum.saturating_add(capture.dropped));
    let parts = [
        (dropped, "lost by the capturing program"),
        (losses.cut_messages, "SIP messages cut"),
        (losses.beheaded, "datagrams cut to less than a header"),
        (losses.holes, "holes in streams"),
        (losses.concerted.missing, "media packets that many streams lack at once"),
    ];
    let affected = parts.iter().fold(0u64, |sum, (n, _)| sum.saturating_add(*n));
    let total = losses.frames.saturating_add(dropped).saturating_add(losses.concerted.missing);
    #[allow(clippy::cast_precision_loss)]
    if affected as f64 > limit.value * total as f64 {
        let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{what}: {n}")).collect();
        let agreed = format!("at most {} of all packets", limit.value);
        let breach = Breach::of_clause(limit, format!("{}, of {total} packets", parts.join(", ")), agreed);
        return Verdict::breach(match losses.concerted.paused {
            Some((origin, at)) => breach.seen_in(&Trace { origin, first: at, last: at, line: PAUSE.into(), ..Trace::default() }),
            None => breach,
        });
    }
    let Concerted { voiced, watched, .. } = losses.concerted;
    let enough = watched > 0 && watched >= voiced / 2;
    let could_show = losses.segments > 0 || enough || captures.iter().any(|capture| capture.counts_drops);
    if could_show || affected > 0 { Verdict::Pass } else { Verdict::Indeterminate(Reason::NoAuxInput) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Origin, Time};
    use crate::capture::CaptureInfo;
    use crate::policy::Terms;
    use crate::rules::Losses;
    use crate::rules::scene::{agreed, observed};

    fn judge(losses: Losses, dropped: Option<u64>) -> Verdict {
        let capture = CaptureInfo { dropped: dropped.unwrap_or(0), counts_drops: dropped.is_some(), ..CaptureInfo::default() };
        let mut terms = Terms::default();
        terms.capture.max_drop_ratio = agreed(0.001);
        terms.capture.min_parallel_streams = agreed(3);
        check(&IntakeSubject { captures: &[capture], losses, terms: &terms })
    }

    #[test]
    fn drops_cuts_and_holes_break_it() {
        let thousand = Losses { frames: 1000, ..Losses::default() };
        assert_eq!(observed(&judge(thousand, Some(4))), ["lost by the capturing program: 4, of 1004 packets"]);
        let cut = Losses { cut_messages: 2, beheaded: 1, holes: 1, ..thousand };
        assert_eq!(
            observed(&judge(cut, None)),
            ["SIP messages cut: 2, datagrams cut to less than a header: 1, holes in streams: 1, of 1000 packets"]
        );
    }

    #[test]
    fn what_many_streams_lack_at_once_breaks_it() {
        let concerted = Concerted { pauses: 1, missing: 40, paused: Some((Origin::default(), Time(7))), ..Concerted::NONE };
        let verdict = judge(Losses { frames: 1000, concerted, ..Losses::default() }, None);
        assert_eq!(observed(&verdict), ["media packets that many streams lack at once: 40, of 1040 packets"]);
        let whole = Losses { frames: 1000, concerted: Concerted { voiced: 100, watched: 60, ..Concerted::NONE }, ..Losses::default() };
        assert_eq!(judge(whole, None), Verdict::Pass, "enough streams for most of the time would show it");
        let few = Losses { concerted: Concerted { voiced: 100, watched: 40, ..Concerted::NONE }, ..whole };
        assert_eq!(judge(few, None), Verdict::Indeterminate(Reason::NoAuxInput));
    }

    #[test]
    fn what_can_show_losses_and_shows_few_keeps_it() {
        let thousand = Losses { frames: 1000, ..Losses::default() };
        assert_eq!(judge(thousand, Some(0)), Verdict::Pass);
        assert_eq!(judge(Losses { segments: 3, ..thousand }, None), Verdict::Pass);
        assert_eq!(judge(Losses { holes: 1, ..thousand }, None), Verdict::Pass, "one in a thousand is agreed");
    }

    #[test]
    fn a_capture_that_can_show_no_loss_cannot_be_judged() {
        let thousand = Losses { frames: 1000, ..Losses::default() };
        assert_eq!(judge(thousand, None), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(judge(Losses::default(), None), Verdict::NotApplicable);
    }
}
