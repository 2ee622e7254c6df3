//! Takes windows of batches in order, gives the audit at the end, never lets the number of threads or the cut of windows show in it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::blind::BlindSpots;
use super::folds::{CallShard, FragmentShard, Recovered, StreamShard};
use super::joining::Joint;
use super::map::{Facts, map};
use super::shards::{SHARDS, by_shard, shard_of};
use crate::audit::{
    self, Audit, Backoffs, Collected, Contacts, Counter, Docket, Judge, Knocks, Loaded, Records, SeenMessage, Sessions, Sides, Signs, Uses,
    Watches,
};
use crate::base::{Anomaly, Origin, Time, seconds};
use crate::call::{Calls, LoadEvent, LoadKind, Settings};
use crate::capture::{Batch, CaptureInfo};
use crate::media::{Announced, Companions, Concert, Gauge, Passing, Report, Spoken, Streams, Tape};
use crate::metrics::{Bandwidth, Begun, Capacity, Load, Route, Timeline};
use crate::policy::{Party, Policy};
use crate::rules::{Losses, listens_for_tones};
use crate::sip::Arrival;
use crate::transport::{Chunk, Contact, KeyLog, Knock, Openings, Resumptions, SealedTraffic, StreamPart, TlsEvent, tls};

/// How many batches are mapped at a time: a run of media packets is folded once for all of them.
const BATCHES_PER_TASK: usize = 8;

/// How often the tallies of the shards are put together: what shards keep of one direction follows from it, and no number does.
const GATHER: i64 = seconds(60);

/// All state of a run, between windows.
pub(super) struct Stages<'p> {
    policy: &'p Policy,
    docket: &'p Docket,
    /// The times that the user asked for.
    span: Range<Time>,
    /// Whether tones are listened for.
    listens: bool,
    /// Cleared, for the next window.
    facts: Vec<Facts>,
    fragments: Vec<FragmentShard>,
    streams: Vec<StreamShard>,
    calls: Vec<CallShard<'p>>,
    media: Vec<Streams>,
    concert: Concert,
    companions: Vec<Companions>,
    announced: Announced,
    /// Ties streams to calls.
    joint: Joint<'p>,
    blind: BlindSpots,
    sealed: SealedTraffic,
    openings: Openings,
    counter: Counter,
    /// Decides what needs the order of the whole capture.
    bench: Judge<'p>,
    sides: Sides,
    /// Load events and what calls say of their media in a window, on their way from the shards: empty between windows.
    loaded: Vec<Loaded>,
    spoken: Vec<Spoken>,
    /// The same of TLS.
    tls: Vec<TlsEvent>,
    /// The same of connections that were asked for.
    knocks: Vec<Knock>,
    /// The same of MSRP.
    chunks: Vec<Chunk>,
    uses: Uses,
    sessions: Sessions,
    backoffs: Backoffs,
    watches: Watches,
    resumptions: Resumptions,
    load: Load,
    capacity: Capacity,
    /// TLS connections and attempts, in the order in which they were decided.
    contacts: Contacts,
    /// Who asked whom for connections.
    knocked: Knocks,
    /// Hosts that met over TLS, on their way to `sides`: empty between windows.
    met: Vec<(Origin, IpAddr, IpAddr)>,
    timeline: Timeline,
    /// The running clock at which the tallies of the shards were last put together.
    gathered: Time,
    times: Option<(Time, Time)>,
    clock: Time,
}

/// What a window adds to what the interconnect bore.
struct Due<'p> {
    events: Vec<(LoadEvent, Route<'p>)>,
    begun: Vec<(Begun, u64, (Party, Party))>,
    policy: &'p Policy,
}

impl Due<'_> {
    fn add_to(self, capacity: &mut Capacity) {
        self.events.iter().for_each(|(event, route)| capacity.on(event, route));
        self.begun.iter().for_each(|(begun, count, parties)| capacity.begun(begun, *count, *parties, self.policy));
    }
}

fn shards<T>(make: impl FnMut() -> T) -> Vec<T> {
    std::iter::repeat_with(make).take(SHARDS).collect()
}

