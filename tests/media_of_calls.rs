//! Takes calls with their media on the wire, gives a failure where the report ties a stream to the wrong call or says the wrong thing of it, never looks inside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::fs;
use std::num::NonZeroUsize;
use std::process::Command;

use made::calls::{ALPHA, BRAVO, Call, capture};
use made::media::one_way;
use made::program::{PEERS, answer, judged, without_places};
use made::{Frame, udp};
use serde_json::Value;
use speerlint::pipeline::Request;

const PORT: u16 = 20_000;
const A: (std::net::Ipv4Addr, u16) = (ALPHA.0, PORT);
const B: (std::net::Ipv4Addr, u16) = (BRAVO.0, PORT);

/// A call that is answered two seconds after `at` and lasts until `end`.
fn call(id: &str, at: f64, end: f64) -> Call {
    let mut call = Call::new(id);
    call.invite(at).answer(at + 1.0, 180).answer(at + 2.0, 200).ack(at + 2.1).bye(end, true).bye_answer(end + 0.1, 200, true);
    call
}

/// The frames of calls and of media, in order, in a capture that goes on long enough for everything to end.
fn frames(calls: Vec<Call>, media: Vec<Vec<Frame>>) -> Vec<Frame> {
    let mut all = capture(calls, 400.0);
    all.extend(media.into_iter().flatten());
    all.sort_by_key(|frame| frame.micros);
    all
}

fn found(report: &Value, rule: &str) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule);
    all.map(|f| format!("{}: {} x {}", f["offender"].as_str().unwrap(), f["count"], f["observed"].as_str().unwrap())).collect()
}

/// The five counts of a rule: pass, violation, waived, not applicable, indeterminate in all.
fn counts(report: &Value, rule: &str) -> [u64; 5] {
    let rule = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == rule).unwrap();
    let open = rule["indeterminate"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    let count = |key: &str| rule[key].as_u64().unwrap();
    [count("pass"), count("violation"), count("waived"), count("not_applicable"), open]
}

#[test]
fn a_call_with_both_directions_has_nothing_to_answer_for() {
    let media = vec![one_way(A, B, 1, (42.0, 60.0), |_| false), one_way(B, A, 2, (42.0, 60.0), |_| false)];
    let report = judged(&frames(vec![call("good", 40.0, 60.0)], media), "");
    for rule in ["MED-RTP-003", "MED-RTP-001", "MED-RTP-004", "MED-CODEC-006"] {
        assert_eq!(found(&report, rule), [""; 0], "{rule}");
        assert!(counts(&report, rule)[0] > 0, "{rule}: {:?}", counts(&report, rule));
    }
    let media = &report["media"];
    assert_eq!((media["bound"].as_u64(), media["strays"].as_u64()), (Some(2), Some(0)));
    let codec = report["codecs"].as_array().unwrap().iter().find(|c| c["codec"] == "PCMA/8000" && c["from"] == "alpha").unwrap();
    assert_eq!((codec["offered"].as_u64(), codec["sent_streams"].as_u64()), (Some(1), Some(1)));
}

#[test]
fn one_way_media_is_laid_at_the_silent_side() {
    let report = judged(&frames(vec![call("one-way", 40.0, 60.0)], vec![one_way(A, B, 1, (42.0, 60.0), |_| false)]), "");
    assert_eq!(found(&report, "MED-RTP-003"), ["bravo: 1 x no audio from the callee"]);
    // With other media between the same hosts, a call without any has none; alone, it may pass elsewhere.
    let other = vec![one_way(A, B, 1, (42.0, 60.0), |_| false), one_way(B, A, 2, (42.0, 60.0), |_| false)];
    let report = judged(&frames(vec![call("talks", 40.0, 60.0), call("mute", 120.0, 140.0)], other), "");
    assert_eq!(found(&report, "MED-RTP-003"), ["alpha: 1 x no audio from the caller", "bravo: 1 x no audio from the callee"]);
    let report = judged(&frames(vec![call("mute", 120.0, 140.0)], vec![]), "");
    assert_eq!((found(&report, "MED-RTP-003").len(), counts(&report, "MED-RTP-003")[4]), (0, 1));
}

