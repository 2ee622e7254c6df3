//! Takes an initial request, gives whether its From names a domain of its sender, never whether the user exists.

use crate::certificate::Identities;
use crate::policy::{Clause, Severity};
use crate::rules::{Behind, Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::name_addr;

pub(crate) static RULE: Rule = Rule {
    id: "IDN-FROM-001",
    name: "from-domain-of-another",
    title: "From domain is not the sending peer's",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §26.3.2.2; RFC 5922 §5, §7.4; RFC 6406 §6.2.1",
    keys: &["identity.from_domain", "peer.ssp_domains", "peer.transit_for", "security.tls.verify_identity_in_requests"],
    what: "The host of From in a request outside of any dialog is a domain that its sender serves or carries for others, and, where it was \
           agreed to verify that, over TLS one of the SIP identities of the client's certificate. Anonymous callers (RFC 3323) are left \
           out.",
    why: "A domain that is not the sender's is somebody else's caller, or a forged one: the receiving network would bill and trust the \
           wrong one.",
    confirm: "Filter `sip.from.host` between the two border elements; compare with the declared domains, and with the certificate that the \
          client shows on the same connection (`tls.handshake.type == 11`).",
    fix: "let the sender's border element write its own domain into From, or declare the domain in peer.ssp_domains or peer.transit_for",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    if !subject.is_initial_request() {
        return Verdict::NotApplicable;
    }
    let declared = subject.terms.identity.from_domain.as_ref().filter(|clause| clause.value == "peer");
    let verified = subject.terms.tls.verify_identity_in_requests.as_ref().filter(|clause| clause.value);
    let verified = verified.filter(|_| subject.arrival.envelope.transport.is_secure());
    let Some(peer) = subject.sender().filter(|_| declared.is_some() || verified.is_some()) else { return Verdict::NotApplicable };
    // Inside a dialog nothing is asked of it.
    let is_half = message.header(HeaderName::From).map_or_else(|| subject.lacks_headers(), |from| subject.is_half(from.value));
    if is_half || subject.may_be_in_dialog() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let Some(header) = message.header(HeaderName::From) else { return Verdict::NotApplicable };
    let value = message.value(header);
    let Some(host) = name_addr(&value).and_then(|named| named.uri()).map(|uri| String::from_utf8_lossy(uri.host).into_owned()) else {
        return Verdict::NotApplicable;
    };
    // RFC 3323 §4.1.1.3, and what else is nobody's by RFC 6761 §6.4, as `unknown.invalid` is; a number without a domain names nobody's either.
    if host.is_empty() || host.rsplit('.').next().is_some_and(|top| top.eq_ignore_ascii_case("invalid")) {
        return Verdict::NotApplicable;
    }
    let is_one_of = |domains: &[String]| domains.iter().any(|domain| domain.eq_ignore_ascii_case(&host));
    let carried = is_one_of(&peer.transit_for);
    let mut breaches = Vec::new();
    if let Some(clause) = declared.filter(|_| !peer.ssp_domains.is_empty())
        && !is_one_of(&peer.ssp_domains)
        && !carried
    {
        let breach = Breach::of_clause(clause, "From domain that the sender does not have", peer.ssp_domains.join(", "));
        breaches.push(breach.at(header.value).about("From"));
    }
    // The certificate of a network that carries for others cannot name them.
    let unknown = match verified.filter(|_| !carried) {
        Some(clause) => match by_certificate(subject, clause, &host) {
            Ok(breach) => {
                breaches.extend(breach.map(|breach| breach.at(header.value).about("From")));
                None
            }
            Err(verdict) => Some(verdict),
        },
        None => None,
    };
    match unknown {
        Some(verdict) if breaches.is_empty() => verdict,
        None if breaches.is_empty() && declared.is_none_or(|_| peer.ssp_domains.is_empty()) && verified.is_none() => Verdict::NotApplicable,
        _ => Verdict::of(breaches),
    }
}

/// What the certificate of the client says against the domain; `Err` where it cannot be asked.
fn by_certificate(subject: &MessageSubject<'_>, clause: &Clause<bool>, host: &str) -> Result<Option<Breach>, Verdict> {
    if subject.arrival.envelope.via_hep {
        return Err(Verdict::Indeterminate(Reason::NoAuxInput));
    }
    let breach = |observed: &'static str| Some(Breach::of_clause(clause, observed, "a SIP identity of the client certificate"));
    match subject.behind() {
        // The other way on a connection that was opened for requests this way, the certificate is that of the server: SIG-CERT-003.
        Some(Behind::Server) => Err(Verdict::NotApplicable),
        None => Err(Verdict::Indeterminate(Reason::Boundary)),
        Some(Behind::Client(Err(verdict))) => Err(verdict.clone()),
        Some(Behind::Client(Ok(shown))) => Ok(match shown.leaf() {
            None => breach("From without a client certificate behind it"),
            Some(leaf) if Identities::of(leaf).identify(host) => None,
            Some(_) => breach("From domain that the client certificate does not name"),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Transport;
    use crate::certificate::Presented;
    use crate::certificate::workshop::{Draft, San};
    use crate::rules::certified::ClientShown;
    use crate::rules::scene::{Scene, agreed, observed};

    fn from(host: &str) -> Scene {
        let scene = Scene::request("INVITE").set(&format!("From: <sip:+4930123456@{host}>;tag=a1"));
        scene
            .agreed(|t| t.identity.from_domain = agreed("peer".to_owned()))
            .declared(|peers| peers[0].transit_for = vec!["carried.example".to_owned()])
    }

    fn shown(names: &[San<'_>]) -> ClientShown {
        let der = Draft { names: Some(names.to_vec()), ..Draft::default() }.self_signed();
        Ok(Arc::new(Presented::read(&[der])))
    }

    /// Over TLS, where it was agreed to verify.
    fn over_tls(host: &str, client: Option<ClientShown>) -> Verdict {
        let scene = from(host).came(|e| e.transport = Transport::Tls).agreed(|t| t.tls.verify_identity_in_requests = agreed(true));
        client.into_iter().fold(scene, Scene::shown_by).judge(&RULE)
    }

    #[test]
    fn the_domain_of_another_breaks_it() {
        assert_eq!(observed(&from("bravo.example").judge(&RULE)), ["From domain that the sender does not have"]);
        assert_eq!(observed(&from("192.0.2.17").judge(&RULE)).len(), 1, "an address is no domain");
        assert_eq!(observed(&from("invalid.bravo.example").judge(&RULE)).len(), 1);
    }

    #[test]
    fn a_domain_that_the_certificate_does_not_name_breaks_it() {
        let other = over_tls("alpha.example", Some(shown(&[San::Dns("sbc.alpha.example")])));
        assert_eq!(observed(&other), ["From domain that the client certificate does not name"]);
        let none = over_tls("alpha.example", Some(Ok(Arc::default())));
        assert_eq!(observed(&none), ["From without a client certificate behind it"]);
        let both = over_tls("bravo.example", Some(shown(&[San::Uri("sip:alpha.example")])));
        assert_eq!(observed(&both).len(), 2);
    }

    #[test]
    fn own_and_carried_domains_and_anonymous_callers_keep_it() {
        assert_eq!(from("ALPHA.example").judge(&RULE), Verdict::Pass);
        assert_eq!(from("carried.example").judge(&RULE), Verdict::Pass);
        assert_eq!(from("anonymous.invalid").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(from("unknown.invalid").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(over_tls("alpha.example", Some(shown(&[San::Uri("sip:alpha.example")]))), Verdict::Pass);
        assert_eq!(over_tls("carried.example", Some(shown(&[San::Uri("sip:alpha.example")]))), Verdict::Pass);
    }

    #[test]
    fn what_is_hidden_or_was_not_agreed_cannot_be_judged() {
        let hidden = Verdict::Indeterminate(Reason::Tls13Encrypted);
        assert_eq!(over_tls("alpha.example", Some(Err(hidden.clone()))), hidden);
        assert_eq!(over_tls("alpha.example", None), Verdict::Indeterminate(Reason::Boundary), "the connection began before the capture");
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(
            Scene::request("INVITE").agreed(|t| t.identity.from_domain = agreed("any".to_owned())).declared(|_| {}).judge(&RULE),
            Verdict::NotApplicable
        );
    }
}
