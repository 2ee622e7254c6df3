//! Takes the media of an answered call, gives whether each side sent what it might, never how well it came through.

use std::collections::BTreeSet;

use crate::base::{Time, seconds as nanoseconds};
use crate::binding::{CallMedia, Hop, Said, Sent, Side, SideTag};
use crate::call::Trace;
use crate::policy::{Clause, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, MediaSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sdp::Media;

use super::agreement::word;

pub(crate) static RULE: Rule = Rule {
    id: "MED-RTP-003",
    name: "no-media-or-one-way",
    title: "no media or one-way media in an answered call",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 3264 §6",
    keys: &["media.transport.no_media_s", "media.transport.max_gap_s"],
    what: "Between answer and BYE each side sends RTP on every audio or video stream on which the agreed directions let it, for as long as \
           the agreed time at least; and no silence of its audio is longer than agreed, but for hold and comfort noise. Calls whose media \
           passes elsewhere cannot be judged.",
    why: "One-way audio is the fault that users report most, and the caller pays for it.",
    confirm: "Telephony, RTP, RTP Streams in Wireshark: the stream of the finding's side is missing, or ends early; compare with the \
           addresses in both SDPs.",
    fix: "follow the silent side's media from its gateway: wrong address in SDP, a filter on the way, or a relay that waits for the first \
           packet",
    check: Check::Media(check),
};

fn check(subject: &MediaSubject<'_>) -> Verdict {
    let transport = &subject.terms.media.transport;
    let (call, Some(answered)) = (subject.call, subject.call.answered) else { return Verdict::NotApplicable };
    if transport.no_media_s.is_none() && transport.max_gap_s.is_none() {
        return Verdict::NotApplicable;
    }
    let Some(end) = call.ended(Time(i64::MAX)).or(subject.end) else { return Verdict::Indeterminate(Reason::Boundary) };
    let Some(dialogs) = call.answered_dialogs() else { return Verdict::Indeterminate(Reason::NoAuxInput) };
    let answer = call.sessions.first().and_then(|session| session.answer.clone()).unwrap_or_default();
    let (mut breaches, mut off_path) = (Distinct::default(), false);
    for (hop, tag) in dialogs {
        let sent =
            |side, line| call.sent.iter().filter(move |s| s.bound.side == side && usize::from(s.bound.line) == line && call.passes(s, hop));
        let here = call.sent.iter().any(|s| call.passes(s, hop));
        if !here && !passes_here(subject, hop, tag) {
            off_path = true;
            continue;
        }
        let end = moved_away(subject, hop, tag).map_or(end, |left| left.min(end));
        for (side, line, kind, open) in expected(call, hop, tag, answered, end) {
            let own: Vec<&Sent> = sent(side, line).collect();
            if let Some(clause) = transport.no_media_s.as_ref().filter(|c| seconds(&open) >= c.value) {
                breaches.judge();
                let faxed = call.faxes.iter().any(|(by, _, last)| *by == side && *last >= answered);
                if own.iter().all(|s| s.ended < answered) && !faxed {
                    breaches.add(silent(clause, &kind, side).seen_in(&answer));
                    continue;
                }
            }
            let judgeable = kind == "audio" && !own.is_empty() && own.iter().all(|s| !s.shared && !s.says_silence);
            if let Some(clause) = transport.max_gap_s.as_ref().filter(|_| judgeable) {
                breaches.judge();
                if let Some((from, to)) = quiet(&open, &own, &call.faxes).into_iter().max_by_key(|(from, to)| to.since(*from))
                    && to.seconds_since(from) > clause.value
                {
                    let observed = format!("silence of the {} for more than {} s", side.name(), clause.value);
                    let line = format!("nothing from {} for {:.1} s", from.clock(), to.seconds_since(from));
                    let exhibit = Trace { line: line.as_bytes().into(), ..(*answer).clone() };
                    let breach = Breach::of_clause(clause, observed, format!("at most {} s", clause.value));
                    breaches.add(breach.by(MediaSubject::offender(side)).seen_in(&exhibit));
                }
            }
        }
    }
    match breaches.verdict() {
        Verdict::NotApplicable if off_path => Verdict::Indeterminate(Reason::OffPath),
        verdict => verdict,
    }
}

fn silent(clause: &Clause<f64>, kind: &str, side: Side) -> Breach {
    let observed = format!("no {} from the {}", word(kind), side.name());
    Breach::of_clause(clause, observed, format!("media within {} s of an answered call", clause.value)).by(MediaSubject::offender(side))
}

/// Whether the capture holds other media between the hosts that this dialog names: then its own would be there too.
fn passes_here(subject: &MediaSubject<'_>, hop: Hop, tag: SideTag) -> bool {
    let hosts = |side| {
        let said = subject.call.said.iter().filter(move |said| said.side == side && said.is_with(hop, tag));
        said.flat_map(|said| said.sdp.media()).filter(|m| m.is_active()).filter_map(Media::ip)
    };
    hosts(Side::Caller).any(|a| hosts(Side::Callee).any(|b| subject.known.has_media_between(a, b)))
}

/// From when on media passes elsewhere: an exchange named other hosts, nothing of the call passed after it, and nothing passes between those.
pub(in crate::rules) fn moved_away(subject: &MediaSubject<'_>, hop: Hop, tag: SideTag) -> Option<Time> {
    let hosts = |said: &Said| said.sdp.media().iter().filter(|m| m.is_active()).filter_map(Media::ip).collect::<BTreeSet<_>>();
    let named = |(since, offer, answer): (Time, &Said, &Said)| {
        let (caller, callee) = if offer.side == Side::Caller { (offer, answer) } else { (answer, offer) };
        (since, hosts(caller), hosts(callee))
    };
    let accords: Vec<_> = subject.call.accords(hop, tag).map(named).collect();
    let (_, callers, callees) = accords.last()?;
    let since = accords.windows(2).rev().find_map(|pair| match pair {
        [(_, a, b), (since, c, d)] if (a, b) != (c, d) => Some(*since),
        _ => None,
    })?;
    let passes = callers.iter().any(|&a| callees.iter().any(|&b| subject.known.has_media_between(a, b)));
    (!passes && subject.call.sent.iter().all(|sent| sent.ended <= since.plus(UNDER_WAY))).then_some(since)
}

/// How long what was sent before an exchange may still come.
const UNDER_WAY: i64 = nanoseconds(1);

/// Each stream that a side may send: the side, the line, its media type, and when.
type Expected = (Side, usize, String, Vec<(Time, Time)>);

fn expected(call: &CallMedia, hop: Hop, tag: SideTag, answered: Time, end: Time) -> Vec<Expected> {
    let accords: Vec<(Time, &Said, &Said)> = call.accords(hop, tag).collect();
    let lines = accords.iter().map(|(_, offer, answer)| offer.sdp.media().len().min(answer.sdp.media().len())).max().unwrap_or_default();
    let mut all = Vec::new();
    for (line, side) in (0..lines.min(LINES)).flat_map(|line| [(line, Side::Caller), (line, Side::Callee)]) {
        let mut open: Vec<(Time, Time)> = Vec::new();
        let mut kind = "";
        for (n, (since, offer, answer)) in accords.iter().enumerate() {
            let until = accords.get(n + 1).map_or(end, |next| next.0.min(end)).min(call.holds_until(hop, tag, *since));
            let since = (*since).max(answered);
            let media = offer.sdp.media().get(line).filter(|m| m.is_rtp() && matches!(&*m.kind, "audio" | "video"));
            if let Some(media) = media.filter(|_| since < until && CallMedia::may_send(side, line, offer, answer)) {
                kind = &media.kind;
                open.push((since, until));
            }
        }
        if !open.is_empty() {
            all.push((side, line, kind.to_owned(), open));
        }
    }
    all
}

/// Lines of a call that are looked at.
const LINES: usize = 16;

fn seconds(open: &[(Time, Time)]) -> f64 {
    open.iter().map(|(from, to)| to.seconds_since(*from)).sum()
}

/// The parts of `open` in which nothing was sent; during a fax the line is not silent, whoever sends.
fn quiet(open: &[(Time, Time)], sent: &[&Sent], faxes: &[(Side, Time, Time)]) -> Vec<(Time, Time)> {
    let mut active: Vec<(Time, Time)> = faxes.iter().map(|&(_, from, to)| (from, to)).collect();
    for stream in sent {
        let mut from = stream.begun;
        for &(pause, on) in &stream.quiet {
            active.push((from, pause));
            from = on;
        }
        active.push((from, stream.ended));
    }
    active.sort_unstable();
    let mut quiet = Vec::new();
    for &(from, to) in open {
        let mut at = from;
        for &(start, stop) in &active {
            if start > at && at < to {
                quiet.push((at, start.min(to)));
            }
            at = at.max(stop);
        }
        if at < to {
            quiet.push((at, to));
        }
    }
    quiet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::passage::{Passage, ms};
    use crate::rules::scene::{agreed, observed};

    const AUDIO: [&str; 2] = ["m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n"];

    /// A call of eleven seconds in which the caller sends for ten.
    fn call() -> Passage {
        terms(Passage::of(AUDIO[0], AUDIO[1]))
    }

    fn terms(passage: Passage) -> Passage {
        passage.agreed(|t| {
            t.media.transport.no_media_s = agreed(5.0);
            t.media.transport.max_gap_s = agreed(3.0);
        })
    }

    #[test]
    fn a_silent_side_breaks_it() {
        let verdict = call().judge_call(&RULE);
        assert_eq!(observed(&verdict), ["no audio from the callee"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].offender, Some(Offender::Terminating));
    }

    #[test]
    fn a_long_pause_breaks_it() {
        let both = call().stream(Side::Callee, |s| s.ended = ms(108_500));
        assert_eq!(observed(&both.judge_call(&RULE)), ["silence of the callee for more than 3 s"]);
        let noise = call().stream(Side::Callee, |s| (s.ended, s.comfort_noise) = (ms(108_500), 3));
        assert_eq!(noise.judge_call(&RULE), Verdict::Pass);
    }

    #[test]
    fn both_sides_heard_keep_it() {
        assert_eq!(call().stream(Side::Callee, |_| ()).judge_call(&RULE), Verdict::Pass);
    }

    #[test]
    fn hold_is_no_silence() {
        let held = terms(Passage::of("m=audio 4000 RTP/AVP 8\na=sendonly\n", "m=audio 5000 RTP/AVP 8\na=recvonly\n"));
        assert_eq!(held.judge_call(&RULE), Verdict::Pass);
        // The callee speaks for five seconds, then is held.
        let later = call().stream(Side::Callee, |s| s.ended = ms(106_000));
        let later = later.exchange(105_000, Side::Caller, "m=audio 4000 RTP/AVP 8\na=sendonly\n", "m=audio 5000 RTP/AVP 8\na=recvonly\n");
        assert_eq!(later.judge_call(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_fax_is_no_silence() {
        let quiet = || call().stream(Side::Callee, |s| s.ended = ms(105_000));
        assert_eq!(observed(&quiet().judge_call(&RULE)), ["silence of the callee for more than 3 s"]);
        assert_eq!(quiet().faxed(105_500, 111_500).judge_call(&RULE), Verdict::Pass);
    }

    #[test]
    fn media_elsewhere_and_short_or_unanswered_calls_are_not_judged() {
        assert_eq!(call().silent().judge_call(&RULE), Verdict::Indeterminate(Reason::OffPath));
        assert_eq!(call().unanswered().judge_call(&RULE), Verdict::NotApplicable);
        let short = terms(Passage::of(AUDIO[0], AUDIO[1])).ended(104_000);
        assert_eq!(short.with(|s| s.ended = ms(104_000)).judge_call(&RULE), Verdict::Pass);
    }
}
