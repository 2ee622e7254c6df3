//! Takes the moments that change the load, gives how often each admission limit was exceeded and when, never a verdict (`standards.md` §8.6).

use std::collections::BTreeMap;

use super::bandwidth::Blank;
use super::excursions::Excursion;
pub use super::gate::Fates;
use super::gate::Gate;
use super::load::Route;
use crate::base::Time;
use crate::call::{LoadEvent, LoadKind};
use crate::policy::{Basis, Limit, LimitKind, LimitScope, Party, Policy, TrunkId};

/// Sources that exceeded a limit and are told apart; those beyond share one entry.
const SOURCES: usize = 4096;

/// An admission limit and the load that it met in one scope.
#[derive(Clone, Debug)]
pub struct LimitLoad {
    /// The limit.
    pub limit: Limit,
    /// The direction of the session that first met it.
    pub direction: (Party, Party),
    /// What it was measured for: `alpha → bravo`, an SBE, a number. Numbers are as in the messages: reports redact.
    pub scope: String,
    /// The highest load.
    pub peak: f64,
    /// When it was exceeded.
    pub excursions: Vec<Excursion>,
    /// What became of what was beyond; `None` where nobody can refuse it, as media.
    pub fates: Option<Fates>,
    /// Why it could not be held against all that it speaks of.
    pub blank: Option<Blank>,
}

/// What a limit is measured for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Pair(Party, Party),
    Direction(Party, Party),
    Trunk(TrunkId),
    Sbe(Party, Box<str>),
    Source(Party, Party, Box<str>),
    /// Sources that never exceeded the limit, or too many to tell apart.
    OtherSources,
}

/// The scopes of one limit.
#[derive(Clone, Debug, Default)]
struct Scopes {
    live: BTreeMap<Scope, Gate>,
    /// Sources that went quiet.
    past: BTreeMap<Scope, Gate>,
    /// At so many live scopes idle sources are forgotten.
    sweep_at: usize,
}

/// All limits, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Admission {
    limits: BTreeMap<String, Scopes>,
}

impl Admission {
    pub(super) fn on(&mut self, event: &LoadEvent, route: &Route<'_>) {
        for limit in route.terms.admission.limits.iter().filter(|l| l.enabled) {
            let change = change(limit, event.kind);
            // What becomes of attempts beyond a limit is told by moments that do not change what it counts.
            let decides = of_attempts(limit)
                && matches!(event.kind, LoadKind::Answered | LoadKind::AttemptEnded | LoadKind::AttemptLost | LoadKind::Resumed);
            if change.is_none() && !decides {
                continue;
            }
            let Some(scope) = Scope::of(limit, event, route) else { continue };
            if !self.limits.contains_key(limit.id.as_str()) {
                self.limits.insert(limit.id.clone(), Scopes::default());
            }
            let Some(scopes) = self.limits.get_mut(limit.id.as_str()) else { continue };
            if change.is_none() && !scopes.live.contains_key(&scope) {
                continue;
            }
            let gate = scopes.live.entry(scope).or_insert_with(|| Gate::new(limit, (route.from, route.to)));
            if decides {
                gate.decide(event);
            }
            match change {
                Some(true) => gate.rise(event),
                Some(false) => gate.fall(event.at),
                None => {}
            }
            scopes.forget_idle(event.at);
        }
    }

    pub(super) fn finish(&mut self, end: Time) {
        for scopes in self.limits.values_mut() {
            for (scope, mut gate) in std::mem::take(&mut scopes.live) {
                gate.finish(end);
                scopes.keep(scope, gate);
            }
        }
    }

    pub(super) fn loads(&self, policy: &Policy) -> Vec<LimitLoad> {
        let scopes = self.limits.values().flat_map(|s| &s.past);
        scopes
            .map(|(scope, gate)| LimitLoad {
                limit: gate.limit().clone(),
                direction: gate.direction(),
                scope: scope.name(gate.limit(), policy),
                peak: gate.peak(),
                excursions: gate.excursions().to_vec(),
                fates: (gate.limit().kind == LimitKind::Concurrent || of_attempts(gate.limit())).then(|| gate.fates()),
                blank: None,
            })
            .collect()
    }
}

