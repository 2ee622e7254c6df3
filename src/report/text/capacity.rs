//! Takes the capacity review of an audit, gives it as a text for a terminal, never a number of its own.

use std::io::{self, Write};

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr as _;

use super::Look;
use super::page::{Page, Paint, elided};
use crate::audit::{Audit, BusyHour, CapacityRow, Headroom, MediaLoad};
use crate::base::Time;
use crate::policy::Severity;
use crate::report::digest;
use crate::report::figures::{self, NONE, count, counted, duration, real, short};

/// How many rows of a table a terminal shows.
const SHOWN: usize = 40;

/// Writes the review: what it is of, the load of each part, peaks, busy hours, media, headroom; times of it are in `zone`.
///
/// # Errors
/// When `out` does not take it.
pub fn write(audit: &Audit, look: Look, zone: &TimeZone, mut out: impl Write) -> io::Result<()> {
    let mut page = Page::new(look);
    let review = &audit.capacity;
    page.labelled(&[(Paint::Strong, "captures")], 12, &digest::scope(audit));
    page.labelled(&[(Paint::Strong, "policy")], 12, &digest::policy(&audit.policy));
    if *zone != TimeZone::UTC {
        let name = zone.iana_name().unwrap_or("local");
        page.labelled(&[(Paint::Strong, "times")], 12, &format!("{name}, where no Z is behind them"));
    }
    if review.load.is_empty() {
        page.paragraph(0, Paint::Plain, "No session requests and no transactions: there is no load to review.");
    } else {
        let head = ["load", "attempts", "answered", "att/s", "ans/s", "tx/s", "at once", "p95", "ringing too", "Erlangs"];
        table(&mut page, &head, &review.load, load);
        page.paragraph(0, Paint::Dim, "att/s, ans/s: the most in a sliding second; tx/s: in a second. At once, Erlangs: sessions from answer to end; ringing too: from INVITE to end.");
        let peaks: Vec<&CapacityRow> = review.load.iter().filter(|row| row.confirmed.peak > 0).collect();
        peaks.iter().take(SHOWN).for_each(|row| peak(&mut page, row, zone));
        busy(&mut page, audit, zone);
    }
    if !review.media.is_empty() {
        let head = ["media", "codec", "peak kbit/s", "at", "p95", "mean", "peak packets/s"];
        table(&mut page, &head, &review.media, |row| media(row, zone));
        let bin = review.media.iter().map(|row| row.bin_s).max().unwrap_or(1);
        page.paragraph(
            0,
            Paint::Dim,
            &format!("IP packets of streams that belong to calls, in bins of {bin} s; the direction is that of the packets."),
        );
    }
    if review.limits.is_empty() {
        page.end();
        page.paragraph(0, Paint::Dim, "No admission limits were agreed: there is no headroom to measure.");
    } else {
        page.end();
        review.limits.iter().take(SHOWN).for_each(|limit| headroom(&mut page, limit));
        more(&mut page, review.limits.len(), "limit");
    }
    out.write_all(page.take().as_bytes())?;
    out.flush()
}

fn more(page: &mut Page, all: usize, what: &str) {
    if let Some(n) = all.checked_sub(SHOWN).filter(|&n| n > 0) {
        page.paragraph(0, Paint::Dim, &format!("and {} (--format json lists all)", counted(n as u64, &format!("more {what}"))));
    }
}

/// Numbers in columns; where their names leave no room for them, each name has a line of its own.
fn table<T>(page: &mut Page, head: &[&str], rows: &[T], cells: impl Fn(&T) -> Vec<String>) {
    let mut rows_shown: Vec<Vec<String>> = rows.iter().take(SHOWN).map(cells).collect();
    // At 80 columns each blank counts.
    let gap: u16 = if page.width() < 96 { 1 } else { 2 };
    let widest = |i: usize| rows_shown.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).max().unwrap_or(0);
    let all: usize = head.iter().enumerate().map(|(i, head)| head.width().max(widest(i)) + usize::from(gap)).sum();
    let apart = all.saturating_sub(usize::from(gap)) > page.width();
    let names: Vec<String> = rows_shown.iter_mut().filter(|_| apart).filter_map(|row| row.first_mut().map(std::mem::take)).collect();

    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let aligned =
        |(i, text): (usize, String)| Cell::new(text).set_alignment(if i == 0 { CellAlignment::Left } else { CellAlignment::Right });
    table.set_header(head.iter().map(|&text| text.to_owned()).enumerate().map(aligned));
    for row in rows_shown {
        table.add_row(row.into_iter().enumerate().map(aligned));
    }
    table.column_iter_mut().for_each(|column| _ = column.set_padding((0, gap)));
    page.end();
    for (i, line) in table.lines().enumerate() {
        // The first line is the heading.
        if let Some(name) = i.checked_sub(1).and_then(|i| names.get(i)) {
            let name = elided(name, page.width());
            page.line(Paint::Plain, &name);
        }
        page.line(Paint::Plain, line.trim_end());
    }
    more(page, rows.len(), "row");
}

/// Date and time to the second: with a Z in UTC.
fn moment(at: Time, zone: &TimeZone) -> String {
    if *zone == TimeZone::UTC {
        return figures::moment(at);
    }
    let text = at.in_zone(zone);
    text.get(..19).unwrap_or(&text).to_owned()
}

fn load(row: &CapacityRow) -> Vec<String> {
    vec![
        row.name.clone(),
        count(row.attempts),
        count(row.answered),
        count(row.attempts_per_s.peak),
        count(row.answered_per_s.peak),
        count(row.transactions_per_s.peak),
        count(row.confirmed.peak),
        row.confirmed.p95.map_or_else(|| NONE.into(), count),
        count(row.attempted.peak),
        real(row.confirmed.erlangs, 2),
    ]
}

