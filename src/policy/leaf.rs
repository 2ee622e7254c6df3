//! Takes a tree and its description, gives the values in it with their paths, never a table.

use super::schema::{self, Field, Kind};
use super::tree::{self, Node, Table, Value};

/// A value that is no table of others.
#[derive(Clone, Debug)]
pub(super) struct Leaf<'a> {
    /// The keys that lead to it; an entry of an array of tables stands as its name.
    pub(super) path: String,
    pub(super) kind: &'static Kind,
    pub(super) node: &'a Node,
}

/// How the entries of the array of tables at a path are named.
pub(super) type Naming = fn(&str, &Table) -> String;

/// By `id` or `name`, as provenances name them.
pub(super) fn by_name(_: &str, entry: &Table) -> String {
    tree::text(entry, "id").or_else(|| tree::text(entry, "name")).unwrap_or("?").to_owned()
}

/// The values of a table, in alphabetical order of their keys; keys that the description does not know are left out.
pub(super) fn leaves<'a>(table: &'a Table, fields: &'static [&'static [Field]], naming: Naming) -> Vec<Leaf<'a>> {
    let mut found = Vec::new();
    within(table, fields, "", naming, &mut found);
    found
}

fn within<'a>(table: &'a Table, fields: &'static [&'static [Field]], path: &str, naming: Naming, found: &mut Vec<Leaf<'a>>) {
    for (key, entry) in table {
        if let Some(field) = schema::field(fields, key) {
            below(&entry.node, &field.kind, schema::join(path, key), naming, found);
        }
    }
}

fn below<'a>(node: &'a Node, kind: &'static Kind, path: String, naming: Naming, found: &mut Vec<Leaf<'a>>) {
    match (kind, &node.value) {
        (Kind::Table(fields), Value::Table(table)) => within(table, fields, &path, naming, found),
        (Kind::Map(_, _, kind), Value::Table(table)) => {
            for (key, entry) in table {
                below(&entry.node, kind, schema::join(&path, key), naming, found);
            }
        }
        (Kind::Entries(_, fields), Value::List(list)) => {
            for entry in list.iter().filter_map(Node::table) {
                within(entry, fields, &schema::join(&path, &naming(&path, entry)), naming, found);
            }
        }
        _ => found.push(Leaf { path, kind, node }),
    }
}
