//! Takes an answered offer or a DTLS handshake of a call, gives whether the crypto suites that it selects are permitted, never whether they are applied.

use std::borrow::Cow;

use crate::binding::Side;
use crate::call::Trace;
use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::sdp::oa_003::accepted;
use crate::rules::{Breach, Check, HandshakeSubject, Offender, OfferAnswerSubject, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-SRTP-003",
    name: "crypto-suite-not-permitted",
    title: "crypto suite or profile not permitted",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Session,
    // Who answered: the sender of the answer, which is the exhibit.
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 4568 §6; RFC 5764 §4.1.2; RFC 7714",
    keys: &["media.security.srtp_suites"],
    what: "The suite of each a=crypto line in an answer is one of the agreed, and neither encryption nor authentication of SRTP is \
           switched off by a session parameter. So is the profile that the ServerHello of a DTLS-SRTP handshake selects.",
    why: "A weak suite, or SRTP without encryption or authentication, protects in name only.",
    confirm: "Filter `sdp.media_attr contains \"crypto\"` with the Call-ID of the finding and read the suite in the answer; of DTLS, \
           `dtls.use_srtp.protection_profile` in the ServerHello.",
    fix: "restrict the SRTP suites of the answering SBC's trunk profile to the agreed ones",
    check: Check::Several(&[Check::Sections(check), Check::Handshake(profile)]),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let suites = subject.terms.media.security.srtp_suites.as_ref().filter(|s| !s.value.is_empty());
    let Some(suites) = suites else { return Verdict::NotApplicable };
    let exchange = &subject.exchange.exchange;
    let mut breaches = Distinct::default();
    let mut add = |observed: String, agreed: String| {
        breaches.add(Breach::of_clause(suites, observed, agreed).seen_in(&subject.exchange.answer));
    };
    let mut seen = false;
    for (_, answered) in accepted(exchange.offer.media(), exchange.answer.media()) {
        for crypto in exchange.answer.cryptos(answered) {
            seen = true;
            if !suites.value.iter().any(|s| s.as_bytes().eq_ignore_ascii_case(crypto.suite)) {
                add(word(&String::from_utf8_lossy(crypto.suite)), suites.value.join(", "));
            }
            // RFC 4568 §6.3.2.
            for off in ["UNENCRYPTED_SRTP", "UNAUTHENTICATED_SRTP"] {
                if crypto.session.split(u8::is_ascii_whitespace).any(|p| p.eq_ignore_ascii_case(off.as_bytes())) {
                    add(off.to_owned(), "SRTP encrypted and authenticated".to_owned());
                }
            }
        }
    }
    if seen {
        breaches.judge();
    }
    breaches.verdict()
}

/// What the server of a handshake selects.
fn profile(subject: &HandshakeSubject<'_>) -> Verdict {
    let handshake = &subject.companion.handshake;
    let suites = subject.terms.media.security.srtp_suites.as_ref().filter(|suites| !suites.value.is_empty());
    let (Some(suites), Some((_, bound)), Some((server, origin, at))) = (suites, subject.call, handshake.server) else {
        return Verdict::NotApplicable;
    };
    let Some(chosen) = handshake.profile else {
        // DTLS 1.3 (0xfefc) selects it in an encrypted message (RFC 8446 §4.3.1).
        let sealed = handshake.version == Some(0xfefc) && !handshake.offered_profiles.is_empty();
        return if sealed { Verdict::Indeterminate(Reason::Tls13Encrypted) } else { Verdict::NotApplicable };
    };
    let name = profile_name(chosen);
    if suites.value.iter().any(|suite| suite.eq_ignore_ascii_case(&name)) {
        return Verdict::Pass;
    }
    let side = if (server == subject.companion.a) == (bound.side == Side::Caller) { Side::Caller } else { Side::Callee };
    let shown = subject.exhibit(&format!("{server} selects {name}"));
    let exhibit = Trace { origin, first: at, source: server, destination: shown.source, ..shown };
    Verdict::breach(Breach::of_clause(suites, name, suites.value.join(", ")).by(subject.offender(side)).seen_in(&exhibit))
}

