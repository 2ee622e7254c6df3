//! Takes samples in nanoseconds, gives mean and nearest-rank percentiles, never an interpolation (`standards.md` §8.7).

use super::buckets::Buckets;

/// Up to so many samples every one is kept.
const EXACT: usize = 1024;

/// Once there are more, so many wait to be put into their buckets together.
const WAITING: usize = 256;

/// Each power of two is cut into 2^10 buckets: none is wider than 0.1 % of its values.
const BITS: u32 = 10;

/// A mergeable distribution: exact up to a number of samples, then in buckets of at most 0.1 % width, with exact mean, least and largest.
/// What it gives depends on the samples only, never on their order or on how parts were merged.
#[derive(Clone, Debug, Default)]
pub struct Distribution {
    /// Every sample as it came; once there are more than [`EXACT`], those that are not in buckets yet.
    samples: Vec<i64>,
    /// Samples by bucket, once there are more.
    buckets: Buckets,
    count: u64,
    sum: i128,
    min: Option<i64>,
    max: Option<i64>,
}

impl Distribution {
    /// Adds a sample.
    pub fn add(&mut self, nanos: i64) {
        self.note(1, i128::from(nanos), nanos, nanos);
        self.samples.push(nanos);
        self.coarsen();
    }

    /// Adds the same sample `n` times.
    pub fn add_many(&mut self, nanos: i64, n: u64) {
        if n == 0 {
            return;
        }
        self.note(n, i128::from(nanos).saturating_mul(i128::from(n)), nanos, nanos);
        match usize::try_from(n) {
            Ok(n) if self.is_exact() => self.samples.extend(std::iter::repeat_n(nanos, n)),
            _ => self.buckets.add([(bucket(nanos), n)]),
        }
        self.coarsen();
    }

    /// Adds the samples of another part.
    pub fn merge(&mut self, other: &Self) {
        let (Some(min), Some(max)) = (other.min, other.max) else { return };
        self.note(other.count, other.sum, min, max);
        self.samples.extend_from_slice(&other.samples);
        self.coarsen();
        if !other.is_exact() {
            self.buckets.add(other.buckets.iter());
        }
    }

    fn note(&mut self, count: u64, sum: i128, min: i64, max: i64) {
        self.count += count;
        self.sum = self.sum.saturating_add(sum);
        self.min = Some(self.min.map_or(min, |m| m.min(min)));
        self.max = Some(self.max.map_or(max, |m| m.max(max)));
    }

    /// Whether every sample is kept as it came.
    const fn is_exact(&self) -> bool {
        self.count <= EXACT as u64
    }

    /// Puts samples into their buckets, where they are so many.
    fn coarsen(&mut self) {
        if !self.is_exact() && self.samples.len() > WAITING {
            let samples = sorted(std::mem::take(&mut self.samples));
            self.buckets.add(samples.into_iter().map(|sample| (bucket(sample), 1)));
        }
    }

    /// All samples by bucket, in order.
    fn by_bucket(&self) -> Buckets {
        let mut buckets = self.buckets.clone();
        buckets.add(sorted(self.samples.clone()).into_iter().map(|sample| (bucket(sample), 1)));
        buckets
    }

    /// How many samples.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The exact mean in nanoseconds; `None` without samples.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }

    /// The nearest-rank percentile, index ⌈p/100·n⌉, in nanoseconds; `None` without samples.
    ///
    /// Of a bucket the end nearer to 0 is given: a delay is never overstated.
    #[must_use]
    pub fn percentile(&self, p: f64) -> Option<i64> {
        let (min, max) = (self.min?, self.max?);
        let rank = rank(p, self.count);
        if rank == self.count {
            return Some(max);
        }
        if self.is_exact() {
            let at = usize::try_from(rank).ok()?.saturating_sub(1);
            let mut samples = self.samples.clone();
            return (at < samples.len()).then(|| *samples.select_nth_unstable(at).1);
        }
        let (buckets, mut seen) = (self.by_bucket(), 0);
        let mut found = buckets.iter().filter(|(_, n)| {
            seen += n;
            seen >= rank
        });
        found.next().map(|(key, _)| value(key).clamp(min, max))
    }

