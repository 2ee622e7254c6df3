//! Takes calls with what they are and how they went, gives how often each property is found among which, never a conclusion.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::base::Origin;

/// How many values of one property are counted; beyond, coarser ones are, and beyond that none.
const MOST_VALUES: usize = 4096;

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Answered, and nothing was wrong with its media.
    Good,
    /// Not answered, and not for a reason that lies with its users.
    Failed,
    /// Answered, with media that nobody likes to hear.
    Poor,
}

/// A call that can be looked up.
pub type Example = (Origin, Arc<str>);

/// How often a value was met, and the first call of each fate that has it.
#[derive(Clone, Debug, Default)]
pub struct Met {
    /// Good, failed and poor calls.
    pub calls: [u64; 3],
    /// Of the failed and of the poor.
    first: [Option<Example>; 2],
}

impl Met {
    /// How many calls of a fate.
    #[must_use]
    pub const fn of(&self, fate: Fate) -> u64 {
        self.calls[fate as usize]
    }

    /// The first call of a fate; of good ones none is kept.
    #[must_use]
    pub fn first(&self, fate: Fate) -> Option<&Example> {
        self.first.get((fate as usize).checked_sub(1)?)?.as_ref()
    }

    fn merge(&mut self, other: Self) {
        self.calls.iter_mut().zip(other.calls).for_each(|(mine, theirs)| *mine += theirs);
        for (mine, theirs) in self.first.iter_mut().zip(other.first) {
            *mine = [mine.take(), theirs].into_iter().flatten().min();
        }
    }
}

/// How finely the values of a property are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grain {
    /// As they are.
    #[default]
    Fine,
    /// Put together by what they have in common: there were too many.
    Coarse,
    /// Not at all: there were too many even so.
    GivenUp,
}

/// The values of one property. Whether they are too many depends on which there are and not on the order in which they come: counts are the
/// same for every way to cut the calls into parts.
#[derive(Clone, Debug)]
pub struct Property {
    coarser: fn(&str) -> String,
    grain: Grain,
    values: HashMap<Box<str>, Met, FixedState>,
    /// Calls of each fate that have the property.
    totals: [u64; 3],
}

impl Property {
    /// A property that nobody has yet; `coarser` puts values together when they are too many.
    #[must_use]
    pub fn new(coarser: fn(&str) -> String) -> Self {
        Self { coarser, grain: Grain::Fine, values: HashMap::default(), totals: [0; 3] }
    }

    /// Adds a call.
    pub fn add(&mut self, value: &str, fate: Fate, call: &Example) {
        self.totals[fate as usize] += 1;
        let mut met = Met::default();
        met.calls[fate as usize] = 1;
        if let Some(first) = (fate as usize).checked_sub(1).and_then(|place| met.first.get_mut(place)) {
            *first = Some(call.clone());
        }
        match self.grain {
            Grain::Fine => self.enter(value, met),
            Grain::Coarse => self.enter(&(self.coarser)(value), met),
            Grain::GivenUp => {}
        }
        self.bound();
    }

    fn enter(&mut self, value: &str, met: Met) {
        match self.values.get_mut(value) {
            Some(mine) => mine.merge(met),
            None => _ = self.values.insert(value.into(), met),
        }
    }

    /// Keeps the bound: puts values together, or gives them up.
    fn bound(&mut self) {
        while self.values.len() > MOST_VALUES {
            self.coarsen(if self.grain == Grain::Fine { Grain::Coarse } else { Grain::GivenUp });
        }
    }

    fn coarsen(&mut self, grain: Grain) {
        if self.grain >= grain {
            return;
        }
        let fine = std::mem::take(&mut self.values);
        self.grain = grain;
        if grain == Grain::Coarse {
            fine.into_iter().for_each(|(value, met)| self.enter(&(self.coarser)(&value), met));
        }
    }

    /// Adds those of another part.
    pub fn merge(&mut self, mut other: Self) {
        let grain = self.grain.max(other.grain);
        self.coarsen(grain);
        other.coarsen(grain);
        other.values.into_iter().for_each(|(value, met)| self.enter(&value, met));
        self.totals.iter_mut().zip(other.totals).for_each(|(mine, theirs)| *mine += theirs);
        self.bound();
    }

    /// How finely its values were counted.
    #[must_use]
    pub const fn grain(&self) -> Grain {
        self.grain
    }

    /// How many calls of a fate have it, whatever its value.
    #[must_use]
    pub const fn of(&self, fate: Fate) -> u64 {
        self.totals[fate as usize]
    }

    /// Its values, in no order.
    pub fn values(&self) -> impl Iterator<Item = (&str, &Met)> {
        self.values.iter().map(|(value, met)| (&**value, met))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_digit(value: &str) -> String {
        value.get(..1).unwrap_or_default().to_owned()
    }

    fn part(values: std::ops::Range<u64>) -> Property {
        let mut property = Property::new(first_digit);
        for n in values {
            let call = (Origin { serial: 10_000 - n, ..Origin::default() }, Arc::from(format!("call {n}")));
            property.add(&format!("{n:05}"), if n % 2 == 0 { Fate::Failed } else { Fate::Good }, &call);
        }
        property
    }

    fn said(property: &Property) -> Vec<(String, [u64; 3], Option<Example>)> {
        let mut all: Vec<_> = property.values().map(|(v, met)| (v.to_owned(), met.calls, met.first(Fate::Failed).cloned())).collect();
        all.sort();
        all
    }

    #[test]
    fn every_cut_gives_the_same() {
        for all in [0..100, 0..5_000] {
            let whole = part(all.clone());
            for cut in [1, 50, all.end - 1] {
                for swap in [false, true] {
                    let (mut a, mut b) = (part(0..cut), part(cut..all.end));
                    if swap {
                        std::mem::swap(&mut a, &mut b);
                    }
                    a.merge(b);
                    assert_eq!((said(&a), a.grain(), a.totals), (said(&whole), whole.grain(), whole.totals));
                }
            }
        }
    }

    #[test]
    fn too_many_values_are_put_together_and_then_given_up() {
        let coarse = part(0..5_000);
        assert_eq!((coarse.grain(), coarse.values().count(), coarse.of(Fate::Failed)), (Grain::Coarse, 1, 2_500));
        let mut unbounded = Property::new(str::to_owned);
        let call = (Origin::default(), Arc::from("a"));
        (0..5_000).for_each(|n| unbounded.add(&n.to_string(), Fate::Poor, &call));
        assert_eq!((unbounded.grain(), unbounded.values().count(), unbounded.of(Fate::Poor)), (Grain::GivenUp, 0, 5_000));
    }
}
