//! Takes what streams noticed and when, gives the instants at which enough of them noticed the same, never which streams they were.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::base::{Origin, Time, seconds};

/// How finely instants are told apart, in nanoseconds: half a packet of voice.
const INSTANT: i64 = 10_000_000;

/// What lasts longer is marked only so far from its beginning: that much all who notice it have in common.
const MARKED: i64 = seconds(2);

/// How far the steps of streams may differ that one step of the clock made: by jitter, and by when the packets of a picture are sent. Sides that pause
/// together, as on hold, do not fall silent and come back as if they were one.
const ALIKE: i64 = 40_000_000;

/// After so long on the running clock every stream has said what it has to: streams are over after one minute.
const SETTLED: i64 = seconds(120);

/// What one stream noticed between two of its packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Jolt {
    pub(super) from: Time,
    pub(super) to: Time,
    /// The packet after it.
    pub(super) origin: Origin,
    pub(super) what: What,
}

/// What it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// So many packets are missing.
    Pause(u16),
    /// The capture clock went on by so many nanoseconds more than the time stamps of the stream, and stayed there.
    Step(i64),
}

/// What was noticed at one instant.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Streams that began less those that ended.
    change: i64,
    pauses: u32,
    missing: u64,
    steps: u32,
    /// Of the steps that begin here: the last instant that is marked, and how far.
    begun: Vec<(i64, i64)>,
    first: Option<(Origin, Time)>,
}

impl Tally {
    fn merge(&mut self, other: &Self) {
        self.change += other.change;
        self.pauses += other.pauses;
        self.missing += other.missing;
        self.steps += other.steps;
        self.begun.extend(&other.begun);
        self.first = self.first.into_iter().chain(other.first).min();
    }
}

/// What the streams of one shard noticed since it was last taken.
#[derive(Clone, Debug, Default)]
pub struct Jolts(HashMap<i64, Tally>);

impl Jolts {
    fn at(&mut self, time: Time) -> &mut Tally {
        self.0.entry(time.0.div_euclid(INSTANT)).or_default()
    }

    pub(super) fn begun(&mut self, clock: Time) {
        self.at(clock).change += 1;
    }

    /// The last packet of a stream was at `clock`.
    pub(super) fn ended(&mut self, clock: Time) {
        self.at(Time(clock.0.saturating_add(INSTANT))).change -= 1;
    }

    pub(super) fn add(&mut self, jolt: &Jolt) {
        let to = Time(jolt.to.0.min(jolt.from.0.saturating_add(MARKED)));
        for instant in jolt.from.0.div_euclid(INSTANT)..=to.0.div_euclid(INSTANT) {
            let tally = self.0.entry(instant).or_default();
            match jolt.what {
                What::Pause(_) => tally.pauses += 1,
                What::Step(_) => tally.steps += 1,
            }
            tally.first = tally.first.into_iter().chain([(jolt.origin, jolt.to)]).min();
        }
        match jolt.what {
            What::Pause(missing) => self.at(Time(jolt.from.0 + to.since(jolt.from) / 2)).missing += u64::from(missing),
            What::Step(by) => self.at(jolt.from).begun.push((to.0.div_euclid(INSTANT), by)),
        }
    }
}

/// Instants at which many streams noticed the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Concerted {
    /// Times without packets that half of all streams or more had in common.
    pub pauses: u64,
    /// Packets that are missing in them, of all streams.
    pub missing: u64,
    /// Steps of the clock forward that nine of ten streams or more had in common.
    pub steps: u64,
    /// The greatest of the steps, in nanoseconds.
    pub largest: i64,
    /// The first packet after the first pause, and after the first step.
    pub paused: Option<(Origin, Time)>,
    /// The same of the first step.
    pub stepped: Option<(Origin, Time)>,
    /// For how many instants there were streams.
    pub voiced: i64,
    /// For how many there were enough to show the tap's own faults.
    pub watched: i64,
}

impl Concerted {
    /// Where no streams were.
    pub const NONE: Self = Self { pauses: 0, missing: 0, steps: 0, largest: 0, paused: None, stepped: None, voiced: 0, watched: 0 };
}

/// Puts together what the shards noticed, instant by instant, as soon as nothing can be added to one.
#[derive(Clone, Debug)]
pub struct Concert {
    enough: i64,
    open: BTreeMap<i64, Tally>,
    living: i64,
    /// The instant up to which the living were counted.
    counted: Option<i64>,
    /// The latest instants that were a pause and a step: those that follow at once belong to them.
    pause: Option<i64>,
    step: Option<i64>,
    /// The steps that go on: the last instant that is marked, and how far.
    stepping: Vec<(i64, i64)>,
    found: Concerted,
}

impl Concert {
    /// Where so many streams at once show that it was not they (`capture.min_parallel_streams`).
    #[must_use]
    pub fn new(enough: u32) -> Self {
        // One stream alone is no concert, whatever was agreed.
        Self {
            enough: i64::from(enough.max(2)),
            open: BTreeMap::new(),
            living: 0,
            counted: None,
            pause: None,
            step: None,
            stepping: Vec::new(),
            found: Concerted::default(),
        }
    }

    /// How many of the steps that go on one step of the clock can have made, at most, and the least of those.
    fn alike(&self) -> Option<(i64, i64)> {
        let mut sizes: Vec<i64> = self.stepping.iter().map(|&(_, by)| by).collect();
        sizes.sort_unstable();
        let from = |(n, &least): (usize, &i64)| {
            let end = sizes.partition_point(|&by| by - least <= ALIKE);
            (i64::try_from(end - n).unwrap_or(i64::MAX), least)
        };
        sizes.iter().enumerate().map(from).max()
    }

