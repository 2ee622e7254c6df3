//! Takes an order for an excerpt, gives the file, never one that is not whole.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use super::Key;
use super::labels::Labels;
use super::mask::Mask;
use super::quest::{Quest, no_call};
use super::rows::Rows;
use super::scissors::Scissors;
use super::secrets::KeyLogs;
use super::trace::{Search, trace};
use crate::audit::{BreachRow, Finding, Records};
use crate::base::{Error, Result};
use crate::pipeline::{self, Progress, Request};
use crate::policy::{Policy, Style};
use crate::report::Aside;
use crate::rules;

/// What an excerpt is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A finding, by its id in the audit of the same captures and policy; or all findings of a rule.
    Finding(String),
    /// A call, by its Call-ID.
    Call(String),
}

/// What to cut out, and whereto.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Files, directories and globs: one capture together.
    pub inputs: &'a [PathBuf],
    /// The policy of the audit; `None` for the built-in baseline.
    pub policy: Option<&'a Path>,
    /// TLS key logs, beside the one that the policy names and those inside the captures.
    pub keylogs: &'a [PathBuf],
    /// What it is of.
    pub target: Target,
    /// Of findings: every call of them, not only those of its exhibits.
    pub all_calls: bool,
    /// The file to write.
    pub out: &'a Path,
    /// Whether media is cut out too.
    pub media: bool,
    /// How many threads; `None` for as many as the machine has.
    pub threads: Option<NonZeroUsize>,
    /// The command as it was given, for the comment of the file.
    pub command: String,
    /// With what names are replaced; `None` where everything stays as it is.
    pub anonymity: Option<Key>,
    /// Where the policy is written with the same replacements.
    pub policy_out: Option<&'a Path>,
}

/// What an excerpt came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// SIP messages of the calls.
    pub messages: u64,
    /// Calls.
    pub calls: u64,
    /// Frames of signalling.
    pub signalling: u64,
    /// Frames of media.
    pub media: u64,
    /// How many findings it is of: several where a rule was asked for.
    pub findings: u64,
    /// How often these were made, and by how many exhibits the excerpt shows them.
    pub count: Option<(u64, u64)>,
    /// Frames that an anonymous excerpt leaves out.
    pub left_out: u64,
    /// How many of these an audit of the excerpt by itself makes again; `None` where no finding was asked for.
    pub repeats: Option<u64>,
}

/// Cuts an excerpt out of captures. `progress` is called now and then, for each reading anew.
///
/// # Errors
/// When an input or the policy cannot be read, what is asked for is not there, or the file cannot be written.
pub fn extract(order: &Order<'_>, progress: &dyn Fn(Progress)) -> Result<Summary> {
    refuse_pipes(order.inputs)?;
    // Better to know before reading for an hour than after it.
    temporary(order.out)?;
    order.policy_out.map(temporary).transpose()?;
    let request = Request {
        inputs: order.inputs.to_vec(),
        policy: order.policy.map(Path::to_path_buf),
        threads: order.threads,
        keylogs: order.keylogs.to_vec(),
        ..Request::default()
    };
    let mut rows = Rows::of(&order.target);
    let audit = pipeline::audit_with(&request, progress, &mut rows)?;
    // From here on the files themselves: a directory may get another while it is read.
    let inputs: Vec<PathBuf> = audit.captures.iter().map(|capture| capture.path.clone()).collect();
    for out in [order.out].into_iter().chain(order.policy_out) {
        refuse_overwriting(out, inputs.iter().map(PathBuf::as_path).chain(order.policy))?;
    }
    let mut quest = Quest::of(&order.target, &audit)?;
    if order.all_calls {
        // What a finding is called is known behind the last packet; only then can it be told whose breaches are of it.
        let mut calls = CallsOf { findings: &quest.findings, calls: BTreeSet::new() };
        pipeline::audit_with(&Request { inputs: inputs.clone(), ..request.clone() }, progress, &mut calls)?;
        quest.calls = calls.calls.into_iter().collect();
    }
    let keys = key_logs(order, &inputs)?;
    let unknown = no_call(quest.calls.first().map_or("", String::as_str), &rows);
    let rules = std::mem::take(&mut rows.rules);
    let exhibits: Vec<_> = quest.findings.iter().flat_map(|finding| finding.exhibits.iter().cloned()).collect();
    let streams = rows.streams(&quest.calls, &quest.places, &exhibits)?;
    let search = Search { calls: &quest.calls, places: &quest.places, streams: &streams, media: order.media };
    let trail = trace(&inputs, &search, &keys.opened(), progress)?;
    if trail.messages == 0 && matches!(order.target, Target::Call(_)) {
        return Err(unknown);
    }
    let labels = Labels::new(&quest, &audit, order.anonymity.is_some());
    let program = format!("{} {}", audit.tool.name, audit.tool.version);
    let comment = labels.section(order, &quest, &rules, &audit);
    let hellos = &trail.wanted.strands.hellos | &trail.wanted.sessions.hellos;
    let secrets = keys.lines_of(&hellos);
    let mut mask = order.anonymity.clone().map(|key| Mask::new(key, &inputs, &trail.wanted, progress)).transpose()?;
    let policy = mask.as_mut().zip(order.policy).map(|(mask, path)| masked_policy(path, mask, order.out)).transpose()?;
    let scissors = Scissors { wanted: &trail.wanted, labels: &labels, out: order.out, program, comment, secrets };
    let (file, mut summary) = scissors.cut(&inputs, mask.as_mut(), progress)?;
    (summary.messages, summary.calls) = (trail.messages, trail.calls);
    if let Target::Finding(_) = &order.target {
        let findings = &quest.findings;
        summary.findings = findings.len() as u64;
        summary.count = Some((findings.iter().map(|f| f.count).sum(), findings.iter().map(|f| f.exhibits.len() as u64).sum()));
        let policy = policy.as_ref().map(|file| file.path()).or(request.policy.clone());
        let alone = Request { inputs: vec![file.path()], keylogs: Vec::new(), policy, ..request };
        let again = pipeline::audit(&alone, &|_| {})?;
        let mut is_made = |finding: &Finding| again.findings.iter().any(|again| is_same(finding, again, mask.as_mut()));
        summary.repeats = Some(findings.iter().map(|&finding| u64::from(is_made(finding))).sum());
    }
    if let (Some(policy), Some(out)) = (policy, order.policy_out) {
        policy.appear(out).map_err(|error| Error::output(out, &error))?;
    }
    file.appear(order.out).map_err(|error| Error::output(order.out, &error))?;
    Ok(summary)
}

