//! Takes a message with SDP and a signed Identity, or both sides of a border element, gives whether media security passed it as it was, never whether a signature holds.

use std::collections::BTreeMap;

use crate::base::seconds;
use crate::binding::{Said, Side};
use crate::call::Trace;
use crate::policy::{Clause, Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::med::agreement::word;
use crate::rules::{Breach, Check, Kind, LegsSubject, MediaSubject, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sdp::{Description, SdpRole};
use crate::sip::HeaderName;
use crate::stir::base64url;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-008",
    name: "security-attributes-altered",
    title: "border element altered or removed media-security attributes",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Both,
    reference: "RFC 6271 §5.3 Req #17; RFC 8225 §5.2.2; RFC 8862 §4",
    keys: &["media.security.attribute_transparency"],
    what: "Every fingerprint that the Identity of a message has signed (claim mky) stands in its SDP, and no other does. Where the \
           captures hold a call before and behind a border element, known by its Call-ID or, where that changes, by the Session-ID or \
           charging identifier of its INVITE, offers and answers have the same fingerprint, crypto, setup, key-mgmt, zrtp-hash and \
           identity on both sides, and attributes that no standard for SDP knows pass untouched. Without either, what a border element \
           changed cannot be seen.",
    why: "A fingerprint that was changed on the way means that whoever changed it can listen to the call.",
    confirm: "Decode the payload of the Identity header (base64url, between the first and the second dot) and compare mky with \
           a=fingerprint; or compare the a= lines of the message with those of the same message on the other side of the border element.",
    fix: "let the border elements pass a=fingerprint unchanged, or sign anew what they terminate",
    check: Check::Several(&[Check::Message(Kind::SDP, check), Check::Media(hops), Check::Legs(legs)]),
};

/// A longer header is no token of one call (RFC 8224 §4.1).
const LONGEST: usize = 16_384;

/// Attributes of media security (RFC 8122, RFC 4568, RFC 4145, RFC 4567, RFC 6189, RFC 8827).
const SECURITY: [&[u8]; 6] = [b"fingerprint", b"crypto", b"setup", b"key-mgmt", b"zrtp-hash", b"identity"];

/// Other attributes that a border element may know and write anew: what media it relays, where, how (IANA "SDP Parameters", att-field).
const KNOWN: &str = "accept-types accept-wrapped-types acap acfg bundle-only candidate charset conf connection content creq csup curr des \
    direction end-of-candidates extmap fmtp framerate gpmd group ice-lite ice-options ice-pwd ice-ufrag imageattr inactive \
    label lang max-message-size max-size maxptime mid msid msid-semantic path pcfg ptime quality recvonly remote-candidates \
    rid rtcp rtcp-fb rtcp-mux rtcp-rsize rtcp-xr rtpmap sctp-port sendonly sendrecv silenceSupp simulcast ssrc ssrc-group \
    tcap tool type";

/// Whether border elements know an attribute; those of T.38 all begin alike (ITU-T T.38 Annex D).
fn is_known(name: &[u8]) -> bool {
    name.starts_with(b"T38") || KNOWN.split(' ').any(|known| known.as_bytes() == name)
}

/// How long a border element may keep a message: Timer B (RFC 3261 §17.1.1.2).
const KEPT: i64 = seconds(32);

/// What is agreed, where it is agreed that attributes pass.
fn agreed(clause: Option<&Clause<Level>>) -> Option<&Clause<Level>> {
    clause.filter(|c| matches!(c.value, Level::Required | Level::Recommended))
}

/// Both sides of border elements that keep the Call-ID.
fn hops(subject: &MediaSubject<'_>) -> Verdict {
    let Some(clause) = agreed(subject.terms.media.security.attribute_transparency.as_ref()) else { return Verdict::NotApplicable };
    let mut breaches = Distinct::default();
    for said in &subject.call.said {
        let Some(copy) = forwarded(&subject.call.said, said) else { continue };
        compare(said, copy, "", clause, &mut breaches);
    }
    breaches.verdict()
}

/// Both sides of border elements that give each leg a Call-ID of its own: the first offer and its answer. What follows may be of one leg alone.
fn legs(subject: &LegsSubject<'_>) -> Verdict {
    let Some(clause) = agreed(subject.terms.media.security.attribute_transparency.as_ref()) else { return Verdict::NotApplicable };
    let mut breaches = Distinct::default();
    let LegsSubject { before, behind, .. } = subject;
    let answers = before.answer.as_ref().zip(behind.answer.as_ref());
    for (near, far) in [Some((&before.offer, &behind.offer)), answers].into_iter().flatten() {
        let (said, copy, call_id) = if near.side == Side::Caller { (near, far, &before.call_id) } else { (far, near, &behind.call_id) };
        let lines = |said: &Said| said.sdp.media().iter().map(|media| media.kind.to_string()).collect::<Vec<_>>();
        let away = copy.at.since(said.at);
        // Lines that a border element put in another order cannot be told apart.
        if (near.side, near.role) == (far.side, far.role) && (0..=KEPT).contains(&away) && lines(said) == lines(copy) {
            compare(said, copy, &format!(" as {call_id}"), clause, &mut breaches);
        }
    }
    breaches.verdict()
}

/// Adds what became of the attributes of a body on its way to a copy of it.
fn compare(said: &Said, copy: &Said, whence: &str, clause: &Clause<Level>, breaches: &mut Distinct) {
    for line in 0..said.sdp.media().len().min(copy.sdp.media().len()) {
        let (before, after) = (attributes(said, line), attributes(copy, line));
        if !before.is_empty() || !after.is_empty() {
            breaches.judge();
        }
        for (name, values) in &before {
            let observed = match after.get(name) {
                None => "removed",
                Some(now) if now != values => "changed",
                Some(_) => continue,
            };
            breaches.add(altered(clause, name, observed, whence, copy));
        }
        let added = after.keys().filter(|name| SECURITY.contains(name) && !before.contains_key(*name));
        added.for_each(|name| breaches.add(altered(clause, name, "added", whence, copy)));
    }
}

/// The message as it left the element that it went to, nearest in time.
fn forwarded<'a>(all: &'a [Said], said: &Said) -> Option<&'a Said> {
    let is_copy = |other: &&Said| {
        let goes_on = other.source.ip == said.destination.ip && other.destination.ip != said.source.ip;
        let same_dialog = other.tag == said.tag || other.tag == 0 || said.tag == 0;
        goes_on && same_dialog && (other.side, other.role) == (said.side, said.role)
    };
    let away = |other: &&Said| other.at.since(said.at).saturating_abs();
    let spoken = matches!(said.role, SdpRole::Offer | SdpRole::Answer);
    all.iter().filter(|other| spoken && is_copy(other) && away(other) <= KEPT).min_by_key(away)
}

