//! Takes a message that may set a session timer, gives whether its values are sound and as agreed, never whether the session is refreshed.

use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::session_expires;
use crate::sip::{HeaderName, Message, Method};

pub(crate) static RULE: Rule = Rule {
    id: "DLG-TIMER-001",
    name: "session-timer-not-agreed",
    title: "session timer values not as agreed",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 4028 §4, §5, §6, §7, §9",
    keys: &["sip.session_timer"],
    what: "Session-Expires is at least 90 s, not below the Min-SE beside it and within the agreed limits; Min-SE is at least 90 s and, \
           among responses, stands in 422 only; a 2xx that sets a timer names the refresher. Where a session timer is required, INVITE \
           and its 2xx carry Session-Expires.",
    why: "The session timer is what ends a call whose BYE was lost. Without it, or with values that one side refuses, calls hang on \
          and are billed, or are torn down while people talk.",
    confirm: "Filter `sip.Session-Expires || sip.Min-SE`; without a timer `sip.Method == \"INVITE\" && !sip.Session-Expires`.",
    fix: "set the session timer of the sender's border element to the agreed interval, or correct sip.session_timer",
    check: Check::Message(Kind::ANY, check),
};

/// RFC 4028 §4, §5: no interval is shorter, in seconds.
const FLOOR: u64 = 90;

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, terms) = (subject.message(), &subject.terms.sip.session_timer);
    let expires = message.header(HeaderName::SessionExpires);
    let min = message.header(HeaderName::MinSe);
    let demanded = terms.level.as_ref().filter(|l| matches!(l.value, Level::Required | Level::Recommended)).filter(|_| can_set(message));
    if expires.is_none() && min.is_none() && demanded.is_none() {
        return Verdict::NotApplicable;
    }
    let mut breaches = Vec::new();
    let smallest = min.and_then(|h| session_expires(message.at(h.value))).map(|v| v.seconds);
    if let (Some(header), Some(seconds)) = (min, smallest) {
        let breach = |observed, agreed| Breach::of_standard(observed, agreed).at(header.value).about("Min-SE");
        breaches.extend((seconds < FLOOR).then(|| breach("Min-SE below 90 s", "90 s or more")));
        breaches.extend(message.code().filter(|&c| c != 422).map(|_| breach("Min-SE in a response other than 422", "422 only")));
    }
    if let Some((header, value)) = expires.and_then(|h| Some((h, session_expires(message.at(h.value))?))) {
        let seconds = value.seconds;
        let mut note = |breach: Breach| breaches.push(breach.at(header.value).about("Session-Expires"));
        if seconds < FLOOR {
            note(Breach::of_standard("Session-Expires below 90 s", "90 s or more"));
        } else if smallest.is_some_and(|min| seconds < min) {
            note(Breach::of_standard("Session-Expires below Min-SE", "Min-SE or more"));
        } else if let Some(limit) = terms.min_s.as_ref().filter(|c| seconds < u64::from(c.value)) {
            note(Breach::of_clause(limit, format!("Session-Expires below {} s", limit.value), format!("{} s or more", limit.value)));
        } else if let Some(limit) = terms.max_s.as_ref().filter(|c| seconds > u64::from(c.value)) {
            note(Breach::of_clause(limit, format!("Session-Expires above {} s", limit.value), format!("{} s or less", limit.value)));
        }
        if message.code().is_some_and(|c| (200..300).contains(&c)) && value.refresher.is_none() {
            note(Breach::of_standard("2xx without a refresher", "refresher=uac or uas"));
        }
    } else if let Some(level) = demanded.filter(|_| expires.is_none()) {
        if subject.lacks_headers() {
            return Verdict::Indeterminate(Reason::Truncated);
        }
        let kind = if message.is_request() { "INVITE" } else { "2xx to INVITE" };
        breaches.push(Breach::of_level(level, format!("{kind} without Session-Expires")).at(message.start_span()).about("Session-Expires"));
    }
    subject.verdict(breaches)
}

/// Whether a required timer is to be set by this message: INVITE or its 2xx.
fn can_set(message: &Message) -> bool {
    message.transaction_method() == Some(Method::Invite) && message.code().is_none_or(|c| (200..300).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn judged(scene: Scene) -> Verdict {
        scene
            .agreed(|t| {
                let timer = &mut t.sip.session_timer;
                (timer.level, timer.min_s, timer.max_s) = (agreed(Level::Required), agreed(600), agreed(3600));
            })
            .judge(&RULE)
    }

    fn invite(expires: &str) -> Scene {
        Scene::request("INVITE").add(&format!("Session-Expires: {expires}"))
    }

    #[test]
    fn values_outside_the_standard_break_it_without_any_agreement() {
        assert_eq!(observed(&invite("60").judge(&RULE)), ["Session-Expires below 90 s"]);
        assert_eq!(observed(&invite("600").add("Min-SE: 900").judge(&RULE)), ["Session-Expires below Min-SE"]);
        assert_eq!(observed(&Scene::request("INVITE").add("Min-SE: 30").judge(&RULE)), ["Min-SE below 90 s"]);
        assert_eq!(observed(&Scene::response(200, "INVITE").add("Min-SE: 90").judge(&RULE)), ["Min-SE in a response other than 422"]);
        assert_eq!(observed(&Scene::response(200, "UPDATE").add("x: 1800").judge(&RULE)), ["2xx without a refresher"]);
    }

    #[test]
    fn values_outside_the_agreement_break_it() {
        assert_eq!(observed(&judged(invite("300"))), ["Session-Expires below 600 s"]);
        assert_eq!(observed(&judged(invite("7200;refresher=uac"))), ["Session-Expires above 3600 s"]);
        assert_eq!(observed(&judged(Scene::request("INVITE"))), ["INVITE without Session-Expires"]);
        assert_eq!(observed(&judged(Scene::response(200, "INVITE"))), ["2xx to INVITE without Session-Expires"]);
    }

    #[test]
    fn agreed_values_keep_it() {
        assert_eq!(judged(invite("1800").add("Min-SE: 90")), Verdict::Pass);
        assert_eq!(judged(Scene::response(200, "INVITE").add("Session-Expires: 1800;refresher=uas")), Verdict::Pass);
        assert_eq!(Scene::response(422, "INVITE").add("Min-SE: 90").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_messages_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(judged(Scene::request("BYE")), Verdict::NotApplicable);
        assert_eq!(judged(Scene::response(180, "INVITE")), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(judged(Scene::request("INVITE").cut_to(120)), Verdict::Indeterminate(Reason::Truncated));
    }
}
