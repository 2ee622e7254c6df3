//! Takes the id of a rule, gives its page; without one the catalogue, never a verdict.

use super::Status;
use super::args::Color;
use super::output::{look, stdout};
use crate::base::{Error, Result};
use crate::report::text::{write_catalogue, write_rule};
use crate::rules;

/// Lists the rules or shows one.
pub(super) fn run(id: Option<&str>, color: Color) -> Result<Status> {
    let Some(id) = id else {
        stdout(|out| write_catalogue(rules::all(), look(color), out))?;
        return Ok(Status::Clean);
    };
    let rule = rules::find(&id.to_ascii_uppercase()).ok_or_else(|| unknown(id))?;
    stdout(|out| write_rule(rule, look(color), out))?;
    Ok(Status::Clean)
}

fn unknown(id: &str) -> Error {
    if rules::KNOWN.iter().any(|known| known.eq_ignore_ascii_case(id)) {
        return Error::Usage(format!("rule {id} is in the catalogue but does not run in this version"));
    }
    let wanted = id.to_ascii_uppercase();
    let nearest = rules::KNOWN.iter().map(|known| (strsim::damerau_levenshtein(&wanted, known), known)).min();
    // Three slips are a typo, more are another word.
    let hint = nearest.filter(|(distance, _)| *distance <= 3).map(|(_, known)| format!("; did you mean {known}?")).unwrap_or_default();
    Error::Usage(format!("no rule {id}{hint} (`speerlint rules` lists them)"))
}
