//! Takes what became of each rule, gives it as rows of the page, never markup.

use crate::audit::RuleCoverage;
use crate::report::digest::{self, Looked};
use crate::report::figures::count;

pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) severity: &'static str,
    pub(super) looked: &'static str,
    /// Whether the appendix has its page.
    pub(super) has_page: bool,
    pub(super) class: String,
    pub(super) counts: [String; 4],
    pub(super) indeterminate: String,
    pub(super) reasons: String,
}

pub(super) fn rule(rule: &RuleCoverage) -> Rule {
    let c = &rule.coverage;
    let looked = Looked::of(rule);
    let has_page = !matches!(looked, Looked::Idle | Looked::Off);
    let looked = looked.words();
    Rule {
        id: rule.id,
        name: rule.name,
        severity: rule.severity.name(),
        looked,
        has_page,
        class: looked.replace(' ', "-"),
        counts: [c.pass, c.violation, c.waived, c.not_applicable].map(count),
        indeterminate: count(c.indeterminate.values().sum()),
        reasons: digest::reasons(rule),
    }
}
