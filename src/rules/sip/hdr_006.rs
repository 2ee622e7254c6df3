//! Takes a request, gives whether it may still be forwarded as often as agreed, never how far it came.

use crate::policy::{Agreed, Severity};
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::number;

pub(crate) static RULE: Rule = Rule {
    id: "SIP-HDR-006",
    name: "max-forwards-abnormal",
    title: "Max-Forwards abnormal",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 3261 §8.1.1.6, §16.3, §20.22",
    keys: &["sip.headers.max_forwards"],
    what: "Every request carries Max-Forwards, between 1 and 255 and within the agreed limits. A 483 response, which ends a request that \
           ran out of hops, is low, and of both: the loop may lie on either side, or the request came with too few.",
    why: "Max-Forwards is the only brake on a loop between networks; too few hops left end good calls with 483, too many let a loop \
          multiply.",
    confirm: "Filter `sip.Max-Forwards < 10 || sip.Status-Code == 483` and look whether the same call passes several times.",
    fix: "set Max-Forwards to 70 where the sender originates the request, lower it by one where it forwards, and look for a loop",
    check: Check::Message(Kind::ANY, check),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    match message.code() {
        Some(483) => {
            let breach = Breach::of_standard("483 Too Many Hops", "no request runs out of hops");
            return Verdict::breach(breach.rated(Severity::Low).by(Offender::Both).at(message.start_span()));
        }
        Some(_) => return Verdict::NotApplicable,
        None => {}
    }
    let Some(header) = message.header(HeaderName::MaxForwards) else {
        if subject.lacks_headers() {
            return Verdict::Indeterminate(Reason::Truncated);
        }
        return Verdict::breach(Breach::of_standard("no Max-Forwards", "in every request").at(message.start_span()).about("Max-Forwards"));
    };
    if subject.is_half(header.value) {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    // What is no number is malformed, which is another rule's.
    let Some(hops) = number(message.at(header.value)) else { return Verdict::NotApplicable };
    let sip = &subject.terms.sip;
    let breach = match hops {
        0 => Some(Breach::of_standard("Max-Forwards: 0", "1 or more where the request crosses a border")),
        256.. => Some(Breach::of_standard("Max-Forwards: above 255", "0 to 255")),
        _ => {
            limited("below", &sip.max_forwards_min, |min| hops < min).or_else(|| limited("above", &sip.max_forwards_max, |max| hops > max))
        }
    };
    breach.map_or(Verdict::Pass, |b| Verdict::breach(b.at(header.value).about("Max-Forwards")))
}

fn limited(side: &str, limit: &Agreed<u32>, broken: impl Fn(u64) -> bool) -> Option<Breach> {
    let clause = limit.as_ref().filter(|c| broken(u64::from(c.value)))?;
    Some(Breach::of_clause(clause, format!("Max-Forwards: {side} {}", clause.value), clause.value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::scene::{Scene, agreed, observed};

    fn hops(value: &str) -> Verdict {
        let scene = Scene::request("INVITE").set(&format!("Max-Forwards: {value}"));
        scene.agreed(|t| (t.sip.max_forwards_min, t.sip.max_forwards_max) = (agreed(10), agreed(70))).judge(&RULE)
    }

    #[test]
    fn none_zero_too_few_or_too_many_hops_break_it() {
        assert_eq!(observed(&hops("0")), ["Max-Forwards: 0"]);
        assert_eq!(observed(&hops("300")), ["Max-Forwards: above 255"]);
        assert_eq!(observed(&hops("9")), ["Max-Forwards: below 10"]);
        assert_eq!(observed(&hops("71")), ["Max-Forwards: above 70"]);
        assert_eq!(observed(&Scene::request("BYE").without("Max-Forwards").judge(&RULE)), ["no Max-Forwards"]);
        assert_eq!(observed(&Scene::response(483, "INVITE").judge(&RULE)), ["483 Too Many Hops"]);
    }

    #[test]
    fn who_says_that_hops_ran_out_need_not_have_made_the_loop() {
        let Verdict::Violation(breaches) = Scene::response(483, "INVITE").judge(&RULE) else { panic!("kept") };
        assert_eq!(breaches[0].offender, Some(Offender::Both));
    }

    #[test]
    fn agreed_hops_keep_it() {
        assert_eq!([hops("10"), hops("0070")], [Verdict::Pass, Verdict::Pass]);
        assert_eq!(Scene::request("INVITE").set("Max-Forwards: 1").judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn responses_and_cut_requests_are_not_judged() {
        assert_eq!(Scene::response(200, "INVITE").judge(&RULE), Verdict::NotApplicable);
        assert_eq!(Scene::request("INVITE").cut_to(120).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
