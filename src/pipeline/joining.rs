//! Takes what calls said and the streams that ended in a window, gives both to the judge when their turn comes, never in another order than the capture's.

use hashbrown::HashMap;

use crate::audit::{Judge, Sides, StreamRow};
use crate::base::{Endpoint, Time, seconds};
use crate::binding::{END, Heard, Table};
use crate::media::{Companions, Passed, Streams};

/// How often calls that are over are looked at: what is still open need not be asked for every window.
const EVERY: i64 = seconds(5);

/// What becomes of the row of each stream.
pub type Rows<'r> = dyn FnMut(&StreamRow) + Send + 'r;

/// Where calls, sharded by Call-ID, meet streams, sharded by flow: one table, in order of time.
pub(super) struct Joint<'r> {
    table: Table,
    /// Streams that ended, since they were last taken.
    pub(super) passed: Vec<Passed>,
    /// The beginning of the capture.
    start: Time,
    /// The running clock at which calls that are over were last looked at.
    looked: Time,
    /// The same for bandwidth; `None` where nobody limits it.
    summed: Option<Time>,
    rows: &'r mut Rows<'r>,
}

impl<'r> Joint<'r> {
    pub(super) fn new(start: Time, by_second: bool, rows: &'r mut Rows<'r>) -> Self {
        Self { table: Table::default(), passed: Vec::new(), start, looked: Time::MIN, summed: by_second.then_some(Time::MIN), rows }
    }

    /// Takes what the calls of a window said and did.
    pub(super) fn hear(&mut self, heard: impl IntoIterator<Item = Heard>) {
        self.table.hear(heard);
    }

    /// Bodies that were not listened to, for their call had said too much.
    pub(super) const fn unheard(&self) -> u64 {
        self.table.unheard
    }

    /// Takes the streams that ended, and judges what can be judged at `clock`.
    pub(super) fn join(&mut self, (media, beside): (&mut [Streams], &mut [Companions]), bench: &mut Judge<'_>, sides: &Sides, clock: Time) {
        self.streams((media, beside), bench, sides, clock);
        if self.summed.is_some_and(|summed| clock.since(summed) >= EVERY) {
            self.summed = Some(clock);
            let open = media.iter().flat_map(Streams::unsettled).map(|(_, begun)| begun).min();
            let earliest = [open, self.table.earliest()].into_iter().flatten().fold(clock, Time::min);
            bench.proceedings.bandwidth.settle(earliest.floor(seconds(1)));
        }
        if clock.since(self.looked) < EVERY || !self.table.is_due(clock) {
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
        self.calls(&open, bench, sides, clock, None);
    }

    /// Judges what is left when the capture ends at `end`.
    pub(super) fn finish(&mut self, (media, beside): (&mut [Streams], &mut [Companions]), bench: &mut Judge<'_>, sides: &Sides, end: Time) {
        self.streams((media, beside), bench, sides, END);
        self.calls(&HashMap::new(), bench, sides, END, Some(end));
    }

    fn streams(&mut self, (media, beside): (&mut [Streams], &mut [Companions]), bench: &mut Judge<'_>, sides: &Sides, clock: Time) {
        for stream in media.iter_mut().flat_map(|streams| streams.finished.drain(..)) {
            self.passed.push(Passed::of(&stream));
            self.table.end(stream);
        }
        let (start, rows) = (self.start, &mut self.rows);
        self.table.settle(clock, |tied| {
            let row = bench.stream(tied, start, sides);
            rows(&row);
        });
        beside.iter_mut().flat_map(|pairs| pairs.finished.drain(..)).for_each(|companion| self.table.end_beside(companion));
        self.table.settle_beside(clock, |companion, call, until| bench.beside(companion, call, until));
    }

    fn calls(&mut self, open: &HashMap<Endpoint, Time>, bench: &mut Judge<'_>, sides: &Sides, clock: Time, end: Option<Time>) {
        self.table.close(clock, open, |call, known| bench.media(call, known, end, sides));
    }
}
