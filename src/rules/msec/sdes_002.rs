//! Takes an answered offer, gives whether its a=crypto lines follow RFC 4568, never which suites are permitted.

use hashbrown::HashSet;

use crate::call::Trace;
use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::sdp::oa_003::accepted;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Once, ReuseSubject, Rule, Scope, Verdict};
use crate::sdp::{Crypto, Description, base64_octets};

use super::keying::is_bundled;

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-SDES-002",
    name: "sdes-attribute-invalid",
    title: "SDES attribute invalid",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 4568 §4, §5.1, §6, §7; RFC 6188; RFC 7714",
    keys: &["media.security.srtp_suites"],
    what: "Within an m= line each a=crypto has a tag of its own; key and salt have the length of the suite; an answer has one crypto line, \
           with tag and suite of the offer; and no key serves two m= lines, both directions, or within ten minutes another session from \
           the same party to the same other.",
    why: "A key of the wrong length or an answer to nothing gives noise or no media; the same key for two streams lets who records both \
          cancel the encryption out.",
    confirm: "Filter `sdp.media_attr contains \"crypto\"` with the Call-ID of the finding and compare tags, suites and key lengths of \
           offer and answer. For a key of another session the exhibit names that one's Call-ID too; `sdp.media_attr contains \
           \"inline:KEY\"` with the key from the capture finds every message that has it (the report never quotes a key).",
    fix: "correct the SDES implementation of the sending SBC; every stream and direction needs a fresh key",
    check: Check::Several(&[Check::Sections(check), Check::Reuse(again)]),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let (traces, exchange) = (subject.exchange, &subject.exchange.exchange);
    if !exchange.offer.is_keyed() && !exchange.answer.is_keyed() {
        return Verdict::NotApplicable;
    }
    let mut breaches = Distinct::default();
    let offered = side(&exchange.offer, &traces.offer, &mut breaches);
    let answered = side(&exchange.answer, &traces.answer, &mut breaches);
    if !answered.is_disjoint(&offered) {
        let breach = Breach::of_standard("the key of the offer in the answer", "a key of its own for each direction");
        breaches.add(breach.seen_in(&traces.answer));
    }
    for (offer, answer) in accepted(exchange.offer.media(), exchange.answer.media()) {
        let offers: HashSet<_> = exchange.offer.cryptos(offer).map(|c| (c.tag, c.suite.to_ascii_uppercase())).collect();
        let answers: Vec<_> = exchange.answer.cryptos(answer).collect();
        if offers.is_empty() || answers.is_empty() {
            continue;
        }
        let mut add =
            |observed: &'static str, agreed: &'static str| breaches.add(Breach::of_standard(observed, agreed).seen_in(&traces.answer));
        if answers.len() > 1 {
            add("several crypto lines in an answer", "one crypto line");
        } else if !answers.iter().all(|a| offers.contains(&(a.tag, a.suite.to_ascii_uppercase()))) {
            add("crypto answer that was not offered", "tag and suite of the offer");
        }
    }
    breaches.verdict()
}

/// A key that a session puts to use, and another one did before.
fn again(subject: &ReuseSubject<'_>) -> Verdict {
    match (subject.kind, subject.before) {
        (Once::MediaKey, None) => Verdict::Pass,
        (Once::MediaKey, Some(_)) => Verdict::breach(
            Breach::of_standard("the key of another session", "a key of its own for each session").seen_in(&subject.exhibit()),
        ),
        _ => Verdict::NotApplicable,
    }
}

