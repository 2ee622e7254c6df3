//! Takes tallies and loads, gives the rows of metrics, never a value that the two do not hold.

use super::names::Names;
use crate::audit::judge::interval_seconds;
use crate::audit::proceedings::TallyKey;
use crate::audit::{MetricRow, Proceedings, figures};
use crate::metrics::{Capacity, Load, Part, Tally};
use crate::policy::Policy;

/// The rows of directions, and those of their trunk groups; `length` is that of the capture, in nanoseconds.
pub(super) fn metric_rows(
    policy: &Policy,
    names: &Names<'_>,
    proceedings: &Proceedings,
    (load, capacity): (&Load, &Capacity),
    length: i64,
) -> (Vec<MetricRow>, Vec<MetricRow>) {
    let mut tallies: Vec<(&TallyKey, &Tally)> = proceedings.tallies.iter().collect();
    tallies.sort_by_key(|(key, _)| **key);
    let row = |(&(from, to, trunk, start), tally): (&TallyKey, &Tally)| {
        let terms = policy.terms(from, to, trunk);
        let mut row = figures::row(tally, terms, start.map(|start| (start, interval_seconds(terms))));
        (row.from, row.to) = (names.of(from), names.of(to));
        row.trunk = trunk.and_then(|id| policy.trunk_group(id)).map(|group| group.id.clone());
        match (trunk, start) {
            (None, Some(start)) => {
                if let Some(slice) = load.direction(from, to).map(|measured| measured.interval(start)) {
                    row.erlangs = slice.erlangs();
                    (row.peak_concurrent, row.peak_cps) = (Some(slice.peak), Some(slice.peak_rate));
                }
            }
            (None, None) => {
                if let Some(measured) = load.direction(from, to) {
                    row.erlangs = measured.confirmed.erlangs(length);
                    (row.peak_concurrent, row.peak_cps) = (Some(measured.confirmed.peak()), Some(measured.attempts.peak()));
                }
            }
            // The load of a trunk group is kept for the whole capture and by the hour only.
            (Some(_), Some(_)) => {}
            (Some(trunk), None) => {
                let part = Part::Trunk(from, to, trunk);
                if let Some((_, borne)) = capacity.parts().find(|(own, _)| **own == part) {
                    row.erlangs = borne.confirmed.gauge.erlangs(length);
                    (row.peak_concurrent, row.peak_cps) = (Some(borne.confirmed.gauge.peak()), Some(borne.attempts.0.peak()));
                }
            }
        }
        row
    };
    let (trunks, directions): (Vec<_>, Vec<_>) = tallies.into_iter().partition(|((_, _, trunk, _), _)| trunk.is_some());
    (directions.into_iter().map(row).collect(), trunks.into_iter().map(row).collect())
}
