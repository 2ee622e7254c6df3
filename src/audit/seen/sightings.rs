//! Takes values as they pass, gives how often each was seen and where first, never more values than a bound.

use std::borrow::Borrow;
use std::collections::BTreeMap;

use crate::base::{Origin, lossy};

/// Distinct values that are told apart, in each part of the capture; what is beyond is counted together.
pub const DISTINCT: usize = 512;

/// Longer texts are no names.
const LONGEST: usize = 128;

/// How often a value was seen, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// How often.
    pub count: u64,
    /// Where first.
    pub first: Origin,
    /// As it was written there.
    pub spelled: Box<str>,
}

/// Distinct values with their sightings.
#[derive(Clone, Debug)]
pub struct Sightings<K> {
    known: BTreeMap<K, Sighting>,
    /// Sightings of values beyond [`DISTINCT`], or too long to be kept.
    pub untold: u64,
}

impl<K> Default for Sightings<K> {
    fn default() -> Self {
        Self { known: BTreeMap::new(), untold: 0 }
    }
}

impl<K: Ord> Sightings<K> {
    /// Takes note of a value.
    pub(super) fn add(&mut self, key: K, spelled: &str, at: Origin) {
        let room = self.known.len() < DISTINCT;
        match self.known.get_mut(&key) {
            Some(sighting) => sighting.add(1, at, spelled),
            None if room => drop(self.known.insert(key, Sighting { count: 1, first: at, spelled: spelled.into() })),
            None => self.untold += 1,
        }
    }

    /// Adds those of another part. Each part kept its bound, and there are a fixed number of parts: what comes together is bounded too.
    pub(super) fn merge(&mut self, other: Self) {
        self.untold += other.untold;
        for (key, theirs) in other.known {
            match self.known.get_mut(&key) {
                Some(mine) => mine.add(theirs.count, theirs.first, &theirs.spelled),
                None => drop(self.known.insert(key, theirs)),
            }
        }
    }

    /// The values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Sighting)> {
        self.known.iter()
    }

    /// A value.
    #[must_use]
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&Sighting>
    where
        K: Borrow<Q>,
    {
        self.known.get(key)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.known.is_empty() && self.untold == 0
    }

    /// How often any was seen.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.known.values().map(|s| s.count).sum::<u64>() + self.untold
    }
}

impl Sightings<Box<str>> {
    /// Takes note of a name as the wire has it; `exact` where upper and lower case are two names.
    pub(super) fn name(&mut self, text: &[u8], exact: bool, at: Origin) {
        if text.is_empty() || text.len() > LONGEST {
            self.untold += u64::from(!text.is_empty());
            return;
        }
        let spelled = lossy(text);
        let key = if exact { spelled.to_string() } else { spelled.to_lowercase() };
        self.add(key.into(), &spelled, at);
    }
}

impl Sighting {
    fn add(&mut self, count: u64, at: Origin, spelled: &str) {
        self.count += count;
        if at < self.first {
            (self.first, self.spelled) = (at, spelled.into());
        }
    }
}

/// The least and the greatest of numbers, and where each was seen first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// How many.
    pub count: u64,
    /// The least.
    pub least: (u64, Origin),
    /// The greatest.
    pub greatest: (u64, Origin),
}

impl Extent {
    /// One number.
    pub(super) const fn of(value: u64, at: Origin) -> Self {
        Self { count: 1, least: (value, at), greatest: (value, at) }
    }

    /// Both together.
    pub(super) fn and(self, other: Self) -> Self {
        let later = |a: (u64, Origin), b: (u64, Origin)| if b.0 > a.0 || (b.0 == a.0 && b.1 < a.1) { b } else { a };
        Self { count: self.count + other.count, least: self.least.min(other.least), greatest: later(self.greatest, other.greatest) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(serial: u64) -> Origin {
        Origin { serial, capture: 0, frame: serial as u32 + 1 }
    }

    proptest! {
        #[test]
        fn parts_may_be_put_together_in_any_order(values in prop::collection::vec(0u64..9, 1..40), cut in 0usize..40) {
            let sum = |part: &[u64], from: usize| {
                let mut seen = Sightings::default();
                part.iter().zip(from as u64..).for_each(|(v, n)| seen.add(*v, &format!("{v} at {n}"), at(n)));
                seen
            };
            let cut = cut.min(values.len());
            let (a, b) = values.split_at(cut);
            let whole = sum(&values, 0);
            let (mut forth, mut back) = (sum(a, 0), sum(b, cut));
            back.merge(forth.clone());
            forth.merge(sum(b, cut));
            for parts in [&forth, &back] {
                prop_assert!(parts.iter().eq(whole.iter()));
            }
            prop_assert_eq!(whole.total(), values.len() as u64);
        }
    }

    #[test]
    fn what_is_beyond_the_bound_is_counted_and_never_forgotten() {
        let mut seen = Sightings::default();
        for n in 0..DISTINCT as u64 + 7 {
            seen.add(n, "", at(n));
        }
        assert_eq!((seen.iter().count(), seen.untold, seen.total()), (DISTINCT, 7, DISTINCT as u64 + 7));
        let mut names = Sightings::default();
        names.name(&[b'x'; LONGEST + 1], false, at(0));
        names.name(b"X-Foo", false, at(2));
        names.name(b"x-foo", false, at(1));
        assert_eq!((names.untold, names.get("x-foo").map(|s| (s.count, &*s.spelled))), (1, Some((2, "x-foo"))));
    }
}
