//! Takes nothing, gives the words for what is wrong with a description, never a judgement.

use crate::base::Span;

/// What is wrong with a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SdpFlawKind {
    /// A mandatory session-level line of this type (v, o, s, t) is missing.
    Missing(u8),
    /// A mandatory line of this type (v, o, s, t) stands before one that has to precede it.
    Order(u8),
    /// An active m= line without a readable c= at either level.
    NoConnection,
    /// An m= line that cannot be read.
    BadMedia,
    /// A line that is not `letter=value`.
    BadLine,
    /// A line ends in LF alone; tolerated, noted once.
    BareLf,
    /// An attribute that cannot be read where its grammar is needed (rtpmap, ptime …).
    BadAttribute,
}

/// A flaw and its place in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdpFlaw {
    /// What is wrong.
    pub kind: SdpFlawKind,
    /// Where, in the body; empty where something is missing.
    pub at: Span,
}
