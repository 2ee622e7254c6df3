//! Takes anything, gives a hash that is the same in every run, never a seed: what is reported may not depend on one.

use std::hash::{BuildHasher, Hash};

/// Hashing that is the same in every run.
pub type Plain = foldhash::fast::FixedState;

/// The hash of anything.
#[must_use]
pub fn fingerprint(value: impl Hash) -> u64 {
    Plain::default().hash_one(value)
}
