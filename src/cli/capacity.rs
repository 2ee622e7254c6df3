//! Takes the arguments of `capacity`, gives the capacity review, never a verdict.

use super::Status;
use super::args::{CapacityArguments, Color, Format};
use super::output::{look, stdout};
use super::progress::Bar;
use crate::base::{Error, Result};
use crate::pipeline::{self, Request};
use crate::report;

/// Reviews the load of captures.
pub(super) fn run(arguments: &CapacityArguments, color: Color) -> Result<Status> {
    if arguments.from.zip(arguments.to).is_some_and(|(from, to)| from >= to) {
        return Err(Error::Usage("--from must be before --to".into()));
    }
    if let Some(dir) = &arguments.out {
        report::check_dir(dir)?;
    }
    let request = Request {
        inputs: arguments.captures.clone(),
        policy: arguments.policy.clone(),
        threads: arguments.threads,
        from: arguments.from,
        to: arguments.to,
        keylogs: arguments.keylogs.clone(),
        hash: arguments.out.is_some() || arguments.format == Format::Json,
    };
    let mut audit = {
        let bar = Bar::new(arguments.quiet);
        pipeline::audit(&request, &|progress| bar.show(progress))?
    };
    audit.capacity.size_for(arguments.blocking);
    if let Some(dir) = &arguments.out {
        report::write_capacity(dir, &audit)?;
    }
    match arguments.format {
        Format::Json => stdout(|out| report::json::write_capacity(&audit, out))?,
        Format::Text => stdout(|out| report::text::write_capacity(&audit, look(color), out))?,
    }
    Ok(Status::Clean)
}
