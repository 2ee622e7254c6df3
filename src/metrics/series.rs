//! Takes sessions in any order, gives counts in a bounded number of equal buckets over time, never more than a chart can show.

use crate::base::{Time, seconds};
use crate::call::Outcome;

/// The most buckets that are kept.
const BUCKETS: i64 = 2048;

/// The classes of outcome that a chart tells apart, in its order.
pub const CLASSES: [&str; 6] = ["answered", "busy or refused", "no answer", "failed", "timeout", "censored"];

/// The place in [`CLASSES`] of an outcome.
#[must_use]
pub const fn class(outcome: Outcome) -> usize {
    match outcome {
        Outcome::Success => 0,
        Outcome::Failed(486 | 600 | 603 | 607 | 608) => 1,
        Outcome::Failed(408 | 480 | 487) => 2,
        Outcome::Failed(_) => 3,
        Outcome::Timeout => 4,
        Outcome::Censored => 5,
    }
}

/// What happened in one bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Session requests begun.
    pub attempts: u64,
    /// Of those, by class of outcome.
    pub outcomes: [u64; CLASSES.len()],
    /// The most confirmed sessions at once.
    pub concurrent: u64,
}

impl Bucket {
    fn absorb(&mut self, other: &Self) {
        self.attempts += other.attempts;
        self.outcomes.iter_mut().zip(other.outcomes).for_each(|(mine, theirs)| *mine += theirs);
        self.concurrent = self.concurrent.max(other.concurrent);
    }
}

/// Buckets of 1, 2, 4 … seconds, aligned to the epoch: as narrow as the span allows. What they count depends on the sessions only, not on
/// their order nor on how parts were merged; levels are fed in time order, to one part only.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// A bucket is 2^shift seconds wide.
    shift: u32,
    /// The number of the first bucket, counted from the epoch.
    first: i64,
    buckets: Vec<Bucket>,
    /// The level of concurrency and since when.
    level: Option<(Time, u64)>,
}

impl Timeline {
    /// A session request begun at `at` and how it ended.
    pub fn session(&mut self, at: Time, outcome: Outcome) {
        if let Some(bucket) = self.at(second(at)) {
            bucket.attempts += 1;
            if let Some(count) = bucket.outcomes.get_mut(class(outcome)) {
                *count += 1;
            }
        }
    }

    /// A session request begun at `at`, whatever becomes of it.
    pub fn attempt(&mut self, at: Time) {
        if let Some(bucket) = self.at(second(at)) {
            bucket.attempts += 1;
        }
    }

    /// From `at` on, `level` confirmed sessions are alive.
    pub fn concurrent(&mut self, at: Time, level: u64) {
        self.run(at);
        self.mark(second(at), level);
        self.level = Some((at, level));
    }

    /// The capture ends at `end`: the last level lasts up to there.
    pub fn finish(&mut self, end: Time) {
        self.run(end);
        self.level = None;
    }

    /// The level lasts up to, not including, `to`.
    fn run(&mut self, to: Time) {
        let Some((since, level)) = self.level.filter(|&(since, level)| since < to && level > 0) else { return };
        let last = second(to.plus(-1));
        self.mark(second(since), level);
        self.mark(last, level);
        let (from, until) = (second(since) >> self.shift, last >> self.shift);
        let range = |n: i64| usize::try_from(n - self.first).unwrap_or_default();
        if let Some(between) = self.buckets.get_mut(range(from)..=range(until)) {
            between.iter_mut().for_each(|b| b.concurrent = b.concurrent.max(level));
        }
    }

    fn mark(&mut self, second: i64, level: u64) {
        if let Some(bucket) = self.at(second) {
            bucket.concurrent = bucket.concurrent.max(level);
        }
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Self) {
        if other.buckets.is_empty() {
            return;
        }
        while self.shift < other.shift {
            self.coarsen();
        }
        for (number, theirs) in (other.first..).zip(&other.buckets) {
            if let Some(mine) = self.at(number << other.shift) {
                mine.absorb(theirs);
            }
        }
        self.level = self.level.or(other.level);
    }

