//! Takes an answered offer, a DTLS handshake or the media of a call, gives whether roles, version and times are as agreed, never whose certificate it is.

use crate::base::Time;
use crate::binding::{CallMedia, Fit, Said, Sent, Shaken, Side};
use crate::call::Trace;
use crate::media::Flow;
use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, HandshakeSubject, MediaSubject, Offender, OfferAnswerSubject, Reason, Rule, Scope, Verdict};
use crate::sdp::{Description, Media};

use super::keying::{is_dtls, streams};

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-DTLS-003",
    name: "dtls-role-or-handshake",
    title: "DTLS role or handshake failure",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 5763 §5; RFC 5764 §5.1; RFC 8842 §5; RFC 4145 §4; RFC 9325",
    keys: &["media.security.dtls_timeout_ms", "media.security.dtls_min_version"],
    what: "Of a DTLS-SRTP stream one side is active and the other passive, and no answer is actpass; the active side sends the \
           ClientHello; the ServerHello comes within the agreed time and chooses at least the agreed version. No RTP of the stream passes \
           before the first record under the keys of its handshake: it cannot be SRTP.",
    why: "When both sides wait, or both begin, there are no keys and no media: the call is answered and silent.",
    confirm: "Filter `dtls.handshake` between the two media addresses, and read a=setup of both SDPs; for early RTP compare `rtp` with the \
           first `dtls.record.epoch == 1`.",
    fix: "let the answering side choose a=setup:active, and open the media path for DTLS before media, of which nothing may leave before \
           the handshake is complete",
    check: Check::Several(&[Check::OfferAnswer(roles), Check::Handshake(handshake), Check::Media(early)]),
};

fn roles(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    let mut breaches = Distinct::default();
    for (offered, answered) in
        exchange.offer.media().iter().zip(exchange.answer.media()).filter(|(o, a)| o.is_active() && a.is_active() && is_dtls(a))
    {
        breaches.judge();
        let (offer, answer) = (setup_held(&exchange.offer, offered), setup_held(&exchange.answer, answered));
        let observed = match (offer, answer) {
            (_, Some(Some(b"actpass"))) => "a=setup:actpass in the answer",
            (Some(Some(b"active")), Some(Some(b"active"))) => "both sides active",
            (Some(Some(b"passive")), Some(Some(b"passive"))) => "both sides passive",
            (_, None) | (None, Some(Some(b"active" | b"passive"))) => {
                breaches.miss();
                continue;
            }
            _ => continue,
        };
        breaches.add(
            Breach::of_standard(observed, "one side active, the other passive (RFC 5763 §5)")
                .by(Offender::Sender)
                .seen_in(&subject.exchange.answer),
        );
    }
    if exchange.may_pair_more() {
        breaches.miss();
    }
    breaches.verdict()
}

/// The role of an m= line: its own or the session's (RFC 4145 §4).
fn setup<'a>(sdp: &'a Description, media: &Media) -> Option<&'a [u8]> {
    sdp.attributes(media.lines.clone(), b"setup").chain(sdp.attributes(sdp.session_lines(), b"setup")).next()
}

/// The same; `None` where it may stand in what the capture cut off.
fn setup_held<'a>(sdp: &'a Description, media: &Media) -> Option<Option<&'a [u8]>> {
    let own = sdp.attributes(media.lines.clone(), b"setup").next();
    (own.is_some() || sdp.is_whole(media)).then(|| setup(sdp, media))
}

fn handshake(subject: &HandshakeSubject<'_>) -> Verdict {
    let (companion, security) = (subject.companion, &subject.terms.media.security);
    let handshake = &companion.handshake;
    let (Some((call, bound)), Some((client, _, begun))) = (subject.call, handshake.client) else { return Verdict::NotApplicable };
    let mut breaches = Distinct::default();
    let mut open = false;
    let side = if (client == companion.a) == (bound.side == Side::Caller) { Side::Caller } else { Side::Callee };
    if let Some(active) = active_side(call, subject, bound.line) {
        breaches.judge();
        if active != side {
            let breach = Breach::of_standard("ClientHello from the passive side", "the active side begins (RFC 5763 §5)");
            breaches.add(breach.by(subject.offender(side)).seen_in(&subject.exhibit("")));
        }
    }
    if let Some(clause) = &security.dtls_timeout_ms {
        let wait = i64::from(clause.value) * 1_000_000;
        let answered = handshake.server.map(|(_, _, at)| at.since(begun));
        // Without a ServerHello the wait is told by what followed: the client repeats itself (RFC 6347 §4.2.4).
        let waited = answered.unwrap_or_else(|| companion.ended.since(begun));
        if waited > wait {
            let (observed, more) =
                if answered.is_some() { ("ServerHello too late", "after the ClientHello") } else { ("no ServerHello", "of ClientHellos") };
            breaches.judge();
            let exhibit = subject.exhibit(&format!("{:.1} s {more}", Time(waited).seconds_since(Time(0))));
            breaches.add(Breach::of_clause(clause, observed, format!("within {} ms", clause.value)).seen_in(&exhibit));
        } else if answered.is_some() {
            breaches.judge();
        } else {
            open = true;
        }
    }
    if let (Some(clause), Some(version)) = (&security.dtls_min_version, handshake.version) {
        breaches.judge();
        // Version numbers of DTLS count down.
        if number(&clause.value).is_some_and(|least| version > least) {
            breaches.add(Breach::of_clause(clause, name(version), format!("at least DTLS {}", clause.value)).seen_in(&subject.exhibit("")));
        }
    }
    match breaches.verdict() {
        Verdict::NotApplicable if open => Verdict::Indeterminate(Reason::Boundary),
        verdict => verdict,
    }
}

