//! Takes the audit, gives `findings.sarif` (OASIS SARIF 2.1.0), never a location that a reader could not open.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::digest;
use super::escape::visible;
use crate::audit::{Audit, Exhibit, Finding, FindingOutcome, RuleCoverage};
use crate::capture::CaptureInfo;
use crate::policy::Severity;
use crate::rules;

/// The JSON schema of the format, by which readers know it (SARIF 2.1.0 §3.13.3).
const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one run: the rules that were asked, the captures, and one result for each finding. A result stands at the clause of the policy that
/// it breaks, which is a line of a text file; the frames are related locations.
///
/// # Errors
/// When `out` does not take it.
pub fn write(audit: &Audit, out: &mut dyn Write) -> io::Result<()> {
    let run = json!({
        "tool": { "driver": {
            "name": audit.tool.name,
            "version": audit.tool.version,
            "rules": audit.rules.iter().map(rule).collect::<Vec<_>>(),
        } },
        "columnKind": "unicodeCodePoints",
        "artifacts": audit.captures.iter().map(artifact).collect::<Vec<_>>(),
        "results": audit.findings.iter().map(|finding| result(finding, &audit.rules)).collect::<Vec<_>>(),
        "properties": { "verdict": audit.verdict, "policy": audit.policy.id, "revision": audit.policy.revision },
    });
    serde_json::to_writer_pretty(&mut *out, &json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] }))?;
    writeln!(out)
}

fn rule(coverage: &RuleCoverage) -> Value {
    let mut rule = json!({
        "id": coverage.id,
        "name": coverage.name,
        "defaultConfiguration": { "enabled": coverage.enabled, "level": level(coverage.severity) },
        "properties": { "severity": coverage.severity.name(), "coverage": coverage.coverage },
    });
    if let (Some(page), Some(rule)) = (rules::find(coverage.id), rule.as_object_mut()) {
        rule.insert("shortDescription".into(), json!({ "text": page.title }));
        rule.insert("fullDescription".into(), json!({ "text": page.what }));
        rule.insert("help".into(), json!({ "text": format!("{}\n\n{}\n\nReference: {}", page.confirm, page.fix, page.reference) }));
    }
    rule
}

fn artifact(capture: &CaptureInfo) -> Value {
    let mut artifact = json!({ "location": { "uri": uri(&capture.path.to_string_lossy()) }, "length": capture.bytes });
    if let (Some(hash), Some(artifact)) = (&capture.sha256, artifact.as_object_mut()) {
        artifact.insert("hashes".into(), json!({ "sha-256": hash }));
    }
    artifact
}

fn result(finding: &Finding, rules: &[RuleCoverage]) -> Value {
    let (from, to) = (visible(&finding.from), visible(&finding.to));
    let text = format!(
        "{}: {} ({from} → {to}; {} times, {} of {} calls). Agreed: {}. Do: {}.",
        finding.title,
        visible(&finding.observed),
        finding.count,
        finding.calls.affected,
        finding.calls.of,
        visible(&finding.agreed),
        finding.fix,
    );
    let mut result = json!({
        "ruleId": finding.rule,
        "level": level(finding.severity),
        "kind": "fail",
        "message": { "text": text },
        "locations": finding.clause.iter().map(|clause| json!({
            "physicalLocation": {
                "artifactLocation": { "uri": uri(&clause.source) },
                "region": { "startLine": clause.line.unwrap_or(1).max(1) },
            },
            "logicalLocations": [{ "fullyQualifiedName": clause.path, "kind": "member" }],
        })).collect::<Vec<_>>(),
        "relatedLocations": finding.exhibits.iter().zip(1u32..).map(|(exhibit, id)| related(exhibit, id)).collect::<Vec<_>>(),
        "occurrenceCount": finding.count.clamp(1, i64::MAX.unsigned_abs()),
        // What stays the same from one capture to the next: frames and counts do not.
        "partialFingerprints": { "finding/v1": format!("{} {from} {to} {}", finding.rule, visible(&finding.observed)) },
        "properties": {
            "id": finding.id,
            "severity": finding.severity.name(),
            "offender": finding.offender,
            "first_time": finding.first_time,
            "last_time": finding.last_time,
            "reference": finding.reference,
        },
    });
    let index = rules.iter().position(|rule| rule.id == finding.rule);
    if let Some(result) = result.as_object_mut() {
        if let Some(index) = index {
            result.insert("ruleIndex".into(), json!(index));
        }
        if finding.outcome == FindingOutcome::Waived {
            let justification = digest::waiver(finding).unwrap_or_default();
            result.insert("suppressions".into(), json!([{ "kind": "external", "status": "accepted", "justification": justification }]));
        }
    }
    result
}

/// A frame of a capture: not a line of a text, so its number stands in the name of the place.
fn related(exhibit: &Exhibit, id: u32) -> Value {
    json!({
        "id": id,
        "physicalLocation": { "artifactLocation": { "uri": uri(&exhibit.capture) } },
        "logicalLocations": [{ "name": format!("frame {}", exhibit.frame), "kind": "resource" }],
        "message": { "text": format!("frame {}, {}: {}", exhibit.frame, exhibit.time, visible(&exhibit.excerpt)) },
    })
}

