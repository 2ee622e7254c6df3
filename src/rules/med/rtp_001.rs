//! Takes a stream that no call owns, gives whether it may pass between the border elements, never what is in it.

use crate::base::seconds;
use crate::binding::Unseen;
use crate::policy::{Peer, Severity};
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, StreamSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "MED-RTP-001",
    name: "media-of-no-session",
    title: "media not tied to any negotiated session",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Global,
    offender: Offender::Sender,
    reference: "RFC 6404 §2; RFC 6406 §6.3",
    keys: &["media.transport.rogue_min_packets"],
    what: "Every stream to or from a declared border element is named by an SDP at one of its ends. Found by content: RTP with consecutive \
           sequence numbers and time stamps that grow, over the agreed number of packets. Streams that were under way when the capture \
           began cannot be judged, nor those that begin where a session has ended (another may have taken its ports unseen), or in a capture that cut SDP.",
    why: "Media that no signalling set up is fraud, an attack on open ports, or a call that is over for one side only; nobody accounts for \
           it.",
    confirm: "Telephony, RTP, RTP Streams in Wireshark; filter `sdp.media.port == PORT` for both ports of the stream: nothing names them.",
    fix: "close media ports with their session on the border element that sends, and open them to the negotiated address only",
    check: Check::Stream(check),
};

/// How long after the beginning of the capture a stream may belong to a call before it: 64·T1 (`standards.md` §1.4).
const EDGE: i64 = seconds(32);

fn check(subject: &StreamSubject<'_>) -> Verdict {
    let Some(clause) = &subject.terms.media.transport.rogue_min_packets else { return Verdict::NotApplicable };
    let (stream, flow) = (subject.stream, &subject.stream.flow);
    let declared = |peer: Option<&Peer>, ip| peer.is_some_and(|p| p.dbe_at(ip).is_some() || p.sbe_at(ip).is_some());
    if subject.call.is_some() {
        return Verdict::Pass;
    }
    if !declared(subject.sender(), flow.source.ip) && !declared(subject.receiver(), flow.destination.ip) {
        return Verdict::NotApplicable;
    }
    if stream.begun.since(subject.start) < EDGE {
        return Verdict::Indeterminate(Reason::Boundary);
    }
    match subject.unseen {
        Some(Unseen::NoSdp) => return Verdict::Indeterminate(Reason::NoAuxInput),
        Some(Unseen::CutSdp) => return Verdict::Indeterminate(Reason::Truncated),
        Some(Unseen::Outlived) => return Verdict::Indeterminate(Reason::Boundary),
        None => {}
    }
    if stream.packets <= u64::from(clause.value) {
        return Verdict::NotApplicable;
    }
    let agreed = format!("at most {} packets that no SDP names", clause.value);
    Verdict::breach(Breach::of_clause(clause, "a stream that no SDP names", agreed).seen_in(&subject.exhibit("")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    const AUDIO: [&str; 2] = ["m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n"];

    fn agreement(passage: Passage) -> Passage {
        passage.declared(|_| ()).agreed(|t| t.media.transport.rogue_min_packets = agreed(50))
    }

    /// A stream between other ports of the border elements than the call's.
    fn rogue() -> Passage {
        agreement(Passage::of(AUDIO[0], AUDIO[1])).with(|s| (s.flow.source.port, s.flow.destination.port) = (4_444, 5_555))
    }

    #[test]
    fn a_stream_that_nobody_named_breaks_it() {
        assert_eq!(observed(&rogue().judge(&RULE)), ["a stream that no SDP names"]);
    }

    #[test]
    fn a_stream_of_a_call_keeps_it() {
        assert_eq!(agreement(Passage::of(AUDIO[0], AUDIO[1])).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn the_edge_of_the_capture_and_few_packets_are_not_judged() {
        assert_eq!(rogue().since(80_000).judge(&RULE), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(
            agreement(Passage::stray()).judge(&RULE),
            Verdict::Indeterminate(Reason::NoAuxInput),
            "no SDP at all: it may be encrypted"
        );
        assert_eq!(rogue().with(|s| s.packets = 50).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
    }
}
