//! Takes the payload lengths of the main payload type, gives how they are spread, never what is inside.

/// Lengths that are counted apart.
pub const KEPT: usize = 6;

/// The payload lengths of a stream. A codec of fixed frames shows in them whether an authentication tag was added (RFC 3711 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lengths {
    /// The first lengths that were seen, with the packets of each; unused where that is 0.
    pub seen: [(u16, u64); KEPT],
    /// Packets of other lengths.
    pub other: u64,
}

/// What the lengths say of the protection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Bare frames of the codec, with nothing added.
    Clear,
    /// Frames of the codec with so many octets more.
    Tagged(u16),
}
