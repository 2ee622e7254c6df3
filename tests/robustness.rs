//! Takes damaged, cut and hostile input, gives a failure where an audit panics, hangs or forgets what it could read, never a judgement of the result.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test that cannot go on fails, one that is skipped says so"
)]

mod made;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use made::calls::{ALPHA, BRAVO, Call, capture};
use made::{Frame, oracle, udp};
use speerlint::audit::Audit;
use speerlint::base::Result;
use speerlint::pipeline::{Request, audit};

fn run(capture: &Path) -> Result<Audit> {
    audit(&Request { inputs: vec![capture.to_owned()], ..Request::default() }, &|_| {})
}

/// Audits octets as a capture; whatever they are, it ends soon.
fn survives(folder: &Path, octets: &[u8], what: &str) -> Result<Audit> {
    let path = folder.join("input");
    fs::write(&path, octets).unwrap();
    let begun = Instant::now();
    let result = run(&path);
    assert!(begun.elapsed() < Duration::from_secs(20), "{what} takes {:?}", begun.elapsed());
    result
}

/// A small generator of pseudo-random numbers (xorshift64*), so that a failure can be run again.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % sides.max(1)
    }
}

#[test]
fn every_prefix_of_a_capture_is_audited_as_far_as_it_goes() {
    let folder = tempfile::tempdir().unwrap();
    let whole = made::pcap(&oracle::m());
    let mut frames = 0;
    for end in (24..whole.len()).step_by(97) {
        let audit = survives(folder.path(), &whole[..end], &format!("a prefix of {end} octets")).unwrap();
        assert!(audit.intake.frames >= frames, "a longer prefix has fewer frames");
        frames = audit.intake.frames;
    }
    assert!(frames > 50);
}

#[test]
fn flipped_octets_never_stop_an_audit() {
    let folder = tempfile::tempdir().unwrap();
    let whole = made::pcap(&oracle::m());
    let mut dice = Dice(0x5eed);
    for round in 0..300 {
        let mut octets = whole.clone();
        for _ in 0..=dice.roll(40) {
            let at = dice.roll(octets.len());
            match dice.roll(4) {
                0 => octets[at] = dice.roll(256) as u8,
                1 => octets[at] ^= 1 << dice.roll(8),
                2 => octets.truncate(at.max(30)),
                _ => {
                    let from = dice.roll(octets.len());
                    let piece = octets[from..octets.len().min(from + dice.roll(60))].to_vec();
                    octets.splice(at..at, piece);
                }
            }
        }
        let _ = survives(folder.path(), &octets, &format!("mutation {round}"));
    }
}

