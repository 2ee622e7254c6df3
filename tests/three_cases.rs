//! Takes traffic that keeps a rule, breaks it and leaves it open, gives a failure where the whole program does not say so, never a rule's own check.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use made::Frame;
use made::calls::{Call, capture};
use made::program::judged;
use serde_json::Value;

/// Pass, violation, and what could not be judged, of a rule.
fn counts(report: &Value, rule: &str) -> [u64; 3] {
    let row = report["rules"].as_array().unwrap().iter().find(|row| row["id"] == rule).unwrap();
    let unjudged = row["indeterminate"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    [row["pass"].as_u64().unwrap(), row["violation"].as_u64().unwrap(), unjudged]
}

/// What was observed against a rule: by whom, what, how often.
fn found<'a>(report: &'a Value, rule: &str) -> Vec<(&'a str, &'a str, u64)> {
    let of = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    of.map(|f| (f["offender"].as_str().unwrap(), f["observed"].as_str().unwrap(), f["count"].as_u64().unwrap())).collect()
}

/// When an OPTIONS is sent, and after how long it is answered with which code.
type Check = (f64, Option<(f64, u16)>);

/// Checks of bravo by alpha.
fn checks(all: &[Check], end: f64) -> Vec<Frame> {
    let check = |(n, (at, answer)): (usize, &Check)| {
        let mut check = Call::new(&format!("check-{n}"));
        check.request(*at, "OPTIONS", 1, true, "");
        if let Some((after, code)) = answer {
            check.response(at + after, *code, "OPTIONS", 1, true, "");
        }
        check
    };
    capture(all.iter().enumerate().map(check).collect(), end)
}

const CHECKED: &str = "[sip.transport]\nkeepalive = { method = \"options\", interval_s = 60, level = \"required\" }\n\
                       [performance]\nmin_samples = 1\n[performance.signaling]\noptions_ms = { p95 = 500, consecutive = 3 }\n";

/// RFC 3261 §11: a border element that does not answer three times is down; one answer of any kind shows it up.
#[test]
fn border_elements_are_watched_by_options() {
    let rule = "PRF-OPT-001";
    let up = Some((0.02, 200));
    let frames = checks(
        &[(0.0, up), (60.0, None), (120.0, None), (180.0, None), (240.0, Some((0.02, 503))), (300.0, Some((0.9, 404))), (420.0, up)],
        600.0,
    );
    let report = judged(&frames, CHECKED);
    let mut all = found(&report, rule);
    all.sort_unstable();
    let slow = "OPTIONS p95 above 500 ms";
    let expected = [
        ("alpha", "OPTIONS less often than agreed", 2),
        ("bravo", "3 or more OPTIONS in a row without answer or with 5xx", 2),
        // In its interval and in the whole capture.
        ("bravo", slow, 2),
        ("bravo", "no OPTIONS in the whole capture", 1),
    ];
    assert_eq!(all, expected);
    // Five checks that show it up or not yet down, five of the six pauses between; before the first nothing can be said.
    assert_eq!(counts(&report, rule), [10, 7, 1]);

    let frames = checks(&[(1.0, up), (61.0, None), (121.0, up), (181.0, up), (241.0, None)], 243.0);
    let both = format!(
        "{}{}",
        CHECKED, "[[direction]]\nfrom = \"bravo\"\nto = \"alpha\"\n  [direction.sip.transport]\n  keepalive = { method = \"none\" }\n"
    );
    let report = judged(&frames, &both);
    assert_eq!(found(&report, rule), []);
    // The last check, and the time before the first and behind the last, are at the edges of the capture.
    assert_eq!(counts(&report, rule), [4 + 4 + 2, 0, 3]);
}

/// What one window leaves open is judged in another: cuts and threads change nothing.
#[test]
fn checks_across_windows_are_the_same_checks() {
    let answer = |n: u32| (n % 7 < 4).then_some((0.02, if n % 7 == 2 { 500 } else { 200 }));
    let all: Vec<_> = (0..400).map(|n| (f64::from(n) * 7.0, answer(n))).collect();
    let folder = tempfile::tempdir().unwrap();
    let capture = made::write(folder.path(), "checks.pcap", &checks(&all, 3000.0));
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, format!("{}{CHECKED}", made::program::PEERS)).unwrap();
    let report = |inputs: Vec<std::path::PathBuf>, threads| {
        let request = speerlint::pipeline::Request {
            inputs,
            policy: Some(policy.clone()),
            threads: std::num::NonZeroUsize::new(threads),
            ..Default::default()
        };
        made::program::without_places(made::program::answer(&request))
    };
    let whole = report(vec![capture.clone()], 1);
    // Of seven checks, the last three get no answer: each third of them shows it down.
    assert_eq!(found(&whole, "PRF-OPT-001").iter().find(|f| f.1.starts_with("3 or more")).unwrap().2, 57);
    let parts = tempfile::tempdir().unwrap();
    assert_eq!(whole, report(made::cut(&capture, 7, parts.path()), 2));
}