/// A profile of `use_srtp` by the name that its suite has in SDP (RFC 5764 §4.1.2, RFC 7714 §14.2).
fn profile_name(profile: u16) -> Cow<'static, str> {
    match profile {
        0x0001 => "AES_CM_128_HMAC_SHA1_80".into(),
        0x0002 => "AES_CM_128_HMAC_SHA1_32".into(),
        0x0005 => "NULL_HMAC_SHA1_80".into(),
        0x0006 => "NULL_HMAC_SHA1_32".into(),
        0x0007 => "AEAD_AES_128_GCM".into(),
        0x0008 => "AEAD_AES_256_GCM".into(),
        other => format!("profile 0x{other:04x}").into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Handshake;
    use crate::rules::negotiation::{Negotiation, exhibits};
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    fn judge(suite: &str, parameters: &str) -> Verdict {
        let media = format!("m=audio 1 RTP/SAVP 8\na=crypto:1 {suite} inline:AAAA {parameters}\n");
        let suites = vec!["AEAD_AES_256_GCM".to_owned(), "AES_CM_128_HMAC_SHA1_80".to_owned()];
        Negotiation::of(&media, &media).agreed(|t| t.media.security.srtp_suites = agreed(suites)).judge(&RULE)
    }

    #[test]
    fn other_suites_and_null_protection_break_it() {
        let verdict = judge("AES_CM_128_HMAC_SHA1_32", "UNENCRYPTED_SRTP");
        assert_eq!(observed(&verdict), ["AES_CM_128_HMAC_SHA1_32", "UNENCRYPTED_SRTP"]);
        assert_eq!(exhibits(&verdict), ["SIP/2.0", "SIP/2.0"]);
    }

    #[test]
    fn an_agreed_suite_keeps_it() {
        assert_eq!(judge("AES_CM_128_HMAC_SHA1_80", "KDR=1"), Verdict::Pass);
    }

    /// RFC 5764 §4.1.2, RFC 7714 §14.2; DTLS 1.3 hides what it selects.
    #[test]
    fn the_profile_of_a_handshake_is_held_against_the_suites() {
        let media = "m=audio 4000 UDP/TLS/RTP/SAVP 8\n";
        let passage = || Passage::of(media, &media.replace("4000", "5000"));
        let suites = || vec!["AEAD_AES_256_GCM".to_owned()];
        let keyed = |version, profile| {
            let change = |h: &mut Handshake| (h.version, h.profile, h.offered_profiles) = (Some(version), profile, vec![7, 8]);
            passage().agreed(|t| t.media.security.srtp_suites = agreed(suites())).judge_handshake(&RULE, change)
        };
        assert_eq!(keyed(0xfefd, Some(8)), Verdict::Pass);
        for (profile, name) in [(7, "AEAD_AES_128_GCM"), (5, "NULL_HMAC_SHA1_80"), (0x0b, "profile 0x000b")] {
            assert_eq!(observed(&keyed(0xfefd, Some(profile))), [name]);
        }
        assert_eq!(keyed(0xfefd, None), Verdict::NotApplicable);
        assert_eq!(keyed(0xfefc, None), Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(passage().judge_handshake(&RULE, |h| h.profile = Some(7)), Verdict::NotApplicable, "nothing is agreed");
    }

    #[test]
    fn without_suites_nothing_is_judged() {
        let dtls = "m=audio 1 UDP/TLS/RTP/SAVP 8\n";
        let suites = vec!["AEAD_AES_256_GCM".to_owned()];
        assert_eq!(
            Negotiation::of(dtls, dtls).agreed(|t| t.media.security.srtp_suites = agreed(suites)).judge(&RULE),
            Verdict::NotApplicable
        );
        assert_eq!(Negotiation::of(dtls, dtls).judge(&RULE), Verdict::NotApplicable);
    }
}
