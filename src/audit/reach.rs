//! Takes attempts of one host to reach another, gives what came of them together to the rules, never keeps one.

use std::collections::BTreeMap;

use super::judge::{Judge, Matter};
use crate::call::Trace;
use crate::policy::Party;
use crate::rules::{Failure, ReachSubject};

/// Attempts of one host to reach another.
#[derive(Clone, Debug, Default)]
pub(super) struct Reach {
    pub(super) tries: u64,
    pub(super) open: u64,
    pub(super) failures: BTreeMap<Failure, u64>,
    pub(super) first: Option<Trace>,
}

impl Reach {
    pub(super) fn absorb(&mut self, other: Self) {
        self.tries += other.tries;
        self.open += other.open;
        for (failure, n) in other.failures {
            *self.failures.entry(failure).or_default() += n;
        }
        if let Some(first) = &other.first {
            Trace::keep_first(&mut self.first, first);
        }
    }

    pub(super) fn judge(&self, direction: (Party, Party), judge: &mut Judge<'_>) {
        // Of equally many the one that is named first in the list of failures.
        let most = self.failures.iter().rev().max_by_key(|(_, n)| **n).map(|(&failure, &n)| (failure, n));
        let none = Trace::default();
        let subject = ReachSubject {
            tries: self.tries,
            failures: self.failures.values().sum(),
            open: self.open,
            most,
            first: self.first.as_ref(),
            terms: judge.policy.terms(direction.0, direction.1, None),
        };
        let matter = Matter::shown_by(self.first.as_ref().unwrap_or(&none), "connection", direction);
        judge.judge(&judge.docket.reaches, matter, |check| check(&subject));
    }
}
