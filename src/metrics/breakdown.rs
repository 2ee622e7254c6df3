//! Takes sessions by a value that they have and by interval, gives a tally for each value, never more of them than it says.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::Tally;
use crate::base::{Time, fingerprint};

/// How many values of one dimension are tallied for each direction or trunk group: callers can invent ever more of them.
pub const MOST_VALUES: usize = 4096;

/// How many tallies of intervals one dimension keeps for each: a week of quarters of an hour has room for two dozen values, a day for 170.
pub const MOST_CELLS: usize = 16_384;

/// A value that a session request has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Facet {
    /// The capture does not tell.
    Unknown,
    /// It is this, and whether the policy speaks of it: such values keep their tallies before all others.
    Known(Box<str>, bool),
}

/// The order in which values keep their tallies. It is that of the values themselves and not that in which they come: every way to cut the
/// sessions into parts keeps the same ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    is_strange: bool,
    fingerprint: u64,
    value: Box<str>,
}

/// What a row of a breakdown stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot<'a> {
    /// One value.
    Value(&'a str),
    /// Sessions whose value the capture does not tell.
    Unknown,
    /// So many values beyond those that there is room for.
    Other(u64),
}

/// The sessions of a direction or trunk group by their values in one dimension, over the whole capture or by interval: mergeable.
#[derive(Clone, Debug)]
pub struct Breakdown {
    /// By value, then by the beginning of the interval; none: the whole capture.
    cells: BTreeMap<(Rank, Option<Time>), Tally>,
    /// How many of those there is room for.
    most: usize,
    /// The first value that there was no room for: from it on, none has tallies of its own.
    cut: Option<Rank>,
    unknown: BTreeMap<Option<Time>, Box<Tally>>,
    other: BTreeMap<Option<Time>, Gathered>,
}

/// What there was no room for.
#[derive(Clone, Debug, Default)]
struct Gathered {
    tally: Box<Tally>,
    /// Which values: eight octets each, to count them.
    values: HashSet<u64, FixedState>,
}

impl Breakdown {
    /// Of the whole capture.
    #[must_use]
    pub const fn whole() -> Self {
        Self::with_room_for(MOST_VALUES)
    }

    /// Of each interval.
    #[must_use]
    pub const fn by_interval() -> Self {
        Self::with_room_for(MOST_CELLS)
    }

    const fn with_room_for(most: usize) -> Self {
        Self { cells: BTreeMap::new(), most, cut: None, unknown: BTreeMap::new(), other: BTreeMap::new() }
    }

    /// Adds a session to the tally of its value, in the interval that begins at `start`.
    pub fn add(&mut self, facet: Facet, start: Option<Time>, add: impl FnOnce(&mut Tally)) {
        match facet {
            Facet::Unknown => add(self.unknown.entry(start).or_default()),
            Facet::Known(value, is_agreed) => {
                let rank = Rank { is_strange: !is_agreed, fingerprint: fingerprint(&*value), value };
                if self.cut.as_ref().is_some_and(|cut| *cut <= rank) {
                    let other = self.other.entry(start).or_default();
                    other.values.insert(rank.fingerprint);
                    add(&mut other.tally);
                } else {
                    add(self.cells.entry((rank, start)).or_default());
                    self.bound();
                }
            }
        }
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: Self) {
        for (key, tally) in other.cells {
            self.cells.entry(key).or_default().merge(&tally);
        }
        for (start, tally) in other.unknown {
            self.unknown.entry(start).or_default().merge(&tally);
        }
        for (start, theirs) in other.other {
            let mine = self.other.entry(start).or_default();
            mine.tally.merge(&theirs.tally);
            mine.values.extend(theirs.values);
        }
        self.cut = [self.cut.take(), other.cut].into_iter().flatten().min();
        self.bound();
    }

    /// The tallies of each interval: those of values by their sessions, most first, then what is not known, then what there is no room for.
    #[must_use]
    pub fn slots(&self) -> Vec<(Option<Time>, Slot<'_>, &Tally)> {
        let mut slots: Vec<_> = self.cells.iter().map(|((rank, start), tally)| (*start, Slot::Value(&rank.value), tally)).collect();
        slots.extend(self.unknown.iter().map(|(start, tally)| (*start, Slot::Unknown, &**tally)));
        slots.extend(self.other.iter().map(|(start, other)| (*start, Slot::Other(other.values.len() as u64), &*other.tally)));
        let sessions = |tally: &Tally| tally.attempts + tally.censored;
        slots.sort_by(|(start, a, mine), (other, b, theirs)| {
            start.cmp(other).then_with(|| match (a, b) {
                (Slot::Value(a), Slot::Value(b)) => sessions(theirs).cmp(&sessions(mine)).then_with(|| a.cmp(b)),
                _ => a.place().cmp(&b.place()),
            })
        });
        slots
    }

