//! Takes what happens to a dialog, gives its next stage, never refuses an event (RFC 3261 §12, §15).

/// The stages of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Made by a provisional response.
    Early,
    /// Made or confirmed by a 2xx.
    Confirmed,
    /// A BYE passed and no final response to one that ends it.
    Ending,
    /// Over.
    Ended,
}

/// What happens to a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A 2xx to the request that made it.
    Confirm,
    /// A BYE.
    Bye,
    /// A BYE was answered so that another may follow: 401, 407, 503.
    ByeRefused,
    /// A BYE was answered, or timed out.
    ByeDone,
    /// Its INVITE failed, its session timer ran out or its subscription ended.
    End,
    /// Its deadline.
    Alarm,
}

impl Stage {
    pub(super) const fn on(self, step: Step) -> Self {
        match (self, step) {
            (Self::Early, Step::Confirm) => Self::Confirmed,
            (Self::Early | Self::Confirmed, Step::Bye) => Self::Ending,
            (Self::Early | Self::Confirmed | Self::Ending, Step::ByeDone | Step::Alarm | Step::End) => Self::Ended,
            (stage, Step::Confirm | Step::Bye | Step::ByeRefused | Step::ByeDone | Step::End | Step::Alarm) => stage,
        }
    }
}
