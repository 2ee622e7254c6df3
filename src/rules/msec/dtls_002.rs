//! Takes a DTLS handshake of a call, gives whether its certificates are those that SDP promised, never whether they are trusted otherwise.

use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, HandshakeSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sdp::Fingerprint;

pub(crate) static RULE: Rule = Rule {
    id: "MSEC-DTLS-002",
    name: "certificate-not-the-promised",
    title: "DTLS certificate does not match the SDP fingerprint",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 5763 §5, §6.7; RFC 8122 §5.1",
    keys: &[],
    what: "Each certificate that a DTLS 1.2 handshake shows has one of the fingerprints that its sender's SDP names. DTLS 1.3 encrypts \
           certificates, and a resumed session shows none: then it cannot be judged.",
    why: "The fingerprint is all that ties the media key to the peer: another certificate means that somebody sits in the middle of the \
           call.",
    confirm: "Filter `dtls.handshake.certificate` between the two media addresses, export the certificate and take its SHA-256; compare \
           with a=fingerprint.",
    fix: "find the element that answers the handshake: a relay that terminates DTLS must write its own fingerprint into SDP",
    check: Check::Handshake(check),
};

fn check(subject: &HandshakeSubject<'_>) -> Verdict {
    let handshake = &subject.companion.handshake;
    let Some((call, bound)) = subject.call.filter(|_| handshake.client.is_some()) else { return Verdict::NotApplicable };
    let (mut breaches, mut unknown, mut promised) = (Distinct::default(), false, false);
    for side in [bound.side, bound.side.other()] {
        let said: Vec<_> = call.lines(side, bound, subject.until).collect();
        let fingerprints: Vec<Fingerprint<'_>> = said
            .iter()
            .flat_map(|(said, media)| said.sdp.fingerprints(media.lines.clone()).chain(said.sdp.fingerprints(said.sdp.session_lines())))
            .collect();
        promised |= !fingerprints.is_empty();
        let own = |end| (side == bound.side) == (end == subject.companion.a);
        for (end, origin, der) in handshake.certificates.iter().filter(|(end, ..)| own(*end)) {
            let known: Vec<_> = fingerprints.iter().filter_map(|f| Some((f, digest(f.hash, der)?))).collect();
            if known.is_empty() {
                unknown |= !fingerprints.is_empty();
                continue;
            }
            breaches.judge();
            if !known.iter().any(|(promised, actual)| is_same(promised.digest, actual)) {
                let observed = format!("another certificate of the {} than promised", side.name());
                let mut exhibit = subject.exhibit("");
                (exhibit.origin, exhibit.source) = (*origin, *end);
                breaches.add(
                    Breach::of_standard(observed, "the certificate of the SDP fingerprint").by(subject.offender(side)).seen_in(&exhibit),
                );
            }
        }
    }
    match breaches.verdict() {
        Verdict::NotApplicable if !promised => Verdict::NotApplicable,
        // Version numbers of DTLS count down: 1.3 is 0xfefc.
        Verdict::NotApplicable if handshake.version == Some(0xfefc) => Verdict::Indeterminate(Reason::Tls13Encrypted),
        Verdict::NotApplicable if unknown || handshake.certificates.is_empty() => Verdict::Indeterminate(Reason::NoAuxInput),
        verdict => verdict,
    }
}

/// The digest of a certificate; `None` for hash functions that are not trusted any more (RFC 8122 §5) or are not known.
fn digest(hash: &[u8], der: &[u8]) -> Option<Vec<u8>> {
    match hash.to_ascii_lowercase().as_slice() {
        b"sha-224" => Some(Sha224::digest(der).to_vec()),
        b"sha-256" => Some(Sha256::digest(der).to_vec()),
        b"sha-384" => Some(Sha384::digest(der).to_vec()),
        b"sha-512" => Some(Sha512::digest(der).to_vec()),
        _ => None,
    }
}

/// Whether pairs of hexadecimal digits with colons between (RFC 8122 §5) name these octets.
fn is_same(written: &[u8], octets: &[u8]) -> bool {
    let pairs = written.split(|&b| b == b':');
    pairs.clone().count() == octets.len()
        && pairs.zip(octets).all(|(pair, octet)| std::str::from_utf8(pair).is_ok_and(|pair| u8::from_str_radix(pair, 16) == Ok(*octet)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::binding::Side;
    use crate::rules::passage::Passage;
    use crate::rules::scene::observed;

    /// Lines of both sides with the fingerprint of `promised`.
    fn call(hash: &str, promised: &[u8]) -> Passage {
        let hex: Vec<String> = Sha256::digest(promised).iter().map(|octet| format!("{octet:02X}")).collect();
        let line = |port: u16| format!("m=audio {port} UDP/TLS/RTP/SAVP 8\na=fingerprint:{hash} {}\n", hex.join(":"));
        Passage::of(&line(4_000), &line(5_000))
    }

    #[test]
    fn another_certificate_breaks_it() {
        let verdict = call("sha-256", b"promised").judge_handshake(&RULE, |h| {
            let (caller, callee) = (Passage::end(Side::Caller), Passage::end(Side::Callee));
            h.certificates = vec![(caller, Default::default(), b"promised".to_vec()), (callee, Default::default(), b"other".to_vec())];
        });
        assert_eq!(observed(&verdict), ["another certificate of the callee than promised"]);
    }

    #[test]
    fn the_promised_one_keeps_it() {
        let verdict = call("SHA-256", b"promised").judge_handshake(&RULE, |h| {
            h.certificates = vec![(Passage::end(Side::Callee), Default::default(), b"promised".to_vec())];
        });
        assert_eq!(verdict, Verdict::Pass);
    }

    #[test]
    fn hidden_certificates_and_old_hashes_cannot_be_judged() {
        let judge = |hash, version| call(hash, b"x").judge_handshake(&RULE, |h| h.version = Some(version));
        assert_eq!(judge("sha-256", 0xfefc), Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(judge("sha-256", 0xfefd), Verdict::Indeterminate(Reason::NoAuxInput));
        let plain = Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").judge_handshake(&RULE, |_| ());
        assert_eq!(plain, Verdict::NotApplicable);
    }

    // The form of the example of RFC 8122 §5.
    #[test]
    fn digests_are_compared_in_any_case() {
        assert!(is_same(b"4A:ad:B9", &[0x4a, 0xad, 0xb9]));
        assert!(
            !is_same(b"4A:AD", &[0x4a, 0xad, 0xb9])
                && !is_same(b"4A:AD:", &[0x4a, 0xad, 0xb9])
                && !is_same(b"+A:AD:B9", &[0x0a, 0xad, 0xb8])
        );
    }
}
