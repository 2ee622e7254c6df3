//! Takes TOML, gives the agreement as it applies to one direction and trunk, never looks at traffic.
//!
//! The way of a policy: `source` → `tree` → `validate`, `references`, `territory` → `merge` of the layers → `reader` and `sections`
//! → [`Policy`]. What a policy may say stands in `schema` alone.

mod agreements;
mod attribution;
mod clause;
mod declared;
mod level;
mod load;
mod merge;
mod mistake;
mod near;
mod peers;
#[allow(clippy::module_inception)]
mod policy;
mod profile;
mod reader;
mod references;
mod schema;
mod sections;
mod severity;
mod source;
mod terms;
mod territory;
mod tree;
mod trust;
mod validate;
mod waiver;
mod words;

pub use clause::{Clause, Provenance};
pub use level::{Level, LevelTable};
pub use mistake::Style;
pub use peers::{Dbe, Party, Peer, PerPeer, Role, Sbe, TrunkGroup, TrunkId};
pub use policy::{KnownRules, Policy, RuleSetting, TrunkFacts};
#[cfg(test)]
pub(crate) use schema::knows;
pub use severity::Severity;
pub use terms::*;
pub use waiver::{BreachFacts, Cover, Waiver};

#[cfg(test)]
mod tests;
