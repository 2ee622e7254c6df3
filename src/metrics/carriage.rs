//! Takes the octets that streams carried second by second, gives the bandwidth and packet rate of each codec over time, never whose fault a peak is.

use std::collections::BTreeMap;

use super::Part;
use crate::base::{Time, seconds};

/// The most bins that are kept: more than two hours of seconds, then of two seconds, and so on.
const BINS: i64 = 8192;
/// Codecs of a part that are told apart.
const CODECS: usize = 32;
/// Parts that are told apart.
const PARTS: usize = 256;

/// Octets of IP and packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amount {
    /// Octets, IP headers among them.
    pub octets: u64,
    /// Packets.
    pub packets: u64,
}

impl Amount {
    fn add(&mut self, other: Self) {
        self.octets = self.octets.saturating_add(other.octets);
        self.packets = self.packets.saturating_add(other.packets);
    }
}

/// Amounts in bins of 1, 2, 4 … seconds, aligned to the epoch, whatever the order they come in.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pieces {
    /// A bin is 2^shift seconds wide.
    shift: u32,
    bins: BTreeMap<i64, Amount>,
}

impl Pieces {
    fn add(&mut self, second: i64, amount: Amount) {
        self.bins.entry(second >> self.shift).or_default().add(amount);
        self.fit();
    }

    fn fit(&mut self) {
        while let (Some((first, _)), Some((last, _))) = (self.bins.first_key_value(), self.bins.last_key_value())
            && last - first >= BINS
        {
            self.widen();
        }
    }

    fn widen(&mut self) {
        for (bin, amount) in std::mem::take(&mut self.bins) {
            self.bins.entry(bin >> 1).or_default().add(amount);
        }
        self.shift += 1;
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Self) {
        while self.shift < other.shift {
            self.widen();
        }
        for (&bin, &amount) in &other.bins {
            self.bins.entry(bin >> (self.shift - other.shift)).or_default().add(amount);
        }
        self.fit();
    }

    /// The width of a bin in seconds.
    #[must_use]
    pub const fn width_s(&self) -> u64 {
        1 << self.shift
    }

    /// The bins that hold something, by their beginning.
    pub fn bins(&self) -> impl Iterator<Item = (Time, Amount)> {
        self.bins.iter().map(|(&bin, &amount)| (Time((bin << self.shift).saturating_mul(seconds(1))), amount))
    }

    /// All of it.
    #[must_use]
    pub fn total(&self) -> Amount {
        let mut total = Amount::default();
        self.bins.values().for_each(|&amount| total.add(amount));
        total
    }
}

/// The media of every part of the interconnect by codec: the direction is that of the packets.
#[derive(Clone, Debug, Default)]
pub struct Carriage {
    parts: BTreeMap<Part, BTreeMap<String, Pieces>>,
}

impl Carriage {
    /// Adds a stream of `packets` packets to the parts that it belongs to. A second's packets are told from its octets: of a codec of one
    /// length they are exact.
    pub fn add(&mut self, parts: &[Part], codec: &str, packets: u64, pace: impl Iterator<Item = (Time, u64)> + Clone) {
        let all: u64 = pace.clone().map(|(_, octets)| octets).sum();
        let share = |octets: u64| u128::from(packets) * u128::from(octets) / u128::from(all.max(1));
        for part in parts {
            let crowded = self.parts.len() >= PARTS && !self.parts.contains_key(part);
            let codecs = self.parts.entry(if crowded { Part::Other } else { part.clone() }).or_default();
            let crowded = codecs.len() >= CODECS && !codecs.contains_key(codec);
            let pieces = codecs.entry(if crowded { "(other)".to_owned() } else { codec.chars().take(64).collect() }).or_default();
            let (mut passed, mut counted) = (0, 0);
            for (second, octets) in pace.clone() {
                passed += octets;
                let until = u64::try_from(share(passed)).unwrap_or(u64::MAX);
                pieces.add(second.0.div_euclid(seconds(1)), Amount { octets, packets: until.saturating_sub(counted) });
                counted = until;
            }
        }
    }

    /// Every part with its codecs.
    pub fn parts(&self) -> impl Iterator<Item = (&Part, &BTreeMap<String, Pieces>)> {
        self.parts.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Time {
        Time(seconds(second))
    }

    /// standards.md §8.4: G.711 of 20 ms over IPv4 is 200 octets 50 times a second, 80.0 kbit/s.
    #[test]
    fn voice_takes_eighty_kilobits() {
        let mut carriage = Carriage::default();
        let pace = (10..13).map(|s| (at(s), 10_000));
        carriage.add(&[Part::All], "PCMA/8000", 150, pace);
        let (_, codecs) = carriage.parts().next().unwrap();
        let bins: Vec<_> = codecs["PCMA/8000"].bins().map(|(t, a)| (t, a.octets * 8, a.packets)).collect();
        assert_eq!(bins, [(at(10), 80_000, 50), (at(11), 80_000, 50), (at(12), 80_000, 50)]);
    }

    #[test]
    fn long_captures_have_wider_bins_and_the_same_sums_in_any_order() {
        let one = |second: i64| (second * 7 % 40_000, Amount { octets: 200, packets: 1 });
        let (mut forth, mut back) = (Pieces::default(), Pieces::default());
        (0..40_000).map(one).for_each(|(s, a)| forth.add(s, a));
        (0..40_000).rev().map(one).for_each(|(s, a)| back.add(s, a));
        assert_eq!(forth, back);
        assert_eq!((forth.width_s(), forth.total()), (8, Amount { octets: 8_000_000, packets: 40_000 }));
        let mut merged = Pieces::default();
        merged.add(1, Amount::default());
        merged.merge(&forth);
        assert_eq!(merged.total(), forth.total());
    }
}
