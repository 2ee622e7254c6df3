//! Takes nothing, gives the rules on accounting, one a file, never a rule of another family.

pub(super) mod ans_001;
pub(super) mod bye_001;
pub(super) mod dur_001;
pub(super) mod pcfa_001;
pub(super) mod pcv_001;
pub(super) mod sid_001;
