//! Takes a breach where it was found, gives what reports show of it at its message, never a finding: that folds many.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::judge::Judge;
use super::ledger::{Blame, Key};
use super::sides::Sides;
use super::{Finding, FindingOutcome};
use crate::base::{Origin, Time};
use crate::policy::{Party, Severity};

/// One breach of one rule, where someone wants them: findings count them all and keep the first five. What only the end of the capture shows
/// (intervals, limits, certificates, the policy, what a waiver with `max_findings` covers) comes behind all others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct BreachRow {
    pub rule: Cow<'static, str>,
    pub severity: Severity,
    pub from: String,
    pub to: String,
    /// A party, `both`, `capture` or `policy`.
    pub offender: String,
    pub observed: String,
    pub agreed: String,
    /// The line of the clause, where one stands in a file.
    pub line: Option<u32>,
    /// Whether a waiver covers it.
    pub waived: bool,
    /// `message`, `transaction`, `stream` …
    pub subject: Cow<'static, str>,
    pub call_id: Option<String>,
    /// Index into the captures, and the frame that shows it: that of a [`MessageRow`](super::MessageRow) where the subject is one; frame 0
    /// where none shows it.
    pub capture: u32,
    pub frame: u32,
    pub time: Time,
}

impl BreachRow {
    /// Whether it is one of those that a finding folds.
    #[must_use]
    pub fn is_of(&self, finding: &Finding) -> bool {
        // A finding of inferred peers says how many hosts stand behind a name.
        let is = |name: &str, long: &str| name == long || long.strip_prefix(name).is_some_and(|rest| rest.starts_with(" (+"));
        let waived = finding.outcome == FindingOutcome::Waived;
        let line = finding.clause.as_ref().and_then(|clause| clause.line);
        (finding.rule, finding.severity, &finding.observed, &finding.agreed, line, waived)
            == (&self.rule, self.severity, &self.observed, &self.agreed, self.line, self.waived)
            && is(&self.from, &finding.from)
            && is(&self.to, &finding.to)
            && is(&self.offender, &finding.offender)
    }
}

/// A breach that waits for the names of its parties.
#[derive(Clone, Debug)]
pub struct Breached {
    key: Key,
    subject: &'static str,
    call_id: Option<Box<str>>,
    origin: Origin,
    at: Time,
}

impl Breached {
    /// Its place in the order of the capture, and what tells those of one place apart.
    #[must_use]
    pub fn order(&self) -> (Origin, Time, &Key, Option<&str>) {
        (self.origin, self.at, &self.key, self.call_id.as_deref())
    }
}

impl Judge<'_> {
    /// Notes a breach for its row, where someone wants it.
    pub(super) fn note_breach(&mut self, key: &Key, subject: &'static str, call_id: Option<&str>, (origin, at): (Origin, Time)) {
        if self.docket.wants_breaches {
            self.breached.push(Breached { key: key.clone(), subject, call_id: call_id.map(Into::into), origin, at });
        }
    }

    /// The row of a breach, with the names of its parties.
    #[must_use]
    pub fn breach_row(&self, breached: Breached, sides: &Sides) -> Option<BreachRow> {
        let Breached { key, subject, call_id, origin, at } = breached;
        let name = |party: Party| self.policy.party_name(sides.of(party));
        let (from, to) = key.direction.map_or_else(|| ("*".to_owned(), "*".to_owned()), |(from, to)| (name(from), name(to)));
        Some(BreachRow {
            rule: self.docket.rule(key.rule)?.id.into(),
            severity: key.severity,
            from,
            to,
            offender: match key.blame {
                Blame::Party(party) => name(party),
                Blame::Both => "both".to_owned(),
                Blame::Capture => "capture".to_owned(),
                Blame::Policy => "policy".to_owned(),
            },
            observed: key.observed.into_owned(),
            agreed: key.agreed.into_owned(),
            line: key.clause.as_deref().and_then(|clause| clause.line),
            waived: key.waiver.is_some(),
            subject: subject.into(),
            call_id: call_id.map(String::from),
            capture: origin.capture,
            frame: origin.frame,
            time: at,
        })
    }
}
