//! Takes TOML, gives a tree in which every value knows its place, never what a key means.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};
use toml::value::Datetime;

use super::calendar;

/// Where something was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// Index into the list of sources; 0 is the policy file.
    pub(super) source: u16,
    /// The first byte.
    pub(super) start: usize,
    /// One past the last byte.
    pub(super) end: usize,
}

/// A value and its place.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: Place,
}

/// What TOML can say.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Text(Arc<str>),
    Whole(i64),
    /// A whole number that 64 bits do not hold.
    Huge,
    Real(f64),
    Bool(bool),
    Date(Datetime),
    List(Vec<Node>),
    Table(Table),
}

/// Keys, in alphabetical order, with the place of the key and the value.
pub(super) type Table = BTreeMap<Arc<str>, Entry>;

/// What stands under a key.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The place of the key.
    pub(super) key: Place,
    /// The value.
    pub(super) node: Node,
}

/// A mistake of syntax.
#[derive(Debug)]
pub(super) struct Flaw {
    pub(super) at: Place,
    pub(super) what: String,
    /// What to do.
    pub(super) help: Option<String>,
}

/// So many arrays and tables may stand in each other, and so many parts in a key: the parser goes no deeper.
const DEEPEST: usize = 80;

/// Reads `text`; what could be read stands in the tree even where there are flaws.
pub(super) fn read(text: &str, source: u16) -> (Table, Vec<Flaw>) {
    let (root, errors) = DeTable::parse_recoverable(text);
    let flaw = |error: &toml::de::Error| {
        let is_deep = error.message().contains("recurs");
        // Of a key with too many parts the parser does not say where it stands.
        let span = error.span().or_else(|| long_key(text).filter(|_| is_deep)).unwrap_or_default();
        let what = match is_deep {
            true => format!("more than {DEEPEST} levels deep"),
            false => format!("this is not TOML: {}", error.message()),
        };
        let help = text.get(span.clone()).and_then(calendar::existing).map(|date| format!("did you mean {date}?"));
        Flaw { at: Place { source, start: span.start, end: span.end }, what, help }
    };
    (table(root.get_ref(), source), errors.iter().map(flaw).collect())
}

/// Where the first key of too many parts goes too deep.
fn long_key(text: &str) -> Option<Range<usize>> {
    let mut start = 0;
    text.split_inclusive('\n').find_map(|line| {
        let deep = line.match_indices('.').nth(DEEPEST - 1).map(|(at, _)| start + at..start + at + 1);
        start += line.len();
        deep
    })
}

fn place<T>(spanned: &Spanned<T>, source: u16) -> Place {
    let span = spanned.span();
    Place { source, start: span.start, end: span.end }
}

fn table(table: &DeTable<'_>, source: u16) -> Table {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        (Arc::from(&**name), Entry { key: place(key, source), node: node(value, source) })
    };
    table.iter().map(entry).collect()
}

fn list(array: &DeArray<'_>, source: u16) -> Vec<Node> {
    array.iter().map(|value| node(value, source)).collect()
}

fn node(spanned: &Spanned<DeValue<'_>>, source: u16) -> Node {
    let value = match spanned.get_ref() {
        DeValue::String(text) => Value::Text(Arc::from(&**text)),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix()).map_or(Value::Huge, Value::Whole),
        DeValue::Float(number) => Value::Real(number.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Datetime(date) => Value::Date(*date),
        DeValue::Array(array) => Value::List(list(array, source)),
        DeValue::Table(inner) => Value::Table(table(inner, source)),
    };
    Node { value, at: place(spanned, source) }
}

impl Value {
    /// What it is, in words.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Whole(_) | Self::Huge => "a whole number",
            Self::Real(_) => "a number",
            Self::Bool(_) => "true or false",
            Self::Date(_) => "a date",
            Self::List(_) => "an array",
            Self::Table(_) => "a table",
        }
    }
}

/// Equal in what they say, wherever it stands.
impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        match (&self.value, &other.value) {
            (Value::Text(a), Value::Text(b)) => a == b,
            (Value::Whole(a), Value::Whole(b)) => a == b,
            (Value::Real(a), Value::Real(b)) => a == b,
            (Value::Bool(a), Value::Bool(b)) => a == b,
            (Value::Date(a), Value::Date(b)) => a == b,
            (Value::List(a), Value::List(b)) => a == b,
            _ => false,
        }
    }
}

impl Node {
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    pub(super) fn list(&self) -> &[Self] {
        if let Value::List(list) = &self.value { list } else { &[] }
    }

    pub(super) const fn table(&self) -> Option<&Table> {
        if let Value::Table(table) = &self.value { Some(table) } else { None }
    }

    /// The strings of an array.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.list().iter().filter_map(Self::text)
    }
}

/// The value under `key`.
pub(super) fn get<'a>(table: &'a Table, key: &str) -> Option<&'a Node> {
    table.get(key).map(|entry| &entry.node)
}

/// The string under `key`.
pub(super) fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    get(table, key)?.text()
}

/// The value at a path of tables: `policy.extends`.
pub(super) fn at<'a>(root: &'a Table, path: &str) -> Option<&'a Node> {
    let (mut table, mut keys) = (root, path.split('.').peekable());
    while let Some(key) = keys.next() {
        let node = get(table, key)?;
        if keys.peek().is_none() {
            return Some(node);
        }
        table = node.table()?;
    }
    None
}

/// The tables of the array of tables under `key`, with their places.
pub(super) fn tables<'a>(table: &'a Table, key: &str) -> impl Iterator<Item = (&'a Table, Place)> + use<'a> {
    let nodes = get(table, key).map_or(&[][..], Node::list);
    nodes.iter().filter_map(|node| Some((node.table()?, node.at)))
}
