//! Takes calls whose every value is hostile, gives a failure where an output lets one act, or a full disk leaves half a file, never looks inside.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use made::Frame;
use made::calls::{ALPHA, BRAVO};
use made::program::PEERS;

/// What a value may try: to be markup, a formula, a command of the terminal, another direction of text, another directory.
const HOSTILE: &str =
    "=cmd|'/C calc'!A0 <script>alert(1)</script> \u{1b}[2J\u{1b}]0;pwned\u{7} \u{202e}\u{2066} \" onload=x ../../etc/passwd & ]]>";

/// A call with hostile values that its policy forbids to end by BYE; no octet of it is safe, and some are no UTF-8.
fn call() -> Vec<Frame> {
    let name = format!("{HOSTILE}{}", "é".repeat(30_000));
    let message = |first: &str, cseq: &str, to_alpha: bool| {
        let mut octets = format!(
            "{first}\r\nVia: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bK-{cseq}\r\nFrom: \"{}\" <sip:=1+1@alpha.example>;tag=a\r\n\
             To: <sip:+4420555000@bravo.example>{}\r\nCall-ID: ../../{HOSTILE}@x\r\nCSeq: {cseq}\r\nMax-Forwards: 70\r\n\
             User-Agent: {HOSTILE}",
            name.replace('"', "'"),
            if to_alpha || cseq.contains("BYE") { ";tag=b" } else { "" },
        )
        .into_bytes();
        octets.extend(b"\xff\xfe\xc3(\r\nReason: Q.850;cause=16;text=\"");
        octets.extend(HOSTILE.replace('"', "'").as_bytes());
        octets.extend(b"\"\r\nContent-Length: 0\r\n\r\n");
        octets
    };
    let bye = "BYE sip:b@198.51.100.34 SIP/2.0";
    let says = [
        (0.0, true, message("INVITE sip:+4420555000@bravo.example SIP/2.0", "1 INVITE", false)),
        (0.5, false, message(&format!("SIP/2.0 200 {HOSTILE}"), "1 INVITE", true)),
        (0.6, true, message("ACK sip:b@198.51.100.34 SIP/2.0", "1 ACK", true)),
        (5.0, true, message(bye, "2 BYE", true)),
        (5.1, false, message(&format!("SIP/2.0 200 {HOSTILE}"), "2 BYE", true)),
    ];
    // A datagram holds 65,507 octets.
    let frame = |(at, from_alpha, octets): (f64, bool, Vec<u8>)| {
        let (source, destination) = if from_alpha { (ALPHA, BRAVO) } else { (BRAVO, ALPHA) };
        assert!(octets.len() < 65_507);
        made::udp(at, source, destination, &octets)
    };
    says.map(frame).into()
}

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        made::write(desk.0.path(), "calls.pcap", &call());
        fs::write(desk.path("policy.toml"), format!("{PEERS}[sip.methods]\nBYE = \"forbidden\"\n")).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, line: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_speerlint"));
        command.args(line.split_whitespace()).current_dir(self.0.path()).output().unwrap()
    }

    /// The same through a shell, which can take away room or a descriptor.
    fn shell(&self, line: &str) -> Output {
        let line = line.replace("speerlint", env!("CARGO_BIN_EXE_speerlint"));
        Command::new("bash").args(["-c", &line]).current_dir(self.0.path()).output().unwrap()
    }

    /// Everything below the desk, but for what was there.
    fn files(&self) -> Vec<String> {
        fn below(folder: &Path, into: &mut Vec<PathBuf>) {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() { below(&entry, into) } else { into.push(entry) }
            }
        }
        let mut files = Vec::new();
        below(self.0.path(), &mut files);
        let names = files.iter().map(|file| file.strip_prefix(self.0.path()).unwrap().display().to_string());
        names.filter(|name| !matches!(name.as_str(), "calls.pcap" | "policy.toml")).collect()
    }
}

