//! Takes a TLS connection, gives whether its parameters beside version and suite are safe, never the certificates.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, ConnectionSubject, Offender, Rule, Scope, Verdict};
use crate::transport::tls::{Authentication, EarlyData, Group, ServerHello, TlsVersion, suite};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TLS-006",
    name: "weak-tls-parameters",
    title: "weak or unsafe TLS parameters",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 9325 §3.3 to §3.9, §4.4, §4.5; RFC 5746 §4; RFC 9155; RFC 8446 App. E.5",
    keys: &["security.tls.sni", "security.tls.allow_0rtt"],
    what: "Diffie-Hellman primes have 2048 bits or more, curves 224; nothing is compressed; until TLS 1.2 secure renegotiation is \
           indicated; HMAC is not truncated; handshake messages are not signed over MD5 or SHA-1, as all are before TLS 1.2; no 0-RTT data \
           is accepted; and the server name that the client asks for is there where it was agreed and one that the server's side has \
           (low).",
    why: "Each of these has been the way into connections whose version and suite looked well: Logjam, CRIME, renegotiation, SLOTH, \
           replay.",
    confirm: "Filter `tls.handshake.type == 2 || tls.handshake.type == 12` and read the extensions, the compression method and the \
          server's key exchange; `tls.handshake.extensions_server_name` in the ClientHello.",
    fix: "update the TLS settings of the named side: groups of 2048 bits or curves, no compression, secure renegotiation, SHA-256, no \
           early data",
    check: Check::Connection(check),
};

fn check(subject: &ConnectionSubject<'_>) -> Verdict {
    let tls = subject.tls;
    let Some(hello) = &tls.server_hello else { return subject.unseen() };
    let mut breaches = Vec::new();
    if let Some(exchange) = tls.key_exchange.seen() {
        breaches.extend(weak_group(exchange.group).map(|what| of_server(what, "2048 bits, curves 224 (RFC 9325 §4.4)")));
        let hash = exchange.signature.and_then(weak_signature).or_else(|| fixed_hash(hello));
        breaches.extend(hash.map(|hash| of_server(format!("key exchange signed over {hash}"), "SHA-256 or better")));
    }
    if hello.compression != 0 {
        breaches.push(of_server("TLS compression", "no compression (RFC 9325 §3.3)"));
    }
    breaches.extend(no_secure_renegotiation(subject, hello));
    if hello.truncated_hmac {
        breaches.push(of_server("truncated HMAC", "whole HMAC (RFC 9325 §4.6)"));
    }
    for (signature, by, whose) in [(&tls.server_signature, Offender::Server, "server"), (&tls.client_signature, Offender::Client, "client")]
    {
        if let Some(hash) = signature.seen().copied().and_then(weak_signature) {
            breaches.push(Breach::of_standard(format!("handshake of the {whose} signed over {hash}"), "SHA-256 or better").by(by));
        }
    }
    let early = early_data(subject);
    breaches.extend(early.clone().flatten());
    breaches.extend(server_name(subject));
    match early {
        None if breaches.is_empty() => Verdict::Indeterminate(subject.cipher_reason()),
        _ => Verdict::of(breaches),
    }
}

fn of_server(observed: impl Into<std::borrow::Cow<'static, str>>, wanted: &'static str) -> Breach {
    Breach::of_standard(observed, wanted).by(Offender::Server)
}

/// RFC 9325 §4.4 and §4.5: what is too small to exchange keys in.
fn weak_group(group: Group) -> Option<String> {
    match group {
        Group::Prime(bits) if bits < 2048 => Some(format!("Diffie-Hellman prime of {bits} bits")),
        Group::ExplicitCurve(bits) if bits < 224 => Some(format!("curve over {bits} bits")),
        // IANA "TLS Supported Groups" (RFC 8422 §5.1.1 and RFC 4492 before it): sect163 to sect193, secp160 to secp192.
        Group::Named(1..=3) => Some("curve over 163 bits".to_owned()),
        Group::Named(4 | 5) => Some("curve over 193 bits".to_owned()),
        Group::Named(15..=17) => Some("curve over 160 bits".to_owned()),
        Group::Named(18 | 19) => Some("curve over 192 bits".to_owned()),
        _ => None,
    }
}

