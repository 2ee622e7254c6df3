//! Takes an initial INVITE, gives whether it may come without an offer, never what an offer says.

use crate::call::Standing;
use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::Method;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-007",
    name: "late-offer-not-agreed",
    title: "late offer not agreed",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6337 §2.1; SIPconnect; RFC 6271 App. A.1",
    keys: &["sip.dialog.late_offer"],
    what: "An initial INVITE carries an SDP offer where the agreement forbids or discourages offers that come only in the response.",
    why: "Border elements and media gateways that wait for the offer often cannot reserve media, play early media or screen codecs; some \
           answer 488 or drop the call.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sdp && !sip.to.tag`.",
    fix: "let the sender's SBC add an offer to INVITEs that its core sends without one, or agree on sip.dialog.late_offer",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = &subject.arrival.message;
    let initial = message.method() == Some(Method::Invite) && subject.place.standing == Standing::Initial;
    let clause = subject.terms.sip.late_offer.as_ref().filter(|c| initial && c.value != Level::Unspecified);
    let Some(clause) = clause else { return Verdict::NotApplicable };
    if subject.sdp.is_some() || !matches!(clause.value, Level::Discouraged | Level::Forbidden) {
        Verdict::Pass
    } else if subject.arrival.envelope.cut {
        Verdict::Indeterminate(Reason::Truncated)
    } else {
        Verdict::breach(Breach::of_level(clause, "INVITE without offer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn invite(level: Level) -> Scene {
        Scene::request("INVITE").agreed(|t| t.sip.late_offer = agreed(level))
    }

    #[test]
    fn an_initial_invite_without_offer_breaks_it() {
        let verdict = invite(Level::Discouraged).judge(&RULE);
        assert_eq!(observed(&verdict), ["INVITE without offer"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].level, Some(Level::Discouraged));
    }

    #[test]
    fn an_offer_or_an_agreement_keeps_it() {
        assert_eq!(invite(Level::Forbidden).sdp("v=0\n").judge(&RULE), Verdict::Pass);
        assert_eq!(invite(Level::Supported).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn others_are_not_judged() {
        let again = invite(Level::Forbidden).placed(|p| p.standing = Standing::InDialog);
        assert_eq!(again.judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(invite(Level::Forbidden).came(|e| e.cut = true).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
