//! Takes a merged tree, gives typed values with their provenance, never a default: what is not there is `None`.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::IpNet;
use regex::bytes::{Regex, RegexBuilder};

use super::source::Source;
use super::terms::Agreed;
use super::tree::{self, Node, Place, Table, Value};
use super::{Clause, Level, LevelTable, Provenance, Severity, schema};
use crate::base::Time;

/// What reading needs beside the tree.
#[derive(Debug)]
pub(super) struct Reader<'a> {
    pub(super) sources: &'a [Source],
    /// The directory of the policy file.
    pub(super) base: &'a Path,
    /// Patterns that were compiled before: each direction and trunk group inherits the same ones.
    patterns: RefCell<HashMap<String, Option<Regex>>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(sources: &'a [Source], base: &'a Path) -> Self {
        Self { sources, base, patterns: RefCell::default() }
    }

    /// The section `path` of a tree.
    pub(super) fn section<'s>(&'s self, root: &'s Table, path: &str) -> Section<'s> {
        Section { reader: self, table: tree::at(root, path).and_then(Node::table), path: path.to_owned() }
    }

    pub(super) fn provenance(&self, at: Place, path: &str) -> Arc<Provenance> {
        let source = self.sources.get(usize::from(at.source));
        let name = source.map_or_else(|| Arc::from(""), |s| Arc::clone(&s.name));
        Arc::new(Provenance { source: name, line: source.map(|s| s.line_of(at.start)), path: path.into() })
    }

    fn pattern(&self, text: String) -> Option<Regex> {
        let build = |text: &str| RegexBuilder::new(text).size_limit(schema::PATTERN_WEIGHT).build().ok();
        self.patterns.borrow_mut().entry(text).or_insert_with_key(|text| build(text)).clone()
    }
}

/// A table of the tree and its path.
#[derive(Debug)]
pub(super) struct Section<'a> {
    reader: &'a Reader<'a>,
    table: Option<&'a Table>,
    path: String,
}

impl<'a> Section<'a> {
    /// The table under `key`, empty where there is none.
    pub(super) fn inner(&self, key: &str) -> Self {
        Self { reader: self.reader, table: self.node(key).and_then(Node::table), path: self.join(key) }
    }

    /// The entries of the array of tables under `key`; their paths end in their name.
    pub(super) fn entries(&self, key: &str) -> Vec<Self> {
        let tables = self.table.into_iter().flat_map(|table| tree::tables(table, key));
        let entry = |(table, _): (&'a Table, Place)| {
            let name = tree::text(table, "id").or_else(|| tree::text(table, "name")).unwrap_or("?");
            Self { reader: self.reader, table: Some(table), path: format!("{}.{name}", self.join(key)) }
        };
        tables.map(entry).collect()
    }

    pub(super) fn plain<T: Read>(&self, key: &str) -> Option<T> {
        T::read(self.node(key)?)
    }

    /// The value under `key` with its provenance.
    pub(super) fn agreed<T: Read>(&self, key: &str) -> Agreed<T> {
        self.agreed_as(key, T::read)
    }

    /// The same for a value that is written in another way than it is used.
    pub(super) fn agreed_as<T>(&self, key: &str, read: impl FnOnce(&Node) -> Option<T>) -> Agreed<T> {
        let node = self.node(key)?;
        Some(Clause::new(read(node)?, self.reader.provenance(node.at, &self.join(key))))
    }

    /// File names, relative to the policy file where it was the one to name them. Whether the files exist is asked by who reads
    /// them: a policy can be checked where its certificates are not.
    pub(super) fn file(&self, key: &str) -> Agreed<PathBuf> {
        self.agreed_as(key, |node| Some(self.reader.base.join(node.text()?)))
    }

    pub(super) fn files(&self, key: &str) -> Agreed<Vec<PathBuf>> {
        self.agreed_as(key, |node| Some(node.texts().map(|name| self.reader.base.join(name)).collect()))
    }

