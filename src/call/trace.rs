//! Takes a message that was judged, gives the little that is kept of it as evidence, never its text.

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::base::{Endpoint, Origin, Time};
use crate::sip::Arrival;

/// How much of a start line is kept, in octets.
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
    /// Its start line as it stood, at most 160 octets.
    pub line: SmallVec<[u8; 64]>,
}

impl Trace {
    /// Its start line, lossily as text.
    #[must_use]
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.line)
    }

    /// What is kept of `arrival`.
    #[must_use]
    pub fn of(arrival: &Arrival) -> Self {
        let (envelope, line) = (&arrival.envelope, arrival.message.start_line());
        Self {
            origin: envelope.origin,
            first: envelope.first,
            last: envelope.last,
            source: envelope.source,
            destination: envelope.destination,
            line: SmallVec::from_slice(line.get(..LONGEST).unwrap_or(line)),
        }
    }

    /// Keeps the earlier of two.
    pub fn keep_first(kept: &mut Option<Self>, other: &Self) {
        if kept.as_ref().is_none_or(|kept| other.origin < kept.origin) {
            *kept = Some(other.clone());
        }
    }
}
