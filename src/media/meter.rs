//! Takes the packets of one flow one by one, gives its stream when it is over, never looks at another flow.

use super::digits::Dialling;
use super::gaps::{GAP, Gap, Gaps};
use super::pace::Pace;
use super::packetization::Packetization;
use super::reception::{Numbering, Place};
use super::reports::{Hearing, Report};
use super::runs::{Flow, IDLE, Note, Regular};
use super::series::Series;
use super::sighting::Sighting;
use super::stream::{Format, Stream};
use super::texture::Texture;
use super::timing::Timing;
use super::tones::Listening;
use super::watch::Watch;
use crate::base::{Origin, Time, seconds};
use crate::packet::Carried;
use crate::rtp::TelephoneEvent;

/// Packets that may be missing without a look at the time stamps: a new start that falls so near is rare.
const LEAP: u16 = 16;

/// How far the time stamps may be off when packets are missing, in seconds: more, and it is a new start.
const OFF: f64 = 2.0;

/// Since the highest sequence number came: what is behind it so late is no straggler.
const STRAGGLING: i64 = seconds(1);

/// A new start after so long is a new stream.
const PAUSE: i64 = seconds(2);

/// Packets before which a stream is not asked what it noticed (MED-RTP-001, `rogue_min_packets`).
const BELIEVED: u64 = 50;

/// Payload types that are kept apart.
const FORMATS: usize = 16;

/// Clocks that are kept apart.
const CLOCKS: usize = 4;

/// Comfort noise (RFC 3389); 19 was its number before (RFC 3551 §6).
const NOISE: [u8; 2] = [13, 19];

/// Payload types that nobody uses: RTCP would collide with 64–95 (RFC 5761 §4), 35–63 are unassigned (RFC 3551 §6).
const UNUSED: u128 = ((1 << 96) - 1) & !((1 << 35) - 1);

/// What a meter does with its packets, as the policy says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gauge {
    /// Copies of a packet inside this are made by a mirror port, in nanoseconds.
    pub mirror_window: i64,
    /// How long a packet may wait in a jitter buffer, in seconds.
    pub jitter_buffer: f64,
    /// How far the clock of a capture may step, in nanoseconds.
    pub clock_step: i64,
    /// Whether octets are counted second by second: where bandwidth is limited.
    pub by_second: bool,
}

/// What the packets of a payload type are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Media,
    Noise,
    Event,
}

/// A packet that is held, and what was found in it.
#[derive(Clone, Debug)]
struct Held {
    packet: Sighting,
    note: Option<Note>,
}

/// Packets of a flow that may go on. What few streams have is boxed: tens of thousands may go on at once.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    first: Sighting,
    /// The last packet that was counted, and the running clock at the last of all.
    last: Sighting,
    clock: Time,
    /// When the highest sequence number came.
    advanced: Time,
    /// A packet far from all others: the next shows whether it began anew.
    held: Option<Box<Held>>,
    packets: u64,
    ip_octets: u64,
    payload_octets: u64,
    markers: u64,
    comfort_noise: u64,
    malformed: u64,
    mixed: u64,
    carried: Carried,
    payload_types: u128,
    /// How often it went on by exactly one, and the time stamp not back.
    steps: u64,
    formats: Vec<Format>,
    timings: Vec<(u8, Timing)>,
    /// Where in `formats` and in `timings` the latest packet belongs, and what it is.
    format: usize,
    timing: usize,
    kind: Kind,
    numbering: Numbering,
    packetization: Packetization,
    gaps: Option<Box<Gaps>>,
    pub(super) watch: Watch,
    series: Series,
    pace: Option<Box<Pace>>,
    dialling: Option<Box<Dialling>>,
    texture: Option<Box<Texture>>,
    listening: Option<Box<Listening>>,
    hearing: Option<Box<Hearing>>,
    /// The place in the capture up to which RTCP was heard.
    heard: u64,
    /// What announcements that are forgotten by now said of it: see [`super::Streams::remember`].
    pub(super) secure: Option<bool>,
    /// Whether a call that wanted it ended while it went on, as far as that was forgotten.
    pub(super) left: bool,
}

// 20,000 streams at once have to fit into 300 MB with their calls and two windows of the capture: a field that only some have belongs in a box.
const _: () = assert!(size_of::<Meter>() <= 768);

