//! Takes a message, gives whether its tags name one dialog and keep naming it, never which dialog that is.

use crate::call::TagFault;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::{HeaderName, Message};

pub(crate) static RULE: Rule = Rule {
    id: "DLG-TAG-001",
    name: "tag-rules-violated",
    title: "tag rules violated",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §8.1.1.3, §8.2.6.2, §12.1, §19.3",
    keys: &[],
    what: "Every request has a From tag; every response but 100 has a To tag; and inside a dialog both tags stay what they were when it \
           was set up.",
    why: "Call-ID and tags are the name of the dialog. Without them, or with others, the two sides speak of different calls: ACK and BYE \
          are refused with 481 and the call cannot be ended.",
    confirm: "Filter `sip.Status-Code > 100 && !sip.to.tag` or `sip.Request-Line && !sip.from.tag`; for a change, follow the `sip.Call-ID` \
           and compare the tags.",
    fix: "repair the element at the border that writes or rewrites the tags; a forking proxy must answer with the tags of its branches",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let mut breaches = Vec::new();
    // A header that is absent altogether is missing, which is another rule's.
    match message.code() {
        None if message.from_tag().is_none() && message.has(HeaderName::From) => {
            breaches.push(breach(message, HeaderName::From, "request without From tag", "a tag in every request"));
        }
        Some(101..) if message.to_tag().is_none() && message.has(HeaderName::To) => {
            breaches.push(breach(message, HeaderName::To, "response without To tag", "a tag in every response but 100"));
        }
        _ => {}
    }
    breaches.extend(subject.place.tag_fault.map(|fault| match fault {
        TagFault::FromTagChanged => breach(message, HeaderName::From, "From tag changed", "the tag of the request"),
        TagFault::ToTagChanged => breach(message, HeaderName::To, "To tag of no dialog of the call", "the tag of the dialog"),
    }));
    subject.verdict(breaches)
}

fn breach(message: &Message, id: HeaderName, observed: &'static str, agreed: &'static str) -> Breach {
    let at = message.header(id).map_or_else(|| message.start_span(), |h| h.value);
    Breach::of_standard(observed, agreed).at(at).about(id.text())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Reason;
    use crate::rules::scene::{Scene, observed};

    #[test]
    fn missing_and_changing_tags_break_it() {
        let nameless = Scene::request("INVITE").set("From: <sip:+13035551111@ift.client.example.net;user=phone>");
        assert_eq!(observed(&nameless.judge(&RULE)), ["request without From tag"]);
        assert_eq!(observed(&Scene::response(180, "INVITE").set("To: <sip:b@x>").judge(&RULE)), ["response without To tag"]);
        let changed = Scene::response(200, "INVITE").placed(|p| p.tag_fault = Some(TagFault::FromTagChanged));
        assert_eq!(observed(&changed.judge(&RULE)), ["From tag changed"]);
        let lost = Scene::request("BYE").placed(|p| p.tag_fault = Some(TagFault::ToTagChanged));
        assert_eq!(observed(&lost.judge(&RULE)), ["To tag of no dialog of the call"]);
    }

    #[test]
    fn tags_where_they_belong_keep_it() {
        assert_eq!(Scene::request("INVITE").judge(&RULE), Verdict::Pass);
        assert_eq!(Scene::response(100, "INVITE").set("To: <sip:b@x>").judge(&RULE), Verdict::Pass);
        assert_eq!(Scene::response(200, "BYE").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn a_message_cut_in_its_headers_cannot_be_judged() {
        assert_eq!(Scene::request("INVITE").cut_to(120).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
