//! Takes how many samples fell into which bucket, gives them in order, never more than a few octets for a bucket.

use crate::base::{read_varint, write_varint};

/// Counts by bucket, in the order of the buckets. There is a set for each direction and each quarter of an hour, and all stay to the end: so each count
/// is written behind its distance from the bucket before, three octets for most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Buckets {
    coded: Vec<u8>,
}

impl Buckets {
    /// The buckets with samples, in order, and how many there are in each.
    pub(super) fn iter(&self) -> impl Iterator<Item = (i32, u64)> {
        let (mut rest, mut key) = (self.coded.as_slice(), i32::MIN);
        std::iter::from_fn(move || {
            let (step, count) = (read_varint(&mut rest)?, read_varint(&mut rest)?);
            key = key.wrapping_add_unsigned(u32::try_from(step).ok()?);
            Some((key, count))
        })
    }

    /// Adds samples that are in the order of their buckets; one may come several times.
    pub(super) fn add(&mut self, more: impl IntoIterator<Item = (i32, u64)>) {
        let (mut own, mut more) = (self.iter().peekable(), more.into_iter().peekable());
        let mut coded = Vec::with_capacity(self.coded.len() + 64);
        let mut last = i32::MIN;
        while let Some(key) = own.peek().into_iter().chain(more.peek()).map(|&(key, _)| key).min() {
            let mut count = own.next_if(|&(next, _)| next == key).map_or(0, |(_, n)| n);
            while let Some((_, n)) = more.next_if(|&(next, _)| next == key) {
                count += n;
            }
            write_varint(&mut coded, u64::from(key.abs_diff(last)));
            write_varint(&mut coded, count);
            last = key;
        }
        drop(own);
        coded.shrink_to_fit();
        self.coded = coded;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Against a map that is told the same.
        #[test]
        fn counts_are_those_of_a_map(parts in prop::collection::vec(prop::collection::vec((prop_oneof![any::<i32>(), -9i32..9], 1u64..1 << 40), 0..40), 0..4)) {
            let (mut buckets, mut map) = (Buckets::default(), BTreeMap::new());
            for mut part in parts {
                part.sort_unstable();
                part.iter().for_each(|&(key, n)| *map.entry(key).or_insert(0) += n);
                buckets.add(part);
            }
            prop_assert_eq!(buckets.iter().collect::<Vec<_>>(), map.into_iter().collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_bucket_takes_three_octets_or_fewer() {
        let mut buckets = Buckets::default();
        // A quarter of an hour of delays that fall into every bucket of three powers of two.
        buckets.add((40_000..43_072).map(|key| (key, 200)));
        assert!(buckets.coded.len() <= 3 * 3_072 + 4, "{}", buckets.coded.len());
        assert!(buckets.coded.capacity() <= buckets.coded.len() * 2);
    }
}
