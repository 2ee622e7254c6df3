//! Takes an offer or an answer, gives whether the ways to agree on media keys are permitted, never whether media is protected at all.

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sdp::SdpRole;

use super::keying::streams;

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-KEYMGMT-001",
    name: "key-management-not-agreed",
    title: "key-management method not agreed",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 §5.3; RFC 8862 §5; RFC 7201",
    keys: &["media.security.key_management"],
    what: "The ways to agree on SRTP keys that an offer or answer names for its wanted RTP streams (SDES, DTLS-SRTP, MIKEY, ZRTP) are \
           among the agreed ones.",
    why: "Each way has its own trust: with SDES, every SIP element on the path holds the media keys. A way that was not agreed may be \
           chosen, or the call may fail.",
    confirm: "Filter `sdp.media_attr` with the Call-ID of the finding and look for crypto (SDES), fingerprint (DTLS-SRTP), key-mgmt \
           (MIKEY) and zrtp-hash (ZRTP).",
    fix: "restrict key management in the sending SBC's trunk profile to the agreed methods",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let role = subject.place.sdp_role;
    let clause = subject.terms.media.security.key_management.as_ref().filter(|c| !c.value.is_empty());
    let (Some(sdp), Some(clause), Some(SdpRole::Offer | SdpRole::Answer)) = (subject.sdp, clause, role) else {
        return Verdict::NotApplicable;
    };
    let mut breaches = Distinct::default();
    for (media, methods) in streams(sdp) {
        for method in methods {
            breaches.judge();
            if !clause.value.iter().any(|m| m == method) {
                // The m= line is underlined, not the attribute: that of SDES holds the key.
                breaches.add(Breach::of_clause(clause, method, clause.value.join(", ")).at(media.line));
            }
        }
    }
    breaches.verdict_in(subject)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn offer(media: &str) -> Scene {
        Scene::request("INVITE").offer(media).agreed(|t| t.media.security.key_management = agreed(vec!["dtls-srtp".into()]))
    }

    #[test]
    fn another_way_breaks_it() {
        let scene = offer("m=audio 4000 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\na=fingerprint:sha-256 AB\n");
        let verdict = scene.judge(&RULE);
        assert_eq!(observed(&verdict), ["sdes"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].at.unwrap().of(scene.text().as_bytes()), b"audio 4000 RTP/SAVP 8");
    }

    #[test]
    fn an_agreed_way_keeps_it() {
        assert_eq!(offer("a=fingerprint:sha-256 AB\nm=audio 4000 UDP/TLS/RTP/SAVP 8\n").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn plain_rtp_and_silence_are_not_judged() {
        assert_eq!(offer("m=audio 4000 RTP/AVP 8\n").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(offer("m=audio 0 RTP/SAVP 8\na=crypto:1 x inline:AA\n").judge(&RULE), Verdict::NotApplicable);
        let any = offer("m=audio 1 RTP/SAVP 8\na=crypto:1 x inline:AA\n").agreed(|t| t.media.security.key_management = agreed(Vec::new()));
        assert_eq!(any.judge(&RULE), Verdict::NotApplicable);
    }
}