/// What is wrong with one side's lines alone; gives its keys.
fn side<'a>(sdp: &'a Description, trace: &Trace, breaches: &mut Distinct) -> HashSet<&'a [u8]> {
    let bundled = is_bundled(sdp);
    let mut keys = HashSet::new();
    for media in sdp.media().iter().filter(|m| m.is_active() && m.is_rtp()) {
        let (mut tags, mut own) = (HashSet::new(), HashSet::new());
        for crypto in sdp.cryptos(media) {
            breaches.judge();
            let mut add = |observed: String, agreed: String| breaches.add(Breach::of_standard(observed, agreed).seen_in(trace));
            if !tags.insert(crypto.tag) {
                add("two crypto lines with one tag".into(), "a tag for each crypto line".into());
            }
            if let Some(octets) = wrong_length(&crypto) {
                add(format!("key of another length than {} has", word(&String::from_utf8_lossy(crypto.suite))), format!("{octets} octets"));
            }
            own.extend(crypto.inline_keys());
        }
        if !bundled && !keys.is_disjoint(&own) {
            breaches.add(Breach::of_standard("one key for two m= lines", "a key for each m= line").seen_in(trace));
        }
        keys.extend(own);
    }
    keys
}

/// The octets of key and salt that the suite wants, where a key of the line has another number (RFC 4568 §6.2, RFC 6188 §3, RFC 7714 §14).
fn wrong_length(crypto: &Crypto<'_>) -> Option<usize> {
    let suite = crypto.suite.to_ascii_uppercase();
    let octets = match suite.as_slice() {
        b"AEAD_AES_128_GCM" => 28,
        b"AEAD_AES_256_GCM" => 44,
        s if s.starts_with(b"AES_CM_128_") || s.starts_with(b"F8_128_") => 30,
        s if s.starts_with(b"AES_192_CM_") => 38,
        s if s.starts_with(b"AES_256_CM_") => 46,
        _ => return None,
    };
    crypto.inline_keys().any(|key| base64_octets(key) != Some(octets)).then_some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::scene::observed;

    // Forty characters of base64 are thirty octets.
    const ONE: &str = "PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR";
    const TWO: &str = "NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj";

    fn media(lines: &[(u32, &str, &str)]) -> String {
        let lines: String = lines.iter().map(|(tag, suite, key)| format!("a=crypto:{tag} {suite} inline:{key}|2^20\n")).collect();
        format!("m=audio 1 RTP/SAVP 8\n{lines}")
    }

    const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";

    #[test]
    fn broken_lines_break_it() {
        let offer = media(&[(1, SUITE, ONE)]);
        let judge = |answer: &[(u32, &str, &str)]| Negotiation::of(&offer, &media(answer)).judge(&RULE);
        assert_eq!(observed(&judge(&[(1, SUITE, ONE)])), ["the key of the offer in the answer"]);
        assert_eq!(observed(&judge(&[(2, SUITE, TWO)])), ["crypto answer that was not offered"]);
        assert_eq!(observed(&judge(&[(1, SUITE, TWO), (2, SUITE, "AAAA")]))[1], "several crypto lines in an answer");
        let short = judge(&[(1, SUITE, "c2hvcnQ=")]);
        assert_eq!((observed(&short), exhibits(&short)), (vec!["key of another length than AES_CM_128_HMAC_SHA1_80 has"], vec!["SIP/2.0"]));
        let twice = Negotiation::of(&media(&[(1, SUITE, ONE), (1, SUITE, TWO)]), "m=audio 0 RTP/SAVP 8\n").judge(&RULE);
        assert_eq!((observed(&twice), exhibits(&twice)), (vec!["two crypto lines with one tag"], vec!["INVITE"]));
        let shared = format!("{offer}{offer}");
        assert_eq!(observed(&Negotiation::of(&shared, "").judge(&RULE)), ["one key for two m= lines"]);
    }

    #[test]
    fn own_keys_of_the_right_length_keep_it() {
        let offer = media(&[(1, SUITE, ONE), (2, "AES_CM_128_HMAC_SHA1_32", ONE), (3, "X_UNKNOWN", "AA")]);
        assert_eq!(Negotiation::of(&offer, &media(&[(2, "AES_CM_128_HMAC_SHA1_32", TWO)])).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_sdes_nothing_is_judged() {
        assert_eq!(Negotiation::of("m=audio 1 RTP/AVP 8\n", "m=audio 1 RTP/AVP 8\n").judge(&RULE), Verdict::NotApplicable);
    }
}
