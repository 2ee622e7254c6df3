//! Takes a stream that is over as it was measured, gives its model when that is wanted, never keeps both.

use super::meter::Meter;
use super::runs::Flow;
use super::stream::Stream;
use crate::base::{Origin, Time};

/// A stream that is over and waits for what may still be said of it. As long as it does, it stays what its measures are: the model repeats them, and
/// at the end of a capture all streams wait at once.
#[derive(Clone, Debug)]
pub struct Ended(State);

#[derive(Clone, Debug)]
enum State {
    Measured(Flow, Box<Meter>),
    Known(Box<Stream>),
}

/// A stream that is known already.
impl From<Stream> for Ended {
    fn from(stream: Stream) -> Self {
        Self(State::Known(Box::new(stream)))
    }
}

impl From<Ended> for Stream {
    fn from(ended: Ended) -> Self {
        match ended.0 {
            State::Measured(flow, meter) => meter.finish(flow),
            State::Known(stream) => *stream,
        }
    }
}

impl Ended {
    /// What was measured of the packets of a flow.
    pub(super) const fn new(flow: Flow, meter: Box<Meter>) -> Self {
        Self(State::Measured(flow, meter))
    }

    /// When it was over, and what tells it from others: the running clock at its last packet, the frame of its first, and its flow.
    #[must_use]
    pub fn key(&self) -> (Time, Origin, Flow) {
        match &self.0 {
            State::Measured(flow, meter) => (meter.clock(), meter.origin(), *flow),
            State::Known(stream) => (stream.clock, stream.first, stream.flow),
        }
    }

    /// When the first second begins of which it may speak.
    #[must_use]
    pub fn earliest(&self) -> Time {
        match &self.0 {
            State::Measured(_, meter) => meter.pace_start(),
            State::Known(stream) => stream.pace.start(),
        }
    }
}
