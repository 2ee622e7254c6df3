//! Takes the id of a rule, gives its page; without one the catalogue, never a verdict.

use super::Status;
use super::args::{Color, RulesFormat};
use super::output::{look, stdout};
use crate::base::{Error, Result};
use crate::report::text::{write_catalogue, write_rule};
use crate::report::{Selection, catalogue};
use crate::rules::{self, Rule};

/// Lists the rules or those of a family, or shows one.
pub(super) fn run(id: Option<&str>, format: RulesFormat, color: Color) -> Result<Status> {
    let is_meant = |rule: &&&Rule| id.is_none_or(|id| Selection::names(id, rule.id));
    let family: Vec<&Rule> = rules::all().iter().filter(is_meant).copied().collect();
    let is_one = id.is_some_and(|id| !id.ends_with('*'));
    let rule = match (id, family.first()) {
        (Some(id), None) => return Err(unknown(id)),
        (_, first) => first.filter(|_| is_one).copied(),
    };
    let (all, known) = (&family[..], rules::KNOWN);
    stdout(|out| match (format, rule) {
        (RulesFormat::Text, None) => write_catalogue(all, look(color), out),
        (RulesFormat::Text, Some(rule)) => write_rule(rule, look(color), out),
        (RulesFormat::Markdown, None) => write!(out, "{}", rules::Catalogue { rules: all, known }),
        (RulesFormat::Markdown, Some(rule)) => write!(out, "{}", rules::Page(rule)),
        (RulesFormat::Json, None) => catalogue::write(all, out),
        (RulesFormat::Json, Some(rule)) => catalogue::write(&[rule], out),
    })?;
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
    let family = rules::all().iter().any(|rule| rule.id.split('-').next().is_some_and(|family| family == wanted));
    let hint = if family { format!("; for the family write '{wanted}-*'") } else { hint };
    Error::Usage(format!("no rule {id}{hint} (`speerlint rules` lists them)"))
}
