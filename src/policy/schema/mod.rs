//! Takes nothing, gives what a policy may say: each key with its kind and meaning in one place, never a value.
//!
//! Validation, suggestions and merging read this table; the values of the defaults stand in `profiles/defaults.toml`.

mod document;
mod form;
mod json;
mod media;
mod network;
mod quality;
mod sip;

pub(super) use document::{ROOT, SECTIONS};
pub use json::schema as json_schema;

pub(super) use form::{Form, PATTERN_WEIGHT, code_point, port_range, transport};

use super::tree::{self, Table};

/// A key of a table.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// One line for whoever writes the policy.
    pub(super) doc: &'static str,
}

/// What may stand under a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Bool,
    /// A whole number in a range, inclusive.
    Whole(i64, i64),
    /// A whole or real number in a range, inclusive.
    Real(f64, f64),
    /// A whole or real number above zero.
    Positive,
    /// A string of some form.
    Text(&'static Form),
    /// One of some words.
    Word(&'static [&'static str]),
    /// A date with time and offset.
    Date,
    /// An array, which replaces the inherited one, or `{ add, remove }`, which edits it.
    List(&'static Kind),
    /// Two peers, the first towards the second.
    Pair,
    /// A table with known keys.
    Table(&'static [&'static [Field]]),
    /// A table with keys of some form; the words are allowed too.
    Map(&'static Form, &'static [&'static str], &'static Kind),
    /// An array of tables whose entries have an identity: an entry replaces the inherited one with the same.
    Entries(fn(&Table) -> String, &'static [&'static [Field]]),
}

pub(super) const LEVEL: Kind = Kind::Word(&["required", "recommended", "supported", "unspecified", "discouraged", "forbidden"]);
pub(super) const SEVERITY: Kind = Kind::Word(&["info", "low", "medium", "high", "critical"]);
const PERCENT: Kind = Kind::Real(0.0, 100.0);
/// Up to 2^32 - 1.
const COUNT: Kind = Kind::Whole(0, 0xffff_ffff);
/// From 1 up to 2^32 - 1.
const SOME: Kind = Kind::Whole(1, 0xffff_ffff);
/// A time span or another amount that may be zero.
const AMOUNT: Kind = Kind::Real(0.0, 1e15);
const PORT: Kind = Kind::Whole(1, 65535);
const NAMES: Kind = Kind::List(&Kind::Text(&form::NAME));
const DEFAULT: &[&str] = &["default"];

const fn key(key: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { key, kind, required: false, doc }
}

const fn must(key: &'static str, kind: Kind, doc: &'static str) -> Field {
    Field { key, kind, required: true, doc }
}

/// The field of a key in a table's description.
pub(super) fn field(fields: &'static [&'static [Field]], key: &str) -> Option<&'static Field> {
    fields.iter().flat_map(|part| part.iter()).find(|field| field.key == key)
}

/// Where else a key is known, as a path of tables: the writer may have put it into the wrong one.
pub(super) fn home(key: &str) -> Option<String> {
    fn find(fields: &[&[Field]], key: &str, path: &str) -> Option<String> {
        fields.iter().flat_map(|part| part.iter()).find_map(|field| {
            if field.key == key && !path.is_empty() {
                return Some(path.to_owned());
            }
            let path = if path.is_empty() { field.key.to_owned() } else { format!("{path}.{}", field.key) };
            match field.kind {
                Kind::Table(inner) => find(inner, key, &path),
                _ => None,
            }
        })
    }
    find(&[SECTIONS], key, "")
}

/// A key below a path.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// A range in words.
pub(super) fn span<T: std::fmt::Display + PartialEq>(low: &T, high: &T) -> String {
    if low == high { low.to_string() } else { format!("from {low} to {high}") }
}

/// What a kind takes, in words.
pub(super) fn describe(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "true or false".into(),
        Kind::Whole(low, high) => format!("a whole number {}", span(low, high)),
        Kind::Real(low, high) => format!("a number {}", span(low, high)),
        Kind::Positive => "a number above zero".into(),
        Kind::Text(form) => form.what.into(),
        Kind::Word(words) => format!("one of {}", words.join(", ")),
        Kind::Date => "a date".into(),
        Kind::List(Kind::List(_) | Kind::Pair) => "an array of pairs of peers".into(),
        Kind::List(_) => "an array".into(),
        Kind::Pair => "two peers".into(),
        Kind::Table(_) | Kind::Map(..) => "a table".into(),
        Kind::Entries(..) => "an array of tables".into(),
    }
}

