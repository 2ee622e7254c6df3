//! Takes the audit, gives what a reader wants first: verdict, scope, sessions, metrics, never a finding.

use comfy_table::{Cell, CellAlignment, ContentArrangement, Table, presets};
use unicode_width::UnicodeWidthStr as _;

use super::page::{Page, Paint, elided};
use crate::audit::{Audit, MetricRow, Verdict};
use crate::policy::Severity;
use crate::report::digest::{self, Looked};
use crate::report::figures::{NONE, count, counted, real};

/// Columns of the labels.
const LABEL: usize = 12;
/// Columns that the numbers of a direction take, without what stands between them.
const NUMBERS: usize = 53;
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
        let name = elided(&capture.path.to_string_lossy(), page.width() / 2).into_owned();
        page.paragraph(LABEL, Paint::Plain, &format!("{name}: {}", digest::capture_facts(capture)));
    }
    if let Some(more) = audit.captures.len().checked_sub(SHOWN).filter(|&n| n > 0) {
        page.paragraph(LABEL, Paint::Dim, &format!("and {} (--format json lists all)", counted(more as u64, "more file")));
    }
    // A damaged file is named however many files there are.
    for capture in &audit.captures {
        for note in digest::capture_notes(capture) {
            let name = if audit.captures.len() > 1 { format!("{}: ", elided(&capture.path.to_string_lossy(), 40)) } else { String::new() };
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
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    let heads = ["direction", "attempts", "SER", "SEER", "ISA", "SCR", "ASR", "NER", "SRD p50/p95", "peak"];
    table.set_header(heads.iter().enumerate().map(|(i, head)| align(i, head)));
    // At 80 columns each blank counts.
    let gap = if page.width() < 96 { 1 } else { 2 };
    let room = page.width().saturating_sub(NUMBERS + heads.len() * usize::from(gap));
    for row in rows.iter().take(SHOWN) {
        let mut direction = digest::direction(&row.from, &row.to);
        if direction.width() > room {
            direction = format!("{}\n→ {}", elided(&row.from, room), elided(&row.to, room.saturating_sub(2)));
        }
        if units {
            direction += &format!(" ({})", row.count_unit);
        }
        let ratios = [row.ser_pct, row.seer_pct, row.isa_pct, row.scr_pct, row.asr_pct, row.ner_pct];
        let delay = if row.srd_success_s.n == 0 {
            NONE.into()
        } else {
            format!("{}/{} s", real(row.srd_success_s.p50, 2), real(row.srd_success_s.p95, 2))
        };
        let cells = [direction, count(row.attempts)]
            .into_iter()
            .chain(ratios.map(|r| real(r, 1)))
            .chain([delay, row.peak_concurrent.map_or_else(|| NONE.into(), count)]);
        table.add_row(cells.enumerate().map(|(i, cell)| align(i, &cell)));
    }
    table.column_iter_mut().for_each(|column| _ = column.set_padding((0, gap)));
    page.end();
    for line in table.lines() {
        page.line(Paint::Plain, line.trim_end());
    }
    if let Some(more) = rows.len().checked_sub(SHOWN).filter(|&n| n > 0) {
        page.paragraph(0, Paint::Dim, &format!("and {} (--format json lists all)", counted(more as u64, "more direction")));
    }
    page.paragraph(0, Paint::Dim, "Ratios in percent, by RFC 6076 and ITU-T E.425, as seen at the tap; whole capture.");
}

fn align(column: usize, text: &str) -> Cell {
    Cell::new(text).set_alignment(if column == 0 { CellAlignment::Left } else { CellAlignment::Right })
}
