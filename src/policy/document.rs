//! Takes a policy that can be believed, gives its layers and what they come to for a direction, never a judgement.

use std::path::Path;
use std::sync::Arc;

use super::agreements::Layers;
use super::leaf::{Naming, by_name, leaves};
use super::load::read_text;
use super::mistake::{Mistakes, Style};
use super::near::near;
use super::policy::{KnownRules, Policy};
use super::profile::{self, BuiltIn};
use super::reader::Reader;
use super::schema::{self, SECTIONS};
use super::source::Source;
use super::tree::{self, Node, Table, Value};
use super::{Provenance, TrunkId, merge, written};
use crate::base::{Error, Result};

/// A policy with the layers that it was made of.
#[derive(Debug)]
pub struct Document {
    policy: Policy,
    root: Table,
    built_in: BuiltIn,
}

/// For whom a document is read; nobody in particular: what holds for everyone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reading {
    /// From the first peer to the second.
    pub direction: Option<(u16, u16)>,
    /// On this trunk group.
    pub trunk: Option<TrunkId>,
}

/// A value of the policy, as one of its layers gives it.
#[derive(Clone, Debug)]
pub struct Setting {
    /// `sip.methods.REFER`
    pub path: String,
    /// The value as JSON.
    pub value: serde_json::Value,
    /// The value as TOML.
    pub written: String,
    /// Where it was written.
    pub from: Arc<Provenance>,
    /// `built-in defaults`, `profile NAME@VERSION`, `global section`, or the direction.
    pub layer: String,
    /// Whether it edits the list that it inherits.
    pub edits: bool,
}

/// What a policy, a profile or the defaults come to.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// What it is, line by line.
    pub title: Vec<String>,
    /// Every value, by key.
    pub settings: Vec<Setting>,
    /// The whole as TOML, each value with its origin; loads as a policy of its own, but for profiles and the defaults.
    pub toml: String,
}

/// A value and the values that it was laid upon.
#[derive(Clone, Debug)]
pub struct Explained {
    /// What holds.
    pub holds: Setting,
    /// What each layer says, the one that holds first.
    pub layers: Vec<Setting>,
}

/// What a key means and where its values come from.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The key, or the beginning of keys.
    pub key: String,
    /// What it means.
    pub meaning: &'static str,
    /// What may stand there.
    pub takes: String,
    /// The values at and below the key; empty where nothing was agreed.
    pub values: Vec<Explained>,
}

impl Document {
    /// Reads a policy file.
    ///
    /// # Errors
    /// As [`Policy::load`].
    pub fn load(path: &Path, known: KnownRules<'_>) -> Result<Self> {
        Self::parse(path, &read_text(path, Style::Plain)?, known)
    }

    /// A document from its text; `path` names it.
    ///
    /// # Errors
    /// As [`Policy::parse`].
    pub fn parse(path: &Path, text: &str, known: KnownRules<'_>) -> Result<Self> {
        let policy = Policy::parse(path, text, known, Style::Plain)?;
        // The same places as in the policy's own sources: the file, then what is built in.
        let mut sources = vec![Source::new("", "")];
        let built_in = BuiltIn::read(&mut sources);
        Ok(Self { policy, root: tree::read(text, 0).0, built_in })
    }

    /// The policy.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The reading for a direction and a trunk group by their ids.
    ///
    /// # Errors
    /// When the policy does not declare them.
    pub fn reading(&self, direction: Option<(&str, &str)>, trunk: Option<&str>) -> Result<Reading> {
        let ids = || self.policy.peers.iter().map(|peer| peer.id.as_str());
        let peer = |id: &str| {
            let index = ids().zip(0_u16..).find(|(known, _)| *known == id).map(|(_, index)| index);
            index.ok_or_else(|| unknown("peer", id, ids()))
        };
        let direction = direction.map(|(from, to)| Ok::<_, Error>((peer(from)?, peer(to)?))).transpose()?;
        if let Some((from, to)) = direction
            && from == to
        {
            return Err(Error::Usage("a direction leads from one peer to another".into()));
        }
        let ends = direction.map_or_else(|| (0..).take(self.policy.peers.len()).collect(), |(from, to)| vec![from, to]);
        let groups = || ends.iter().flat_map(|&end| self.trunks(end));
        let trunk = trunk.map(|id| {
            let found = groups().find(|(name, _)| *name == id).map(|(_, trunk)| trunk);
            found.ok_or_else(|| unknown("trunk group", id, groups().map(|(name, _)| name)))
        });
        Ok(Reading { direction, trunk: trunk.transpose()? })
    }

    /// The trunk groups of a peer.
    pub(super) fn trunks(&self, peer: u16) -> impl Iterator<Item = (&str, TrunkId)> {
        let groups = self.policy.peers.get(usize::from(peer)).map(|p| p.trunk_groups.as_slice()).unwrap_or_default();
        groups.iter().zip(0..).map(move |(group, index)| (group.id.as_str(), TrunkId { peer, group: index }))
    }

