//! Takes the range of a series, gives round ticks and their labels, never a bound that is not finite.

use crate::audit::Series;
use crate::base::{Time, seconds};

/// The most columns that a chart draws: beyond that neighbours are drawn as one.
const COLUMNS: usize = 240;

/// The buckets of a series as the chart draws them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Columns {
    /// When the first begins.
    pub(super) start: Time,
    /// Width in seconds.
    pub(super) width_s: u64,
    /// How many.
    pub(super) n: usize,
    /// How many buckets make one.
    fold: usize,
}

impl Columns {
    /// The columns for the `buckets` of a series; `None` where there is nothing to draw.
    pub(super) fn of(series: &Series, buckets: usize) -> Option<Self> {
        let start = series.start.filter(|_| series.bucket_s > 0 && buckets > 0)?;
        let fold = buckets.div_ceil(COLUMNS);
        Some(Self { start, width_s: series.bucket_s.saturating_mul(fold as u64), n: buckets.div_ceil(fold), fold })
    }

    /// The values of the columns: neighbours merged by `merge`; what is missing is 0.
    pub(super) fn values(&self, buckets: &[u64], merge: fn(u64, u64) -> u64) -> Vec<u64> {
        let mut values: Vec<u64> = buckets.chunks(self.fold).map(|c| c.iter().copied().fold(0, merge)).collect();
        values.resize(self.n, 0);
        values
    }

    /// When column `i` begins.
    pub(super) fn time(&self, i: usize) -> Time {
        let width = i64::try_from(self.width_s).unwrap_or(i64::MAX);
        self.start.plus(width.saturating_mul(seconds(1)).saturating_mul(i64::try_from(i).unwrap_or(i64::MAX)))
    }

    /// Whether all of it lies on one day.
    fn one_day(&self) -> bool {
        day(self.time(0)) == day(self.time(self.n))
    }

    /// Round times with their labels: the place in columns, and what to write there.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn ticks(&self) -> Vec<(f64, String)> {
        const STEPS: [i64; 18] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400, 604_800];
        const MOST: i64 = 10;
        let (first, last) = (self.time(0), self.time(self.n));
        let span = last.since(first) / seconds(1);
        let step = STEPS.into_iter().find(|s| span / s <= MOST).unwrap_or((span / MOST).max(1));
        let Some(width) = Some(last.since(first)).filter(|&w| w > 0) else { return Vec::new() };
        let mut ticks = Vec::new();
        let mut at = first.floor(seconds(step));
        while at <= last && ticks.len() <= 2 * MOST as usize {
            if at >= first {
                ticks.push((at.since(first) as f64 / width as f64 * self.n as f64, self.label(at, step)));
            }
            at = at.plus(seconds(step));
        }
        ticks
    }

    fn label(&self, at: Time, step: i64) -> String {
        let text = at.to_string();
        let part = match step {
            604_801.. => text.get(..10),
            86_400.. => text.get(5..10),
            ..60 => text.get(11..19),
            _ if self.one_day() => text.get(11..16),
            _ => return format!("{} {}", text.get(5..10).unwrap_or_default(), text.get(11..16).unwrap_or_default()),
        };
        part.unwrap_or_default().to_owned()
    }

    /// What the axis shows: the zone and the day.
    pub(super) fn caption(&self) -> String {
        if self.one_day() { format!("UTC, {}", day(self.start)) } else { format!("UTC, {} to {}", day(self.start), day(self.time(self.n))) }
    }
}

fn day(time: Time) -> String {
    time.to_string().get(..10).unwrap_or_default().to_owned()
}

/// Round counts from 0 to the first that is not below `max`: at most eight.
#[allow(clippy::cast_precision_loss)]
pub(super) fn counts(max: f64) -> Vec<f64> {
    // Where a double still tells neighbours apart, and far from infinity.
    let max = if max.is_finite() { max.clamp(1.0, 1e15) } else { 1.0 };
    let rough = max / 5.0;
    let magnitude = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].iter().map(|m| m * magnitude).find(|s| *s >= rough).unwrap_or(rough).max(1.0);
    (0..8).map(|i| f64::from(i) * step).scan(false, |done, x| (!std::mem::replace(done, x >= max)).then_some(x)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_round_and_cover_the_data() {
        assert_eq!(counts(0.0), [0.0, 1.0]);
        assert_eq!(counts(3.0), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(counts(61.0), [0.0, 20.0, 40.0, 60.0, 80.0]);
        assert_eq!(counts(100.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert!(counts(f64::INFINITY).iter().all(|x| x.is_finite()));
        assert!(counts(1e300).last().is_some_and(|x| *x >= 1e15));
    }

    #[test]
    fn ticks_stand_at_round_times() {
        let start = Time(1_794_650_400_000_000_000 + 7 * seconds(60));
        let columns = Columns { start, width_s: 60, n: 60, fold: 1 };
        let labels: Vec<String> = columns.ticks().into_iter().map(|t| t.1).collect();
        assert_eq!(labels, ["10:10", "10:20", "10:30", "10:40", "10:50", "11:00"]);
        assert_eq!(columns.ticks()[0].0, 3.0);
        assert_eq!(columns.caption(), "UTC, 2026-11-14");
    }

    #[test]
    fn neighbours_are_merged_where_there_are_too_many() {
        let series = Series { start: Some(Time(0)), bucket_s: 10, ..Series::default() };
        let columns = Columns::of(&series, 1000).unwrap();
        assert_eq!((columns.n, columns.width_s), (200, 50));
        let values = columns.values(&vec![1; 1000], u64::saturating_add);
        assert_eq!((values.len(), values.iter().sum::<u64>()), (200, 1000));
    }
}
