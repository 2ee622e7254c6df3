//! Takes a codec as SDP names it, gives what was agreed about it and how a finding spells it, never a verdict.

use std::borrow::Cow;

use crate::policy::{Clause, CodecTerm, Codecs, Level, MediaTerms};
use crate::sdp::{Codec, Description, Media};

/// The terms on the codecs of a media type; only audio and video have any.
pub(in crate::rules) fn terms<'a>(media: &'a MediaTerms, kind: &str) -> Option<&'a Codecs> {
    match kind {
        "audio" => Some(&media.audio),
        "video" => Some(&media.video),
        _ => None,
    }
}

/// The entry that speaks of the codec: same name, and same clock and channels where the entry gives them.
///
/// What only accompanies the call (telephone-event, CN, red …) follows the clock of the codecs beside it, so its name alone decides.
pub(in crate::rules) fn entry<'a>(codecs: &'a Codecs, codec: &Codec) -> Option<&'a CodecTerm> {
    let mut named = codecs.codecs.iter().filter(|t| t.name.eq_ignore_ascii_case(&codec.name));
    let exact = named
        .clone()
        .find(|t| (t.clock == 0 || t.clock == codec.clock) && t.channels.is_none_or(|n| n == codec.channels || is_opus(codec)));
    exact.or_else(|| named.find(|_| !codec.is_primary()))
}

/// The level of the codec, its own or that of everything not listed; `None` where nothing was agreed or the format names no codec.
pub(in crate::rules) fn level<'a>(media: &'a MediaTerms, kind: &str, codec: &Codec) -> Option<&'a Clause<Level>> {
    let codecs = terms(media, kind).filter(|_| !codec.unmapped && codec.clock != 0)?;
    if let Some(entry) = entry(codecs, codec) {
        return Some(&entry.level);
    }
    // Events that [media.dtmf] asks for need no entry of their own.
    let dtmf = &media.dtmf;
    let events = codec.name.eq_ignore_ascii_case("telephone-event")
        && (dtmf.methods.as_ref().is_some_and(|m| m.value.iter().any(|m| m == "rfc4733"))
            || dtmf.level.as_ref().is_some_and(|l| matches!(l.value, Level::Required | Level::Recommended | Level::Supported)));
    codecs.unlisted.as_ref().filter(|_| !events)
}

/// The wanted m= lines of a body that codec terms can speak of, each with its terms.
pub(in crate::rules) fn judged<'a>(media: &'a MediaTerms, sdp: &'a Description) -> impl Iterator<Item = (&'a Media, &'a Codecs)> {
    sdp.media().iter().filter(|m| m.is_active() && m.is_rtp()).filter_map(|m| Some((m, terms(media, &m.kind)?)))
}

/// `NAME/clock[/channels]`, a known name in its registered spelling, any other as sent up to 32 characters.
pub(in crate::rules) fn spelled(codec: &Codec) -> String {
    let known = NAMES.iter().find(|n| n.eq_ignore_ascii_case(&codec.name)).map(|n| Cow::Borrowed(*n));
    let name = known.unwrap_or_else(|| word(&codec.name).into());
    Codec { name, ..codec.clone() }.to_string()
}

/// A word of SDP as a finding may print it.
pub(in crate::rules) fn word(text: &str) -> String {
    let printable = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-_.+*,=:".contains(&b));
    if printable { text.get(..32).unwrap_or(text).to_owned() } else { "an unreadable word".to_owned() }
}

fn is_opus(codec: &Codec) -> bool {
    codec.name.eq_ignore_ascii_case("opus")
}

/// Encoding names as IANA registers them (RTP Payload Format Media Types), as far as voice and video over SIP use them.
const NAMES: &[&str] = &[
    "PCMU",
    "PCMA",
    "PCMU-WB",
    "PCMA-WB",
    "G722",
    "G7221",
    "G723",
    "G726-16",
    "G726-24",
    "G726-32",
    "G726-40",
    "AAL2-G726-32",
    "G728",
    "G729",
    "G729D",
    "G729E",
    "G7291",
    "GSM",
    "GSM-EFR",
    "GSM-HR-08",
    "iLBC",
    "AMR",
    "AMR-WB",
    "AMR-WB+",
    "EVS",
    "EVRC",
    "EVRC0",
    "EVRC1",
    "EVRCB",
    "EVRCWB",
    "EVRCNW",
    "opus",
    "speex",
    "SILK",
    "L8",
    "L16",
    "L24",
    "LPC",
    "DVI4",
    "QCELP",
    "MP4A-LATM",
    "mpeg4-generic",
    "telephone-event",
    "tone",
    "CN",
    "red",
    "rtx",
    "ulpfec",
    "clearmode",
    "H261",
    "H263",
    "H263-1998",
    "H263-2000",
    "H264",
    "H264-SVC",
    "H265",
    "VP8",
    "VP9",
    "AV1",
    "MPV",
    "MP4V-ES",
    "JPEG",
    "t140",
    "t38",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{agreed, clause};

    fn codec(rtpmap: &str) -> Codec {
        Description::parse(format!("m=audio 1 RTP/AVP 96\na=rtpmap:96 {rtpmap}\n").as_bytes()).media()[0].codecs[0].clone()
    }

    fn term(name: &str, clock: u32, level: Level) -> CodecTerm {
        CodecTerm { name: name.into(), clock, channels: None, level: clause(level), ptime_ms: None, fmtp: Default::default() }
    }

    #[test]
    fn entries_match_by_name_and_clock_and_events_by_name() {
        let mut media = MediaTerms::default();
        media.audio.codecs = vec![term("AMR-WB", 16_000, Level::Supported), term("telephone-event", 8_000, Level::Required)];
        media.audio.unlisted = agreed(Level::Forbidden);
        let level = |media: &MediaTerms, rtpmap: &str| level(media, "audio", &codec(rtpmap)).map(|c| c.value);
        assert_eq!(level(&media, "amr-wb/16000"), Some(Level::Supported));
        assert_eq!(level(&media, "AMR-WB/8000"), Some(Level::Forbidden));
        assert_eq!(level(&media, "telephone-event/48000"), Some(Level::Required));
        media.audio.codecs.clear();
        assert_eq!(level(&media, "telephone-event/8000"), Some(Level::Forbidden));
        media.dtmf.methods = agreed(vec!["rfc4733".into()]);
        assert_eq!(level(&media, "telephone-event/8000"), None);
    }

    #[test]
    fn findings_spell_names_as_registered_and_never_print_junk() {
        assert_eq!(spelled(&codec("pcma/8000")), "PCMA/8000");
        assert_eq!(spelled(&codec("OPUS/48000/2")), "opus/48000/2");
        assert_eq!(spelled(&codec("X-Mine/8000")), "X-Mine/8000");
        assert_eq!(spelled(&codec("<script>/8000")), "an unreadable word/8000");
    }
}
