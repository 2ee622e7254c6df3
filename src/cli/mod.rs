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

use clap::Parser as _;

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
    let status = match Arguments::try_parse_from(args) {
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
