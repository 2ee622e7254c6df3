//! Takes nothing, gives the rules on performance, one a file, never a rule of another family.

pub(super) mod isa_001;
pub(super) mod jit_001;
pub(super) mod loss_001;
pub(super) mod mos_001;
pub(super) mod ner_001;
pub(super) mod opt_001;
pub(super) mod reg_001;
pub(super) mod rtt_001;
pub(super) mod scr_001;
pub(super) mod sdd_001;
pub(super) mod sdt_001;
pub(super) mod seer_001;
pub(super) mod ser_001;
pub(super) mod srd_001;
pub(super) mod srd_002;
pub(super) mod threshold;
