//! Takes a message that was judged, gives the little that is kept of it as evidence, never its text.

use crate::base::{Endpoint, Origin, Time};

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
    pub line: Box<str>,
}
