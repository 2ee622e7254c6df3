//! Takes rules, gives their list and their pages for a terminal, never whether they were kept.

use std::io::{self, Write};

use super::Look;
use super::page::{Page, Paint};
use crate::rules::{Rule, Scope};

/// Writes one line a rule.
///
/// # Errors
/// When `out` does not take it.
pub fn write_catalogue(rules: &[&Rule], look: Look, mut out: impl Write) -> io::Result<()> {
    let mut page = Page::new(look);
    let column = rules.iter().map(|r| r.id.len()).max().unwrap_or(0);
    for rule in rules {
        page.put(Paint::Strong, &format!("{:column$}  ", rule.id));
        page.put(Paint::Weight(rule.severity), &format!("{:8}", rule.severity.name()));
        page.line(Paint::Plain, &format!("  {}", rule.title));
    }
    out.write_all(page.take().as_bytes())?;
    out.flush()
}

/// Writes the page of one rule.
///
/// # Errors
/// When `out` does not take it.
pub fn write_rule(rule: &Rule, look: Look, mut out: impl Write) -> io::Result<()> {
    let mut page = Page::new(look);
    page.put(Paint::Weight(rule.severity), &format!("{}[{}]", rule.severity.name(), rule.id));
    page.line(Paint::Strong, &format!(" {}", rule.title));
    page.end();
    page.paragraph(0, Paint::Plain, rule.what);
    let keys = if rule.keys.is_empty() { "none: a standard asks for it".to_owned() } else { rule.keys.join(", ") };
    let scope = match rule.scope {
        Scope::Message => "the direction of the message",
        Scope::Session => "the direction of the session",
        Scope::Connection => "the connection, client to server",
        Scope::Interval => "the direction of the interval",
        Scope::Global => "everyone",
    };
    for (label, text) in [("why", rule.why), ("confirm", rule.confirm), ("do", rule.fix)] {
        page.end();
        page.labelled(&[(Paint::Strong, label)], 11, text);
    }
    page.end();
    for (label, text) in [("name", rule.name), ("terms of", scope), ("policy", &keys), ("reference", rule.reference)] {
        page.labelled(&[(Paint::Strong, label)], 11, text);
    }
    out.write_all(page.take().as_bytes())?;
    out.flush()
}
