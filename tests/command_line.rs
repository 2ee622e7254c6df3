//! Takes command lines, gives a failure where status, output or files are not what the user was promised, never looks inside an audit.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use made::oracle;
use made::program::PEERS;
use tempfile::TempDir;

/// What the calls break: `fail_on` is high unless a policy says otherwise.
const CLAUSE: &str = "[sip.methods]\nBYE = \"forbidden\"\n";

fn policy() -> String {
    format!("{PEERS}{CLAUSE}")
}

/// A folder with a capture of calls and a policy that they break.
struct Desk(TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        made::write(desk.0.path(), "calls.pcap", &oracle::m());
        made::write(desk.0.path(), "quiet.pcap", &[]);
        desk.with("policy.toml", &policy())
    }

    fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_speerlint"));
        command.args(line.split_whitespace()).current_dir(self.0.path()).env_remove("NO_COLOR");
        command
    }

    /// Status, standard output, standard error.
    fn run(&self, line: &str) -> (i32, String, String) {
        let Output { status, stdout, stderr } = self.command(line).output().unwrap();
        (status.code().unwrap(), String::from_utf8(stdout).unwrap(), String::from_utf8(stderr).unwrap())
    }
}

#[test]
fn the_exit_status_says_what_was_found() {
    let desk = Desk::new().with("lenient.toml", &policy().replace("[policy]", "[policy]\nfail_on = \"critical\""));
    for (line, status, word) in [
        ("audit calls.pcap --policy policy.toml", 1, "FAIL  "),
        ("audit calls.pcap --policy lenient.toml", 0, "PASS  "),
        ("audit quiet.pcap", 3, "INCONCLUSIVE  "),
    ] {
        let (got, out, err) = desk.run(line);
        assert_eq!((got, err.as_str()), (status, ""), "{line}");
        assert!(out.starts_with(word), "{line}: {out}");
        let (got, out, err) = desk.run(&format!("{line} --quiet"));
        assert_eq!((got, out.as_str(), err.as_str()), (status, "", ""), "{line}");
    }
}

#[test]
fn what_cannot_be_done_is_said_in_a_line_and_exits_with_2() {
    let desk =
        Desk::new().with("text.pcap", "this is no capture").with("empty.pcap", "").with("wrong.toml", "schema = 1\n[polcy]\nid = 1\n");
    fs::create_dir(desk.path("nothing")).unwrap();
    for line in [
        "",
        "audit",
        "audit calls.pcap --threads 0",
        "audit calls.pcap --keylog policy.toml",
        "audit calls.pcap --keylog missing.log",
        "calls calls.pcap --min-duration -1",
        "extract calls.pcap --finding F-0001 -o missing/excerpt.pcapng",
        "policy show missing",
        "policy explain sip.nothing policy.toml",
        "rules MED",
        "audit calls.pcap --from noon",
        "audit calls.pcap --from 2026-11-14T11:00:00Z --to 2026-11-14T10:00:00Z",
        "audit missing.pcap",
        "audit nothing",
        "audit text.pcap",
        "audit empty.pcap",
        "audit calls.pcap --policy missing.toml",
        "audit calls.pcap --policy wrong.toml",
        "audit calls.pcap --out policy.toml/report",
        "calls calls.pcap --finding NOPE-*",
        "compare policy.toml policy.toml",
        "policy check wrong.toml",
        "rules SIP-METHOD-999",
    ] {
        let (status, out, err) = desk.run(line);
        assert_eq!((status, out.as_str()), (2, ""), "{line}: {err}");
        assert!(!err.trim().is_empty() && !err.contains("panicked") && !err.contains("os error"), "{line}: {err}");
    }
}

/// Ten mistakes, each with its line, its column, what stands there, and what was meant.
const MISTAKEN: &str = r#"schema = 1
[policy]
id = "ten"
fail_on = "hihg"
extends = ["speermint-basline"]
pairs = [["alpha", "bravoo"]]
[[peer]]
id = "alpha"
  [[peer.sbe]]
  name = "a"
  addresses = ["192.0.2.0/33"]
  roles = ["ingres"]
