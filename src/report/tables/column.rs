//! Takes nothing, gives what a table is made of, never a row of one.

use std::borrow::Cow;

use crate::base::Time;

/// What stands in a place of a table; where nothing does, there is no cell.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Cell<'a> {
    Text(Cow<'a, str>),
    /// Text of the wire: octets that are no UTF-8 are for its format to replace.
    Octets(&'a [u8]),
    Whole(u64),
    Real(f64),
    Time(Time),
    Truth(bool),
}

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Kind {
    Text,
    Whole,
    Real,
    Time,
    Truth,
}

/// How a column gets its cell from a row: says also what it is and whether it may be missing.
enum Get<R> {
    Text(fn(&R) -> Cow<'_, str>),
    MaybeText(fn(&R) -> Option<Cow<'_, str>>),
    Octets(fn(&R) -> &[u8]),
    MaybeOctets(fn(&R) -> Option<&[u8]>),
    Whole(fn(&R) -> u64),
    MaybeWhole(fn(&R) -> Option<u64>),
    Real(fn(&R) -> f64),
    MaybeReal(fn(&R) -> Option<f64>),
    Time(fn(&R) -> Time),
    MaybeTime(fn(&R) -> Option<Time>),
    Truth(fn(&R) -> bool),
    MaybeTruth(fn(&R) -> Option<bool>),
}

/// A column: its name, what it means and in which unit, and how a row fills it.
pub struct Column<R> {
    /// The same in CSV and Parquet.
    pub name: &'static str,
    /// For people.
    pub meaning: &'static str,
    /// Empty where there is none.
    pub unit: &'static str,
    /// Whether values come again, as all of a call do with each of its messages, so that a dictionary of them is shorter.
    pub few: bool,
    get: Get<R>,
}

impl<R> std::fmt::Debug for Column<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Column").field("name", &self.name).field("kind", &self.kind()).finish_non_exhaustive()
    }
}

impl<R> Column<R> {
    fn new(name: &'static str, meaning: &'static str, get: Get<R>) -> Self {
        Self { name, meaning, unit: "", few: false, get }
    }

    /// Text that is always there.
    pub fn text(name: &'static str, meaning: &'static str, get: fn(&R) -> Cow<'_, str>) -> Self {
        Self::new(name, meaning, Get::Text(get))
    }

    /// Text that may be missing.
    pub fn maybe_text(name: &'static str, meaning: &'static str, get: fn(&R) -> Option<Cow<'_, str>>) -> Self {
        Self::new(name, meaning, Get::MaybeText(get))
    }

    /// Text of the wire that is always there.
    pub fn octets(name: &'static str, meaning: &'static str, get: fn(&R) -> &[u8]) -> Self {
        Self::new(name, meaning, Get::Octets(get))
    }

    /// Text of the wire that may be missing.
    pub fn maybe_octets(name: &'static str, meaning: &'static str, get: fn(&R) -> Option<&[u8]>) -> Self {
        Self::new(name, meaning, Get::MaybeOctets(get))
    }

    /// A number of things, always there.
    pub fn whole(name: &'static str, meaning: &'static str, get: fn(&R) -> u64) -> Self {
        Self::new(name, meaning, Get::Whole(get))
    }

    /// A number of things that may be missing.
    pub fn maybe_whole(name: &'static str, meaning: &'static str, get: fn(&R) -> Option<u64>) -> Self {
        Self::new(name, meaning, Get::MaybeWhole(get))
    }

    /// A measure, always there.
    pub fn real(name: &'static str, meaning: &'static str, get: fn(&R) -> f64) -> Self {
        Self::new(name, meaning, Get::Real(get))
    }

    /// A measure that may be undefined.
    pub fn maybe_real(name: &'static str, meaning: &'static str, get: fn(&R) -> Option<f64>) -> Self {
        Self::new(name, meaning, Get::MaybeReal(get))
    }

    /// A moment, always there.
    pub fn time(name: &'static str, meaning: &'static str, get: fn(&R) -> Time) -> Self {
        Self::new(name, meaning, Get::Time(get))
    }

    /// A moment that may not be known.
    pub fn maybe_time(name: &'static str, meaning: &'static str, get: fn(&R) -> Option<Time>) -> Self {
        Self::new(name, meaning, Get::MaybeTime(get))
    }

    /// True or false.
    pub fn truth(name: &'static str, meaning: &'static str, get: fn(&R) -> bool) -> Self {
        Self::new(name, meaning, Get::Truth(get))
    }

    /// True, false or not known.
    pub fn maybe_truth(name: &'static str, meaning: &'static str, get: fn(&R) -> Option<bool>) -> Self {
        Self::new(name, meaning, Get::MaybeTruth(get))
    }

    /// The same in a unit.
    #[must_use]
    pub fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }

    /// The same with values that come again.
    #[must_use]
    pub fn few(self) -> Self {
        Self { few: true, ..self }
    }

    /// What its cells are.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.get {
            Get::Text(_) | Get::MaybeText(_) | Get::Octets(_) | Get::MaybeOctets(_) => Kind::Text,
            Get::Whole(_) | Get::MaybeWhole(_) => Kind::Whole,
            Get::Real(_) | Get::MaybeReal(_) => Kind::Real,
            Get::Time(_) | Get::MaybeTime(_) => Kind::Time,
            Get::Truth(_) | Get::MaybeTruth(_) => Kind::Truth,
        }
    }

    /// Whether a cell may be missing.
    #[must_use]
    pub fn nullable(&self) -> bool {
        match self.get {
            Get::Text(_) | Get::Octets(_) | Get::Whole(_) | Get::Real(_) | Get::Time(_) | Get::Truth(_) => false,
            Get::MaybeText(_) | Get::MaybeOctets(_) => true,
            Get::MaybeWhole(_) | Get::MaybeReal(_) | Get::MaybeTime(_) | Get::MaybeTruth(_) => true,
        }
    }

    /// The cell of a row.
    #[must_use]
    pub fn cell<'a>(&self, row: &'a R) -> Option<Cell<'a>> {
        match self.get {
            Get::Text(get) => Some(Cell::Text(get(row))),
            Get::MaybeText(get) => get(row).map(Cell::Text),
            Get::Octets(get) => Some(Cell::Octets(get(row))),
            Get::MaybeOctets(get) => get(row).map(Cell::Octets),
            Get::Whole(get) => Some(Cell::Whole(get(row))),
            Get::MaybeWhole(get) => get(row).map(Cell::Whole),
            Get::Real(get) => Some(Cell::Real(get(row))),
            Get::MaybeReal(get) => get(row).map(Cell::Real),
            Get::Time(get) => Some(Cell::Time(get(row))),
            Get::MaybeTime(get) => get(row).map(Cell::Time),
            Get::Truth(get) => Some(Cell::Truth(get(row))),
            Get::MaybeTruth(get) => get(row).map(Cell::Truth),
        }
    }
}

/// A table: what a row of it is, and its columns in order.
#[derive(Debug)]
pub struct Table<R> {
    /// The name of its files, without the ending.
    pub name: &'static str,
    /// Columns are added to a version at their end, never renamed, moved or given another meaning.
    pub version: u32,
    /// What a row is.
    pub row: &'static str,
    /// In which order rows come.
    pub order: &'static str,
    /// The columns.
    pub columns: Vec<Column<R>>,
}

impl<R> Table<R> {
    /// Its schema by name and version: `speerlint/calls/1`.
    #[must_use]
    pub fn schema(&self) -> String {
        format!("speerlint/{}/{}", self.name, self.version)
    }
}
