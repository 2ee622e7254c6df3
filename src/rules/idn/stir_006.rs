//! Takes a request with PASSporTs and the certificates of signers, gives whether those who may have signed them, never more than the policy's directory holds.

use crate::base::Time;
use crate::certificate::{Presented, Trust};
use crate::policy::{Clause, Severity};
use crate::rules::passports::Signed;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::stir::{Claimed, Form, Held, Library, Passport};

pub(crate) static RULE: Rule = Rule {
    id: "IDN-STIR-006",
    name: "passport-signature-invalid",
    title: "PASSporT signature or certificate invalid",
    severity: Severity::Critical,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8224 §6.2; RFC 8226 §5, §8, §9; RFC 9118; RFC 8946 §5; RFC 7518 §3.4; ATIS-1000080",
    keys: &["identity.stir.cert_dir", "identity.stir.trust_anchors"],
    what: "The key of the certificate at `x5u` made the ES256 signature over the PASSporT as it was received; the certificate leads to one \
           of the agreed authorities, held when the PASSporT was signed, and its TNAuthList covers the caller (of a `div` PASSporT, the \
           diverting number): a provider code covers whatever its provider signs. Where the certificate constrains the claims \
           (JWTClaimConstraints, and those of RFC 9118), the PASSporT has what they demand, nothing that they exclude, and only values \
           that they permit. Certificates are looked up in `cert_dir`, as HOST/PATH of their URL or under its last part; nothing is \
           fetched.",
    why: "Only the signature tells a vouched-for number from one that anybody typed in. One that does not hold is a forgery or a broken \
           signing service.",
    confirm: "Decode the third part of `sip.Identity` from base64url; `openssl dgst -sha256 -verify` with the key of the certificate, over \
           what stands before the second dot, agrees or not (R and S as a DER sequence).",
    fix: "renew or correct the signer's certificate at x5u; find out who signs with a key that is not its own",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let stir = &subject.terms.identity.stir;
    let Some(clause) = stir.cert_dir.as_ref().filter(|_| subject.message().has(HeaderName::Identity) && subject.is_initial_request())
    else {
        return Verdict::NotApplicable;
    };
    let Some(library) = subject.policy.signers(subject.terms) else { return Verdict::Indeterminate(Reason::NoAuxInput) };
    let mut unknown = false;
    let mut breaches = Vec::new();
    for signed in subject.passports() {
        match of_one(signed, library, clause) {
            Ok(breach) => breaches.extend(breach.map(|breach| breach.at(signed.at).about("Identity"))),
            Err(()) => unknown = true,
        }
    }
    if breaches.is_empty() && unknown && !subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::NoAuxInput);
    }
    subject.verdict(breaches)
}

/// What is wrong with one PASSporT; `Err` where that cannot be told.
fn of_one<T>(signed: &Signed, library: &Library, clause: &Clause<T>) -> Result<Option<Breach>, ()> {
    let passport = &signed.passport;
    if passport.form == Form::Compact {
        return Err(());
    }
    let held = passport.x5u.as_deref().and_then(|x5u| library.find(x5u)).ok_or(())?;
    let breach = |observed: &'static str, agreed: &'static str| Ok(Some(Breach::of_clause(clause, observed, agreed)));
    let leaf = held.presented.leaf().ok_or(())?;
    match leaf.signed_es256(&passport.signed, &passport.signature) {
        None => return breach("certificate without a P-256 key", "ES256 (RFC 8225 §8)"),
        Some(false) => return breach("signature that the certificate's key did not make", "signed by the key of the certificate at x5u"),
        Some(true) => {}
    }
    if let Some(Trust::Broken(fault)) = &held.trust {
        return breach(fault.text(), "a certificate of an agreed authority");
    }
    if passport.iat.is_some_and(|at| lapsed(&held.presented, held.trust.as_ref(), at)) {
        return breach("certificate that did not hold when it signed", "a certificate that holds at iat");
    }
    match (&held.authorized, vouched_for(passport)) {
        (None, Some(crate::stir::Person::Number(_))) => {
            return breach("certificate without TNAuthList", "a certificate for telephone numbers (RFC 8226 §9)");
        }
        (Some(list), Some(person)) if !list.covers(person) => {
            return breach("certificate that does not cover the number", "a TNAuthList with the number or its provider");
        }
        _ => {}
    }
    match claimed(held, passport) {
        Claimed::Forbidden(observed) => {
            return breach(observed, "claims within the constraints of the certificate (RFC 8226 §8, RFC 9118)");
        }
        Claimed::Unknown => return Err(()),
        Claimed::Allowed => {}
    }
    // Whom the chain leads to is open where no authority was agreed, or its algorithm is not known here.
    if matches!(held.trust, Some(Trust::Agreed(_))) { Ok(None) } else { Err(()) }
}

