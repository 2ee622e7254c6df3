//! Takes what happens in a stream, gives it by intervals for a chart, never more intervals than a chart can show.

use crate::base::{Time, seconds};

/// The width of the intervals of a short stream.
const WIDTH: i64 = seconds(5);

/// Intervals that are kept; a longer stream has wider ones.
const KEPT: usize = 96;

/// What happened when.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// When the first interval begins: the first packet.
    pub start: Time,
    /// How wide each is, in nanoseconds.
    pub width: i64,
    /// The intervals, up to the last packet.
    pub intervals: Vec<Interval>,
    /// Which interval the latest packet was in, and when that begins.
    latest: usize,
    from: Time,
}

/// One interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// Packets that came.
    pub packets: u32,
    /// Packets missing: by how much the highest sequence number grew, less the distinct packets; negative where late ones filled a hole.
    pub lost: i32,
    /// The greatest jitter in milliseconds, where the rate of the clock is known.
    pub jitter: Option<f32>,
}

impl Series {
    pub(super) const fn new(start: Time) -> Self {
        Self { start, width: WIDTH, intervals: Vec::new(), latest: 0, from: start }
    }

    /// Takes a packet that leaves so many missing, or fills so many holes where that is negative.
    #[inline]
    pub(super) fn on(&mut self, at: Time, missing: i32, jitter: Option<f64>) {
        if !self.covers(at) {
            self.move_to(at);
        }
        if let Some(interval) = self.intervals.get_mut(self.latest) {
            interval.lost = interval.lost.saturating_add(missing);
        }
        self.add(1, jitter);
    }

    /// Whether a time is in the interval of the latest packet.
    #[inline]
    pub(super) fn covers(&self, at: Time) -> bool {
        (0..self.width).contains(&at.since(self.from)) && !self.intervals.is_empty()
    }

    /// Adds packets to the interval of the latest one, with the greatest jitter among them.
    #[inline]
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn add(&mut self, packets: u32, jitter: Option<f64>) {
        if let Some(interval) = self.intervals.get_mut(self.latest) {
            interval.packets = interval.packets.saturating_add(packets);
            if let Some(jitter) = jitter.map(|ms| ms as f32)
                && interval.jitter.is_none_or(|most| most < jitter)
            {
                interval.jitter = Some(jitter);
            }
        }
    }

    /// Goes to the interval of a time.
    #[cold]
    pub(super) fn move_to(&mut self, at: Time) {
        let index = |series: &Self| usize::try_from(at.since(series.start) / series.width).unwrap_or(0);
        while index(self) >= KEPT {
            self.widen();
        }
        self.latest = index(self);
        self.from = self.start.plus(self.width.saturating_mul(i64::try_from(self.latest).unwrap_or(0)));
        if self.latest >= self.intervals.len() {
            self.intervals.resize(self.latest + 1, Interval::default());
        }
    }

    /// Makes one interval of two.
    fn widen(&mut self) {
        let pair = |pair: &[Interval]| {
            pair.iter().fold(Interval::default(), |a, b| Interval {
                packets: a.packets.saturating_add(b.packets),
                lost: a.lost.saturating_add(b.lost),
                jitter: greater(a.jitter, b.jitter),
            })
        };
        self.intervals = self.intervals.chunks(2).map(pair).collect();
        self.width = self.width.saturating_mul(2);
    }

    /// The jitter was that of another clock.
    pub(super) fn forget_jitter(&mut self) {
        self.intervals.iter_mut().for_each(|interval| interval.jitter = None);
    }
}

fn greater(a: Option<f32>, b: Option<f32>) -> Option<f32> {
    a.zip(b).map_or(a.or(b), |(a, b)| Some(a.max(b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_stream_has_wider_intervals_and_the_same_sums() {
        let mut series = Series::new(Time(0));
        for n in 0..100_000i64 {
            series.on(Time(n * 20_000_000), i32::from(n % 100 == 7), Some(f64::from(n as u32)));
        }
        assert!(series.intervals.len() <= KEPT);
        assert_eq!(series.width, seconds(40), "2000 seconds");
        assert_eq!(series.intervals.iter().map(|i| i.packets).sum::<u32>(), 100_000);
        assert_eq!(series.intervals.iter().map(|i| i.lost).sum::<i32>(), 1_000);
        assert_eq!(series.intervals.last().unwrap().jitter, Some(99_999.0));
    }

    #[test]
    fn a_packet_before_the_first_counts_with_it() {
        let mut series = Series::new(Time(seconds(10)));
        series.on(Time(0), 0, None);
        assert_eq!(series.intervals.len(), 1);
    }
}
