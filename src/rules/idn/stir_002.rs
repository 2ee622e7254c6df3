//! Takes a request with Identity headers, gives whether these can be read and verified at all, never whether they are true.

use crate::policy::{Level, Severity};
use crate::rules::passports::Signed;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::stir::Form;

pub(crate) static RULE: Rule = Rule {
    id: "IDN-STIR-002",
    name: "passport-malformed",
    title: "Identity header or PASSporT malformed",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8224 §4; RFC 8225 §4, §5, §7, §9; RFC 8588 §4, §5, §8; RFC 8946 §4",
    keys: &["identity.stir.identity_header", "identity.stir.x5u_hosts", "identity.stir.compact_form", "identity.stir.mky"],
    what: "Every Identity header holds a signed token of three parts, whose header says `alg` ES256, `typ` passport and, by `x5u` over \
           https at an agreed host, where its certificate is, in accord with the parameters of the header field. Its payload claims `iat`, \
           `orig` and `dest`; of kind `shaken` also `attest` and `origid`, of kind `div` also `div`; where it was agreed, `mky` for the \
           fingerprints in SDP. The compact form passes only where it was agreed. What keeps nobody from verifying (the order of keys, a \
           quoted `iat`) is told as information.",
    why: "A verifier that cannot read a PASSporT treats the call as unsigned, or answers 436, 437 or 438.",
    confirm: "Filter `sip.Identity` and decode what stands before and behind its first dot from base64url.",
    fix: "correct the authentication service of the sender, or the border element that changed the header",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let stir = &subject.terms.identity.stir;
    let agreed = stir.identity_header.as_ref().is_some_and(|l| l.value != Level::Unspecified);
    if !agreed || !subject.message().has(HeaderName::Identity) || !subject.is_initial_request() {
        return Verdict::NotApplicable;
    }
    let breaches = subject.passports().iter().flat_map(|signed| of_one(subject, signed)).chain(unsigned_keys(subject));
    subject.verdict(breaches.map(|breach| breach.about("Identity")).collect())
}

fn of_one(subject: &MessageSubject<'_>, signed: &Signed) -> Vec<Breach> {
    let stir = &subject.terms.identity.stir;
    let passport = &signed.passport;
    let form = |fault: &crate::stir::Fault| {
        let breach = Breach::of_standard(format!("PASSporT: {}", fault.text), "as RFC 8225 and RFC 8224 §4 write it").at(signed.at);
        if fault.is_minor { breach.rated(Severity::Info) } else { breach }
    };
    let mut breaches: Vec<Breach> = passport.faults.iter().map(form).collect();
    let compact = stir.compact_form.as_ref().filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged));
    if let Some(level) = compact.filter(|_| passport.form == Form::Compact) {
        breaches.push(Breach::of_level(level, "PASSporT: compact form").at(signed.at));
    }
    if let Some(x5u) = &passport.x5u {
        let host = x5u.get(..8).filter(|scheme| scheme.eq_ignore_ascii_case("https://")).map(|_| host(x5u.get(8..).unwrap_or_default()));
        match (host, &stir.x5u_hosts) {
            (None, _) => breaches.push(Breach::of_standard("PASSporT: x5u not over https", "https (RFC 8224 §4.1)").at(signed.at)),
            (Some(host), Some(hosts)) if !hosts.value.is_empty() && !hosts.value.iter().any(|own| own.eq_ignore_ascii_case(host)) => {
                breaches
                    .push(Breach::of_clause(hosts, "PASSporT: x5u at a host that was not agreed", hosts.value.join(", ")).at(signed.at));
            }
            _ => {}
        }
    }
    breaches
}

fn host(rest: &str) -> &str {
    rest.split(['/', ':', '?', '#']).next().unwrap_or_default()
}

