//! Takes the merged layers, gives the terms of a direction and trunk group by index, never merges at look-up (`standards.md` §6.3).

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::mistake::Mistakes;
use super::peers::{Party, Peer, TrunkId};
use super::profile::BuiltIn;
use super::reader::Reader;
use super::schema::SECTIONS;
use super::tree::{self, Node, Place, Table};
use super::{Terms, merge, sections};

/// More directions and trunk groups with terms of their own than this would fill the memory with terms.
const NARROWED: usize = 4096;

/// The terms that hold for everyone, and those that hold for some.
#[derive(Debug, Default)]
pub(super) struct Agreements {
    global: Arc<Terms>,
    /// By sender; each row is sorted by receiver.
    rows: Vec<Vec<(u16, Narrowed)>>,
    /// Terms of a trunk group where its direction says nothing, by peer and group.
    trunks: Vec<Vec<Option<Arc<Terms>>>>,
}

/// The terms of one direction.
#[derive(Debug)]
struct Narrowed {
    plain: Arc<Terms>,
    /// Its trunk groups that have terms of their own.
    trunks: Vec<(TrunkId, Arc<Terms>)>,
}

impl Agreements {
    /// What holds from one party to another on a trunk group.
    pub(super) fn terms(&self, from: Party, to: Party, trunk: Option<TrunkId>) -> &Terms {
        let narrowed = self.narrowed(from, to);
        if let Some(trunk) = trunk {
            let own = match narrowed {
                Some(narrowed) => narrowed.trunks.iter().find(|(id, _)| *id == trunk).map(|(_, terms)| terms),
                None => self.trunks.get(usize::from(trunk.peer)).and_then(|t| t.get(usize::from(trunk.group))).and_then(Option::as_ref),
            };
            if let Some(terms) = own {
                return terms;
            }
        }
        narrowed.map_or(&self.global, |narrowed| &narrowed.plain)
    }

    /// All of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Terms> {
        let narrowed = self.rows.iter().flatten().map(|(_, narrowed)| narrowed);
        let narrowed = narrowed.flat_map(|n| std::iter::once(&n.plain).chain(n.trunks.iter().map(|(_, terms)| terms)));
        let terms = std::iter::once(&self.global).chain(narrowed).chain(self.trunks.iter().flatten().flatten());
        terms.map(|terms| &**terms)
    }

    /// What holds for everyone.
    pub(super) fn global(&self) -> &Terms {
        &self.global
    }

    fn narrowed(&self, from: Party, to: Party) -> Option<&Narrowed> {
        let (Party::Declared(from), Party::Declared(to)) = (from, to) else { return None };
        let row = self.rows.get(usize::from(from))?;
        let at = row.binary_search_by_key(&to, |(to, _)| *to).ok()?;
        row.get(at).map(|(_, narrowed)| narrowed)
    }
}

/// The layers of a policy.
#[derive(Debug)]
pub(super) struct Layers<'a> {
    pub(super) file: &'a Table,
    pub(super) built_in: &'a BuiltIn,
    pub(super) peers: &'a [Peer],
}

/// Whom terms of their own are for, and the layers that make them so, in order.
#[derive(Debug)]
struct Subject<'a> {
    direction: Option<(u16, u16)>,
    trunk: Option<TrunkId>,
    plain: Option<&'a Table>,
    own: Option<&'a Table>,
}

/// A `[[direction]]` entry between declared peers.
#[derive(Debug)]
struct Direction<'a> {
    pair: (u16, u16),
    trunk: Option<TrunkId>,
    table: &'a Table,
}

impl<'a> Layers<'a> {
    /// What holds for everyone, weakest first: defaults, profiles, global sections.
    fn common(&self) -> impl Iterator<Item = &'a Table> + use<'a> {
        let (built_in, file) = (self.built_in, self.file);
        let extends = tree::at(file, "policy.extends").into_iter().flat_map(Node::texts);
        built_in.defaults().into_iter().chain(extends.filter_map(|name| built_in.profile(name))).chain([file])
    }

    /// What is laid upon it, in the order of `standards.md` §6.3, step 4.
    fn own(&self, subject: &Subject<'a>) -> Vec<&'a Table> {
        let built_in = self.built_in;
        // The `extends` of a direction, then what it says itself.
        let direction = |table: Option<&'a Table>| {
            let extends = table.and_then(|table| tree::get(table, "extends")).into_iter().flat_map(Node::texts);
            extends.filter_map(|name| built_in.profile(name)).chain(table)
        };
        let trunk = subject.trunk.into_iter().flat_map(|id| self.extends(id)).filter_map(|name| built_in.profile(name));
        direction(subject.plain).chain(trunk).chain(direction(subject.own)).collect()
    }