/// The hash of a signature scheme that must not be used any more (RFC 5246 §7.4.1.4.1: the high octet names it; RFC 9155).
const fn weak_signature(scheme: u16) -> Option<&'static str> {
    match scheme >> 8 {
        1 => Some("MD5"),
        2 => Some("SHA-1"),
        _ => None,
    }
}

/// What signs a key exchange where the version leaves no choice (RFC 4346 §7.4.3, RFC 8422 §5.4): `None` from TLS 1.2 on, where nobody signs, and
/// where a suite is registered nowhere.
fn fixed_hash(hello: &ServerHello) -> Option<&'static str> {
    if hello.version >= TlsVersion::TLS12 {
        return None;
    }
    match suite(hello.suite)?.authentication {
        Authentication::Rsa => Some("MD5 and SHA-1"),
        Authentication::Dss | Authentication::Ecdsa => Some("SHA-1"),
        _ => None,
    }
}

/// RFC 5746 §4: until TLS 1.2 both sides indicate it; a server cannot where the client did not.
fn no_secure_renegotiation(subject: &ConnectionSubject<'_>, hello: &ServerHello) -> Option<Breach> {
    if hello.version >= TlsVersion::TLS13 || hello.secure_renegotiation {
        return None;
    }
    let breach = |by| Breach::of_standard("no secure renegotiation", "RFC 5746").by(by);
    match &subject.tls.client_hello {
        Some(client) if !client.secure_renegotiation => Some(breach(Offender::Client).seen_in(&subject.client_hello())),
        Some(_) => Some(breach(Offender::Server)),
        None => Some(breach(Offender::Both)),
    }
}

/// What is wrong with 0-RTT data, if anything; `None` where that cannot be told.
fn early_data(subject: &ConnectionSubject<'_>) -> Option<Option<Breach>> {
    let clause = subject.terms.tls.allow_0rtt.as_ref();
    if clause.is_some_and(|clause| clause.value) {
        return Some(None);
    }
    match subject.tls.early_data {
        EarlyData::NotOffered | EarlyData::Refused => Some(None),
        EarlyData::Hidden => None,
        EarlyData::Accepted => Some(Some(match clause {
            Some(clause) => Breach::of_clause(clause, "0-RTT data accepted", "no 0-RTT data"),
            None => Breach::of_standard("0-RTT data accepted", "no 0-RTT data (RFC 8446 App. E.5)"),
        })),
    }
}

fn server_name(subject: &ConnectionSubject<'_>) -> Option<Breach> {
    let clause = subject.terms.tls.sni.as_ref()?;
    let hello = subject.tls.client_hello.as_ref()?;
    let breach = |observed: &'static str| {
        let breach = Breach::of_clause(clause, observed, format!("server name indication {}", clause.value.name()));
        let breach = breach.rated(Severity::Low).by(Offender::Client).seen_in(&subject.client_hello());
        Some(Breach { level: Some(clause.value), ..breach })
    };
    let wanted = match clause.value {
        Level::Required | Level::Recommended => true,
        Level::Forbidden | Level::Discouraged => false,
        Level::Supported | Level::Unspecified => return None,
    };
    match hello.server_name.as_deref() {
        // The name in the clear is not the one that counts.
        _ if hello.encrypted_hello => None,
        None if wanted => breach("no server name"),
        Some(_) if !wanted => breach("server name sent"),
        Some(name) if !is_own_name(subject, name) => breach("server name that the server's side does not have"),
        _ => None,
    }
}

