//! Takes a TLS connection, gives whether its suite is one that is advised against, never one that is forbidden outright.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, ConnectionSubject, Offender, Reason, Rule, Scope, Verdict, suite_text};
use crate::transport::tls::{Class, KeyExchangeAlgorithm, Suite, TlsVersion};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TLS-003",
    name: "no-forward-secrecy",
    title: "suite without forward secrecy or with discouraged construction",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Server,
    reference: "RFC 9325 §4.1, §4.2; RFC 7366 §1",
    keys: &["security.tls.forward_secrecy"],
    what: "The keys are agreed for this connection alone: no static RSA or Diffie-Hellman, no pre-shared key by itself (low where the \
          policy does not speak of forward secrecy). Discouraged besides (low): CBC without encrypt-then-MAC, ephemeral Diffie-Hellman \
          over a finite field before TLS 1.3, and a strength of 112 to 127 bits.",
    why: "Without forward secrecy whoever gets the server's key, years later, reads every call that was ever recorded.",
    confirm: "Filter `tls.handshake.type == 2`, read `tls.handshake.ciphersuite`, and look for the extension encrypt_then_mac (22).",
    fix: "put the ECDHE suites with AES-GCM first in the server's list and remove those named TLS_RSA_WITH_… and TLS_DHE_…",
    check: Check::Connection(check),
};

fn check(subject: &ConnectionSubject<'_>) -> Verdict {
    let (code, suite) = match subject.suite() {
        Ok((code, Some(suite))) => (code, suite),
        Ok((_, None)) => return Verdict::Indeterminate(Reason::NoAuxInput),
        Err(verdict) => return verdict,
    };
    let Some(hello) = &subject.tls.server_hello else { return Verdict::NotApplicable };
    let mut breaches = Vec::new();
    let wanted = subject.terms.tls.forward_secrecy.as_ref();
    let ephemeral = is_ephemeral(subject, suite);
    if ephemeral == Some(false) {
        let observed = format!("{}: no forward secrecy", suite_text(code));
        match wanted.map(|clause| (clause, clause.value)) {
            Some((clause, level @ (Level::Required | Level::Recommended))) => {
                let breach = Breach::of_clause(clause, observed, format!("forward secrecy {}", level.name()));
                breaches.push(Breach { level: Some(level), ..breach });
            }
            None | Some((_, Level::Unspecified)) => breaches.push(discouraged(observed)),
            // Agreed to do without.
            Some(_) => {}
        }
    }
    if suite.is(Class::Cbc) && !hello.encrypt_then_mac {
        breaches.push(discouraged(format!("{}: CBC without encrypt-then-MAC", suite_text(code))));
    }
    if suite.is(Class::Dhe) && !suite.is(Class::Anon) && hello.version < TlsVersion::TLS13 {
        breaches.push(discouraged(format!("{}: finite-field Diffie-Hellman", suite_text(code))));
    }
    if suite.is(Class::Lt128) && !suite.is(Class::Lt112) {
        breaches.push(discouraged(format!("{}: {} bits", suite_text(code), suite.bits)));
    }
    match ephemeral {
        None if breaches.is_empty() => subject.unseen(),
        _ => Verdict::of(breaches),
    }
}

/// Whether keys were made for this connection alone; in TLS 1.3 extensions tell.
fn is_ephemeral(subject: &ConnectionSubject<'_>, suite: &Suite) -> Option<bool> {
    match suite.key_exchange {
        KeyExchangeAlgorithm::Any => subject.look(&subject.tls.key_exchange).ok().map(|exchange| exchange.is_some()),
        KeyExchangeAlgorithm::Dhe | KeyExchangeAlgorithm::Ecdhe | KeyExchangeAlgorithm::Srp | KeyExchangeAlgorithm::Password => Some(true),
        _ => Some(false),
    }
}

fn discouraged(observed: String) -> Breach {
    Breach::of_standard(observed, "ECDHE with AEAD (RFC 9325 §4.2)").rated(Severity::Low)
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Handshake;
    use super::*;
    use crate::rules::scene::{agreed, observed};
    use crate::transport::tls::{Outcome, Side, Sight};

    fn chosen(suite: u16, level: Option<Level>) -> Handshake {
        let wanted = level.and_then(agreed);
        Handshake::new().server(|hello| hello.suite = suite).agreed(|t| t.tls.forward_secrecy = wanted)
    }

    #[test]
    fn static_keys_break_it_as_gravely_as_was_agreed() {
        let Verdict::Violation(breaches) = chosen(0x009C, Some(Level::Required)).judge(&RULE) else { panic!() };
        assert_eq!(breaches[0].observed, "TLS_RSA_WITH_AES_128_GCM_SHA256 (0x009c): no forward secrecy");
        assert_eq!((breaches[0].severity, breaches[0].level, breaches[0].clause.is_some()), (None, Some(Level::Required), true));
        let Verdict::Violation(breaches) = chosen(0xC031, None).judge(&RULE) else { panic!() };
        assert_eq!((breaches[0].severity, breaches[0].clause.is_some()), (Some(Severity::Low), false), "static ECDH, and nothing agreed");
        assert_eq!(chosen(0x009C, Some(Level::Supported)).judge(&RULE), Verdict::Pass, "agreed to do without");
    }

    #[test]
    fn discouraged_constructions_break_it_a_little() {
        for (suite, what) in [
            (0xC013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA (0xc013): CBC without encrypt-then-MAC"),
            (0x009E, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 (0x009e): finite-field Diffie-Hellman"),
        ] {
            let Verdict::Violation(breaches) = chosen(suite, Some(Level::Required)).judge(&RULE) else { panic!() };
            assert_eq!((breaches.len(), &*breaches[0].observed, breaches[0].severity), (1, what, Some(Severity::Low)));
        }
        let triple = chosen(0xC012, None).judge(&RULE);
        assert!(observed(&triple).contains(&"TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA (0xc012): 112 bits"), "{triple:?}");
        assert_eq!(observed(&chosen(0x002F, Some(Level::Required)).judge(&RULE)).len(), 2);
    }

    #[test]
    fn ephemeral_keys_with_aead_or_encrypt_then_mac_keep_it() {
        assert_eq!(chosen(0xC02F, Some(Level::Required)).judge(&RULE), Verdict::Pass);
        assert_eq!(chosen(0xC013, None).server(|hello| hello.encrypt_then_mac = true).judge(&RULE), Verdict::Pass);
        assert_eq!(Handshake::hidden().judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn tls_1_3_with_a_pre_shared_key_alone_breaks_it() {
        let alone = Handshake::hidden().with(|tls| tls.key_exchange = Sight::Absent);
        assert_eq!(observed(&alone.judge(&RULE)), ["TLS_AES_128_GCM_SHA256 (0x1301): no forward secrecy"]);
    }

    #[test]
    fn without_a_known_suite_it_cannot_be_judged() {
        assert_eq!(chosen(0xFEED, None).judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(Handshake::unanswered(Outcome::Reset(Side::Server)).judge(&RULE), Verdict::NotApplicable);
    }
}
