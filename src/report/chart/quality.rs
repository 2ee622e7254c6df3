//! Takes what the streams came to, gives loss, jitter and MOS of each direction and codec as bars of shares, never an average of both scales.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{self, Ink, Legend, SERIES, Swatch, TEXT, WIDTH, font};
use super::{Chart, Table};
use crate::audit::{MediaRow, MediaSummary};
use crate::report::figures::{count, counted, real, short};

/// The most rows: beyond that those with the most streams are drawn, and the table has them all.
const ROWS: usize = 12;
const LINE: i32 = 52;
const BAR: i32 = 18;
const HEAD: i32 = 24;
/// Between the three columns.
const GAP: i32 = 24;

/// How the classes of the audit are drawn: those up to each of these ends together, best first.
struct Measure {
    name: &'static str,
    /// Where one drawn class ends: the index into the classes of the audit.
    ends: [usize; 3],
    words: [&'static str; 4],
}

/// Loss in percent; its classes end at 0, 0.1, 0.5, 1, 2, 5, 10.
const LOSS: Measure = Measure { name: "loss", ends: [1, 4, 6], words: ["none", "below 1 %", "1 to 5 %", "5 % and more"] };
/// Jitter in milliseconds; its classes end at 1, 2, 5, 10, 20, 30, 50.
const JITTER: Measure =
    Measure { name: "greatest jitter", ends: [3, 5, 7], words: ["below 5 ms", "5 to 20 ms", "20 to 50 ms", "50 ms and more"] };
/// MOS, worst first in the audit; its classes end at 2.58, 3.1, 3.6, 4.03, 4.34.
const MOS: Measure = Measure { name: "estimated MOS", ends: [1, 3, 4], words: ["4.03 and more", "3.6 to 4.03", "3.1 to 3.6", "below 3.1"] };

/// Inks from good to bad: the last is hatched.
const INKS: [usize; 4] = [0, 1, 2, 3];

/// Draws the share of streams in each class.
pub(super) fn chart(media: &MediaSummary) -> Option<Chart> {
    let mut rows: Vec<&MediaRow> = media.directions.iter().filter(|row| row.streams > 0).collect();
    let all = rows.len();
    rows.sort_by(|a, b| b.streams.cmp(&a.streams).then_with(|| (&a.from, &a.to, &a.codec).cmp(&(&b.from, &b.to, &b.codec))));
    rows.truncate(ROWS);
    rows.first()?;
    let inks: Vec<Ink> = INKS.iter().filter_map(|&i| SERIES.get(i).copied()).collect();
    let words = |n: usize| [&LOSS, &JITTER, &MOS].map(|m| m.words.get(n).copied().unwrap_or_default()).join(" · ");
    let legend = Legend::new(inks.iter().enumerate().map(|(n, ink)| (Swatch::Area(*ink), words(n))));
    let height = legend.height() + HEAD + LINE * i32::try_from(rows.len()).unwrap_or(0) + 8;
    let wide = (WIDTH.cast_signed() - 2 * GAP) / 3;
    let svg = canvas::draw(height.unsigned_abs(), |area| {
        legend.draw(area)?;
        let mut y = legend.height();
        for (n, measure) in (0..).zip([&LOSS, &JITTER, &MOS]) {
            area.draw(&Text::new(measure.name, (n * (wide + GAP), y + HEAD / 2), font(HPos::Left, VPos::Center)))?;
        }
        y += HEAD;
        for row in &rows {
            let label = canvas::clip(&format!("{} → {}, {}: {}", row.from, row.to, row.codec, counted(row.streams, "stream")), 110);
            area.draw(&Text::new(label, (0, y + 12), font(HPos::Left, VPos::Center)))?;
            for (n, classes) in (0..).zip(drawn(row)) {
                let left = n * (wide + GAP);
                let total: u64 = classes.iter().sum();
                let mut from = left;
                let mut sum = 0;
                for (ink, streams) in inks.iter().zip(classes) {
                    sum += streams;
                    let to = left + share(sum, total, wide);
                    if streams > 0 {
                        // A class with few streams is still seen.
                        let to = to.max(from + 2);
                        area.draw(&Rectangle::new([(from, y + 24), (to, y + 24 + BAR)], ink.color().filled()))?;
                        from = to;
                    }
                }
                if total == 0 {
                    area.draw(&Text::new("not known", (left, y + 24 + BAR / 2), font(HPos::Left, VPos::Center)))?;
                } else {
                    let frame = [(left, y + 24), (left + wide, y + 24 + BAR)];
                    area.draw(&Rectangle::new(frame, TEXT.color().stroke_width(1)))?;
                }
            }
            y += LINE;
        }
        Ok(())
    })?;
    let omitted = if all > rows.len() { format!(" ({} with fewer streams left out)", all - rows.len()) } else { String::new() };
    Some(Chart {
        name: "quality",
        title: format!("Loss, jitter and estimated MOS by direction and codec{omitted}"),
        description: format!(
            "Three bars a direction and codec: the share of its streams by loss, by greatest jitter and by estimated MOS, best first{omitted}."
        ),
        table: table(media),
        svg,
        columns: None,
    })
}

/// The streams of a row in each drawn class, best first, of loss, jitter and MOS.
fn drawn(row: &MediaRow) -> [[u64; 4]; 3] {
    let mos: Vec<u64> = row.mos_classes.iter().rev().copied().collect();
    // Reversed, the classes of MOS begin with the best two, which are drawn as one.
    let mos_ends = Measure { ends: [2, 3, 4], ..MOS };
    [classes(&row.loss_classes, &LOSS), classes(&row.jitter_classes, &JITTER), classes(&mos, &mos_ends)]
}

fn classes(all: &[u64], measure: &Measure) -> [u64; 4] {
    let [a, b, c] = measure.ends;
    let sum = |from: usize, to: usize| all.get(from.min(all.len())..to.min(all.len())).unwrap_or_default().iter().sum();
    [sum(0, a), sum(a, b), sum(b, c), sum(c, all.len())]
}

/// The part of `room` that `n` of `total` takes.
fn share(n: u64, total: u64, room: i32) -> i32 {
    let scaled = u128::from(n) * u128::from(room.unsigned_abs()) / u128::from(total.max(1));
    i32::try_from(scaled).unwrap_or(room).min(room)
}

fn table(media: &MediaSummary) -> Table {
    let between = |ends: &[f64], unit: &str| -> Vec<String> {
        let first = ends.first().map(|end| format!("below {}{unit}", short(*end)));
        let middle = ends.windows(2).filter_map(|pair| Some(format!("from {}{unit}", short(*pair.first()?))));
        let last = ends.last().map(|end| format!("from {}{unit}", short(*end)));
        first.into_iter().chain(middle).chain(last).collect()
    };
    let fixed =
        ["direction", "codec", "streams", "packets", "lost", "loss p95 %", "jitter p95 ms", "MOS p50", "MOS p50 wideband", "not rated"];
    let mut head: Vec<String> = fixed.map(str::to_owned).to_vec();
    head.extend(between(&media.loss_classes_pct, " %").into_iter().map(|c| format!("loss {c}")));
    head.extend(between(&media.jitter_classes_ms, " ms").into_iter().map(|c| format!("jitter {c}")));
    head.extend(between(&media.mos_classes, "").into_iter().map(|c| format!("MOS {c}")));
    let row = |r: &MediaRow| {
        let mut cells = vec![
            format!("{} → {}", r.from, r.to),
            r.codec.clone(),
            count(r.streams),
            count(r.packets),
            count(r.lost),
            real(r.loss_pct.p95, 2),
            real(r.jitter_ms.p95, 1),
            real(r.mos.p50, 2),
            real(r.mos_wideband.p50, 2),
            count(r.unrated),
        ];
        cells.extend(r.loss_classes.iter().chain(&r.jitter_classes).chain(&r.mos_classes).map(|&n| count(n)));
        cells.into_iter().map(|cell| canvas::clip(&cell, 120)).collect()
    };
    Table { head, rows: media.directions.iter().map(row).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::quality;

    #[test]
    fn the_drawn_classes_end_where_they_say() {
        let (loss, jitter, mos) = (quality::LOSS, quality::JITTER, quality::MOS);
        assert_eq!(LOSS.ends.map(|end| loss[end - 1]), [0.000_001, 1.0, 5.0]);
        assert_eq!(JITTER.ends.map(|end| jitter[end - 1]), [5.0, 20.0, 50.0]);
        let from_best: Vec<f64> = mos.iter().rev().copied().collect();
        assert_eq!([2, 3, 4].map(|end: usize| from_best[end - 1]), [4.03, 3.6, 3.1]);
    }

    #[test]
    fn every_stream_is_in_one_drawn_class() {
        let row = MediaRow { loss_classes: vec![1; 8], jitter_classes: vec![1; 8], mos_classes: vec![1; 6], ..MediaRow::default() };
        assert_eq!(drawn(&row), [[1, 3, 2, 2], [3, 2, 2, 1], [2, 1, 1, 2]]);
    }
}
