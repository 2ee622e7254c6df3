//! Takes the arguments of `audit`, gives its reports and its exit status, never a verdict of its own.

use super::Status;
use super::args::{AuditArguments, Color, Format};
use super::intake::left_out;
use super::output::{hint, look, stdout};
use super::progress::Bar;
use crate::audit::Verdict;
use crate::base::{Error, Result};
use crate::pipeline;
use crate::report;
use crate::report::tables::{Choice, Tables};

/// Audits, and writes what was asked for.
pub(super) fn run(arguments: &AuditArguments, color: Color) -> Result<Status> {
    // Hashing costs as much as reading: only for the reports that show it.
    let hash = arguments.out.is_some() || arguments.format == Format::Json;
    let mut request = arguments.period.of(arguments.intake.request(arguments.policy.clone(), hash)?)?;
    request.breakdown.clone_from(&arguments.breakdown);
    request.breakdown_intervals = arguments.breakdown_intervals;
    if let Some(dir) = &arguments.out {
        // Better to know before an hour of reading than after it.
        report::check_dir(dir)?;
    }
    if arguments.out.is_none() && !arguments.tables.is_empty() {
        return Err(Error::Usage("--tables says what --out writes: add --out DIR".into()));
    }
    let choice = if arguments.tables.is_empty() { Choice::usual() } else { Choice::of(&arguments.tables) };
    // Rows can be millions: they go to files as they come.
    let mut tables = arguments.out.as_deref().map(|dir| Tables::begin(dir, choice)).transpose()?;
    let audit = {
        let bar = Bar::new(arguments.quiet);
        pipeline::audit_with(&request, &|progress| bar.show(progress), &mut tables)?
    };
    if let Some((dir, tables)) = arguments.out.as_deref().zip(tables) {
        report::write_dir(dir, &audit, tables)?;
    }
    match arguments.format {
        Format::Json => stdout(|out| report::json::write(&audit, out))?,
        Format::Text if arguments.quiet => {}
        Format::Text => stdout(|out| report::text::write(&audit, look(color), out))?,
    }
    hint(left_out(&request, &audit.captures));
    Ok(match audit.verdict {
        Verdict::Pass => Status::Clean,
        Verdict::Fail => Status::Findings,
        Verdict::Inconclusive => Status::Inconclusive,
    })
}
