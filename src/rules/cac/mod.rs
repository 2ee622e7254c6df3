//! Takes nothing, gives the rules on admission control, one a file, never a rule of another family.

pub(super) mod adm_001;
pub(super) mod bw_001;
pub(super) mod conc_001;
pub(super) mod cps_001;
pub(super) mod cps_002;
pub(super) mod dur_001;
mod excess;
pub(super) mod tps_001;
pub(super) mod usr_001;
