//! Takes an SDP body, gives every line of it and the media it describes, never stops at a line it does not know (RFC 8866).

use std::net::IpAddr;

use super::Codec;
use crate::base::Span;

/// One line: its type letter and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The letter before `=`.
    pub kind: u8,
    /// The value, without the line end.
    pub value: Span,
}

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

/// What is wrong with a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SdpFlawKind {
    /// A mandatory line (v, o, s, t) is missing or stands out of order.
    Mandatory,
    /// An active m= line without c= at either level.
    NoConnection,
    /// An m= line that cannot be read.
    BadMedia,
    /// A line that is not `letter=value`.
    BadLine,
    /// A line ends in LF alone; tolerated.
    BareLf,
    /// An attribute that cannot be read where its grammar is needed (rtpmap, ptime …).
    BadAttribute,
}

/// A flaw and its place in the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SdpFlaw {
    /// What is wrong.
    pub kind: SdpFlawKind,
    /// Where, in the body.
    pub at: Span,
}

/// One m= line with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Media {
    /// Where the value of the m= line stands.
    pub line: Span,
    /// audio, video, text, image, message, application … in lower case.
    pub kind: String,
    /// The port; 0 refuses or removes the stream.
    pub port: u16,
    /// The transport protocol, for example `RTP/AVP`.
    pub proto: String,
    /// The formats as codecs, in the order of preference.
    pub codecs: Vec<Codec>,
    /// The connection address that applies: its own or the session's, as written.
    pub address: Option<String>,
    /// Who may send, its own or the session's attribute.
    pub direction: Direction,
    /// `a=ptime`, in ms.
    pub ptime: Option<u32>,
    /// `a=maxptime`, in ms.
    pub maxptime: Option<u32>,
    /// Its lines behind the m= line, as indices into [`Description::lines`].
    pub lines: std::ops::Range<usize>,
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
        self.address.as_deref()?.parse().ok()
    }

    /// Whether the address is the old form of hold: 0.0.0.0 or `::` (RFC 3264 §8.4).
    #[must_use]
    pub fn is_blackhole(&self) -> bool {
        self.ip().is_some_and(|ip| ip.is_unspecified())
    }
}

/// A session description that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub(super) text: Box<[u8]>,
    pub(super) lines: Vec<Line>,
    pub(super) media: Vec<Media>,
    pub(super) flaws: Vec<SdpFlaw>,
}

impl Description {
    /// Takes a body, gives what can be read of it; never fails, the flaws say what is wrong.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        Self { text: body.into(), lines: Vec::new(), media: Vec::new(), flaws: Vec::new() }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// What `span` covers.
    #[must_use]
    pub fn at(&self, span: Span) -> &[u8] {
        span.of(&self.text)
    }

    /// Every line, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The m= lines, in order.
    #[must_use]
    pub fn media(&self) -> &[Media] {
        &self.media
    }

    /// What is wrong.
    #[must_use]
    pub fn flaws(&self) -> &[SdpFlaw] {
        &self.flaws
    }

    /// The value of the first session-level line of this type.
    #[must_use]
    pub fn session_line(&self, kind: u8) -> Option<&[u8]> {
        let end = self.media.first().map_or(self.lines.len(), |m| m.lines.start.saturating_sub(1));
        self.lines.iter().take(end).find(|l| l.kind == kind).map(|l| self.at(l.value))
    }

    /// The values of an attribute (`a=name:value`) among some lines, a flag as an empty value.
    pub fn attributes<'a>(&'a self, lines: std::ops::Range<usize>, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.lines.get(lines).unwrap_or_default().iter().filter_map(move |l| {
            let value = self.at(l.value);
            let (key, rest) =
                value.iter().position(|&b| b == b':').map_or((value, &value[value.len()..]), |i| (&value[..i], &value[i + 1..]));
            (l.kind == b'a' && key == name).then_some(rest)
        })
    }
}