/// The calls of findings.
struct CallsOf<'a> {
    findings: &'a [&'a Finding],
    calls: BTreeSet<String>,
}

impl Records for CallsOf<'_> {
    fn wants_breaches(&self) -> bool {
        true
    }

    fn breach(&mut self, row: BreachRow) {
        if self.findings.iter().any(|finding| row.is_of(finding)) {
            self.calls.extend(row.call_id);
        }
    }
}

/// Whether a finding is another again: the same rule, the same direction, and the same observation where nobody replaced what is in it.
fn is_same(finding: &Finding, again: &Finding, mask: Option<&mut Mask>) -> bool {
    let masked = mask.is_some();
    let mut parties = [finding.from.clone(), finding.to.clone()];
    if let Some(mask) = mask {
        parties.iter_mut().for_each(|party| mask.party(party));
    }
    let same = (finding.rule, &parties) == (again.rule, &[again.from.clone(), again.to.clone()]);
    same && (masked || finding.observed == again.observed)
}

/// The policy with what it names replaced, in a file beside the one it is for.
fn masked_policy(path: &Path, mask: &mut Mask, out: &Path) -> Result<Aside> {
    let text = fs::read_to_string(path).map_err(|error| Error::input(path, error.to_string()))?;
    // What it names it names relative to its place.
    let mut file = Aside::named(out).map_err(|error| Error::output(out, &error))?;
    file.file().write_all(mask.policy(&text).as_bytes()).map_err(|error| Error::output(out, &error))?;
    Ok(file)
}

/// The key logs of the command line, the policy and the captures.
fn key_logs(order: &Order<'_>, inputs: &[PathBuf]) -> Result<KeyLogs> {
    let mut files = order.keylogs.to_vec();
    if let Some(path) = order.policy {
        let policy = Policy::load(path, rules::KNOWN)?.with_files(Style::Plain)?;
        files.extend(policy.global().capture.tls_keylog.as_ref().map(|clause| clause.value.clone()));
    }
    KeyLogs::gather(&files, inputs)
}

/// What can be read but once cannot be cut: which packets are meant is known only behind the last.
fn refuse_pipes(inputs: &[PathBuf]) -> Result<()> {
    let once = |path: &&PathBuf| path.as_path() == Path::new("-") || fs::metadata(path).is_ok_and(|meta| !meta.is_file() && !meta.is_dir());
    inputs.iter().find(once).map_or(Ok(()), |path| {
        let name = if path.as_path() == Path::new("-") { "standard input".into() } else { path.display().to_string() };
        Err(Error::Usage(format!("{name} can be read only once, and `extract` reads three times: save it to a file first")))
    })
}

/// What is written may not take the place of what is read.
fn refuse_overwriting<'a>(out: &Path, mut inputs: impl Iterator<Item = &'a Path>) -> Result<()> {
    let Ok(place) = fs::canonicalize(out) else { return Ok(()) };
    let same = |input: &&Path| fs::canonicalize(input).is_ok_and(|input| input == place);
    inputs.find(same).map_or(Ok(()), |input| {
        Err(Error::Usage(format!("{} would be overwritten, and it is read: choose another name for the excerpt", input.display())))
    })
}

/// A file that shall be `out` when it is whole.
pub(super) fn temporary(out: &Path) -> Result<Aside> {
    if out.is_dir() {
        return Err(Error::output(out, &io::Error::other("it is a directory")));
    }
    Aside::of(out).map_err(|error| Error::output(out, &error))
}
