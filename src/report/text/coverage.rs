//! Takes the rules with their counts, gives the coverage in brief, never calls a rule kept that never looked.

use super::page::{Page, Paint};
use crate::audit::Audit;
use crate::report::digest;
use crate::report::figures::{count, counted};

/// Writes the last paragraph.
pub(super) fn write(page: &mut Page, audit: &Audit) {
    let parts: Vec<String> = digest::coverage(&audit.rules)
        .into_iter()
        .filter(|&(_, n)| n > 0)
        .map(|(looked, n)| format!("{} {}", count(n), looked.words()))
        .collect();
    let breakdown = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
    page.end();
    page.labelled(&[(Paint::Strong, "coverage")], 12, &format!("{}{breakdown}", counted(audit.rules.len() as u64, "rule")));
}
