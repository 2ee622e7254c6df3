//! Takes the shipped samples, gives a failure where an audit is not the one expected, never judges which of both is right.
//!
//! `SPEERLINT_BLESS=1 cargo test --test samples` writes the audits of today as the expected ones: look at the difference before you commit it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::fs;

use serde_json::Value;
use speerlint::audit::Standing;
use speerlint::pipeline::{Request, audit};
use speerlint::report;

#[test]
fn every_sample_gives_its_expected_audit() {
    let bless = std::env::var_os("SPEERLINT_BLESS").is_some();
    let mut different = Vec::new();
    for case in made::samples() {
        let request = Request { inputs: vec![case.capture.clone()], policy: case.policy, hash: true, ..Request::default() };
        let mut json = Vec::new();
        report::json::write(&audit(&request, &|_| {}).unwrap(), &mut json).unwrap();
        let expected = case.capture.with_file_name("expected.json");
        if bless {
            fs::write(&expected, &json).unwrap();
            continue;
        }
        let got: Value = serde_json::from_slice(&json).unwrap();
        let want: Value = serde_json::from_slice(&fs::read(&expected).unwrap()).unwrap();
        let keys = want.as_object().unwrap().keys().filter(|key| got[*key] != want[*key]);
        different.extend(keys.map(|key| format!("{}: {key}\n  got  {}\n  want {}", expected.display(), got[key], want[key])));
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}

#[test]
fn the_samples_in_order_have_nothing_to_answer_for() {
    for name in [
        "clean-udp/capture.pcap",
        "tcp-trunk/capture.pcapng",
        "cut-mid-call/capture.pcap",
        "vxlan-mirror/capture.pcapng",
        "tls-peering/capture.pcap",
        "sctp-trunk/capture.pcap",
        "hep/capture.pcap",
    ] {
        let capture = std::path::Path::new("samples").join(name);
        let request = Request { policy: Some(capture.with_file_name("policy.toml")), inputs: vec![capture], ..Request::default() };
        let audit = audit(&request, &|_| {}).unwrap();
        assert!(audit.findings.is_empty(), "{name}: {:?}", audit.findings.iter().map(|f| (f.rule, &f.observed)).collect::<Vec<_>>());
        assert!(audit.totals.answered > 0, "{name}");
    }
}

/// RFC 5922, 8996, 9325 and the policy of the sample: who has to act for what.
#[test]
fn each_carrier_of_the_tls_sample_answers_for_its_one_fault() {
    let capture = std::path::PathBuf::from("samples/tls-certificates/capture.pcap");
    let request = Request { policy: Some(capture.with_file_name("policy.toml")), inputs: vec![capture], ..Request::default() };
    let audit = audit(&request, &|_| {}).unwrap();
    // That nobody has the keys of most of them is no carrier's fault.
    let faults = audit.findings.iter().filter(|f| f.offender != "capture");
    let mut found: Vec<_> = faults.map(|f| (f.to.as_str(), f.rule, f.offender.as_str())).collect();
    found.sort_unstable();
    let expected = [
        ("closed", "SIG-TLS-005", "closed"),
        ("cn-only", "SIG-CERT-005", "cn-only"),
        ("expired", "SIG-CERT-002", "expired"),
        ("no-client-certificate", "SIG-TLS-004", "alpha"),
        ("not-asked", "SIG-TLS-004", "not-asked"),
        ("not-yet-valid", "SIG-CERT-002", "not-yet-valid"),
        ("null-suite", "SIG-TLS-002", "null-suite"),
        ("refused", "SIG-CERT-001", "alpha"),
        ("refused", "SIG-TLS-005", "both"),
        ("rsa-1024", "SIG-CERT-006", "rsa-1024"),
        ("self-signed", "SIG-CERT-001", "self-signed"),
        ("sha-1", "SIG-CERT-006", "sha-1"),
        ("static-rsa", "SIG-TLS-003", "static-rsa"),
        ("tls-10", "SIG-TLS-001", "both"),
        // Before TLS 1.2 nothing else could be signed over.
        ("tls-10", "SIG-TLS-006", "tls-10"),
        ("tls-13-open", "SIG-CERT-002", "tls-13-open"),
        ("unknown-ca", "SIG-CERT-001", "unknown-ca"),
        ("uri-first", "SIG-CERT-003", "uri-first"),
        ("wildcard", "SIG-CERT-003", "wildcard"),
        ("wildcard", "SIG-CERT-005", "wildcard"),
        ("wrong-name", "SIG-CERT-003", "wrong-name"),
    ];
    assert_eq!(found, expected);
}

#[test]
fn what_nobody_can_open_is_told_and_never_called_kept() {
    let capture = std::path::PathBuf::from("samples/tls13-sealed/capture.pcap");
    let request = Request { policy: Some(capture.with_file_name("policy.toml")), inputs: vec![capture], ..Request::default() };
    let audit = audit(&request, &|_| {}).unwrap();
    assert_eq!(audit.findings.iter().map(|f| f.rule).collect::<Vec<_>>(), ["CAP-OPAQUE-001"]);
    for rule in audit.rules.iter().filter(|rule| rule.id.starts_with("SIG-CERT") || rule.id == "SIG-TLS-004") {
        assert_eq!((rule.coverage.pass, rule.coverage.indeterminate.len()), (0, 1), "{}", rule.id);
    }
}

/// What the scenarios of the sample were written to break, and whose message it is.
#[test]
fn each_carrier_of_the_broken_contract_answers_for_what_it_sent() {
    let capture = std::path::PathBuf::from("samples/broken-contract/capture.pcap");
    let request = Request { policy: Some(capture.with_file_name("policy.toml")), inputs: vec![capture], ..Request::default() };
    let audit = audit(&request, &|_| {}).unwrap();
    let by =
        |who: &str| -> std::collections::BTreeSet<&str> { audit.findings.iter().filter(|f| f.offender == who).map(|f| f.rule).collect() };
    let alpha = [
        ["NET-SBE-001", "NET-SBE-002", "NET-SBE-003", "NET-DBE-002", "NET-IPV-001", "SIG-TRANSPORT-002", "SIG-TRANSPORT-003"].as_slice(),
        &["SIP-EXT-001", "SIP-HDR-001", "SIP-HDR-004", "SIP-HDR-006", "SIP-HDR-007", "SIP-URI-001", "SIP-URI-002", "SIP-URI-004"],
        &["TXN-CANCEL-001", "TXN-RETX-002", "DLG-CONTACT-001", "DLG-CSEQ-001", "DLG-STATE-001", "DLG-TIMER-001"],
        &["SDP-SYNTAX-001", "SDP-OA-001", "SDP-OA-004", "SDP-OA-005", "SDP-ICE-001", "IMP-PIDF-001", "ACC-SID-001"],
        &["MED-CODEC-004", "MED-CODEC-005", "MED-MODE-001", "MED-MODE-004", "MSEC-SDES-001", "MSEC-KEYMGMT-001"],
        &["IDN-PAI-002", "PRV-ID-001", "PRV-ID-002", "PRV-AUTH-001", "CAC-CPS-001"],
    ];
    let bravo = [
        ["SIP-HDR-001", "SIP-RESP-001", "SIP-RESP-002", "SIP-RESP-004", "TXN-STRAY-001", "TXN-TIMEOUT-002", "IMP-SUB-001"].as_slice(),
        &["DLG-CONTACT-001", "DLG-TAG-001", "DLG-TIMER-001", "SDP-OA-001", "SDP-OA-002", "SDP-OA-003", "SDP-OA-005", "SDP-OA-006"],
        &["PRF-SER-001", "PRF-SEER-001", "PRF-NER-001", "PRF-SDD-001", "PRF-SRD-002"],
    ];
    for (who, rules) in [("alpha", alpha.concat()), ("bravo", bravo.concat())] {
        let (found, none) = (by(who), Vec::<&str>::new());
        assert_eq!(rules.into_iter().filter(|rule| !found.contains(rule)).collect::<Vec<_>>(), none, "{who}");
    }
    // Each call that came too soon is shown as itself.
    let beyond = audit.findings.iter().find(|f| f.rule == "CAC-CPS-001").unwrap();
    let calls: std::collections::BTreeSet<_> = beyond.exhibits.iter().map(|exhibit| &exhibit.call_id).collect();
    assert_eq!((calls.len(), beyond.count), (4, 4));
}

/// Both carriers keep to the agreement; the script of the sample broke what the tap hands over.
#[test]
fn what_a_tap_lost_is_laid_at_the_tap() {
    let capture = std::path::PathBuf::from("samples/blind-tap/capture.pcap");
    let request = Request { policy: Some(capture.with_file_name("policy.toml")), inputs: vec![capture], ..Request::default() };
    let audit = audit(&request, &|_| {}).unwrap();
    let found: Vec<_> = audit.findings.iter().map(|f| (f.rule, f.offender.as_str())).collect();
    assert_eq!(found, [("CAP-ONEWAY-001", "capture"), ("CAP-LOSS-001", "capture"), ("CAP-CLOCK-001", "capture")]);
    assert_eq!((audit.totals.failed, audit.totals.censored), (0, 4));
}

/// Counted by hand from the table in the README of the sample.
#[test]
fn every_fault_of_the_addresses_of_bravo_is_found_and_none_else() {
    let capture = std::path::PathBuf::from("samples/tls-faults/capture.pcap");
    let request = Request { policy: Some(capture.with_file_name("policy.toml")), inputs: vec![capture], ..Request::default() };
    let mut found = std::collections::BTreeMap::new();
    for finding in audit(&request, &|_| {}).unwrap().findings {
        *found.entry(finding.rule).or_insert(0) += finding.count;
    }
    let expected = [
        ("SIG-CERT-001", 2),
        ("SIG-CERT-002", 4),
        ("SIG-CERT-003", 3),
        ("SIG-CERT-004", 1),
        ("SIG-CERT-005", 2),
        ("SIG-CERT-006", 2),
        ("SIG-TLS-001", 1),
        ("SIG-TLS-002", 2),
        ("SIG-TLS-003", 4),
        ("SIG-TLS-004", 5),
        ("SIG-TLS-005", 1),
        ("SIG-TLS-006", 2),
    ];
    assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
}

/// The counts of rules and the findings are made in other places than the matrix.
#[test]
fn the_matrix_of_compliance_agrees_with_counts_and_findings() {
    for case in made::samples() {
        let request = Request { inputs: vec![case.capture.clone()], policy: case.policy, ..Request::default() };
        let audit = audit(&request, &|_| {}).unwrap();
        for rule in &audit.rules {
            let row = audit.compliance.rules.iter().find(|row| row.rule == rule.id);
            let any = |wanted: &[Standing]| row.is_some_and(|row| row.standing.iter().any(|standing| wanted.contains(standing)));
            let (counts, place) = (&rule.coverage, (&case.capture, rule.id));
            assert_eq!(any(&[Standing::Broken]), counts.violation > 0, "{place:?}");
            assert!(counts.waived == 0 || any(&[Standing::Waived, Standing::Broken]), "{place:?}");
            let kept = any(&[Standing::Kept, Standing::KeptInPart]);
            assert!(if counts.pass == 0 { !kept } else { kept || any(&[Standing::Broken, Standing::Waived]) }, "{place:?}");
            assert_eq!(row.is_some(), counts.pass + counts.violation + counts.waived > 0 || !counts.indeterminate.is_empty(), "{place:?}");
        }
        for finding in &audit.findings {
            let column = audit.compliance.directions.iter().position(|[from, to]| (from, to) == (&finding.from, &finding.to)).unwrap();
            let row = audit.compliance.rules.iter().find(|row| row.rule == finding.rule).unwrap();
            let allowed = if finding.waiver.is_none() { &[Standing::Broken][..] } else { &[Standing::Broken, Standing::Waived] };
            assert!(allowed.contains(&row.standing[column]), "{:?} {}", case.capture, finding.id);
        }
    }
}
