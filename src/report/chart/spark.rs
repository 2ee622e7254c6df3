//! Takes what happened in one stream when, gives a small picture of loss and jitter, never axes.

use std::fmt::Write;

use crate::audit::StreamSeries;
use crate::report::figures::{count, real, short};

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 56.0;

/// Jitter that reaches to the top, at least, in milliseconds: what less would be exaggerated.
const JITTER_MS: f64 = 20.0;

/// Loss that reaches to the top, at least, as a share: the same.
const LOSS: f64 = 0.05;

/// Loss as bars, jitter as a line, silence as gaps in the ground.
#[must_use]
#[allow(clippy::cast_precision_loss)] // Some hundred intervals.
pub(crate) fn spark(series: &StreamSeries) -> String {
    let n = series.packets.len().max(1) as f64;
    let step = WIDTH / n;
    let lost = |i: usize| f64::from(series.lost.get(i).copied().unwrap_or(0));
    let came = |i: usize| f64::from(series.packets.get(i).copied().unwrap_or(0));
    let share = |i: usize| if lost(i) > 0.0 { lost(i) / (lost(i) + came(i)) } else { 0.0 };
    let worst = (0..series.packets.len()).map(share).fold(0.0, f64::max);
    let jitter = |i: usize| series.jitter_ms.get(i).copied().filter(|ms| ms.is_finite() && *ms > 0.0).unwrap_or(0.0);
    let shaken = (0..series.packets.len()).map(jitter).fold(0.0, f64::max);
    let (loss_top, jitter_top) = (worst.max(LOSS), shaken.max(JITTER_MS));
    let mut ground = String::new();
    let mut bars = String::new();
    let mut line = String::new();
    // Writing to a string cannot fail.
    for i in 0..series.packets.len() {
        let x = i as f64 * step;
        if came(i) > 0.0 {
            let _ = write!(ground, "M{x:.1} {HEIGHT}h{step:.1}");
        }
        if lost(i) > 0.0 {
            let height = (share(i) / loss_top * HEIGHT).max(2.0);
            let _ = write!(bars, "M{x:.1} {HEIGHT}v-{height:.1}h{:.1}v{height:.1}z", (step - 0.5).max(1.0));
        }
        let y = HEIGHT - jitter(i) / jitter_top * HEIGHT;
        let _ = write!(line, "{}{:.1} {:.1}", if i == 0 { "M" } else { "L" }, x + step / 2.0, y.clamp(0.0, HEIGHT));
    }
    let said = format!(
        "{} intervals of {} s: at most {} % lost in one, jitter up to {} ms",
        count(series.packets.len() as u64),
        short(series.width_s),
        real(Some(worst * 100.0), 1),
        real(Some(shaken), 1)
    );
    format!(
        "<svg class=\"spark\" role=\"img\" aria-label=\"{said}\" viewBox=\"0 -2 {WIDTH} {}\"><title>{said}</title>\
         <path class=\"ground\" d=\"{ground}\"/><path class=\"lost\" d=\"{bars}\"/>\
         <path class=\"jitter\" d=\"{line}\"/></svg>",
        HEIGHT + 4.0
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_series_neither_hang_nor_fail() {
        for (packets, jitter) in [(0, 0.0), (1, f64::NAN), (96, f64::INFINITY), (3, -1.0)] {
            let series = StreamSeries {
                packets: vec![u32::MAX; packets],
                lost: vec![u32::MAX; 2],
                jitter_ms: vec![jitter; packets],
                ..StreamSeries::default()
            };
            let svg = spark(&series);
            assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>") && !svg.contains("NaN") && !svg.contains("inf "), "{svg}");
        }
    }

    #[test]
    fn the_worst_interval_is_named() {
        let series = StreamSeries {
            width_s: 5.0,
            packets: vec![250, 200],
            lost: vec![0, 50],
            jitter_ms: vec![0.5, 31.0],
            ..StreamSeries::default()
        };
        assert!(spark(&series).contains("2 intervals of 5 s: at most 20.0 % lost in one, jitter up to 31.0 ms"));
    }
}
