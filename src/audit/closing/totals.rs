//! Takes the tallies of directions, gives their sums, never counts a trunk group again.

use crate::audit::{Proceedings, Totals};
use crate::call::Outcome;
use crate::metrics::Load;

pub(super) fn totals(proceedings: &Proceedings, load: &Load, streams: u64) -> Totals {
    let mut totals = Totals {
        dialogs: proceedings.dialogs,
        call_ids: proceedings.call_ids,
        peak_concurrent: load.total().confirmed.peak(),
        streams,
        ..Totals::default()
    };
    let whole = proceedings.tallies.iter().filter(|((_, _, trunk, start), _)| trunk.is_none() && start.is_none());
    for (_, tally) in whole {
        totals.attempts += tally.attempts;
        totals.censored += tally.censored;
        for (outcome, n) in &tally.outcomes {
            let name = match *outcome {
                Outcome::Success => {
                    totals.answered += n;
                    "200".to_owned()
                }
                Outcome::Failed(487) => {
                    totals.cancelled += n;
                    "487".to_owned()
                }
                Outcome::Failed(code) => {
                    totals.failed += n;
                    code.to_string()
                }
                Outcome::Timeout => {
                    totals.failed += n;
                    "timeout".to_owned()
                }
                Outcome::Censored => continue,
            };
            *totals.outcomes.entry(name).or_default() += n;
        }
    }
    totals
}
