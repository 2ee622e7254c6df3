//! Takes the worked oracles of RFC 6076, gives a failure where their known figures are not held against thresholds, never computes one.

use crate::made::oracle;
use crate::made::program::judged;
use crate::report::{counts, found, reasons};

/// RFC 6076 §4.3.1 on oracle M, whose mean delay of successful session requests is 1.19 s.
#[test]
pub(crate) fn session_request_delay_is_held_against_what_was_agreed() {
    let rule = "PRF-SRD-001";
    let terms = |mean: f64, least: u32| {
        format!("[performance]\nmin_samples = {least}\n[performance.signaling]\nsrd_success_s = {{ mean = {mean} }}\n")
    };
    let judge = |mean, least| judged(&oracle::m(), &terms(mean, least));
    let report = judge(1.18, 4);
    assert_eq!(
        found(&report, rule),
        [("bravo", "SRD of successful requests mean above 1.18 s", 2)],
        "in its interval and in the whole capture"
    );
    assert_eq!(counts(&judge(1.2, 4), rule), [2, 0, 0]);
    assert_eq!(counts(&judge(1.0, 5), rule), [0, 0, 2], "four samples are too few");
}

/// RFC 6076 §4.1, §4.2 on oracles F6, of which the delay is 95 ms, and F7, of which three of four are ineffective.
#[test]
pub(crate) fn registrations_are_held_against_what_was_agreed() {
    let rule = "PRF-REG-001";
    let terms = |clause: &str, least: u32| format!("[performance]\nmin_samples = {least}\n[performance.signaling]\n{clause}\n");
    let delay = |max: u32, least| judged(&oracle::f6(), &terms(&format!("rrd_ms = {{ max = {max} }}"), least));
    assert_eq!(found(&delay(94, 1), rule), [("bravo", "RRD max above 94 ms", 2)]);
    assert_eq!(counts(&delay(95, 1), rule), [2, 0, 0]);
    assert_eq!(counts(&delay(94, 2), rule), [0, 0, 2]);
    let share = |most: u32| judged(&oracle::f7(), &terms(&format!("ira_pct = {most}"), 4));
    assert_eq!(found(&share(74), rule), [("bravo", "IRA above 74 %", 2)]);
    assert_eq!(counts(&share(75), rule), [2, 0, 0]);
}

/// Rules, their clause, and a threshold on either side of the figure of oracle M: one that it keeps and one that it breaks.
const OF_M: &[(&str, &str, &str, &str)] = &[
    ("PRF-SRD-002", "srd_failed_s = { mean = X }", "6.47", "6.46"),
    ("PRF-SDD-001", "sdd_ms = { mean = X }", "46.7", "46.6"),
    ("PRF-SDT-001", "sdt_s = { mean_min = X }", "41.7", "41.8"),
    ("PRF-SER-001", "ser_pct = X", "36.3", "36.4"),
    ("PRF-SEER-001", "seer_pct = X", "63.6", "63.7"),
    ("PRF-ISA-001", "isa_pct = X", "25.0", "24.9"),
    ("PRF-SCR-001", "scr_pct = X", "25.0", "25.1"),
    ("PRF-NER-001", "ner_pct = X", "72.7", "72.8"),
];

/// Thresholds on either side of the figures of oracle M, and more samples wanted than its thirteen requests give.
#[test]
pub(crate) fn every_figure_of_signalling_is_held_against_its_threshold() {
    let terms = |clause: &str, x: &str, least: u32| {
        format!("[performance]\nmin_samples = {least}\n[performance.signaling]\n{}\n", clause.replace('X', x))
    };
    for (rule, clause, kept, broken) in OF_M {
        let judge = |x, least| judged(&oracle::m(), &terms(clause, x, least));
        // Its interval and the whole capture.
        assert_eq!(counts(&judge(kept, 2), rule), [2, 0, 0], "{rule} kept");
        assert_eq!(counts(&judge(broken, 2), rule)[1], 2, "{rule} broken");
        let open = judge(broken, 14);
        assert_eq!(counts(&open, rule), [0, 0, 2], "{rule} open");
        assert_eq!(reasons(&open, rule), [("sample-too-small".to_owned(), 2)], "{rule}");
    }
}
