//! Takes the parameters of the agreement (RFC 6271 Appendix A, the TLS considerations, the requirements), gives a failure where one has
//! lost a rule, or a rule its tests, never a verdict on the rule.

#![allow(clippy::print_stdout, reason = "the table is what it shows")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

#[path = "three_cases/table.rs"]
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use speerlint::rules::{KNOWN, find};
use table::MADE;

/// A parameter, and the rules that judge it; `*` for any part of an id. Without rules: why.
const PARAMETERS: &[(&str, &str)] = &[
    ("PP-01", "NET-IPV-001 NET-ENC-001 NET-SBE-* NET-DBE-*"),
    ("PP-02", "NET-DBE-001 NET-DBE-002 SDP-ICE-001"),
    ("PP-03", "NET-DSCP-001"),
    ("PP-04", "MED-CODEC-*"),
    ("PP-05", "MED-CODEC-* MED-MODE-001"),
    ("PP-06", "MED-MODE-004"),
    ("PP-07", "MED-MODE-004"),
    ("PP-08", "MED-MODE-003"),
    ("PP-09", "MED-MODE-002"),
    ("PP-10", "MED-MODE-003"),
    ("PP-11", "MED-CODEC-005"),
    ("PP-12", "MED-RTP-005"),
    ("PP-13", "none: only decoded audio shows its volume"),
    ("PP-14", "MED-RTP-005 MSEC-SRTP-001"),
    ("PP-15", "MED-MODE-001"),
    ("PP-16", "MED-RTP-005"),
    ("PP-17", "SIP-EXT-001 SIP-EXT-002"),
    ("PP-18", "SIP-METHOD-001 SIP-METHOD-002"),
    ("PP-19", "SIP-HDR-002 SIP-HDR-003"),
    ("PP-20", "SIP-RESP-001 SIP-RESP-002 SIP-RESP-003 SIP-RESP-004"),
    ("PP-21", "SIP-HDR-004 SIP-URI-001 SIP-URI-002 SIP-URI-003 SIP-URI-004"),
    ("PP-22", "SIP-EXT-002"),
    ("PP-23", "ACC-*"),
    ("PP-24", "PRF-*"),
    ("PP-25", "CAC-TPS-001"),
    ("PP-26", "PRF-LOSS-001 PRF-JIT-001 PRF-RTT-001 PRF-MOS-001"),
    ("PP-27", "CAC-CONC-001"),
    ("PP-28", "CAC-CPS-001 CAC-TPS-001"),
    ("PP-29", "CAC-USR-001"),
    ("PP-30", "CAC-BW-001"),
    ("PP-31", "CAC-ADM-001"),
    ("PP-32", "IDN-PAI-001 IDN-LIST-001 IDN-STIR-*"),
    ("PP-33", "SIG-TRANSPORT-001 PRV-*"),
    ("PP-34", "MSEC-*"),
    ("PP-35", "NET-ENC-001"),
    ("PP-36", "SIG-TLS-* SIG-CERT-*"),
    ("TLS-1", "SIG-CERT-001"),
    ("TLS-2", "IDN-FROM-001 SIG-CERT-004"),
    ("TLS-3", "SIG-CERT-002 SIG-CERT-003 SIG-TLS-005"),
    ("TLS-4", "SIG-TLS-001 SIG-TLS-002 SIG-TLS-003 SIG-TLS-006 SIG-TRANSPORT-005 SIG-TRANSPORT-006"),
    ("TLS-5", "SIG-TLS-004 SIG-CERT-004 SIG-CERT-005"),
    ("TLS-6", "none: it says that TLS belongs into the policy, which is [security.tls]"),
    ("Req #1", "NET-SBE-002 NET-SBE-003 POL-STALE-001"),
    ("Req #2", "NET-SBE-001 NET-SBE-003"),
    ("Req #3", "NET-DBE-001 NET-DBE-002"),
    ("Req #4", "NET-SBE-003"),
    ("Req #5", "SIP-URI-002 IDN-NUM-002"),
    ("Req #6", "SIG-TRANSPORT-001 SIG-TRANSPORT-006 SIG-TLS-005"),
    ("Req #7", "SIP-URI-001 SIP-URI-002"),
    ("Req #8", "CAC-CPS-002"),
    ("Req #9", "SIP-URI-002 SIP-RESP-001 PRF-SRD-001"),
    ("Req #10", "IMP-SUB-001 SIP-METHOD-001 SIP-METHOD-003"),
    ("Req #11", "MED-MODE-004 SIP-METHOD-001"),
    ("Req #12", "IMP-SUB-001"),
    ("Req #13", "IMP-SUB-001"),
    ("Req #14", "IMP-PIDF-001"),
    ("Req #15", "SIG-TLS-004"),
    ("Req #16", "SIG-TRANSPORT-001"),
    ("Req #17", "SDP-OA-008 MSEC-DOWN-001"),
];

