//! Takes the sessions or attempts of one scope in time order, gives the spans in which they exceeded a limit, never another scope's.

use std::collections::VecDeque;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::excursions::{Excursion, Excursions};
use super::gauge::Rate;
use crate::base::{Origin, Time, fingerprint};
use crate::call::{LoadEvent, LoadKind};
use crate::policy::{Limit, LimitKind, Party};

/// After so long a failed request does not go on any more: 64·T1 of the default T1.
const GIVEN_UP: i64 = crate::base::seconds(32);

/// What a limit counts.
#[derive(Clone, Debug)]
enum Meter {
    /// Sessions at once.
    Sessions(u64),
    /// Attempts in a sliding window.
    Window(Rate),
    /// Attempts against a token bucket; the window is kept for the load.
    Bucket(Rate, Bucket),
    /// Different callers in a sliding window.
    Callers(Callers),
}

/// Tokens in units that make refilling exact: a token is `token` units, a nanosecond brings `refill`.
#[derive(Clone, Debug)]
struct Bucket {
    token: i128,
    refill: i128,
    depth: i128,
    units: i128,
    at: Option<Time>,
}

/// What became of the sessions and attempts beyond a limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fates {
    /// Answered although they were beyond.
    pub admitted: u64,
    /// Refused, or failed for another reason.
    pub refused: u64,
    /// Neither before the capture ended.
    pub undecided: u64,
}

/// A limit in one scope.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    limit: Limit,
    direction: (Party, Party),
    meter: Meter,
    peak: f64,
    open: Option<Excursion>,
    excursions: Excursions,
    /// Attempts beyond the limit of which nobody knows yet what becomes, by their first INVITE, and when they ended.
    waiting: HashMap<Origin, Option<Time>>,
    sweep_at: usize,
    fates: Fates,
}

impl Gate {
    pub(super) fn new(limit: &Limit, direction: (Party, Party)) -> Self {
        let window = nanos(limit.window_s.unwrap_or(1.0));
        let meter = match (limit.kind, limit.burst) {
            (LimitKind::Concurrent, _) => Meter::Sessions(0),
            (LimitKind::ActiveUsers, _) => Meter::Callers(Callers::over(window)),
            (_, None) => Meter::Window(Rate::over(window)),
            (_, Some(burst)) => Meter::Bucket(Rate::over(window), Bucket::new(limit.value.value, window, burst)),
        };
        Self {
            limit: limit.clone(),
            direction,
            meter,
            peak: 0.0,
            open: None,
            excursions: Excursions::default(),
            waiting: HashMap::new(),
            sweep_at: 0,
            fates: Fates::default(),
        }
    }

    /// A session or an attempt begins.
    pub(super) fn rise(&mut self, event: &LoadEvent) {
        self.pass(event.at);
        let (load, beyond) = match &mut self.meter {
            Meter::Sessions(live) => {
                *live += 1;
                (real(*live), real(*live) > self.limit.value.value)
            }
            Meter::Window(rate) => {
                let count = real(rate.note(event.at));
                (count, count > self.limit.value.value)
            }
            Meter::Bucket(rate, bucket) => (real(rate.note(event.at)), !bucket.take()),
            Meter::Callers(callers) => {
                let (count, is_new) = callers.note(event);
                // A caller who is active already takes nothing beyond.
                (count, is_new && count > self.limit.value.value)
            }
        };
        self.peak = self.peak.max(load);
        if !beyond {
            return;
        }
        let excursion = self.open.get_or_insert_with(|| Excursion {
            start: event.at,
            end: event.at,
            peak: load,
            peak_at: event.at,
            beyond: 0,
            evidence: (*event.invite).clone(),
            call_id: (*event.call_id).into(),
        });
        excursion.beyond += 1;
        if load > excursion.peak {
            (excursion.peak, excursion.peak_at) = (load, event.at);
        }
        match event.kind {
            // Counted when it is answered: nobody refused it.
            LoadKind::Answered => self.fates.admitted += 1,
            LoadKind::Attempt | LoadKind::Resumed => _ = self.waiting.insert(event.invite.origin, None),
            _ => {}
        }
    }