#[test]
fn media_after_the_bye_and_media_of_nobody_are_found() {
    let media = vec![
        one_way(A, B, 1, (42.0, 75.0), |_| false),
        one_way(B, A, 2, (42.0, 60.0), |_| false),
        one_way((ALPHA.0, 31_000), (BRAVO.0, 31_002), 3, (100.0, 110.0), |_| false),
        one_way((ALPHA.0, 31_004), (BRAVO.0, 31_006), 4, (100.0, 100.9), |_| false),
    ];
    let report = judged(&frames(vec![call("late", 40.0, 60.0)], media), "");
    assert_eq!(found(&report, "MED-RTP-004"), ["alpha: 1 x media after the session ended"]);
    assert_eq!(found(&report, "MED-RTP-001"), ["alpha: 1 x a stream that no SDP names"]);
    assert_eq!((report["media"]["bound"].as_u64(), report["media"]["strays"].as_u64()), (Some(2), Some(1)), "45 packets are too few");
}

#[test]
fn loss_is_what_was_left_out_and_durations_are_compared() {
    // Every 50th packet of 900 is lost: 18, of which the last before the end of the stream cannot be told from silence.
    let media = vec![one_way(A, B, 1, (42.0, 60.0), |n| n % 50 == 49 && n < 890), one_way(B, A, 2, (42.0, 50.0), |_| false)];
    let terms = "[performance.media]\nloss_pct = { stream_max = 1.0, bad_streams_pct = 5.0 }\n[performance]\nmin_samples = 2\n\
                 [accounting]\nduration_tolerance_s = 2.0\n";
    let report = judged(&frames(vec![call("lossy", 40.0, 60.0)], media.clone()), terms);
    assert_eq!(found(&report, "PRF-LOSS-001")[0], "alpha: 1 x loss above 1 %");
    let row = report["media"]["directions"].as_array().unwrap().iter().find(|r| r["from"] == "alpha").unwrap();
    assert_eq!((row["expected"].as_u64(), row["lost"].as_u64()), (Some(900), Some(17)));
    assert_eq!(found(&report, "ACC-DUR-001"), [""; 0], "one side lasted as long as the call");
    let report = judged(&frames(vec![call("lossy", 40.0, 65.0)], media), terms);
    assert_eq!(found(&report, "ACC-DUR-001"), ["both: 1 x signalling longer by more than 2 s"]);
}

#[test]
fn the_same_ports_in_call_after_call_are_told_apart_by_time() {
    let calls: Vec<Call> = (0..5).map(|n| call(&format!("c{n}"), 40.0 + 30.0 * f64::from(n), 60.0 + 30.0 * f64::from(n))).collect();
    let talk = |n: u32| {
        let at = 42.0 + 30.0 * f64::from(n);
        [one_way(A, B, 2 * n, (at, at + 18.0), |_| false), one_way(B, A, 2 * n + 1, (at, at + 18.0), |_| false)]
    };
    let report = judged(&frames(calls, (0..5).flat_map(talk).collect()), "");
    assert_eq!((report["media"]["bound"].as_u64(), counts(&report, "MED-RTP-003")[..2].to_vec()), (Some(10), vec![5, 0]));
}