/// Rules of the table that do not run yet: a line goes when its rule comes.
const AWAITED: &[&str] = &[];

fn fits(pattern: &str, id: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == id, |start| id.starts_with(start))
}

fn rules(patterns: &str) -> Vec<&'static str> {
    KNOWN.iter().copied().filter(|id| patterns.split(' ').any(|pattern| fits(pattern, id))).collect()
}

/// The rows of all rules in the expected audit of each sample, with its name.
fn rows() -> Vec<(String, serde_json::Value)> {
    let mut rows = Vec::new();
    for entry in fs::read_dir("samples").unwrap() {
        let folder = entry.unwrap().path();
        let Ok(text) = fs::read(folder.join("expected.json")) else { continue };
        let audit: serde_json::Value = serde_json::from_slice(&text).unwrap();
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        rows.extend(audit["rules"].as_array().unwrap().iter().map(|row| (name.clone(), row.clone())));
    }
    rows
}

/// The rules that each sample judged.
fn samples() -> BTreeMap<String, BTreeSet<String>> {
    let mut judged: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, row) in rows() {
        if ["pass", "violation", "waived"].iter().any(|count| row[*count].as_u64().unwrap() > 0) {
            judged.entry(row["id"].as_str().unwrap().to_owned()).or_default().insert(name);
        }
    }
    judged
}

/// Rules on how SIP crosses a border: samples break and keep each of them, and leave it without an answer.
const BORDER: &str = "SIG-* CAP-* NET-ENC-001 NET-DSCP-001";

/// Rules on media and what protects it, of which the same holds.
const MEDIA: &str = "MED-* MSEC-* NET-DBE-* PRF-LOSS-001 PRF-JIT-001 PRF-RTT-001 PRF-MOS-001 CAC-BW-001 ACC-DUR-001";

/// Those of all these that always have an answer, and why.
const NEVER_IN_DOUBT: &[(&str, &str)] = &[
    ("SIG-TRANSPORT-001", "a message that is seen shows what carried it"),
    ("SIG-TRANSPORT-004", "a stream gives no message before its headers are whole"),
    ("SIG-TRANSPORT-006", "a message that is seen shows whether it is over TLS"),
    ("CAP-CLOCK-001", "each frame has a time stamp"),
    ("CAP-OPAQUE-001", "it tells what others could not look into"),
    ("MED-MODE-004", "a message that is seen says all of it"),
    ("MED-RTP-005", "a stream that is seen conforms or does not"),
    ("MSEC-SRTP-003", "SDP that is seen whole says all of it"),
    ("MSEC-KEYMGMT-001", "SDP that is seen whole says all of it"),
    ("MSEC-SDES-001", "a message that is seen shows what carried it"),
    ("MSEC-SDES-002", "SDP that is seen whole says all of it"),
    ("MSEC-DTLS-001", "SDP that is seen whole says all of it"),
    ("MSEC-DOWN-001", "SDP that is seen whole says all of it"),
    ("NET-DBE-001", "a stream of a call has both its ends"),
];

#[test]
fn samples_or_made_traffic_break_keep_and_leave_open_every_rule_of_the_border_and_of_media() {
    let rows = rows();
    let mut lacking = Vec::new();
    for id in rules(&format!("{BORDER} {MEDIA}")) {
        let of_rule = || rows.iter().map(|(_, row)| row).filter(|row| row["id"] == id);
        let counted = |count: &str| of_rule().any(|row| row[count].as_u64().unwrap() > 0);
        let is_open = of_rule().any(|row| !row["indeterminate"].as_object().unwrap().is_empty()) || is_made(id, "open");
        let is_certain = NEVER_IN_DOUBT.iter().any(|(certain, _)| *certain == id);
        let cases = [("kept", "pass"), ("broken", "violation")].into_iter().filter(|(case, count)| !is_made(id, case) && !counted(count));
        lacking.extend(cases.map(|(case, _)| format!("{id}: never {case}")));
        if is_open == is_certain {
            lacking.push(format!("{id}: {}", if is_open { "something leaves it open" } else { "nothing leaves it open" }));
        }
    }
    assert_eq!(lacking, [""; 0]);
}

