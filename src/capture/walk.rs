//! Takes records as a format walks over them, gives the runs and times of one stretch of a file, never holds bytes.

use std::ops::Range;
use std::sync::Arc;

use super::{ByteOrder, Interface, Layout, Run};
use crate::base::Time;

/// No record or block may claim more.
pub(super) const MAX_RECORD: usize = 64 << 20;

/// What tcpdump and Wireshark take for the longest packet; what a search for records believes.
pub(super) const MAX_PACKET: u32 = 262_144;

/// Why a walk over whole records ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// At the end of the bytes, or where a record begins that needs `need` bytes and has less.
    Short { at: usize, need: usize },
    /// Where no record can be read; with the place to go on where the format still knows it.
    Damage { at: usize, what: String, resume: Option<usize> },
}

/// What a search for records came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Search {
    /// A plausible chain of records begins here.
    Found(usize),
    /// More bytes are needed to judge the place.
    Undecided(usize),
    /// There is none up to the end.
    Nothing,
}

/// Whether a chain of records begins at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chain {
    Plausible,
    Broken,
    /// It goes on beyond the bytes.
    Open,
}

/// The first place from `from` on where a plausible chain begins. Every place is judged once, by a bounded number of headers.
pub(super) fn search(bytes: &[u8], from: usize, judge: impl Fn(usize) -> Chain) -> Search {
    (from..bytes.len())
        .find_map(|at| match judge(at) {
            Chain::Plausible => Some(Search::Found(at)),
            Chain::Open => Some(Search::Undecided(at)),
            Chain::Broken => None,
        })
        .unwrap_or(Search::Nothing)
}

/// Earliest and latest of some time stamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Extent {
    pub(super) earliest: Time,
    pub(super) latest: Time,
}

impl Extent {
    pub(super) const NONE: Self = Self { earliest: Time(i64::MAX), latest: Time::MIN };

    #[inline]
    pub(super) fn add(&mut self, time: Time) {
        self.earliest = self.earliest.min(time);
        self.latest = self.latest.max(time);
    }

    pub(super) fn join(&mut self, other: Self) {
        self.earliest = self.earliest.min(other.earliest);
        self.latest = self.latest.max(other.latest);
    }

    pub(super) fn is_none(self) -> bool {
        self.earliest > self.latest
    }
}

/// What was walked over so far in one stretch of a file.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) runs: Vec<Run>,
    pub(super) extent: Extent,
    /// The first time stamp.
    pub(super) first: Option<Time>,
    /// Frames of the file up to here.
    pub(super) frames: u32,
}

/// Frames between two places, before they become a run.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) start: usize,
    pub(super) frames: u32,
    pub(super) first: Option<Time>,
    pub(super) extent: Extent,
}

impl Open {
    pub(super) const fn at(start: usize) -> Self {
        Self { start, frames: 0, first: None, extent: Extent::NONE }
    }

    #[inline]
    pub(super) fn add(&mut self, time: Option<Time>) {
        self.frames += 1;
        if let Some(time) = time {
            self.extent.add(time);
            if self.first.is_none() {
                self.first = Some(time);
            }
        }
    }
}

impl Walked {
    /// Nothing yet, after `frames` of the file.
    pub(super) const fn after(frames: u32) -> Self {
        Self { runs: Vec::new(), extent: Extent::NONE, first: None, frames }
    }

    /// Makes a run of what was open until `end`, if it holds a frame.
    pub(super) fn close(&mut self, open: &Open, end: usize, order: ByteOrder, layout: Layout, interfaces: &Arc<[Interface]>) {
        if open.frames == 0 {
            return;
        }
        self.runs.push(Run {
            capture: 0,
            first_frame: self.frames.saturating_add(1),
            frames: open.frames,
            first_serial: 0,
            bytes: Range { start: open.start, end },
            order,
            layout,
            interfaces: Arc::clone(interfaces),
        });
        self.frames = self.frames.saturating_add(open.frames);
        self.extent.join(open.extent);
        self.first = self.first.or(open.first);
    }
}
