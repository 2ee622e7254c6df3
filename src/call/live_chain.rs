//! Takes the legs of one session request, gives its report when it is over, never a leg of another request (`standards.md` §5.1.5, §8.2).

use std::sync::Arc;

use smallvec::SmallVec;

use super::marks::Marks;
use super::path::Path;
use super::timer::{Ring, Timer};
use super::turn::{Alarm, Turn};
use super::{Bye, ByeEnd, LoadKind, Outcome, Session, SessionEnd, Trace, parties};
use crate::base::{Time, lossy};
use crate::sdp::Description;
use crate::sip::{Arrival, HeaderName};

/// Failures after which the caller may ask again with other words (RFC 3261 §8.1.3.5, §21.4; RFC 4028 §6; RFC 8224 §6.2.2).
const REPAIRABLE: [u16; 14] = [413, 415, 416, 417, 420, 421, 422, 424, 428, 436, 437, 438, 488, 494];

/// How many paths of its legs are remembered to know a forwarded copy by.
const PATHS: usize = 16;

/// A session request that is not over, or may still be followed up.
#[derive(Debug)]
pub(super) struct LiveChain {
    report: Session,
    /// Its number in the call.
    serial: u64,
    timer: Timer,
    pub(super) from: u64,
    pub(super) hop: u8,
    /// It was forwarded: another chain of the call tells the same session.
    copy: bool,
    /// The CSeq number of its last leg.
    cseq: u32,
    /// The transaction of its last leg.
    pub(super) last: u64,
    /// Where its legs passed, with their CSeq number.
    paths: SmallVec<[(u32, Path); 1]>,
    /// Legs without an outcome.
    open: u32,
    last_failure: Option<(u16, Arc<Trace>)>,
    /// The dialog of the first 2xx.
    pub(super) answered: Option<u64>,
    /// Whether it counts in the load as attempted, as answered.
    load: (bool, bool),
    /// Whether any dialog came of it.
    pub(super) has_dialogs: bool,
    /// The last offer that was refused (488, 606).
    pub(super) refused: Option<Arc<Description>>,
}

/// What an INVITE without To tag is to a session request before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Follow {
    /// A session request of its own.
    New,
    /// A failover or fork copy.
    Copy,
    /// The INVITE with this CSeq number again, with credentials, to another target, or repaired.
    Resubmission(u32),
}

impl LiveChain {
    pub(super) fn begin(serial: u64, arrival: &Arrival, marks: &Marks, hop: u8, call_id: &Arc<str>, turn: &mut Turn<'_>) -> Self {
        let mut chain = Self {
            report: Session {
                call_id: call_id.clone(),
                invite: turn.trace(arrival),
                transport: arrival.envelope.transport,
                caller: parties::caller(&arrival.message),
                callee: parties::callee(&arrival.message),
                ..Session::default()
            },
            serial,
            timer: Timer::default(),
            from: marks.from,
            hop,
            copy: hop > 0,
            cseq: marks.cseq,
            last: 0,
            paths: SmallVec::new(),
            open: 0,
            last_failure: None,
            answered: None,
            load: (false, false),
            has_dialogs: false,
            refused: None,
        };
        chain.attempted(LoadKind::Attempt, turn);
        chain
    }

    /// Its number in the call.
    pub(super) fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether it was answered and is over.
    pub(super) fn has_ended(&self) -> bool {
        self.report.end.is_some()
    }

    /// Whether the same INVITE on `path` is this one, forwarded.
    pub(super) fn is_forwarded_on(&self, cseq: u32, path: &Path) -> bool {
        self.paths.iter().any(|(n, p)| *n == cseq && p.is_forwarded_on(path))
    }