/// The side that is to begin, where the last exchange says so.
fn active_side(call: &CallMedia, subject: &HandshakeSubject<'_>, line: u16) -> Option<Side> {
    let (_, bound) = subject.call?;
    let (_, offer, answer) = call.accords(bound.hop, bound.tag).filter(|(since, ..)| *since <= subject.until).last()?;
    let of = |said: &crate::binding::Said| setup(&said.sdp, said.sdp.media().get(usize::from(line))?).map(<[u8]>::to_vec);
    match (of(offer).as_deref(), of(answer).as_deref()) {
        (Some(b"actpass" | b"passive"), Some(b"active")) => Some(answer.side),
        (Some(b"actpass" | b"active"), Some(b"passive")) => Some(offer.side),
        _ => None,
    }
}

/// How far the clocks of two taps may differ, in nanoseconds.
const SKEW: i64 = 20_000_000;

/// A first record under keys so long after the ClientHello, in nanoseconds, is hardly the first that there was: the capture lost those of the handshake.
const PROMPT: i64 = 10_000_000_000;

/// Streams that began before there were keys.
fn early(subject: &MediaSubject<'_>) -> Verdict {
    let call = subject.call;
    let (mut breaches, mut open) = (Distinct::default(), None);
    // A handshake may hold for other pairs of addresses too (RFC 8842 §5, RFC 9143), so the first of the call counts for all.
    let keyed = call.shaken.iter().filter_map(|shaken| shaken.keyed).min();
    let begun = call.sessions.iter().map(|session| session.invite.first).min();
    for sent in call.sent.iter().filter(|sent| sent.bound.fit >= Fit::Destination && !sent.shared && is_by_dtls(call, sent)) {
        let Flow { source, destination, .. } = sent.flow;
        let ends = (source.min(destination), source.max(destination));
        let is_prompt = |shaken: &Shaken| shaken.keyed.is_some_and(|keyed| keyed.since(shaken.asked) <= PROMPT);
        let own = call.shaken.iter().any(|shaken| shaken.ends == ends && is_prompt(shaken));
        match keyed {
            // Of a call that was there before the capture, an earlier handshake may have been too.
            _ if begun.is_none_or(|begun| sent.begun < begun) => open = Some(Reason::Boundary),
            Some(keyed) if sent.begun.plus(SKEW) >= keyed => breaches.judge(),
            Some(keyed) if own => {
                breaches.judge();
                let ahead = keyed.seconds_since(sent.begun);
                let line = format!("RTP {source} to {destination}, {}, {ahead:.2} s before the first record under keys", sent.codec);
                let (origin, first, last) = (sent.first, sent.begun, sent.ended);
                let exhibit = Trace { origin, first, last, source, destination, line: line.as_bytes().into() };
                let breach = Breach::of_standard("RTP before the DTLS handshake", "RTP when the handshake is complete (RFC 5764 §5.1)");
                breaches.add(breach.by(MediaSubject::offender(sent.bound.side)).seen_in(&exhibit));
            }
            _ => open = Some(if call.shaken.is_empty() { Reason::OffPath } else { Reason::Boundary }),
        }
    }
    match (breaches.verdict(), open) {
        (Verdict::NotApplicable, Some(reason)) => Verdict::Indeterminate(reason),
        (verdict, _) => verdict,
    }
}

/// Whether a stream was negotiated with keys by DTLS and by nothing else when it began; before any answer, by the first.
fn is_by_dtls(call: &CallMedia, sent: &Sent) -> bool {
    let mut accords = call.accords(sent.bound.hop, sent.bound.tag);
    let Some(first) = accords.next() else { return false };
    let (_, offer, answer) = accords.take_while(|(since, ..)| *since <= sent.begun).last().unwrap_or(first);
    let by_dtls = |said: &Said| {
        let own = said.sdp.media().get(usize::from(sent.bound.line)).map(|media| media.line);
        let mut wanted = streams(&said.sdp).filter(|(media, _)| Some(media.line) == own);
        wanted.any(|(media, methods)| is_dtls(media) && methods.as_slice() == ["dtls-srtp"])
    };
    by_dtls(offer) && by_dtls(answer)
}

