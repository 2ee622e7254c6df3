//! Takes nothing, gives the words of a verdict, never a count (`standards.md` §1.4).

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::Offender;
use crate::base::Span;
use crate::call::Trace;
use crate::policy::{Clause, Level, Provenance, Severity};

/// Why evidence is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum Reason {
    Encrypted,
    Tls13Encrypted,
    Truncated,
    OneWay,
    Clock,
    Boundary,
    SampleTooSmall,
    NoAuxInput,
    OffPath,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Encrypted,
        Self::Tls13Encrypted,
        Self::Truncated,
        Self::OneWay,
        Self::Clock,
        Self::Boundary,
        Self::SampleTooSmall,
        Self::NoAuxInput,
        Self::OffPath,
    ];

    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Tls13Encrypted => "tls13-encrypted",
            Self::Truncated => "truncated",
            Self::OneWay => "one-way",
            Self::Clock => "clock",
            Self::Boundary => "boundary",
            Self::SampleTooSmall => "sample-too-small",
            Self::NoAuxInput => "no-aux-input",
            Self::OffPath => "off-path",
        }
    }
}

/// What a rule says of one subject. A waiver is not the rule's business: it turns a violation into a waived one later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The agreed behaviour was seen.
    Pass,
    /// Nothing was agreed, or the subject is not what the rule speaks of.
    NotApplicable,
    /// Evidence is missing.
    Indeterminate(Reason),
    /// The agreement was broken: at least one breach.
    Violation(Vec<Breach>),
}

impl Verdict {
    /// A violation with one breach.
    #[must_use]
    pub fn breach(breach: Breach) -> Self {
        Self::Violation(vec![breach])
    }

    /// A violation when there are breaches, else a pass.
    #[must_use]
    pub fn of(breaches: Vec<Breach>) -> Self {
        if breaches.is_empty() { Self::Pass } else { Self::Violation(breaches) }
    }
}

/// One breach of the agreement: what was observed and what was agreed. Findings fold breaches of the same rule, direction, offender
/// and `observed` text, so that text names a class ("REFER", "TLS 1.0", "Via: private address"), never a value that every message makes anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Breach {
    /// What was observed.
    pub observed: Cow<'static, str>,
    /// What was agreed, or what the standard says.
    pub agreed: Cow<'static, str>,
    /// The clause of the policy; `None` for conformance rules.
    pub clause: Option<Arc<Provenance>>,
    /// A severity of this sub-case instead of the rule's.
    pub severity: Option<Severity>,
    /// The level of the clause: caps the severity (`standards.md` §6.2).
    pub level: Option<Level>,
    /// Another offender than the rule's.
    pub offender: Option<Offender>,
    /// Where in the text of the message, for message rules: what the report underlines.
    pub at: Option<Span>,
    /// The evidence, for other than message rules: where to look.
    pub exhibit: Option<Box<Trace>>,
    /// The call of the evidence, where the subject has none of its own.
    pub call_id: Option<Box<str>>,
    /// The codec or the header that the breach is about, in registered spelling, for waivers that name one.
    pub about: Option<Cow<'static, str>>,
}

impl Breach {
    /// A breach of a standard: no clause of the policy stands behind it.
    #[must_use]
    pub fn of_standard(observed: impl Into<Cow<'static, str>>, agreed: impl Into<Cow<'static, str>>) -> Self {
        Self { observed: observed.into(), agreed: agreed.into(), ..Self::default() }
    }

    /// A breach of a clause.
    #[must_use]
    pub fn of_clause<T>(clause: &Clause<T>, observed: impl Into<Cow<'static, str>>, agreed: impl Into<Cow<'static, str>>) -> Self {
        Self { clause: Some(Arc::clone(&clause.from)), ..Self::of_standard(observed, agreed) }
    }

    /// A breach of a level: capped as §6.2 says.
    #[must_use]
    pub fn of_level(clause: &Clause<Level>, observed: impl Into<Cow<'static, str>>) -> Self {
        Self { level: Some(clause.value), ..Self::of_clause(clause, observed, clause.value.name()) }
    }

    /// The same breach with a place in the message.
    #[must_use]
    pub fn at(self, at: Span) -> Self {
        Self { at: Some(at), ..self }
    }

    /// The same breach with its evidence.
    #[must_use]
    pub fn seen_in(self, exhibit: &Trace) -> Self {
        Self { exhibit: Some(Box::new(exhibit.clone())), ..self }
    }

    /// The same breach, whose evidence is of this call.
    #[must_use]
    pub fn of_call(self, call_id: &str) -> Self {
        Self { call_id: Some(call_id.into()), ..self }
    }

    /// The same breach with another severity.
    #[must_use]
    pub fn rated(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// The same breach laid at another party.
    #[must_use]
    pub fn by(self, offender: Offender) -> Self {
        Self { offender: Some(offender), ..self }
    }

    /// The same breach about a codec or header.
    #[must_use]
    pub fn about(self, what: impl Into<Cow<'static, str>>) -> Self {
        Self { about: Some(what.into()), ..self }
    }
}
