//! Takes the captures that a user named, gives batches of their frames in the order of time, never looks inside a packet.
//!
//! Files are put in order by their first time stamp, then by path, and read one after the other as far as they do not overlap.
//! - A file that begins before the one before it ends *overlaps* it, and both are merged record by record, by time stamp; at equal times
//!   the earlier file goes first. The order within a file is never changed.
//! - A file that ends at most [`TOLERANCE`] after the next begins is finished first: captures are not quite in order (packets of several
//!   queues), so that the two sides of a cut between rotated files may overlap by so much. Thus a capture gives the same frames in the
//!   same order whether it is one file or was cut into several between any two records.
//!
//! Files are opened when their turn comes, but for standard input and the like, which cannot be opened twice.

use std::collections::VecDeque;
use std::fs;
use std::path::PathBuf;

use super::cursor::Cursor;
use super::file::{CaptureFile, Chunk};
use super::inputs::expand;
use super::secrets::is_file;
use super::{Batch, CaptureInfo, Secrets};
use crate::base::{Result, Time};

/// How far the packets of one capture are believed to be out of order, in nanoseconds.
pub const TOLERANCE: i64 = 20_000_000;

/// The size of a batch: still in the cache of a core when its records are walked over, and makes the cost of a system call disappear.
const BATCH: usize = 256 << 10;
/// What all files together may read ahead while they overlap.
const OVERLAP: usize = 16 << 20;
/// Buffers that are kept for the next batches.
const SPARES: usize = 256;

/// How to read captures.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Whether to give the SHA-256 of every file.
    pub hash: bool,
}

/// A file whose turn has not come.
struct Pending {
    path: PathBuf,
    /// Its first time stamp; the earliest there is for a file without frames.
    first: Time,
    /// What cannot be opened again, or need not be: open from the start.
    open: Option<Cursor>,
}

/// Captures, being read in the order of time.
pub struct Reader {
    options: Options,
    pending: VecDeque<Pending>,
    active: Vec<Cursor>,
    infos: Vec<CaptureInfo>,
    spare: Vec<Vec<u8>>,
    clock: Time,
    serial: u64,
    first_time: Option<Time>,
    bytes_done: u64,
    total_bytes: Option<u64>,
    /// Of each capture that can be read but once, how many secrets were given.
    given: Vec<Option<usize>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("captures", &self.infos.len()).field("serial", &self.serial).finish_non_exhaustive()
    }
}

impl Reader {
    /// Opens files, directories (every capture below), glob patterns and `-` for standard input, as one capture.
    ///
    /// # Errors
    /// If an input is missing, cannot be read, is empty or is no capture, or a directory holds none.
    pub fn open(inputs: &[PathBuf], options: Options) -> Result<Self> {
        let mut total_bytes = Some(0);
        let mut pending = Vec::new();
        let paths = expand(inputs)?;
        let alone = paths.len() == 1;
        let mut spare = Vec::new();
        for path in paths {
            let length = fs::metadata(&path).ok().filter(fs::Metadata::is_file).map(|meta| meta.len());
            total_bytes = total_bytes.zip(length).map(|(sum, length): (u64, u64)| sum + length);
            let again = length.is_some() && !alone;
            let file = CaptureFile::open(&path, options.hash && !again)?;
            let mut cursor = Cursor::new(0, file, BATCH);
            let first = cursor.front(&mut spare)?.and_then(|chunk| chunk.first).unwrap_or(Time::MIN);
            pending.push(Pending { path, first, open: (!again).then_some(cursor) });
        }
        pending.sort_by(|a, b| (a.first, &a.path).cmp(&(b.first, &b.path)));
        let given = pending.iter().map(|file| (!is_file(&file.path)).then_some(0)).collect();
        let infos = pending.iter().map(|file| CaptureInfo { path: file.path.clone(), ..CaptureInfo::default() }).collect();
        Ok(Self {
            options,
            pending: pending.into(),
            active: Vec::new(),
            infos,
            spare,
            clock: Time::MIN,
            serial: 0,
            first_time: None,
            bytes_done: 0,
            total_bytes,
            given,
        })
    }

    /// The next frames, a quarter of a megabyte of them; `None` at the end.
    ///
    /// # Errors
    /// If a file cannot be read. Damage and cuts are no errors: see [`CaptureInfo::damage`].
    pub fn next_batch(&mut self) -> Result<Option<Batch>> {
        loop {
            let batch = match self.active.len() {
                0 if self.pending.is_empty() => return Ok(None),
                0 => {
                    self.activate()?;
                    continue;
                }
                1 => self.next_chunk()?,
                _ => self.merge()?,
            };
            if let Some(batch) = batch {
                return Ok(Some(batch));
            }
        }
    }

    /// Whether decryption secrets may be met that [`secrets`](super::secrets) could not look for.
    #[must_use]
    pub fn may_meet_secrets(&self) -> bool {
        self.given.iter().any(Option::is_some)
    }

    /// Those that were met since this was last asked, with the captures that hold them.
    pub fn take_secrets(&mut self) -> Vec<(u32, Secrets)> {
        let mut new = Vec::new();
        for ((index, info), given) in self.infos.iter().enumerate().zip(&mut self.given) {
            let (Some(given), Ok(capture)) = (given, u32::try_from(index)) else { continue };
            let open = self.active.iter().find(|cursor| cursor.capture == capture);
            let met = open.map_or(info.secrets.as_slice(), |cursor| cursor.file.secrets());
            new.extend(met.iter().skip(*given).map(|secrets| (capture, secrets.clone())));
            *given = met.len();
        }
        new
    }

