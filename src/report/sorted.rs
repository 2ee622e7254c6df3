//! Takes rows in any order, gives them in one, never holds more than so many of them in memory.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, BufWriter, Seek as _, Write as _};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Rows that are held before they go to a file: some ten megabytes of calls.
const HELD: usize = 1 << 14;

/// Rows being put in order: sorted runs of them lie in temporary files that have no name.
pub struct Sorted<R, K> {
    key: Box<dyn Fn(&R) -> K + Send>,
    held: Vec<R>,
    most: usize,
    runs: Vec<BufReader<File>>,
    failed: Option<io::Error>,
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
            serde_json::to_writer(&mut out, &row)?;
            out.write_all(b"\n")?;
        }
        let mut file = out.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        self.runs.push(BufReader::new(file));
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
            if let Some(row) = next::<R>(&mut run)? {
                heads.push(((self.key)(&row), row, run));
            }
        }
        while let Some(least) = heads.iter().enumerate().min_by(|(_, a), (_, b)| a.0.cmp(&b.0)).map(|(at, _)| at) {
            let (_, row, mut run) = heads.swap_remove(least);
            take(row)?;
            if let Some(row) = next::<R>(&mut run)? {
                heads.push(((self.key)(&row), row, run));
            }
        }
        Ok(())
    }
}

fn next<R: DeserializeOwned>(run: &mut BufReader<File>) -> io::Result<Option<R>> {
    let mut line = String::new();
    if run.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    Ok(Some(serde_json::from_str(&line)?))
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
