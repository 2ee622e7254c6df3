//! Takes nothing, gives how the packets of a media stream that is over were carried, never how well they were heard.

use super::{Flow, MediaKind};
use crate::base::{Origin, Time};
use crate::packet::Carried;

/// A stream that is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
