//! Takes one capture file, gives its whole records in chunks with their damage noted, never the order among files.

use std::path::Path;

use super::classic::{Classic, is_classic};
use super::clocks::Clocks;
use super::pcapng::{Pcapng, is_pcapng};
use super::source::Source;
use super::walk::{Extent, Search, Stop, Walked};
use super::{CaptureInfo, Damage, Format, Options, Run, Secrets};
use crate::base::{Error, Result, Time};

/// Places of damage that are listed one by one; what follows is counted in the last of them.
const MAX_DAMAGE: usize = 100;

/// Whole records of one file; the runs know neither capture nor serial yet.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) bytes: Vec<u8>,
    pub(super) runs: Vec<Run>,
    pub(super) extent: Extent,
    /// The first time stamp.
    pub(super) first: Option<Time>,
}

enum Walker {
    Classic(Classic),
    Pcapng(Pcapng),
}

impl Walker {
    fn walk(&mut self, bytes: &[u8], at: usize, walked: &mut Walked, clocks: &mut Clocks) -> Stop {
        match self {
            Self::Classic(classic) => classic.walk(bytes, at, walked, clocks),
            Self::Pcapng(pcapng) => pcapng.walk(bytes, at, walked, clocks),
        }
    }

    fn search(&self, bytes: &[u8], from: usize, near: Option<Time>, ended: bool) -> Search {
        match self {
            Self::Classic(classic) => classic.search(bytes, from, near, ended),
            Self::Pcapng(pcapng) => pcapng.search(bytes, from, ended),
        }
    }
}

/// One capture file being read.
pub(super) struct CaptureFile {
    source: Source,
    walker: Walker,
    info: CaptureInfo,
    clocks: Clocks,
    /// Bytes read and not yet walked over; the first stands at `base` in the capture, the next record begins at `at`.
    buffer: Vec<u8>,
    base: u64,
    at: usize,
    /// No bytes follow.
    ended: bool,
    /// Between damage and the next record.
    lost: bool,
    extent: Extent,
    frames: u32,
    /// Places of damage beyond those listed.
    unlisted: u64,
}

/// Whether a file that begins so is a capture.
fn recognised(bytes: &[u8]) -> bool {
    is_classic(bytes) || is_pcapng(bytes)
}

impl CaptureFile {
    /// Opens a file and recognises its format. An error if it cannot be read, is empty or is no capture.
    pub(super) fn open(path: &Path, options: Options) -> Result<Self> {
        match Self::recognise(path, options)? {
            Ok(file) => Ok(file),
            Err(why) => Err(Error::input(path, why)),
        }
    }

    /// Whether the file at `path` is a capture.
    pub(super) fn is_capture(path: &Path) -> Result<bool> {
        Self::recognise(path, Options::default()).map(|file| file.is_ok())
    }

    /// The decryption secrets that were met so far.
    pub(super) fn secrets(&self) -> &[Secrets] {
        match &self.walker {
            Walker::Pcapng(pcapng) => &pcapng.secrets,
            Walker::Classic(_) => &[],
        }
    }

    /// Reads the whole file for its decryption secrets alone; a format that has none is left unread.
    pub(super) fn into_secrets(mut self) -> Result<Vec<Secrets>> {
        if matches!(self.walker, Walker::Classic(_)) {
            return Ok(Vec::new());
        }
        let mut spare = Vec::new();
        while let Some(chunk) = self.next_chunk(1 << 20, &mut spare)? {
            spare.push(chunk.bytes);
        }
        Ok(self.finish()?.secrets)
    }

