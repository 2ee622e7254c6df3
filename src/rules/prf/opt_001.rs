//! Takes the OPTIONS by which hosts check each other, gives whether they show the other one up and come as often as agreed, never a call.

use super::threshold::{Unit, statistics};
use crate::call::Trace;
use crate::policy::{Keepalive, Level, Severity, Terms};
use crate::rules::{Breach, Check, Echo, IntervalSubject, Offender, PingSubject, Reason, Rule, Scope, Verdict, Watch};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-OPT-001",
    name: "border-element-unavailable",
    title: "border element unavailable by OPTIONS",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Interval,
    offender: Offender::Responder,
    reference: "RFC 3261 §11; SIPconnect",
    keys: &["sip.transport.keepalive", "performance.signaling.options_ms"],
    what: "Of the OPTIONS outside of dialogs from one host to another, fewer than the agreed number in a row go unanswered or get a 5xx: \
           any other final response shows that there is someone. The agreed statistics of the time to the final response stay within their \
           thresholds. And where checks by OPTIONS were agreed, no more than the agreed interval and a tenth of it passes between two of \
           them (laid at who should send them). The time before the first and after the last counts where it is too long by itself. \
           Keep-alives by empty lines (`crlf`) are not followed.",
    why: "Trunks are taken out of service, and put back, by these checks. A border element that does not answer them gets no calls; one \
          that nobody checks gets calls while it is down.",
    confirm: "Filter `sip.CSeq.method == \"OPTIONS\" && ip.addr == ADDRESS` and read the responses and the time between the requests.",
    fix: "have the checked side see to the border element that does not answer; have the other side check as often as agreed",
    check: Check::Several(&[Check::Ping(ping), Check::Interval(response_time)]),
};

/// The agreed interval and a tenth of it: timers of both systems run as they like, and a check waits for the one before.
const SLACK: f64 = 1.1;

fn response_time(subject: &IntervalSubject<'_>) -> Verdict {
    statistics(subject, "OPTIONS", &subject.tally.options, &subject.terms.performance.options_ms, Unit::Milliseconds)
}

fn ping(subject: &PingSubject<'_>) -> Verdict {
    let keepalive = subject.terms.sip.transport.keepalive.as_ref().filter(|keepalive| keepalive.method.value == "options");
    match subject.watch {
        Watch::Ping { sent, echo, down } => answered(subject.terms, keepalive, sent, echo, down),
        Watch::Pause { length, before, after } => {
            keepalive.map_or(Verdict::NotApplicable, |keepalive| pause(keepalive, length, before, after))
        }
    }
}

fn answered(terms: &Terms, keepalive: Option<&Keepalive>, sent: &Trace, echo: Echo, down: u32) -> Verdict {
    let unwanted =
        keepalive.and_then(|keepalive| keepalive.level.as_ref()).filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged));
    if let Some(level) = unwanted {
        return Verdict::breach(Breach::of_level(level, "checks by OPTIONS").seen_in(sent).by(Offender::Sender));
    }
    let Some(most) = &terms.performance.options_consecutive else { return Verdict::NotApplicable };
    match echo {
        Echo::Open => return Verdict::Indeterminate(Reason::Boundary),
        Echo::OutOfSight => return Verdict::Indeterminate(Reason::Truncated),
        Echo::Answered(_) | Echo::Silence if down < most.value => return Verdict::Pass,
        Echo::Answered(_) | Echo::Silence => {}
    }
    let this = if let Echo::Answered(code) = echo { format!("{code} to") } else { "no answer to".to_owned() };
    let line = format!("{this} check {down} in a row: {}", sent.text());
    let observed = format!("{} or more OPTIONS in a row without answer or with 5xx", most.value);
    let breach = Breach::of_clause(most, observed, format!("fewer than {} in a row", most.value));
    Verdict::breach(breach.seen_in(&Trace { line: line.as_bytes().into(), ..sent.clone() }))
}

