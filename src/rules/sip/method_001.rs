//! Takes a request, gives whether its method is agreed, never whether the request succeeds.

use crate::policy::{Level, Severity};
use crate::rules::quote::token_or;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Rule, Scope, Verdict};
use crate::sip::{Method, Start};

pub(crate) static RULE: Rule = Rule {
    id: "SIP-METHOD-001",
    name: "method-not-permitted",
    title: "method not permitted",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 6271 App. A.1; 3GPP TS 29.165 table 6.1",
    keys: &["sip.methods"],
    what: "The method of every request is one that the peers agreed to exchange. A method that the table does not list has the level of \
           its `default`; ACK and CANCEL have that of INVITE, without which they mean nothing. Methods are compared as written: `invite` \
           is not INVITE.",
    why: "A method that was not agreed reaches an element that was never tested with it: at best it is refused with 405 or 501 and the \
          feature fails for the caller, at worst it starts something the other side does not bill, trace or allow, such as a transfer \
          by REFER or a registration across the border.",
    confirm: "Filter `sip.Method == \"REFER\"` (the method named in the finding) and see which side sends it; \
              `sip.Status-Code == 405 || sip.Status-Code == 501` shows whether the other side refuses it.",
    fix: "stop the method at the sender's border element (method filter), or agree on it in sip.methods",
    check: Check::Message(Kind::REQUEST, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let Start::Request { method, token, .. } = message.start() else { return Verdict::NotApplicable };
    let text = match method {
        Method::Ack | Method::Cancel => Method::Invite.name().as_bytes(),
        _ => message.at(token),
    };
    // No table names what is not UTF-8, so it gets the default.
    let Some(level) = subject.terms.sip.methods.get(std::str::from_utf8(text).unwrap_or_default()) else {
        return Verdict::NotApplicable;
    };
    match level.value {
        Level::Unspecified => Verdict::NotApplicable,
        Level::Forbidden | Level::Discouraged => {
            let observed = token_or(message.at(token), "a method with an odd name");
            Verdict::breach(Breach::of_level(level, observed).at(token))
        }
        Level::Required | Level::Recommended | Level::Supported => Verdict::Pass,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, levels, observed};

    fn judged(method: &str) -> Verdict {
        let table =
            levels(&[("INVITE", Level::Required), ("REFER", Level::Forbidden), ("INFO", Level::Unspecified)], Some(Level::Forbidden));
        Scene::request(method).agreed(|t| t.sip.methods = table).judge(&RULE)
    }

    #[test]
    fn a_forbidden_method_breaks_it_and_so_does_one_that_is_not_listed() {
        assert_eq!(observed(&judged("REFER")), ["REFER"]);
        assert_eq!(observed(&judged("NEWMETHOD")), ["NEWMETHOD"]);
        assert_eq!(observed(&judged("invite")), ["invite"]);
        assert_eq!(observed(&judged(&"X".repeat(33))), ["a method with an odd name"]);
    }

    #[test]
    fn an_agreed_method_keeps_it_and_carries_ack_and_cancel() {
        for method in ["INVITE", "ACK", "CANCEL"] {
            assert_eq!(judged(method), Verdict::Pass, "{method}");
        }
    }

    #[test]
    fn nothing_agreed_or_a_response_is_not_judged() {
        assert_eq!(judged("INFO"), Verdict::NotApplicable);
        assert_eq!(Scene::request("REFER").judge(&RULE), Verdict::NotApplicable);
        let response = Scene::response(200, "REFER").agreed(|t| t.sip.methods = levels(&[], Some(Level::Forbidden)));
        assert_eq!(response.judge(&RULE), Verdict::NotApplicable);
    }
}
