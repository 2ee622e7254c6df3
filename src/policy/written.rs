//! Takes a tree, gives it as TOML or JSON, never the comments that stood in the file.

use std::fmt::Write as _;

use super::schema::{self, Field, Kind};
use super::tree::{Node, Table, Value};

/// Comments behind longer lines than this stand where they stand.
const COLUMN: usize = 48;

/// A value on one line of TOML.
pub(super) fn toml(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => quoted(text),
        Value::Whole(number) => number.to_string(),
        Value::Huge => i64::MAX.to_string(),
        Value::Real(number) => format!("{number:?}"),
        Value::Bool(value) => value.to_string(),
        Value::Date(date) => date.to_string(),
        Value::List(list) => format!("[{}]", list.iter().map(toml).collect::<Vec<_>>().join(", ")),
        Value::Table(table) if table.is_empty() => "{}".into(),
        Value::Table(inner) => {
            let entries: Vec<_> = inner.iter().map(|(key, entry)| format!("{} = {}", bare(key), toml(&entry.node))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

/// A value as JSON; dates become strings.
pub(super) fn json(node: &Node) -> serde_json::Value {
    match &node.value {
        Value::Text(text) => (**text).into(),
        Value::Whole(number) => (*number).into(),
        Value::Huge => i64::MAX.into(),
        Value::Real(number) => (*number).into(),
        Value::Bool(value) => (*value).into(),
        Value::Date(date) => date.to_string().into(),
        Value::List(list) => list.iter().map(json).collect(),
        Value::Table(inner) => object(inner),
    }
}

/// A table as JSON.
pub(super) fn object(table: &Table) -> serde_json::Value {
    serde_json::Value::Object(table.iter().map(|(key, entry)| (key.to_string(), json(&entry.node))).collect())
}

/// A string as TOML writes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A key as TOML writes it.
pub(super) fn bare(key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { key.to_owned() } else { quoted(key) }
}

/// A whole document; `note` says what stands behind a value.
pub(super) fn document(root: &Table, fields: &'static [&'static [Field]], note: &dyn Fn(&Node) -> String) -> String {
    let mut writer = Writer { out: String::new(), note };
    writer.table(root, &|key| schema::field(fields, key).map(|field| field.kind), "", None);
    writer.out
}

struct Writer<'a> {
    out: String,
    note: &'a dyn Fn(&Node) -> String,
}

impl Writer<'_> {
    /// Values first, for a key behind a heading belongs to that heading.
    fn table(&mut self, table: &Table, kind: &dyn Fn(&str) -> Option<Kind>, path: &str, heading: Option<&str>) {
        let known = || table.iter().filter_map(|(key, entry)| Some((&**key, &entry.node, kind(key)?)));
        let nested = |node: &Node, kind: Kind| match (kind, &node.value) {
            (Kind::Table(_) | Kind::Map(..), Value::Table(_)) => true,
            (Kind::Entries(..), Value::List(list)) => !list.is_empty(),
            _ => false,
        };
        let lines: Vec<_> = (known().filter(|(_, node, kind)| !nested(node, *kind)))
            .map(|(key, node, _)| (format!("{} = {}", bare(key), toml(node)), (self.note)(node)))
            .collect();
        // Only tables below: their own headings say it all. An entry has its heading already.
        if let Some(path) = heading.filter(|_| table.is_empty() || !lines.is_empty()) {
            _ = writeln!(self.out, "\n[{path}]");
        }
        let width = lines.iter().map(|(line, _)| line.chars().count()).filter(|&n| n <= COLUMN).max().unwrap_or_default();
        for (line, note) in lines {
            // Writing to a string cannot fail.
            _ = if note.is_empty() { writeln!(self.out, "{line}") } else { writeln!(self.out, "{line:width$}  # {note}") };
        }
        for (key, node, kind) in known().filter(|(_, node, kind)| nested(node, *kind)) {
            let path = schema::join(path, &bare(key));
            match (kind, &node.value) {
                (Kind::Table(fields), Value::Table(inner)) => {
                    self.table(inner, &|key| schema::field(fields, key).map(|field| field.kind), &path, Some(&path));
                }
                (Kind::Map(_, _, kind), Value::Table(inner)) => {
                    self.table(inner, &|_| Some(*kind), &path, Some(&path));
                }
                (Kind::Entries(_, fields), Value::List(list)) => {
                    for entry in list.iter().filter_map(Node::table) {
                        _ = writeln!(self.out, "\n[[{path}]]");
                        self.table(entry, &|key| schema::field(fields, key).map(|field| field.kind), &path, None);
                    }
                }
                _ => {}
            }
        }
    }
}
