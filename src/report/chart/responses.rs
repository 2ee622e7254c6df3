//! Takes counts of status codes, gives them as bars, never a code without its number.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{self, Ink, Legend, SERIES, Swatch, TEXT, WIDTH, font};
use super::{Chart, Table};
use crate::audit::Intake;
use crate::report::figures::{count, counted};

/// The most bars: beyond that the most frequent are drawn, and the table has them all.
const BARS: usize = 32;
const LINE: i32 = 22;
/// Columns for the code, and behind the bar for its number.
const LEFT: i32 = 56;
const RIGHT: i32 = 110;

/// Draws how often each status code came.
pub(super) fn chart(intake: &Intake) -> Option<Chart> {
    let all: Vec<(&str, u64)> = intake.sip_responses.iter().map(|(code, n)| (code.as_str(), *n)).filter(|(_, n)| *n > 0).collect();
    let most = all.iter().map(|(_, n)| *n).max()?;
    let mut bars = all.clone();
    bars.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    bars.truncate(BARS);
    bars.sort_unstable();
    let left_out = all.len() - bars.len();

    let mut classes: Vec<(Ink, &str)> = bars.iter().map(|(code, _)| class(code)).collect();
    classes.dedup();
    let legend = Legend::new(classes.into_iter().map(|(ink, name)| (Swatch::Area(ink), name.to_owned())));
    let height = legend.height() + LINE * i32::try_from(bars.len()).unwrap_or(0) + 8;
    let svg = canvas::draw(height.unsigned_abs(), |area| {
        legend.draw(area)?;
        let mut y = legend.height();
        for (code, n) in &bars {
            let end = LEFT + length(*n, most, WIDTH.cast_signed() - LEFT - RIGHT);
            area.draw(&Text::new(canvas::clip(code, 5), (LEFT - 8, y + LINE / 2), font(HPos::Right, VPos::Center)))?;
            area.draw(&Rectangle::new([(LEFT, y + 3), (end, y + LINE - 3)], class(code).0.color().filled()))?;
            area.draw(&Text::new(count(*n), (end + 8, y + LINE / 2), font(HPos::Left, VPos::Center)))?;
            y += LINE;
        }
        area.draw(&PathElement::new([(LEFT, legend.height()), (LEFT, y)], TEXT.color().stroke_width(1)))?;
        Ok(())
    })?;

    let omitted = if left_out > 0 { format!(" ({} rarer left out)", counted(left_out as u64, "code")) } else { String::new() };
    Some(Chart {
        name: "responses",
        title: format!("SIP responses by status code{omitted}"),
        description: format!("Horizontal bars: how many responses of each status code the captures hold, repeated ones included{omitted}."),
        table: Table {
            head: vec!["status code".into(), "responses".into()],
            rows: all.iter().map(|(code, n)| vec![(*code).to_owned(), count(*n)]).collect(),
        },
        svg,
        columns: None,
    })
}

/// The length of a bar; never nothing.
fn length(n: u64, most: u64, room: i32) -> i32 {
    let scaled = u128::from(n) * u128::from(room.unsigned_abs()) / u128::from(most.max(1));
    i32::try_from(scaled).unwrap_or(room).max(2)
}

/// The class of a code (RFC 3261 §7.2) and its colour.
fn class(code: &str) -> (Ink, &'static str) {
    let (series, name) = match code.as_bytes().first() {
        Some(b'1') => (1, "1xx provisional"),
        Some(b'2') => (0, "2xx success"),
        Some(b'3') => (5, "3xx redirection"),
        Some(b'4') => (2, "4xx client error"),
        Some(b'5') => (3, "5xx server error"),
        Some(b'6') => (4, "6xx global failure"),
        _ => return (TEXT, "other"),
    };
    (SERIES.get(series).copied().unwrap_or(TEXT), name)
}