/// Nothing that a terminal, a browser or a reader's eye would follow. What only programs read keeps the characters that turn text around.
fn is_harmless(name: &str, text: &str) {
    let is_data = [".json", ".sarif", " json", " jsonl"].iter().any(|end| name.ends_with(end));
    let turns = |c: char| !is_data && matches!(c, '\u{202e}' | '\u{2066}');
    let odd = |c: char| (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || turns(c);
    assert!(!text.contains(odd), "{name}: {:?}", text.chars().find(|c| odd(*c)));
}

#[test]
fn every_output_is_text_without_effect() {
    let desk = Desk::new();
    for line in [
        "audit calls.pcap --policy policy.toml --breakdown sbe-pair,domain,prefix,codec,response-code",
        "audit calls.pcap --policy policy.toml --breakdown domain,codec --format json",
        "calls calls.pcap --policy policy.toml",
        "calls calls.pcap --policy policy.toml --format jsonl",
        "calls calls.pcap --policy policy.toml --format csv",
        "flow calls.pcap --policy policy.toml",
        "flow calls.pcap --policy policy.toml --format svg",
        "flow calls.pcap --policy policy.toml --format mermaid",
        "capacity calls.pcap --policy policy.toml",
        "learn calls.pcap",
    ] {
        let output = desk.run(line);
        let text = String::from_utf8(output.stdout).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert!(!text.is_empty() && matches!(output.status.code(), Some(0 | 1)), "{line}: {}", String::from_utf8_lossy(&output.stderr));
        is_harmless(line, &text);
        if line.ends_with("json") || line.ends_with("jsonl") {
            text.lines()
                .take(usize::from(line.ends_with("jsonl")))
                .for_each(|line| _ = serde_json::from_str::<serde_json::Value>(line).unwrap());
        }
        if line.ends_with("svg") {
            assert!(roxmltree::Document::parse(&text).is_ok() && !text.contains("<script"), "{text}");
        }
        if line.ends_with("mermaid") {
            assert!(!text.contains("<script"), "{text}");
        }
    }
}

#[test]
fn every_file_of_a_report_is_text_without_effect() {
    let desk = Desk::new();
    let run = desk.run("audit calls.pcap --policy policy.toml --quiet --tables all --breakdown domain,codec --out report");
    assert_eq!(run.status.code(), Some(1), "{}", String::from_utf8_lossy(&run.stderr));
    let files = desk.files();
    for name in files.iter().filter(|name| !name.ends_with(".parquet")) {
        let text = String::from_utf8(fs::read(desk.path(name)).unwrap()).unwrap_or_else(|e| panic!("{name}: {e}"));
        is_harmless(name, &text);
        match name.rsplit_once('.').unwrap().1 {
            "csv" => {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
                let begins =
                    |cell: &str| cell.starts_with(['=', '@', '\t']) || (cell.starts_with(['+', '-']) && cell.parse::<f64>().is_err());
                for row in reader.records().map(Result::unwrap) {
                    assert!(row.iter().all(|cell| !begins(cell)), "{name}: {row:?}");
                }
            }
            "html" => assert_eq!(text.matches("<script").count(), 1, "{name}"),
            "xml" | "svg" => assert!(roxmltree::Document::parse(&text).is_ok() && !text.contains("<script"), "{name}"),
            "json" | "sarif" => _ = serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            other => panic!("{other}"),
        }
    }
    assert!(files.len() > 12, "{files:?}");
}

#[test]
fn an_excerpt_goes_where_it_was_sent_and_its_comments_are_text() {
    let desk = Desk::new();
    let run = desk.run("extract calls.pcap --policy policy.toml --finding F-0001 --out cut.pcapng");
    assert_eq!(run.status.code(), Some(0), "{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(desk.files(), ["cut.pcapng"], "no Call-ID names a file");
    is_harmless("extract", &String::from_utf8(run.stdout).unwrap());
    is_harmless("extract", &String::from_utf8(run.stderr).unwrap());
    let octets = fs::read(desk.path("cut.pcapng")).unwrap();
    for comment in comments(&octets) {
        is_harmless("a comment", &comment);
    }
}

/// The comments of the blocks of a little-endian pcapng file (option 1); the payload of packets is skipped.
fn comments(octets: &[u8]) -> Vec<String> {
    let word = |at: usize| u32::from_le_bytes(octets[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut found) = (0, Vec::new());
    while at < octets.len() {
        let (kind, length) = (word(at), word(at + 4));
        // Section header, interface, enhanced packet: where their options begin.
        let begin = match kind {
            0x0a0d_0d0a => 24,
            1 => 16,
            6 => 28 + word(at + 20).next_multiple_of(4),
            _ => length,
        };
        let mut option = at + begin;
        while option + 4 <= at + length - 4 {
            let (code, size) = (word(option) & 0xffff, word(option) >> 16);
            if code == 1 {
                found.push(String::from_utf8(octets[option + 4..option + 4 + size].to_vec()).unwrap());
            }
            option += 4 + size.next_multiple_of(4);
            if code == 0 {
                break;
            }
        }
        at += length;
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn a_full_disk_is_said_and_leaves_no_file() {
    let desk = Desk::new();
    // One block of 1,024 octets is all that a file may have; the signal for it is left to the program's own answer.
    for line in [
        "audit calls.pcap --policy policy.toml --quiet --tables all --out report",
        "extract calls.pcap --policy policy.toml --finding F-0001 --out cut.pcapng",
        "flow calls.pcap --policy policy.toml --format svg --out call.svg",
        "learn calls.pcap --out draft.toml",
    ] {
        let output = desk.shell(&format!("trap '' XFSZ; ulimit -f 1; speerlint {line}"));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert!(error.starts_with("error: ") && error.contains("too large"), "{line}: {error}");
        assert_eq!(desk.files(), Vec::<String>::new(), "{line}");
    }
    for line in ["audit calls.pcap --policy policy.toml", "calls calls.pcap --format csv", "flow calls.pcap", "policy show policy.toml"] {
        let output = desk.shell(&format!("speerlint {line} > /dev/full"));
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{line}: {error}");
        assert!(error.contains("standard output") && error.contains("No space left"), "{line}: {error}");
    }
}
