//! Takes the rows of streams as they are judged, gives `streams.csv`, never keeps a row in memory.

use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::csv::safe;
use super::directory;
use crate::audit::StreamRow;
use crate::base::{Error, Result};

const HEAD: [&str; 39] = [
    "from",
    "to",
    "call_id",
    "side",
    "line",
    "bound_by",
    "source",
    "destination",
    "ssrc",
    "begun",
    "ended",
    "seconds",
    "capture",
    "frame",
    "codec",
    "payload_types",
    "clock_hz",
    "clock_source",
    "packet_ms",
    "packets",
    "payload_octets",
    "expected",
    "lost",
    "loss_pct",
    "duplicates",
    "reordered",
    "restarts",
    "jitter_mean_ms",
    "jitter_max_ms",
    "bursts",
    "longest_loss",
    "longest_gap_ms",
    "mos",
    "mos_scale",
    "round_trip_ms",
    "digits",
    "after_end_s",
    "texture",
    "tones",
];

/// `streams.csv` under a name that nobody reads, until it is complete.
#[derive(Debug)]
pub struct StreamFile {
    out: ::csv::Writer<BufWriter<NamedTempFile>>,
    path: PathBuf,
    /// The first row that could not be written: those after it are not tried.
    failed: Option<::csv::Error>,
}

impl StreamFile {
    /// Begins the file for `dir`, which need not be there yet: until the report is written, nothing of it may be.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn begin(dir: &Path) -> Result<Self> {
        let path = dir.join("streams.csv");
        let file = directory::builder().tempfile_in(directory::nearest(dir)).map_err(|e| Error::output(&path, &e))?;
        let mut out = ::csv::Writer::from_writer(BufWriter::new(file));
        let failed = out.write_record(HEAD).err();
        Ok(Self { out, path, failed })
    }

    /// Writes a row.
    pub fn row(&mut self, row: &StreamRow) {
        if self.failed.is_none() {
            self.failed = self.out.write_record(cells(row).iter().map(|cell| safe(cell).into_owned())).err();
        }
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// When it, or a row before, could not be written; what had that name stays as it was.
    pub(super) fn keep(self) -> Result<()> {
        let Self { out, path, failed } = self;
        let written = failed.map_or(Ok(()), |e| Err(io::Error::other(e)));
        let written = written.and_then(|()| out.into_inner().map_err(|e| io::Error::other(e.to_string())));
        let file = written.and_then(|buffer| buffer.into_inner().map_err(io::IntoInnerError::into_error));
        let file = file.map_err(|e| Error::output(&path, &e))?;
        file.as_file().sync_all().map_err(|e| Error::output(&path, &e))?;
        file.persist(&path).map_err(|e| Error::output(&path, &e.error))?;
        Ok(())
    }
}

fn cells(row: &StreamRow) -> [String; HEAD.len()] {
    let real = |value: Option<f64>| value.map(|v| format!("{v:.3}")).unwrap_or_default();
    let types: Vec<String> = row.payload_types.iter().map(|(number, packets)| format!("{number}:{packets}")).collect();
    let text = |value: Option<&str>| value.unwrap_or_default().to_owned();
    [
        row.from.clone(),
        row.to.clone(),
        row.call_id.clone().unwrap_or_default(),
        text(row.side),
        row.line.map(|n| n.to_string()).unwrap_or_default(),
        text(row.bound_by),
        row.source.clone(),
        row.destination.clone(),
        row.ssrc.clone(),
        row.begun.to_string(),
        row.ended.to_string(),
        format!("{:.3}", row.seconds),
        row.capture.to_string(),
        row.frame.to_string(),
        row.codec.clone(),
        types.join(" "),
        row.clock_hz.map(|hz| hz.to_string()).unwrap_or_default(),
        row.clock_source.into(),
        real(row.packet_ms),
        row.packets.to_string(),
        row.payload_octets.to_string(),
        row.expected.to_string(),
        row.lost.to_string(),
        real(row.loss_pct),
        row.duplicates.to_string(),
        row.reordered.to_string(),
        row.restarts.to_string(),
        real(row.jitter_mean_ms),
        real(row.jitter_max_ms),
        row.bursts.to_string(),
        row.longest_loss.to_string(),
        real(row.longest_gap_ms),
        real(row.mos),
        text(row.mos_scale),
        real(row.round_trip_ms),
        row.digits.to_string(),
        real(row.after_end_s),
        text(row.texture),
        row.tones.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn one_line_a_stream_and_no_formula() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = StreamFile::begin(dir.path()).unwrap();
        let rows = [sample::full().media.worst, sample::hostile().media.worst].concat();
        rows.iter().for_each(|row| file.row(row));
        assert!(!dir.path().join("streams.csv").exists());
        file.keep().unwrap();
        let mut reader = ::csv::Reader::from_path(dir.path().join("streams.csv")).unwrap();
        let head = reader.headers().unwrap().clone();
        let records: Vec<_> = reader.records().map(|r| r.unwrap()).collect();
        let cell = |record: &::csv::StringRecord, name: &str| record.get(head.iter().position(|h| h == name).unwrap()).unwrap().to_owned();
        assert_eq!(records.len(), 2);
        assert_eq!((cell(&records[0], "codec"), cell(&records[0], "loss_pct")), ("PCMA/8000".into(), "6.000".into()));
        assert!(cell(&records[1], "call_id").starts_with("'=cmd"));
    }

    #[test]
    fn a_file_that_is_not_kept_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(StreamFile::begin(dir.path()).unwrap());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
