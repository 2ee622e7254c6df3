//! Takes a stream with its RTCP, or all of a call, gives whether both keep to RTP, never how good it is.

use smallvec::SmallVec;

use crate::base::{Endpoint, Time, seconds};
use crate::binding::{Bound, CallMedia, Fit, Said, Sent};
use crate::call::Trace;
use crate::policy::{Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, MediaSubject, Offender, Rule, Scope, StreamSubject, Verdict};
use crate::sdp::Description;

pub(crate) static RULE: Rule = Rule {
    id: "MED-RTP-005",
    name: "rtp-not-conforming",
    title: "RTP or RTCP stream not conforming",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3550 §5, §6, §8.2, §11, A.1; RFC 3605; RFC 5761; RFC 3611 §4.7; RFC 6271 App. A.1",
    keys: &["media.transport.rtcp", "media.transport.rtcp_xr_voip", "media.transport.redundancy_2198"],
    what: "The padding and the extension of RTP packets end inside them; the time stamps run at the rate of the rtpmap (within 5 % over 5 \
           s); the source changes only with an SDP (info), and no two sides of a stream send with one SSRC. Where RTCP is required its \
           sender reports come, XR VoIP metrics too where these are. RTCP goes to the port after that of RTP, to that of a=rtcp, or to \
           that of RTP itself where both sides agreed on it, and then to no other. Redundant audio (RFC 2198) comes only where it is \
           agreed.",
    why: "Receivers drop such packets or play them at the wrong speed; without RTCP nobody at the far end can tell what arrives.",
    confirm: "Filter `rtp.ssrc == …` or `rtcp.senderssrc == …` from the frame of the finding.",
    fix: "correct the sender's RTP stack, or the agreement on RTCP in [media.transport]",
    check: Check::Several(&[Check::Stream(check), Check::Media(misplaced)]),
};

/// A stream that is shorter need not have had a report: three times the least interval (RFC 3550 §6.2).
const REPORTED: i64 = 3 * seconds(5);

/// How long two sources may have one SSRC: with a report each has met the other's by then (RFC 3550 §6.2).
const COLLIDED: i64 = seconds(5);

/// How far the observed clock may be from the agreed one, and over what time that is told.
const CLOCK: f64 = 0.05;
const LONG: f64 = 5.0;

fn check(subject: &StreamSubject<'_>) -> Verdict {
    let (stream, Some((call, bound))) = (subject.stream, subject.call) else { return Verdict::NotApplicable };
    let transport = &subject.terms.media.transport;
    let exhibit = |more: &str| subject.exhibit(more);
    let mut breaches = Distinct::default();
    breaches.judge();
    // The padding of SRTP is under its encryption and cannot be read.
    if stream.malformed > 0 && call.is_secure(bound, stream.begun) != Some(true) {
        let breach = Breach::of_standard("padding or extension beyond the packet", "both end inside it (RFC 3550 §5.1, §5.3.1)");
        breaches.add(breach.seen_in(&exhibit(&format!("{} packets", stream.malformed))));
    }
    if let (Some(codec), Some(observed), true) = (subject.codec(), stream.timing.observed, stream.seconds() >= LONG)
        && (f64::from(observed) / f64::from(codec.clock) - 1.0).abs() > CLOCK
    {
        let breach = Breach::of_standard("time stamps at another rate than negotiated", format!("{} ticks a second", codec.clock));
        breaches.add(breach.seen_in(&exhibit(&format!("{observed} ticks a second"))));
    }
    if let Some(change) = source_change(call, bound, subject) {
        breaches.add(change.rated(Severity::Info).seen_in(&exhibit("")));
    }
    if collides(call, subject) {
        let breach = Breach::of_standard("both sides send with one SSRC", "an SSRC of its own for each source (RFC 3550 §8.2)");
        breaches.add(breach.by(Offender::Both).seen_in(&exhibit("")));
    }
    if let Some(clause) = &transport.redundancy_2198
        && matches!(clause.value, Level::Discouraged | Level::Forbidden)
        && subject.codec().is_some_and(|codec| codec.name.eq_ignore_ascii_case("red"))
    {
        breaches.add(Breach::of_level(clause, "redundant audio sent").about("red").seen_in(&exhibit("")));
    }
    control(subject, call, bound, &mut breaches);
    breaches.verdict()
}