/// RFC 3262 §3, §4: each reliable provisional response is numbered, and acknowledged by a PRACK that names it.
#[test]
fn reliable_provisional_responses_are_acknowledged() {
    let rule = "DLG-REL-001";
    // Ringing reliably with one RSeq after another, each acknowledged with what is given for RAck.
    let rings = |name: &str, at: f64, rung: &[(u32, Option<&str>)]| {
        let mut call = Call::new(name);
        call.request(at, "INVITE", 1, true, "Supported: 100rel\r\n");
        for ((number, rack), n) in rung.iter().zip(0_u32..) {
            let at = at + 0.5 + f64::from(n);
            call.response(at, if n == 0 { 183 } else { 180 }, "INVITE", 1, true, &format!("Require: 100rel\r\nRSeq: {number}\r\n"));
            if let Some(rack) = rack {
                call.request(at + 0.1, "PRACK", 2 + n, true, &format!("X-In-Dialog: 1\r\nRAck: {rack}\r\n"));
                call.response(at + 0.2, 200, "PRACK", 2 + n, true, "");
            }
        }
        call.answer(at + 4.0, 200).ack(at + 4.1).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
        call
    };
    let kept = rings("kept", 0.0, &[(776_656, Some("776656 1 INVITE")), (776_657, Some("776657 1 INVITE"))]);
    let skips = rings("skips", 10.0, &[(5, Some("5 1 INVITE")), (7, Some("7 1 INVITE"))]);
    let misnamed = rings("misnamed", 20.0, &[(30, Some("31 1 INVITE"))]);
    let silent = rings("silent", 30.0, &[(40, None)]);
    let report = judged(&capture(vec![kept, skips, misnamed, silent], 120.0), "");
    let mut all = found(&report, rule);
    all.sort_unstable();
    assert_eq!(all, [("alpha", "no PRACK for a reliable 1xx", 2), ("bravo", "RSeq is not one more than the last", 1)]);
    // Each of six responses has its number; of four calls one is in order.
    assert_eq!(counts(&report, rule), [6 + 1, 3, 0]);

    // A capture that ends before the time for the PRACK does, and a call that fails meanwhile.
    let report = judged(&capture(vec![rings("cut", 0.0, &[(40, None)])], 20.0), "");
    assert_eq!(counts(&report, rule), [1, 0, 1]);
}

/// RFC 6076 §4.3.1 on oracle M, whose mean delay of successful session requests is 1.19 s.
#[test]
fn session_request_delay_is_held_against_what_was_agreed() {
    let rule = "PRF-SRD-001";
    let terms = |mean: f64, least: u32| {
        format!("[performance]\nmin_samples = {least}\n[performance.signaling]\nsrd_success_s = {{ mean = {mean} }}\n")
    };
    let judge = |mean, least| judged(&made::oracle::m(), &terms(mean, least));
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
fn registrations_are_held_against_what_was_agreed() {
    let rule = "PRF-REG-001";
    let terms = |clause: &str, least: u32| format!("[performance]\nmin_samples = {least}\n[performance.signaling]\n{clause}\n");
    let delay = |max: u32, least| judged(&made::oracle::f6(), &terms(&format!("rrd_ms = {{ max = {max} }}"), least));
    assert_eq!(found(&delay(94, 1), rule), [("bravo", "RRD max above 94 ms", 2)]);
    assert_eq!(counts(&delay(95, 1), rule), [2, 0, 0]);
    assert_eq!(counts(&delay(94, 2), rule), [0, 0, 2]);
    let share = |most: u32| judged(&made::oracle::f7(), &terms(&format!("ira_pct = {most}"), 4));
    assert_eq!(found(&share(74), rule), [("bravo", "IRA above 74 %", 2)]);
    assert_eq!(counts(&share(75), rule), [2, 0, 0]);
}

/// Calls that are answered at once and without ringing, calls that ring first, and a capture that ends before media had to come.
#[test]
fn answers_that_nobody_gives_are_told() {
    let rule = "ACC-ANS-001";
    let terms = "[accounting]\nfalse_answer = { fas_ms = 300, answer_media_s = 3, short_call_s = 6, min_cluster = 2 }\n";
    let calls = |rings: bool, end: f64| {
        let call = |n: u32| {
            let at = f64::from(n) * 20.0;
            let mut call = Call::new(&format!("call-{n}"));
            call.invite(at);
            if rings {
                call.answer(at + 0.05, 180);
            }
            call.answer(at + 0.1, 200).ack(at + 0.2).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
            call
        };
        capture((0..4).map(call).collect(), end)
    };
    let report = judged(&calls(false, 200.0), terms);
    assert!(found(&report, rule).iter().any(|f| f.0 == "bravo" && f.1.contains("without ringing")), "{:?}", found(&report, rule));
    let report = judged(&calls(true, 200.0), terms);
    assert_eq!(found(&report, rule), []);
    let [kept, _, open] = counts(&report, rule);
    assert!(kept > 0 && open == 4, "no media of these calls passes the tap: {:?}", counts(&report, rule));
}

/// Requests of which the tap kept only the beginning: what was to stand in the rest cannot be missed.
#[test]
fn identities_in_what_was_cut_off_are_left_open() {
    let mut call = Call::new("cut");
    call.request(0.0, "INVITE", 1, true, &format!("X-Long: {}\r\n", "x".repeat(400))).answer(1.0, 200).ack(1.1);
    let frames = capture(vec![call], 40.0);
    let terms = "[identity]\npai = \"required\"\n[identity.stir]\nidentity_header = \"required\"\nppt = [\"shaken\"]\n";
    let whole = judged(&frames, terms);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    std::fs::write(&path, made::snapped(1, &frames, 500)).unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, format!("{}{terms}", made::program::PEERS)).unwrap();
    let report = made::program::answer(&speerlint::pipeline::Request { inputs: vec![path], policy: Some(policy), ..Default::default() });
    for rule in ["IDN-PAI-001", "IDN-STIR-001"] {
        assert_eq!(counts(&whole, rule)[1], 1, "{rule}: {:?}", found(&whole, rule));
        let [_, broken, open] = counts(&report, rule);
        assert!(broken == 0 && open > 0, "{rule}: {:?}", counts(&report, rule));
    }
}