impl Meter {
    /// A stream of one packet.
    pub(super) fn new(first: &Sighting, gauge: &Gauge) -> Box<Self> {
        let mut meter = Box::new(Self {
            first: *first,
            last: *first,
            clock: first.clock,
            advanced: first.time,
            held: None,
            packets: 0,
            ip_octets: 0,
            payload_octets: 0,
            markers: 0,
            comfort_noise: 0,
            malformed: 0,
            mixed: 0,
            carried: Carried::default(),
            payload_types: 0,
            steps: 0,
            formats: Vec::with_capacity(1),
            timings: Vec::with_capacity(1),
            format: 0,
            timing: 0,
            kind: Kind::Media,
            numbering: Numbering::new(first.seq),
            packetization: Packetization::default(),
            gaps: None,
            watch: Watch::default(),
            series: Series::new(first.time),
            pace: gauge.by_second.then(|| Box::new(Pace::new(first.clock))),
            dialling: None,
            texture: None,
            listening: None,
            hearing: None,
            heard: first.origin.serial,
            secure: None,
            left: false,
        });
        meter.turn(first);
        meter.measure(first, None, gauge);
        meter.count(first, 0);
        meter
    }

    /// The frame of the first packet.
    pub(super) const fn origin(&self) -> Origin {
        self.first.origin
    }

    /// The place in the capture of the latest packet that was counted.
    pub(super) const fn latest(&self) -> u64 {
        self.last.origin.serial
    }

    /// The running clock at the first packet.
    pub(super) const fn begun(&self) -> Time {
        self.first.clock
    }

    /// The running clock at the last packet.
    pub(super) const fn clock(&self) -> Time {
        self.clock
    }

    /// Whether what comes at `clock` belongs to another stream: too long after this.
    pub(super) const fn is_over(&self, clock: Time) -> bool {
        clock.since(self.clock) > IDLE
    }

    /// Whether the packets alone show a stream: `enough` of them, most following their predecessor, with payload types that are in use.
    pub(super) fn is_plausible(&self, enough: u64) -> bool {
        let distinct = self.numbering.distinct();
        distinct >= enough && self.steps * 4 >= (distinct - 1) * 3 && self.payload_types & UNUSED == 0
    }

    /// Takes the next packet; gives the stream that begins with it, if this one is over.
    #[inline]
    pub(super) fn on(&mut self, packet: &Sighting, gauge: &Gauge) -> Option<Box<Self>> {
        if self.held.is_some()
            && let Some(outcome) = self.resolve(packet, gauge)
        {
            return outcome;
        }
        self.clock = packet.clock;
        match self.numbering.place(packet.seq) {
            Place::Ahead(1) => {
                self.steps += u64::from(packet.timestamp.wrapping_sub(self.last.timestamp).cast_signed() >= 0);
                self.next(packet, 1, gauge);
            }
            Place::Ahead(by) if by <= LEAP || (self.is_timely(packet) && self.takes_time(packet, by)) => self.next(packet, by, gauge),
            Place::Late(behind) if packet.time.since(self.advanced) <= STRAGGLING => {
                let missed = self.measure(packet, None, gauge);
                self.numbering.late(behind, missed);
                self.count(packet, -1);
            }
            Place::Again if packet.time.since(self.advanced) <= STRAGGLING => self.again(packet, gauge),
            _ => self.held = Some(Box::new(Held { packet: *packet, note: None })),
        }
        None
    }

