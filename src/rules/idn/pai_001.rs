//! Takes an initial INVITE, gives whether it asserts who calls, never whether that is true.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "IDN-PAI-001",
    name: "asserted-identity-missing",
    title: "asserted identity missing",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; RFC 3325 §9.1; 3GPP TS 29.165 §6.1.1.3",
    keys: &["identity.pai"],
    what: "Where it was agreed, an INVITE that opens a session carries P-Asserted-Identity: the caller as the originating network knows \
           it. A caller who asks for privacy is asserted too; the receiving network withholds the identity from the callee.",
    why: "Without an asserted identity the receiving network cannot trace, bill or screen the call, and may have to refuse it by law.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag && !sip.P-Asserted-Identity`.",
    fix: "let the originating network assert the caller and its border element pass P-Asserted-Identity to this peer",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let agreed = subject.terms.identity.pai.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended));
    let Some(level) = agreed.filter(|_| message.method() == Some(Method::Invite) && subject.is_initial_request()) else {
        return Verdict::NotApplicable;
    };
    if message.has(HeaderName::PAssertedIdentity) {
        Verdict::Pass
    } else if subject.lacks_headers() {
        Verdict::Indeterminate(Reason::Truncated)
    } else {
        let breach = Breach::of_level(level, "INVITE without P-Asserted-Identity");
        Verdict::breach(breach.at(message.start_span()).about("P-Asserted-Identity"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::scene::{Scene, agreed, observed};

    fn judged(scene: Scene, level: Level) -> Verdict {
        scene.agreed(|t| t.identity.pai = agreed(level)).judge(&RULE)
    }

    #[test]
    fn an_invite_without_it_breaks_it() {
        let verdict = judged(Scene::request("INVITE").add("P-Preferred-Identity: <tel:+491>"), Level::Recommended);
        assert_eq!(observed(&verdict), ["INVITE without P-Asserted-Identity"]);
        let Verdict::Violation(breaches) = verdict else { unreachable!() };
        assert_eq!(breaches[0].level, Some(Level::Recommended));
    }

    #[test]
    fn an_invite_with_it_keeps_it() {
        assert_eq!(judged(Scene::request("INVITE").add("P-Asserted-Identity: <tel:+491>"), Level::Required), Verdict::Pass);
    }

    #[test]
    fn other_requests_and_other_levels_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(judged(Scene::request("BYE"), Level::Required), Verdict::NotApplicable);
        assert_eq!(judged(Scene::request("INVITE").placed(|p| p.standing = Standing::InDialog), Level::Required), Verdict::NotApplicable);
        assert_eq!(judged(Scene::request("INVITE"), Level::Supported), Verdict::NotApplicable);
        assert_eq!(judged(Scene::request("INVITE").cut_to(120), Level::Required), Verdict::Indeterminate(Reason::Truncated));
    }
}
