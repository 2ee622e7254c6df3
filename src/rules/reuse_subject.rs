//! Takes nothing, gives what rules on things that pass only once, only so often, or only after a time look at, never a verdict.

use crate::base::Time;
use crate::call::Trace;
use crate::policy::Terms;

/// What one session carries and no other may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Once {
    /// A PASSporT (RFC 8224 §12.1).
    Passport,
    /// The charging identifier of P-Charging-Vector (RFC 7315 §5.6).
    ChargingId,
    /// A presence document to a watcher (RFC 6271 Req #13).
    Notification,
    /// A key and salt of SDES (RFC 4568 §6.1).
    MediaKey,
}

/// So much of a Call-ID stands in an exhibit: enough to find it by its beginning, whatever a stranger wrote.
const LONGEST_ID: usize = 80;

/// The use of a value by the call before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Before<'a> {
    /// Its Call-ID.
    pub call_id: &'a str,
    /// When its message passed.
    pub at: Time,
    /// Whether it may be an attempt that this one goes on from at another element: the same numbers, and no response passed yet.
    pub may_go_on: bool,
}

/// A use of such a value.
#[derive(Clone, Copy, Debug)]
pub struct ReuseSubject<'a> {
    /// What it is.
    pub kind: Once,
    /// The message that carries it.
    pub trace: &'a Trace,
    /// Another call whose message carried it, where that was lately and is no attempt of the same session that failed.
    pub before: Option<Before<'a>>,
    /// How many there are by now of those that count together, itself among them.
    pub copies: u64,
    /// What was agreed.
    pub terms: &'a Terms,
}

impl ReuseSubject<'_> {
    /// The message, its line led by which call carried the value before.
    #[must_use]
    pub fn exhibit(&self) -> Trace {
        let Some(Before { call_id, at, .. }) = self.before else { return self.trace.clone() };
        let since = self.trace.first.seconds_since(at);
        let (shown, dots) = call_id.char_indices().nth(LONGEST_ID).map_or((call_id, ""), |(end, _)| (&call_id[..end], "…"));
        let line = format!("as in Call-ID {shown}{dots} at {}, {since:.3} s before: {}", at.clock(), self.trace.text());
        Trace { line: line.as_bytes().into(), ..self.trace.clone() }
    }
}

/// A request outside any dialog to a host that refused its sender for overload.
#[derive(Clone, Copy, Debug)]
pub struct BackoffSubject<'a> {
    /// The request.
    pub request: &'a Trace,
    /// The last 503 with Retry-After between the two hosts.
    pub refused: &'a Trace,
    /// Its Retry-After, in seconds.
    pub retry_after_s: u64,
    /// What was agreed for the request.
    pub terms: &'a Terms,
}

/// What earlier messages of its call said that a message is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recalled {
    /// Whether its charging identifier is another than the first of the call.
    pub charging_id_changed: bool,
    /// Whether it belongs to a subscription to presence.
    pub presence: bool,
}