    /// The largest sample.
    #[must_use]
    pub const fn max(&self) -> Option<i64> {
        self.max
    }
}

/// Samples have no order.
impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        let facts = |d: &Self| (d.count, d.sum, d.min, d.max);
        facts(self) == facts(other)
            && if self.is_exact() {
                sorted(self.samples.clone()) == sorted(other.samples.clone())
            } else {
                self.by_bucket() == other.by_bucket()
            }
    }
}

fn sorted(mut samples: Vec<i64>) -> Vec<i64> {
    samples.sort_unstable();
    samples
}

/// ⌈p/100·n⌉, within 1..=n.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn rank(p: f64, n: u64) -> u64 {
    // p·n first: 95·100/100 is exact where 0.95·100 is not.
    let rank = (p * n as f64 / 100.0).ceil();
    (rank as u64).clamp(1, n.max(1))
}

/// The bucket of a sample: ascending with it; below 2^(BITS+1) each value has its own.
fn bucket(nanos: i64) -> i32 {
    let size = nanos.unsigned_abs();
    let shift = (u64::BITS - size.leading_zeros()).saturating_sub(BITS + 1);
    let key = i64::from(shift << BITS) + (size >> shift).cast_signed();
    let key = i32::try_from(key).unwrap_or(i32::MAX);
    if nanos < 0 { -key } else { key }
}

/// The value of a bucket that is nearest to 0.
fn value(key: i32) -> i64 {
    let size = u64::from(key.unsigned_abs());
    let shift = (size >> BITS).saturating_sub(1);
    let size = i64::try_from((size - (shift << BITS)) << shift).unwrap_or(i64::MAX);
    if key < 0 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(samples: &[i64]) -> Distribution {
        let mut all = Distribution::default();
        samples.iter().for_each(|&s| all.add(s));
        all
    }

    #[test]
    fn nearest_rank_has_no_interpolation() {
        // The textbook set: ranks 1, 2, 2, 3 and 5 for 5, 30, 40, 50 and 100.
        let five = of(&[15, 20, 35, 40, 50]);
        let given: Vec<_> = [5.0, 30.0, 40.0, 50.0, 100.0].iter().map(|&p| five.percentile(p).unwrap()).collect();
        assert_eq!(given, [15, 20, 20, 35, 50]);
    }

    #[test]
    fn nothing_has_no_statistics() {
        let none = Distribution::default();
        assert_eq!((none.count(), none.mean(), none.percentile(95.0), none.max()), (0, None, None, None));
    }

    #[test]
    fn a_million_delays_stay_within_a_thousandth() {
        let mut many = Distribution::default();
        (1..=1_000_000).for_each(|i| many.add(i * 1_000));
        assert_eq!(many.mean(), Some(500_000_500.0));
        assert_eq!(many.max(), Some(1_000_000_000));
        for (p, exact) in [(50.0, 500_000_000_i64), (95.0, 950_000_000), (99.0, 990_000_000)] {
            let off = exact - many.percentile(p).unwrap();
            assert!((0..=exact / 1000).contains(&off), "p{p} is off by {off}");
        }
    }

    proptest! {
        #[test]
        fn buckets_hold_their_values(nanos in any::<i64>()) {
            let near = value(bucket(nanos));
            prop_assert!(near.unsigned_abs() <= nanos.unsigned_abs());
            prop_assert!((i128::from(nanos) - i128::from(near)).unsigned_abs() <= u128::from(nanos.unsigned_abs()) / 1000);
        }

        #[test]
        fn order_and_cuts_do_not_matter(mut samples in prop::collection::vec(-10_i64..40_000_000_000, 0..1500), cut in 0_usize..1500) {
            let whole = of(&samples);
            let (left, right) = samples.split_at(cut.min(samples.len()));
            let (mut merged, right) = (of(left), of(right));
            merged.merge(&right);
            prop_assert_eq!(&merged, &whole);
            samples.reverse();
            prop_assert_eq!(of(&samples), whole);
        }
    }
}
