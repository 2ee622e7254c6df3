//! Takes two reports as JSON, gives what is new, gone, better and worse with the test that says so, never a change that chance explains.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

/// Below this probability that chance alone makes such a difference, a difference counts.
const SIGNIFICANT: f64 = 0.05;
/// Samples up to which Fisher's exact test is computed.
const EXACT: u64 = 10_000;

/// Ratios of a metric row, and whether more is better.
const RATIOS: [(&str, bool); 7] = [
    ("ser_pct", true),
    ("seer_pct", true),
    ("isa_pct", false),
    ("scr_pct", true),
    ("asr_pct", true),
    ("ner_pct", true),
    ("ira_pct", false),
];

/// Delays of a metric row: less is better. A report holds no samples of them, so nothing can be tested.
const DELAYS: [&str; 5] = ["srd_success_s", "srd_failed_s", "sdd_ms", "pgrd_s", "rrd_ms"];

/// How a finding or a metric changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// A finding that was not there before.
    New,
    /// Significantly worse.
    Worse,
    /// Significantly better.
    Better,
    /// A finding that is not there any more.
    Gone,
    /// Another number, which chance may explain or no test can judge.
    Different,
}

/// What changed between two audits: `speerlint/comparison/1`.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Comparison {
    pub schema: &'static str,
    pub verdict_before: String,
    pub verdict_after: String,
    /// Whether both audits were made by the same policy file; differences of others may be those of the policy.
    pub same_policy: bool,
    /// Whether anything is new or worse.
    pub regressed: bool,
    pub findings: Vec<Changed>,
    pub metrics: Vec<Changed>,
}

/// One change.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Changed {
    pub change: Change,
    pub what: String,
    /// Severity of a finding.
    pub severity: Option<String>,
    pub before: String,
    pub after: String,
    /// The test, and the probability that chance makes such a difference or a greater one.
    pub test: Option<&'static str>,
    pub p: Option<f64>,
}

/// So many of so many.
type Share = (u64, u64);

/// Compares two reports.
///
/// # Errors
/// Says which of them is no `speerlint/report/1`.
pub fn compare(before: &Value, after: &Value) -> Result<Comparison, &'static str> {
    for (report, which) in [(before, "the first"), (after, "the second")] {
        if report.get("schema").and_then(Value::as_str) != Some("speerlint/report/1") {
            return Err(which);
        }
    }
    let (mut findings, mut metrics) = (findings(before, after), metrics(before, after));
    for changes in [&mut findings, &mut metrics] {
        changes.sort_by(|a, b| (a.change, &a.what).cmp(&(b.change, &b.what)));
    }
    let regressed = findings.iter().chain(&metrics).any(|changed| matches!(changed.change, Change::New | Change::Worse));
    let policy = |report: &Value| report.pointer("/policy/sha256").cloned().filter(|hash| !hash.is_null());
    Ok(Comparison {
        schema: "speerlint/comparison/1",
        verdict_before: text(before, "verdict"),
        verdict_after: text(after, "verdict"),
        same_policy: policy(before) == policy(after),
        regressed,
        findings,
        metrics,
    })
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn number(value: &Value, pointer: &str) -> u64 {
    value.pointer(pointer).and_then(Value::as_u64).unwrap_or(0)
}

fn list<'a>(report: &'a Value, key: &str) -> &'a [Value] {
    report.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Findings that no waiver covers, by what makes them the same from one audit to the next.
fn by_matter(report: &Value) -> BTreeMap<Vec<String>, &Value> {
    let standing = list(report, "findings").iter().filter(|finding| text(finding, "outcome") == "violation");
    let key = |finding: &Value| ["rule", "from", "to", "offender", "observed", "agreed"].iter().map(|key| text(finding, key)).collect();
    standing.map(|finding| (key(finding), finding)).collect()
}

fn findings(before: &Value, after: &Value) -> Vec<Changed> {
    let (old, new) = (by_matter(before), by_matter(after));
    let mut changes = Vec::new();
    for (key, finding) in &new {
        match old.get(key) {
            None => changes.push(only(Change::New, finding)),
            Some(held) => changes.extend(moved(held, finding)),
        }
    }
    changes.extend(old.iter().filter(|(key, _)| !new.contains_key(*key)).map(|(_, finding)| only(Change::Gone, finding)));
    changes
}

fn what(finding: &Value) -> String {
    let [rule, title, observed, from, to] = ["rule", "title", "observed", "from", "to"].map(|key| text(finding, key));
    format!("{rule} {title}: {observed}, {from} → {to}")
}

fn extent(finding: &Value) -> String {
    let (affected, of) = (number(finding, "/calls/affected"), number(finding, "/calls/of"));
    let times = number(finding, "/count");
    if of > 0 { format!("{times} times, {affected} of {of} calls") } else { format!("{times} times") }
}

