//! Takes the moments that change the load with the transactions of each second, gives what the interconnect and each part of it bore, never a limit.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::gauge::{Gauge, Rate, erlangs};
use super::load::Route;
use super::seconds::{Levels, Seconds};
use super::series::Timeline;
use crate::base::{Origin, Time, seconds};
use crate::call::{LoadEvent, LoadKind};
use crate::policy::{Party, Policy, TrunkId};

/// Parts of the interconnect that are told apart; what belongs to others is [`Part::Other`].
const PARTS: usize = 1024;
/// Directions whose load over time is kept for a chart.
const LINES: usize = 12;
/// Pairs of hosts whose parts are looked up quickly.
const ROUTES: usize = 1 << 16;
/// Calls that are named at a peak.
const NAMED: usize = 5;
/// A busy hour begins at a quarter of an hour (E.500: sliding by 15 minutes).
const QUARTER: i64 = seconds(900);
/// Quarters of an hour.
const HOUR: i64 = 4;

/// What a load is the load of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// The whole interconnect.
    All,
    /// Sessions from one party to another.
    Direction(Party, Party),
    /// Those of a trunk group.
    Trunk(Party, Party, TrunkId),
    /// Those that a border element of a party sent or received, by its name or address.
    Element(Party, Box<str>),
    /// Parts beyond the number that is told apart.
    Other,
}

/// A session that a peak consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its first INVITE.
    pub origin: Origin,
    /// Its Call-ID.
    pub call_id: Arc<str>,
}

/// Sessions that live, by one of the two bases.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// How many, when most, how much over time.
    pub gauge: Gauge,
    /// The highest number of each second.
    pub levels: Levels,
    /// Of the sessions of the first peak, the last that began.
    pub at_peak: Vec<Seen>,
    /// The last that began and live.
    recent: VecDeque<Seen>,
}

impl Live {
    fn rise(&mut self, event: &LoadEvent) {
        let before = self.gauge.peak();
        self.gauge.rise(event.at);
        self.levels.set(event.at, self.gauge.level());
        if self.recent.len() == NAMED {
            self.recent.pop_front();
        }
        self.recent.push_back(Seen { origin: event.invite.origin, call_id: event.call_id.clone() });
        if self.gauge.peak() > before {
            self.at_peak = self.recent.iter().cloned().collect();
        }
    }

    fn fall(&mut self, event: &LoadEvent) {
        self.gauge.fall(event.at);
        self.levels.set(event.at, self.gauge.level());
        self.recent.retain(|seen| seen.origin != event.invite.origin || seen.call_id != event.call_id);
    }
}

/// A quarter of an hour, or several added up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quarter {
    /// Session requests begun.
    pub attempts: u64,
    /// Sessions answered.
    pub answered: u64,
    /// Live time of confirmed and of attempted sessions, in session-nanoseconds.
    confirmed: i128,
    attempted: i128,
}

impl Quarter {
    fn add(mut self, other: &Self) -> Self {
        self.attempts += other.attempts;
        self.answered += other.answered;
        self.confirmed += other.confirmed;
        self.attempted += other.attempted;
        self
    }

    /// Carried traffic of confirmed sessions over `nanos` nanoseconds, in Erlangs.
    #[must_use]
    pub fn erlangs(&self, nanos: i64) -> Option<f64> {
        erlangs(self.confirmed, nanos)
    }

    /// The same of attempted sessions: what circuits are held by, ringing among it.
    #[must_use]
    pub fn erlangs_attempted(&self, nanos: i64) -> Option<f64> {
        erlangs(self.attempted, nanos)
    }
}

/// The load of one part.
#[derive(Clone, Debug, Default)]
pub struct Borne {
    /// Sessions from the first 2xx to their end.
    pub confirmed: Live,
    /// Sessions from the first INVITE to their end or failure.
    pub attempted: Live,
    /// Session requests: the most in a sliding second, and in each second.
    pub attempts: (Rate, Seconds),
    /// Answers, the same.
    pub answers: (Rate, Seconds),
    /// Client transactions begun in each second, by every method but ACK.
    pub transactions: Seconds,
    /// Over time, for a chart: of the first directions only.
    pub line: Option<Timeline>,
    quarters: BTreeMap<i64, Quarter>,
    /// Up to when live time is in the quarters.
    run: Option<Time>,
}

