//! Takes a message, gives whether it exposes credentials or what people said, never checks a credential.

use crate::policy::{Level, Severity};
use crate::rules::quote::token_or;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::Params;
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "PRV-AUTH-001",
    name: "credentials-or-content-exposed",
    title: "credentials or message content exposed",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §22, §26; RFC 8760; RFC 6404 §2",
    keys: &["identity.digest", "privacy.cleartext_content"],
    what: "Authorization and Proxy-Authorization cross the border only where digest is agreed, with an agreed algorithm (MD5 where none is \
           named), and never with the Basic scheme. Where content is to be confidential, no MESSAGE and no INFO has a body over a \
           transport without TLS, unless the body itself is encrypted.",
    why: "Credentials of one network have no business in another, Basic is the password itself, and an MD5 digest is found by trying. \
          Texts and digits (card numbers, PINs) on a clear transport are read by everybody on the path.",
    confirm: "Filter `sip.Authorization || sip.Proxy-Authorization`, or `(sip.Method == \"MESSAGE\" || sip.Method == \"INFO\") && \
           sip.msg_body`.",
    fix: "strip credentials at the sender's border element; carry MESSAGE and INFO over TLS only",
    check: Check::Message(Kind::REQUEST, check),
};

/// The algorithm of a digest that names none (RFC 8760 §2.6).
const DEFAULT: &[u8] = b"MD5";

/// Bodies that are encrypted themselves (RFC 8551, RFC 1847).
const ENCRYPTED: [&[u8]; 3] = [b"application/pkcs7-mime", b"multipart/encrypted", b"application/x-pkcs7-mime"];

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let mut breaches = Vec::new();
    let mut judged = false;
    for id in [HeaderName::Authorization, HeaderName::ProxyAuthorization].into_iter().filter(|&id| message.has(id)) {
        for line in message.lines(id) {
            if !subject.is_half(line.value) {
                judged |= credentials(subject, id, line.value, &mut breaches);
            }
        }
    }
    if matches!(message.method(), Some(Method::Message | Method::Info)) && !message.body().is_empty() {
        judged |= content(subject, &mut breaches);
    }
    // Credentials and what people write may stand in what is missing.
    let speaks = matches!(message.method(), Some(Method::Message | Method::Info));
    let lacks_content =
        speaks && subject.arrival.envelope.cut && message.body().is_empty() && subject.terms.privacy.cleartext_content.is_some();
    if breaches.is_empty() && (subject.lacks_headers() || lacks_content) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    if judged { Verdict::of(breaches) } else { Verdict::NotApplicable }
}

/// One line of credentials; whether anything about it was agreed.
fn credentials(subject: &MessageSubject<'_>, id: HeaderName, at: crate::base::Span, breaches: &mut Vec<Breach>) -> bool {
    let identity = &subject.terms.identity;
    let value = subject.message().at(at);
    let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (scheme, rest) = value.split_at_checked(end).unwrap_or((value, b""));
    let header = id.text();
    if scheme.eq_ignore_ascii_case(b"Basic") {
        // RFC 3261 §22: Basic is not to be used. The password is no part of the finding.
        breaches.push(Breach::of_standard(format!("{header} with the Basic scheme"), "no Basic scheme").about(header));
        return true;
    }
    let agreed = identity.digest.as_ref();
    if let Some(level) = agreed.filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged)) {
        breaches.push(Breach::of_level(level, header).about(header));
        return true;
    }
    let algorithms = identity.digest_algorithms.as_ref().filter(|c| !c.value.is_empty() && scheme.eq_ignore_ascii_case(b"Digest"));
    let Some(algorithms) = algorithms else { return agreed.is_some_and(|l| l.value != Level::Unspecified) };
    let named = digest_parameter(rest, b"algorithm").unwrap_or(DEFAULT);
    let family = match named.len().checked_sub(5).and_then(|at| named.split_at_checked(at)) {
        Some((family, session)) if session.eq_ignore_ascii_case(b"-sess") => family,
        _ => named,
    };
    if !algorithms.value.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(family)) {
        let observed = format!("digest {}", token_or(named, "with an odd algorithm").to_ascii_uppercase());
        breaches.push(Breach::of_clause(algorithms, observed, algorithms.value.join(", ")).about(header));
    }
    true
}