impl<'p> Stages<'p> {
    /// A run over a capture that starts at `start`.
    pub(super) fn new(policy: &'p Policy, docket: &'p Docket, span: Range<Time>, start: Time, records: &'p mut dyn Records) -> Self {
        let terms = policy.global();
        let mirror_window = i64::from(terms.capture.dedupe_window_us.as_ref().map_or(500, |c| c.value)) * 1_000;
        let buffer = terms.performance.jitter_buffer_ms.as_ref().map_or(60.0, |c| c.value);
        let listens = policy.all_terms().any(listens_for_tones);
        let by_second = Bandwidth::is_limited(policy);
        #[allow(clippy::cast_possible_truncation)] // what no 64-bit count of nanoseconds can hold becomes the nearest that can
        let clock_step = terms.capture.clock_step_ms.as_ref().map_or(i64::MAX, |c| (c.value * 1e6) as i64);
        let gauge = Gauge { mirror_window, jitter_buffer: buffer / 1000.0, clock_step, by_second: true };
        let settings =
            Settings { t1: terms.sip.timers.t1(), timer_c: terms.sip.timers.timer_c(), mirror_window, start: start.max(span.start) };
        let joint = Joint::new(settings.start, by_second, records);
        Self {
            policy,
            docket,
            span,
            listens,
            facts: Vec::new(),
            fragments: shards(FragmentShard::default),
            streams: shards(StreamShard::default),
            calls: (0..)
                .take(SHARDS)
                .map(|shard| CallShard::new(shard, Calls::of_shard(settings, shard, SHARDS), Judge::new(policy, docket)))
                .collect(),
            media: shards(|| Streams::new(gauge)),
            concert: Concert::new(terms.capture.min_parallel_streams.as_ref().map_or(u32::MAX, |c| c.value)),
            companions: shards(Companions::default),
            announced: Announced::default(),
            joint,
            blind: BlindSpots::default(),
            sealed: SealedTraffic::default(),
            openings: Openings::default(),
            counter: Counter::default(),
            bench: Judge::new(policy, docket),
            sides: Sides::default(),
            loaded: Vec::new(),
            spoken: Vec::new(),
            tls: Vec::new(),
            knocks: Vec::new(),
            chunks: Vec::new(),
            uses: Uses::default(),
            sessions: Sessions::default(),
            backoffs: Backoffs::default(),
            watches: Watches::default(),
            resumptions: Resumptions::default(),
            load: Load::default(),
            capacity: Capacity::default(),
            contacts: Contacts::new(policy),
            knocked: Knocks::default(),
            met: Vec::new(),
            timeline: Timeline::default(),
            gathered: Time::MIN,
            times: None,
            clock: Time::MIN,
        }
    }

    /// Gives the key logs that open TLS from here on.
    pub(super) fn set_keys(&mut self, keys: &Arc<KeyLog>) {
        self.streams.iter_mut().for_each(|shard| shard.table.set_keys(keys));
    }

    /// Works on one window: map over batches, then fold after fold over shards.
    pub(super) fn take(&mut self, batches: &[Batch]) {
        let mut facts = std::mem::take(&mut self.facts);
        let tasks = batches.len().div_ceil(BATCHES_PER_TASK);
        let listens = self.listens;
        facts.resize_with(facts.len().max(tasks), || Facts::new(listens));
        let span = &self.span;
        facts.par_iter_mut().zip(batches.par_chunks(BATCHES_PER_TASK)).for_each(|(facts, batches)| map(batches, span, facts));
        for part in &mut facts {
            self.counter.merge(&part.counter);
            self.clock = part.clock.map_or(self.clock, |clock| self.clock.max(clock));
            self.times = hull(self.times, part.span);
            self.sealed.append(&mut part.sealed);
            part.blind.drain(..).for_each(|spot| self.blind.note(spot));
        }
        let clock = self.clock;

        let fragments =
            by_shard(count(&facts, |f| f.fragments.len()), facts.iter_mut().flat_map(|part| std::mem::take(&mut part.fragments)));
        let whole: Vec<Recovered> = (self.fragments.par_iter_mut().zip(fragments)).map(|(shard, parts)| shard.fold(parts, clock)).collect();
        let (unfragmented, late) = self.gather(whole);
        let segments = by_shard(count(&facts, |f| f.segments.len()), facts.iter().flat_map(|part| part.segments.iter()));
        let streamed: Vec<Recovered> =
            (self.streams.par_iter_mut().zip(segments).zip(&late)).map(|((shard, parts), late)| shard.fold(parts, late, clock)).collect();
        let (from_streams, _) = self.gather(streamed);
        self.contacts();
        self.knocks();

        let blind = &self.blind;
        let arrivals = by_shard(count(&facts, |f| f.arrivals.len()), facts.iter().flat_map(|part| part.arrivals.iter()));
        (self.calls.par_iter_mut().zip(arrivals).zip(unfragmented).zip(from_streams)).for_each(|(((shard, arrivals), mut a), mut b)| {
            a.append(&mut b);
            shard.fold(arrivals, &a, blind, clock);
        });
        self.blind.forget(clock);
        let due = self.settle();
        let mut capacity = std::mem::take(&mut self.capacity);
        rayon::join(|| due.add_to(&mut capacity), || self.follow(&facts));
        self.capacity = capacity;
        facts.par_iter_mut().for_each(Facts::clear);
        self.facts = facts;
    }
}

