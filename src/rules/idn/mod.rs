//! Takes nothing, gives the rules on identity, one a file, never a rule of another family.

pub(super) mod div_001;
pub(super) mod from_001;
pub(super) mod list_001;
pub(super) mod num_001;
pub(super) mod num_002;
pub(super) mod pai_001;
pub(super) mod pai_002;
pub(super) mod stir_001;
pub(super) mod stir_002;
pub(super) mod stir_003;
pub(super) mod stir_004;
pub(super) mod stir_005;
pub(super) mod stir_006;
