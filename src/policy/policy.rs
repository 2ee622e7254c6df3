//! Takes a validated document, gives the agreement by direction and trunk, never a message.

use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use super::agreements::Agreements;
use super::attribution::Attribution;
use super::source::Source;
use super::trust::TrustFiles;
use super::{Clause, Level, Party, Peer, Prefixes, Provenance, Severity, Terms, TrunkGroup, TrunkId, Waiver};
use crate::base::{Time, push_ip, seconds};
use crate::certificate::Anchors;
use crate::stir::Library;

/// What the catalogue of rules tells the policy loader: which ids exist.
pub type KnownRules<'a> = &'a [&'a str];

/// `[[rule]]`: a setting of one rule.
#[derive(Clone, Debug)]
pub struct RuleSetting {
    /// The rule.
    pub id: String,
    /// Whether it runs.
    pub enabled: bool,
    /// Another severity.
    pub severity: Option<Severity>,
    /// Only for messages and sessions from the first peer to the second.
    pub direction: Option<(Party, Party)>,
    /// Why.
    pub reason: Option<String>,
    /// Where it was set.
    pub from: Arc<Provenance>,
}

/// What decides the trunk group of a session: facts of its first INVITE.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)]
pub struct TrunkFacts<'a> {
    pub source: IpAddr,
    pub destination: IpAddr,
    /// The server's port: that of the destination of the request.
    pub port: u16,
    pub tgrp: Option<&'a str>,
    pub trunk_context: Option<&'a str>,
    pub caller: Option<&'a str>,
    pub callee: Option<&'a str>,
    pub vlan: Option<u16>,
}

/// The agreement.
#[derive(Debug)]
pub struct Policy {
    /// `policy.id`; `speermint-baseline` where no policy was given.
    pub id: String,
    /// `policy.title`
    pub title: Option<String>,
    /// `policy.revision`
    pub revision: u64,
    /// The file, as the user named it.
    pub path: Option<PathBuf>,
    /// SHA-256 of the file in lower-case hexadecimal.
    pub sha256: Option<String>,
    /// The profiles it builds on, as `name@version`.
    pub profiles: Vec<String>,
    /// The peers, in file order.
    pub peers: Vec<Peer>,
    /// Which peers exchange sessions.
    pub pairs: Vec<(u16, u16)>,
    /// Exit status 1 at or above this severity.
    pub fail_on: Severity,
    /// `policy.effective_from`
    pub effective_from: Option<Clause<Time>>,
    /// `policy.effective_until`
    pub effective_until: Option<Clause<Time>>,
    /// `[[rule]]`
    pub rules: Vec<RuleSetting>,
    /// `[[waiver]]`
    pub waivers: Vec<Waiver>,
    pub(super) agreements: Agreements,
    pub(super) attribution: Attribution,
    pub(super) trusted: TrustFiles,
    /// What the provenances point into.
    pub(super) sources: Vec<Source>,
}

impl Policy {
    /// Who owns an address: longest prefix over all SBEs and DBEs (`standards.md` §1.2).
    #[must_use]
    pub fn party(&self, ip: IpAddr) -> Party {
        if self.peers.is_empty() { Party::Host(ip) } else { self.attribution.owner(ip) }
    }

    /// The peer behind a party.
    #[must_use]
    pub fn peer(&self, party: Party) -> Option<&Peer> {
        match party {
            Party::Declared(i) => self.peers.get(usize::from(i)),
            Party::Host(_) | Party::Unknown => None,
        }
    }

    /// The id of a party: the peer's, the host's address, or `unknown`.
    #[must_use]
    pub fn party_name(&self, party: Party) -> String {
        match party {
            Party::Host(ip) => {
                let mut text = String::with_capacity(16);
                push_ip(&mut text, ip);
                text
            }
            _ => self.peer(party).map_or_else(|| "unknown".into(), |p| p.id.clone()),
        }
    }

    /// A trunk group.
    #[must_use]
    pub fn trunk_group(&self, id: TrunkId) -> Option<&TrunkGroup> {
        self.peers.get(usize::from(id.peer))?.trunk_groups.get(usize::from(id.group))
    }

    /// What was agreed from one party to another on a trunk.
    #[must_use]
    pub fn terms(&self, from: Party, to: Party, trunk: Option<TrunkId>) -> &Terms {
        self.agreements.terms(from, to, trunk)
    }

    /// What was agreed for everyone.
    #[must_use]
    pub fn global(&self) -> &Terms {
        self.agreements.global()
    }

