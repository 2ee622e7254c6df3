//! Takes what bad calls have in common, gives it as lines, never a cause.

use super::page::{Page, Paint};
use crate::audit::{Common, IncidentView};
use crate::report::digest;
use crate::report::figures::{count, counted};

/// Columns of the labels.
const LABEL: usize = 12;
/// How many endings and values a terminal shows.
const SHOWN: usize = 5;

/// Writes the incident view: nothing where no call failed or was poor.
pub(super) fn write(page: &mut Page, view: &IncidentView) {
    if view.failed + view.poor == 0 {
        return;
    }
    page.labelled(&[(Paint::Strong, "incident")], LABEL, &digest::incident(view));
    if !view.endings.is_empty() {
        let endings: Vec<String> = view.endings.iter().take(SHOWN).map(|e| format!("{} {}", e.response, count(e.calls))).collect();
        page.paragraph(LABEL, Paint::Plain, &format!("failed calls ended with {}", endings.join(", ")));
    }
    common(page, "failed", &view.of_failed);
    common(page, "poor", &view.of_poor);
}

fn common(page: &mut Page, kind: &str, common: &Common) {
    for shared in common.values.iter().take(SHOWN) {
        page.paragraph(LABEL, Paint::Plain, &format!("{kind} calls share {}", digest::shared(kind, shared)));
    }
    let more = common.more + common.values.len().saturating_sub(SHOWN) as u64;
    if more > 0 {
        page.paragraph(LABEL, Paint::Dim, &format!("and {} (--format json lists them)", counted(more, "more value")));
    }
}
