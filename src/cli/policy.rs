//! Takes policy files, gives what is said of them and an exit status, never applies them.

use std::path::Path;

use super::Status;
use super::args::{DiffFormat, DirectionArguments, PolicyCommand, ShowFormat};
use super::output::stdout;
use crate::base::{Error, Result};
use crate::policy::{self, Document, Policy, Reading, Sheet, Weight};
use crate::report::{agreement, visible};
use crate::rules;

/// Runs one of the commands.
pub(super) fn run(command: &PolicyCommand) -> Result<Status> {
    match command {
        PolicyCommand::Check { file } => check(file),
        PolicyCommand::Show { name, defaults, of, format } => {
            let sheet = match name {
                Some(name) if !defaults => show(name, of)?,
                _ => policy::built_in("defaults").ok_or_else(|| Error::Usage("there are no defaults".into()))?,
            };
            stdout(|out| match format {
                ShowFormat::Toml => agreement::write_sheet(&sheet, out),
                ShowFormat::Json => agreement::write_sheet_json(&sheet, out),
            })?;
            Ok(Status::Clean)
        }
        PolicyCommand::Explain { key, file, of } => {
            let document = Document::load(file, rules::KNOWN)?;
            let explanation = document.explain(key, reading(&document, of)?)?;
            stdout(|out| agreement::write_explanation(&explanation, rules::all(), out))?;
            Ok(Status::Clean)
        }
        PolicyCommand::Schema => {
            stdout(|out| {
                serde_json::to_writer_pretty(&mut *out, &policy::json_schema())?;
                writeln!(out)
            })?;
            Ok(Status::Clean)
        }
        PolicyCommand::Diff { first, second, format } => diff(first, second, *format),
    }
}

/// Loads the policy and says in one line what it is.
fn check(file: &Path) -> Result<Status> {
    let document = Document::load(file, rules::KNOWN)?;
    let policy: &Policy = document.policy();
    let peers: Vec<&str> = policy.peers.iter().map(|p| p.id.as_str()).collect();
    let line = format!(
        "{}: valid: {}, revision {}, peers {}, {} waivers, fails on {}",
        file.display(),
        policy.id,
        policy.revision,
        if peers.is_empty() { "none".into() } else { peers.join(", ") },
        policy.waivers.len(),
        policy.fail_on.name(),
    );
    let hints = document.hints();
    stdout(|out| {
        writeln!(out, "{}", visible(&line))?;
        hints.iter().try_for_each(|hint| writeln!(out, "hint: {}", visible(hint)))
    })?;
    Ok(Status::Clean)
}

/// A file, or a built-in profile where no file has that name.
fn show(name: &Path, of: &DirectionArguments) -> Result<Sheet> {
    let profile = name.to_str().filter(|_| !name.exists()).and_then(policy::built_in);
    match profile {
        Some(_) if of.direction.is_some() || of.trunk.is_some() => {
            Err(Error::Usage("a profile says the same in every direction: leave out --direction and --trunk".into()))
        }
        Some(sheet) => Ok(sheet),
        None => {
            let known = || policy::profiles().collect::<Vec<_>>().join(", ");
            if !name.exists() {
                return Err(Error::input(name, format!("no such file, and no built-in profile: these are {}", known())));
            }
            let document = Document::load(name, rules::KNOWN)?;
            let reading = reading(&document, of)?;
            Ok(document.sheet(reading))
        }
    }
}

fn reading(document: &Document, of: &DirectionArguments) -> Result<Reading> {
    let direction = of.direction.as_ref().map(|(from, to)| (from.as_str(), to.as_str()));
    document.reading(direction, of.trunk.as_deref())
}

/// What will break or be refused between two policies.
fn diff(first: &Path, second: &Path, format: DiffFormat) -> Result<Status> {
    let load = |path| Document::load(path, rules::KNOWN);
    let differences = policy::differences(&load(first)?, &load(second)?);
    let (a, b) = (first.display().to_string(), second.display().to_string());
    stdout(|out| match format {
        DiffFormat::Text => agreement::write_differences(&differences, [&a, &b], out),
        DiffFormat::Json => agreement::write_differences_json(&differences, [&a, &b], out),
    })?;
    let breaks = differences.iter().any(|difference| difference.weight > Weight::Note);
    Ok(if breaks { Status::Findings } else { Status::Clean })
}
