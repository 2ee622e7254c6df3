//! Takes what a parser found wrong, gives its kind and place, never decides whether it matters.

use crate::base::Span;

/// What is wrong with a message, told where it is. A flaw is evidence for a rule, not a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// What is wrong.
    pub kind: FlawKind,
    /// Where, in the text of the message.
    pub at: Span,
}

/// The kinds of flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FlawKind {
    /// A line ends in LF alone.
    BareLf,
    /// No empty line ends the headers.
    NoEndOfHeaders,
    /// A header line without a colon.
    NoColon,
    /// A header name that is no token.
    BadName,
    /// The start line is not `Method SP URI SP SIP/2.0` or `SIP/2.0 SP 3DIGIT SP Reason` (RFC 3261 §7.1, §7.2).
    BadStartLine,
    /// The SIP version is not 2.0.
    BadVersion,
    /// Content-Length is no number.
    BadContentLength,
    /// The body is shorter than Content-Length.
    BodyShort,
    /// Octets follow the body that Content-Length announced.
    BodyLong,
    /// No Content-Length on a stream (RFC 3261 §18.3).
    NoContentLength,
    /// A header that may stand once stands more often (RFC 3261 §7.3.1).
    Duplicate,
    /// A header needed for routing, dialog or transaction matching fails its grammar (RFC 3261 §25).
    BadSyntax,
    /// A number is out of the range its grammar or text gives it.
    OutOfRange,
    /// The method of CSeq is not that of the request (RFC 3261 §8.1.1.5).
    MethodMismatch,
    /// A branch that is nothing but the cookie `z9hG4bK` (RFC 3261 §8.1.1.7).
    BadBranch,
    /// The topmost Via has no branch, or one without the cookie: a peer of RFC 2543, to be matched as RFC 3261 §17.2.3 says.
    NoCookie,
}
