//! Takes the source tree, gives a failure where it is not the flow that `src/lib.rs` draws, never looks at behaviour.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules in the order of `src/lib.rs`.
fn flow() -> Vec<String> {
    let lib = fs::read_to_string("src/lib.rs").unwrap();
    lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).map(str::to_owned).collect()
}

fn sources(below: &Path, into: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(below).unwrap().map(|entry| entry.unwrap().path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

fn all_sources() -> Vec<PathBuf> {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    assert!(files.len() > 50, "the source tree was not found");
    files
}

/// The code of a file without its tests and comments: tests may look anywhere.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests").unwrap_or(text.len());
    text[..end].lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_module_uses_only_those_above_it() {
    let flow = flow();
    assert_eq!(flow.first().map(String::as_str), Some("base"));
    assert_eq!(flow.last().map(String::as_str), Some("cli"));
    let mut upward = Vec::new();
    for path in all_sources() {
        let module = path.strip_prefix("src").unwrap().components().next().unwrap().as_os_str().to_string_lossy().into_owned();
        let Some(here) = flow.iter().position(|m| *m == module) else { continue };
        let text = code(&path);
        for (there, other) in flow.iter().enumerate().skip(here + 1) {
            if text.contains(&format!("crate::{other}::")) || text.contains(&format!("crate::{other};")) {
                upward.push(format!("{} uses {other}, which stands {} below it", path.display(), there - here));
            }
        }
    }
    assert!(upward.is_empty(), "{}", upward.join("\n"));
}

#[test]
fn only_the_pipeline_knows_threads() {
    let words = ["std::thread", "rayon", "Mutex", "RwLock", "std::sync::mpsc", "Atomic"];
    let mut found = Vec::new();
    for path in all_sources().into_iter().filter(|p| !p.starts_with("src/pipeline")) {
        let text = code(&path);
        found.extend(words.iter().filter(|w| text.contains(**w)).map(|w| format!("{} names {w}", path.display())));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_file_says_what_it_takes_gives_and_never_does() {
    let mut silent = Vec::new();
    for path in all_sources().into_iter().filter(|p| !p.ends_with("lib.rs") && !p.components().any(|c| c.as_os_str() == "tests")) {
        let text = fs::read_to_string(&path).unwrap();
        let lead: Vec<&str> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
        let lead = lead.join(" ");
        if !lead.starts_with("Takes ") || !lead.contains("never ") {
            silent.push(format!("{}: {lead}", path.display()));
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

#[test]
fn nothing_is_called_after_nothing() {
    let vague = ["utils", "util", "common", "helpers", "helper", "types", "misc"];
    let bad: Vec<PathBuf> = all_sources().into_iter().filter(|p| p.file_stem().is_some_and(|s| vague.iter().any(|v| s == *v))).collect();
    assert!(bad.is_empty(), "{bad:?}");
}
