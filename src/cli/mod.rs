//! Takes arguments, gives an exit status, never analyses anything.

mod args;
mod audit;
mod calls;
mod capacity;
mod compare;
mod extract;
mod flow;
mod intake;
mod learn;
mod manual;
mod output;
mod policy;
mod progress;
mod rules;

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _};

use args::{Arguments, Command};

use crate::base::{Error, Result};
use crate::report::visible;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// Nothing at or above `fail_on`.
    Clean = 0,
    /// At least one such finding.
    Findings = 1,
    /// We could not do the job.
    Trouble = 2,
    /// The capture cannot answer.
    Inconclusive = 3,
}

/// Runs the command line `args`, the program's name first.
#[must_use]
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = Arguments::command().color(colour(&args)).try_get_matches_from(&args);
    let status = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => dispatch(&arguments).unwrap_or_else(|error| {
            complain(&error);
            Status::Trouble
        }),
        // Help and version too come as errors; clap knows where they go, and a closed pipe is nobody's fault.
        Err(usage) => {
            _ = usage.print();
            if usage.use_stderr() { Status::Trouble } else { Status::Clean }
        }
    };
    ExitCode::from(status as u8)
}

/// When help and mistakes of usage are coloured: they are written before the arguments are known, so `--color` is looked for by hand.
fn colour(args: &[OsString]) -> ColorChoice {
    let words: Vec<_> = args.iter().map(|word| word.to_string_lossy()).collect();
    let apart = words.iter().zip(words.iter().skip(1)).filter(|(word, _)| **word == "--color").map(|(_, when)| &**when);
    let joined = words.iter().filter_map(|word| word.strip_prefix("--color="));
    match apart.chain(joined).last() {
        Some("always") => ColorChoice::Always,
        Some("never") => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

fn dispatch(arguments: &Arguments) -> Result<Status> {
    let color = arguments.color;
    match &arguments.command {
        Command::Audit(request) => audit::run(request, color),
        Command::Capacity(request) => capacity::run(request, color),
        Command::Compare(request) => compare::run(request, color),
        Command::Policy { command } => policy::run(command),
        Command::Learn(request) => learn::run(request),
        Command::Calls(request) => calls::run(request, color),
        Command::Extract(request) => extract::run(request),
        Command::Flow(request) => flow::run(request, color),
        Command::Completions { shell } => manual::completions(*shell),
        Command::Man => manual::man(),
        Command::Rules { id, format } => rules::run(id.as_deref(), *format, color),
    }
}

/// Says on standard error why the job could not be done; the text may quote files, so nothing in it may drive the terminal.
fn complain(error: &Error) {
    let text = error.to_string();
    let lines: Vec<_> = text.lines().map(visible).collect();
    // The mistakes of a policy each say what they are.
    let lead = if matches!(error, Error::Policy { .. }) { "" } else { "error: " };
    // Nobody is left to tell when standard error is closed.
    _ = writeln!(std::io::stderr().lock(), "{lead}{}", lines.join("\n"));
}
