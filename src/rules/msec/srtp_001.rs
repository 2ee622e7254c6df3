//! Takes an answered offer, gives whether its RTP streams are protected as agreed, never by which suite.

use crate::policy::{Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::sdp::oa_003::accepted;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::{Description, Media};

use super::keying::{is_srtp, streams};

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-SRTP-001",
    name: "media-not-protected",
    title: "media not protected as agreed",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 6271 App. A.1; RFC 3711; RFC 8643; RFC 8862",
    keys: &["media.security.srtp"],
    what: "Where SRTP is required, each accepted RTP stream is negotiated as RTP/SAVP (or a kin of it), or as RTP/AVP with keys agreed on \
           by both sides (opportunistic SRTP). Where it is forbidden, none is.",
    why: "Plain RTP can be listened to and changed by everyone on the path.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp` and read the transport of each m= line, with a=crypto and a=fingerprint.",
    fix: "switch SRTP on in the trunk profiles of both SBCs, and refuse offers without it",
    check: Check::Sections(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let Some(clause) = subject.terms.media.security.srtp.as_ref().filter(|c| c.value != Level::Unspecified) else {
        return Verdict::NotApplicable;
    };
    let exchange = &subject.exchange.exchange;
    let mut breaches = Distinct::default();
    let (offer_keyed, answer_keyed) = (keyed(&exchange.offer), keyed(&exchange.answer));
    for (offered, answered) in accepted(exchange.offer.media(), exchange.answer.media()) {
        breaches.judge();
        let opportunistic = contains(&offer_keyed, offered) && contains(&answer_keyed, answered);
        let broken = match clause.value {
            Level::Required | Level::Recommended => !is_srtp(answered) && !opportunistic,
            Level::Discouraged | Level::Forbidden => is_srtp(answered) || opportunistic,
            Level::Supported | Level::Unspecified => false,
        };
        if broken {
            breaches.add(Breach::of_level(clause, word(&answered.proto)).seen_in(&subject.exchange.answer));
        }
    }
    breaches.verdict()
}

/// Where the m= lines with keys begin, in order.
fn keyed(sdp: &Description) -> Vec<usize> {
    streams(sdp).filter(|(_, methods)| !methods.is_empty()).map(|(media, _)| media.lines.start).collect()
}

fn contains(keyed: &[usize], media: &Media) -> bool {
    keyed.binary_search(&media.lines.start).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::Negotiation;
    use crate::rules::scene::{agreed, observed};

    const KEY: &str = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n";

    fn judge(media: &str, level: Level) -> Verdict {
        Negotiation::of(media, media).agreed(|t| t.media.security.srtp = agreed(level)).judge(&RULE)
    }

    #[test]
    fn plain_rtp_breaks_what_requires_srtp_and_srtp_what_forbids_it() {
        assert_eq!(observed(&judge("m=audio 1 RTP/AVP 8\n", Level::Required)), ["RTP/AVP"]);
        let half = Negotiation::of(&format!("m=audio 1 RTP/AVP 8\n{KEY}"), "m=audio 1 RTP/AVP 8\n");
        assert_eq!(observed(&half.agreed(|t| t.media.security.srtp = agreed(Level::Required)).judge(&RULE)), ["RTP/AVP"]);
        assert_eq!(observed(&judge("m=audio 1 RTP/SAVP 8\n", Level::Forbidden)), ["RTP/SAVP"]);
    }

    #[test]
    fn srtp_and_opportunistic_srtp_keep_it() {
        assert_eq!(judge("m=audio 1 UDP/TLS/RTP/SAVPF 8\n", Level::Required), Verdict::Pass);
        assert_eq!(judge(&format!("m=audio 1 RTP/AVP 8\n{KEY}"), Level::Required), Verdict::Pass);
        assert_eq!(judge("m=audio 1 RTP/AVP 8\n", Level::Supported), Verdict::Pass);
    }

    #[test]
    fn fax_refusal_and_silence_are_not_judged() {
        assert_eq!(judge("m=image 1 udptl t38\n", Level::Required), Verdict::NotApplicable);
        assert_eq!(judge("m=audio 0 RTP/AVP 8\n", Level::Required), Verdict::NotApplicable);
        assert_eq!(Negotiation::of("m=audio 1 RTP/AVP 8\n", "m=audio 1 RTP/AVP 8\n").judge(&RULE), Verdict::NotApplicable);
    }
}
