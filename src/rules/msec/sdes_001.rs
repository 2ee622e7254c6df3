//! Takes a message with SDP, gives whether media keys travel over unprotected signalling, never the keys.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-SDES-001",
    name: "media-key-in-clear",
    title: "SRTP master key sent over unprotected signalling",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 4568 §8; RFC 3711 §9",
    keys: &["media.security.cleartext_keys"],
    what: "A message with an a=crypto key of a wanted m= line is carried over TLS, or inside IPsec where that was agreed. The key itself \
           is never shown.",
    why: "Whoever sees the signalling has the key, and can decrypt the whole call from any capture of its media.",
    confirm: "Filter `sdp.media_attr contains \"crypto\" && (udp || tcp) && !tls`.",
    fix: "carry the signalling over TLS, or agree on DTLS-SRTP instead of SDES",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let clause = subject.terms.media.security.cleartext_keys.as_ref().filter(|c| c.value != Level::Unspecified);
    let (Some(sdp), Some(clause)) = (subject.sdp, clause) else { return Verdict::NotApplicable };
    let keys = sdp.media().iter().any(|m| m.is_active() && sdp.cryptos(m).any(|c| c.inline_keys().next().is_some()));
    let tunnel = subject.terms.connectivity.encapsulation.as_ref().is_some_and(|e| e.value.starts_with("ipsec-esp"));
    let transport = subject.arrival.envelope.transport;
    if !keys {
        Verdict::NotApplicable
    } else if transport.is_secure() || tunnel || !matches!(clause.value, Level::Discouraged | Level::Forbidden) {
        Verdict::Pass
    } else {
        // No place is underlined: the line would show the key.
        Verdict::breach(Breach::of_level(clause, format!("SDES key over {transport}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::scene::{Scene, agreed, observed};

    fn scene(media: &str) -> Scene {
        Scene::request("INVITE").offer(media).agreed(|t| t.media.security.cleartext_keys = agreed(Level::Forbidden))
    }

    const KEYED: &str = "m=audio 4000 RTP/SAVP 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\n";

    #[test]
    fn a_key_over_udp_breaks_it_and_is_not_shown() {
        let verdict = scene(KEYED).judge(&RULE);
        assert_eq!(observed(&verdict), ["SDES key over UDP"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert!(breaches[0].at.is_none() && !format!("{breaches:?}").contains("c2VjcmV0"));
    }

    #[test]
    fn tls_or_ipsec_keeps_it() {
        assert_eq!(scene(KEYED).came(|e| e.transport = Transport::Tls).judge(&RULE), Verdict::Pass);
        let tunnel = scene(KEYED).agreed(|t| t.connectivity.encapsulation = agreed("ipsec-esp".into()));
        assert_eq!(tunnel.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_keys_nothing_is_judged() {
        assert_eq!(scene("m=audio 4000 RTP/AVP 8\n").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").offer(KEYED).judge(&RULE), Verdict::NotApplicable);
    }
}
