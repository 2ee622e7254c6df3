//! Takes the timelines of Oracle M and its companions (`standards.md` §8.3), gives their sessions and their numbers, never anything outside tests.

use std::sync::Arc;

use smallvec::smallvec;

use super::Tally;
use crate::base::{Origin, Time};
use crate::call::{Bye, ByeEnd, LoadEvent, LoadKind, Outcome, Session, SessionEnd, Trace};
use crate::policy::{Clause, CountUnit, MetricTerms, Performance, Provenance, SrdClassification};

/// A moment in seconds after the beginning of the capture.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn at(seconds: f64) -> Time {
    Time((seconds * 1e9).round() as i64)
}

fn trace(seconds: f64) -> Arc<Trace> {
    Trace { first: at(seconds), last: at(seconds), ..Trace::default() }.into()
}

/// An INVITE at `sent` that ends in `outcome`, with its first status response where one came.
fn session(sent: f64, outcome: Outcome, first_status: Option<(u16, f64)>) -> Session {
    let rang = first_status.filter(|(code, _)| matches!(code, 180 | 183)).map(|(_, t)| at(t));
    Session {
        invite: trace(sent),
        legs: smallvec![outcome],
        outcome,
        first_status: first_status.map(|(code, t)| (code, trace(t))),
        ringing: rang,
        rang: rang.is_some(),
        ..Session::default()
    }
}

fn failed(sent: f64, code: u16, first_status: Option<(u16, f64)>) -> Session {
    session(sent, Outcome::Failed(code), first_status)
}

/// An answered call, hung up at `bye`.
fn answered(sent: f64, first_status: (u16, f64), answer: f64, bye: f64, end: ByeEnd) -> Session {
    Session {
        answer: Some(trace(answer)),
        acknowledged: true,
        bye: Some(Bye { request: trace(bye), by_caller: true, end }),
        end: Some(at(bye)),
        ..session(sent, Outcome::Success, Some(first_status))
    }
}

fn after(leg: u16, session: Session) -> Session {
    let legs = smallvec![Outcome::Failed(leg), session.outcome];
    Session { legs, ..session }
}

/// The thirteen attempts of Oracle M, in order.
pub(super) fn oracle_m() -> Vec<Session> {
    vec![
        answered(0.0, (180, 1.2), 4.7, 64.7, ByeEnd::Success(at(64.76))),
        after(407, answered(10.0, (183, 11.56), 15.0, 75.25, ByeEnd::Success(at(75.3)))),
        after(302, answered(20.0, (180, 21.0), 25.0, 30.0, ByeEnd::Success(at(30.03)))),
        failed(40.0, 480, Some((480, 42.5))),
        failed(50.0, 503, Some((183, 51.0))),
        session(60.0, Outcome::Timeout, None),
        failed(100.0, 487, Some((180, 101.0))),
        failed(120.0, 486, Some((486, 120.8))),
        failed(130.0, 302, Some((302, 130.2))),
        failed(140.0, 408, Some((408, 172.0))),
        answered(180.0, (180, 181.0), 182.0, 200.0, ByeEnd::TimedOut(at(232.0))),
        failed(240.0, 603, Some((603, 241.5))),
        session(299.5, Outcome::Censored, None),
    ]
}

/// What the confirmed sessions of Oracle M do to the load, in order.
pub(super) fn load_m() -> Vec<LoadEvent> {
    let mut events = Vec::new();
    for (session, serial) in oracle_m().iter().zip(1..) {
        let invite = Arc::new(Trace { origin: Origin { serial, ..Origin::default() }, ..(*session.invite).clone() });
        let mut note = |at, kind| {
            events.push(LoadEvent { at, kind, call_id: format!("M{serial}").into(), invite: invite.clone(), caller: None, callee: None });
        };
        note(session.invite.first, LoadKind::Attempt);
        if let (Some(answer), Some(end)) = (&session.answer, session.end) {
            note(answer.first, LoadKind::Answered);
            note(end, LoadKind::Ended);
            note(end, LoadKind::AttemptEnded);
        }
    }
    events.sort_by_key(|e| (e.at, e.kind, e.invite.origin));
    events
}

