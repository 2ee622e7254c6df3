//! Takes nothing, gives the columns of the table of metrics, never a row of it.

use super::{Column, Table};
use crate::audit::MetricRow;

type C = Column<MetricRow>;

/// The table of metrics.
#[must_use]
pub fn metrics() -> Table<MetricRow> {
    Table {
        name: "metrics",
        version: 1,
        row: "a direction or a part of one, over the whole capture or over one interval of it: an entry of `metrics`, `trunk_metrics`, \
              `breakdowns` or `trunk_breakdowns` of `report.json`",
        order: "as in the report: directions, then trunk groups, then what `--breakdown` asks for of the ones and the others. Parts of a direction \
                are never to be added to it",
        columns: [scope(), ratios(), delays(), load(), breakdown()].into_iter().flatten().collect(),
    }
}

fn scope() -> Vec<C> {
    vec![
        C::text("from", "peer, or inferred side, that calls", |r| (&r.from).into()).few(),
        C::text("to", "peer, or inferred side, that is called", |r| (&r.to).into()).few(),
        C::maybe_text("trunk", "trunk group of the policy whose part of the direction this is; null: the whole direction", |r| {
            r.trunk.as_deref().map(Into::into)
        })
        .few(),
        C::maybe_time("interval_start", "where the interval begins; null: the whole capture", |r| r.interval_start),
        C::maybe_whole("interval_s", "how long it is; null: the whole capture", |r| r.interval_s.map(Into::into)).unit("s").few(),
        C::text("count_unit", "what is counted: `chain` (session requests) or `transaction` (INVITE transactions)", |r| {
            r.count_unit.into()
        })
        .few(),
        C::whole("attempts", "attempts", |r| r.attempts),
        C::whole("censored", "attempts whose outcome the capture does not hold: in no ratio", |r| r.censored),
    ]
}

/// A ratio with what it is of, as RFC 6076 wants it shown.
macro_rules! ratio {
    ($field:ident, $name:literal, $meaning:literal) => {
        [
            C::maybe_real(concat!($name, "_pct"), concat!($meaning, "; null: of nothing"), |r| r.$field).unit("%"),
            C::maybe_whole(concat!($name, "_numerator"), concat!("numerator of `", $name, "_pct`"), |r| {
                r.ratios.get(concat!($name, "_pct")).map(|pair| pair[0])
            }),
            C::maybe_whole(concat!($name, "_denominator"), concat!("denominator of `", $name, "_pct`"), |r| {
                r.ratios.get(concat!($name, "_pct")).map(|pair| pair[1])
            }),
        ]
    };
}

fn ratios() -> Vec<C> {
    let all = [
        ratio!(ser_pct, "ser", "session establishment ratio (RFC 6076 §4.6)"),
        ratio!(seer_pct, "seer", "session establishment effectiveness ratio (RFC 6076 §4.7)"),
        ratio!(isa_pct, "isa", "ineffective session attempts (RFC 6076 §4.8)"),
        ratio!(scr_pct, "scr", "session completion ratio (RFC 6076 §4.9)"),
        ratio!(asr_pct, "asr", "answer-seizure ratio (ITU-T E.411)"),
        ratio!(ner_pct, "ner", "network effectiveness ratio (ITU-T E.425)"),
        ratio!(ira_pct, "ira", "ineffective registration attempts (RFC 6076 §4.2)"),
    ];
    all.into_iter().flatten().collect()
}

/// A distribution of delays: percentiles are nearest-rank.
macro_rules! delay {
    ($field:ident, $unit:literal, $meaning:literal) => {
        [
            C::whole(concat!(stringify!($field), "_n"), concat!($meaning, ": samples"), |r| r.$field.n),
            C::maybe_real(concat!(stringify!($field), "_mean"), "mean of them", |r| r.$field.mean).unit($unit),
            C::maybe_real(concat!(stringify!($field), "_p50"), "median, nearest rank", |r| r.$field.p50).unit($unit),
            C::maybe_real(concat!(stringify!($field), "_p95"), "95th percentile, nearest rank", |r| r.$field.p95).unit($unit),
            C::maybe_real(concat!(stringify!($field), "_p99"), "99th percentile, nearest rank", |r| r.$field.p99).unit($unit),
            C::maybe_real(concat!(stringify!($field), "_max"), "greatest", |r| r.$field.max).unit($unit),
        ]
    };
}

fn delays() -> Vec<C> {
    let all = [
        delay!(srd_success_s, "s", "session request delay, successful (RFC 6076 §4.3.1)"),
        delay!(srd_failed_s, "s", "session request delay, failed (RFC 6076 §4.3.2)"),
        delay!(sdd_ms, "ms", "session disconnect delay (RFC 6076 §4.4)"),
        delay!(sdt_s, "s", "session duration (RFC 6076 §4.5.1)"),
        delay!(pgrd_s, "s", "INVITE to the first 180, or 183 with SDP"),
        delay!(srd_per_dialog_s, "s", "session request delay of each dialog that a forked request made"),
        delay!(sdd_failed_ms, "ms", "session disconnect delay of a BYE that was refused or not answered (RFC 6076 §4.4)"),
        delay!(sdt_failed_s, "s", "session duration where the BYE was refused or not answered (RFC 6076 §4.5.2)"),
        delay!(rrd_ms, "ms", "registration request delay (RFC 6076 §4.1)"),
    ];
    all.into_iter().flatten().collect()
}

fn load() -> Vec<C> {
    vec![
        C::maybe_real("aloc_s", "average length of conversation: answer to first BYE", |r| r.aloc_s).unit("s"),
        C::maybe_real(
            "erlangs",
            "traffic: mean number of confirmed sessions at once; null for intervals of trunk groups, as the next two",
            |r| r.erlangs,
        )
        .unit("E"),
        C::maybe_whole("peak_concurrent", "most confirmed sessions at once", |r| r.peak_concurrent),
        C::maybe_whole("peak_cps", "most attempts in one second", |r| r.peak_cps),
    ]
}

fn breakdown() -> Vec<C> {
    vec![
        C::maybe_text(
            "dimension",
            "what `--breakdown` broke the direction or trunk group down by; null: nothing. The rows of one sum up to it, over the whole capture \
             and, with `--breakdown-intervals`, in each interval",
            |r| r.dimension.map(Into::into),
        )
        .few(),
        C::maybe_text("value", "the value whose part of the direction this is; null: the whole direction", |r| {
            r.value.as_deref().map(Into::into)
        }),
        C::maybe_text(
            "value_kind",
            "`value`; `unknown`: those whose value the capture does not tell; `other`: those of values beyond the first 4,096, in intervals \
             those for which 16,384 rows have no room; null: no breakdown. No load is kept by value, and registrations are in none",
            |r| r.value_kind.map(Into::into),
        )
        .few(),
        C::maybe_whole("gathered", "how many values are in `other`; null elsewhere", |r| r.gathered),
    ]
}