/// The attributes of a wanted line that are to pass, those of the session where it has none of the name: values by name.
fn attributes(said: &Said, line: usize) -> BTreeMap<&[u8], Vec<&[u8]>> {
    let mut all: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
    let Some(media) = said.sdp.media().get(line).filter(|media| media.is_active()) else { return all };
    for lines in [media.lines.clone(), said.sdp.session_lines()] {
        let mut own: BTreeMap<&[u8], Vec<&[u8]>> = BTreeMap::new();
        for line in said.sdp.lines().get(lines).unwrap_or_default().iter().filter(|line| line.kind == b'a') {
            let text = said.sdp.at(line.value);
            let (name, value) = text.iter().position(|&b| b == b':').map_or((text, &[][..]), |at| text.split_at(at));
            if SECURITY.contains(&name) || !is_known(name) {
                own.entry(name).or_default().push(value.trim_ascii());
            }
        }
        for (name, mut values) in own {
            values.sort_unstable();
            all.entry(name).or_insert(values);
        }
    }
    all
}

fn altered(clause: &Clause<Level>, name: &[u8], what: &str, whence: &str, copy: &Said) -> Breach {
    let name = word(&String::from_utf8_lossy(name));
    // Values may be keys.
    let line = format!("a={name} {what} since the message reached {}{whence}", copy.source.ip);
    let Said { origin, at, source, destination, .. } = *copy;
    let exhibit = Trace { origin, first: at, last: at, source, destination, line: line.as_bytes().into() };
    Breach::of_level(clause, format!("a={name} {what}")).seen_in(&exhibit)
}

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(clause) = agreed(subject.terms.media.security.attribute_transparency.as_ref()) else { return Verdict::NotApplicable };
    let (Some(sdp), Some(SdpRole::Offer | SdpRole::Answer)) = (subject.sdp, subject.place.sdp_role) else { return Verdict::NotApplicable };
    let named = fingerprints(sdp);
    let message = subject.message();
    let signed: Vec<Vec<String>> = message.all(HeaderName::Identity).filter_map(|value| signed_keys(&value)).collect();
    let Some(signed) = signed.first() else {
        // Without keys there is nothing to be transparent about.
        return if named.is_empty() { Verdict::NotApplicable } else { Verdict::Indeterminate(Reason::NoAuxInput) };
    };
    let mut breaches = Distinct::default();
    breaches.judge();
    let place = sdp.media().first().map(|media| media.line).unwrap_or_default();
    if signed.iter().any(|key| !named.contains(key)) {
        breaches.lack(Breach::of_level(clause, "a signed fingerprint is missing").at(place));
    }
    if named.iter().any(|key| !signed.contains(key)) {
        breaches.add(Breach::of_level(clause, "a fingerprint that was not signed").at(place));
    }
    breaches.verdict_in(subject)
}

