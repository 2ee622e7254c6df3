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
