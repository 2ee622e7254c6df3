//! Takes the fragments of one datagram, gives its octets once for every copy that is complete, never changes an octet that it has.

use std::collections::BTreeMap;

use super::FragmentPart;
use crate::base::{Anomalies, Anomaly, Carriers, Origin, Time};

/// What a fragment costs beside its octets, about.
pub(super) const OVERHEAD: usize = 128;

struct Piece {
    bytes: Box<[u8]>,
    origin: Origin,
    time: Time,
    /// How often it was seen: a mirror port shows everything twice.
    seen: u32,
}

/// A datagram that is not complete, or of which a copy may come.
pub(super) struct Assembly {
    /// The frame that began it.
    pub begun: Origin,
    pieces: BTreeMap<u32, Piece>,
    /// Octets that the pieces cover; they never overlap.
    covered: u32,
    /// The length of the whole, once its last fragment was seen.
    total: Option<u32>,
    /// Whether the snapshot length cut its end off.
    pub cut: bool,
    /// How many copies of the datagram were given out.
    pub given: u32,
    /// Pieces that were not seen again since the last copy was given out.
    lagging: usize,
}

impl Assembly {
    pub(super) const fn new(begun: Origin) -> Self {
        Self { begun, pieces: BTreeMap::new(), covered: 0, total: None, cut: false, given: 0, lagging: 0 }
    }

    /// What it holds, bookkeeping included.
    pub(super) fn cost(&self) -> usize {
        self.covered as usize + (self.pieces.len() + 1) * OVERHEAD
    }

    /// Whether it holds the very same fragment.
    pub(super) fn has_twin(&self, part: &FragmentPart) -> bool {
        self.pieces.get(&part.offset).is_some_and(|piece| piece.bytes == part.bytes)
    }

    /// Learns where the datagram ends; the first fragment that says so is believed.
    pub(super) fn ends_at(&mut self, end: u32, anomalies: &mut Anomalies) {
        let reach = self.pieces.last_key_value().map_or(0, |(&offset, piece)| offset + piece.len());
        match self.total {
            None if reach <= end => self.total = Some(end),
            Some(total) if total == end => {}
            _ => anomalies.note(Anomaly::FragmentOverlap),
        }
    }

    /// Adds what `part`, which ends at `end`, covers and no other piece does: the first octets win.
    pub(super) fn add(&mut self, part: FragmentPart, end: u32, anomalies: &mut Anomalies) {
        if let Some(piece) = self.pieces.get_mut(&part.offset).filter(|piece| piece.bytes == part.bytes) {
            anomalies.note(Anomaly::FragmentDuplicate);
            if piece.seen == self.given {
                (piece.origin, piece.time) = (part.origin, part.time);
                self.lagging -= 1;
            }
            piece.seen = piece.seen.saturating_add(1);
            return;
        }
        let end = self.total.map_or(end, |total| total.min(end));
        let mut at = part.offset;
        let mut overlaps = false;
        while at < end {
            // What covers `at`, or else begins next behind it.
            let covering = self.pieces.range(..=at).next_back().map(|(&o, p)| (o, o + p.len())).filter(|&(_, e)| e > at);
            if let Some((_, covered_to)) = covering {
                overlaps = true;
                at = covered_to;
                continue;
            }
            let stop = self.pieces.range(at..end).next().map_or(end, |(&o, _)| o);
            overlaps |= stop < end;
            let fresh = part.bytes.get((at - part.offset) as usize..(stop - part.offset) as usize).unwrap_or_default();
            self.pieces.insert(at, Piece { bytes: fresh.into(), origin: part.origin, time: part.time, seen: 1 });
            self.covered += stop - at;
            at = stop;
        }
        if overlaps {
            anomalies.note(Anomaly::FragmentOverlap);
        }
    }

    /// Whether another copy is complete.
    pub(super) fn complete(&self) -> bool {
        self.total == Some(self.covered) && self.lagging == 0 && self.covered > 0
    }

    /// Gives the octets, with the frames of this copy and the times of the earliest and the latest of them.
    pub(super) fn give(&mut self) -> (Vec<u8>, Carriers, Time, Time) {
        let (mut bytes, mut carriers) = (Vec::with_capacity(self.covered as usize), Carriers::new());
        let (mut first, mut last) = (Time(i64::MAX), Time::MIN);
        self.given += 1;
        self.lagging = 0;
        for piece in self.pieces.values() {
            bytes.extend_from_slice(&piece.bytes);
            carriers.push(piece.origin);
            first = first.min(piece.time);
            last = last.max(piece.time);
            self.lagging += usize::from(piece.seen == self.given);
        }
        (bytes, carriers, first, last)
    }
}

impl Piece {
    fn len(&self) -> u32 {
        u32::try_from(self.bytes.len()).unwrap_or(u32::MAX)
    }
}
