//! Takes nothing, gives the rules on privacy and topology, one a file, never a rule of another family.

mod internal;
mod privacy;

pub(super) mod auth_001;
pub(super) mod id_001;
pub(super) mod id_002;
pub(super) mod topo_001;
pub(super) mod topo_002;
pub(super) mod topo_003;
