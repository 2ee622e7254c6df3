//! Takes the messages of a shard in order, gives each its place and reports what is over, never keeps a call that is over.

use std::sync::Arc;

use super::{Happening, Place};
use crate::base::Time;
use crate::sdp::Description;
use crate::sip::Arrival;

/// The timers that session logic runs on.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// T1 in nanoseconds (RFC 3261 §17.1.1.1).
    pub t1: i64,
    /// Timer C in nanoseconds (RFC 3261 §16.6).
    pub timer_c: i64,
    /// Copies of a packet within this many nanoseconds are the tap's, not the sender's.
    pub mirror_window: i64,
    /// The time stamp of the first frame of the capture.
    pub start: Time,
}

/// The live calls of one shard, by Call-ID.
///
/// What is reported depends on the messages of each call and their running clock only, never on when [`Calls::advance`] is called.
#[derive(Debug)]
pub struct Calls {
    settings: Settings,
}

impl Calls {
    /// No calls yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Takes the next message and its SDP body; gives what the state of its call says of it and appends what it completes.
    pub fn on(&mut self, arrival: &Arrival, sdp: Option<&Arc<Description>>, out: &mut Vec<Happening>) -> Place {
        let _ = (arrival, sdp, out, self.settings);
        Place::default()
    }

    /// Runs the timers of every call up to `clock`, and drops the calls that are over.
    pub fn advance(&mut self, clock: Time, out: &mut Vec<Happening>) {
        let _ = (clock, out);
    }

    /// The capture ends at `clock`: what is still open is reported as open.
    pub fn finish(&mut self, clock: Time, out: &mut Vec<Happening>) {
        let _ = (clock, out);
    }

    /// How many calls are alive.
    #[must_use]
    pub fn live(&self) -> usize {
        0
    }
}
