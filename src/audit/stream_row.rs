//! Takes a stream with its place in its call, gives what reports show of it, never how they show it.

use std::cmp::Reverse;

use serde::Serialize;

use super::judge::Judge;
use super::sides::Sides;
use crate::base::{Origin, Time};
use crate::binding::{Bound, CallMedia, Fit, Tied, codec_name};
use crate::media::{Flow, Weave};
use crate::metrics::Rated;
use crate::policy::Party;
use crate::rules::StreamSubject;

/// A stream as reports show it: a line of `streams.csv`, and of the worst of the HTML report. What its kind has not is `None`.
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
    /// Of RTP.
    pub ssrc: Option<String>,
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
    pub clock_source: Option<&'static str>,
    pub packet_ms: Option<f64>,
    pub packets: u64,
    pub payload_octets: u64,
    pub expected: Option<u64>,
    pub lost: Option<u64>,
    pub loss_pct: Option<f64>,
    pub duplicates: Option<u64>,
    pub reordered: Option<u64>,
    pub restarts: Option<u64>,
    pub jitter_mean_ms: Option<f64>,
    pub jitter_max_ms: Option<f64>,
    pub bursts: Option<u64>,
    pub longest_loss: Option<u64>,
    pub gaps: Option<u64>,
    pub longest_gap_ms: Option<f64>,
    pub mos: Option<f64>,
    /// `narrowband` or `wideband`: the two are never compared.
    pub mos_scale: Option<&'static str>,
    pub round_trip_ms: Option<f64>,
    pub rtcp: Option<bool>,
    /// Telephone events; `None` where SRTP would hide them and none shows.
    pub digits: Option<u64>,
    pub secure: Option<bool>,
    /// `even`, as only a cipher makes it, or `uneven`: the octets of G.711 and G.722.
    pub texture: Option<&'static str>,
    /// Digits as tones in the audio, where somebody listened.
    pub tones: Option<u64>,
    /// Seconds of it after the end of its call, where there were any.
    pub after_end_s: Option<f64>,
    /// `RTP`, `UDPTL` or `MSRP`.
    pub kind: &'static str,
    /// The most earlier packets that one carried again (UDPTL, RFC 2198), and lost packets that this brought back.
    pub redundancy: Option<u64>,
    pub recovered: Option<u64>,
    /// Chunks of MSRP that were refused, and messages that were reported as failed.
    pub failures: Option<u64>,
    /// From its beginning until voice-band data took over (ITU-T V.152).
    pub voiceband_after_s: Option<f64>,
    /// How long its telephone events lasted, packets of them that came twice, and those that never ended. Which keys they were is in no report: they may be
    /// a PIN or the number of a card, no rule asks for them, and who must know has the frames.
    pub digits_total_ms: Option<f64>,
    pub digits_mean_ms: Option<f64>,
    pub digits_duplicates: Option<u64>,
    pub digits_unended: Option<u64>,
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
    /// A row of which only its place is known: in its call, on the wire and in time.
    pub(super) fn of(
        call: Option<(&CallMedia, Bound)>,
        flow: &Flow,
        (first, begun, ended): (Origin, Time, Time),
        until: Time,
        (from, to): (Party, Party),
        name: &impl Fn(Party) -> String,
    ) -> Self {
        let bound = call.map(|(_, bound)| bound);
        let after_end = call.and_then(|(call, _)| call.ended(until)).map(|end| ended.seconds_since(end));
        Self {
            from: name(from),
            to: name(to),
            call_id: call.map(|(call, _)| call.call_id.to_string()),
            side: bound.map(|b| b.side.name()),
            line: bound.map(|b| b.line + 1),
            bound_by: bound.map(|b| match b.fit {
                Fit::Both => "both ends",
                Fit::Destination => "destination only",
                Fit::Source => "source only",
            }),
            source: flow.source.to_string(),
            destination: flow.destination.to_string(),
            begun,
            ended,
            seconds: ended.seconds_since(begun),
            capture: first.capture,
            frame: first.frame,
            after_end_s: after_end.filter(|seconds| *seconds > 0.0),
            ..Self::default()
        }
    }

    /// How bad it is, worst first: by loss, then by jitter, then by what came first.
    #[must_use]
    pub(super) fn badness(&self) -> (Reverse<u64>, Reverse<u64>, Time, String, String, String) {
        let scaled = |value: Option<f64>| value.unwrap_or_default().max(0.0).to_bits();
        let (loss, jitter) = (scaled(self.loss_pct), scaled(self.jitter_max_ms));
        (Reverse(loss), Reverse(jitter), self.begun, self.source.clone(), self.destination.clone(), self.ssrc.clone().unwrap_or_default())
    }
}

