//! Takes nothing, gives the model of a finished RTP stream, never measures one.

use super::bursts::Bursts;
use super::clock::{Clock, ClockSource};
use super::digits::Digits;
use super::gaps::Gaps;
use super::jitter::Jitter;
use super::lengths::Lengths;
use super::pace::Pace;
use super::reception::Reception;
use super::reports::Reports;
use super::runs::Flow;
use super::series::Series;
use super::texture::Texture;
use super::tones::Tones;
use crate::base::{Origin, Time};
use crate::packet::Carried;

/// The packets of one synchronisation source from one endpoint to another, until a minute of silence or a new start after a pause.
///
/// A stream is what was sent, as it passed the tap: nothing in it depends on signalling but `clock`, `jitter` and `secure`, which SDP may decide.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// From where, to where, whose.
    pub flow: Flow,
    /// The frame of its first packet.
    pub first: Origin,
    /// The frame of its last packet.
    pub last: Origin,
    /// When the first packet passed.
    pub begun: Time,
    /// When the last packet passed.
    pub ended: Time,
    /// The running clock at its last packet: a minute later it was over.
    pub clock: Time,
    /// RTP packets, copies of a mirror port left out.
    pub packets: u64,
    /// Octets of IP in them: header, UDP, RTP, payload (standards.md §8.4, bandwidth).
    pub ip_octets: u64,
    /// Octets of payload in them.
    pub payload_octets: u64,
    /// The payload types, by number.
    pub formats: Vec<Format>,
    /// The payload type of most packets that are neither telephone events nor comfort noise.
    pub main: u8,
    /// What its sequence numbers say.
    pub reception: Reception,
    /// The clock of `main`.
    pub timing: Clock,
    /// How often the sender set its time stamps anew while the sequence numbers went on.
    pub breaks: u64,
    /// Interarrival jitter; `None` where no clock is known, or one at which it was not kept.
    pub jitter: Option<Jitter>,
    /// The same at each rate that the clock may have: see [`Stream::agree`].
    pub(super) jitters: Vec<(u32, Jitter)>,
    /// The rate that lateness was judged by.
    pub(super) live_rate: Option<u32>,
    /// Losses and discards, as bursts and gaps.
    pub bursts: Bursts,
    /// Where nothing came for long.
    pub gaps: Gaps,
    /// The median step of the time stamp between consecutive packets, in units of the clock.
    pub step: Option<u32>,
    /// Packets with the marker bit.
    pub markers: u64,
    /// Packets of comfort noise (RFC 3389).
    pub comfort_noise: u64,
    /// Telephone events (RFC 4733).
    pub digits: Digits,
    /// How even the octets of its payloads are, where it is G.711 or G.722.
    pub texture: Option<Texture>,
    /// Signalling tones in its audio, where the policy makes somebody listen for them.
    pub tones: Tones,
    /// How its packets were carried: code point, VLAN, tunnels.
    pub carried: Carried,
    /// Packets whose padding or extension runs over their end (RFC 3550 §5.1, §5.3.1); the padding of SRTP cannot be read, and may seem to.
    pub malformed: u64,
    /// Packets that list contributing sources: a mixer made them.
    pub mixed: u64,
    /// What happened when, for charts.
    pub series: Series,
    /// What passed in each second; nothing where nobody asks.
    pub pace: Pace,
    /// What RTCP said of it.
    pub reports: Reports,
    /// Whether SDP that named an end of it asked for SRTP; `None` if no SDP named one.
    pub secure: Option<bool>,
}

/// The packets of one payload type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Format {
    /// The payload type, 0–127.
    pub payload_type: u8,
    /// How many.
    pub packets: u64,
    /// Octets of payload in them.
    pub octets: u64,
    /// The frame of the first.
    pub first: Origin,
    /// The frame of the last.
    pub last: Origin,
    /// When the first passed.
    pub begun: Time,
    /// When the last passed.
    pub ended: Time,
    /// The first four octets of the first payload that had them: an AMR frame type, for one.
    pub head: [u8; 4],
    /// The most earlier packets that one carried again, by the form of its payload: only SDP tells whether it is redundancy (RFC 2198).
    pub redundancy: u8,
    /// Lost packets that the redundancy of the next brought again, if it is that.
    pub recovered: u64,
    /// How long the payloads are, which shows whether a tag of SRTP was added.
    pub lengths: Lengths,
    /// Whether its packets are telephone events by their content.
    pub events: bool,
}

impl Stream {
    /// Learns from SDP at which rate the clock of `main` runs.
    pub fn agree(&mut self, rate: u32) {
        if rate > 0 {
            self.timing = Clock { rate: Some(rate), source: ClockSource::Sdp, ..self.timing };
            self.settle();
        }
    }

    /// Takes what was measured at the rate of the clock, and leaves what was measured at another.
    pub(super) fn settle(&mut self) {
        let rate = self.timing.rate;
        self.jitter = self.jitters.iter().find(|(kept, _)| Some(*kept) == rate).map(|&(_, jitter)| jitter);
        self.bursts.lateness = self.live_rate == rate && rate.is_some();
        if self.live_rate != rate {
            self.series.forget_jitter();
        }
    }

    /// Seconds from the first packet to the last.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.ended.seconds_since(self.begun)
    }

    /// Milliseconds of media in a packet, where the clock is known.
    #[must_use]
    pub fn packet_ms(&self) -> Option<f64> {
        let (step, rate) = self.step.zip(self.timing.rate)?;
        Some(f64::from(step) * 1000.0 / f64::from(rate))
    }

    /// Packets that never came, in percent of those that should have; `None` if none should have.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn loss_percent(&self) -> Option<f64> {
        let Reception { expected, lost_unique, .. } = self.reception;
        (expected > 0).then(|| lost_unique as f64 * 100.0 / expected as f64)
    }

    /// The format of a payload type.
    #[must_use]
    pub fn format(&self, payload_type: u8) -> Option<&Format> {
        self.formats.iter().find(|f| f.payload_type == payload_type)
    }
}
