//! Takes nothing, gives the rules on dialogs, one a file, never a rule of another family.

pub(super) mod contact_001;
pub(super) mod cseq_001;
pub(super) mod rel_001;
pub(super) mod state_001;
pub(super) mod tag_001;
pub(super) mod timer_001;
pub(super) mod timer_002;
