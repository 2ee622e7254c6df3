//! Takes the moments that change the load, in time order, gives concurrency, attempt rate and carried traffic by direction, never a verdict.

use std::collections::BTreeMap;

use super::admission::{Admission, LimitLoad};
use super::gauge::{Gauge, Rate, erlangs};
use crate::base::{Time, seconds};
use crate::call::{LoadEvent, LoadKind};
use crate::policy::{Party, Policy, Terms, TrunkId};

/// Whose load an event is: what the caller knows of its session's first INVITE.
#[derive(Clone, Copy, Debug)]
pub struct Route<'a> {
    /// The originating side.
    pub from: Party,
    /// The terminating side.
    pub to: Party,
    /// The trunk group.
    pub trunk: Option<TrunkId>,
    /// What was agreed for them.
    pub terms: &'a Terms,
    /// The agreement: for the names of border elements.
    pub policy: &'a Policy,
}

/// The load of one direction, or of all.
#[derive(Clone, Debug, Default)]
pub struct Carried {
    /// Sessions from the first 2xx to their end.
    pub confirmed: Gauge,
    /// Sessions from the first INVITE to their end or failure.
    pub attempted: Gauge,
    /// Session requests in a sliding second.
    pub attempts: Rate,
    intervals: Intervals,
}

impl Carried {
    fn over(interval: i64) -> Self {
        Self { intervals: Intervals { width: interval, ..Intervals::default() }, ..Self::default() }
    }

    fn on(&mut self, at: Time, kind: LoadKind) {
        self.run(at);
        match kind {
            LoadKind::Attempt => {
                self.attempted.rise(at);
                self.intervals.rate(self.attempts.note(at));
            }
            LoadKind::Resumed => self.attempted.rise(at),
            LoadKind::AttemptEnded | LoadKind::AttemptLost => self.attempted.fall(at),
            LoadKind::Answered => {
                self.confirmed.rise(at);
                self.intervals.level(self.confirmed.level());
            }
            LoadKind::Ended => self.confirmed.fall(at),
            LoadKind::Transaction | LoadKind::Message => {}
        }
    }

    fn run(&mut self, to: Time) {
        self.intervals.run(to, self.confirmed.level());
        self.confirmed.run(to);
        self.attempted.run(to);
    }

    /// The load of the interval that begins at `start`.
    #[must_use]
    pub fn interval(&self, start: Time) -> Slice {
        self.intervals.at(start)
    }
}

/// The load of one interval, confirmed sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Slice {
    /// Live time in session-nanoseconds.
    area: i128,
    width: i64,
    /// The highest number of sessions at once.
    pub peak: u64,
    /// The most session requests in a second that ends in the interval.
    pub peak_rate: u64,
}

impl Slice {
    /// The carried traffic in Erlangs.
    #[must_use]
    pub fn erlangs(&self) -> Option<f64> {
        erlangs(self.area, self.width)
    }
}

/// Tumbling intervals, aligned to the epoch. A gap without events is one plateau, however long it is.
#[derive(Clone, Debug, Default)]
struct Intervals {
    width: i64,
    open: Option<(Time, Slice)>,
    since: Option<Time>,
    closed: BTreeMap<Time, Slice>,
    /// From, to, level: whole intervals in which nothing changed.
    plateaus: Vec<(Time, Time, u64)>,
}

impl Intervals {
    /// Time passes at `level` up to `to`.
    fn run(&mut self, to: Time, level: u64) {
        if self.width <= 0 {
            return;
        }
        let start = to.floor(self.width);
        let fresh = || Slice { width: self.width, peak: level, ..Slice::default() };
        let (mut at, mut slice) = self.open.unwrap_or_else(|| (start, fresh()));
        let mut since = self.since.unwrap_or(to);
        if at < start {
            let end = at.plus(self.width);
            slice.area += live(level, since, end);
            self.closed.insert(at, slice);
            if end < start && level > 0 {
                self.plateaus.push((end, start, level));
            }
            (at, slice, since) = (start, fresh(), start);
        }
        slice.area += live(level, since, to);
        self.open = Some((at, slice));
        self.since = Some(to.max(since));
    }

    fn level(&mut self, level: u64) {
        if let Some((_, slice)) = &mut self.open {
            slice.peak = slice.peak.max(level);
        }
    }

    fn rate(&mut self, count: u64) {
        if let Some((_, slice)) = &mut self.open {
            slice.peak_rate = slice.peak_rate.max(count);
        }
    }

