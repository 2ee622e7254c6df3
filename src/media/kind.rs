//! Takes the payload types of a stream, gives whether it is heard or seen, never a codec.

/// What a stream carries, as far as agreements tell streams apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MediaKind {
    /// Sound.
    Audio,
    /// Pictures.
    Video,
    /// Both.
    Other,
}

impl MediaKind {
    /// The kind that static payload types tell (RFC 3551 §6); bit n stands for payload type n. What is dynamic tells nothing.
    #[must_use]
    pub const fn of_payload_types(seen: u128) -> Option<Self> {
        /// PCMU, GSM and G723 to G729.
        const AUDIO: u128 = (1 << 19) - 1;
        /// CelB, JPEG, nv, H261, MPV and H263.
        const VIDEO: u128 = 1 << 25 | 1 << 26 | 1 << 28 | 1 << 31 | 1 << 32 | 1 << 34;
        match (seen & AUDIO != 0, seen & VIDEO != 0) {
            (true, false) => Some(Self::Audio),
            (false, true) => Some(Self::Video),
            (true, true) => Some(Self::Other),
            (false, false) => None,
        }
    }
}
