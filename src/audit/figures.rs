//! Takes tallies, gives the rows of the report with numerator and denominator beside each ratio, never a count of its own.

use std::collections::BTreeMap;

use super::{Delay, MetricRow, UnitRatios};
use crate::base::Time;
use crate::metrics::{Distribution, Ratio, Tally};
use crate::policy::{CountUnit, Terms};

/// A second and a millisecond, in nanoseconds.
const SECOND: f64 = 1e9;
pub(super) const MILLISECOND: f64 = 1e6;

/// The row of a tally; the load of the direction is filled in by whoever measured it.
#[must_use]
pub(super) fn row(tally: &Tally, terms: &Terms, interval: Option<(Time, u32)>) -> MetricRow {
    let metrics = &terms.metrics;
    let unit = metrics.count_unit.as_ref().map_or(CountUnit::Chain, |c| c.value);
    let timeout_counts_as = metrics.timeout_counts_as.as_ref().map_or(408, |c| c.value);
    let performance = &terms.performance;
    // RFC 6076 leaves NER open; standards.md §8.3 gives the list that holds where nothing was agreed.
    let codes = performance.ner_effective_codes.as_ref().map_or(&[480, 486, 600, 603, 607][..], |c| &c.value);
    let ring_no_answer = performance.ner_ring_no_answer.as_ref().is_none_or(|c| c.value);
    let of_unit = |unit: CountUnit| -> BTreeMap<&'static str, Ratio> {
        [
            ("ser_pct", tally.ser(unit)),
            ("seer_pct", tally.seer(unit)),
            ("isa_pct", tally.isa(unit, timeout_counts_as)),
            ("scr_pct", tally.scr(unit)),
            ("asr_pct", tally.asr(unit)),
            ("ner_pct", tally.ner(unit, codes, ring_no_answer)),
            ("ira_pct", tally.ira(unit)),
        ]
        .into()
    };
    let parts = |ratios: &BTreeMap<&'static str, Ratio>| ratios.iter().map(|(&key, r)| (key, [r.numerator, r.denominator])).collect();
    let ratios = of_unit(unit);
    let other = match unit {
        CountUnit::Chain => CountUnit::Transaction,
        CountUnit::Transaction => CountUnit::Chain,
    };
    // 50 is the built-in default of performance.min_samples.
    let min_samples = performance.min_samples.as_ref().map_or(50, |c| u64::from(c.value));
    let percent = |key: &str| ratios.get(key).and_then(|r| r.percent());
    MetricRow {
        interval_start: interval.map(|(start, _)| start),
        interval_s: interval.map(|(_, seconds)| seconds),
        count_unit: name(unit),
        attempts: attempts(tally, unit),
        min_samples,
        few_samples: attempts(tally, unit) < min_samples,
        other_unit: interval.is_none().then(|| UnitRatios {
            count_unit: name(other),
            attempts: attempts(tally, other),
            ratios: parts(&of_unit(other)),
        }),
        censored: tally.censored,
        ser_pct: percent("ser_pct"),
        seer_pct: percent("seer_pct"),
        isa_pct: percent("isa_pct"),
        scr_pct: percent("scr_pct"),
        asr_pct: percent("asr_pct"),
        ner_pct: percent("ner_pct"),
        ira_pct: percent("ira_pct"),
        srd_success_s: delay(&tally.srd_success, SECOND),
        srd_failed_s: delay(&tally.srd_failed, SECOND),
        sdd_ms: delay(&tally.sdd, MILLISECOND),
        sdt_s: delay(&tally.sdt_success, SECOND),
        aloc_s: tally.conversation.mean().map(|nanos| nanos / SECOND),
        pgrd_s: delay(&tally.pgrd, SECOND),
        srd_per_dialog_s: delay(&tally.srd_per_dialog, SECOND),
        sdd_failed_ms: delay(&tally.sdd_failed, MILLISECOND),
        sdt_failed_s: delay(&tally.sdt_failed, SECOND),
        rrd_ms: delay(&tally.rrd, MILLISECOND),
        ratios: parts(&ratios),
        ..MetricRow::default()
    }
}

const fn name(unit: CountUnit) -> &'static str {
    match unit {
        CountUnit::Chain => "chain",
        CountUnit::Transaction => "transaction",
    }
}

fn attempts(tally: &Tally, unit: CountUnit) -> u64 {
    match unit {
        CountUnit::Chain => tally.attempts,
        CountUnit::Transaction => tally.leg_outcomes.values().sum(),
    }
}

#[allow(clippy::cast_precision_loss)]
pub(super) fn delay(samples: &Distribution, unit: f64) -> Delay {
    let at = |p| samples.percentile(p).map(|nanos| nanos as f64 / unit);
    Delay {
        n: samples.count(),
        mean: samples.mean().map(|nanos| nanos / unit),
        p50: at(50.0),
        p95: at(95.0),
        p99: at(99.0),
        max: samples.max().map(|nanos| nanos as f64 / unit),
    }
}