/// A source that never stops: where the next call takes over its receiver, a stream of that call begins; where the tap sees no other call, none does.
#[test]
fn a_source_that_goes_on_into_the_next_call_sends_a_stream_of_each() {
    let media = || vec![one_way(A, B, 1, (42.0, 100.0), |_| false), one_way(B, A, 2, (42.0, 100.0), |_| false)];
    let both = || frames(vec![call("first", 40.0, 60.0), call("second", 60.5, 100.0)], media());
    // From the INVITE on what the callee sends is of the second, from the 200 on what the caller sends.
    let times = |frames: &[Frame]| {
        let folder = tempfile::tempdir().unwrap();
        let (capture, out) = (made::write(folder.path(), "made.pcap", frames), folder.path().join("out"));
        Command::new(env!("CARGO_BIN_EXE_speerlint")).args(["audit", "--quiet", "--out"]).arg(&out).arg(&capture).status().unwrap();
        let text = fs::read_to_string(out.join("streams.csv")).unwrap();
        let column = |name: &str| text.lines().next().unwrap().split(',').position(|head| head == name).unwrap();
        let columns = ["call_id", "ssrc", "packets"].map(column);
        let mut rows: Vec<String> = text.lines().skip(1).map(|line| columns.map(|n| line.split(',').nth(n).unwrap()).join(" ")).collect();
        rows.sort_unstable();
        rows
    };
    let expected = [
        "first@alpha.example 0x00000001 1025",
        "first@alpha.example 0x00000002 925",
        "second@alpha.example 0x00000001 1875",
        "second@alpha.example 0x00000002 1975",
    ];
    assert_eq!(times(&both()), expected);
    let late = frames(vec![call("first", 40.0, 60.0), call("second", 70.0, 100.0)], media());
    assert_eq!(found(&judged(&late, ""), "MED-RTP-003"), [""; 0]);
    // However long the first is over: what it named is forgotten by then, but not that the source goes on.
    let forgotten = || {
        let media = [one_way(A, B, 1, (42.0, 300.0), |_| false), one_way(B, A, 2, (42.0, 300.0), |_| false)];
        frames(vec![call("first", 40.0, 60.0), call("second", 250.0, 300.0)], media.into())
    };
    let expected = [
        "first@alpha.example 0x00000001 10500",
        "first@alpha.example 0x00000002 10400",
        "second@alpha.example 0x00000001 2400",
        "second@alpha.example 0x00000002 2500",
    ];
    assert_eq!(times(&forgotten()), expected);
    let report = judged(&forgotten(), "");
    assert_eq!(counts(&report, "MED-RTP-003")[..2], [2, 0]);
    let after = |who: &str| format!("{who}: 1 x media after the session ended");
    assert_eq!(found(&report, "MED-RTP-004"), [after("alpha"), after("bravo")], "of the first; the second ends with its media");
    let one = frames(vec![call("first", 40.0, 60.0)], media());
    assert_eq!(times(&one), ["first@alpha.example 0x00000001 2900", "first@alpha.example 0x00000002 2900"]);
    // While the first lives, nobody takes anything over.
    let at_once = frames(vec![call("first", 40.0, 90.0), call("second", 60.5, 100.0)], media());
    assert_eq!(times(&at_once).len(), 2);

    let folder = tempfile::tempdir().unwrap();
    let report = |inputs: Vec<std::path::PathBuf>, threads| {
        let request = Request { inputs, threads: NonZeroUsize::new(threads), ..Request::default() };
        without_places(answer(&request)).to_string()
    };
    for (name, frames) in [("both.pcap", both()), ("forgotten.pcap", forgotten())] {
        let capture = made::write(folder.path(), name, &frames);
        let whole = report(vec![capture.clone()], 1);
        for pieces in [3, 11] {
            let parts = tempfile::tempdir().unwrap();
            assert_eq!(whole, report(made::cut(&capture, pieces, parts.path()), 2), "{name} in {pieces} pieces");
        }
    }
}

/// Every kind of trouble at once.
fn troubled() -> Vec<Frame> {
    let media = vec![
        one_way(A, B, 1, (42.0, 75.0), |n| n % 7 == 3),
        one_way(B, A, 2, (42.5, 50.0), |_| false),
        one_way(A, B, 5, (122.0, 140.0), |_| false),
        one_way((ALPHA.0, 31_000), (BRAVO.0, 31_002), 3, (100.0, 110.0), |_| false),
        vec![udp(43.0, (ALPHA.0, 40_000), B, &[0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 1])],
    ];
    frames(vec![call("a", 40.0, 60.0), call("b", 120.0, 140.0), call("c", 200.0, 320.0)], media)
}

/// A waiver for one of what is found late, and by other timers than the next.
const WAIVED: &str = "[[waiver]]\nid = \"W\"\nrules = [\"MED-*\", \"ACC-*\", \"SDP-*\"]\nreason = \"trial\"\nexpires = 2036-12-31T00:00:00Z\nmax_findings = 2\n";