[[peer]]
id = "bravo"
  [[peer.sbe]]
  name = "b"
  addresses = ["198.51.100.0/24"]
[sip.methods]
REFER = "forbiden"
[sip.timer]
[[rule]]
id = "SIP-METHOD-01"
[[waiver]]
id = "W-1"
rules = ["NET-*"]
expires = 2026-12-31T00:00:00Z
[[admission.limit]]
id = "x"
kind = "concurrent"
scope = "direction"
"#;

#[test]
fn every_mistake_of_a_policy_is_shown_at_once() {
    let desk = Desk::new().with("ten.toml", MISTAKEN);
    let (status, out, err) = desk.run("audit calls.pcap --policy ten.toml --out never");
    assert_eq!((status, out.as_str()), (2, ""));
    for (place, word) in [
        ("4:11", "\"high\""),
        ("5:12", "speermint-baseline"),
        ("6:20", "\"bravo\""),
        ("11:16", "192.0.2.0/33"),
        ("12:12", "\"ingress\""),
        ("19:9", "\"forbidden\""),
        ("20:6", "timers"),
        ("22:6", "SIP-METHOD-001"),
        ("23:1", "waiver.reason"),
        ("27:1", "admission.limit.value"),
    ] {
        assert!(err.contains(&format!("ten.toml:{place}]")) && err.contains(word), "{place} {word}: {err}");
    }
    assert!(err.contains("10 mistakes") && err.contains("^^^^"), "{err}");
    assert!(!desk.path("never").exists());
}

#[test]
fn json_is_all_there_is_on_standard_output() {
    let desk = Desk::new();
    let (status, out, _) = desk.run("audit calls.pcap --policy policy.toml --format json --color always");
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((status, &report["schema"], &report["verdict"]), (1, &"speerlint/report/1".into(), &"fail".into()));
}

#[test]
fn colour_is_where_it_was_asked_for() {
    let desk = Desk::new();
    assert!(!desk.run("audit calls.pcap").1.contains('\x1b'));
    assert!(desk.run("audit calls.pcap --color always").1.contains('\x1b'));
    assert!(!desk.run("audit calls.pcap --color never").1.contains('\x1b'));
}

#[test]
fn the_directory_holds_whole_files_and_nothing_else() {
    let desk = Desk::new();
    let (status, ..) = desk.run("audit calls.pcap --policy policy.toml --out deep/report --quiet");
    assert_eq!(status, 1);
    let mut files = Vec::new();
    list(&desk.path("deep"), &mut files);
    let names: Vec<_> = files.iter().map(|f| f.strip_prefix(desk.path("deep/report")).unwrap().to_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "calls.csv",
            "calls.parquet",
            "charts/concurrent.svg",
            "charts/outcomes.svg",
            "charts/responses.svg",
            "findings.csv",
            "findings.junit.xml",
            "findings.parquet",
            "findings.sarif",
            "messages.parquet",
            "metrics.csv",
            "metrics.parquet",
            "report.html",
            "report.json",
            "streams.csv",
            "streams.parquet"
        ]
    );
    let (_, out, _) = desk.run("audit calls.pcap --policy policy.toml --format json");
    assert_eq!(fs::read_to_string(desk.path("deep/report/report.json")).unwrap(), out);
    // An input that cannot be read leaves no trace of a report.
    assert_eq!(desk.run("audit missing.pcap --out other").0, 2);
    assert!(!desk.path("other").exists());
}

fn list(folder: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() { list(&path, into) } else { into.push(path) }
    }
}

/// What a run that is killed may replace, and by what.
#[cfg(target_os = "linux")]
struct Replaced {
    desk: Desk,
    /// The files of its report by their paths.
    after: BTreeMap<PathBuf, Vec<u8>>,
}