fn tally(sessions: &[Session], terms: &MetricTerms) -> Tally {
    let mut tally = Tally::default();
    sessions.iter().for_each(|s| tally.add(s, terms, &Performance::default()));
    tally
}

fn only(session: Session) -> Tally {
    tally(&[session], &MetricTerms::default())
}

fn percent(ratio: super::Ratio) -> (u64, u64, f64) {
    (ratio.numerator, ratio.denominator, (ratio.percent().unwrap() * 1e4).round() / 1e4)
}

const NER_CODES: [u16; 5] = [480, 486, 600, 603, 607];

#[test]
fn oracle_m_by_chain() {
    let m = tally(&oracle_m(), &MetricTerms::default());
    let unit = CountUnit::Chain;
    assert_eq!((m.attempts, m.censored), (12, 1));
    assert_eq!(percent(m.ser(unit)), (4, 11, 36.3636));
    assert_eq!(percent(m.seer(unit)), (7, 11, 63.6364));
    assert_eq!(percent(m.isa(unit, 408)), (3, 12, 25.0));
    assert_eq!(percent(m.isa(unit, 0)), (2, 12, 16.6667));
    assert_eq!(percent(m.scr(unit)), (3, 12, 25.0));
    assert_eq!(percent(m.asr(unit)), (4, 11, 36.3636));
    assert_eq!(percent(m.ner(unit, &NER_CODES, true)), (8, 11, 72.7273));
    assert_eq!(percent(m.ner(unit, &NER_CODES, false)), (7, 11, 63.6364));
}

#[test]
fn oracle_m_by_transaction() {
    let m = tally(&oracle_m(), &MetricTerms::default());
    let unit = CountUnit::Transaction;
    assert_eq!(percent(m.ser(unit)), (4, 12, 33.3333));
    assert_eq!(percent(m.seer(unit)), (7, 12, 58.3333));
    assert_eq!(percent(m.isa(unit, 408)), (3, 14, 21.4286));
    assert_eq!(percent(m.isa(unit, 0)), (2, 14, 14.2857));
    assert_eq!(percent(m.scr(unit)), (3, 14, 21.4286));
}

#[test]
fn oracle_m_delays() {
    let m = tally(&oracle_m(), &MetricTerms::default());
    let mean_ms = |d: &super::Distribution| (d.mean().unwrap() / 1e2).round() / 1e4;
    assert_eq!((m.srd_success.count(), mean_ms(&m.srd_success)), (4, 1190.0));
    assert_eq!((m.srd_failed.count(), mean_ms(&m.srd_failed)), (6, 6466.6667));
    assert_eq!((m.sdd.count(), mean_ms(&m.sdd)), (3, 46.6667));
    assert_eq!((m.sdt_success.count(), mean_ms(&m.sdt_success)), (3, 41750.0));
    assert_eq!((m.sdt_failed.count(), mean_ms(&m.sdt_failed)), (1, 50000.0));
    assert_eq!((m.conversation.count(), mean_ms(&m.conversation)), (4, 35812.5));
}

#[test]
fn oracle_m_by_first_response() {
    let provenance = Provenance { source: "policy.toml".into(), line: None, path: "metrics.srd_classification".into() };
    let classification = Some(Clause::new(SrdClassification::FirstResponse, provenance.into()));
    let m = tally(&oracle_m(), &MetricTerms { srd_classification: classification, ..MetricTerms::default() });
    let sorted = |delays: &[f64]| {
        let mut all = super::Distribution::default();
        delays.iter().for_each(|&d| all.add(at(d).0));
        all
    };
    assert_eq!(m.srd_success, sorted(&[1.2, 1.56, 1.0, 1.0, 1.0, 1.0]));
    assert_eq!(m.srd_failed, sorted(&[2.5, 0.8, 32.0, 1.5]));
}

#[test]
fn merged_parts_are_the_whole() {
    let sessions = oracle_m();
    let terms = MetricTerms::default();
    let mut parts = tally(&sessions[7..], &terms);
    parts.merge(&tally(&sessions[..7], &terms));
    assert_eq!(parts, tally(&sessions, &terms));
}

