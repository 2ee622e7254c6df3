//! Takes a measured value and the threshold agreed for it, gives a verdict, never a measurement (`standards.md` §8.7).

use crate::call::Trace;
use crate::metrics::{Distribution, Ratio, Tally};
use crate::policy::{Agreed, Clause, CountUnit, Statistics};
use crate::rules::{Breach, IntervalSubject, QualitySubject, Reason, Verdict};

/// On which side of a threshold the agreed values lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::rules) enum Bound {
    AtLeast,
    AtMost,
}

/// The units of delays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unit {
    Seconds,
    Milliseconds,
}

impl Unit {
    const fn name(self) -> &'static str {
        match self {
            Self::Seconds => "s",
            Self::Milliseconds => "ms",
        }
    }

    /// Division by a whole number keeps what was written: 1.8 s measured is 1.8 s agreed.
    pub(super) fn of(self, nanos: f64) -> f64 {
        match self {
            Self::Seconds => nanos / 1e9,
            Self::Milliseconds => nanos / 1e6,
        }
    }
}

/// A value, unrounded, in the unit of its threshold.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure<'a> {
    pub(super) name: &'a str,
    pub(super) value: f64,
    pub(super) unit: &'a str,
    pub(super) samples: u64,
    /// The numerator, where the samples are a denominator.
    pub(super) numerator: Option<u64>,
}

/// The agreed unit of counting.
pub(super) fn unit(subject: &IntervalSubject<'_>) -> CountUnit {
    subject.terms.metrics.count_unit.as_ref().map(|c| c.value).unwrap_or_default()
}

/// A ratio against its threshold in percent.
pub(in crate::rules) fn ratio(subject: &IntervalSubject<'_>, name: &str, ratio: Ratio, agreed: &Agreed<f64>, bound: Bound) -> Verdict {
    let Some(clause) = agreed else { return Verdict::NotApplicable };
    let Some(value) = ratio.percent() else { return Verdict::Indeterminate(Reason::SampleTooSmall) };
    judge(subject, &Measure { name, value, unit: "%", samples: ratio.denominator, numerator: Some(ratio.numerator) }, clause, bound)
}

/// A distribution against the statistics agreed for it, each at most so long.
#[allow(clippy::cast_precision_loss)]
pub(super) fn statistics(subject: &IntervalSubject<'_>, name: &str, delays: &Distribution, agreed: &Statistics, unit: Unit) -> Verdict {
    let percentile = |p| delays.percentile(p).map(|nanos| nanos as f64);
    let verdicts = [
        (&agreed.mean, "mean", delays.mean()),
        (&agreed.p50, "p50", percentile(50.0)),
        (&agreed.p95, "p95", percentile(95.0)),
        (&agreed.p99, "p99", percentile(99.0)),
        (&agreed.max, "max", delays.max().map(|nanos| nanos as f64)),
    ]
    .map(|(agreed, statistic, nanos)| {
        let Some(clause) = agreed else { return Verdict::NotApplicable };
        let Some(nanos) = nanos else { return Verdict::Indeterminate(Reason::SampleTooSmall) };
        let name = format!("{name} {statistic}");
        let measure = Measure { name: &name, value: unit.of(nanos), unit: unit.name(), samples: delays.count(), numerator: None };
        judge(subject, &measure, clause, Bound::AtMost)
    });
    together(verdicts)
}

/// A share of a direction's streams against its threshold in percent.
pub(super) fn judge_share(subject: &QualitySubject<'_>, name: &str, share: Ratio, clause: &Clause<f64>) -> Verdict {
    let tally = Tally::default();
    let subject = IntervalSubject { start: subject.start, tally: &tally, terms: subject.terms };
    ratio(&subject, name, share, &Some(clause.clone()), Bound::AtMost)
}

/// Round trips against the statistics agreed for them.
pub(super) fn round_trips(subject: &QualitySubject<'_>, name: &str, delays: &Distribution, agreed: &Statistics, unit: Unit) -> Verdict {
    let tally = Tally::default();
    statistics(&IntervalSubject { start: subject.start, tally: &tally, terms: subject.terms }, name, delays, agreed, unit)
}

/// A value against its threshold: strict, on unrounded values, and only with enough samples.
pub(super) fn judge(subject: &IntervalSubject<'_>, measure: &Measure<'_>, clause: &Clause<f64>, bound: Bound) -> Verdict {
    // 50 is the built-in default of performance.min_samples.
    let enough = subject.terms.performance.min_samples.as_ref().map_or(50, |c| u64::from(c.value));
    if measure.samples < enough.max(1) {
        return Verdict::Indeterminate(Reason::SampleTooSmall);
    }
    let Measure { name, value, unit, .. } = *measure;
    let (broken, side, agreed) = match bound {
        Bound::AtLeast => (value < clause.value, "below", "at least"),
        Bound::AtMost => (value > clause.value, "above", "at most"),
    };
    if !broken {
        return Verdict::Pass;
    }
    let breach = Breach::of_clause(clause, format!("{name} {side} {} {unit}", clause.value), format!("{agreed} {} {unit}", clause.value));
    Verdict::breach(breach.seen_in(&exhibit(subject, measure)))
}

