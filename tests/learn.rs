//! Takes captures, gives a failure where the policy learned from one does not load, hides what it saw, or is broken by that very capture.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use made::calls::{ALPHA, BRAVO, Call, capture};
use made::{Frame, udp};
use serde_json::Value;
use speerlint::policy::{Policy, Severity, Style};
use speerlint::rules::KNOWN;

fn learn(arguments: &[&str], inputs: &[PathBuf]) -> (i32, String, String) {
    let mut command = Command::cargo_bin("speerlint").unwrap();
    let output = command.arg("learn").args(arguments).args(inputs).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn draft(input: &Path) -> String {
    let (status, text, complaint) = learn(&["--quiet"], &[input.to_owned()]);
    assert_eq!(status, 0, "{}: {complaint}", input.display());
    text
}

fn load(text: &str) -> Policy {
    Policy::parse(Path::new("draft.toml"), text, KNOWN, Style::Plain).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn audit(input: &Path, policy: &Path) -> (i32, Value) {
    let mut command = Command::cargo_bin("speerlint").unwrap();
    let output = command.args(["audit", "--format", "json", "--quiet", "--policy"]).arg(policy).arg(input).output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

/// The draft loads, and the capture breaks nothing of it at `high` or above; each rule that the draft lowers is still reported.
fn holds(input: &Path) {
    let text = draft(input);
    let policy = load(&text);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("draft.toml");
    fs::write(&path, &text).unwrap();
    let (status, report) = audit(input, &path);
    assert!(status == 0 || status == 3, "{}: status {status}", input.display());
    let findings = report["findings"].as_array().unwrap();
    let grave: Vec<_> = findings.iter().filter(|f| f["severity"] == "high" || f["severity"] == "critical").collect();
    assert!(grave.is_empty(), "{}: {grave:?}", input.display());
    for setting in &policy.rules {
        assert_eq!((setting.enabled, setting.severity), (true, Some(Severity::Medium)), "{}", setting.id);
        assert!(findings.iter().any(|f| f["rule"] == *setting.id), "{}: {} is lowered and not broken", input.display(), setting.id);
    }
}

#[test]
fn every_sample_keeps_the_policy_that_was_learned_from_it() {
    made::samples().iter().for_each(|case| holds(&case.capture));
}

#[test]
fn made_captures_keep_the_policy_that_was_learned_from_them() {
    let folder = tempfile::tempdir().unwrap();
    made::mixtures(folder.path()).iter().for_each(|case| holds(&case.capture));
}

/// `SPEERLINT_CAPTURES=FOLDER cargo test --test learn -- --ignored`
#[test]
#[ignore = "needs real captures"]
fn every_real_capture_keeps_the_policy_that_was_learned_from_it() {
    let folder = PathBuf::from(std::env::var_os("SPEERLINT_CAPTURES").expect("SPEERLINT_CAPTURES names the folder"));
    let mut held = 0;
    for path in files(&folder) {
        let (status, ..) = learn(&["--quiet"], std::slice::from_ref(&path));
        // What is no capture, and what holds no SIP.
        if status == 2 || status == 3 {
            continue;
        }
        holds(&path);
        held += 1;
    }
    assert!(held > 50, "only {held} captures taught anything");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect();
    files.sort();
    files
}

/// Where a value was first seen depends on how the capture is cut; everything else does not.
fn without_places(text: &str) -> Vec<String> {
    let place = regex_lite(text);
    place
        .lines()
        .filter(|line| !line.starts_with("# ") || line.contains('='))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// Replaces `NAME frame N` by `frame`.
fn regex_lite(text: &str) -> String {
    let words: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    let line = |words: &Vec<&str>| {
        let mut out: Vec<String> = Vec::new();
        let mut skip = false;
        for word in words {
            if skip {
                // The punctuation behind the number stays.
                out.push(word.trim_start_matches(|c: char| c.is_ascii_digit() || c == ',').to_owned());
                skip = false;
            } else if *word == "frame" {
                out.pop();
                out.push("frame".to_owned());
                skip = true;
            } else {
                out.push((*word).to_owned());
            }
        }
        out.join(" ")
    };
    words.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_draft_is_the_same_for_any_number_of_threads_and_any_cut() {
    let folder = tempfile::tempdir().unwrap();
    let mut captures: Vec<PathBuf> = made::mixtures(folder.path()).into_iter().map(|case| case.capture).collect();
    captures.extend(made::samples().into_iter().map(|case| case.capture).filter(|c| c.extension().is_some_and(|e| e == "pcap")).take(4));
    for capture in captures {
        let inputs = [capture.clone()];
        let (_, one, _) = learn(&["--quiet", "--threads", "1"], &inputs);
        let (_, three, _) = learn(&["--quiet", "--threads", "3"], &inputs);
        assert_eq!(one, three, "{}", capture.display());
        let pieces = tempfile::tempdir().unwrap();
        let parts = made::cut(&capture, 4, pieces.path());
        let (_, cut, _) = learn(&["--quiet", "--threads", "2"], &parts);
        assert_eq!(without_places(&one), without_places(&cut), "{}", capture.display());
    }
}

/// The numbers behind the values against those of the audit, which counts by itself.
#[test]
fn the_counts_are_those_of_the_audit() {
    for name in ["clean-udp", "first-look", "tcp-trunk", "failures"] {
        let folder = Path::new("samples").join(name);
        let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
        let intake = &expected["intake"];
        if intake["sip_retransmissions"] != 0 || intake["sip_mirror_duplicates"] != 0 {
            continue;
        }
        let capture = ["capture.pcap", "capture.pcapng"].iter().map(|n| folder.join(n)).find(|p| p.exists()).unwrap();
        let text = draft(&capture);
        for (key, noun) in [("sip_requests", "request"), ("sip_responses", "response")] {
            for (value, count) in intake[key].as_object().unwrap() {
                let count = count.as_u64().unwrap();
                let wanted = format!("# {count} {noun}{}, first in", if count == 1 { "" } else { "s" });
                let told = |line: &str| line.trim_start_matches(['#', ' ', '"']).starts_with(value.as_str()) && line.contains(&wanted);
                assert!(text.lines().any(told), "{name}: {value} {wanted}\n{text}");
            }
        }
    }
}

fn peers(text: &str) -> Vec<String> {
    load(text).peers.into_iter().map(|peer| peer.id).collect()
}

#[test]
fn what_is_written_is_what_was_on_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let mut call = Call::new("one");
    call.invite(0.0).answer(0.5, 180).answer(1.0, 200).ack(1.1).bye(9.0, true).bye_answer(9.1, 200, true);
    let path = made::write(folder.path(), "one.pcap", &call.frames);
    let text = draft(&path);
    let policy = load(&text);
    assert_eq!(peers(&text), ["alpha.example", "side-b"], "nobody on the other side said From");
    let sbe: Vec<_> = policy.peers.iter().map(|p| p.sbe[0].addresses[0].addr().to_string()).collect();
    assert_eq!(sbe, [ALPHA.0.to_string(), BRAVO.0.to_string()]);
    let terms = policy.global();
    assert_eq!(
        terms.media.audio.codecs.iter().map(|c| (c.name.as_str(), c.clock)).collect::<Vec<_>>(),
        [("PCMA", 8000), ("telephone-event", 8000)]
    );
    assert_eq!(terms.media.audio.codecs[0].ptime_ms.as_ref().unwrap().value, [20]);
    let line = |key: &str| text.lines().find(|l| l.trim_start().starts_with(key)).unwrap_or_else(|| panic!("{key}\n{text}")).to_owned();
    assert!(line("INVITE = ").ends_with("# 1 request, first in one.pcap frame 1"), "{text}");
    assert!(line("BYE = ").ends_with("# 1 request, first in one.pcap frame 5"), "{text}");
    assert!(line("\"180\" = ").ends_with("# 1 response, first in one.pcap frame 2"), "{text}");
    assert!(line("udp = ").starts_with("udp = \"supported\""), "{text}");
}

/// A call of two hosts with public addresses, whose SDP and Contact name a private one.
fn leaking(id: &str) -> Vec<Frame> {
    let mut call = Call::new(id);
    call.invite(0.0).answer(0.5, 180).answer(1.0, 200).ack(1.1).bye(9.0, true).bye_answer(9.1, 200, true);
    let replace = |frame: &Frame| {
        let text = String::from_utf8_lossy(&frame.octets[42..]).into_owned();
        // Of the same length, so that Content-Length stays right.
        let text = text.replace("IN IP4 192.0.2.17", "IN IP4 10.20.30.7").replace("alpha@192.0.2.17", "alpha@10.20.30.7");
        let from_alpha = frame.octets[26..30] == ALPHA.0.octets();
        let (source, destination) = if from_alpha { (ALPHA, BRAVO) } else { (BRAVO, ALPHA) };
        udp((frame.micros - made::EPOCH) as f64 / 1e6, source, destination, text.as_bytes())
    };
    call.frames.iter().map(replace).collect()
}

#[test]
fn what_looks_wrong_is_commented_out_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let mut frames = leaking("leak");
    let mut registration = Call::new("register");
    registration.request(20.0, "REGISTER", 1, true, "").response(20.1, 200, "REGISTER", 1, true, "");
    frames.extend(registration.frames);
    for n in 0..300 {
        let mut ping = Call::new(&format!("ping-{n}"));
        let at = 30.0 + f64::from(n);
        ping.request(at, "OPTIONS", 1, true, "").response(at + 0.1, 200, "OPTIONS", 1, true, "");
        frames.extend(ping.frames);
    }
    let mut rare = Call::new("rare");
    rare.request(400.0, "PUBLISH", 1, true, "").response(400.1, 200, "PUBLISH", 1, true, "");
    frames.extend(rare.frames);
    frames.sort_by_key(|frame| frame.micros);
    let path = made::write(folder.path(), "doubts.pcap", &frames);
    let text = draft(&path);
    let policy = load(&text);
    let aside = |start: &str, reason: &str| {
        let told =
            |line: &str| line.trim_start().starts_with(start) && line.contains(reason) && line.contains("first in doubts.pcap frame");
        assert!(text.lines().any(told), "{start} … {reason}\n{text}");
    };
    aside("# PUBLISH = \"supported\"", "rare");
    aside("# REGISTER = \"supported\"", "nobody registers");
    aside("# addresses = [\"10.20.30.7\"]", "private address");
    aside("# internal_cidrs = [\"10.20.30.7\"]", "1 message with SDP 10.20.30.7");
    aside("# internal_cidrs = [\"10.20.30.7\"]", "Contact 10.20.30.7");
    assert!(policy.peers.iter().flat_map(|p| &p.dbe).flat_map(|d| &d.addresses).all(|a| a.addr().to_string() != "10.20.30.7"));
    assert_eq!(policy.global().sip.methods.get("PUBLISH").unwrap().value.name(), "discouraged");
    holds(&path);
}

/// Names that would break out of their line, close a string or say another key.
#[test]
fn hostile_names_stay_names() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["x\"]\\n[policy]", "'''", "INVTE", "invite", "a\u{202e}b", "\u{7f}", "=", "#", "ÄÖ", "x]\u{85}fail_on"];
    let mut frames = Vec::new();
    for (n, name) in names.iter().enumerate() {
        let token = name.replace(' ', "");
        let text = format!(
            "{token} sip:b@bravo.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bK{n}\r\nFrom: <sip:a@alpha.example>;tag={n}\r\n\
             To: <sip:b@\"]evil.example>\r\nCall-ID: hostile-{n}\r\nCSeq: 1 {token}\r\nMax-Forwards: 99999999999999999999\r\n{token}: 1\r\n\
             X-\"{n}: 1\r\nRequire: {token}\r\nSupported: \"\\\",x]\r\nEvent: {token}\r\nInfo-Package: {token}\r\nContent-Type: a/{token}\r\n\
             Session-Expires: 99999999999\r\nContent-Length: 0\r\n\r\n"
        );
        frames.push(udp(n as f64, ALPHA, BRAVO, text.as_bytes()));
    }
    let sdp = "v=0\r\no=- 1 1 IN IP4 192.0.2.17\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=au\"dio 1 RTP/AVP 8 96\r\na=rtpmap:96 \"]x/99999999999/999\r\nm=audio 65535 RTP/SAVP 96\r\na=rtpmap:96 e\"vil/0\r\na=ptime:99999\r\na=crypto:1 \"]\\ inline:AAAA\r\na=fingerprint:\"x 00\r\n";
    let invite = format!(
        "INVITE sip:b@bravo.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bKi\r\nFrom: <sip:a@alpha.example>;tag=i\r\nTo: <sip:b@bravo.example>\r\n\
         Call-ID: hostile-i\r\nCSeq: 1 INVITE\r\nContact: <sip:a@192.0.2.17>\r\nMax-Forwards: 0\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
        sdp.len()
    );
    frames.push(udp(50.0, ALPHA, BRAVO, invite.as_bytes()));
    let path = made::write(folder.path(), "hostile.pcap", &frames);
    let text = draft(&path);
    assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
    assert!(!text.contains('\u{202e}'));
    let policy = load(&text);
    assert_eq!((policy.id.as_str(), policy.fail_on), ("draft", Severity::High));
    assert!(text.contains("no policy can hold this name"), "{text}");
    holds(&path);
}

#[test]
fn a_flood_of_names_is_bounded_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut frames = Vec::new();
    // All in one call, and so in one part of the capture.
    for n in 0..2000u32 {
        let text = format!(
            "OPTIONS sip:b@bravo.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bK{n}\r\nFrom: <sip:a@d{n}.example>;tag={n}\r\nTo: <sip:b@bravo.example>\r\n\
             Call-ID: flood\r\nCSeq: {n} OPTIONS\r\nMax-Forwards: 70\r\nX-{n}: 1\r\nContent-Length: 0\r\n\r\n"
        );
        frames.push(udp(f64::from(n) / 10.0, ALPHA, BRAVO, text.as_bytes()));
    }
    let path = made::write(folder.path(), "flood.pcap", &frames);
    let text = draft(&path);
    load(&text);
    // Sixteen thousand headers of seven known names and two thousand invented ones: at most 512 names are kept.
    let told = |noun: &str| text.lines().find(|l| l.contains("not listed") && l.contains(noun)).map(str::to_owned);
    let line = told("headers").unwrap_or_else(|| panic!("{text}"));
    let untold: u64 = line.split("not listed: ").nth(1).unwrap().split(' ').next().unwrap().replace(',', "").parse().unwrap();
    let listed = text.lines().filter(|l| l.contains("name = \"X-")).count() as u64;
    assert_eq!(listed + untold, 2000, "{line}");
    assert!(text.contains("Not counted above"), "{text}");
    holds(&path);
}

#[test]
fn exit_statuses_say_what_came_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("draft.toml");
    let named = out.to_str().unwrap();
    let sample = PathBuf::from("samples/clean-udp/capture.pcap");
    let (status, text, told) = learn(&["-o", named], std::slice::from_ref(&sample));
    assert_eq!((status, text.as_str()), (0, ""));
    assert!(told.contains("a draft with 2 peers"), "{told}");
    assert_eq!(fs::read_to_string(&out).unwrap(), draft(&sample));

    let empty = made::write(folder.path(), "empty.pcap", &capture(Vec::new(), 1.0)[..0]);
    let other = folder.path().join("other.toml");
    let (status, _, told) = learn(&["-o", other.to_str().unwrap()], &[empty]);
    assert_eq!((status, other.exists()), (3, false), "{told}");
    assert!(told.contains("nothing to learn"), "{told}");

    let (status, _, told) = learn(&[], &[PathBuf::from("-")]);
    assert!(status == 2 && told.contains("reads the captures twice"), "{told}");
    let (status, _, told) = learn(&["-o", folder.path().to_str().unwrap()], std::slice::from_ref(&sample));
    assert!(status == 2 && told.contains("is a directory"), "{told}");
    let (status, _, _) = learn(&["-o", "no/such/folder/draft.toml"], &[sample]);
    assert_eq!(status, 2);
}

