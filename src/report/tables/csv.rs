//! Takes the rows of a table, gives them as CSV, never a cell that a spreadsheet would run.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::super::escape::visible;
use super::{Cell, Table};
use crate::base::lossy;

/// A table as CSV: one line of names, then one line a row. A missing cell is empty; a real is written as short as reads back to the same number;
/// text that a spreadsheet could take for a formula gets an apostrophe in front.
pub struct CsvTable<R, W: Write> {
    table: Table<R>,
    out: ::csv::Writer<W>,
    /// The row being written: `csv` is quickest with a whole one.
    record: ::csv::ByteRecord,
    scratch: String,
}

impl<R, W: Write> std::fmt::Debug for CsvTable<R, W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CsvTable").field("table", &self.table.name).finish_non_exhaustive()
    }
}

impl<R, W: Write> CsvTable<R, W> {
    /// Writes the line of names.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn begin(table: Table<R>, out: W) -> io::Result<Self> {
        let mut out = ::csv::Writer::from_writer(out);
        out.write_record(table.columns.iter().map(|column| column.name))?;
        Ok(Self { table, out, record: ::csv::ByteRecord::new(), scratch: String::new() })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the output does not take it.
    pub fn row(&mut self, row: &R) -> io::Result<()> {
        let Self { table, out, record, scratch } = self;
        record.clear();
        for column in &table.columns {
            scratch.clear();
            // Writing to a string cannot fail.
            match column.cell(row) {
                None => {}
                Some(Cell::Text(text)) => {
                    record.push_field(safe(&text).as_bytes());
                    continue;
                }
                Some(Cell::Octets(octets)) => {
                    record.push_field(safe(&lossy(octets)).as_bytes());
                    continue;
                }
                Some(Cell::Whole(number)) => scratch.push_str(itoa::Buffer::new().format(number)),
                Some(Cell::Real(number)) => _ = write!(scratch, "{number}"),
                Some(Cell::Time(time)) => _ = write!(scratch, "{time}"),
                Some(Cell::Truth(truth)) => scratch.push_str(if truth { "true" } else { "false" }),
            }
            record.push_field(scratch.as_bytes());
        }
        out.write_byte_record(record)?;
        Ok(())
    }

    /// Ends the table; gives back what it was written to.
    ///
    /// # Errors
    /// When the output does not take it.
    pub fn end(self) -> io::Result<W> {
        self.out.into_inner().map_err(|error| io::Error::new(error.error().kind(), error.error().to_string()))
    }
}

/// A cell that shows as text everywhere: controls written out, and no formula (what OWASP lists, and the full-width forms).
fn safe(cell: &str) -> Cow<'_, str> {
    let cell = visible(cell);
    if cell.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']) { Cow::Owned(format!("'{cell}")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::{Audit, CallRow};
    use crate::report::sample;
    use crate::report::tables::{calls, findings, streams};

    fn text<R>(table: Table<R>, rows: &[R]) -> String {
        let mut csv = CsvTable::begin(table, Vec::new()).unwrap();
        rows.iter().for_each(|row| csv.row(row).unwrap());
        String::from_utf8(csv.end().unwrap()).unwrap()
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        let mut reader = ::csv::Reader::from_reader(text.as_bytes());
        reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn of_findings(audit: &Audit) -> Vec<Vec<String>> {
        cells(&text(findings(), &audit.findings))
    }

    #[test]
    fn one_line_a_finding() {
        let rows = of_findings(&sample::full());
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[0][..4], ["F-0001", "SIP-METHOD-001", "method not permitted", "high"]);
        assert_eq!(rows[0][20], "bravo-2026-11-14.pcapng: frame.number in {1482, 1519, 1602}");
    }

    #[test]
    fn no_cell_is_a_formula() {
        let hostile = sample::hostile();
        let call = CallRow { caller: Some("=cmd|' /C calc'!A0".into()), call_id: "a\x1b[31m\u{202e}b".into(), ..CallRow::default() };
        let lines = text(calls(), &[call]);
        assert!(lines.contains("'=cmd|") && lines.contains("a\\x1b[31m\\u{202e}b") && !lines.contains('\x1b'), "{lines}");
        let rows = [of_findings(&hostile), cells(&text(streams(), &hostile.media.worst)), cells(&lines)];
        for cell in rows.concat().concat() {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
            assert!(!cell.chars().any(char::is_control));
        }
    }
}