/// Messages that try each stage: absurd counts, lengths and nesting.
fn hostile() -> Vec<(&'static str, String)> {
    let invite = |headers: &str, body: &str| {
        format!(
            "INVITE sip:+4420555000@bravo.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17:5060;branch=z9hG4bKh\r\nMax-Forwards: 70\r\n\
             From: <sip:+4930111@alpha.example>;tag=h\r\nTo: <sip:+4420555000@bravo.example>\r\nCall-ID: hostile\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:a@192.0.2.17>\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let sdp = |more: &str| format!("v=0\r\no=- 1 1 IN IP4 192.0.2.17\r\ns=-\r\nc=IN IP4 192.0.2.17\r\nt=0 0\r\n{more}");
    let with_sdp = |more: &str| invite("Content-Type: application/sdp\r\n", &sdp(more));
    vec![
        ("ten thousand m= lines", with_sdp(&"m=audio 1 RTP/AVP 0\r\n".repeat(2_500))),
        ("a deep list of Vias", invite(&format!("Via: {}\r\n", "SIP/2.0/UDP a;branch=z9hG4bK1,".repeat(1_500)), "")),
        (
            "fifteen thousand parameters",
            invite(&format!("P-Asserted-Identity: <sip:+4930111@alpha.example{}>\r\n", ";a=b".repeat(15_000)), ""),
        ),
        ("unbalanced quotes", invite(&format!("Contact: {}\r\n", "\"\\".repeat(20_000)), "")),
        ("open angle brackets", invite(&format!("Route: {}\r\n", "<".repeat(50_000)), "")),
        ("a folded header of thousands of lines", invite(&format!("Subject: a{}\r\n", "\r\n b".repeat(10_000)), "")),
        ("thousands of headers", invite(&"X: y\r\n".repeat(9_000), "")),
        ("thousands of option tags", invite(&format!("Require: {}\r\n", "a,".repeat(20_000)), "")),
        (
            "numbers that no type holds",
            invite("Session-Expires: 99999999999999999999999\r\nMin-SE: 184467440737095516160\r\nExpires: -1\r\n", ""),
        ),
        ("a repetition line of years", with_sdp("r=9999999999999999d 1h 0\r\nz=2882844526 -1h 9999999999999999999 0\r\n")),
        (
            "payload types beyond all",
            with_sdp("m=audio 20000 RTP/AVP 999999999999\r\na=rtpmap:999999999999 PCMA/99999999999999999999\r\na=ptime:1e400\r\n"),
        ),
        ("a multipart body that never ends", invite("Content-Type: multipart/mixed;boundary=a\r\n", &"--a\r\n".repeat(8_000))),
        ("control characters", invite("Subject: \u{1b}[2J\u{202e}\u{7}\r\nUser-Agent: <script>alert(1)</script>\r\n", "")),
    ]
}

#[test]
fn hostile_messages_are_judged_and_soon() {
    let folder = tempfile::tempdir().unwrap();
    for (what, text) in hostile() {
        let frames = [udp(0.0, ALPHA, BRAVO, &text.as_bytes()[..text.len().min(65_000)])];
        let audit = survives(folder.path(), &made::pcap(&frames), what).unwrap();
        assert_eq!(audit.intake.sip_messages, 1, "{what}");
    }
}

#[test]
fn floods_stay_linear() {
    let folder = tempfile::tempdir().unwrap();
    let message = |call: usize, branch: usize| {
        let text = format!(
            "INVITE sip:b@bravo.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
             From: <sip:a@alpha.example>;tag=f\r\nTo: <sip:b@bravo.example>\r\nCall-ID: {call}\r\nCSeq: 1 INVITE\r\n\
             Contact: <sip:a@192.0.2.17>\r\nContent-Length: 0\r\n\r\n"
        );
        text.into_bytes()
    };
    let flood =
        |of: &dyn Fn(usize) -> Vec<u8>| -> Vec<Frame> { (0..20_000).map(|n| udp(n as f64 / 1_000.0, ALPHA, BRAVO, &of(n))).collect() };
    for (what, frames) in [
        ("a flood of calls", flood(&|n| message(n, n))),
        ("a flood of branches of one call", flood(&|n| message(0, n))),
        ("a flood of repetitions", flood(&|_| message(0, 0))),
    ] {
        let audit = survives(folder.path(), &made::pcap(&frames), what).unwrap();
        assert_eq!(audit.intake.sip_messages, 20_000, "{what}");
    }
}

#[test]
fn random_datagrams_are_no_sip_and_no_media() {
    let folder = tempfile::tempdir().unwrap();
    let mut dice = Dice(7);
    let mut noise = || (0..dice.roll(300)).map(|_| dice.roll(256) as u8).collect::<Vec<u8>>();
    let frames: Vec<Frame> = (0..5_000).map(|n| udp(f64::from(n) / 100.0, ALPHA, BRAVO, &noise())).collect();
    let audit = survives(folder.path(), &made::pcap(&frames), "noise").unwrap();
    assert_eq!((audit.intake.sip_messages, audit.intake.rtp_packets, audit.totals.streams), (0, 0, 0));
}

#[test]
fn http_that_quotes_sip_is_no_sip() {
    let folder = tempfile::tempdir().unwrap();
    let quote = b"POST /log HTTP/1.1\r\nHost: a\r\nX: SIP/2.0\r\nContent-Length: 40\r\n\r\nINVITE sip:b@bravo.example SIP/2.0\r\nVia: \r\n";
    let audit = survives(folder.path(), &made::pcap(&[udp(0.0, ALPHA, BRAVO, quote)]), "HTTP").unwrap();
    assert_eq!(audit.intake.sip_messages, 0);
}

#[test]
fn a_call_without_its_beginning_or_its_end_is_ordinary() {
    let folder = tempfile::tempdir().unwrap();
    let mut call = Call::new("edge");
    call.invite(0.0).answer(1.0, 180).answer(2.0, 200).ack(2.1).bye(60.0, true).bye_answer(60.1, 200, true);
    let frames = capture(vec![call], 61.0);
    for from in 0..frames.len() {
        for to in from + 1..=frames.len() {
            let audit = survives(folder.path(), &made::pcap(&frames[from..to]), "a part of a call").unwrap();
            let blamed: Vec<_> =
                audit.findings.iter().filter(|f| f.severity >= speerlint::policy::Severity::High).map(|f| (f.rule, &f.observed)).collect();
            assert!(blamed.is_empty(), "frames {from}..{to} of a call in order: {blamed:?}");
        }
    }
}

#[test]
fn what_the_snapshot_length_hid_is_nobodys_fault() {
    let folder = tempfile::tempdir().unwrap();
    let mut call = Call::new("snapped");
    call.invite(0.0).answer(1.0, 180).answer(2.0, 200).ack(2.1);
    // The 180 and the 200 are cut in the middle of their Via: nothing tells what they answer.
    let mut octets = made::pcap(&call.frames[..1]);
    for frame in &call.frames[1..3] {
        let whole = made::pcap(std::slice::from_ref(frame));
        let mut record = whole[24..24 + 16 + 80].to_vec();
        record[8..12].copy_from_slice(&80u32.to_le_bytes());
        octets.extend(record);
    }
    octets.extend(&made::pcap(&capture(Vec::new(), 100.0))[24..]);
    let audit = survives(folder.path(), &octets, "a capture with a short snapshot length").unwrap();
    let rule = audit.rules.iter().find(|r| r.id == "TXN-TIMEOUT-001").unwrap();
    assert_eq!((rule.coverage.violation, rule.coverage.indeterminate.values().sum::<u64>()), (0, 1), "{:?}", rule.coverage);
    assert_eq!((audit.totals.attempts, audit.totals.censored), (0, 1));
}

/// The real captures and messages that are not shipped: their folders, where `.ci/run` names them.
fn folder_of(variable: &str) -> Option<PathBuf> {
    let folder = std::env::var_os(variable).map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: {variable} names no folder");
    }
    folder
}

fn files(below: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(below).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { files(&path, into) } else { into.push(path) }
    }
}

