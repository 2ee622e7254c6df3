//! Takes traffic that keeps a rule, breaks it and leaves it open, gives a failure where the whole program does not say so, never a rule's own check.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use made::calls::{ALPHA, BRAVO, Call, capture};
use made::media::one_way;
use made::program::judged;
use made::{Frame, udp};
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

/// The report on frames of which only so many octets were captured.
fn cut_off(frames: &[Frame], octets: usize, terms: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cut.pcap");
    std::fs::write(&path, made::snapped(1, frames, octets)).unwrap();
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, format!("{}{terms}", made::program::PEERS)).unwrap();
    made::program::answer(&speerlint::pipeline::Request { inputs: vec![path], policy: Some(policy), ..Default::default() })
}

/// Requests of which the tap kept only the beginning: what was to stand in the rest cannot be missed.
#[test]
fn identities_in_what_was_cut_off_are_left_open() {
    let mut call = Call::new("cut");
    call.request(0.0, "INVITE", 1, true, &format!("X-Long: {}\r\n", "x".repeat(400))).answer(1.0, 200).ack(1.1);
    let frames = capture(vec![call], 40.0);
    let terms = "[identity]\npai = \"required\"\n[identity.stir]\nidentity_header = \"required\"\nppt = [\"shaken\"]\n";
    let whole = judged(&frames, terms);
    let report = cut_off(&frames, 500, terms);
    for rule in ["IDN-PAI-001", "IDN-STIR-001"] {
        assert_eq!(counts(&whole, rule)[1], 1, "{rule}: {:?}", found(&whole, rule));
        let [_, broken, open] = counts(&report, rule);
        assert!(broken == 0 && open > 0, "{rule}: {:?}", counts(&report, rule));
    }
}

/// A body about audio with these lines at its end.
fn audio(address: &str, proto: &str, lines: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 {{ip}}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio 20000 {proto} 8\r\n{lines}")
}

/// A call about a body from 40 s to 60 s.
fn about(id: &str, sdp: &str) -> Call {
    let mut call = Call::new(id);
    call.sdp = sdp.to_owned();
    call.invite(40.0).answer(41.0, 180).answer(42.0, 200).ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
    call
}

/// RFC 5761 §5.1.1, RFC 8839: an offer that was cut off may say further down what it lacks.
#[test]
fn multiplexing_in_what_was_cut_off_is_left_open() {
    let rule = "SDP-ICE-001";
    let padding = format!("a=x-padding:{}\r\n", "x".repeat(400));
    let frames = |last: &str| capture(vec![about("mux", &audio("{ip}", "RTP/AVP", &format!("{padding}{last}")))], 100.0);
    let terms = "[media.transport]\nrtcp_mux = \"required\"\n";
    // The answer takes what was offered, and is not asked for more.
    assert_eq!(counts(&judged(&frames("a=rtcp-mux\r\n"), terms), rule), [2, 0, 0]);
    assert_eq!(counts(&judged(&frames(""), terms), rule), [1, 1, 0]);
    assert_eq!(counts(&cut_off(&frames("a=rtcp-mux\r\n"), 800, terms), rule), [0, 0, 2]);
}

/// RFC 6271 §3.2: the relays of bravo have addresses; one that is named by a domain name needs DNS.
#[test]
fn media_addresses_are_held_against_the_declared_border_elements() {
    let rule = "NET-DBE-002";
    let terms = "[[peer.dbe]]\nname = \"bravo-dbe\"\naddresses = [\"198.51.100.32/28\"]\n";
    let judge = |address: &str| judged(&capture(vec![about("relay", &audio(address, "RTP/AVP", ""))], 100.0), terms);
    assert_eq!(counts(&judge("{ip}"), rule), [1, 0, 0]);
    assert_eq!(counts(&judge("203.0.113.5"), rule), [0, 1, 0]);
    assert_eq!(counts(&judge("relay.bravo.example"), rule), [0, 0, 1]);
}

/// RFC 4961: where the SDP of the sender did not pass the tap, nobody knows where it should send from.
#[test]
fn media_of_a_side_that_was_not_heard_is_left_open() {
    let rule = "MED-RTP-002";
    let (a, b) = ((ALPHA.0, 20_000), (BRAVO.0, 20_000));
    let judge = |answered: bool, source| {
        let mut call = Call::new("half");
        call.invite(40.0);
        if answered {
            call.answer(42.0, 200);
        }
        call.ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
        let mut frames = capture(vec![call], 200.0);
        frames.extend(one_way(source, a, 7, (42.2, 60.0), |_| false));
        frames.sort_by_key(|frame| frame.micros);
        judged(&frames, "")
    };
    assert_eq!(counts(&judge(true, b), rule), [1, 0, 0]);
    assert_eq!(counts(&judge(true, ([203, 0, 113, 9].into(), 20_000)), rule), [0, 1, 0]);
    assert_eq!(counts(&judge(false, b), rule), [0, 0, 1]);
}

/// A ClientHello or ServerHello of DTLS 1.2 in a record of its own (RFC 6347 §4.2.2), with `use_srtp` in the former (RFC 5764 §4.1.1).
fn dtls(is_client: bool) -> Vec<u8> {
    let mut hello = vec![0xfe, 0xfd];
    hello.extend([7; 32]);
    hello.extend(if is_client {
        &[0, 0, 0, 2, 0xc0, 0x2b, 1, 0, 0, 9, 0, 14, 0, 5, 0, 2, 0, 1, 0][..]
    } else {
        &[0, 0xc0, 0x2b, 0, 0, 9, 0, 14, 0, 5, 0, 2, 0, 1, 0][..]
    });
    let length = u8::try_from(hello.len()).unwrap();
    let kind = if is_client { 1 } else { 2 };
    [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, length + 12, kind, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length][..], &hello].concat()
}

