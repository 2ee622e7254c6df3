//! Takes nothing, gives the place where rows of a run go as they come, never keeps one.

use super::{BreachRow, CallRow, MessageRow, MessageWish, Seen, StreamRow};

/// What takes the rows of a run. Rows of messages come in the order of the capture, those that its end cut short last; rows of streams in the
/// order in which they ended; rows of calls and of breaches in no order that means anything, but with what it takes to put them in one. All of
/// it is the same for any number of threads and any cut of the capture into files, but for the numbers of files and frames.
pub trait Records: Send {
    /// Whether it wants calls: rows that nobody wants are not made. Asked once, before the run, as all these questions are.
    fn wants_calls(&self) -> bool {
        false
    }

    /// Which messages it wants.
    fn wants_messages(&self) -> MessageWish {
        MessageWish::None
    }

    /// Whether it wants breaches, each by itself.
    fn wants_breaches(&self) -> bool {
        false
    }

    /// Whether it wants to know what was seen, for a draft policy.
    fn wants_seen(&self) -> bool {
        false
    }

    /// Takes a stream.
    fn stream(&mut self, _row: &StreamRow) {}

    /// Takes a call.
    fn call(&mut self, _row: CallRow) {}

    /// Takes a message.
    fn message(&mut self, _row: &MessageRow) {}

    /// Takes a breach.
    fn breach(&mut self, _row: BreachRow) {}

    /// Takes what was seen in the whole capture, once at its end.
    fn seen(&mut self, _seen: Seen) {}
}

/// Wants nothing.
impl Records for () {}

/// What is there takes them; nothing takes none.
impl<R: Records> Records for Option<R> {
    fn wants_calls(&self) -> bool {
        self.as_ref().is_some_and(R::wants_calls)
    }

    fn wants_messages(&self) -> MessageWish {
        self.as_ref().map_or(MessageWish::None, R::wants_messages)
    }

    fn wants_breaches(&self) -> bool {
        self.as_ref().is_some_and(R::wants_breaches)
    }

    fn wants_seen(&self) -> bool {
        self.as_ref().is_some_and(R::wants_seen)
    }

    fn stream(&mut self, row: &StreamRow) {
        if let Some(records) = self {
            records.stream(row);
        }
    }

    fn call(&mut self, row: CallRow) {
        if let Some(records) = self {
            records.call(row);
        }
    }

    fn message(&mut self, row: &MessageRow) {
        if let Some(records) = self {
            records.message(row);
        }
    }

    fn breach(&mut self, row: BreachRow) {
        if let Some(records) = self {
            records.breach(row);
        }
    }

    fn seen(&mut self, seen: Seen) {
        if let Some(records) = self {
            records.seen(seen);
        }
    }
}
