//! Takes the sequence numbers of a stream in the order of arrival, gives what was received, lost, doubled and late, never a time.

use super::bursts::{BurstMeter, Bursts};

/// Packets that a sequence number may jump ahead without a new start (RFC 3550 A.1, MAX_DROPOUT).
const MAX_DROPOUT: u16 = 3000;

/// Packets that one may be behind the latest (RFC 3550 A.1, MAX_MISORDER).
const MAX_MISORDER: u16 = 100;

/// Packets that may have been overtaken by the first that was seen.
const MAX_OVERTAKEN: i64 = 16;

/// What the sequence numbers of a stream say. All but `base` and `highest` is summed over its restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// The sequence number that its last start began with.
    pub base: i64,
    /// The highest since then, with the wraps of 16 bits counted.
    pub highest: i64,
    /// Packets that the sender numbered, from the first that was seen to the highest.
    pub expected: u64,
    /// Packets that came, late ones and duplicates among them.
    pub received: u64,
    /// Numbers that never came.
    pub lost_unique: u64,
    /// Packets whose number had come already.
    pub duplicates: u64,
    /// Packets behind a later one, which were not duplicates.
    pub reordered: u64,
    /// New starts of the numbering.
    pub restarts: u64,
    /// Packets far from all others, which no second one followed; in no other number here.
    pub astray: u64,
    /// Second copies of a packet that a mirror port gave; in no other number here.
    pub mirrored: u64,
}

impl Reception {
    /// Expected less received: what RFC 3550 A.3 calls lost, negative where duplicates outweigh it.
    #[must_use]
    pub const fn lost(&self) -> i64 {
        self.expected.cast_signed() - self.received.cast_signed()
    }
}

/// Where a sequence number stands to the highest so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// So many ahead: 1 for the next.
    Ahead(u16),
    /// So many behind, and missing until now.
    Late(u16),
    /// It came before.
    Again,
    /// Too far to belong to the same numbering.
    Far,
}

/// The numbering of a stream, as far as it goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbering {
    reception: Reception,
    /// Bit n: the packet n behind the highest came.
    came: u128,
    /// Bit n: it came too late to be played.
    missed: u128,
    bursts: BurstMeter,
    /// Distinct packets since the last start.
    distinct: u64,
}

impl Numbering {
    /// Begins with the first packet.
    pub(super) fn new(seq: u16) -> Self {
        let reception = Reception { base: i64::from(seq), highest: i64::from(seq), received: 1, ..Reception::default() };
        Self { reception, came: 1, missed: 0, bursts: BurstMeter::default(), distinct: 1 }
    }

    /// Where `seq` stands.
    #[inline]
    pub(super) fn place(&self, seq: u16) -> Place {
        let ahead = seq.wrapping_sub(self.reception.highest as u16);
        let behind = ahead.wrapping_neg();
        match ahead {
            0 => Place::Again,
            _ if ahead < MAX_DROPOUT => Place::Ahead(ahead),
            _ if behind > MAX_MISORDER => Place::Far,
            _ if self.came >> behind & 1 == 1 => Place::Again,
            _ if self.reception.highest - i64::from(behind) < self.reception.base - MAX_OVERTAKEN => Place::Far,
            _ => Place::Late(behind),
        }
    }

    /// Whether a sequence number is the highest so far.
    pub(super) const fn is_highest(&self, seq: u16) -> bool {
        self.reception.highest as u16 == seq
    }

    /// Takes a packet that stands so many ahead.
    #[inline]
    pub(super) fn ahead(&mut self, by: u16, missed: bool) {
        const OLDEST: u32 = u128::BITS - 1;
        match by {
            // Nearly always: the next one, and what falls out of the window came in time.
            1 if self.came >> OLDEST & !self.missed >> OLDEST == 1 => {
                self.bursts.received(1);
                self.came = self.came << 1 | 1;
                self.missed <<= 1;
            }
            // Or nothing falls out, since the stream is young.
            1 if self.reception.highest - self.reception.base < i64::from(OLDEST) => {
                self.came = self.came << 1 | 1;
                self.missed <<= 1;
            }
            _ => self.slide(by),
        }
        self.missed |= u128::from(missed);
        self.reception.highest += i64::from(by);
        self.reception.received += 1;
        self.distinct += 1;
    }

