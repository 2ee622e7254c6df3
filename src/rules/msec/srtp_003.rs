//! Takes an answered offer, gives whether the crypto suites that the answer selects are permitted, never those of DTLS.

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::sdp::oa_003::accepted;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};

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
    what: "The suite of each a=crypto line in an answer is one of the agreed, and neither encryption nor authentication of SRTP is switched off by a session parameter. \
           The profile that a DTLS handshake selects is not in the SDP and not judged here.",
    why: "A weak suite, or SRTP without encryption or authentication, protects in name only.",
    confirm: "Filter `sdp.media_attr contains \"crypto\"` with the Call-ID of the finding and read the suite in the answer.",
    fix: "restrict the SRTP suites of the answering SBC's trunk profile to the agreed ones",
    check: Check::OfferAnswer(check),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits};
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
