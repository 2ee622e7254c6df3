//! Takes a document of the right form, gives every mistake between its parts, never one that the schema shows.

use std::collections::{BTreeSet, HashMap};

use super::mistake::Mistakes;
use super::near::near;
use super::profile;
use super::reader::Read;
use super::tree::{self, Node, Place, Table, Value};
use super::validate::shorten;
use super::waiver::glob;
use crate::base::Time;

/// Checks what one part of the document says of another.
pub(super) fn check(root: &Table, known: &[&str], mistakes: &mut Mistakes) {
    let peers = tree::tables(root, "peer").filter_map(|(peer, _)| Some((tree::text(peer, "id")?, peer))).collect();
    let own = tree::at(root, "policy.id").and_then(Node::text);
    let mut check = Check { own, peers, mistakes };
    check.agreement(root);
    check.peers(root);
    check.sections(root);
    for (direction, at) in tree::tables(root, "direction") {
        check.direction(direction, at);
        check.sections(direction);
    }
    for (rule, _) in tree::tables(root, "rule") {
        check.rule(rule, known);
    }
    for (waiver, _) in tree::tables(root, "waiver") {
        check.waiver(waiver, known);
    }
}

struct Check<'a, 'm> {
    /// The id of the policy.
    own: Option<&'a str>,
    peers: HashMap<&'a str, &'a Table>,
    mistakes: &'m mut Mistakes,
}

