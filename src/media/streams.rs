//! Takes the packets of one shard in order, with RTCP and the endpoints that SDP named, gives streams, never believes a port number.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;
use smallvec::SmallVec;

use super::announced::{Announced, Succession};
use super::ended::Ended;
use super::jolts::Jolts;
use super::meter::{Gauge, Meter};
use super::reports::Report;
use super::runs::{Flow, IDLE, Kin, Notes, Regular, Tape};
use super::sighting::Sighting;
use crate::base::{Origin, Time};

/// Packets without which a flow that no SDP announced is not called media (MED-RTP-001, `rogue_min_packets`).
const ENOUGH: u64 = 50;

/// Flows that one table follows; packets of those beyond are counted apart, until others end.
const MAX_FLOWS: usize = 1 << 14;

/// How much media there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// RTP packets in the clear.
    pub rtp_packets: u64,
    /// Packets of streams that SDP announced as SRTP.
    pub srtp_packets: u64,
    /// Streams: flow and synchronisation source, ended by a minute of silence or a new start after a pause.
    pub streams: u64,
    /// Packets that look like media, of flows beyond what can be followed at once.
    pub unfollowed: u64,
    /// Statements of RTCP about streams that the capture does not hold.
    pub unattached: u64,
}

impl Counts {
    /// Adds the counts of another shard.
    pub const fn merge(&mut self, other: &Self) {
        self.rtp_packets += other.rtp_packets;
        self.srtp_packets += other.srtp_packets;
        self.streams += other.streams;
        self.unfollowed += other.unfollowed;
        self.unattached += other.unattached;
    }
}

/// The RTCP of a window about one source, and what of it some stream took.
type Heard = (Vec<Report>, Vec<bool>);

/// A flow that may go on. Most flows that are no media have one packet, which should cost little.
#[derive(Clone, Debug)]
enum Open {
    Single { packet: Sighting, secure: Option<bool>, left: bool },
    Stream(Box<Meter>),
}

impl Open {
    /// The frame of the first packet.
    const fn origin(&self) -> Origin {
        match self {
            Self::Single { packet, .. } => packet.origin,
            Self::Stream(meter) => meter.origin(),
        }
    }

    /// The place in the capture of the latest packet that was counted.
    const fn latest(&self) -> u64 {
        match self {
            Self::Single { packet, .. } => packet.origin.serial,
            Self::Stream(meter) => meter.latest(),
        }
    }

    /// When it began.
    fn begun(&self) -> Time {
        match self {
            Self::Single { packet, .. } => packet.time.min(packet.clock),
            Self::Stream(meter) => meter.begun(),
        }
    }

    /// The running clock at the last packet.
    const fn clock(&self) -> Time {
        match self {
            Self::Single { packet, .. } => packet.clock,
            Self::Stream(meter) => meter.clock(),
        }
    }

    /// Whether what comes at `clock` belongs to another stream: too long after this.
    const fn is_over(&self, clock: Time) -> bool {
        clock.since(self.clock()) > IDLE
    }

    /// The meter, made where there is none yet.
    fn meter(&mut self, gauge: &Gauge, jolts: &mut Jolts) -> Option<&mut Meter> {
        if let Self::Single { packet, secure, left } = self {
            jolts.begun(packet.clock);
            let mut meter = Meter::new(packet, gauge);
            (meter.secure, meter.left) = (*secure, *left);
            *self = Self::Stream(meter);
        }
        match self {
            Self::Stream(meter) => Some(meter),
            Self::Single { .. } => None,
        }
    }

    /// Says what it noticed.
    fn tell(&mut self, jolts: &mut Jolts) {
        if let Self::Stream(meter) = self {
            meter.watch.jolts.drain(..).for_each(|jolt| jolts.add(&jolt));
        }
    }

    /// Says that it is over.
    fn leave(&self, jolts: &mut Jolts) {
        if let Self::Stream(meter) = self {
            jolts.ended(meter.clock());
        }
    }

    fn remember(&mut self, flow: &Flow, announced: &Announced) {
        let begun = self.begun();
        let (ended, secure, left) = match self {
            Self::Single { packet, secure, left } => (packet.clock, secure, left),
            Self::Stream(meter) => (meter.clock(), &mut meter.secure, &mut meter.left),
        };
        *secure = either(*secure, announced.speaks_of(flow, begun, ended));
        *left |= announced.ended(flow.destination).is_some_and(|end| begun < end);
    }

