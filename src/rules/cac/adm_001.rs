//! Takes an answered session, gives whether its INVITE met what admission requires, never whose fault that it did not is.

use crate::policy::{Role, Severity};
use crate::rules::{Breach, Check, Offender, Rule, Scope, SessionSubject, Verdict};
use crate::stir::Attest;

pub(crate) static RULE: Rule = Rule {
    id: "CAC-ADM-001",
    name: "admitted-without-conditions",
    title: "session admitted although admission conditions were not met",
    severity: Severity::High,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Responder,
    reference: "RFC 6271 App. A.1 (sessions are admitted only if certain criteria are met)",
    keys: &["admission.require.transport", "admission.require.min_attest", "admission.require.declared_sbe"],
    what: "A session that was answered with a 2xx began with an INVITE over one of the transports that admission requires, from a border \
           element that the calling peer declared for outgoing calls, with at least the attestation that it requires. The rules for \
           each of these tell who sent what; this one, who let it in.",
    why: "A condition that the receiving network does not enforce is none: what it was to keep out comes in, and the agreement says that it cannot.",
    confirm: "Filter `sip.Call-ID == \"…\"`: the INVITE with its addresses, transport and `sip.Identity`, and the 200 to it.",
    fix: "let the accepting border element refuse what the agreement excludes (403, 421, 428), or take the condition out of admission.require",
    check: Check::Session(check),
};

fn check(subject: &SessionSubject<'_>) -> Verdict {
    let (session, require) = (subject.session, &subject.terms.admission);
    let Some(answer) = session.answer.as_deref() else { return Verdict::NotApplicable };
    let (mut judged, mut breaches) = (false, Vec::new());
    if let Some(transports) = require.require_transport.as_ref().filter(|list| !list.value.is_empty()) {
        judged = true;
        let token = session.transport.token();
        if !transports.value.iter().any(|word| word.eq_ignore_ascii_case(token)) {
            breaches.push(Breach::of_clause(transports, format!("admitted over {token}"), transports.value.join(", ")));
        }
    }
    let source = session.invite.source.ip;
    if let Some(clause) = require.require_declared_sbe.as_ref().filter(|clause| clause.value && !subject.policy.peers.is_empty()) {
        judged = true;
        let element = subject.policy.peer(subject.policy.party(source)).and_then(|peer| peer.sbe_at(source));
        if !element.is_some_and(|sbe| sbe.roles.is_empty() || sbe.roles.contains(&Role::Egress)) {
            let observed = "admitted from an address that is no declared border element";
            breaches.push(Breach::of_clause(clause, observed, "from a border element declared for outgoing calls"));
        }
    }
    if let Some((clause, least)) = require.require_min_attest.as_ref().and_then(|clause| Some((clause, Attest::of(&clause.value)?))) {
        judged = true;
        if subject.attest.is_none_or(|attest| attest < least) {
            let observed = subject
                .attest
                .map_or_else(|| "admitted without attestation".to_owned(), |a| format!("admitted with attestation {}", a.letter()));
            breaches.push(Breach::of_clause(clause, observed, format!("attestation {} or more", least.letter())));
        }
    }
    if !judged {
        return Verdict::NotApplicable;
    }
    Verdict::of(breaches.into_iter().map(|breach| breach.seen_in(answer)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::call::{Session, Trace};
    use crate::policy::{Policy, Style, Terms};
    use crate::rules::KNOWN;
    use crate::rules::scene::{agreed, endpoint, observed};

    const POLICY: &str =
        "schema = 1\n[policy]\nid = \"x\"\n[[peer]]\nid = \"alpha\"\nsbe = [{ name = \"a\", addresses = [\"192.0.2.16/29\"] }]\n";

    fn judged(session: impl FnOnce(&mut Session), attest: Option<Attest>, require: impl FnOnce(&mut Terms)) -> Verdict {
        let policy = Policy::parse("policy.toml".as_ref(), POLICY, KNOWN, Style::default()).unwrap();
        let mut own = Session {
            transport: Transport::Tls,
            invite: Trace { source: endpoint("192.0.2.17:5060"), ..Trace::default() }.into(),
            answer: Some(Trace::default().into()),
            ..Session::default()
        };
        session(&mut own);
        let mut terms = Terms::default();
        terms.admission.require_transport = agreed(vec!["tls".into()]);
        terms.admission.require_declared_sbe = agreed(true);
        terms.admission.require_min_attest = agreed("B".into());
        require(&mut terms);
        check(&SessionSubject { session: &own, attest, policy: &policy, terms: &terms })
    }

    #[test]
    fn what_was_let_in_against_the_conditions_breaks_it() {
        let verdict = judged(|s| s.transport = Transport::Udp, Some(Attest::Gateway), |_| ());
        assert_eq!(observed(&verdict), ["admitted over UDP", "admitted with attestation C"]);
        assert_eq!(observed(&judged(|_| (), None, |_| ())), ["admitted without attestation"]);
        let stranger = |s: &mut Session| s.invite = Trace { source: endpoint("203.0.113.1:5060"), ..Trace::default() }.into();
        assert_eq!(
            observed(&judged(stranger, Some(Attest::Full), |_| ())),
            ["admitted from an address that is no declared border element"]
        );
    }

    #[test]
    fn what_meets_them_keeps_it() {
        assert_eq!(judged(|_| (), Some(Attest::Partial), |_| ()), Verdict::Pass);
    }

    #[test]
    fn refused_calls_and_unconditional_agreements_are_not_judged() {
        assert_eq!(judged(|s| s.answer = None, None, |_| ()), Verdict::NotApplicable);
        assert_eq!(judged(|_| (), None, |t| t.admission = Default::default()), Verdict::NotApplicable);
    }
}
