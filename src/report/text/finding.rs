//! Takes a finding, gives it as a compiler would: the capture and the clause under one heading, never a second finding.

use unicode_width::UnicodeWidthStr as _;

use super::page::{Page, Paint, clipped, elided, shortened};
use super::quote::quote;
use crate::audit::{Exhibit, Finding, FindingOutcome};
use crate::report::digest;
use crate::report::escape::visible;

/// Columns before the text of an exhibit or a note.
const GUTTER: usize = 6;
/// What a note begins with.
const MARK: &str = "   = ";
/// The longest observed or agreed value that is worth reading on a terminal.
const LONGEST_VALUE: usize = 240;

/// Writes `finding`; times carry their date unless the capture is of `one_day`.
pub(super) fn write(page: &mut Page, finding: &Finding, one_day: bool) {
    heading(page, finding);
    if let Some(exhibit) = finding.exhibits.first() {
        place(page, exhibit, one_day);
        evidence(page, finding, exhibit);
    }
    if let Some(clause) = &finding.clause {
        let line = clause.line.map(|l| format!(":{l}")).unwrap_or_default();
        page.put(Paint::Frame, "  ::: ");
        let text = clause.text.as_ref().map(|t| format!("   {t}")).unwrap_or_default();
        let source = shortened(&clause.source, page.width() / 2).into_owned();
        let shown = clipped(&format!("{source}{line}{text}"), page.width() - GUTTER).into_owned();
        page.line(Paint::Plain, &shown);
    }
    notes(page, finding);
}

/// `high[SIP-METHOD-001] method not permitted: REFER            bravo → alpha, 214 of 1,032 calls`
fn heading(page: &mut Page, finding: &Finding) {
    let waived = if finding.outcome == FindingOutcome::Waived { "waived: " } else { "" };
    let tag = format!("{}[{}]", finding.severity.name(), finding.rule);
    let what = format!(" {waived}{}: {}", finding.title, clipped(&finding.observed, LONGEST_VALUE));
    let direction = digest::direction(&finding.from, &finding.to);
    let comma = if direction.is_empty() { "" } else { ", " };
    let extent = format!("{comma}{}", digest::extent(finding));
    let side = format!("{}{extent}", elided(&direction, page.width().saturating_sub(GUTTER + extent.width())));
    let (left, right) = (tag.width() + visible(&what).width(), side.width());
    if left + 2 + right <= page.width() {
        page.put(Paint::Weight(finding.severity), &tag);
        page.put(Paint::Strong, &what);
        page.put(Paint::Plain, &" ".repeat(page.width() - left - right));
        page.line(Paint::Plain, &side);
    } else if left <= page.width() {
        page.put(Paint::Weight(finding.severity), &tag);
        page.line(Paint::Strong, &what);
        page.paragraph(4, Paint::Plain, &side);
    } else {
        page.line(Paint::Weight(finding.severity), &tag);
        page.paragraph(4, Paint::Strong, what.trim_start());
        page.paragraph(4, Paint::Plain, &side);
    }
}

/// `--> bravo.pcapng, frame 1482, 10:14:05.113203Z, Call-ID 3c26…@198.51.100.34`
fn place(page: &mut Page, exhibit: &Exhibit, one_day: bool) {
    let time = if one_day { exhibit.time.clock() } else { exhibit.time.to_string() };
    let frame = if exhibit.frame > 0 { format!(", frame {}", exhibit.frame) } else { String::new() };
    let rest = format!("{frame}, {time}");
    let room = page.width() - GUTTER;
    let capture = shortened(&exhibit.capture, room.saturating_sub(rest.width())).into_owned();
    let mut line = format!("{capture}{rest}");
    page.put(Paint::Frame, "  --> ");
    if let Some(call_id) = exhibit.call_id.as_deref() {
        const LABEL: &str = ", Call-ID ";
        // Less than this of a Call-ID is of no use: it then stands on a line of its own.
        const SHORTEST: usize = 16;
        let left = room.saturating_sub(line.width() + LABEL.width());
        if left >= visible(call_id).width().min(SHORTEST) {
            line += &format!("{LABEL}{}", elided(call_id, left));
        } else {
            page.line(Paint::Plain, &line);
            page.put(Paint::Frame, &" ".repeat(GUTTER));
            line = format!("Call-ID {}", elided(call_id, room - "Call-ID ".len()));
        }
    }
    page.line(Paint::Plain, &line);
}

/// The quoted line with its underline.
fn evidence(page: &mut Page, finding: &Finding, exhibit: &Exhibit) {
    let bar = |page: &mut Page| page.put(Paint::Frame, "    |");
    bar(page);
    page.end();
    if exhibit.excerpt.is_empty() {
        return;
    }
    let room = page.width() - GUTTER;
    let quoted = quote(&exhibit.excerpt, exhibit.mark, room);
    let sender = exhibit.sender.as_ref().map(|s| format!("sent by {}", clipped(s, room / 2)));
    bar(page);
    page.line(Paint::Plain, &format!(" {}", quoted.text));
    if quoted.mark.is_some() || sender.is_some() {
        let (at, wide) = quoted.mark.unwrap_or_default();
        let carets = "^".repeat(wide);
        bar(page);
        page.put(Paint::Plain, &" ".repeat(at + 1));
        page.put(Paint::Weight(finding.severity), &carets);
        let sender = sender.unwrap_or_default();
        let gap = if wide > 0 { " " } else { "" };
        if at + wide + gap.len() + sender.width() > room {
            page.end();
            bar(page);
            page.line(Paint::Weight(finding.severity), &format!(" {sender}"));
        } else {
            page.line(Paint::Weight(finding.severity), format!("{gap}{sender}").trim_end());
        }
    }
    bar(page);
    page.end();
}

/// The lines behind `=`.
fn notes(page: &mut Page, finding: &Finding) {
    let note = |page: &mut Page, label: &str, text: &str| {
        let labels = [(Paint::Frame, MARK), (Paint::Strong, label), (Paint::Plain, ": ")];
        page.labelled(&labels, MARK.len() + label.len() + 2, text);
    };
    let agreed = digest::agreed(finding);
    let agreed = clipped(&agreed, LONGEST_VALUE).into_owned();
    let column = 54;
    let both = format!("agreed: {agreed}");
    let reference = format!("= reference: {}", finding.reference);
    if MARK.len() + both.width() + 2 <= column && column + reference.width() <= page.width() {
        page.put(Paint::Frame, MARK);
        page.put(Paint::Strong, "agreed: ");
        page.put(Paint::Plain, &format!("{agreed}{}", " ".repeat(column - MARK.len() - both.width())));
        page.put(Paint::Frame, "= ");
        page.put(Paint::Strong, "reference: ");
        page.line(Paint::Plain, finding.reference);
    } else {
        note(page, "agreed", &agreed);
        note(page, "reference", finding.reference);
    }
    if finding.count > 1 {
        note(page, "seen", &digest::seen(finding));
    }
    let filters = digest::filters(&finding.exhibits);
    for (capture, filter) in &filters {
        let of = if filters.len() > 1 { format!(" ({})", shortened(capture, 40)) } else { String::new() };
        note(page, "wireshark", &format!("{filter}{of}"));
    }
    if let Some(waiver) = digest::waiver(finding) {
        note(page, "waiver", &waiver);
    }
    note(page, "do", finding.fix);
}
