//! Takes differences of transit of consecutive packets, gives the interarrival jitter at the tap, never the receiver's.

/// Interarrival jitter of a stream (RFC 3550 §6.4.1), in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Jitter {
    /// The mean of the estimator over the packets that have a predecessor.
    pub mean: f64,
    /// Its greatest value.
    pub max: f64,
    /// Its value after the last packet.
    pub last: f64,
}

/// The estimator of RFC 3550 A.8 in real numbers, side by side for as many rates of the clock as may be true.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimator<const N: usize> {
    now: [f64; N],
    max: [f64; N],
    sum: [f64; N],
    /// The packets that the mean is over: those with a predecessor.
    count: u64,
}

impl<const N: usize> Default for Estimator<N> {
    fn default() -> Self {
        Self { now: [0.0; N], max: [0.0; N], sum: [0.0; N], count: 0 }
    }
}

impl<const N: usize> Estimator<N> {
    /// Takes the first packet, which has no predecessor: its jitter is 0.
    pub(super) fn first(&mut self) {
        self.now = [0.0; N];
    }

    /// Takes a packet whose transit differs by `difference` ticks from that of its predecessor.
    #[inline]
    pub(super) fn next(&mut self, difference: &[f64; N]) {
        let lanes = self.now.iter_mut().zip(&mut self.max).zip(&mut self.sum).zip(difference);
        for (((now, max), sum), difference) in lanes {
            *now += (difference.abs() - *now) / 16.0;
            *max = max.max(*now);
            *sum += *now;
        }
        self.count += 1;
    }

    /// The value of a rate, in ticks.
    pub(super) fn now(&self, lane: usize) -> f64 {
        self.now.get(lane).copied().unwrap_or_default()
    }

    /// What it came to at `rate`, which is that of `lane`; `None` for fewer than two packets.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn finish(&self, lane: usize, rate: u32) -> Option<Jitter> {
        if self.count == 0 {
            return None;
        }
        let ms = 1000.0 / f64::from(rate);
        let (now, max, sum) = (self.now.get(lane)?, self.max.get(lane)?, self.sum.get(lane)?);
        Some(Jitter { mean: sum / self.count as f64 * ms, max: max * ms, last: now * ms })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// standards.md §8.4, oracle J.
    #[test]
    fn the_oracle_of_nine_arrivals() {
        let arrivals = [0.0, 20.0, 45.0, 60.0, 85.0, 100.0, 120.0, 150.0, 160.0];
        let want = [0.0, 0.0, 2.5, 4.84375, 7.041_016, 9.100_952, 8.532_143, 12.998_884, 17.186_453];
        let mut estimator = Estimator::<1>::default();
        estimator.first();
        for (n, pair) in arrivals.windows(2).enumerate() {
            estimator.next(&[(pair[1] - pair[0]) * 8.0 - 160.0]);
            assert!((estimator.now(0) - want[n + 1]).abs() < 1e-6, "{} is not {}", estimator.now(0), want[n + 1]);
        }
        let jitter = estimator.finish(0, 8000).unwrap();
        assert!((jitter.last - 2.148_307).abs() < 1e-6);
        assert!((jitter.max - 2.148_307).abs() < 1e-6);
        assert!((jitter.mean - want.iter().sum::<f64>() / 8.0 / 8.0).abs() < 1e-6);
    }
}
