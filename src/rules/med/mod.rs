//! Takes nothing, gives the rules on codecs and media, one a file, never a rule of another family.

pub(super) mod agreement;
pub(super) mod codec_001;
pub(super) mod codec_002;
#[cfg(test)]
mod scene;
