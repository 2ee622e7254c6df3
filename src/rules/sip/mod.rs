//! Takes nothing, gives the rules on methods, headers, URIs and responses, one a file, never a rule of another family.

mod header_term;
mod matrix;

pub(super) mod ext_001;
pub(super) mod ext_002;
pub(super) mod hdr_001;
pub(super) mod hdr_002;
pub(super) mod hdr_003;
pub(super) mod hdr_004;
pub(super) mod hdr_005;
pub(super) mod hdr_006;
pub(super) mod hdr_007;
pub(super) mod method_001;
pub(super) mod method_002;
pub(super) mod method_003;
pub(super) mod resp_001;
pub(super) mod resp_002;
pub(super) mod resp_003;
pub(super) mod resp_004;
pub(super) mod uri_001;
pub(super) mod uri_002;
pub(super) mod uri_003;
pub(super) mod uri_004;
