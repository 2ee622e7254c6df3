//! Takes the audit, gives `findings.junit.xml`, never a rule that was not asked as one that passed.

use std::io::{self, Write};

use askama::Template;

use super::digest;
use super::escape::visible;
use crate::audit::{Audit, Finding, FindingOutcome, RuleCoverage};

#[derive(Template)]
#[template(
    ext = "xml",
    source = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="speerlint" tests="{{ cases.len() }}" failures="{{ failures }}" errors="0">
  <testsuite name="{{ name }}" tests="{{ cases.len() }}" failures="{{ failures }}" errors="0" skipped="{{ skipped }}">
{%- for case in cases %}
    <testcase classname="{{ case.family }}" name="{{ case.name }}">
{%- for failure in case.failures %}
      <failure type="{{ failure.severity }}" message="{{ failure.message }}">{{ failure.text }}</failure>
{%- endfor %}
{%- if let Some(reason) = case.skipped %}
      <skipped message="{{ reason }}"/>
{%- endif %}
{%- if !case.remarks.is_empty() %}
      <system-out>{{ case.remarks }}</system-out>
{%- endif %}
    </testcase>
{%- endfor %}
  </testsuite>
</testsuites>
"#
)]
struct Suite {
    name: String,
    cases: Vec<Case>,
    failures: usize,
    skipped: usize,
}

/// A rule.
struct Case {
    family: String,
    name: String,
    failures: Vec<Failure>,
    /// Why it has no verdict.
    skipped: Option<String>,
    /// Findings that make nobody fail: waived, or below what the policy fails on.
    remarks: String,
}

/// A finding at or above `policy.fail_on`.
struct Failure {
    severity: &'static str,
    message: String,
    text: String,
}

/// Writes one test case for each rule that the policy left on: failed by the findings that decide the exit status, skipped where the rule did
/// not apply or could not judge.
///
/// # Errors
/// When `out` does not take it.
pub fn write(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    let cases: Vec<Case> = audit.rules.iter().filter(|rule| rule.enabled).map(|rule| case(audit, rule)).collect();
    let suite = Suite {
        name: text(&format!("speerlint {} revision {}", audit.policy.id, audit.policy.revision)),
        failures: cases.iter().filter(|case| !case.failures.is_empty()).count(),
        skipped: cases.iter().filter(|case| case.skipped.is_some()).count(),
        cases,
    };
    out.write_all(suite.render().map_err(io::Error::other)?.as_bytes())
}

fn case(audit: &Audit, rule: &RuleCoverage) -> Case {
    let of_rule = || audit.findings.iter().filter(|finding| finding.rule == rule.id);
    let fails = |finding: &&Finding| {
        finding.outcome == FindingOutcome::Violation && audit.policy.fail_on.is_some_and(|least| finding.severity >= least)
    };
    let coverage = &rule.coverage;
    let unsure: Vec<String> = coverage.indeterminate.iter().map(|(reason, n)| format!("{} {n}", reason.name())).collect();
    let skipped = if coverage.pass + coverage.violation + coverage.waived > 0 || of_rule().next().is_some() {
        None
    } else if unsure.is_empty() {
        Some("did not apply".to_owned())
    } else {
        Some(format!("could not be judged: {}", unsure.join(", ")))
    };
    Case {
        family: format!("speerlint.{}", rule.id.split('-').next().unwrap_or(rule.id)),
        name: format!("{} {}", rule.id, rule.name),
        failures: of_rule().filter(fails).map(failure).collect(),
        skipped,
        remarks: of_rule().filter(|finding| !fails(finding)).map(|finding| format!("{}\n", message(finding))).collect(),
    }
}

fn message(finding: &Finding) -> String {
    let waived = digest::waiver(finding).map(|waiver| format!(" (waived: {waiver})")).unwrap_or_default();
    text(&format!(
        "{} {}: {}, {} → {}, {} times{waived}",
        finding.severity.name(),
        finding.title,
        finding.observed,
        finding.from,
        finding.to,
        finding.count
    ))
}

fn failure(finding: &Finding) -> Failure {
    let clause = finding.clause.as_ref().map(|clause| format!("{} {}", clause.source, clause.path));
    let frames = finding.exhibits.iter().map(|e| format!("{}, frame {}: {}", e.capture, e.frame, e.excerpt));
    let lines = [format!("agreed: {}", finding.agreed)].into_iter().chain(clause).chain(frames).chain([format!("do: {}", finding.fix)]);
    let lines: Vec<String> = lines.map(|line| text(&line)).collect();
    Failure { severity: finding.severity.name(), message: message(finding), text: lines.join("\n") }
}

/// Text with nothing that XML 1.0 does not have (§2.2): controls are written out, and U+FFFE and U+FFFF are no characters.
fn text(text: &str) -> String {
    visible(text).replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(audit: &Audit) -> String {
        let mut out = Vec::new();
        write(audit, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// How often an element begins.
    fn count(xml: &str, element: &str) -> usize {
        xml.matches(&format!("<{element} ")).count()
    }

    #[test]
    fn each_rule_is_one_case_and_each_finding_that_fails_is_told_in_it() {
        let audit = sample::full();
        let xml = written(&audit);
        assert_eq!(count(&xml, "testcase"), audit.rules.iter().filter(|rule| rule.enabled).count());
        let least = audit.policy.fail_on.unwrap();
        let asked = |finding: &&Finding| audit.rules.iter().any(|rule| rule.id == finding.rule);
        let failing = audit.findings.iter().filter(asked).filter(|f| f.outcome == FindingOutcome::Violation && f.severity >= least);
        assert_eq!(count(&xml, "failure"), failing.count());
        assert!(count(&xml, "failure") > 0 && count(&xml, "skipped") > 0, "{xml}");
    }

    #[test]
    fn hostile_text_is_text() {
        let mut audit = sample::hostile();
        for finding in &mut audit.findings {
            finding.observed.push_str("\u{ffff}\u{0}]]><failure x=\"");
        }
        let xml = written(&audit);
        assert!(!xml.contains("<script") && !xml.contains("<failure x"));
        assert!(!xml.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{ffff}'));
        assert!(!xml.contains("]]>"), "no end of a CDATA section in text (XML 1.0 §2.4)");
    }
}
