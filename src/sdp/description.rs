//! Takes a parsed body, gives every line of it and the media it describes, never changes (RFC 8866).

use std::ops::Range;
use std::sync::Arc;

use super::{Codec, Direction, Media, SdpFlaw, parse, scan};
use crate::base::Span;

/// Names of attributes are told apart by so much of their length; none that is registered is longer.
pub(super) const NAME: usize = 255;

/// One line: its type letter and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// The letter before `=`; 0 where the line is not `letter=value`.
    pub kind: u8,
    /// How long the name of an attribute is, as far as it counts; 0 on other lines.
    pub(super) name_len: u8,
    /// The value without line end and trailing white space; the whole line where `kind` is 0.
    pub value: Span,
}

/// A session description that owns its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    pub(super) text: Box<[u8]>,
    pub(super) lines: Vec<Line>,
    /// Whether any attribute of it agrees on media keys.
    pub(super) keyed: bool,
    pub(super) media: Vec<Media>,
    pub(super) flaws: Vec<SdpFlaw>,
    pub(super) cut: bool,
    /// Whether an m= line follows that is half cut off itself.
    pub(super) begins_more: bool,
}

impl Description {
    /// Takes a body, gives what can be read of it; never fails, the flaws say what is wrong.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        parse::description(body)
    }

    /// The same of a body of which the capture may hold the beginning only.
    #[must_use]
    pub fn cut_short(self, cut: bool) -> Self {
        Self { cut, ..self }
    }

    /// Whether the capture holds its beginning only: what is absent may have been there, and the last line may be half of what was sent.
    #[must_use]
    pub const fn is_cut(&self) -> bool {
        self.cut
    }

    /// The same without its last line, where that may be half of what was sent.
    #[must_use]
    pub fn whole_lines(self: &Arc<Self>) -> Arc<Self> {
        if !self.cut || self.text.ends_with(b"\n") {
            return Arc::clone(self);
        }
        let end = memchr::memrchr(b'\n', &self.text).map_or(0, |at| at + 1);
        let begins_more = self.lines.last().is_some_and(|line| line.kind == b'm');
        Arc::new(Self { cut: true, begins_more, ..Self::parse(self.text.get(..end).unwrap_or_default()) })
    }

    /// Whether the capture holds its session part to the end.
    #[must_use]
    pub const fn has_whole_session(&self) -> bool {
        !self.cut || self.begins_more || !self.media.is_empty()
    }

    /// Whether the capture holds this m= section of it to the end.
    #[must_use]
    pub const fn is_whole(&self, media: &Media) -> bool {
        !self.cut || self.begins_more || media.lines.end < self.lines.len()
    }

    /// Who may send on this m= line of it, unless that may stand in what the capture cut off.
    #[must_use]
    pub fn direction(&self, media: &Media) -> Option<Direction> {
        let says_so = |line: &Line| line.kind == b'a' && Direction::of(self.at(line.value)).is_some();
        (self.is_whole(media) || self.range(media.lines.clone()).any(says_so)).then_some(media.direction)
    }

    /// How many of its m= sections the capture holds to their ends.
    #[must_use]
    pub fn whole_sections(&self) -> usize {
        self.media.len().saturating_sub(usize::from(self.cut && !self.begins_more))
    }

    /// The session part and the first `count` m= sections alone: nothing of them is cut where there are more.
    #[must_use]
    pub fn beginning(&self, count: usize) -> Self {
        let next = self.media.get(count).and_then(|media| self.lines.get(media.lines.start.checked_sub(1)?));
        let end = next.map_or(self.text.len(), |line| (line.value.start as usize).saturating_sub(2));
        Self::parse(self.text.get(..end).unwrap_or_default())
    }

    /// Whether any attribute of it agrees on media keys: `crypto`, `fingerprint`, `key-mgmt` or `zrtp-hash`.
    #[must_use]
    pub const fn is_keyed(&self) -> bool {
        self.keyed
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

    /// Whether it says the same as `other` but for the o= lines; `None` where the capture cut off what would tell. Both are of whole lines.
    #[must_use]
    pub fn same_but_origin(&self, other: &Self) -> Option<bool> {
        fn content(d: &Description) -> impl Iterator<Item = (u8, &[u8])> {
            d.lines.iter().filter(|l| l.kind != b'o' && l.kind != 0).map(|l| (l.kind, d.at(l.value)))
        }
        let (mut own, mut others) = (content(self), content(other));
        loop {
            let (same, may_go_on) = match (own.next(), others.next()) {
                (Some(line), Some(another)) if line == another => continue,
                (Some(_), Some(_)) => (false, false),
                (Some(_), None) => (false, other.cut),
                (None, Some(_)) => (false, self.cut),
                (None, None) => (true, self.cut || other.cut),
            };
            return (!may_go_on).then_some(same);
        }
    }

    /// How many m= lines it has, or at least has where it is cut.
    #[must_use]
    pub fn media_lines(&self) -> usize {
        self.media.len() + usize::from(self.begins_more)
    }

    /// Every line, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The m= lines, in order, those that cannot be read too.
    #[must_use]
    pub fn media(&self) -> &[Media] {
        &self.media
    }

    /// What is wrong.
    #[must_use]
    pub fn flaws(&self) -> &[SdpFlaw] {
        &self.flaws
    }

    /// The lines before the first m= line, as indices into [`Self::lines`].
    #[must_use]
    pub fn session_lines(&self) -> Range<usize> {
        0..self.media.first().map_or(self.lines.len(), |m| m.lines.start.saturating_sub(1))
    }

    /// The value of the first session-level line of this type.
    #[must_use]
    pub fn session_line(&self, kind: u8) -> Option<&[u8]> {
        self.range(self.session_lines()).find(|l| l.kind == kind).map(|l| self.at(l.value))
    }

    /// The values of an attribute (`a=name:value`) among some lines, a flag as an empty value.
    pub fn attributes<'a>(&'a self, lines: Range<usize>, name: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.attribute_lines(lines, name).map(|(_, value)| value)
    }

    /// The same, each with where the whole line's value stands.
    pub fn attribute_lines<'a>(&'a self, lines: Range<usize>, name: &'a [u8]) -> impl Iterator<Item = (Span, &'a [u8])> {
        self.range(lines).filter(move |l| l.kind == b'a' && usize::from(l.name_len) == name.len().min(NAME)).filter_map(move |l| {
            let (key, value) = scan::cut(self.at(l.value), b':');
            (key == name).then_some((l.value, value.trim_ascii()))
        })
    }

    /// The value of the codec's `a=fmtp`, without the format; empty where it has none.
    #[must_use]
    pub fn fmtp(&self, codec: &Codec) -> &[u8] {
        codec.fmtp.map_or(&[], |span| self.at(span))
    }

    /// The value of one parameter of the codec's fmtp, names compared in any case.
    #[must_use]
    pub fn fmtp_parameter<'a>(&'a self, codec: &Codec, name: &str) -> Option<&'a [u8]> {
        self.fmtp(codec).split(|&b| b == b';').find_map(|parameter| {
            let (key, value) = scan::cut(parameter, b'=');
            key.trim_ascii().eq_ignore_ascii_case(name.as_bytes()).then_some(value.trim_ascii())
        })
    }

    fn range(&self, lines: Range<usize>) -> impl Iterator<Item = &Line> {
        self.lines.get(lines).unwrap_or_default().iter()
    }
}
