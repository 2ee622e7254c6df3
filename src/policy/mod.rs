//! Takes TOML, gives the agreement as it applies to one direction and trunk, never looks at traffic.

mod clause;
mod level;
mod peers;
#[allow(clippy::module_inception)]
mod policy;
mod severity;
mod terms;

pub use clause::{Clause, Provenance};
pub use level::{Level, LevelTable};
pub use peers::{Dbe, Party, Peer, PerPeer, Role, Sbe, TrunkGroup, TrunkId};
pub use policy::{KnownRules, Policy, RuleSetting, TrunkFacts, Waiver};
pub use severity::Severity;
pub use terms::*;