    /// Takes what a shard noticed in a window.
    pub fn take(&mut self, jolts: &mut Jolts) {
        for (instant, tally) in jolts.0.drain() {
            self.open.entry(instant).or_default().merge(&tally);
        }
    }

    /// Closes the instants that are long past at `clock`.
    pub fn advance(&mut self, clock: Time) {
        let until = clock.0.saturating_sub(SETTLED).div_euclid(INSTANT);
        while let Some(entry) = self.open.first_entry().filter(|entry| *entry.key() < until) {
            let (instant, tally) = entry.remove_entry();
            self.close(instant, &tally);
        }
    }

    fn close(&mut self, instant: i64, tally: &Tally) {
        let since = instant.saturating_sub(self.counted.replace(instant).unwrap_or(instant));
        self.found.voiced = self.found.voiced.saturating_add(if self.living > 0 { since } else { 0 });
        self.found.watched = self.found.watched.saturating_add(if self.living >= self.enough { since } else { 0 });
        self.living += tally.change;
        let (pauses, steps) = (i64::from(tally.pauses), i64::from(tally.steps));
        let goes_on = |last: Option<i64>| last.is_some_and(|last| last + 1 == instant);
        if pauses >= self.enough && pauses * 2 >= self.living {
            self.found.pauses += u64::from(!goes_on(self.pause));
            self.found.missing += tally.missing;
            self.found.paused = self.found.paused.or(tally.first);
            self.pause = Some(instant);
        }
        self.stepping.extend(&tally.begun);
        self.stepping.retain(|(last, _)| *last >= instant);
        if steps >= self.enough
            && steps * 10 >= self.living * 9
            && let Some((alike, least)) = self.alike()
            && alike >= self.enough
            && alike * 10 >= self.living * 9
        {
            self.found.steps += u64::from(!goes_on(self.step));
            self.found.largest = self.found.largest.max(least);
            self.found.stepped = self.found.stepped.or(tally.first);
            self.step = Some(instant);
        }
    }

    /// Closes all that is left, gives what was found.
    #[must_use]
    pub fn finish(mut self) -> Concerted {
        self.advance(Time(i64::MAX));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn jolt(from: i64, to: i64, what: What) -> Jolt {
        Jolt { from: Time(from * MS), to: Time(to * MS), origin: Origin { serial: to as u64, ..Origin::default() }, what }
    }

    /// `streams` that live for ten seconds, of which some noticed something; in as many shards as there are streams.
    fn concert(streams: i64, jolts: &[Jolt]) -> Concerted {
        let mut concert = Concert::new(3);
        for n in 0..streams {
            let mut shard = Jolts::default();
            shard.begun(Time(n * MS));
            shard.ended(Time(10_000 * MS + n * MS));
            jolts.iter().skip(n as usize).step_by(streams as usize).for_each(|jolt| shard.add(jolt));
            concert.take(&mut shard);
        }
        concert.finish()
    }

    #[test]
    fn a_pause_of_many_streams_is_one() {
        let pauses: Vec<_> = (0..4).map(|n| jolt(1000 + n * 5, 1100 + n * 5, What::Pause(4))).collect();
        let found = concert(6, &pauses);
        assert_eq!((found.pauses, found.missing, found.steps), (1, 16, 0));
        assert_eq!(found.paused.unwrap().1, Time(1100 * MS));
        assert_eq!(concert(9, &pauses).pauses, 0, "fewer than half");
        assert_eq!(concert(6, &pauses[..2]).pauses, 0, "fewer than three");
    }

    #[test]
    fn losses_one_after_the_other_are_none() {
        let pauses: Vec<_> = (0..4).map(|n| jolt(1000 + n * 100, 1040 + n * 100, What::Pause(1))).collect();
        assert_eq!(concert(4, &pauses).pauses, 0);
    }

    #[test]
    fn a_step_is_one_where_nearly_all_streams_show_it() {
        let steps: Vec<_> = (0..10).map(|n| jolt(1000 + n, 1500 + n, What::Step((480 + n) * MS))).collect();
        let found = concert(11, &steps);
        assert_eq!((found.steps, found.largest, found.pauses), (1, 480 * MS, 0));
        assert_eq!(concert(12, &steps).steps, 0);
    }

    #[test]
    fn sides_that_pause_together_are_no_step_and_one_that_pauses_meanwhile_hides_none() {
        let pauses = |n: i64| jolt(1000 + n * 60, 5950 + n * 100, What::Step((4950 + n * 40) * MS));
        assert_eq!(concert(4, &[pauses(0), pauses(0), pauses(5), pauses(5)]).steps, 0);
        let steps = (0..19).map(|n| jolt(1000 + n, 1100 + n, What::Step((80 + n) * MS)));
        let found = concert(20, &steps.chain([jolt(900, 3000, What::Step(2000 * MS))]).collect::<Vec<_>>());
        assert_eq!((found.steps, found.largest), (1, 80 * MS));
    }

    #[test]
    fn it_does_not_matter_when_instants_are_closed() {
        let mut concert = Concert::new(3);
        for second in 0..300 {
            let mut shard = Jolts::default();
            if second == 0 {
                (0..3).for_each(|_| shard.begun(Time(0)));
            }
            (0..3).for_each(|n| shard.add(&jolt(second * 1000 + n, second * 1000 + 50 + n, What::Pause(2))));
            concert.take(&mut shard);
            concert.advance(Time(second * 1000 * MS));
        }
        assert!(concert.open.len() < 130 * 10);
        let found = concert.finish();
        assert_eq!((found.pauses, found.missing), (300, 1800));
    }
}