impl Borne {
    fn on(&mut self, event: &LoadEvent) {
        self.run(event.at);
        match event.kind {
            LoadKind::Attempt => {
                self.attempted.rise(event);
                self.attempts.0.note(event.at);
                self.attempts.1.note(event.at, 1);
                self.quarter(event.at).attempts += 1;
                self.line.iter_mut().for_each(|line| line.attempt(event.at));
            }
            LoadKind::Resumed => self.attempted.rise(event),
            LoadKind::AttemptEnded | LoadKind::AttemptLost => self.attempted.fall(event),
            LoadKind::Answered => {
                self.confirmed.rise(event);
                self.answers.0.note(event.at);
                self.answers.1.note(event.at, 1);
                self.quarter(event.at).answered += 1;
                self.level(event.at);
            }
            LoadKind::Ended => {
                self.confirmed.fall(event);
                self.level(event.at);
            }
            // Counted by the second as they are heard, whatever they belong to.
            LoadKind::Transaction | LoadKind::Message => {}
        }
    }

    fn level(&mut self, at: Time) {
        let level = self.confirmed.gauge.level();
        self.line.iter_mut().for_each(|line| line.concurrent(at, level));
    }

    fn quarter(&mut self, at: Time) -> &mut Quarter {
        self.quarters.entry(at.0.div_euclid(QUARTER)).or_default()
    }

    /// Puts live time into the quarters. Of a long time without a change only the first and the last hour are written down: every hour
    /// between is like them.
    fn run(&mut self, to: Time) {
        let from = *self.run.get_or_insert(to);
        if to <= from {
            return;
        }
        self.run = Some(to);
        let (confirmed, attempted) = (self.confirmed.gauge.level(), self.attempted.gauge.level());
        if confirmed + attempted == 0 {
            return;
        }
        let (first, last) = (from.0.div_euclid(QUARTER), to.0.div_euclid(QUARTER));
        if first == last {
            let lasted = i128::from(to.0 - from.0);
            let quarter = self.quarters.entry(first).or_default();
            quarter.confirmed += i128::from(confirmed) * lasted;
            quarter.attempted += i128::from(attempted) * lasted;
            return;
        }
        let head = first..=last.min(first + HOUR);
        let tail = (last - HOUR).max(first + HOUR + 1)..=last;
        for number in head.chain(tail) {
            let (begin, end) = (number.saturating_mul(QUARTER), (number + 1).saturating_mul(QUARTER));
            let lasted = i128::from(to.0.min(end)) - i128::from(from.0.max(begin));
            let quarter = self.quarters.entry(number).or_default();
            quarter.confirmed += i128::from(confirmed) * lasted.max(0);
            quarter.attempted += i128::from(attempted) * lasted.max(0);
        }
    }

    fn finish(&mut self, end: Time, all: u64) {
        self.run(end);
        for live in [&mut self.confirmed, &mut self.attempted] {
            live.gauge.run(end);
            live.levels.finish(end, all);
        }
        for seconds in [&mut self.attempts.1, &mut self.answers.1, &mut self.transactions] {
            seconds.finish(all);
        }
        self.line.iter_mut().for_each(|line| line.finish(end));
    }

    /// The hour that begins at a quarter in which most requests began, and what it came to; `None` without requests.
    #[must_use]
    pub fn busiest_by_attempts(&self) -> Option<(Time, Quarter)> {
        self.busiest(|hour| i128::from(hour.attempts))
    }

    /// The hour with the most live time of confirmed sessions, or of attempted ones where none was confirmed.
    #[must_use]
    pub fn busiest_by_traffic(&self) -> Option<(Time, Quarter)> {
        self.busiest(|hour| hour.confirmed).or_else(|| self.busiest(|hour| hour.attempted))
    }

    fn busiest(&self, measure: impl Fn(&Quarter) -> i128) -> Option<(Time, Quarter)> {
        let mut best: Option<(i64, Quarter)> = None;
        // No hour that begins before the first quarter holds more than the one that begins with it.
        let mut tried = self.quarters.first_key_value().map_or(0, |(&first, _)| first);
        for &number in self.quarters.keys() {
            for start in (number - HOUR + 1).max(tried)..=number {
                tried = start + 1;
                let hour = self.quarters.range(start..start + HOUR).fold(Quarter::default(), |sum, (_, quarter)| sum.add(quarter));
                if measure(&hour) > best.as_ref().map_or(0, |(_, held)| measure(held)) {
                    best = Some((start, hour));
                }
            }
        }
        best.map(|(start, hour)| (Time(start.saturating_mul(QUARTER)), hour))
    }
}

