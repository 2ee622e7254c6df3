//! Takes a TLS connection, gives whether its version is one that was agreed and not retired, never what else was negotiated.

use crate::policy::Severity;
use crate::rules::{Breach, Check, ConnectionSubject, Offender, Rule, Scope, Verdict};
use crate::transport::tls::TlsVersion;

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TLS-001",
    name: "tls-version-too-old",
    title: "TLS protocol version below the agreed minimum",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 8996 §4, §5; RFC 9325 §3.1.1",
    keys: &["security.tls.min_version"],
    what: "The version that ServerHello settles is at least the agreed one, and never SSL, TLS 1.0 or TLS 1.1, whatever was agreed.",
    why: "The old versions rest on MD5 and SHA-1 and have known attacks. A connection that falls back to them protects neither the \
          signalling nor the media keys in it.",
    confirm: "Filter `tls.handshake.type == 2` between the two SBEs; compare `tls.handshake.version` and, where present, \
          `tls.handshake.extensions.supported_version` of the ServerHello.",
    fix: "switch the old versions off on both SBEs; the one that offers no newer version needs an update",
    check: Check::Connection(check),
};

fn check(subject: &ConnectionSubject<'_>) -> Verdict {
    let version = match subject.version() {
        Ok(version) => version,
        Err(verdict) => return verdict,
    };
    let clause = subject.terms.tls.min_version.as_ref();
    match clause {
        Some(clause) if version.0 < clause.value => {
            Verdict::breach(Breach::of_clause(clause, version.to_string(), format!("{} or later", TlsVersion(clause.value))))
        }
        _ if version < TlsVersion::TLS12 => Verdict::breach(Breach::of_standard(version.to_string(), "TLS 1.2 or later")),
        _ => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Handshake;
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{agreed, observed};
    use crate::transport::tls::{Outcome, Side};

    fn speaking(version: TlsVersion) -> Handshake {
        Handshake::new().server(|hello| hello.version = version)
    }

    #[test]
    fn retired_versions_break_it_whatever_was_agreed() {
        for (version, name) in [(TlsVersion::SSL3, "SSL 3.0"), (TlsVersion::TLS10, "TLS 1.0"), (TlsVersion::TLS11, "TLS 1.1")] {
            assert_eq!(observed(&speaking(version).judge(&RULE)), [name]);
            let lax = speaking(version).agreed(|t| t.tls.min_version = agreed(0x0300));
            assert_eq!(observed(&lax.judge(&RULE)), [name]);
        }
    }

    #[test]
    fn a_version_below_the_agreed_one_breaks_it_and_names_the_clause() {
        let strict = speaking(TlsVersion::TLS12).agreed(|t| t.tls.min_version = agreed(0x0304));
        let Verdict::Violation(breaches) = strict.judge(&RULE) else { panic!() };
        assert_eq!((&*breaches[0].observed, &*breaches[0].agreed), ("TLS 1.2", "TLS 1.3 or later"));
        assert!(breaches[0].clause.is_some());
    }

    #[test]
    fn current_versions_keep_it() {
        assert_eq!(speaking(TlsVersion::TLS12).agreed(|t| t.tls.min_version = agreed(0x0303)).judge(&RULE), Verdict::Pass);
        assert_eq!(Handshake::hidden().judge(&RULE), Verdict::Pass, "the version of TLS 1.3 is in the clear");
    }

    #[test]
    fn without_a_server_hello_there_is_nothing_to_judge() {
        assert_eq!(Handshake::unanswered(Outcome::Alerted(Side::Server)).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Handshake::unanswered(Outcome::Unseen).judge(&RULE), Verdict::Indeterminate(Reason::Boundary));
        let one_way = Handshake::unanswered(Outcome::Unseen).with(|tls| tls.unseen_side = Some(Side::Server));
        assert_eq!(one_way.judge(&RULE), Verdict::Indeterminate(Reason::OneWay));
    }
}
