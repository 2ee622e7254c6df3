//! Takes a TLS connection, gives whether both sides proved who they are, never whether the proof is good.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, ConnectionSubject, Offender, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TLS-004",
    name: "no-mutual-authentication",
    title: "mutual authentication missing",
    severity: Severity::Critical,
    tier: 1,
    scope: Scope::Connection,
    offender: Offender::Both,
    reference: "RFC 5922 §7.4; RFC 5923 §9.2; RFC 3261 §26.3.1",
    keys: &["security.tls.mutual_auth"],
    what: "The server asks for a certificate of the client, and the client sends one. A resumed session has what the session had that it \
          resumes. In TLS 1.3 this is encrypted, and can be judged only with the keys of the connection.",
    why: "Without the client's certificate the server takes calls from whoever reaches its port; an address alone is easily borrowed.",
    confirm: "Filter `tls.handshake.type == 13` (CertificateRequest of the server) and `tls.handshake.type == 11` from the client, with a \
          `tls.handshake.certificates_length` above 0.",
    fix: "let the server require a client certificate, and give the client one that the server's authorities vouch for",
    check: Check::Connection(check),
};

fn check(subject: &ConnectionSubject<'_>) -> Verdict {
    let Some(clause) = &subject.terms.tls.mutual_auth else { return Verdict::NotApplicable };
    let wanted = match clause.value {
        Level::Required | Level::Recommended => true,
        Level::Forbidden | Level::Discouraged => false,
        Level::Supported | Level::Unspecified => return Verdict::NotApplicable,
    };
    let asked = match subject.look(&subject.tls.certificate_request) {
        Ok(asked) => asked.is_some(),
        Err(verdict) => return verdict,
    };
    let breach = |observed: &'static str, by| {
        let agreed = format!("client certificate {}", clause.value.name());
        let breach = Breach::of_clause(clause, observed, agreed).by(by).seen_in(&subject.server_hello());
        Verdict::breach(Breach { level: Some(clause.value), ..breach })
    };
    match (wanted, asked) {
        (false, true) => breach("client certificate requested", Offender::Server),
        (false, false) => Verdict::Pass,
        (true, false) => breach("no client certificate requested", Offender::Server),
        (true, true) => match subject.look(&subject.tls.client_chain) {
            Ok(Some(chain)) if !chain.is_empty() => Verdict::Pass,
            Ok(_) => breach("no client certificate sent", Offender::Client),
            Err(verdict) => verdict,
        },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::handshake::Handshake;
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::agreed;
    use crate::transport::tls::{Outcome, Resumption, Side, Sight};

    fn mutual(handshake: Handshake, level: Level) -> Verdict {
        handshake.agreed(|t| t.tls.mutual_auth = agreed(level)).judge(&RULE)
    }

    fn blamed(verdict: &Verdict) -> (&str, Option<Offender>) {
        let Verdict::Violation(breaches) = verdict else { panic!("{verdict:?}") };
        (&breaches[0].observed, breaches[0].offender)
    }

    #[test]
    fn a_server_that_does_not_ask_breaks_it_and_so_does_a_client_that_has_none() {
        let silent = Handshake::new().with(|tls| (tls.certificate_request, tls.client_chain) = (Sight::Absent, Sight::Absent));
        assert_eq!(blamed(&mutual(silent, Level::Required)), ("no client certificate requested", Some(Offender::Server)));
        let empty = Handshake::new().with(|tls| tls.client_chain = Sight::Seen(Arc::from([])));
        assert_eq!(blamed(&mutual(empty, Level::Required)), ("no client certificate sent", Some(Offender::Client)));
        assert_eq!(blamed(&mutual(Handshake::new(), Level::Forbidden)).1, Some(Offender::Server));
    }

    #[test]
    fn certificates_of_both_sides_keep_it() {
        assert_eq!(mutual(Handshake::new(), Level::Required), Verdict::Pass);
        let resumed = Handshake::new().with(|tls| tls.resumption = Resumption::Of(Some(tls.begun)));
        assert_eq!(mutual(resumed, Level::Required), Verdict::Pass, "as the session that it resumes");
    }

    #[test]
    fn what_is_hidden_or_was_before_the_capture_cannot_be_judged() {
        assert_eq!(mutual(Handshake::hidden(), Level::Required), Verdict::Indeterminate(Reason::Tls13Encrypted));
        let resumed = Handshake::new().with(|tls| {
            (tls.certificate_request, tls.client_chain) = (Sight::Unseen, Sight::Unseen);
            tls.resumption = Resumption::Of(None);
        });
        assert_eq!(mutual(resumed, Level::Required), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(mutual(Handshake::unanswered(Outcome::Alerted(Side::Server)), Level::Required), Verdict::NotApplicable);
        assert_eq!(mutual(Handshake::new(), Level::Supported), Verdict::NotApplicable);
        assert_eq!(Handshake::new().judge(&RULE), Verdict::NotApplicable);
    }
}
