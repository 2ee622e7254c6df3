//! Takes keyed items, gives them sorted into a fixed number of shards, never more or fewer for more threads.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

/// How many shards there are: enough for many workers, and the same for every run, so that budgets and orders inside a shard are too.
pub(super) const SHARDS: usize = 64;

/// What a shard usually gets of a batch of signalling: room for it spares moving large records.
const USUAL: usize = 32;

/// Items by shard, in the order in which they came.
#[derive(Debug)]
pub(super) struct Sharded<T> {
    shards: Vec<Vec<T>>,
}

impl<T> Default for Sharded<T> {
    fn default() -> Self {
        Self { shards: std::iter::repeat_with(Vec::new).take(SHARDS).collect() }
    }
}

impl<T> Sharded<T> {
    /// Adds an item to the shard that [`shard_of`] gives its key.
    pub(super) fn push(&mut self, shard: usize, item: T) {
        if let Some(shard) = self.shards.get_mut(shard) {
            if shard.capacity() == 0 {
                shard.reserve(USUAL);
            }
            shard.push(item);
        }
    }

    /// The shards.
    pub(super) fn into_shards(self) -> impl Iterator<Item = Vec<T>> {
        self.shards.into_iter()
    }
}

/// The shard of a key: the same in every run.
pub(super) fn shard_of<K: Hash + ?Sized>(key: &K) -> usize {
    (FixedState::default().hash_one(key) >> 32) as usize % SHARDS
}

/// Turns what each part sorted into what each shard gets: its parts in order.
pub(super) fn by_shard<T>(parts: impl IntoIterator<Item = Sharded<T>>) -> Vec<Vec<Vec<T>>> {
    let mut shards: Vec<Vec<Vec<T>>> = std::iter::repeat_with(Vec::new).take(SHARDS).collect();
    for part in parts {
        for (shard, items) in shards.iter_mut().zip(part.into_shards()) {
            if !items.is_empty() {
                shard.push(items);
            }
        }
    }
    shards
}