    /// Puts the values together that there is no room for, the last first, each in all of its intervals. Whatever is met first: a value is cut off
    /// only where the values before it and itself have too many intervals, and then they have so in every order.
    fn bound(&mut self) {
        while let Some(((last, _), _)) = self.cells.last_key_value()
            && (self.cells.len() > self.most || self.cut.as_ref().is_some_and(|cut| cut <= last))
            && let Some(((rank, start), tally)) = self.cells.pop_last()
        {
            let other = self.other.entry(start).or_default();
            other.tally.merge(&tally);
            other.values.insert(rank.fingerprint);
            self.cut = [self.cut.take(), Some(rank)].into_iter().flatten().min();
        }
    }
}

impl Slot<'_> {
    const fn place(&self) -> u8 {
        match self {
            Self::Value(_) => 0,
            Self::Unknown => 1,
            Self::Other(_) => 2,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(breakdown: &mut Breakdown, n: u64) {
        // A few agreed values, more that are not known, and very many that somebody invents.
        let facet = match n % 10 {
            0 => Facet::Unknown,
            1..4 => Facet::Known(format!("agreed {}", n % 7).into(), true),
            _ => Facet::Known(format!("invented {n}").into(), false),
        };
        breakdown.add(facet, None, |tally| tally.attempts += 1);
    }

    fn of(numbers: impl Iterator<Item = u64>) -> Breakdown {
        let mut breakdown = Breakdown::whole();
        numbers.for_each(|n| add(&mut breakdown, n));
        breakdown
    }

    fn said(breakdown: &Breakdown) -> Vec<(Option<Time>, String, u64)> {
        breakdown.slots().iter().map(|(start, slot, tally)| (*start, format!("{slot:?}"), tally.attempts)).collect()
    }

    /// Sessions of values that return in every interval, and of values that somebody invents.
    fn by_interval(numbers: impl Iterator<Item = u64>) -> Breakdown {
        let mut breakdown = Breakdown::with_room_for(100);
        for n in numbers {
            let facet = match n % 5 {
                0 => Facet::Unknown,
                1 => Facet::Known(format!("agreed {}", n % 3).into(), true),
                2 => Facet::Known(format!("returning {}", n % 11).into(), false),
                _ => Facet::Known(format!("invented {n}").into(), false),
            };
            breakdown.add(facet, Some(Time(i64::try_from(n % 16).unwrap())), |tally| tally.attempts += 1);
        }
        breakdown
    }

    #[test]
    fn a_value_has_its_tallies_in_all_intervals_or_in_none() {
        const ALL: u64 = 6_000;
        let breakdown = by_interval(0..ALL);
        let whole = said(&breakdown);
        assert_eq!(whole.iter().map(|(.., n)| n).sum::<u64>(), ALL);
        assert!(breakdown.cells.len() <= 100 && breakdown.cells.len() > 100 - 16, "{}", breakdown.cells.len());
        let agreed = whole.iter().filter(|(_, slot, _)| slot.contains("agreed")).count();
        assert_eq!(agreed, 3 * 16, "what was agreed stays, in each interval");
        for (start, slot, n) in whole.iter().filter(|(_, slot, _)| slot.contains("returning")) {
            let all = (0..ALL)
                .filter(|k| k % 5 == 2 && *start == Some(Time((k % 16) as i64)) && *slot == format!("Value(\"returning {}\")", k % 11));
            assert_eq!(all.count() as u64, *n, "{slot}");
        }
        assert_eq!(said(&by_interval((0..ALL).rev())), whole);
        for parts in [2, 7, 32] {
            let mut gathered = Breakdown::with_room_for(100);
            (0..parts).rev().for_each(|part| gathered.merge(by_interval((0..ALL).filter(|n| n / 3 % parts == part))));
            assert_eq!(said(&gathered), whole, "{parts} parts");
        }
    }

    #[test]
    fn every_order_and_every_cut_keep_the_same_values() {
        const ALL: u64 = 12_000;
        let whole = said(&of(0..ALL));
        assert_eq!(said(&of((0..ALL).rev())), whole);
        for parts in [2, 7, 32] {
            let mut gathered = Breakdown::whole();
            (0..parts).rev().for_each(|part| gathered.merge(of((0..ALL).filter(|n| n / 3 % parts == part))));
            assert_eq!(said(&gathered), whole, "{parts} parts");
        }
    }

    #[test]
    fn nothing_is_dropped_and_what_is_gathered_is_counted() {
        let breakdown = of(0..12_000);
        let slots = breakdown.slots();
        assert_eq!(slots.iter().map(|(_, _, tally)| tally.attempts).sum::<u64>(), 12_000);
        let agreed = slots.iter().filter(|(_, slot, _)| matches!(slot, Slot::Value(value) if value.starts_with("agreed"))).count();
        assert_eq!((agreed, slots.len()), (7, MOST_VALUES + 2));
        // 7,200 were invented, once each; beside the agreed ones there is room for 4,089 of them.
        let (_, slot, tally) = slots[slots.len() - 1];
        assert_eq!((slot, tally.attempts), (Slot::Other(7_200 - 4_089), 7_200 - 4_089));
        let (_, slot, tally) = slots[slots.len() - 2];
        assert_eq!((slot, tally.attempts), (Slot::Unknown, 1_200));
    }
}
