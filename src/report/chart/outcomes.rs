//! Takes session requests over time, gives their outcomes as stacked columns, never a class that the audit does not name.

use plotters::prelude::*;

use super::axis::{Columns, counts};
use super::canvas::{self, Ink, Legend, SERIES, Swatch};
use super::frame::{Frame, frame};
use super::{Chart, Table};
use crate::audit::Series;
use crate::report::figures::{count, duration, moment};

const HEIGHT: u32 = 340;

/// The classes from the bottom of the stack to its top; a class that is not known here goes on top.
const ORDER: [&str; 6] = ["answered", "busy or refused", "no answer", "failed", "timeout", "censored"];

/// Draws the attempts of each interval by how they ended.
#[allow(clippy::cast_precision_loss)]
pub(super) fn chart(series: &Series) -> Option<Chart> {
    let columns = Columns::of(series, series.attempts.len())?;
    let attempts = columns.values(&series.attempts, u64::saturating_add);
    let rank = |class: &str| ORDER.iter().position(|o| *o == class).unwrap_or(ORDER.len());
    let mut classes: Vec<(&str, Vec<u64>)> =
        series.outcomes.iter().map(|(class, n)| (*class, columns.values(n, u64::saturating_add))).collect();
    classes.sort_by_key(|(class, _)| rank(class));
    let ink = |class: &str| -> Ink { SERIES.get(rank(class)).copied().unwrap_or(canvas::TEXT) };

    let drawn: Vec<&(&str, Vec<u64>)> = classes.iter().filter(|(_, n)| n.iter().any(|&n| n > 0)).collect();
    let total = |i: usize| drawn.iter().map(|(_, n)| n.get(i).copied().unwrap_or(0) as f64).sum::<f64>();
    let highest = (0..columns.n).map(total).fold(0.0, f64::max);
    let legend = Legend::new(drawn.iter().map(|(class, _)| (Swatch::Area(ink(class)), (*class).to_owned())));
    let width = duration(columns.width_s as f64);
    let svg = canvas::draw(HEIGHT, |area| {
        legend.draw(area)?;
        let what = format!("session requests in {width}");
        let mut chart = frame(area, &Frame { head: legend.height(), columns: &columns, counts: &counts(highest), what: &what })?;
        // Columns stand apart where there is room for it.
        let gap = if columns.n <= 120 { 0.08 } else { 0.0 };
        for i in 0..columns.n {
            let mut below = 0.0;
            for (class, values) in &drawn {
                let value = values.get(i).copied().unwrap_or(0) as f64;
                if value > 0.0 {
                    let corners = [(i as f64 + gap, below), ((i + 1) as f64 - gap, below + value)];
                    chart.draw_series([Rectangle::new(corners, ink(class).color().filled())])?;
                    below += value;
                }
            }
        }
        Ok(())
    })?;

    let head = ["from", "attempts"].into_iter().chain(classes.iter().map(|(class, _)| *class)).map(str::to_owned).collect();
    let row = |i: usize| {
        let values = classes.iter().map(|(_, n)| count(n.get(i).copied().unwrap_or(0)));
        [moment(columns.time(i)), count(attempts.get(i).copied().unwrap_or(0))].into_iter().chain(values).collect()
    };
    Some(Chart {
        name: "outcomes",
        title: format!("Call attempts by outcome, in columns of {width}"),
        description: format!(
            "Stacked columns over time from {}: session requests by how they ended; at most {} in one column.",
            moment(columns.start),
            count(attempts.iter().copied().max().unwrap_or(0))
        ),
        table: Table { head, rows: (0..columns.n).map(row).collect() },
        svg,
        columns: Some(columns.n),
    })
}
