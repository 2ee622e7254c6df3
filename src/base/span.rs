//! Takes two offsets, gives a place in a text, never holds the text.

/// The half-open range `start..end` of byte offsets into the text that owns it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// The span from `start` to `end`; texts are far below 4 GiB, larger offsets saturate.
    #[must_use]
    #[inline]
    pub fn new(start: usize, end: usize) -> Self {
        #[allow(clippy::cast_possible_truncation)] // saturates before
        let narrow = |n: usize| n.min(u32::MAX as usize) as u32;
        Self { start: narrow(start), end: narrow(end) }
    }

    /// What the span holds of `text`; empty when it lies outside.
    #[must_use]
    #[inline]
    pub fn of(self, text: &[u8]) -> &[u8] {
        text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// How many bytes it covers.
    #[must_use]
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }

    /// Whether it covers nothing.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }
}
