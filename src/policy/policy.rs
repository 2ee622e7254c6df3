//! Takes a validated document, gives the agreement by direction and trunk, never a message.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ipnet::IpNet;

use super::{Clause, Level, Party, Peer, Provenance, Severity, Terms, TrunkId};
use crate::base::{Result, Time};

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

/// `[[waiver]]`: what is tolerated for a time (`standards.md` §6.5). Every given condition must hold.
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Waiver {
    pub id: String,
    /// Rule ids, or globs with `*`.
    pub rules: Vec<String>,
    pub direction: Option<(Party, Party)>,
    pub trunk_group: Option<String>,
    pub peer: Option<Party>,
    pub from_cidr: Option<IpNet>,
    pub to_cidr: Option<IpNet>,
    pub port: Option<u16>,
    pub method: Option<String>,
    pub status: Option<u16>,
    pub codec: Option<String>,
    pub header: Option<String>,
    pub caller: Option<String>,
    pub callee: Option<String>,
    pub time_from: Option<Time>,
    pub time_until: Option<Time>,
    pub reason: String,
    pub owner: Option<String>,
    pub ticket: Option<String>,
    pub granted: Option<Time>,
    pub expires: Time,
    pub max_findings: Option<u64>,
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
    /// What holds where no direction says otherwise.
    pub(super) global: Arc<Terms>,
    /// What holds per direction, and per direction and trunk group.
    pub(super) by_direction: HashMap<(Party, Party, Option<TrunkId>), Arc<Terms>>,
}

impl Policy {
    /// Takes a policy file, gives the agreement; every mistake in it at once as [`crate::base::Error::Policy`].
    ///
    /// # Errors
    /// When the file cannot be read, is no TOML, or says anything that cannot be believed.
    pub fn load(path: &Path, known: KnownRules<'_>) -> Result<Self> {
        let _ = known;
        Err(crate::base::Error::input(path, "not yet"))
    }

    /// The built-in profile `speermint-baseline`, with no peers declared: every host stands for itself.
    #[must_use]
    pub fn baseline() -> Self {
        Self {
            id: "speermint-baseline".into(),
            title: None,
            revision: 0,
            path: None,
            sha256: None,
            profiles: vec!["speermint-baseline@1".into()],
            peers: Vec::new(),
            pairs: Vec::new(),
            fail_on: Severity::High,
            effective_from: None,
            effective_until: None,
            rules: Vec::new(),
            waivers: Vec::new(),
            global: Arc::default(),
            by_direction: HashMap::new(),
        }
    }

    /// Who owns an address: longest prefix over all SBEs and DBEs (`standards.md` §1.2).
    #[must_use]
    pub fn party(&self, ip: IpAddr) -> Party {
        if self.peers.is_empty() { Party::Host(ip) } else { Party::Unknown }
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
            Party::Host(ip) => ip.to_string(),
            _ => self.peer(party).map_or_else(|| "unknown".into(), |p| p.id.clone()),
        }
    }

    /// What was agreed from one party to another on a trunk.
    #[must_use]
    pub fn terms(&self, from: Party, to: Party, trunk: Option<TrunkId>) -> &Terms {
        let narrow = trunk.and_then(|_| self.by_direction.get(&(from, to, trunk)));
        narrow.or_else(|| self.by_direction.get(&(from, to, None))).unwrap_or(&self.global)
    }

    /// What was agreed for everyone.
    #[must_use]
    pub fn global(&self) -> &Terms {
        &self.global
    }

    /// The trunk group of a session: the first that matches, in file order, first of the sender's then of the receiver's.
    #[must_use]
    pub fn trunk(&self, from: Party, to: Party, facts: &TrunkFacts<'_>) -> Option<TrunkId> {
        let _ = (from, to, facts);
        None
    }

    /// The severity that `[[rule]]` entries give a rule in a direction; `None` where they switch it off.
    #[must_use]
    pub fn severity(&self, rule: &str, default: Severity, from: Party, to: Party) -> Option<Severity> {
        let mut severity = default;
        for setting in self.rules.iter().filter(|s| s.id == rule && s.direction.is_none_or(|d| d == (from, to))) {
            if !setting.enabled {
                return None;
            }
            severity = setting.severity.unwrap_or(severity);
        }
        Some(severity)
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
