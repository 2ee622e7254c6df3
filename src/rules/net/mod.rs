//! Takes nothing, gives the rules on IP connectivity, one a file, never a rule of another family.

pub(super) mod ipv_001;