    /// What becomes of an attempt that was beyond. One that failed may still go on: a challenge is no refusal.
    pub(super) fn decide(&mut self, event: &LoadEvent) {
        let Some(ended) = self.waiting.get_mut(&event.invite.origin) else { return };
        match event.kind {
            LoadKind::Answered => {
                self.waiting.remove(&event.invite.origin);
                self.fates.admitted += 1;
            }
            LoadKind::AttemptEnded | LoadKind::AttemptLost => *ended = Some(event.at),
            LoadKind::Resumed => *ended = None,
            _ => {}
        }
        if self.waiting.len() >= self.sweep_at.max(64) {
            self.refuse(event.at.plus(-GIVEN_UP));
            self.sweep_at = self.waiting.len() * 2;
        }
    }

    /// Attempts that ended before a time were refused.
    fn refuse(&mut self, before: Time) {
        let waiting = self.waiting.len();
        self.waiting.retain(|_, ended| ended.is_none_or(|ended| ended >= before));
        self.fates.refused += (waiting - self.waiting.len()) as u64;
    }

    pub(super) const fn fates(&self) -> Fates {
        self.fates
    }

    /// A session ends.
    pub(super) fn fall(&mut self, at: Time) {
        let Meter::Sessions(live) = &mut self.meter else { return };
        *live = live.saturating_sub(1);
        if real(*live) <= self.limit.value.value {
            self.close(at);
        }
    }

    /// Time passes: the attempts that leave the window, or the tokens that come back, may end an excursion.
    fn pass(&mut self, to: Time) {
        let over = match &mut self.meter {
            Meter::Sessions(_) => None,
            Meter::Window(rate) => {
                let mut over = None;
                while let Some(left) = rate.leave(to) {
                    if over.is_none() && real(rate.count()) <= self.limit.value.value {
                        over = Some(left);
                    }
                }
                over
            }
            Meter::Callers(callers) => callers.pass(to, self.limit.value.value),
            Meter::Bucket(rate, bucket) => {
                while rate.leave(to).is_some() {}
                bucket.refill(to)
            }
        };
        if let Some(at) = over {
            self.close(at);
        }
    }

    fn close(&mut self, at: Time) {
        let Some(excursion) = self.open.take() else { return };
        self.excursions.record(Excursion { end: at, ..excursion });
    }

    /// The capture ends.
    pub(super) fn finish(&mut self, end: Time) {
        self.pass(end);
        self.close(end);
        self.refuse(Time(i64::MAX));
        self.fates.undecided += self.waiting.len() as u64;
    }

    /// Whether nothing of it lives: another begun later would say the same.
    pub(super) fn is_idle(&mut self, now: Time) -> bool {
        self.pass(now);
        self.refuse(now.plus(-GIVEN_UP));
        self.open.is_none()
            && self.waiting.is_empty()
            && match &self.meter {
                Meter::Sessions(live) => *live == 0,
                Meter::Window(rate) => rate.count() == 0,
                Meter::Callers(callers) => callers.is_empty(),
                Meter::Bucket(rate, bucket) => rate.count() == 0 && bucket.units >= bucket.depth,
            }
    }

    /// Adds what another of the same limit met.
    pub(super) fn absorb(&mut self, other: Self) {
        self.peak = self.peak.max(other.peak);
        self.excursions.absorb(other.excursions);
        self.fates.admitted += other.fates.admitted;
        self.fates.refused += other.fates.refused;
        self.fates.undecided += other.fates.undecided;
    }

    pub(super) const fn limit(&self) -> &Limit {
        &self.limit
    }

    pub(super) const fn direction(&self) -> (Party, Party) {
        self.direction
    }

    pub(super) const fn peak(&self) -> f64 {
        self.peak
    }

    pub(super) fn excursions(&self) -> &[Excursion] {
        self.excursions.all()
    }
}

/// Who began a session request in a sliding window (t − w, t].
#[derive(Clone, Debug)]
struct Callers {
    window: i64,
    requests: VecDeque<(Time, u64)>,
    /// Their requests in the window.
    active: HashMap<u64, u32, FixedState>,
}

impl Callers {
    fn over(window: i64) -> Self {
        Self { window, requests: VecDeque::new(), active: HashMap::default() }
    }