/// The level of a severity (SARIF 2.1.0 §3.27.10).
const fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// A path as a relative URI reference, or an absolute path as `file:` (RFC 3986 §2.1: what is not unreserved is written out).
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 8);
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            _ => out.extend(format!("%{byte:02X}").chars()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    fn written(audit: &Audit) -> Value {
        let mut out = Vec::new();
        write(audit, &mut out).unwrap();
        serde_json::from_slice(&out).unwrap()
    }

    /// The part of SARIF 2.1.0 that is used here, in our words: what it requires of each object (§3.13, §3.14, §3.19, §3.27, §3.28, §3.35, §3.49).
    fn schema() -> Value {
        let message = json!({ "type": "object", "required": ["text"], "properties": { "text": { "type": "string", "minLength": 1 } } });
        let artifact =
            json!({ "type": "object", "required": ["uri"], "properties": { "uri": { "type": "string", "format": "uri-reference" } } });
        let location = json!({ "type": "object", "properties": {
            "id": { "type": "integer", "minimum": -1 },
            "physicalLocation": { "type": "object", "required": ["artifactLocation"], "properties": {
                "artifactLocation": artifact,
                "region": { "type": "object", "properties": { "startLine": { "type": "integer", "minimum": 1 } } },
            } },
            "message": message,
        } });
        let level = json!({ "enum": ["none", "note", "warning", "error"] });
        let bag = json!({ "type": "object" });
        let texts = json!({ "type": "object", "additionalProperties": { "type": "string" } });
        let rule = json!({ "type": "object", "required": ["id"], "additionalProperties": false, "properties": {
            "id": { "type": "string" }, "name": { "type": "string" }, "properties": bag,
            "shortDescription": message, "fullDescription": message, "help": message,
            "defaultConfiguration": { "type": "object", "properties": { "enabled": { "type": "boolean" }, "level": level } },
        } });
        let suppression = json!({ "type": "object", "required": ["kind"], "properties": {
            "kind": { "enum": ["inSource", "external"] }, "status": { "enum": ["accepted", "underReview", "rejected"] },
        } });
        let result = json!({ "type": "object", "required": ["message", "ruleId"], "additionalProperties": false, "properties": {
            "ruleId": { "type": "string" }, "ruleIndex": { "type": "integer", "minimum": -1 }, "level": level,
            "kind": { "enum": ["notApplicable", "pass", "fail", "review", "open", "informational"] }, "message": message,
            "locations": { "type": "array", "items": location }, "relatedLocations": { "type": "array", "items": location },
            "occurrenceCount": { "type": "integer", "minimum": 1 }, "partialFingerprints": texts,
            "suppressions": { "type": "array", "items": suppression }, "properties": bag,
        } });
        let artifacts = json!({ "type": "object", "properties": {
            "location": artifact, "length": { "type": "integer", "minimum": -1 }, "hashes": texts,
        } });
        let driver = json!({ "type": "object", "required": ["name"], "properties": {
            "rules": { "type": "array", "uniqueItems": true, "items": rule },
        } });
        let run = json!({ "type": "object", "required": ["tool", "results"], "additionalProperties": false, "properties": {
            "tool": { "type": "object", "required": ["driver"], "properties": { "driver": driver } },
            "columnKind": { "enum": ["utf16CodeUnits", "unicodeCodePoints"] },
            "artifacts": { "type": "array", "items": artifacts }, "properties": bag,
            "results": { "type": "array", "items": result },
        } });
        json!({ "type": "object", "required": ["version", "runs"], "additionalProperties": false, "properties": {
            "$schema": { "type": "string", "format": "uri" }, "version": { "const": "2.1.0" }, "runs": { "type": "array", "items": run },
        } })
    }

    #[test]
    fn it_is_what_the_standard_requires() {
        let validator = jsonschema::options().should_validate_formats(true).build(&schema()).unwrap();
        for audit in [sample::full(), sample::hostile()] {
            let written = written(&audit);
            let faults: Vec<String> = validator.iter_errors(&written).map(|e| format!("{}: {e}", e.instance_path())).collect();
            assert!(faults.is_empty(), "{}", faults.join("\n"));
        }
    }

    #[test]
    fn a_result_leads_to_its_rule_its_clause_and_its_frames() {
        let audit = sample::full();
        let run = &written(&audit)["runs"][0];
        let results = run["results"].as_array().unwrap();
        assert_eq!(results.len(), audit.findings.len());
        for (result, finding) in results.iter().zip(&audit.findings) {
            if let Some(index) = result["ruleIndex"].as_u64() {
                assert_eq!(run["tool"]["driver"]["rules"][usize::try_from(index).unwrap()]["id"], finding.rule);
            }
            assert_eq!(result["relatedLocations"].as_array().unwrap().len(), finding.exhibits.len());
            assert_eq!(result.get("suppressions").is_some(), finding.outcome == FindingOutcome::Waived);
        }
        assert_eq!(results[0]["locations"][0]["physicalLocation"]["region"]["startLine"], 88);
        assert_eq!(results[0]["relatedLocations"][0]["logicalLocations"][0]["name"], "frame 1482");
    }

    #[test]
    fn any_path_becomes_a_uri() {
        assert_eq!(uri("captures/a b.pcap"), "captures/a%20b.pcap");
        assert_eq!(uri("/data/50%.pcap"), "file:///data/50%25.pcap");
        assert_eq!(uri("profile speermint-baseline@1"), "profile%20speermint-baseline%401");
    }
}
