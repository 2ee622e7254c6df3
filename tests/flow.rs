//! Takes captures of known calls, gives a failure where `speerlint flow` draws another ladder, never compares a ladder with itself alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use made::calls::Call;
use made::{Case, Frame};

const FORMATS: [&str; 3] = ["text", "svg", "mermaid"];

fn output(arguments: &[&str], case: &Case) -> Output {
    let mut command = Command::cargo_bin("speerlint").unwrap();
    command.arg("flow").args(arguments).arg(&case.capture).arg("--quiet");
    if let Some(policy) = &case.policy {
        command.arg("--policy").arg(policy);
    }
    command.output().unwrap()
}

fn flow(arguments: &[&str], case: &Case) -> String {
    let output = output(arguments, case);
    assert!(output.status.success(), "{arguments:?} {}: {}", case.capture.display(), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn refusal(arguments: &[&str], case: &Case) -> String {
    let output = output(arguments, case);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The Call-IDs of a case, as `speerlint calls` lists them.
fn call_ids(case: &Case) -> Vec<String> {
    let mut command = Command::cargo_bin("speerlint").unwrap();
    command.args(["calls", "--format", "jsonl", "--quiet"]).arg(&case.capture);
    if let Some(policy) = &case.policy {
        command.arg("--policy").arg(policy);
    }
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["call_id"].as_str().unwrap().to_owned();
    text.lines().map(id).collect::<BTreeSet<_>>().into_iter().collect()
}

fn made(folder: &Path, name: &str, frames: &[Frame]) -> Case {
    let policy = folder.join("policy.toml");
    let off = |rule: &str| format!("[[rule]]\nid = \"{rule}\"\nenabled = false\nreason = \"another matter\"\n");
    let quiet = ["SIP-URI-001", "MSEC-SRTP-001"].map(off).concat();
    fs::write(&policy, format!("{}{quiet}[sip.methods]\nBYE = \"forbidden\"\n", made::program::PEERS)).unwrap();
    Case { capture: made::write(folder, name, frames), policy: Some(policy) }
}

/// A call whose INVITE is sent three times, at 0, 0.5 and 1.5 s (RFC 3261 §17.1.1.2).
fn repeated() -> Vec<Frame> {
    let mut call = Call::new("ladder");
    for at in [0.0, 0.5, 1.5] {
        call.invite(at);
    }
    call.answer(1.6, 180).answer(2.0, 200).ack(2.1).bye(10.0, true).bye_answer(10.1, 200, true);
    call.frames
}

/// Drawn by hand from the events of the call.
#[test]
fn the_ladder_of_a_call_is_what_passed() {
    let folder = tempfile::tempdir().unwrap();
    let case = made(folder.path(), "call.pcap", &repeated());
    let expected = "\
Call ladder@alpha.example
  +4930111 → +4420555000, alpha → bravo, answered for 8 s
2026-11-14 (UTC), over UDP

                      alpha                                          bravo
                      192.0.2.17                             198.51.100.34 frame
10:00:00.000            │── INVITE +4420555000 ×3, last +1.500 s ─────▶│       1
                        │  offer audio 192.0.2.17:20000 PCMA           │
                        │  telephone-event                             │
10:00:01.600  +1.600    │◀─ 180 Ringing ───────────────────────────────│       4
10:00:02.000  +0.400    │◀─ 200 OK ────────────────────────────────────│       5
                        │  answer audio 198.51.100.34:20000 PCMA       │
                        │  telephone-event                             │
10:00:02.100  +0.100    │── ACK ──────────────────────────────────────▶│       6
10:00:10.000  +7.900    │── BYE ──────────────────────────────────────▶│       7
                        │  ▲ high SIP-METHOD-001 F-0001                │
10:00:10.100  +0.100    │◀─ 200 OK (BYE) ──────────────────────────────│       8

high SIP-METHOD-001 F-0001
    method not permitted: BYE; agreed: forbidden
";
    let text = flow(&[], &case);
    assert_eq!(text, expected, "{text}");
    assert!(flow(&["--time-zone", "Asia/Tokyo"], &case).contains("19:00:01.600"));
}

#[test]
fn a_call_is_chosen_by_the_beginning_of_its_name_or_by_a_finding() {
    let folder = tempfile::tempdir().unwrap();
    let case = made(folder.path(), "mixed.pcap", &made::mixed());
    let whole = flow(&["--call-id", "over-tcp@alpha.example"], &case);
    assert_eq!(flow(&["--call-id", "over-t"], &case), whole);
    for finding in ["SIP-METHOD-001", "sip-method-001"] {
        assert!(flow(&["--finding", finding], &case).contains("▲ high SIP-METHOD-001"));
    }
    let several = refusal(&["--call-id", "over-"], &case);
    assert!(several.contains("over-tcp@alpha.example") && several.contains("over-sctp@alpha.example"), "{several}");
    let near = refusal(&["--call-id", "over-tpc@alpha.example"], &case);
    assert!(near.contains("most like it") && near.contains("over-tcp@alpha.example"), "{near}");
    assert!(refusal(&[], &case).contains("--call-id"));
    assert!(refusal(&["--finding", "F-9999"], &case).contains("F-0001"));
    for what in [&["--call-id", "over-t"][..], &["--finding", "SIP-METHOD-001"]] {
        let outside = refusal(&[what, &["--after", "2031-01-01T00:00:00Z"]].concat(), &case);
        assert!(outside.contains("hint: no frame is of the time that was asked for"), "{outside}");
    }
}

#[test]
fn ladders_are_the_same_for_any_number_of_threads_and_no_wider_than_asked() {
    for case in made::samples() {
        let Some(call_id) = call_ids(&case).into_iter().next() else { continue };
        for format in FORMATS {
            let draw = |threads| flow(&["--call-id", &call_id, "--format", format, "--threads", threads], &case);
            assert_eq!(draw("1"), draw("3"), "{} {format}", case.capture.display());
        }
        for width in [40, 80, 120] {
            let text = flow(&["--call-id", &call_id, "--width", &width.to_string()], &case);
            let wide = text.lines().find(|line| line.chars().count() > width);
            assert_eq!(wide, None, "{} at {width}", case.capture.display());
        }
        let svg = flow(&["--call-id", &call_id, "--format", "svg"], &case);
        roxmltree::Document::parse(&svg).unwrap();
    }
}

#[test]
fn a_file_is_what_standard_output_would_be() {
    let folder = tempfile::tempdir().unwrap();
    let case = made(folder.path(), "call.pcap", &repeated());
    let path = folder.path().join("call.svg");
    assert!(flow(&["--format", "svg", "-o", path.to_str().unwrap()], &case).is_empty());
    assert_eq!(fs::read_to_string(&path).unwrap(), flow(&["--format", "svg"], &case));
}

/// The frames of a call one hop on, through the agent at 198.51.100.34, under another Call-ID and later.
fn forwarded(frames: &[Frame], from: &str, to: &str) -> Vec<Frame> {
    let next = |address: &[u8]| match address {
        [192, 0, 2, 17] => [198, 51, 100, 34],
        _ => [203, 0, 113, 9],
    };
    let hop = |frame: &Frame| {
        let (source, destination) = (next(&frame.octets[26..30]), next(&frame.octets[30..34]));
        let text = String::from_utf8(frame.octets[42..].to_vec()).unwrap().replace(from, to);
        let mut made = made::udp(0.0, (source.into(), 5060), (destination.into(), 5060), text.as_bytes());
        made.micros = frame.micros + 20_000;
        made
    };
    frames.iter().map(hop).collect()
}

#[test]
fn the_legs_of_a_back_to_back_agent_are_drawn_together_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let first = made::calls::call("leg-one");
    let other = forwarded(&first.frames, "leg-one@alpha.example", "leg-two@bravo.example");
    let mut frames = [first.frames, other].concat();
    frames.sort_by_key(|frame| frame.micros);
    let case = made(folder.path(), "legs.pcap", &frames);
    let text = flow(&["--call-id", "leg-one"], &case);
    assert!(text.contains("Leg A leg-one@alpha.example") && text.contains("Leg B leg-two@bravo.example"), "{text}");
    // Both legs speak of the same media, which the agent does not touch.
    assert!(text.contains("matched: same media address 192.0.2.17:20000"), "{text}");
    assert!(text.contains("── A INVITE") && text.contains("── B INVITE") && text.contains("203.0.113.9"), "{text}");
    let alone = flow(&["--call-id", "leg-one", "--no-legs"], &case);
    assert!(alone.contains("Call leg-one@alpha.example") && !alone.contains("leg-two"), "{alone}");
    let mut command = Command::cargo_bin("speerlint").unwrap();
    command.args(["flow", "-", "--call-id", "leg-one", "--quiet"]).write_stdin(fs::read(&case.capture).unwrap());
    let output = command.output().unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stderr).contains("leg-two"), "{output:?}");
}