    /// Whether anything is said of a reading that does not hold for everyone.
    pub(super) fn narrows(&self, reading: Reading) -> bool {
        self.layers().stack(reading.direction, reading.trunk).len() > self.layers().stack(None, None).len()
    }

    fn layers(&self) -> Layers<'_> {
        Layers { file: &self.root, built_in: &self.built_in, peers: &self.policy.peers }
    }

    /// The merged sections of a reading.
    pub(super) fn merged(&self, reading: Reading) -> Table {
        let (mut merged, mut mistakes) = (Table::new(), Mistakes::default());
        for layer in self.layers().stack(reading.direction, reading.trunk) {
            merge::merge(&mut merged, layer, &[SECTIONS], &mut mistakes);
        }
        merged
    }

    /// The values of a tree of sections.
    pub(super) fn settings(&self, tree: &Table, naming: Naming) -> Vec<Setting> {
        let reader = Reader::new(&self.policy.sources, Path::new(""));
        leaves(tree, &[SECTIONS], naming).into_iter().map(|leaf| self.setting(&reader, &leaf.path, leaf.node)).collect()
    }

    fn setting(&self, reader: &Reader<'_>, path: &str, node: &Node) -> Setting {
        let from = reader.provenance(node.at, path);
        let layer = if node.at.source == 0 { self.place(node) } else { from.source.to_string() };
        let edits = matches!(node.value, Value::Table(_));
        Setting { path: path.to_owned(), value: written::json(node), written: written::toml(node), from, layer, edits }
    }

    /// Which part of the file a value stands in: directions stand one after the other, each with everything that it says.
    fn place(&self, node: &Node) -> String {
        let directions = tree::tables(&self.root, "direction");
        let holder = directions.filter(|(entry, _)| holds(entry, node)).map(|(entry, _)| direction_name(entry)).next();
        holder.unwrap_or_else(|| "global section".to_owned())
    }

    /// What the policy comes to for a reading.
    #[must_use]
    pub fn sheet(&self, reading: Reading) -> Sheet {
        let merged = self.merged(reading);
        let settings = self.settings(&merged, by_name);
        let policy = &self.policy;
        let whom = self.name(reading).unwrap_or_else(|| "everyone".to_owned());
        let mut title = vec![format!("policy {}, revision {}: what holds for {whom}", policy.id, policy.revision)];
        title.extend(policy.profiles.iter().map(|name| format!("extends {name}: {}", profile::basis(&self.built_in, name))));
        let mut root = merged;
        let (schema, _) = tree::read("schema = 1", 0);
        root.extend(schema);
        if reading == Reading::default() {
            // What the profiles say is in it: it needs them no more.
            let kept = ["policy", "peer", "direction", "rule", "waiver"];
            root.extend(self.root.iter().filter(|(key, _)| kept.contains(&&***key)).map(|(key, entry)| (key.clone(), entry.clone())));
            if let Some(Value::Table(agreement)) = root.get_mut("policy").map(|entry| &mut entry.node.value) {
                agreement.remove("extends");
            }
        }
        let toml = laid_out(&title, &root, schema::ROOT, &policy.sources);
        Sheet { title, settings, toml }
    }

    /// What a reading is called; `None` where it is everyone's.
    pub(super) fn name(&self, reading: Reading) -> Option<String> {
        let id = |index: u16| self.policy.peers.get(usize::from(index)).map_or("?", |peer| peer.id.as_str());
        let direction = reading.direction.map(|(from, to)| format!("{} → {}", id(from), id(to)));
        let trunk = reading.trunk.and_then(|trunk| self.trunks(trunk.peer).find(|(_, t)| *t == trunk));
        let trunk = trunk.map(|(name, _)| format!("trunk group {name}"));
        match (direction, trunk) {
            (Some(direction), Some(trunk)) => Some(format!("{direction}, {trunk}")),
            (one, other) => one.or(other),
        }
    }

    /// What the policy says and probably does not mean.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let files = std::iter::once(&self.root).chain(tree::tables(&self.root, "direction").map(|(entry, _)| entry));
        // The default of a table speaks only of what no layer lists: what a profile lists stays as the profile has it.
        let hint = |table: &Table| {
            let methods = tree::at(table, "sip.methods").and_then(Node::table)?;
            let default = tree::get(methods, "default").filter(|node| node.text() == Some("forbidden"))?;
            let merged = self.merged(Reading::default());
            let inherited = tree::at(&merged, "sip.methods").and_then(Node::table)?;
            // INVITE brings ACK and CANCEL with it: nobody forbids these.
            let kept = |(name, entry): (&Arc<str>, &tree::Entry)| {
                let open = matches!(entry.node.text(), Some("supported" | "recommended")) && !matches!(&**name, "ACK" | "CANCEL");
                (open && entry.node.at.source != 0 && !methods.contains_key(name)).then(|| name.to_string())
            };
            let kept: Vec<_> = inherited.iter().filter_map(kept).collect();
            let line = self.policy.sources.first().map_or(0, |source| source.line_of(default.at.start));
            let what = format!(
                "line {line}: `default = \"forbidden\"` in sip.methods does not reach {}, which a profile lists: forbid each by name if that is meant",
                kept.join(", ")
            );
            (!kept.is_empty()).then_some(what)
        };
        files.filter_map(hint).collect()
    }

    /// Where the values at and below a key come from.
    ///
    /// # Errors
    /// When no policy may write the key.
    pub fn explain(&self, key: &str, reading: Reading) -> Result<Explanation> {
        let Some((meaning, takes)) = schema::explain(&[SECTIONS], key) else {
            let known = schema::paths();
            let meant = near(key, known.iter().map(|(path, _)| path.as_str())).map(str::to_owned);
            let meant = meant.or_else(|| key.rsplit('.').next().and_then(|last| Some(schema::join(&schema::home(last)?, last))));
            let hint = meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            return Err(Error::Usage(format!("no policy may write {key}{hint} (`speerlint policy show --defaults` has the keys)")));
        };
        let below = |path: &str| path.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        let stack = self.layers().stack(reading.direction, reading.trunk);
        let said: Vec<Vec<Setting>> = stack.iter().rev().map(|layer| self.settings(layer, by_name)).collect();
        let holds = self.settings(&self.merged(reading), by_name).into_iter().filter(|setting| below(&setting.path));
        let values = holds.map(|holds| {
            let layers = said.iter().flat_map(|layer| layer.iter().find(|s| s.path == holds.path)).cloned().collect();
            Explained { holds, layers }
        });
        Ok(Explanation { key: key.to_owned(), meaning, takes, values: values.collect() })
    }
}

