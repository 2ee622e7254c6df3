//! Takes the streams of one source to several endpoints, gives them without the losses of one that another carried, never joins them.

use super::stream::Stream;

/// A source may send to one endpoint, then for a while to another (music on hold, a re-offer with another port), and back, with one numbering
/// for all: what went elsewhere is no loss. Exact for the gaps that a stream keeps, which are its longest.
pub fn settle(streams: &mut [Stream]) {
    for at in 0..streams.len() {
        let (before, rest) = streams.split_at_mut(at);
        let Some((stream, after)) = rest.split_first_mut() else { return };
        for other in before.iter().chain(after.iter()) {
            stream.without(other);
        }
    }
}

impl Stream {
    /// Takes out the losses that `other` carried.
    fn without(&mut self, other: &Self) {
        let is_other_way =
            self.flow.ssrc == other.flow.ssrc && self.flow.source == other.flow.source && self.flow.destination != other.flow.destination;
        if !is_other_way {
            return;
        }
        let Some(gap) = self.gaps.longest.iter_mut().find(|gap| gap.missing > 0 && gap.from <= other.begun && other.ended <= gap.to) else {
            return;
        };
        let carried = other.reception.expected.min(u64::from(gap.missing));
        let all = carried == u64::from(gap.missing);
        gap.missing -= u16::try_from(carried).unwrap_or(gap.missing);
        self.gaps.pauses += u64::from(all);
        let take = |from: &mut u64| *from = from.saturating_sub(carried);
        take(&mut self.reception.expected);
        take(&mut self.reception.lost_unique);
        let bursts = &mut self.bursts;
        take(&mut bursts.packets);
        take(&mut bursts.lost);
        // So many losses in a row were a burst.
        if carried > 1 {
            take(&mut bursts.burst_packets);
            take(&mut bursts.burst_events);
        }
        if all {
            bursts.runs = bursts.runs.saturating_sub(1);
            if bursts.burst_events == 0 {
                bursts.bursts = 0;
            }
        }
        bursts.longest_run = bursts.longest_run.min(bursts.lost + bursts.discarded);
    }
}