    /// A request; gives how many callers stand in the window, and whether this one did not before.
    fn note(&mut self, event: &LoadEvent) -> (f64, bool) {
        let caller = fingerprint(event.caller.as_deref());
        self.requests.push_back((event.at, caller));
        let requests = self.active.entry(caller).or_insert(0);
        *requests += 1;
        let is_new = *requests == 1;
        (real(self.active.len() as u64), is_new)
    }

    /// Drops the requests that are out of the window that ends at `to`; gives when so few callers were left that the limit held again.
    fn pass(&mut self, to: Time, limit: f64) -> Option<Time> {
        let mut over = None;
        while let Some(&(at, caller)) = self.requests.front().filter(|(at, _)| at.plus(self.window) <= to) {
            self.requests.pop_front();
            if let Some(requests) = self.active.get_mut(&caller) {
                *requests = requests.saturating_sub(1);
                if *requests == 0 {
                    self.active.remove(&caller);
                }
            }
            if over.is_none() && real(self.active.len() as u64) <= limit {
                over = Some(at.plus(self.window));
            }
        }
        over
    }

    fn is_empty(&self) -> bool {
        self.requests.is_empty()
    }
}

impl Bucket {
    /// Millionths of an agreed value are kept; finer ones are no agreement.
    const SCALE: f64 = 1e6;

    fn new(value: f64, window: i64, burst: f64) -> Self {
        let token = i128::from(window) * 1_000_000;
        let depth = i128::from(whole(burst * Self::SCALE)) * i128::from(window);
        Self { token, refill: i128::from(whole(value * Self::SCALE)), depth, units: depth, at: None }
    }

    /// Refills up to `to`; gives when a token was there again, where none was before.
    fn refill(&mut self, to: Time) -> Option<Time> {
        let from = self.at.replace(to).unwrap_or(to);
        let before = self.units;
        let gained = self.refill.saturating_mul(i128::from(to.since(from).max(0)));
        self.units = before.saturating_add(gained).min(self.depth);
        if before >= self.token || self.units < self.token || self.refill <= 0 {
            return None;
        }
        let wait = (self.token - before + self.refill - 1) / self.refill;
        Some(from.plus(i64::try_from(wait).unwrap_or(i64::MAX)))
    }

    fn take(&mut self) -> bool {
        let there = self.units >= self.token;
        if there {
            self.units -= self.token;
        }
        there
    }
}

fn nanos(seconds: f64) -> i64 {
    whole(seconds * 1e9).max(1)
}

/// The nearest whole number; casts saturate.
#[allow(clippy::cast_possible_truncation)]
fn whole(value: f64) -> i64 {
    value.round() as i64
}

#[allow(clippy::cast_precision_loss)]
const fn real(n: u64) -> f64 {
    n as f64
}

#[cfg(test)]
mod tests {
    use super::super::oracle::{at, load_m};
    use super::*;
    use crate::call::LoadKind;
    use crate::call::Trace;
    use crate::policy::{Basis, Clause, LimitScope, Provenance};

    fn limit(kind: LimitKind, value: f64, burst: Option<f64>) -> Limit {
        let provenance = Provenance { source: "policy.toml".into(), line: None, path: "admission.limit".into() };
        Limit {
            id: "test".into(),
            kind,
            scope: LimitScope::Direction,
            basis: Some(Basis::Confirmed),
            key: None,
            window_s: Some(1.0),
            value: Clause::new(value, provenance.into()),
            burst,
            warn_at: None,
            enabled: true,
        }
    }

    const ATTEMPTS: [f64; 9] = [0.0, 0.2, 0.4, 0.9, 1.0, 1.1, 1.15, 1.9, 2.0];

    fn after_attempts(limit: &Limit) -> Gate {
        let party = Party::Unknown;
        let mut gate = Gate::new(limit, (party, party));
        for t in ATTEMPTS {
            let invite = Trace { first: at(t), ..Trace::default() }.into();
            let event = LoadEvent { at: at(t), kind: LoadKind::Attempt, call_id: "c".into(), invite, caller: None, callee: None };
            gate.rise(&event);
        }
        gate.finish(at(10.0));
        gate
    }

    fn spans(gate: &Gate) -> Vec<(Time, Time, f64, u64)> {
        gate.excursions().iter().map(|e| (e.start, e.end, e.peak, e.beyond)).collect()
    }