    /// A pattern that may be found anywhere.
    pub(super) fn pattern(&self, key: &str) -> Agreed<Regex> {
        self.agreed_as(key, |node| self.reader.pattern(node.text()?.to_owned()))
    }

    /// A pattern that must describe the whole value.
    pub(super) fn whole_pattern(&self, key: &str) -> Agreed<Regex> {
        self.agreed_as(key, |node| self.reader.pattern(format!(r"\A(?:{})\z", node.text()?)))
    }

    /// Every key of the table under `key`, but `default`.
    pub(super) fn map<T: Read>(&self, key: &str) -> BTreeMap<String, Clause<T>> {
        self.map_as(key, |name| (name != "default").then(|| name.to_owned()), T::read)
    }

    /// The same with keys and values that are written in another way than they are used.
    pub(super) fn map_as<K: Ord, T>(
        &self,
        key: &str,
        name: impl Fn(&str) -> Option<K>,
        read: impl Fn(&Node) -> Option<T>,
    ) -> BTreeMap<K, Clause<T>> {
        let inner = self.inner(key);
        let entry = |text: &Arc<str>| Some((name(text)?, inner.agreed_as(text, &read)?));
        inner.table.into_iter().flat_map(Table::keys).filter_map(entry).collect()
    }

    /// The level table under `key`.
    pub(super) fn levels(&self, key: &str) -> LevelTable {
        LevelTable { entries: self.map(key), default: self.inner(key).agreed("default") }
    }

    fn node(&self, key: &str) -> Option<&'a Node> {
        tree::get(self.table?, key)
    }

    fn join(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }
}

/// A value that a node can hold.
pub(super) trait Read: Sized {
    /// Reads it; `None` where the node holds something else, which validation has reported.
    fn read(node: &Node) -> Option<Self>;
}

macro_rules! whole {
    ($($number:ty),*) => {
        $(impl Read for $number {
            fn read(node: &Node) -> Option<Self> {
                if let Value::Whole(number) = node.value { Self::try_from(number).ok() } else { None }
            }
        })*
    };
}
whole!(u8, u16, u32, u64);

impl Read for f64 {
    #[allow(clippy::cast_precision_loss)] // Thresholds and limits are far below 2^53.
    fn read(node: &Node) -> Option<Self> {
        match node.value {
            Value::Whole(number) => Some(number as Self),
            Value::Real(number) => Some(number),
            _ => None,
        }
    }
}

impl Read for bool {
    fn read(node: &Node) -> Option<Self> {
        if let Value::Bool(value) = node.value { Some(value) } else { None }
    }
}

impl Read for String {
    fn read(node: &Node) -> Option<Self> {
        node.text().map(Into::into)
    }
}

impl Read for Level {
    fn read(node: &Node) -> Option<Self> {
        node.text().and_then(|word| Self::ALL.into_iter().find(|level| level.name() == word))
    }
}

impl Read for Severity {
    fn read(node: &Node) -> Option<Self> {
        node.text().and_then(|word| Self::ALL.into_iter().find(|severity| severity.name() == word))
    }
}

impl Read for IpNet {
    fn read(node: &Node) -> Option<Self> {
        let text = node.text()?;
        text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(Self::from))
    }
}

impl Read for Time {
    /// Dates that nanoseconds in 64 bits do not reach (before 1677, after 2262) become the nearest that they do: "never".
    fn read(node: &Node) -> Option<Self> {
        let Value::Date(date) = node.value else { return None };
        let stamp: jiff::Timestamp = date.to_string().parse().ok()?;
        let nanos = stamp.as_nanosecond();
        Some(Self(i64::try_from(nanos).unwrap_or(if nanos < 0 { i64::MIN } else { i64::MAX })))
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: &Node) -> Option<Self> {
        if let Value::List(list) = &node.value { Some(list.iter().filter_map(T::read).collect()) } else { None }
    }
}
