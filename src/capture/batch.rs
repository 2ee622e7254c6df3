//! Takes whole records side by side in one buffer, gives their frames in order, never reads a file.

use std::sync::Arc;

use bytes::Bytes;

use super::record::Record;
use super::{ByteOrder, Interface, Layout, LinkType};
use crate::base::{Origin, Time};

/// Consecutive whole records of one capture inside a batch.
#[derive(Clone, Debug)]
pub struct Run {
    /// Index of the capture.
    pub capture: u32,
    /// Number of its first frame in that capture.
    pub first_frame: u32,
    /// How many frames it holds.
    pub frames: u32,
    /// Place of its first frame in the merged order.
    pub first_serial: u64,
    /// Where its records lie in the batch.
    pub bytes: std::ops::Range<usize>,
    /// The byte order of the record headers.
    pub order: ByteOrder,
    /// Classic records or pcapng blocks; never a section block, since that may change both.
    pub layout: Layout,
    /// The interfaces that its records may name, by index; classic captures have one.
    pub interfaces: Arc<[Interface]>,
}

/// Whole records of one or more captures, in the order of the capture: the unit that a worker takes.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The records.
    pub bytes: Bytes,
    /// Which of them belong to what.
    pub runs: Vec<Run>,
    /// The latest time stamp of all frames before this batch: the running clock goes on from here.
    pub clock: Time,
}

impl Default for Batch {
    fn default() -> Self {
        Self { bytes: Bytes::new(), runs: Vec::new(), clock: Time::MIN }
    }
}

/// One captured packet, borrowed from its batch.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Where it stands in the evidence.
    pub origin: Origin,
    /// Its time stamp; of a pcapng simple packet, which has none, the running clock.
    pub time: Time,
    /// The latest time stamp up to here: time as a clock that never runs back.
    pub clock: Time,
    /// What its bytes begin with.
    pub link: LinkType,
    /// What was captured of it.
    pub data: &'a [u8],
    /// How long it was on the wire.
    pub wire_len: u32,
}

/// The frames of a batch, in order.
#[derive(Clone, Debug)]
pub struct Frames<'a> {
    bytes: &'a [u8],
    runs: std::slice::Iter<'a, Run>,
    /// The run being walked, the place of its next record, and how many of its frames are behind.
    run: Option<&'a Run>,
    at: usize,
    behind: u32,
    clock: Time,
}

impl Batch {
    /// Its frames, in order.
    #[must_use]
    pub fn frames(&self) -> Frames<'_> {
        Frames { bytes: &self.bytes, runs: self.runs.iter(), run: None, at: 0, behind: 0, clock: self.clock }
    }

    /// How many frames it holds.
    #[must_use]
    pub fn frame_count(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.frames)).sum()
    }
}

impl<'a> Frames<'a> {
    /// The next frame, with its record and the run that holds it.
    #[inline]
    pub(super) fn step(&mut self) -> Option<(Frame<'a>, &'a Run, Record)> {
        loop {
            if let Some(run) = self.run
                && let Some(record) = Record::next(self.bytes, run, self.at)
                && let Some(data) = self.bytes.get(record.data.clone())
            {
                let origin = Origin {
                    serial: run.first_serial + u64::from(self.behind),
                    capture: run.capture,
                    frame: run.first_frame.saturating_add(self.behind),
                };
                self.at = record.whole.end;
                self.behind += 1;
                let time = record.time.unwrap_or(if self.clock == Time::MIN { Time(0) } else { self.clock });
                self.clock = self.clock.max(time);
                return Some((Frame { origin, time, clock: self.clock, link: record.link, data, wire_len: record.wire_len }, run, record));
            }
            let run = self.runs.next()?;
            (self.run, self.at, self.behind) = (Some(run), run.bytes.start, 0);
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    #[inline]
    fn next(&mut self) -> Option<Frame<'a>> {
        self.step().map(|(frame, ..)| frame)
    }
}
