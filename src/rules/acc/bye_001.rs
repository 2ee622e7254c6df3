//! Takes an answered session, gives whether its end was told and acknowledged, never how long it should have lasted.

use crate::base::Time;
use crate::binding::{CallMedia, Hop, Side, SideTag};
use crate::call::{ByeEnd, Session, SessionEnd, Trace};
use crate::policy::Severity;
use crate::rules::{Breach, Check, MediaSubject, Offender, Reason, Rule, Scope, SessionSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "ACC-BYE-001",
    name: "session-without-end",
    title: "session ended without a completed BYE",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 3261 §15; RFC 6076 §4.5.2, §4.9; RFC 3702",
    keys: &["accounting.missing_bye_idle_s"],
    what: "A session that was answered ends with a BYE that gets a final response. One that ran out by its session timer did not, nor one \
           whose media has been silent both ways, without hold, for longer than agreed while no BYE came.",
    why: "Each side's charging record ends when it believes so: without a common end the two bills differ by the time in between, which \
           may be hours.",
    confirm: "Filter `sip.Call-ID == \"…\"`: no BYE, or a BYE without response; the last RTP packet of the call tells how long it may have \
           lasted.",
    fix: "find which side went away without BYE (restart, lost route, wrong Contact); agree on session timers, and end calls whose media \
           stopped",
    check: Check::Several(&[Check::Session(check), Check::Media(silent)]),
};

fn check(subject: &SessionSubject<'_>) -> Verdict {
    let session = subject.session;
    let Some(answer) = session.answer.as_deref() else { return Verdict::NotApplicable };
    match (&session.bye, session.end) {
        (Some(bye), _) => match bye.end {
            ByeEnd::Success(_) | ByeEnd::Failed(..) => Verdict::Pass,
            ByeEnd::Open => Verdict::Indeterminate(Reason::Boundary),
            ByeEnd::TimedOut(at) => {
                let line = lasted(&bye.request, answer, bye.request.last, at);
                // Who did not answer is at fault.
                let offender = if bye.by_caller { Offender::Terminating } else { Offender::Originating };
                let breach = Breach::of_standard("BYE never answered", "a final response to BYE");
                Verdict::breach(breach.by(offender).seen_in(&line))
            }
        },
        (None, Some(_)) if session.ending == SessionEnd::Answered => Verdict::Pass,
        (None, Some(end)) => {
            let breach = Breach::of_standard("session timer ran out without BYE", "BYE (RFC 4028 §10)");
            Verdict::breach(breach.seen_in(&lasted(answer, answer, answer.first, end)))
        }
        (None, None) => Verdict::Indeterminate(Reason::Boundary),
    }
}

/// Sessions that no BYE ended: where media passed, its silence tells that they are over.
fn silent(subject: &MediaSubject<'_>) -> Verdict {
    let (Some(clause), Some(end)) = (&subject.terms.accounting.missing_bye_idle_s, subject.end) else { return Verdict::NotApplicable };
    let call = subject.call;
    let is_open = |session: &Session| session.bye.is_none() && session.end.is_none();
    let Some(session) = call.sessions.iter().find(|session| is_open(session)) else { return Verdict::NotApplicable };
    let Some(answer) = session.answer.as_deref().filter(|_| call.sessions.len() == 1) else { return Verdict::NotApplicable };
    // A call on hold is silent and lives.
    if is_held(call) {
        return Verdict::NotApplicable;
    }
    let Some(last) = last_heard(call, answer.first) else { return Verdict::NotApplicable };
    if end.seconds_since(last) <= clause.value {
        return Verdict::NotApplicable;
    }
    let observed = format!("no BYE, and no media for more than {} s", clause.value);
    let breach = Breach::of_clause(clause, observed, "BYE when a session is over");
    Verdict::breach(breach.seen_in(&lasted(answer, answer, last, end)))
}

/// When media of a call that was answered last passed, or somebody last spoke of it; `None` where none passed that goes on as long as it may.
pub(in crate::rules) fn last_heard(call: &CallMedia, answered: Time) -> Option<Time> {
    let fax = call.faxes.iter().map(|&(_, _, last)| last).max();
    // Where only text and messages pass, nobody need write for long.
    let heard = call.sent.iter().filter(|sent| call.is_continuous(sent)).map(|sent| sent.ended).max().max(fax);
    let heard = heard.filter(|last| *last >= answered)?;
    // Whoever still writes, or speaks of media, has not gone away.
    Some(call.sent.iter().map(|sent| sent.ended).chain(call.wrote).chain(call.said.iter().map(|said| said.at)).fold(heard, Time::max))
}