impl<'p> Stages<'p> {
    /// Media and what belongs to it, now that all SDP of the window is known.
    fn follow(&mut self, facts: &[Facts]) {
        let tapes =
            by_shard(count(facts, |f| f.runs.len()), facts.iter().flat_map(|f| f.runs.tapes()).map(|t| (shard_of(&t.flow().kin()), t)));
        let reports = by_shard(count(facts, |f| f.reports.len()), facts.iter().flat_map(|part| part.reports.iter()));
        self.media(tapes, reports);
        self.beside(facts);
        self.joint.join((&mut self.media, &mut self.companions), &mut self.calls, &mut self.bench, &self.sides, self.clock);
        self.hold();
    }

    /// Folds media.
    fn media(&mut self, tapes: Vec<Vec<Tape<'_>>>, reports: Vec<Vec<&Report>>) {
        let (announced, clock) = (&self.announced, self.clock);
        let due = announced.is_due(clock);
        self.media.par_iter_mut().zip(tapes).zip(reports).for_each(|((streams, tapes), reports)| {
            streams.take(tapes, &reports, announced);
            streams.advance(clock, announced);
            if due {
                streams.remember(announced);
            }
        });
        if due {
            self.announced.forget(clock);
        }
        self.media.iter_mut().for_each(|streams| self.concert.take(&mut streams.jolts));
        self.concert.advance(clock);
    }

    /// Folds what passed beside RTP; chunks of MSRP came out of connections, and fall between the rest.
    fn beside(&mut self, facts: &[Facts]) {
        let (chunks, clock): (Vec<Passing>, _) = (self.chunks.drain(..).map(Passing::from).collect(), self.clock);
        let passing = facts.iter().flat_map(|part| part.beside.iter()).chain(chunks.iter().map(|chunk| (shard_of(&chunk.pair()), chunk)));
        let shards = by_shard(count(facts, |f| f.beside.len()) + chunks.len(), passing);
        self.companions.par_iter_mut().zip(shards).for_each(|(companions, mut packets)| {
            if !chunks.is_empty() {
                packets.sort_by_key(|packet| packet.origin());
            }
            packets.into_iter().for_each(|packet| companions.take(packet));
            companions.advance(clock);
        });
    }

    /// Takes the breaches of media under waivers that cover only so many.
    fn hold(&mut self) {
        let pending = std::mem::take(&mut self.bench.pending);
        self.bench.hold(pending);
    }

    /// Judges TLS connections in the order in which they were decided: before the messages in them, which are judged by who stands behind.
    fn contacts(&mut self) {
        self.calls.iter_mut().for_each(|shard| shard.judge.certified = Arc::default());
        self.contacts.advance();
        for contact in self.resumptions.settle(std::mem::take(&mut self.tls)) {
            self.counter.tls.contact(&contact);
            let met = self.contacts.meet(&contact, &mut self.bench);
            // Those that keys open are counted where their messages come out.
            if let (Some((_, client, server)), Contact::Tls(tls)) = (met, &contact)
                && matches!(tls.keys, tls::Keys::Missing | tls::Keys::Wrong)
            {
                self.openings.note(client, server, tls.begun.clock);
            }
            self.met.extend(met);
        }
        self.calls.iter_mut().for_each(|shard| shard.judge.certified = self.contacts.certified());
    }

    /// Notes who asked whom for connections, in the order of the capture.
    fn knocks(&mut self) {
        self.knocks.sort_by_key(|knock| knock.at.origin);
        self.knocks.drain(..).for_each(|knock| self.knocked.take(&knock, self.policy));
    }

