//! Takes columns of time and counts, gives the axes and the plane between them, never the data.

use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::axis::Columns;
use super::canvas::{Area, GRID, TEXT, font};
use crate::report::figures::count;

/// Room beside the plane of the data.
pub(super) const LEFT: u32 = 64;
pub(super) const RIGHT: u32 = 36;

/// What stands around the data of a chart over time.
pub(super) struct Frame<'a> {
    /// Room for the legend.
    pub(super) head: i32,
    pub(super) columns: &'a Columns,
    /// The ticks of the vertical axis.
    pub(super) counts: &'a [f64],
    /// What it counts.
    pub(super) what: &'a str,
}

type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Draws the axes and gives the plane of the data: columns across, counts up.
#[allow(clippy::cast_precision_loss)]
pub(super) fn frame<'a, 'b>(area: &'a Area<'b>, frame: &Frame<'_>) -> Result<Plane<'a, 'b>, Box<dyn std::error::Error>> {
    let top = frame.counts.last().copied().unwrap_or(1.0);
    let chart = ChartBuilder::on(area)
        .margin_top(frame.head + 28)
        .margin_right(RIGHT)
        .margin_bottom(44)
        .margin_left(LEFT)
        .build_cartesian_2d(0.0..frame.columns.n as f64, 0.0..top)?;
    let (left, bottom) = chart.backend_coord(&(0.0, 0.0));
    let (right, _) = chart.backend_coord(&(frame.columns.n as f64, 0.0));
    for &tick in frame.counts {
        let (_, y) = chart.backend_coord(&(0.0, tick));
        let ink = if tick > 0.0 { GRID } else { TEXT };
        area.draw(&PathElement::new([(left, y), (right, y)], ink.color().stroke_width(1)))?;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let label = count(tick as u64);
        area.draw(&Text::new(label, (left - 8, y), font(HPos::Right, VPos::Center)))?;
    }
    area.draw(&Text::new(frame.what.to_owned(), (0, frame.head + 4), font(HPos::Left, VPos::Center)))?;
    let (mut free, middle) = (0, font(HPos::Center, VPos::Top));
    for (at, label) in frame.columns.ticks() {
        let (x, _) = chart.backend_coord(&(at, 0.0));
        area.draw(&PathElement::new([(x, bottom), (x, bottom + 5)], TEXT.color().stroke_width(1)))?;
        let half = 4 * i32::try_from(label.len()).unwrap_or(0);
        if x - half >= free {
            free = x + half + 6;
            area.draw(&Text::new(label, (x, bottom + 8), middle.clone()))?;
        }
    }
    area.draw(&Text::new(frame.columns.caption(), (right, bottom + 26), font(HPos::Right, VPos::Top)))?;
    Ok(chart)
}
