//! Takes TOML, gives the agreement as it applies to one direction and trunk, never looks at traffic.
//!
//! The way of a policy: `source` → `tree` → `validate`, `references`, `territory` → `merge` of the layers → `reader` and `sections`
//! → [`Policy`]. What a policy may say stands in `schema` alone. Who asks what a policy comes to and why reads it as a [`Document`].

mod agreements;
mod attribution;
mod calendar;
mod clause;
mod declared;
mod difference;
mod document;
mod leaf;
mod level;
mod listed;
mod load;
mod merge;
mod mistake;
mod near;
mod numbers;
mod peers;
#[allow(clippy::module_inception)]
mod policy;
mod profile;
mod reader;
mod references;
mod schema;
mod sections;
mod sense;
mod severity;
mod source;
mod terms;
mod territory;
mod tree;
mod trust;
mod validate;
mod waiver;
mod words;
mod written;

pub use clause::{Clause, Provenance};
pub use difference::{Difference, Weight, differences};
pub use document::{Document, Explained, Explanation, Reading, Setting, Sheet, built_in};
pub use level::{Level, LevelTable};
pub use listed::{ListKind, Listed};
pub use mistake::Style;
pub use numbers::{Beginnings, NumberList, Prefixes};
pub use peers::{Dbe, Party, Peer, PerPeer, Role, Sbe, TrunkGroup, TrunkId};
pub use policy::{KnownRules, Policy, RuleSetting, TrunkFacts};
pub use profile::names as profiles;
#[cfg(test)]
pub(crate) use schema::knows;
pub use schema::{accepts, json_schema};
pub use severity::Severity;
pub use terms::*;
pub use waiver::{BreachFacts, Cover, Waiver};
pub use written::quoted;

#[cfg(test)]
mod tests;
