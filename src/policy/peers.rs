//! Takes what the policy declares of the peers, gives who owns an address, never guesses.

use std::collections::BTreeMap;
use std::net::IpAddr;

use ipnet::IpNet;

use super::{Clause, Prefixes, Provenance};
use crate::base::Transport;
use std::sync::Arc;

/// Who sent or received something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A declared peer: index into [`super::Policy::peers`].
    Declared(u16),
    /// No policy declares peers: the host itself, until the end of the run groups hosts into sides.
    Host(IpAddr),
    /// Peers are declared and this address is none of theirs.
    Unknown,
}

/// What a border element is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Accepts traffic.
    Ingress,
    /// Sends traffic.
    Egress,
}

/// A signalling path border element (RFC 5486 §3.3).
#[derive(Clone, Debug)]
pub struct Sbe {
    /// Its name in the policy.
    pub name: String,
    /// Its host names.
    pub fqdn: Vec<String>,
    /// Its prefixes.
    pub addresses: Vec<IpNet>,
    /// The ports it accepts SIP on, by transport; a transport with no ports is not accepted; no entry: not said.
    pub ports: BTreeMap<Transport, Vec<u16>>,
    /// What it is for.
    pub roles: Vec<Role>,
    /// The peers it serves; empty: everyone.
    pub for_peers: Vec<String>,
    /// Where it was declared.
    pub from: Arc<Provenance>,
}

/// A data path border element.
#[derive(Clone, Debug)]
pub struct Dbe {
    /// Its name in the policy.
    pub name: String,
    /// Its prefixes.
    pub addresses: Vec<IpNet>,
    /// Its port range, inclusive.
    pub ports: Option<(u16, u16)>,
    /// What it is for.
    pub roles: Vec<Role>,
    /// Where it was declared.
    pub from: Arc<Provenance>,
}

/// Index into [`Peer::trunk_groups`] of a peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrunkId {
    /// The peer that declares it.
    pub peer: u16,
    /// Its place in that peer's list.
    pub group: u16,
}

/// A trunk group and what selects it; all given conditions must hold (`standards.md` §6.4).
#[derive(Clone, Debug, Default)]
pub struct TrunkGroup {
    /// Its id.
    pub id: String,
    /// Name of the peer's SBE.
    pub sbe: Option<String>,
    /// Server-side port.
    pub port: Option<u16>,
    /// `tgrp` (RFC 4904).
    pub tgrp: Option<String>,
    /// `trunk-context` (RFC 4904).
    pub trunk_context: Option<String>,
    /// Prefixes of the calling number.
    pub caller_prefixes: Prefixes,
    /// Prefixes of the called number.
    pub called_prefixes: Prefixes,
    /// VLAN id.
    pub vlan: Option<u16>,
    /// Profiles that hold on this trunk only.
    pub extends: Vec<String>,
}

/// A peer: an SSP that is party to the agreement.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The domains it serves (RFC 6271 Req #7).
    pub ssp_domains: Vec<String>,
    /// SIP domain identities of its certificates (RFC 5922).
    pub tls_identities: Vec<String>,
    /// Domains it carries for others.
    pub transit_for: Vec<String>,
    /// Whom to ask.
    pub contact: Option<String>,
    /// Its signalling border elements.
    pub sbe: Vec<Sbe>,
    /// Its media border elements.
    pub dbe: Vec<Dbe>,
    /// Its number ranges.
    pub e164_prefixes: Prefixes,
    /// Its trunk groups, in file order.
    pub trunk_groups: Vec<TrunkGroup>,
    /// Where it was declared.
    pub from: Arc<Provenance>,
}

impl Peer {
    /// The SBE that owns `ip`: longest prefix.
    #[must_use]
    pub fn sbe_at(&self, ip: IpAddr) -> Option<&Sbe> {
        self.sbe.iter().filter_map(|e| longest(&e.addresses, ip).map(|n| (n, e))).max_by_key(|&(n, _)| n).map(|(_, e)| e)
    }

    /// The DBE that owns `ip`: longest prefix.
    #[must_use]
    pub fn dbe_at(&self, ip: IpAddr) -> Option<&Dbe> {
        self.dbe.iter().filter_map(|e| longest(&e.addresses, ip).map(|n| (n, e))).max_by_key(|&(n, _)| n).map(|(_, e)| e)
    }
}

/// The length of the longest of `prefixes` that holds `ip`.
fn longest(prefixes: &[IpNet], ip: IpAddr) -> Option<u8> {
    prefixes.iter().filter(|p| p.contains(&ip)).map(IpNet::prefix_len).max()
}

/// A value given per peer id, for example `accounting.ioi`.
pub type PerPeer<T> = BTreeMap<String, Clause<T>>;
