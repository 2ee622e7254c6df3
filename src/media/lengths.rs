//! Takes the payload lengths of one payload type, gives how they are spread, never what is inside.

/// Lengths that are counted apart.
const KEPT: usize = 4;

/// The payload lengths of a format. A codec of fixed frames shows in them whether an authentication tag was added (RFC 3711 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    /// The first lengths that were seen, with the packets of each; unused where that is 0.
    pub seen: [(u16, u64); KEPT],
    /// Packets of other lengths.
    pub other: u64,
}

/// What the lengths say of the protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Bare frames of the codec, with nothing added.
    Clear,
    /// Frames of the codec with so many octets more: a tag, with the key identifier that may go before it.
    Tagged(u16),
}

impl Lengths {
    /// Counts packets of a length.
    #[inline]
    pub(super) fn on(&mut self, length: u16, count: u64) {
        let [(usual, packets), ..] = &mut self.seen;
        if *usual == length && *packets > 0 {
            *packets += count;
        } else {
            self.unusual(length, count);
        }
    }

    #[cold]
    fn unusual(&mut self, length: u16, count: u64) {
        for (kept, packets) in &mut self.seen {
            if *packets == 0 {
                *kept = length;
            }
            if *kept == length {
                *packets += count;
                return;
            }
        }
        self.other += count;
    }

    /// The most frequent length, and its share of all packets in percent.
    #[must_use]
    pub fn usual(&self) -> Option<(u16, f64)> {
        let all: u64 = self.seen.iter().map(|&(_, n)| n).sum::<u64>() + self.other;
        let &(length, packets) = self.seen.iter().filter(|&&(_, n)| n > 0).max_by_key(|&&(length, n)| (n, std::cmp::Reverse(length)))?;
        #[allow(clippy::cast_precision_loss)]
        Some((length, packets as f64 * 100.0 / all as f64))
    }

    /// What the lengths of 95 % of the packets say, for a codec of fixed frames sent in packets of `step` ticks (MSEC-SRTP-002).
    #[must_use]
    pub fn look(&self, codec: &str, step: u32) -> Option<Look> {
        let (length, share) = self.usual()?;
        let bare = u16::try_from(bare(codec, step)?).ok()?;
        match length.checked_sub(bare)? {
            _ if share < 95.0 => None,
            0 => Some(Look::Clear),
            // The shortest tag has 4 octets; the longest 16, with up to 4 more of a key identifier.
            added @ 4..=20 => Some(Look::Tagged(added)),
            _ => None,
        }
    }
}

/// Octets of payload in `step` ticks of a codec whose frames are all of one length (RFC 3551 §4.5, RFC 3952).
fn bare(codec: &str, step: u32) -> Option<u32> {
    let frames = |ticks: u32, octets: u32| (step > 0 && step.is_multiple_of(ticks)).then(|| step / ticks * octets);
    match codec.to_ascii_uppercase().as_str() {
        // One octet a tick: G.722 too, whose clock says 8000.
        "PCMU" | "PCMA" | "G722" => frames(1, 1),
        "L16" => frames(1, 2),
        "G726-40" => frames(8, 5),
        "G726-32" => frames(2, 1),
        "G726-24" => frames(8, 3),
        "G726-16" => frames(4, 1),
        "G728" => frames(20, 5),
        "G729" => frames(80, 10),
        "GSM" => frames(160, 33),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(all: &[(u16, u64)]) -> Lengths {
        let mut lengths = Lengths::default();
        all.iter().for_each(|&(length, n)| lengths.on(length, n));
        lengths
    }

    /// MSEC-SRTP-002: 160 octets for G.711 of 20 ms, and the tag of the suite beyond (standards.md §5.10).
    #[test]
    fn a_tag_shows_in_the_length_of_fixed_frames() {
        assert_eq!(lengths(&[(160, 100)]).look("PCMA", 160), Some(Look::Clear));
        assert_eq!(lengths(&[(170, 100)]).look("pcmu", 160), Some(Look::Tagged(10)));
        assert_eq!(lengths(&[(36, 99), (18, 1)]).look("G729", 160), Some(Look::Tagged(16)));
        assert_eq!(lengths(&[(160, 90), (170, 10)]).look("PCMA", 160), None);
        assert_eq!(lengths(&[(60, 100)]).look("opus", 960), None);
    }

    #[test]
    fn other_lengths_are_counted_together() {
        let many = lengths(&[(1, 1), (2, 5), (3, 1), (4, 1), (5, 1), (6, 1)]);
        assert_eq!((many.usual(), many.other), (Some((2, 50.0)), 2));
    }
}
