//! Takes nothing, gives the columns of the table of streams, never a row of it.

use super::{Column, Table};
use crate::audit::StreamRow;

type C = Column<StreamRow>;

/// The table of streams.
#[must_use]
pub fn streams() -> Table<StreamRow> {
    Table {
        name: "streams",
        version: 1,
        row: "a media stream, of a call or of none: the RTP packets of one SSRC from one address and port to another, a fax over UDPTL, or what one end of an MSRP session sent",
        order: "in the order in which the streams ended, those of one moment by their first packet",
        columns: [place(), packets(), quality(), beside()].into_iter().flatten().collect(),
    }
}

fn place() -> Vec<C> {
    vec![
        C::text("from", "peer, or inferred side, that sent it", |r| (&r.from).into()).few(),
        C::text("to", "peer, or inferred side, to which it was sent", |r| (&r.to).into()).few(),
        C::maybe_text("call_id", "Call-ID of its call; null: no call named either of its ends", |r| r.call_id.as_deref().map(Into::into)),
        C::maybe_text("side", "`caller` or `callee`: who sent it", |r| r.side.map(Into::into)).few(),
        C::maybe_whole("line", "m= line of the call, from 1", |r| r.line.map(Into::into)).few(),
        C::maybe_text(
            "bound_by",
            "what of it its call named: `both ends`, `destination only` (its source is another than signalled) or `source only`",
            |r| r.bound_by.map(Into::into),
        )
        .few(),
        C::text("source", "address and port that sent it", |r| (&r.source).into()),
        C::text("destination", "address and port to which it was sent", |r| (&r.destination).into()),
        C::maybe_text("ssrc", "synchronization source of RTP, hexadecimal", |r| r.ssrc.as_deref().map(Into::into)),
        C::time("begun", "first packet", |r| r.begun),
        C::time("ended", "last packet", |r| r.ended),
        C::real("seconds", "first to last packet", |r| r.seconds).unit("s"),
        C::whole("capture", "file of the first packet: its place among the captures, from 0", |r| r.capture.into()).few(),
        C::whole("frame", "frame of the first packet in that file, from 1", |r| r.frame.into()),
    ]
}

fn packets() -> Vec<C> {
    vec![
        C::text("codec", "codec that most packets have, with its clock rate", |r| (&r.codec).into()).few(),
        C::text("payload_types", "payload types with the packets of each: `0:1500 101:12`", |r| {
            let types: Vec<String> = r.payload_types.iter().map(|(number, packets)| format!("{number}:{packets}")).collect();
            types.join(" ").into()
        }),
        C::maybe_whole("clock_hz", "rate of the RTP clock", |r| r.clock_hz.map(Into::into)).unit("Hz").few(),
        C::maybe_text("clock_source", "where that rate is known from", |r| r.clock_source.map(Into::into)).few(),
        C::maybe_real("packet_ms", "audio in a packet", |r| r.packet_ms).unit("ms").few(),
        C::whole("packets", "RTP or UDPTL packets, copies of a mirror port left out; chunks of MSRP", |r| r.packets),
        C::whole("payload_octets", "octets of RTP payload, of UDPTL, or in chunks of MSRP", |r| r.payload_octets).unit("octets"),
        C::maybe_whole("expected", "packets that the sender numbered, from the first seen to the highest", |r| r.expected),
        C::maybe_whole("lost", "of those, packets that never came", |r| r.lost),
        C::maybe_real("loss_pct", "lost packets of those expected", |r| r.loss_pct).unit("%"),
        C::maybe_whole("duplicates", "packets whose number had come already", |r| r.duplicates),
        C::maybe_whole("reordered", "packets that came behind a later one", |r| r.reordered),
        C::maybe_whole("restarts", "times that the sequence numbers began anew", |r| r.restarts).few(),
        C::maybe_real("jitter_mean_ms", "mean interarrival jitter (RFC 3550 §6.4.1)", |r| r.jitter_mean_ms).unit("ms"),
        C::maybe_real("jitter_max_ms", "greatest interarrival jitter", |r| r.jitter_max_ms).unit("ms"),
    ]
}

fn quality() -> Vec<C> {
    vec![
        C::maybe_whole("bursts", "bursts of loss (RFC 3611 §4.7.2)", |r| r.bursts),
        C::maybe_whole("longest_loss", "most packets lost in a row", |r| r.longest_loss),
        C::maybe_whole("gaps", "times in which nothing came for 200 ms or more", |r| r.gaps),
        C::maybe_real("longest_gap_ms", "the longest of them", |r| r.longest_gap_ms).unit("ms"),
        C::maybe_real("mos", "estimated MOS (ITU-T G.107, G.107.1)", |r| r.mos).unit("1–5"),
        C::maybe_text("mos_scale", "`narrowband` or `wideband`: the two are never compared", |r| r.mos_scale.map(Into::into)).few(),
        C::maybe_real("round_trip_ms", "round trip by RTCP, of both sides of the tap", |r| r.round_trip_ms).unit("ms"),
        C::maybe_truth("rtcp", "whether any RTCP was about it", |r| r.rtcp),
        C::maybe_whole("digits", "telephone events (RFC 4733); null: none shows, and SRTP would hide them", |r| r.digits).few(),
        C::maybe_truth(
            "secure",
            "whether its call agreed on SRTP or SDP that named an end of it asked for it; null: none named one",
            |r| r.secure,
        ),
        C::maybe_text("texture", "octets of G.711 and G.722: `even`, as only a cipher makes them, or `uneven`", |r| {
            r.texture.map(Into::into)
        })
        .few(),
        C::maybe_whole("tones", "DTMF digits as tones in the audio, where the policy made somebody listen", |r| r.tones).few(),
        C::maybe_real("after_end_s", "how long it went on after the end of its call", |r| r.after_end_s).unit("s"),
    ]
}

fn beside() -> Vec<C> {
    vec![
        C::text("kind", "`RTP`, `UDPTL` or `MSRP`; what a kind has not is null", |r| r.kind.into()).few(),
        C::maybe_whole("redundancy", "the most earlier packets that one carried again (UDPTL, RFC 2198)", |r| r.redundancy).few(),
        C::maybe_whole("recovered", "lost packets that this brought back", |r| r.recovered),
        C::maybe_whole("failures", "chunks of MSRP that were refused, and messages that were reported as failed", |r| r.failures),
        C::maybe_real("voiceband_after_s", "from its beginning until voice-band data took over (ITU-T V.152)", |r| r.voiceband_after_s)
            .unit("s"),
        C::maybe_real("digits_total_ms", "how long its telephone events lasted, all together", |r| r.digits_total_ms).unit("ms"),
        C::maybe_real("digits_mean_ms", "how long one of them lasted", |r| r.digits_mean_ms).unit("ms"),
        C::maybe_whole("digits_duplicates", "packets of them whose number had come already", |r| r.digits_duplicates).few(),
        C::maybe_whole("digits_unended", "those that never said that they were over (E bit)", |r| r.digits_unended).few(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_json_has_its_column() {
        let value = serde_json::to_value(StreamRow::default()).unwrap();
        let mut keys: Vec<&str> = value.as_object().unwrap().keys().map(String::as_str).collect();
        let mut names: Vec<&str> = streams().columns.iter().map(|column| column.name).collect();
        keys.sort_unstable();
        names.sort_unstable();
        assert_eq!(keys, names);
    }
}
