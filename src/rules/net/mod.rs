//! Takes nothing, gives the rules on IP connectivity, one a file, never a rule of another family.

pub(super) mod dbe_001;
pub(super) mod dbe_002;
pub(super) mod dscp_001;
pub(super) mod enc_001;
pub(super) mod ipv_001;
pub(super) mod sbe_001;
pub(super) mod sbe_002;
pub(super) mod sbe_003;
