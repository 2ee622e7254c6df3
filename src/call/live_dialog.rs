//! Takes the messages of one dialog at one hop, gives what the next message may be compared with, never a transaction (RFC 3261 §12).

use std::sync::Arc;

use super::bargain::Bargain;
use super::marks::Marks;
use super::path::Path;
use super::stage::{Stage, Step};
use super::timer::Timer;
use super::turn::{Alarm, Turn};
use super::{Dialog, Expiry, Trace};
use crate::base::Time;
use crate::sip::value::{Params, number};
use crate::sip::{Arrival, HeaderName};

/// How many requests of a subscription are remembered to know a forwarded copy by.
const PASSED: usize = 16;

/// A dialog that is not over, or lingers for late messages.
#[derive(Debug)]
pub(super) struct LiveDialog {
    pub(super) key: u64,
    pub(super) stage: Stage,
    timer: Timer,
    /// When it ended.
    over: Option<Time>,
    pub(super) hop: u8,
    /// The session request that made it; none for a subscription.
    pub(super) chain: Option<u64>,
    /// The tag of the side that sent the request that made it.
    pub(super) caller: u64,
    pub(super) path: Path,
    /// The highest CSeq number of each side, the caller's first, and a hash of the path on which it passed.
    numbers: [Option<(u32, u32)>; 2],
    /// The last requests of a subscription: whether of the caller, their numbers and their paths. A session has hops instead.
    passed: Vec<(bool, u32, Path)>,
    /// The last Contact of each side.
    targets: [Option<Arc<[u8]>>; 2],
    pub(super) bargain: Bargain,
    /// The keys of its last INVITE and of the one before.
    invites: [u64; 2],
    /// Whether anything but its making was seen: without Record-Route the rest may go past the tap.
    pub(super) touched: bool,
    /// The CSeq number of the last INVITE that was acknowledged.
    pub(super) acknowledged: u32,
    /// The CSeq number of the last request that passed unseen, for its response told.
    pub(super) unseen: Option<u32>,
    /// Whether an answered BYE ended it.
    pub(super) hung_up: bool,
    /// Whether the caller's side sent its first BYE.
    pub(super) byes_by_caller: Option<bool>,
    /// Whether a BYE met one of the other side.
    pub(super) crossed: bool,
    confirmed: Option<Arc<Trace>>,
    session_timer: Option<Box<Expiry>>,
    had_timer: bool,
    expired: bool,
}

impl LiveDialog {
    /// The dialog `key` that a response to the request of `caller` makes.
    pub(super) fn begin(key: u64, caller: u64, cseq: u32, path: Path, contact: Option<Arc<[u8]>>, bargain: Bargain) -> Self {
        Self {
            key,
            stage: Stage::Early,
            timer: Timer::default(),
            over: None,
            hop: 0,
            chain: None,
            caller,
            path,
            numbers: [Some((cseq, path.mark())), None],
            passed: Vec::new(),
            targets: [contact, None],
            bargain,
            invites: [0; 2],
            touched: false,
            acknowledged: 0,
            unseen: None,
            hung_up: false,
            byes_by_caller: None,
            crossed: false,
            confirmed: None,
            session_timer: None,
            had_timer: false,
            expired: false,
        }
    }

    pub(super) fn is_early(&self) -> bool {
        self.stage == Stage::Early
    }

    pub(super) fn is_from_caller(&self, marks: &Marks) -> bool {
        marks.from == self.caller
    }

    /// Whether it ended so shortly before that the side which sends now may not have heard of it, otherwise than by an answered BYE.
    pub(super) fn has_just_ended(&self, turn: &Turn<'_>) -> bool {
        !self.hung_up && self.over.is_some_and(|over| turn.clock.since(over) <= turn.settings.t1)
    }

    /// Notes an INVITE.
    pub(super) fn invited(&mut self, transaction: u64) {
        let [last, _] = self.invites;
        self.invites = [transaction, last];
    }

    /// The last INVITE and the one before.
    pub(super) fn invites(&self) -> [u64; 2] {
        self.invites
    }

    /// Notes the CSeq number of a request; gives the highest that its sender used before, and whether that passed on the same path.
    pub(super) fn number(&mut self, from_caller: bool, cseq: u32, path: &Path) -> Option<(u32, bool)> {
        let [caller, callee] = &mut self.numbers;
        let held = if from_caller { caller } else { callee };
        let (before, mark) = (*held, path.mark());
        if before.is_none_or(|(number, _)| cseq > number) {
            *held = Some((cseq, mark));
        }
        before.map(|(number, other)| (number, other == mark))
    }

    /// Whether a request of a subscription is one that passed before, forwarded.
    pub(super) fn is_forwarded(&mut self, from_caller: bool, cseq: u32, path: Path) -> bool {
        if self.chain.is_some() {
            return false;
        }
        let same = || self.passed.iter().filter(|(side, n, _)| (*side, *n) == (from_caller, cseq));
        let forwarded = same().any(|(.., p)| p.is_forwarded_on(&path)) && same().all(|(.., p)| *p != path);
        if self.passed.len() >= PASSED {
            self.passed.remove(0);
        }
        self.passed.push((from_caller, cseq, path));
        forwarded
    }

