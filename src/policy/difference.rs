//! Takes the policies of two peers, gives what will break or be refused between them, never which of them is right.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, Reading, Setting};
use super::leaf::{by_name, leaves};
use super::schema::{Kind, SECTIONS};
use super::sense::{Sense, sense};
use super::tree::{self, Table, Value};

/// What comes of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Weight {
    /// Worth knowing: no call fails of it.
    Note,
    /// What one side allows the other refuses.
    Refused,
    /// What one side needs cannot be had from the other.
    Breaks,
}

impl Weight {
    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Refused => "refused",
            Self::Breaks => "breaks",
        }
    }
}

/// A clause about which two policies differ.
#[derive(Clone, Debug)]
pub struct Difference {
    /// What comes of it.
    pub weight: Weight,
    /// The directions and trunk groups that it holds for; `every direction` where it holds for all.
    pub directions: Vec<String>,
    /// The key.
    pub path: String,
    /// What differs.
    pub what: String,
    /// What the first policy says; nothing where it is silent.
    pub first: Vec<Setting>,
    /// What the second policy says.
    pub second: Vec<Setting>,
}

/// What differs in one direction.
type Found = Vec<Difference>;

/// Everything about which two policies differ, the heaviest first.
#[must_use]
pub fn differences(first: &Document, second: &Document) -> Vec<Difference> {
    let everyone = compare(&Side::of(first, Reading::default()), &Side::of(second, Reading::default()));
    let readings = readings(first, second);
    let mut folded: BTreeMap<(std::cmp::Reverse<Weight>, String, String), Difference> = BTreeMap::new();
    let mut fold = |found: Found, name: &str| {
        for difference in found {
            let key = (std::cmp::Reverse(difference.weight), difference.path.clone(), difference.what.clone());
            folded.entry(key).or_insert(difference).directions.push(name.to_owned());
        }
    };
    let plain = readings.iter().filter(|(_, a, _)| a.trunk.is_none()).count();
    for (name, a, b) in &readings {
        let narrowed = first.narrows(*a) || second.narrows(*b);
        match (narrowed, a.trunk) {
            (true, _) => fold(compare(&Side::of(first, *a), &Side::of(second, *b)), name),
            (false, None) => fold(everyone.clone(), name),
            // A trunk group of which nothing is said is like its direction.
            (false, Some(_)) => {}
        }
    }
    if readings.is_empty() {
        fold(everyone, EVERY);
    }
    let is_plain = |name: &String| !name.contains(TRUNK);
    let mut differences: Vec<_> = folded.into_values().collect();
    for difference in &mut differences {
        let of_all = difference.directions.iter().filter(|name| is_plain(name)).count();
        if plain > 0 && of_all == plain {
            difference.directions = vec![EVERY.to_owned()];
        }
    }
    differences
}

const EVERY: &str = "every direction";
const TRUNK: &str = ", trunk group ";

/// The directions and trunk groups that both know, by name: those of the pairs of either, else those between all peers of both.
fn readings(first: &Document, second: &Document) -> Vec<(String, Reading, Reading)> {
    let ids =
        |document: &Document| -> BTreeMap<String, u16> { document.policy().peers.iter().map(|peer| peer.id.clone()).zip(0..).collect() };
    let (a, b) = (ids(first), ids(second));
    let named = |document: &Document, (from, to): (u16, u16)| {
        let id = |index: u16| document.policy().peers.get(usize::from(index)).map(|peer| peer.id.clone());
        Some((id(from)?, id(to)?))
    };
    let pairs = |document: &Document| document.policy().pairs.iter().filter_map(|&pair| named(document, pair)).collect::<Vec<_>>();
    let mut pairs: Vec<_> = pairs(first).into_iter().chain(pairs(second)).collect();
    if pairs.is_empty() {
        pairs = a.keys().flat_map(|from| a.keys().map(move |to| (from.clone(), to.clone()))).collect();
    }
    let both: BTreeSet<_> = pairs.into_iter().flat_map(|(from, to)| [(from.clone(), to.clone()), (to, from)]).collect();
    let mut readings = Vec::new();
    for (from, to) in both.into_iter().filter(|(from, to)| from != to) {
        let pair = |ids: &BTreeMap<String, u16>| Some((*ids.get(&from)?, *ids.get(&to)?));
        let (Some(p), Some(q)) = (pair(&a), pair(&b)) else { continue };
        let name = format!("{from} → {to}");
        let of = |direction, trunk| Reading { direction: Some(direction), trunk };
        readings.push((name.clone(), of(p, None), of(q, None)));
        let trunks = |document: &Document, (from, to): (u16, u16)| -> BTreeMap<String, _> {
            document.trunks(to).chain(document.trunks(from)).map(|(id, trunk)| (id.to_owned(), trunk)).collect()
        };
        let theirs = trunks(second, q);
        let shared = trunks(first, p).into_iter().filter_map(|(id, mine)| Some((theirs.get(&id).copied()?, mine, id)));
        readings.extend(shared.map(|(theirs, mine, id)| (format!("{name}{TRUNK}{id}"), of(p, Some(mine)), of(q, Some(theirs)))));
    }
    readings
}

