//! Takes a breach and the waivers that name its rule, gives whether one covers it, never lets one pass unseen (`standards.md` §6.5).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evidence::Evidence;
use super::ledger::{Blame, Key};
use crate::base::{Origin, Time};
use crate::call::{self, Trace};
use crate::policy::{BreachFacts, Cover, Party, Policy, Severity, TrunkId};
use crate::rules::Rule;
use crate::sip::Arrival;

/// What a waiver did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Use {
    /// Breaches that it covers.
    pub waived: u64,
    /// Breaches that it would cover, were it in force or not used up.
    pub refused: u64,
    /// The last of those.
    pub last_refused: Option<Time>,
}

/// What every waiver did, in the order of the policy; mergeable.
#[derive(Clone, Debug, Default)]
pub struct Waiving {
    uses: Vec<Use>,
    /// Of each waiver that covers only so many: the first so many of the capture, as far as it was read.
    first: Vec<BTreeMap<Turn, Pending>>,
}

/// When it is a breach's turn: in the order of the capture, whenever it was found. The number tells equals apart.
type Turn = (Origin, Time, Key, u64);

/// What the waivers say of a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// None covers it.
    Stands,
    /// This one covers it.
    Waived(u16),
    /// This one covers it unless it is used up.
    Counted(u16),
}

/// A breach under a waiver that covers only the first so many of the capture.
#[derive(Clone, Debug)]
pub struct Pending {
    /// The waiver.
    pub waiver: u16,
    /// The finding, not waived.
    pub key: Key,
    /// The kind of its subject.
    pub subject: &'static str,
    /// Where it stands.
    pub origin: Origin,
    /// When it was seen.
    pub at: Time,
    /// Its evidence.
    pub evidence: Option<Evidence>,
    /// Whether its call is new to the finding.
    pub new_call: bool,
}

impl Waiving {
    /// No waiver did anything yet.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        Self { uses: vec![Use::default(); policy.waivers.len()], first: vec![BTreeMap::new(); policy.waivers.len()] }
    }

    /// What each waiver did.
    #[must_use]
    pub fn uses(&self) -> &[Use] {
        &self.uses
    }

    /// Asks the waivers, in the order of the policy, and notes what they did.
    pub fn decide(&mut self, policy: &Policy, candidates: &[u16], facts: &BreachFacts<'_>) -> Decision {
        let covers = |index: u16| policy.waivers.get(usize::from(index)).map(|waiver| (waiver, waiver.covers(facts)));
        for &index in candidates {
            let Some((waiver, Cover::Waives)) = covers(index) else { continue };
            if waiver.max_findings.is_some() {
                return Decision::Counted(index);
            }
            if let Some(used) = self.uses.get_mut(usize::from(index)) {
                used.waived += 1;
            }
            return Decision::Waived(index);
        }
        // Where none covers it, those that did once or will are told of it.
        for &index in candidates {
            if let (Some((_, Cover::Expired | Cover::NotYetGranted)), Some(used)) = (covers(index), self.uses.get_mut(usize::from(index))) {
                used.refuse(facts.time);
            }
        }
        Decision::Stands
    }

    /// Takes a breach under a waiver that covers only so many; gives the one that is not covered then, which may be another: of so many and
    /// one, the last of the capture.
    pub fn hold(&mut self, policy: &Policy, pending: Pending) -> Option<Pending> {
        let index = usize::from(pending.waiver);
        let most = policy.waivers.get(index).and_then(|w| w.max_findings).unwrap_or(u64::MAX);
        let (Some(used), Some(first)) = (self.uses.get_mut(index), self.first.get_mut(index)) else { return Some(pending) };
        let same = (pending.origin, pending.at, pending.key.clone(), u64::MAX);
        let number = first
            .range(..=same)
            .next_back()
            .filter(|((origin, at, key, _), _)| (*origin, *at, key) == (pending.origin, pending.at, &pending.key));
        let number = number.map_or(0, |((.., n), _)| n + 1);
        first.insert((pending.origin, pending.at, pending.key.clone(), number), pending);
        let beyond = if first.len() as u64 > most.saturating_sub(used.waived) { first.pop_last() } else { None };
        let (_, beyond) = beyond?;
        used.refuse(beyond.at);
        Some(beyond)
    }

    /// What the waivers that cover only so many cover, when nothing can come before it any more.
    pub fn covered(&mut self) -> Vec<Pending> {
        let all = self.first.iter_mut().zip(&mut self.uses).flat_map(|(first, used)| {
            used.waived += first.len() as u64;
            std::mem::take(first).into_values()
        });
        all.collect()
    }

    /// Gives hosts the name of their side.
    pub fn rename(&mut self, side: impl Fn(Party) -> Party) {
        for first in &mut self.first {
            let named = std::mem::take(first).into_iter().map(|((origin, at, mut key, n), mut pending)| {
                key.rename(&side);
                pending.key.rename(&side);
                ((origin, at, key, n), pending)
            });
            *first = named.collect();
        }
    }

    /// Adds what they did in another part.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.uses.iter_mut().zip(&other.uses) {
            mine.waived += theirs.waived;
            mine.refused += theirs.refused;
            mine.last_refused = [mine.last_refused, theirs.last_refused].into_iter().flatten().max();
        }
    }
}

