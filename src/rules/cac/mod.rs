//! Takes nothing, gives the rules on admission control, one a file, never a rule of another family.

pub(super) mod bw_001;
pub(super) mod conc_001;
pub(super) mod cps_001;
pub(super) mod cps_002;
mod excess;
