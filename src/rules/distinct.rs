//! Takes the breaches of one subject, gives each observation of a sender once, never more work than breaches.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::{Breach, MessageSubject, Verdict};
use crate::base::{Endpoint, Span};

/// So many breaches are told apart by looking at each, which no honest message exceeds.
const FEW: usize = 8;

/// Breaches of one subject, the first of each kind.
#[derive(Default)]
pub(super) struct Distinct {
    breaches: Vec<Breach>,
    /// What the breaches behind the first few observed.
    more: HashSet<(Cow<'static, str>, Option<Endpoint>)>,
    judged: bool,
}

impl Distinct {
    /// Notes that there was something to judge.
    pub(super) const fn judge(&mut self) {
        self.judged = true;
    }

    /// Adds a breach, unless one with the same observation in the same exhibit is there.
    pub(super) fn add(&mut self, breach: Breach) {
        self.judged = true;
        let sender = |breach: &Breach| breach.exhibit.as_ref().map(|e| e.source);
        let mut few = self.breaches.iter().take(FEW);
        if few.any(|known| known.observed == breach.observed && sender(known) == sender(&breach)) {
            return;
        }
        if self.breaches.len() < FEW || self.more.insert((breach.observed.clone(), sender(&breach))) {
            self.breaches.push(breach);
        }
    }

    /// The verdict on a message, where the breaches' places are those in its SDP.
    pub(super) fn verdict_in(mut self, subject: &MessageSubject<'_>) -> Verdict {
        if !self.breaches.is_empty() {
            let offset = subject.sdp_offset();
            let shift = |at: Span| Span { start: at.start.saturating_add(offset), end: at.end.saturating_add(offset) };
            self.breaches.iter_mut().for_each(|b| b.at = b.at.map(shift));
        }
        self.verdict()
    }

    /// A violation, a pass where something was judged and nothing broken, else not applicable.
    pub(super) fn verdict(self) -> Verdict {
        if self.judged { Verdict::of(self.breaches) } else { Verdict::NotApplicable }
    }
}
