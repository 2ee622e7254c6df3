//! Takes nothing, gives the top of the document: agreement, peers, overrides, rule settings and waivers, never a section of terms.

use super::form::{ANY, CIDR, HOST, METHOD, NAME, NUMBERS, PORTS, PREFIX, REASON, RULE, RULES, TRANSPORT};
use super::{Field, Kind, NAMES, PORT, SEVERITY, SOME, by_id, by_name, key, media, must, network, quality, sip};
use crate::policy::tree::{self, Node, Table};

/// The sections that a direction may override.
pub(in crate::policy) const SECTIONS: &[Field] = &[
    key("connectivity", Kind::Table(&[network::CONNECTIVITY]), "IP versions, encapsulation, marking (RFC 6271 A.1)"),
    key("security", Kind::Table(&[network::SECURITY]), "Security of the network and the transport"),
    key("sip", Kind::Table(&[sip::SIP]), "What SIP may say"),
    key("media", Kind::Table(&[media::MEDIA]), "What sessions may carry"),
    key("identity", Kind::Table(&[network::IDENTITY]), "Who may call, and how callers are identified"),
    key("privacy", Kind::Table(&[network::PRIVACY]), "What must stay inside a network"),
    key("accounting", Kind::Table(&[quality::ACCOUNTING]), "Charging headers and durations"),
    key("admission", Kind::Table(&[quality::ADMISSION]), "Limits, and conditions of admission"),
    key("performance", Kind::Table(&[quality::PERFORMANCE]), "Thresholds"),
    key("metrics", Kind::Table(&[quality::METRICS]), "How the metrics are computed"),
    key("capture", Kind::Table(&[quality::CAPTURE]), "What a capture must be like to be judged"),
    key("report", Kind::Table(&[quality::REPORT]), "What the report tells"),
];

/// The whole document.
pub(in crate::policy) const ROOT: &[&[Field]] = &[
    &[
        must("schema", Kind::Whole(1, 1), "Version of this schema"),
        key("policy", Kind::Table(&[AGREEMENT]), "The agreement itself"),
        key("peer", Kind::Entries(by_id, &[PEER]), "A party to the agreement (RFC 6271 Req #1 to #5, #7)"),
        key("direction", Kind::Entries(direction, &[DIRECTION, SECTIONS]), "What holds in one direction, or on one trunk group"),
        key("rule", Kind::Entries(setting, &[RULE_SETTING]), "A setting of one rule"),
        key("waiver", Kind::Entries(by_id, &[WAIVER]), "What is tolerated for a time"),
    ],
    SECTIONS,
];

const AGREEMENT: &[Field] = &[
    key("id", Kind::Text(&NAME), "Id of the agreement"),
    key("title", Kind::Text(&ANY), "Title of the agreement"),
    key("revision", Kind::Whole(0, i64::MAX), "Revision, counted up"),
    key("effective_from", Kind::Date, "In force from here"),
    key("effective_until", Kind::Date, "In force until here"),
    key("contract", Kind::Text(&ANY), "The contract behind it"),
    key("extends", NAMES, "Profiles, applied left to right, later wins"),
    key("pairs", Kind::List(&Kind::Pair), "Which peers exchange sessions"),
    key("fail_on", SEVERITY, "Exit status 1 at or above this severity"),
];

const ROLES: Kind = Kind::List(&Kind::Word(&["ingress", "egress"]));
const CIDRS: Kind = Kind::List(&Kind::Text(&CIDR));
const HOSTS: Kind = Kind::List(&Kind::Text(&HOST));
const PREFIXES: Kind = Kind::List(&Kind::Text(&PREFIX));

const PEER: &[Field] = &[
    must("id", Kind::Text(&NAME), "Id by which the policy names the peer"),
    key("name", Kind::Text(&ANY), "Name of the peer"),
    key("ssp_domains", HOSTS, "Domains that it serves (RFC 6271 Req #7)"),
    key("tls_identities", HOSTS, "SIP domain identities of its certificates (RFC 5922)"),
    key("transit_for", HOSTS, "Domains that it carries for others"),
    key("contact", Kind::Text(&ANY), "Whom to ask"),
    key("sbe", Kind::Entries(by_name, &[SBE]), "Signalling path border elements"),
    key("dbe", Kind::Entries(by_name, &[DBE]), "Data path border elements"),
    key("numbers", Kind::Table(&[&[key("e164_prefixes", PREFIXES, "Beginnings of its numbers")]]), "Its numbers"),
    key("trunk_group", Kind::Entries(by_id, &[TRUNK_GROUP]), "Its trunk groups; the first that matches counts"),
];

