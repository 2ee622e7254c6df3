//! Takes nothing, gives the rules on codecs and media, one a file, never a rule of another family.

pub(super) mod agreement;
pub(super) mod codec_001;
pub(super) mod codec_002;
pub(super) mod codec_003;
pub(super) mod codec_004;
pub(super) mod codec_005;
pub(super) mod codec_006;
pub(super) mod mode_001;
pub(super) mod mode_002;
pub(super) mod mode_003;
pub(super) mod mode_004;
mod parameters;
pub(super) mod rtp_001;
pub(super) mod rtp_002;
pub(super) mod rtp_003;
pub(super) mod rtp_004;
pub(super) mod rtp_005;
#[cfg(test)]
mod scene;
