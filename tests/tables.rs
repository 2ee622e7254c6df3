//! Takes captures, gives a failure where the tables of an audit differ from its report or depend on how it was read, never opens Parquet with
//! another engine: `tests/read_back.py` does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use made::Case;
use serde_json::Value;
use speerlint::pipeline::{self, Request};
use speerlint::report;
use speerlint::report::tables::{Choice, Tables};

/// The files of a report by name.
fn files(inputs: &[PathBuf], policy: Option<&Path>, threads: usize) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let request =
        Request { inputs: inputs.to_vec(), policy: policy.map(Path::to_owned), threads: NonZeroUsize::new(threads), ..Request::default() };
    let mut tables = Some(Tables::begin(folder.path(), Choice::all()).unwrap());
    let audit = pipeline::audit_with(&request, &|_| {}, &mut tables).unwrap_or_else(|e| panic!("{e}"));
    report::write_dir(folder.path(), &audit, tables.unwrap()).unwrap();
    let entries = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    entries.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read(path).unwrap())).collect()
}

fn whole(case: &Case, threads: usize) -> BTreeMap<String, Vec<u8>> {
    files(std::slice::from_ref(&case.capture), case.policy.as_deref(), threads)
}

/// Every cell by the name of its column.
fn rows(csv: &[u8]) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_reader(csv);
    let head = reader.headers().unwrap().clone();
    let row = |record: csv::StringRecord| head.iter().zip(record.iter()).map(|(name, cell)| (name.to_owned(), cell.to_owned())).collect();
    reader.records().map(|record| row(record.unwrap())).collect()
}

fn cases(folder: &Path) -> Vec<Case> {
    made::samples().into_iter().chain(made::mixtures(folder)).collect()
}

#[test]
fn tables_hold_what_the_report_counts() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let shown = case.capture.display();
        let files = whole(&case, 2);
        let report: Value = serde_json::from_slice(&files["report.json"]).unwrap();
        let total = |key: &str| report["totals"][key].as_u64().unwrap() as usize;
        let table = |name: &str| rows(&files[name]);
        let calls = table("calls.csv");
        assert_eq!(calls.len(), total("attempts") + total("censored"), "{shown}");
        assert_eq!(calls.iter().filter(|row| row["outcome"] == "answered").count(), total("answered"), "{shown}");
        assert_eq!(table("streams.csv").iter().filter(|row| row["kind"] == "RTP").count(), total("streams"), "{shown}");
        assert_eq!(table("messages.csv").len() as u64, report["intake"]["sip_messages"].as_u64().unwrap(), "{shown}");
        for (name, key) in [("findings.csv", "findings"), ("metrics.csv", "metrics")] {
            assert_eq!(table(name).len(), report[key].as_array().unwrap().len(), "{shown}");
        }
        for (row, finding) in table("findings.csv").iter().zip(report["findings"].as_array().unwrap()) {
            assert_eq!(
                (row["id"].as_str(), row["count"].parse().ok()),
                (finding["id"].as_str().unwrap(), finding["count"].as_u64()),
                "{shown}"
            );
        }
        for (row, metric) in table("metrics.csv").iter().zip(report["metrics"].as_array().unwrap()) {
            let same = |cell: &str, value: &Value| row[cell].parse().ok() == value.as_f64();
            assert!(same("asr_pct", &metric["asr_pct"]) && same("srd_success_s_p95", &metric["srd_success_s"]["p95"]), "{shown}: {row:?}");
        }
    }
}

#[test]
fn a_run_that_is_killed_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let case = made::mixtures(folder.path()).remove(1);
    let out = tempfile::tempdir().unwrap();
    let mut run = Command::new(env!("CARGO_BIN_EXE_speerlint"))
        .args(["audit", "-", "--quiet", "--tables", "all", "--out"])
        .arg(out.path())
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let capture = fs::read(&case.capture).unwrap();
    let input = run.stdin.as_mut().unwrap();
    input.write_all(&capture).unwrap();
    input.flush().unwrap();
    // It waits for more; nothing shows when it has begun but the place where its files would be, which must stay empty.
    std::thread::sleep(Duration::from_millis(500));
    assert!(run.try_wait().unwrap().is_none());
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
    run.kill().unwrap();
    run.wait().unwrap();
    assert_eq!(fs::read_dir(out.path()).unwrap().count(), 0);
}

#[test]
fn every_file_is_the_same_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let one = whole(&case, 1);
        for threads in [2, 8] {
            let many = whole(&case, threads);
            assert!(one.keys().eq(many.keys()));
            for (name, octets) in &one {
                assert!(octets == &many[name], "{name} of {} with {threads} threads", case.capture.display());
            }
        }
    }
}

#[test]
fn rows_are_the_same_for_any_cut() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let uncut = whole(&case, 2);
        let pieces = tempfile::tempdir().unwrap();
        let cut = files(&made::cut(&case.capture, 5, pieces.path()), case.policy.as_deref(), 2);
        for (name, octets) in uncut.iter().filter(|(name, _)| name.ends_with(".csv")) {
            // Where in the files something stands is what a cut changes.
            let without_places = |octets: &[u8]| {
                let mut rows = rows(octets);
                rows.iter_mut()
                    .for_each(|row| row.retain(|column, _| !["capture", "frame", "frames", "wireshark"].contains(&column.as_str())));
                rows
            };
            assert_eq!(without_places(octets), without_places(&cut[name]), "{name} of {}", case.capture.display());
        }
    }
}
