//! Takes a stream with its place in its call, gives what reports show of it, never how they show it.

use std::cmp::Reverse;

use serde::Serialize;

use super::judge::Judge;
use super::sides::Sides;
use crate::base::Time;
use crate::binding::{Fit, Tied, codec_name};
use crate::media::Weave;
use crate::metrics::Rated;
use crate::policy::Party;
use crate::rules::StreamSubject;

/// A stream as reports show it: a line of `streams.csv`, and of the worst of the HTML report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct StreamRow {
    pub from: String,
    pub to: String,
    /// `None`: no call named either of its ends.
    pub call_id: Option<String>,
    /// `caller` or `callee`.
    pub side: Option<&'static str>,
    /// The m= line of the call, from 1.
    pub line: Option<u16>,
    /// `both ends`, `destination only` (its source is another than signalled) or `source only`.
    pub bound_by: Option<&'static str>,
    pub source: String,
    pub destination: String,
    pub ssrc: String,
    pub begun: Time,
    pub ended: Time,
    pub seconds: f64,
    /// Index into the captures, and the frame of the first packet.
    pub capture: u32,
    pub frame: u32,
    pub codec: String,
    /// Payload types with the packets of each.
    pub payload_types: Vec<(u8, u64)>,
    pub clock_hz: Option<u32>,
    pub clock_source: &'static str,
    pub packet_ms: Option<f64>,
    pub packets: u64,
    pub payload_octets: u64,
    pub expected: u64,
    pub lost: u64,
    pub loss_pct: Option<f64>,
    pub duplicates: u64,
    pub reordered: u64,
    pub restarts: u64,
    pub jitter_mean_ms: Option<f64>,
    pub jitter_max_ms: Option<f64>,
    pub bursts: u64,
    pub longest_loss: u64,
    pub gaps: u64,
    pub longest_gap_ms: Option<f64>,
    pub mos: Option<f64>,
    /// `narrowband` or `wideband`: the two are never compared.
    pub mos_scale: Option<&'static str>,
    pub round_trip_ms: Option<f64>,
    pub rtcp: bool,
    pub digits: u64,
    pub secure: Option<bool>,
    /// `even`, as only a cipher makes it, or `uneven`: the octets of G.711 and G.722.
    pub texture: Option<&'static str>,
    /// Digits as tones in the audio, where somebody listened.
    pub tones: u64,
    /// Seconds of it after the end of its call, where there were any.
    pub after_end_s: Option<f64>,
    /// What happened when: of the worst streams only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<StreamSeries>,
}

/// What happened in a stream when, in intervals of one width.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct StreamSeries {
    pub start: Time,
    pub width_s: f64,
    pub packets: Vec<u32>,
    pub lost: Vec<u32>,
    /// The greatest jitter of each, in ms; 0 where no clock is known.
    pub jitter_ms: Vec<f64>,
}

impl StreamRow {
    /// How bad it is, worst first: by loss, then by jitter, then by what came first.
    #[must_use]
    pub(super) fn badness(&self) -> (Reverse<u64>, Reverse<u64>, Time, String, String, String) {
        let scaled = |value: Option<f64>| value.unwrap_or_default().max(0.0).to_bits();
        let (loss, jitter) = (scaled(self.loss_pct), scaled(self.jitter_max_ms));
        (Reverse(loss), Reverse(jitter), self.begun, self.source.clone(), self.destination.clone(), self.ssrc.clone())
    }
}

impl Judge<'_> {
    /// The row of a stream.
    #[allow(clippy::cast_precision_loss)] // Nanoseconds of a stream as milliseconds.
    pub(super) fn row(&self, tied: &Tied<'_>, subject: &StreamSubject<'_>, sides: &Sides) -> StreamRow {
        let stream = tied.stream;
        let name = |party: Party| self.policy.party_name(sides.of(party));
        let ms = |nanos: i64| nanos as f64 / 1e6;
        let bound = tied.call.map(|(_, bound)| bound);
        let after_end = tied.call.and_then(|(call, _)| call.ended(tied.until)).map(|end| stream.ended.seconds_since(end));
        StreamRow {
            from: name(subject.from),
            to: name(subject.to),
            call_id: tied.call.map(|(call, _)| call.call_id.to_string()),
            side: bound.map(|b| b.side.name()),
            line: bound.map(|b| b.line + 1),
            bound_by: bound.map(|b| match b.fit {
                Fit::Both => "both ends",
                Fit::Destination => "destination only",
                Fit::Source => "source only",
            }),
            source: stream.flow.source.to_string(),
            destination: stream.flow.destination.to_string(),
            ssrc: format!("0x{:08x}", stream.flow.ssrc),
            begun: stream.begun,
            ended: stream.ended,
            seconds: stream.seconds(),
            capture: stream.first.capture,
            frame: stream.first.frame,
            codec: codec_name(subject.codec(), stream.main),
            payload_types: stream.formats.iter().map(|f| (f.payload_type, f.packets)).collect(),
            clock_hz: stream.timing.rate,
            clock_source: stream.timing.source.name(),
            packet_ms: stream.packet_ms(),
            packets: stream.packets,
            payload_octets: stream.payload_octets,
            expected: stream.reception.expected,
            lost: stream.reception.lost_unique,
            loss_pct: stream.loss_percent(),
            duplicates: stream.reception.duplicates,
            reordered: stream.reception.reordered,
            restarts: stream.reception.restarts,
            jitter_mean_ms: stream.jitter.map(|j| j.mean),
            jitter_max_ms: stream.jitter.map(|j| j.max),
            bursts: stream.bursts.bursts,
            longest_loss: stream.bursts.longest_run,
            gaps: stream.gaps.count,
            longest_gap_ms: stream.gaps.longest.iter().map(|gap| gap.to.since(gap.from)).max().map(ms),
            mos: subject.rated.map(Rated::mos),
            mos_scale: subject.rated.map(|rated| match rated {
                Rated::Narrowband(_) => "narrowband",
                Rated::Wideband(_) => "wideband",
            }),
            round_trip_ms: stream.reports.round_trip().map(ms),
            rtcp: stream.reports.first.is_some(),
            digits: stream.digits.count,
            secure: stream.secure,
            texture: stream.texture.and_then(|texture| texture.weave()).map(Weave::name),
            tones: stream.tones.keys,
            after_end_s: after_end.filter(|seconds| *seconds > 0.0),
            series: None,
        }
    }
}

impl StreamSeries {
    /// The series of a stream.
    #[allow(clippy::cast_precision_loss)] // Seconds of a width.
    pub(super) fn of(tied: &Tied<'_>) -> Self {
        let series = &tied.stream.series;
        Self {
            start: series.start,
            width_s: series.width as f64 / 1e9,
            packets: series.intervals.iter().map(|i| i.packets).collect(),
            lost: series.intervals.iter().map(|i| u32::try_from(i.lost).unwrap_or(0)).collect(),
            jitter_ms: series.intervals.iter().map(|i| i.jitter.map_or(0.0, f64::from)).collect(),
        }
    }
}
