//! Takes an answered session, gives whether it ended within the agreed time, never why it lasted.

use crate::base::Time;
use crate::call::Session;
use crate::policy::{Limit, LimitKind, Severity, Terms};
use crate::rules::acc::bye_001::{is_held, last_heard};
use crate::rules::{Breach, Check, MediaSubject, Offender, Reason, Rule, Scope, SessionSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "CAC-DUR-001",
    name: "session-too-long",
    title: "session longer than allowed",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 6271 App. A.2; RFC 4028",
    keys: &["admission.limit"],
    what: "No session lives longer from its first 2xx to its BYE, or the end that its timer gives it, than the limit of kind \
           `session_seconds`; one that lives on at the end of the capture has lived as long as the capture shows: where its media fell \
           silent for good without hold, until then.",
    why: "A call of many hours is nearly always one that nobody holds any more: a BYE was lost, or somebody keeps a line open at the \
           other's cost.",
    confirm: "Filter `sip.Call-ID == \"…\"` and compare the times of the 200 to the INVITE and of the BYE.",
    fix: "end sessions at the border elements when the agreed time is over; session timers (RFC 4028) end those that nobody holds",
    check: Check::Several(&[Check::Session(check), Check::Media(open)]),
};

/// Seconds of silence after which a session without BYE is over, where nothing was agreed (policy key `accounting.missing_bye_idle_s`).
const IDLE: f64 = 60.0;

/// The shortest limit that was agreed.
fn limit(terms: &Terms) -> Option<&Limit> {
    let limits = terms.admission.limits.iter().filter(|limit| limit.enabled && limit.kind == LimitKind::SessionSeconds);
    limits.min_by(|a, b| a.value.value.total_cmp(&b.value.value))
}

fn check(subject: &SessionSubject<'_>) -> Verdict {
    let (Some(limit), session) = (limit(subject.terms), subject.session) else { return Verdict::NotApplicable };
    match (&session.answer, session.end) {
        (None, _) => Verdict::NotApplicable,
        (Some(_), None) => Verdict::Indeterminate(Reason::Boundary),
        (Some(_), Some(end)) => breach(session, limit, end).map_or(Verdict::Pass, Verdict::breach),
    }
}

/// Sessions that the capture leaves alive.
fn open(subject: &MediaSubject<'_>) -> Verdict {
    let (Some(limit), Some(end)) = (limit(subject.terms), subject.end) else { return Verdict::NotApplicable };
    let open = subject.call.sessions.iter().filter(|session| session.end.is_none());
    // Its BYE may have passed elsewhere: what fell silent, and is not on hold, is over (standards.md §8.6, inferred end).
    let idle = subject.terms.accounting.missing_bye_idle_s.as_ref().map_or(IDLE, |clause| clause.value);
    let heard = |session: &Session| last_heard(subject.call, session.answer.as_ref()?.first).filter(|_| !is_held(subject.call));
    let alive = |session: &Session| heard(session).filter(|last| end.seconds_since(*last) > idle).unwrap_or(end);
    let breaches: Vec<Breach> = open.filter_map(|session| breach(session, limit, alive(session))).collect();
    if breaches.is_empty() { Verdict::NotApplicable } else { Verdict::Violation(breaches) }
}

fn breach(session: &Session, limit: &Limit, end: Time) -> Option<Breach> {
    let answer = session.answer.as_deref()?;
    let (lasted, most) = (end.seconds_since(answer.first), limit.value.value);
    (lasted > most).then(|| {
        let line = format!("alive for {lasted:.1} s: {}", session.invite.text());
        let exhibit = crate::call::Trace { line: line.as_bytes().into(), ..answer.clone() };
        Breach::of_clause(&limit.value, format!("session of more than {most} s"), format!("at most {most} s")).seen_in(&exhibit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seconds;
    use crate::call::Trace;
    use crate::policy::{LimitScope, Policy};
    use crate::rules::passage::Passage;
    use crate::rules::scene::{clause, observed};

    fn limited(terms: &mut Terms, value: f64) {
        terms.admission.limits.push(Limit {
            id: "longest".into(),
            kind: LimitKind::SessionSeconds,
            scope: LimitScope::Direction,
            basis: None,
            key: None,
            window_s: None,
            value: clause(value),
            burst: None,
            warn_at: None,
            enabled: true,
        });
    }

    fn judged(end: Option<i64>, limit: Option<f64>) -> Verdict {
        let answer = Trace { first: Time(seconds(100)), ..Trace::default() };
        let session = Session { answer: Some(answer.into()), end: end.map(|s| Time(seconds(s))), ..Session::default() };
        let mut terms = Terms::default();
        limit.into_iter().for_each(|value| limited(&mut terms, value));
        check(&SessionSubject {
            session: &session,
            attest: None,
            carriage: None,
            lacks_headers: false,
            policy: &Policy::baseline(),
            terms: &terms,
        })
    }

    #[test]
    fn a_session_beyond_the_limit_breaks_it() {
        let verdict = judged(Some(161), Some(60.0));
        assert_eq!(observed(&verdict), ["session of more than 60 s"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].exhibit.as_ref().unwrap().text(), "alive for 61.0 s: ");
    }

    #[test]
    fn a_session_that_the_capture_leaves_alive_has_lived_so_long() {
        // Answered at 101 s, last heard of at 112.1 s.
        let alive = |most| {
            let passage = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").open();
            passage.agreed(|terms| limited(terms, most)).judge_call(&RULE)
        };
        assert_eq!(observed(&alive(10.0)), ["session of more than 10 s"]);
        assert_eq!(alive(60.0), Verdict::NotApplicable);
    }

    #[test]
    fn a_session_within_it_keeps_it() {
        assert_eq!(judged(Some(160), Some(60.0)), Verdict::Pass);
    }

    #[test]
    fn without_limit_or_end_nothing_is_judged() {
        assert_eq!(judged(Some(1000), None), Verdict::NotApplicable);
        assert_eq!(judged(None, Some(60.0)), Verdict::Indeterminate(Reason::Boundary));
    }
}
