//! Takes policies that nobody can believe, gives a failure where the program does not say what is wrong and where, never reads a capture.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;

const HEAD: &str = "schema = 1\n[policy]\nid = \"own\"\n";
const ALPHA: &str = "[[peer]]\nid = \"alpha\"\nsbe = [{ name = \"a\", addresses = [\"192.0.2.0/24\"] }]\n";

/// What is said of a policy, after it was refused: without the folder, and with lines that were wrapped made whole.
fn refused(folder: &Path, octets: &[u8]) -> String {
    let file = folder.join("bad.toml");
    fs::write(&file, octets).unwrap();
    said(&file)
}

fn said(file: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_speerlint"))
        .args(["policy", "check", "bad.toml"])
        .current_dir(file.parent().unwrap())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), b"".as_slice()), "{error}");
    assert!(error.len() < 50_000 && !error.contains("panicked"), "{error}");
    error
}

#[test]
fn each_is_refused_with_its_place_and_a_caret() {
    let folder = tempfile::tempdir().unwrap();
    let limit = |more: &str| format!("{HEAD}[[admission.limit]]\nid = \"x\"\nkind = \"attempts\"\nscope = \"pair\"\n{more}");
    let pattern = |regex: &str| format!("{HEAD}[[sip.header]]\nname = \"X-Own\"\nlevel = \"supported\"\npattern = \"{regex}\"\n");
    let bravo = |prefix: &str| format!("{HEAD}{ALPHA}[[peer]]\nid = \"bravo\"\nsbe = [{{ name = \"b\", addresses = [\"{prefix}\"] }}]\n");
    let deep = |open: &str, close: &str| format!("{HEAD}title = {}{}\n", open.repeat(50_000), close.repeat(50_000));
    for (name, text, place, words) in [
        // Profiles are built in, so that none can lead to itself; who tries is told.
        ("itself", format!("{HEAD}extends = [\"own\"]\n"), "4:12", "\"own\" is no profile"),
        ("its file", format!("{HEAD}extends = [\"./bad.toml\"]\n"), "4:12", "never on a file or on itself"),
        (
            "in a trunk group",
            format!("{HEAD}{ALPHA}trunk_group = [{{ id = \"t\", extends = [\"t\"] }}]\n"),
            "7:39",
            "unknown profile \"t\"",
        ),
        ("exploding repetition", pattern("((((x{500}){500}){500}){500})"), "7:11", "repeats too much"),
        ("look-around", pattern("(?=a)b"), "7:11", "look-around"),
        ("brackets of a pattern", pattern(&format!("{}{}", "(".repeat(5000), ")".repeat(5000))), "7:11", "nested parentheses"),
        ("equal prefixes", bravo("192.0.2.0/24"), "9:35", "192.0.2.0/24 belongs to two peers"),
        ("nested prefixes", bravo("192.0.2.128/25"), "9:35", "192.0.2.128/25 overlaps 192.0.2.0/24 of another peer"),
        ("hidden prefixes", bravo("::ffff:192.0.2.128/121"), "9:35", "did you mean \"192.0.2.128/25\"?"),
        ("no limit", limit("window_s = 1\nvalue = 0\n"), "9:9", "`admission.limit.value` must be above zero"),
        ("no window", limit("window_s = 0.0\nvalue = 1\n"), "8:12", "`admission.limit.window_s` must be above zero"),
        ("no number", limit("window_s = 1\nvalue = nan\n"), "9:9", "must be above zero"),
        ("no interval", format!("{HEAD}[performance]\ninterval_s = 0\n"), "5:14", "from 1 to 31536000"),
        ("30 February", format!("{HEAD}effective_from = 2026-02-30\n"), "4:18", "did you mean 2026-02-28T00:00:00Z?"),
        ("29 February", format!("{HEAD}effective_until = 2026-02-29T12:00:00Z\n"), "4:19", "did you mean 2026-02-28T12:00:00Z?"),
        ("a text as date", format!("{HEAD}effective_from = \"2026-04-31\"\n"), "4:18", "for example 2026-04-30T00:00:00Z"),
        ("month 13", format!("{HEAD}effective_from = 2026-13-01T00:00:00Z\n"), "4:18", "expected month between 01 and 12"),
        ("arrays", deep("[", "]"), "4:89", "more than 80 levels deep"),
        ("open arrays", deep("[", ""), "4:89", "more than 80 levels deep"),
        ("inline tables", deep("{a=", "}"), "4:249", "more than 80 levels deep"),
        ("a key of many parts", format!("{HEAD}a{} = 1\n", ".b".repeat(50_000)), "4:160", "more than 80 levels deep"),
        ("a table of many parts", format!("{HEAD}[sip.a{}]\n", ".b".repeat(50_000)), "4:163", "more than 80 levels deep"),
        ("tables of many parts", format!("{HEAD}[[peer.a{}]]\n", ".b".repeat(50_000)), "4:165", "more than 80 levels deep"),
        ("an open array", format!("{HEAD}extends = [\n"), "4:11", "unclosed array"),
        ("an open string", format!("{HEAD}title = \"own"), "4:12", "invalid basic string"),
    ] {
        let error = refused(folder.path(), text.as_bytes());
        let whole: String = error.lines().map(|line| line.trim_start().trim_start_matches("| ")).collect::<Vec<_>>().join(" ");
        assert!(error.contains(&format!("bad.toml:{place}")) && error.contains('^') && whole.contains(words), "{name}: {error}");
    }
}

#[test]
fn what_is_no_text_is_told_by_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let latin = [HEAD.as_bytes(), b"title = \"Stra\xdfe\"\n"].concat();
    let error = refused(folder.path(), &latin);
    assert!(error.contains("not UTF-8 from here on") && error.contains("bad.toml:4:14") && error.contains('^'), "{error}");
    type Order = fn(u16) -> [u8; 2];
    for order in [u16::to_le_bytes as Order, u16::to_be_bytes] {
        let wide: Vec<u8> = format!("\u{feff}{HEAD}").encode_utf16().flat_map(order).collect();
        let error = refused(folder.path(), &wide);
        for words in ["UTF-16", "save it as UTF-8", "bad.toml:1:1", "schema = 1"] {
            assert!(error.contains(words), "{words}: {error}");
        }
    }
    // One of UTF-8 is none of its business.
    let file = folder.path().join("marked.toml");
    fs::write(&file, format!("\u{feff}{HEAD}")).unwrap();
    let run = Command::new(env!("CARGO_BIN_EXE_speerlint")).args(["policy", "check"]).arg(&file).output().unwrap();
    assert_eq!(run.status.code(), Some(0));
}

#[test]
fn a_hundred_megabytes_are_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    // A sparse file: it takes no room.
    File::create(&file).unwrap().set_len(100 << 20).unwrap();
    let error = said(&file);
    assert!(error.starts_with("error: bad.toml: longer than 16 MiB"), "{error}");
}
