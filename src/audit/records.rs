//! Takes nothing, gives the place where rows of a run go as they come, never keeps one.

use super::{CallRow, StreamRow};

/// What takes the rows of a run. Rows of streams come in the order in which they ended; rows of calls in no order that means anything, but
/// with what it takes to put them in one.
pub trait Records: Send {
    /// Whether it wants calls: rows that nobody wants are not made. Asked once, before the run.
    fn wants_calls(&self) -> bool {
        false
    }

    /// Takes a stream.
    fn stream(&mut self, _row: &StreamRow) {}

    /// Takes a call.
    fn call(&mut self, _row: CallRow) {}
}

/// Wants nothing.
impl Records for () {}
