//! Takes the worked oracles of RFC 6076 as captures, gives a failure where the whole program computes another figure, never a stage alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use made::oracle;
use made::program::judged as run;
use serde_json::{Value, json};

/// The metrics of alpha → bravo over the whole capture.
fn whole(report: &Value) -> &Value {
    let rows = report["metrics"].as_array().unwrap();
    rows.iter().find(|row| row["from"] == "alpha" && row["to"] == "bravo" && row["interval_start"].is_null()).unwrap()
}

#[track_caller]
fn near(value: &Value, wanted: f64) {
    let got = value.as_f64().unwrap_or_else(|| panic!("{value} is no number, {wanted} wanted"));
    assert!((got - wanted).abs() < 5e-5 * wanted.abs().max(1.0), "{got} is not {wanted}");
}

#[test]
fn oracle_m_counted_in_chains() {
    let report = run(&oracle::m(), "");
    let row = whole(&report);
    assert_eq!((row["attempts"].as_u64(), row["censored"].as_u64(), &row["count_unit"]), (Some(12), Some(1), &json!("chain")));
    for (key, percent) in [
        ("ser_pct", 36.3636),
        ("seer_pct", 63.6364),
        ("isa_pct", 25.0),
        ("scr_pct", 25.0),
        ("asr_pct", 36.3636),
        ("ner_pct", 72.7273),
        ("aloc_s", 35.8125),
        ("erlangs", 0.4775),
    ] {
        near(&row[key], percent);
    }
    near(&row["srd_success_s"]["mean"], 1.19);
    near(&row["srd_failed_s"]["mean"], 6.4667);
    near(&row["sdd_ms"]["mean"], 46.6667);
    near(&row["sdt_s"]["mean"], 41.75);
    assert_eq!(row["peak_concurrent"], 3);
    assert_eq!(row["ratios"]["ser_pct"], json!([4, 11]));
    let totals = &report["totals"];
    assert_eq!((&totals["attempts"], &totals["answered"], &totals["censored"]), (&json!(12), &json!(4), &json!(1)));
    assert_eq!(totals["call_ids"], 13);
    let outcomes = json!({"200": 4, "302": 1, "408": 1, "480": 1, "486": 1, "487": 1, "503": 1, "603": 1, "timeout": 1});
    assert_eq!(totals["outcomes"], outcomes);
}

#[test]
fn oracle_m_counted_in_transactions() {
    let report = run(&oracle::m(), "[metrics]\ncount_unit = \"transaction\"\n");
    let row = whole(&report);
    assert_eq!((row["attempts"].as_u64(), &row["count_unit"]), (Some(14), &json!("transaction")));
    for (key, percent) in [("ser_pct", 33.3333), ("seer_pct", 58.3333), ("isa_pct", 21.4286), ("scr_pct", 21.4286)] {
        near(&row[key], percent);
    }
}

#[test]
fn oracle_m_with_timeouts_not_counted() {
    near(&whole(&run(&oracle::m(), "[metrics]\ntimeout_counts_as = 0\n"))["isa_pct"], 16.6667);
}

#[test]
fn oracle_m_by_first_response() {
    let report = run(&oracle::m(), "[metrics]\nsrd_classification = \"first-response\"\n");
    let (success, failed) = (&whole(&report)["srd_success_s"], &whole(&report)["srd_failed_s"]);
    assert_eq!((success["n"].as_u64(), failed["n"].as_u64()), (Some(6), Some(4)));
    near(&success["mean"], (1.2 + 1.56 + 4.0) / 6.0);
    near(&failed["mean"], (2.5 + 0.8 + 32.0 + 1.5) / 4.0);
}

#[test]
fn oracle_c3_the_limit_is_exceeded_by_the_third_call() {
    let limit = "[[admission.limit]]\nid = \"two\"\nkind = \"concurrent\"\nscope = \"direction\"\nbasis = \"confirmed\"\nvalue = 2\n";
    let report = run(&oracle::m(), limit);
    let findings = report["findings"].as_array().unwrap();
    let finding = findings.iter().find(|f| f["rule"] == "CAC-CONC-001").expect("the limit is exceeded");
    assert_eq!(finding["count"], 1);
    assert_eq!(finding["exhibits"][0]["call_id"], "m3@alpha.example");
    assert_eq!((&finding["from"], &finding["offender"]), (&json!("alpha"), &json!("alpha")));
}

#[test]
fn f1_a_fork_is_one_session_request() {
    let report = run(&oracle::f1(), "");
    let row = whole(&report);
    near(&row["srd_success_s"]["mean"], 1.0);
    assert_eq!((row["srd_success_s"]["n"].as_u64(), &row["ratios"]["ser_pct"]), (Some(1), &json!([1, 1])));
    near(&row["srd_per_dialog_s"]["mean"], 1.2);
    assert_eq!(row["srd_per_dialog_s"]["n"], 2);
    near(&row["sdt_s"]["mean"], 60.0);
}

#[test]
fn f2_a_bye_that_recovers() {
    near(&whole(&run(&oracle::f2(), ""))["sdd_ms"]["mean"], 2050.0);
}

#[test]
fn f3_a_late_retransmission_does_not_reset_the_duration() {
    near(&whole(&run(&oracle::f3(), ""))["sdt_s"]["mean"], 15.0);
}

#[test]
fn f4_an_answer_without_ringing_ends_the_request_delay() {
    near(&whole(&run(&oracle::f4(), ""))["srd_success_s"]["mean"], 2.0);
}

#[test]
fn f5_an_abandoned_challenge_is_an_attempt_without_a_sample() {
    let report = run(&oracle::f5(), "");
    let row = whole(&report);
    assert_eq!(row["attempts"], 1);
    near(&row["ser_pct"], 0.0);
    assert_eq!((row["srd_success_s"]["n"].as_u64(), row["srd_failed_s"]["n"].as_u64()), (Some(0), Some(0)));
}

#[test]
fn f6_the_registration_delay_includes_the_challenge() {
    let report = run(&oracle::f6(), "");
    near(&whole(&report)["rrd_ms"]["mean"], 95.0);
    assert_eq!(whole(&report)["ratios"]["ira_pct"], json!([0, 1]));
}

#[test]
fn f7_ineffective_registrations() {
    near(&whole(&run(&oracle::f7(), ""))["ira_pct"], 75.0);
    near(&whole(&run(&oracle::f7(), "[metrics]\ncount_unit = \"transaction\"\n"))["ira_pct"], 60.0);
}

#[test]
fn f8_only_redirects_leave_the_ratios_undefined() {
    let report = run(&oracle::f8(), "");
    let row = whole(&report);
    assert_eq!(row["attempts"], 2);
    assert!(row["ser_pct"].is_null() && row["seer_pct"].is_null());
}