    /// Every layer of a direction and trunk group, weakest first.
    pub(super) fn stack(&self, direction: Option<(u16, u16)>, trunk: Option<TrunkId>) -> Vec<&'a Table> {
        let said = self.directions();
        let entry = |trunk| said.iter().find(|d| Some(d.pair) == direction && d.trunk == trunk).map(|d| d.table);
        let subject = Subject { direction, trunk, plain: entry(None), own: trunk.and_then(|id| entry(Some(id))) };
        self.common().chain(self.own(&subject)).collect()
    }

    fn global(&self, mistakes: &mut Mistakes) -> Table {
        let mut merged = Table::new();
        self.lay(&mut merged, self.common(), mistakes);
        merged
    }

    fn narrow(&self, global: &Table, subject: &Subject<'a>, mistakes: &mut Mistakes) -> Table {
        let mut merged = global.clone();
        self.lay(&mut merged, self.own(subject), mistakes);
        merged
    }

    fn lay<'l>(&self, merged: &mut Table, layers: impl IntoIterator<Item = &'l Table>, mistakes: &mut Mistakes) {
        layers.into_iter().for_each(|layer| merge::merge(merged, layer, &[SECTIONS], mistakes));
    }

    /// Everyone who has terms of their own; the plain direction before its trunk groups.
    fn subjects(&self) -> impl Iterator<Item = Subject<'a>> {
        let trunks: Vec<TrunkId> = self.trunk_ids().collect();
        let everywhere = trunks.clone().into_iter().filter(|id| self.extends(*id).next().is_some());
        let everywhere = everywhere.map(|id| Subject { direction: None, trunk: Some(id), plain: None, own: None });
        let directions = self.directions();
        let pairs: BTreeSet<(u16, u16)> = directions.iter().map(|d| d.pair).collect();
        let said: HashMap<_, _> = directions.into_iter().map(|d| ((d.pair, d.trunk), d.table)).collect();
        let narrowed = pairs.into_iter().flat_map(move |pair| {
            let plain = said.get(&(pair, None)).copied();
            let own = trunks.iter().filter(|id| id.peer == pair.0 || id.peer == pair.1).filter_map(|id| {
                let own = said.get(&(pair, Some(*id))).copied();
                let differs = own.is_some() || self.extends(*id).next().is_some();
                differs.then_some(Subject { direction: Some(pair), trunk: Some(*id), plain, own })
            });
            let own: Vec<_> = own.collect();
            std::iter::once(Subject { direction: Some(pair), trunk: None, plain, own: None }).chain(own)
        });
        everywhere.chain(narrowed)
    }

    fn trunk_ids(&self) -> impl Iterator<Item = TrunkId> {
        let ids = |(peer, id): (&'a Peer, u16)| (0_u16..).take(peer.trunk_groups.len()).map(move |group| TrunkId { peer: id, group });
        self.peers.iter().zip(0_u16..).flat_map(ids)
    }

    /// The profiles of a trunk group.
    fn extends(&self, id: TrunkId) -> impl Iterator<Item = &'a str> + use<'a> {
        let group = self.peers.get(usize::from(id.peer)).and_then(|peer| peer.trunk_groups.get(usize::from(id.group)));
        group.into_iter().flat_map(|group| group.extends.iter().map(String::as_str))
    }

    fn directions(&self) -> Vec<Direction<'a>> {
        let index: HashMap<&str, u16> = self.peers.iter().map(|peer| peer.id.as_str()).zip(0..).collect();
        let read = |(table, _): (&'a Table, Place)| {
            let peer = |key| index.get(tree::text(table, key)?).copied();
            let pair = (peer("from")?, peer("to")?);
            let trunk = match tree::text(table, "trunk_group") {
                Some(id) => Some(self.trunk_named(pair.0, id).or_else(|| self.trunk_named(pair.1, id))?),
                None => None,
            };
            Some(Direction { pair, trunk, table })
        };
        tree::tables(self.file, "direction").filter_map(read).collect()
    }

    fn trunk_named(&self, peer: u16, id: &str) -> Option<TrunkId> {
        let groups = &self.peers.get(usize::from(peer))?.trunk_groups;
        let group = groups.iter().zip(0_u16..).find(|(group, _)| group.id == id)?.1;
        Some(TrunkId { peer, group })
    }
}

/// The terms of all layers.
pub(super) fn agree(layers: &Layers<'_>, reader: &Reader<'_>, mistakes: &mut Mistakes) -> Agreements {
    let global = layers.global(mistakes);
    let mut agreed = Agreements {
        global: Arc::new(sections::terms(&global, reader)),
        rows: layers.peers.iter().map(|_| Vec::new()).collect(),
        trunks: layers.peers.iter().map(|peer| vec![None; peer.trunk_groups.len()]).collect(),
    };
    for (subject, number) in layers.subjects().zip(1..) {
        if number > NARROWED {
            let what = format!("more than {NARROWED} directions and trunk groups have terms of their own");
            mistakes.add(tree::get(layers.file, "direction").map_or_else(Place::default, |node| node.at), what, None);
            break;
        }
        let merged = layers.narrow(&global, &subject, mistakes);
        agreed.put(&subject, Arc::new(sections::terms(&merged, reader)));
    }
    agreed
}

impl Agreements {
    /// Subjects come sorted, each direction before its trunk groups.
    fn put(&mut self, subject: &Subject<'_>, terms: Arc<Terms>) {
        match (subject.direction, subject.trunk) {
            (Some((from, to)), None) => {
                if let Some(row) = self.rows.get_mut(usize::from(from)) {
                    row.push((to, Narrowed { plain: terms, trunks: Vec::new() }));
                }
            }
            (Some((from, _)), Some(id)) => {
                if let Some((_, narrowed)) = self.rows.get_mut(usize::from(from)).and_then(|row| row.last_mut()) {
                    narrowed.trunks.push((id, terms));
                }
            }
            (None, Some(id)) => {
                if let Some(slot) = self.trunks.get_mut(usize::from(id.peer)).and_then(|t| t.get_mut(usize::from(id.group))) {
                    *slot = Some(terms);
                }
            }
            (None, None) => {}
        }
    }
}
