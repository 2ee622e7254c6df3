//! Takes the media of an answered call, or the answers of an interval, gives whether somebody really answered, never who gains by it.

use crate::base::Time;
use crate::binding::{CallMedia, Side};
use crate::call::Trace;
use crate::metrics::Cluster;
use crate::policy::{Clause, Severity};
use crate::rules::{Breach, Check, IntervalSubject, MediaSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "ACC-ANS-001",
    name: "false-answer",
    title: "answer supervision anomaly",
    severity: Severity::Medium,
    tier: 3,
    scope: Scope::Session,
    offender: Offender::Terminating,
    reference: "RFC 6404 §2; i3forum, fraud classification",
    keys: &[
        "accounting.false_answer.fas_ms",
        "accounting.false_answer.answer_media_s",
        "accounting.false_answer.short_call_s",
        "accounting.false_answer.min_cluster",
    ],
    what: "The answering side sends media within the agreed time after its 2xx, where it may. In an interval, no more calls of a direction \
           than a cluster are answered without ringing within `fas_ms` of their INVITE, and no more than a cluster of answered calls to \
           numbers that begin with the same six digits are shorter than `short_call_s`.",
    why: "A 2xx starts the charge. Machines that answer at once, answers without anybody behind, and ranges whose calls all end after \
           seconds are how false answer supervision and revenue-share fraud look on the wire.",
    confirm: "Filter `sip.Status-Code == 200 && sip.CSeq.method == \"INVITE\"` in the interval and compare with the times of INVITE, 180 \
           and BYE.",
    fix: "take the route to these numbers out of the routing, and dispute the charges with the records of the exhibits",
    check: Check::Several(&[Check::Media(check), Check::Interval(clusters)]),
};

fn check(subject: &MediaSubject<'_>) -> Verdict {
    let (call, Some(clause)) = (subject.call, &subject.terms.accounting.answer_media_s) else { return Verdict::NotApplicable };
    let Some(answered) = call.answered else { return Verdict::NotApplicable };
    let due = answered.plus(nanos(clause.value));
    // A call that ended sooner did not have the time.
    if call.ended(Time(i64::MAX)).is_some_and(|end| end < due) {
        return Verdict::NotApplicable;
    }
    if subject.end.is_some_and(|end| end < due) {
        return Verdict::Indeterminate(Reason::Boundary);
    }
    let Some(dialogs) = call.answered_dialogs() else { return Verdict::Indeterminate(Reason::NoAuxInput) };
    let may_send = |&(hop, tag): &_| {
        let held = call.accords(hop, tag).filter(|(since, ..)| *since <= due).last();
        held.is_some_and(|(_, offer, answer)| {
            let lines = offer.sdp.media().len().min(answer.sdp.media().len());
            (0..lines).any(|line| {
                // Text is sent when somebody types.
                let speaks = offer.sdp.media().get(line).is_some_and(|media| media.is_rtp() && media.kind != "text");
                speaks && CallMedia::may_send(Side::Callee, line, offer, answer)
            })
        })
    };
    if !dialogs.iter().any(may_send) || !call.faxes.is_empty() {
        return Verdict::NotApplicable;
    }
    if call.sent.is_empty() {
        return Verdict::Indeterminate(Reason::OffPath);
    }
    if call.sent.iter().any(|s| s.bound.side == Side::Callee && s.begun <= due && s.ended >= answered) {
        return Verdict::Pass;
    }
    let answer = call.sessions.first().and_then(|session| session.answer.as_deref()).cloned().unwrap_or_default();
    let observed = format!("answered, and no media of the answering side within {} s", clause.value);
    Verdict::breach(Breach::of_clause(clause, observed, format!("media within {} s of the answer", clause.value)).seen_in(&answer))
}

fn nanos(seconds: f64) -> i64 {
    #[allow(clippy::cast_possible_truncation)] // Casts saturate.
    let nanos = (seconds * 1e9) as i64;
    nanos
}

