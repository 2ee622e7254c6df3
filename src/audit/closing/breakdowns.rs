//! Takes tallies by value, gives the rows of breakdowns, never one that was not asked for.

use super::names::Names;
use crate::audit::judge::interval_seconds;
use crate::audit::{MetricRow, Proceedings, figures};
use crate::metrics::Slot;
use crate::policy::Policy;

/// The rows of directions by what was asked for, value by value, and those of their trunk groups. No load is kept by value, and
/// registrations have none.
pub(super) fn breakdown_rows(policy: &Policy, names: &Names<'_>, proceedings: &Proceedings) -> (Vec<MetricRow>, Vec<MetricRow>) {
    let (mut directions, mut trunks) = (Vec::new(), Vec::new());
    for (&(from, to, trunk, dimension, _), breakdown) in &proceedings.breakdowns {
        let terms = policy.terms(from, to, trunk);
        let rows = if trunk.is_some() { &mut trunks } else { &mut directions };
        for (start, slot, tally) in breakdown.slots() {
            let (kind, value, gathered) = match slot {
                Slot::Value(value) => ("value", value, None),
                Slot::Unknown => ("unknown", "unknown", None),
                Slot::Other(gathered) => ("other", "other", Some(gathered)),
            };
            let mut row = figures::row(tally, terms, start.map(|start| (start, interval_seconds(terms))));
            row.ratios.remove("ira_pct");
            row.other_unit.iter_mut().for_each(|unit| _ = unit.ratios.remove("ira_pct"));
            (row.from, row.to) = (names.of(from), names.of(to));
            row.trunk = trunk.and_then(|id| policy.trunk_group(id)).map(|group| group.id.clone());
            (row.dimension, row.value, row.value_kind, row.gathered) =
                (Some(dimension.name()), Some(value.to_owned()), Some(kind), gathered);
            rows.push(row);
        }
    }
    (directions, trunks)
}
