//! Takes a payload type with its rtpmap and fmtp, gives the codec it names, never guesses a dynamic one (RFC 3551 §6).

use std::borrow::Cow;
use std::fmt;

use crate::base::Span;

/// A codec as a format of an m= line names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codec {
    /// The payload type, or `None` where the format is no number (T.38, MSRP).
    pub payload_type: Option<u8>,
    /// The encoding name as sent; the format token where there is no rtpmap and no static assignment.
    pub name: Cow<'static, str>,
    /// The RTP clock rate in Hz; 0 where unknown.
    pub clock: u32,
    /// The channels, 1 by default.
    pub channels: u8,
    /// Where the value of its `a=fmtp`, without the format, stands; [`super::Description::fmtp`] reads it.
    pub fmtp: Option<Span>,
    /// Whether the number is dynamic and no rtpmap says what it means.
    pub unmapped: bool,
    /// Where it is named: the value of its rtpmap line, else its token in the m= line.
    pub at: Span,
}

impl Codec {
    /// Whether both name the same codec: encoding name in any case, clock and channels (`standards.md` §5.3.4).
    #[must_use]
    pub fn same(&self, other: &Self) -> bool {
        self.clock == other.clock && self.channels == other.channels && self.name.eq_ignore_ascii_case(&other.name)
    }

    /// Writes what it displays: it is written for each call, so without the machinery of formatting.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl fmt::Write) -> fmt::Result {
        out.write_str(&self.name)?;
        if self.clock > 0 {
            out.write_str("/")?;
            out.write_str(itoa::Buffer::new().format(self.clock))?;
        }
        if self.clock > 0 && self.channels != 1 {
            out.write_str("/")?;
            out.write_str(itoa::Buffer::new().format(self.channels))?;
        }
        Ok(())
    }

    /// Whether it carries the call, rather than events, noise or redundancy beside it.
    #[must_use]
    pub fn is_primary(&self) -> bool {
        !["telephone-event", "CN", "red", "rtx", "ulpfec", "flexfec-03", "tone"].iter().any(|aux| aux.eq_ignore_ascii_case(&self.name))
    }
}

/// `NAME/clock` or `NAME/clock/channels`.
impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// The encoding name, clock and channels of a static payload type (RFC 3551 §6, tables 4 and 5).
#[must_use]
pub const fn static_codec(payload_type: u8) -> Option<(&'static str, u32, u8)> {
    Some(match payload_type {
        0 => ("PCMU", 8_000, 1),
        3 => ("GSM", 8_000, 1),
        4 => ("G723", 8_000, 1),
        5 => ("DVI4", 8_000, 1),
        6 => ("DVI4", 16_000, 1),
        7 => ("LPC", 8_000, 1),
        8 => ("PCMA", 8_000, 1),
        // The clock is 8000 although G.722 samples at 16000 (RFC 3551 §4.5.2).
        9 => ("G722", 8_000, 1),
        10 => ("L16", 44_100, 2),
        11 => ("L16", 44_100, 1),
        12 => ("QCELP", 8_000, 1),
        13 => ("CN", 8_000, 1),
        14 => ("MPA", 90_000, 1),
        15 => ("G728", 8_000, 1),
        16 => ("DVI4", 11_025, 1),
        17 => ("DVI4", 22_050, 1),
        18 => ("G729", 8_000, 1),
        25 => ("CelB", 90_000, 1),
        26 => ("JPEG", 90_000, 1),
        28 => ("nv", 90_000, 1),
        31 => ("H261", 90_000, 1),
        32 => ("MPV", 90_000, 1),
        33 => ("MP2T", 90_000, 1),
        34 => ("H263", 90_000, 1),
        _ => return None,
    })
}

/// Words that SDP of the field is made of: they are borrowed, not copied. A match finds one in a few steps, where a list would be walked.
macro_rules! usual {
    ($token:expr, $($text:literal)*) => { match std::str::from_utf8($token) { $(Ok($text) => Some($text),)* _ => None } };
}

/// The word as text, borrowed where it is a usual one; bytes that are no UTF-8 are replaced.
#[rustfmt::skip]
pub(super) fn word(token: &[u8]) -> Cow<'static, str> {
    let usual = usual!(token,
        "audio" "video" "image" "text" "message"
        "application" "RTP/AVP" "RTP/SAVP" "RTP/AVPF"
        "RTP/SAVPF" "UDP/TLS/RTP/SAVP" "UDP/TLS/RTP/SAVPF"
        "udptl" "UDPTL" "TCP/MSRP" "t38" "PCMU" "PCMA"
        "G722" "G729" "telephone-event" "CN" "AMR" "AMR-WB"
        "EVS" "opus" "iLBC" "GSM" "G726-32" "speex"
        "SPEEX" "SILK" "H264" "VP8" "rtx" "red" "ulpfec"
    );
    usual.map_or_else(|| Cow::Owned(String::from_utf8_lossy(token).into_owned()), Cow::Borrowed)
}