    fn recognise(path: &Path, options: Options) -> Result<std::result::Result<Self, String>> {
        let fail = |error: std::io::Error| Error::input(path, error.to_string());
        let mut source = Source::open(path, options.hash).map_err(fail)?;
        let mut buffer = vec![0; 4 << 10];
        let filled = source.fill(&mut buffer, 0).map_err(fail)?;
        buffer.truncate(filled);
        let mut info = CaptureInfo { path: path.to_owned(), compression: source.compression(), ..CaptureInfo::default() };
        let (walker, at) = if let Some((classic, at)) = Classic::open(&buffer) {
            info.link_types = classic.interfaces().iter().map(|interface| interface.link.name().into_owned()).collect();
            (Walker::Classic(classic), at)
        } else if let Some(pcapng) = Pcapng::open(&buffer) {
            info.format = Format::Pcapng;
            (Walker::Pcapng(pcapng), 0)
        } else {
            return Ok(Err(unrecognised(&buffer, &source)));
        };
        let (extent, frames) = (Extent::NONE, 0);
        let clocks = Clocks::new(options.clock_step);
        Ok(Ok(Self { source, walker, info, clocks, buffer, base: 0, at, ended: false, lost: false, extent, frames, unlisted: 0 }))
    }

    /// Bytes read from disk so far.
    pub(super) fn bytes_read(&mut self) -> u64 {
        self.source.bytes()
    }

    /// The next whole records, about `size` bytes of them; `None` at the end. `spare` buffers are used before new ones are made.
    pub(super) fn next_chunk(&mut self, size: usize, spare: &mut Vec<Vec<u8>>) -> Result<Option<Chunk>> {
        loop {
            let mut walked = Walked::after(self.frames);
            self.walk(&mut walked);
            if !walked.runs.is_empty() {
                return Ok(Some(self.cut_chunk(walked)));
            }
            self.buffer.drain(..self.at);
            self.base += self.at as u64;
            self.at = 0;
            if self.ended {
                return Ok(None);
            }
            self.fill(size, spare)?;
        }
    }

    /// Reads `size` bytes more.
    fn fill(&mut self, size: usize, spare: &mut Vec<Vec<u8>>) -> Result<()> {
        let old = self.buffer.len();
        // Behind the little that is left of the last chunk comes the next, into a buffer that served before: what it holds need not be
        // zeroed anew.
        if old < size {
            let rest = std::mem::replace(&mut self.buffer, spare.pop().unwrap_or_default());
            // In steps, so that a buffer that served once serves again.
            let room = (old + size).next_multiple_of(64 << 10);
            self.buffer.reserve_exact(room.saturating_sub(self.buffer.len()));
            self.buffer.resize(old + size, 0);
            self.buffer.iter_mut().zip(&rest).for_each(|(to, from)| *to = *from);
        } else {
            self.buffer.resize(old + size, 0);
        }
        let filled = self
            .source
            .fill(&mut self.buffer, old)
            .map_err(|error| Error::input(&self.info.path, format!("reading failed after {} bytes: {error}", self.base + old as u64)))?;
        self.ended = filled < self.buffer.len();
        self.buffer.truncate(filled);
        Ok(())
    }

    /// Hands out the buffer up to `at`; what follows begins the next.
    fn cut_chunk(&mut self, walked: Walked) -> Chunk {
        let rest = self.buffer.split_off(self.at);
        let bytes = std::mem::replace(&mut self.buffer, rest);
        self.base += self.at as u64;
        self.at = 0;
        self.frames = walked.frames;
        self.extent.join(walked.extent);
        Chunk { bytes, runs: walked.runs, extent: walked.extent, first: walked.first }
    }

    /// Walks as far as the buffer goes, over damage too.
    fn walk(&mut self, walked: &mut Walked) {
        loop {
            if self.lost {
                match self.walker.search(&self.buffer, self.at, self.near(walked), self.ended) {
                    Search::Found(at) => {
                        self.at = at;
                        self.resumed();
                    }
                    Search::Undecided(at) => {
                        self.at = at;
                        return;
                    }
                    Search::Nothing => {
                        self.at = self.buffer.len();
                        return;
                    }
                }
            }
            match self.walker.walk(&self.buffer, self.at, walked, &mut self.clocks) {
                Stop::Short { at, need } => {
                    self.at = at;
                    let have = self.buffer.len() - at;
                    if !self.ended || have == 0 {
                        return;
                    }
                    if !self.cut(walked, have, need) {
                        return;
                    }
                }
                Stop::Damage { at, what, resume } => {
                    self.at = at;
                    self.damaged(walked.frames, what);
                    self.at = resume.unwrap_or(at + 1);
                    match resume {
                        Some(_) => self.resumed(),
                        None => self.lost = true,
                    }
                }
            }
        }
    }

