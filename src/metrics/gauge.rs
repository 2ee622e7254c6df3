//! Takes rises and falls in time order, gives the level, its peak and its sum over time, never what it counts.

use std::collections::VecDeque;

use crate::base::{Time, seconds};

/// A number of sessions over time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gauge {
    level: u64,
    since: Option<Time>,
    peak: u64,
    peak_at: Option<Time>,
    area: i128,
}

impl Gauge {
    /// One more at `at`.
    pub fn rise(&mut self, at: Time) {
        self.run(at);
        self.level += 1;
        if self.level > self.peak {
            (self.peak, self.peak_at) = (self.level, Some(at));
        }
    }

    /// One less at `at`; at 0 nothing happens.
    pub fn fall(&mut self, at: Time) {
        self.run(at);
        self.level = self.level.saturating_sub(1);
    }

    /// Time passes.
    pub fn run(&mut self, to: Time) {
        let since = self.since.unwrap_or(to);
        self.area += i128::from(self.level) * i128::from(to.since(since).max(0));
        self.since = Some(to.max(since));
    }

    /// How many there are now.
    #[must_use]
    pub const fn level(&self) -> u64 {
        self.level
    }

    /// The highest level.
    #[must_use]
    pub const fn peak(&self) -> u64 {
        self.peak
    }

    /// When it was first reached; `None` before the first rise.
    #[must_use]
    pub const fn peak_at(&self) -> Option<Time> {
        self.peak_at
    }

    /// The carried traffic over `nanos` nanoseconds in Erlangs: live time up to the last [`Gauge::run`] by length. `None` for no length.
    #[must_use]
    pub fn erlangs(&self, nanos: i64) -> Option<f64> {
        erlangs(self.area, nanos)
    }
}

/// Session-nanoseconds by length; `None` for no length.
#[allow(clippy::cast_precision_loss)]
pub(super) fn erlangs(area: i128, nanos: i64) -> Option<f64> {
    (nanos > 0).then(|| area as f64 / nanos as f64)
}

/// Events in a sliding window (t − w, t].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rate {
    window: i64,
    times: VecDeque<Time>,
    peak: u64,
    peak_at: Option<Time>,
}

/// A window of one second.
impl Default for Rate {
    fn default() -> Self {
        Self::over(seconds(1))
    }
}

impl Rate {
    /// A window of `nanos` nanoseconds.
    #[must_use]
    pub fn over(nanos: i64) -> Self {
        Self { window: nanos.max(1), times: VecDeque::new(), peak: 0, peak_at: None }
    }

    /// An event at `at`; gives how many stand in the window that ends there.
    pub fn note(&mut self, at: Time) -> u64 {
        while self.leave(at).is_some() {}
        self.times.push_back(at);
        let count = self.count();
        if count > self.peak {
            (self.peak, self.peak_at) = (count, Some(at));
        }
        count
    }

    /// Drops the oldest event where it is out of the window that ends at `at`; gives when it left.
    pub fn leave(&mut self, at: Time) -> Option<Time> {
        let left = self.times.front()?.plus(self.window);
        (left <= at).then(|| {
            self.times.pop_front();
            left
        })
    }

    /// How many stand in the window.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.times.len() as u64
    }

    /// The most that ever stood in a window.
    #[must_use]
    pub const fn peak(&self) -> u64 {
        self.peak
    }

    /// When that was first reached.
    #[must_use]
    pub const fn peak_at(&self) -> Option<Time> {
        self.peak_at
    }
}
