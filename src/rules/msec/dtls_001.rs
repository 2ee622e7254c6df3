//! Takes an offer or an answer, gives whether its DTLS-SRTP streams have a strong fingerprint that somebody protects, never the certificate.

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sdp::{Description, Fingerprint, SdpRole};
use crate::sip::HeaderName;

use super::keying::{is_bundled, is_dtls};

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-DTLS-001",
    name: "fingerprint-missing-or-weak",
    title: "fingerprint missing, weak or not bound",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8122 §5; RFC 5763 §5; RFC 8225 §5.2.2; RFC 8862 §4",
    keys: &["media.security.fingerprint_hashes"],
    what: "Every wanted DTLS-SRTP m= line has a fingerprint, its own or the session's, by at least one agreed hash function; and TLS or an \
           Identity header protects the message that carries it (medium where neither does).",
    why: "The fingerprint is all that ties the media key to the peer. Without it, or with one that can be forged on the way, anybody can \
           sit in the middle of the call.",
    confirm: "Filter `sdp.media.proto contains \"TLS\"` with the Call-ID of the finding and look for a=fingerprint and its hash function.",
    fix: "let the sender add a sha-256 fingerprint, and carry the signalling over TLS",
    check: Check::Message(Kind::SDP, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (Some(sdp), Some(SdpRole::Offer | SdpRole::Answer)) = (subject.sdp, subject.place.sdp_role) else { return Verdict::NotApplicable };
    let hashes = subject.terms.media.security.fingerprint_hashes.as_ref();
    let shared = shared(sdp);
    let (mut breaches, mut carried) = (Distinct::default(), None);
    for media in sdp.media().iter().filter(|m| m.is_active() && is_dtls(m)) {
        breaches.judge();
        let own: Vec<_> = sdp.fingerprints(media.lines.clone()).collect();
        let fingerprints = if own.is_empty() { &shared } else { &own };
        let Some(first) = fingerprints.first() else {
            breaches.lack(Breach::of_standard("no fingerprint", "a fingerprint for each DTLS-SRTP stream").at(media.line));
            continue;
        };
        carried.get_or_insert(first.at);
        let strong = |f: &Fingerprint<'_>| hashes.is_none_or(|h| h.value.iter().any(|h| h.as_bytes().eq_ignore_ascii_case(f.hash)));
        if let Some(hashes) = hashes.filter(|_| !fingerprints.iter().any(strong)) {
            let observed = word(&String::from_utf8_lossy(first.hash).to_ascii_lowercase());
            breaches.lack(Breach::of_clause(hashes, observed, hashes.value.join(", ")).at(first.at));
        }
    }
    let transport = subject.arrival.envelope.transport;
    let bound = transport.is_secure() || subject.arrival.message.has(HeaderName::Identity);
    if let Some(at) = carried.filter(|_| !bound) {
        let breach = Breach::of_standard(format!("fingerprint over {transport}"), "TLS, or a signed Identity");
        breaches.add(breach.rated(Severity::Medium).at(at));
    }
    breaches.verdict_in(subject)
}

/// The fingerprints that m= lines without any take: the session's, or those of the transport that they are bundled into.
fn shared(sdp: &Description) -> Vec<Fingerprint<'_>> {
    let session: Vec<_> = sdp.fingerprints(sdp.session_lines()).collect();
    if !session.is_empty() || !is_bundled(sdp) {
        return session;
    }
    let first = sdp.media().iter().map(|m| sdp.fingerprints(m.lines.clone()).collect::<Vec<_>>()).find(|list| !list.is_empty());
    first.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::scene::{Scene, agreed, observed};

    fn offer(body: &str) -> Scene {
        let hashes = vec!["sha-256".to_owned(), "sha-384".to_owned()];
        let scene = Scene::request("INVITE").offer(body).came(|e| e.transport = Transport::Tls);
        scene.agreed(|t| t.media.security.fingerprint_hashes = agreed(hashes))
    }

    const DTLS: &str = "m=audio 4000 UDP/TLS/RTP/SAVP 8\n";

    #[test]
    fn missing_weak_and_unprotected_break_it() {
        assert_eq!(observed(&offer(DTLS).judge(&RULE)), ["no fingerprint"]);
        assert_eq!(observed(&offer(&format!("{DTLS}a=fingerprint:SHA-1 AB\n")).judge(&RULE)), ["sha-1"]);
        let clear = offer(&format!("{DTLS}a=fingerprint:sha-256 AB\n")).came(|e| e.transport = Transport::Udp).judge(&RULE);
        assert_eq!(observed(&clear), ["fingerprint over UDP"]);
        let Verdict::Violation(breaches) = clear else { panic!() };
        assert_eq!(breaches[0].severity, Some(Severity::Medium));
    }

    #[test]
    fn a_strong_one_at_either_level_keeps_it() {
        assert_eq!(offer(&format!("a=fingerprint:sha-256 AB\n{DTLS}")).judge(&RULE), Verdict::Pass);
        assert_eq!(offer(&format!("{DTLS}a=fingerprint:sha-1 AB\na=fingerprint:sha-384 CD\n")).judge(&RULE), Verdict::Pass);
        assert_eq!(offer(&format!("a=group:BUNDLE 0 1\n{DTLS}a=fingerprint:sha-256 AB\n{DTLS}")).judge(&RULE), Verdict::Pass);
        let signed =
            offer(&format!("{DTLS}a=fingerprint:sha-256 AB\n")).came(|e| e.transport = Transport::Tcp).add("Identity: a.b.c;info=<x>");
        assert_eq!(signed.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_streams_are_not_judged() {
        assert_eq!(offer("m=audio 4000 RTP/AVP 8\n").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(offer(&DTLS.replace("4000", "0")).judge(&RULE), Verdict::NotApplicable);
    }
}
