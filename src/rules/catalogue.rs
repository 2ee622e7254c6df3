//! Takes nothing, gives the list of rules, never a rule's content.

use super::Rule;

/// Every rule that runs, in the order of the catalogue.
#[must_use]
pub const fn all() -> &'static [&'static Rule] {
    ALL
}

static ALL: &[&Rule] = &[];

/// The rule with this id.
#[must_use]
pub fn find(id: &str) -> Option<&'static Rule> {
    all().iter().copied().find(|r| r.id == id)
}

/// Every id of the catalogue, those that do not run yet too: what a policy may name.
pub static KNOWN: &[&str] = &[];
