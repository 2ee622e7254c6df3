//! Takes how long each packet of a stream waited beside what its time stamps say, gives pauses and steps of the clock, never whose they are.

use super::jolts::{Jolt, What};
use crate::base::{Origin, Time, seconds};

/// The shortest pause that is one (standards.md §7, CAP-LOSS-001).
const SHORTEST: i64 = 20_000_000;

/// The jump of a clock stays; a packet that was held up on its way is soon followed by those that waited behind it.
const STAYS: i64 = seconds(1);

/// Beyond, the stream is another.
const LONGEST: i64 = seconds(60);

/// Time stamps that lagged behind the capture clock all at once.
#[derive(Clone, Copy, Debug)]
struct Lag {
    from: Time,
    timestamp: u32,
    to: Time,
    origin: Origin,
}

/// What a stream noticed, and is about to.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    lag: Option<Box<Lag>>,
    /// When the next packet tells whether the lag stays.
    pub(super) due: Time,
    pub(super) jolts: Vec<Jolt>,
}

impl Default for Watch {
    fn default() -> Self {
        Self { lag: None, due: Time(i64::MAX), jolts: Vec::new() }
    }
}

impl Watch {
    /// How long a packet that is so many ticks after the one before may wait without a look, in nanoseconds.
    pub(super) fn patience(ticks: u32, rate: Option<u32>, limit: i64) -> i64 {
        rate.map_or(i64::MAX, |rate| limit.saturating_add(span(ticks, rate)))
    }

    /// So many packets are missing between two.
    pub(super) fn missing(&mut self, from: Time, to: Time, origin: Origin, missing: u16) {
        if (SHORTEST..LONGEST).contains(&to.since(from)) {
            self.jolts.push(Jolt { from, to, origin, what: What::Pause(missing) });
        }
    }

    /// A packet waited longer than its time stamp says, after one at `from`.
    #[cold]
    pub(super) fn lags(&mut self, (from, timestamp): (Time, u32), to: Time, origin: Origin) {
        if self.lag.is_none() && to.since(from) < LONGEST {
            self.lag = Some(Box::new(Lag { from, timestamp, to, origin }));
            self.due = Time(to.0.saturating_add(STAYS));
        }
    }

    /// A packet at or after `due`.
    #[cold]
    pub(super) fn settle(&mut self, at: Time, timestamp: u32, rate: Option<u32>, limit: i64) {
        self.due = Time(i64::MAX);
        let Some((lag, rate)) = self.lag.take().zip(rate) else { return };
        let by = at.since(lag.from).saturating_sub(span(timestamp.wrapping_sub(lag.timestamp), rate));
        if (limit.saturating_add(1)..LONGEST).contains(&by) {
            self.jolts.push(Jolt { from: lag.from, to: lag.to, origin: lag.origin, what: What::Step(by) });
        }
    }

    /// The time stamps begin anew.
    pub(super) fn restart(&mut self) {
        (self.lag, self.due) = (None, Time(i64::MAX));
    }
}

/// How long so many ticks take, in nanoseconds.
fn span(ticks: u32, rate: u32) -> i64 {
    i64::from(ticks.cast_signed()) * 1_000_000_000 / i64::from(rate.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    #[test]
    fn a_lag_that_stays_is_a_step_and_one_that_does_not_is_none() {
        let settled = |at: i64| {
            let mut watch = Watch::default();
            watch.lags((Time(0), 0), Time(100 * MS), Origin::default());
            assert_eq!(watch.due, Time(1100 * MS));
            watch.settle(Time(at * MS), 8 * 1020, Some(8000), 20 * MS);
            watch.jolts
        };
        assert_eq!(settled(1100).first().map(|jolt| jolt.what), Some(What::Step(80 * MS)));
        assert_eq!(settled(1040), [], "as much as is agreed");
        assert_eq!(settled(1020), []);
    }

    #[test]
    fn a_pause_is_20_ms_or_longer() {
        let mut watch = Watch::default();
        watch.missing(Time(0), Time(19 * MS), Origin::default(), 1);
        watch.missing(Time(0), Time(40 * MS), Origin::default(), 1);
        assert_eq!(watch.jolts.len(), 1);
    }

    #[test]
    fn patience_follows_the_time_stamps() {
        assert_eq!(Watch::patience(160, Some(8000), 20 * MS), 40 * MS);
        assert_eq!(Watch::patience(160, None, 20 * MS), i64::MAX);
    }
}