#[cfg(target_os = "linux")]
impl Replaced {
    const LINE: &str = "audit calls.pcap --policy policy.toml --tables all --quiet --out";
    /// What every file holds before.
    const BEFORE: &[u8] = b"earlier";

    fn new() -> Self {
        let desk = Desk::new();
        assert_eq!(desk.run(&format!("{} after", Self::LINE)).0, 1);
        let after = octets(&desk.path("after"));
        Self { desk, after }
    }

    /// A place where the earlier report stands.
    fn place(&self, name: &str) -> PathBuf {
        let place = self.desk.path(name);
        for path in self.after.keys() {
            fs::create_dir_all(place.join(path).parent().unwrap()).unwrap();
            fs::write(place.join(path), Self::BEFORE).unwrap();
        }
        place
    }

    /// How many files of the later report are there; each file is one of the two, whole.
    fn count(&self, place: &Path) -> usize {
        let mut new = 0;
        for (path, octets) in octets(place) {
            // One that is about to get its name has one that nobody reads, and is whole.
            let is_nameless = path.file_name().unwrap().to_str().unwrap().starts_with(".speerlint-");
            let is_new = self.after.iter().any(|(own, whole)| (*own == path || is_nameless) && *whole == octets);
            assert!(is_new || octets == Self::BEFORE, "{} is neither report's", path.display());
            new += usize::from(is_new);
        }
        assert!(self.after.keys().all(|path| place.join(path).exists()));
        new
    }

    /// Whether any file was replaced.
    fn has_begun(&self, place: &Path) -> bool {
        self.after.keys().any(|path| fs::read(place.join(path)).unwrap() != Self::BEFORE)
    }
}

#[cfg(target_os = "linux")]
fn octets(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = Vec::new();
    list(folder, &mut files);
    files.into_iter().map(|path| (path.strip_prefix(folder).unwrap().to_owned(), fs::read(&path).unwrap())).collect()
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_that_is_killed_in_the_middle_of_a_file_leaves_the_report_before() {
    use std::os::unix::process::ExitStatusExt as _;
    let replaced = Replaced::new();
    let largest = replaced.after.values().map(Vec::len).max().unwrap();
    // The kernel ends a program whose file grows beyond so many octets (SIGXFSZ), wherever in the file it stands.
    for limit in [0, 512, 4096, 32_768, largest / 512 * 512 - 512] {
        let place = replaced.place(&format!("limit-{limit}"));
        let line = format!("ulimit -c 0; ulimit -f {}; exec \"$0\" {} {}", limit / 512, Replaced::LINE, place.display());
        let mut shell = Command::new("sh");
        let status = shell.args(["-c", &line, env!("CARGO_BIN_EXE_speerlint")]).current_dir(replaced.desk.0.path()).status().unwrap();
        assert_eq!((status.signal(), replaced.count(&place)), (Some(25), 0), "{limit} octets: {status}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_that_is_killed_at_any_moment_leaves_whole_files() {
    use std::time::{Duration, Instant};
    let replaced = Replaced::new();
    let start = Instant::now();
    let place = replaced.place("whole");
    replaced.desk.command(&format!("{} whole", Replaced::LINE)).status().unwrap();
    assert_eq!(replaced.count(&place), replaced.after.len());
    let length = start.elapsed();
    // In the seventh part of the run that it comes to, or when the first of the new files is there and most are not.
    let moments = (0..7).map(|part| Some(length * part / 7)).chain([None; 5]);
    for (number, moment) in moments.enumerate() {
        let name = format!("killed-{number}");
        let place = replaced.place(&name);
        let mut run = replaced.desk.command(&format!("{} {name}", Replaced::LINE)).spawn().unwrap();
        match moment {
            Some(moment) => std::thread::sleep(moment),
            None => {
                while !replaced.has_begun(&place) && run.try_wait().unwrap().is_none() {
                    std::thread::sleep(Duration::from_millis(1));
                }
            }
        }
        // It may be over already.
        run.kill().unwrap();
        run.wait().unwrap();
        replaced.count(&place);
    }
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let desk = Desk::new();
    for line in ["audit calls.pcap --policy policy.toml", "audit calls.pcap --policy policy.toml --format json"] {
        let mut child = desk.command(line).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(1), b"".as_slice()), "{line}");
    }
}

#[test]
fn standard_input_is_a_capture_too() {
    let desk = Desk::new();
    let capture = fs::File::open(desk.path("calls.pcap")).unwrap();
    let output = desk.command("audit - --policy policy.toml").stdin(capture).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stdout).unwrap().contains("method not permitted: BYE"));
}

