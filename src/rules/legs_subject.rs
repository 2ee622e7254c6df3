//! Takes nothing, gives what rules on two legs of one session look at, never a verdict.

use std::sync::Arc;

use crate::binding::Said;
use crate::policy::Terms;

/// What one leg of a session said of its media first, and what that was answered with.
#[derive(Clone, Debug)]
pub struct LegSaid {
    /// Its Call-ID.
    pub call_id: Arc<str>,
    /// Its first offer.
    pub offer: Said,
    /// The answer to it, where the leg had one dialog only.
    pub answer: Option<Said>,
}

/// Two legs of one session, each with a Call-ID of its own, before and behind what forwarded it.
#[derive(Clone, Copy, Debug)]
pub struct LegsSubject<'a> {
    /// The leg that is nearer to the caller.
    pub before: &'a LegSaid,
    /// The leg that is nearer to the callee.
    pub behind: &'a LegSaid,
    /// What was agreed.
    pub terms: &'a Terms,
}
