//! Takes an initial request, gives whether an anonymous From and Privacy fit each other, never who the caller is.

use super::privacy::{asks, is_anonymous};
use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "PRV-ID-002",
    name: "anonymity-inconsistent",
    title: "anonymity indication inconsistent",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3323 §4.1.1.3; RFC 3325 §7",
    keys: &["privacy.enforce_privacy_id"],
    what: "An initial INVITE or MESSAGE whose From names nobody (anonymous as display name or user, or the host anonymous.invalid) has a \
           Privacy header. One with Privacy: id or user whose From still names the caller is only mentioned: what is displayed is what \
           the callee sees.",
    why: "Networks suppress the caller's number by one of the two and ignore the other: with one of them missing, the caller is shown to \
          some callees, or an honest number is withheld from all.",
    confirm: "Filter `sip.from.host == \"anonymous.invalid\" && !sip.Privacy`.",
    fix: "let the originating network set both, an anonymous From and Privacy: id, for calls with withheld numbers",
    check: Check::Message(Kind::INITIAL_REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let agreed = &subject.terms.privacy.enforce_privacy_id;
    let enforced = agreed.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended));
    let speaks = matches!(message.method(), Some(Method::Invite | Method::Message)) && subject.is_initial_request();
    let (Some(level), true) = (enforced, speaks) else { return Verdict::NotApplicable };
    if message.header(HeaderName::From).map_or_else(|| subject.lacks_headers(), |from| subject.is_half(from.value)) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let Some(anonymous) = is_anonymous(message) else { return Verdict::NotApplicable };
    let at = message.header(HeaderName::From).map_or(message.start_span(), |line| line.value);
    let has_privacy = message.has(HeaderName::Privacy);
    if message.header(HeaderName::Privacy).is_some_and(|line| subject.is_half(line.value)) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    match (anonymous, has_privacy) {
        (true, true) => Verdict::Pass,
        (_, false) if subject.lacks_headers() => Verdict::Indeterminate(Reason::Truncated),
        (false, false) => Verdict::NotApplicable,
        (true, false) => Verdict::breach(Breach::of_level(level, "anonymous From without Privacy").at(at).about("Privacy")),
        (false, true) if asks(message, &[b"id", b"user"]) => {
            let breach = Breach::of_clause(level, "Privacy with a From that names the caller", "an anonymous From");
            Verdict::breach(breach.rated(Severity::Info).at(at).about("From"))
        }
        (false, true) => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn judged(scene: Scene) -> Verdict {
        scene.agreed(|t| t.privacy.enforce_privacy_id = agreed(Level::Required)).judge(&RULE)
    }

    fn nobody() -> Scene {
        Scene::request("INVITE").set("From: \"Anonymous\" <sip:anonymous@anonymous.invalid>;tag=a1")
    }

    #[test]
    fn one_without_the_other_breaks_it() {
        assert_eq!(observed(&judged(nobody())), ["anonymous From without Privacy"]);
        let Verdict::Violation(breaches) = judged(Scene::request("INVITE").add("Privacy: id")) else { panic!("kept") };
        assert_eq!(breaches[0].severity, Some(Severity::Info));
    }

    #[test]
    fn both_together_keep_it_and_so_does_no_privacy() {
        assert_eq!(judged(nobody().add("Privacy: id")), Verdict::Pass);
        assert_eq!(judged(Scene::request("INVITE").add("Privacy: none")), Verdict::Pass);
    }

    #[test]
    fn who_hides_nothing_is_not_judged_and_a_cut_message_cannot_be() {
        assert_eq!(judged(Scene::request("INVITE")), Verdict::NotApplicable);
        assert_eq!(nobody().judge(&RULE), Verdict::NotApplicable);
        assert_eq!(judged(nobody().cut_to(335)), Verdict::Indeterminate(Reason::Truncated));
    }
}
