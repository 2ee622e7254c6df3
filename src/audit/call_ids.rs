//! Takes the fingerprints of the Call-IDs of one shard, gives how many there are, never counts one that comes back.

use foldhash::fast::FixedState;
use hashbrown::HashSet;

/// Fingerprints that are not in order yet: so many, or one for so many that are.
const FEW: usize = 256;
const SHARE: usize = 16;

/// The distinct Call-IDs. That one is new can only be told by those that were: this grows with the capture, by the eight octets of a fingerprint
/// for each Call-ID and about one more.
#[derive(Clone, Debug, Default)]
pub(super) struct CallIds {
    /// In order.
    known: Vec<u64>,
    fresh: HashSet<u64, FixedState>,
}

impl CallIds {
    /// Takes a fingerprint.
    pub(super) fn insert(&mut self, fingerprint: u64) {
        if self.known.binary_search(&fingerprint).is_err() {
            self.fresh.insert(fingerprint);
        }
        if self.fresh.len() >= FEW.max(self.known.len() / SHARE) {
            self.settle();
        }
    }

    /// Puts those that are new among the others, from the end, in place.
    fn settle(&mut self) {
        let mut fresh: Vec<u64> = std::mem::take(&mut self.fresh).into_iter().collect();
        fresh.sort_unstable();
        let mut from = self.known.len();
        self.known.reserve_exact(fresh.len());
        self.known.resize(from + fresh.len(), 0);
        let mut to = self.known.len();
        while let Some(&next) = fresh.last() {
            let own = from.checked_sub(1).and_then(|at| self.known.get(at)).copied().filter(|own| *own > next);
            to -= 1;
            if let Some(place) = self.known.get_mut(to) {
                *place = own.unwrap_or(next);
            }
            if own.is_some() {
                from -= 1;
            } else {
                fresh.pop();
            }
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> u64 {
        (self.known.len() + self.fresh.len()) as u64
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_call_id_takes_its_eight_octets_and_little_more() {
        let mut ids = CallIds::default();
        let mut number = 1u64;
        for _ in 0..100_000 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ids.insert(number);
        }
        assert_eq!(ids.len(), 100_000);
        // A place of the set takes nine octets, and at least 7 in 16 of them are taken.
        let octets = ids.known.capacity() * 8 + ids.fresh.capacity() * 9 * 8 / 7;
        assert!(octets < 1_000_000, "{octets}");
    }

    proptest! {
        #[test]
        fn each_counts_once(numbers in prop::collection::vec(0u64..3_000, 0..6_000)) {
            let mut ids = CallIds::default();
            numbers.iter().for_each(|&number| ids.insert(number));
            prop_assert_eq!(ids.len(), numbers.iter().collect::<BTreeSet<_>>().len() as u64);
            prop_assert!(ids.known.is_sorted());
        }
    }
}
