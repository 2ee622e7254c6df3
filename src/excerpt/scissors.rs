//! Takes captures and what is wanted of them, gives the file of it before it has its name, never a frame that is not wanted.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::cut::{Summary, temporary};
use super::labels::Labels;
use super::mask::Mask;
use super::pcapng::{PacketRecord, PcapngWriter};
use super::secrets::TLS_KEY_LOG;
use super::wanted::{Part, Wanted};
use crate::base::{Error, Result};
use crate::capture::{Interface, Options, Reader, Recorded};
use crate::packet;
use crate::pipeline::Progress;
use crate::report::Aside;

/// What cuts: the last reading of the captures.
pub(super) struct Scissors<'a> {
    pub(super) wanted: &'a Wanted,
    pub(super) labels: &'a Labels,
    pub(super) out: &'a Path,
    /// Who writes, and why.
    pub(super) program: String,
    pub(super) comment: String,
    /// The lines of key logs that open what is cut out.
    pub(super) secrets: Vec<u8>,
}

/// An interface of a capture with its number in the excerpt.
struct Described {
    capture: u32,
    number: u32,
    interface: Interface,
    written: u32,
}

/// An excerpt being written.
struct Sheet<'a, W> {
    writer: PcapngWriter<W>,
    described: Vec<Described>,
    labels: &'a Labels,
}

impl Scissors<'_> {
    /// Reads the captures and writes what is wanted.
    pub(super) fn cut(&self, inputs: &[PathBuf], mask: Option<&mut Mask>, progress: &dyn Fn(Progress)) -> Result<(Aside, Summary)> {
        let mut reader = Reader::open(inputs, Options::default())?;
        let mut file = temporary(self.out)?;
        let summary = self.fill(&mut reader, BufWriter::new(file.file()), mask, progress)?;
        Ok((file, summary))
    }

    fn fill<W: Write>(&self, reader: &mut Reader, out: W, mut mask: Option<&mut Mask>, progress: &dyn Fn(Progress)) -> Result<Summary> {
        let fail = |error: io::Error| Error::output(self.out, &error);
        let mut writer = PcapngWriter::begin(out, &self.program, &self.comment).map_err(fail)?;
        if !self.secrets.is_empty() {
            writer.secrets(TLS_KEY_LOG, &self.secrets).map_err(fail)?;
        }
        let mut sheet = Sheet { writer, described: Vec::new(), labels: self.labels };
        let (mut summary, mut frames) = (Summary::default(), 0);
        let mut ahead = reader.next_batch()?;
        while let Some(batch) = ahead {
            ahead = reader.next_batch()?;
            let mut recordings = batch.recordings().peekable();
            while let Some(recorded) = recordings.next() {
                let (packet, _) = packet::decode(&recorded.frame);
                let edge = if frames == 0 { Some("begins") } else { None };
                let edge = edge.or_else(|| (ahead.is_none() && recordings.peek().is_none()).then_some("ends"));
                frames += 1;
                match (self.wanted.has(&recorded.frame, &packet), edge) {
                    (Some(part), _) => {
                        let masked = mask.as_mut().map(|mask| mask.frame(&recorded.frame, &packet, part)).transpose()?;
                        match &masked {
                            Some(None) => summary.left_out += 1,
                            _ => {
                                summary.count(part);
                                let data = masked.as_ref().and_then(Option::as_deref).unwrap_or(recorded.frame.data);
                                sheet.put(&recorded, data, &self.labels.of(&recorded)).map_err(fail)?;
                            }
                        }
                    }
                    (None, Some(edge)) => sheet.mark(&recorded, edge).map_err(fail)?,
                    (None, None) => {}
                }
            }
            drop(recordings);
            reader.recycle(batch);
            progress(Progress { bytes: reader.bytes_read(), total: reader.total_bytes(), frames });
        }
        sheet.writer.end().map_err(fail)?;
        Ok(summary)
    }
}

impl Summary {
    fn count(&mut self, part: Part) {
        match part {
            Part::Signalling => self.signalling += 1,
            Part::Media => self.media += 1,
        }
    }
}

impl<W: Write> Sheet<'_, W> {
    /// Marks where the capture began or ended by a packet without its octets: what did not happen in a call until then is evidence too.
    fn mark(&mut self, recorded: &Recorded<'_>, edge: &str) -> io::Result<()> {
        let place = self.labels.place(recorded);
        self.put(recorded, &[], &[format!("{place}: here the capture {edge}; the packet is no part of the excerpt, and left empty")])
    }

    fn put(&mut self, recorded: &Recorded<'_>, data: &[u8], comments: &[String]) -> io::Result<()> {
        let interface = self.interface(recorded)?;
        let told = recorded.interface.resolution().is_some();
        let ticks = if told { recorded.ticks } else { recorded.frame.time.0.try_into().unwrap_or(0) };
        let flags = recorded.flags();
        self.writer.packet(&PacketRecord { interface, ticks, data, wire_len: recorded.frame.wire_len, flags, comments })
    }

    /// The number of its interface in the excerpt.
    fn interface(&mut self, recorded: &Recorded<'_>) -> io::Result<u32> {
        let (capture, number) = (recorded.frame.origin.capture, recorded.number);
        let known = |d: &&Described| (d.capture, d.number, &d.interface) == (capture, number, recorded.interface);
        if let Some(known) = self.described.iter().find(known) {
            return Ok(known.written);
        }
        let written = self.writer.interface(recorded.interface, &format!("{}, interface {number}", self.labels.capture(capture)))?;
        self.described.push(Described { capture, number, interface: recorded.interface.clone(), written });
        Ok(written)
    }
}
