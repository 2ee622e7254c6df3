//! Takes a frame, gives when and where something happened, never what.

use crate::base::{Origin, Time};

/// When something was seen, and in which frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// The frame that completed it.
    pub origin: Origin,
    /// Capture time of that frame.
    pub time: Time,
    /// The running clock at that frame: never runs back.
    pub clock: Time,
}