    /// Takes packets that follow the last regularly, where the stream is steady at that.
    pub(super) fn follow(&mut self, regular: &mut Regular<'_>, gauge: &Gauge) {
        let Some((_, timing)) = self.timings.get_mut(self.timing) else { return };
        let (count, step, from) = (regular.left, regular.step, regular.packet.origin.serial);
        let length = u64::from(regular.packet.ip_length);
        // Packets that came in time are numbered together, and those of one interval charted together.
        let (mut numbered, mut charted, mut most) = (0, 0, None::<f64>);
        let is_media = self.kind == Kind::Media;
        let mut rate = timing.live_rate().filter(|_| is_media);
        let mut patience = Watch::patience(step, rate, gauge.clock_step);
        let (mut stamp, mut packets, frame) = (regular.packet.timestamp, self.packets, regular.packet.origin.frame);
        while let Some(wait) = regular.wait() {
            let (time, before) = (regular.packet.time, stamp);
            stamp = stamp.wrapping_add(step);
            if time >= self.watch.due {
                self.watch.settle(time, stamp, rate, gauge.clock_step);
            }
            if i64::from(wait) > patience && packets >= BELIEVED {
                let Origin { serial, capture, .. } = regular.packet.origin;
                let origin = Origin { serial, capture, frame: frame.wrapping_add((serial - from) as u32) };
                self.watch.lags((Time(time.0 - i64::from(wait)), before), time, origin);
            }
            packets += 1;
            let missed = timing.follow(wait, step, regular.packet.time, gauge.jitter_buffer);
            if is_media && rate.is_none() {
                rate = timing.live_rate();
                patience = Watch::patience(step, rate, gauge.clock_step);
            }
            numbered += 1;
            if missed {
                self.numbering.follow(numbered - 1);
                self.numbering.ahead(1, true);
                numbered = 0;
            }
            let at = regular.packet.time;
            if !self.series.covers(at) {
                self.series.add(charted, most);
                self.series.move_to(at);
                (charted, most) = (0, None);
            }
            charted += 1;
            if let Some(pace) = &mut self.pace {
                pace.on(at, length);
            }
            let jitter = timing.jitter_now();
            most = if most < jitter { jitter } else { most };
        }
        timing.followed(step.wrapping_mul(count), regular.packet.time);
        self.numbering.follow(numbered);
        self.series.add(charted, most);
        regular.settle(count, from);
        let count = u64::from(count);
        let packet = &regular.packet;
        if count > 0 {
            self.steps += if step.cast_signed() >= 0 { count } else { 0 };
            match self.kind {
                Kind::Noise => self.comfort_noise += count,
                _ => self.packetization.on(step, count),
            }
            self.packets += count;
            self.ip_octets += count * u64::from(packet.ip_length);
            self.payload_octets += count * u64::from(packet.length);
            self.carried.add_many(packet.carriage, u32::try_from(count).unwrap_or(u32::MAX), (packet.origin, packet.time));
            if let Some(format) = self.formats.get_mut(self.format) {
                format.packets += count;
                format.octets += count * u64::from(packet.length);
                format.lengths.on(packet.length, count);
            }
            (self.last, self.clock, self.advanced) = (*packet, packet.clock, packet.time);
        }
    }

    /// Whether `packet` is the last that was counted, and nothing but its number and times will tell the next from it.
    pub(super) fn is_steady(&self, packet: &Sighting) -> bool {
        self.held.is_none()
            && self.kind != Kind::Event
            && (self.last.origin, self.last.seq) == (packet.origin, packet.seq)
            && self.numbering.is_highest(packet.seq)
            && self.timings.len() > self.timing
    }

    /// Takes the packet after one that was far from all others; gives what came of it, or nothing if it is still to be taken.
    #[cold]
    fn resolve(&mut self, packet: &Sighting, gauge: &Gauge) -> Option<Option<Box<Self>>> {
        let kept = self.held.take()?;
        let (held, withheld) = (kept.packet, kept.note);
        if packet.seq == held.seq.wrapping_add(1) {
            if held.time.since(self.last.time) > PAUSE {
                let mut stream = Self::new(&held, gauge);
                stream.on(packet, gauge);
                // What RTCP said between the two, this one has heard.
                stream.heard = packet.origin.serial;
                return Some(Some(stream));
            }
            self.numbering.restart(held.seq);
            self.timings.iter_mut().for_each(|(_, timing)| timing.restart());
            self.watch.restart();
            self.advanced = held.time;
            self.measure(&held, None, gauge);
            self.count(&held, 0);
            withheld.iter().for_each(|note| self.note(note));
            return None;
        }
        if packet.seq == held.seq && packet.timestamp == held.timestamp {
            self.clock = packet.clock;
            self.held = Some(kept);
            self.numbering.mirrored();
            return Some(None);
        }
        self.numbering.astray();
        self.packets += 1;
        self.add_octets(&held);
        self.carried.add(held.carriage, (held.origin, held.time));
        withheld.iter().for_each(|note| self.note(note));
        None
    }

    /// Whether the time stamp went on about as long as the wait was, at any rate that it may have: packets were lost, and it did not begin anew.
    fn is_timely(&self, packet: &Sighting) -> bool {
        let ticks = packet.timestamp.wrapping_sub(self.last.timestamp).cast_signed();
        let wait = packet.time.seconds_since(self.last.time);
        [8_000.0, 16_000.0, 48_000.0, 90_000.0].iter().any(|rate| (f64::from(ticks) / rate - wait).abs() < OFF)
    }