    /// Whether it belongs to a call before one that takes over its receiver: that call ended while it went on.
    fn is_of_one_before(&self, succession: &Succession) -> bool {
        let left = match self {
            Self::Single { left, .. } => *left,
            Self::Stream(meter) => meter.left,
        };
        left || succession.ended.is_some_and(|ended| self.begun() < ended)
    }
}

/// Follows the flows of one shard, and decides which are media.
///
/// For every window: first every announcement, then `take`, then `advance` to the clock of its last frame. A flow is judged a minute after it
/// has ended, by its packets and by what was announced until then; so the outcome does not depend on where windows begin.
#[derive(Debug)]
pub struct Streams {
    gauge: Gauge,
    open: HashMap<Flow, Open>,
    /// Open flows by a running clock at which they had a packet; looked at again when a minute has passed since.
    queue: BTreeMap<(Time, Origin), Flow>,
    /// The open flows that RTCP about a source can mean.
    kin: HashMap<Kin, SmallVec<[Flow; 1]>>,
    /// Streams that are over, for which SDP may still come: until a minute after.
    over: BTreeMap<(Time, Origin), (Flow, Open)>,
    /// Streams that were judged to be media, since they were last taken.
    pub finished: Vec<Ended>,
    /// What streams noticed, since it was last taken.
    pub jolts: Jolts,
    counts: Counts,
}

impl Streams {
    /// Follows no flow yet.
    #[must_use]
    pub fn new(gauge: Gauge) -> Self {
        Self {
            gauge,
            open: HashMap::new(),
            queue: BTreeMap::new(),
            kin: HashMap::new(),
            over: BTreeMap::new(),
            finished: Vec::new(),
            jolts: Jolts::default(),
            counts: Counts::default(),
        }
    }