/// A profile of loads and delays: what is written stands above what was measured, and is judged.
#[test]
fn limits_and_thresholds_stand_above_what_was_measured() {
    let folder = tempfile::tempdir().unwrap();
    let mut calls = Vec::new();
    for n in 0..60u32 {
        let mut call = Call::new(&format!("call-{n}"));
        let at = f64::from(n);
        call.invite(at).answer(at + 0.2, 180).answer(at + 0.4, 200).ack(at + 0.5).bye(at + 9.9, true).bye_answer(at + 10.0, 200, true);
        calls.push(call);
    }
    let path = made::write(folder.path(), "load.pcap", &capture(calls, 80.0));
    let text = draft(&path);
    let policy = load(&text);
    let ids: BTreeMap<_, _> =
        policy.peers.iter().zip(0u16..).map(|(peer, n)| (peer.id.as_str(), speerlint::policy::Party::Declared(n))).collect();
    let terms = policy.terms(ids["alpha.example"], ids["side-b"], None);
    let limits: BTreeMap<_, _> = terms.admission.limits.iter().map(|l| (l.id.as_str(), l.value.value)).collect();
    // One call a second, ten of them at once: 25 % above, and one more at least.
    assert_eq!(limits["cps"], 2.0, "{text}");
    assert!((12.0..=14.0).contains(&limits["concurrent"]), "{limits:?}");
    // Ringing after 0.2 s, so 0.25 s; every session request succeeds.
    assert_eq!(terms.performance.srd_success_s.p95.as_ref().unwrap().value, 0.25, "{text}");
    assert_eq!(terms.performance.ser_pct.as_ref().unwrap().value, 95.0);
    holds(&path);
}