    /// Whether so many packets fit into what the time stamp went on by: a quarter of it each, at the usual step. A sender that numbers anew within
    /// a stream may let its clock go on (RFC 3550 §5.1: each number is a packet, each tick a sample).
    fn takes_time(&self, packet: &Sighting, by: u16) -> bool {
        let ticks = u64::from(packet.timestamp.wrapping_sub(self.last.timestamp));
        self.packetization.usual().is_none_or(|step| ticks * 4 >= u64::from(step) * u64::from(by))
    }

    #[inline]
    fn next(&mut self, packet: &Sighting, by: u16, gauge: &Gauge) {
        self.watch(packet, by, gauge);
        let missed = self.measure(packet, Some(by), gauge);
        self.numbering.ahead(by, missed);
        self.advanced = packet.time;
        self.count(packet, i32::from(by) - 1);
    }

    /// Notices pauses and steps of the clock between the last packet and this, which goes on by so many.
    fn watch(&mut self, packet: &Sighting, by: u16, gauge: &Gauge) {
        // Of what only seems to be a stream nothing is believed, and far from the running clock nothing is put together.
        if self.packets < BELIEVED || packet.clock.since(packet.time) > seconds(1) {
            return;
        }
        if by > 1 {
            self.watch.missing(self.last.time, packet.time, packet.origin, by - 1);
        }
        if self.kind != Kind::Media || packet.payload_type != self.last.payload_type {
            return self.watch.restart();
        }
        let rate = self.timings.get(self.timing).and_then(|(_, timing)| timing.live_rate());
        if packet.time >= self.watch.due {
            self.watch.settle(packet.time, packet.timestamp, rate, gauge.clock_step);
        }
        let ticks = packet.timestamp.wrapping_sub(self.last.timestamp);
        if packet.time.since(self.last.time) > Watch::patience(ticks, rate, gauge.clock_step) {
            self.watch.lags((self.last.time, self.last.timestamp), packet.time, packet.origin);
        }
    }

    #[cold]
    fn again(&mut self, packet: &Sighting, gauge: &Gauge) {
        let same = packet.ip_id == self.last.ip_id && packet.timestamp == self.last.timestamp && packet.seq == self.last.seq;
        if same && packet.time.since(self.last.time) <= gauge.mirror_window {
            self.numbering.mirrored();
            return;
        }
        self.numbering.again();
        if self.formats.get(self.place(packet)).is_some_and(|format| format.events) {
            self.dialling.get_or_insert_default().again();
        }
        self.packets += 1;
        self.add_octets(packet);
        self.carried.add(packet.carriage, (packet.origin, packet.time));
    }

    /// Where in `formats` the packet belongs, or would.
    fn place(&self, packet: &Sighting) -> usize {
        self.formats.iter().position(|format| format.payload_type == packet.payload_type).unwrap_or(self.formats.len())
    }

    /// Turns to the payload type of a packet, which is not that of the last.
    #[cold]
    fn turn(&mut self, packet: &Sighting) {
        let (origin, time) = (self.last.origin, self.last.time);
        if let Some(format) = self.formats.get_mut(self.format) {
            (format.last, format.ended) = (origin, time);
        }
        self.format = self.place(packet);
        if self.format == self.formats.len() && self.format < FORMATS {
            self.formats.push(Format::new(packet));
        }
        self.payload_types |= 1 << (packet.payload_type & 0x7f);
        self.kind = match self.formats.get(self.format) {
            Some(format) if format.events => return self.kind = Kind::Event,
            _ if NOISE.contains(&packet.payload_type) => Kind::Noise,
            _ => Kind::Media,
        };
        self.turn_clock(packet.payload_type);
    }

    /// Turns to the clock of a payload type.
    fn turn_clock(&mut self, payload_type: u8) {
        if self.timings.get(self.timing).is_some_and(|(own, timing)| timing.is_of(payload_type, *own)) {
            return;
        }
        let known = self.timings.iter().position(|(own, timing)| timing.is_of(payload_type, *own));
        self.timing = known.unwrap_or(self.timings.len());
        if known.is_none() && self.timing < CLOCKS {
            self.timings.push((payload_type, Timing::new(payload_type)));
        }
        // It comes back, after packets of another clock.
        if let Some((_, timing)) = self.timings.get_mut(self.timing) {
            timing.restart();
        }
    }