impl Use {
    fn refuse(&mut self, at: Time) {
        self.refused += 1;
        self.last_refused = Some(self.last_refused.map_or(at, |last| last.max(at)));
    }
}

/// A breach as waivers see it, and the texts that it borrows.
#[derive(Debug)]
pub(super) struct Particulars {
    method: Option<String>,
    caller: Option<Arc<str>>,
    callee: Option<Arc<str>>,
    trunk: Option<String>,
}

impl Particulars {
    /// Takes what a breach is about out of its message, or out of what was kept of it.
    #[must_use]
    pub(super) fn of(policy: &Policy, trunk: Option<TrunkId>, trace: Option<&Trace>, arrival: Option<&Arrival>) -> Self {
        let group = trunk.and_then(|id| policy.trunk_group(id));
        let method = match (arrival, trace) {
            (Some(arrival), _) => Some(arrival.message.method_text().into_owned()),
            (None, Some(trace)) => trace.text().split(' ').next().filter(|word| !word.starts_with("SIP/")).map(str::to_owned),
            (None, None) => None,
        };
        Self {
            method,
            caller: arrival.and_then(|a| call::caller(&a.message)),
            callee: arrival.and_then(|a| call::callee(&a.message)),
            trunk: group.map(|g| g.id.clone()),
        }
    }

    /// The facts that a waiver's conditions are held against.
    #[must_use]
    #[allow(clippy::too_many_arguments)]
    pub(super) fn facts<'a>(
        &'a self,
        rule: &'static Rule,
        about: Option<&'a str>,
        severity: Severity,
        blame: Blame,
        time: Time,
        direction: Option<(Party, Party)>,
        trace: Option<&Trace>,
        arrival: Option<&Arrival>,
    ) -> BreachFacts<'a> {
        let envelope = arrival.map(|a| &a.envelope);
        BreachFacts {
            rule: rule.id,
            severity,
            time,
            from: direction.map_or(Party::Unknown, |d| d.0),
            to: direction.map_or(Party::Unknown, |d| d.1),
            offender: match blame {
                Blame::Party(party) => Some(party),
                Blame::Both | Blame::Capture | Blame::Policy => None,
            },
            trunk_group: self.trunk.as_deref(),
            source: envelope.map(|e| e.source).or_else(|| trace.map(|t| t.source)),
            destination: envelope.map(|e| e.destination).or_else(|| trace.map(|t| t.destination)),
            method: self.method.as_deref(),
            status: arrival.and_then(|a| a.message.code()),
            codec: about,
            header: about,
            caller: self.caller.as_deref(),
            callee: self.callee.as_deref(),
        }
    }
}
