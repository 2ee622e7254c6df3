//! Takes what became of each rule, gives it as rows of the page, never markup.

use crate::audit::RuleCoverage;
use crate::report::digest::{self, Looked};
use crate::report::figures::count;

pub(super) struct Rule {
    pub(super) id: &'static str,
    pub(super) name: &'static str,
    pub(super) severity: &'static str,
    pub(super) looked: &'static str,
    pub(super) class: String,
    pub(super) counts: [String; 4],
    pub(super) indeterminate: String,
    pub(super) reasons: String,
}

pub(super) fn rule(rule: &RuleCoverage) -> Rule {
    let c = &rule.coverage;
    let looked = Looked::of(rule).words();
    Rule {
        id: rule.id,
        name: rule.name,
        severity: rule.severity.name(),
        looked,
        class: looked.replace(' ', "-"),
        counts: [c.pass, c.violation, c.waived, c.not_applicable].map(count),
        indeterminate: count(c.indeterminate.values().sum()),
        reasons: digest::reasons(rule),
    }
}