/// What the constraints of the certificate say of the claims: each that it has must hold.
fn claimed(held: &Held, passport: &Passport) -> Claimed {
    if held.constraints.is_empty() {
        return Claimed::Allowed;
    }
    let Some(claims) = passport.payload() else { return Claimed::Unknown };
    let all = held.constraints.iter().map(|constraints| constraints.as_ref().map_or(Claimed::Unknown, |own| own.judge(&claims)));
    all.fold(Claimed::Allowed, |so_far, one| match (so_far, one) {
        (forbidden @ Claimed::Forbidden(_), _) | (_, forbidden @ Claimed::Forbidden(_)) => forbidden,
        (Claimed::Unknown, _) | (_, Claimed::Unknown) => Claimed::Unknown,
        (Claimed::Allowed, Claimed::Allowed) => Claimed::Allowed,
    })
}

/// For whom the signer speaks: of a diversion, the number that diverted (RFC 8946 §5).
fn vouched_for(passport: &Passport) -> Option<&crate::stir::Person> {
    passport.div.as_ref().or(passport.orig.as_ref())
}

fn lapsed(presented: &Presented, trust: Option<&Trust>, at: Time) -> bool {
    presented.lapsed(&presented.line(trust), at).is_some()
}

#[cfg(test)]
mod tests {
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};

    use super::*;
    use crate::certificate::Anchors;
    use crate::certificate::workshop::{Authority, Draft};
    use crate::rules::scene::{Scene, agreed, observed};
    use crate::stir::example::{HEADER, PAYLOAD, encode};

    const PROVIDER: &[u8] = b"\x30\x08\xa0\x06\x16\x041234";
    const ONE: &[u8] = b"\x30\x0e\xa2\x0c\x16\x0a4930123456";

    /// A call that a signer below an agreed authority signed, with a payload.
    fn signed(draft: &Draft<'_>, payload: &str, spoil: impl FnOnce(&mut Vec<u8>)) -> Scene {
        let root = Authority::root("STI-PA");
        let (der, key) = root.issue_with_key(draft);
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der(), &random).unwrap();
        let token = format!("{}.{}", encode(HEADER.as_bytes()), encode(payload.as_bytes()));
        let mut signature = key.sign(&random, token.as_bytes()).unwrap().as_ref().to_vec();
        spoil(&mut signature);
        let identity = format!("Identity: {token}.{};info=<https://certs.alpha.example/a.pem>;alg=ES256;ppt=shaken", encode(&signature));
        let mut scene = Scene::request("INVITE").add(&identity).agreed(|t| {
            t.identity.stir.cert_dir = agreed("certs".into());
            t.identity.stir.trust_anchors = agreed(vec!["root.pem".into()]);
        });
        let mut library = Library::default();
        library.add("certs.alpha.example/a.pem", Presented::read(&[der]), Some(&Anchors::of([&root.der])));
        let terms = scene.terms.clone();
        scene.policy.with_signers(&terms, library);
        scene
    }

    fn good() -> Draft<'static> {
        Draft { common_name: Some("SHAKEN 1234"), numbers: Some(PROVIDER), ..Draft::default() }
    }

    #[test]
    fn a_signature_of_somebody_else_breaks_it() {
        let forged = signed(&good(), PAYLOAD, |signature| signature[40] ^= 1);
        assert_eq!(observed(&forged.judge(&RULE)), ["signature that the certificate's key did not make"]);
        let mut short = signed(&good(), PAYLOAD, |signature| signature.truncate(10));
        assert_eq!(observed(&short.judge(&RULE)).len(), 1);
        let terms = short.terms.clone();
        let mut library = Library::default();
        let stranger = Authority::root("Somebody");
        let other = Authority::root("STI-PA");
        library.add("a.pem", Presented::read(&[stranger.issue(&good())]), Some(&Anchors::of([&other.der])));
        short.policy.with_signers(&terms, library);
        assert_eq!(observed(&short.judge(&RULE)).len(), 1);
    }

    #[test]
    fn a_signer_that_may_not_sign_breaks_it() {
        let judged = |draft: Draft<'_>, payload: &str| signed(&draft, payload, |_| ()).judge(&RULE);
        // 2026-11-14 is the day of the example.
        assert_eq!(observed(&judged(Draft { until: (2026, 11, 1), ..good() }, PAYLOAD)), ["certificate that did not hold when it signed"]);
        assert_eq!(observed(&judged(Draft { numbers: None, ..good() }, PAYLOAD)), ["certificate without TNAuthList"]);
        let other = PAYLOAD.replace("4930123456", "4930123457");
        assert_eq!(observed(&judged(Draft { numbers: Some(ONE), ..good() }, &other)), ["certificate that does not cover the number"]);
    }

    /// JWTClaimConstraints that permit attest A and C, or B alone, and enhanced ones that exclude origid, as openssl encodes them.
    const A_OR_C: &[u8] = b"0\x18\xa1\x16\x30\x14\x30\x12\x16\x06attest0\x08\x0c\x01A\x0c\x03C\x20C";
    const B_ALONE: &[u8] = b"0\x13\xa1\x11\x30\x0f\x30\x0d\x16\x06attest0\x03\x0c\x01B";
    const NO_ORIGID: &[u8] = b"0\x0c\xa2\x0a\x30\x08\x16\x06origid";

    /// RFC 8226 §8, RFC 9118 §3.
    #[test]
    fn claims_outside_of_the_constraints_break_it() {
        let judged = |claims, enhanced_claims| signed(&Draft { claims, enhanced_claims, ..good() }, PAYLOAD, |_| ()).judge(&RULE);
        assert_eq!(judged(Some(A_OR_C), None), Verdict::Pass);
        assert_eq!(observed(&judged(Some(B_ALONE), None)), ["PASSporT with a value that the certificate does not permit"]);
        assert_eq!(observed(&judged(None, Some(NO_ORIGID))), ["PASSporT with a claim that the certificate excludes"]);
        assert_eq!(observed(&judged(Some(A_OR_C), Some(NO_ORIGID))).len(), 1, "each of them must hold");
        assert_eq!(judged(Some(b"0\0"), None), Verdict::Indeterminate(Reason::NoAuxInput), "constraints that cannot be read");
    }

    #[test]
    fn an_authority_that_was_not_agreed_breaks_it() {
        let mut scene = signed(&good(), PAYLOAD, |_| ());
        let root = Authority::root("STI-PA");
        let (der, key) = root.issue_with_key(&good());
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key.serialize_der(), &random).unwrap();
        let token = format!("{}.{}", encode(HEADER.as_bytes()), encode(PAYLOAD.as_bytes()));
        let signature = key.sign(&random, token.as_bytes()).unwrap();
        scene = scene.set(
            &format!("Identity: {token}.{};info=<https://certs.alpha.example/b.pem>", encode(signature.as_ref()))
                .replace("/b.pem", "/a.pem"),
        );
        let mut library = Library::default();
        library.add("a.pem", Presented::read(&[der]), Some(&Anchors::of([&Authority::root("Another").der])));
        let terms = scene.terms.clone();
        scene.policy.with_signers(&terms, library);
        assert_eq!(observed(&scene.judge(&RULE)), ["issued by an authority that was not agreed"]);
    }

    #[test]
    fn a_signature_that_holds_keeps_it() {
        assert_eq!(signed(&good(), PAYLOAD, |_| ()).judge(&RULE), Verdict::Pass);
        assert_eq!(signed(&Draft { numbers: Some(ONE), ..good() }, PAYLOAD, |_| ()).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_the_certificate_nothing_can_be_told() {
        let elsewhere = signed(&good(), PAYLOAD, |_| ());
        let other = HEADER.replace("a.pem", "z.pem");
        let identity = format!("Identity: {}.{}.{}", encode(other.as_bytes()), encode(PAYLOAD.as_bytes()), encode(&[7; 64]));
        assert_eq!(elsewhere.set(&identity).judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        let unread = Scene::request("INVITE").add(&identity).agreed(|t| t.identity.stir.cert_dir = agreed("certs".into()));
        assert_eq!(unread.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput), "the directory was not read");
        assert_eq!(Scene::request("INVITE").add(&identity).judge(&RULE), Verdict::NotApplicable);
        let whole = signed(&good(), PAYLOAD, |_| ());
        let cut = whole.text().len() - 100;
        assert_eq!(whole.cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
