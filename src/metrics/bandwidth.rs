//! Takes spans of time with bits per second, gives when their sum was beyond an agreed bandwidth, never whose fault that is (`standards.md` §8.6, CAC-BW-001).

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use super::admission::LimitLoad;
use super::excursions::{Excursion, Excursions};
use crate::base::Time;
use crate::call::Trace;
use crate::policy::{Basis, Limit, LimitKind, LimitScope, Party, Policy, TrunkId};

/// Who sends media to whom, as limits tell it apart: the packets, not the call.
#[derive(Clone, Copy, Debug)]
pub struct MediaRoute {
    /// Who sends.
    pub from: Party,
    /// Who receives.
    pub to: Party,
    /// The trunk group of the call.
    pub trunk: Option<TrunkId>,
    /// Where it goes: the border element that has to bear it.
    pub destination: Option<IpAddr>,
}

/// What bits belong to: the evidence if they are too many.
#[derive(Clone, Debug)]
pub struct Cause {
    /// The stream or the description.
    pub trace: Trace,
    /// Its Call-ID.
    pub call_id: Box<str>,
}

/// Why a limit could not be held against all that it speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Blank {
    /// Sessions lived, and none of their media passed the tap.
    NoMedia,
    /// A description without a bandwidth line was part of the sum.
    Unsaid,
    /// Media has no caller or callee of its own: a limit on a source cannot be held against it.
    NoSource,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Scope {
    Pair(Party, Party),
    Direction(Party, Party),
    Trunk(TrunkId, Party, Party),
    Element(Party, Box<str>),
}

/// How the sum changes at an instant.
#[derive(Clone, Debug, Default)]
struct Step {
    /// In bits per second.
    change: i64,
    /// Of those that rise here, the one that began last.
    rises: Option<Arc<Cause>>,
}

/// A limit in one scope.
#[derive(Clone, Debug)]
struct Sum {
    limit: Limit,
    direction: (Party, Party),
    /// What is not final yet.
    steps: BTreeMap<Time, Step>,
    level: i64,
    peak: i64,
    open: Option<Excursion>,
    excursions: Excursions,
    unsaid: bool,
}

/// The bandwidth of media against every limit on it. Spans come in any order that a cut of the capture does not change; what lies before a
/// time that nothing can precede any more is folded by [`Bandwidth::settle`], so that memory follows the streams that are alive.
#[derive(Clone, Debug, Default)]
pub struct Bandwidth {
    sums: BTreeMap<(String, Scope), Sum>,
}

impl Bandwidth {
    /// Whether any agreement limits bandwidth.
    #[must_use]
    pub fn is_limited(policy: &Policy) -> bool {
        policy.all_terms().flat_map(|terms| &terms.admission.limits).any(of_bandwidth)
    }

    /// Adds media that passed, second by second.
    pub fn measured<I: Iterator<Item = (Time, u64)>>(
        &mut self,
        policy: &Policy,
        route: &MediaRoute,
        seconds: impl Fn() -> I,
        cause: &dyn Fn() -> Cause,
    ) {
        let mut shown = None;
        for limit in limits(policy, route).filter(|limit| limit.basis != Some(Basis::Signalled)) {
            let Some(sum) = self.sum(limit, policy, route) else { continue };
            let cause = shown.get_or_insert_with(|| Arc::new(cause()));
            let mut last: Option<(Time, i64)> = None;
            for (second, octets) in seconds() {
                let bits = i64::try_from(octets.saturating_mul(8)).unwrap_or(i64::MAX);
                let (end, before) = last.map_or((second, 0), |(from, bits)| (from.plus(SECOND), bits));
                if end < second {
                    sum.step(end, -before, cause);
                    sum.step(second, bits, cause);
                } else {
                    sum.step(second, bits - before, cause);
                }
                last = Some((second, bits));
            }
            if let Some((second, bits)) = last {
                sum.step(second.plus(SECOND), -bits, cause);
            }
        }
    }

    /// Adds what SDP says that media may take from one time to another, in bits per second; nothing where it does not say.
    pub fn signalled(
        &mut self,
        policy: &Policy,
        route: &MediaRoute,
        (from, to): (Time, Time),
        bits: Option<u64>,
        cause: &dyn Fn() -> Cause,
    ) {
        let mut shown = None;
        for limit in limits(policy, route).filter(|limit| limit.basis == Some(Basis::Signalled)) {
            let Some(sum) = self.sum(limit, policy, route) else { continue };
            let Some(bits) = bits else {
                sum.unsaid = true;
                continue;
            };
            let cause = shown.get_or_insert_with(|| Arc::new(cause()));
            let bits = i64::try_from(bits).unwrap_or(i64::MAX);
            if from < to {
                sum.step(from, bits, cause);
                sum.step(to, -bits, cause);
            }
        }
    }

    fn sum(&mut self, limit: &Limit, policy: &Policy, route: &MediaRoute) -> Option<&mut Sum> {
        let scope = Scope::of(limit, policy, route)?;
        Some(self.sums.entry((limit.id.clone(), scope)).or_insert_with(|| Sum {
            limit: limit.clone(),
            direction: (route.from, route.to),
            steps: BTreeMap::new(),
            level: 0,
            peak: 0,
            open: None,
            excursions: Excursions::default(),
            unsaid: false,
        }))
    }