/// Whether a limit counts requests before anybody has answered them.
fn of_attempts(limit: &Limit) -> bool {
    limit.kind == LimitKind::Attempts || (limit.kind == LimitKind::Concurrent && limit.basis == Some(Basis::Attempted))
}

/// Whether an event adds to what the limit counts (`true`) or takes from it (`false`).
fn change(limit: &Limit, kind: LoadKind) -> Option<bool> {
    match (limit.kind, limit.basis, kind) {
        (LimitKind::Attempts | LimitKind::ActiveUsers, _, LoadKind::Attempt) => Some(true),
        (LimitKind::Transactions, _, LoadKind::Transaction) | (LimitKind::Messages, _, LoadKind::Message) => Some(true),
        (LimitKind::Concurrent, Some(Basis::Attempted), LoadKind::Attempt | LoadKind::Resumed) => Some(true),
        (LimitKind::Concurrent, Some(Basis::Attempted), LoadKind::AttemptEnded | LoadKind::AttemptLost) => Some(false),
        (LimitKind::Concurrent, Some(Basis::Attempted), _) => None,
        (LimitKind::Concurrent, _, LoadKind::Answered) => Some(true),
        (LimitKind::Concurrent, _, LoadKind::Ended) => Some(false),
        _ => None,
    }
}

impl Scopes {
    /// Forgets sources without live sessions or attempts in their window; amortised, one look at each source per doubling.
    fn forget_idle(&mut self, now: Time) {
        if self.live.len() < self.sweep_at.max(1024) {
            return;
        }
        let idle = |(scope, gate): &mut (&Scope, &mut Gate)| matches!(scope, Scope::Source(..)) && gate.is_idle(now);
        let gone: Vec<Scope> = self.live.iter_mut().filter_map(|mut entry| idle(&mut entry).then(|| entry.0.clone())).collect();
        for scope in gone {
            if let Some(gate) = self.live.remove(&scope) {
                self.keep(scope, gate);
            }
        }
        self.sweep_at = self.live.len() * 2;
    }

    fn keep(&mut self, scope: Scope, gate: Gate) {
        let quiet = matches!(scope, Scope::Source(..)) && gate.excursions().is_empty();
        let crowded = self.past.len() >= SOURCES && !self.past.contains_key(&scope);
        let scope = if quiet || crowded { Scope::OtherSources } else { scope };
        match self.past.get_mut(&scope) {
            Some(past) => past.absorb(gate),
            None => {
                self.past.insert(scope, gate);
            }
        }
    }
}

impl Scope {
    fn of(limit: &Limit, event: &LoadEvent, route: &Route<'_>) -> Option<Self> {
        let (from, to) = (route.from, route.to);
        let sbe = |party, ip: std::net::IpAddr| {
            let declared = route.policy.peer(party).and_then(|p| p.sbe_at(ip));
            declared.map_or_else(|| ip.to_string().into(), |s| Box::from(s.name.as_str()))
        };
        Some(match limit.scope {
            LimitScope::Pair => Self::Pair(from.min(to), from.max(to)),
            LimitScope::Direction => Self::Direction(from, to),
            LimitScope::TrunkGroup => Self::Trunk(route.trunk?),
            // The element that has to bear the load is the one that receives it.
            LimitScope::Sbe => Self::Sbe(to, sbe(to, event.invite.destination.ip)),
            LimitScope::Source => Self::Source(
                from,
                to,
                match limit.key.as_deref() {
                    Some("callee") => event.callee.as_deref()?.into(),
                    Some("sbe") => sbe(from, event.invite.source.ip),
                    _ => event.caller.as_deref()?.into(),
                },
            ),
        })
    }