#[test]
fn hostile_text_drives_neither_terminal_nor_browser_nor_mermaid() {
    let folder = tempfile::tempdir().unwrap();
    let hostile = "\u{1b}[2J<script>alert(1)</script>\u{202e}%%{init: {}}%%;end\"&amp;#59;";
    let frames: Vec<Frame> = repeated()
        .into_iter()
        .map(|frame| {
            let text = String::from_utf8(frame.octets[42..].to_vec()).unwrap();
            let text = text
                .replace("ladder@alpha.example", &format!("{hostile}@x"))
                .replace("Ringing", hostile)
                .replace("PCMA/", &format!("{hostile}/"));
            let from_alpha = frame.octets[26..30] == made::calls::ALPHA.0.octets();
            let (a, b) = (made::calls::ALPHA, made::calls::BRAVO);
            let (source, destination) = if from_alpha { (a, b) } else { (b, a) };
            let mut made = made::udp(0.0, source, destination, text.as_bytes());
            made.micros = frame.micros;
            made
        })
        .collect();
    let case = made(folder.path(), "hostile.pcap", &frames);
    for format in FORMATS {
        let text = flow(&["--format", format], &case);
        // Mermaid gets the backslash by its number.
        assert!(text.contains("\\x1b") || text.contains("#92;x1b"), "{format}: {text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()) && !text.contains('\u{202e}'), "{format}: {text}");
    }
    let svg = flow(&["--format", "svg"], &case);
    let document = roxmltree::Document::parse(&svg).unwrap();
    let elements: BTreeSet<&str> = document.descendants().filter(|node| node.is_element()).map(|node| node.tag_name().name()).collect();
    assert_eq!(elements, BTreeSet::from(["line", "path", "rect", "svg", "text", "title"]));
    assert!(document.root_element().descendants().any(|node| node.text().is_some_and(|text| text.contains("<script>"))));
    let mermaid = flow(&["--format", "mermaid"], &case);
    for line in mermaid.lines().skip(1) {
        let words = line.trim_start().split([' ', '-']).next().unwrap();
        assert!(matches!(words, "participant" | "Note" | "c0" | "c1"), "{line}");
        let bare = line.replace("<br/>", "").replace("->>", "");
        assert!(!bare.contains(['<', '>', '%', '{', '"', '&']), "{line}");
    }
}

/// The numbers of the frames at the ends of the lines of messages, and how many messages the lines stand for.
fn shown(ladder: &str) -> (BTreeSet<u64>, u64) {
    let is_message = |line: &&str| line.get(..3).is_some_and(|c| c.as_bytes()[2] == b':') && !line.contains('═') && line.contains('─');
    let mut frames = BTreeSet::new();
    let mut messages = 0;
    for line in ladder.lines().filter(is_message) {
        frames.insert(line.split_whitespace().next_back().unwrap().parse().unwrap());
        let times = line.split_once('×').map(|(_, rest)| rest.split(',').next().unwrap().parse::<u64>().unwrap());
        messages += times.unwrap_or(1);
    }
    (frames, messages)
}

#[test]
#[ignore = "needs tshark"]
fn tshark_lists_the_same_frames() {
    let mut looked = 0;
    for case in made::samples() {
        let what = case.capture.display().to_string();
        // Where keys are given otherwise, packets are tapped twice, or their ends were not captured: there tshark names no Call-ID.
        if ["tls", "websocket", "mirror", "tunnels", "rough", "blind", "hep"].iter().any(|other| what.contains(other)) {
            continue;
        }
        for call_id in call_ids(&case).into_iter().take(5) {
            let ladder = flow(&["--call-id", &call_id, "--no-legs", "--width", "140"], &case);
            let filter = format!("sip.Call-ID == \"{call_id}\"");
            let mut tshark = std::process::Command::new("tshark");
            tshark.args(["-n", "-2", "-T", "fields", "-e", "frame.number", "-e", "sip.CSeq", "-Y", &filter, "-r"]).arg(&case.capture);
            let listed = String::from_utf8(tshark.output().expect("tshark is needed").stdout).unwrap();
            let frames: BTreeSet<u64> = listed.lines().map(|line| line.split('\t').next().unwrap().parse().unwrap()).collect();
            let (first, messages) = shown(&ladder);
            assert!(first.is_subset(&frames), "{what} {call_id}: {first:?} {frames:?}\n{ladder}");
            // A segment may hold several messages: then the CSeq has as many values.
            let count: u64 = listed.lines().map(|line| line.split('\t').nth(1).unwrap().split(',').count() as u64).sum();
            assert_eq!(messages, count, "{what} {call_id}\n{ladder}");
            looked += 1;
        }
    }
    assert!(looked > 20, "only {looked} calls");
}