    /// The trunk group of a session: the first that matches, in file order, first of the sender's then of the receiver's.
    #[must_use]
    pub fn trunk(&self, from: Party, to: Party, facts: &TrunkFacts<'_>) -> Option<TrunkId> {
        let ends = [(from, facts.source), (to, facts.destination)];
        ends.into_iter().find_map(|(party, ip)| {
            let (Party::Declared(index), Some(peer)) = (party, self.peer(party)) else { return None };
            let group = peer.trunk_groups.iter().position(|group| selects(group, peer, ip, facts))?;
            Some(TrunkId { peer: index, group: u16::try_from(group).ok()? })
        })
    }

    /// The certificates that chains may lead to; `None` where none were agreed, or [`Policy::with_files`] did not read them.
    #[must_use]
    pub fn anchors(&self, terms: &Terms) -> Option<&Anchors> {
        self.trusted.of(&terms.tls.trusted_cas.as_ref()?.value)
    }

    /// The certificates of those who sign identities; `None` where no directory was agreed, or [`Policy::with_files`] did not read it.
    #[must_use]
    pub fn signers(&self, terms: &Terms) -> Option<&Library> {
        self.trusted.signers(terms)
    }

    /// The same policy with these signers, whatever some terms name.
    #[cfg(test)]
    pub(crate) fn with_signers(&mut self, terms: &Terms, library: Library) {
        self.trusted.set_signers(terms, library);
    }

    /// The longest time, in nanoseconds, in which anybody agreed that a PASSporT may not come again.
    #[must_use]
    pub fn longest_replay_window(&self) -> i64 {
        let windows = self.agreements.all().filter_map(|terms| terms.identity.stir.replay_window_s.as_ref());
        windows.map(|clause| seconds(i64::from(clause.value))).max().unwrap_or(0)
    }

    /// Whether anybody agreed to compare requests with the certificates behind them.
    #[must_use]
    pub fn verifies_identities(&self) -> bool {
        self.agreements.all().any(|terms| terms.tls.verify_identity_in_requests.as_ref().is_some_and(|clause| clause.value))
    }

    /// Whether anybody agreed on the reuse of connections, which is believed by the certificate of whoever opened them (RFC 5923 §8.2).
    #[must_use]
    pub fn judges_reuse(&self) -> bool {
        let reuse = self.agreements.all().filter_map(|terms| terms.sip.transport.connection_reuse.as_ref());
        reuse.into_iter().any(|level| level.value != Level::Unspecified)
    }

    /// What was agreed for anybody, each agreement once.
    pub fn all_terms(&self) -> impl Iterator<Item = &Terms> {
        self.agreements.all()
    }

    /// The line of the policy, profile or defaults that a clause comes from.
    #[must_use]
    pub fn source_line(&self, from: &Provenance) -> Option<&str> {
        self.sources.iter().find(|source| source.name == from.source)?.line(from.line?)
    }

    /// The severity that `[[rule]]` entries give a rule in a direction; `None` where they switch it off. `own` is that of a sub-case: what an
    /// entry says caps it, and never raises what is lighter than its rule.
    #[must_use]
    pub fn severity(&self, rule: &str, (default, own): (Severity, Option<Severity>), from: Party, to: Party) -> Option<Severity> {
        let mut set = None;
        for setting in self.rules.iter().filter(|s| s.id == rule && s.direction.is_none_or(|d| d == (from, to))) {
            if !setting.enabled {
                return None;
            }
            set = setting.severity.or(set);
        }
        Some(match (set, own) {
            (Some(set), Some(own)) => set.min(own),
            (set, own) => set.or(own).unwrap_or(default),
        })
    }

    /// The level capped severity (`standards.md` §6.2): recommended and discouraged give at most low.
    #[must_use]
    pub fn capped(severity: Severity, level: Option<Level>) -> Severity {
        match level {
            Some(Level::Recommended | Level::Discouraged) => severity.min(Severity::Low),
            _ => severity,
        }
    }
}

/// Whether every condition of a trunk group holds; `ip` is the address of the peer that declares it.
fn selects(group: &TrunkGroup, peer: &Peer, ip: IpAddr, facts: &TrunkFacts<'_>) -> bool {
    let same = |wanted: &Option<String>, seen: Option<&str>| wanted.as_deref().is_none_or(|wanted| seen == Some(wanted));
    let begins =
        |prefixes: &Prefixes, number: Option<&str>| prefixes.is_empty() || number.is_some_and(|number| prefixes.hold(number.as_bytes()));
    group.sbe.as_deref().is_none_or(|name| peer.sbe_at(ip).is_some_and(|sbe| sbe.name == name))
        && group.port.is_none_or(|port| port == facts.port)
        && same(&group.tgrp, facts.tgrp)
        && same(&group.trunk_context, facts.trunk_context)
        && begins(&group.caller_prefixes, facts.caller)
        && begins(&group.called_prefixes, facts.callee)
        && group.vlan.is_none_or(|vlan| facts.vlan == Some(vlan))
}
