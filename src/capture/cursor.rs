//! Takes one file whose turn has come, gives its chunks whole or its records one by one, never another file's.

use std::collections::VecDeque;

use super::Run;
use super::file::{CaptureFile, Chunk};
use super::record::Record;
use crate::base::{Result, Time};

/// So many chunks are looked ahead at most to learn whether a file ends soon.
const LOOKAHEAD: usize = 32;

/// A file being read, from the first frame that was not handed out yet.
pub(super) struct Cursor {
    pub(super) capture: u32,
    pub(super) file: CaptureFile,
    /// Chunks read; of the first, the runs begin where reading goes on.
    chunks: VecDeque<Chunk>,
    /// The latest time stamp handed out: the time of records that have none.
    clock: Time,
    size: usize,
}

impl Cursor {
    pub(super) fn new(capture: u32, file: CaptureFile, size: usize) -> Self {
        Self { capture, file, chunks: VecDeque::new(), clock: Time::MIN, size }
    }

    /// The same file as that capture.
    pub(super) fn of(mut self, capture: u32) -> Self {
        self.capture = capture;
        for run in self.chunks.iter_mut().flat_map(|chunk| &mut chunk.runs) {
            run.capture = capture;
        }
        self
    }

    /// The next chunk, or what is left of it; `None` at the end of the file.
    pub(super) fn front(&mut self, spare: &mut Vec<Vec<u8>>) -> Result<Option<&Chunk>> {
        while self.chunks.front().is_some_and(|chunk| chunk.runs.is_empty()) {
            spare.extend(self.chunks.pop_front().map(|chunk| chunk.bytes));
        }
        if self.chunks.is_empty() {
            self.read(spare)?;
        }
        Ok(self.chunks.front())
    }

    fn read(&mut self, spare: &mut Vec<Vec<u8>>) -> Result<bool> {
        let Some(mut chunk) = self.file.next_chunk(self.size, spare)? else { return Ok(false) };
        for run in &mut chunk.runs {
            run.capture = self.capture;
        }
        // Taken from the front, where that is cheap for a stack.
        chunk.runs.reverse();
        self.chunks.push_back(chunk);
        Ok(true)
    }

    /// Whether the whole rest of the file is no later than `limit`.
    pub(super) fn ends_by(&mut self, limit: Time, spare: &mut Vec<Vec<u8>>) -> Result<bool> {
        while self.chunks.iter().all(|chunk| chunk.extent.latest <= limit) {
            if self.chunks.len() >= LOOKAHEAD {
                return Ok(false);
            }
            if !self.read(spare)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Takes the next chunk, or what is left of it, out.
    pub(super) fn take_front(&mut self) -> Option<Chunk> {
        let mut chunk = self.chunks.pop_front()?;
        chunk.runs.reverse();
        self.clock = self.clock.max(chunk.extent.latest);
        Some(chunk)
    }

    /// The time of the next record; `None` at the end of the file.
    pub(super) fn next_time(&mut self, spare: &mut Vec<Vec<u8>>) -> Result<Option<Time>> {
        let clock = self.clock;
        let Some(chunk) = self.front(spare)? else { return Ok(None) };
        let record = chunk.runs.last().and_then(|run| Record::next(&chunk.bytes, run, run.bytes.start));
        Ok(Some(record.and_then(|record| record.time).unwrap_or(clock)))
    }

    /// Moves the next record to the end of a batch.
    pub(super) fn move_record(&mut self, bytes: &mut Vec<u8>, runs: &mut Vec<Run>) {
        let Some(chunk) = self.chunks.front_mut() else { return };
        let Some(run) = chunk.runs.last_mut() else { return };
        let record = Record::next(&chunk.bytes, run, run.bytes.start);
        if let Some(record) = record {
            self.clock = self.clock.max(record.time.unwrap_or(self.clock));
            append(bytes, runs, run, chunk.bytes.get(record.whole.clone()).unwrap_or_default());
            run.bytes.start = record.whole.end;
            run.first_frame = run.first_frame.saturating_add(1);
            run.frames = run.frames.saturating_sub(1);
        } else {
            run.frames = 0;
        }
        if run.frames == 0 {
            chunk.runs.pop();
        }
    }
}

/// Puts one record of `run` at the end of `batch`, into the last run where it goes on there.
fn append(bytes: &mut Vec<u8>, runs: &mut Vec<Run>, run: &Run, record: &[u8]) {
    let start = bytes.len();
    bytes.extend_from_slice(record);
    let end = bytes.len();
    match runs.last_mut() {
        Some(last)
            if last.capture == run.capture
                && last.first_frame.checked_add(last.frames) == Some(run.first_frame)
                && (last.order, last.layout) == (run.order, run.layout)
                && std::sync::Arc::ptr_eq(&last.interfaces, &run.interfaces) =>
        {
            last.frames += 1;
            last.bytes.end = end;
        }
        _ => runs.push(Run { bytes: start..end, frames: 1, ..run.clone() }),
    }
}
