//! Takes nothing, gives what rules on the checks between border elements look at, never a verdict.

use crate::call::Trace;
use crate::policy::Terms;

/// How an OPTIONS by which a host checks another came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Echo {
    /// The code of its final response.
    Answered(u16),
    /// No final response came within 64·T1 (Timer F).
    Silence,
    /// The capture cut a message between the two hosts meanwhile.
    OutOfSight,
    /// The capture ends before it could.
    #[default]
    Open,
}

impl Echo {
    /// Whether it shows the other host down or up; `None` where it shows neither.
    #[must_use]
    pub const fn shows_down(self) -> Option<bool> {
        match self {
            Self::Answered(code) => Some(code >= 500 && code < 600),
            Self::Silence => Some(true),
            Self::OutOfSight | Self::Open => None,
        }
    }
}

/// What passes, or does not, while one host checks another by OPTIONS outside of dialogs.
#[derive(Clone, Copy, Debug)]
pub enum Watch<'a> {
    /// An OPTIONS, with how it came out.
    Ping {
        /// The request.
        sent: &'a Trace,
        /// How it came out.
        echo: Echo,
        /// How many in a row showed the other host down, this one among them.
        down: u32,
    },
    /// The time between two of them, or between one and an edge of the capture; the whole capture where there is none at all.
    Pause {
        /// How long, in nanoseconds.
        length: i64,
        /// The one before it.
        before: Option<&'a Trace>,
        /// The one that ends it.
        after: Option<&'a Trace>,
    },
}

/// A check of one host by another, and what was agreed in its direction.
#[derive(Clone, Copy, Debug)]
pub struct PingSubject<'a> {
    /// What passed.
    pub watch: Watch<'a>,
    /// What was agreed.
    pub terms: &'a Terms,
}