#[test]
fn f1_a_fork_counts_once_and_delays_per_dialog() {
    let forked = Session {
        delay_per_dialog: smallvec![("a".into(), at(1.0).0), ("b".into(), at(1.4).0)],
        ..answered(0.0, (180, 1.0), 3.0, 10.0, ByeEnd::Success(at(10.1)))
    };
    let f1 = only(forked);
    assert_eq!((f1.srd_success.count(), f1.srd_success.max()), (1, Some(at(1.0).0)));
    assert_eq!((f1.srd_per_dialog.count(), f1.srd_per_dialog.max()), (2, Some(at(1.4).0)));
    assert_eq!(f1.ser(CountUnit::Chain), super::Ratio { numerator: 1, denominator: 1 });
    assert_eq!(f1.sdt_success.max(), Some(at(7.0).0));
}

#[test]
fn f2_a_recovered_bye_is_measured_from_its_first_transmission() {
    let f2 = only(answered(0.0, (180, 1.0), 2.0, 10.0, ByeEnd::Success(at(12.05))));
    assert_eq!((f2.sdd.count(), f2.sdd.max()), (1, Some(at(2.05).0)));
}

#[test]
fn f3_a_late_200_does_not_reset_the_duration() {
    let f3 = only(answered(0.0, (180, 1.0), 5.0, 20.0, ByeEnd::Success(at(20.1))));
    assert_eq!(f3.sdt_success.max(), Some(at(15.0).0));
}

#[test]
fn f4_without_ringing_the_answer_ends_the_delay() {
    let f4 = only(answered(0.0, (200, 2.0), 2.0, 9.0, ByeEnd::Success(at(9.1))));
    assert_eq!((f4.srd_success.max(), f4.pgrd.count()), (Some(at(2.0).0), 0));
}

#[test]
fn f5_an_abandoned_challenge_counts_and_gives_no_delay() {
    let f5 = only(failed(0.0, 407, None));
    let unit = CountUnit::Chain;
    assert_eq!((percent(f5.ser(unit)), percent(f5.seer(unit)), percent(f5.isa(unit, 408))), ((0, 1, 0.0), (0, 1, 0.0), (0, 1, 0.0)));
    assert_eq!(f5.srd_failed.count(), 0);
}

#[test]
fn f8_of_redirections_only_the_ratios_are_undefined() {
    let f8 = tally(&[failed(0.0, 302, Some((302, 0.1))), failed(1.0, 302, Some((302, 1.1)))], &MetricTerms::default());
    assert_eq!((f8.ser(CountUnit::Chain).percent(), f8.seer(CountUnit::Chain).percent()), (None, None));
    assert_eq!((f8.srd_success.count(), f8.srd_failed.count()), (0, 0));
}

#[test]
fn a_call_that_still_lives_is_out_of_completion() {
    let living = Session { bye: None, end: None, ..answered(0.0, (180, 1.0), 2.0, 9.0, ByeEnd::Open) };
    let cut = answered(0.0, (180, 1.0), 2.0, 9.0, ByeEnd::Open);
    let gone = Session { bye: None, end: Some(at(1800.0)), ending: SessionEnd::Expired, ..living.clone() };
    let all = tally(&[living, cut, gone], &MetricTerms::default());
    assert_eq!((all.scr(CountUnit::Chain), all.alive), (super::Ratio { numerator: 0, denominator: 1 }, 2));
    assert_eq!(all.ser(CountUnit::Chain), super::Ratio { numerator: 3, denominator: 3 });
}

#[test]
fn without_ack_a_call_is_established_and_not_completed() {
    let unacknowledged = Session { acknowledged: false, ..answered(0.0, (200, 1.0), 1.0, 33.0, ByeEnd::Success(at(33.1))) };
    let all = only(unacknowledged);
    assert_eq!(all.scr(CountUnit::Chain), super::Ratio { numerator: 0, denominator: 1 });
    assert_eq!(all.ser(CountUnit::Chain), super::Ratio { numerator: 1, denominator: 1 });
}