/// Several verdicts of one subject as one: breaches before passes, passes before what could not be judged.
pub(super) fn together(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
    verdicts.into_iter().fold(Verdict::NotApplicable, |all, one| match (all, one) {
        (Verdict::Violation(mut all), Verdict::Violation(more)) => {
            all.extend(more);
            Verdict::Violation(all)
        }
        (violation @ Verdict::Violation(_), _) | (_, violation @ Verdict::Violation(_)) => violation,
        (Verdict::Pass, _) | (_, Verdict::Pass) => Verdict::Pass,
        (open @ Verdict::Indeterminate(_), _) | (_, open @ Verdict::Indeterminate(_)) => open,
        (Verdict::NotApplicable, Verdict::NotApplicable) => Verdict::NotApplicable,
    })
}

/// The interval and the value that was measured in it. No frame shows a statistic: the origin is that of no frame.
fn exhibit(subject: &IntervalSubject<'_>, measure: &Measure<'_>) -> Trace {
    let Measure { name, value, unit, samples, numerator } = *measure;
    let width = subject.terms.performance.interval_s.as_ref().map_or(900, |c| c.value);
    let span = subject
        .start
        .map_or_else(|| "whole capture".to_owned(), |start| format!("{}Z + {width} s", start.to_string().get(..19).unwrap_or_default()));
    let made_of = numerator.map_or_else(|| format!("n = {samples}"), |n| format!("{n}/{samples}"));
    let line = format!("{span}: {name} {} {unit} ({made_of})", significant(value));
    let first = subject.start.unwrap_or_default();
    Trace { first, last: first, line: line.as_bytes().into(), ..Trace::default() }
}

/// Four significant digits, all of those before the point.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn significant(value: f64) -> String {
    let before = value.abs().max(1e-3).log10().floor() as i32;
    format!("{value:.*}", (3 - before).clamp(0, 6) as usize)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::base::Time;
    use crate::metrics::Quality;
    use crate::policy::{Performance, Terms};
    use crate::rules::scene::agreed;

    /// What a rule says of a tally where 10 samples are enough, in the interval that begins at 2026-11-14T10:00Z.
    pub(in crate::rules::prf) fn of(
        check: fn(&IntervalSubject<'_>) -> Verdict,
        tally: &Tally,
        terms: impl FnOnce(&mut Performance),
    ) -> Verdict {
        let mut all = Terms::default();
        all.performance.min_samples = agreed(10);
        terms(&mut all.performance);
        check(&IntervalSubject { start: Some(Time(1_794_650_400_000_000_000)), tally, terms: &all })
    }

    /// What a rule says of the streams of that interval.
    pub(in crate::rules::prf) fn share_of(
        check: fn(&QualitySubject<'_>) -> Verdict,
        quality: &Quality,
        terms: impl FnOnce(&mut Performance),
    ) -> Verdict {
        let mut all = Terms::default();
        all.performance.min_samples = agreed(10);
        terms(&mut all.performance);
        check(&QualitySubject { start: Some(Time(1_794_650_400_000_000_000)), quality, terms: &all })
    }

    /// So many samples of so many milliseconds each.
    pub(in crate::rules::prf) fn delays(samples: &[(usize, i64)]) -> Distribution {
        let mut all = Distribution::default();
        samples.iter().for_each(|&(n, ms)| (0..n).for_each(|_| all.add(ms * 1_000_000)));
        all
    }

    fn ratio_of(numerator: u64, denominator: u64, threshold: f64) -> Verdict {
        let subject = |s: &IntervalSubject<'_>| ratio(s, "SER", Ratio { numerator, denominator }, &agreed(threshold), Bound::AtLeast);
        let mut terms = Terms::default();
        terms.performance.min_samples = agreed(10);
        subject(&IntervalSubject { start: Some(Time(1_794_650_400_000_000_000)), tally: &Tally::default(), terms: &terms })
    }

    #[test]
    fn the_breach_folds_by_class_and_its_exhibit_tells_the_value() {
        let Verdict::Violation(breaches) = ratio_of(4, 11, 45.0) else { panic!() };
        assert_eq!((&*breaches[0].observed, &*breaches[0].agreed), ("SER below 45 %", "at least 45 %"));
        assert_eq!(breaches[0].exhibit.as_ref().unwrap().text(), "2026-11-14T10:00:00Z + 900 s: SER 36.36 % (4/11)");
    }

    #[test]
    fn thresholds_are_strict_and_need_samples() {
        assert_eq!(ratio_of(9, 20, 45.0), Verdict::Pass, "45 % is not below 45 %");
        assert_eq!(ratio_of(0, 9, 45.0), Verdict::Indeterminate(Reason::SampleTooSmall));
        assert_eq!(ratio_of(0, 0, 45.0), Verdict::Indeterminate(Reason::SampleTooSmall));
    }

    #[test]
    fn what_is_measured_as_agreed_is_not_beyond() {
        for (nanos, agreed) in [(1_800_000_000.0, 1.8), (3_100_000_000.0, 3.1), (300_000_000.0, 0.3)] {
            assert!(Unit::Seconds.of(nanos) <= agreed, "{nanos} ns");
        }
    }

    #[test]
    fn four_digits_are_shown() {
        assert_eq!([36.3636, 1.19, 6466.67, 0.05].map(significant), ["36.36", "1.190", "6467", "0.05000"]);
    }
}
