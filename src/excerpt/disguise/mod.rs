//! Takes messages and packets, gives the same with every address, number, name and domain replaced, never of another length.
//!
//! Every replacement is a permutation, character by character, that depends on what stands before: two values that begin alike begin alike
//! afterwards, no two become one, and without the key nobody gets back. As lengths stay, so do sequence numbers, fragments and Content-Length.

mod address;
mod body;
mod checksum;
mod field;
mod frame;
mod hep;
mod media;
mod message;
mod number;
mod permutation;
mod policy;
mod stream;
mod word;

pub use permutation::Key;

pub(super) use policy::rewrite as rewrite_policy;
pub(super) use stream::Streams;

use std::net::IpAddr;

use hashbrown::{HashMap, HashSet};

/// What became of words, by their kind and what stands around them.
type Words = HashMap<(word::Kind, Box<[u8]>), Box<[u8]>>;

/// Replaces, always the same by the same.
#[derive(Debug)]
pub(super) struct Disguise {
    key: Key,
    addresses: HashMap<IpAddr, IpAddr>,
    words: Words,
    /// Addresses, domains and long numbers that were met, in lower case: what else is free text must not name them.
    met: HashSet<Box<[u8]>>,
}

impl Disguise {
    pub(super) fn new(key: Key) -> Self {
        Self { key, addresses: HashMap::new(), words: HashMap::new(), met: HashSet::new() }
    }
}
