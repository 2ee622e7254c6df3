//! Takes nothing, gives the rules on signalling transport, one a file, never a rule of another family.

pub(super) mod cert_001;
pub(super) mod cert_002;
pub(super) mod cert_003;
pub(super) mod cert_004;
pub(super) mod cert_005;
pub(super) mod cert_006;
#[cfg(test)]
pub(crate) mod handshake;
pub(super) mod tls_001;
pub(super) mod tls_002;
pub(super) mod tls_003;
pub(super) mod tls_004;
pub(super) mod tls_005;
pub(super) mod tls_006;
pub(super) mod transport_001;
pub(super) mod transport_002;
pub(super) mod transport_003;
pub(super) mod transport_004;
pub(super) mod transport_005;
pub(super) mod transport_006;
mod whom;
