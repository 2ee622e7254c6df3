//! Takes the policy and the sides that were inferred, gives how parties are called in the report, never decides who they are.

use crate::audit::Sides;
use crate::policy::{Party, Policy};

/// How parties are called in the report.
pub(super) struct Names<'a> {
    pub(super) policy: &'a Policy,
    pub(super) sides: &'a Sides,
}

impl Names<'_> {
    pub(super) fn of(&self, party: Party) -> String {
        match party {
            Party::Host(ip) => self.sides.name(ip),
            _ => self.policy.party_name(party),
        }
    }

    pub(super) fn direction(&self, from: Party, to: Party) -> String {
        format!("{} → {}", self.of(from), self.of(to))
    }
}
