//! Takes the octets of a stream with the running clock, gives how many passed in each second, never more than a few octets of memory for each.

use crate::base::{Time, read_varint, seconds, write_varint};

/// A second, the bin of standards.md §8.4.
const SECOND: i64 = seconds(1);

/// The octets of IP that passed in each second of the capture, aligned to the epoch.
///
/// A second is that of the running clock: it never goes back, so what is over stays as it is. Voice has the same number of octets in nearly every
/// second: kept is the difference to the second before, which then takes one octet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    /// For each second with packets: the change to the one before; and how many seconds it came after that, where not one.
    coded: Vec<u8>,
    /// The first second.
    start: Time,
    /// The second of the latest packet, what passed in it, and what in the one before.
    second: Time,
    octets: u64,
    before: u64,
    /// The second that was coded last.
    last: Time,
}

impl Pace {
    /// Of a stream that begins at a time.
    pub(super) const fn new(at: Time) -> Self {
        let second = at.floor(SECOND);
        Self { coded: Vec::new(), start: second, second, octets: 0, before: 0, last: second }
    }

    /// Adds the octets of a packet.
    #[inline]
    pub(super) fn on(&mut self, clock: Time, octets: u64) {
        if clock.since(self.second) >= SECOND {
            self.turn(clock);
        }
        self.octets += octets;
    }

    #[cold]
    fn turn(&mut self, clock: Time) {
        self.close();
        self.second = clock.floor(SECOND);
    }

    /// Codes the second of the latest packet.
    #[allow(clippy::cast_possible_wrap, clippy::cast_sign_loss)]
    fn close(&mut self) {
        if self.octets == 0 {
            return;
        }
        let change = self.octets.wrapping_sub(self.before) as i64;
        let zigzag = ((change << 1) ^ (change >> 63)) as u64;
        let after = (self.second.since(self.last) / SECOND).max(0) as u64;
        write_varint(&mut self.coded, zigzag << 1 | u64::from(after != 1));
        if after != 1 {
            write_varint(&mut self.coded, after);
        }
        (self.before, self.octets, self.last) = (self.octets, 0, self.second);
    }

    /// Closes the last second.
    pub(super) fn finish(mut self) -> Self {
        self.close();
        self.coded.shrink_to_fit();
        self
    }

    /// When its first second begins.
    #[must_use]
    pub const fn start(&self) -> Time {
        self.start
    }

    /// Each second with packets, by its beginning, and the octets of IP that passed in it.
    #[allow(clippy::cast_possible_wrap)]
    pub fn seconds(&self) -> impl Iterator<Item = (Time, u64)> {
        let (mut rest, mut second, mut octets) = (self.coded.as_slice(), self.start, 0u64);
        std::iter::from_fn(move || {
            let word = read_varint(&mut rest)?;
            let after = if word & 1 == 0 { 1 } else { read_varint(&mut rest)? };
            let zigzag = word >> 1;
            octets = octets.wrapping_add(((zigzag >> 1) as i64 ^ -((zigzag & 1) as i64)) as u64);
            second = second.plus((after as i64).saturating_mul(SECOND));
            Some((second, octets))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// standards.md §8.4: G.711 in packets of 20 ms over IPv4 is 200 octets 50 times a second, 80.0 kbit/s; 84.0 with a tag of 10 octets.
    #[test]
    fn a_second_of_voice_takes_an_octet() {
        for (length, kbps) in [(200, 80), (210, 84)] {
            let mut pace = Pace::new(Time(seconds(7) + 5));
            (0..50 * 600).for_each(|n| pace.on(Time(seconds(7) + 5 + n * 20_000_000), length));
            let pace = pace.finish();
            let all: Vec<_> = pace.seconds().collect();
            assert_eq!((all.len(), all[0].0, all[599].0), (600, Time(seconds(7)), Time(seconds(606))));
            assert!(all.iter().all(|(_, octets)| octets * 8 == kbps * 1000));
            assert!(pace.coded.len() < 610, "{}", pace.coded.len());
        }
    }

    proptest! {
        #[test]
        fn every_octet_is_in_its_second(packets in prop::collection::vec((0i64..5_000_000_000, 0u64..70_000), 1..300), start in 0i64..9_000_000_000) {
            let mut at = Time(start);
            let mut pace = Pace::new(at);
            let mut all: BTreeMap<Time, u64> = BTreeMap::new();
            for (wait, octets) in packets {
                pace.on(at, octets);
                *all.entry(at.floor(SECOND)).or_default() += octets;
                at = at.plus(wait);
            }
            all.retain(|_, octets| *octets > 0);
            prop_assert_eq!(pace.finish().seconds().collect::<BTreeMap<_, _>>(), all);
        }
    }
}
