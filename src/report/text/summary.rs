//! Takes the audit, gives what a reader wants first: verdict, scope, sessions, metrics, never a finding.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use unicode_width::UnicodeWidthStr as _;

use super::page::{Page, Paint, elided, shortened};
use crate::audit::{Audit, MetricRow, Verdict};
use crate::metrics::Dimension;
use crate::policy::Severity;
use crate::report::digest::{self, Looked};
use crate::report::figures::{NONE, count, counted, real};

/// Columns of the labels.
const LABEL: usize = 12;
/// Columns that a file's name gets at least.
const NAME: usize = 32;
/// How many values of each direction.
const VALUES: usize = 5;
/// How many directions and files a terminal shows.
const SHOWN: usize = 24;

/// Writes the summary.
pub(super) fn write(page: &mut Page, audit: &Audit) {
    verdict(page, audit);
    page.end();
    page.labelled(&[(Paint::Strong, "captures")], LABEL, &digest::scope(audit));
    captures(page, audit);
    page.labelled(&[(Paint::Strong, "policy")], LABEL, &digest::policy(&audit.policy));
    for (i, line) in digest::intake(audit).iter().enumerate() {
        page.labelled(&[(Paint::Strong, if i == 0 { "traffic" } else { "" })], LABEL, line);
    }
    page.labelled(&[(Paint::Strong, "sessions")], LABEL, &digest::sessions(&audit.totals));
    if audit.media.bound + audit.media.strays > 0 || !audit.media.beside.is_empty() {
        page.labelled(&[(Paint::Strong, "media")], LABEL, &digest::media(&audit.media));
    }
    super::incident::write(page, &audit.incident);
    unjudged(page, audit);
    metrics(page, audit);
}

fn verdict(page: &mut Page, audit: &Audit) {
    let paint = match audit.verdict {
        Verdict::Pass => Paint::Good,
        Verdict::Fail => Paint::Weight(Severity::High),
        Verdict::Inconclusive => Paint::Weight(Severity::Medium),
    };
    let word = digest::verdict_word(audit.verdict).to_uppercase();
    let reason = format!("{} ({})", digest::verdict_reason(audit), digest::tally(audit));
    page.labelled(&[(paint, &word)], word.len() + 2, &reason);
}

fn captures(page: &mut Page, audit: &Audit) {
    for capture in audit.captures.iter().take(SHOWN) {
        let facts = digest::capture_facts(capture);
        let room = page.width().saturating_sub(LABEL + 2 + facts.width()).max(NAME);
        let path = capture.path.to_string_lossy();
        page.paragraph(LABEL, Paint::Plain, &format!("{}: {facts}", shortened(&path, room)));
    }
    if let Some(more) = audit.captures.len().checked_sub(SHOWN).filter(|&n| n > 0) {
        page.paragraph(LABEL, Paint::Dim, &format!("and {} (--format json lists all)", counted(more as u64, "more file")));
    }
    // A damaged file is named however many files there are.
    for capture in &audit.captures {
        for note in digest::capture_notes(capture) {
            let name =
                if audit.captures.len() > 1 { format!("{}: ", shortened(&capture.path.to_string_lossy(), NAME)) } else { String::new() };
            page.paragraph(LABEL, Paint::Weight(Severity::Medium), &format!("{name}{note}"));
        }
    }
}

/// What could not be judged: so that silence is not read as consent.
fn unjudged(page: &mut Page, audit: &Audit) {
    let of = |looked| audit.rules.iter().filter(move |r| Looked::of(r) == looked);
    let mut first = true;
    for rule in of(Looked::Unjudged) {
        let text = format!("{} {}: {}", rule.id, rule.name, digest::reasons(rule));
        page.labelled(&[(Paint::Strong, if first { "not judged" } else { "" })], LABEL, &text);
        first = false;
    }
    let idle = of(Looked::Idle).count() as u64;
    if idle > 0 {
        let text = format!("{} never applied: nothing agreed, or nothing of the kind seen", counted(idle, "rule"));
        page.labelled(&[(Paint::Strong, if first { "not judged" } else { "" })], LABEL, &text);
    }
}

fn metrics(page: &mut Page, audit: &Audit) {
    let rows: Vec<&MetricRow> = audit.metrics.iter().filter(|r| r.interval_start.is_none()).collect();
    if rows.is_empty() {
        return;
    }
    let units = rows.iter().any(|r| r.count_unit != rows.first().map_or("", |r| r.count_unit));
    let cells: Vec<Vec<String>> = rows.iter().take(SHOWN).map(|row| cells(row)).collect();
    let room = room(page, &NUMBERS, &cells);
    let label = |row: &&MetricRow| {
        let unit = if units { format!(" ({})", row.count_unit) } else { String::new() };
        let direction = format!("{}{unit}", digest::direction(&row.from, &row.to));
        if direction.width() <= room {
            return direction;
        }
        let to = elided(&row.to, room.saturating_sub(2 + unit.len()));
        format!("{}\n→ {to}{unit}", elided(&row.from, room))
    };
    page.end();
    table(page, "direction", &NUMBERS, rows.iter().map(label).zip(cells).map(|(label, cells)| (Vec::new(), label, cells)));
    if let Some(more) = rows.len().checked_sub(SHOWN).filter(|&n| n > 0) {
        page.paragraph(0, Paint::Dim, &format!("and {} (--format json lists all)", counted(more as u64, "more direction")));
    }
    let few: Vec<String> = rows.iter().filter(|r| r.few_samples).take(SHOWN).map(|r| digest::direction(&r.from, &r.to)).collect();
    if let Some(least) = rows.iter().find(|r| r.few_samples).map(|r| r.min_samples) {
        let text = format!("Few samples (under min_samples, {}), so not judged: {}.", count(least), few.join(", "));
        page.paragraph(0, Paint::Dim, &text);
    }
    page.paragraph(0, Paint::Dim, "Ratios in percent, by RFC 6076 and ITU-T E.425, as seen at the tap; whole capture.");
    Dimension::ALL.into_iter().for_each(|dimension| breakdown(page, audit, dimension));
}

