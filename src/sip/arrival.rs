//! Takes a parsed message and its envelope, gives the record that every later stage works on, never a borrowed view.

use super::{FlawKind, Message};
use crate::base::{Carriers, Span};
use crate::transport::Envelope;

/// A SIP message as it passed the tap.
#[derive(Clone, Debug, Default)]
pub struct Arrival {
    /// How it came.
    pub envelope: Envelope,
    /// The frames that carried octets of it; none: that of the envelope alone.
    pub carriers: Carriers,
    /// The message.
    pub message: Message,
}

impl Arrival {
    /// Whether the capture cut it inside its headers: what is absent may have been there.
    #[must_use]
    pub fn lacks_headers(&self) -> bool {
        self.envelope.cut && self.message.flaws().iter().any(|flaw| flaw.kind == FlawKind::NoEndOfHeaders)
    }

    /// Whether what stands there may be half of what was sent: the capture cut its headers at the end of it.
    #[must_use]
    pub fn is_half(&self, at: Span) -> bool {
        self.lacks_headers() && at.end as usize >= self.message.text().trim_ascii_end().len()
    }
}