    /// What an INVITE of the same caller is to this request.
    pub(super) fn follow(&self, cseq: u32, arrival: &Arrival) -> Follow {
        let message = &arrival.message;
        let may_have = |id: HeaderName| message.has(id) || arrival.lacks_headers();
        let code = self.last_failure.as_ref().map_or(0, |(code, _)| *code);
        let resubmits = match code {
            401 | 407 => may_have(HeaderName::Authorization) || may_have(HeaderName::ProxyAuthorization),
            402 | 300..=399 => true,
            _ => REPAIRABLE.contains(&code),
        };
        // Whoever is asked to do so asks again: without its number, which the capture cut off, it is that.
        if message.cseq().is_none() && arrival.lacks_headers() {
            return if resubmits { Follow::Resubmission(self.cseq) } else { Follow::New };
        }
        match cseq.cmp(&self.cseq) {
            std::cmp::Ordering::Greater if resubmits => Follow::Resubmission(self.cseq),
            // A proxy that follows a redirection keeps the number (RFC 3261 §16.6); a caller that answers a challenge may not.
            std::cmp::Ordering::Equal if resubmits && code >= 400 => Follow::Resubmission(self.cseq),
            std::cmp::Ordering::Equal => Follow::Copy,
            _ => Follow::New,
        }
    }

    /// Adds a leg; gives its place among the legs.
    pub(super) fn leg(&mut self, cseq: u32, transaction: u64, path: Path, turn: &mut Turn<'_>) -> usize {
        if !self.report.legs.is_empty() && self.answered.is_none() {
            self.attempted(LoadKind::Resumed, turn);
        }
        self.cseq = self.cseq.max(cseq);
        self.last = transaction;
        self.last_failure = None;
        self.open = self.open.saturating_add(1);
        if self.paths.len() < PATHS {
            self.paths.push((cseq, path));
        }
        self.report.legs.push(Outcome::Censored);
        if self.answered.is_none() {
            self.timer.stop();
        }
        self.report.legs.len() - 1
    }

    /// A provisional response other than 100.
    pub(super) fn provisional(&mut self, arrival: &Arrival, code: u16, has_sdp: bool, turn: &mut Turn<'_>) {
        if code == 199 {
            return;
        }
        let report = &mut self.report;
        report.first_status.get_or_insert_with(|| (code, turn.trace(arrival)));
        report.rang |= matches!(code, 180 | 183);
        if code == 180 || (code == 183 && has_sdp) {
            report.ringing.get_or_insert(arrival.envelope.last);
        }
    }

    /// A response other than 100 and 199 made a dialog.
    pub(super) fn dialog(&mut self, arrival: &Arrival) {
        self.has_dialogs = true;
        let tag = lossy(arrival.message.to_tag().unwrap_or_default());
        self.report.delay_per_dialog.push((tag.into(), arrival.envelope.last.since(self.report.invite.first)));
    }

    /// A 2xx to a leg.
    pub(super) fn success(&mut self, leg: usize, dialog: Option<u64>, arrival: &Arrival, code: u16, turn: &mut Turn<'_>) {
        self.settle_leg(leg, Outcome::Success);
        if self.report.answer.is_some() {
            return;
        }
        self.report.first_status.get_or_insert_with(|| (code, turn.trace(arrival)));
        self.report.answer = Some(turn.trace(arrival));
        self.answered = dialog;
        self.attempted(LoadKind::Resumed, turn);
        self.timer.stop();
        if !self.copy {
            self.load.1 = true;
            turn.load(LoadKind::Answered, &self.report);
        }
        if dialog.is_none() {
            // Without a To tag there is nothing that could end it.
            turn.arm(self.timer.set(turn.after_wait()), Alarm::Chain(self.serial));
        }
    }

    /// The final failure response to a leg.
    pub(super) fn failure(&mut self, leg: usize, code: u16, arrival: &Arrival, turn: &mut Turn<'_>) {
        if self.settle_leg(leg, Outcome::Failed(code)) && leg + 1 == self.report.legs.len() {
            self.last_failure = Some((code, turn.trace(arrival)));
        }
        self.settle(turn);
    }

    /// A leg failed, for its ACK says so: with the last of them the attempt is no load any more.
    pub(super) fn failed_unseen(&mut self, turn: &mut Turn<'_>) {
        if self.open <= 1 && self.report.answer.is_none() {
            self.idle(turn);
        }
    }

    /// A leg got no final response in time, or none that the tap saw.
    pub(super) fn no_answer(&mut self, leg: usize, outcome: Outcome, turn: &mut Turn<'_>) {
        self.settle_leg(leg, outcome);
        self.settle(turn);
    }

