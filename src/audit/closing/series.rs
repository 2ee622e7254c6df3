//! Takes the timeline and the limits, gives what the charts draw, never a picture.

use std::collections::BTreeMap;

use super::names::Names;
use crate::audit::Series;
use crate::metrics::series::{Bucket, CLASSES};
use crate::metrics::{LimitLoad, Timeline};
use crate::policy::{LimitKind, LimitScope};

/// What the charts draw: counts of each bucket, and the lowest limit on confirmed sessions of each direction.
pub(super) fn series(names: &Names<'_>, timeline: &Timeline, limits: &[LimitLoad]) -> Series {
    let buckets = timeline.buckets();
    let column = |of: &dyn Fn(&Bucket) -> u64| buckets.iter().map(of).collect::<Vec<u64>>();
    let mut concurrent_limits: BTreeMap<String, f64> = BTreeMap::new();
    for load in limits.iter().filter(|l| l.limit.kind == LimitKind::Concurrent && l.limit.scope == LimitScope::Direction) {
        let lowest = concurrent_limits.entry(names.direction(load.direction.0, load.direction.1)).or_insert(f64::INFINITY);
        *lowest = lowest.min(load.limit.value.value);
    }
    Series {
        start: timeline.start(),
        bucket_s: timeline.width_s(),
        attempts: column(&|b| b.attempts),
        outcomes: (CLASSES.iter().enumerate()).map(|(i, &class)| (class, column(&|b| b.outcomes.get(i).copied().unwrap_or(0)))).collect(),
        concurrent: column(&|b| b.concurrent),
        concurrent_limits,
    }
}
