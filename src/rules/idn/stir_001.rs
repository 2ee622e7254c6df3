//! Takes an initial INVITE, gives whether it is signed as agreed, never whether the signature holds.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "IDN-STIR-001",
    name: "identity-header-missing",
    title: "Identity header missing",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8224 §4, §6.2; ATIS-1000074; RFC 6271 §5.2",
    keys: &["identity.stir.identity_header", "identity.stir.ppt"],
    what: "Where it was agreed, an INVITE that opens a session carries an Identity header of one of the agreed kinds of PASSporT (`ppt`); \
           where it was agreed that none passes, it carries none.",
    why: "An unsigned call is anybody's call: the receiving network cannot tell a forged number from a real one, and may have to label or \
          refuse it by law.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.to.tag && !sip.Identity`; a 428 from the receiver says the same.",
    fix: "let the originating network's authentication service sign calls to this peer, and its border element pass the Identity header",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, stir) = (subject.message(), &subject.terms.identity.stir);
    let agreed = stir.identity_header.as_ref().filter(|l| !matches!(l.value, Level::Unspecified | Level::Supported));
    let Some(level) = agreed.filter(|_| message.method() == Some(Method::Invite) && subject.is_initial_request()) else {
        return Verdict::NotApplicable;
    };
    let line = message.header(HeaderName::Identity);
    if matches!(level.value, Level::Forbidden | Level::Discouraged) {
        return match line {
            Some(line) => Verdict::breach(Breach::of_level(level, "Identity header").at(line.name).about("Identity")),
            None if subject.lacks_headers() => Verdict::Indeterminate(Reason::Truncated),
            None => Verdict::Pass,
        };
    }
    let kinds = stir.ppt.as_ref().filter(|kinds| !kinds.value.is_empty());
    let counts = |ppt: &Option<Box<str>>| kinds.is_none_or(|kinds| kinds.value.iter().any(|kind| Some(kind.as_str()) == ppt.as_deref()));
    if line.is_some() && subject.passports().iter().any(|signed| counts(&signed.passport.ppt)) {
        return Verdict::Pass;
    }
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let observed = if line.is_some() { "INVITE without an Identity of an agreed kind" } else { "INVITE without Identity" };
    Verdict::breach(Breach::of_level(level, observed).at(line.map_or_else(|| message.start_span(), |line| line.value)).about("Identity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::scene::{Scene, agreed, observed};
    use crate::stir::example::{HEADER, PAYLOAD, identity};

    fn call(level: Level) -> Scene {
        Scene::request("INVITE").agreed(|t| {
            t.identity.stir.identity_header = agreed(level);
            t.identity.stir.ppt = agreed(vec!["shaken".into(), "div".into()]);
        })
    }

    fn signed(header: &str) -> String {
        format!("Identity: {}", identity(header, PAYLOAD))
    }

    #[test]
    fn an_unsigned_invite_breaks_it() {
        assert_eq!(observed(&call(Level::Required).judge(&RULE)), ["INVITE without Identity"]);
        let other = HEADER.replace(r#""ppt":"shaken","#, "");
        assert_eq!(observed(&call(Level::Required).add(&signed(&other)).judge(&RULE)), ["INVITE without an Identity of an agreed kind"]);
        assert_eq!(observed(&call(Level::Forbidden).add(&signed(HEADER)).judge(&RULE)), ["Identity header"]);
    }

    #[test]
    fn a_signed_invite_keeps_it() {
        assert_eq!(call(Level::Required).add(&signed(HEADER)).judge(&RULE), Verdict::Pass);
        assert_eq!(call(Level::Required).add("y: garbage").add(&signed(HEADER)).judge(&RULE), Verdict::Pass);
        assert_eq!(call(Level::Forbidden).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_requests_and_levels_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(call(Level::Supported).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(
            Scene::request("BYE").agreed(|t| t.identity.stir.identity_header = agreed(Level::Required)).judge(&RULE),
            Verdict::NotApplicable
        );
        assert_eq!(call(Level::Required).placed(|p| p.standing = Standing::InDialog).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(call(Level::Required).cut_to(120).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
