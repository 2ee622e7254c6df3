//! Takes a request, gives whether its CSeq number goes on from the one before, never whether it is a retransmission.

use crate::call::Standing;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "DLG-CSEQ-001",
    name: "cseq-does-not-increase",
    title: "CSeq does not increase within a dialog",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §8.1.3.5, §12.2.1.1, §12.2.2",
    keys: &[],
    what: "Each new request of one side of a dialog has a higher CSeq number than its last, and an INVITE that is sent again after 401, \
           407, 422 or a redirect has a higher one than that which was refused. ACK and CANCEL reuse the number of their INVITE. A step \
           of more than one is allowed and noted as info, unless the capture lacks what passed between the two hosts before.",
    why: "The other side must refuse a request with an old number with 500 or takes it for a retransmission: the BYE or re-INVITE is \
          lost and the call hangs.",
    confirm: "Follow the call (Telephony, VoIP Calls) or filter by its `sip.Call-ID`, and read `sip.CSeq.seq` of the requests of one side.",
    fix: "repair the sender's dialog state: usually a border element that restarts or rewrites CSeq, or two elements that speak for one \
           side",
    check: Check::Message(Kind::REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, place) = (subject.message(), subject.place);
    let counted = message.method().is_some_and(|m| !matches!(m, Method::Ack | Method::Cancel));
    let (true, Some(cseq)) = (counted, message.cseq()) else { return Verdict::NotApplicable };
    let at = message.header(HeaderName::CSeq).map_or_else(|| message.start_span(), |h| h.value);
    let method = if cseq.method == Method::Other { "request" } else { cseq.method.name() };
    let breach = match (place.resubmits, place.previous_cseq) {
        (Some(refused), _) if cseq.number <= refused => {
            Breach::of_standard(format!("{method} sent again without a higher CSeq"), "higher than that of the refused request")
        }
        (None, Some(previous)) if cseq.number <= previous => {
            Breach::of_standard(format!("{method}: CSeq not above the last"), "higher than that of the last request")
        }
        (None, Some(previous)) if cseq.number - previous > 1 && place.out_of_sight => return Verdict::Indeterminate(Reason::Truncated),
        (None, Some(previous)) if cseq.number - previous > 1 => {
            Breach::of_standard(format!("{method}: CSeq skips numbers"), "one above the last").rated(Severity::Info)
        }
        (Some(_), _) | (_, Some(_)) => return Verdict::Pass,
        (None, None) => {
            return match place.standing {
                Standing::Initial => Verdict::NotApplicable,
                Standing::InDialog => Verdict::Pass,
                Standing::Ended | Standing::Unknown => Verdict::Indeterminate(Reason::Boundary),
            };
        }
    };
    Verdict::breach(breach.at(at).about("CSeq"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, observed};

    fn bye(number: u32, previous: u32) -> Verdict {
        let scene = Scene::request("BYE").set(&format!("CSeq: {number} BYE"));
        scene.placed(|p| (p.standing, p.previous_cseq) = (Standing::InDialog, Some(previous))).judge(&RULE)
    }

    #[test]
    fn an_old_number_breaks_it() {
        assert_eq!(observed(&bye(5, 5)), ["BYE: CSeq not above the last"]);
        assert_eq!(observed(&bye(4, 5)), ["BYE: CSeq not above the last"]);
        let again = Scene::request("INVITE").placed(|p| p.resubmits = Some(1));
        assert_eq!(observed(&again.judge(&RULE)), ["INVITE sent again without a higher CSeq"]);
    }

    #[test]
    fn a_skip_is_info() {
        let Verdict::Violation(breaches) = bye(9, 5) else { panic!("kept") };
        assert_eq!(breaches[0].severity, Some(Severity::Info));
    }

    #[test]
    fn the_next_number_keeps_it() {
        assert_eq!(bye(6, 5), Verdict::Pass);
        assert_eq!(Scene::request("INVITE").set("CSeq: 2 INVITE").placed(|p| p.resubmits = Some(1)).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_the_request_before_it_cannot_be_judged() {
        let unknown = Scene::request("BYE").placed(|p| p.standing = Standing::Unknown);
        assert_eq!(unknown.judge(&RULE), Verdict::Indeterminate(Reason::Boundary));
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("ACK").placed(|p| p.previous_cseq = Some(9)).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::response(200, "BYE").judge(&RULE), Verdict::NotApplicable);
    }
}
