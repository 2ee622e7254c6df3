//! Takes the arguments of `capacity`, gives the capacity review, never a verdict.

use super::Status;
use super::args::{CapacityArguments, Color, Format};
use super::intake::left_out;
use super::output::{hint, look, stdout};
use super::progress::Bar;
use crate::base::Result;
use crate::pipeline;
use crate::report;

/// Reviews the load of captures.
pub(super) fn run(arguments: &CapacityArguments, color: Color) -> Result<Status> {
    let hash = arguments.out.is_some() || arguments.format == Format::Json;
    let request = arguments.period.of(arguments.intake.request(arguments.policy.clone(), hash)?)?;
    if let Some(dir) = &arguments.out {
        report::check_dir(dir)?;
    }
    let mut audit = {
        let bar = Bar::new(arguments.quiet);
        pipeline::audit(&request, &|progress| bar.show(progress))?
    };
    audit.capacity.size_for(arguments.blocking);
    if let Some(dir) = &arguments.out {
        report::write_capacity(dir, &audit, &arguments.time_zone)?;
    }
    match arguments.format {
        Format::Json => stdout(|out| report::json::write_capacity(&audit, out))?,
        Format::Text => stdout(|out| report::text::write_capacity(&audit, look(color), &arguments.time_zone, out))?,
    }
    hint(left_out(&request, &audit.captures));
    Ok(Status::Clean)
}
