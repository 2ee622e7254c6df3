//! Takes keyed items, gives them sorted into a fixed number of shards, never more or fewer for more threads.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

/// How many shards there are: enough for many workers, and the same for every run, so that budgets and orders inside a shard are too.
pub(super) const SHARDS: usize = 64;

/// Items with the shard of each, in the order in which they came.
#[derive(Debug)]
pub(super) struct Sharded<T>(Vec<(usize, T)>);

impl<T> Default for Sharded<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Sharded<T> {
    /// Adds an item to the shard that [`shard_of`] gives its key.
    pub(super) fn push(&mut self, shard: usize, item: T) {
        self.0.push((shard, item));
    }

    /// How many items there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Forgets the items, keeps their memory.
    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The items, left where they are.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &T)> {
        self.0.iter().map(|(shard, item)| (*shard, item))
    }
}

impl<T> IntoIterator for Sharded<T> {
    type Item = (usize, T);
    type IntoIter = std::vec::IntoIter<(usize, T)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// The shard of a key: the same in every run.
pub(super) fn shard_of<K: Hash + ?Sized>(key: &K) -> usize {
    (FixedState::default().hash_one(key) >> 32) as usize % SHARDS
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