#[test]
fn certificates_and_numbers_are_those_of_their_side() {
    let text = draft(Path::new("samples/tls-certificates/capture.pcap"));
    let identities: Vec<_> = load(&text).peers.iter().map(|peer| peer.tls_identities.clone()).collect();
    assert!(identities.iter().any(|names| names == &["alpha.example"]), "{identities:?}");
    assert!(identities.iter().any(|names| names.contains(&"sbc.cn-only.example".to_owned())), "{identities:?}");
    assert!(
        text.contains("# \"*.wildcard.example\",") && text.contains("tls_identities = [\"alpha.example\"]  # 17 handshakes, first in ")
    );
    let folder = tempfile::tempdir().unwrap();
    let mut call = Call::new("numbers");
    call.invite(0.0).answer(1.0, 486);
    let text = draft(&made::write(folder.path(), "numbers.pcap", &call.frames));
    let mut ranges: Vec<_> = load(&text).peers.into_iter().map(|peer| peer.e164_prefixes.to_vec()).collect();
    ranges.sort();
    assert_eq!(ranges, [["+4420"], ["+4930"]]);
    assert!(text.contains("numbers.e164_prefixes = [\"+4930\"]  # 1 session request, first in "), "{text}");
}

/// The frames of a call, between other hosts and domains of the same lengths.
fn between(id: &str, at: f64, caller: (Ipv4Addr, &str), callee: (Ipv4Addr, &str)) -> Vec<Frame> {
    let mut call = Call::new(id);
    call.invite(at).answer(at + 0.5, 180).answer(at + 1.0, 200).ack(at + 1.1).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
    let changes = [
        (ALPHA.0.to_string(), caller.0.to_string()),
        (BRAVO.0.to_string(), callee.0.to_string()),
        ("alpha.example".to_owned(), caller.1.to_owned()),
        ("bravo.example".to_owned(), callee.1.to_owned()),
    ];
    let change = |frame: &Frame| {
        let text = String::from_utf8_lossy(&frame.octets[42..]).into_owned();
        let text = changes.iter().fold(text, |text, (from, to)| {
            assert_eq!(from.len(), to.len(), "Content-Length stays right");
            text.replace(from.as_str(), to)
        });
        let (a, b) = ((caller.0, 5060), (callee.0, 5060));
        let (source, destination) = if frame.octets[26..30] == ALPHA.0.octets() { (a, b) } else { (b, a) };
        udp((frame.micros - made::EPOCH) as f64 / 1e6, source, destination, text.as_bytes())
    };
    call.frames.iter().map(change).collect()
}

