//! Takes a validated document, gives the peers, rule settings and waivers that it declares, never terms.

use ipnet::IpNet;

use super::numbers::Prefixes;
use super::peers::{Dbe, Party, Peer, Role, Sbe, TrunkGroup};
use super::policy::RuleSetting;
use super::reader::{Read, Reader};
use super::schema;
use super::tree::{self, Node, Place, Table};
use super::waiver::Waiver;

/// A value of a table, where it is there.
fn value<T: Read>(table: &Table, key: &str) -> Option<T> {
    T::read(tree::get(table, key)?)
}

/// A value or its empty form.
fn or_empty<T: Read + Default>(table: &Table, key: &str) -> T {
    value(table, key).unwrap_or_default()
}

/// The peers, in file order.
pub(super) fn peers(root: &Table, reader: &Reader<'_>) -> Vec<Peer> {
    tree::tables(root, "peer").map(|(table, at)| peer(table, at, reader)).collect()
}

fn peer(table: &Table, at: Place, reader: &Reader<'_>) -> Peer {
    let id: String = or_empty(table, "id");
    let numbers = tree::get(table, "numbers").and_then(Node::table);
    Peer {
        name: value(table, "name").unwrap_or_else(|| id.clone()),
        ssp_domains: or_empty(table, "ssp_domains"),
        tls_identities: or_empty(table, "tls_identities"),
        transit_for: or_empty(table, "transit_for"),
        contact: value(table, "contact"),
        sbe: tree::tables(table, "sbe").map(|(sbe, at)| self::sbe(sbe, at, &id, reader)).collect(),
        dbe: tree::tables(table, "dbe").map(|(dbe, at)| self::dbe(dbe, at, &id, reader)).collect(),
        e164_prefixes: Prefixes::of_numbers(numbers.map(|n| or_empty(n, "e164_prefixes")).unwrap_or_default()),
        trunk_groups: tree::tables(table, "trunk_group").map(|(group, _)| trunk_group(group)).collect(),
        from: reader.provenance(at, &format!("peer.{id}")),
        id,
    }
}

/// Both roles where none is given.
fn roles(table: &Table) -> Vec<Role> {
    value(table, "roles").unwrap_or_else(|| vec![Role::Ingress, Role::Egress])
}

fn sbe(table: &Table, at: Place, peer: &str, reader: &Reader<'_>) -> Sbe {
    let name: String = or_empty(table, "name");
    let ports = tree::get(table, "ports").and_then(Node::table);
    let ports = ports.into_iter().flatten().filter_map(|(word, entry)| Some((schema::transport(word)?, Read::read(&entry.node)?)));
    Sbe {
        fqdn: or_empty(table, "fqdn"),
        addresses: or_empty(table, "addresses"),
        ports: ports.collect(),
        roles: roles(table),
        for_peers: or_empty(table, "for_peers"),
        from: reader.provenance(at, &format!("peer.{peer}.sbe.{name}")),
        name,
    }
}

fn dbe(table: &Table, at: Place, peer: &str, reader: &Reader<'_>) -> Dbe {
    let name: String = or_empty(table, "name");
    Dbe {
        addresses: or_empty(table, "addresses"),
        ports: tree::text(table, "ports").and_then(schema::port_range),
        roles: roles(table),
        from: reader.provenance(at, &format!("peer.{peer}.dbe.{name}")),
        name,
    }
}

fn trunk_group(table: &Table) -> TrunkGroup {
    let none = Table::new();
    let given = tree::get(table, "match").and_then(Node::table).unwrap_or(&none);
    TrunkGroup {
        id: or_empty(table, "id"),
        sbe: value(given, "sbe"),
        port: value(given, "port"),
        tgrp: value(given, "tgrp"),
        trunk_context: value(given, "trunk_context"),
        caller_prefixes: Prefixes::verbatim(or_empty(given, "caller_prefixes")),
        called_prefixes: Prefixes::verbatim(or_empty(given, "called_prefixes")),
        vlan: value(given, "vlan"),
        extends: or_empty(table, "extends"),
    }
}

/// The peer of this id.
pub(super) fn party(peers: &[Peer], id: &str) -> Option<Party> {
    let index = peers.iter().position(|peer| peer.id == id)?;
    u16::try_from(index).ok().map(Party::Declared)
}

/// Two peers: `["alpha", "bravo"]`.
pub(super) fn pair(peers: &[Peer], node: &Node) -> Option<(Party, Party)> {
    let mut ids = node.texts();
    Some((party(peers, ids.next()?)?, party(peers, ids.next()?)?))
}

/// The `[[rule]]` entries.
pub(super) fn rules(root: &Table, peers: &[Peer], reader: &Reader<'_>) -> Vec<RuleSetting> {
    let setting = |(table, at): (&Table, Place)| {
        let id: String = or_empty(table, "id");
        RuleSetting {
            enabled: value(table, "enabled").unwrap_or(true),
            severity: value(table, "severity"),
            direction: tree::get(table, "direction").and_then(|node| pair(peers, node)),
            reason: value(table, "reason"),
            from: reader.provenance(at, &format!("rule.{id}")),
            id,
        }
    };
    tree::tables(root, "rule").map(setting).collect()
}

/// The `[[waiver]]` entries.
pub(super) fn waivers(root: &Table, peers: &[Peer], reader: &Reader<'_>) -> Vec<Waiver> {
    tree::tables(root, "waiver").filter_map(|(table, at)| waiver(table, at, peers, reader)).collect()
}

fn waiver(table: &Table, at: Place, peers: &[Peer], reader: &Reader<'_>) -> Option<Waiver> {
    let none = Table::new();
    let given = tree::get(table, "match").and_then(Node::table).unwrap_or(&none);
    let id: String = value(table, "id")?;
    Some(Waiver {
        rules: value(table, "rules")?,
        direction: tree::get(given, "direction").and_then(|node| pair(peers, node)),
        trunk_group: value(given, "trunk_group"),
        peer: tree::text(given, "peer").and_then(|id| party(peers, id)),
        from_cidr: value::<IpNet>(given, "from_cidr"),
        to_cidr: value::<IpNet>(given, "to_cidr"),
        port: value(given, "port"),
        method: value(given, "method"),
        status: value(given, "status"),
        codec: value(given, "codec"),
        header: value(given, "header"),
        caller: value(given, "caller"),
        callee: value(given, "callee"),
        time_from: value(given, "time_from"),
        time_until: value(given, "time_until"),
        reason: value(table, "reason")?,
        owner: value(table, "owner"),
        ticket: value(table, "ticket"),
        granted: value(table, "granted"),
        expires: value(table, "expires")?,
        max_findings: value(table, "max_findings"),
        from: reader.provenance(at, &format!("waiver.{id}")),
        id,
    })
}
