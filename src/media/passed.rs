//! Takes nothing, gives how the packets of a media stream that is over were carried, never how well they were heard.

use super::{Flow, MediaKind, Stream};
use crate::base::{Origin, Time};
use crate::packet::Carried;

/// A stream that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Whose packets, and where they went.
    pub flow: Flow,
    /// The frame of the first.
    pub origin: Origin,
    /// The running clock at the first.
    pub begun: Time,
    /// What they carry, where their payload types tell.
    pub kind: Option<MediaKind>,
    /// How they were carried.
    pub carried: Carried,
}

impl Passed {
    /// How the packets of a finished stream were carried.
    #[must_use]
    pub fn of(stream: &Stream) -> Self {
        let payload_types = stream.formats.iter().fold(0, |seen, format| seen | 1 << (format.payload_type & 0x7f));
        Self {
            flow: stream.flow,
            origin: stream.first,
            begun: stream.begun,
            kind: MediaKind::of_payload_types(payload_types),
            carried: stream.carried.clone(),
        }
    }
}
