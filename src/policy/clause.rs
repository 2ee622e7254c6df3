//! Takes a value and where it was agreed, gives both together, never one without the other.

use std::sync::Arc;

use serde::Serialize;

/// Where a value of the policy comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Provenance {
    /// The policy file as named by the user, `profile NAME@VERSION`, or `built-in defaults`.
    pub source: Arc<str>,
    /// The line in it, from 1.
    pub line: Option<u32>,
    /// The key: `sip.methods.REFER`.
    pub path: Arc<str>,
}

/// A value that was agreed, with its provenance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clause<T> {
    /// The value.
    pub value: T,
    /// Where it was agreed.
    pub from: Arc<Provenance>,
}

impl<T> Clause<T> {
    /// `value` as agreed in `from`.
    pub const fn new(value: T, from: Arc<Provenance>) -> Self {
        Self { value, from }
    }

    /// Another reading of the value, agreed in the same place.
    #[must_use]
    pub fn map<U>(&self, reading: impl FnOnce(&T) -> U) -> Clause<U> {
        Clause { value: reading(&self.value), from: Arc::clone(&self.from) }
    }
}