/// Whether the last exchange of an answered dialog, as far as it was seen, leaves no line on which both sides may send.
pub(in crate::rules) fn is_held(call: &CallMedia) -> bool {
    let Some(dialogs) = call.answered_dialogs() else { return true };
    let is_open = |&(hop, tag): &(Hop, SideTag)| {
        let last = call.accords(hop, tag).last();
        last.is_some_and(|(since, offer, answer)| {
            let holds = call.holds_until(hop, tag, since) == Time(i64::MAX);
            let lines = offer.sdp.media().len().min(answer.sdp.media().len());
            holds && (0..lines).any(|line| [Side::Caller, Side::Callee].iter().all(|&side| CallMedia::may_send(side, line, offer, answer)))
        })
    };
    !dialogs.iter().any(is_open)
}

/// A message, its line led by how long the session may have lasted.
fn lasted(of: &Trace, answer: &Trace, least: Time, most: Time) -> Trace {
    let (least, most) = (least.seconds_since(answer.first).max(0.0), most.seconds_since(answer.first));
    let line = format!("lasted {least:.1} s to {most:.1} s: {}", of.text());
    Trace { line: line.as_bytes().into(), ..of.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seconds;
    use crate::call::Bye;
    use crate::policy::{Policy, Terms};
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    fn trace(at: i64, line: &str) -> Trace {
        Trace { first: Time(seconds(at)), last: Time(seconds(at)), line: line.as_bytes().into(), ..Trace::default() }
    }

    fn judged(bye: Option<ByeEnd>, end: Option<i64>) -> Verdict {
        let bye = bye.map(|end| Bye { request: trace(110, "BYE sip:b").into(), by_caller: true, end });
        let session =
            Session { answer: Some(trace(100, "SIP/2.0 200 OK").into()), bye, end: end.map(|s| Time(seconds(s))), ..Session::default() };
        check(&SessionSubject {
            session: &session,
            attest: None,
            carriage: None,
            lacks_headers: false,
            policy: &Policy::baseline(),
            terms: &Terms::default(),
        })
    }

    #[test]
    fn a_bye_without_response_breaks_it() {
        let verdict = judged(Some(ByeEnd::TimedOut(Time(seconds(142)))), Some(110));
        assert_eq!(observed(&verdict), ["BYE never answered"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].exhibit.as_ref().unwrap().text(), "lasted 10.0 s to 42.0 s: BYE sip:b");
        assert_eq!(breaches[0].offender, Some(Offender::Terminating));
    }

    #[test]
    fn a_session_that_ran_out_breaks_it() {
        assert_eq!(observed(&judged(None, Some(1900))), ["session timer ran out without BYE"]);
    }

    #[test]
    fn media_that_stopped_long_ago_breaks_it() {
        // Media until 111.08 s; last heard of at 300.1 s.
        let silent = |agreed_s| {
            let passage = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").ended(300_000).open();
            passage.agreed(|t| t.accounting.missing_bye_idle_s = agreed(agreed_s)).judge_call(&RULE)
        };
        assert_eq!(observed(&silent(120.0)), ["no BYE, and no media for more than 120 s"]);
        assert_eq!(silent(200.0), Verdict::NotApplicable);
    }

    #[test]
    fn a_call_on_hold_is_silent_and_lives() {
        let held = ("m=audio 4000 RTP/AVP 8\na=sendonly\n", "m=audio 5000 RTP/AVP 8\na=recvonly\n");
        let passage = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").exchange(110_000, Side::Caller, held.0, held.1);
        let passage = passage.ended(300_000).open().agreed(|t| t.accounting.missing_bye_idle_s = agreed(120.0));
        assert_eq!(passage.judge_call(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn an_answered_bye_keeps_it() {
        assert_eq!(judged(Some(ByeEnd::Success(Time(seconds(111)))), Some(110)), Verdict::Pass);
        assert_eq!(judged(Some(ByeEnd::Failed(481, Time(seconds(111)))), Some(110)), Verdict::Pass);
    }

    #[test]
    fn what_the_capture_leaves_open_cannot_be_judged() {
        assert_eq!(judged(Some(ByeEnd::Open), Some(110)), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(judged(None, None), Verdict::Indeterminate(Reason::Boundary));
        let unanswered = Session::default();
        let (policy, terms) = (Policy::baseline(), Terms::default());
        assert_eq!(
            check(&SessionSubject {
                session: &unanswered,
                attest: None,
                carriage: None,
                lacks_headers: false,
                policy: &policy,
                terms: &terms
            }),
            Verdict::NotApplicable
        );
    }
}