#[test]
fn every_prefix_of_ten_real_captures_is_survived() {
    let Some(folder) = folder_of("SPEERLINT_CAPTURES") else { return };
    let mut all = Vec::new();
    files(&folder, &mut all);
    let sized = |p: &PathBuf| fs::metadata(p).map_or(0, |m| m.len());
    let captures =
        all.iter().filter(|p| p.extension().is_none_or(|e| e != "json") && (20_000..120_000).contains(&sized(p))).step_by(3).take(10);
    let scratch = tempfile::tempdir().unwrap();
    let mut seen = 0;
    for path in captures {
        let octets = fs::read(path).unwrap();
        for end in (1..octets.len()).step_by(997) {
            let _ = survives(scratch.path(), &octets[..end], &format!("{} up to {end}", path.display()));
        }
        seen += 1;
    }
    assert_eq!(seen, 10);
}

#[test]
fn every_message_of_the_corpora_is_survived() {
    let Some(folder) = folder_of("SPEERLINT_CORPORA") else { return };
    let mut all = Vec::new();
    files(&folder, &mut all);
    let scratch = tempfile::tempdir().unwrap();
    assert!(all.len() > 100);
    for path in all {
        let octets = fs::read(&path).unwrap();
        let frames: Vec<Frame> = octets.chunks(60_000).enumerate().map(|(n, part)| udp(n as f64, ALPHA, BRAVO, part)).collect();
        let _ = survives(scratch.path(), &made::pcap(&frames), &path.display().to_string());
    }
}
