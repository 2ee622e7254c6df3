//! Takes a key, a context and a symbol, gives the symbol that stands for it there, never the same symbol where there are two.

use hmac::{Hmac, KeyInit as _, Mac as _};
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};

use crate::base::{Error, Result};

/// What replacements depend on: who has it can undo them.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key that nobody knows.
    ///
    /// # Errors
    /// If the system gives no random numbers.
    pub fn random() -> Result<Self> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| Error::Usage("the system gives no random numbers: use --key".into()))?;
        Ok(Self(key))
    }

    /// The key of a passphrase: the same replacements in every run that has it.
    #[must_use]
    pub fn of(passphrase: &str) -> Self {
        Self(Sha256::digest(passphrase.as_bytes()).into())
    }

    /// The place that stands for `place` among `size`, behind `context`. A cycle through all places (Sattolo's shuffle): none stands for itself.
    pub(super) fn permuted(&self, context: &[u8], size: u32, place: u32) -> u32 {
        if size < 2 || place >= size {
            return place;
        }
        let mut places: Vec<u32> = (0..size).collect();
        let mut draws = Draws { key: self, context, block: 0, left: Vec::new() };
        for last in (1..size as usize).rev() {
            places.swap(last, draws.below(last));
        }
        places.get(place as usize).copied().unwrap_or(place)
    }
}

/// A stream of numbers that key and context decide.
struct Draws<'a> {
    key: &'a Key,
    context: &'a [u8],
    block: u32,
    left: Vec<u32>,
}

impl Draws<'_> {
    /// A number below `bound`.
    fn below(&mut self, bound: usize) -> usize {
        if self.left.is_empty() {
            self.fill();
        }
        self.left.pop().map_or(0, |draw| draw as usize % bound)
    }

    fn fill(&mut self) {
        // HMAC takes keys of any length.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key.0) {
            mac.update(&self.block.to_be_bytes());
            mac.update(self.context);
            let block = mac.finalize().into_bytes();
            let (words, _) = block.as_chunks::<4>();
            self.left.extend(words.iter().map(|word| u32::from_be_bytes(*word)));
        }
        self.block += 1;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_permutation_without_a_fixed_place() {
        for size in [2, 10, 16, 26, 156] {
            let mapped: Vec<u32> = (0..size).map(|place| Key::of("k").permuted(b"context", size, place)).collect();
            assert!(mapped.iter().zip(0..).all(|(to, from)| *to != from));
            assert_eq!(mapped.iter().collect::<BTreeSet<_>>().len(), size as usize);
        }
    }

    #[test]
    fn key_and_context_decide() {
        let all = |key: &str, context: &[u8]| (0..26).map(|place| Key::of(key).permuted(context, 26, place)).collect::<Vec<_>>();
        assert_eq!(all("k", b"a"), all("k", b"a"));
        assert_ne!(all("k", b"a"), all("k", b"b"));
        assert_ne!(all("k", b"a"), all("l", b"a"));
    }
}