fn media(row: &MediaLoad, zone: &TimeZone) -> Vec<String> {
    vec![
        row.name.clone(),
        row.codec.clone(),
        short(row.peak_kbps),
        row.peak_at.map_or_else(|| NONE.into(), |at| moment(at, zone)),
        short(row.p95_kbps),
        real(row.mean_kbps, 1),
        short(row.peak_packets_per_s),
    ]
}

fn peak(page: &mut Page, row: &CapacityRow, zone: &TimeZone) {
    let at = row.confirmed.peak_at.map_or_else(|| NONE.into(), |at| moment(at, zone));
    let calls: Vec<String> = row.confirmed.peak_calls.iter().rev().map(|call| format!("{} (frame {})", call.call_id, call.frame)).collect();
    let text = format!("{}: {} at once at {at}; last to begin: {}", row.name, count(row.confirmed.peak), calls.join(", "));
    page.labelled(&[(Paint::Strong, "peak")], 12, &text);
}

fn busy(page: &mut Page, audit: &Audit, zone: &TimeZone) {
    let hours = |row: &CapacityRow| {
        let hour = |label: &str, hour: &Option<BusyHour>| {
            hour.as_ref().map(|hour| format!("{label} {}", said(hour, audit.capacity.blocking, zone)))
        };
        [hour("by attempts", &row.busy_hour), hour("by traffic", &row.busy_hour_traffic)]
    };
    for row in audit.capacity.load.iter().filter(|row| row.kind != "border_element").take(SHOWN) {
        for text in hours(row).into_iter().flatten() {
            page.labelled(&[(Paint::Strong, "busy hour")], 12, &format!("{} {text}", row.name));
        }
    }
}

/// A busy hour in words.
fn said(hour: &BusyHour, blocking: f64, zone: &TimeZone) -> String {
    let covered =
        if hour.covered_s < 3600.0 { format!(", of which the capture holds {}", duration(hour.covered_s)) } else { String::new() };
    let circuits = hour.circuits.map_or_else(|| "more circuits than can be told".into(), |n| counted(n.into(), "circuit"));
    format!(
        "from {}{covered}: {}, {} answered, {} Erl carried, {} Erl with ringing; Erlang B at {} % blocking: {circuits}",
        moment(hour.start, zone),
        counted(hour.attempts, "attempt"),
        count(hour.answered),
        real(hour.erlangs, 2),
        real(hour.erlangs_attempted, 2),
        short(blocking * 100.0),
    )
}

fn headroom(page: &mut Page, limit: &Headroom) {
    let beyond = limit.headroom.is_some_and(|room| room < 0.0);
    let paint = match (beyond, limit.warned) {
        (true, _) => Paint::Weight(Severity::High),
        (false, Some(true)) => Paint::Weight(Severity::Medium),
        _ => Paint::Strong,
    };
    let scope = limit.scope.as_ref().map(|scope| format!(" ({scope})")).unwrap_or_default();
    let mut text = format!("{}{scope}, at most {} {}", limit.id, short(limit.limit), limit.kind);
    match limit.peak {
        Some(peak) => {
            text += &format!(
                ": peak {}, {} % used, headroom {}",
                short(peak),
                real(limit.used_pct, 1),
                short(limit.headroom.unwrap_or_default())
            )
        }
        None => text += ": not measured",
    }
    if limit.excursions > 0 {
        text += &format!("; beyond it {} for {}, by {}", counted(limit.excursions, "time"), duration(limit.beyond_s), count(limit.beyond));
    }
    if let (Some(admitted), Some(refused), true) = (limit.beyond_admitted, limit.beyond_refused, limit.beyond > 0) {
        text += &format!(": {} refused, {} answered all the same", count(refused), count(admitted));
    }
    if let Some(blocked) = limit.blocking_at_limit {
        text += &format!("; Erlang B of the busy hour against it: {} % blocked", real(Some(blocked * 100.0), 3));
    }
    if let Some(why) = limit.not_measured {
        text += &format!(" ({why})");
    }
    page.labelled(&[(paint, "limit")], 12, &text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn the_review_names_peaks_headroom_and_what_became_of_the_excess() {
        let mut out = Vec::new();
        write(&sample::full(), Look { width: 120, color: false }, &TimeZone::UTC, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap().split_whitespace().collect::<Vec<_>>().join(" ");
        for part in ["headroom -3", "2 refused, 1 answered all the same", "36 circuits", "25.00 Erl with ringing", "PCMA/8000"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    fn written(width: usize, zone: &TimeZone) -> String {
        let mut audit = sample::full();
        audit.capacity.load.iter_mut().for_each(|row| row.name = format!("2001:db8:ffff:ffff:ffff:ffff:ffff:1 ({})", row.name));
        let mut out = Vec::new();
        write(&audit, Look { width, color: false }, zone, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn names_that_leave_no_room_have_lines_of_their_own() {
        for width in [80, 100, 140] {
            let text = written(width, &TimeZone::UTC);
            assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
            assert!(text.contains("2001:db8:ffff:ffff:ffff:ffff:ffff:1 (alpha → bravo)"), "{text}");
        }
    }

    #[test]
    fn times_are_in_the_zone_that_was_asked_for() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let (utc, local) = (written(120, &TimeZone::UTC), written(120, &zone));
        assert!(
            utc.contains("from 2026-11-14 10:00:00Z:")
                && local.contains("times       Europe/Berlin")
                && local.contains("from 2026-11-14 11:00:00:"),
            "{local}"
        );
    }
}
