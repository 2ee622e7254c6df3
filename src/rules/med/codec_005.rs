//! Takes an offer, an answer or a stream, gives whether its packet times are agreed, never how many packets were lost.

use crate::policy::{Clause, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, StreamSubject, Verdict};
use crate::sdp::{Codec, Media, SdpRole};

use super::agreement::{entry, judged, spelled, terms};

pub(crate) static RULE: Rule = Rule {
    id: "MED-CODEC-005",
    name: "packet-time-not-agreed",
    title: "packetization time not agreed or not respected",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 8866 §6.4; RFC 3264 §6.1",
    keys: &["media.audio.codec.ptime_ms"],
    what: "The a=ptime of an m= line is among the agreed packet times of one of its codecs, and its a=maxptime leaves room for the \
           shortest of them. An m= line that asks for nothing passes. The packets of a stream hold as much time as its receiver asks for, \
           and an agreed one: judged by the median step of the time stamp between consecutive packets, without events and comfort noise.",
    why: "A gateway that is built for 20 ms packets discards, pads or delays others; short packets raise the packet rate and the bandwidth \
           beyond what was planned.",
    confirm: "Filter `sdp.media_attr contains \"ptime\"` with the Call-ID of the finding; in the media, the RTP timestamp step over the \
           clock rate.",
    fix: "set the packet time of the sender's trunk profile to an agreed one",
    check: Check::Several(&[Check::Message(Kind::SDP, check), Check::Stream(stream)]),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let role = subject.place.sdp_role;
    let Some(sdp) = subject.sdp.filter(|_| matches!(role, Some(SdpRole::Offer | SdpRole::Answer))) else { return Verdict::NotApplicable };
    let mut breaches = Distinct::default();
    for (media, terms) in judged(&subject.terms.media, sdp) {
        let times: Vec<_> = media
            .codecs
            .iter()
            .filter(|c| c.is_primary())
            .filter_map(|codec| Some((codec, entry(terms, codec)?.ptime_ms.as_ref().filter(|t| !t.value.is_empty())?)))
            .collect();
        if !times.is_empty() {
            breaches.judge();
        }
        for (attribute, breach) in asked(media, &times) {
            let line = sdp.attribute_lines(media.lines.clone(), attribute).next().map_or(media.line, |(at, _)| at);
            breaches.add(breach.at(line));
        }
    }
    breaches.verdict_in(subject)
}

/// Packets of a stream below which their median step says little.
const ENOUGH: u64 = 10;

/// How far the measured time may be from the one asked for, in milliseconds: half of the shortest time that is in use.
const NEAR: f64 = 1.0;

fn stream(subject: &StreamSubject<'_>) -> Verdict {
    let (Some((call, bound)), Some(codec)) = (subject.as_negotiated(), subject.codec()) else { return Verdict::NotApplicable };
    let stream = subject.stream;
    let receiver = bound.side.other();
    let asked: Vec<u32> = call.lines(receiver, bound, stream.ended).filter_map(|(_, media)| media.ptime).collect();
    let kind = call.line(receiver, bound, stream.ended).map(|(_, media)| &*media.kind);
    let terms = kind.and_then(|kind| terms(&subject.terms.media, kind)).and_then(|codecs| entry(codecs, codec));
    let agreed = terms.and_then(|term| term.ptime_ms.as_ref()).filter(|times| !times.value.is_empty());
    if kind != Some("audio") || (asked.is_empty() && agreed.is_none()) {
        return Verdict::NotApplicable;
    }
    let Some(sent) = stream.packet_ms().filter(|_| stream.packets >= ENOUGH) else { return Verdict::Indeterminate(Reason::SampleTooSmall) };
    let near = |time: &u32| (f64::from(*time) - sent).abs() <= NEAR;
    let mut breaches = Vec::new();
    let observed = format!("{} ms packets of {}", sent.round(), spelled(codec));
    let exhibit = subject.exhibit(&format!("{sent:.1} ms a packet"));
    let list = |times: &[u32]| times.iter().map(u32::to_string).collect::<Vec<_>>().join(" or ");
    if let Some(clause) = agreed.filter(|clause| !clause.value.iter().any(near)) {
        breaches.push(
            Breach::of_clause(clause, observed.clone(), format!("{} ms", list(&clause.value))).about(spelled(codec)).seen_in(&exhibit),
        );
    } else if let Some(last) = asked.last().filter(|_| !asked.iter().any(near)) {
        breaches.push(Breach::of_standard(observed, format!("{last} ms, as the receiver asks")).about(spelled(codec)).seen_in(&exhibit));
    }
    Verdict::of(breaches)
}

