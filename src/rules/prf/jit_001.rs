//! Takes the jitter of a stream, gives whether it stays within what was agreed, never what a jitter buffer makes of it.

use super::loss_001::ENOUGH;
use crate::policy::Severity;
use crate::rules::{Breach, Check, Offender, Reason, Rule, Scope, StreamSubject, Verdict};

pub(crate) static RULE: Rule = Rule {
    id: "PRF-JIT-001",
    name: "jitter-high",
    title: "jitter too high",
    severity: Severity::Low,
    tier: 1,
    scope: Scope::Session,
    offender: Offender::Sender,
    reference: "RFC 3550 §6.4.1, A.8",
    keys: &["performance.media.jitter_ms"],
    what: "The greatest and the mean value of the interarrival jitter of a stream, at the tap, stay below the agreed ones. Telephone \
           events and duplicates are left out. Where no clock rate is known, and in streams of fewer than 50 packets, it cannot be judged.",
    why: "Packets that come too late for the receiver's jitter buffer are lost to the listener as if they had never come.",
    confirm: "Telephony, RTP, RTP Streams in Wireshark, columns Max Jitter and Mean Jitter.",
    fix: "look for queues between the sender's gateway and the tap: links that run full, missing priority for media",
    check: Check::Stream(check),
};

fn check(subject: &StreamSubject<'_>) -> Verdict {
    let performance = &subject.terms.performance;
    if subject.call.is_none() || (performance.jitter_max_ms.is_none() && performance.jitter_mean_ms.is_none()) {
        return Verdict::NotApplicable;
    }
    let stream = subject.stream;
    if stream.packets < ENOUGH {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    let Some(jitter) = stream.jitter else { return Verdict::Indeterminate(Reason::NoAuxInput) };
    let measures = [("maximum", jitter.max, &performance.jitter_max_ms), ("mean", jitter.mean, &performance.jitter_mean_ms)];
    let exhibit = |name: &str, value: f64| subject.exhibit(&format!("{name} jitter {value:.1} ms"));
    let beyond = measures.into_iter().filter_map(|(name, value, clause)| Some((name, value, clause.as_ref()?)));
    Verdict::of(
        beyond
            .filter(|(_, value, clause)| *value > clause.value)
            .map(|(name, value, clause)| {
                let observed = format!("{name} jitter above {} ms", clause.value);
                Breach::of_clause(clause, observed, format!("at most {} ms", clause.value)).seen_in(&exhibit(name, value))
            })
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Jitter;
    use crate::media::made::shake;
    use crate::rules::passage::Passage;
    use crate::rules::scene::{agreed, observed};

    fn jitter(max: f64, mean: f64) -> Passage {
        let passage =
            Passage::of("m=audio 4000 RTP/AVP 8\n", "m=audio 5000 RTP/AVP 8\n").with(|s| shake(s, Jitter { mean, max, last: 0.0 }));
        passage.agreed(|t| (t.performance.jitter_max_ms, t.performance.jitter_mean_ms) = (agreed(30.0), agreed(10.0)))
    }

    #[test]
    fn more_than_agreed_breaks_it() {
        assert_eq!(observed(&jitter(30.5, 11.0).judge(&RULE)), ["maximum jitter above 30 ms", "mean jitter above 10 ms"]);
    }

    #[test]
    fn the_agreed_jitter_itself_keeps_it() {
        assert_eq!(jitter(30.0, 10.0).judge(&RULE), Verdict::Pass);
    }

    #[test]
    fn without_clock_or_packets_it_cannot_be_judged() {
        assert_eq!(jitter(99.0, 99.0).with(|s| (s.main, s.jitter) = (96, None)).judge(&RULE), Verdict::Indeterminate(Reason::NoAuxInput));
        assert_eq!(jitter(99.0, 99.0).with(|s| s.packets = 49).judge(&RULE), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(Passage::of("", "").judge(&RULE), Verdict::NotApplicable);
    }
}
