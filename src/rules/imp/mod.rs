//! Takes nothing, gives the rules on presence and messaging, one a file, never a rule of another family.

pub(super) mod pidf_001;
mod presence;
pub(super) mod sub_001;