    /// Takes the packets of a window, flow by flow, and the RTCP of that window, both in the order of the capture.
    pub fn take<'a>(&mut self, tapes: impl IntoIterator<Item = Tape<'a>>, reports: &[&Report], announced: &Announced) {
        let mut by_kin: HashMap<Kin, Heard> = HashMap::new();
        for &report in reports {
            let (list, taken) = by_kin.entry(report.kin()).or_default();
            list.push(report.placed(announced));
            taken.push(false);
        }
        for tape in tapes {
            let reports = if by_kin.is_empty() { None } else { by_kin.get_mut(&tape.flow().kin()) };
            self.push(tape, reports, announced);
        }
        for (kin, (reports, mut taken)) in by_kin {
            for flow in self.kin.get(&kin).into_iter().flatten() {
                // Only what is about it makes more of a flow of one packet.
                let open = self.open.get_mut(flow).filter(|_| reports.iter().any(|report| report.is_about(flow)));
                if let Some(meter) = open.and_then(|open| open.meter(&self.gauge, &mut self.jolts)) {
                    hear(meter, flow, u64::MAX, &reports, &mut taken);
                }
            }
            // A receiver that sends nothing speaks of itself too, and rightly.
            let stray = reports.iter().zip(taken).filter(|(report, taken)| !taken && !report.is_own());
            self.counts.unattached += stray.count() as u64;
        }
    }

    fn push(&mut self, tape: Tape<'_>, mut reports: Option<&mut Heard>, announced: &Announced) {
        let (flow, notes) = (tape.flow(), tape.notes());
        let successions = announced.successions(flow.destination);
        let mut tape = tape.read();
        let mut first = None;
        let room = self.open.len() < MAX_FLOWS;
        let Self { gauge, open, queue, over, kin, jolts, counts, .. } = self;
        let open = match open.entry(flow) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) if room => {
                let Some((&packet, regular)) = tape.take() else { return };
                first = Some(regular);
                queue.insert((packet.clock, packet.origin), flow);
                kin.entry(flow.kin()).or_default().push(flow);
                entry.insert(Open::Single { packet, secure: None, left: false })
            }
            Entry::Vacant(_) => {
                counts.unfollowed += tape.count();
                return;
            }
        };
        // Most takeovers are of nothing that still passes.
        let successions = if successions.iter().any(|s| open.is_of_one_before(s)) { successions } else { &[] };
        let mut place = Seat { flow, open, gauge, queue, over, notes, jolts, successions };
        if let Some(regular) = first {
            place.follow(regular, &mut reports);
        }
        while let Some((packet, regular)) = tape.take() {
            place.note(packet.origin.serial);
            let is_over = place.open.is_over(packet.clock) || place.is_passed_on(packet);
            if let Some((reports, taken)) = &mut reports
                && let Some(meter) = place.open.meter(gauge, place.jolts)
            {
                hear(meter, &flow, packet.origin.serial, reports, taken);
            }
            if is_over {
                place.replace(Open::Single { packet: *packet, secure: None, left: false });
            } else if let Some(next) = place.open.meter(gauge, place.jolts).and_then(|meter| meter.on(packet, gauge)) {
                place.replace(Open::Stream(next));
            }
            place.follow(regular, &mut reports);
        }
        place.note(u64::MAX);
        place.open.tell(place.jolts);
    }

    fn end(&mut self, flow: Flow) {
        if let Some(ended) = self.open.remove(&flow) {
            ended.leave(&mut self.jolts);
            self.over.insert((ended.clock(), ended.origin()), (flow, ended));
        }
        if let Some(flows) = self.kin.get_mut(&flow.kin()) {
            flows.retain(|other| *other != flow);
            if flows.is_empty() {
                self.kin.remove(&flow.kin());
            }
        }
    }

    /// Judges what has ended a minute before `clock`.
    pub fn advance(&mut self, clock: Time, announced: &Announced) {
        while let Some((&(at, origin), &flow)) = self.queue.first_key_value()
            && clock.since(at) > IDLE
        {
            self.queue.remove(&(at, origin));
            match self.open.get(&flow) {
                Some(open) if open.is_over(clock) => self.end(flow),
                // It went on; a flow that ended in the meantime has its own place in the queue.
                Some(open) if open.origin() == origin => {
                    self.queue.insert((open.clock(), origin), flow);
                }
                _ => {}
            }
        }
        while let Some(entry) = self.over.first_entry()
            && clock.since(entry.key().0) > IDLE
        {
            let (flow, ended) = entry.remove();
            self.judge(flow, ended, announced);
        }
    }

    /// The flows that are not judged yet, each with the time stamp or running clock at its beginning, whichever is the earlier.
    pub fn unsettled(&self) -> impl Iterator<Item = (&Flow, Time)> {
        self.open.iter().chain(self.over.values().map(|(flow, open)| (flow, open))).map(|(flow, open)| (flow, open.begun()))
    }

    /// Remembers what was announced of the flows that go on: before announcements are forgotten.
    pub fn remember(&mut self, announced: &Announced) {
        self.open.iter_mut().for_each(|(flow, open)| open.remember(flow, announced));
        self.over.values_mut().for_each(|(flow, open)| open.remember(flow, announced));
    }

    /// Judges what is left at the end of the capture, gives all counts; the last streams are in `finished`.
    pub fn finish(&mut self, announced: &Announced) -> Counts {
        self.advance(Time(i64::MAX), announced);
        self.counts
    }

    fn judge(&mut self, flow: Flow, mut open: Open, announced: &Announced) {
        open.remember(&flow, announced);
        let plausible = matches!(&open, Open::Stream(meter) if meter.is_plausible(ENOUGH));
        let secure = match &open {
            Open::Single { secure, .. } => *secure,
            Open::Stream(meter) => meter.secure,
        };
        if secure.is_none() && !plausible {
            return;
        }
        let meter = match open {
            Open::Single { packet, secure, .. } => {
                let mut meter = Meter::new(&packet, &self.gauge);
                meter.secure = secure;
                meter
            }
            Open::Stream(meter) => meter,
        };
        self.counts.streams += 1;
        if secure == Some(true) {
            self.counts.srtp_packets += meter.all();
        } else {
            self.counts.rtp_packets += meter.all();
        }
        self.finished.push(Ended::new(flow, meter));
    }
}

/// An open flow, and where it goes when another stream of it begins.
struct Seat<'a> {
    flow: Flow,
    open: &'a mut Open,
    gauge: &'a Gauge,
    queue: &'a mut BTreeMap<(Time, Origin), Flow>,
    over: &'a mut BTreeMap<(Time, Origin), (Flow, Open)>,
    notes: Notes<'a>,
    jolts: &'a mut Jolts,
    successions: &'a [Succession],
}

