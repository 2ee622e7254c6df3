//! Takes a tree as it was written, gives every mistake that the schema shows in it, never changes it.

use std::collections::HashMap;

use super::calendar;
use super::mistake::Mistakes;
use super::near::near;
use super::schema::{self, Field, Form, Kind, describe, join, span};
use super::tree::{Entry, Node, Place, Table, Value};

/// More entries in one array of tables are no agreement between people.
const ENTRIES: usize = 4096;

/// Each regular expression costs a millisecond or more to compile.
const PATTERNS: usize = 500;

/// Checks a document or a fragment against its description.
pub(super) fn check(root: &Table, fields: &'static [&'static [Field]], mistakes: &mut Mistakes) {
    Check { mistakes, patterns: 0 }.table(root, fields, None, "", true);
}

struct Check<'a> {
    mistakes: &'a mut Mistakes,
    /// Regular expressions met so far.
    patterns: usize,
}

impl Check<'_> {
    /// `whole`: where the table stands, for keys that it lacks; `inherits`: whether lists may be edits.
    fn table(&mut self, table: &Table, fields: &'static [&'static [Field]], whole: Option<Place>, path: &str, inherits: bool) {
        for (key, Entry { key: place, node }) in table {
            match schema::field(fields, key) {
                Some(field) => self.node(node, *place, &field.kind, &join(path, key), inherits),
                None => self.unknown(key, *place, fields, path),
            }
        }
        for field in fields.iter().flat_map(|part| part.iter()).filter(|f| f.required && !table.contains_key(f.key)) {
            let at = whole.unwrap_or_default();
            self.mistakes.add(at, format!("`{}` is missing: {}", join(path, field.key), lower_first(field.doc)), example(field));
        }
    }

    fn unknown(&mut self, key: &str, at: Place, fields: &'static [&'static [Field]], path: &str) {
        if self.mistakes.is_full() {
            return self.mistakes.add(at, "unknown key", None);
        }
        let known: Vec<&str> = fields.iter().flat_map(|part| part.iter()).map(|f| f.key).collect();
        let home = schema::home(key).filter(|home| home != path);
        let help = match (near(key, known.iter().copied()), home) {
            (Some(meant), _) => format!("did you mean `{meant}`?"),
            (None, Some(home)) => format!("`{key}` belongs in [{home}]"),
            (None, None) => format!("known here: {}", known.join(", ")),
        };
        let place = if path.is_empty() { String::new() } else { format!(" in [{path}]") };
        self.mistakes.add(at, format!("unknown key `{key}`{place}"), help);
    }

    fn node(&mut self, node: &Node, key: Place, kind: &'static Kind, path: &str, inherits: bool) {
        let at = node.at;
        match (kind, &node.value) {
            (Kind::Bool, Value::Bool(_)) => {}
            (Kind::Whole(low, high), Value::Whole(number)) if (low..=high).contains(&number) => {}
            (Kind::Whole(low, high), Value::Whole(_) | Value::Huge) => self.range(at, path, &span(low, high)),
            (Kind::Real(low, high), Value::Whole(_) | Value::Real(_)) => {
                if !number(&node.value).is_some_and(|n| (*low..=*high).contains(&n)) {
                    self.range(at, path, &span(low, high));
                }
            }
            (Kind::Positive, Value::Whole(_) | Value::Real(_)) => {
                if !number(&node.value).is_some_and(|n| n > 0.0 && n <= 1e15) {
                    self.range(at, path, "above zero");
                }
            }
            (Kind::Text(form), Value::Text(text)) => self.form(text, at, form, path),
            (Kind::Word(words), Value::Text(text)) => self.word(text, at, words, path),
            (Kind::Date, Value::Date(date)) => self.date(date, at, path),
            (Kind::List(kind), Value::List(list)) => {
                for node in list {
                    self.node(node, node.at, kind, path, inherits);
                }
            }
            (Kind::List(kind), Value::Table(edit)) => self.edit(edit, at, kind, path, inherits),
            (Kind::Pair, Value::List(list)) if matches!(list.as_slice(), [a, b] if a.text().is_some() && b.text().is_some()) => {}
            (Kind::Table(fields), Value::Table(table)) => self.table(table, fields, Some(spot(at, key)), path, inherits),
            (Kind::Map(form, words, kind), Value::Table(table)) => {
                for (name, Entry { key, node }) in table {
                    if !words.contains(&&**name) {
                        self.form(name, *key, form, path);
                    }
                    self.node(node, *key, kind, &join(path, name), inherits);
                }
            }
            (Kind::Entries(identity, fields), Value::List(list)) => self.entries(list, key, *identity, fields, path),
            (Kind::Entries(..), Value::Table(_)) => {
                let help = format!("an entry of an array of tables is written [[{path}]]");
                self.mistakes.add(spot(at, key), format!("`{path}` is an array of tables, found a table"), help);
            }
            (kind, value) => {
                let help = hint(kind, value);
                self.mistakes.add(at, format!("`{path}` takes {}, found {}", describe(kind), value.kind()), help);
            }
        }
    }

    fn entries(&mut self, list: &[Node], key: Place, identity: fn(&Table) -> String, fields: &'static [&'static [Field]], path: &str) {
        if list.len() > ENTRIES {
            self.mistakes.add(spot(key, key), format!("`{path}` has {} entries, more than {ENTRIES}", list.len()), None);
            return;
        }
        // Only a direction inherits what it says; the other entries replace the inherited one as a whole.
        let inherits = path == "direction";
        let inner = if inherits { "" } else { path };
        let mut seen: HashMap<String, Place> = HashMap::new();
        for node in list {
            let Value::Table(entry) = &node.value else {
                self.mistakes.add(node.at, format!("`{path}` takes tables, found {}", node.value.kind()), None);
                continue;
            };
            self.table(entry, fields, Some(node.at), inner, inherits);
            let name = ["id", "name", "from"].iter().find_map(|key| entry.get(*key)).map_or(node.at, |e| e.node.at);
            let required = fields.iter().flat_map(|part| part.iter()).filter(|f| f.required);
            // Without its name there is nothing to compare; that it lacks one has been said.
            if required.clone().take(1).any(|f| !entry.contains_key(f.key)) {
                continue;
            }
            match seen.get(&identity(entry)) {
                Some(first) => self.mistakes.clash(name, format!("`{path}` declares this twice"), *first, "first"),
                None => _ = seen.insert(identity(entry), name),
            }
        }
    }

    fn edit(&mut self, edit: &Table, at: Place, kind: &'static Kind, path: &str, inherits: bool) {
        if !inherits {
            let help = "write the list in full: an entry replaces the inherited one as a whole".to_owned();
            self.mistakes.add(at, format!("`{path}` has nothing to edit here"), help);
        }
        for (key, Entry { key: place, node }) in edit {
            match (&**key, &node.value) {
                ("add" | "remove", Value::List(list)) => {
                    for node in list {
                        self.node(node, node.at, kind, path, inherits);
                    }
                }
                ("add" | "remove", other) => {
                    self.mistakes.add(node.at, format!("`{path}.{key}` takes an array, found {}", other.kind()), None);
                }
                _ => self.mistakes.add(*place, format!("unknown key `{key}` in an edit of `{path}`"), "known here: add, remove".to_owned()),
            }
        }
    }

    fn word(&mut self, text: &str, at: Place, words: &'static [&'static str], path: &str) {
        if words.contains(&text) {
            return;
        }
        if self.mistakes.is_full() {
            return self.mistakes.add(at, "unknown word", None);
        }
        let help = match near(text, words.iter().copied()) {
            Some(meant) => format!("did you mean \"{meant}\"? One of: {}", words.join(", ")),
            None => format!("one of: {}", words.join(", ")),
        };
        self.mistakes.add(at, format!("`{path}` cannot be \"{}\"", shorten(text)), help);
    }

    fn form(&mut self, text: &str, at: Place, form: &Form, path: &str) {
        let is_pattern = form.what.starts_with("a regular");
        self.patterns += usize::from(is_pattern);
        if is_pattern && self.patterns > PATTERNS {
            return self.mistakes.add(at, format!("more than {PATTERNS} regular expressions"), None);
        }
        let Err(meant) = (form.check)(text) else { return };
        let help = match meant.filter(|meant| meant != text) {
            Some(meant) => format!("did you mean \"{}\"?", shorten(&meant)),
            None => format!("for example \"{}\"", form.example),
        };
        let why = if is_pattern { regex_fault(text) } else { String::new() };
        self.mistakes.add(at, format!("`{path}` takes {}, found \"{}\"{why}", form.what, shorten(text)), help);
    }

    fn date(&mut self, date: &toml::value::Datetime, at: Place, path: &str) {
        if date.date.is_some() && date.time.is_some() && date.offset.is_some() {
            return;
        }
        let day = date.date.map_or_else(|| "2026-07-01".to_owned(), |d| d.to_string());
        let time = date.time.map_or_else(|| "00:00:00".to_owned(), |t| t.to_string());
        self.mistakes.add(at, format!("`{path}` takes a date with time and offset"), format!("for example {day}T{time}Z"));
    }

    fn range(&mut self, at: Place, path: &str, range: &str) {
        self.mistakes.add(at, format!("`{path}` must be {range}"), None);
    }
}

