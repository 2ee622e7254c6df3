//! Takes the blocks of an extended report, gives VoIP metrics and the times of receivers, never the blocks of other kinds.

/// A VoIP metrics block (RFC 3611 §4.7): what the receiver of a stream saw of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoipMetrics {
    /// The source of the stream.
    pub ssrc: u32,
    /// Lost, in 1/256.
    pub loss_rate: u8,
    /// Discarded, in 1/256.
    pub discard_rate: u8,
    /// Lost or discarded inside bursts, in 1/256.
    pub burst_density: u8,
    /// Lost or discarded outside bursts, in 1/256.
    pub gap_density: u8,
    /// Mean duration of bursts, in milliseconds.
    pub burst_ms: u16,
    /// Mean duration of gaps, in milliseconds.
    pub gap_ms: u16,
    /// The latest round trip between the RTP interfaces, in milliseconds.
    pub round_trip_ms: u16,
    /// The delay of the end system, in milliseconds.
    pub end_system_ms: u16,
    /// Signal level in dBm0.
    pub signal: Option<i8>,
    /// Noise level in dBm0.
    pub noise: Option<i8>,
    /// Residual echo return loss, in dB.
    pub echo: Option<u8>,
    /// The Gmin that it used.
    pub gmin: u8,
    /// R factor, 0–100.
    pub r: Option<u8>,
    /// R factor of the network beyond, 0–100.
    pub external_r: Option<u8>,
    /// Listening quality, in tenths, 10–50.
    pub mos_lq: Option<u8>,
    /// Conversational quality, in tenths, 10–50.
    pub mos_cq: Option<u8>,
    /// Receiver configuration: concealment, jitter buffer.
    pub rx_config: u8,
    /// Nominal delay of the jitter buffer, in milliseconds.
    pub buffer_nominal: u16,
    /// The longest that it now is, in milliseconds.
    pub buffer_max: u16,
    /// The longest that it can be, in milliseconds.
    pub buffer_limit: u16,
}
