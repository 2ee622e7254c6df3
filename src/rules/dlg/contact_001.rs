//! Takes a message, gives whether it says where its sender is to be reached and goes where the other side said, never whether anyone answers there.

use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::value::{Scheme, Uri, unescaped, uri};
use crate::sip::{HeaderName, Message, Method, Start};

pub(crate) static RULE: Rule = Rule {
    id: "DLG-CONTACT-001",
    name: "contact-or-target-wrong",
    title: "dialog-forming Contact or route set wrong",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §8.1.1.8, §12.1, §12.2.1.1",
    keys: &[],
    what: "INVITE, its 2xx, SUBSCRIBE, REFER and UPDATE have exactly one Contact with a SIP or SIPS URI. A request inside a dialog goes \
           to the Contact that the other side gave; where it does not, this is info, since border elements may rewrite either.",
    why: "Contact is the address of every later request of the call. Where it is missing, doubled or of another scheme, ACK, BYE and \
          re-INVITE go astray: the call is not set up or never ends.",
    confirm: "Filter `sip.Method == \"INVITE\" && !sip.Contact`; for the target, compare `sip.r-uri` of the BYE with the Contact of the \
           200.",
    fix: "let the sender's border element write one Contact of its own, and send requests inside the dialog to the Contact it was given",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let target = wrong_target(subject);
    if !must_have_contact(message) {
        return match (target, &subject.place.remote_target) {
            (Some(breach), _) => Verdict::breach(breach),
            (None, Some(_)) => Verdict::Pass,
            (None, None) => Verdict::NotApplicable,
        };
    }
    let contact = wrong_contact(message);
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    Verdict::of(contact.into_iter().chain(target).collect())
}

fn must_have_contact(message: &Message) -> bool {
    match message.code() {
        None => matches!(message.method(), Some(Method::Invite | Method::Subscribe | Method::Refer | Method::Update)),
        Some(code) => (200..300).contains(&code) && message.transaction_method() == Some(Method::Invite),
    }
}

fn wrong_contact(message: &Message) -> Option<Breach> {
    let mut contacts = message.addresses_of(HeaderName::Contact);
    let name = message.transaction_method().map_or("request", |m| m.name());
    let kind = || if message.is_request() { name.to_owned() } else { format!("2xx to {name}") };
    let Some(first) = contacts.next() else {
        return Some(
            Breach::of_standard(format!("{} without Contact", kind()), "exactly one Contact").at(message.start_span()).about("Contact"),
        );
    };
    let (observed, at) = if let Some(second) = contacts.next() {
        (format!("{} with more than one Contact", kind()), second.at)
    } else if !matches!(first.scheme(), Some(Scheme::Sip | Scheme::Sips)) {
        (format!("{} whose Contact is no SIP URI", kind()), first.at)
    } else {
        return None;
    };
    Some(Breach::of_standard(observed, "exactly one Contact with a SIP or SIPS URI").at(at).about("Contact"))
}

/// What is wrong with the target of a request inside a dialog, where the tap knows it.
fn wrong_target(subject: &MessageSubject<'_>) -> Option<Breach> {
    let message = subject.message();
    let Start::Request { uri: at, method, .. } = message.start() else { return None };
    // The ACK of a refused re-INVITE and CANCEL repeat the target of their INVITE.
    if matches!(method, Method::Ack | Method::Cancel) {
        return None;
    }
    let learned = subject.place.remote_target.as_deref().filter(|learned| *learned != message.at(at))?;
    let (learned, sent) = (uri(learned)?, uri(message.at(at))?);
    // A strict router in front takes the place of the target (RFC 3261 §12.2.1.1).
    let strict = message.header(HeaderName::Route).is_some_and(|h| !message.at(h.value).windows(3).any(|w| w.eq_ignore_ascii_case(b";lr")));
    let same = strict || is_same(&learned, &sent);
    let breach = || Breach::of_standard("Request-URI is not the Contact of the other side", "the remote target of the dialog");
    (!same).then(|| breach().rated(Severity::Info).at(at))
}

/// Whether two URIs lead to the same place: user, host and port; parameters steer the way there.
fn is_same(a: &Uri<'_>, b: &Uri<'_>) -> bool {
    let host = a.host.eq_ignore_ascii_case(b.host) || (a.host_ip().is_some() && a.host_ip() == b.host_ip());
    // What need not be escaped is the same where it is (RFC 3261 §19.1.4).
    let user = a.user.is_some() == b.user.is_some() && unescaped(a.user.unwrap_or_default()).eq(unescaped(b.user.unwrap_or_default()));
    a.scheme == b.scheme && user && host && port(a) == port(b)
}

/// RFC 3261 §19.1.2.
fn port(uri: &Uri<'_>) -> u16 {
    uri.port.unwrap_or(if uri.scheme == Scheme::Sips { 5061 } else { 5060 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Standing;
    use crate::rules::scene::{Scene, observed};

    #[test]
    fn no_contact_two_or_one_of_another_scheme_break_it() {
        assert_eq!(observed(&Scene::request("INVITE").without("Contact").judge(&RULE)), ["INVITE without Contact"]);
        assert_eq!(observed(&Scene::response(200, "INVITE").without("Contact").judge(&RULE)), ["2xx to INVITE without Contact"]);
        for more in ["Contact: <sip:b@x>", "Contact: <sip:c@x>, <sip:d@x>"] {
            assert_eq!(observed(&Scene::request("INVITE").add(more).judge(&RULE)), ["INVITE with more than one Contact"]);
        }
        for other in ["Contact: <tel:+491>", "Contact: *"] {
            assert_eq!(observed(&Scene::request("INVITE").set(other).judge(&RULE)), ["INVITE whose Contact is no SIP URI"]);
        }
    }

    fn bye(target: &str) -> Scene {
        Scene::request("BYE").start("BYE sip:b@192.0.2.9 SIP/2.0").placed(|p| {
            (p.standing, p.remote_target) = (Standing::InDialog, Some(target.as_bytes().into()));
        })
    }

    #[test]
    fn another_target_than_the_learned_is_info() {
        let Verdict::Violation(breaches) = bye("sip:b@192.0.2.8").judge(&RULE) else { panic!("kept") };
        assert_eq!(breaches[0].severity, Some(Severity::Info));
        let strict = bye("sip:b@192.0.2.8").add("Route: <sip:192.0.2.9>");
        assert_eq!(strict.judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn one_contact_and_the_learned_target_keep_it() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::Pass);
        for target in ["sip:b@192.0.2.9:5060;transport=udp", "sip:%62@192.0.2.9"] {
            assert_eq!(bye(target).judge(&RULE), Verdict::Pass, "{target}");
        }
    }

    #[test]
    fn other_messages_are_not_judged_and_cut_ones_cannot_be() {
        assert_eq!(Scene::request("BYE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::response(486, "INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").cut_to(120).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
