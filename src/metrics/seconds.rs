//! Takes events and levels in the order of time, gives how they are spread over the seconds of the capture, never a second but the highest.

use std::collections::BTreeMap;

use super::Distribution;
use crate::base::{Time, seconds};

/// Seconds that may still get events: what came in pieces is counted where it began.
const OPEN: usize = 64;

fn second(at: Time) -> i64 {
    at.0.div_euclid(seconds(1))
}

/// Events in each second, aligned to the epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seconds {
    open: BTreeMap<i64, u64>,
    spread: Distribution,
    peak: Option<(u64, Time)>,
    /// All of them.
    pub total: u64,
}

impl Seconds {
    /// So many events at `at`.
    pub fn note(&mut self, at: Time, events: u64) {
        self.total += events;
        *self.open.entry(second(at)).or_default() += events;
        while self.open.len() > OPEN {
            self.close();
        }
    }

    fn close(&mut self) {
        let Some((second, events)) = self.open.pop_first() else { return };
        self.spread.add(i64::try_from(events).unwrap_or(i64::MAX));
        if self.peak.is_none_or(|(most, _)| events > most) {
            self.peak = Some((events, Time(second.saturating_mul(seconds(1)))));
        }
    }

    /// The capture has `all` seconds: those without events count too.
    pub fn finish(&mut self, all: u64) {
        while !self.open.is_empty() {
            self.close();
        }
        self.spread.add_many(0, all.saturating_sub(self.spread.count()));
    }

    /// The most in a second, and the first second that had so many; complete after [`Seconds::finish`].
    #[must_use]
    pub const fn peak(&self) -> Option<(u64, Time)> {
        self.peak
    }

    /// How many seconds had how many; complete after [`Seconds::finish`].
    #[must_use]
    pub const fn spread(&self) -> &Distribution {
        &self.spread
    }
}

/// The highest level of each second, aligned to the epoch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels {
    second: Option<i64>,
    highest: u64,
    level: u64,
    spread: Distribution,
}

impl Levels {
    /// From `at` on the level is this.
    pub fn set(&mut self, at: Time, level: u64) {
        self.run(at);
        self.level = level;
        self.highest = self.highest.max(level);
    }

    /// Time passes.
    pub fn run(&mut self, to: Time) {
        let (now, real) = (second(to), |level: u64| i64::try_from(level).unwrap_or(i64::MAX));
        match self.second {
            Some(then) if now > then => {
                self.spread.add(real(self.highest));
                self.spread.add_many(real(self.level), u64::try_from(now - then - 1).unwrap_or(0));
                (self.second, self.highest) = (Some(now), self.level);
            }
            Some(_) => {}
            None => self.second = Some(now),
        }
    }

    /// The capture ends at `end` and has `all` seconds: those before the first event had none.
    pub fn finish(&mut self, end: Time, all: u64) {
        if self.second.is_some() {
            self.run(end);
            self.spread.add(i64::try_from(self.highest).unwrap_or(i64::MAX));
        }
        self.spread.add_many(0, all.saturating_sub(self.spread.count()));
    }

    /// How many seconds had which highest level.
    #[must_use]
    pub const fn spread(&self) -> &Distribution {
        &self.spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(tenths: i64) -> Time {
        Time(tenths * 100_000_000)
    }

    #[test]
    fn seconds_without_events_count() {
        let mut seconds = Seconds::default();
        [1, 5, 9, 10, 45].map(at).into_iter().for_each(|t| seconds.note(t, 1));
        seconds.finish(10);
        assert_eq!((seconds.peak(), seconds.total), (Some((3, at(0))), 5));
        let spread = seconds.spread();
        assert_eq!((spread.count(), spread.percentile(50.0), spread.percentile(90.0), spread.max()), (10, Some(0), Some(1), Some(3)));
    }

    #[test]
    fn a_level_lasts_until_it_changes() {
        let mut levels = Levels::default();
        for (t, level) in [(25, 1), (31, 2), (32, 1), (60, 0)] {
            levels.set(at(t), level);
        }
        levels.finish(at(99), 10);
        // Seconds 0 and 1: none; 2: 1; 3: 2; 4, 5 and the beginning of 6: 1; then none.
        let spread = levels.spread();
        assert_eq!((spread.count(), spread.max()), (10, Some(2)));
        assert_eq!([50.0, 60.0, 90.0].map(|p| spread.percentile(p)), [Some(0), Some(1), Some(1)]);
    }
}