    /// Folds what lies before a time: nothing that is added later does.
    pub fn settle(&mut self, before: Time) {
        self.sums.values_mut().for_each(|sum| sum.settle(before));
    }

    /// Every limit with the bandwidth that it met, by limit and scope, once everything is settled.
    #[must_use]
    pub fn loads(&self, policy: &Policy) -> Vec<LimitLoad> {
        let load = |((_, scope), sum): (&(String, Scope), &Sum)| LimitLoad {
            limit: sum.limit.clone(),
            direction: sum.direction,
            scope: scope.name(policy),
            peak: kbps(sum.peak),
            excursions: sum.excursions.all().to_vec(),
            fates: None,
            blank: sum.unsaid.then_some(Blank::Unsaid),
        };
        self.sums.iter().map(load).collect()
    }

    /// Limits that speak of a direction with sessions and met no media in it.
    #[must_use]
    pub fn blanks(&self, policy: &Policy, (from, to): (Party, Party)) -> Vec<LimitLoad> {
        let route = MediaRoute { from, to, trunk: None, destination: None };
        let blank = |limit: &Limit| match (limit.scope, Scope::of(limit, policy, &route)) {
            (LimitScope::Source, _) => Some((Blank::NoSource, "every source".to_owned())),
            (LimitScope::Direction | LimitScope::Pair, Some(scope)) => {
                let met = self.sums.contains_key(&(limit.id.clone(), scope.clone()));
                (!met).then(|| (Blank::NoMedia, scope.name(policy)))
            }
            _ => None,
        };
        let load = |limit: &Limit| {
            let (blank, scope) = blank(limit)?;
            Some(LimitLoad {
                limit: limit.clone(),
                direction: (from, to),
                scope,
                peak: 0.0,
                excursions: Vec::new(),
                fates: None,
                blank: Some(blank),
            })
        };
        limits(policy, &route).filter_map(load).collect()
    }
}

/// A second in nanoseconds.
const SECOND: i64 = crate::base::seconds(1);

fn of_bandwidth(limit: &Limit) -> bool {
    limit.enabled && limit.kind == LimitKind::BandwidthKbps
}

/// The limits on bandwidth of whoever sends media to whom: the direction of packets, whoever called.
fn limits<'p>(policy: &'p Policy, route: &MediaRoute) -> impl Iterator<Item = &'p Limit> {
    policy.terms(route.from, route.to, route.trunk).admission.limits.iter().filter(|limit| of_bandwidth(limit))
}

#[allow(clippy::cast_precision_loss)]
fn kbps(bits: i64) -> f64 {
    bits as f64 / 1000.0
}

impl Sum {
    fn step(&mut self, at: Time, change: i64, cause: &Arc<Cause>) {
        if change == 0 {
            return;
        }
        let step = self.steps.entry(at).or_default();
        step.change = step.change.saturating_add(change);
        let began = |cause: &Arc<Cause>| (cause.trace.origin, cause.trace.source, cause.trace.destination);
        if change > 0 && step.rises.as_ref().is_none_or(|held| began(held) < began(cause)) {
            step.rises = Some(Arc::clone(cause));
        }
    }

    fn settle(&mut self, before: Time) {
        let rest = self.steps.split_off(&before);
        for (at, step) in std::mem::replace(&mut self.steps, rest) {
            self.level = self.level.saturating_add(step.change);
            self.peak = self.peak.max(self.level);
            let load = kbps(self.level);
            if load <= self.limit.value.value {
                if let Some(excursion) = self.open.take() {
                    self.excursions.record(Excursion { end: at, ..excursion });
                }
                continue;
            }
            match &mut self.open {
                Some(excursion) if load > excursion.peak => (excursion.peak, excursion.peak_at) = (load, at),
                Some(_) => {}
                None => {
                    let (evidence, call_id) =
                        step.rises.map_or_else(Default::default, |cause| (cause.trace.clone(), cause.call_id.clone()));
                    self.open = Some(Excursion { start: at, end: at, peak: load, peak_at: at, beyond: 0, evidence, call_id });
                }
            }
        }
    }
}

impl Scope {
    fn of(limit: &Limit, policy: &Policy, route: &MediaRoute) -> Option<Self> {
        let (from, to) = (route.from, route.to);
        Some(match limit.scope {
            LimitScope::Pair => Self::Pair(from.min(to), from.max(to)),
            LimitScope::Direction => Self::Direction(from, to),
            LimitScope::TrunkGroup => Self::Trunk(route.trunk?, from, to),
            LimitScope::Sbe => {
                let ip = route.destination?;
                let declared = policy.peer(to).and_then(|peer| peer.dbe_at(ip));
                Self::Element(to, declared.map_or_else(|| ip.to_string(), |dbe| dbe.name.clone()).into())
            }
            LimitScope::Source => return None,
        })
    }