    /// Takes a batch back, so that its memory serves for a later one.
    pub fn recycle(&mut self, batch: Batch) {
        // Whoever still shares it keeps it.
        if self.spare.len() < SPARES
            && let Ok(bytes) = batch.bytes.try_into_mut()
        {
            self.spare.push(bytes.into());
        }
    }

    /// What is known of the captures, by the index that frames carry; complete after the last batch.
    #[must_use]
    pub fn infos(&self) -> &[CaptureInfo] {
        &self.infos
    }

    /// The same, at the end.
    #[must_use]
    pub fn into_infos(self) -> Vec<CaptureInfo> {
        self.infos
    }

    /// The time of the very first frame, known from the first batch on.
    #[must_use]
    pub const fn first_time(&self) -> Option<Time> {
        self.first_time
    }

    /// Bytes read so far, as they lie on disk.
    pub fn bytes_read(&mut self) -> u64 {
        self.bytes_done + self.active.iter_mut().map(|cursor| cursor.file.bytes_read()).sum::<u64>()
    }

    /// Bytes of all captures as they lie on disk; `None` where an input is no file.
    #[must_use]
    pub const fn total_bytes(&self) -> Option<u64> {
        self.total_bytes
    }

    /// Opens the next file.
    fn activate(&mut self) -> Result<()> {
        let Some(next) = self.pending.pop_front() else { return Ok(()) };
        let index = self.infos.len() - self.pending.len() - 1;
        let capture = u32::try_from(index).unwrap_or(u32::MAX);
        let size = (OVERLAP / (self.active.len() + 1)).clamp(64 << 10, BATCH);
        let cursor = match next.open {
            Some(cursor) => cursor,
            None => Cursor::new(capture, CaptureFile::open(&next.path, self.options.hash)?, size),
        };
        self.active.push(cursor.of(capture));
        Ok(())
    }

    /// Closes an active file.
    fn finish(&mut self, active: usize) -> Result<()> {
        let cursor = self.active.remove(active);
        let info = cursor.file.finish()?;
        self.bytes_done += info.bytes;
        if let Some(place) = self.infos.get_mut(cursor.capture as usize) {
            *place = info;
        }
        Ok(())
    }

    /// A chunk of the only active file, as it is; `None` if the file is at its end, or overlaps the next.
    fn next_chunk(&mut self) -> Result<Option<Batch>> {
        let Some(cursor) = self.active.first_mut() else { return Ok(None) };
        let Some(chunk) = cursor.front(&mut self.spare)? else {
            self.finish(0)?;
            return Ok(None);
        };
        if let Some(next) = self.pending.front()
            && chunk.extent.latest > next.first
            && !cursor.ends_by(next.first.plus(TOLERANCE), &mut self.spare)?
        {
            self.activate()?;
            return Ok(None);
        }
        let Some(Chunk { bytes, runs, extent, .. }) = cursor.take_front() else { return Ok(None) };
        Ok(Some(self.stamp(Batch { bytes: bytes.into(), runs, clock: self.clock }, extent.latest)))
    }

    /// A batch of records of all active files, by time; `None` if there are no longer several.
    fn merge(&mut self) -> Result<Option<Batch>> {
        let (mut bytes, mut runs) = (self.spare.pop().unwrap_or_default(), Vec::new());
        bytes.clear();
        let mut latest = self.clock;
        let mut heads = self.heads()?;
        while bytes.len() < BATCH && self.active.len() > 1 {
            let Some((active, time)) = heads.iter().copied().enumerate().min_by_key(|&(_, time)| time) else { break };
            if self.pending.front().is_some_and(|next| next.first < time) {
                self.activate()?;
                heads = self.heads()?;
                continue;
            }
            let Some(cursor) = self.active.get_mut(active) else { break };
            cursor.move_record(&mut bytes, &mut runs);
            latest = latest.max(time);
            match (cursor.next_time(&mut self.spare)?, heads.get_mut(active)) {
                (Some(next), Some(head)) => *head = next,
                _ => {
                    self.finish(active)?;
                    heads.remove(active);
                }
            }
        }
        let batch = Batch { bytes: bytes.into(), runs, clock: self.clock };
        Ok(if batch.runs.is_empty() { None } else { Some(self.stamp(batch, latest)) })
    }

    /// The time of the next record of every active file; files at their end are closed.
    fn heads(&mut self) -> Result<Vec<Time>> {
        let mut heads = Vec::with_capacity(self.active.len());
        while let Some(cursor) = self.active.get_mut(heads.len()) {
            match cursor.next_time(&mut self.spare)? {
                Some(time) => heads.push(time),
                None => self.finish(heads.len())?,
            }
        }
        Ok(heads)
    }

    /// Gives the frames of a batch their place in the whole.
    fn stamp(&mut self, mut batch: Batch, latest: Time) -> Batch {
        for run in &mut batch.runs {
            run.first_serial = self.serial;
            self.serial += u64::from(run.frames);
        }
        if self.first_time.is_none() {
            self.first_time = batch.frames().next().map(|frame| frame.time);
        }
        self.clock = self.clock.max(latest);
        batch
    }
}