/// Another source on the same path, less than a second after the last, though nobody said anything in between.
fn source_change(call: &CallMedia, bound: Bound, subject: &StreamSubject<'_>) -> Option<Breach> {
    let (flow, begun) = (&subject.stream.flow, subject.stream.begun);
    if call.ended(subject.until).is_some_and(|end| end < begun) {
        return None;
    }
    // Repairs of another stream have a source of their own (RFC 4588 §4, RFC 5109 §9, RFC 8627 §4), and bundled lines have one each (RFC 9143).
    let repairs = |codec: &str| {
        let name = codec.split('/').next().unwrap_or_default();
        ["rtx", "ulpfec", "parityfec", "flexfec"].iter().any(|repair| name.eq_ignore_ascii_case(repair))
    };
    if subject.codec().is_some_and(|codec| repairs(&codec.name)) {
        return None;
    }
    let same_path = |s: &&Sent| {
        (s.flow.source, s.flow.destination, s.bound.line) == (flow.source, flow.destination, bound.line)
            && s.flow.ssrc != flow.ssrc
            && !repairs(&s.codec)
    };
    let before = call.sent.iter().filter(same_path).filter(|s| s.begun < begun && s.ended <= begun).max_by_key(|s| s.ended)?;
    let silent = begun.since(before.ended) < seconds(1);
    let said =
        call.said.iter().any(|said| said.is_with(bound.hop, bound.tag) && said.at > before.begun && said.at <= begun.plus(seconds(1)));
    (silent && !said).then(|| Breach::of_standard("source changed without an offer", "one source for a stream (RFC 3550 §8.2)"))
}

/// Whether the other side sends the way back with the same SSRC for long: who meets that leaves it, whether two chose one or an echo comes back. Of the
/// two streams the one that ends later tells of it.
fn collides(call: &CallMedia, subject: &StreamSubject<'_>) -> bool {
    let (stream, flow) = (subject.stream, &subject.stream.flow);
    let is_back = |s: &&Sent| s.flow.ssrc == flow.ssrc && s.flow.source == flow.destination && s.flow.destination == flow.source;
    call.sent.iter().filter(is_back).any(|s| s.ended.min(stream.ended).since(s.begun.max(stream.begun)) >= COLLIDED)
}

/// RTCP of the stream against what was agreed and negotiated.
fn control(subject: &StreamSubject<'_>, call: &CallMedia, bound: Bound, breaches: &mut Distinct) {
    let (stream, transport) = (subject.stream, &subject.terms.media.transport);
    let reports = &stream.reports;
    let lines = || [bound.side, bound.side.other()].into_iter().filter_map(|side| call.line(side, bound, stream.ended));
    // b=RS:0 with b=RR:0 switches RTCP off (RFC 3556 §2).
    let off = lines().any(|(said, media)| ["RS:0", "RR:0"].iter().all(|word| has_bandwidth(&said.sdp, media, word)));
    let long = stream.ended.since(stream.begun) >= REPORTED;
    let own = reports.sender_reports + reports.descriptions;
    let wanted = |clause: &&crate::policy::Clause<Level>| matches!(clause.value, Level::Required | Level::Recommended) && long && !off;
    if let Some(clause) = transport.rtcp.as_ref().filter(wanted) {
        if own == 0 {
            breaches.add(Breach::of_level(clause, "no RTCP from the sender").seen_in(&subject.exhibit("")));
        } else if reports.longest_interval > REPORTED {
            let more = format!("nothing for {:.0} s", Time(reports.longest_interval).seconds_since(Time(0)));
            breaches.add(Breach::of_level(clause, "RTCP comes too seldom").seen_in(&subject.exhibit(&more)));
        }
    }
    if let Some(clause) = transport.rtcp_xr_voip.as_ref().filter(wanted)
        && reports.receptions > 0
        && reports.voip_blocks == 0
    {
        // The receiver of the stream speaks of it.
        breaches.add(Breach::of_level(clause, "no XR VoIP metrics").by(Offender::Responder).seen_in(&subject.exhibit("")));
    }
}