/// A hub between four carriers, one of them with border elements in two networks: each is a peer with its own addresses, domains and limits.
#[test]
fn an_interconnect_hub_has_all_its_peers() {
    let folder = tempfile::tempdir().unwrap();
    let hub = (BRAVO.0, "bravo.example");
    let gamma = [Ipv4Addr::new(203, 0, 11, 5), Ipv4Addr::new(11, 22, 3, 44)].map(|ip| (ip, "gamma.example"));
    let (delta, silent) = ((Ipv4Addr::new(203, 0, 113, 200), "delta.example"), (Ipv4Addr::new(131, 99, 131, 77), "sigma.example"));
    let mut frames = Vec::new();
    for n in 0..8u32 {
        let at = 20.0 * f64::from(n);
        frames.extend(between(&format!("alpha-{n}"), at, (ALPHA.0, "alpha.example"), hub));
        frames.extend(between(&format!("gamma-{n}"), at + 2.0, gamma[(n % 2) as usize], hub));
    }
    // The hub calls two that only answer; delta calls back.
    for (n, callee) in [delta, silent].into_iter().enumerate() {
        let (caller, callee) = ((ALPHA.0, hub), callee);
        let call = between(&format!("out-{n}"), 200.0 + n as f64, (caller.0, "hub-a.example"), callee);
        let from_hub = |frame: Frame| {
            let text = String::from_utf8_lossy(&frame.octets[42..]).replace(&ALPHA.0.to_string(), "198.51.9.3");
            let hub = (Ipv4Addr::new(198, 51, 100, 34), 5060);
            let (source, destination) =
                if frame.octets[26..30] == ALPHA.0.octets() { (hub, (callee.0, 5060)) } else { ((callee.0, 5060), hub) };
            udp((frame.micros - made::EPOCH) as f64 / 1e6, source, destination, text.as_bytes())
        };
        frames.extend(call.into_iter().map(from_hub));
    }
    frames.sort_by_key(|frame| frame.micros);
    let path = made::write(folder.path(), "hub.pcap", &frames);
    let text = draft(&path);
    let policy = load(&text);
    let elements: BTreeMap<_, Vec<_>> = (policy.peers.iter())
        .map(|peer| (peer.id.as_str(), peer.sbe.iter().map(|sbe| sbe.addresses[0].addr().to_string()).collect()))
        .collect();
    assert_eq!(elements.len(), 5, "{text}");
    assert_eq!(elements["alpha.example"], ["192.0.2.17"]);
    assert_eq!(elements["gamma.example"], ["203.0.11.5", "11.22.3.44"], "one carrier in two networks: it sends one domain\n{text}");
    let hub = elements.iter().find(|(_, addresses)| addresses.contains(&"198.51.100.34".to_owned())).unwrap().0;
    // The hub talks to each, and nobody to another.
    let named = |pair: &(u16, u16)| [pair.0, pair.1].map(|n| policy.peers[usize::from(n)].id.clone());
    assert_eq!(policy.pairs.len(), 4, "{:?}", policy.pairs);
    assert!(policy.pairs.iter().all(|pair| named(pair).iter().any(|id| id == hub)), "{text}");
    // Who sent no domain of its own, and is alone in its network, is told as such.
    assert_eq!(text.matches("nothing but its network tells it from the others").count(), 2, "{text}");
    // What is measured is measured by direction: each of the callers has its own limit.
    let id =
        |name: &str| speerlint::policy::Party::Declared(u16::try_from(policy.peers.iter().position(|p| p.id == name).unwrap()).unwrap());
    for caller in ["alpha.example", "gamma.example"] {
        let terms = policy.terms(id(caller), id(hub), None);
        assert!(terms.admission.limits.iter().any(|limit| limit.id == "cps"), "{caller}\n{text}");
    }
    assert!(text.contains("first in hub.pcap frame 1"), "{text}");
    holds(&path);
}

