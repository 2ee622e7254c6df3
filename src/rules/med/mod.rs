//! Takes nothing, gives the rules on codecs and media, one a file, never a rule of another family.

use crate::policy::Terms;

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

/// Whether any rule asks for the tones in the audio under these terms: digits that may not be there, or a fax that is to go over to T.38.
#[must_use]
pub fn listens_for_tones(terms: &Terms) -> bool {
    terms.media.dtmf.methods.as_ref().is_some_and(mode_002::forbids_tones) || mode_003::switches(&terms.media.fax).is_some()
}
