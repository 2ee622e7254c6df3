//! Takes the time stamps of the captures, gives whether their clocks step, never whether they are right.

use crate::base::Origin;
use crate::call::Trace;
use crate::capture::ClockStep;
use crate::policy::Severity;
use crate::rules::{Breach, Check, IntakeSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAP-CLOCK-001",
    name: "capture-clock-steps",
    title: "capture clock steps",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Global,
    offender: Offender::Capture,
    reference: "RFC 6076 §3",
    keys: &["capture.clock_step_ms", "capture.min_parallel_streams"],
    what: "No packet has a time stamp that stands before that of its predecessor on the same interface by more than agreed, and at no \
           instant nine of ten media streams, or more, and at least `capture.min_parallel_streams`, go on by more of the capture clock \
           than of their own, all by as much, by more than agreed and for longer than a second. Rules on intervals that a step back falls \
           into are indeterminate for the reason `clock`.",
    why: "Delays, rates and durations are differences of time stamps. One step of the clock, as NTP makes it, falsifies every one that \
          spans it.",
    confirm: "Filter `frame.time_delta < 0` in Wireshark, or run `reordercap -n`.",
    fix: "let the clock of the capturing machine be slewed and not stepped (chrony `makestep` off, or PTP), or merge the captures in order",
    check: Check::Intake(check),
};

fn check(subject: &IntakeSubject<'_>) -> Verdict {
    let Some(limit) = subject.terms.capture.clock_step_ms.as_ref().filter(|_| subject.losses.frames > 0) else {
        return Verdict::NotApplicable;
    };
    let steps = || subject.captures.iter().map(|capture| &capture.clock_steps);
    let (count, largest) = (steps().map(|s| s.count).sum::<u64>(), steps().map(|s| s.largest).max().unwrap_or(0));
    let mut breaches = Vec::new();
    let ahead = &subject.losses.concerted;
    if ahead.steps > 0 {
        let times = if ahead.steps == 1 { "once".to_owned() } else { format!("{} times", ahead.steps) };
        let observed = format!("time stamps run ahead of all media streams {times}, by up to {} ms", ahead.largest / 1_000_000);
        let breach = Breach::of_clause(limit, observed, format!("at most {} ms", limit.value));
        breaches.push(match ahead.stepped {
            Some((origin, at)) => breach.seen_in(&Trace { origin, first: at, last: at, line: STEP.into(), ..Trace::default() }),
            None => breach,
        });
    }
    if count == 0 {
        return Verdict::of(breaches);
    }
    let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
    let observed = format!("time stamps run back {times}, by up to {} ms", largest / 1_000_000);
    let breach = Breach::of_clause(limit, observed, format!("at most {} ms", limit.value));
    let first = (0u32..).zip(steps()).find_map(|(capture, found)| Some((capture, *found.listed.first()?)));
    breaches.push(match first {
        Some((capture, step)) => breach.seen_in(&exhibit(capture, &step)),
        None => breach,
    });
    Verdict::of(breaches)
}

/// What the exhibit of a step forward says.
const STEP: &[u8] = b"the first packet after the clock stepped";

/// The frame behind a step.
fn exhibit(capture: u32, step: &ClockStep) -> Trace {
    let line = format!("{} behind {}", step.time.clock(), step.before.clock());
    let origin = Origin { serial: u64::from(step.frame), capture, frame: step.frame };
    Trace { origin, first: step.time, last: step.time, line: line.as_bytes().into(), ..Trace::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::capture::{CaptureInfo, ClockSteps};
    use crate::policy::Terms;
    use crate::rules::Losses;
    use crate::rules::scene::{agreed, observed};

    fn judge(steps: &[(i64, i64)], frames: u64, limit: bool) -> Verdict {
        let listed: Vec<_> = steps.iter().map(|&(before, time)| ClockStep { frame: 9, time: Time(time), before: Time(before) }).collect();
        let largest = steps.iter().map(|(before, time)| before - time).max().unwrap_or(0);
        let clock_steps = ClockSteps { count: listed.len() as u64, largest, listed };
        let mut terms = Terms::default();
        terms.capture.clock_step_ms = if limit { agreed(20.0) } else { None };
        let captures = [CaptureInfo::default(), CaptureInfo { clock_steps, ..CaptureInfo::default() }];
        check(&IntakeSubject { captures: &captures, losses: Losses { frames, ..Losses::default() }, terms: &terms })
    }

    #[test]
    fn steps_back_break_it() {
        let Verdict::Violation(breaches) = judge(&[(2_000_000_000, 1_000_000_000), (9_000_000_000, 8_900_000_000)], 100, true) else {
            panic!()
        };
        assert_eq!(breaches[0].observed, "time stamps run back 2 times, by up to 1000 ms");
        let exhibit = breaches[0].exhibit.as_ref().unwrap();
        assert_eq!((exhibit.origin.capture, exhibit.origin.frame), (1, 9));
        assert_eq!(exhibit.text(), "00:00:01.000000Z behind 00:00:02.000000Z");
        assert_eq!(observed(&judge(&[(1_000_000_000, 0)], 100, true)), ["time stamps run back once, by up to 1000 ms"]);
    }

    #[test]
    fn steps_ahead_of_all_streams_break_it() {
        let concerted = crate::media::Concerted { steps: 1, largest: 80_000_000, ..crate::media::Concerted::NONE };
        let mut terms = Terms::default();
        terms.capture.clock_step_ms = agreed(20.0);
        let losses = Losses { frames: 100, concerted, ..Losses::default() };
        let verdict = check(&IntakeSubject { captures: &[CaptureInfo::default()], losses, terms: &terms });
        assert_eq!(observed(&verdict), ["time stamps run ahead of all media streams once, by up to 80 ms"]);
    }

    #[test]
    fn time_that_goes_on_keeps_it() {
        assert_eq!(judge(&[], 100, true), Verdict::Pass);
    }

    #[test]
    fn no_frames_and_no_agreement_are_not_judged() {
        assert_eq!(judge(&[], 0, true), Verdict::NotApplicable);
        assert_eq!(judge(&[(1, 0)], 100, false), Verdict::NotApplicable);
    }
}
