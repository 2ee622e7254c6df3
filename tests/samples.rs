//! Takes the shipped samples, gives a failure where an audit is not the one expected, never judges which of both is right.
//!
//! `SPEERLINT_BLESS=1 cargo test --test samples` writes the audits of today as the expected ones: look at the difference before you commit it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::fs;

use serde_json::Value;
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
    for name in ["clean-udp/capture.pcap", "tcp-trunk/capture.pcapng", "cut-mid-call/capture.pcap"] {
        let capture = std::path::Path::new("samples").join(name);
        let request = Request { policy: Some(capture.with_file_name("policy.toml")), inputs: vec![capture], ..Request::default() };
        let audit = audit(&request, &|_| {}).unwrap();
        assert!(audit.findings.is_empty(), "{name}: {:?}", audit.findings.iter().map(|f| (f.rule, &f.observed)).collect::<Vec<_>>());
        assert!(audit.totals.answered > 0, "{name}");
    }
}