/// How long RTCP may go where it went before, once an answer moved it: a report interval (RFC 3550 §6.2).
const MOVING: i64 = seconds(5);

/// RTCP that its sender sends to a port where its receiver has not asked for it. From which port it comes is the sender's business (RFC 3550 §11).
fn misplaced(subject: &MediaSubject<'_>) -> Verdict {
    let mut breaches = Distinct::default();
    subject.call.sent.iter().filter(|sent| !sent.shared).for_each(|sent| of_stream(sent, subject.call, &mut breaches));
    breaches.verdict()
}

fn of_stream(sent: &Sent, call: &CallMedia, breaches: &mut Distinct) {
    let (bound, flow) = (sent.bound, &sent.flow);
    let of_dialog = || call.said.iter().filter(|said| said.is_with(bound.hop, 0));
    // Where media goes elsewhere than SDP says, RTCP follows it; and checks of ICE find ports that no SDP names (RFC 8445 §7.2.5.3.1).
    if sent.aimed.is_empty() || bound.fit < Fit::Destination || of_dialog().any(|said| uses_ice(&said.sdp)) {
        return;
    }
    let asked: Vec<&Said> = of_dialog().filter(|said| said.side == bound.side.other()).collect();
    // With multiplexing from when on, as exchange after exchange settles.
    let both = |[offer, answer]: [&Said; 2]| multiplexes(offer, bound.line) && multiplexes(answer, bound.line);
    let settled: Vec<(Time, bool)> =
        call.accords(bound.hop, bound.tag).map(|(since, offer, answer)| (since, both([offer, answer]))).collect();
    // Who sends from a port is reached there (RFC 4961 §4).
    let is_back = |other: &&Sent| (other.flow.source.ip, other.flow.destination.ip) == (flow.destination.ip, flow.source.ip);
    let back = call.sent.iter().filter(is_back).flat_map(|other| other.aimed.iter().map(|aimed| aimed.from));
    let reached: SmallVec<[u16; 4]> = back.chain(sent.answered_from.iter().copied()).collect();
    for aimed in &sent.aimed {
        breaches.judge();
        let is_asked = asked.iter().any(|said| wants_control_at(&said.sdp, aimed.to));
        let (observed, agreed) = if aimed.to == flow.destination.port {
            if is_asked || settled.is_empty() || settled.iter().any(|(_, muxed)| *muxed) {
                continue;
            }
            ("RTCP on the port of RTP, not negotiated", "its own port, or a=rtcp-mux on both sides (RFC 5761 §5.1)")
        } else if is_asked {
            let holds = settled.iter().rfind(|(since, _)| since.plus(MOVING) < aimed.last);
            if bound.fit < Fit::Both || holds.is_none_or(|(_, muxed)| !muxed) {
                continue;
            }
            ("RTCP on a port of its own, though one for both was agreed", "the port of RTP (RFC 5761 §5.1.1)")
        } else if bound.fit < Fit::Both || settled.is_empty() || reached.contains(&aimed.to) {
            continue;
        } else {
            ("RTCP to a port that its receiver did not name", "the port after that of RTP, or that of a=rtcp (RFC 3550 §11, RFC 3605 §2.1)")
        };
        if asked.iter().any(|said| said.sdp.is_cut()) {
            breaches.miss();
            continue;
        }
        let (origin, first) = aimed.first;
        let (source, destination) = (Endpoint { port: aimed.from, ..flow.source }, Endpoint { port: aimed.to, ..flow.destination });
        let line = format!("RTCP {source} to {destination}, of the RTP {} to {}", flow.source, flow.destination);
        let exhibit = Trace { origin, first, last: aimed.last, source, destination, line: line.as_bytes().into() };
        breaches.add(Breach::of_standard(observed, agreed).by(MediaSubject::offender(bound.side)).seen_in(&exhibit));
    }
}

