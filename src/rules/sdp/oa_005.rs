//! Takes an answered offer, gives whether each side's o= line follows its earlier SDP of the session, never the media.

use crate::call::Trace;
use crate::policy::Severity;
use crate::rules::distinct::Distinct;
use crate::rules::{Breach, Check, Offender, OfferAnswerSubject, Rule, Scope, Verdict};
use crate::sdp::Description;

use super::origin::Origin;

pub(crate) static RULE: Rule = Rule {
    id: "SDP-OA-005",
    name: "origin-line-rules",
    title: "o= line rules broken",
    severity: Severity::Low,
    tier: 2,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3264 §8",
    keys: &[],
    what: "Within a session each side keeps user, session id and address of its o= line, and raises the version whenever its SDP changes. \
           A step of more than one is not counted: an offer between may have failed unseen.",
    why: "Some endpoints look at the version only: a hold or a new address with an old version goes unnoticed, and media stays where it \
           was. SBCs that splice calls break this often, hence the low weight.",
    confirm: "Filter `sip.Call-ID == \"…\" && sdp.owner` and compare sdp.owner.version of one side's messages in order.",
    fix: "let the SBC that rewrites SDP keep one o= line for each leg and count its version up",
    check: Check::OfferAnswer(check),
};

fn check(subject: &OfferAnswerSubject<'_>) -> Verdict {
    let (traces, exchange) = (subject.exchange, &subject.exchange.exchange);
    let mut breaches = Distinct::default();
    side(exchange.offerer_before.as_deref(), &exchange.offer, &traces.offer, &mut breaches);
    side(exchange.answerer_before.as_deref(), &exchange.answer, &traces.answer, &mut breaches);
    breaches.verdict()
}

fn side(before: Option<&Description>, now: &Description, trace: &Trace, breaches: &mut Distinct) {
    let Some(before) = before else { return };
    let (Some(old), Some(new)) = (Origin::of(before), Origin::of(now)) else {
        let may_have_one = |sdp: &Description| Origin::of(sdp).is_some() || (sdp.session_line(b'o').is_none() && !sdp.has_whole_session());
        if may_have_one(before) && may_have_one(now) {
            breaches.judge();
            breaches.miss();
        }
        return;
    };
    breaches.judge();
    if old.identity != new.identity {
        breaches.add(Breach::of_standard("o= line of another session", "o= changes its version only").seen_in(trace));
    } else if new.version.is_some() && new.version <= old.version {
        match before.same_but_origin(now) {
            Some(true) => {}
            Some(false) => {
                breaches.add(Breach::of_standard("SDP changed, o= version not raised", "a higher version for each change").seen_in(trace));
            }
            None => breaches.miss(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::negotiation::{Negotiation, exhibits, parsed};
    use crate::rules::scene::observed;

    fn offer_after(before: &str, now: &str) -> Verdict {
        let body = |origin: &str| {
            format!("v=0\no={origin}\ns=-\nc=IN IP4 192.0.2.1\nt=0 0\nm=audio {} RTP/AVP 8\n", if origin == now { 4000 } else { 5000 })
        };
        let answer = "v=0\no=b 1 1 IN IP4 198.51.100.1\ns=-\n";
        Negotiation::verbatim(&body(now), answer)
            .with(|e| {
                e.offerer_before = Some(parsed(&body(before)));
                e.answerer_before = Some(parsed(answer));
            })
            .judge(&RULE)
    }

    #[test]
    fn an_old_version_or_another_session_breaks_it() {
        // Two spaces make the same line another text, so that the media differs under the same version.
        let stale = offer_after("a 7 3 IN IP4 192.0.2.1", "a 7 3 IN  IP4 192.0.2.1");
        assert_eq!((observed(&stale), exhibits(&stale)), (vec!["SDP changed, o= version not raised"], vec!["INVITE"]));
        assert_eq!(observed(&offer_after("a 7 3 IN IP4 192.0.2.1", "a 8 4 IN IP4 192.0.2.1")), ["o= line of another session"]);
    }

    #[test]
    fn a_raised_version_or_the_same_sdp_keeps_it() {
        assert_eq!(offer_after("a 7 3 IN IP4 192.0.2.1", "a 7 4 IN IP4 192.0.2.1"), Verdict::Pass);
        assert_eq!(offer_after("a 7 3 IN IP4 192.0.2.1", "a 7 3 IN IP4 192.0.2.1"), Verdict::Pass);
    }

    #[test]
    fn the_first_exchange_is_not_judged() {
        assert_eq!(Negotiation::of("m=audio 1 RTP/AVP 8\n", "m=audio 1 RTP/AVP 8\n").judge(&RULE), Verdict::NotApplicable);
    }
}
