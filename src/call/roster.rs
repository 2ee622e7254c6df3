//! Takes items under 64-bit keys, gives them back in constant time however many there are, never in an order that hashing decides.

use hashbrown::HashMap;
use smallvec::SmallVec;

use super::marks::Plain;

/// Up to here a scan is faster than an index, and smaller.
const SCANNED: usize = 8;

/// A small table with room for `N` beside its owner: a plain list while it is short, indexed once it is not.
#[derive(Debug)]
pub(super) struct Roster<T, const N: usize = 1> {
    items: SmallVec<[(u64, T); N]>,
    index: Option<Box<HashMap<u64, u32, Plain>>>,
}

impl<T, const N: usize> Default for Roster<T, N> {
    fn default() -> Self {
        Self { items: SmallVec::new(), index: None }
    }
}

impl<T, const N: usize> Roster<T, N> {
    fn position(&self, key: u64) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(&key).map(|&at| at as usize),
            None => self.items.iter().position(|(k, _)| *k == key),
        }
    }

    pub(super) fn get(&self, key: u64) -> Option<&T> {
        self.items.get(self.position(key)?).map(|(_, item)| item)
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut T> {
        let at = self.position(key)?;
        self.items.get_mut(at).map(|(_, item)| item)
    }

    /// Adds an item, or puts it in the place of the one with the same key.
    pub(super) fn insert(&mut self, key: u64, item: T) {
        if let Some(held) = self.get_mut(key) {
            *held = item;
            return;
        }
        self.items.push((key, item));
        match &mut self.index {
            Some(index) => {
                index.insert(key, narrow(self.items.len() - 1));
            }
            None if self.items.len() > SCANNED => {
                let places = self.items.iter().enumerate().map(|(at, (key, _))| (*key, narrow(at)));
                self.index = Some(Box::new(places.collect()));
            }
            None => {}
        }
    }

    /// Takes an item out; the last one moves to its place.
    pub(super) fn remove(&mut self, key: u64) -> Option<T> {
        let at = self.position(key)?;
        let (_, item) = self.items.swap_remove(at);
        if let Some(index) = &mut self.index {
            index.remove(&key);
            if let Some((moved, _)) = self.items.get(at) {
                index.insert(*moved, narrow(at));
            }
        }
        if self.items.is_empty() && self.items.spilled() {
            *self = Self::default();
        }
        Some(item)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// Every item.
    pub(super) fn drain(&mut self) -> impl Iterator<Item = T> + use<T, N> {
        std::mem::take(self).items.into_iter().map(|(_, item)| item)
    }
}

fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_held_below_and_above_the_index() {
        let mut roster = Roster::<u64>::default();
        for key in 0..100u64 {
            roster.insert(key, key);
        }
        for key in (0..100u64).filter(|key| key % 3 == 0) {
            assert_eq!(roster.remove(key), Some(key));
        }
        for key in 0..100u64 {
            assert_eq!(roster.get(key), (key % 3 != 0).then_some(&key));
        }
    }
}