impl Seat<'_> {
    /// Takes packets that follow the last regularly.
    fn follow(&mut self, mut regular: Regular<'_>, reports: &mut Option<&mut Heard>) {
        while regular.left > 0 {
            let Some(meter) = self.open.meter(self.gauge, self.jolts) else { return };
            if self.successions.is_empty() && meter.is_steady(&regular.packet) {
                return meter.follow(&mut regular, self.gauge);
            }
            if !regular.advance() {
                return;
            }
            let packet = &regular.packet;
            self.note(packet.origin.serial);
            let Some(meter) = self.open.meter(self.gauge, self.jolts) else { return };
            if let Some((reports, taken)) = reports {
                hear(meter, &self.flow, packet.origin.serial, reports, taken);
            }
            if self.is_passed_on(packet) {
                self.replace(Open::Single { packet: *packet, secure: None, left: false });
            } else if let Some(next) = self.open.meter(self.gauge, self.jolts).and_then(|meter| meter.on(packet, self.gauge)) {
                self.replace(Open::Stream(next));
            }
        }
    }

    /// Whether the receiver has gone over to another call since the last packet: a source that goes on sends a stream of that call from here.
    fn is_passed_on(&self, packet: &Sighting) -> bool {
        let since = self.open.latest()..packet.origin.serial;
        self.successions.iter().any(|s| since.contains(&s.serial) && self.open.is_of_one_before(s))
    }

    /// Tells what was found in the packets that were captured before the place `until`: before each packet that may change what becomes of those
    /// before it, so that no cut of the capture shows.
    fn note(&mut self, until: u64) {
        while let Some(note) = self.notes.take(until) {
            // Of a single packet, which is the first, nothing is told.
            if let Open::Stream(meter) = &mut *self.open {
                meter.note(&note);
            }
        }
    }

    /// Begins a stream where another of the same flow ends.
    fn replace(&mut self, next: Open) {
        self.note(next.origin().serial);
        self.queue.insert((next.clock(), next.origin()), self.flow);
        self.open.tell(self.jolts);
        self.open.leave(self.jolts);
        if let Open::Stream(next) = &next {
            self.jolts.begun(next.begun());
        }
        let ended = std::mem::replace(self.open, next);
        self.over.insert((ended.clock(), ended.origin()), (self.flow, ended));
    }
}

