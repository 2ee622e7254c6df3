//! Takes a stream, gives whether its receiver named the payload types in it, never which codec they stand for.

use crate::media::{Format, Stream};
use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, StreamSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "MED-CODEC-006",
    name: "payload-type-not-negotiated",
    title: "RTP payload type was not negotiated for this direction",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3264 §5.1, §6.1, §7",
    keys: &[],
    what: "Every payload type of a stream stands on the m= line of the SDP that its receiver sent (the sender uses the numbers of the SDP \
           that it received), from half a second and a round trip after that SDP on.",
    why: "The receiver does not know what such packets are: it discards them or plays noise, and nobody hears anything.",
    confirm: "Filter `rtp.ssrc == …` from the frame of the finding, add the column rtp.p_type and compare it with the m= line of the \
           receiver's SDP.",
    fix: "have the sender's gateway send with the payload types of the SDP that it received",
    check: Check::Stream(check),
};

/// How long after an SDP its receiver may still go by the one before, beside a round trip, in nanoseconds.
const GRACE: i64 = 500_000_000;

fn check(subject: &StreamSubject<'_>) -> Verdict {
    let Some((call, bound)) = subject.call else { return Verdict::NotApplicable };
    if subject.as_negotiated().is_none() {
        return Verdict::Indeterminate(Reason::OffPath);
    }
    let stream = subject.stream;
    let said: Vec<_> = call.lines(bound.side.other(), bound, subject.until).filter(|(_, media)| media.is_rtp()).collect();
    let Some((first, _)) = said.first() else { return Verdict::NotApplicable };
    let mut breaches = Distinct::default();
    for format in &stream.formats {
        if format.ended.since(first.at) <= GRACE + round_trip(stream) {
            continue;
        }
        breaches.judge();
        let known = said.iter().any(|(_, media)| media.codecs.iter().any(|c| c.payload_type == Some(format.payload_type)));
        if !known {
            breaches.add(breach(subject, format));
        }
    }
    breaches.verdict()
}

fn breach(subject: &StreamSubject<'_>, format: &Format) -> Breach {
    let observed = format!("payload type {}", format.payload_type);
    let mut exhibit = subject.exhibit(&format!("{} packets of {observed}", format.packets));
    (exhibit.origin, exhibit.first) = (format.first, format.begun);
    Breach::of_standard(observed, "a payload type of the receiver's SDP").seen_in(&exhibit)
}

/// The longest round trip that RTCP tells, in nanoseconds.
fn round_trip(stream: &Stream) -> i64 {
    stream.reports.round_trips.iter().copied().max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::Side;
    use crate::rules::passage::{Passage, ms};
    use crate::rules::scene::observed;

    const OFFER: &str = "m=audio 4000 RTP/AVP 8 96\na=rtpmap:96 opus/48000/2\n";
    const ANSWER: &str = "m=audio 5000 RTP/AVP 8 111\na=rtpmap:111 opus/48000/2\n";

    fn sent(side: Side, payload_type: u8) -> Verdict {
        Passage::of(OFFER, ANSWER).stream(side, |s| (s.main, s.formats[0].payload_type) = (payload_type, payload_type)).judge(&RULE)
    }

    // RFC 3264 §7: the numbers of the SDP that the sender received.
    #[test]
    fn the_number_of_ones_own_sdp_breaks_it() {
        assert_eq!(observed(&sent(Side::Caller, 96)), ["payload type 96"]);
        assert_eq!(observed(&sent(Side::Callee, 111)), ["payload type 111"]);
    }

    #[test]
    fn the_number_of_the_receivers_keeps_it() {
        assert_eq!(sent(Side::Caller, 111), Verdict::Pass);
        assert_eq!(sent(Side::Callee, 96), Verdict::Pass);
    }

    #[test]
    fn what_came_before_the_answer_could_be_known_is_not_judged() {
        let early = Passage::of(OFFER, ANSWER).with(|s| {
            (s.main, s.formats[0].payload_type) = (0, 0);
            (s.formats[0].ended, s.ended) = (ms(101_400), ms(101_400));
        });
        assert_eq!(early.judge(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn strays_and_what_goes_elsewhere_cannot_be_judged() {
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
        let elsewhere = Passage::of(OFFER, ANSWER).with(|s| s.flow.destination.port = 6_000);
        assert_eq!(elsewhere.judge(&RULE), Verdict::Indeterminate(Reason::OffPath));
    }
}
