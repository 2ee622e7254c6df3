//! Takes a stream of a call, gives whether its packets are protected as negotiated, never what they hold.

use crate::media::Look;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, StreamSubject, Verdict};

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
    what: "Packets of a stream that was negotiated as SRTP are longer than the bare frames of its codec by an authentication tag, and those of plain RTP are not: judged by the length \
           of 95 % of the packets, for codecs with frames of one length (G.711, G.722, G.726, G.728, G.729, GSM).",
    why: "The signalling says that the call is encrypted, and everybody on the path can listen; or the receiver gets packets that it cannot play.",
    confirm: "Filter `rtp.ssrc == …` from the frame of the finding and add the column udp.length: 172 octets with UDP header are 20 ms of G.711 in the clear, 182 with a tag of 80 bits.",
    fix: "check the SRTP setting of the sender's gateway on this trunk: it must do what its SDP says",
    check: Check::Stream(check),
};

/// Packets below which lengths say little.
const ENOUGH: u64 = 50;

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
    let breach = |observed, agreed| Verdict::breach(Breach::of_standard(observed, agreed).seen_in(&subject.exhibit("")));
    match (look, secure) {
        (None, _) => Verdict::Indeterminate(Reason::NoAuxInput),
        (Some(Look::Clear), true) => breach("RTP in the clear on an SRTP stream", "SRTP, as negotiated"),
        (Some(Look::Tagged(_)), false) => breach("SRTP on a plain RTP stream", "RTP, as negotiated"),
        (Some(Look::Clear), false) | (Some(Look::Tagged(_)), true) => Verdict::Pass,
    }
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

    #[test]
    fn odd_lengths_cannot_be_judged_and_opportunistic_keys_leave_it_open() {
        assert_eq!(judge("RTP/SAVP", 163, ""), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(judge("RTP/AVP", 170, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n"), Verdict::NotApplicable);
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
    }
}
