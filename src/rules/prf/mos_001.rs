//! Takes the estimated quality of streams, gives whether it reaches what was agreed, never an estimate.

use super::loss_001::ENOUGH;
use super::threshold::judge_share;
use crate::metrics::Rated;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, QualitySubject, Reason, Rule, Scope, StreamSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-MOS-001",
    name: "estimated-quality-low",
    title: "estimated conversational quality too low",
    severity: Severity::Medium,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "ITU-T G.107, G.107.1, G.113 App. I, IV; RFC 3611 §4.7.5",
    keys: &["performance.media.mos_min", "performance.media.codec_ie"],
    what: "The MOS that the E-model estimates from loss, bursts, delay and codec reaches the agreed value: on every stream, or, where a \
           share of bad streams is agreed, on all but that share of a direction's streams. Codecs without published values cannot be \
           judged, unless the policy declares values, nor streams of fewer than 50 packets; neither are in the share.",
    why: "It sums up in one number what a listener would say of the call.",
    confirm: "Read loss and jitter of the stream in Telephony, RTP, RTP Streams; the E-model is G.107, with the assumptions that the \
           report names.",
    fix: "find the greater part of the impairment first: loss, then delay, then the codec",
    check: Check::Several(&[Check::Stream(stream), Check::Quality(share)]),
};

fn stream(subject: &StreamSubject<'_>) -> Verdict {
    let mos = &subject.terms.performance.mos;
    let Some(clause) = mos.value.as_ref().filter(|_| subject.call.is_some()) else { return Verdict::NotApplicable };
    if subject.stream.packets < ENOUGH {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    let Some(rated) = subject.rated else { return Verdict::Indeterminate(Reason::NoAuxInput) };
    // A share decides where one is agreed: a single bad stream is within it.
    if rated.mos() >= clause.value || mos.bad_streams_pct.is_some() {
        return Verdict::Pass;
    }
    let scale = match rated {
        Rated::Narrowband(_) => "narrowband",
        Rated::Wideband(_) => "wideband",
    };
    let exhibit = subject.exhibit(&format!("MOS {:.2} ({scale})", rated.mos()));
    let breach = Breach::of_clause(clause, format!("{scale} MOS below {}", clause.value), format!("at least {}", clause.value));
    Verdict::breach(breach.seen_in(&exhibit))
}

fn share(subject: &QualitySubject<'_>) -> Verdict {
    let mos = &subject.terms.performance.mos;
    let (Some(clause), true) = (&mos.bad_streams_pct, mos.value.is_some()) else { return Verdict::NotApplicable };
    judge_share(subject, "streams with low MOS", subject.quality.poor, clause)
}

#[cfg(test)]
mod tests {
    use super::super::threshold::tests::share_of;
    use super::*;
    use crate::metrics::{Quality, Ratio};
    use crate::policy::Performance;
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    fn passage() -> Passage {
        Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").agreed(|t| t.performance.mos.value = agreed(3.6))
    }

    fn share_terms(performance: &mut Performance) {
        (performance.mos.value, performance.mos.bad_streams_pct) = (agreed(3.6), agreed(5.0));
    }

    #[test]
    fn a_low_estimate_breaks_it() {
        assert_eq!(observed(&passage().rated(Rated::Narrowband(3.59)).judge(&RULE)), ["narrowband MOS below 3.6"]);
        assert_eq!(observed(&passage().rated(Rated::Wideband(3.59)).judge(&RULE)), ["wideband MOS below 3.6"]);
        let quality = Quality { poor: Ratio { numerator: 2, denominator: 20 }, ..Quality::default() };
        assert_eq!(observed(&share_of(share, &quality, share_terms)), ["streams with low MOS above 5 %"]);
    }

    #[test]
    fn a_good_one_and_a_single_bad_one_within_the_share_keep_it() {
        assert_eq!(passage().rated(Rated::Narrowband(3.6)).judge(&RULE), Verdict::Pass);
        assert_eq!(passage().rated(Rated::Narrowband(1.0)).agreed(|t| share_terms(&mut t.performance)).judge(&RULE), Verdict::Pass);
        assert_eq!(
            share_of(share, &Quality { poor: Ratio { numerator: 1, denominator: 20 }, ..Quality::default() }, share_terms),
            Verdict::Pass
        );
    }

    #[test]
    fn without_values_for_the_codec_it_cannot_be_judged() {
        assert_eq!(passage().judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(passage().with(|s| s.packets = 49).judge(&RULE), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(Passage::stray().judge(&RULE), Verdict::NotApplicable);
    }
}
