//! Takes the name of a profile, gives its fragment, never one that does not ship with the program (`standards.md` §5.13).

use super::source::Source;
use super::tree::{self, Table};

/// A fragment that ships with the program.
#[derive(Debug)]
struct Text {
    name: &'static str,
    version: &'static str,
    toml: &'static str,
}

macro_rules! profiles {
    ($($name:literal $version:literal,)*) => {
        &[$(Text { name: $name, version: $version, toml: include_str!(concat!("profiles/", $name, ".toml")) },)*]
    };
}

const PROFILES: &[Text] = profiles! {
    "speermint-baseline" "1",
    "rfc8862-secure" "1",
    "sipconnect-2.0" "1",
    "ii-nni-29.165" "1",
    "gsma-ir95" "1",
    "i3forum-voice" "1",
    "shaken" "1",
};

const DEFAULTS: &str = include_str!("profiles/defaults.toml");

/// The built-in layers, read, with their sources: the defaults first, then the profiles.
#[derive(Debug)]
pub(super) struct BuiltIn {
    layers: Vec<Table>,
}

impl BuiltIn {
    /// Reads them and appends their texts to `sources`.
    pub(super) fn read(sources: &mut Vec<Source>) -> Self {
        let defaults = std::iter::once(("built-in defaults".to_owned(), DEFAULTS));
        let profiles = PROFILES.iter().map(|p| (format!("profile {}@{}", p.name, p.version), p.toml));
        let mut layers = Vec::new();
        for (name, toml) in defaults.chain(profiles) {
            let id = u16::try_from(sources.len()).unwrap_or(u16::MAX);
            // They are tested to be without flaws.
            layers.push(tree::read(toml, id).0);
            sources.push(Source::new(&name, toml));
        }
        Self { layers }
    }

    /// What holds where nobody says anything.
    pub(super) fn defaults(&self) -> Option<&Table> {
        self.layers.first()
    }

    /// The profile of this name, with or without `@version`.
    pub(super) fn profile(&self, name: &str) -> Option<&Table> {
        let index = PROFILES.iter().position(|p| is(p, name))?;
        self.layers.get(index + 1)
    }
}

fn is(profile: &Text, name: &str) -> bool {
    match name.split_once('@') {
        Some((name, version)) => profile.name == name && profile.version == version,
        None => profile.name == name,
    }
}

/// `name@version` of a profile.
pub(super) fn full_name(name: &str) -> Option<String> {
    PROFILES.iter().find(|p| is(p, name)).map(|p| format!("{}@{}", p.name, p.version))
}

/// What a profile is inspired by, in its own words.
pub(super) fn basis<'a>(built_in: &'a BuiltIn, name: &str) -> &'a str {
    built_in.profile(name).and_then(|table| tree::at(table, "profile.basis")?.text()).unwrap_or_default()
}

/// The names of all profiles.
pub fn names() -> impl Iterator<Item = &'static str> + Clone {
    PROFILES.iter().map(|p| p.name)
}
