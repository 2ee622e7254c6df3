//! Takes nothing, gives the rules on the policy itself, one a file, never a rule of another family.

pub(super) mod stale_001;
pub(super) mod valid_001;
pub(super) mod waiver_001;
