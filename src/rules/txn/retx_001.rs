//! Takes a transaction, gives whether something was sent again that its transport does not lose, never how often UDP repeats.

use crate::call::Ending;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, TransactionSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "TXN-RETX-001",
    name: "retransmission-over-reliable-transport",
    title: "retransmission over a reliable transport",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §17.1.1.2, §17.1.2.2, §17.2.1",
    keys: &["sip.timers"],
    what: "Over TCP, TLS, SCTP or WebSocket no request and no response is sent twice in one transaction. A 2xx to INVITE and a reliable \
          provisional response may be: their sender waits for ACK or PRACK whatever carries them.",
    why: "The transport already repeats what is lost. A second copy doubles load just when the receiver is slow, and can be taken for a \
          new request.",
    confirm: "Filter `sip.Call-ID == \"…\" && tcp` and look for two messages with the same Via branch, CSeq and start line.",
    fix: "switch SIP timers A, E and G off for reliable transports on the sending element",
    check: Check::Transaction(check),
};

fn check(subject: &TransactionSubject<'_>) -> Verdict {
    let transaction = subject.transaction;
    if !transaction.transport.is_reliable() {
        return Verdict::NotApplicable;
    }
    let Some(repeat) = transaction.needless_repeat.as_ref().filter(|_| transaction.needless_repeats > 0) else {
        return match transaction.ending {
            // It may still be repeated.
            Ending::Open => Verdict::Indeterminate(Reason::Boundary),
            _ => Verdict::Pass,
        };
    };
    let by_client = repeat.source == transaction.request.source;
    let what = if by_client { "request" } else { "response" };
    let observed = format!("{what} sent again over {}", transaction.transport);
    let breach = Breach::of_standard(observed, "no retransmission over a reliable transport").seen_in(repeat);
    Verdict::breach(if by_client { breach } else { breach.by(Offender::Responder) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Time, Transport};
    use crate::call::{Trace, Transaction};
    use crate::policy::Terms;
    use crate::rules::scene::{endpoint, observed};

    fn judge(transport: Transport, repeated_by: Option<&str>) -> Verdict {
        ended(transport, repeated_by, Ending::TimedOut(Time(0)))
    }

    fn ended(transport: Transport, repeated_by: Option<&str>, ending: Ending) -> Verdict {
        let from = |source: &str| Trace { source: endpoint(source), ..Trace::default() };
        let transaction = Transaction {
            transport,
            request: from("192.0.2.17:5060").into(),
            needless_repeats: u32::from(repeated_by.is_some()),
            needless_repeat: repeated_by.map(|source| from(source).into()),
            ending,
            ..Transaction::default()
        };
        check(&TransactionSubject { transaction: &transaction, terms: &Terms::default() })
    }

    #[test]
    fn a_repeated_request_or_response_breaks_it() {
        assert_eq!(observed(&judge(Transport::Tcp, Some("192.0.2.17:5060"))), ["request sent again over TCP"]);
        let Verdict::Violation(breaches) = judge(Transport::Tls, Some("198.51.100.33:5061")) else { panic!() };
        assert_eq!((&*breaches[0].observed, breaches[0].offender), ("response sent again over TLS", Some(Offender::Responder)));
    }

    #[test]
    fn once_each_keeps_it() {
        assert_eq!(judge(Transport::Tcp, None), Verdict::Pass);
        assert_eq!(ended(Transport::Tcp, None, Ending::Open), Verdict::Indeterminate(Reason::Boundary));
    }

    #[test]
    fn datagrams_are_not_judged() {
        assert_eq!(judge(Transport::Udp, None), Verdict::NotApplicable);
    }
}
