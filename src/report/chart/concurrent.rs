//! Takes the load over time, gives it as a line against the agreed limits, never a judgement.

use plotters::prelude::*;

use super::axis::{Columns, counts};
use super::canvas::{self, Ink, Legend, SERIES, Swatch, TEXT};
use super::frame::{Frame, frame};
use super::{Chart, Table};
use crate::audit::Series;
use crate::report::figures::{count, duration, moment, short};

const HEIGHT: u32 = 320;
/// How the limit lines are told apart without colour: dash and gap.
const DASHES: [(i32, i32); 4] = [(10, 5), (3, 4), (18, 6), (6, 10)];
const INKS: [usize; 4] = [3, 2, 5, 4];

/// A limit as it is drawn.
struct Line<'a> {
    direction: &'a str,
    limit: f64,
    ink: Ink,
    dash: (i32, i32),
}

/// Draws the highest number of concurrent calls of each interval, with the limits.
#[allow(clippy::cast_precision_loss)]
pub(super) fn chart(series: &Series) -> Option<Chart> {
    let columns = Columns::of(series, series.concurrent.len())?;
    let values = columns.values(&series.concurrent, u64::max);
    let peak = values.iter().copied().max().unwrap_or(0);
    let mut limits: Vec<(&str, f64)> =
        series.concurrent_limits.iter().map(|(d, l)| (d.as_str(), *l)).filter(|(_, l)| l.is_finite() && *l >= 0.0).collect();
    limits.sort_by(|a, b| a.1.total_cmp(&b.1));
    // A limit far above the load would press the line to the ground: it is named instead.
    let near = |limit: f64| limit <= (peak as f64).max(1.0) * 4.0;
    let styles = INKS.iter().filter_map(|&i| SERIES.get(i).copied()).zip(DASHES);
    let shown: Vec<Line<'_>> = limits
        .iter()
        .filter(|(_, limit)| near(*limit))
        .zip(styles)
        .map(|(&(direction, limit), (ink, dash))| Line { direction, limit, ink, dash })
        .collect();
    let highest = shown.iter().map(|l| l.limit).fold(peak as f64, f64::max);

    let load = SERIES.first().copied().unwrap_or(TEXT);
    let entries = shown.iter().map(|l| (Swatch::Line(l.ink, l.dash), format!("limit {}: {}", short(l.limit), l.direction)));
    let legend =
        Legend::new([(Swatch::Line(load, (0, 0)), "confirmed calls at once, all directions".to_owned())].into_iter().chain(entries));
    let width = duration(columns.width_s as f64);
    let svg = canvas::draw(HEIGHT, |area| {
        legend.draw(area)?;
        let mut chart = frame(area, &Frame { head: legend.height(), columns: &columns, counts: &counts(highest), what: "calls at once" })?;
        let steps: Vec<(f64, f64)> =
            values.iter().enumerate().flat_map(|(i, &v)| [(i as f64, v as f64), ((i + 1) as f64, v as f64)]).collect();
        chart.draw_series(AreaSeries::new(steps.iter().copied(), 0.0, load.color().mix(0.16)))?;
        chart.draw_series([PathElement::new(steps, load.color().stroke_width(2))])?;
        for line in &shown {
            let (left, y) = chart.backend_coord(&(0.0, line.limit));
            let (right, _) = chart.backend_coord(&(columns.n as f64, line.limit));
            canvas::dashed(area, (left, right), y, line.ink, line.dash)?;
        }
        Ok(())
    })?;

    let said: Vec<String> = limits.iter().map(|(direction, limit)| format!("{} for {direction}", short(*limit))).collect();
    let unseen = limits.len() - shown.len();
    let limit_words = match said.len() {
        0 => "no limit was agreed".to_owned(),
        _ if unseen > 0 => format!("agreed limits: {} ({unseen} of them not drawn)", said.join(", ")),
        _ => format!("agreed limits: {}", said.join(", ")),
    };
    Some(Chart {
        name: "concurrent",
        title: if limits.is_empty() { "Concurrent calls".into() } else { "Concurrent calls against the agreed limits".into() },
        description: format!("A line over time, the highest of every {width}: at most {} calls at once; {limit_words}.", count(peak)),
        table: Table {
            head: vec!["from".into(), "calls at once".into()],
            rows: values.iter().enumerate().map(|(i, &v)| vec![moment(columns.time(i)), count(v)]).collect(),
        },
        svg,
        columns: Some(columns.n),
    })
}