impl<'a> Check<'a, '_> {
    fn agreement(&mut self, root: &'a Table) {
        if let Some(agreement) = tree::get(root, "policy").and_then(Node::table) {
            self.profiles(agreement);
            self.ordered(agreement, "effective_from", "effective_until");
            for pair in tree::get(agreement, "pairs").map(Node::list).unwrap_or_default() {
                self.pair(pair);
            }
        }
    }

    fn peers(&mut self, root: &'a Table) {
        for (peer, _) in tree::tables(root, "peer") {
            for (sbe, _) in tree::tables(peer, "sbe") {
                tree::get(sbe, "for_peers").map(Node::list).unwrap_or_default().iter().for_each(|node| self.peer(node));
            }
            let names: BTreeSet<_> = tree::tables(peer, "sbe").filter_map(|(sbe, _)| tree::text(sbe, "name")).collect();
            for (group, _) in tree::tables(peer, "trunk_group") {
                self.profiles(group);
                if let Some(node) = tree::at(group, "match.sbe") {
                    self.known(node, "border element of this peer", names.iter().copied());
                }
            }
        }
    }

    fn direction(&mut self, direction: &'a Table, at: Place) {
        self.profiles(direction);
        let ends = [tree::get(direction, "from"), tree::get(direction, "to")];
        ends.into_iter().flatten().for_each(|node| self.peer(node));
        if let [Some(from), Some(to)] = ends
            && from == to
        {
            self.mistakes.add(to.at, "a direction leads from one peer to another", "name two different peers".to_owned());
        }
        if let Some(node) = tree::get(direction, "trunk_group") {
            let ids = ends.into_iter().flatten().filter_map(Node::text).flat_map(|id| self.trunk_groups(id));
            let ids: Vec<_> = ids.collect();
            self.known(node, "trunk group of these two peers", ids.into_iter());
        }
        let says = direction.keys().any(|key| !matches!(&**key, "from" | "to" | "trunk_group"));
        if !says {
            self.mistakes.add(at, "this direction says nothing", "add a section or `extends`, or leave it out".to_owned());
        }
    }

    fn trunk_groups(&self, peer: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        let peer = self.peers.get(peer).copied();
        peer.into_iter().flat_map(|peer| tree::tables(peer, "trunk_group")).filter_map(|(group, _)| tree::text(group, "id"))
    }

    /// What sections say of peers, and values that must fit together. `root`: the document or a direction.
    fn sections(&mut self, root: &'a Table) {
        if let Some(ioi) = tree::at(root, "accounting.ioi").and_then(Node::table) {
            for (id, entry) in ioi {
                self.peer_named(id, entry.key);
            }
        }
        if let Some(node) = tree::at(root, "connectivity.capture_point")
            && let Some(id) = node.text().and_then(|point| point.strip_prefix("inside-"))
        {
            self.peer_named(id, node.at);
        }
        for (path, low, high) in [("sip.session_timer", "min_s", "max_s"), ("sip.headers.max_forwards", "min", "max")] {
            if let Some(table) = tree::at(root, path).and_then(Node::table) {
                self.ordered(table, low, high);
            }
        }
        if let Some(admission) = tree::get(root, "admission").and_then(Node::table) {
            tree::tables(admission, "limit").for_each(|(limit, at)| self.limit(limit, at));
        }
    }

    fn limit(&mut self, limit: &Table, at: Place) {
        let (scope, kind) = (tree::text(limit, "scope"), tree::text(limit, "kind"));
        let at = tree::get(limit, "id").map_or(at, |node| node.at);
        match (scope, tree::get(limit, "key")) {
            (Some("source"), None) => {
                self.mistakes.add(at, "a limit with scope \"source\" needs `key`", "key is one of: caller, callee, sbe".to_owned());
            }
            (Some(scope), Some(key)) if scope != "source" => {
                self.mistakes.add(key.at, "`key` has a meaning only with scope \"source\"", None);
            }
            _ => {}
        }
        let rate = matches!(kind, Some("attempts" | "transactions" | "messages" | "active_users"));
        match (rate, tree::get(limit, "window_s"), tree::get(limit, "burst")) {
            (true, None, _) => self.mistakes.add(at, "a limit of a rate needs `window_s`", "for example window_s = 1".to_owned()),
            (false, _, Some(burst)) if kind.is_some() => self.mistakes.add(burst.at, "`burst` has a meaning only with a rate", None),
            _ => {}
        }
    }

    fn rule(&mut self, rule: &'a Table, known: &[&str]) {
        if let Some(id) = tree::get(rule, "id") {
            self.known(id, "rule", known.iter().copied());
        }
        if let Some(pair) = tree::get(rule, "direction") {
            self.pair(pair);
        }
        if let Some(node) = tree::get(rule, "enabled").filter(|n| matches!(n.value, Value::Bool(false)))
            && tree::text(rule, "reason").is_none_or(|reason| reason.trim().is_empty())
        {
            let help = "say why: reason = \"known behaviour of the SBC\"".to_owned();
            self.mistakes.add(node.at, "a rule that is switched off needs a `reason`", help);
        }
    }

    fn waiver(&mut self, waiver: &'a Table, known: &[&str]) {
        if let Some(rules) = tree::get(waiver, "rules") {
            if matches!(&rules.value, Value::List(list) if list.is_empty()) {
                self.mistakes.add(rules.at, "this waiver names no rule", "for example rules = [\"PRF-*\"]".to_owned());
            }
            for node in rules.list() {
                match node.text().filter(|text| text.contains('*')) {
                    None => self.known(node, "rule", known.iter().copied()),
                    Some(text) if known.iter().any(|id| glob(text, id)) => {}
                    Some(text) => self.mistakes.add(node.at, format!("no rule fits \"{}\"", shorten(text)), None),
                }
            }
        }
        self.ordered(waiver, "granted", "expires");
        let Some(given) = tree::get(waiver, "match").and_then(Node::table) else { return };
        self.ordered(given, "time_from", "time_until");
        if let Some(pair) = tree::get(given, "direction") {
            self.pair(pair);
        }
        if let Some(peer) = tree::get(given, "peer") {
            self.peer(peer);
        }
        if let Some(group) = tree::get(given, "trunk_group") {
            let ids: BTreeSet<_> = self.peers.keys().flat_map(|peer| self.trunk_groups(peer)).collect();
            self.known(group, "trunk group", ids.iter().copied());
        }
    }

    fn profiles(&mut self, table: &Table) {
        let mut seen = BTreeSet::new();
        for node in tree::get(table, "extends").map(Node::list).unwrap_or_default() {
            let Some(name) = node.text() else { continue };
            match profile::full_name(name) {
                None if self.own == Some(name) || name.ends_with(".toml") => {
                    let known: Vec<_> = profile::names().collect();
                    let what =
                        format!("\"{}\" is no profile: a policy builds on built-in ones, never on a file or on itself", shorten(name));
                    self.mistakes.add(node.at, what, format!("known: {}", known.join(", ")));
                }
                None => self.known(node, "profile", profile::names()),
                Some(full) => {
                    if !seen.insert(full) {
                        self.mistakes.add(node.at, format!("profile \"{name}\" is named twice"), None);
                    }
                }
            }
        }
    }

    fn pair(&mut self, pair: &Node) {
        let [from, to] = pair.list() else { return };
        self.peer(from);
        self.peer(to);
        if from == to {
            self.mistakes.add(to.at, "these are two peers", "name two different peers".to_owned());
        }
    }

    fn peer(&mut self, node: &Node) {
        if let Some(id) = node.text() {
            self.peer_named(id, node.at);
        }
    }

    fn peer_named(&mut self, id: &str, at: Place) {
        if !self.peers.contains_key(id) {
            let ids: BTreeSet<_> = self.peers.keys().copied().collect();
            self.unknown(id, at, "peer", ids.into_iter());
        }
    }

    /// A name that must be one of the known.
    fn known<'k>(&mut self, node: &Node, what: &str, known: impl Iterator<Item = &'k str> + Clone) {
        if let Some(name) = node.text()
            && !known.clone().any(|k| k == name)
        {
            self.unknown(name, node.at, what, known);
        }
    }

    fn unknown<'k>(&mut self, name: &str, at: Place, what: &str, known: impl Iterator<Item = &'k str>) {
        if self.mistakes.is_full() {
            return self.mistakes.add(at, "unknown name", None);
        }
        let known: Vec<_> = known.collect();
        let help = match near(name, known.iter().copied()) {
            Some(meant) => Some(format!("did you mean \"{meant}\"?")),
            None if known.is_empty() => Some("none is declared".to_owned()),
            None if known.len() <= 12 => Some(format!("known: {}", known.join(", "))),
            None => None,
        };
        self.mistakes.add(at, format!("unknown {what} \"{}\"", shorten(name)), help);
    }

    /// Two values of which the first must not be above the second.
    fn ordered(&mut self, table: &Table, low: &str, high: &str) {
        let (Some(first), Some(last)) = (tree::get(table, low), tree::get(table, high)) else { return };
        let dates = Time::read(first).zip(Time::read(last)).is_some_and(|(a, b)| a > b);
        let numbers = f64::read(first).zip(f64::read(last)).is_some_and(|(a, b)| a > b);
        if dates || numbers {
            let order = if dates { "later" } else { "greater" };
            self.mistakes.clash(last.at, format!("`{low}` is {order} than `{high}`"), first.at, format!("`{low}` is"));
        }
    }
}