/// New client transactions of one second between two hosts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Begun {
    /// The running clock, cut to the second.
    pub second: Time,
    /// Who sent the requests.
    pub source: IpAddr,
    /// Who received them.
    pub destination: IpAddr,
    /// The trunk group of the call.
    pub trunk: Option<TrunkId>,
}

/// Between which hosts, over which trunk group.
type Course = (IpAddr, IpAddr, Option<TrunkId>);

/// What the interconnect bore. Fed in the order of time; memory follows its parts and the seconds that are open.
#[derive(Clone, Debug, Default)]
pub struct Capacity {
    parts: Vec<(Part, Borne)>,
    numbers: HashMap<Part, usize, FixedState>,
    routes: HashMap<Course, SmallVec<[usize; 5]>, FixedState>,
    lines: usize,
}

impl Capacity {
    /// The next event of the load.
    pub fn on(&mut self, event: &LoadEvent, route: &Route<'_>) {
        if matches!(event.kind, LoadKind::Transaction | LoadKind::Message) {
            return;
        }
        let hosts = (event.invite.source.ip, event.invite.destination.ip);
        for number in self.of(hosts, (route.from, route.to), route.trunk, route.policy) {
            if let Some((part, borne)) = self.parts.get_mut(number) {
                // By the order of the load, which no cut of the capture changes.
                if borne.line.is_none() && matches!(part, Part::Direction(..)) && self.lines < LINES {
                    borne.line = Some(Timeline::default());
                    self.lines += 1;
                }
                borne.on(event);
            }
        }
    }

    /// So many transactions that began together.
    pub fn begun(&mut self, begun: &Begun, count: u64, parties: (Party, Party), policy: &Policy) {
        for number in self.of((begun.source, begun.destination), parties, begun.trunk, policy) {
            if let Some((_, borne)) = self.parts.get_mut(number) {
                borne.transactions.note(begun.second, count);
            }
        }
    }

    /// The places of the parts that a session between two hosts belongs to.
    fn of(&mut self, hosts: (IpAddr, IpAddr), (from, to): (Party, Party), trunk: Option<TrunkId>, policy: &Policy) -> SmallVec<[usize; 5]> {
        let key = (hosts.0, hosts.1, trunk);
        if let Some(known) = self.routes.get(&key) {
            return known.clone();
        }
        let mut parts: SmallVec<[Part; 5]> = SmallVec::new();
        parts.extend([Part::All, Part::Direction(from, to)]);
        parts.extend(trunk.map(|trunk| Part::Trunk(from, to, trunk)));
        parts.extend([element(policy, from, hosts.0), element(policy, to, hosts.1)]);
        let mut numbers: SmallVec<[usize; 5]> = SmallVec::new();
        for part in parts {
            let number = self.number(part);
            if !numbers.contains(&number) {
                numbers.push(number);
            }
        }
        if self.routes.len() >= ROUTES {
            self.routes.clear();
        }
        self.routes.insert(key, numbers.clone());
        numbers
    }

    fn number(&mut self, part: Part) -> usize {
        let part = if self.parts.len() < PARTS || self.numbers.contains_key(&part) { part } else { Part::Other };
        if let Some(&number) = self.numbers.get(&part) {
            return number;
        }
        self.numbers.insert(part.clone(), self.parts.len());
        self.parts.push((part, Borne::default()));
        self.parts.len() - 1
    }

    /// The capture lasts from `start` to `end`.
    pub fn finish(&mut self, start: Time, end: Time) {
        let second = |at: Time| at.0.div_euclid(seconds(1));
        let all = u64::try_from(second(end) - second(start) + 1).unwrap_or(0);
        self.parts.iter_mut().for_each(|(_, borne)| borne.finish(end, all));
        self.parts.sort_by(|a, b| a.0.cmp(&b.0));
    }

    /// Every part, the whole first; complete after [`Capacity::finish`].
    pub fn parts(&self) -> impl Iterator<Item = (&Part, &Borne)> {
        self.parts.iter().map(|(part, borne)| (part, borne))
    }
}

