//! Takes a message that was judged, gives the little that is kept of it as evidence, never its text.

use std::sync::Arc;

use crate::base::{Endpoint, Origin, Time};
use crate::sip::Arrival;

/// How much of a start line is kept.
const LONGEST: usize = 160;

/// What is kept of a message: enough to find it again and to quote its first line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Where it stands in the capture.
    pub origin: Origin,
    /// When its first octet passed.
    pub first: Time,
    /// When its last octet passed.
    pub last: Time,
    /// Who sent it.
    pub source: Endpoint,
    /// Who was to receive it.
    pub destination: Endpoint,
    /// Its start line, lossily as text, at most 160 characters.
    pub line: Arc<str>,
}

impl Trace {
    /// What is kept of `arrival`.
    #[must_use]
    pub fn of(arrival: &Arrival) -> Self {
        let (envelope, line) = (&arrival.envelope, arrival.message.start_line());
        let line = String::from_utf8_lossy(line);
        let line = line.char_indices().nth(LONGEST).map_or(&*line, |(end, _)| line.get(..end).unwrap_or(&line));
        Self {
            origin: envelope.origin,
            first: envelope.first,
            last: envelope.last,
            source: envelope.source,
            destination: envelope.destination,
            line: line.into(),
        }
    }
}
