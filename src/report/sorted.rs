//! Takes rows in any order, gives them in one, never holds more than so many of them in memory.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, Write as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Rows that are held before they go to a file: some ten megabytes of calls.
const HELD: usize = 1 << 14;

/// Rows being put in order: sorted runs of them lie in temporary files that have no name.
pub struct Sorted<R, K> {
    key: Box<dyn Fn(&R) -> K + Send>,
    held: Vec<R>,
    most: usize,
    runs: Vec<Run>,
    failed: Option<io::Error>,
}

/// Rows in order, each behind its length: nobody else reads them, so they are written as short as can be.
struct Run {
    file: BufReader<File>,
    row: Vec<u8>,
}

impl<R, K> std::fmt::Debug for Sorted<R, K> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sorted").field("held", &self.held.len()).field("runs", &self.runs.len()).finish_non_exhaustive()
    }
}

impl<R: Serialize + DeserializeOwned, K: Ord> Sorted<R, K> {
    /// No rows yet; they will come out by `key`, which should tell all of them apart.
    pub fn by(key: impl Fn(&R) -> K + Send + 'static) -> Self {
        Self { key: Box::new(key), held: Vec::new(), most: HELD, runs: Vec::new(), failed: None }
    }

    /// Takes a row.
    pub fn push(&mut self, row: R) {
        self.held.push(row);
        if self.held.len() >= self.most && self.failed.is_none() {
            self.failed = self.spill().err();
        }
        // What cannot be written is not kept either: the first failure is told at the end.
        if self.failed.is_some() {
            self.held.clear();
        }
    }

    fn spill(&mut self) -> io::Result<()> {
        self.held.sort_by_cached_key(&self.key);
        let mut out = BufWriter::new(tempfile::tempfile()?);
        for row in self.held.drain(..) {
            let row = postcard::to_allocvec(&row).map_err(io::Error::other)?;
            out.write_all(&(row.len() as u64).to_le_bytes())?;
            out.write_all(&row)?;
        }
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(Run { file: BufReader::new(file), row: Vec::new() });
        Ok(())
    }

    /// Gives every row, in order.
    ///
    /// # Errors
    /// When the temporary files could not be written or read, or `take` fails.
    pub fn drain(mut self, mut take: impl FnMut(R) -> io::Result<()>) -> io::Result<()> {
        if let Some(failed) = self.failed {
            return Err(failed);
        }
        if self.runs.is_empty() {
            self.held.sort_by_cached_key(&self.key);
            return self.held.into_iter().try_for_each(take);
        }
        self.spill()?;
        let mut heads = Vec::new();
        for mut run in self.runs {
            if let Some(row) = run.next::<R>()? {
                heads.push(((self.key)(&row), row, run));
            }
        }
        while let Some(least) = heads.iter().enumerate().min_by(|(_, a), (_, b)| a.0.cmp(&b.0)).map(|(at, _)| at) {
            let (_, row, mut run) = heads.swap_remove(least);
            take(row)?;
            if let Some(row) = run.next::<R>()? {
                heads.push(((self.key)(&row), row, run));
            }
        }
        Ok(())
    }
}

impl Run {
    fn next<R: DeserializeOwned>(&mut self) -> io::Result<Option<R>> {
        let mut length = [0; 8];
        match self.file.read_exact(&mut length) {
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
            read => read?,
        }
        self.row.clear();
        self.file.by_ref().take(u64::from_le_bytes(length)).read_to_end(&mut self.row)?;
        postcard::from_bytes(&self.row).map(Some).map_err(io::Error::other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::CallRow;
    use crate::base::Time;

    #[test]
    fn rows_that_went_through_files_come_out_whole_and_in_order() {
        let row = |n: i64| CallRow {
            call_id: format!("{n}\n\u{202e}\"@x"),
            begun: Time(1_794_651_245_113_203_007 + (n * 7919) % 100),
            loss_pct: Some(0.1),
            rules: vec!["SIP-HDR-001".into()],
            ..CallRow::default()
        };
        let key = |row: &CallRow| (row.begun, row.call_id.clone());
        let mut sorted = Sorted { most: 9, ..Sorted::by(key) };
        (0..100).for_each(|n| sorted.push(row(n)));
        assert!(sorted.runs.len() > 10);
        let mut out = Vec::new();
        sorted
            .drain(|row| {
                out.push(row);
                Ok(())
            })
            .unwrap();
        let mut expected: Vec<CallRow> = (0..100).map(row).collect();
        expected.sort_by_key(key);
        assert_eq!(out, expected);
    }
}
