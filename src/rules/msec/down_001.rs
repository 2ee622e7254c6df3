//! Takes an answered offer with the exchange before it, gives whether protected media became plain, never how it was protected.

use crate::policy::{Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::sdp::oa_003::accepted;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::{Description, Media};

use super::keying::{is_srtp, streams};

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-DOWN-001",
    name: "media-security-downgraded",
    title: "media security downgraded",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Session,
    // Whoever sent the offer or answer that is the exhibit.
    offender: Offender::Sender,
    reference: "RFC 6271 Req #17; RFC 8643 §3; RFC 6404 §2",
    keys: &["media.security.srtp"],
    what: "A stream that was offered with protection does not end up plain: a re-offer keeps SRTP where SRTP was in use, a protected offer \
           that was refused is not repeated as RTP/AVP in the same session, and where SRTP is required the answer takes up the keys of an \
           opportunistic offer.",
    why: "Whoever can make one side refuse protection can then listen; users were told that the call is encrypted.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp` and follow the transport of the m= line through offers and answers.",
    fix: "forbid the fallback to RTP/AVP in the trunk profile of the side that falls back",
    check: Check::Sections(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let exchange = &subject.exchange.exchange;
    let before = exchange.offerer_before.as_ref().zip(exchange.answerer_before.as_ref());
    let required = subject.terms.media.security.srtp.as_ref().filter(|c| matches!(c.value, Level::Required | Level::Recommended));
    let keys = [&exchange.offer, &exchange.answer].map(|sdp| Keyed::of(sdp));
    let [offer_keys, answer_keys] = &keys;
    let mut breaches = Distinct::default();
    for (offered, answered) in accepted(exchange.offer.media(), exchange.answer.media()) {
        let keyed = offer_keys.has(offered) && answer_keys.has(answered);
        let plain = !is_srtp(answered) && !keyed;
        let at = exchange.offer.media().iter().position(|m| m.line == offered.line).unwrap_or(usize::MAX);
        // An index identifies the stream for the whole session (RFC 3264 §8).
        let last = before.and_then(|(offerer, answerer)| Some((offerer.media().get(at)?, answerer.media().get(at)?)));
        let established = last.is_some_and(|(own, other)| is_srtp(own) && own.is_active() && other.is_active());
        let refused = before.is_some_and(|(offerer, answerer)| was_refused(offerer, answerer, &offered.kind))
            || exchange.refused.as_ref().is_some_and(|refused| has_srtp(refused, &offered.kind));
        let opportunistic = !is_srtp(offered) && offer_keys.has(offered);
        if established || refused || is_srtp(offered) || (opportunistic && required.is_some()) {
            breaches.judge();
        }
        if plain && established {
            breaches.add(of(format!("SRTP, then {}", word(&offered.proto))).seen_in(&subject.exchange.offer));
        } else if plain && refused {
            breaches.add(of(format!("SRTP refused, then {}", word(&offered.proto))).seen_in(&subject.exchange.offer));
        } else if let Some(clause) = required.filter(|_| plain && opportunistic) {
            breaches.add(Breach::of_level(clause, "keys offered and dropped").seen_in(&subject.exchange.answer));
        }
    }
    breaches.verdict()
}

fn of(observed: String) -> Breach {
    Breach::of_standard(observed, "protection once offered is kept")
}

/// Whether the last exchange refused a protected stream of this kind, and no other of that kind took its place.
fn was_refused(offer: &Description, answer: &Description, kind: &str) -> bool {
    let same =
        |(offered, answered): (&Media, &Media)| (offered.kind == kind && is_srtp(offered), offered.is_active(), answered.is_active());
    let lines: Vec<_> = offer.media().iter().zip(answer.media()).map(same).filter(|(protected, ..)| *protected).collect();
    lines.iter().any(|&(_, offered, answered)| offered && !answered) && !lines.iter().any(|&(_, _, answered)| answered)
}

fn has_srtp(sdp: &Description, kind: &str) -> bool {
    sdp.media().iter().any(|m| m.is_active() && m.kind == kind && is_srtp(m))
}

/// The m= lines of a body that name keys, whatever their transport (RFC 8643).
struct Keyed(Vec<usize>);

impl Keyed {
    fn of(sdp: &Description) -> Self {
        Self(streams(sdp).filter(|(_, methods)| !methods.is_empty()).map(|(media, _)| media.lines.start).collect())
    }

    fn has(&self, media: &Media) -> bool {
        self.0.binary_search(&media.lines.start).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits, parsed};
    use crate::rules::scene::{agreed, observed};

    const SECURE: &str = "m=audio 4000 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n";
    const PLAIN: &str = "m=audio 4000 RTP/AVP 8\n";
    const OPPORTUNISTIC: &str = "m=audio 4000 RTP/AVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:AAAA\n";

    #[test]
    fn a_re_offer_without_srtp_breaks_it() {
        let verdict = Negotiation::of(PLAIN, PLAIN).after(SECURE, SECURE).judge(&RULE);
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["SRTP, then RTP/AVP"], vec!["INVITE"]));
    }

    #[test]
    fn a_plain_offer_after_a_refusal_breaks_it() {
        let verdict = Negotiation::of(PLAIN, PLAIN).with(|e| e.refused = Some(parsed(SECURE))).judge(&RULE);
        assert_eq!(observed(&verdict), ["SRTP refused, then RTP/AVP"]);
        let by_port = Negotiation::of(PLAIN, PLAIN).after(SECURE, "m=audio 0 RTP/SAVP 8\n").judge(&RULE);
        assert_eq!(observed(&by_port), ["SRTP refused, then RTP/AVP"]);
    }

    #[test]
    fn dropped_keys_break_what_requires_srtp() {
        let answered = |level| Negotiation::of(OPPORTUNISTIC, PLAIN).agreed(|t| t.media.security.srtp = agreed(level)).judge(&RULE);
        let verdict = answered(Level::Required);
        assert_eq!((observed(&verdict), exhibits(&verdict)), (vec!["keys offered and dropped"], vec!["SIP/2.0"]));
        assert_eq!(answered(Level::Supported), Verdict::NotApplicable);
    }

    #[test]
    fn protection_that_is_kept_keeps_it() {
        assert_eq!(Negotiation::of(SECURE, SECURE).judge(&RULE), Verdict::Pass);
        assert_eq!(Negotiation::of(SECURE, SECURE).after(SECURE, SECURE).judge(&RULE), Verdict::Pass);
        assert_eq!(Negotiation::of(OPPORTUNISTIC, OPPORTUNISTIC).after(SECURE, SECURE).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn plain_media_all_along_is_not_judged() {
        assert_eq!(Negotiation::of(PLAIN, PLAIN).after(PLAIN, PLAIN).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(
            Negotiation::of("m=image 1 udptl t38\n", "m=image 1 udptl t38\n").after(SECURE, SECURE).judge(&RULE),
            Verdict::NotApplicable
        );
    }
}