fn only(change: Change, finding: &Value) -> Changed {
    let (mut before, mut after) = ("not seen".to_owned(), "not seen".to_owned());
    *(if change == Change::New { &mut after } else { &mut before }) = extent(finding);
    Changed { change, what: what(finding), severity: Some(text(finding, "severity")), before, after, test: None, p: None }
}

fn moved(old: &Value, new: &Value) -> Option<Changed> {
    let share = |finding: &Value| (number(finding, "/calls/affected"), number(finding, "/calls/of"));
    let rank = |finding: &Value| ["info", "low", "medium", "high", "critical"].iter().position(|s| *s == text(finding, "severity"));
    let (mut before, mut after) = (extent(old), extent(new));
    let mut tested = None;
    let change = if rank(old) != rank(new) {
        (before, after) = (format!("{}, {before}", text(old, "severity")), format!("{}, {after}", text(new, "severity")));
        if rank(new) > rank(old) { Change::Worse } else { Change::Better }
    } else if before == after {
        return None;
    } else {
        tested = test(share(old), share(new));
        judge(tested, share(old), share(new), false)
    };
    let severity = Some(text(new, "severity"));
    Some(Changed { change, what: what(new), severity, before, after, test: tested.map(|t| t.0), p: tested.map(|t| t.1) })
}

/// What a tested difference is worth.
fn judge(tested: Option<(&'static str, f64)>, old: Share, new: Share, more_is_better: bool) -> Change {
    match tested {
        Some((_, p)) if p < SIGNIFICANT => {
            // Cross products: no division, no rounding.
            let rose = u128::from(new.0) * u128::from(old.1) > u128::from(old.0) * u128::from(new.1);
            if rose == more_is_better { Change::Better } else { Change::Worse }
        }
        _ => Change::Different,
    }
}

fn metrics(before: &Value, after: &Value) -> Vec<Changed> {
    let rows = |report| -> BTreeMap<Vec<String>, &Value> {
        let whole = list(report, "metrics").iter().filter(|row| row.get("interval_start").is_some_and(Value::is_null));
        whole.map(|row| (["from", "to", "trunk_group", "count_unit"].iter().map(|key| text(row, key)).collect(), row)).collect()
    };
    let (old, new) = (rows(before), rows(after));
    let mut changes = Vec::new();
    for (key, row) in &new {
        let Some(held) = old.get(key) else { continue };
        let name = |metric: &str| {
            let trunk = if key[2].is_empty() { String::new() } else { format!(" ({})", key[2]) };
            format!("{metric}, {} → {}{trunk}", key[0], key[1])
        };
        for (metric, more_is_better) in RATIOS {
            let share = |row: &Value| (number(row, &format!("/ratios/{metric}/0")), number(row, &format!("/ratios/{metric}/1")));
            let (was, is) = (share(held), share(row));
            if was == is || was.1 == 0 || is.1 == 0 {
                continue;
            }
            let tested = test(was, is);
            let change = judge(tested, was, is, more_is_better);
            let said = |(n, of): Share| format!("{:.2} % ({n} of {of})", percent(n, of));
            changes.push(Changed {
                change,
                what: name(metric),
                severity: None,
                before: said(was),
                after: said(is),
                test: tested.map(|t| t.0),
                p: tested.map(|t| t.1),
            });
        }
        for metric in DELAYS {
            let said = |row: &Value| {
                let at = |key: &str| row.pointer(&format!("/{metric}/{key}")).and_then(Value::as_f64);
                Some(format!("p50 {:.3}, p95 {:.3}, {} samples", at("p50")?, at("p95")?, number(row, &format!("/{metric}/n"))))
            };
            if let (Some(before), Some(after)) = (said(held), said(row))
                && before != after
            {
                changes.push(Changed { change: Change::Different, what: name(metric), severity: None, before, after, test: None, p: None });
            }
        }
    }
    changes
}

#[allow(clippy::cast_precision_loss)]
fn percent(n: u64, of: u64) -> f64 {
    n as f64 * 100.0 / of as f64
}

/// The two-sided test of two shares, and its p; `None` where one of them is of nothing, or no share at all.
fn test(a: Share, b: Share) -> Option<(&'static str, f64)> {
    if a.1 == 0 || b.1 == 0 || a.0 > a.1 || b.0 > b.1 {
        return None;
    }
    if a.1.saturating_add(b.1) <= EXACT {
        Some(("Fisher's exact test", fisher(a, b)))
    } else {
        Some(("two-proportion z-test", z_test(a, b)))
    }
}

/// Fisher's exact test, two-sided: the sum of the probabilities of all tables with these margins that are no likelier than this one.
#[allow(clippy::cast_precision_loss)]
fn fisher(a: Share, b: Share) -> f64 {
    let (of, hits) = (a.1 + b.1, a.0 + b.0);
    let mut logs = Vec::with_capacity(of as usize + 1);
    logs.push(0.0);
    (1..=of).fold(0.0, |sum: f64, k| {
        let sum = sum + (k as f64).ln();
        logs.push(sum);
        sum
    });
    let log = |n: u64| logs.get(n as usize).copied().unwrap_or(f64::INFINITY);
    let choose = |n: u64, k: u64| log(n) - log(k) - log(n - k);
    let likely = |k: u64| choose(a.1, k) + choose(b.1, hits - k) - choose(of, hits);
    let seen = likely(a.0);
    let range = hits.saturating_sub(b.1)..=hits.min(a.1);
    // Equal tables differ in the last bits.
    range.map(likely).filter(|&p| p <= seen + 1e-7).map(f64::exp).sum::<f64>().min(1.0)
}

/// The z-test of two proportions with their pooled variance, two-sided.
#[allow(clippy::cast_precision_loss)]
fn z_test(a: Share, b: Share) -> f64 {
    let (n, m) = (a.1 as f64, b.1 as f64);
    let pooled = (a.0 + b.0) as f64 / (n + m);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m)).sqrt();
    if deviation == 0.0 {
        return 1.0;
    }
    let z = ((a.0 as f64 / n - b.0 as f64 / m) / deviation).abs();
    erfc(z / std::f64::consts::SQRT_2)
}