/// A built-in profile by its name, with or without its version; or the defaults, by the name `defaults`.
#[must_use]
pub fn built_in(name: &str) -> Option<Sheet> {
    let mut sources = vec![Source::new("", "")];
    let built_in = BuiltIn::read(&mut sources);
    let (table, title) = match profile::full_name(name) {
        Some(full) => (built_in.profile(name)?, vec![format!("profile {full}"), profile::basis(&built_in, name).to_owned()]),
        None if name == "defaults" => {
            (built_in.defaults()?, vec!["built-in defaults".to_owned(), "what holds where nobody says anything".to_owned()])
        }
        None => return None,
    };
    let reader = Reader::new(&sources, Path::new(""));
    let setting = |leaf: super::leaf::Leaf<'_>| {
        let from = reader.provenance(leaf.node.at, &leaf.path);
        let layer = from.source.to_string();
        Setting { value: written::json(leaf.node), written: written::toml(leaf.node), path: leaf.path, from, layer, edits: false }
    };
    let settings = leaves(table, &[SECTIONS], by_name).into_iter().map(setting).collect();
    Some(Sheet { toml: laid_out(&title, table, &[SECTIONS], &sources), title, settings })
}

fn laid_out(title: &[String], root: &Table, fields: &'static [&'static [schema::Field]], sources: &[Source]) -> String {
    let head: String = title.iter().map(|line| format!("# {}\n", line.replace(char::is_control, " "))).collect();
    let note = |node: &Node| {
        let source = sources.get(usize::from(node.at.source));
        // The version of the schema, which nobody need have written, has no place.
        let source = source.filter(|_| node.at.end > node.at.start && (node.at.source, node.at.start) != (0, 9));
        source.map(|s| format!("{}:{}", s.name, s.line_of(node.at.start)).replace(char::is_control, " ")).unwrap_or_default()
    };
    format!("{head}\n{}", written::document(root, fields, &note))
}

/// Whether a value stands in a table of the file.
fn holds(table: &Table, node: &Node) -> bool {
    table.values().any(|entry| {
        let at = entry.node.at;
        at == node.at
            || match &entry.node.value {
                Value::Table(inner) => holds(inner, node),
                Value::List(list) => list.iter().any(|item| item.at == node.at || item.table().is_some_and(|inner| holds(inner, node))),
                _ => false,
            }
    })
}

fn direction_name(entry: &Table) -> String {
    let part = |key| tree::text(entry, key).unwrap_or("?");
    let trunk = tree::text(entry, "trunk_group").map(|id| format!(", trunk group {id}")).unwrap_or_default();
    format!("direction {} → {}{trunk}", part("from"), part("to"))
}

fn unknown<'k>(what: &str, name: &str, known: impl Iterator<Item = &'k str>) -> Error {
    let known: Vec<_> = known.collect();
    let hint = match near(name, known.iter().copied()) {
        Some(meant) => format!("; did you mean {meant}?"),
        None if known.is_empty() => "; the policy declares none".to_owned(),
        None if known.len() <= 12 => format!("; known: {}", known.join(", ")),
        None => String::new(),
    };
    Error::Usage(format!("no {what} {name}{hint}"))
}