    /// The bucket that holds a second since the epoch; makes room for it.
    fn at(&mut self, second: i64) -> Option<&mut Bucket> {
        if self.buckets.is_empty() {
            self.first = second >> self.shift;
        }
        loop {
            let number = second >> self.shift;
            let last = self.first + i64::try_from(self.buckets.len()).ok()?.max(1) - 1;
            if number.max(last) - number.min(self.first) < BUCKETS {
                break;
            }
            self.coarsen();
        }
        let number = second >> self.shift;
        if number < self.first {
            let missing = usize::try_from(self.first - number).ok()?;
            self.buckets.splice(0..0, std::iter::repeat_n(Bucket::default(), missing));
            self.first = number;
        }
        let place = usize::try_from(number - self.first).ok()?;
        if place >= self.buckets.len() {
            self.buckets.resize(place + 1, Bucket::default());
        }
        self.buckets.get_mut(place)
    }

    /// Doubles the width.
    fn coarsen(&mut self) {
        let old = std::mem::take(&mut self.buckets);
        let first = self.first >> 1;
        for (number, bucket) in (self.first..).zip(old) {
            let place = usize::try_from((number >> 1) - first).unwrap_or_default();
            if place >= self.buckets.len() {
                self.buckets.push(Bucket::default());
            }
            if let Some(wide) = self.buckets.get_mut(place) {
                wide.absorb(&bucket);
            }
        }
        self.first = first;
        self.shift += 1;
    }

    /// The start of the first bucket; `None` without buckets.
    #[must_use]
    pub fn start(&self) -> Option<Time> {
        (!self.buckets.is_empty()).then(|| Time((self.first << self.shift).saturating_mul(seconds(1))))
    }

    /// The width of a bucket in seconds.
    #[must_use]
    pub const fn width_s(&self) -> u64 {
        1 << self.shift
    }

    /// The buckets, without gaps.
    #[must_use]
    pub fn buckets(&self) -> &[Bucket] {
        &self.buckets
    }
}

const fn second(at: Time) -> i64 {
    at.0.div_euclid(seconds(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(sessions: &[(i64, u16)]) -> Timeline {
        let mut all = Timeline::default();
        sessions.iter().for_each(|&(s, code)| all.session(Time(seconds(s)), Outcome::Failed(code)));
        all
    }

    #[test]
    fn buckets_are_a_second_wide_as_long_as_they_fit() {
        let hour = of(&[(1000, 486), (1000 + 2047, 503)]);
        assert_eq!((hour.width_s(), hour.buckets().len(), hour.start()), (1, 2048, Some(Time(seconds(1000)))));
        let longer = of(&[(1001, 486), (1001 + 2048, 503)]);
        assert_eq!((longer.width_s(), longer.start()), (2, Some(Time(seconds(1000)))));
    }

    #[test]
    fn concurrency_lasts_between_its_changes_and_ends_half_open() {
        let mut line = Timeline::default();
        for (s, level) in [(10, 1), (12, 2), (15, 1), (17, 0), (19, 1)] {
            line.concurrent(Time(seconds(s)), level);
        }
        line.finish(Time(seconds(21)));
        let levels: Vec<_> = line.buckets().iter().map(|b| b.concurrent).collect();
        assert_eq!(levels, [1, 1, 2, 2, 2, 1, 1, 0, 0, 1, 1]);
    }

    #[test]
    fn a_clock_gone_mad_keeps_few_buckets() {
        let mut line = of(&[(i64::MIN / seconds(1), 486), (i64::MAX / seconds(1), 486)]);
        line.concurrent(Time(i64::MIN), 1);
        line.finish(Time(i64::MAX));
        assert!(line.buckets().len() <= 2048);
        assert!(line.buckets().iter().all(|b| b.concurrent == 1));
    }

    proptest! {
        #[test]
        fn order_and_cuts_do_not_matter(mut sessions in prop::collection::vec((-9000_i64..9000, 300_u16..700), 0..60), cut in 0_usize..60) {
            let whole = of(&sessions);
            let (left, right) = sessions.split_at(cut.min(sessions.len()));
            let (mut merged, right) = (of(left), of(right));
            merged.merge(&right);
            prop_assert_eq!(&merged, &whole);
            prop_assert!(whole.buckets().len() <= 2048);
            sessions.reverse();
            prop_assert_eq!(of(&sessions), whole);
        }
    }
}
