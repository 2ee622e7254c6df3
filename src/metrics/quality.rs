//! Takes streams of one direction, gives their counts and how loss, jitter, round trip and MOS are spread, never a comparison (`standards.md` §8.4, §8.5).

use super::{Distribution, Ratio};
use crate::base::{Origin, Time};
use crate::media::Stream;

/// Parts of a percent, and of a step of MOS, that a distribution tells apart.
pub const MILLIONTHS: f64 = 1e6;

/// Percent of loss at which one class ends and the next begins.
pub const LOSS: [f64; 7] = [0.000_001, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Milliseconds of jitter, the same.
pub const JITTER: [f64; 7] = [1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0];

/// MOS, the same: the steps of user satisfaction of G.107, Annex B.
pub const MOS: [f64; 5] = [2.58, 3.1, 3.6, 4.03, 4.34];

fn class(value: f64, ends: &[f64]) -> usize {
    ends.partition_point(|end| *end <= value)
}

/// Counts and samples of streams, mergeable. Loss is in millionths of a percent, jitter and round trip in nanoseconds, MOS in millionths.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Quality {
    pub streams: u64,
    pub packets: u64,
    pub expected: u64,
    pub lost: u64,
    pub duplicates: u64,
    pub reordered: u64,
    /// Distinct missing sequence numbers of each stream, in percent of those expected.
    pub loss: Distribution,
    /// The greatest jitter of each stream whose clock is known.
    pub jitter: Distribution,
    /// The estimated MOS of each stream that has one on the narrowband scale.
    pub mos: Distribution,
    /// The same on the wideband scale: the two are never merged.
    pub mos_wideband: Distribution,
    /// Streams without an estimate: no published values for their codec, or loss where it has none for loss.
    pub unrated: u64,
    /// Round trips that RTCP tells, the median of each stream.
    pub round_trip: Distribution,
    /// Streams by loss, jitter and MOS (both scales), each in the classes of [`LOSS`], [`JITTER`] and [`MOS`].
    pub loss_classes: [u64; LOSS.len() + 1],
    pub jitter_classes: [u64; JITTER.len() + 1],
    pub mos_classes: [u64; MOS.len() + 1],
    /// Streams with more loss than was agreed, of those that are long enough to judge.
    pub lossy: Ratio,
    /// Streams with less MOS than was agreed, of those that are long enough and rated.
    pub poor: Ratio,
    /// The first stream.
    pub first: Option<(Origin, Time)>,
}

/// The estimated quality of a stream on one of the two scales.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rated {
    /// Narrowband (G.107).
    Narrowband(f64),
    /// Wideband (G.107.1).
    Wideband(f64),
}

impl Rated {
    /// The MOS.
    #[must_use]
    pub const fn mos(self) -> f64 {
        match self {
            Self::Narrowband(mos) | Self::Wideband(mos) => mos,
        }
    }
}

impl Quality {
    /// Adds a stream with its rating and its round trip in nanoseconds.
    #[allow(clippy::cast_possible_truncation)] // Percent, milliseconds and MOS are far below what 64 bits hold.
    pub fn add(&mut self, stream: &Stream, rated: Option<Rated>, round_trip: Option<i64>) {
        self.streams += 1;
        self.packets += stream.packets;
        self.expected += stream.reception.expected;
        self.lost += stream.reception.lost_unique;
        self.duplicates += stream.reception.duplicates;
        self.reordered += stream.reception.reordered;
        if let Some(percent) = stream.loss_percent() {
            count(&mut self.loss_classes, class(percent, &LOSS));
            self.loss.add((percent * MILLIONTHS).round() as i64);
        }
        if let Some(jitter) = &stream.jitter {
            count(&mut self.jitter_classes, class(jitter.max, &JITTER));
            self.jitter.add((jitter.max * 1e6).round() as i64);
        }
        if let Some(rated) = rated {
            count(&mut self.mos_classes, class(rated.mos(), &MOS));
        }
        match rated {
            Some(Rated::Narrowband(mos)) => self.mos.add((mos * MILLIONTHS).round() as i64),
            Some(Rated::Wideband(mos)) => self.mos_wideband.add((mos * MILLIONTHS).round() as i64),
            None => self.unrated += 1,
        }
        round_trip.into_iter().for_each(|nanos| self.round_trip.add(nanos));
        self.meet(Some((stream.first, stream.begun)));
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: &Self) {
        self.streams += other.streams;
        self.packets += other.packets;
        self.expected += other.expected;
        self.lost += other.lost;
        self.duplicates += other.duplicates;
        self.reordered += other.reordered;
        self.loss.merge(&other.loss);
        self.jitter.merge(&other.jitter);
        self.mos.merge(&other.mos);
        self.mos_wideband.merge(&other.mos_wideband);
        self.unrated += other.unrated;
        self.round_trip.merge(&other.round_trip);
        let add = |mine: &mut [u64], theirs: &[u64]| mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
        add(&mut self.loss_classes, &other.loss_classes);
        add(&mut self.jitter_classes, &other.jitter_classes);
        add(&mut self.mos_classes, &other.mos_classes);
        self.lossy.merge(other.lossy);
        self.poor.merge(other.poor);
        self.meet(other.first);
    }

    fn meet(&mut self, first: Option<(Origin, Time)>) {
        self.first = [self.first, first].into_iter().flatten().min();
    }
}

fn count(classes: &mut [u64], class: usize) {
    if let Some(n) = classes.get_mut(class) {
        *n += 1;
    }
}