/// The complementary error function for x ≥ 0 (Abramowitz and Stegun 7.1.26; wrong by less than 2·10⁻⁷).
fn erfc(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let terms = [1.061_405_429, -1.453_152_027, 1.421_413_741, -0.284_496_736, 0.254_829_592];
    terms.iter().fold(0.0, |sum, term| (sum + term) * t) * (-x * x).exp()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fisher_agrees_with_published_tables() {
        // Fisher's tea-tasting table 3/1, 1/3: 0.4857; 8/2, 1/5: 0.0350.
        assert!((fisher((3, 4), (1, 4)) - 0.485_714).abs() < 1e-5);
        assert!((fisher((8, 10), (1, 6)) - 0.034_965).abs() < 1e-5);
        assert!((fisher((5, 10), (5, 10)) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_z_test_knows_the_five_percent_of_1_96() {
        assert!((erfc(1.959_964 / std::f64::consts::SQRT_2) - 0.05).abs() < 1e-6);
        assert!(z_test((9000, 10_000), (8800, 10_000)) < 1e-4 && z_test((9000, 10_000), (8990, 10_000)) > 0.5);
        assert_eq!(z_test((0, 10_000), (0, 10_000)), 1.0);
    }

    fn report(ser: [u64; 2], findings: &Value) -> Value {
        json!({"schema": "speerlint/report/1", "verdict": "fail", "findings": findings, "metrics": [
            {"from": "a", "to": "b", "interval_start": null, "count_unit": "chain", "ratios": {"ser_pct": ser}}]})
    }

    fn finding(rule: &str, affected: u64, of: u64) -> Value {
        json!({"rule": rule, "outcome": "violation", "severity": "high", "from": "a", "to": "b", "count": affected,
               "calls": {"affected": affected, "of": of}})
    }

    #[test]
    fn chance_is_no_regression_and_what_is_new_is() {
        let (quiet, loud) = (json!([finding("X-1", 2, 20), finding("X-2", 1, 20)]), json!([finding("X-1", 3, 20), finding("X-3", 1, 20)]));
        let all = compare(&report([18, 20], &quiet), &report([17, 20], &loud)).unwrap();
        let seen: Vec<_> = all.findings.iter().map(|c| (c.change, c.what.split(' ').next().unwrap())).collect();
        assert_eq!(seen, [(Change::New, "X-3"), (Change::Gone, "X-2"), (Change::Different, "X-1")]);
        assert_eq!((all.metrics[0].change, all.metrics[0].test), (Change::Different, Some("Fisher's exact test")));
        assert!(all.regressed);
        let same = compare(&report([18, 20], &quiet), &report([17, 20], &quiet)).unwrap();
        assert!(!same.regressed && same.findings.is_empty());
    }

    #[test]
    fn many_calls_make_a_difference_significant() {
        let findings = |n| json!([finding("X-1", n, 20_000)]);
        let all = compare(&report([18_000, 20_000], &findings(100)), &report([17_000, 20_000], &findings(400))).unwrap();
        assert_eq!((all.findings[0].change, all.metrics[0].change), (Change::Worse, Change::Worse));
        assert_eq!(all.metrics[0].test, Some("two-proportion z-test"));
        let back = compare(&report([17_000, 20_000], &findings(400)), &report([18_000, 20_000], &findings(100))).unwrap();
        assert!(!back.regressed && back.metrics[0].change == Change::Better);
    }

    #[test]
    fn what_is_no_report_is_refused_and_odd_numbers_do_no_harm() {
        assert_eq!(compare(&json!({}), &json!([1])).unwrap_err(), "the first");
        let odd = report([30, 20], &json!([{"outcome": "violation"}, 7, null]));
        assert!(compare(&odd, &report([1, 20], &json!([]))).unwrap().metrics[0].test.is_none());
    }
}