/// The first values of each direction: what was asked for, in brief.
fn breakdown(page: &mut Page, audit: &Audit, dimension: Dimension) {
    let rows: Vec<&MetricRow> = digest::broken_down(audit, dimension).collect();
    let heads = NUMBERS.split_last().map_or(&NUMBERS[..], |(_, heads)| heads);
    let mut lines: Vec<(&MetricRow, Vec<String>)> = Vec::new();
    let directions = rows.chunk_by(|a, b| (&a.from, &a.to) == (&b.from, &b.to));
    for direction in directions.take(SHOWN) {
        // What is not known and what was put together is always said.
        let first = direction.iter().enumerate().filter(|(i, row)| *i < VALUES || row.value_kind != Some("value"));
        for (_, row) in first {
            let mut cells = cells(row);
            cells.truncate(heads.len());
            lines.push((row, cells));
        }
    }
    let more = rows.len() - lines.len();
    if lines.is_empty() {
        return;
    }
    let numbers: Vec<Vec<String>> = lines.iter().map(|(_, cells)| cells.clone()).collect();
    let room = room(page, heads, &numbers);
    // Directions, and values for which there is no room beside the numbers, have lines of their own.
    let mut shown: Vec<(Vec<String>, String, Vec<String>)> = Vec::new();
    let mut last = None;
    for (row, cells) in lines {
        let (direction, mut before) = ((&row.from, &row.to), Vec::new());
        if last.replace(direction) != Some(direction) {
            before.push(elided(&digest::direction(&row.from, &row.to), page.width()).into_owned());
        }
        let mut label = format!("  {}", elided(&digest::facet(row).unwrap_or_default(), page.width().saturating_sub(2)));
        if label.width() > room {
            before.push(std::mem::take(&mut label));
        }
        shown.push((before, label, cells));
    }
    page.end();
    page.line(Paint::Strong, &format!("By {}", dimension.meaning()));
    table(page, dimension.name(), heads, shown);
    if more > 0 {
        page.paragraph(0, Paint::Dim, &format!("and {} (--format json lists all)", counted(more as u64, "more row")));
    }
    let mut note = digest::breakdown_note(audit, dimension);
    if let Some(elsewhere) = digest::breakdown_elsewhere(audit, dimension) {
        note = [note, elsewhere].join(" ").trim_start().to_owned();
    }
    if !note.is_empty() {
        page.paragraph(0, Paint::Dim, &note);
    }
}

/// What numbers leave of a line for what they are of.
fn room(page: &Page, heads: &[&str], rows: &[Vec<String>]) -> usize {
    let widest = |i: usize| rows.iter().filter_map(|n| n.get(i)).map(|n| n.width()).max().unwrap_or(0);
    let taken: usize = heads.iter().enumerate().map(|(i, head)| head.width().max(widest(i)) + usize::from(gap(page))).sum();
    page.width().saturating_sub(taken + usize::from(gap(page)))
}

/// At 80 columns each blank counts.
fn gap(page: &Page) -> u16 {
    if page.width() < 96 { 1 } else { 2 }
}

/// Numbers in columns behind what they are of, and what stands before the line of each.
fn table(page: &mut Page, of: &str, heads: &[&str], rows: impl IntoIterator<Item = (Vec<String>, String, Vec<String>)>) {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header([of].iter().chain(heads).enumerate().map(|(i, head)| aligned(i, head)));
    let mut before = Vec::new();
    for (lines, label, numbers) in rows {
        table.add_row([&label].into_iter().chain(&numbers).enumerate().map(|(i, cell)| aligned(i, cell)));
        before.push(lines);
    }
    let gap = gap(page);
    table.column_iter_mut().for_each(|column| _ = column.set_padding((0, gap)));
    for (i, line) in table.lines().enumerate() {
        // The first line is the heading.
        let before = i.checked_sub(1).and_then(|i| before.get(i));
        before.into_iter().flatten().for_each(|line| page.line(Paint::Plain, line));
        page.line(Paint::Plain, line.trim_end());
    }
}

const NUMBERS: [&str; 9] = ["attempts", "SER", "SEER", "ISA", "SCR", "ASR", "NER", "SRD p50/p95", "peak"];

fn cells(row: &MetricRow) -> Vec<String> {
    let percent = |ratio| real(ratio, 1);
    let srd = &row.srd_success_s;
    vec![
        count(row.attempts),
        percent(row.ser_pct),
        percent(row.seer_pct),
        percent(row.isa_pct),
        percent(row.scr_pct),
        percent(row.asr_pct),
        percent(row.ner_pct),
        if srd.n == 0 { NONE.into() } else { format!("{}/{} s", real(srd.p50, 2), real(srd.p95, 2)) },
        row.peak_concurrent.map_or_else(|| NONE.into(), count),
    ]
}

fn aligned(column: usize, text: &str) -> Cell {
    Cell::new(text).set_alignment(if column == 0 { CellAlignment::Left } else { CellAlignment::Right })
}
