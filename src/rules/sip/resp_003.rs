//! Takes a refusal for overload and the request that follows it, gives whether the sender waited as it was asked to, never how the server should shed load.

use crate::policy::{Level, Severity};
use crate::rules::{BackoffSubject, Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-RESP-003",
    name: "overload-back-off",
    title: "overload back-off not honoured",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §21.5.4, §20.33; RFC 5390; RFC 7339",
    keys: &["sip.responses.retry_after", "identity.emergency_numbers.numbers"],
    what: "After a 503 with Retry-After, the host that received it sends the refusing host no request outside a dialog for so many \
           seconds. OPTIONS, by which recovery is noticed, and emergency calls are left out; so is what was on its way within half a \
           second (T1). And where Retry-After is required, each 503 has it (low, laid at who sent the 503).",
    why: "A server that sheds load and is asked again at once spends what it has left on refusing. That is how one overloaded border \
           element takes a trunk down.",
    confirm: "Filter `sip.Status-Code == 503` and read Retry-After; then `sip.Method && !sip.to.tag && ip.dst == ADDRESS` for the seconds \
           behind it.",
    fix: "let the sending border element honour Retry-After: fail over or reject locally until it is over",
    check: Check::Several(&[Check::Message(Kind::RESPONSE, message), Check::Backoff(backoff)]),
};

/// What the sender cannot have known of yet: T1, in nanoseconds (RFC 3261 §17.1.1.1).
const ON_ITS_WAY: i64 = 500_000_000;

fn message(subject: &MessageSubject<'_>) -> Verdict {
    let wanted = subject.terms.sip.retry_after.as_ref().filter(|level| matches!(level.value, Level::Required | Level::Recommended));
    if subject.message().code() != Some(503) {
        return Verdict::NotApplicable;
    }
    // How long to wait may stand in what is missing, wanted or not.
    if subject.lacks_headers() && !subject.message().has(HeaderName::RetryAfter) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let Some(level) = wanted else { return Verdict::NotApplicable };
    if subject.message().has(HeaderName::RetryAfter) {
        return Verdict::Pass;
    }
    let breach = Breach::of_level(level, "503 without Retry-After").rated(Severity::Low);
    Verdict::breach(breach.at(subject.message().start_span()).about("Retry-After"))
}

fn backoff(subject: &BackoffSubject<'_>) -> Verdict {
    let since = subject.request.first.since(subject.refused.last);
    if since <= ON_ITS_WAY {
        return Verdict::NotApplicable;
    }
    let wait = i64::try_from(subject.retry_after_s).unwrap_or(i64::MAX).saturating_mul(1_000_000_000);
    if since >= wait {
        return Verdict::Pass;
    }
    let line = format!(
        "{:.1} s after 503 with Retry-After: {}: {}",
        subject.request.first.seconds_since(subject.refused.last),
        subject.retry_after_s,
        subject.request.text()
    );
    let exhibit = crate::call::Trace { line: line.as_bytes().into(), ..subject.request.clone() };
    let breach = Breach::of_standard("a request while Retry-After of a 503 runs", "none until it is over");
    Verdict::breach(breach.seen_in(&exhibit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Time, seconds};
    use crate::call::Trace;
    use crate::policy::Terms;
    use crate::rules::scene::{Scene, agreed, observed};

    fn asked(after: i64) -> Verdict {
        let refused = Trace::default();
        let request = Trace { first: Time(after), line: b"INVITE sip:a@b SIP/2.0"[..].into(), ..Trace::default() };
        backoff(&BackoffSubject { request: &request, refused: &refused, retry_after_s: 10, terms: &Terms::default() })
    }

    fn refusal(scene: Scene) -> Verdict {
        scene.agreed(|t| t.sip.retry_after = agreed(Level::Required)).judge(&RULE)
    }

    #[test]
    fn a_request_before_the_time_is_over_breaks_it() {
        let verdict = asked(seconds(3));
        assert_eq!(observed(&verdict), ["a request while Retry-After of a 503 runs"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        let exhibit = breaches[0].exhibit.as_ref().unwrap().text().into_owned();
        assert_eq!(exhibit, "3.0 s after 503 with Retry-After: 10: INVITE sip:a@b SIP/2.0");
    }

    #[test]
    fn a_503_without_a_required_retry_after_breaks_it() {
        let Verdict::Violation(breaches) = refusal(Scene::response(503, "INVITE")) else { panic!() };
        assert_eq!((&*breaches[0].observed, breaches[0].severity), ("503 without Retry-After", Some(Severity::Low)));
    }

    #[test]
    fn whoever_waits_and_whoever_says_how_long_keep_it() {
        assert_eq!(asked(seconds(10)), Verdict::Pass);
        assert_eq!(refusal(Scene::response(503, "INVITE").add("Retry-After: 10")), Verdict::Pass);
    }

    #[test]
    fn what_was_on_its_way_and_what_nobody_agreed_is_not_judged() {
        assert_eq!(asked(ON_ITS_WAY), Verdict::NotApplicable);
        assert_eq!(Scene::response(503, "INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(refusal(Scene::response(500, "INVITE")), Verdict::NotApplicable);
        let cut = Scene::response(503, "INVITE").add("X-More: something");
        let end = cut.text().len() - 30;
        assert_eq!(refusal(cut.cut_to(end)), Verdict::Indeterminate(Reason::Truncated));
    }
}