/// Lets a meter hear the RTCP that was captured before the place `until`, and marks what it took.
fn hear(meter: &mut Meter, flow: &Flow, until: u64, reports: &[Report], taken: &mut [bool]) {
    meter.hear(reports, flow, until, &mut |n| taken.iter_mut().skip(n).take(1).for_each(|taken| *taken = true));
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    a.zip(b).map_or(a.or(b), |(a, b)| Some(a || b))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::super::{Runs, Spoken, Word};
    use super::*;
    use crate::base::Endpoint;
    use crate::capture::{Frame, LinkType};
    use crate::packet::{Datagram, Layers};
    use crate::rtp::Header;

    fn end(port: u16) -> Endpoint {
        Endpoint::new(IpAddr::from([192, 0, 2, 1]), port)
    }

    /// 20 ms of G.711.
    const VOICE: [u8; 172] = [0xd5; 172];

    const GAUGE: Gauge = Gauge { mirror_window: 500_000, jitter_buffer: 0.06, clock_step: 20_000_000, by_second: false };

    /// One packet of a made-up capture: `at` milliseconds, from `port`, with `seq`.
    #[derive(Clone, Copy, Debug)]
    struct Rtp {
        at: i64,
        port: u16,
        seq: u16,
    }

    fn stream(port: u16, packets: u16) -> Vec<Rtp> {
        (0..packets).map(|n| Rtp { at: i64::from(n) * 20, port, seq: 65_500u16.wrapping_add(n) }).collect()
    }

    /// Runs packets and announcements (time, port, secure) through windows that end before the packets in `cuts`.
    fn count(packets: &[Rtp], named: &[(i64, u16, bool)], cuts: &[usize]) -> Counts {
        let time = |at: i64| Time(at * 1_000_000);
        let (mut streams, mut announced) = (Streams::new(GAUGE), Announced::default());
        let mut bounds: Vec<_> = cuts.iter().map(|&c| c.min(packets.len())).chain([0, packets.len()]).collect();
        bounds.sort_unstable();
        let mut named = named.to_vec();
        named.sort_unstable();
        for window in bounds.windows(2) {
            let mut runs = Runs::default();
            for (n, p) in packets.iter().enumerate().take(window[1]).skip(window[0]) {
                let origin = Origin { serial: n as u64, capture: 0, frame: n as u32 + 1 };
                let frame = Frame { origin, time: time(p.at), clock: time(p.at), link: LinkType(1), data: &[], wire_len: 0 };
                let layers = Layers { ip_id: u32::from(p.seq), ip_len: 200, ..Layers::default() };
                let datagram = Datagram { source: end(p.port), destination: end(9), layers, payload: &VOICE, cut: false };
                let timestamp = u32::from(p.seq) * 160;
                let header =
                    Header { marker: false, payload_type: 8, seq: p.seq, timestamp, ssrc: 7, sources: 0, padded: false, offset: 12 };
                runs.add(&frame, &datagram, &header);
            }
            let until = if window[1] == packets.len() { i64::MAX / 1_000_000 } else { packets[window[1]].at };
            named.retain(|&(at, port, secure)| {
                let now = at <= until;
                if now {
                    announced.hear(&Spoken { at: time(at), word: Word::Names(0, end(port), secure), call: 0 });
                }
                !now
            });
            streams.take(runs.tapes(), &[], &announced);
            if let Some(last) = window[1].checked_sub(1).and_then(|n| packets.get(n)) {
                streams.advance(time(last.at), &announced);
                if announced.is_due(time(last.at)) {
                    streams.remember(&announced);
                    announced.forget(time(last.at));
                }
            }
        }
        streams.finish(&announced)
    }

    #[test]
    fn fifty_packets_in_sequence_are_media_without_sdp() {
        assert_eq!(count(&stream(1, 49), &[], &[]), Counts::default());
        assert_eq!(count(&stream(1, 50), &[], &[]), Counts { rtp_packets: 50, streams: 1, ..Counts::default() });
    }

    #[test]
    fn random_sequence_numbers_are_no_media() {
        let noise: Vec<_> = (0..200u16).map(|n| Rtp { at: i64::from(n), port: 1, seq: n.wrapping_mul(40_503) }).collect();
        assert_eq!(count(&noise, &[], &[]), Counts::default());
    }

    #[test]
    fn a_mirror_port_does_not_hide_media() {
        let twice: Vec<_> = stream(1, 50).into_iter().flat_map(|p| [p, p]).collect();
        assert_eq!(count(&twice, &[], &[]).rtp_packets, 100);
    }

    #[test]
    fn sdp_names_either_end_shortly_before_or_after() {
        let media = stream(1, 5);
        assert_eq!(count(&media, &[(-5000, 9, false)], &[]).rtp_packets, 5);
        assert_eq!(count(&media, &[(-5000, 1, true)], &[]).srtp_packets, 5);
        assert_eq!(count(&media, &[(30_000, 1, false)], &[]).rtp_packets, 5);
        assert_eq!(count(&media, &[(90_000, 1, false)], &[]).rtp_packets, 0);
        assert_eq!(count(&media, &[(-3_700_000, 1, false)], &[]).rtp_packets, 0);
    }

    #[test]
    fn a_minute_of_silence_ends_a_stream() {
        let mut media = stream(1, 60);
        media.extend(stream(1, 60).into_iter().map(|p| Rtp { at: p.at + 70_000, ..p }));
        assert_eq!(count(&media, &[], &[]).streams, 2);
    }

    proptest! {
        /// Three flows with gaps, losses and long silence, with SDP now and then: the same counts wherever windows begin.
        #[test]
        fn counts_do_not_depend_on_windows(
            steps in proptest::collection::vec((0u16..3, prop::sample::select(vec![0i64, 20, 20, 20, 59_990, 60_010, 1_900_000]), 0u16..3), 0..300),
            named in proptest::collection::vec((0i64..40_000_000, 0u16..3, any::<bool>()), 0..4),
            cuts in proptest::collection::vec(0usize..300, 0..12),
        ) {
            let (mut at, mut seqs) = (0, [0u16; 3]);
            let packets: Vec<_> = steps.iter().map(|&(port, wait, step)| {
                at += wait;
                let seq = &mut seqs[usize::from(port)];
                *seq = seq.wrapping_add(step);
                Rtp { at, port, seq: *seq }
            }).collect();
            prop_assert_eq!(count(&packets, &named, &cuts), count(&packets, &named, &[]));
        }
    }
}