/// The value of a parameter of credentials, which stand between commas (RFC 3261 §25.1).
fn digest_parameter<'a>(rest: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    crate::sip::value::elements(rest).find_map(|element| Params(element).value(name))
}

/// A body that people wrote; whether its confidentiality was agreed.
fn content(subject: &MessageSubject<'_>, breaches: &mut Vec<Breach>) -> bool {
    let message = subject.message();
    let agreed = subject.terms.privacy.cleartext_content.as_ref();
    let Some(level) = agreed.filter(|l| matches!(l.value, Level::Forbidden | Level::Discouraged)) else { return false };
    let transport = subject.arrival.envelope.transport;
    let content_type = message.get(HeaderName::ContentType).unwrap_or_default();
    let is = |kind: &[u8]| content_type.get(..kind.len()).is_some_and(|lead| lead.eq_ignore_ascii_case(kind));
    if !transport.is_secure() && !ENCRYPTED.into_iter().any(is) {
        let what = if message.method() == Some(Method::Message) { "text of MESSAGE" } else { "body of INFO" };
        breaches.push(Breach::of_level(level, format!("{what} over {transport}")).at(message.start_span()));
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::rules::scene::{Scene, agreed, observed};

    const SHA: &str = "Digest username=\"a,b\", realm=\"x\", nonce=\"n\", uri=\"sip:x\", response=\"0\", algorithm=SHA-256";

    fn judged(scene: Scene, digest: Level) -> Verdict {
        let scene = scene.agreed(|t| {
            t.identity.digest = agreed(digest);
            t.identity.digest_algorithms = agreed(vec!["SHA-256".into()]);
            t.privacy.cleartext_content = agreed(Level::Forbidden);
        });
        scene.judge(&RULE)
    }

    fn with(credentials: &str) -> Scene {
        Scene::request("INVITE").add(&format!("Proxy-Authorization: {credentials}"))
    }

    #[test]
    fn credentials_that_are_not_agreed_break_it() {
        assert_eq!(observed(&judged(with(SHA), Level::Forbidden)), ["Proxy-Authorization"]);
        assert_eq!(observed(&judged(with("Basic YTpi"), Level::Supported)), ["Proxy-Authorization with the Basic scheme"]);
        assert_eq!(observed(&judged(with("Digest realm=\"x\", nonce=\"n\""), Level::Supported)), ["digest MD5"]);
        let session = "Digest realm=\"x\", algorithm=\"md5-sess\"";
        assert_eq!(observed(&judged(with(session), Level::Supported)), ["digest MD5-SESS"]);
    }

    #[test]
    fn content_on_a_clear_transport_breaks_it() {
        let text = Scene::request("MESSAGE").body("text/plain", "hello");
        assert_eq!(observed(&judged(text, Level::Supported)), ["text of MESSAGE over UDP"]);
        let digit = Scene::request("INFO").body("application/dtmf-relay", "Signal=5").came(|e| e.transport = Transport::Tcp);
        assert_eq!(observed(&judged(digit, Level::Supported)), ["body of INFO over TCP"]);
    }

    #[test]
    fn agreed_digests_and_protected_content_keep_it() {
        assert_eq!(judged(with(SHA), Level::Supported), Verdict::Pass);
        let sealed = Scene::request("MESSAGE").body("text/plain", "hello").came(|e| e.transport = Transport::Tls);
        assert_eq!(judged(sealed, Level::Supported), Verdict::Pass);
        assert_eq!(judged(Scene::request("MESSAGE").body("application/pkcs7-mime", "…"), Level::Supported), Verdict::Pass);
    }

    #[test]
    fn neither_credentials_nor_content_is_not_judged() {
        assert_eq!(judged(Scene::request("INVITE"), Level::Forbidden), Verdict::NotApplicable);
        assert_eq!(judged(Scene::request("INFO"), Level::Forbidden), Verdict::NotApplicable);
        assert_eq!(with(SHA).judge(&RULE), Verdict::NotApplicable);
    }
}