/// What one side says, by key.
struct Side {
    settings: BTreeMap<String, Setting>,
    levels: BTreeSet<String>,
}

impl Side {
    fn of(document: &Document, reading: Reading) -> Self {
        let merged = document.merged(reading);
        let levels = leaves(&merged, &[SECTIONS], naming).into_iter().filter(|leaf| is_level(leaf.kind)).map(|leaf| leaf.path).collect();
        let settings = document.settings(&merged, naming).into_iter().map(|setting| (setting.path.clone(), setting)).collect();
        Self { settings, levels }
    }

    fn get(&self, path: &str) -> Option<&Setting> {
        self.settings.get(path)
    }

    /// What holds for a key: its own value, else that of everything that is not listed.
    fn level(&self, path: &str) -> Option<&Setting> {
        self.get(path).or_else(|| fallbacks(path).into_iter().find_map(|path| self.get(&path)))
    }

    fn word(&self, path: &str) -> Option<&str> {
        self.level(path)?.value.as_str()
    }

    fn number(&self, path: &str) -> Option<f64> {
        number(self.get(path)?)
    }

    /// The names below a path that have a level, and whether that admits them.
    fn named<'a>(&'a self, path: &'a str, rest: &'a str) -> impl Iterator<Item = &'a str> {
        let inside = self.levels.iter().filter_map(move |p| p.strip_prefix(path)?.strip_suffix(rest));
        inside.filter(|name| *name != "default" && !name.is_empty())
    }

    fn admits(&self, path: &str) -> bool {
        !matches!(self.word(path), Some("forbidden"))
    }
}

/// Entries of two policies are the same when they speak of the same, whatever they are called; names are compared in any case.
fn naming(path: &str, entry: &Table) -> String {
    match path {
        "admission.limit" => {
            let word = |key| tree::text(entry, key);
            let window = tree::get(entry, "window_s").map(|node| match node.value {
                Value::Whole(number) => format!("{number}s"),
                Value::Real(number) => format!("{number}s"),
                _ => String::new(),
            });
            let words = ["kind", "scope", "key", "basis"].into_iter().filter_map(word).map(str::to_owned).chain(window);
            words.collect::<Vec<_>>().join("/")
        }
        "sip.header" => {
            let methods: Vec<_> = tree::get(entry, "methods").map(|node| node.texts().collect()).unwrap_or_default();
            let when = tree::text(entry, "when").unwrap_or("any");
            format!("{}/{when}/{}", by_name(path, entry).to_ascii_lowercase(), methods.join("+"))
        }
        _ => by_name(path, entry).to_ascii_lowercase(),
    }
}

/// Where else the level of a key may stand, the nearest first.
fn fallbacks(path: &str) -> Vec<String> {
    if let Some(rest) = path.strip_prefix("media.").filter(|_| path.contains(".codec.")) {
        let kind = rest.split('.').next().unwrap_or_default();
        return vec![format!("media.{kind}.unlisted")];
    }
    if let Some(header) = path.strip_prefix("sip.header.") {
        let private = header.starts_with("p-") || header.starts_with("x-");
        return if private { vec!["sip.headers.unlisted_private".to_owned()] } else { Vec::new() };
    }
    let Some((table, name)) = path.rsplit_once('.') else { return Vec::new() };
    let mut found = Vec::new();
    if table == "sip.responses.levels"
        && let Some(class) = name.get(..1).filter(|_| !name.ends_with("xx"))
    {
        found.push(format!("{table}.{class}xx"));
    }
    if ["sip.methods", "sip.option_tags", "sip.responses.levels", "sip.uri.params", "media.types"].contains(&table) {
        found.push(format!("{table}.default"));
    }
    found
}