#[test]
fn a_hostile_capture_cannot_drive_the_terminal() {
    let desk = Desk::new();
    let message = "REFER sip:a@\x1b[31m SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=\x1b]0;pwned\x07\r\n\
                   To: <sip:\u{202e}c@d>\r\nCall-ID: \x1b[2J\u{9b}1m@x\r\nCSeq: 1 REFER\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";
    let (alpha, bravo) = (([192, 0, 2, 17].into(), 5060), ([198, 51, 100, 34].into(), 5060));
    made::write(desk.0.path(), "hostile.pcap", &[made::udp(0.0, alpha, bravo, message.as_bytes())]);
    let (_, out, _) = desk.run("audit hostile.pcap");
    assert!(out.contains("REFER") && out.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{out:?}");
}

#[test]
fn help_shows_examples_and_every_rule_has_a_page() {
    let desk = Desk::new();
    let (status, help, _) = desk.run("audit --help");
    assert!(status == 0 && help.contains("Examples:") && help.contains("Exit status:"));
    let (_, catalogue, _) = desk.run("rules");
    assert!(catalogue.lines().count() > 50);
    let (status, family, _) = desk.run("rules med-*");
    assert!(status == 0 && family.lines().count() > 5 && family.lines().all(|line| line.starts_with("MED-")), "{family}");
    for command in
        ["audit", "calls", "capacity", "compare", "extract", "flow", "learn", "policy show", "policy explain", "policy schema", "rules"]
    {
        let (_, help, _) = desk.run(&format!("{command} --help"));
        let examples = help.split_once("\nExample").map(|(_, examples)| examples).unwrap();
        assert!(examples.contains("\n  speerlint ") && !examples.lines().any(|line| line.starts_with("  -")), "{command}: {help}");
    }
    let (status, page, _) = desk.run("rules sip-method-001");
    assert!(status == 0 && page.contains("SIP-METHOD-001") && page.contains("sip.methods"));
    assert_eq!(desk.run("policy check policy.toml").0, 0);
}

#[test]
fn a_policy_can_be_asked_what_it_comes_to() {
    let desk = Desk::new()
        .with("a.toml", "schema = 1\nsip.methods = { REFER = \"required\" }\n")
        .with("b.toml", "schema = 1\nsip.methods = { REFER = \"forbidden\" }\n");
    let (status, out, _) = desk.run("policy show speermint-baseline");
    assert!(status == 0 && out.contains("inspired by"), "{out}");
    let (status, out, _) = desk.run("policy explain sip.methods.REFER a.toml");
    assert!(status == 0 && out.contains("a.toml:2") && out.contains("SIP-METHOD-001"), "{out}");
    let (status, out, _) = desk.run("policy diff a.toml b.toml");
    assert!(status == 1 && out.starts_with("breaks[sip.methods.REFER]"), "{out}");
    assert_eq!(desk.run("policy diff a.toml a.toml").0, 0);
    assert_eq!(desk.run("policy diff a.toml missing.toml").0, 2);
    for line in ["policy schema", "policy show a.toml --format json", "policy diff a.toml b.toml --format json", "rules --format json"] {
        let (_, out, _) = desk.run(line);
        assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{line}: {out}");
    }
    assert!(desk.run("rules SIP-METHOD-001 --format markdown").1.starts_with("### SIP-METHOD-001"));
}