/// A limit on measured bandwidth.
fn limit(scope: &str, value: u32) -> String {
    format!("[[admission.limit]]\nid = \"link\"\nkind = \"bandwidth_kbps\"\nscope = \"{scope}\"\nbasis = \"measured\"\nvalue = {value}\n")
}

/// standards.md §8.4: a stream of G.711 in packets of 20 ms takes 80.0 kbit/s of IPv4 in its direction.
#[test]
fn bandwidth_is_summed_over_the_calls_of_a_direction() {
    let talk = |n: u32, at: f64| vec![one_way(A, B, n, (at, at + 20.0), |_| false), one_way(B, A, n + 9, (at, at + 8.0), |_| false)];
    // One call from 42 to 62, the other from 52 to 72: both send until 62 from alpha, from bravo never at once.
    let calls = || vec![call("first", 40.0, 62.0), call("second", 50.0, 72.0)];
    let both = frames(calls(), [talk(1, 42.0), talk(2, 52.0)].concat());
    let report = judged(&both, &limit("direction", 100));
    assert_eq!(found(&report, "CAC-BW-001"), ["alpha: 1 x more than 100 kbit/s of media"]);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "CAC-BW-001").unwrap();
    let excerpt = finding["exhibits"][0]["excerpt"].as_str().unwrap();
    assert!(excerpt.starts_with("peak 160 of 100 for 10.000 s from") && excerpt.contains("RTP 192"), "{excerpt}");
    assert_eq!(counts(&report, "CAC-BW-001")[..2], [1, 1], "the other direction keeps it");
    assert_eq!(counts(&judged(&both, &limit("direction", 160)), "CAC-BW-001")[..2], [2, 0], "the limit itself is agreed");
    assert_eq!(counts(&judged(&both, &limit("pair", 239)), "CAC-BW-001")[..2], [0, 1], "both directions of a pair together");
    let report = judged(&capture(calls(), 400.0), &limit("direction", 160));
    assert_eq!(counts(&report, "CAC-BW-001")[4], 1, "no media of them passed");
}

#[test]
fn threads_and_pieces_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let capture = made::write(folder.path(), "troubled.pcap", &troubled());
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, format!("{PEERS}{WAIVED}{}", limit("pair", 100))).unwrap();
    let report = |inputs: Vec<std::path::PathBuf>, threads| {
        let request = Request { inputs, policy: Some(policy.clone()), threads: NonZeroUsize::new(threads), ..Request::default() };
        without_places(answer(&request)).to_string()
    };
    let whole = report(vec![capture.clone()], 1);
    assert!(whole.contains("MED-RTP-003") && whole.contains("MED-RTP-004"));
    assert_eq!(whole, report(vec![capture.clone()], 8));
    for pieces in [2, 7] {
        let parts = tempfile::tempdir().unwrap();
        assert_eq!(whole, report(made::cut(&capture, pieces, parts.path()), 2), "{pieces} pieces");
    }
}

#[test]
fn streams_csv_has_a_line_for_each_stream_in_the_order_in_which_they_ended() {
    let folder = tempfile::tempdir().unwrap();
    let capture = made::write(folder.path(), "troubled.pcap", &troubled());
    let out = folder.path().join("out");
    let status =
        Command::new(env!("CARGO_BIN_EXE_speerlint")).args(["audit", "--quiet", "--out"]).arg(&out).arg(&capture).status().unwrap();
    assert_eq!(status.code(), Some(1));
    let text = fs::read_to_string(out.join("streams.csv")).unwrap();
    let column = |name: &str| text.lines().next().unwrap().split(',').position(|head| head == name).unwrap();
    let (ssrc, lost, bound) = (column("ssrc"), column("lost"), column("bound_by"));
    let rows: Vec<String> = text
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            format!("{} {} {}", cells[ssrc], cells[lost], cells[bound])
        })
        .collect();
    let expected = [
        "0x00000009 0 destination only",
        "0x00000002 0 both ends",
        &format!("0x00000001 {} both ends", (0..1_650).filter(|n| n % 7 == 3).count()),
        "0x00000003 0 ",
        "0x00000005 0 both ends",
    ];
    assert_eq!(rows, expected);
}