/// Whether a side says `a=rtcp-mux` of a line.
fn multiplexes(said: &Said, line: u16) -> bool {
    let media = said.sdp.media().get(usize::from(line));
    media.is_some_and(|media| said.sdp.attributes(media.lines.clone(), b"rtcp-mux").next().is_some())
}

/// Whether one of the lines of a body wants RTCP at a port: that of `a=rtcp` (RFC 3605), or the next to that of its media (RFC 3550 §11), which makes a
/// pair with an even one before it.
fn wants_control_at(sdp: &Description, port: u16) -> bool {
    sdp.media().iter().filter(|media| media.is_active()).any(|media| {
        let beside = media.port.checked_add(1) == Some(port) || (media.port % 2 == 1 && media.port - 1 == port);
        beside || sdp.rtcp(media).is_some_and(|rtcp| rtcp.port == port)
    })
}

/// Whether a body speaks of ICE (RFC 8839).
fn uses_ice(sdp: &Description) -> bool {
    let lines = sdp.media().iter().map(|media| media.lines.clone()).chain([sdp.session_lines()]);
    lines.into_iter().any(|lines| [&b"ice-ufrag"[..], b"candidate"].iter().any(|name| sdp.attributes(lines.clone(), name).next().is_some()))
}

/// Whether a bandwidth line says so, at the m= line or for the session.
fn has_bandwidth(sdp: &Description, media: &crate::sdp::Media, word: &str) -> bool {
    let own = sdp.lines().get(media.lines.clone()).unwrap_or_default();
    let session = sdp.lines().get(sdp.session_lines()).unwrap_or_default();
    own.iter().chain(session).any(|line| line.kind == b'b' && sdp.at(line.value) == word.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::Side;
    use crate::media::Aimed;
    use crate::rules::passage::{Passage, ms};
    use crate::rules::scene::{agreed, observed};

    const AUDIO: [&str; 2] = ["m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n"];

    fn audio() -> Passage {
        Passage::of(AUDIO[0], AUDIO[1])
    }

    #[test]
    fn packets_that_lie_and_clocks_that_run_wrong_break_it() {
        let wrong = audio().with(|s| (s.malformed, s.timing.observed) = (3, Some(16_000)));
        assert_eq!(
            observed(&wrong.judge(&RULE)),
            ["padding or extension beyond the packet", "time stamps at another rate than negotiated"]
        );
        let secure = Passage::of("m=audio 4000 RTP/SAVP 8\n", "m=audio 5000 RTP/SAVP 8\n").with(|s| s.malformed = 3);
        assert_eq!(secure.judge(&RULE), Verdict::Pass, "encrypted padding");
    }

    #[test]
    fn a_new_source_without_an_offer_is_told() {
        let again = audio().stream(Side::Caller, |s| (s.begun, s.ended, s.clock) = (ms(111_100), ms(111_900), ms(111_900)));
        let verdict = again.judge(&RULE);
        assert_eq!(observed(&verdict), ["source changed without an offer"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].severity, Some(Severity::Info));
    }

    /// Reports of the caller, from the port after that of its media to these, from a second on to another.
    fn aimed(passage: Passage, ports: &[(u16, i64, i64)]) -> Verdict {
        let aim = |&(to, first, last): &(u16, i64, i64)| Aimed { from: 4_001, to, first: (Default::default(), ms(first)), last: ms(last) };
        passage.with(|s| s.reports.aimed = ports.iter().map(aim).collect()).judge_call(&RULE)
    }

    #[test]
    fn misplaced_rtcp_breaks_it() {
        let muxed = |before: &str| Passage::of(&format!("{}a=rtcp-mux\n", AUDIO[0]), &format!("{before}{}a=rtcp-mux\n", AUDIO[1]));
        let at = |port| [(port, 101_500, 111_000)];
        assert_eq!(observed(&aimed(audio(), &at(5_000))), ["RTCP on the port of RTP, not negotiated"]);
        assert_eq!(observed(&aimed(audio(), &at(5_003))), ["RTCP to a port that its receiver did not name"]);
        assert_eq!(observed(&aimed(muxed(""), &at(5_001))), ["RTCP on a port of its own, though one for both was agreed"]);
        assert_eq!([aimed(audio(), &at(5_001)), aimed(muxed(""), &at(5_000))], [Verdict::Pass, Verdict::Pass]);
        assert_eq!(
            aimed(muxed(""), &[(5_001, 101_000, 103_000), (5_000, 103_500, 111_000)]),
            Verdict::Pass,
            "on its way when it was agreed"
        );
    }

    #[test]
    fn rtcp_goes_where_it_was_asked_for_or_where_it_came_from() {
        let named = || Passage::of(AUDIO[0], &format!("{}a=rtcp:5009\n", AUDIO[1]));
        let at = |port| [(port, 101_500, 111_000)];
        // RFC 3605 is an attribute that many do not know.
        assert_eq!([aimed(named(), &at(5_009)), aimed(named(), &at(5_001))], [Verdict::Pass, Verdict::Pass]);
        // The receiver's own comes from there: RFC 4961.
        assert_eq!(aimed(audio().with(|s| s.reports.answered_from.push(6_001)), &at(6_001)), Verdict::Pass);
        // The media comes from elsewhere than its sender said, as behind a translator.
        let elsewhere = audio().with(|s| s.flow.source.port = 30_000);
        assert_eq!(aimed(elsewhere, &at(6_001)), Verdict::Pass);
        let moved = audio().exchange(105_000, Side::Caller, AUDIO[0], "m=audio 5020 RTP/AVP 8\n");
        assert_eq!(aimed(moved, &at(5_021)), Verdict::Pass, "the next of its ports");
        let ice = Passage::of(AUDIO[0], &format!("{}a=candidate:1 1 UDP 1 198.51.100.70 5000 typ host\n", AUDIO[1]));
        assert_eq!(aimed(ice, &at(5_777)), Verdict::NotApplicable);
    }

    #[test]
    fn missing_rtcp_breaks_it() {
        let long = |passage: Passage| {
            let passage = passage.with(|s| (s.ended, s.clock) = (ms(131_100), ms(131_100))).ended(132_000);
            passage.agreed(|t| {
                t.media.transport.rtcp = agreed(Level::Required);
                t.media.transport.rtcp_xr_voip = agreed(Level::Recommended);
            })
        };
        assert_eq!(observed(&long(audio()).judge(&RULE)), ["no RTCP from the sender"]);
        let off = Passage::of("m=audio 4000 RTP/AVP 8\nb=RS:0\nb=RR:0\n", AUDIO[1]);
        assert_eq!(long(off).judge(&RULE), Verdict::Pass);
        let seldom = long(audio()).with(|s| {
            (s.reports.sender_reports, s.reports.receptions, s.reports.longest_interval) = (2, 2, 16_000_000_000);
        });
        let expected = ["RTCP comes too seldom", "no XR VoIP metrics"];
        assert_eq!(observed(&seldom.judge(&RULE)), expected);
    }

    #[test]
    fn redundancy_that_was_not_agreed_breaks_it() {
        let line = |port: u16| format!("m=audio {port} RTP/AVP 8 98\na=rtpmap:98 red/8000\n");
        let red = Passage::of(&line(4_000), &line(5_000)).with(|s| s.main = 98);
        assert_eq!(
            observed(&red.agreed(|t| t.media.transport.redundancy_2198 = agreed(Level::Forbidden)).judge(&RULE)),
            ["redundant audio sent"]
        );
    }

    #[test]
    fn orderly_streams_keep_it_and_strays_are_not_judged() {
        assert_eq!(audio().judge(&RULE), Verdict::Pass);
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
    }
}
