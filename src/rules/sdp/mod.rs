//! Takes nothing, gives the rules on offer/answer, one a file, never a rule of another family.

pub(super) mod ice_001;
pub(super) mod oa_001;
pub(super) mod oa_002;
pub(super) mod oa_003;
pub(super) mod oa_004;
pub(super) mod oa_005;
pub(super) mod oa_006;
pub(super) mod oa_007;
pub(super) mod oa_008;
mod origin;
pub(super) mod syntax_001;
