//! Takes what someone asks for by name, gives the files of tables that are meant, never opens one.

use std::str::FromStr;

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Name {
    Calls,
    Streams,
    Messages,
    Findings,
    Metrics,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Format {
    Csv,
    Parquet,
}

const NAMES: [(Name, &str); 5] = [
    (Name::Calls, "calls"),
    (Name::Streams, "streams"),
    (Name::Messages, "messages"),
    (Name::Findings, "findings"),
    (Name::Metrics, "metrics"),
];
const FORMATS: [(Format, &str); 2] = [(Format::Csv, "csv"), (Format::Parquet, "parquet")];

impl Name {
    /// The name of its files, without the ending.
    #[must_use]
    pub fn text(self) -> &'static str {
        NAMES.iter().find(|(name, _)| *name == self).map_or("", |(_, text)| text)
    }
}

impl Format {
    /// The ending of file names.
    #[must_use]
    pub fn text(self) -> &'static str {
        FORMATS.iter().find(|(format, _)| *format == self).map_or("", |(_, text)| text)
    }
}

/// Files of tables.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice(Vec<(Name, Format)>);

impl Choice {
    /// All there are.
    #[must_use]
    pub fn all() -> Self {
        Self(NAMES.iter().flat_map(|(name, _)| FORMATS.map(|(format, _)| (*name, format))).collect())
    }

    /// What is written where nothing is said: all but messages as CSV, which are many and long.
    #[must_use]
    pub fn usual() -> Self {
        Self(Self::all().0.into_iter().filter(|file| *file != (Name::Messages, Format::Csv)).collect())
    }

    /// All that any of them means.
    #[must_use]
    pub fn of(asked: &[Self]) -> Self {
        Self(Self::all().0.into_iter().filter(|file| asked.iter().any(|choice| choice.0.contains(file))).collect())
    }

    /// The formats in which a table is meant.
    pub(super) fn formats(&self, name: Name) -> impl Iterator<Item = Format> {
        self.0.iter().filter(move |(asked, _)| *asked == name).map(|(_, format)| *format)
    }
}

/// `calls.csv` is a file, `calls` a table in both formats, `csv` every table as CSV; `all` and `none` are what they say.
impl FromStr for Choice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let named = |(name, format): (Name, Format)| {
            let (name, format) = (name.text(), format.text());
            text == "all"
                || text == name
                || text == format
                || text.strip_prefix(name).and_then(|rest| rest.strip_prefix('.')) == Some(format)
        };
        let files: Vec<_> = Self::all().0.into_iter().filter(|file| named(*file)).collect();
        if files.is_empty() && text != "none" {
            let names = NAMES.map(|(_, name)| name).join(", ");
            return Err(format!("not a table ({names}), a format (csv, parquet), a file like calls.parquet, all or none"));
        }
        Ok(Self(files))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_formats_and_files_choose() {
        let many = |text: &str| text.parse::<Choice>().unwrap().0.len();
        assert_eq!(["all", "none", "csv", "calls", "calls.csv"].map(many), [10, 0, 5, 2, 1]);
        assert_eq!(Choice::usual().0.len(), 9);
        assert!(["", "call", "calls.", "calls.json", "callscsv", ".csv"].iter().all(|text| text.parse::<Choice>().is_err()));
        let both = Choice::of(&["calls".parse().unwrap(), "calls.csv".parse().unwrap(), "none".parse().unwrap()]);
        assert_eq!(both.formats(Name::Calls).collect::<Vec<_>>(), [Format::Csv, Format::Parquet]);
        assert_eq!(both.0.len(), 2);
    }
}
