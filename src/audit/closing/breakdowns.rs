//! Takes tallies by value, gives the rows of breakdowns, never one that was not asked for.

use super::names::Names;
use crate::audit::{MetricRow, Proceedings, figures};
use crate::metrics::Slot;
use crate::policy::Policy;

/// The rows of directions by what was asked for, value by value. No load is kept by value, and registrations have none.
pub(super) fn breakdown_rows(policy: &Policy, names: &Names<'_>, proceedings: &Proceedings) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for (&(from, to, dimension), breakdown) in &proceedings.breakdowns {
        let terms = policy.terms(from, to, None);
        for (slot, tally) in breakdown.slots() {
            let (kind, value, gathered) = match slot {
                Slot::Value(value) => ("value", value, None),
                Slot::Unknown => ("unknown", "unknown", None),
                Slot::Other(gathered) => ("other", "other", Some(gathered)),
            };
            let mut row = figures::row(tally, terms, None);
            row.ratios.remove("ira_pct");
            row.other_unit.iter_mut().for_each(|unit| _ = unit.ratios.remove("ira_pct"));
            (row.from, row.to) = (names.of(from), names.of(to));
            (row.dimension, row.value, row.value_kind, row.gathered) =
                (Some(dimension.name()), Some(value.to_owned()), Some(kind), gathered);
            rows.push(row);
        }
    }
    rows
}
