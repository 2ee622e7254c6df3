//! Takes nothing, gives the rules on media security, one a file, never a rule of another family.

pub(super) mod down_001;
pub(super) mod dtls_001;
pub(super) mod dtls_002;
pub(super) mod dtls_003;
pub(super) mod keying;
pub(super) mod keymgmt_001;
pub(super) mod sdes_001;
pub(super) mod sdes_002;
pub(super) mod srtp_001;
pub(super) mod srtp_002;
pub(super) mod srtp_003;
