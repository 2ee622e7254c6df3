//! Takes an SDP body, gives how its RTP streams want to agree on keys, never the keys.

use smallvec::SmallVec;

use crate::sdp::{Description, Media};

/// Ways to agree on SRTP keys, as the policy names them.
pub(super) type Methods = SmallVec<[&'static str; 2]>;

/// Each wanted RTP stream with the ways that its own attributes and those of the session name.
pub(super) fn streams(sdp: &Description) -> impl Iterator<Item = (&Media, Methods)> {
    let of_session = named(sdp, sdp.session_lines());
    sdp.media().iter().filter(|m| m.is_active() && m.is_rtp()).map(move |media| {
        let mut methods = named(sdp, media.lines.clone());
        if is_dtls(media) {
            methods.push("dtls-srtp");
        }
        methods.extend(of_session.iter().copied());
        methods.sort_unstable();
        methods.dedup();
        (media, methods)
    })
}

/// RFC 4568 §4, RFC 8122 §5, RFC 4567 §3, RFC 6189 §8.
fn named(sdp: &Description, lines: std::ops::Range<usize>) -> Methods {
    if !sdp.is_keyed() {
        return Methods::new();
    }
    let has = |name: &[u8]| sdp.attributes(lines.clone(), name).next().is_some();
    let attributes: [(&[u8], _); 4] = [(b"crypto", "sdes"), (b"fingerprint", "dtls-srtp"), (b"key-mgmt", "mikey"), (b"zrtp-hash", "zrtp")];
    attributes.into_iter().filter(|(name, _)| has(name)).map(|(_, method)| method).collect()
}

/// Whether the transport is SRTP, however its keys are agreed: RTP/SAVP, RTP/SAVPF, UDP/TLS/RTP/SAVP …
pub(super) fn is_srtp(media: &Media) -> bool {
    names(media, "/SAVP")
}

/// Whether the transport is DTLS-SRTP (RFC 5764 §8).
pub(super) fn is_dtls(media: &Media) -> bool {
    names(media, "/TLS/")
}

/// Whether the transport has `part` in it, in any case.
fn names(media: &Media, part: &str) -> bool {
    // Plain RTP is what most carry.
    media.proto != "RTP/AVP" && media.proto.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Whether m= lines may share a transport and its keys (RFC 9143).
pub(super) fn is_bundled(sdp: &Description) -> bool {
    sdp.attributes(sdp.session_lines(), b"group").any(|value| value.starts_with(b"BUNDLE"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_of_both_levels() {
        let body = "a=fingerprint:sha-256 AB\nm=audio 1 RTP/SAVP 0\na=crypto:1 x inline:AA\nm=audio 0 RTP/SAVP 0\na=key-mgmt:mikey AA\nm=image 1 udptl t38\n";
        let sdp = Description::parse(body.as_bytes());
        let all: Vec<_> = streams(&sdp).map(|(_, methods)| methods.to_vec()).collect();
        assert_eq!(all, [["dtls-srtp", "sdes"]]);
        let dtls = Description::parse(b"m=audio 1 UDP/TLS/RTP/SAVPF 0\n");
        assert_eq!(streams(&dtls).map(|(m, methods)| (is_srtp(m), methods.to_vec())).collect::<Vec<_>>(), [(true, vec!["dtls-srtp"])]);
    }
}