/// Whether the server's side was declared to have a host or domain of this name; any, where it was declared to have none.
fn is_own_name(subject: &ConnectionSubject<'_>, name: &str) -> bool {
    let Some(peer) = subject.server_peer() else { return true };
    let hosts = peer.sbe.iter().flat_map(|sbe| &sbe.fqdn);
    let mut names = hosts.chain(&peer.tls_identities).chain(&peer.ssp_domains).peekable();
    names.peek().is_none() || names.any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Handshake;
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};
    use crate::transport::tls::{KeyExchange, Outcome, Side, Sight};

    fn exchanged(group: Group, signature: u16) -> Handshake {
        Handshake::new().with(|tls| tls.key_exchange = Sight::Seen(KeyExchange { group, signature: Some(signature) }))
    }

    fn says(handshake: Handshake) -> String {
        observed(&handshake.judge(&RULE)).join("; ")
    }

    #[test]
    fn each_weak_parameter_breaks_it() {
        assert_eq!(says(exchanged(Group::Prime(1024), 0x0401)), "Diffie-Hellman prime of 1024 bits");
        assert_eq!(says(exchanged(Group::Named(19), 0x0401)), "curve over 192 bits");
        assert_eq!(says(exchanged(Group::Named(23), 0x0201)), "key exchange signed over SHA-1");
        assert_eq!(says(exchanged(Group::Named(23), 0x0101)), "key exchange signed over MD5");
        assert_eq!(says(Handshake::new().server(|hello| hello.compression = 1)), "TLS compression");
        assert_eq!(says(Handshake::new().server(|hello| hello.truncated_hmac = true)), "truncated HMAC");
        assert_eq!(
            says(Handshake::new().with(|tls| tls.client_signature = Sight::Seen(0x0203))),
            "handshake of the client signed over SHA-1"
        );
        assert_eq!(says(Handshake::hidden().with(|tls| tls.early_data = EarlyData::Accepted)), "0-RTT data accepted");
    }

    #[test]
    fn before_tls_1_2_every_signature_is_over_sha_1() {
        let old = |suite, version| {
            let exchange = KeyExchange { group: Group::Named(23), signature: None };
            let handshake = Handshake::new().with(|tls| tls.key_exchange = Sight::Seen(exchange));
            handshake.server(|hello| (hello.suite, hello.version) = (suite, version)).judge(&RULE)
        };
        assert_eq!(observed(&old(0xC013, TlsVersion::TLS10)), ["key exchange signed over MD5 and SHA-1"]);
        assert_eq!(observed(&old(0xC009, TlsVersion::TLS11)), ["key exchange signed over SHA-1"]);
        assert_eq!(old(0xC018, TlsVersion::TLS11), Verdict::Pass, "nobody signs");
        assert_eq!(old(0xC013, TlsVersion::TLS12), Verdict::Pass, "what signs is said, and is not known here");
    }

    #[test]
    fn who_does_not_indicate_secure_renegotiation_is_named() {
        let blamed = |handshake: Handshake| {
            let Verdict::Violation(breaches) = handshake.judge(&RULE) else { panic!() };
            (breaches[0].observed.to_string(), breaches[0].offender)
        };
        let neither =
            Handshake::new().client(|hello| hello.secure_renegotiation = false).server(|hello| hello.secure_renegotiation = false);
        assert_eq!(blamed(neither), ("no secure renegotiation".to_owned(), Some(Offender::Client)));
        let server = Handshake::new().server(|hello| hello.secure_renegotiation = false);
        assert_eq!(blamed(server).1, Some(Offender::Server));
    }

    #[test]
    fn the_server_name_is_one_that_was_agreed() {
        let named = |name: Option<&str>, level| {
            let name = name.map(Into::into);
            Handshake::new().client(|hello| hello.server_name = name).agreed(|t| t.tls.sni = agreed(level))
        };
        assert_eq!(says(named(None, Level::Required)), "no server name");
        assert_eq!(says(named(Some("bravo.cloud.example"), Level::Recommended)), "server name that the server's side does not have");
        assert_eq!(named(Some("EDGE.bravo.example"), Level::Required).judge(&RULE), Verdict::Pass);
        assert_eq!(named(None, Level::Supported).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn sound_parameters_keep_it() {
        assert_eq!(Handshake::new().judge(&RULE), Verdict::Pass);
        assert_eq!(exchanged(Group::Prime(2048), 0x0401).judge(&RULE), Verdict::Pass);
        let agreed_to = Handshake::hidden().with(|tls| tls.early_data = EarlyData::Accepted);
        assert_eq!(agreed_to.agreed(|t| t.tls.allow_0rtt = agreed(true)).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn what_is_hidden_cannot_be_judged() {
        let early = Handshake::hidden().with(|tls| tls.early_data = EarlyData::Hidden);
        assert_eq!(early.judge(&RULE), Verdict::Indeterminate(Reason::Tls13Encrypted));
        assert_eq!(Handshake::unanswered(Outcome::Closed(Side::Server)).judge(&RULE), Verdict::NotApplicable);
    }
}
