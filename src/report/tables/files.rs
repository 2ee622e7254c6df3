//! Takes rows as they come, gives the files of their tables when the audit is made, never a trace of one before.

use std::fs::File;
use std::io::{self, BufWriter, Seek as _};
use std::path::{Path, PathBuf};

use super::super::directory;
use super::super::selection::{Order, Place};
use super::super::sorted::Sorted;
use super::{Choice, CsvTable, Format, Name, ParquetTable, Table, calls, findings, messages, metrics, streams};
use crate::audit::{Audit, CallRow, MessageRow, MessageWish, Records, StreamRow};
use crate::base::{Error, Result};

/// The files of tables, being written. They have no name until the report has one, so a run that is killed leaves nothing.
#[derive(Debug)]
pub struct Tables {
    dir: PathBuf,
    choice: Choice,
    streams: Vec<TableFile<StreamRow>>,
    messages: Vec<TableFile<MessageRow>>,
    /// Calls end in no order that a reader wants.
    calls: Option<Sorted<CallRow, Place>>,
}

impl Tables {
    /// Begins the files for `dir`, which need not be there yet.
    ///
    /// # Errors
    /// When one cannot be written.
    pub fn begin(dir: &Path, choice: Choice) -> Result<Self> {
        let streams = begin(dir, &choice, Name::Streams, streams)?;
        let messages = begin(dir, &choice, Name::Messages, messages)?;
        let calls = choice.formats(Name::Calls).next().map(|_| Sorted::by(|row| Order::Time.place(row)));
        Ok(Self { dir: dir.to_owned(), choice, streams, messages, calls })
    }

    /// Ends the files with the rows of the audit itself; gives each with its name, read from its start.
    ///
    /// # Errors
    /// When one could not be written, now or before.
    pub(in super::super) fn end(self, audit: &Audit) -> Result<Vec<(String, File)>> {
        let Self { dir, choice, streams, messages, calls: sorted } = self;
        let mut calls = begin(&dir, &choice, Name::Calls, calls)?;
        if let Some(sorted) = sorted {
            let take = |row: CallRow| {
                calls.iter_mut().for_each(|file| file.row(&row));
                Ok(())
            };
            sorted.drain(take).map_err(|error| Error::output(&dir.join("calls"), &error))?;
        }
        let findings = filled(begin(&dir, &choice, Name::Findings, findings)?, &audit.findings);
        let metrics = filled(begin(&dir, &choice, Name::Metrics, metrics)?, &audit.metrics);
        let metrics = [&audit.trunk_metrics, &audit.breakdowns, &audit.trunk_breakdowns]
            .into_iter()
            .fold(metrics, |metrics, rows| filled(metrics, rows));
        let captures: Vec<String> = audit.captures.iter().map(|capture| capture.path.to_string_lossy().into_owned()).collect();
        let mut files = Vec::new();
        end(calls, &captures, &mut files)?;
        end(streams, &captures, &mut files)?;
        end(messages, &captures, &mut files)?;
        end(findings, &captures, &mut files)?;
        end(metrics, &captures, &mut files)?;
        Ok(files)
    }
}

impl Records for Tables {
    fn wants_calls(&self) -> bool {
        self.calls.is_some()
    }

    fn wants_messages(&self) -> MessageWish {
        if self.messages.is_empty() { MessageWish::None } else { MessageWish::All }
    }

    fn stream(&mut self, row: &StreamRow) {
        self.streams.iter_mut().for_each(|file| file.row(row));
    }

    fn call(&mut self, row: CallRow) {
        if let Some(sorted) = &mut self.calls {
            sorted.push(row);
        }
    }

    fn message(&mut self, row: &MessageRow) {
        self.messages.iter_mut().for_each(|file| file.row(row));
    }
}

/// The file of a table.
#[derive(Debug)]
struct TableFile<R> {
    path: PathBuf,
    written: Written<R>,
    /// The first row that could not be written: those after it are not tried.
    failed: Option<io::Error>,
}

#[derive(Debug)]
enum Written<R> {
    Csv(CsvTable<R, BufWriter<File>>),
    Parquet(ParquetTable<R, File>),
}

impl<R> TableFile<R> {
    fn begin(dir: &Path, table: Table<R>, format: Format) -> Result<Self> {
        let path = dir.join(format!("{}.{}", table.name, format.text()));
        let begun = tempfile::tempfile_in(directory::nearest(dir)).and_then(|file| {
            Ok(match format {
                Format::Csv => Written::Csv(CsvTable::begin(table, BufWriter::new(file))?),
                Format::Parquet => Written::Parquet(ParquetTable::begin(table, file)?),
            })
        });
        let written = begun.map_err(|error| Error::output(&path, &error))?;
        Ok(Self { path, written, failed: None })
    }

    fn row(&mut self, row: &R) {
        if self.failed.is_none() {
            self.failed = match &mut self.written {
                Written::Csv(table) => table.row(row),
                Written::Parquet(table) => table.row(row),
            }
            .err();
        }
    }

    fn end(self, captures: &[String]) -> Result<(String, File)> {
        let Self { path, written, failed } = self;
        let ended = failed.map_or(Ok(()), Err).and_then(|()| {
            let mut file = match written {
                Written::Csv(table) => table.end()?.into_inner().map_err(io::IntoInnerError::into_error)?,
                Written::Parquet(table) => table.end(captures)?,
            };
            file.rewind()?;
            Ok(file)
        });
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        ended.map(|file| (name, file)).map_err(|error| Error::output(&path, &error))
    }
}

fn begin<R>(dir: &Path, choice: &Choice, name: Name, table: fn() -> Table<R>) -> Result<Vec<TableFile<R>>> {
    choice.formats(name).map(|format| TableFile::begin(dir, table(), format)).collect()
}

fn filled<R>(mut files: Vec<TableFile<R>>, rows: &[R]) -> Vec<TableFile<R>> {
    for row in rows {
        files.iter_mut().for_each(|file| file.row(row));
    }
    files
}

fn end<R>(files: Vec<TableFile<R>>, captures: &[String], into: &mut Vec<(String, File)>) -> Result<()> {
    for file in files {
        into.push(file.end(captures)?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn files_that_are_begun_and_not_ended_leave_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut tables = Tables::begin(dir.path(), Choice::all()).unwrap();
        sample::full().media.worst.iter().for_each(|row| tables.stream(row));
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
        drop(tables);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_what_was_chosen_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let names = |choice: &str| {
            let tables = Tables::begin(dir.path(), choice.parse().unwrap()).unwrap();
            assert_eq!(tables.wants_calls(), choice != "none" && choice != "streams");
            tables.end(&sample::full()).unwrap().into_iter().map(|(name, _)| name).collect::<Vec<_>>()
        };
        assert!(names("none").is_empty());
        assert_eq!(names("streams"), ["streams.csv", "streams.parquet"]);
        assert_eq!(names("csv"), ["calls.csv", "streams.csv", "messages.csv", "findings.csv", "metrics.csv"]);
    }
}