    /// Takes so many packets that go on by one each and came in time.
    pub(super) fn follow(&mut self, count: u32) {
        if count == 0 {
            return;
        }
        let kept = u128::BITS.saturating_sub(count);
        let falls = u128::MAX.checked_shl(kept).unwrap_or(0);
        if self.came & falls == falls && self.missed & falls == 0 {
            self.bursts.received(u64::from(count.min(u128::BITS)));
        } else {
            self.judge(kept);
        }
        self.bursts.received(u64::from(count.saturating_sub(u128::BITS)));
        let shift = |bits: u128| bits.checked_shl(count).unwrap_or(0);
        let fresh = 1u128.checked_shl(count).map_or(u128::MAX, |bit| bit - 1);
        (self.came, self.missed) = (shift(self.came) | fresh, shift(self.missed));
        self.reception.highest += i64::from(count);
        self.reception.received += u64::from(count);
        self.distinct += u64::from(count);
    }

    /// Takes a packet that was missing until now.
    pub(super) fn late(&mut self, behind: u16, missed: bool) {
        self.came |= 1 << behind;
        self.missed |= u128::from(missed) << behind;
        // At the very start, the first packet seen may not be the first that was sent.
        self.reception.base = self.reception.base.min(self.reception.highest - i64::from(behind));
        self.reception.received += 1;
        self.reception.reordered += 1;
        self.distinct += 1;
    }

    /// Takes a packet that came before.
    pub(super) fn again(&mut self) {
        self.reception.received += 1;
        self.reception.duplicates += 1;
    }

    /// Takes a copy that a mirror port made.
    pub(super) fn mirrored(&mut self) {
        self.reception.mirrored += 1;
    }

    /// How many of those there were.
    pub(super) const fn mirrors(&self) -> u64 {
        self.reception.mirrored
    }

    /// Takes a packet far from all others.
    pub(super) fn astray(&mut self) {
        self.reception.astray += 1;
    }

    /// Begins anew with `seq`.
    pub(super) fn restart(&mut self, seq: u16) {
        self.close();
        let highest = i64::from(seq);
        self.reception.base = highest;
        self.reception.highest = highest;
        self.reception.received += 1;
        self.reception.restarts += 1;
        (self.came, self.missed, self.distinct) = (1, 0, 1);
    }

    /// Moves the window: what falls out of it is known for good.
    fn slide(&mut self, by: u16) {
        let kept = u16::try_from(u128::BITS).unwrap_or(u16::MAX).saturating_sub(by);
        self.judge(u32::from(kept));
        let shift = |bits: u128| bits.checked_shl(u32::from(by)).unwrap_or(0);
        (self.came, self.missed) = (shift(self.came) | 1, shift(self.missed));
        // Those between, where they are so many that not even they stay in the window.
        self.bursts.lost(u64::from(by).saturating_sub(u64::from(u128::BITS)));
    }

    /// Gives the packets from the oldest in the window to the one `kept` behind the highest to the bursts.
    fn judge(&mut self, kept: u32) {
        let depth = u32::try_from(self.reception.highest - self.reception.base + 1).unwrap_or(u128::BITS).min(u128::BITS);
        for n in (kept..depth).rev() {
            match (self.came >> n & 1, self.missed >> n & 1) {
                (0, _) => self.bursts.lost(1),
                (_, 0) => self.bursts.received(1),
                _ => self.bursts.discarded(),
            }
        }
    }

    fn close(&mut self) {
        self.judge(0);
        let expected = u64::try_from(self.reception.highest - self.reception.base + 1).unwrap_or(0);
        self.reception.expected += expected;
        self.reception.lost_unique += expected.saturating_sub(self.distinct);
    }

    /// Packets that are neither duplicates nor copies, over all starts.
    pub(super) fn distinct(&self) -> u64 {
        self.reception.received - self.reception.duplicates
    }

