//! Takes nothing, gives the rules on the sanity of the capture, one a file, never a rule of another family.

pub(super) mod clock_001;
pub(super) mod loss_001;
pub(super) mod oneway_001;
pub(super) mod opaque_001;
