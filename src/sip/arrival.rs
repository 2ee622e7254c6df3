//! Takes a parsed message and its envelope, gives the record that every later stage works on, never a borrowed view.

use super::{FlawKind, HeaderName, Message};
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

    /// Whether the capture cut it before its To: it may be one inside a dialog.
    #[must_use]
    pub fn may_be_in_dialog(&self) -> bool {
        self.lacks_headers() && self.message.header(HeaderName::To).is_none_or(|to| self.is_half(to.value))
    }

    /// The URI of its first Contact, unless the capture cut that.
    #[must_use]
    pub fn contact(&self) -> Option<&[u8]> {
        let half = self.envelope.cut && self.message.header(HeaderName::Contact).is_some_and(|line| self.is_half(line.value));
        self.message.first_address(HeaderName::Contact).filter(|_| !half)
    }

    /// Whether the capture cut it before what may be SDP.
    #[must_use]
    pub fn lacks_sdp(&self) -> bool {
        let is_sdp = |kind: &[u8]| kind.get(..15).is_some_and(|k| k.eq_ignore_ascii_case(b"application/sdp"));
        let may_hold = |kind: &[u8]| is_sdp(kind) || kind.get(..10).is_some_and(|k| k.eq_ignore_ascii_case(b"multipart/"));
        self.lacks_headers() || (self.envelope.cut && self.message.get(HeaderName::ContentType).is_some_and(|kind| may_hold(&kind)))
    }

    /// Whether its body is sealed to its receiver (RFC 3261 §23.3), so that it may be SDP.
    #[must_use]
    pub fn is_enveloped(&self) -> bool {
        let sealed = |kind: &[u8]| {
            [&b"application/pkcs7-mime"[..], b"multipart/encrypted"]
                .iter()
                .any(|t| kind.get(..t.len()).is_some_and(|k| k.eq_ignore_ascii_case(t)))
        };
        !self.message.body().is_empty() && self.message.get(HeaderName::ContentType).is_some_and(|kind| sealed(&kind))
    }

    /// Whether what stands there may be half of what was sent: the capture cut its headers at the end of it.
    #[must_use]
    pub fn is_half(&self, at: Span) -> bool {
        self.lacks_headers() && at.end as usize >= self.message.text().trim_ascii_end().len()
    }
}