/// Every fingerprint of a body as `hash:HEX`, each once.
fn fingerprints(sdp: &Description) -> Vec<String> {
    let lines = sdp.media().iter().map(|media| media.lines.clone()).chain([sdp.session_lines()]);
    let mut all: Vec<String> = lines
        .flat_map(|lines| sdp.fingerprints(lines))
        .map(|f| key(&String::from_utf8_lossy(f.hash), &String::from_utf8_lossy(f.digest)))
        .collect();
    all.sort_unstable();
    all.dedup();
    all
}

fn key(hash: &str, digest: &str) -> String {
    let hex: String = digest.chars().filter(char::is_ascii_hexdigit).collect();
    format!("{}:{}", hash.to_ascii_lowercase().replace('-', ""), hex.to_ascii_uppercase())
}

/// The keys that an Identity has signed (RFC 8225 §5.2.2); `None` where its payload names none, or was left out (compact form).
fn signed_keys(identity: &[u8]) -> Option<Vec<String>> {
    let token = identity.split(|&b| b == b';').next()?.trim_ascii();
    let payload = token.split(|&b| b == b'.').nth(1).filter(|p| !p.is_empty() && p.len() <= LONGEST)?;
    let claims: serde_json::Value = serde_json::from_slice(&base64url(payload)?).ok()?;
    let keys = claims.get("mky")?.as_array()?;
    let of = |entry: &serde_json::Value| Some(key(entry.get("alg")?.as_str()?, entry.get("dig")?.as_str()?));
    let mut all: Vec<String> = keys.iter().filter_map(of).collect();
    all.sort_unstable();
    all.dedup();
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::session;
    use crate::rules::scene::{Scene, agreed, observed};

    // {"mky":[{"alg":"sha-256","dig":"021ACC5427ABEB9C533F3E4B652E7D463F5442CD54F17A03A27DF9B07F4619B2"}]}, the digest of RFC 8225 §5.2.2's form.
    const PAYLOAD: &str = "eyJta3kiOlt7ImFsZyI6InNoYS0yNTYiLCJkaWciOiIwMjFBQ0M1NDI3QUJFQjlDNTMzRjNFNEI2NTJFN0Q0NjNGNTQ0MkNENTRGMTdBMDNBMjdERjlCMDdGNDYxOUIyIn1dfQ";
    const DIGEST: &str = "02:1A:CC:54:27:AB:EB:9C:53:3F:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1:7A:03:A2:7D:F9:B0:7F:46:19:B2";

    fn offer(fingerprint: &str) -> Scene {
        let media = format!("m=audio 4000 UDP/TLS/RTP/SAVP 8\n{fingerprint}");
        let scene = Scene::request("INVITE").offer(&session("192.0.2.70", &media));
        scene.agreed(|t| t.media.security.attribute_transparency = agreed(Level::Required))
    }

    fn signed(fingerprint: &str) -> Verdict {
        let identity = format!("Identity: eyJ0eXAiOiJwYXNzcG9ydCJ9.{PAYLOAD}.c2ln;info=<https://cert.example/a.cer>");
        offer(fingerprint).add(&identity).judge(&RULE)
    }

    #[test]
    fn another_fingerprint_or_none_breaks_it() {
        let other = signed(&format!("a=fingerprint:sha-256 {}\n", DIGEST.replace("02:1A", "02:1B")));
        assert_eq!(observed(&other), ["a signed fingerprint is missing", "a fingerprint that was not signed"]);
        assert_eq!(observed(&signed("")), ["a signed fingerprint is missing"]);
    }

    #[test]
    fn the_signed_one_keeps_it() {
        assert_eq!(signed(&format!("a=fingerprint:SHA-256 {DIGEST}\n")), Verdict::Pass);
    }

    #[test]
    fn without_a_signature_over_keys_it_cannot_be_judged() {
        let plain = offer(&format!("a=fingerprint:sha-256 {DIGEST}\n"));
        assert_eq!(plain.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        for odd in ["..c2ln", "a.!!!.b", "a.e30.b", "a"] {
            let scene = offer(&format!("a=fingerprint:sha-256 {DIGEST}\n")).add(&format!("Identity: {odd};info=<x>"));
            assert_eq!(scene.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput), "{odd}");
        }
        assert_eq!(offer("").judge(&RULE), Verdict::NotApplicable);
        let free = offer("").agreed(|t| t.media.security.attribute_transparency = None);
        assert_eq!(free.judge(&RULE), Verdict::NotApplicable);
    }
}
