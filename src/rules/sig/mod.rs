//! Takes nothing, gives the rules on signalling transport, one a file, never a rule of another family.

pub(super) mod transport_001;
pub(super) mod transport_002;
pub(super) mod transport_003;
pub(super) mod transport_006;