/// Two carriers that share a network are told apart where they talk to each other; where they do not, the draft says what it did.
#[test]
fn carriers_that_may_be_two_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut frames = between("one", 0.0, (ALPHA.0, "alpha.example"), (BRAVO.0, "bravo.example"));
    frames.extend(between("two", 20.0, (Ipv4Addr::new(192, 0, 2, 99), "gamma.example"), (BRAVO.0, "bravo.example")));
    frames.sort_by_key(|frame| frame.micros);
    let path = made::write(folder.path(), "exchange.pcap", &frames);
    let text = draft(&path);
    assert_eq!(load(&text).peers.len(), 2, "{text}");
    assert!(text.contains("send different domains (alpha.example, gamma.example): two carriers?"), "{text}");
    holds(&path);
}

/// RFC 3605, RFC 8839 §4.1: ports of RTCP and of candidates are those of the side, too.
#[test]
fn the_range_of_ports_holds_those_of_rtcp_and_candidates() {
    let sdp = |ip: &str| {
        format!(
            "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 20010 RTP/AVP 8\r\na=rtcp:20004 IN IP4 {ip}\r\n\
             a=candidate:1 1 UDP 2130706431 {ip} 20010 typ host\r\na=candidate:1 2 UDP 2130706430 {ip} 20002 typ host\r\n"
        )
    };
    let mut call = Call::new("candidates");
    call.sdp = sdp("192.0.2.17");
    call.invite(0.0).answer(0.5, 180);
    call.sdp = sdp("198.51.100.34");
    call.answer(1.0, 200).ack(1.1).bye(9.0, true).bye_answer(9.1, 200, true);
    let folder = tempfile::tempdir().unwrap();
    let path = made::write(folder.path(), "candidates.pcap", &capture(vec![call], 20.0));
    let text = draft(&path);
    assert_eq!(text.matches("  ports = \"20002-20011\"").count(), 2, "{text}");
    assert!(load(&text).rules.iter().all(|rule| &*rule.id != "NET-DBE-002"), "{text}");
}