/// The version on the wire of what the policy names.
fn number(version: &str) -> Option<u16> {
    match version {
        "1.0" => Some(0xfeff),
        "1.2" => Some(0xfefd),
        "1.3" => Some(0xfefc),
        _ => None,
    }
}

fn name(version: u16) -> &'static str {
    match version {
        0xfeff => "DTLS 1.0",
        0xfefd => "DTLS 1.2",
        0xfefc => "DTLS 1.3",
        _ => "an unknown version of DTLS",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Handshake;
    use crate::rules::negotiation::Negotiation;
    use crate::rules::passage::{Passage, ms};
    use crate::rules::scene::{agreed, observed};

    fn line(port: u16, setup: &str) -> String {
        format!("m=audio {port} UDP/TLS/RTP/SAVP 8\na=setup:{setup}\n")
    }

    fn negotiated(offer: &str, answer: &str) -> Verdict {
        Negotiation::of(&line(4_000, offer), &line(5_000, answer)).judge(&RULE)
    }

    fn shaken(change: impl FnOnce(&mut Handshake)) -> Verdict {
        let passage = Passage::of(&line(4_000, "actpass"), &line(5_000, "active")).agreed(|t| {
            t.media.security.dtls_timeout_ms = agreed(5_000);
            t.media.security.dtls_min_version = agreed("1.2".into());
        });
        passage.judge_handshake(&RULE, change)
    }

    #[test]
    fn roles_that_do_not_fit_break_it() {
        assert_eq!(observed(&negotiated("actpass", "actpass")), ["a=setup:actpass in the answer"]);
        assert_eq!(observed(&negotiated("active", "active")), ["both sides active"]);
        assert_eq!(observed(&negotiated("passive", "passive")), ["both sides passive"]);
        assert_eq!(negotiated("actpass", "active"), Verdict::Pass);
    }

    #[test]
    fn the_wrong_side_an_old_version_and_silence_break_it() {
        let verdict = shaken(|h| h.client = Some((Passage::end(Side::Caller), Default::default(), ms(101_100))));
        assert_eq!(observed(&verdict), ["ClientHello from the passive side"]);
        assert_eq!(observed(&shaken(|h| h.version = Some(0xfeff))), ["DTLS 1.0"]);
        assert_eq!(observed(&shaken(|h| h.server = None)), ["no ServerHello"]);
        let late = shaken(|h| h.server = Some((Passage::end(Side::Caller), Default::default(), ms(106_101))));
        assert_eq!(observed(&late), ["ServerHello too late"]);
    }

    #[test]
    fn an_orderly_handshake_keeps_it() {
        assert_eq!(shaken(|_| ()), Verdict::Pass);
    }

    /// Media that the callee sends from so many milliseconds on; of its handshake, when the ClientHello and the first record under keys passed.
    fn early(begun: i64, handshakes: &[(i64, Option<i64>)]) -> Verdict {
        let mut passage =
            Passage::of(&line(4_000, "actpass"), &line(5_000, "active")).silent().stream(Side::Callee, |s| s.begun = ms(begun));
        for &(asked, keyed) in handshakes {
            passage = passage.shaken(|h| {
                h.client = Some((Passage::end(Side::Callee), Default::default(), ms(asked)));
                h.encrypted = keyed.map(|at| (Default::default(), ms(at)));
            });
        }
        passage.judge_call(&RULE)
    }

    #[test]
    fn media_before_there_are_keys_breaks_it() {
        let verdict = early(101_100, &[(101_150, Some(101_250))]);
        assert_eq!(observed(&verdict), ["RTP before the DTLS handshake"]);
        assert_eq!(early(101_300, &[(101_150, Some(101_250))]), Verdict::Pass);
        // Another handshake on the way (RFC 5763 §6.6), under the keys of the first.
        assert_eq!(early(101_300, &[(101_150, Some(101_250)), (105_000, Some(105_100))]), Verdict::Pass);
    }

    #[test]
    fn without_the_whole_handshake_early_media_cannot_be_judged() {
        assert_eq!(early(101_100, &[]), Verdict::Indeterminate(Reason::OffPath));
        assert_eq!(early(101_100, &[(101_150, None)]), Verdict::Indeterminate(Reason::Boundary));
        // Eleven seconds for a handshake: what passed under keys first was lost.
        assert_eq!(early(101_300, &[(101_150, Some(112_200))]), Verdict::Indeterminate(Reason::Boundary));
        let plain = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n");
        let plain = plain.shaken(|h| h.encrypted = Some((Default::default(), ms(111_000))));
        assert_eq!(plain.judge_call(&RULE), Verdict::NotApplicable);
    }

    #[test]
    fn plain_media_is_not_judged() {
        let plain = Negotiation::of("m=audio 1 RTP/AVP 8\n", "m=audio 1 RTP/AVP 8\n");
        assert_eq!(plain.judge(&RULE), Verdict::NotApplicable);
        assert_eq!(shaken(|h| h.client = None), Verdict::NotApplicable);
    }
}