    fn name(&self, policy: &Policy) -> String {
        let name = |party| policy.party_name(party);
        match self {
            Self::Pair(a, b) => format!("{} ↔ {}", name(*a), name(*b)),
            Self::Direction(from, to) => format!("{} → {}", name(*from), name(*to)),
            Self::Trunk(id, from, to) => {
                let group = policy.peers.get(usize::from(id.peer)).and_then(|p| p.trunk_groups.get(usize::from(id.group)));
                format!("trunk group {}, {} → {}", group.map_or("?", |g| &g.id), name(*from), name(*to))
            }
            Self::Element(_, element) => format!("border element {element}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::seconds;

    fn policy(scope: &str, basis: &str, value: f64) -> Policy {
        let key = if scope == "source" { "key = \"caller\"\n" } else { "" };
        let text = format!(
            "schema = 1\n[policy]\nid = \"p\"\n[[admission.limit]]\nid = \"b\"\nkind = \"bandwidth_kbps\"\nscope = \"{scope}\"\n{key}basis = \"{basis}\"\nvalue = {value:?}\n"
        );
        Policy::parse("policy.toml".as_ref(), &text, crate::policy::KnownRules::default(), crate::policy::Style::Plain).unwrap()
    }

    fn route(from: u16, to: u16) -> MediaRoute {
        MediaRoute { from: Party::Declared(from), to: Party::Declared(to), trunk: None, destination: Some([192, 0, 2, 1].into()) }
    }

    fn cause(serial: u64) -> Cause {
        let origin = crate::base::Origin { serial, capture: 0, frame: serial as u32 };
        Cause { trace: Trace { origin, ..Trace::default() }, call_id: "c".into() }
    }

    /// Streams of 80 kbit/s, by the seconds at which they begin and end.
    fn met(policy: &Policy, streams: &[(i64, i64, MediaRoute)], settle_at: &[i64]) -> Vec<LimitLoad> {
        let mut bandwidth = Bandwidth::default();
        for (n, (from, to, route)) in streams.iter().enumerate() {
            bandwidth.measured(policy, route, || (*from..*to).map(|s| (Time(seconds(s)), 10_000)), &|| cause(n as u64 + 1));
        }
        settle_at.iter().for_each(|s| bandwidth.settle(Time(seconds(*s))));
        bandwidth.settle(Time(i64::MAX));
        bandwidth.loads(policy)
    }

    /// §8.4: each stream of G.711 is 80.0 kbit/s a direction; three of them are beyond 200, two are not.
    #[test]
    fn the_third_stream_is_beyond_the_limit_as_long_as_all_three_last() {
        let policy = policy("direction", "measured", 200.0);
        let streams = [(0, 10, route(0, 1)), (2, 8, route(0, 1)), (5, 20, route(0, 1)), (0, 20, route(1, 0))];
        for settle in [&[][..], &[1, 5, 6, 8], &[7]] {
            let loads = met(&policy, &streams, settle);
            let spans = |load: &LimitLoad| {
                load.excursions.iter().map(|e| (e.start.0, e.end.0, e.peak, e.evidence.origin.serial)).collect::<Vec<_>>()
            };
            assert_eq!((loads[0].peak, spans(&loads[0])), (240.0, vec![(seconds(5), seconds(8), 240.0, 3)]));
            assert_eq!((loads[1].peak, spans(&loads[1])), (80.0, vec![]));
        }
    }

    #[test]
    fn the_agreed_bandwidth_itself_is_not_beyond() {
        let policy = policy("pair", "measured", 160.0);
        let loads = met(&policy, &[(0, 4, route(0, 1)), (3, 9, route(1, 0)), (20, 21, route(0, 1))], &[]);
        assert_eq!((loads.len(), loads[0].peak, loads[0].excursions.len()), (1, 160.0, 0));
    }

    #[test]
    fn what_descriptions_promise_counts_while_the_session_lives() {
        let policy = policy("direction", "signalled", 100.0);
        let mut bandwidth = Bandwidth::default();
        for (from, to, bits) in [(0, 10, Some(80_000)), (5, 10, Some(64_000)), (20, 30, None)] {
            bandwidth.signalled(&policy, &route(0, 1), (Time(seconds(from)), Time(seconds(to))), bits, &|| cause(7));
        }
        bandwidth.measured(&policy, &route(0, 1), || std::iter::once((Time(0), 1_000_000)), &|| cause(1));
        bandwidth.settle(Time(i64::MAX));
        let load = &bandwidth.loads(&policy)[0];
        assert_eq!((load.peak, load.blank), (144.0, Some(Blank::Unsaid)));
        assert_eq!((load.excursions[0].start, load.excursions[0].end), (Time(seconds(5)), Time(seconds(10))));
    }

    #[test]
    fn sessions_without_media_leave_a_limit_blank() {
        let blank = |scope| Bandwidth::default().blanks(&policy(scope, "measured", 1.0), (Party::Declared(0), Party::Declared(1)));
        let blanks: Vec<_> = ["direction", "source"].into_iter().flat_map(blank).map(|load| load.blank).collect();
        assert_eq!(blanks, [Some(Blank::NoMedia), Some(Blank::NoSource)]);
    }
}