fn clusters(subject: &IntervalSubject<'_>) -> Verdict {
    let (terms, tally) = (&subject.terms.accounting, subject.tally);
    // One that lasts all over the capture is no cluster in time.
    let Some(least) = terms.min_cluster.as_ref().filter(|_| subject.start.is_some()) else { return Verdict::NotApplicable };
    let enough = |cluster: &Cluster| cluster.count >= u64::from(least.value);
    let (mut judged, mut breaches) = (false, Vec::new());
    if let Some(clause) = &terms.fas_ms {
        judged = true;
        if enough(&tally.instant_answers) {
            let observed = format!("answers without ringing within {} ms", clause.value);
            breaches.push(of(clause, observed, least.value, &tally.instant_answers));
        }
    }
    if let Some(clause) = &terms.short_call_s {
        judged = true;
        for (prefix, cluster) in tally.short_by_prefix.iter().filter(|(_, cluster)| enough(cluster)) {
            let observed = format!("calls to {prefix} shorter than {} s", clause.value);
            breaches.push(of(clause, observed, least.value, cluster));
        }
    }
    match (judged, tally.attempts) {
        (false, _) | (true, 0) => Verdict::NotApplicable,
        (true, _) => Verdict::of(breaches),
    }
}

/// The first INVITE of the cluster is its exhibit.
fn of<T>(clause: &Clause<T>, observed: String, least: u32, cluster: &Cluster) -> Breach {
    let first = cluster.first.as_deref().cloned().unwrap_or_default();
    let line = format!("{} in the interval: {}", cluster.count, first.text());
    let exhibit = Trace { line: line.as_bytes().into(), ..first };
    Breach::of_clause(clause, observed, format!("fewer than {least} in an interval")).seen_in(&exhibit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Tally;
    use crate::policy::Terms;
    use crate::rules::passage::{Passage, ms};
    use crate::rules::scene::{agreed, observed};

    /// Answered at 101 s, over at 112 s, agreed 3 s; the caller sends from 101.1 s.
    fn call() -> Passage {
        let passage = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n");
        passage.agreed(|t| t.accounting.answer_media_s = agreed(3.0))
    }

    #[test]
    fn an_answer_without_media_breaks_it() {
        let verdict = call().judge_call(&RULE);
        assert_eq!(observed(&verdict), ["answered, and no media of the answering side within 3 s"]);
        assert_eq!(observed(&call().stream(Side::Callee, |s| s.begun = ms(105_000)).judge_call(&RULE)).len(), 1, "too late");
    }

    #[test]
    fn an_answer_with_media_keeps_it() {
        assert_eq!(call().stream(Side::Callee, |_| ()).judge_call(&RULE), Verdict::Pass);
    }

    #[test]
    fn calls_that_ended_or_hold_are_not_judged_and_media_elsewhere_cannot_be() {
        assert_eq!(call().ended(103_000).judge_call(&RULE), Verdict::NotApplicable);
        assert_eq!(call().silent().judge_call(&RULE), Verdict::Indeterminate(Reason::OffPath));
        let held = Passage::of("m=audio 4000 RTP/AVP 8\na=sendonly\n", "m=audio 5000 RTP/AVP 8\na=recvonly\n");
        assert_eq!(held.agreed(|t| t.accounting.answer_media_s = agreed(3.0)).judge_call(&RULE), Verdict::NotApplicable);
        assert_eq!(call().agreed(|t| t.accounting.answer_media_s = None).judge_call(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn clusters_of_odd_answers_break_it() {
        let mut terms = Terms::default();
        terms.accounting.fas_ms = agreed(300);
        terms.accounting.short_call_s = agreed(6.0);
        let cluster = |count| Cluster { count, first: Some(Trace { line: b"INVITE".as_slice().into(), ..Trace::default() }.into()) };
        let tally = Tally {
            attempts: 30,
            instant_answers: cluster(12),
            short_by_prefix: [("+442079".into(), cluster(10)), ("+442080".into(), cluster(9))].into(),
            ..Tally::default()
        };
        let judged = |terms: &Terms, start| clusters(&IntervalSubject { start, tally: &tally, terms });
        assert_eq!(judged(&terms, Some(Time(0))), Verdict::NotApplicable);
        terms.accounting.min_cluster = agreed(10);
        let verdict = judged(&terms, Some(Time(0)));
        assert_eq!(observed(&verdict), ["answers without ringing within 300 ms", "calls to +442079 shorter than 6 s"]);
        assert_eq!(judged(&terms, None), Verdict::NotApplicable);
        terms.accounting.min_cluster = agreed(20);
        assert_eq!(judged(&terms, Some(Time(0))), Verdict::Pass);
    }
}
