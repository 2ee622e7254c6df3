//! Takes two reports, gives what changed and an exit status for what became worse, never an audit.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::Status;
use super::args::{Color, CompareArguments, Format};
use super::output::{look, stdout};
use crate::base::{Error, Result, reason};
use crate::report::comparison::compare;
use crate::report::{json, text};

/// Compares two reports.
pub(super) fn run(arguments: &CompareArguments, color: Color) -> Result<Status> {
    let (before, after) = (read(&arguments.before)?, read(&arguments.after)?);
    let comparison = compare(&before, &after)
        .map_err(|which| Error::Usage(format!("{which} file is no speerlint/report/1: compare takes the report.json of two audits")))?;
    match arguments.format {
        Format::Json => stdout(|out| json::write_comparison(&comparison, out))?,
        Format::Text => stdout(|out| text::write_comparison(&comparison, look(color), out))?,
    }
    Ok(if comparison.regressed { Status::Findings } else { Status::Clean })
}

fn read(path: &Path) -> Result<Value> {
    let trouble = |what: &dyn std::fmt::Display| Error::Usage(format!("{}: {what}", path.display()));
    let octets = fs::read(path).map_err(|e| trouble(&reason(&e)))?;
    serde_json::from_slice(&octets).map_err(|e| trouble(&format!("not JSON ({e}): compare takes the report.json of two audits")))
}