    /// What it came to.
    pub(super) fn finish(mut self) -> (Reception, Bursts) {
        self.close();
        (self.reception, self.bursts.finish())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn measure(seqs: &[u16]) -> (Reception, Bursts) {
        let mut numbering = Numbering::new(seqs[0]);
        for &seq in &seqs[1..] {
            match numbering.place(seq) {
                Place::Ahead(by) => numbering.ahead(by, false),
                Place::Late(behind) => numbering.late(behind, false),
                Place::Again => numbering.again(),
                Place::Far => numbering.astray(),
            }
        }
        numbering.finish()
    }

    /// standards.md §8.4, oracle L.
    #[test]
    fn a_wrap_with_loss_at_its_edge_a_duplicate_and_a_late_packet() {
        let (reception, _) = measure(&[65533, 65534, 65535, 1, 2, 2, 5, 4]);
        assert_eq!((reception.base, reception.highest), (65533, 65541));
        assert_eq!((reception.expected, reception.received, reception.lost()), (9, 8, 1));
        assert_eq!((reception.lost_unique, reception.duplicates, reception.reordered), (2, 1, 1));
    }

    #[test]
    fn a_far_packet_is_no_loss() {
        let (reception, _) = measure(&[1, 2, 30_000, 3, 4]);
        assert_eq!((reception.expected, reception.lost_unique, reception.astray), (4, 0, 1));
    }

    #[test]
    fn the_first_packet_that_is_seen_may_be_the_second() {
        let (reception, bursts) = measure(&[0, 65535, 1]);
        assert_eq!((reception.base, reception.expected, reception.lost_unique), (-1, 3, 0));
        assert_eq!((bursts.packets, bursts.lost), (3, 0));
    }

    #[test]
    fn a_restart_begins_a_new_count() {
        let mut numbering = Numbering::new(500);
        numbering.ahead(1, false);
        numbering.ahead(2, false);
        numbering.restart(40_000);
        numbering.ahead(1, false);
        let (reception, bursts) = numbering.finish();
        assert_eq!((reception.expected, reception.received, reception.lost_unique, reception.restarts), (6, 5, 1, 1));
        assert_eq!((bursts.packets, bursts.lost), (6, 1));
    }

    proptest! {
        /// Whatever is lost, doubled and delayed by less than the window: the counts are those of the sets.
        #[test]
        fn counts_are_those_of_sets(first: u16, steps in proptest::collection::vec((1u16..200, 0u16..90, 0usize..3), 1..300)) {
            let mut seqs = vec![first];
            let mut highest = 0u32;
            for (by, behind, kind) in steps {
                let offset = match kind {
                    0 => { highest += u32::from(by); highest }
                    1 => { highest += 1; highest }
                    _ => highest.saturating_sub(u32::from(behind)),
                };
                seqs.push(first.wrapping_add(offset as u16));
            }
            // The same numbers without wraps, since it is known how they were made.
            let mut at = 0i64;
            let mut offsets = BTreeSet::from([0i64]);
            for pair in seqs.windows(2) {
                at += i64::from(pair[1].wrapping_sub(pair[0]) as i16);
                offsets.insert(at);
            }
            let (reception, bursts) = measure(&seqs);
            let expected = (offsets.last().unwrap() - offsets.first().unwrap() + 1) as u64;
            prop_assert_eq!(reception.expected, expected);
            prop_assert_eq!(reception.received, seqs.len() as u64);
            prop_assert_eq!(reception.lost_unique, expected - offsets.len() as u64);
            prop_assert_eq!(reception.duplicates, (seqs.len() - offsets.len()) as u64);
            prop_assert_eq!((bursts.packets, bursts.lost), (expected, reception.lost_unique));
        }

        #[test]
        fn any_numbers_are_survived(seqs in proptest::collection::vec(any::<u16>(), 1..300)) {
            let (reception, bursts) = measure(&seqs);
            prop_assert_eq!(bursts.packets, reception.expected);
            prop_assert_eq!(reception.received + reception.astray, seqs.len() as u64);
        }
    }
}
