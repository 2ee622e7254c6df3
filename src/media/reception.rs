//! Takes the sequence numbers of a stream in the order of arrival, gives what was received, lost, doubled and late, never a time.

/// Packets that a sequence number may jump ahead without a new start (RFC 3550 A.1, MAX_DROPOUT).
pub const MAX_DROPOUT: u16 = 3000;

/// Packets that one may be behind the latest (RFC 3550 A.1, MAX_MISORDER).
pub const MAX_MISORDER: u16 = 100;

/// What the sequence numbers of a stream say. Expected and lost are summed over its restarts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reception {
    /// The extended sequence number that its last start began with.
    pub base: u32,
    /// The highest extended sequence number since then.
    pub highest: u32,
    /// Packets that the sender numbered, from the first that was seen to the highest.
    pub expected: u64,
    /// Packets that came, late ones and duplicates among them.
    pub received: u64,
    /// Numbers that never came.
    pub lost_unique: u64,
    /// Packets whose number had come already.
    pub duplicates: u64,
    /// Packets behind a later one, which were not duplicates.
    pub reordered: u64,
    /// New starts of the numbering.
    pub restarts: u64,
    /// Second copies of a packet that a mirror port gave within the time that the policy names; in no other number.
    pub mirrored: u64,
}

impl Reception {
    /// Expected less received: what RFC 3550 A.3 calls lost, negative where duplicates outweigh it.
    #[must_use]
    pub const fn lost(&self) -> i64 {
        self.expected as i64 - self.received as i64
    }
}