/// Fingerprints that no PASSporT signs, where it was agreed that one does (RFC 8225 §5.2.2).
fn unsigned_keys(subject: &MessageSubject<'_>) -> Option<Breach> {
    let level = subject.terms.identity.stir.mky.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended))?;
    let sdp = subject.sdp?;
    let mut sections = sdp.media().iter().map(|media| media.lines.clone()).chain([sdp.session_lines()]);
    let has_fingerprint = sections.any(|lines| sdp.fingerprints(lines).next().is_some());
    let passports = subject.passports();
    // What the compact form signs cannot be seen.
    let is_open = passports.iter().all(|signed| signed.passport.form == Form::Full && !signed.passport.has_keys);
    let first = passports.first().filter(|_| has_fingerprint && is_open)?;
    Some(Breach::of_level(level, "PASSporT: no mky for the fingerprints in SDP").at(first.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, agreed, observed};
    use crate::stir::example::{HEADER, PAYLOAD, encode, identity};

    fn call(value: &str) -> Scene {
        Scene::request("INVITE").add(&format!("Identity: {value}")).agreed(|t| {
            t.identity.stir.identity_header = agreed(Level::Required);
            t.identity.stir.compact_form = agreed(Level::Forbidden);
            t.identity.stir.x5u_hosts = agreed(vec!["certs.alpha.example".into()]);
        })
    }

    fn with(from: &str, to: &str) -> Scene {
        call(&identity(&HEADER.replace(from, to), &PAYLOAD.replace(from, to)).replace(from, to))
    }

    #[test]
    fn what_cannot_be_read_breaks_it() {
        assert_eq!(observed(&call("abc").judge(&RULE)), ["PASSporT: no token of three parts", "PASSporT: no info"]);
        assert_eq!(observed(&with(r#""attest":"A","#, "").judge(&RULE)), ["PASSporT: no attest of A, B or C"]);
        assert_eq!(observed(&with("https", "http").judge(&RULE)), ["PASSporT: x5u not over https"]);
        assert_eq!(observed(&with("certs.alpha", "evil").judge(&RULE)), ["PASSporT: x5u at a host that was not agreed"]);
        let compact = format!("..{};info=<https://certs.alpha.example/a.pem>;alg=ES256;ppt=shaken", encode(&[7; 64]));
        assert_eq!(observed(&call(&compact).judge(&RULE)), ["PASSporT: compact form"]);
    }

    #[test]
    fn what_keeps_nobody_from_verifying_is_information() {
        let Verdict::Violation(breaches) = with("1794650000", "\"1794650000\"").judge(&RULE) else { panic!() };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("PASSporT: iat in quotes", Some(Severity::Info)));
    }

    #[test]
    fn keys_that_nobody_signed_break_it_where_they_were_agreed() {
        let sdp = "v=0\no=- 1 1 IN IP4 10.0.0.1\ns=-\nt=0 0\nm=audio 4000 UDP/TLS/RTP/SAVP 0\na=fingerprint:sha-256 00:11\n";
        let secured = |value: String| call(&value).sdp(sdp).agreed(|t| t.identity.stir.mky = agreed(Level::Required)).judge(&RULE);
        assert_eq!(observed(&secured(identity(HEADER, PAYLOAD))), ["PASSporT: no mky for the fingerprints in SDP"]);
        let keys = PAYLOAD.replace(r#""orig":"#, r#""mky":[{"alg":"sha-256","dig":"0011"}],"orig":"#);
        assert_eq!(secured(identity(HEADER, &keys)), Verdict::Pass);
    }

    #[test]
    fn a_sound_passport_keeps_it() {
        assert_eq!(call(&identity(HEADER, PAYLOAD)).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn unsigned_calls_are_not_judged_and_a_cut_token_cannot_be() {
        assert_eq!(
            Scene::request("INVITE").agreed(|t| t.identity.stir.identity_header = agreed(Level::Required)).judge(&RULE),
            Verdict::NotApplicable
        );
        assert_eq!(Scene::request("INVITE").add("Identity: abc").judge(&RULE), Verdict::NotApplicable);
        let sound = call(&identity(HEADER, PAYLOAD));
        let cut = sound.text().find("ppt=shaken").unwrap() - 150;
        assert_eq!(sound.cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