impl Judge<'_> {
    /// The row of a stream.
    #[allow(clippy::cast_precision_loss)] // Nanoseconds of a stream as milliseconds, ticks of events too.
    pub(super) fn row(&self, tied: &Tied<'_>, subject: &StreamSubject<'_>, sides: &Sides) -> StreamRow {
        let stream = tied.stream;
        let name = |party: Party| self.policy.party_name(sides.of(party));
        let ms = |nanos: i64| nanos as f64 / 1e6;
        let (redundant, secure) = (subject.redundant(), subject.is_secure());
        let dialled = Some(&stream.digits).filter(|digits| digits.count > 0);
        let lasted = dialled.zip(subject.digit_clock()).map(|(digits, clock)| digits.ticks as f64 * 1000.0 / f64::from(clock));
        StreamRow {
            ssrc: Some(format!("0x{:08x}", stream.flow.ssrc)),
            codec: codec_name(subject.codec(), stream.main),
            payload_types: stream.formats.iter().map(|f| (f.payload_type, f.packets)).collect(),
            clock_hz: stream.timing.rate,
            clock_source: Some(stream.timing.source.name()),
            packet_ms: stream.packet_ms(),
            packets: stream.packets,
            payload_octets: stream.payload_octets,
            expected: Some(stream.reception.expected),
            lost: Some(stream.reception.lost_unique),
            loss_pct: stream.loss_percent(),
            duplicates: Some(stream.reception.duplicates),
            reordered: Some(stream.reception.reordered),
            restarts: Some(stream.reception.restarts),
            jitter_mean_ms: stream.jitter.map(|j| j.mean),
            jitter_max_ms: stream.jitter.map(|j| j.max),
            bursts: Some(stream.bursts.bursts),
            longest_loss: Some(stream.bursts.longest_run),
            gaps: Some(stream.gaps.count),
            longest_gap_ms: stream.gaps.longest.iter().map(|gap| gap.to.since(gap.from)).max().map(ms),
            mos: subject.rated.map(Rated::mos),
            mos_scale: subject.rated.map(|rated| match rated {
                Rated::Narrowband(_) => "narrowband",
                Rated::Wideband(_) => "wideband",
            }),
            round_trip_ms: stream.reports.round_trip().map(ms),
            rtcp: Some(stream.reports.first.is_some()),
            digits: (dialled.is_some() || secure != Some(true)).then_some(stream.digits.count),
            secure,
            texture: stream.texture.and_then(|texture| texture.weave()).map(Weave::name),
            tones: Some(stream.tones.keys),
            kind: "RTP",
            redundancy: redundant.map(|format| format.redundancy.into()),
            recovered: redundant.map(|format| format.recovered.min(stream.reception.lost_unique)),
            voiceband_after_s: subject.voiceband().map(|format| format.begun.seconds_since(stream.begun)),
            digits_total_ms: lasted,
            digits_mean_ms: lasted.zip(dialled).map(|(ms, digits)| ms / digits.count as f64),
            digits_duplicates: dialled.map(|digits| digits.duplicates),
            digits_unended: dialled.map(|digits| digits.unended),
            ..StreamRow::of(
                tied.call,
                &stream.flow,
                (stream.first, stream.begun, stream.ended),
                tied.until,
                (subject.from, subject.to),
                &name,
            )
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
