//! Takes the times of arrival of one stream, gives where nothing came for long, never why.

use crate::base::{Origin, Time};

/// How long nothing must come to be a gap: ten packets of voice.
pub(super) const GAP: i64 = 200_000_000;

/// How many of the longest gaps are kept.
const KEPT: usize = 8;

/// Where nothing came for long.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// How many gaps there were.
    pub count: u64,
    /// Nanoseconds in them.
    pub total: i64,
    /// How many of them lost nothing: the sender paused.
    pub pauses: u64,
    /// The longest, in order of time.
    pub longest: Vec<Gap>,
}

/// A time in which nothing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// When the packet before it passed.
    pub from: Time,
    /// When the packet after it passed.
    pub to: Time,
    /// The frame of the packet after it.
    pub origin: Origin,
    /// Packets missing between the two by their sequence numbers: none if the sender paused.
    pub missing: u16,
}

impl Gap {
    /// How long it was, in nanoseconds.
    #[must_use]
    pub const fn length(&self) -> i64 {
        self.to.since(self.from)
    }
}

impl Gaps {
    /// Takes a time from one packet to the next that is longer than [`GAP`].
    #[cold]
    pub(super) fn on(&mut self, gap: Gap) {
        self.count += 1;
        self.total = self.total.saturating_add(gap.length());
        self.pauses += u64::from(gap.missing == 0);
        self.longest.push(gap);
        if self.longest.len() > KEPT
            && let Some(shortest) =
                (0..self.longest.len()).min_by_key(|&n| self.longest.get(n).map(|gap| (gap.length(), std::cmp::Reverse(n))))
        {
            self.longest.remove(shortest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gaps_are_kept_in_order_of_time() {
        let mut gaps = Gaps::default();
        let mut at = 0;
        for length in [100, 300, 900, 250, 800, 700, 600, 500, 400, 950, 201, 850] {
            let (from, to) = (Time(at), Time(at + length * 1_000_000));
            if to.since(from) > GAP {
                gaps.on(Gap { from, to, origin: Origin::default(), missing: u16::from(length == 900) });
            }
            at = to.0;
        }
        assert_eq!((gaps.count, gaps.pauses), (11, 10));
        let lengths: Vec<_> = gaps.longest.iter().map(|g| g.length() / 1_000_000).collect();
        assert_eq!(lengths, [900, 800, 700, 600, 500, 400, 950, 850]);
    }
}