    /// The remote target of the side that sends.
    pub(super) fn target_of(&self, from_caller: bool) -> Option<Arc<[u8]>> {
        let [caller, callee] = &self.targets;
        if from_caller { callee.clone() } else { caller.clone() }
    }

    /// Learns the Contact of a side (RFC 3261 §12.2.1.2).
    pub(super) fn learn_target(&mut self, of_caller: bool, contact: Option<&[u8]>) {
        let [caller, callee] = &mut self.targets;
        let held = if of_caller { caller } else { callee };
        if let Some(contact) = contact.filter(|new| held.as_deref() != Some(*new)) {
            *held = Some(Arc::from(contact));
        }
    }

    /// The Contact of a side was said unseen.
    pub(super) fn forget_target(&mut self, of_caller: bool) {
        let [caller, callee] = &mut self.targets;
        *(if of_caller { caller } else { callee }) = None;
    }

    /// A 2xx to the request that made it.
    pub(super) fn confirm(&mut self, arrival: &Arrival, turn: &mut Turn<'_>) {
        self.stage = self.stage.on(Step::Confirm);
        self.confirmed.get_or_insert_with(|| turn.trace(arrival));
    }

    /// A 2xx to INVITE or UPDATE starts the session timer anew, or ends it (RFC 4028 §7.2, §9).
    pub(super) fn refresh(&mut self, arrival: &Arrival, asked_by_caller: bool, turn: &mut Turn<'_>) {
        if self.stage != Stage::Confirmed {
            return;
        }
        let agreed = arrival.message.get(HeaderName::SessionExpires).and_then(|value| session_expires(&value));
        let Some((interval_s, refresher_is_asker)) = agreed else {
            self.session_timer = None;
            self.timer.stop();
            return;
        };
        self.had_timer = true;
        let refresher_is_caller = refresher_is_asker == asked_by_caller;
        self.session_timer = Some(Box::new(Expiry { set_by: turn.trace(arrival), interval_s, refresher_is_caller }));
        let due = turn.after_wait().plus(crate::base::seconds(i64::from(interval_s)));
        turn.arm(self.timer.set(due), Alarm::Dialog(self.key));
    }

    /// A subscription lives for a time (RFC 6665 §4.1.2.1).
    pub(super) fn lease(&mut self, seconds: u32, turn: &mut Turn<'_>) {
        if self.stage == Stage::Confirmed {
            let due = turn.after_wait().plus(crate::base::seconds(i64::from(seconds)));
            turn.arm(self.timer.set(due), Alarm::Dialog(self.key));
        }
    }

    /// Goes a step; whether that ended it.
    pub(super) fn step(&mut self, step: Step, turn: &mut Turn<'_>) -> bool {
        let before = self.stage;
        self.stage = before.on(step);
        match self.stage {
            Stage::Ended if before != Stage::Ended => {
                self.over = Some(turn.clock);
                turn.arm(self.timer.set(turn.after_wait()), Alarm::Dialog(self.key));
                true
            }
            // A refused BYE may be sent again; if it is not, the dialog ends all the same (RFC 3261 §15.1.1).
            Stage::Ending if matches!(step, Step::ByeRefused) => {
                turn.arm(self.timer.set(turn.after_wait()), Alarm::Dialog(self.key));
                false
            }
            Stage::Ending => {
                self.timer.stop();
                false
            }
            _ => false,
        }
    }

    pub(super) fn ring(&mut self, at: crate::base::Time) -> super::timer::Ring {
        self.timer.ring(at)
    }

    /// Its deadline is reached; what that means.
    pub(super) fn alarm(&mut self, turn: &mut Turn<'_>) -> Woken {
        if self.stage == Stage::Ended {
            return Woken::Over;
        }
        let expired = self.stage == Stage::Confirmed && self.chain.is_some();
        self.expired |= expired && self.touched;
        self.step(Step::Alarm, turn);
        if expired { Woken::Expired } else { Woken::Ended }
    }

    /// The report of a confirmed dialog; the same dialog at a further hop has none.
    pub(super) fn close(self, call_id: &Arc<str>) -> Option<Dialog> {
        let confirmed = self.confirmed.filter(|_| self.chain.is_some() && self.hop == 0)?;
        Some(Dialog {
            call_id: call_id.clone(),
            confirmed,
            caller: self.path.source,
            callee: self.path.destination,
            has_timer: self.had_timer,
            expired: self.session_timer.filter(|_| self.expired).map(|expiry| *expiry),
            ended: self.stage == Stage::Ended,
        })
    }
}

/// What the deadline of a dialog means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Woken {
    /// The session timer ran out.
    Expired,
    /// It is over now.
    Ended,
    /// It has been over long enough.
    Over,
}

/// The interval in seconds of Session-Expires, and whether the side that asked is to refresh (RFC 4028 §4).
fn session_expires(value: &[u8]) -> Option<(u32, bool)> {
    let split = value.iter().position(|&b| b == b';').unwrap_or(value.len());
    let (interval, params) = value.split_at_checked(split)?;
    let interval = u32::try_from(number(interval.trim_ascii())?).ok()?;
    let refresher = Params(params).value(b"refresher");
    Some((interval, !refresher.is_some_and(|who| who.eq_ignore_ascii_case(b"uas"))))
}