#[allow(clippy::cast_precision_loss)]
fn pause(keepalive: &Keepalive, length: i64, before: Option<&Trace>, after: Option<&Trace>) -> Verdict {
    let wanted = keepalive.level.as_ref().filter(|level| matches!(level.value, Level::Required | Level::Recommended));
    let (Some(level), Some(interval)) = (wanted, &keepalive.interval_s) else { return Verdict::NotApplicable };
    let seconds = length as f64 / 1e9;
    if seconds <= f64::from(interval.value) * SLACK {
        return if before.is_some() && after.is_some() { Verdict::Pass } else { Verdict::Indeterminate(Reason::Boundary) };
    }
    let (observed, line) = match (before, after) {
        (None, None) => ("no OPTIONS in the whole capture", format!("no OPTIONS in {seconds:.1} s")),
        (None, Some(after)) => ("OPTIONS less often than agreed", format!("none for {seconds:.1} s before: {}", after.text())),
        (Some(before), None) => ("OPTIONS less often than agreed", format!("none for {seconds:.1} s after: {}", before.text())),
        (Some(_), Some(after)) => ("OPTIONS less often than agreed", format!("{seconds:.1} s after the last: {}", after.text())),
    };
    let shown = after.or(before).cloned().unwrap_or_default();
    let breach = Breach { agreed: format!("OPTIONS every {} s", interval.value).into(), ..Breach::of_level(level, observed) };
    Verdict::breach(breach.seen_in(&Trace { line: line.as_bytes().into(), ..shown }).by(Offender::Sender))
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::{delays, of};
    use super::*;
    use crate::base::seconds;
    use crate::metrics::Tally;
    use crate::rules::scene::{agreed, clause, observed};

    fn watched(watch: Watch<'_>, level: Level) -> Verdict {
        let mut terms = Terms::default();
        terms.performance.options_consecutive = agreed(3);
        let method = clause("options".to_owned());
        terms.sip.transport.keepalive = Some(Keepalive { method, interval_s: agreed(60), level: agreed(level) });
        ping(&PingSubject { watch, terms: &terms })
    }

    fn echoed(echo: Echo, down: u32) -> Verdict {
        watched(Watch::Ping { sent: &Trace::default(), echo, down }, Level::Required)
    }

    fn paused(s: i64, before: bool, after: bool) -> Verdict {
        let trace = Trace::default();
        let watch = Watch::Pause { length: seconds(s), before: before.then_some(&trace), after: after.then_some(&trace) };
        watched(watch, Level::Required)
    }

    #[test]
    fn the_third_in_a_row_and_those_after_it_break_it() {
        let down = ["3 or more OPTIONS in a row without answer or with 5xx"];
        assert_eq!(observed(&echoed(Echo::Silence, 3)), down);
        assert_eq!(observed(&echoed(Echo::Answered(503), 4)), down);
        assert_eq!(echoed(Echo::Silence, 2), Verdict::Pass);
    }

    #[test]
    fn slow_answers_break_it() {
        let tally = |ms| Tally { options: delays(&[(19, 20), (1, ms)]), ..Tally::default() };
        let judge = |ms| of(response_time, &tally(ms), |p| p.options_ms.max = agreed(500.0));
        assert_eq!(observed(&judge(501)), ["OPTIONS max above 500 ms"]);
        assert_eq!(judge(500), Verdict::Pass);
    }

    #[test]
    fn checks_that_come_too_seldom_or_not_at_all_break_it() {
        assert_eq!(observed(&paused(70, true, true)), ["OPTIONS less often than agreed"]);
        assert_eq!(observed(&paused(70, false, true)), ["OPTIONS less often than agreed"]);
        assert_eq!(observed(&paused(70, true, false)), ["OPTIONS less often than agreed"]);
        assert_eq!(observed(&paused(70, false, false)), ["no OPTIONS in the whole capture"]);
        assert_eq!(paused(66, true, true), Verdict::Pass, "a tenth more");
    }

    #[test]
    fn checks_that_nobody_wants_break_it() {
        let verdict = watched(Watch::Ping { sent: &Trace::default(), echo: Echo::Answered(200), down: 0 }, Level::Forbidden);
        assert_eq!(observed(&verdict), ["checks by OPTIONS"]);
    }

    #[test]
    fn any_answer_but_5xx_keeps_it() {
        assert_eq!([200, 404, 405, 483].map(|code| Echo::Answered(code).shows_down()), [Some(false); 4]);
        assert_eq!(echoed(Echo::Answered(404), 0), Verdict::Pass);
    }

    #[test]
    fn edges_of_the_capture_cannot_be_judged_and_what_nobody_agreed_is_not() {
        assert_eq!(echoed(Echo::Open, 0), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(echoed(Echo::OutOfSight, 0), Verdict::Indeterminate(Reason::Truncated));
        assert_eq!(paused(30, false, true), Verdict::Indeterminate(Reason::Boundary));
        let nothing = PingSubject { watch: Watch::Pause { length: seconds(900), before: None, after: None }, terms: &Terms::default() };
        assert_eq!(ping(&nothing), Verdict::NotApplicable);
    }
}