    /// Measures the time of a packet that is no duplicate, which goes on by so many; gives whether it came too late to be played.
    #[inline]
    fn measure(&mut self, packet: &Sighting, by: Option<u16>, gauge: &Gauge) -> bool {
        let same = packet.payload_type == self.last.payload_type;
        if !same {
            self.turn(packet);
            if let Some(dialling) = self.dialling.as_mut().filter(|_| self.kind != Kind::Event) {
                dialling.leave(by);
            }
        }
        if self.kind == Kind::Event && self.event(packet, by) {
            return false;
        }
        if self.kind == Kind::Noise {
            self.comfort_noise += 1;
        } else if same && packet.seq == self.last.seq.wrapping_add(1) && !packet.marker() {
            self.packetization.on(packet.timestamp.wrapping_sub(self.last.timestamp), 1);
        }
        let Some((_, timing)) = self.timings.get_mut(self.timing) else { return false };
        timing.on(packet.time, packet.timestamp, packet.marker(), gauge.jitter_buffer)
    }

    /// Takes a telephone event; gives whether it is one.
    #[cold]
    fn event(&mut self, packet: &Sighting, by: Option<u16>) -> bool {
        let Some(event) = self.formats.get_mut(self.format).and_then(|format| format.event(packet)) else {
            // It only seemed so: this and what follows is media.
            self.kind = Kind::Media;
            self.turn_clock(packet.payload_type);
            return false;
        };
        // The first packet, and one that began anew, follow none.
        let by = if self.numbering.is_highest(packet.seq) { by.or(Some(0)) } else { by };
        self.dialling.get_or_insert_default().on(event, packet.timestamp, packet.marker(), by, packet.origin, packet.time);
        true
    }

    /// Counts a packet that is no duplicate, and leaves so many missing.
    #[inline]
    fn count(&mut self, packet: &Sighting, missing: i32) {
        self.packets += 1;
        self.add_octets(packet);
        self.carried.add(packet.carriage, (packet.origin, packet.time));
        if packet.flags != 0 {
            self.markers += u64::from(packet.marker());
            self.malformed += u64::from(packet.flags & Sighting::MALFORMED != 0);
            self.mixed += u64::from(packet.flags & Sighting::MIXED != 0);
        }
        if let Some(format) = self.formats.get_mut(self.format) {
            format.packets += 1;
            format.octets += u64::from(packet.length);
            format.lengths.on(packet.length, 1);
            if packet.redundancy > 0 {
                format.redundancy = format.redundancy.max(packet.redundancy);
                format.recovered += u64::try_from(missing).unwrap_or(0).min(packet.redundancy.into());
            }
        }
        if packet.time.since(self.last.time) > GAP {
            let missing = u16::try_from(missing).unwrap_or(0);
            self.gaps.get_or_insert_default().on(Gap { from: self.last.time, to: packet.time, origin: packet.origin, missing });
        }
        let jitter = self.timings.get(self.timing).and_then(|(_, timing)| timing.jitter_now());
        self.series.on(packet.time, missing, jitter);
        self.last = *packet;
    }

    #[inline]
    fn add_octets(&mut self, packet: &Sighting) {
        self.ip_octets += u64::from(packet.ip_length);
        self.payload_octets += u64::from(packet.length);
        if let Some(pace) = &mut self.pace {
            pace.on(packet.clock, u64::from(packet.ip_length));
        }
    }

    /// Takes what was found in a packet that it has taken.
    pub(super) fn note(&mut self, note: &Note) {
        // Whether the first packet begins this stream or was held by the one before must not show: it is never looked into.
        if note.origin == self.first.origin {
            return;
        }
        if let Some(held) = self.held.as_mut().filter(|held| held.packet.origin == note.origin) {
            held.note = Some(*note);
            return;
        }
        if let Some(octets) = &note.octets {
            self.texture.get_or_insert_default().on(note.timestamp, octets);
        }
        if let Some(tone) = note.tone {
            self.listening.get_or_insert_default().on(tone, note.timestamp, note.samples, note.origin, note.time);
        }
    }