fn is_made(id: &str, case: &str) -> bool {
    MADE.iter().any(|(_, cases, rules)| cases.contains(case) && rules.split(' ').any(|rule| rule == id))
}

/// Rules of which nothing is ever open, and why.
const ALWAYS_DECIDED: &[(&str, &str)] = &[
    ("NET-SBE-001", "a packet that is seen has both its addresses"),
    ("NET-SBE-002", "a packet that is seen has both its addresses"),
    ("SIP-METHOD-001", "the first line says it, and of a message without its first line nothing tells that it is one"),
    ("SIP-RESP-001", "the first line says it, and of a message without its first line nothing tells that it is one"),
];

/// A case that neither a sample nor made traffic shows is lost.
#[test]
fn no_case_of_any_other_rule_is_lost() {
    let rows = rows();
    let others = rules(&format!("{BORDER} {MEDIA}"));
    let mut lost = Vec::new();
    for id in KNOWN.iter().copied().filter(|id| !others.contains(id)) {
        let shown = |case: &str| {
            rows.iter().map(|(_, row)| row).filter(|row| row["id"] == id).any(|row| match case {
                "open" => !row["indeterminate"].as_object().unwrap().is_empty(),
                "kept" => row["pass"].as_u64().unwrap() > 0,
                _ => row["violation"].as_u64().unwrap() > 0,
            })
        };
        let excused = |case: &str| is_made(id, case) || (case == "open" && ALWAYS_DECIDED.iter().any(|(rule, _)| *rule == id));
        lost.extend(
            ["kept", "broken", "open"].into_iter().filter(|case| !shown(case) && !excused(case)).map(|case| format!("{id}: {case}")),
        );
    }
    assert!(lost.is_empty(), "no longer shown: {}", lost.join(", "));
}

/// The tests in the file of a rule.
fn tests(id: &str) -> usize {
    let (family, rest) = id.split_once('-').unwrap();
    let file = format!("src/rules/{}/{}.rs", family.to_lowercase(), rest.to_lowercase().replace('-', "_"));
    fs::read_to_string(file).map_or(0, |text| text.matches("#[test]").count())
}

#[test]
fn the_table_is_whole() {
    let ids: Vec<_> = PARAMETERS.iter().map(|(id, _)| (*id).to_owned()).collect();
    let numbered =
        |lead: &'static str, last: u32| (1..=last).map(move |n| if lead == "PP-" { format!("PP-{n:02}") } else { format!("{lead}{n}") });
    assert_eq!(ids, numbered("PP-", 36).chain(numbered("TLS-", 6)).chain(numbered("Req #", 17)).collect::<Vec<_>>());
    for (parameter, patterns) in PARAMETERS.iter().filter(|(_, patterns)| !patterns.starts_with("none: ")) {
        for pattern in patterns.split(' ') {
            assert!(KNOWN.iter().any(|id| fits(pattern, id)), "{parameter}: no rule of the catalogue is {pattern}");
        }
    }
}

#[test]
fn every_parameter_is_judged_by_rules_that_run_and_are_tested() {
    let samples = samples();
    let mut lost = Vec::new();
    for (parameter, patterns) in PARAMETERS.iter().filter(|(_, patterns)| !patterns.starts_with("none: ")) {
        let mut table = Vec::new();
        for id in rules(patterns) {
            if find(id).is_none() {
                if !AWAITED.contains(&id) {
                    lost.push(format!("{parameter}: {id} does not run"));
                }
                continue;
            }
            let seen = samples.get(id).map_or(0, BTreeSet::len);
            if tests(id) + seen == 0 {
                lost.push(format!("{parameter}: {id} has neither a test nor a sample"));
            }
            table.push(format!("{id} ({} tests, {seen} samples)", tests(id)));
        }
        println!("{parameter:8} {}", table.join(", "));
        if table.is_empty() && !rules(patterns).iter().all(|id| AWAITED.contains(id)) {
            lost.push(format!("{parameter}: no rule judges it"));
        }
    }
    lost.extend(AWAITED.iter().filter(|id| find(id).is_some()).map(|id| format!("{id} runs, and is no longer awaited")));
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}
