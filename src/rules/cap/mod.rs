//! Takes nothing, gives the rules on the sanity of the capture, one a file, never a rule of another family.

pub(super) mod oneway_001;
