//! Takes a request with PASSporTs, or those of an interval, gives whether they are attested as strongly as agreed, never whether rightly.

use crate::metrics::Ratio;
use crate::policy::Severity;
use crate::rules::prf::threshold::{Bound, ratio};
use crate::rules::{Breach, Check, IntervalSubject, Kind, MessageSubject, Offender, Reason, Rule, Scope, Verdict};
use crate::sip::HeaderName;
use crate::stir::Attest;

pub(crate) static RULE: Rule = Rule {
    id: "IDN-STIR-005",
    name: "attestation-too-weak",
    title: "attestation below the agreed level",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Message,
    offender: Offender::Sender,
    reference: "RFC 8588 §4; ATIS-1000074 §5.2.3",
    keys: &["identity.stir.min_attest", "identity.stir.min_a_pct"],
    what: "The PASSporT of kind `shaken` in a request that opens a session attests at least as much as agreed: A, that the customer may \
           use the number; B, that the customer is known; C, where the call came in. Of the requests that attest anything, in each \
           interval and the whole capture, the agreed share attests A.",
    why: "A network that attests C for its own customers does not know who calls; its calls are labelled, screened, or blocked.",
    confirm: "Filter `sip.Identity` and decode `attest` from the payload.",
    fix: "let the originating network check the right to use the number and sign with the attestation that was agreed",
    check: Check::Several(&[Check::Message(Kind::INITIAL_REQUEST, check), Check::Interval(share)]),
};

fn check(subject: &MessageSubject<'_>) -> Verdict {
    let agreed = subject.terms.identity.stir.min_attest.as_ref().filter(|_| subject.message().has(HeaderName::Identity));
    let Some(clause) = agreed.filter(|_| subject.is_initial_request()) else { return Verdict::NotApplicable };
    let Some(least) = Attest::of(&clause.value) else { return Verdict::NotApplicable };
    let attested = subject.passports().iter().filter_map(|signed| Some((signed.passport.attest?, signed.at)));
    let Some((attest, at)) = attested.max_by_key(|(attest, _)| *attest) else {
        let shaken = subject.passports().iter().any(|signed| signed.passport.ppt.as_deref() == Some("shaken"));
        // One of another kind attests nothing; of one that should, what it attests cannot be read.
        return match (subject.lacks_headers(), shaken) {
            (true, _) => Verdict::Indeterminate(Reason::Truncated),
            (false, true) => Verdict::Indeterminate(Reason::NoAuxInput),
            (false, false) => Verdict::NotApplicable,
        };
    };
    if attest >= least {
        return Verdict::Pass;
    }
    // A stronger one may have followed.
    if subject.lacks_headers() {
        return Verdict::Indeterminate(Reason::Truncated);
    }
    let observed = format!("attestation {}", attest.letter());
    Verdict::breach(Breach::of_clause(clause, observed, format!("at least {}", least.letter())).at(at).about("Identity"))
}

fn share(subject: &IntervalSubject<'_>) -> Verdict {
    let [c, b, a] = subject.tally.attested;
    let share = Ratio { numerator: a, denominator: a + b + c };
    ratio(subject, "share of attestation A", share, &subject.terms.identity.stir.min_a_pct, Bound::AtLeast)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Tally;
    use crate::policy::Terms;
    use crate::rules::scene::{Scene, agreed, observed};
    use crate::stir::example::{HEADER, PAYLOAD, identity};

    fn attested(letter: &str) -> Scene {
        let payload = PAYLOAD.replace(r#""A""#, &format!("\"{letter}\""));
        let scene = Scene::request("INVITE").add(&format!("Identity: {}", identity(HEADER, &payload)));
        scene.agreed(|t| t.identity.stir.min_attest = agreed("B".to_owned()))
    }

    #[test]
    fn a_weaker_attestation_breaks_it() {
        assert_eq!(observed(&attested("C").judge(&RULE)), ["attestation C"]);
    }

    #[test]
    fn a_share_below_the_agreed_one_breaks_it() {
        let of = |attested, min| {
            let mut terms = Terms::default();
            terms.identity.stir.min_a_pct = min;
            terms.performance.min_samples = agreed(10);
            share(&IntervalSubject { start: None, tally: &Tally { attested, ..Tally::default() }, terms: &terms })
        };
        assert_eq!(observed(&of([2, 2, 8], agreed(70.0))), ["share of attestation A below 70 %"]);
        assert_eq!(of([0, 3, 7], agreed(70.0)), Verdict::Pass);
        assert_eq!(of([0, 3, 6], agreed(70.0)), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(of([9, 9, 0], None), Verdict::NotApplicable);
    }

    #[test]
    fn as_strong_a_one_keeps_it() {
        assert_eq!(attested("B").judge(&RULE), Verdict::Pass);
        assert_eq!(attested("A").judge(&RULE), Verdict::Pass);
        let twice = attested("C").add(&format!("Identity: {}", identity(HEADER, PAYLOAD)));
        assert_eq!(twice.judge(&RULE), Verdict::Pass, "the stronger one counts");
    }

    #[test]
    fn what_attests_nothing_is_not_judged() {
        assert_eq!(attested("D").judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(
            Scene::request("INVITE").agreed(|t| t.identity.stir.min_attest = agreed("B".to_owned())).judge(&RULE),
            Verdict::NotApplicable
        );
        assert_eq!(attested("C").agreed(|t| t.identity.stir.min_attest = None).judge(&RULE), Verdict::NotApplicable);
        let cut = attested("C").text().len() - 200;
        assert_eq!(attested("C").cut_to(cut).judge(&RULE), Verdict::Indeterminate(Reason::Truncated));
    }
}