/// Whether a kind is that of levels.
pub(super) fn is_level(kind: &Kind) -> bool {
    matches!(kind, Kind::Word(["required", ..]))
}

fn compare(first: &Side, second: &Side) -> Found {
    let mut found = Vec::new();
    let paths: BTreeSet<&String> = first.settings.keys().chain(second.settings.keys()).collect();
    for path in paths {
        let is_level = first.levels.contains(path) || second.levels.contains(path);
        let judged = if is_level { levels(first.word(path), second.word(path)) } else { values(first.get(path), second.get(path), path) };
        if let Some((weight, what)) = judged {
            let own = |side: &Side| if is_level { side.level(path) } else { side.get(path) }.cloned().into_iter().collect();
            found.push(Difference { weight, directions: Vec::new(), path: path.clone(), what, first: own(first), second: own(second) });
        }
    }
    found.extend(nothing_shared(first, second, "sip.transport.levels", "sip.transport.levels.", "", "no transport in common"));
    for kind in ["audio", "video"] {
        let (path, inside) = (format!("media.{kind}"), format!("media.{kind}.codec."));
        found.extend(nothing_shared(first, second, &path, &inside, ".level", &format!("no {kind} codec in common")));
    }
    found.extend(apart(first, second, "sip.session_timer.min_s", "sip.session_timer.max_s", "no session interval suits both"));
    found.extend(apart(first, second, "sip.headers.max_forwards.min", "sip.headers.max_forwards.max", "no Max-Forwards suits both"));
    found
}

/// Two levels of one thing.
fn levels(first: Option<&str>, second: Option<&str>) -> Option<(Weight, String)> {
    let silent = |level: Option<&str>| matches!(level, None | Some("unspecified"));
    let heavier = |level| matches!(level, Some("required" | "recommended" | "supported"));
    let both = |one: &str, other: &str| (first == Some(one) && second == Some(other)) || (first == Some(other) && second == Some(one));
    let forbids = first == Some("forbidden") || second == Some("forbidden");
    let says = |weight, what: &str| Some((weight, what.to_owned()));
    if both("required", "forbidden") {
        says(Weight::Breaks, "one side requires what the other forbids")
    } else if forbids && (heavier(first) || heavier(second)) {
        says(Weight::Refused, "one side allows what the other forbids")
    } else if both("required", "discouraged") || both("recommended", "discouraged") {
        says(Weight::Note, "one side wants what the other discourages")
    } else if (forbids || first == Some("required") || second == Some("required")) && (silent(first) || silent(second)) {
        let what =
            if forbids { "one side forbids what the other does not speak of" } else { "one side requires what the other does not promise" };
        says(Weight::Note, what)
    } else {
        None
    }
}

/// Two values that are no levels.
fn values(first: Option<&Setting>, second: Option<&Setting>, path: &str) -> Option<(Weight, String)> {
    let sense = sense(path)?;
    let (Some(a), Some(b)) = (first, second) else {
        let one = first.or(second)?;
        let open = one.value.as_array().is_some_and(Vec::is_empty);
        let what = match sense {
            Sense::Most | Sense::Least | Sense::Among | Sense::Strict(_) if !open => "only one side has this bound",
            _ => return None,
        };
        return Some((Weight::Note, what.to_owned()));
    };
    if a.value == b.value {
        return None;
    }
    let (x, y) = (number(a), number(b));
    match sense {
        Sense::Most => Some((Weight::Refused, format!("one side refuses what is above {}", bound(x?.min(y?))))),
        Sense::Least => Some((Weight::Refused, format!("one side refuses what is below {}", bound(x?.max(y?))))),
        Sense::Strict(words) => {
            let rank = |setting: &Setting| words.iter().position(|word| *word == plain(&setting.value));
            let strictest = words.get(rank(a)?.min(rank(b)?))?;
            Some((Weight::Refused, format!("one side refuses what is not {strictest}")))
        }
        Sense::Among | Sense::Common => lists(&a.value, &b.value, sense == Sense::Among),
        Sense::Equal(weight) => {
            let same = x.zip(y).is_some_and(|(x, y)| x.total_cmp(&y).is_eq()) || set(&a.value).is_some_and(|s| Some(s) == set(&b.value));
            (!same).then(|| (weight, "the sides want different values".to_owned()))
        }
        Sense::Aside => None,
    }
}