    // Oracle C1. At 1.9 the window (0.9, 1.9] holds 1.0, 1.1, 1.15 and 1.9: four, not beyond the limit.
    #[test]
    fn oracle_c1_a_sliding_window_is_open_on_the_left() {
        let gate = after_attempts(&limit(LimitKind::Attempts, 4.0, None));
        assert_eq!(spans(&gate), [(at(1.1), at(1.4), 6.0, 2)]);
        assert_eq!(gate.excursions()[0].evidence.first, at(1.1));
    }

    #[test]
    fn oracle_c2_a_token_bucket_refills_exactly() {
        let gate = after_attempts(&limit(LimitKind::Attempts, 2.0, Some(3.0)));
        assert_eq!(spans(&gate), [(at(1.1), at(1.5), 6.0, 2)]);
    }

    #[test]
    fn oracle_c3_the_third_session_at_once() {
        let limit = limit(LimitKind::Concurrent, 2.0, None);
        let mut gate = Gate::new(&limit, (Party::Unknown, Party::Unknown));
        for event in load_m() {
            match event.kind {
                LoadKind::Answered => gate.rise(&event),
                LoadKind::Ended => gate.fall(event.at),
                _ => {}
            }
        }
        gate.finish(at(300.0));
        assert_eq!(spans(&gate), [(at(25.0), at(30.0), 3.0, 1)]);
        assert_eq!(&*gate.excursions()[0].call_id, "M3");
    }

    // By hand: a at 0.0, b at 0.2, a at 0.4, c at 0.6, a at 1.1, b at 1.3. In (0.3, 1.3] stand a, c, a and b.
    #[test]
    fn active_users_are_counted_once_in_a_window() {
        let limit = limit(LimitKind::ActiveUsers, 2.0, None);
        let mut gate = Gate::new(&limit, (Party::Unknown, Party::Unknown));
        for (t, caller) in [(0.0, "a"), (0.2, "b"), (0.4, "a"), (0.6, "c"), (1.1, "a"), (1.3, "b")] {
            let invite = Trace { first: at(t), ..Trace::default() }.into();
            let event =
                LoadEvent { at: at(t), kind: LoadKind::Attempt, call_id: "c".into(), invite, caller: Some(caller.into()), callee: None };
            gate.rise(&event);
        }
        gate.finish(at(10.0));
        // b leaves at 1.2, so that a and c are left; with b at 1.3 there are three again, until c leaves at 1.6.
        assert_eq!(spans(&gate), [(at(0.6), at(1.2), 3.0, 1), (at(1.3), at(1.6), 3.0, 1)]);
    }

    #[test]
    fn what_was_beyond_is_followed_to_its_end() {
        let limit = limit(LimitKind::Attempts, 0.0, None);
        let mut gate = Gate::new(&limit, (Party::Unknown, Party::Unknown));
        let script = [
            (1, 0.0, LoadKind::Attempt),
            (2, 0.1, LoadKind::Attempt),
            (3, 0.2, LoadKind::Attempt),
            (1, 1.0, LoadKind::Answered),
            (2, 1.1, LoadKind::AttemptEnded),
            (3, 1.2, LoadKind::AttemptEnded),
            (3, 1.3, LoadKind::Resumed),
            (3, 2.0, LoadKind::Answered),
            (4, 3.0, LoadKind::Attempt),
        ];
        for (serial, t, kind) in script {
            let invite = Trace { origin: Origin { serial, ..Origin::default() }, first: at(t), ..Trace::default() };
            let event = LoadEvent { at: at(t), kind, call_id: "c".into(), invite: invite.into(), caller: None, callee: None };
            if kind == LoadKind::Attempt { gate.rise(&event) } else { gate.decide(&event) }
        }
        gate.finish(at(100.0));
        // The third was challenged and went on; of the fourth the capture holds no end.
        assert_eq!(gate.fates(), Fates { admitted: 2, refused: 1, undecided: 1 });
    }

    #[test]
    fn what_lasts_ends_with_the_capture() {
        let limit = limit(LimitKind::Concurrent, 0.0, None);
        let mut gate = Gate::new(&limit, (Party::Unknown, Party::Unknown));
        let first = load_m().into_iter().find(|e| e.kind == LoadKind::Answered).unwrap();
        gate.rise(&first);
        gate.finish(at(300.0));
        assert_eq!(spans(&gate), [(at(4.7), at(300.0), 1.0, 1)]);
    }
}