/// What the m= line asks for and none of its codecs may have.
fn asked(media: &Media, times: &[(&Codec, &Clause<Vec<u32>>)]) -> impl Iterator<Item = (&'static [u8], Breach)> {
    let breach = |name: &str, asked: u32| {
        let (codec, clause) = times.first()?;
        let agreed: Vec<_> = clause.value.iter().map(u32::to_string).collect();
        let observed = format!("{name} {asked} with {}", spelled(codec));
        Some(Breach::of_clause(clause, observed, format!("{} ms", agreed.join(" or "))).about(spelled(codec)))
    };
    let any = |fits: &dyn Fn(u32) -> bool| times.iter().any(|(_, clause)| clause.value.iter().any(|&t| fits(t)));
    let ptime = media.ptime.filter(|&asked| !any(&|agreed| agreed == asked)).and_then(|asked| breach("ptime", asked));
    let maxptime = media.maxptime.filter(|&most| !any(&|agreed| agreed <= most)).and_then(|most| breach("maxptime", most));
    [(&b"ptime"[..], ptime), (b"maxptime", maxptime)].into_iter().filter_map(|(name, breach)| Some((name, breach?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Level;
    use crate::rules::med::scene::{audio, codecs};
    use crate::rules::passage::Passage;
    use crate::rules::scene::{Scene, agreed, observed};

    fn offer(media: &str) -> Scene {
        let entries = [("PCMA", 8_000, Level::Required), ("G723", 8_000, Level::Supported)];
        Scene::request("INVITE").offer(&audio(media)).agreed(codecs(&entries, None)).agreed(|t| {
            t.media.audio.codecs[0].ptime_ms = agreed(vec![20]);
            t.media.audio.codecs[1].ptime_ms = agreed(vec![30, 60]);
        })
    }

    #[test]
    fn another_packet_time_breaks_it() {
        let scene = offer("m=audio 4000 RTP/AVP 8\na=ptime:30\na=maxptime:10\n");
        let verdict = scene.judge(&RULE);
        assert_eq!(observed(&verdict), ["ptime 30 with PCMA/8000", "maxptime 10 with PCMA/8000"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!((&*breaches[0].agreed, breaches[0].at.unwrap().of(scene.text().as_bytes())), ("20 ms", &b"ptime:30"[..]));
    }

    #[test]
    fn an_agreed_one_or_none_keeps_it() {
        for media in
            ["m=audio 4000 RTP/AVP 8\na=ptime:20\na=maxptime:150\n", "m=audio 4000 RTP/AVP 8\n", "m=audio 4000 RTP/AVP 8 4\na=ptime:30\n"]
        {
            assert_eq!(offer(media).judge(&RULE), Verdict::Pass, "{media}");
        }
    }

    fn passage(step: u32) -> Passage {
        let passage = Passage::of("m=audio 4000 RTP/AVP 8\na=ptime:10\n", "m=audio 5000 RTP/AVP 8\na=ptime:30\n");
        passage.with(|s| s.step = Some(step))
    }

    #[test]
    fn packets_of_another_time_than_the_receiver_asks_for_break_it() {
        let verdict = passage(160).judge(&RULE);
        assert_eq!(observed(&verdict), ["20 ms packets of PCMA/8000"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(&*breaches[0].agreed, "30 ms, as the receiver asks");
        let policy = passage(240).agreed(codecs(&[("PCMA", 8_000, Level::Required)], None)).agreed(|t| {
            t.media.audio.codecs[0].ptime_ms = agreed(vec![20]);
        });
        assert_eq!(observed(&policy.judge(&RULE)), ["30 ms packets of PCMA/8000"]);
    }

    #[test]
    fn the_time_that_the_receiver_asks_for_keeps_it() {
        assert_eq!(passage(240).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn few_packets_and_unknown_clocks_cannot_be_judged() {
        assert_eq!(passage(160).with(|s| s.packets = 9).judge(&RULE), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(passage(160).with(|s| s.step = None).judge(&RULE), Verdict::Indeterminate(Reason::SampleTooSmall));
        let free = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n");
        assert_eq!(free.judge(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn codecs_without_agreed_times_are_not_judged() {
        assert_eq!(offer("m=audio 4000 RTP/AVP 0\na=ptime:30\n").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(offer("m=audio 0 RTP/AVP 8\na=ptime:30\n").judge(&RULE), Verdict::NotApplicable);
    }
}
