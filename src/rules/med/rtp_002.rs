//! Takes a stream, gives whether it passes between the addresses that its call named, never whether these are declared.

use crate::base::seconds;
use crate::binding::{Fit, Said};
use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, StreamSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "MED-RTP-002",
    name: "media-from-another-address",
    title: "media source differs from the signalled address",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 4961; RFC 7362; RFC 3264 §6.1",
    keys: &["media.transport.symmetric_rtp"],
    what: "A stream comes from the address where its sender wants to receive, and where symmetric RTP is required from that port too; and \
           it goes to where its receiver wants it. A receiver that latches on to what comes in shows as such.",
    why: "Filters that open for the signalled address only block the media; a receiver that latches on to any source can be made to send \
           the call to a stranger.",
    confirm: "Filter `rtp.ssrc == …` from the frame of the finding and compare ip.src, udp.srcport and ip.dst with c= and m= of both SDPs.",
    fix: "anchor the media at the address that the sender signals, and send from the port that it receives on",
    check: Check::Stream(check),
};

/// How far media may be ahead of the SDP that names it.
const AHEAD: i64 = seconds(2);

fn check(subject: &StreamSubject<'_>) -> Verdict {
    let Some((call, bound)) = subject.call else { return Verdict::NotApplicable };
    let flow = &subject.stream.flow;
    // What names the other end may be out of sight: then nothing differs. Nobody sends to an address that he was not told before.
    let until = if bound.fit == Fit::Source { subject.stream.begun } else { subject.until };
    let named =
        |side| call.lines(side, bound, until).filter_map(|(_, media)| media.ip()).filter(|ip| !ip.is_unspecified()).collect::<Vec<_>>();
    let other = if bound.fit == Fit::Source { bound.side.other() } else { bound.side };
    // Other m= lines and candidates stand behind the rest of a body.
    let is_cut = |said: &Said| said.side == other && said.is_with(bound.hop, bound.tag) && said.at <= until && said.sdp.is_cut();
    if bound.fit != Fit::Both && call.said.iter().any(is_cut) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let held = call.accords(bound.hop, bound.tag).map(|(since, ..)| since).take_while(|since| *since <= subject.stream.begun).last();
    let in_doubt = held.is_some_and(|since| call.holds_until(bound.hop, bound.tag, since) <= subject.stream.begun.plus(AHEAD));
    match bound.fit {
        Fit::Both => Verdict::Pass,
        _ if in_doubt => Verdict::Indeterminate(Reason::NoAuxInput),
        Fit::Source => match named(bound.side.other()).as_slice() {
            [] => Verdict::Indeterminate(Reason::NoAuxInput),
            _ => Verdict::breach(
                Breach::of_standard("media sent to another address than signalled", "the address of the receiver's SDP")
                    .seen_in(&subject.exhibit("")),
            ),
        },
        Fit::Destination => {
            let addresses = named(bound.side);
            if addresses.is_empty() {
                return Verdict::Indeterminate(Reason::NoAuxInput);
            }
            if !addresses.contains(&flow.source.ip) {
                let breach = Breach::of_standard("media from another address than signalled", "the address of the sender's SDP");
                return Verdict::breach(breach.seen_in(&subject.exhibit("")));
            }
            let wanted = subject.terms.media.transport.symmetric_rtp.as_ref();
            match wanted.filter(|c| matches!(c.value, Level::Required | Level::Recommended)) {
                Some(clause) => {
                    Verdict::breach(Breach::of_level(clause, "media from another port than signalled").seen_in(&subject.exhibit("")))
                }
                None => Verdict::Pass,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    fn audio() -> Passage {
        Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n")
            .agreed(|t| t.media.transport.symmetric_rtp = agreed(Level::Required))
    }

    #[test]
    fn other_addresses_and_ports_break_it() {
        let from = |ip: [u8; 4], port| audio().with(|s| (s.flow.source.ip, s.flow.source.port) = (ip.into(), port)).judge(&RULE);
        assert_eq!(observed(&from([203, 0, 113, 9], 4_000)), ["media from another address than signalled"]);
        assert_eq!(observed(&from([192, 0, 2, 70], 4_002)), ["media from another port than signalled"]);
        let to = audio().with(|s| s.flow.destination.ip = [203, 0, 113, 9].into()).judge(&RULE);
        assert_eq!(observed(&to), ["media sent to another address than signalled"]);
    }

    #[test]
    fn the_signalled_ones_keep_it() {
        assert_eq!(audio().judge(&RULE), Verdict::Pass);
        let loose = audio().with(|s| s.flow.source.port = 4_002).agreed(|t| t.media.transport.symmetric_rtp = None);
        assert_eq!(loose.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn strays_are_not_judged_and_unknown_ends_cannot_be() {
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
        let held = Passage::of("m=audio 4000 RTP/AVP 8\nc=IN IP4 0.0.0.0\n", "m=audio 5000 RTP/AVP 8\n");
        assert_eq!(held.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
    }
}
