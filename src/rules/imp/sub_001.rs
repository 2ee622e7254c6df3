//! Takes the messages of subscriptions to presence, gives whether these work as agreed, never who watches whom.

use super::presence::is_presence;
use crate::policy::{Level, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Once, Reason, ReuseSubject, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "IMP-SUB-001",
    name: "presence-exchange-not-agreed",
    title: "presence subscription exchange not as agreed",
    severity: Severity::Medium,
    tier: 3,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 Req #10, #12, #13; RFC 6665 §4.1.3; RFC 3856; RFC 4662",
    keys: &["media.presence.level", "media.presence.max_notify_copies"],
    what: "Where presence was agreed, a SUBSCRIBE to presence, its watchers, or lists of both is not refused with 403, 405, 489 or 501, \
           and where it was forbidden there is none. Each NOTIFY of presence has Subscription-State; and the same document does not pass \
           in more copies than agreed within five seconds.",
    why: "Presence that is refused at the border looks like a contact who is never there; the same document sent once for each watcher is \
           what lists between networks are to avoid.",
    confirm: "Filter `sip.Event contains \"presence\"` and read the responses; for copies compare the bodies of NOTIFY.",
    fix: "let the refusing network route and authorise subscriptions of this peer; let the notifier send one document for all watchers \
           (RFC 4662)",
    check: Check::Several(&[Check::Message(Kind::ANY, check), Check::Reuse(copies)]),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let Some(level) = subject.terms.media.presence.level.as_ref().filter(|l| l.value != Level::Unspecified) else {
        return Verdict::NotApplicable;
    };
    let message = subject.message();
    match (message.method(), message.code()) {
        (Some(Method::Subscribe), _) if subject.recalled.presence && matches!(level.value, Level::Forbidden | Level::Discouraged) => {
            Verdict::breach(Breach::of_level(level, "SUBSCRIBE to presence").at(message.start_span()))
        }
        (Some(Method::Notify), _) if subject.lacks_headers() && !message.has(HeaderName::Event) => {
            Verdict::Indeterminate(Reason::Truncated)
        }
        (Some(Method::Notify), _) if is_presence(message) => {
            if message.has(HeaderName::SubscriptionState) {
                Verdict::Pass
            } else if subject.lacks_headers() {
                Verdict::Indeterminate(Reason::Truncated)
            } else {
                let breach = Breach::of_standard("NOTIFY without Subscription-State", "Subscription-State (RFC 6665 §4.1.3)");
                Verdict::breach(breach.at(message.start_span()).about("Subscription-State"))
            }
        }
        (None, Some(code))
            if subject.place.matched
                && subject.recalled.presence
                && matches!(level.value, Level::Required | Level::Recommended)
                && code >= 200 =>
        {
            if matches!(code, 403 | 405 | 489 | 501) {
                Verdict::breach(Breach::of_level(level, format!("SUBSCRIBE to presence refused with {code}")).at(message.start_span()))
            } else {
                Verdict::Pass
            }
        }
        _ => Verdict::NotApplicable,
    }
}

fn copies(subject: &ReuseSubject<'_>) -> Verdict {
    let Some(most) = subject.terms.media.presence.max_notify_copies.as_ref().filter(|_| subject.kind == Once::Notification) else {
        return Verdict::NotApplicable;
    };
    if subject.copies <= u64::from(most.value.max(1)) {
        return Verdict::Pass;
    }
    let breach = Breach::of_clause(most, "the same presence document again", format!("at most {} copies", most.value));
    Verdict::breach(breach.seen_in(subject.trace))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Trace;
    use crate::policy::Terms;
    use crate::rules::scene::{Scene, agreed, observed};

    fn of(mut scene: Scene, level: Level) -> Scene {
        scene.recalled.presence = true;
        scene.agreed(|t| t.media.presence.level = agreed(level))
    }

    #[test]
    fn refused_and_unagreed_subscriptions_break_it() {
        assert_eq!(
            observed(&of(Scene::response(489, "SUBSCRIBE"), Level::Required).judge(&RULE)),
            ["SUBSCRIBE to presence refused with 489"]
        );
        assert_eq!(observed(&of(Scene::request("SUBSCRIBE"), Level::Forbidden).judge(&RULE)), ["SUBSCRIBE to presence"]);
        let notify = Scene::request("NOTIFY").add("Event: presence");
        assert_eq!(observed(&of(notify, Level::Supported).judge(&RULE)), ["NOTIFY without Subscription-State"]);
    }

    #[test]
    fn more_copies_than_agreed_break_it() {
        let mut terms = Terms::default();
        terms.media.presence.max_notify_copies = agreed(2);
        let trace = Trace::default();
        let judged = |copies| self::copies(&ReuseSubject { kind: Once::Notification, trace: &trace, before: None, copies, terms: &terms });
        assert_eq!([1, 2].map(judged), [Verdict::Pass, Verdict::Pass]);
        assert_eq!(observed(&judged(3)), ["the same presence document again"]);
    }

    #[test]
    fn exchanges_in_order_keep_it() {
        assert_eq!(of(Scene::response(202, "SUBSCRIBE"), Level::Required).judge(&RULE), Verdict::Pass);
        let notify = Scene::request("NOTIFY").add("Event: presence").add("Subscription-State: active;expires=600");
        assert_eq!(of(notify, Level::Required).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn other_events_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(of(Scene::request("NOTIFY").add("Event: dialog"), Level::Required).judge(&RULE), Verdict::NotApplicable);
        assert_eq!(
            Scene::response(489, "SUBSCRIBE").agreed(|t| t.media.presence.level = agreed(Level::Required)).judge(&RULE),
            Verdict::NotApplicable
        );
        let notify = Scene::request("NOTIFY").add("Event: presence").add("X-More: something");
        let cut = notify.text().len() - 30;
        assert_eq!(of(notify, Level::Required).cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
