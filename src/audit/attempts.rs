//! Takes INVITEs that carry what may pass only once and what becomes of them, gives whether another one goes on from them, never a session.
//!
//! A border element that gets no answer, or a refusal, tries the next one at once (RFC 3263 §4.3). As a back-to-back agent it gives each attempt a
//! Call-ID and a From tag of its own, and passes on what it was given for the session.

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::hearing::Heard;
use super::judge::Judge;
use crate::base::{Origin, Time, fingerprint, seconds};
use crate::sip::{HeaderName, Message, Method};

/// Who dials again by himself needs longer.
const AT_ONCE: i64 = seconds(5);

/// 64·T1, after which an INVITE without response has failed (RFC 3261 §17.1.1.2), and the time to go on.
const SILENCE: i64 = seconds(32) + AT_ONCE;

/// No INVITE stays without a final response for longer, as agreements have Timer C (RFC 3261 §16.6).
const LONGEST: i64 = seconds(600);

/// What a message says of the attempt that its call is.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    pub(super) order: Origin,
    user: u64,
    clock: Time,
    /// Whether it failed.
    failed: bool,
}

impl Judge<'_> {
    /// Notes a response to an INVITE outside dialogs, or that it was given up.
    pub(super) fn note_fate(&mut self, heard: &Heard<'_, '_>) {
        let (message, envelope) = (&heard.arrival.message, &heard.arrival.envelope);
        let terms = heard.by_session;
        if terms.identity.stir.replay_window_s.is_none() && terms.accounting.charging_vector.is_none() {
            return;
        }
        let answers = heard.place.method == Some(Method::Invite) && heard.place.answers_initial();
        let failed = match message.code() {
            Some(code @ 101..) if answers => code >= 300,
            None if message.method() == Some(Method::Cancel) => true,
            _ => return,
        };
        self.fates.push(Fate { order: envelope.origin, user: message.call_key(), clock: envelope.clock, failed });
    }
}

/// Who calls whom, as far as two attempts of one session have it in common.
pub(super) fn numbers(message: &Message) -> u64 {
    fingerprint((message.user_of(HeaderName::From), message.user_of(HeaderName::To)))
}

/// How far an attempt has come.
#[derive(Clone, Copy, Debug)]
enum Stage {
    Silent,
    Working,
    Failed(Time),
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    numbers: u64,
    began: Time,
    stage: Stage,
}

/// Whether one attempt goes on from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GoesOn {
    Yes,
    Perhaps,
    No,
}

/// The attempts that were made lately, by their call.
#[derive(Debug, Default)]
pub(super) struct Attempts(HashMap<u64, Attempt, FixedState>);

impl Attempts {
    /// An INVITE, perhaps one more of its call.
    pub(super) fn begin(&mut self, user: u64, numbers: u64, began: Time) {
        self.0.insert(user, Attempt { numbers, began, stage: Stage::Silent });
    }

    /// What became of an attempt, where it is one of these.
    pub(super) fn meet(&mut self, fate: &Fate) {
        let Some(attempt) = self.0.get_mut(&fate.user) else { return };
        attempt.stage = match attempt.stage {
            Stage::Failed(at) => Stage::Failed(at),
            _ if fate.failed => Stage::Failed(fate.clock),
            _ => Stage::Working,
        };
    }

    /// Whether an INVITE between these numbers goes on from the attempt of `user`.
    pub(super) fn follow(&self, user: u64, numbers: u64, at: Time) -> GoesOn {
        match self.0.get(&user).filter(|attempt| attempt.numbers == numbers) {
            Some(Attempt { stage: Stage::Failed(end), .. }) if at.since(*end) <= AT_ONCE => GoesOn::Yes,
            Some(Attempt { stage: Stage::Silent, began, .. }) if at.since(*began) <= SILENCE => GoesOn::Perhaps,
            _ => GoesOn::No,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets what is older than anybody asks for.
    pub(super) fn forget(&mut self, now: Time) {
        self.0.retain(|_, attempt| match attempt.stage {
            Stage::Failed(end) => now.since(end) <= AT_ONCE,
            // It may fail long after it began; Timer C ends it.
            Stage::Silent | Stage::Working => now.since(attempt.began) <= LONGEST,
        });
    }
}
