//! Takes layers of the policy, gives one tree in which every value still knows its layer, never a value of its own (`standards.md` §6.3).

use super::mistake::Mistakes;
use super::schema::{self, Field, Kind};
use super::tree::{Entry, Node, Table, Value};

/// Lays `over` upon `base`: tables merge key by key, entries by identity, `{ add, remove }` edits, everything else replaces.
/// Only keys of `fields` are taken.
pub(super) fn merge(base: &mut Table, over: &Table, fields: &'static [&'static [Field]], mistakes: &mut Mistakes) {
    for (key, entry) in over {
        let Some(field) = schema::field(fields, key) else { continue };
        put(base, key, entry, &field.kind, mistakes);
    }
}

fn put(base: &mut Table, key: &std::sync::Arc<str>, over: &Entry, kind: &'static Kind, mistakes: &mut Mistakes) {
    let fresh = || Entry { key: over.key, node: Node { value: nothing(kind), at: over.node.at } };
    let entry = base.entry(key.clone()).or_insert_with(fresh);
    entry.key = over.key;
    match (kind, &mut entry.node.value, &over.node.value) {
        (Kind::Table(fields), Value::Table(base), Value::Table(over)) => merge(base, over, fields, mistakes),
        (Kind::Map(_, _, kind), Value::Table(base), Value::Table(over)) => {
            over.iter().for_each(|(key, entry)| put(base, key, entry, kind, mistakes));
        }
        (Kind::Entries(identity, _), Value::List(base), Value::List(over)) => replace(base, over, *identity),
        (Kind::List(_), Value::List(base), Value::Table(over)) => edit(base, over, mistakes),
        (_, base, over) => *base = over.clone(),
    }
    entry.node.at = over.node.at;
}

/// What a key holds before anything is laid upon it.
const fn nothing(kind: &Kind) -> Value {
    match kind {
        Kind::Table(_) | Kind::Map(..) => Value::Table(Table::new()),
        _ => Value::List(Vec::new()),
    }
}

fn replace(base: &mut Vec<Node>, over: &[Node], identity: fn(&Table) -> String) {
    let name = |node: &Node| node.table().map(identity).unwrap_or_default();
    let mut names: Vec<String> = base.iter().map(name).collect();
    for node in over {
        let later = name(node);
        let inherited = names.iter().position(|earlier| schema::replaces(&later, earlier));
        match inherited.and_then(|at| Some((base.get_mut(at)?, names.get_mut(at)?))) {
            Some((slot, earlier)) => (*slot, *earlier) = (node.clone(), later),
            None => {
                base.push(node.clone());
                names.push(later);
            }
        }
    }
}

fn edit(base: &mut Vec<Node>, over: &Table, mistakes: &mut Mistakes) {
    for (key, entry) in over.iter().rev() {
        for node in entry.node.list() {
            let found = base.iter().position(|b| b == node);
            match (&**key, found) {
                ("remove", Some(at)) => _ = base.remove(at),
                // A misspelt value would otherwise stay agreed without anybody noticing.
                ("remove", None) => mistakes.add(
                    node.at,
                    "this is not in the inherited list",
                    "nothing to remove; see what the profiles and the global section say".to_owned(),
                ),
                ("add", None) => base.push(node.clone()),
                _ => {}
            }
        }
    }
}
