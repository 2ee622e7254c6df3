//! Takes the report of the program, gives what it says of one rule, never a judgement of its own.

use serde_json::Value;

/// Pass, violation, and what could not be judged, of a rule.
pub(crate) fn counts(report: &Value, rule: &str) -> [u64; 3] {
    let row = report["rules"].as_array().unwrap().iter().find(|row| row["id"] == rule).unwrap();
    let unjudged = row["indeterminate"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    [row["pass"].as_u64().unwrap(), row["violation"].as_u64().unwrap(), unjudged]
}

/// What was observed against a rule: by whom, what, how often.
pub(crate) fn found<'a>(report: &'a Value, rule: &str) -> Vec<(&'a str, &'a str, u64)> {
    let of = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    of.map(|f| (f["offender"].as_str().unwrap(), f["observed"].as_str().unwrap(), f["count"].as_u64().unwrap())).collect()
}

/// Why how often a rule could not judge.
pub(crate) fn reasons(report: &Value, rule: &str) -> Vec<(String, u64)> {
    let row = report["rules"].as_array().unwrap().iter().find(|row| row["id"] == rule).unwrap();
    row["indeterminate"].as_object().unwrap().iter().map(|(reason, n)| (reason.clone(), n.as_u64().unwrap())).collect()
}
