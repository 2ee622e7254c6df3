//! Takes arrivals and time stamps of one clock, gives the interarrival jitter at the tap, never the receiver's.

/// Interarrival jitter of a stream (RFC 3550 §6.4.1), in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Jitter {
    /// The mean of the estimator over the packets.
    pub mean: f64,
    /// Its greatest value.
    pub max: f64,
    /// Its value after the last packet.
    pub last: f64,
}
