//! Takes the rows of calls, gives them as lines of JSON or as CSV, never holds one.

use std::io::{self, Write};

use serde_json::Value;

use super::csv::safe;
use crate::audit::CallRow;

/// The columns of the CSV, in order: the keys of the JSON.
const COLUMNS: [&str; 27] = [
    "call_id",
    "from",
    "to",
    "trunk",
    "begun",
    "ended",
    "outcome",
    "code",
    "caller",
    "callee",
    "source",
    "destination",
    "transport",
    "capture",
    "frame",
    "legs",
    "setup_s",
    "answer_s",
    "duration_s",
    "ended_by",
    "streams",
    "packets",
    "codec",
    "loss_pct",
    "jitter_max_ms",
    "mos",
    "rules",
];

/// Writes a row as one line of JSON.
///
/// # Errors
/// When `out` does not take it.
pub fn call_json(row: &CallRow, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}

/// Calls as CSV: one line a call under one line of names; no cell is a formula.
pub struct CallTable<'a>(::csv::Writer<&'a mut dyn Write>);

impl<'a> CallTable<'a> {
    /// Writes the line of names.
    ///
    /// # Errors
    /// When `out` does not take it.
    pub fn begin(out: &'a mut dyn Write) -> io::Result<Self> {
        let mut csv = ::csv::Writer::from_writer(out);
        csv.write_record(COLUMNS)?;
        Ok(Self(csv))
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When the output does not take it.
    pub fn row(&mut self, row: &CallRow) -> io::Result<()> {
        let values = serde_json::to_value(row)?;
        let cells = COLUMNS.map(|column| cell(values.get(column)));
        Ok(self.0.write_record(cells.iter().map(|cell| safe(cell).into_owned()))?)
    }

    /// Ends the table.
    ///
    /// # Errors
    /// When the output does not take it.
    pub fn end(mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_has_its_column_and_no_cell_is_a_formula() {
        let row = CallRow { caller: Some("=cmd|' /C calc'!A0".into()), call_id: "a\x1b[31m\u{202e}b".into(), ..CallRow::default() };
        let value = serde_json::to_value(&row).unwrap();
        assert_eq!(value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>(), COLUMNS);
        let mut out = Vec::new();
        let mut table = CallTable::begin(&mut out).unwrap();
        table.row(&row).unwrap();
        table.end().unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("'=cmd|") && text.contains("a\\x1b[31m\\u{202e}b") && !text.contains('\x1b'), "{text}");
    }
}
