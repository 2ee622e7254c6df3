//! Takes nothing, gives the shape of one m= line with what belongs to it, never another m= line's.

use std::borrow::Cow;
use std::net::IpAddr;
use std::ops::Range;

use super::{Address, Codec};
use crate::base::Span;

/// Who may send (RFC 8866 §6.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Direction {
    #[default]
    SendRecv,
    SendOnly,
    RecvOnly,
    Inactive,
}

impl Direction {
    /// The direction that an attribute of this name sets.
    #[must_use]
    pub const fn of(attribute: &[u8]) -> Option<Self> {
        match attribute {
            b"sendrecv" => Some(Self::SendRecv),
            b"sendonly" => Some(Self::SendOnly),
            b"recvonly" => Some(Self::RecvOnly),
            b"inactive" => Some(Self::Inactive),
            _ => None,
        }
    }

    /// Its attribute.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// One m= line with what belongs to it. Known words are borrowed, so that a usual m= line costs one allocation: its codecs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Where the value of the m= line stands.
    pub line: Span,
    /// audio, video, text, image, message, application … in lower case.
    pub kind: Cow<'static, str>,
    /// The port; 0 refuses or removes the stream, and stands also where it cannot be read.
    pub port: u16,
    /// The transport protocol as written, for example `RTP/AVP`.
    pub proto: Cow<'static, str>,
    /// The formats as codecs, in the order of preference.
    pub codecs: Vec<Codec>,
    /// The connection address that applies: its own or the session's.
    pub address: Option<Address>,
    /// Where the value of the c= line that applies stands.
    pub connection: Option<Span>,
    /// Who may send, its own or the session's attribute.
    pub direction: Direction,
    /// `a=ptime`, in ms.
    pub ptime: Option<u32>,
    /// `a=maxptime`, in ms.
    pub maxptime: Option<u32>,
    /// Whether the m= line cannot be read as one.
    pub unreadable: bool,
    /// Its lines behind the m= line, as indices into [`super::Description::lines`].
    pub lines: Range<usize>,
}

impl Media {
    /// Whether the stream is wanted: its port is not 0.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.port != 0
    }

    /// The connection address as an IP address.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        self.address.as_ref()?.ip()
    }

    /// Whether the address is the old form of hold: 0.0.0.0, `::` or a name below `.invalid` (RFC 3264 §8.4).
    #[must_use]
    pub fn is_blackhole(&self) -> bool {
        self.address.as_ref().is_some_and(Address::is_blackhole)
    }

    /// Whether its formats are RTP payload types.
    #[must_use]
    pub fn is_rtp(&self) -> bool {
        is_rtp(self.proto.as_bytes())
    }
}

/// Whether a transport protocol carries RTP: RTP/AVP, RTP/SAVPF, UDP/TLS/RTP/SAVP … in any case (RFC 8866 §5.14).
pub(super) fn is_rtp(proto: &[u8]) -> bool {
    proto.split(|&b| b == b'/').any(|part| part.eq_ignore_ascii_case(b"RTP"))
}
