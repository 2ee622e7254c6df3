//! Takes the rules with their counts, gives the coverage in brief, never calls a rule kept that never looked.

use super::page::{Page, Paint};
use crate::audit::Audit;
use crate::report::digest;

/// Writes the last paragraph.
pub(super) fn write(page: &mut Page, audit: &Audit) {
    page.end();
    page.labelled(&[(Paint::Strong, "coverage")], 12, &digest::coverage(&audit.rules));
}
