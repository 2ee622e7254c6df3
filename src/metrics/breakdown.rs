//! Takes sessions of one direction by a value that they have, gives a tally for each value, never more of them than it says.

use std::collections::BTreeMap;

use foldhash::fast::FixedState;
use hashbrown::HashSet;

use super::Tally;
use crate::base::fingerprint;

/// How many values of one dimension are tallied for each direction: callers can invent ever more of them.
pub const MOST_VALUES: usize = 4096;

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
    /// So many values beyond the first [`MOST_VALUES`].
    Other(u64),
}

/// The sessions of a direction by their values in one dimension: mergeable.
#[derive(Clone, Debug, Default)]
pub struct Breakdown {
    values: BTreeMap<Rank, Tally>,
    unknown: Option<Box<Tally>>,
    other: Option<Box<Tally>>,
    /// Which values are in `other`: eight octets each, to count them.
    gathered: HashSet<u64, FixedState>,
}

impl Breakdown {
    /// Adds a session to the tally of its value.
    pub fn add(&mut self, facet: Facet, add: impl FnOnce(&mut Tally)) {
        let tally = match facet {
            Facet::Unknown => self.unknown.get_or_insert_default(),
            Facet::Known(value, is_agreed) => {
                let rank = Rank { is_strange: !is_agreed, fingerprint: fingerprint(&*value), value };
                // What would be the last of too many never gets a place.
                let is_beyond = self.values.len() >= MOST_VALUES && self.values.last_key_value().is_some_and(|(last, _)| *last < rank);
                if is_beyond {
                    self.gathered.insert(rank.fingerprint);
                    self.other.get_or_insert_default()
                } else {
                    add(self.values.entry(rank).or_default());
                    return self.bound();
                }
            }
        };
        add(tally);
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: Self) {
        for (rank, tally) in other.values {
            self.values.entry(rank).or_default().merge(&tally);
        }
        for (mine, theirs) in [(&mut self.unknown, other.unknown), (&mut self.other, other.other)] {
            if let Some(tally) = theirs {
                mine.get_or_insert_default().merge(&tally);
            }
        }
        self.gathered.extend(other.gathered);
        self.bound();
    }

    /// The tallies: those of values by their sessions, most first, then what is not known, then what is beyond the bound.
    #[must_use]
    pub fn slots(&self) -> Vec<(Slot<'_>, &Tally)> {
        let mut slots: Vec<_> = self.values.iter().map(|(rank, tally)| (Slot::Value(&rank.value), tally)).collect();
        let sessions = |tally: &Tally| tally.attempts + tally.censored;
        slots.sort_by(|(a, mine), (b, theirs)| match (a, b) {
            (Slot::Value(a), Slot::Value(b)) => sessions(theirs).cmp(&sessions(mine)).then_with(|| a.cmp(b)),
            _ => std::cmp::Ordering::Equal,
        });
        slots.extend(self.unknown.as_deref().map(|tally| (Slot::Unknown, tally)));
        slots.extend(self.other.as_deref().map(|tally| (Slot::Other(self.gathered.len() as u64), tally)));
        slots
    }

    fn bound(&mut self) {
        while self.values.len() > MOST_VALUES
            && let Some((rank, tally)) = self.values.pop_last()
        {
            self.gathered.insert(rank.fingerprint);
            self.other.get_or_insert_default().merge(&tally);
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
        breakdown.add(facet, |tally| tally.attempts += 1);
    }

    fn of(numbers: impl Iterator<Item = u64>) -> Breakdown {
        let mut breakdown = Breakdown::default();
        numbers.for_each(|n| add(&mut breakdown, n));
        breakdown
    }

    fn said(breakdown: &Breakdown) -> Vec<(String, u64)> {
        breakdown.slots().iter().map(|(slot, tally)| (format!("{slot:?}"), tally.attempts)).collect()
    }

    #[test]
    fn every_order_and_every_cut_keep_the_same_values() {
        const ALL: u64 = 12_000;
        let whole = said(&of(0..ALL));
        assert_eq!(said(&of((0..ALL).rev())), whole);
        for parts in [2, 7, 32] {
            let mut gathered = Breakdown::default();
            (0..parts).rev().for_each(|part| gathered.merge(of((0..ALL).filter(|n| n / 3 % parts == part))));
            assert_eq!(said(&gathered), whole, "{parts} parts");
        }
    }

    #[test]
    fn nothing_is_dropped_and_what_is_gathered_is_counted() {
        let breakdown = of(0..12_000);
        let slots = breakdown.slots();
        assert_eq!(slots.iter().map(|(_, tally)| tally.attempts).sum::<u64>(), 12_000);
        let agreed = slots.iter().filter(|(slot, _)| matches!(slot, Slot::Value(value) if value.starts_with("agreed"))).count();
        assert_eq!((agreed, slots.len()), (7, MOST_VALUES + 2));
        // 7,200 were invented, once each; beside the agreed ones there is room for 4,089 of them.
        let (slot, tally) = slots[slots.len() - 1];
        assert_eq!((slot, tally.attempts), (Slot::Other(7_200 - 4_089), 7_200 - 4_089));
        assert_eq!((slots[slots.len() - 2].0, slots[slots.len() - 2].1.attempts), (Slot::Unknown, 1_200));
    }
}