const SBE: &[Field] = &[
    must("name", Kind::Text(&NAME), "Name of the element"),
    key("fqdn", HOSTS, "Its host names"),
    must("addresses", CIDRS, "Its address prefixes"),
    key("ports", Kind::Map(&TRANSPORT, &[], &Kind::List(&PORT)), "Ports that accept SIP, by transport; none: not accepted"),
    key("roles", ROLES, "Whether it accepts or sends traffic; both where nothing is said"),
    key("for_peers", NAMES, "Peers that it serves; none: everyone"),
];

const DBE: &[Field] = &[
    must("name", Kind::Text(&NAME), "Name of the element"),
    must("addresses", CIDRS, "Its address prefixes"),
    key("ports", Kind::Text(&PORTS), "Its range of ports"),
    key("roles", ROLES, "Whether it accepts or sends media; both where nothing is said"),
];

const TRUNK_GROUP: &[Field] = &[
    must("id", Kind::Text(&NAME), "Id of the trunk group"),
    key("match", Kind::Table(&[TRUNK_MATCH]), "What selects it; all must hold"),
    key("extends", NAMES, "Profiles for this trunk group only"),
];

const TRUNK_MATCH: &[Field] = &[
    key("sbe", Kind::Text(&NAME), "Border element of this peer"),
    key("port", PORT, "Port of the server"),
    key("tgrp", Kind::Text(&NAME), "tgrp parameter (RFC 4904)"),
    key("trunk_context", Kind::Text(&NAME), "trunk-context parameter (RFC 4904)"),
    key("caller_prefixes", PREFIXES, "Beginnings of the calling number"),
    key("called_prefixes", PREFIXES, "Beginnings of the called number"),
    key("vlan", Kind::Whole(1, 4094), "VLAN id"),
];

const DIRECTION: &[Field] = &[
    must("from", Kind::Text(&NAME), "Peer that sends"),
    must("to", Kind::Text(&NAME), "Peer that receives"),
    key("trunk_group", Kind::Text(&NAME), "Trunk group of either peer"),
    key("extends", NAMES, "Profiles for this direction only"),
];

/// `from`, `to` and `trunk_group` in a form that no two different directions share.
fn direction(entry: &Table) -> String {
    let part = |key| tree::text(entry, key);
    format!("{:?}", (part("from"), part("to"), part("trunk_group")))
}

const RULE_SETTING: &[Field] = &[
    must("id", Kind::Text(&RULE), "The rule"),
    key("enabled", Kind::Bool, "Whether it runs"),
    key("severity", SEVERITY, "Another severity"),
    key("direction", Kind::Pair, "Only from the first peer to the second"),
    key("reason", Kind::Text(&ANY), "Why; needed where a rule is switched off"),
];

/// The rule and the direction.
fn setting(entry: &Table) -> String {
    let direction: Vec<_> = tree::get(entry, "direction").map(|d| d.texts().collect()).unwrap_or_default();
    format!("{} {direction:?}", by_id(entry))
}

const WAIVER: &[Field] = &[
    must("id", Kind::Text(&NAME), "Id of the waiver"),
    must("rules", Kind::List(&Kind::Text(&RULES)), "Rules that it waives; `*` for any part of an id"),
    key("match", Kind::Table(&[WAIVER_MATCH]), "What it covers; all must hold"),
    must("reason", Kind::Text(&REASON), "Why"),
    key("owner", Kind::Text(&ANY), "Who answers for it"),
    key("ticket", Kind::Text(&ANY), "Where it is tracked"),
    key("granted", Kind::Date, "From when"),
    must("expires", Kind::Date, "Until when; findings after this stand"),
    key("max_findings", SOME, "Beyond this many findings it stops applying"),
];

const WAIVER_MATCH: &[Field] = &[
    key("direction", Kind::Pair, "From the first peer to the second"),
    key("trunk_group", Kind::Text(&NAME), "Trunk group"),
    key("peer", Kind::Text(&NAME), "Peer at fault"),
    key("from_cidr", Kind::Text(&CIDR), "Where it came from"),
    key("to_cidr", Kind::Text(&CIDR), "Where it went"),
    key("port", PORT, "Port of either end"),
    key("method", Kind::Text(&METHOD), "Method"),
    key("status", Kind::Whole(100, 699), "Status code"),
    key("codec", Kind::Text(&NAME), "Codec"),
    key("header", Kind::Text(&NAME), "Header"),
    key("caller", Kind::Text(&NUMBERS), "Calling number"),
    key("callee", Kind::Text(&NUMBERS), "Called number"),
    key("time_from", Kind::Date, "Not before"),
    key("time_until", Kind::Date, "Not after"),
];

/// The elements of an array as strings, sorted; for identities.
pub(super) fn sorted(node: Option<&Node>) -> Vec<&str> {
    let mut texts: Vec<_> = node.map(|n| n.texts().collect()).unwrap_or_default();
    texts.sort_unstable();
    texts
}
