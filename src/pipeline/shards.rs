//! Takes keyed items, gives them sorted into a fixed number of shards, never more or fewer for more threads.

use std::hash::Hash;

use crate::base::fingerprint;

/// How many shards there are: enough for many workers, few enough that each has messages in every window to take its steps with, and the same
/// for every run, so that budgets and orders inside a shard are too.
pub(super) const SHARDS: usize = 32;

/// Items with the shard of each, in the order in which they came.
#[derive(Debug)]
pub(super) struct Sharded<T> {
    items: Vec<(usize, T)>,
    /// How many of them are in use; the memory of the others waits for the next.
    used: usize,
}

impl<T> Default for Sharded<T> {
    fn default() -> Self {
        Self { items: Vec::new(), used: 0 }
    }
}

impl<T: Default> Sharded<T> {
    /// Lets `fill` write an item over a spare one and say its shard; it stays spare where there is none.
    pub(super) fn fill(&mut self, fill: impl FnOnce(&mut T) -> Option<usize>) {
        if self.used == self.items.len() {
            self.items.push((0, T::default()));
        }
        if let Some((shard, item)) = self.items.get_mut(self.used)
            && let Some(at) = fill(item)
        {
            *shard = at;
            self.used += 1;
        }
    }

    /// Spares the items for the next, released of what they share.
    pub(super) fn spare(&mut self, release: impl FnMut(&mut T)) {
        self.items.iter_mut().take(self.used).map(|(_, item)| item).for_each(release);
        self.used = 0;
    }
}

impl<T> Sharded<T> {
    /// Adds an item to the shard that [`shard_of`] gives its key.
    pub(super) fn push(&mut self, shard: usize, item: T) {
        self.items.truncate(self.used);
        self.items.push((shard, item));
        self.used += 1;
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    /// Forgets the items, keeps their memory.
    pub(super) fn clear(&mut self) {
        self.items.clear();
        self.used = 0;
    }

    /// The items, left where they are.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.items.iter().take(self.used).map(|(shard, item)| (*shard, item))
    }
}

impl<T> IntoIterator for Sharded<T> {
    type Item = (usize, T);
    type IntoIter = std::vec::IntoIter<(usize, T)>;

    fn into_iter(self) -> Self::IntoIter {
        let mut items = self.items;
        items.truncate(self.used);
        items.into_iter()
    }
}

/// The shard of a key: the same in every run.
pub(super) fn shard_of<K: Hash + ?Sized>(key: &K) -> usize {
    shard_at(fingerprint(key))
}

/// The shard of a key that is hashed already.
pub(super) fn shard_at(fingerprint: u64) -> usize {
    (fingerprint >> 32) as usize % SHARDS
}

/// What each shard gets, in order; `count` is how many items there are, about.
pub(super) fn by_shard<T>(count: usize, items: impl IntoIterator<Item = (usize, T)>) -> Vec<Vec<T>> {
    // Shards are not quite even: half more than a fair share spares most of them from growing.
    let share = count.div_ceil(SHARDS) * 3 / 2;
    let mut shards: Vec<Vec<T>> = std::iter::repeat_with(|| Vec::with_capacity(share)).take(SHARDS).collect();
    for (shard, item) in items {
        if let Some(shard) = shards.get_mut(shard) {
            shard.push(item);
        }
    }
    shards
}
