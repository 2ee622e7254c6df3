//! Takes captures of known calls, gives a failure where `speerlint calls` lists others than the audit counts, never trusts the rows themselves.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::path::Path;

use assert_cmd::Command;
use made::Case;
use serde_json::Value;

fn speerlint(arguments: &[&str], case: &Case) -> String {
    let mut command = Command::cargo_bin("speerlint").unwrap();
    command.args(arguments).arg(&case.capture).arg("--quiet");
    if let Some(policy) = &case.policy {
        command.arg("--policy").arg(policy);
    }
    String::from_utf8(command.output().unwrap().stdout).unwrap()
}

fn rows(arguments: &[&str], case: &Case) -> Vec<Value> {
    let text = speerlint(&[&["calls", "--format", "jsonl"], arguments].concat(), case);
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn cases(folder: &Path) -> Vec<Case> {
    made::samples().into_iter().chain(made::mixtures(folder)).collect()
}

/// The audit counts attempts from tallies, which know nothing of rows.
#[test]
fn there_is_a_row_for_each_attempt_and_outcome_of_the_audit() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let audit: Value = serde_json::from_str(&speerlint(&["audit", "--format", "json"], &case)).unwrap();
        let total = |key: &str| audit["totals"][key].as_u64().unwrap() as usize;
        let all = rows(&[], &case);
        let count = |outcome: &str| all.iter().filter(|row| row["outcome"] == outcome).count();
        let shown = case.capture.display();
        // What the capture ends too early to tell is no attempt of the metrics (`standards.md` §8.2), and yet a call.
        assert_eq!(all.len(), total("attempts") + total("censored"), "{shown}");
        assert_eq!(count("answered"), total("answered"), "{shown}");
        assert_eq!(count("failed") + count("timeout"), total("failed"), "{shown}");
        assert_eq!((count("cancelled"), count("censored")), (total("cancelled"), total("censored")), "{shown}");
        // Every rule that a finding says to be broken in a call is named by some row.
        for finding in audit["findings"].as_array().unwrap() {
            let of_call =
                ["message", "transaction", "exchange", "dialog", "session", "stream"].iter().any(|k| finding["subject"]["kind"] == *k);
            let (id, rule) = (&finding["subject"]["call_id"], &finding["rule"]);
            let mut own = all.iter().filter(|row| row["call_id"] == *id).peekable();
            if of_call && finding["outcome"] == "violation" && own.peek().is_some() {
                assert!(own.any(|row| row["rules"].as_array().unwrap().contains(rule)), "{shown}: {rule} of {id}");
            }
        }
    }
}

#[test]
fn rows_are_the_same_for_any_number_of_threads_and_any_cut() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let one = rows(&["--threads", "1"], &case);
        assert_eq!(one, rows(&["--threads", "3"], &case), "{}", case.capture.display());
    }
    let case = made::mixtures(folder.path()).remove(1);
    let pieces = tempfile::tempdir().unwrap();
    made::cut(&case.capture, 5, pieces.path());
    let place = |mut rows: Vec<Value>| {
        rows.iter_mut().for_each(|row| (row["capture"], row["frame"]) = (Value::Null, Value::Null));
        rows
    };
    let cut = Case { capture: pieces.path().to_owned(), policy: case.policy.clone() };
    assert_eq!(place(rows(&[], &case)), place(rows(&[], &cut)));
}

#[test]
fn filters_and_orders_choose_among_the_rows() {
    let folder = tempfile::tempdir().unwrap();
    let case = made::mixtures(folder.path()).remove(1);
    let all = rows(&[], &case);
    let answered = rows(&["--outcome", "answered", "--sort", "duration"], &case);
    assert!(!answered.is_empty() && answered.len() < all.len());
    let lengths: Vec<f64> = answered.iter().filter_map(|row| row["duration_s"].as_f64()).collect();
    assert!(lengths.windows(2).all(|pair| pair[0] >= pair[1]), "{lengths:?}");
    let broken = rows(&["--finding", "SIP-METHOD-*"], &case);
    assert!(!broken.is_empty() && broken.iter().all(|row| row["rules"].to_string().contains("SIP-METHOD-001")), "{broken:?}");
    assert!(rows(&["--from", "nobody"], &case).is_empty());
    let said = speerlint(&["calls", "--from", "nobody"], &case);
    assert!(said.contains("no call is of nobody: the parties are alpha, bravo"), "{said}");
    // Worked by hand: INVITE at 1.03 s, 180 a second later, 200 at 2 s, ACK, BYE at 9 s.
    let call = rows(&["--call-id", "over-tcp@alpha.example"], &case);
    let call = call.first().or_else(|| all.iter().find(|row| row["call_id"].as_str().unwrap().contains("over-tcp"))).unwrap();
    let near = |key: &str, value: f64| assert!((call[key].as_f64().unwrap() - value).abs() < 0.002, "{key}: {call}");
    near("duration_s", 7.0);
    assert_eq!((call["transport"].as_str(), call["ended_by"].as_str()), (Some("TCP"), Some("caller")));
}

#[test]
fn text_keeps_to_the_page_and_the_zone_moves_its_times() {
    let folder = tempfile::tempdir().unwrap();
    let case = made::mixtures(folder.path()).remove(1);
    let utc = speerlint(&["calls"], &case);
    assert!(utc.lines().all(|line| line.chars().count() <= 80) && utc.contains("10:00:0"), "{utc}");
    let moved = speerlint(&["calls", "--time-zone", "Asia/Tokyo"], &case);
    assert!(moved.contains("19:00:0"), "{moved}");
}

#[test]
fn completions_and_the_manual_name_every_command() {
    for arguments in [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]] {
        let output = Command::cargo_bin("speerlint").unwrap().args(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success() && ["audit", "calls", "rules"].iter().all(|name| text.contains(name)), "{arguments:?}");
    }
}
