//! Takes the bandwidth of each codec over time, gives it as stacked columns, never a codec that did not pass.

use plotters::prelude::*;

use super::axis::{Columns, counts};
use super::canvas::{self, Legend, SERIES, Swatch};
use super::frame::{Frame, frame};
use super::{Chart, Table};
use crate::audit::{CapacitySeries, Series};
use crate::report::figures::{count, duration, moment};

const HEIGHT: u32 = 320;

/// Draws the highest bandwidth of each interval, codec upon codec; codecs beyond the colours are drawn as one.
#[allow(clippy::cast_precision_loss)]
pub(super) fn chart(capacity: &CapacitySeries) -> Option<Chart> {
    let buckets = capacity.media_kbps.values().map(Vec::len).max()?;
    let axis = Series { start: capacity.media_start, bucket_s: capacity.media_bucket_s, ..Series::default() };
    let columns = Columns::of(&axis, buckets)?;
    let mut codecs: Vec<(String, Vec<u64>)> =
        capacity.media_kbps.iter().map(|(codec, kbps)| (codec.clone(), columns.values(kbps, u64::max))).collect();
    codecs.sort_by_key(|(codec, kbps)| (std::cmp::Reverse(kbps.iter().sum::<u64>()), codec.clone()));
    if codecs.len() > SERIES.len() {
        let rest = codecs.split_off(SERIES.len() - 1);
        let sum = |i: usize| rest.iter().filter_map(|(_, kbps)| kbps.get(i)).sum();
        codecs.push((format!("{} other codecs", rest.len()), (0..columns.n).map(sum).collect()));
    }
    let total = |i: usize| codecs.iter().filter_map(|(_, kbps)| kbps.get(i)).sum::<u64>();
    let highest = (0..columns.n).map(total).max().unwrap_or(0);
    let legend = Legend::new(codecs.iter().zip(SERIES).map(|((codec, _), ink)| (Swatch::Area(ink), codec.clone())));
    let svg = canvas::draw(HEIGHT, |area| {
        legend.draw(area)?;
        let ticks = counts(highest as f64);
        let mut chart = frame(area, &Frame { head: legend.height(), columns: &columns, counts: &ticks, what: "kbit/s" })?;
        for i in 0..columns.n {
            let mut below = 0.0;
            for ((_, kbps), ink) in codecs.iter().zip(SERIES) {
                let value = kbps.get(i).copied().unwrap_or(0) as f64;
                if value > 0.0 {
                    chart.draw_series([Rectangle::new([(i as f64, below), ((i + 1) as f64, below + value)], ink.color().filled())])?;
                    below += value;
                }
            }
        }
        Ok(())
    })?;
    let bin = duration(capacity.media_bucket_s as f64);
    let head = ["from".to_owned()].into_iter().chain(codecs.iter().map(|(codec, _)| format!("{codec}, kbit/s"))).collect();
    let row = |i: usize| {
        let values = codecs.iter().map(|(_, kbps)| count(kbps.get(i).copied().unwrap_or(0)));
        [moment(columns.time(i))].into_iter().chain(values).collect()
    };
    Some(Chart {
        name: "bandwidth",
        title: format!("Media bandwidth by codec, measured in bins of {bin}"),
        description: format!("Stacked columns over time, all directions, IP headers among it: at most {} kbit/s.", count(highest)),
        table: Table { head, rows: (0..columns.n).map(row).collect() },
        svg,
        columns: Some(columns.n),
    })
}
