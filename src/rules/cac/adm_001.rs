//! Takes an answered session or a limit, gives whether what was let in met what admission requires, never whose fault that it did not is.

use super::excess;
use crate::call::Trace;
use crate::policy::{Role, Severity};
use crate::rules::{Breach, Check, LimitSubject, Offender, Reason, Rule, Scope, SessionSubject, Verdict, encapsulation};
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
    keys: &[
        "admission.require.transport",
        "admission.require.min_attest",
        "admission.require.declared_sbe",
        "admission.require.encapsulation",
        "admission.require.within_limits",
    ],
    what: "A session that was answered with a 2xx began with an INVITE over one of the transports that admission requires, in the tunnel \
           that it requires (IPsec, GRE or a VLAN, judged where the capture point is `wan`), from a border element that the calling peer \
           declared for outgoing calls, with at least the attestation that it requires. With `within_limits`, none of the sessions \
           beyond a limit on attempts or sessions was answered. The rules for each of these tell who sent what; this one, who let it in.",
    why: "A condition that the receiving network does not enforce is none: what it was to keep out comes in, and the agreement says that \
           it cannot.",
    confirm: "Filter `sip.Call-ID == \"…\"`: the INVITE with its addresses, transport and `sip.Identity`, and the 200 to it.",
    fix: "let the accepting border element refuse what the agreement excludes (403, 421, 428), or take the condition out of \
           admission.require",
    check: Check::Several(&[Check::Session(check), Check::Limit(beyond)]),
};

fn check(subject: &SessionSubject<'_>) -> Verdict {
    let (session, require) = (subject.session, &subject.terms.admission);
    let Some(answer) = session.answer.as_deref() else { return Verdict::NotApplicable };
    let (mut judged, mut unknown, mut breaches) = (false, false, Vec::new());
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
        if subject.attest.is_some_and(|attest| attest >= least) {
            // Enough, whatever followed.
        } else if subject.lacks_headers {
            unknown = true;
        } else {
            let observed = subject
                .attest
                .map_or_else(|| "admitted without attestation".to_owned(), |a| format!("admitted with attestation {}", a.letter()));
            breaches.push(Breach::of_clause(clause, observed, format!("attestation {} or more", least.letter())));
        }
    }
    let mut hidden = None;
    if let Some(clause) = require.require_encapsulation.as_ref() {
        let connectivity = &subject.terms.connectivity;
        match subject.carriage {
            _ if !encapsulation::is_visible(connectivity) => hidden = Some(Reason::OffPath),
            // An agent relayed it.
            None => hidden = Some(Reason::OffPath),
            Some(way) => {
                judged = true;
                if !encapsulation::is_carried(&clause.value, connectivity, way) {
                    breaches.push(Breach::of_clause(clause, format!("admitted {way}"), clause.value.clone()));
                }
            }
        }
    }
    match hidden {
        Some(reason) if breaches.is_empty() => return Verdict::Indeterminate(reason),
        None if !judged => return Verdict::NotApplicable,
        _ => {}
    }
    if unknown && breaches.is_empty() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    Verdict::of(breaches.into_iter().map(|breach| breach.seen_in(answer)).collect())
}