    /// The last record is not all there: the file was cut, or the record lies about its length and others follow. Whether they do.
    fn cut(&mut self, walked: &Walked, have: usize, need: usize) -> bool {
        if self.source.cut().is_some() {
            // Decompression says why, once, at the end.
            self.at = self.buffer.len();
            return false;
        }
        let search = self.walker.search(&self.buffer, self.at + 1, self.near(walked), true);
        self.damaged(walked.frames, format!("a record of {need} bytes has only {have} left in the file"));
        if let Search::Found(at) = search {
            self.at = at;
            self.resumed();
            return true;
        }
        self.info.truncated = true;
        self.at = self.buffer.len();
        false
    }

    /// The latest time that was believed.
    fn near(&self, walked: &Walked) -> Option<Time> {
        let latest = self.extent.latest.max(walked.extent.latest);
        (latest != Time::MIN).then_some(latest)
    }

    /// Notes damage where the next record should begin. Neighbours with the same trouble are one.
    fn damaged(&mut self, after_frame: u32, what: String) {
        let offset = self.base + self.at as u64;
        let listed = self.info.damage.len();
        match self.info.damage.last_mut() {
            Some(last) if last.resumed_at == Some(offset) && last.after_frame == after_frame && last.what == what => last.resumed_at = None,
            _ if listed < MAX_DAMAGE => self.info.damage.push(Damage { offset, after_frame, what, resumed_at: None }),
            _ => self.unlisted += 1,
        }
    }

    /// Notes that reading goes on at the next record.
    fn resumed(&mut self) {
        self.lost = false;
        let at = self.base + self.at as u64;
        if let Some(last) = self.info.damage.last_mut()
            && self.unlisted == 0
        {
            last.resumed_at = Some(at);
        }
    }

    /// Reads what is left and gives what the file was.
    pub(super) fn finish(self) -> Result<CaptureInfo> {
        let Self { source, walker, mut info, clocks, base, buffer, extent, frames, unlisted, .. } = self;
        if let Some(why) = source.cut() {
            info.truncated = true;
            let offset = base + buffer.len() as u64;
            let what = format!("the compressed data ends or breaks here: {why}");
            info.damage.push(Damage { offset, after_frame: frames, what, resumed_at: None });
        }
        if let (Some(last), 1..) = (info.damage.last_mut(), unlisted) {
            last.what = format!("{}; {unlisted} more places of damage follow", last.what);
        }
        if let Walker::Pcapng(pcapng) = walker {
            (info.dropped, info.counts_drops) = (pcapng.dropped(), pcapng.counts_drops);
            info.link_types = pcapng.links.iter().map(|link| link.name().into_owned()).collect();
            info.secrets = pcapng.secrets;
        }
        let measured = source.finish().map_err(|error| Error::input(&info.path, error.to_string()))?;
        (info.bytes, info.sha256) = (measured.bytes, measured.sha256);
        info.frames = u64::from(frames);
        info.clock_steps = clocks.steps;
        (info.first_time, info.last_time) = if extent.is_none() { (None, None) } else { (Some(extent.earliest), Some(extent.latest)) };
        Ok(info)
    }
}

/// Why a file that begins with `bytes` is no capture.
fn unrecognised(bytes: &[u8], source: &Source) -> String {
    let begin = bytes.iter().take(4).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
    match (bytes, source.cut()) {
        ([], None) => "the file is empty".to_owned(),
        (_, Some(why)) => format!("the compressed data cannot be read: {why}"),
        _ if recognised(bytes) => format!("the capture is cut in its file header, at offset {}", bytes.len()),
        _ => format!("not a capture: neither pcap nor pcapng begins with {begin} at offset 0"),
    }
}