    fn settle_leg(&mut self, leg: usize, outcome: Outcome) -> bool {
        let Some(held) = self.report.legs.get_mut(leg) else { return false };
        let open = *held == Outcome::Censored;
        if open || (outcome == Outcome::Success && *held == Outcome::Timeout) {
            *held = outcome;
        }
        self.open = self.open.saturating_sub(u32::from(open));
        open
    }

    /// With the last leg the attempt ends; the request may still be followed up.
    fn settle(&mut self, turn: &mut Turn<'_>) {
        if self.open == 0 && self.report.answer.is_none() {
            turn.arm(self.timer.set(turn.after_wait()), Alarm::Chain(self.serial));
            self.idle(turn);
        }
    }

    fn attempted(&mut self, kind: LoadKind, turn: &mut Turn<'_>) {
        if !self.copy && !std::mem::replace(&mut self.load.0, true) {
            turn.load(kind, &self.report);
        }
    }

    /// Takes the request out of the load.
    pub(super) fn idle(&mut self, turn: &mut Turn<'_>) {
        if std::mem::take(&mut self.load.1) {
            turn.load(LoadKind::Ended, &self.report);
        }
        if std::mem::take(&mut self.load.0) {
            // A call whose answer passed unseen may go on.
            let lost = self.open == 0 && self.report.answer.is_none() && self.report.legs.last() == Some(&Outcome::Censored);
            turn.load(if lost { LoadKind::AttemptLost } else { LoadKind::AttemptEnded }, &self.report);
        }
    }

    /// An ACK to its 2xx.
    pub(super) fn acknowledged(&mut self) {
        self.report.acknowledged = true;
    }

    /// A BYE in the dialog of its first 2xx.
    pub(super) fn bye(&mut self, arrival: &Arrival, by_caller: bool, turn: &mut Turn<'_>) {
        if self.report.end.is_some() && self.report.ending != SessionEnd::Answered {
            return;
        }
        self.report.ending = SessionEnd::Bye;
        self.report.bye = Some(Bye { request: turn.trace(arrival), by_caller, end: ByeEnd::Open });
        self.report.end = Some(arrival.envelope.last);
        self.idle(turn);
    }

    /// The BYE of that dialog passed unseen, and was answered.
    pub(super) fn bye_missed(&mut self, arrival: &Arrival, turn: &mut Turn<'_>) {
        if self.report.end.is_none() {
            (self.report.end, self.report.ending) = (Some(arrival.envelope.first), SessionEnd::Answered);
            self.idle(turn);
        }
    }

    /// How a BYE of that dialog ended: of crossing or repeated BYEs a success counts, else the first that was not to be repeated.
    pub(super) fn bye_ended(&mut self, end: ByeEnd) {
        let Some(bye) = &mut self.report.bye else { return };
        bye.end = match (bye.end, end) {
            (ByeEnd::Open | ByeEnd::TimedOut(_), end) => end,
            (ByeEnd::Failed(..), ByeEnd::Success(_)) => end,
            (ByeEnd::Failed(401 | 407 | 503, _), ByeEnd::Failed(..)) => end,
            (held, _) => held,
        };
    }

    /// The session timer of that dialog ran out.
    pub(super) fn expired(&mut self, turn: &mut Turn<'_>) {
        if self.report.end.is_none() {
            self.report.end = Some(turn.clock);
            self.report.ending = SessionEnd::Expired;
            self.idle(turn);
        }
    }

    /// That dialog is over.
    pub(super) fn over(&mut self, turn: &mut Turn<'_>) {
        turn.arm(self.timer.set(turn.after_wait()), Alarm::Chain(self.serial));
    }

    pub(super) fn ring(&mut self, at: Time) -> Ring {
        self.timer.ring(at)
    }

    /// The report; a forwarded copy has none.
    pub(super) fn close(mut self) -> Option<Session> {
        let last = self.report.legs.last().copied().unwrap_or_default();
        self.report.outcome = if self.report.answer.is_some() { Outcome::Success } else { last };
        if let (Outcome::Failed(_), None, Some((code, failure))) = (self.report.outcome, &self.report.first_status, self.last_failure) {
            // A challenge says nothing of the session (RFC 6076 §4.3.1).
            self.report.first_status = (!matches!(code, 401 | 402 | 407)).then_some((code, failure));
        }
        (!self.copy).then_some(self.report)
    }
}
