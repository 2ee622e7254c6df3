//! Takes a stream with its codec and what was agreed, gives its estimated quality, never one for a codec that nobody rated.

use crate::binding::Tied;
use crate::media::quality::{self, Conditions, Delay, DelayImpairment, Impairment, Scale, Usage};
use crate::metrics::Rated;
use crate::policy::Terms;
use crate::sdp::{Codec, Description};

/// What a jitter buffer holds where nothing was agreed, in milliseconds (policy key `performance.media.jitter_buffer_ms`).
const BUFFER_MS: f64 = 60.0;

/// The quality that the E-model estimates for a stream (`standards.md` §8.5).
///
/// Half the round trip stands for the one-way delay, on both sides of the tap as far as RTCP tells; where it tells none, the agreed one-way delay
/// stands for it, and where none was agreed, what the packet and the jitter buffer add.
#[allow(clippy::cast_precision_loss)] // Nanoseconds of a round trip as milliseconds.
pub(super) fn rate(tied: &Tied<'_>, terms: &Terms) -> Option<Rated> {
    let (stream, (call, bound)) = (tied.stream, tied.call?);
    let (said, codec) = call.codec_said(bound, stream.main, stream.begun)?;
    let head = stream.format(stream.main).map_or([0; 4], |format| format.head);
    let performance = &terms.performance;
    let impairment = declared(terms, codec, &said.sdp, head).or_else(|| published(codec, &said.sdp, head, stream.comfort_noise > 0))?;
    let round_trip = stream.reports.round_trip().map(|nanos| nanos as f64 / 1e6);
    let packet = stream.packet_ms().unwrap_or(20.0);
    let buffer = performance.jitter_buffer_ms.as_ref().map_or(BUFFER_MS, |c| c.value);
    let assumed = performance.one_way_delay_ms.as_ref().map_or(packet + buffer, |c| c.value);
    let delay = Delay::of(round_trip, packet, buffer, assumed);
    let conditions = Conditions { loss_percent: stream.bursts.percent()?, burst_ratio: stream.bursts.burst_ratio(), delay_ms: delay.ms };
    let model = match terms.metrics.delay_model.as_ref().map(|c| c.value.as_str()) {
        Some("g107-idd") => DelayImpairment::Idd,
        _ => DelayImpairment::ColeRosenbluth,
    };
    let rating = quality::rate(&impairment, &conditions, model)?;
    Some(match rating.scale {
        Scale::Narrowband => Rated::Narrowband(rating.mos),
        Scale::Wideband => Rated::Wideband(rating.mos),
    })
}

fn published(codec: &Codec, sdp: &Description, head: [u8; 4], noise: bool) -> Option<Impairment> {
    let said = |name: &str, value: &str| sdp.fmtp_parameter(codec, name).is_some_and(|v| v.eq_ignore_ascii_case(value.as_bytes()));
    let bit_rate = match codec.name.to_ascii_uppercase().as_str() {
        "AMR-WB" => quality::amr_wb_bit_rate(head, said("octet-align", "1")),
        "G723" => quality::g723_bit_rate(head),
        _ => None,
    };
    // Annex B and annex A are in use unless they are switched off (RFC 4856 §2.1.9, §2.1.5).
    let silence_suppressed = noise
        || match codec.name.to_ascii_uppercase().as_str() {
            "G729" => !said("annexb", "no"),
            "G723" => !said("annexa", "no"),
            _ => false,
        };
    quality::published(&codec.name, Usage { bit_rate, silence_suppressed })
}

/// The values that the policy declares for a codec: `NAME`, or `NAME/kbit` for one of its bit rates.
fn declared(terms: &Terms, codec: &Codec, sdp: &Description, head: [u8; 4]) -> Option<Impairment> {
    let aligned = sdp.fmtp_parameter(codec, "octet-align") == Some(b"1");
    let kbit = match codec.name.to_ascii_uppercase().as_str() {
        "AMR" => amr_kbit(head, aligned),
        "AMR-WB" => quality::amr_wb_bit_rate(head, aligned).map(|rate| f64::from(rate) / 1_000.0),
        _ => None,
    };
    let fits = |key: &str| {
        let (name, mode) = key.split_once('/').map_or((key, None), |(name, mode)| (name, Some(mode)));
        let same_mode = mode.is_none_or(|mode| mode.parse::<f64>().ok().zip(kbit).is_some_and(|(a, b)| (a - b).abs() < 0.01));
        name.eq_ignore_ascii_case(&codec.name) && same_mode
    };
    let (_, clause) = terms.performance.codec_ie.iter().find(|(key, _)| fits(key))?;
    let scale = if codec.clock >= 16_000 || codec.name.eq_ignore_ascii_case("G722") { Scale::Wideband } else { Scale::Narrowband };
    Some(Impairment { ie: clause.value.ie, bpl: clause.value.bpl, scale })
}

/// The bit rate that the first octets of an AMR payload name, in kbit/s, by its frame type (RFC 4867 §4.3, §4.4; 3GPP TS 26.101 table 1a).
fn amr_kbit([first, second, ..]: [u8; 4], octet_aligned: bool) -> Option<f64> {
    let frame_type = if octet_aligned { second >> 3 & 0x0f } else { (first & 0x07) << 1 | second >> 7 };
    [4.75, 5.15, 5.9, 6.7, 7.4, 7.95, 10.2, 12.2].get(usize::from(frame_type)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declared_value_holds_for_its_bit_rate_only() {
        let sdp = Description::parse(b"m=audio 1 RTP/AVP 96\na=rtpmap:96 AMR/8000\na=fmtp:96 octet-align=1\n");
        let codec = &sdp.media()[0].codecs[0];
        let mut terms = Terms::default();
        let value = crate::policy::CodecIe { ie: 5.0, bpl: Some(10.0), source: "agreed".into() };
        let from = crate::policy::Provenance { source: "policy.toml".into(), line: None, path: "x".into() };
        terms.performance.codec_ie.insert("AMR/12.2".into(), crate::policy::Clause::new(value, from.into()));
        // Frame types 7 (12.2 kbit/s) and 4 (7.4 kbit/s) behind the mode request octet.
        let of = |frame_type: u8| declared(&terms, codec, &sdp, [0xf0, frame_type << 3 | 4, 0, 0]).map(|i| (i.ie, i.bpl, i.scale));
        assert_eq!(of(7), Some((5.0, Some(10.0), Scale::Narrowband)));
        assert_eq!(of(4), None);
    }

    #[test]
    fn g729_has_silence_suppression_unless_it_is_switched_off() {
        let ie = |fmtp: &str| {
            let sdp = Description::parse(format!("m=audio 1 RTP/AVP 18\n{fmtp}").as_bytes());
            published(&sdp.media()[0].codecs[0], &sdp, [0; 4], false).map(|i| i.ie)
        };
        assert_eq!((ie(""), ie("a=fmtp:18 annexb=no\n")), (Some(11.0), Some(10.0)));
    }
}
