//! Takes nothing, gives the rules on privacy and topology, one a file, never a rule of another family.

mod internal;

pub(super) mod topo_001;
pub(super) mod topo_002;
