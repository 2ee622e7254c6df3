//! Takes what a policy comes to, gives it as text and as JSON, never an opinion about it.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::escape::visible;
use crate::policy::{Difference, Explanation, Setting, Sheet, Weight};
use crate::rules::Rule;

/// A policy, a profile or the defaults as TOML, each value with its origin.
///
/// # Errors
/// When `out` does not take it.
pub fn write_sheet(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(sheet.toml.as_bytes())
}

/// The same as JSON: `speerlint/policy/1`.
///
/// # Errors
/// When `out` does not take it.
pub fn write_sheet_json(sheet: &Sheet, out: &mut dyn Write) -> io::Result<()> {
    let values: Vec<_> = sheet.settings.iter().map(setting).collect();
    pretty(&json!({ "schema": "speerlint/policy/1", "title": sheet.title, "values": values }), out)
}

fn setting(setting: &Setting) -> Value {
    json!({
        "path": setting.path,
        "value": setting.value,
        "source": &*setting.from.source,
        "line": setting.from.line,
        "layer": setting.layer,
    })
}

fn pretty(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn place(setting: &Setting) -> String {
    let line = setting.from.line.map(|line| format!(":{line}")).unwrap_or_default();
    format!("{}{line}", setting.from.source)
}

/// What a key means, where its values come from, and which of `rules` read it.
///
/// # Errors
/// When `out` does not take it.
pub fn write_explanation(explanation: &Explanation, rules: &[&Rule], out: &mut dyn Write) -> io::Result<()> {
    let mut line = |text: &str| writeln!(out, "{}", visible(text));
    if explanation.values.is_empty() {
        line(&format!("{}: nothing agreed, so nothing is checked", explanation.key))?;
    }
    for value in &explanation.values {
        line(&format!("{} = {}", value.holds.path, value.holds.written))?;
        for (number, layer) in value.layers.iter().enumerate() {
            // Below an edit the inherited list still counts.
            let inherits = number > 0 && value.layers.iter().take(number).all(|above| above.edits);
            let lead = match (number, layer.edits, inherits) {
                (0, false, _) => "from ",
                (_, true, _) if number == 0 || inherits => "edit ",
                (_, _, true) => "onto ",
                _ => "beats",
            };
            line(&format!("  {lead}  {}  {}  ({})", place(layer), layer.written, layer.layer))?;
        }
    }
    line("")?;
    line(&format!("means  {} ({})", explanation.meaning, explanation.takes))?;
    let reading = explanation.readers(rules);
    if reading.is_empty() {
        line("rules  none reads it")?;
    }
    for (number, rule) in reading.iter().enumerate() {
        line(&format!("{}  {} {}", if number == 0 { "rules" } else { "     " }, rule.id, rule.title))?;
    }
    Ok(())
}

impl Explanation {
    /// The rules that read the key, something below it, or the table that it stands in.
    fn readers<'a>(&self, rules: &[&'a Rule]) -> Vec<&'a Rule> {
        let within = |inner: &str, outer: &str| inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let reads = |rule: &&&Rule| rule.keys.iter().any(|key| within(key, &self.key) || within(&self.key, key));
        rules.iter().filter(reads).copied().collect()
    }
}

/// What differs between two policies; `names` are what they are called.
///
/// # Errors
/// When `out` does not take it.
pub fn write_differences(differences: &[Difference], names: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
    let mut line = |text: &str| writeln!(out, "{}", visible(text));
    for difference in differences {
        let (weight, path, what) = (difference.weight.name(), &difference.path, &difference.what);
        line(&format!("{weight}[{path}] {what}"))?;
        line(&format!("  {}", difference.directions.join("; ")))?;
        for (name, settings) in names.iter().zip([&difference.first, &difference.second]) {
            if settings.is_empty() {
                line(&format!("  {name}  says nothing"))?;
            }
            for setting in settings {
                // A value that a profile gives is still what this side says.
                let via = if &*setting.from.source == *name { String::new() } else { format!("{name}, by ") };
                line(&format!("  {via}{}  {} = {}", place(setting), setting.path, setting.written))?;
            }
        }
    }
    let count = |weight, [none, one, many]: [&str; 3]| match differences.iter().filter(|d| d.weight == weight).count() {
        0 => none.to_owned(),
        1 => format!("1 {one}"),
        n => format!("{n} {many}"),
    };
    let breaks = count(Weight::Breaks, ["nothing breaks", "breaks", "break"]);
    let refused = count(Weight::Refused, ["nothing is refused", "is refused", "are refused"]);
    line(&format!("{breaks}, {refused}, {}", count(Weight::Note, ["no notes", "note", "notes"])))
}

/// The same as JSON: `speerlint/policy-diff/1`.
///
/// # Errors
/// When `out` does not take it.
pub fn write_differences_json(differences: &[Difference], names: [&str; 2], out: &mut dyn Write) -> io::Result<()> {
    let all = |settings: &[Setting]| settings.iter().map(setting).collect::<Vec<_>>();
    let differences: Vec<_> = (differences.iter())
        .map(|d| {
            json!({
                "weight": d.weight.name(),
                "path": d.path,
                "what": d.what,
                "directions": d.directions,
                "first": all(&d.first),
                "second": all(&d.second),
            })
        })
        .collect();
    pretty(&json!({ "schema": "speerlint/policy-diff/1", "first": names[0], "second": names[1], "differences": differences }), out)
}
