//! Takes what passed sealed between two parties, gives how much nobody could look into, never what it may hold.

use crate::policy::{Party, Severity};
use crate::rules::{Breach, CaptureSubject, Check, Offender, Rule, Scope, Verdict};
use crate::transport::{Seal, Sealed};

pub(crate) static RULE: Rule = Rule {
    id: "CAP-OPAQUE-001",
    name: "could-not-be-opened",
    title: "signalling or media could not be opened",
    severity: Severity::Info,
    tier: 1,
    scope: Scope::Global,
    offender: Offender::Capture,
    reference: "standards.md §1.3",
    keys: &["capture.tls_keylog"],
    what: "Between declared peers nothing passes that nobody on the path can read and no key opens: TLS (SIP or WebSocket inside), \
           application data of DTLS, ESP. The finding tells octets and connections. What other rules could not look at because of it is \
           counted with them, as indeterminate for the reasons `encrypted` and `tls13-encrypted`. SRTP is not counted: its headers can be \
           read.",
    why: "An audit that saw only the envelope must say so: rules without findings have then not been kept, they have not been asked.",
    confirm: "Filter `tls.app_data || dtls.app_data || esp` between the two parties.",
    fix: "give the keys of the capture (`capture.tls_keylog`, `--keylog`, or a capture with decryption secrets), or capture behind the \
           element that decrypts",
    check: Check::Capture(check),
};

fn check(subject: &CaptureSubject<'_>) -> Verdict {
    let declared = |party| matches!(party, Party::Declared(_));
    let name = |party| subject.policy.party_name(party);
    let (mut breaches, mut seen) = (Vec::new(), false);
    for pair in subject.pairs.iter().filter(|pair| declared(pair.from) || declared(pair.to)) {
        seen |= pair.forth + pair.back > 0;
        for (seal, sealed) in Seal::ALL.into_iter().zip(&pair.sealed).filter(|(seal, sealed)| *seal != Seal::Ike && sealed.octets > 0) {
            let observed = format!("{} between {} and {}, {}", seal.name(), name(pair.from), name(pair.to), amount(seal, sealed));
            breaches.push(Breach::of_standard(observed, "a key for what is encrypted"));
        }
    }
    match (breaches.is_empty(), seen) {
        (true, false) => Verdict::NotApplicable,
        _ => Verdict::of(breaches),
    }
}

fn amount(seal: Seal, sealed: &Sealed) -> String {
    let Sealed { packets, octets, connections, .. } = sealed;
    match seal {
        Seal::Tls => format!("connections: {connections}, octets: {octets}"),
        _ => format!("packets: {packets}, octets: {octets}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Policy, Terms};
    use crate::rules::PairTraffic;
    use crate::rules::scene::{observed, peer};

    fn judge(from: Party, messages: u64, seal: Seal, sealed: Sealed) -> Verdict {
        let mut policy = Policy::baseline();
        policy.peers =
            vec![peer("alpha", "a.example", "s.a.example", "192.0.2.16/29"), peer("bravo", "b.example", "s.b.example", "198.51.100.32/28")];
        let mut pair = PairTraffic {
            from,
            to: Party::Declared(1),
            forth: messages,
            back: 0,
            heeded: 0,
            unheeded: 0,
            one_sided_connections: 0,
            sealed: Default::default(),
        };
        pair.sealed[seal as usize] = sealed;
        check(&CaptureSubject { pairs: &[pair], policy: &policy, terms: &Terms::default(), first: None, last: None })
    }

    const SEALED: Sealed = Sealed { packets: 7, octets: 900, connections: 2, first: None };

    #[test]
    fn what_no_key_opens_is_told() {
        let tls = judge(Party::Declared(0), 0, Seal::Tls, SEALED);
        assert_eq!(observed(&tls), ["TLS between alpha and bravo, connections: 2, octets: 900"]);
        let esp = judge(Party::Unknown, 5, Seal::Esp, SEALED);
        assert_eq!(observed(&esp), ["ESP between unknown and bravo, packets: 7, octets: 900"]);
    }

    #[test]
    fn messages_in_the_clear_keep_it() {
        assert_eq!(judge(Party::Declared(0), 5, Seal::Esp, Sealed::default()), Verdict::Pass);
        assert_eq!(judge(Party::Declared(0), 5, Seal::Ike, SEALED), Verdict::Pass, "an exchange of keys carries nothing");
    }

    #[test]
    fn peers_that_exchange_nothing_are_not_judged() {
        assert_eq!(judge(Party::Declared(0), 0, Seal::Esp, Sealed::default()), Verdict::NotApplicable);
    }
}
