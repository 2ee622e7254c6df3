//! Takes a codec's fmtp and the agreed parameters, gives those that conflict, never a verdict.

use crate::policy::{Clause, CodecTerm};
use crate::sdp::{Codec, Description};

use super::agreement::word;

/// A parameter with another value than agreed.
pub(super) struct Conflict<'a> {
    /// `name=value` as sent, or what its absence means.
    pub(super) observed: String,
    /// `name=value` as agreed.
    pub(super) agreed: String,
    /// Where it was agreed.
    pub(super) clause: &'a Clause<String>,
}

/// The parameters of `codec` that conflict with its entry. What a parameter means when it is left out counts in an offer; an answer that leaves it
/// out goes along with the offer.
pub(super) fn conflicts<'a>(term: &'a CodecTerm, sdp: &Description, codec: &Codec, offer: bool) -> impl Iterator<Item = Conflict<'a>> {
    term.fmtp.iter().filter_map(move |(name, clause)| {
        let sent = sdp.fmtp_parameter(codec, name).map(|v| String::from_utf8_lossy(v).into_owned());
        let (value, note) = match sent {
            Some(value) => (value, ""),
            None => (default(&codec.name, name).filter(|_| offer)?.to_owned(), " (default)"),
        };
        let differs = !value.trim().eq_ignore_ascii_case(clause.value.trim());
        differs.then(|| Conflict { observed: format!("{name}={}{note}", word(&value)), agreed: format!("{name}={}", clause.value), clause })
    })
}

/// What a codec parameter that is left out means.
fn default(codec: &str, parameter: &str) -> Option<&'static str> {
    let codec = codec.to_ascii_lowercase();
    Some(match (codec.as_str(), parameter.to_ascii_lowercase().as_str()) {
        // RFC 4856 §2.1.9 and §2.1.5.
        ("g729", "annexb") | ("g723", "annexa") => "yes",
        // RFC 4867 §8.1 and §8.2.
        ("amr" | "amr-wb", "octet-align" | "crc" | "robust-sorting") => "0",
        ("amr" | "amr-wb", "mode-change-capability") => "1",
        // RFC 3952 §5.
        ("ilbc", "mode") => "30",
        // RFC 7587 §6.1.
        ("opus", "usedtx" | "useinbandfec" | "cbr" | "stereo" | "sprop-stereo") => "0",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Level;
    use crate::rules::med::scene::term;
    use crate::rules::scene::clause;

    fn observed(rtpmap: &str, fmtp: &str, agreed: (&str, &str), offer: bool) -> Vec<String> {
        let sdp = Description::parse(format!("m=audio 1 RTP/AVP 96\na=rtpmap:96 {rtpmap}\n{fmtp}").as_bytes());
        let mut term = term("x", 0, Level::Supported);
        term.fmtp.insert(agreed.0.into(), clause(agreed.1.into()));
        conflicts(&term, &sdp, &sdp.media()[0].codecs[0], offer).map(|c| c.observed).collect()
    }

    #[test]
    fn values_conflict_and_absence_means_the_default() {
        let annexb = ("annexb", "no");
        assert_eq!(observed("G729/8000", "a=fmtp:96 annexb=yes\n", annexb, true), ["annexb=yes"]);
        assert_eq!(observed("G729/8000", "a=fmtp:96 AnnexB=No\n", annexb, true), [""; 0]);
        // RFC 4856 §2.1.9: the annex is in use unless it is switched off.
        assert_eq!(observed("g729/8000", "", annexb, true), ["annexb=yes (default)"]);
        assert_eq!(observed("G729/8000", "", annexb, false), [""; 0]);
        assert_eq!(observed("AMR/8000", "", ("mode-set", "0,2"), true), [""; 0]);
        assert_eq!(observed("AMR/8000", "a=fmtp:96 mode-set=7; octet-align=1\n", ("mode-set", "0,2"), true), ["mode-set=7"]);
    }
}
