//! Takes a message, gives whether the event and Info packages it names are agreed, never what a package carries.

use crate::policy::{Clause, Level, Severity};
use crate::rules::distinct::Distinct;
use crate::rules::quote::token_or;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::elements;
use crate::sip::{HeaderName, Method};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-METHOD-003",
    name: "package-not-agreed",
    title: "event package or Info package not agreed",
    severity: Severity::Medium,
    tier: 2,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6665 §4.4; RFC 6086 §5",
    keys: &["sip.event_packages", "sip.info_packages"],
    what: "The event package of every SUBSCRIBE, NOTIFY and PUBLISH, and the packages of Info-Package and Recv-Info, stand in the agreed \
           lists. The package `refer` belongs to REFER and is agreed with it. INFO with digits is the matter of MED-MODE-002.",
    why: "A subscription to a package that the other side does not serve ends in 489, and one that it serves without an agreement \
          carries data across the border that nobody assessed.",
    confirm: "Filter `sip.Event || sip.Info-Package || sip.Recv-Info` and read the package in front of the first semicolon.",
    fix: "stop the package at the sender's border element, or agree on it in sip.event_packages or sip.info_packages",
    check: Check::Message(Kind::ANY, check),
};

/// The package of implicit subscriptions (RFC 3515 §2.4.4).
const REFER: &[u8] = b"refer";

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let (message, sip) = (subject.message(), &subject.terms.sip);
    let mut breaches = Distinct::default();
    let subscribes = matches!(message.method(), Some(Method::Subscribe | Method::Notify | Method::Publish));
    let event = [(HeaderName::Event, &sip.event_packages)].into_iter().filter(|_| subscribes);
    let info = [(HeaderName::InfoPackage, &sip.info_packages), (HeaderName::RecvInfo, &sip.info_packages)];
    if subscribes && sip.event_packages.is_some() && subject.lacks_headers() && !message.has(HeaderName::Event) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    for (id, agreed) in event.chain(info).filter(|(id, _)| message.has(*id)) {
        let Some(agreed) = agreed else { continue };
        for line in message.lines(id) {
            if subject.is_half(line.value) {
                return Verdict::Indeterminate(Reason::Truncated);
            }
            for element in elements(message.at(line.value)) {
                let package = element.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
                // An empty Recv-Info takes no package at all (RFC 6086 §4.2.1).
                if !package.is_empty() {
                    breaches.judge();
                    breaches_of(subject, id, package, agreed).into_iter().for_each(|b| breaches.add(b));
                }
            }
        }
    }
    breaches.verdict()
}

fn breaches_of(subject: &MessageSubject<'_>, id: HeaderName, package: &[u8], agreed: &Clause<Vec<String>>) -> Option<Breach> {
    // RFC 6665 §8.2.1: packages are compared octet by octet.
    if agreed.value.iter().any(|name| name.as_bytes() == package) || (package == REFER && transfers_agreed(subject)) {
        return None;
    }
    let kind = if id == HeaderName::Event { "event package" } else { "Info package" };
    let list = if agreed.value.is_empty() { "none".to_owned() } else { agreed.value.join(", ") };
    let breach = Breach::of_clause(agreed, format!("{kind} {}", token_or(package, "with an odd name")), list);
    let breach = breach.about(id.text());
    Some(match subject.message().place_of(package) {
        Some(at) => breach.at(at),
        None => breach,
    })
}

fn transfers_agreed(subject: &MessageSubject<'_>) -> bool {
    let level = subject.terms.sip.methods.get(Method::Refer.name()).map_or(Level::Unspecified, |l| l.value);
    !matches!(level, Level::Forbidden | Level::Discouraged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, levels, observed};

    fn judged(scene: Scene) -> Verdict {
        let scene = scene.agreed(|t| {
            t.sip.event_packages = agreed(vec!["presence".into()]);
            t.sip.info_packages = agreed(vec![]);
        });
        scene.judge(&RULE)
    }

    #[test]
    fn a_package_that_is_not_listed_breaks_it() {
        assert_eq!(observed(&judged(Scene::request("SUBSCRIBE").add("o: dialog;sla"))), ["event package dialog"]);
        assert_eq!(observed(&judged(Scene::request("NOTIFY").add("Event: Presence"))), ["event package Presence"]);
        let many = Scene::request("INVITE").add("Recv-Info: foo, bar").add("Recv-Info: foo");
        assert_eq!(observed(&judged(many)), ["Info package foo", "Info package bar"]);
        let forbidden = Scene::request("NOTIFY").add("Event: refer;id=1");
        let forbidden = forbidden.agreed(|t| t.sip.methods = levels(&[("REFER", Level::Forbidden)], None));
        assert_eq!(observed(&judged(forbidden)), ["event package refer"]);
    }

    #[test]
    fn a_listed_package_keeps_it_and_refer_goes_with_its_method() {
        assert_eq!(judged(Scene::request("PUBLISH").add("Event: presence;id=7")), Verdict::Pass);
        assert_eq!(judged(Scene::request("NOTIFY").add("Event: refer;id=1")), Verdict::Pass);
    }

    #[test]
    fn no_package_and_no_list_is_not_judged() {
        assert_eq!(judged(Scene::request("INVITE").add("Recv-Info:")), Verdict::NotApplicable);
        assert_eq!(judged(Scene::request("INVITE").add("Event: dialog")), Verdict::NotApplicable);
        assert_eq!(Scene::request("SUBSCRIBE").add("Event: dialog").judge(&RULE), Verdict::NotApplicable);
    }
}
