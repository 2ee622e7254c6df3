//! Takes what calls said and the streams that ended in a window, gives both to the judge when their turn comes, never in another order than the capture's.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::folds::CallShard;
use crate::audit::{CarriedStream, EndedCall, Judge, Records, Sides};
use crate::base::{Endpoint, Time, seconds};
use crate::binding::{END, MediaCalls, Settled, Table};
use crate::media::{Companions, Passed, Streams};

/// How often calls that are over are looked at: what is still open need not be asked for every window.
const EVERY: i64 = seconds(5);

/// Where calls, sharded by Call-ID, meet streams, sharded by flow: one table, in order of time.
pub(super) struct Joint<'r> {
    table: Table,
    /// The beginning of the capture.
    start: Time,
    /// The running clock at which calls that are over were last looked at.
    looked: Time,
    /// The same for bandwidth; `None` where nobody limits it.
    summed: Option<Time>,
    /// Calls whose signalling is over and whose media is not, and what their streams came to so far.
    ended: HashMap<u64, EndedCall>,
    carried: HashMap<u64, Vec<CarriedStream>>,
    wants_calls: bool,
    pub(super) records: &'r mut dyn Records,
}

impl<'r> Joint<'r> {
    pub(super) fn new(start: Time, by_second: bool, records: &'r mut dyn Records) -> Self {
        Self {
            table: Table::default(),
            start,
            looked: Time::MIN,
            summed: by_second.then_some(Time::MIN),
            ended: HashMap::new(),
            carried: HashMap::new(),
            wants_calls: records.wants_calls(),
            records,
        }
    }

    /// Takes calls whose signalling is over, and whether their media is yet to be judged; those without need not wait for any.
    pub(super) fn end(&mut self, ended: impl IntoIterator<Item = (bool, EndedCall)>, bench: &mut Judge<'_>, sides: &Sides) {
        for (waits, call) in ended {
            if waits {
                self.ended.insert(call.call, call);
            } else {
                self.over(call, &[], &[], bench, sides);
            }
        }
    }

    /// A call is over, with its media: it is weighed, and recorded where someone wants that.
    fn over(&mut self, ended: EndedCall, streams: &[CarriedStream], broken: &[u16], bench: &mut Judge<'_>, sides: &Sides) {
        bench.weigh(&ended, streams);
        if self.wants_calls {
            bench.call_rows(ended, streams, broken, sides).into_iter().for_each(|row| self.records.call(row));
        }
    }

    /// Takes the streams that ended, and judges what can be judged at `clock`.
    pub(super) fn join<'p>(
        &mut self,
        (media, beside): (&mut [Streams], &mut [Companions]),
        calls: &mut [CallShard<'p>],
        bench: &mut Judge<'p>,
        sides: &Sides,
        clock: Time,
    ) {
        self.streams((media, beside), calls, bench, sides, clock);
        if self.summed.is_some_and(|summed| clock.since(summed) >= EVERY) {
            self.summed = Some(clock);
            let open = media.iter().flat_map(Streams::unsettled).map(|(_, begun)| begun).min();
            let said = calls.iter().filter_map(|shard| shard.hearing.calls.earliest()).min();
            let earliest = [open, said, self.table.earliest()].into_iter().flatten().fold(clock, Time::min);
            bench.proceedings.bandwidth.settle(earliest.floor(seconds(1)));
        }
        if clock.since(self.looked) < EVERY || !calls.iter().any(|shard| shard.hearing.calls.is_due(clock)) {
            return;
        }
        self.looked = clock;
        let mut open: HashMap<Endpoint, Time> = HashMap::new();
        let streams = media.iter().flat_map(Streams::unsettled).map(|(flow, begun)| ((flow.source, flow.destination), begun));
        for ((a, b), begun) in streams.chain(beside.iter().flat_map(Companions::unsettled)) {
            for end in [a, b] {
                open.entry(end).and_modify(|first| *first = (*first).min(begun)).or_insert(begun);
            }
        }
        self.close(calls, &open, bench, sides, (clock, None));
    }

    /// Judges what is left when the capture ends at `end`.
    pub(super) fn finish<'p>(
        &mut self,
        (media, beside): (&mut [Streams], &mut [Companions]),
        calls: &mut [CallShard<'p>],
        bench: &mut Judge<'p>,
        sides: &Sides,
        end: Time,
    ) {
        self.streams((media, beside), calls, bench, sides, END);
        self.close(calls, &HashMap::new(), bench, sides, (END, Some(end)));
    }

    fn streams(
        &mut self,
        (media, beside): (&mut [Streams], &mut [Companions]),
        calls: &mut [CallShard<'_>],
        bench: &mut Judge<'_>,
        sides: &Sides,
        clock: Time,
    ) {
        let mut calls: Vec<&mut MediaCalls> = calls.iter_mut().map(|shard| &mut shard.hearing.calls).collect();
        calls.iter_mut().for_each(|calls| self.table.learn(calls));
        for stream in media.iter_mut().flat_map(|streams| streams.finished.drain(..)) {
            self.table.end(stream);
        }
        beside.iter_mut().flat_map(|pairs| pairs.finished.drain(..)).for_each(|companion| self.table.end_beside(companion));
        let (start, records, carried) = (self.start, &mut self.records, &mut self.carried);
        self.table.settle(&mut calls, clock, |settled| {
            let (rows, call) = match settled {
                Settled::Stream(tied) => {
                    bench.carried(&Passed::of(tied.stream));
                    (vec![bench.stream(tied, start, sides)], tied.call)
                }
                Settled::Beside(tied) => (bench.beside(tied, sides), tied.call),
            };
            for row in rows {
                records.stream(&row);
                if let Some((call, bound)) = call {
                    carried.entry(call.number).or_default().push(CarriedStream::of(&row, bound));
                }
            }
        });
    }

    /// Judges the media of calls that are over at a time, each shard's by its own judge; where bandwidth is limited, what they announced is
    /// added up in one place.
    fn close<'p>(
        &mut self,
        calls: &mut [CallShard<'p>],
        open: &HashMap<Endpoint, Time>,
        bench: &mut Judge<'p>,
        sides: &Sides,
        (clock, end): (Time, Option<Time>),
    ) {
        let (pairs, keep) = (self.table.pairs(), self.summed.is_some());
        calls.par_iter_mut().for_each(|shard| shard.close(clock, open, pairs, end, keep));
        for shard in calls {
            self.table.learn(&mut shard.hearing.calls);
            bench.pending.append(&mut shard.judge.pending);
            for (call, mut broken) in shard.closed.drain(..) {
                broken.extend(bench.forget(call));
                let streams = self.carried.remove(&call).unwrap_or_default();
                if let Some(ended) = self.ended.remove(&call) {
                    self.over(ended, &streams, &broken, bench, sides);
                }
            }
            shard.announced.drain(..).for_each(|(call, end)| bench.announce(&call, end, sides));
        }
    }
}
