//! Takes the series of an audit, gives charts with the tables behind them, never a point that is not in the audit.

mod axis;
mod canvas;
mod concurrent;
mod frame;
mod media;
mod outcomes;
mod quality;
mod responses;
mod spark;

pub(crate) use spark::spark;

use crate::audit::Audit;

const WIDTH: f64 = canvas::WIDTH as f64;

/// A chart, and its numbers for those who cannot see it or do not trust it.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The name of its file, and its anchor.
    pub name: &'static str,
    /// What it shows.
    pub title: String,
    /// What it shows, for those who cannot see it.
    pub description: String,
    /// The numbers.
    pub table: Table,
    svg: String,
    /// How many columns of time it has, each a row of the table.
    columns: Option<usize>,
}

/// The numbers behind a chart.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The names of the columns.
    pub head: Vec<String>,
    /// The rows, as they shall be shown.
    pub rows: Vec<Vec<String>>,
}

impl Chart {
    /// For a page: as wide as there is room, in the colours of the page's style sheet.
    #[must_use]
    pub fn inline(&self) -> String {
        canvas::inline(&self.svg, self.name, &self.title, &self.description)
    }

    /// Where its columns stand, for what is shown under the pointer: the left and right end as parts of its width, and how many they are.
    pub(crate) fn plot(&self) -> Option<String> {
        self.columns.map(|n| format!("{:.4} {:.4} {n}", f64::from(frame::LEFT) / WIDTH, 1.0 - f64::from(frame::RIGHT) / WIDTH))
    }

    /// For a file of its own: with its title on a white ground.
    #[must_use]
    pub fn file(&self) -> String {
        canvas::file(&self.svg, self.name, &self.title, &self.description)
    }
}

/// Every chart for which there is something to draw.
#[must_use]
pub fn all(audit: &Audit) -> Vec<Chart> {
    [
        outcomes::chart(&audit.series),
        responses::chart(&audit.intake),
        concurrent::chart(&audit.series),
        media::chart(&audit.capacity.series),
        quality::chart(&audit.media),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The charts of the load alone.
#[must_use]
pub fn of_load(audit: &Audit) -> Vec<Chart> {
    [concurrent::chart(&audit.series), media::chart(&audit.capacity.series), outcomes::chart(&audit.series)].into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::report::sample;

    #[test]
    fn nothing_to_draw_gives_no_chart() {
        assert!(all(&sample::empty()).is_empty());
    }

    #[test]
    fn odd_series_neither_hang_nor_fail() {
        let mut audit = sample::full();
        audit.series.concurrent_limits = [f64::INFINITY, f64::NAN, -1.0, 0.0, 1e300].iter().map(|&l| (l.to_string(), l)).collect();
        for (start, width, n) in [(i64::MIN, 60, 3), (i64::MAX, u64::MAX, 3), (0, 0, 3), (0, 1, 1), (0, 60, 100_000)] {
            audit.series.start = Some(Time(start));
            audit.series.bucket_s = width;
            audit.series.attempts = vec![0; n];
            audit.series.concurrent = vec![u64::MAX; n];
            audit.series.outcomes.values_mut().for_each(|v| *v = vec![u64::MAX; n / 2]);
            for chart in all(&audit) {
                assert!(chart.inline().len() < 400_000, "{}: {} bytes", chart.name, chart.inline().len());
            }
        }
    }

    #[test]
    fn what_the_wire_says_stays_text() {
        for chart in all(&sample::hostile()) {
            for svg in [chart.inline(), chart.file()] {
                assert!(!svg.contains("<script") && !svg.contains('\u{202e}') && !svg.contains('\x1b'), "{svg}");
            }
        }
    }
}
