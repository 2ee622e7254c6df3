//! Takes nothing, gives the rules on transactions, one a file, never a rule of another family.

pub(super) mod ack_001;
pub(super) mod cancel_001;
pub(super) mod retx_001;
pub(super) mod retx_002;
pub(super) mod stray_001;
pub(super) mod timeout_001;
pub(super) mod timeout_002;
