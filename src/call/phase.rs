//! Takes what happens to a client transaction, gives its next phase and deadline, never refuses an event (RFC 3261 §17.1).

use crate::base::Time;

/// The phases of a transaction as a tap sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// No response yet.
    Trying,
    /// Provisional responses only.
    Proceeding,
    /// A final response came; repetitions and the ACK are awaited.
    Completed,
    /// The time for a final response is over; late ones are awaited.
    Expired,
}

/// What happens to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A provisional response with this code.
    Provisional(u16),
    /// A final response.
    Final,
    /// A CANCEL for it.
    Cancel,
    /// Its deadline.
    Alarm,
}

/// The timers of a transaction.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clocks {
    /// Whether it is an INVITE.
    pub(super) invite: bool,
    /// When the request first passed.
    pub(super) began: Time,
    /// 64·T1: Timers B, D, F and H.
    pub(super) wait: i64,
    /// Timer C.
    pub(super) timer_c: i64,
}

/// What becomes of the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deadline {
    /// It stays.
    Keep,
    /// It moves.
    At(Time),
    /// The transaction is over.
    Over,
}

impl Phase {
    /// The deadline of a transaction that begins.
    pub(super) fn begin(clocks: &Clocks) -> (Self, Time) {
        (Self::Trying, clocks.began.plus(clocks.wait))
    }

    pub(super) fn on(self, event: Event, at: Time, clocks: &Clocks) -> (Self, Deadline) {
        use Deadline::{At, Keep, Over};
        match (self, event) {
            // Only 101–199 restart Timer C (RFC 3261 §16.7 step 2).
            (Self::Trying | Self::Proceeding, Event::Provisional(101..)) if clocks.invite => {
                (Self::Proceeding, At(at.plus(clocks.timer_c)))
            }
            (Self::Trying, Event::Provisional(_)) if clocks.invite => (Self::Proceeding, At(clocks.began.plus(clocks.timer_c))),
            (Self::Trying | Self::Proceeding, Event::Provisional(_)) => (Self::Proceeding, Keep),
            (Self::Proceeding, Event::Cancel) if clocks.invite => (self, At(at.plus(clocks.timer_c))),
            (Self::Trying | Self::Proceeding, Event::Final) => (Self::Completed, At(at.plus(clocks.wait))),
            (Self::Trying | Self::Proceeding, Event::Alarm) => (Self::Expired, At(at.plus(clocks.wait))),
            (Self::Completed | Self::Expired, Event::Alarm) => (self, Over),
            (_, Event::Provisional(_) | Event::Final | Event::Cancel) => (self, Keep),
        }
    }
}
