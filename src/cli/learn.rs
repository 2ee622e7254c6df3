//! Takes the arguments of `learn`, gives a draft policy, never one that the captures themselves would fail without a word.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::Status;
use super::args::LearnArguments;
use super::intake::left_out;
use super::output::{hint, say, stdout};
use super::progress::Bar;
use crate::audit::{Finding, Records, Seen};
use crate::base::{Error, Result};
use crate::pipeline::{self, Request};
use crate::report::{Draft, draft, has_many_peers, write_file};

/// Where what was seen is put.
#[derive(Default)]
struct Learner(Option<Seen>);

impl Records for Learner {
    fn wants_seen(&self) -> bool {
        true
    }

    fn seen(&mut self, seen: Seen) {
        self.0 = Some(seen);
    }
}

/// Learns, audits the captures with what was learned, and writes it with what they break.
pub(super) fn run(arguments: &LearnArguments) -> Result<Status> {
    if arguments.intake.captures.iter().any(|path| path == Path::new("-")) {
        return Err(Error::Usage("learn reads the captures twice, and standard input comes but once: save it to a file first".into()));
    }
    arguments.out.as_deref().map(writable).transpose()?;
    let (mut audit, seen) = {
        let mut learner = Learner::default();
        let audit = read(arguments, None, true, &mut learner)?;
        (audit, learner.0.unwrap_or_default())
    };
    if audit.intake.sip_messages == 0 && audit.tls.connections == 0 {
        say("nothing to learn: no SIP can be read in these captures");
        hint(left_out(&arguments.period.of(Request::default())?, &audit.captures));
        return Ok(Status::Inconclusive);
    }
    if has_many_peers(&seen) {
        let file = written(&draft(&audit, &seen, &[]))?;
        audit = read(arguments, Some(file.path().to_owned()), true, &mut ())?;
    }
    // The findings against the baseline are no part of the draft.
    audit.findings.clear();
    let findings = check(arguments, &draft(&audit, &seen, &[]))?;
    let draft = draft(&audit, &seen, &findings);
    match &arguments.out {
        Some(path) => {
            write_file(path, |out| out.write_all(draft.text.as_bytes()))?;
            if !arguments.quiet {
                say(&summary(path, &draft));
            }
        }
        None => stdout(|out| out.write_all(draft.text.as_bytes()))?,
    }
    Ok(Status::Clean)
}

fn read(arguments: &LearnArguments, policy: Option<PathBuf>, hash: bool, records: &mut dyn Records) -> Result<crate::audit::Audit> {
    let request = arguments.period.of(arguments.intake.request(policy, hash)?)?;
    let bar = Bar::new(arguments.quiet);
    pipeline::audit_with(&request, &|progress| bar.show(progress), records)
}

/// What the captures break of their own draft.
fn check(arguments: &LearnArguments, draft: &Draft) -> Result<Vec<Finding>> {
    let file = written(draft)?;
    Ok(read(arguments, Some(file.path().to_owned()), false, &mut ())?.findings)
}

/// The draft as a file that goes when it was read.
fn written(draft: &Draft) -> Result<NamedTempFile> {
    let aside = || -> std::io::Result<NamedTempFile> {
        let mut file = NamedTempFile::with_suffix(".toml")?;
        file.write_all(draft.text.as_bytes())?;
        file.flush()?;
        Ok(file)
    };
    aside().map_err(|error| Error::output(Path::new("a temporary file"), &error))
}

/// Whether the draft can go there: better to know before an hour of reading than after it.
fn writable(path: &Path) -> Result<()> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if path.is_dir() {
        return Err(Error::Usage(format!("{} is a directory: --out names the file of the draft", path.display())));
    }
    if !parent.is_dir() {
        return Err(Error::Usage(format!("{} is no directory", parent.display())));
    }
    Ok(())
}

fn summary(path: &Path, draft: &Draft) -> String {
    let many = |n: usize, one: &str, more: &str| if n == 1 { format!("1 {one}") } else { format!("{n} {more}") };
    format!(
        "{}: a draft with {}; {} commented out as doubtful, {} lowered that the traffic breaks: read it before you agree to it",
        path.display(),
        many(draft.peers, "peer", "peers"),
        many(draft.doubts, "line", "lines"),
        many(draft.lowered, "rule", "rules"),
    )
}
