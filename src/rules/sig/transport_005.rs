//! Takes the connections that one host opened to another, gives whether they are used again as agreed, never what they carry.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, LinkSubject, Offender, Reason, Rule, Scope, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "SIG-TRANSPORT-005",
    name: "connection-reuse",
    title: "connection reuse or aliasing not as agreed",
    severity: Severity::Low,
    tier: 3,
    scope: Scope::Connection,
    offender: Offender::Sender,
    reference: "RFC 5923 §8.1, §8.2, §9.2",
    keys: &["sip.transport.connection_reuse", "sip.transport.churn_per_minute"],
    what: "Where reuse is required or recommended, fewer connections that carry SIP, or TLS of signalling that no key opens, are opened \
           from one host to another in a minute of the clock than the agreed churn. Where it is forbidden or discouraged, no request goes \
           from the server to the client on a connection of the client. At any agreed level, a request goes that way over TLS only after a \
           request of the client had `alias` in its topmost Via, and never where the client showed no certificate (in TLS 1.3 only a key \
           log tells). WebSocket is left out: there the server has no other way.",
    why: "A connection for each call costs a handshake for each call, and runs into the limits of firewalls. A request on somebody else's \
          connection is believed to come from whom the certificate of that connection names.",
    confirm: "Filter `tcp.flags.syn == 1 && tcp.flags.ack == 0` between the two hosts and count by minute; for requests the other way, \
              compare `tcp.srcport` with that of the SYN.",
    fix: "keep connections open after transactions end and use them again (RFC 5923 §5), or ask for it with `alias`",
    check: Check::Link(check),
};

fn check(subject: &LinkSubject<'_>) -> Verdict {
    let transport = &subject.terms.sip.transport;
    let Some(clause) = transport.connection_reuse.as_ref().filter(|clause| clause.value != Level::Unspecified) else {
        return Verdict::NotApplicable;
    };
    let mut breaches = Vec::new();
    match clause.value {
        Level::Required | Level::Recommended => {
            if let (Some(limit), Some((_, opened))) = (&transport.churn_per_minute, subject.busiest)
                && opened >= u64::from(limit.value)
            {
                let breach = Breach::of_clause(limit, "a new connection again and again", format!("fewer than {} a minute", limit.value));
                breaches.push(Breach { level: Some(clause.value), ..breach });
            }
        }
        Level::Forbidden | Level::Discouraged if subject.back.requests > 0 => {
            breaches.push(Breach::of_level(clause, "requests on a connection of the other side").by(Offender::Responder));
        }
        _ => {}
    }
    if subject.unasked.requests > 0 {
        let breach = Breach::of_clause(clause, "requests on a TLS connection of the other side, without alias", "alias in the topmost Via");
        breaches.push(breach.by(Offender::Responder));
    }
    if subject.bare.requests > 0 {
        let observed = "requests on a TLS connection whose client showed no certificate";
        let breach = Breach::of_clause(clause, observed, "a certificate of the client");
        breaches.push(breach.by(Offender::Responder));
    }
    match (breaches.is_empty(), subject.busiest.is_some() || subject.forth + subject.back.requests > 0, subject.unknown > 0) {
        (false, ..) => Verdict::Violation(breaches),
        (true, true, _) => Verdict::Pass,
        (true, false, true) => Verdict::Indeterminate(Reason::Boundary),
        (true, false, false) => Verdict::NotApplicable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Time;
    use crate::policy::Terms;
    use crate::rules::Reversed;
    use crate::rules::scene::{agreed, observed};

    fn judge(level: Option<Level>, change: impl FnOnce(&mut LinkSubject<'_>)) -> Verdict {
        let mut terms = Terms::default();
        terms.sip.transport.connection_reuse = level.and_then(agreed);
        terms.sip.transport.churn_per_minute = agreed(30);
        let mut subject = LinkSubject {
            client: [192, 0, 2, 17].into(),
            server: [198, 51, 100, 33].into(),
            busiest: None,
            forth: 0,
            unknown: 0,
            back: Reversed::default(),
            unasked: Reversed::default(),
            bare: Reversed::default(),
            terms: &terms,
        };
        change(&mut subject);
        check(&subject)
    }

    const ONE: Reversed = Reversed { requests: 1, first: None };

    #[test]
    fn churn_breaks_what_is_required() {
        let churn = |opened, level| judge(Some(level), |s| s.busiest = Some((Time(0), opened)));
        assert_eq!(observed(&churn(30, Level::Required)), ["a new connection again and again"]);
        assert_eq!(churn(29, Level::Required), Verdict::Pass);
        assert_eq!(churn(30, Level::Supported), Verdict::Pass);
    }

    #[test]
    fn requests_the_other_way_break_what_is_forbidden_or_was_not_asked_for() {
        let back = judge(Some(Level::Forbidden), |s| s.back = ONE);
        assert_eq!(observed(&back), ["requests on a connection of the other side"]);
        assert_eq!(judge(Some(Level::Supported), |s| s.back = ONE), Verdict::Pass);
        let unasked = judge(Some(Level::Supported), |s| (s.back, s.unasked) = (ONE, ONE));
        assert_eq!(observed(&unasked), ["requests on a TLS connection of the other side, without alias"]);
    }

    #[test]
    fn requests_to_a_client_that_nobody_knows_break_it() {
        let bare = judge(Some(Level::Supported), |s| (s.back, s.bare) = (ONE, ONE));
        assert_eq!(observed(&bare), ["requests on a TLS connection whose client showed no certificate"]);
        assert_eq!(judge(Some(Level::Supported), |s| s.back = ONE), Verdict::Pass);
        assert_eq!(judge(None, |s| (s.back, s.bare) = (ONE, ONE)), Verdict::NotApplicable);
    }

    #[test]
    fn connections_without_their_beginning_cannot_be_judged() {
        assert_eq!(judge(Some(Level::Required), |s| s.unknown = 3), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(judge(Some(Level::Required), |_| ()), Verdict::NotApplicable);
        assert_eq!(judge(None, |s| s.back = ONE), Verdict::NotApplicable);
    }
}