    fn name(&self, limit: &Limit, policy: &Policy) -> String {
        let name = |party| policy.party_name(party);
        let key = limit.key.as_deref().unwrap_or("caller");
        match self {
            Self::Pair(a, b) => format!("{} ↔ {}", name(*a), name(*b)),
            Self::Direction(from, to) => format!("{} → {}", name(*from), name(*to)),
            Self::Trunk(id) => {
                let peer = policy.peers.get(usize::from(id.peer));
                let group = peer.and_then(|p| p.trunk_groups.get(usize::from(id.group)));
                format!("trunk group {}", group.map_or("?", |g| &g.id))
            }
            Self::Sbe(_, sbe) => format!("SBE {sbe}"),
            Self::Source(_, _, source) => format!("{key} {source}"),
            Self::OtherSources => format!("every other {key}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::at;
    use super::*;
    use crate::base::Endpoint;
    use crate::call::Trace;
    use crate::policy::{Clause, Provenance, Terms};

    fn limit(id: &str, kind: LimitKind, scope: LimitScope, key: Option<&str>, value: f64) -> Limit {
        let provenance = Provenance { source: "policy.toml".into(), line: None, path: "admission.limit".into() };
        Limit {
            id: id.into(),
            kind,
            scope,
            basis: None,
            key: key.map(Into::into),
            window_s: Some(60.0),
            value: Clause::new(value, provenance.into()),
            burst: None,
            warn_at: None,
            enabled: true,
        }
    }

    /// Attempts of (seconds, from, to, caller) under these limits.
    fn met(limits: Vec<Limit>, attempts: impl IntoIterator<Item = (f64, u16, u16, String)>) -> (Admission, Vec<LimitLoad>) {
        let policy = Policy::baseline();
        let mut terms = Terms::default();
        terms.admission.limits = limits;
        let mut admission = Admission::default();
        for (seconds, from, to, caller) in attempts {
            let [source, destination] = [from, to].map(|side| Endpoint::new([192, 0, 2, side.to_le_bytes()[0]].into(), 5060));
            let invite = Trace { source, destination, ..Trace::default() }.into();
            let event = LoadEvent {
                at: at(seconds),
                kind: LoadKind::Attempt,
                call_id: "c".into(),
                invite,
                caller: Some(caller.into()),
                callee: Some("+442079460000".into()),
            };
            let route = Route { from: Party::Declared(from), to: Party::Declared(to), trunk: None, terms: &terms, policy: &policy };
            admission.on(&event, &route);
        }
        let mut ended = admission.clone();
        ended.finish(at(1e6));
        let loads = ended.loads(&policy);
        (admission, loads)
    }

    fn both_ways() -> [(f64, u16, u16, String); 3] {
        [(0.0, 1, 2, "a".into()), (1.0, 2, 1, "b".into()), (2.0, 1, 2, "a".into())]
    }

    #[test]
    fn a_limit_is_measured_for_each_of_its_scopes() {
        let peaks = |scope, key| {
            let (_, loads) = met(vec![limit("l", LimitKind::Attempts, scope, key, 9.0)], both_ways());
            loads.into_iter().map(|l| (l.scope, l.peak)).collect::<Vec<_>>()
        };
        assert_eq!(peaks(LimitScope::Pair, None).len(), 1);
        assert_eq!(peaks(LimitScope::Pair, None)[0].1, 3.0);
        let by_direction: Vec<_> = peaks(LimitScope::Direction, None).into_iter().map(|(_, peak)| peak).collect();
        assert_eq!(by_direction, [2.0, 1.0]);
        assert_eq!(peaks(LimitScope::Sbe, None), [("SBE 192.0.2.1".into(), 1.0), ("SBE 192.0.2.2".into(), 2.0)]);
        assert_eq!(peaks(LimitScope::TrunkGroup, None), [], "no trunk group matched");
    }

    #[test]
    fn a_source_beyond_its_share_is_told_apart_from_the_others() {
        let limits = vec![limit("l", LimitKind::Attempts, LimitScope::Source, Some("caller"), 1.0)];
        let (_, loads) = met(limits, both_ways());
        let told: Vec<_> = loads.iter().map(|l| (l.scope.as_str(), l.peak, l.excursions.len())).collect();
        assert_eq!(told, [("caller a", 2.0, 1), ("every other caller", 1.0, 0)]);
    }

    #[test]
    fn idle_sources_are_forgotten() {
        let limits = vec![limit("l", LimitKind::Attempts, LimitScope::Source, Some("caller"), 1.0)];
        let callers = (0..20_000).map(|n| (f64::from(n), 1, 2, format!("+49{n}")));
        let (admission, loads) = met(limits, callers);
        assert!(admission.limits["l"].live.len() <= 1024);
        assert_eq!(loads.len(), 1);
    }

    #[test]
    fn a_switched_off_limit_is_not_measured() {
        let off = Limit { enabled: false, ..limit("l", LimitKind::Attempts, LimitScope::Direction, None, 1.0) };
        assert!(met(vec![off], both_ways()).1.is_empty());
    }
}
