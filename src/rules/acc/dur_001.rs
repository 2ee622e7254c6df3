//! Takes the media of an answered call, gives whether it lasted as long as the signalling says, never a charge.

use crate::base::Time;
use crate::binding::{CallMedia, Hop, Side, SideTag};
use crate::call::Trace;
use crate::policy::Severity;
use crate::rules::med::rtp_003::moved_away;
use crate::rules::{Breach, Check, MediaSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "ACC-DUR-001",
    name: "durations-disagree",
    title: "signalling and media durations disagree",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 6271 App. A.1; RFC 6076 §5.5",
    keys: &["accounting.duration_tolerance_s"],
    what: "The time from answer to BYE and the time from the first packet of audio, video or fax after the answer to the last one differ \
           by no more than agreed, in calls without hold. Where a side suppresses silence, or media moved to where the tap sees none, the \
           end of media is not known.",
    why: "Calls are charged by signalling. Where media stops long before or goes on, somebody pays for silence, or talks for free.",
    confirm: "Filter `sip.Call-ID == \"…\" || rtp` for the call and compare the times of 200, BYE, first and last RTP packet.",
    fix: "find the side that keeps the session without media, or the media without session; session timers and media timeouts end such \
           calls",
    check: Check::Media(check),
};

fn check(subject: &MediaSubject<'_>) -> Verdict {
    let (call, Some(clause)) = (subject.call, &subject.terms.accounting.duration_tolerance_s) else { return Verdict::NotApplicable };
    let Some(answered) = call.answered else { return Verdict::NotApplicable };
    let Some(end) = call.ended(Time(i64::MAX)) else { return Verdict::Indeterminate(Reason::Boundary) };
    let Some(dialogs) = call.answered_dialogs() else { return Verdict::Indeterminate(Reason::NoAuxInput) };
    if dialogs.iter().any(|&(hop, tag)| call.accords(hop, tag).any(|(_, offer, answer)| is_held(offer, answer))) {
        return Verdict::NotApplicable;
    }
    let holds = |&(hop, tag): &(Hop, SideTag)| {
        call.accords(hop, tag).all(|(since, ..)| {
            let next = call.accords(hop, tag).map(|(at, ..)| at).find(|at| *at > since);
            call.holds_until(hop, tag, since) >= next.unwrap_or(Time(i64::MAX))
        })
    };
    if !dialogs.iter().all(holds) {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    if dialogs.iter().any(|&(hop, tag)| moved_away(subject, hop, tag).is_some()) {
        return Verdict::Indeterminate(Reason::OffPath);
    }
    let own = call.sent.iter().filter(|s| s.ended >= answered && call.is_continuous(s));
    if own.clone().any(|s| s.shared) {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    let faxes = call.faxes.iter().map(|&(_, from, to)| (from, to)).filter(|(_, to)| *to >= answered);
    // Who suppresses silence may have been there to the end.
    let is_silent = own.clone().any(|s| s.says_silence || s.quiet.iter().any(|(from, _)| *from >= answered));
    let spans = own.map(|s| (s.begun, s.ended)).chain(faxes);
    let Some((begun, last)) = spans.map(|(from, to)| (from.max(answered), to)).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))) else {
        return Verdict::Indeterminate(Reason::OffPath);
    };
    let (signalling, media) = (end.seconds_since(answered), last.seconds_since(begun));
    let (longer, difference) = if signalling > media { ("signalling", signalling - media) } else { ("media", media - signalling) };
    if difference <= clause.value {
        return Verdict::Pass;
    }
    if is_silent && signalling > media {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    let observed = format!("{longer} longer by more than {} s", clause.value);
    let line = format!("answer to BYE {signalling:.1} s, media {media:.1} s");
    let answer = call.sessions.first().and_then(|session| session.answer.as_deref()).cloned().unwrap_or_default();
    let exhibit = Trace { line: line.as_bytes().into(), ..answer };
    Verdict::breach(Breach::of_clause(clause, observed, format!("at most {} s apart", clause.value)).seen_in(&exhibit))
}

/// Whether an exchange leaves no line on which both sides may send; a picture that goes one way is no hold.
fn is_held(offer: &crate::binding::Said, answer: &crate::binding::Said) -> bool {
    let lines = offer.sdp.media().len().min(answer.sdp.media().len());
    !(0..lines).any(|line| [Side::Caller, Side::Callee].iter().all(|&side| CallMedia::may_send(side, line, offer, answer)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::passage::{Passage, ms};
    use crate::rules::scene::{agreed, observed};

    /// Answered at 101 s; media from 101.1 s to 111.08 s; over at so many milliseconds.
    fn over(at: i64) -> Passage {
        let passage = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").ended(at);
        passage.agreed(|t| t.accounting.duration_tolerance_s = agreed(2.0))
    }

    #[test]
    fn a_session_without_media_at_its_end_breaks_it() {
        let verdict = over(120_000).judge_call(&RULE);
        assert_eq!(observed(&verdict), ["signalling longer by more than 2 s"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].exhibit.as_ref().unwrap().text(), "answer to BYE 19.0 s, media 10.0 s");
        assert_eq!(observed(&over(105_000).judge_call(&RULE)), ["media longer by more than 2 s"]);
    }

    #[test]
    fn early_media_does_not_count_and_what_agrees_keeps_it() {
        assert_eq!(over(112_000).judge_call(&RULE), Verdict::Pass);
        assert_eq!(over(112_000).with(|s| s.begun = ms(98_500)).judge_call(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_fax_is_media_and_text_comes_when_somebody_types() {
        assert_eq!(over(120_000).faxed(111_100, 119_500).judge_call(&RULE), Verdict::Pass);
        let text = |port| format!("m=text {port} RTP/AVP 98\na=rtpmap:98 t140/1000\n");
        let typed = Passage::of(&text(4000), &text(5000)).ended(120_000).agreed(|t| t.accounting.duration_tolerance_s = agreed(2.0));
        assert_eq!(typed.judge_call(&RULE), Verdict::Indeterminate(Reason::OffPath));
    }

    #[test]
    fn a_picture_that_goes_one_way_is_no_hold() {
        let lines = |audio, video, direction| format!("m=audio {audio} RTP/AVP 8\nm=video {video} RTP/AVP 96\na={direction}\n");
        let seen = |end| {
            let passage = Passage::of(&lines(4000, 4002, "sendonly"), &lines(5000, 5002, "recvonly")).ended(end);
            passage.agreed(|t| t.accounting.duration_tolerance_s = agreed(2.0)).judge_call(&RULE)
        };
        assert_eq!(observed(&seen(120_000)), ["signalling longer by more than 2 s"]);
        assert_eq!(seen(112_000), Verdict::Pass);
    }

    #[test]
    fn held_open_and_mute_calls_are_not_judged() {
        let held =
            over(120_000).exchange(105_000, Side::Callee, "m=audio 5000 RTP/AVP 8\na=inactive\n", "m=audio 4000 RTP/AVP 8\na=inactive\n");
        assert_eq!(held.judge_call(&RULE), Verdict::NotApplicable);
        assert_eq!(over(120_000).open().judge_call(&RULE), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(over(120_000).silent().judge_call(&RULE), Verdict::Indeterminate(Reason::OffPath));
    }
}
