//! Takes nothing, gives the rules on identity, one a file, never a rule of another family.

pub(super) mod from_001;
pub(super) mod pai_001;
