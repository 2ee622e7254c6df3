//! Takes a comparison of two audits, gives it as a text for a terminal, never a change of its own.

use std::io::{self, Write};

use super::Look;
use super::page::{Page, Paint};
use crate::policy::Severity;
use crate::report::comparison::{Change, Changed, Comparison};

/// How many changes of a kind a terminal shows.
const SHOWN: usize = 200;

/// Writes the comparison: the verdicts, then findings and metrics, what is new or worse first.
///
/// # Errors
/// When `out` does not take it.
pub fn write(comparison: &Comparison, look: Look, mut out: impl Write) -> io::Result<()> {
    let mut page = Page::new(look);
    let Comparison { verdict_before, verdict_after, regressed, .. } = comparison;
    let (paint, word) = if *regressed { (Paint::Weight(Severity::High), "WORSE") } else { (Paint::Good, "NOT WORSE") };
    page.labelled(&[(paint, word)], word.len() + 2, &format!("verdict {verdict_before} before, {verdict_after} after"));
    if !comparison.same_policy {
        page.paragraph(
            0,
            Paint::Weight(Severity::Medium),
            "The two audits were not made by the same policy: differences may be those of the policies.",
        );
    }
    for (title, changes) in [("findings", &comparison.findings), ("metrics", &comparison.metrics)] {
        page.end();
        if changes.is_empty() {
            page.paragraph(0, Paint::Plain, &format!("{title}: no change"));
        }
        changes.iter().take(SHOWN).for_each(|changed| one(&mut page, changed));
        if let Some(more) = changes.len().checked_sub(SHOWN).filter(|&n| n > 0) {
            page.paragraph(0, Paint::Dim, &format!("and {more} more {title} (--format json lists all)"));
        }
    }
    out.write_all(page.take().as_bytes())?;
    out.flush()
}

fn one(page: &mut Page, changed: &Changed) {
    let (paint, word) = match changed.change {
        Change::New => (Paint::Weight(Severity::High), "new"),
        Change::Worse => (Paint::Weight(Severity::High), "worse"),
        Change::Better => (Paint::Good, "better"),
        Change::Gone => (Paint::Good, "gone"),
        Change::Different => (Paint::Dim, "other"),
    };
    let severity = changed.severity.as_ref().map(|severity| format!("{severity} ")).unwrap_or_default();
    let test = match (changed.test, changed.p) {
        (Some(test), Some(p)) => format!(" ({test}, p = {p:.4})"),
        _ if changed.change == Change::Different => " (not tested)".to_owned(),
        _ => String::new(),
    };
    page.labelled(&[(paint, word)], 8, &format!("{severity}{}: {}, now {}{test}", changed.what, changed.before, changed.after));
}
