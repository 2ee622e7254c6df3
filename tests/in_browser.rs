//! Takes `report.html` of samples and of a hostile capture, gives a failure where a browser understands another document than it should, never clicks: `walk.mjs` does.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use made::calls::{ALPHA, BRAVO};
use made::{Case, udp};
use tempfile::TempDir;

/// Opens a page from disk in a browser that has never seen another and can resolve no name.
fn chromium(page: &Path, options: &[&str]) -> Output {
    let profile = tempfile::tempdir().unwrap();
    let mut command = Command::new("chromium");
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]);
    command.args(["--disable-component-update", "--disable-sync", "--hide-scrollbars", "--enable-logging=stderr"]);
    command.args(["--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=2000"]);
    command.arg(format!("--user-data-dir={}", profile.path().display())).args(options);
    command.arg(format!("file://{}", page.canonicalize().unwrap().display()));
    let output = command.output().expect("chromium is needed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

/// The document as the browser understood it, and what it wrote to the console.
fn opened(page: &Path) -> (String, Vec<String>) {
    let output = chromium(page, &["--dump-dom"]);
    let log = String::from_utf8_lossy(&output.stderr).into_owned();
    let console = log.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned).collect();
    (String::from_utf8_lossy(&output.stdout).into_owned(), console)
}

/// Audits and gives the page; the folder keeps it.
fn page(case: &Case) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_speerlint"));
    command.args(["audit", "--quiet", "--out"]).arg(folder.path()).arg(&case.capture);
    if let Some(policy) = &case.policy {
        command.arg("--policy").arg(policy);
    }
    let output = command.output().unwrap();
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", String::from_utf8_lossy(&output.stderr));
    let page = folder.path().join("report.html");
    (folder, page)
}

/// The tags of a serialised document; text has its `<` escaped in it.
fn tags(dom: &str) -> Vec<&str> {
    let body = dom.split_once("</style>").map_or(dom, |(_, body)| body);
    let body = body.split_once("<script>'use strict';").map_or(body, |(body, _)| body);
    let begins = body.match_indices('<').filter(|(at, _)| body[at + 1..].starts_with(|c: char| c.is_ascii_alphabetic()));
    begins.map(|(at, _)| body[at + 1..].split('>').next().unwrap()).collect()
}

fn elements(dom: &str) -> BTreeSet<&str> {
    tags(dom).into_iter().map(|tag| tag.split_whitespace().next().unwrap()).collect()
}

