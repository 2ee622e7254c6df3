//! Takes the review of capacity, gives it as rows of the page, never markup.

use super::excerpt::head;
use super::view::LONGEST;
use crate::audit::{CapacityRow, Headroom};
use crate::report::figures::{self, NONE, count, moment, real};

pub(super) struct Load {
    pub(super) name: String,
    pub(super) counts: [String; 5],
    pub(super) peak: String,
    pub(super) erlangs: String,
    pub(super) busy: String,
    pub(super) circuits: String,
}

pub(super) struct Limit {
    pub(super) name: String,
    pub(super) numbers: [String; 6],
    pub(super) note: &'static str,
}

pub(super) fn load(row: &CapacityRow) -> Load {
    let peak = row.confirmed.peak_at.map_or_else(
        || NONE.into(),
        |at| {
            let call = row.confirmed.peak_calls.last();
            let call = call.map(|call| format!(", {} (frame {})", head(&call.call_id, 60), count(call.frame.into()))).unwrap_or_default();
            format!("{}{call}", moment(at))
        },
    );
    let traffic = row.busy_hour_traffic.as_ref();
    Load {
        name: head(&row.name, LONGEST),
        counts: [row.attempts, row.answered, row.attempts_per_s.peak, row.transactions_per_s.peak, row.confirmed.peak].map(count),
        peak,
        erlangs: real(row.confirmed.erlangs, 2),
        busy: row.busy_hour.as_ref().map_or_else(|| NONE.into(), |hour| count(hour.attempts)),
        circuits: traffic.and_then(|hour| hour.circuits).map_or_else(|| NONE.into(), |n| count(n.into())),
    }
}

pub(super) fn limit(limit: &Headroom) -> Limit {
    let scope = limit.scope.as_ref().map(|scope| format!(", {scope}")).unwrap_or_default();
    let fate = |n: Option<u64>| n.map_or_else(|| NONE.into(), count);
    Limit {
        name: head(&format!("{} ({}{scope})", limit.id, limit.kind), LONGEST),
        numbers: [
            figures::short(limit.limit),
            limit.peak.map_or_else(|| NONE.into(), figures::short),
            limit.headroom.map_or_else(|| NONE.into(), figures::short),
            count(limit.beyond),
            fate(limit.beyond_refused),
            fate(limit.beyond_admitted),
        ],
        note: limit.not_measured.unwrap_or_default(),
    }
}
