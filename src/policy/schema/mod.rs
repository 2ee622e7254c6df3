//! Takes nothing, gives what a policy may say: each key with its kind and meaning in one place, never a value.
//!
//! Validation, suggestions and merging read this table; the values of the defaults stand in `profiles/defaults.toml`.

mod document;
mod form;
mod media;
mod network;
mod quality;
mod sip;

pub(super) use document::{ROOT, SECTIONS};
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