    /// What the whole capture decides in order: which waived breaches are covered, who is on which side, and the load. Gives what is
    /// due to the capacity, on which nothing else of the window depends.
    fn settle(&mut self) -> Due<'p> {
        let mut begun = Vec::new();
        let (mut met, mut pending, mut uses, mut fates) = (std::mem::take(&mut self.met), Vec::new(), Vec::new(), Vec::new());
        let (mut ended, mut approaches, mut pings, mut legs) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (loaded, spoken) = (&mut self.loaded, &mut self.spoken);
        for shard in &mut self.calls {
            met.append(&mut shard.judge.met);
            pending.append(&mut shard.judge.pending);
            uses.append(&mut shard.judge.uses);
            fates.append(&mut shard.judge.fates);
            legs.append(&mut shard.judge.legs);
            approaches.append(&mut shard.judge.approaches);
            pings.append(&mut shard.judge.pings);
            loaded.append(&mut shard.judge.load);
            begun.extend(shard.judge.begun.drain());
            spoken.append(&mut shard.spoken);
            ended.extend(shard.judge.ended.drain(..).map(|call| (shard.hearing.calls.awaits(call.call), call)));
        }
        // Nearly in order within a shard.
        spoken.sort();
        spoken.drain(..).for_each(|spoken| self.announced.hear(&spoken));
        self.uses.settle(uses, fates, &mut self.bench);
        self.sessions.settle(legs, self.clock, &mut self.bench);
        self.backoffs.settle(approaches, &mut self.bench);
        self.watches.settle(pings, &mut self.bench);
        pending.append(&mut self.bench.pending);
        self.bench.hold(pending);
        met.sort_unstable();
        for (_, source, destination) in met {
            self.sides.meet(source, destination);
        }
        if self.clock.since(self.gathered) >= GATHER {
            self.gathered = self.clock;
            self.calls.iter_mut().for_each(|shard| self.bench.proceedings.gather(&mut shard.judge.proceedings));
        }
        self.joint.end(ended, &mut self.bench, &self.sides);
        self.loaded.sort_by(|Loaded { event: a, .. }, Loaded { event: b, .. }| {
            (a.at, a.kind).cmp(&(b.at, b.kind)).then_with(|| a.invite.origin.cmp(&b.invite.origin))
        });
        let mut due = Due { events: Vec::with_capacity(self.loaded.len()), begun: self.begun(begun), policy: self.policy };
        for Loaded { event, trunk } in self.loaded.drain(..) {
            let (from, to) = (self.policy.party(event.invite.source.ip), self.policy.party(event.invite.destination.ip));
            let terms = self.policy.terms(from, to, trunk);
            let (from, to) = (self.sides.of(from), self.sides.of(to));
            let route = Route { from, to, trunk, terms, policy: self.policy };
            self.load.on(&event, &route);
            if matches!(event.kind, LoadKind::Answered | LoadKind::Ended) {
                self.timeline.concurrent(event.at, self.load.total().confirmed.level());
            }
            due.events.push((event, route));
        }
        self.hand_out();
        due
    }

    /// Gives the rows of messages and breaches to who wants them.
    fn hand_out(&mut self) {
        let mut seen = Vec::with_capacity(self.calls.iter().map(|shard| shard.judge.seen.len()).sum());
        let mut breached = std::mem::take(&mut self.bench.breached);
        for shard in &mut self.calls {
            seen.append(&mut shard.judge.seen);
            breached.append(&mut shard.judge.breached);
        }
        seen.sort_by_key(SeenMessage::order);
        breached.sort_by(|a, b| a.order().cmp(&b.order()));
        let (bench, sides, records) = (&self.bench, &self.sides, &mut self.joint.records);
        let mut signs = Signs::default();
        seen.into_iter().for_each(|mut seen| records.message(bench.message_row(&mut seen, sides, &mut signs)));
        breached.into_iter().filter_map(|breached| bench.breach_row(breached, sides)).for_each(|row| records.breach(row));
    }

    /// The transactions of a window, and between whom they began; their seconds may still get more from the next.
    fn begun(&self, mut begun: Vec<(Begun, u64)>) -> Vec<(Begun, u64, (Party, Party))> {
        begun.sort_unstable();
        let party = |ip| self.sides.of(self.policy.party(ip));
        begun.into_iter().map(|(begun, count)| (begun, count, (party(begun.source), party(begun.destination)))).collect()
    }

    /// The capture ends: what is open is reported as open, and the audit is put together.
    pub(super) fn finish(mut self, captures: Vec<CaptureInfo>) -> Audit {
        let clock = self.clock;
        for shard in &mut self.fragments {
            self.counter.anomalies.merge(&shard.finish());
        }
        let mut one_sided = BTreeMap::new();
        let mut last_words = Vec::new();
        for shard in &mut self.streams {
            last_words.push(shard.finish());
            self.counter.tls.merge(shard.table.tls_totals());
            self.openings.merge(shard.table.openings());
            self.sealed.append(shard.table.sealed());
            shard.table.unseen().iter().for_each(|(&pair, n)| *one_sided.entry(pair).or_insert(0) += n);
        }
        let (last_words, _) = self.gather(last_words);
        self.contacts();
        self.knocks();
        let blind = &self.blind;
        self.calls.par_iter_mut().zip(last_words).for_each(|(shard, arrivals)| {
            shard.fold(Vec::new(), &arrivals, blind, clock);
            shard.finish(blind, clock);
        });
        self.settle().add_to(&mut self.capacity);
        self.sessions.close(Time(i64::MAX), &mut self.bench);
        self.load.finish(clock);
        let (first, last) = self.times.unwrap_or((clock, clock));
        self.watches.finish((first, last), &mut self.bench);
        self.capacity.finish(first, last);
        self.timeline.finish(clock);

        for streams in &mut self.media {
            self.counter.media.merge(&streams.finish(&self.announced));
            self.concert.take(&mut streams.jolts);
        }
        self.beside(&[]);
        for companions in &mut self.companions {
            companions.advance(Time(i64::MAX));
            self.counter.media.unfollowed += companions.unfollowed;
        }
        self.joint.finish((&mut self.media, &mut self.companions), &mut self.calls, &mut self.bench, &self.sides, clock);
        self.hold();
        self.hand_out();

        self.bench.count_rest();
        let mut proceedings = self.bench.proceedings;
        for shard in self.calls {
            self.counter.merge(&shard.counter);
            self.counter.anomalies.note_many(Anomaly::SdpEndpoints, shard.hearing.overlong + shard.hearing.calls.unheard);
            proceedings.merge(shard.judge.proceedings);
        }
        proceedings.timeline.merge(&self.timeline);
        if let Some(mut seen) = proceedings.seen.take() {
            seen.sides = self.sides.hosts().map(<[IpAddr]>::to_vec);
            self.joint.records.seen(*seen);
        }
        self.counter.anomalies.merge(&self.contacts.odd);
        self.counter.anomalies.note_many(Anomaly::RtcpStray, self.counter.media.unattached);
        self.counter.anomalies.note_many(Anomaly::MediaBudget, self.counter.media.unfollowed);
        let collected = Collected {
            intake: self.counter.report(&captures),
            captures,
            streams: self.counter.media.streams,
            proceedings,
            load: self.load,
            capacity: self.capacity,
            contacts: self.contacts,
            knocks: self.knocked,
            sides: self.sides,
            one_sided,
            openings: self.openings,
            watches: self.watches,
            sealed: self.sealed,
            losses: Losses { concerted: self.concert.finish(), ..self.counter.losses() },
            first: self.times.map(|t| t.0),
            last: self.times.map(|t| t.1),
        };
        audit::close(self.policy, self.docket, collected, self.joint.records)
    }

    /// Sorts what was recovered for the next fold, and counts what was odd.
    fn gather(&mut self, parts: Vec<Recovered>) -> (Vec<Vec<Arrival>>, Vec<Vec<StreamPart>>) {
        let (mut arrivals, mut segments) = (Vec::new(), Vec::new());
        for part in parts {
            self.counter.anomalies.merge(&part.anomalies);
            part.blind.into_iter().for_each(|spot| self.blind.note(spot));
            arrivals.extend(part.arrivals);
            segments.extend(part.segments);
            self.tls.extend(part.tls);
            self.knocks.extend(part.knocks);
            self.chunks.extend(part.chunks);
        }
        (by_shard(arrivals.len(), arrivals), by_shard(segments.len(), segments))
    }
}

/// How many items of a kind a window holds.
fn count(facts: &[Facts], of: impl Fn(&Facts) -> usize) -> usize {
    facts.iter().map(of).sum()
}

/// The smallest span that holds both.
fn hull(a: Option<(Time, Time)>, b: Option<(Time, Time)>) -> Option<(Time, Time)> {
    match (a, b) {
        (Some((first, last)), Some((f, l))) => Some((first.min(f), last.max(l))),
        (one, other) => one.or(other),
    }
}
