//! Takes rules, gives their pages as JSON, never a finding.

use std::io::{self, Write};

use serde_json::json;

use crate::rules::Rule;

/// Writes rules as `speerlint/rules/1`.
///
/// # Errors
/// When `out` does not take it.
pub fn write(rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let page = |rule: &&Rule| {
        json!({
            "id": rule.id,
            "name": rule.name,
            "title": rule.title,
            "severity": rule.severity.name(),
            "tier": rule.tier,
            "reference": rule.reference,
            "keys": rule.keys,
            "what": rule.what,
            "why": rule.why,
            "confirm": rule.confirm,
            "fix": rule.fix,
        })
    };
    let rules: Vec<_> = rules.iter().map(page).collect();
    serde_json::to_writer_pretty(&mut *out, &json!({ "schema": "speerlint/rules/1", "rules": rules }))?;
    writeln!(out)
}