    /// All packets, copies of a mirror port among them.
    pub(super) fn all(&self) -> u64 {
        self.packets + u64::from(self.held.is_some()) + self.numbering.mirrors()
    }

    /// When the first second begins that is counted by itself.
    pub(super) fn pace_start(&self) -> Time {
        self.pace.as_ref().map_or_else(Time::default, |pace| pace.start())
    }

    /// Takes RTCP that was captured before the place `until`.
    pub(super) fn hear(&mut self, reports: &[Report], flow: &Flow, until: u64, taken: &mut dyn FnMut(usize)) {
        let from = reports.partition_point(|report| report.origin.serial <= self.heard);
        for (n, report) in reports.iter().enumerate().skip(from).take_while(|(_, report)| report.origin.serial < until) {
            if !self.is_over(report.clock) && report.is_about(flow) {
                self.hearing.get_or_insert_default().on(report);
                taken(n);
            }
            self.heard = report.origin.serial;
        }
    }

    /// The stream that it came to.
    pub(super) fn finish(mut self, flow: Flow) -> Stream {
        if let Some(held) = self.held.take() {
            let Sighting { carriage, origin, time, .. } = held.packet;
            self.numbering.astray();
            self.packets += 1;
            self.add_octets(&held.packet);
            self.carried.add(carriage, (origin, time));
        }
        if let Some(format) = self.formats.get_mut(self.format) {
            (format.last, format.ended) = (self.last.origin, self.last.time);
        }
        let (reception, bursts) = self.numbering.finish();
        let voice = |format: &&Format| !format.events && !NOISE.contains(&format.payload_type);
        let most = |format: &&Format| (format.packets, std::cmp::Reverse(format.payload_type));
        let main =
            self.formats.iter().filter(voice).max_by_key(most).or(self.formats.iter().max_by_key(most)).map_or(0, |f| f.payload_type);
        let timing = self.timings.iter().find(|(own, timing)| timing.is_of(main, *own)).map(|(_, timing)| timing);
        let clock = timing.map(Timing::clock).unwrap_or_default();
        self.formats.sort_unstable_by_key(|format| format.payload_type);
        let mut stream = Stream {
            flow,
            first: self.first.origin,
            last: self.last.origin,
            begun: self.first.time,
            ended: self.last.time,
            clock: self.clock,
            packets: self.packets,
            ip_octets: self.ip_octets,
            payload_octets: self.payload_octets,
            formats: self.formats,
            main,
            reception,
            timing: clock,
            live_rate: timing.and_then(Timing::live_rate),
            jitters: timing.map(Timing::jitters).unwrap_or_default(),
            breaks: self.timings.iter().map(|(_, timing)| timing.break_count()).sum(),
            jitter: None,
            bursts,
            gaps: self.gaps.map(|gaps| *gaps).unwrap_or_default(),
            step: self.packetization.median(),
            markers: self.markers,
            comfort_noise: self.comfort_noise,
            digits: self.dialling.map(|dialling| dialling.finish(self.last.time)).unwrap_or_default(),
            texture: self.texture.map(|texture| *texture),
            tones: self.listening.map(|listening| listening.finish()).unwrap_or_default(),
            carried: self.carried,
            malformed: self.malformed,
            mixed: self.mixed,
            series: self.series,
            pace: self.pace.map(|pace| pace.finish()).unwrap_or_default(),
            reports: self.hearing.map(|hearing| hearing.finish()).unwrap_or_default(),
            secure: self.secure,
        };
        stream.settle();
        stream
    }
}

impl Format {
    fn new(packet: &Sighting) -> Self {
        let mut format = Self {
            payload_type: packet.payload_type,
            packets: 0,
            octets: 0,
            first: packet.origin,
            last: packet.origin,
            begun: packet.time,
            ended: packet.time,
            head: packet.head,
            redundancy: 0,
            recovered: 0,
            lengths: super::Lengths::default(),
            // Dynamic payload types only (RFC 4733 §2.1), and none that was ever something else.
            events: packet.payload_type >= 96,
        };
        format.events = format.event(packet).is_some();
        format
    }

    /// The telephone event in a packet, if it holds nothing but one.
    fn event(&mut self, packet: &Sighting) -> Option<TelephoneEvent> {
        let event = TelephoneEvent::sniff(packet.head).filter(|_| packet.is_event() && self.events);
        self.events = event.is_some();
        event
    }
}
