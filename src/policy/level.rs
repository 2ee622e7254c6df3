//! Takes the words of RFC 6271 A.2, gives levels of requirement, never applies them.

use std::collections::BTreeMap;

use super::Clause;

/// The level of a parameter (`standards.md` §6.2): what its presence and its absence mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Absence is a violation.
    Required,
    /// Absence is a violation, capped at low.
    Recommended,
    /// Both are fine.
    Supported,
    /// Not checked.
    #[default]
    Unspecified,
    /// Presence is a violation, capped at low.
    Discouraged,
    /// Presence is a violation.
    Forbidden,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 6] = [Self::Required, Self::Recommended, Self::Supported, Self::Unspecified, Self::Discouraged, Self::Forbidden];

    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Recommended => "recommended",
            Self::Supported => "supported",
            Self::Unspecified => "unspecified",
            Self::Discouraged => "discouraged",
            Self::Forbidden => "forbidden",
        }
    }
}

/// Levels by name, with the level of everything not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LevelTable {
    /// The entries, as written.
    pub entries: BTreeMap<String, Clause<Level>>,
    /// `default` (or `unlisted`).
    pub default: Option<Clause<Level>>,
}

impl LevelTable {
    /// What was agreed about `name` (exact), else about everything not listed; `None` where nothing was.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Clause<Level>> {
        self.entries.get(name).or(self.default.as_ref())
    }

    /// The same, names compared in any case.
    #[must_use]
    pub fn get_any_case(&self, name: &str) -> Option<&Clause<Level>> {
        let entry = self.entries.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, c)| c);
        entry.or(self.default.as_ref())
    }

    /// Whether nothing was agreed at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.default.is_none()
    }
}
