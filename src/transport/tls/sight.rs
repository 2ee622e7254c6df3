//! Takes what a handshake message may hold, gives whether a tap could see it, never takes "hidden" for "absent".

/// What a tap knows of a part of a handshake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight<T> {
    /// It was seen.
    Seen(T),
    /// Its place was seen, and it was not there.
    Absent,
    /// It is encrypted, and no key fits (all of TLS 1.3 behind ServerHello, and renegotiation).
    Hidden,
    /// The capture does not hold its place, or the handshake did not get so far.
    #[default]
    Unseen,
}

impl<T> Sight<T> {
    /// What was seen, if it was.
    #[must_use]
    pub const fn seen(&self) -> Option<&T> {
        match self {
            Self::Seen(it) => Some(it),
            _ => None,
        }
    }

    /// Whether it was seen to be missing.
    #[must_use]
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether encryption hides it.
    #[must_use]
    pub const fn is_hidden(&self) -> bool {
        matches!(self, Self::Hidden)
    }
}
