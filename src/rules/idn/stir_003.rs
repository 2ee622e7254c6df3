//! Takes a request with PASSporTs, gives whether they are fresh and pass for the first time, never whose they are.

use crate::base::{Time, seconds};
use crate::policy::Severity;
use crate::rules::{Breach, Check, Kind, MessageSubject, Offender, Once, Reason, ReuseSubject, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::sip::value::date;

pub(crate) static RULE: Rule = Rule {
    id: "IDN-STIR-003",
    name: "passport-stale-or-replayed",
    title: "PASSporT stale or replayed",
    severity: Severity::High,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8224 §4.1, §6.2, §12.1; RFC 8946 §5",
    keys: &["identity.stir.freshness_s", "identity.stir.replay_window_s"],
    what: "A PASSporT was signed (`iat`) no longer before or after it passed the tap than agreed, and the Date header, where there is one, \
           is no further from it. Of a diverted call the latest PASSporT counts. The same token does not come again in the same direction, \
           with another Call-ID and From tag, within the agreed time; an attempt at another border element, once one failed or while it \
           stays without response, may have it.",
    why: "A PASSporT that stays good can be cut out and put on other calls. Verifiers answer a stale one with 403 Stale Date.",
    confirm: "Filter `sip.Identity`, decode `iat` from the payload, and compare with the time of the frame and with `sip.Date`; for a \
           replay filter the token.",
    fix: "set the clock of the signing service by NTP; sign each call anew; find out who sends copied PASSporTs",
    check: Check::Several(&[Check::Message(Kind::INITIAL_REQUEST, check), Check::Reuse(again)]),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let message = subject.message();
    let agreed = subject.terms.identity.stir.freshness_s.as_ref().filter(|_| message.has(HeaderName::Identity));
    let Some(clause) = agreed.filter(|_| subject.is_initial_request()) else { return Verdict::NotApplicable };
    let latest = subject.passports().iter().filter_map(|signed| Some((signed.passport.iat?, signed.at))).max();
    let Some((iat, at)) = latest else {
        // What it says of its time cannot be read, or was left out (compact form).
        return Verdict::Indeterminate(if subject.lacks_headers() { Reason::Truncated } else { Reason::NoAuxInput });
    };
    let (seen, most) = (subject.arrival.envelope.first, clause.value);
    let agreed = || format!("signed within {most} s");
    let mut breaches = Vec::new();
    // A later one may stand in what is missing.
    let may_be_later = iat < seen && subject.lacks_headers();
    if !is_near(iat, seen, most) && !may_be_later {
        let observed = if iat < seen { "PASSporT signed long before" } else { "PASSporT signed in the future" };
        breaches.push(Breach::of_clause(clause, observed, agreed()).at(at).about("Identity"));
    }
    if let Some(header) = message.header(HeaderName::Date)
        && let Some(said) = date(&message.value(header))
        && !is_near(iat, said, most)
    {
        breaches.push(Breach::of_clause(clause, "Date far from the iat of the PASSporT", agreed()).at(header.value).about("Date"));
    }
    subject.verdict(breaches)
}

/// Whether two times are at most so many seconds apart; `iat` and Date name whole seconds, so that one more is no difference.
const fn is_near(a: Time, b: Time, most: u32) -> bool {
    a.since(b).saturating_abs() <= seconds(most as i64 + 1)
}

fn again(subject: &ReuseSubject<'_>) -> Verdict {
    let Some(clause) = subject.terms.identity.stir.replay_window_s.as_ref().filter(|_| subject.kind == Once::Passport) else {
        return Verdict::NotApplicable;
    };
    match subject.before {
        None => return Verdict::Pass,
        // What became of that is not known yet.
        Some(before) if before.may_go_on => return Verdict::Indeterminate(Reason::OneWay),
        Some(_) => {}
    }
    let breach = Breach::of_clause(clause, "PASSporT of another call", format!("none again within {} s", clause.value));
    Verdict::breach(breach.about("Identity").seen_in(&subject.exhibit()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Trace;
    use crate::policy::Terms;
    use crate::rules::Before;
    use crate::rules::scene::{Scene, agreed, observed};
    use crate::stir::example::{HEADER, PAYLOAD, identity};

    /// Signed at 1794650000, seen so many seconds later.
    fn seen(after: i64) -> Scene {
        let scene = Scene::request("INVITE").add(&format!("Identity: {}", identity(HEADER, PAYLOAD)));
        scene.agreed(|t| t.identity.stir.freshness_s = agreed(60)).came(|e| e.first = Time(seconds(1_794_650_000 + after)))
    }

    #[test]
    fn stale_and_early_passports_break_it() {
        assert_eq!(observed(&seen(62).judge(&RULE)), ["PASSporT signed long before"]);
        assert_eq!(observed(&seen(-62).judge(&RULE)), ["PASSporT signed in the future"]);
        assert_eq!(observed(&seen(1).add("Date: Sat, 14 Nov 2026 09:00:00 GMT").judge(&RULE)), ["Date far from the iat of the PASSporT"]);
    }

    #[test]
    fn a_passport_that_comes_again_breaks_it() {
        let mut terms = Terms::default();
        let trace = Trace { first: Time(seconds(12)), line: b"INVITE".as_slice().into(), ..Trace::default() };
        let judged = |before, terms: &Terms| again(&ReuseSubject { kind: Once::Passport, trace: &trace, before, copies: 1, terms });
        let first = Some(Before { call_id: "a@x", at: Time(seconds(2)), may_go_on: false });
        assert_eq!(judged(first, &terms), Verdict::NotApplicable);
        terms.identity.stir.replay_window_s = agreed(120);
        let verdict = judged(first, &terms);
        assert_eq!(observed(&verdict), ["PASSporT of another call"]);
        let Verdict::Violation(breaches) = verdict else { panic!() };
        assert_eq!(breaches[0].exhibit.as_ref().unwrap().text(), "as in Call-ID a@x at 00:00:02.000000Z, 10.000 s before: INVITE");
        assert_eq!(judged(None, &terms), Verdict::Pass);
        let silent = first.map(|before| Before { may_go_on: true, ..before });
        assert_eq!(judged(silent, &terms), Verdict::Indeterminate(Reason::OneWay));
    }

    #[test]
    fn fresh_passports_keep_it() {
        for after in [0, 1, 60, -1] {
            assert_eq!(seen(after).judge(&RULE), Verdict::Pass, "{after}");
        }
        let diverted = seen(200)
            .add(&format!("Identity: {}", identity(&HEADER.replace("shaken", "div"), &PAYLOAD.replace("1794650000", "1794650190"))));
        assert_eq!(diverted.judge(&RULE), Verdict::Pass, "the latest one counts");
    }

    #[test]
    fn without_a_time_nothing_can_be_told() {
        let scene =
            Scene::request("INVITE").add("Identity: ..AAAA;info=<https://x/a>").agreed(|t| t.identity.stir.freshness_s = agreed(60));
        assert_eq!(scene.judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(seen(99).agreed(|t| t.identity.stir.freshness_s = None).judge(&RULE), Verdict::NotApplicable);
        let cut = seen(1).text().len() - 200;
        assert_eq!(seen(1).cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
