//! Takes one capture as many kinds of input, gives a failure where the audit depends on the kind, never on what the capture says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use made::calls::{Call, capture};
use made::program::{answer, report, without_places};
use made::{Frame, oracle, pcap};
use serde_json::json;
use speerlint::base::Time;
use speerlint::pipeline::Request;

type Pack = fn(&[u8]) -> Vec<u8>;

/// Compressed by the same libraries, which other programs read too.
const PACKS: [(&str, Pack); 5] = [
    ("gzip", |plain| {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(plain).unwrap();
        out.finish().unwrap()
    }),
    ("zstd", |plain| zstd::encode_all(plain, 1).unwrap()),
    ("xz", |plain| {
        let mut out = liblzma::write::XzEncoder::new(Vec::new(), 1);
        out.write_all(plain).unwrap();
        out.finish().unwrap()
    }),
    ("bzip2", |plain| {
        let mut out = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        out.write_all(plain).unwrap();
        out.finish().unwrap()
    }),
    ("lz4", |plain| {
        let mut out = lz4_flex::frame::FrameEncoder::new(Vec::new());
        out.write_all(plain).unwrap();
        out.finish().unwrap()
    }),
];

#[test]
fn compression_changes_nothing_and_no_name_is_needed() {
    let folder = tempfile::tempdir().unwrap();
    let plain = pcap(&oracle::m());
    let write = |name: &str, octets: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, octets).unwrap();
        path
    };
    let wanted = without_places(report(&[write("plain", &plain)]));
    for (name, pack) in PACKS {
        let path = write("packed", &pack(&plain));
        let got = report(&[path]);
        assert_eq!(got["captures"][0]["compression"], name);
        assert_eq!(without_places(got), wanted, "{name}");
    }
}

#[test]
fn a_cut_compressed_capture_is_read_up_to_the_cut() {
    let folder = tempfile::tempdir().unwrap();
    let plain = pcap(&oracle::m());
    for (name, pack) in PACKS {
        let packed = pack(&plain);
        let path = folder.path().join(name);
        fs::write(&path, &packed[..packed.len() - packed.len() / 10]).unwrap();
        match speerlint::pipeline::audit(&Request { inputs: vec![path], ..Request::default() }, &|_| {}) {
            Ok(audit) => assert!(audit.captures[0].truncated, "{name}"),
            // A block that is not whole gives nothing: then there is no capture to speak of.
            Err(error) => assert!(error.to_string().contains(name), "{error}"),
        }
    }
}

/// A file of these frames.
fn file(folder: &Path, name: &str, frames: &[Frame]) -> PathBuf {
    made::write(folder, name, frames)
}

fn one_call() -> Vec<Frame> {
    let mut call = Call::new("rotated");
    call.invite(0.0).answer(1.0, 180).answer(2.0, 200).ack(2.1).bye(10.0, true).bye_answer(10.1, 200, true);
    capture(vec![call], 60.0)
}

#[test]
fn a_call_may_begin_in_one_file_and_end_in_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let frames = one_call();
    let whole = without_places(report(&[file(folder.path(), "whole", &frames)]));
    assert_eq!(
        (&whole["totals"]["attempts"], &whole["totals"]["answered"], &whole["totals"]["censored"]),
        (&json!(1), &json!(1), &json!(0))
    );
    for cut in 1..frames.len() {
        let (begin, end) = (file(folder.path(), "b", &frames[..cut]), file(folder.path(), "a", &frames[cut..]));
        // Neither the order of the arguments nor the names decide.
        for inputs in [[begin.clone(), end.clone()], [end, begin]] {
            assert_eq!(without_places(report(&inputs)), whole, "cut after {cut} frames");
        }
    }
}

#[test]
fn a_file_for_each_direction_gives_one_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let frames = oracle::m();
    let whole = without_places(report(&[file(folder.path(), "whole", &frames)]));
    let (out, back): (Vec<Frame>, Vec<Frame>) = frames.into_iter().partition(|f| f.octets[26] == 192);
    let inputs = [file(folder.path(), "out", &out), file(folder.path(), "back", &back)];
    assert_eq!(without_places(report(&inputs)), whole);
}

#[test]
fn a_folder_and_a_glob_are_all_their_captures() {
    let folder = tempfile::tempdir().unwrap();
    let frames = one_call();
    let whole = without_places(report(&[file(folder.path(), "whole.pcap", &frames)]));
    let week = folder.path().join("week");
    fs::create_dir_all(week.join("monday")).unwrap();
    file(&week.join("monday"), "1.pcap", &frames[..3]);
    let packed = PACKS[1].1(&pcap(&frames[3..]));
    fs::write(week.join("2.pcap.zst"), packed).unwrap();
    fs::write(week.join("notes.txt"), "no capture").unwrap();
    assert_eq!(without_places(report(std::slice::from_ref(&week))), whole);
    let inputs = [week.join("*.pcap.*"), week.join("monday/*.pcap")];
    assert_eq!(without_places(report(&inputs)), whole);
}

#[test]
fn standard_input_gives_the_report_of_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let frames = oracle::m();
    let wanted = without_places(report(&[file(folder.path(), "whole", &frames)]));
    for octets in [pcap(&frames), PACKS[0].1(&pcap(&frames))] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_speerlint"))
            .args(["audit", "-", "--format", "json"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(&octets).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(without_places(serde_json::from_slice(&output.stdout).unwrap()), wanted);
    }
}

#[test]
fn a_span_of_time_is_the_capture_of_that_span() {
    let folder = tempfile::tempdir().unwrap();
    let frames = oracle::m();
    let whole = file(folder.path(), "whole", &frames);
    let (from, to) = (made::micros(40.0), made::micros(130.0));
    let inside: Vec<Frame> = frames.into_iter().filter(|f| (from..to).contains(&f.micros)).collect();
    let part = file(folder.path(), "part", &inside);
    let time = |micros: u64| Some(Time(i64::try_from(micros * 1_000).unwrap()));
    let got = answer(&Request { inputs: vec![whole], from: time(from), to: time(to), ..Request::default() });
    let wanted = report(&[part]);
    for key in ["sip_messages", "sip_requests", "sip_responses", "sip_retransmissions", "anomalies"] {
        assert_eq!(got["intake"][key], wanted["intake"][key], "{key}");
    }
    assert_eq!(got["totals"], wanted["totals"]);
    // m4 to m8 begin in it, m1 and m2 end in it.
    assert_eq!(got["totals"]["call_ids"], 7);
}