/// What a key means and takes; names of maps and of entries may stand in its path.
pub(super) fn explain(fields: &'static [&'static [Field]], path: &str) -> Option<(&'static str, String)> {
    let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
    let field = field(fields, key)?;
    let own = |kind| Some((field.doc, describe(kind)));
    match (&field.kind, rest) {
        (kind, None) => own(kind),
        (Kind::Table(inner), Some(rest)) => explain(inner, rest),
        (Kind::Map(_, _, Kind::Table(inner)), Some(rest)) => match rest.rsplit_once('.') {
            Some((_, last)) => explain(inner, last).or_else(|| own(&field.kind)),
            None => own(&field.kind),
        },
        (Kind::Map(_, _, kind), Some(_)) => own(kind),
        // A name may hold dots itself: what stands last is a key, or all of it is the name.
        (Kind::Entries(_, inner), Some(rest)) => {
            let inside = rest.match_indices('.').find_map(|(at, _)| explain(inner, rest.get(at + 1..)?));
            inside.or_else(|| own(&field.kind))
        }
        _ => None,
    }
}

/// Every key of the sections that holds a value, `*` for a name of a map or an entry.
pub(super) fn paths() -> Vec<(String, &'static Kind)> {
    fn below(kind: &'static Kind, path: String, found: &mut Vec<(String, &'static Kind)>) {
        match kind {
            Kind::Table(fields) => within(fields, &path, found),
            Kind::Map(_, _, kind) => below(kind, join(&path, "*"), found),
            Kind::Entries(_, fields) => within(fields, &join(&path, "*"), found),
            _ => found.push((path, kind)),
        }
    }
    fn within(fields: &'static [&'static [Field]], path: &str, found: &mut Vec<(String, &'static Kind)>) {
        fields.iter().flat_map(|part| part.iter()).for_each(|field| below(&field.kind, join(path, field.key), found));
    }
    let mut found = Vec::new();
    within(&[SECTIONS], "", &mut found);
    found
}

/// Whether a policy may write `text` at a path: as a key of the map, an element of the list, or the value that stands there.
#[must_use]
pub fn accepts(path: &str, text: &str) -> bool {
    fn at(fields: &'static [&'static [Field]], path: &str) -> Option<&'static Kind> {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        let field = field(fields, key)?;
        match (&field.kind, rest) {
            (kind, None) => Some(kind),
            (Kind::Table(inner) | Kind::Entries(_, inner), Some(rest)) => at(inner, rest),
            _ => None,
        }
    }
    fn takes(kind: &Kind, text: &str) -> bool {
        match kind {
            Kind::Text(form) | Kind::Map(form, ..) => (form.check)(text).is_ok(),
            Kind::Word(words) => words.contains(&text),
            Kind::List(kind) => takes(kind, text),
            _ => false,
        }
    }
    at(ROOT, path).is_some_and(|kind| takes(kind, text))
}

/// The identity of an entry by its `id`.
fn by_id(entry: &Table) -> String {
    tree::text(entry, "id").unwrap_or_default().to_owned()
}

/// The identity of an entry by its `name`.
fn by_name(entry: &Table) -> String {
    tree::text(entry, "name").unwrap_or_default().to_owned()
}

/// Two entries are the same when their identities are equal or when the later is the beginning of the earlier:
/// `pcma` replaces `pcma/8000`.
pub(super) fn replaces(later: &str, earlier: &str) -> bool {
    earlier.strip_prefix(later).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a path of keys leads anywhere, through tables, entries and maps.
#[cfg(test)]
pub(crate) fn knows(path: &str) -> bool {
    fn leads(fields: &'static [&'static [Field]], path: &str) -> bool {
        let (key, rest) = path.split_once('.').map_or((path, None), |(key, rest)| (key, Some(rest)));
        field(fields, key).is_some_and(|field| match (field.kind, rest) {
            (_, None) | (Kind::Map(..), _) => true,
            (Kind::Table(inner) | Kind::Entries(_, inner), Some(rest)) => leads(inner, rest),
            (_, Some(_)) => false,
        })
    }
    leads(ROOT, path)
}
