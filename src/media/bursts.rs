//! Takes which packets were received, lost or came too late, in the order of sequence numbers, gives bursts and gaps, never a time.

/// Received packets in a row that end a burst (RFC 3611 §4.7.2, Gmin).
pub const GMIN: u64 = 16;

/// Losses and discards as bursts and gaps (RFC 3611 §4.7.2), counted in packets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bursts {
    /// Packets that are judged: received once, or lost.
    pub packets: u64,
    /// Of these, lost.
    pub lost: u64,
    /// Of these, received too late to be played.
    pub discarded: u64,
    /// Bursts.
    pub bursts: u64,
    /// Packets in bursts.
    pub burst_packets: u64,
    /// Packets in bursts that were lost or discarded.
    pub burst_events: u64,
    /// Stretches outside bursts.
    pub gaps: u64,
    /// Rows of packets that were lost or discarded, each counted once: a loss run.
    pub runs: u64,
    /// The longest of them.
    pub longest_run: u64,
}