/// Where a table stands: its own place, or its key's where it has none (tables made by dotted keys).
const fn spot(at: Place, key: Place) -> Place {
    if at.end > at.start { at } else { key }
}

#[allow(clippy::cast_precision_loss)] // Only compared with round limits.
const fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Whole(number) => Some(*number as f64),
        Value::Real(number) => Some(*number),
        _ => None,
    }
}

/// A value as it is quoted: the start of a long one.
pub(super) fn shorten(text: &str) -> String {
    if text.chars().count() <= 60 { text.to_owned() } else { text.chars().take(57).chain("...".chars()).collect() }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let acronym = text.chars().nth(1).is_some_and(|c| !c.is_lowercase() && c != ' ');
    chars.next().map_or_else(String::new, |c| if acronym { text.to_owned() } else { c.to_lowercase().chain(chars).collect() })
}

/// How to write what was probably meant.
fn hint(kind: &Kind, value: &Value) -> Option<String> {
    match (kind, value) {
        (Kind::Bool, Value::Text(_)) => Some("write true or false without quotes".into()),
        (Kind::Whole(..) | Kind::Real(..) | Kind::Positive, Value::Text(text)) if text.trim().parse::<f64>().is_ok() => {
            Some(format!("write {} without quotes", text.trim()))
        }
        (Kind::Date, Value::Text(text)) => {
            let moment = calendar::existing(text).unwrap_or_else(|| "2026-07-01T00:00:00Z".into());
            Some(format!("write the date without quotes, for example {moment}"))
        }
        (Kind::List(_), Value::Text(text)) => Some(format!("write [\"{}\"]", shorten(text))),
        (Kind::List(_), Value::Whole(number)) => Some(format!("write [{number}]")),
        (Kind::Pair, _) => Some("for example [\"alpha\", \"bravo\"]".into()),
        (Kind::Text(form), _) => Some(format!("for example \"{}\"", form.example)),
        _ => None,
    }
}

/// How a missing key is written.
fn example(field: &Field) -> Option<String> {
    match field.kind {
        Kind::Whole(low, high) if low == high => Some(format!("write {} = {low}", field.key)),
        Kind::Text(form) => Some(format!("for example {} = \"{}\"", field.key, form.example)),
        Kind::Date => Some(format!("for example {} = 2027-01-31T23:59:59Z", field.key)),
        Kind::Word(words) => Some(format!("{} is one of: {}", field.key, words.join(", "))),
        _ => None,
    }
}

/// The last line of what the regex crate says: its drawings do not fit into one line.
fn regex_fault(text: &str) -> String {
    match regex::bytes::RegexBuilder::new(text).size_limit(schema::PATTERN_WEIGHT).build() {
        Err(regex::Error::CompiledTooBig(_)) => ": it repeats too much".into(),
        Err(error) => error.to_string().lines().last().map_or_else(String::new, |l| format!(": {}", l.trim_start_matches("error: "))),
        Ok(_) => ": it is too long".into(),
    }
}
