//! Takes whole records side by side in one buffer, gives their frames in order, never reads a file.

use std::sync::Arc;

use crate::base::{Origin, Time};

/// A link type as the file header or interface block names it (the LINKTYPE_ registry of tcpdump.org).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct LinkType(pub u16);

/// What a record needs to be read: the interface it was captured on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What the packets begin with.
    pub link: LinkType,
    /// Time stamp units per second.
    pub units: u64,
    /// Seconds to add to every time stamp.
    pub offset: i64,
    /// The snapshot length; 0 for none.
    pub snaplen: u32,
}

/// Consecutive whole records of one capture inside a batch.
#[derive(Clone, Debug)]
pub struct Run {
    /// Index of the capture.
    pub capture: u32,
    /// Number of its first frame in that capture.
    pub first_frame: u32,
    /// Place of its first frame in the merged order.
    pub first_serial: u64,
    /// Where its records lie in the batch.
    pub bytes: std::ops::Range<usize>,
    /// Whether the records are big-endian.
    pub big_endian: bool,
    /// Whether they are pcapng blocks (else classic records); runs hold packet blocks and blocks to skip, never a section or interface block.
    pub pcapng: bool,
    /// The length of a classic record header: 16, or 24 in the modified format.
    pub record_header: usize,
    /// The interfaces known where the run begins; classic captures have one.
    pub interfaces: Arc<[Interface]>,
}

/// Whole records of one or more captures, in the order of the capture: the unit that a worker takes.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The records.
    pub bytes: Vec<u8>,
    /// Which of them belong to what.
    pub runs: Vec<Run>,
    /// The latest time stamp of all frames before this batch: the running clock goes on from here.
    pub clock: Time,
}

/// One captured packet, borrowed from its batch.
#[derive(Clone, Copy, Debug)]
pub struct Frame<'a> {
    /// Where it stands in the evidence.
    pub origin: Origin,
    /// Its time stamp.
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
#[derive(Debug)]
pub struct Frames<'a> {
    _batch: &'a Batch,
}

impl Batch {
    /// Its frames, in order.
    #[must_use]
    pub fn frames(&self) -> Frames<'_> {
        Frames { _batch: self }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = Frame<'a>;

    fn next(&mut self) -> Option<Frame<'a>> {
        None
    }
}
