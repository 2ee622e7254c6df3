//! Takes the breaches of one subject, gives each observation of a sender once, never more work than breaches.

use std::borrow::Cow;

use hashbrown::HashSet;

use super::{Breach, MessageSubject, Reason, Verdict};
use crate::base::{Endpoint, Span};

/// So many breaches are told apart by looking at each, which no honest message exceeds.
const FEW: usize = 8;

/// What was observed, and of whom where an exhibit tells.
type Observation = (Cow<'static, str>, Option<Endpoint>);

/// Breaches of one subject, the first of each kind.
#[derive(Default)]
pub(super) struct Distinct {
    breaches: Vec<Breach>,
    /// What the breaches behind the first few observed.
    more: Option<Box<HashSet<Observation>>>,
    /// The places of those breaches that consist in what is not there.
    lacks: Vec<usize>,
    judged: bool,
    open: bool,
}

impl Distinct {
    /// Notes that there was something to judge.
    pub(super) const fn judge(&mut self) {
        self.judged = true;
    }

    /// Notes that the capture cut off what would tell more.
    pub(super) const fn miss(&mut self) {
        self.open = true;
    }

    /// Adds a breach, unless one with the same observation in the same exhibit is there.
    pub(super) fn add(&mut self, breach: Breach) {
        self.judged = true;
        let sender = |breach: &Breach| breach.exhibit.as_ref().map(|e| e.source);
        let mut few = self.breaches.iter().take(FEW);
        if few.any(|known| known.observed == breach.observed && sender(known) == sender(&breach)) {
            return;
        }
        if self.breaches.len() < FEW || self.more.get_or_insert_default().insert((breach.observed.clone(), sender(&breach))) {
            self.breaches.push(breach);
        }
    }

    /// Adds a breach that consists in what is not there: where the capture cut the message, it may have been.
    pub(super) fn lack(&mut self, breach: Breach) {
        let before = self.breaches.len();
        self.add(breach);
        self.lacks.extend(before..self.breaches.len());
    }

    /// The verdict on a message, where the breaches' places are those in its SDP.
    pub(super) fn verdict_in(mut self, subject: &MessageSubject<'_>) -> Verdict {
        if let Some(sdp) = subject.sdp.filter(|sdp| self.judged && sdp.is_cut()) {
            return self.verdict_in_beginning(sdp.text().trim_ascii_end().len(), subject);
        }
        if !self.breaches.is_empty() {
            let offset = subject.sdp_offset();
            let shift = |at: Span| Span { start: at.start.saturating_add(offset), end: at.end.saturating_add(offset) };
            self.breaches.iter_mut().for_each(|b| b.at = b.at.map(shift));
        }
        self.verdict()
    }

    /// The same of SDP of which the capture holds so much only.
    fn verdict_in_beginning(mut self, end: usize, subject: &MessageSubject<'_>) -> Verdict {
        let lacks = std::mem::take(&mut self.lacks);
        let is_certain = |(n, breach): &(usize, Breach)| {
            let is_half = breach.at.is_some_and(|at| at.end as usize >= end);
            !is_half && lacks.binary_search(n).is_err()
        };
        let offset = subject.sdp_offset();
        let shift = |at: Span| Span { start: at.start.saturating_add(offset), end: at.end.saturating_add(offset) };
        let certain = std::mem::take(&mut self.breaches).into_iter().enumerate().filter(is_certain);
        let certain: Vec<Breach> = certain.map(|(_, breach)| Breach { at: breach.at.map(shift), ..breach }).collect();
        if certain.is_empty() { Verdict::Indeterminate(Reason::Truncated) } else { Verdict::Violation(certain) }
    }

    /// A violation; where something was judged and nothing broken, a pass, unless something is missing; else not applicable.
    pub(super) fn verdict(self) -> Verdict {
        match self.judged {
            false => Verdict::NotApplicable,
            true if self.open && self.breaches.is_empty() => Verdict::Indeterminate(Reason::Truncated),
            true => Verdict::of(self.breaches),
        }
    }
}