    fn at(&self, start: Time) -> Slice {
        let open = self.open.filter(|&(at, _)| at == start).map(|(_, slice)| slice);
        let plateau = || {
            let (from, to, level) = *self.plateaus.get(self.plateaus.partition_point(|&(_, to, _)| to <= start))?;
            (from <= start && start < to).then(|| Slice {
                area: live(level, start, start.plus(self.width)),
                width: self.width,
                peak: level,
                peak_rate: 0,
            })
        };
        open.or_else(|| self.closed.get(&start).copied()).or_else(plateau).unwrap_or(Slice { width: self.width, ..Slice::default() })
    }
}

fn live(level: u64, from: Time, to: Time) -> i128 {
    i128::from(level) * i128::from(to.since(from).max(0))
}

/// The load of the interconnect. Fed in the order of `(at, kind, invite.origin)`; memory follows live sessions, windows and directions.
#[derive(Clone, Debug, Default)]
pub struct Load {
    directions: BTreeMap<(Party, Party), Carried>,
    total: Carried,
    admission: Admission,
}

impl Load {
    /// The next event.
    pub fn on(&mut self, event: &LoadEvent, route: &Route<'_>) {
        if matches!(event.kind, LoadKind::Transaction | LoadKind::Message) {
            self.admission.on(event, route);
            return;
        }
        let interval = || seconds(route.terms.performance.interval_s.as_ref().map_or(900, |c| i64::from(c.value)));
        self.directions.entry((route.from, route.to)).or_insert_with(|| Carried::over(interval())).on(event.at, event.kind);
        self.total.on(event.at, event.kind);
        self.admission.on(event, route);
    }

    /// The capture ends at `end`: what lives counts up to there.
    pub fn finish(&mut self, end: Time) {
        self.total.run(end);
        self.directions.values_mut().for_each(|d| d.run(end));
        self.admission.finish(end);
    }

    /// The load of all directions together.
    #[must_use]
    pub const fn total(&self) -> &Carried {
        &self.total
    }

    /// The load of a direction; `None` where it had none.
    #[must_use]
    pub fn direction(&self, from: Party, to: Party) -> Option<&Carried> {
        self.directions.get(&(from, to))
    }

    /// The load of every direction.
    pub fn directions(&self) -> impl Iterator<Item = (Party, Party, &Carried)> {
        self.directions.iter().map(|(&(from, to), carried)| (from, to, carried))
    }

    /// Every admission limit with the load that it met, by limit and scope; complete after [`Load::finish`].
    #[must_use]
    pub fn limits(&self, policy: &Policy) -> Vec<LimitLoad> {
        self.admission.loads(policy)
    }
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{at, load_m};
    use super::*;
    use crate::policy::{Clause, Provenance};

    fn load(interval_s: u32) -> Carried {
        let policy = Policy::baseline();
        let mut terms = Terms::default();
        let provenance = Provenance { source: "policy.toml".into(), line: None, path: "performance.interval_s".into() };
        terms.performance.interval_s = Some(Clause::new(interval_s, provenance.into()));
        let (from, to) = (Party::Declared(0), Party::Declared(1));
        let mut load = Load::default();
        let route = Route { from, to, trunk: None, terms: &terms, policy: &policy };
        load_m().iter().for_each(|event| load.on(event, &route));
        load.finish(at(300.0));
        load.direction(from, to).unwrap().clone()
    }

    #[test]
    fn oracle_m_peak_and_carried_traffic() {
        let m = load(900);
        assert_eq!((m.confirmed.peak(), m.confirmed.peak_at()), (3, Some(at(25.0))));
        assert_eq!(m.confirmed.erlangs(at(300.0).0), Some(0.4775));
        assert_eq!((m.attempts.peak(), m.attempts.peak_at()), (1, Some(at(0.0))));
    }

    #[test]
    fn intervals_share_the_live_time_among_them() {
        let m = load(10);
        let erlangs = |s: i64| m.interval(Time(seconds(s))).erlangs().unwrap();
        // M1 lives from 4.7, M2 from 15.0, M3 from 25.0 to 30.0; the fifties belong to M1 and M2 alone, without an event in them but attempts.
        assert_eq!([erlangs(0), erlangs(10), erlangs(20), erlangs(50), erlangs(70)], [0.53, 1.5, 2.5, 2.0, 0.525]);
        assert_eq!([erlangs(180), erlangs(190), erlangs(200)], [0.8, 1.0, 0.0]);
        assert_eq!(m.interval(Time(seconds(20))).peak, 3);
        let whole: f64 = (0..30).map(|i| erlangs(i * 10)).sum();
        assert!((whole * 10.0 - 143.25).abs() < 1e-9);
    }
}