/// Nothing of the document points outside it, and nothing in it runs but its one script, which the policy of the page names by its hash.
#[track_caller]
fn stays_at_home(dom: &str) {
    assert!(dom.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-"));
    assert_eq!(dom.matches("<script").count(), 1);
    assert!(dom.contains("<script>'use strict';"));
    for tag in tags(dom) {
        let attributes = tag.split_whitespace().skip(1).filter_map(|a| a.split_once('='));
        for (name, value) in attributes {
            assert!(!name.starts_with("on") && !matches!(name, "src" | "srcset" | "srcdoc" | "action" | "style"), "<{tag}>");
            assert!(!name.ends_with("href") || value.starts_with("\"#"), "<{tag}>");
        }
    }
    let foreign = ["img", "iframe", "object", "embed", "link", "base", "image", "use", "foreignObject"];
    let found: Vec<_> = elements(dom).into_iter().filter(|element| foreign.contains(element)).collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
#[ignore = "needs Chromium"]
fn samples_open_from_disk_with_all_their_parts() {
    let cases = made::samples();
    let wanted = ["first-look", "failures", "tcp-trunk"];
    let chosen: Vec<&Case> = cases.iter().filter(|c| wanted.iter().any(|w| c.capture.starts_with(Path::new("samples").join(w)))).collect();
    assert_eq!(chosen.len(), wanted.len());
    for case in chosen {
        let (_folder, page) = page(case);
        let (dom, console) = opened(&page);
        assert!(console.is_empty(), "{console:?}");
        for part in ["act", "scope", "charts", "findings", "matrix", "metrics", "media", "incident", "coverage", "appendix"] {
            assert!(dom.contains(&format!("<section id=\"{part}\">")) && dom.contains(&format!("href=\"#{part}\"")), "{part}");
        }
        let charts: Vec<&str> = dom.split("<svg ").skip(1).map(|svg| svg.split("</svg>").next().unwrap()).collect();
        let (sparks, charts): (Vec<&str>, Vec<&str>) = charts.into_iter().partition(|svg| svg.starts_with("class=\"spark\""));
        // A capture without media has no chart of its quality.
        let has_media = !sparks.is_empty();
        assert_eq!(charts.len(), if has_media { 5 } else { 3 });
        assert!(sparks.iter().all(|svg| svg.contains("role=\"img\"") && svg.contains("<title>") && svg.contains("<path")));
        for chart in charts {
            assert!(chart.contains("role=\"img\"") && chart.contains("<title id=") && chart.contains("<desc id="), "{chart}");
            assert!(["<rect", "<path", "<polyline", "<polygon", "<line"].iter().any(|shape| chart.contains(shape)), "{chart}");
        }
        stays_at_home(&dom);
    }
}

#[test]
#[ignore = "needs Chromium"]
fn an_error_on_a_page_would_be_seen() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("page.html");
    let text = "<!DOCTYPE html><title>before</title><style></style><script>document.title = 'after'; nothing()</script><img src=\"none\">";
    fs::write(&page, text).unwrap();
    let (dom, console) = opened(&page);
    assert!(dom.contains("<title>after") && console.iter().any(|line| line.contains("nothing is not defined")), "{console:?}");
    assert!(std::panic::catch_unwind(|| stays_at_home(&dom)).is_err());
}

/// A message whose every field wants to be markup, to turn the text around, or to be too much.
fn hostile(n: u32) -> Vec<u8> {
    let script = "<script>document.title='pwned'</script><img src=x onerror=document.title='pwned'>";
    let mut message = format!(
        "REFER sip:{script}@bravo.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.17;branch=z9hG4bK{n}{script}\r\nMax-Forwards: 70\r\n\
         From: \"{}\" <sip:a@alpha.example>;tag=1\r\nTo: <sip:\u{202e}{script}\u{2066}@bravo.example>\r\nCall-ID: {n}'\"><svg/onload=alert(1)>\r\n\
         CSeq: 1 REFER\r\nUser-Agent: \x1b[31m{script}\u{202e}\x1b]0;pwned\x07",
        "x".repeat(60_000)
    )
    .into_bytes();
    message.extend(b"\xff\xfe\xc0\xaf</pre></details><h1>pwned</h1>\r\nContent-Length: 0\r\n\r\n");
    message
}

#[test]
#[ignore = "needs Chromium"]
fn a_hostile_capture_writes_no_element_and_runs_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let frames: Vec<_> = (0..3).map(|n| udp(f64::from(n), ALPHA, BRAVO, &hostile(n))).collect();
    let capture = made::write(folder.path(), "<img src=x onerror=alert(1)>\u{202e}.pcap", &frames);
    let policy = folder.path().join("policy.toml");
    let clauses = "[sip.methods]\nREFER = \"forbidden\"\n[[sip.header]]\nname = \"User-Agent\"\nwhen = \"any\"\nlevel = \"forbidden\"\n";
    let title = "id = \"made\"\ntitle = \"</title><script>document.title='pwned'</script>\"";
    fs::write(&policy, format!("{}{clauses}", made::program::PEERS.replacen("id = \"made\"", title, 1))).unwrap();
    let (_out, page) = page(&Case { capture, policy: Some(policy) });
    let (dom, console) = opened(&page);
    assert!(console.is_empty(), "{console:?}");
    assert!(dom.contains("SIP-METHOD-001") && dom.contains("SIP-HDR-003"), "the hostile fields are not in the report");
    let quoted = dom.matches("&lt;script&gt;").count();
    assert!(quoted >= 3, "the wire is quoted {quoted} times");
    assert!(!dom.contains("<h1>pwned") && !dom.contains("<title>pwned") && !dom.contains(['\u{202e}', '\u{2066}', '\x1b', '\x07']));
    stays_at_home(&dom);
    // No element that the findings of an orderly sender do not need.
    let sample = made::samples().into_iter().find(|c| c.capture.starts_with("samples/first-look")).unwrap();
    let (_folder, orderly) = self::page(&sample);
    let orderly = fs::read_to_string(orderly).unwrap();
    let strange: Vec<_> = elements(&dom).difference(&elements(&orderly)).map(|e| (*e).to_owned()).collect();
    assert!(strange.is_empty(), "{strange:?}");
}