const FINGERPRINT: &str =
    "a=fingerprint:sha-256 02:1A:CC:54:27:AB:EB:9C:53:3F:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1:7A:03:A2:7D:F9:B0:7F:46:19:B2\r\n";

/// RFC 5763 §5: a ServerHello comes in time or too late; where the client gives up before, or the capture ends, nobody knows.
#[test]
fn handshakes_of_media_are_waited_for() {
    let rule = "MSEC-DTLS-003";
    let (a, b) = ((ALPHA.0, 20_000), (BRAVO.0, 20_000));
    let terms = "[media.security]\ndtls_timeout_ms = 2000\n";
    let judge = |hellos: &[f64], answer: Option<f64>| {
        let mut frames = capture(vec![about("keys", &audio("{ip}", "UDP/TLS/RTP/SAVP", FINGERPRINT))], 200.0);
        frames.extend(hellos.iter().map(|&at| udp(at, a, b, &dtls(true))));
        frames.extend(answer.map(|at| udp(at, b, a, &dtls(false))));
        frames.sort_by_key(|frame| frame.micros);
        judged(&frames, terms)
    };
    // One more is that of the roles, which both sides leave to each other's default.
    let kept = counts(&judge(&[42.2], Some(42.3)), rule);
    assert_eq!(counts(&judge(&[42.2, 43.2, 45.2], Some(45.3)), rule), [kept[0] - 1, 1, 0]);
    assert_eq!(counts(&judge(&[42.2, 43.2], None), rule), [kept[0] - 1, 0, 1]);
}

/// RFC 8862 §4: a fingerprint is worth something where somebody answers for the message that carries it.
#[test]
fn fingerprints_are_bound_by_an_identity() {
    let rule = "MSEC-DTLS-001";
    let judge = |extra: &str| {
        let mut call = Call::new("bound");
        call.sdp = audio("{ip}", "UDP/TLS/RTP/SAVP", FINGERPRINT);
        call.request(40.0, "INVITE", 1, true, extra);
        judged(&capture(vec![call], 45.0), "")
    };
    assert_eq!(counts(&judge("Identity: e30.e30.c2ln;info=<https://cert.alpha.example/a>\r\n"), rule), [1, 0, 0]);
    assert_eq!(counts(&judge(""), rule), [0, 1, 0]);
}

/// RFC 6271 §5.3: two taps, before and behind the border element of bravo, which has the fingerprint, the keys and what it does not know pass.
#[test]
fn security_attributes_pass_the_border_as_they_came() {
    let rule = "SDP-OA-008";
    let inner = (std::net::Ipv4Addr::new(198, 51, 100, 40), 5060);
    let leg = |leg: u32, from: (_, u16), to: (_, u16), lines: &str| {
        let mut call = Call::new("legs");
        (call.leg, call.sdp) = (leg, audio("{ip}", "UDP/TLS/RTP/SAVP", lines));
        let late = f64::from(leg) * 0.01;
        call.invite(40.0 + late).answer(42.0 - late, 200).ack(42.1 + late).bye(60.0 + late, true).bye_answer(60.1 - late, 200, true);
        let send = |frame: &Frame| {
            let forth = frame.octets[26..30] == ALPHA.0.octets();
            let (source, destination) = if forth { (from, to) } else { (to, from) };
            Frame { micros: frame.micros, ..udp(0.0, source, destination, &frame.octets[42..]) }
        };
        call.frames.iter().map(send).collect::<Vec<_>>()
    };
    let judge = |before: &str, behind: &str| {
        let mut frames = capture(vec![], 200.0);
        frames.extend(leg(1, ALPHA, BRAVO, before));
        frames.extend(leg(2, BRAVO, inner, behind));
        frames.sort_by_key(|frame| frame.micros);
        judged(&frames, "[media.security]\nattribute_transparency = \"required\"\n")
    };
    let observed = |report: &Value| {
        let mut all: Vec<String> = found(report, rule).iter().map(|found| found.1.to_owned()).collect();
        all.sort_unstable();
        all
    };
    let keyed = format!("{FINGERPRINT}a=setup:actpass\r\na=x-unheard-of:1\r\na=ptime:20\r\n");
    // Each message by itself has no Identity that signs its fingerprint.
    let same = judge(&keyed, &keyed.replace("ptime:20", "ptime:30"));
    assert_eq!(counts(&same, rule), [1, 0, 4], "{:?}", found(&same, rule));
    let other = judge(&keyed, &keyed.replace("02:1A", "02:1B").replace("a=x-unheard-of:1\r\n", ""));
    assert_eq!(observed(&other), ["a=fingerprint changed", "a=x-unheard-of removed"]);
    assert_eq!(
        observed(&judge(&keyed, "a=x-unheard-of:1\r\n")),
        ["a=fingerprint added", "a=fingerprint removed", "a=setup added", "a=setup removed",]
    );
    assert_eq!(counts(&judge("", ""), rule), [0, 0, 0], "nothing to pass");
}