/// What went beyond a limit and was answered all the same.
fn beyond(subject: &LimitSubject<'_>) -> Verdict {
    let required = subject.terms.admission.require_within_limits.as_ref().filter(|clause| clause.value);
    let (Some(_), Some(fates)) = (required, subject.fates) else { return Verdict::NotApplicable };
    if fates.admitted == 0 && (fates.undecided > 0 || excess::is_open(subject)) {
        return Verdict::Indeterminate(Reason::Boundary);
    }
    if fates.admitted == 0 {
        return Verdict::Pass;
    }
    let limit = &subject.limit.value;
    let observed = format!("admitted beyond the limit {}", subject.limit.id);
    let breach = Breach::of_clause(limit, observed, format!("nothing beyond {} is answered", limit.value));
    Verdict::breach(match subject.excursions.first() {
        Some(excursion) => {
            let line = format!("{} answered, {} refused, the first beyond: {}", fates.admitted, fates.refused, excursion.evidence.text());
            let trace = Trace { line: line.as_bytes().into(), ..excursion.evidence.clone() };
            breach.seen_in(&trace).of_call(&excursion.call_id)
        }
        None => breach,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Transport;
    use crate::call::Session;
    use crate::metrics::Fates;
    use crate::packet::{Carriage, Tunnels};
    use crate::policy::{Basis, Limit, LimitKind, LimitScope, Policy, Style, Terms};
    use crate::rules::KNOWN;
    use crate::rules::scene::{agreed, clause, endpoint, observed};

    const POLICY: &str =
        "schema = 1\n[policy]\nid = \"x\"\n[[peer]]\nid = \"alpha\"\nsbe = [{ name = \"a\", addresses = [\"192.0.2.16/29\"] }]\n";

    fn judged(session: impl FnOnce(&mut Session), attest: Option<Attest>, require: impl FnOnce(&mut Terms)) -> Verdict {
        carried(None, session, attest, require)
    }

    fn carried(
        carriage: Option<Carriage>,
        session: impl FnOnce(&mut Session),
        attest: Option<Attest>,
        require: impl FnOnce(&mut Terms),
    ) -> Verdict {
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
        check(&SessionSubject { session: &own, attest, carriage, lacks_headers: false, policy: &policy, terms: &terms })
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
    fn an_invite_outside_of_the_tunnel_was_not_to_be_let_in() {
        let judged = |carriage, point: Option<&str>| {
            let terms = |terms: &mut Terms| {
                terms.admission = Default::default();
                terms.admission.require_encapsulation = agreed("ipsec-esp".into());
                terms.connectivity.capture_point = point.and_then(|point| agreed(point.to_owned()));
            };
            carried(carriage, |_| (), None, terms)
        };
        let esp = Carriage::new(0, None, Tunnels::ESP);
        assert_eq!(judged(Some(esp), Some("wan")), Verdict::Pass);
        assert_eq!(observed(&judged(Some(Carriage::default()), None)), ["admitted natively"]);
        assert_eq!(judged(Some(Carriage::default()), Some("inside-alpha")), Verdict::Indeterminate(Reason::OffPath));
        assert_eq!(judged(None, None), Verdict::Indeterminate(Reason::OffPath));
    }

    #[test]
    fn what_is_beyond_a_limit_was_not_to_be_let_in() {
        let judged = |fates, is_required: bool| {
            let mut terms = Terms::default();
            terms.admission.require_within_limits = agreed(is_required);
            let limit = Limit {
                id: "cps".into(),
                kind: LimitKind::Attempts,
                scope: LimitScope::TrunkGroup,
                basis: Some(Basis::Attempted),
                key: None,
                window_s: Some(1.0),
                value: clause(40.0),
                burst: None,
                warn_at: None,
                enabled: true,
            };
            beyond(&LimitSubject {
                limit: &limit,
                scope: "alpha/retail",
                peak: 43.0,
                excursions: &[],
                fates,
                blank: None,
                terms: &terms,
                seen: crate::base::seconds(60),
                is_older: false,
            })
        };
        let fates = |admitted| Some(Fates { admitted, refused: 2, undecided: 0 });
        assert_eq!(observed(&judged(fates(1), true)), ["admitted beyond the limit cps"]);
        assert_eq!(judged(fates(0), true), Verdict::Pass);
        assert_eq!(judged(fates(1), false), Verdict::NotApplicable);
        assert_eq!(judged(None, true), Verdict::NotApplicable);
    }

    #[test]
    fn refused_calls_and_unconditional_agreements_are_not_judged() {
        assert_eq!(judged(|s| s.answer = None, None, |_| ()), Verdict::NotApplicable);
        assert_eq!(judged(|_| (), None, |t| t.admission = Default::default()), Verdict::NotApplicable);
    }
}
