//! Takes a stream of a call, gives whether its packets are protected as negotiated, never what they hold.

use crate::media::{Look, Weave};
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, StreamSubject, Verdict};

use crate::sdp::Description;

use super::keying::{is_srtp, streams};

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-SRTP-002",
    name: "wire-contradicts-negotiation",
    title: "wire contradicts the negotiated protection",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3711 §3.1; RFC 7714",
    keys: &["media.security.srtp"],
    what: "Packets of a stream that was negotiated as SRTP are longer than the bare frames of its codec by an authentication tag, and \
           those of plain RTP are not: judged by the length of 95 % of the packets, for codecs with frames of one length (G.711, G.722, \
           G.726, G.728, G.729, GSM). Octets of G.711 and G.722 that came under SRTP are as even as only a cipher makes them (chi-squared \
           over samples of at least 100 packets), tag or not; unless both sides agreed not to encrypt.",
    why: "The signalling says that the call is encrypted, and everybody on the path can listen; or the receiver gets packets that it \
           cannot play.",
    confirm: "Filter `rtp.ssrc == …` from the frame of the finding and add the column udp.length: 172 octets with UDP header are 20 ms of \
           G.711 in the clear, 182 with a tag of 80 bits.",
    fix: "check the SRTP setting of the sender's gateway on this trunk: it must do what its SDP says",
    check: Check::Stream(check),
};

/// Packets below which lengths say little.
const ENOUGH: u64 = 50;

/// Packets below which their octets do.
const SHOWN: u64 = 100;

fn check(subject: &StreamSubject<'_>) -> Verdict {
    let stream = subject.stream;
    let Some((call, bound)) = subject.call else { return Verdict::NotApplicable };
    let line = |side| call.line(side, bound, stream.ended);
    let (Some((said, own)), Some((_, other))) = (line(bound.side), line(bound.side.other())) else { return Verdict::NotApplicable };
    if !own.is_rtp() || stream.packets < ENOUGH {
        return Verdict::NotApplicable;
    }
    let secure = is_srtp(own) && is_srtp(other);
    // Keys beside RTP/AVP (RFC 8643) leave it open, and so does a change under way.
    let keyed = streams(&said.sdp).any(|(media, methods)| media.line == own.line && !methods.is_empty());
    if !secure && (keyed || is_srtp(own) || is_srtp(other)) {
        return Verdict::NotApplicable;
    }
    let look = subject.codec().zip(stream.step).and_then(|(codec, step)| stream.format(stream.main)?.lengths.look(&codec.name, step));
    let weave = stream.texture.filter(|_| stream.packets >= SHOWN).and_then(|texture| texture.weave());
    let breach = |observed, agreed| Verdict::breach(Breach::of_standard(observed, agreed).seen_in(&subject.exhibit("")));
    match (look, weave, secure) {
        (Some(Look::Clear), _, true) => breach("RTP in the clear on an SRTP stream", "SRTP, as negotiated"),
        (_, Some(Weave::Uneven), true) if !unencrypted(&said.sdp) => {
            breach("payload in the clear on an SRTP stream", "SRTP, as negotiated")
        }
        (Some(Look::Tagged(_)), Some(Weave::Uneven), false) => Verdict::Indeterminate(Reason::NoAuxInput),
        (Some(Look::Tagged(_)), _, false) => breach("SRTP on a plain RTP stream", "RTP, as negotiated"),
        (Some(Look::Clear), _, false) | (Some(Look::Tagged(_)), _, true) | (None, Some(Weave::Even), true) => Verdict::Pass,
        (None, ..) => Verdict::Indeterminate(Reason::NoAuxInput),
    }
}

/// Whether a description says that nothing is encrypted (RFC 4568 §6.3.2), or names a suite that does not.
fn unencrypted(sdp: &Description) -> bool {
    let says =
        |line: &[u8]| String::from_utf8_lossy(line).split_whitespace().any(|word| word == "UNENCRYPTED_SRTP" || word.starts_with("NULL"));
    let lines = sdp.media().iter().flat_map(|media| sdp.attributes(media.lines.clone(), b"crypto"));
    lines.chain(sdp.attributes(sdp.session_lines(), b"crypto")).any(says)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::passage::Passage;
    use crate::rules::scene::observed;

    /// G.711 in packets of 20 ms with payloads of this length, on lines of this transport.
    fn judge(proto: &str, length: u16, attributes: &str) -> Verdict {
        let line = |port: u16| format!("m=audio {port} {proto} 8\n{attributes}");
        Passage::of(&line(4_000), &line(5_000)).with(|s| s.formats[0].lengths.seen[0] = (length, 500)).judge(&RULE)
    }

    #[test]
    fn clear_packets_on_srtp_and_tagged_ones_on_rtp_break_it() {
        assert_eq!(observed(&judge("RTP/SAVP", 160, "")), ["RTP in the clear on an SRTP stream"]);
        // Ten octets of tag: AES_CM_128_HMAC_SHA1_80 (RFC 4568 §6.2.1).
        assert_eq!(observed(&judge("RTP/AVP", 170, "")), ["SRTP on a plain RTP stream"]);
    }

    #[test]
    fn what_was_negotiated_keeps_it() {
        assert_eq!(judge("RTP/SAVP", 170, ""), Verdict::Pass);
        assert_eq!(judge("UDP/TLS/RTP/SAVPF", 176, ""), Verdict::Pass);
        assert_eq!(judge("RTP/AVP", 160, ""), Verdict::Pass);
    }

    /// The same with these octets in 200 of its packets.
    fn woven(proto: &str, length: u16, octets: impl Fn(u8) -> u8, attributes: &str) -> Verdict {
        let line = |port: u16| format!("m=audio {port} {proto} 8\n{attributes}");
        let mut texture = crate::media::Texture::default();
        (0..200u8).for_each(|n| texture.on(n.into(), &std::array::from_fn(|i| octets(n.wrapping_mul(16).wrapping_add(i as u8)))));
        let stream = |s: &mut crate::media::Stream| (s.formats[0].lengths.seen[0], s.texture) = ((length, 500), Some(texture));
        Passage::of(&line(4_000), &line(5_000)).with(stream).judge(&RULE)
    }

    #[test]
    fn octets_show_what_a_tag_hides() {
        let (even, silence) = (|n: u8| n.wrapping_mul(77), |_: u8| 0xd5);
        assert_eq!(observed(&woven("RTP/SAVP", 170, silence, "")), ["payload in the clear on an SRTP stream"]);
        assert_eq!(observed(&woven("RTP/SAVP", 163, silence, "")), ["payload in the clear on an SRTP stream"]);
        let bare = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA UNENCRYPTED_SRTP\n";
        assert_eq!(
            [woven("RTP/SAVP", 170, even, ""), woven("RTP/SAVP", 163, even, ""), woven("RTP/SAVP", 170, silence, bare)],
            [const { Verdict::Pass }; 3]
        );
        assert_eq!(woven("RTP/AVP", 170, silence, ""), Verdict::Indeterminate(Reason::NoAuxInput), "longer, and yet in the clear");
    }

    #[test]
    fn odd_lengths_cannot_be_judged_and_opportunistic_keys_leave_it_open() {
        assert_eq!(judge("RTP/SAVP", 163, ""), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(judge("RTP/AVP", 170, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n"), Verdict::NotApplicable);
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
    }
}