fn element(policy: &Policy, party: Party, ip: IpAddr) -> Part {
    let declared = policy.peer(party).and_then(|peer| peer.sbe_at(ip));
    Part::Element(party, declared.map_or_else(|| ip.to_string().into(), |sbe| Box::from(sbe.name.as_str())))
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{at, load_m};
    use super::*;
    use crate::policy::Terms;

    fn of(events: &[LoadEvent], end: f64) -> Capacity {
        let (policy, terms) = (Policy::baseline(), Terms::default());
        let route = Route { from: Party::Declared(0), to: Party::Declared(1), trunk: None, terms: &terms, policy: &policy };
        let mut capacity = Capacity::default();
        events.iter().for_each(|event| capacity.on(event, &route));
        capacity.finish(at(0.0), at(end));
        capacity
    }

    fn all(capacity: &Capacity) -> &Borne {
        capacity.parts().find(|(part, _)| **part == Part::All).unwrap().1
    }

    #[test]
    fn oracle_m_peaks_with_their_calls_and_carries_its_traffic() {
        let capacity = of(&load_m(), 300.0);
        let m = all(&capacity);
        assert_eq!((m.confirmed.gauge.peak(), m.confirmed.gauge.peak_at()), (3, Some(at(25.0))));
        let named: Vec<&str> = m.confirmed.at_peak.iter().map(|seen| &*seen.call_id).collect();
        assert_eq!(named, ["M1", "M2", "M3"]);
        let (start, hour) = m.busiest_by_traffic().unwrap();
        assert_eq!((start, hour.attempts, hour.answered), (at(0.0), 13, 4));
        assert_eq!(hour.erlangs(at(300.0).0), Some(0.4775));
        // 301 seconds are touched: 120 and a half of them hold a session, and four in five none or one.
        assert_eq!((m.confirmed.levels.spread().count(), m.confirmed.levels.spread().max()), (301, Some(3)));
        assert_eq!((m.attempts.1.total, m.attempts.1.peak()), (13, Some((1, at(0.0)))));
        let directions = capacity.parts().filter(|(part, _)| matches!(part, Part::Direction(..))).count();
        assert_eq!(directions, 1);
    }

    fn moment(seconds: f64, kind: LoadKind) -> LoadEvent {
        LoadEvent { at: at(seconds), kind, ..load_m().remove(0) }
    }

    #[test]
    fn the_busy_hour_slides_by_quarters() {
        // 10 attempts just before an hour begins and 10 after: only an hour that begins at a quarter holds both.
        let events: Vec<_> =
            [3500.0, 3700.0].iter().flat_map(|&s| (0..10).map(move |i| moment(s + f64::from(i), LoadKind::Attempt))).collect();
        let capacity = of(&events, 7200.0);
        let (start, hour) = all(&capacity).busiest_by_attempts().unwrap();
        assert_eq!((start, hour.attempts), (at(2700.0), 20));
    }

    #[test]
    fn a_session_of_a_century_takes_few_quarters() {
        let century = 3.0e9;
        let events = [moment(10.0, LoadKind::Answered), moment(century, LoadKind::Ended)];
        let capacity = of(&events, century);
        let borne = all(&capacity);
        assert!(borne.quarters.len() < 16);
        let (_, hour) = borne.busiest_by_traffic().unwrap();
        assert_eq!(hour.erlangs(seconds(3600)), Some(1.0));
    }

    #[test]
    fn very_many_parts_are_not_told_apart() {
        let (policy, terms) = (Policy::baseline(), Terms::default());
        let mut capacity = Capacity::default();
        for n in 0..3000u32 {
            let host = IpAddr::V4((0x0a00_0000 + n).into());
            let mut event = moment(f64::from(n), LoadKind::Attempt);
            let mut invite = (*event.invite).clone();
            invite.source.ip = host;
            event.invite = invite.into();
            capacity.on(&event, &Route { from: Party::Host(host), to: Party::Unknown, trunk: None, terms: &terms, policy: &policy });
        }
        capacity.finish(at(0.0), at(3000.0));
        assert!(capacity.parts().count() <= PARTS + 1);
        assert_eq!(all(&capacity).attempts.1.total, 3000);
        assert!(capacity.parts().any(|(part, borne)| *part == Part::Other && borne.attempts.1.total > 1000));
    }
}
