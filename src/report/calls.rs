//! Takes the row of a call, gives it as a line of JSON, never holds one.

use std::io::{self, Write};

use crate::audit::CallRow;

/// Writes a row as one line of JSON.
///
/// # Errors
/// When `out` does not take it.
pub fn call_json(row: &CallRow, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, row)?;
    out.write_all(b"\n")
}
