//! Takes a TLS connection, gives whether its cipher suite may be used at all, never whether a better one was on offer.

use crate::policy::Severity;
use crate::rules::{Breach, Check, ConnectionSubject, Offender, Reason, Rule, Scope, Verdict, suite_text};
use crate::transport::tls::Class;

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TLS-002",
    name: "cipher-suite-forbidden",
    title: "forbidden cipher suite negotiated",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Server,
    reference: "RFC 9325 §4.1; RFC 7465 §2",
    keys: &["security.tls.allowed_suites", "security.tls.forbidden_classes"],
    what: "The suite that the server chose is among the allowed ones, where those are listed, and in no forbidden class: null (no \
          encryption), anon (no authentication), rc4, export, lt112 (under 112 bits) and whatever else the policy forbids.",
    why: "A suite without encryption or authentication leaves only the name of TLS; RC4 and export keys are broken in practice.",
    confirm: "Filter `tls.handshake.type == 2` and read `tls.handshake.ciphersuite`.",
    fix: "remove the suite from the server's list; it is the server that chooses among what the client offers",
    check: Check::Connection(check),
};

fn check(subject: &ConnectionSubject<'_>) -> Verdict {
    let (code, suite) = match subject.suite() {
        Ok(found) => found,
        Err(verdict) => return verdict,
    };
    let terms = &subject.terms.tls;
    let allowed = terms.allowed_suites.as_ref().filter(|clause| !clause.value.is_empty());
    if let Some(clause) = allowed
        && !clause.value.iter().any(|name| suite.is_some_and(|s| s.name.eq_ignore_ascii_case(name)))
    {
        return Verdict::breach(Breach::of_clause(clause, suite_text(code), clause.value.join(", ")));
    }
    let Some(forbidden) = &terms.forbidden_classes else {
        return if allowed.is_some() { Verdict::Pass } else { Verdict::NotApplicable };
    };
    // What is registered nowhere could be anything.
    let Some(suite) = suite else { return Verdict::Indeterminate(Reason::NoAuxInput) };
    let broken: Vec<&str> = suite.classes().map(Class::word).filter(|word| forbidden.value.iter().any(|f| f == word)).collect();
    if broken.is_empty() {
        return Verdict::Pass;
    }
    let observed = format!("{}: {}", suite_text(code), broken.join(", "));
    Verdict::breach(Breach::of_clause(forbidden, observed, format!("no suite of the classes {}", forbidden.value.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::super::handshake::Handshake;
    use super::*;
    use crate::rules::scene::{agreed, observed};
    use crate::transport::tls::{Outcome, Side};

    /// The classes that the built-in defaults forbid.
    fn chosen(suite: u16) -> Handshake {
        let classes = ["null", "anon", "rc4", "export", "lt112"].map(str::to_owned).to_vec();
        Handshake::new().server(|hello| hello.suite = suite).agreed(|t| t.tls.forbidden_classes = agreed(classes))
    }

    #[test]
    fn suites_of_a_forbidden_class_break_it() {
        for (suite, what) in [
            (0x0002, "TLS_RSA_WITH_NULL_SHA (0x0002): null, lt112"),
            (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA (0x0034): anon"),
            (0x0005, "TLS_RSA_WITH_RC4_128_SHA (0x0005): rc4"),
            (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5 (0x0003): rc4, export, lt112"),
            (0x0009, "TLS_RSA_WITH_DES_CBC_SHA (0x0009): lt112"),
        ] {
            assert_eq!(observed(&chosen(suite).judge(&RULE)), [what]);
        }
    }

    #[test]
    fn a_suite_that_is_not_listed_breaks_it_where_suites_are_listed() {
        let listed = |suite| chosen(suite).agreed(|t| t.tls.allowed_suites = agreed(vec!["tls_aes_256_gcm_sha384".to_owned()]));
        assert_eq!(observed(&listed(0xC02F).judge(&RULE)), ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 (0xc02f)"]);
        assert_eq!(listed(0x1302).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_suites_keep_it() {
        for suite in [0xC02F, 0x1301, 0x002F, 0x000A] {
            assert_eq!(chosen(suite).judge(&RULE), Verdict::Pass, "{suite:#06x}");
        }
    }

    #[test]
    fn what_is_not_registered_or_not_there_cannot_be_judged() {
        assert_eq!(chosen(0xFEED).judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(Handshake::new().judge(&RULE), Verdict::NotApplicable, "nothing was agreed");
        assert_eq!(Handshake::unanswered(Outcome::Closed(Side::Server)).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Handshake::unanswered(Outcome::Unseen).judge(&RULE), Verdict::Indeterminate(Reason::Boundary));
    }
}
