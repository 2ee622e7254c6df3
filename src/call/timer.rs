//! Takes deadlines that move, gives the few alarms that must be queued for them, never a queue of its own.

use crate::base::Time;

/// A time that no capture reaches.
const NEVER: Time = Time(i64::MAX);

/// A deadline and the earliest alarm that is queued for it. A deadline that moves back costs nothing until its alarm rings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Timer {
    due: Time,
    queued: Time,
}

/// What an alarm means when it rings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ring {
    /// Another alarm took its place.
    Stale,
    /// The deadline moved to this time; queue an alarm for it.
    Later(Time),
    /// The deadline is reached.
    Due,
}

impl Default for Timer {
    fn default() -> Self {
        Self { due: NEVER, queued: NEVER }
    }
}

impl Timer {
    /// Moves the deadline; gives the alarm that must be queued, if any.
    pub(super) fn set(&mut self, due: Time) -> Option<Time> {
        self.due = due;
        (due < self.queued).then(|| {
            self.queued = due;
            due
        })
    }

    /// No deadline.
    pub(super) fn stop(&mut self) {
        self.due = NEVER;
    }

    /// An alarm queued for `at` rings.
    pub(super) fn ring(&mut self, at: Time) -> Ring {
        if at != self.queued {
            return Ring::Stale;
        }
        self.queued = NEVER;
        match self.due {
            NEVER => Ring::Stale,
            due if due > at => self.set(due).map_or(Ring::Stale, Ring::Later),
            _ => {
                self.due = NEVER;
                Ring::Due
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_that_moves_back_is_queued_again_when_its_alarm_rings() {
        let mut timer = Timer::default();
        assert_eq!(timer.set(Time(10)), Some(Time(10)));
        assert_eq!(timer.set(Time(20)), None);
        assert_eq!(timer.ring(Time(10)), Ring::Later(Time(20)));
        assert_eq!(timer.ring(Time(20)), Ring::Due);
        assert_eq!(timer.ring(Time(20)), Ring::Stale);
    }

    #[test]
    fn a_deadline_that_moves_forward_leaves_a_stale_alarm() {
        let mut timer = Timer::default();
        timer.set(Time(20));
        assert_eq!(timer.set(Time(10)), Some(Time(10)));
        assert_eq!(timer.ring(Time(10)), Ring::Due);
        assert_eq!(timer.ring(Time(20)), Ring::Stale);
    }
}