/// Two lists of what is allowed; an empty one allows anything.
fn lists(first: &serde_json::Value, second: &serde_json::Value, each: bool) -> Option<(Weight, String)> {
    let (a, b) = (set(first)?, set(second)?);
    if a.is_empty() || b.is_empty() {
        return Some((Weight::Note, "only one side has this bound".to_owned())).filter(|_| a != b);
    }
    if a.is_disjoint(&b) {
        return Some((Weight::Breaks, "nothing in common".to_owned()));
    }
    let only: Vec<_> = a.symmetric_difference(&b).cloned().collect();
    let what = format!("only one side allows {}", only.join(", "));
    (!only.is_empty() && each).then_some((Weight::Refused, what))
}

fn set(value: &serde_json::Value) -> Option<BTreeSet<String>> {
    Some(value.as_array()?.iter().map(plain).collect())
}

/// A value without the quotes of a string.
fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn number(setting: &Setting) -> Option<f64> {
    setting.value.as_f64().or_else(|| setting.value.as_str()?.parse().ok())
}

fn bound(number: f64) -> String {
    number.to_string()
}

/// Nothing of a kind that both sides admit, though at least one of them names something.
fn nothing_shared(first: &Side, second: &Side, path: &str, inside: &str, rest: &str, what: &str) -> Option<Difference> {
    // Digits, comfort noise and redundancy come beside a codec, never in its place.
    let beside = ["telephone-event", "cn", "red", "default"];
    let names =
        |side: &Side| -> BTreeSet<String> { side.named(inside, rest).filter(|name| !beside.contains(name)).map(str::to_owned).collect() };
    let all: BTreeSet<_> = names(first).union(&names(second)).cloned().collect();
    let key = |name: &str| format!("{inside}{name}{rest}");
    // Where both leave open what is not listed, something else may be found.
    let open = first.admits(&key("?")) && second.admits(&key("?")) && !rest.is_empty();
    // A transport that a side does not list is one that it does not offer.
    let offers = |side: &Side, name: &str| if rest.is_empty() { side.get(&key(name)).is_some() } else { true };
    let usable = |side: &Side, name: &str| side.admits(&key(name)) && offers(side, name);
    let shared = all.iter().any(|name| usable(first, name) && usable(second, name));
    let speaks = |side: &Side| !names(side).is_empty();
    if all.is_empty() || open || shared || (rest.is_empty() && !(speaks(first) && speaks(second))) {
        return None;
    }
    let own = |side: &Side| all.iter().filter_map(|name| side.level(&key(name)).cloned()).collect::<Vec<_>>();
    let mut settings = (own(first), own(second));
    for side in [&mut settings.0, &mut settings.1] {
        side.dedup_by(|a, b| a.path == b.path);
    }
    Some(Difference {
        weight: Weight::Breaks,
        directions: Vec::new(),
        path: path.to_owned(),
        what: what.to_owned(),
        first: settings.0,
        second: settings.1,
    })
}

/// Two ranges without a value in common.
fn apart(first: &Side, second: &Side, low: &str, high: &str, what: &str) -> Option<Difference> {
    let clash = |a: &Side, b: &Side| a.number(low).zip(b.number(high)).is_some_and(|(low, high)| low > high);
    let own = |side: &Side| [low, high].into_iter().filter_map(|path| side.get(path).cloned()).collect();
    let path = low.rsplit_once('.').map_or(low, |(table, _)| table).to_owned();
    (clash(first, second) || clash(second, first)).then(|| Difference {
        weight: Weight::Breaks,
        directions: Vec::new(),
        path,
        what: what.to_owned(),
        first: own(first),
        second: own(second),
    })
}
