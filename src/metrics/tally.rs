//! Takes sessions of one direction and interval, gives their counts and distributions, never a comparison (`standards.md` §8.3).

use std::collections::BTreeMap;

use super::Distribution;
use crate::call::{Outcome, Session};
use crate::policy::{CountUnit, MetricTerms, Performance};

/// A ratio with what it was made of: shown beside each number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// The numerator.
    pub numerator: u64,
    /// The denominator.
    pub denominator: u64,
}

impl Ratio {
    /// In percent; `None` where the denominator is 0.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn percent(self) -> Option<f64> {
        (self.denominator > 0).then(|| self.numerator as f64 * 100.0 / self.denominator as f64)
    }
}

/// Counts and samples of session requests, mergeable. The helper fields are public for reports; ratios are methods.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs)]
pub struct Tally {
    /// Session requests (chains) with an outcome.
    pub attempts: u64,
    /// Session requests that the capture leaves open.
    pub censored: u64,
    /// Chains by outcome (never `Censored`).
    pub outcomes: BTreeMap<Outcome, u64>,
    /// INVITE transactions by outcome (never `Censored`).
    pub leg_outcomes: BTreeMap<Outcome, u64>,
    /// Successfully completed sessions (SCR numerator).
    pub completed: u64,
    /// Answered sessions that still live at the end of the capture: out of SCR.
    pub alive: u64,
    pub ring_no_answer: u64,
    pub srd_success: Distribution,
    pub srd_failed: Distribution,
    pub srd_per_dialog: Distribution,
    pub sdd: Distribution,
    pub sdd_failed: Distribution,
    pub sdt_success: Distribution,
    pub sdt_failed: Distribution,
    /// Answer to first BYE, completed or not (ALOC).
    pub conversation: Distribution,
    pub pgrd: Distribution,
    /// Answered sessions shorter than `short_call_s`.
    pub short_calls: u64,
}

impl Tally {
    /// Adds a session.
    pub fn add(&mut self, session: &Session, terms: &MetricTerms, performance: &Performance) {
        let _ = (session, terms, performance);
    }

    /// Adds the counts of another part.
    pub fn merge(&mut self, other: &Self) {
        let _ = other;
    }

    /// Session establishment ratio (RFC 6076 §4.6).
    #[must_use]
    pub fn ser(&self, unit: CountUnit) -> Ratio {
        let _ = unit;
        Ratio { numerator: 0, denominator: 0 }
    }
}
