//! Takes RTP packets in the order of the capture, gives those of each flow together and in order, never measures them.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::gaps::GAP;
use super::sighting::Sighting;
use super::texture::TAKEN;
use crate::base::{Endpoint, Origin, Time, seconds};
use crate::capture::Frame;
use crate::packet::{Carriage, Datagram};
use crate::rtp::{Header, Law, TelephoneEvent, Tone, redundant_event};

/// Silence on the running clock that ends a stream.
pub const IDLE: i64 = seconds(60);

/// Whose packets, and where they go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Sender.
    pub source: Endpoint,
    /// Receiver.
    pub destination: Endpoint,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// A flow in a few whole words instead of a dozen parts: it is hashed and compared for every media packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Words {
    V4(u64, u64),
    V6(u128, u128, u64),
}

impl Hash for Words {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        match *self {
            Self::V4(ends, rest) => {
                state.write_u64(ends);
                state.write_u64(rest);
            }
            Self::V6(a, b, rest) => {
                state.write_u128(a);
                state.write_u128(b);
                state.write_u64(rest);
            }
        }
    }
}

impl Flow {
    #[inline]
    fn words(&self) -> Words {
        let rest = u64::from(self.source.port) << 48 | u64::from(self.destination.port) << 32 | u64::from(self.ssrc);
        match (self.source.ip, self.destination.ip) {
            (IpAddr::V4(a), IpAddr::V4(b)) => Words::V4(u64::from(a.to_bits()) << 32 | u64::from(b.to_bits()), rest),
            (a, b) => Words::V6(word(a), word(b), rest),
        }
    }
}

impl Hash for Flow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.words().hash(state);
    }
}

/// An address as a number; those of IPv4 in the block of IPv6 that no packet may come from (RFC 4291 §2.5.5.2).
fn word(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => 0xffff_0000_0000 | u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

/// A source and the hosts between which its packets go, in either direction: what RTP and all RTCP about it have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kin(u128, u128, u32);

impl Kin {
    /// The source `ssrc` between two hosts.
    #[must_use]
    pub fn new(a: IpAddr, b: IpAddr, ssrc: u32) -> Self {
        let (a, b) = (word(a), word(b));
        Self(a.min(b), a.max(b), ssrc)
    }
}

impl Flow {
    /// What it has in common with RTCP about it.
    #[must_use]
    pub fn kin(&self) -> Kin {
        Kin::new(self.source.ip, self.destination.ip, self.ssrc)
    }
}

/// How long the packet after another may wait and still be told by its wait alone: beyond is a gap, which needs its frame.
const WAIT: i64 = GAP;

/// Packets in a chunk.
const CHUNK: usize = 6;

/// What tells regular packets from those before them, as long as a line of the cache.
#[derive(Clone, Copy, Debug, Default)]
struct Chunk {
    /// Nanoseconds after the one before.
    waits: [u32; CHUNK],
    /// Frames after the one before.
    frames: [u32; CHUNK],
    ip_ids: [u16; CHUNK],
    /// Where the next chunk of the stretch is.
    next: u32,
}

const _: () = assert!(size_of::<Chunk>() == 64);

/// Payload types of G.711 and G.722 (RFC 3551 §6): of their payloads it is known how uneven they are.
const VOICE: u128 = 1 << 0 | 1 << 8 | 1 << 9;

/// Of eight packets in sequence one is looked into.
const EIGHTH: u16 = 7;

/// What was found in a packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Note {
    pub(super) origin: Origin,
    pub(super) time: Time,
    pub(super) timestamp: u32,
    /// Samples of G.711.
    pub(super) samples: u32,
    /// The tone that fills it.
    pub(super) tone: Option<Tone>,
    /// Its last octets.
    pub(super) octets: Option<[u8; TAKEN]>,
}

/// A note, and where the next of its run is.
#[derive(Clone, Copy, Debug)]
struct Kept {
    note: Note,
    next: u32,
}

/// The notes of a tape, as they are read.
#[derive(Clone, Debug)]
pub(super) struct Notes<'a> {
    kept: &'a [Kept],
    next: u32,
}

impl Notes<'_> {
    /// The next note of what was captured before the place `until`.
    pub(super) fn take(&mut self, until: u64) -> Option<Note> {
        let Kept { note, next } = *self.kept.get(self.next as usize)?;
        (note.origin.serial < until).then(|| {
            self.next = next;
            note
        })
    }
}

/// A packet with those that follow it as regularly as voice does: the next number, the next time stamp, and all else the same.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    head: Sighting,
    regular: u32,
    /// How far the time stamp goes on with each.
    step: u32,
    /// The first chunk, if there is one.
    chunk: u32,
    /// The next stretch of the flow.
    next: Option<usize>,
}

/// Whether a packet holds telephone events in the form of redundancy.
#[inline]
fn holds_events(header: &Header, datagram: &Datagram<'_>) -> bool {
    let payload = || datagram.payload.get(header.offset as usize..);
    header.payload_type >= 96 && payload().is_some_and(|payload| redundant_event(payload).is_some())
}

/// The packets of one flow, with what the latest was: all that is looked at for the next.
#[derive(Clone, Copy, Debug)]
struct Run {
    words: Words,
    /// The latest packet, without what the head of its stretch tells.
    time: Time,
    serial: u64,
    frame: u32,
    capture: u32,
    timestamp: u32,
    step: u32,
    seq: u16,
    /// Where its payload begins.
    offset: u16,
    length: u16,
    ip_length: u16,
    payload_type: u8,
    carriage: Carriage,
    /// Its first and its latest note, where there are any.
    notes: Option<(u32, u32)>,
    /// How many regular packets its stretch has, where the latest chunk is, and how many are in that.
    regular: u32,
    chunk: u32,
    filled: usize,
    stretch: usize,
}

impl Run {
    fn new(words: Words, packet: &Sighting, header: &Header, stretch: usize) -> Self {
        Self {
            words,
            time: packet.time,
            serial: packet.origin.serial,
            frame: packet.origin.frame,
            capture: packet.origin.capture,
            timestamp: packet.timestamp,
            step: 0,
            seq: packet.seq,
            offset: u16::try_from(header.offset).unwrap_or(u16::MAX),
            length: packet.length,
            ip_length: packet.ip_length,
            payload_type: packet.payload_type,
            carriage: packet.carriage,
            notes: None,
            regular: 0,
            chunk: 0,
            filled: CHUNK,
            stretch,
        }
    }

    /// Whether a packet is regular after the latest: then how long it waited, and how many frames.
    #[inline]
    fn follows(&self, frame: &Frame<'_>, datagram: &Datagram<'_>, header: &Header) -> Option<(u32, u32)> {
        let wait = frame.time.since(self.time);
        let frames = frame.origin.frame.wrapping_sub(self.frame);
        let length = u16::try_from(datagram.payload.len()).ok()?.checked_sub(self.offset)?;
        let is_plain = !header.marker && !header.padded && header.sources == 0 && !datagram.cut;
        let is_next = header.seq == self.seq.wrapping_add(1)
            && (self.regular == 0 || header.timestamp.wrapping_sub(self.timestamp) == self.step)
            && header.payload_type == self.payload_type
            && header.offset == u32::from(self.offset)
            && length == self.length
            && datagram.layers.ip_len == u32::from(self.ip_length)
            && datagram.layers.carriage() == self.carriage;
        let is_here = (0..=WAIT).contains(&wait)
            && frame.clock == frame.time
            && frame.origin.capture == self.capture
            && frame.origin.serial == self.serial + u64::from(frames);
        // Of telephone events the content matters.
        (is_plain && is_next && is_here && length != TelephoneEvent::LENGTH && !holds_events(header, datagram))
            .then_some((wait as u32, frames))
    }
}

/// The packets of consecutive batches, with one look-up and few octets for each.
///
/// What is measured of a stream depends on all that came before (jitter and its maximum most of all), so packets are kept until the stream is
/// at hand, and folded there one by one: the only way to come to the same, to the last bit, wherever batches begin.
#[derive(Debug, Default)]
pub struct Runs {
    runs: Vec<Run>,
    /// The flow of each run and its first stretch, in the order in which they began.
    flows: Vec<(Flow, usize)>,
    stretches: Vec<Stretch>,
    chunks: Vec<Chunk>,
    notes: Vec<Kept>,
    /// Whether tones are listened for: it costs as much as all else that is done with a packet.
    pub tones: bool,
    /// Where the run of each flow stands.
    by_flow: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

impl Runs {
    /// Appends a packet to the run of its flow.
    #[inline]
    pub fn add(&mut self, frame: &Frame<'_>, datagram: &Datagram<'_>, header: &Header) {
        let run = self.append(frame, datagram, header);
        if VOICE & 1 << header.payload_type != 0 && (header.seq & EIGHTH == 0 || self.tones) {
            self.note(run, frame, datagram, header);
        }
    }

    /// Notes what is in a packet of voice, for one in eight, and a tone that fills it.
    #[inline(never)]
    fn note(&mut self, run: usize, frame: &Frame<'_>, datagram: &Datagram<'_>, header: &Header) {
        let Some(payload) = header.payload(datagram.payload).filter(|_| !datagram.cut) else { return };
        let law = match header.payload_type {
            0 => Some(Law::Mu),
            8 => Some(Law::A),
            _ => None,
        };
        let tone = law.filter(|_| self.tones).and_then(|law| Tone::of(payload, law));
        let octets = payload.last_chunk().filter(|_| header.seq & EIGHTH == 0);
        if tone.is_none() && octets.is_none() {
            return;
        }
        let Ok(place) = u32::try_from(self.notes.len()) else { return };
        let samples = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        let note = Note { origin: frame.origin, time: frame.time, timestamp: header.timestamp, samples, tone, octets: octets.copied() };
        self.notes.push(Kept { note, next: u32::MAX });
        let Some(run) = self.runs.get_mut(run) else { return };
        let first = match run.notes {
            Some((first, latest)) => {
                if let Some(kept) = self.notes.get_mut(latest as usize) {
                    kept.next = place;
                }
                first
            }
            None => place,
        };
        run.notes = Some((first, place));
    }

    /// The same, without a look at what is in it; gives which run that is.
    #[inline]
    fn append(&mut self, frame: &Frame<'_>, datagram: &Datagram<'_>, header: &Header) -> usize {
        let flow = Flow { source: datagram.source, destination: datagram.destination, ssrc: header.ssrc };
        let words = flow.words();
        let Self { runs, by_flow, hasher, .. } = self;
        let hash = hasher.hash_one(words);
        let found = by_flow.find(hash, |&run| runs.get(run).is_some_and(|run| run.words == words)).copied();
        let place = found.unwrap_or(runs.len());
        let Some(run) = found.and_then(|run| runs.get_mut(run)) else {
            self.begin(flow, hash, &Sighting::new(frame, datagram, header), header);
            return place;
        };
        let Some((wait, frames)) = run.follows(frame, datagram, header) else {
            self.turn(found, &Sighting::new(frame, datagram, header), header);
            return place;
        };
        if run.filled == CHUNK {
            let Ok(chunk) = u32::try_from(self.chunks.len()) else {
                self.turn(found, &Sighting::new(frame, datagram, header), header);
                return place;
            };
            self.chunks.push(Chunk::default());
            if run.regular > 0
                && let Some(before) = self.chunks.get_mut(run.chunk as usize)
            {
                before.next = chunk;
            } else if let Some(stretch) = self.stretches.get_mut(run.stretch) {
                run.step = header.timestamp.wrapping_sub(run.timestamp);
                (stretch.chunk, stretch.step) = (chunk, run.step);
            }
            (run.chunk, run.filled) = (chunk, 0);
        }
        if let Some(Chunk { waits, frames: numbers, ip_ids, .. }) = self.chunks.get_mut(run.chunk as usize)
            && let (Some(w), Some(f), Some(id)) = (waits.get_mut(run.filled), numbers.get_mut(run.filled), ip_ids.get_mut(run.filled))
        {
            (*w, *f, *id) = (wait, frames, datagram.layers.ip_id as u16);
        }
        run.filled += 1;
        run.regular += 1;
        run.time = frame.time;
        run.serial = frame.origin.serial;
        run.frame = frame.origin.frame;
        run.timestamp = header.timestamp;
        run.seq = header.seq;
        place
    }

    /// Begins the run of a flow.
    #[cold]
    fn begin(&mut self, flow: Flow, hash: u64, packet: &Sighting, header: &Header) {
        let Self { runs, by_flow, hasher, stretches, .. } = self;
        let rehash = |&run: &usize| runs.get(run).map_or(0, |run| hasher.hash_one(run.words));
        by_flow.insert_unique(hash, runs.len(), rehash);
        runs.push(Run::new(flow.words(), packet, header, stretches.len()));
        self.flows.push((flow, stretches.len()));
        stretches.push(Stretch { head: *packet, regular: 0, step: 0, chunk: 0, next: None });
    }

    /// Begins another stretch of a run.
    #[inline(never)]
    fn turn(&mut self, run: Option<usize>, packet: &Sighting, header: &Header) {
        let next = self.stretches.len();
        let Some(run) = run.and_then(|run| self.runs.get_mut(run)) else { return };
        if let Some(stretch) = self.stretches.get_mut(run.stretch) {
            (stretch.regular, stretch.next) = (run.regular, Some(next));
        }
        self.stretches.push(Stretch { head: *packet, regular: 0, step: 0, chunk: 0, next: None });
        *run = Run { notes: run.notes, ..Run::new(run.words, packet, header, next) };
    }

    /// How many flows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.runs.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// The packets of each flow, in the order in which the flows began.
    pub fn tapes(&self) -> impl Iterator<Item = Tape<'_>> {
        (0..self.runs.len()).map(|run| Tape { runs: self, run })
    }

    /// Forgets them; their memory is kept for the next.
    pub fn clear(&mut self) {
        self.runs.clear();
        self.flows.clear();
        self.stretches.clear();
        self.chunks.clear();
        self.notes.clear();
        self.by_flow.clear();
    }
}

/// The packets of one flow in consecutive batches, in order: small, since it is sorted by shard.
#[derive(Clone, Copy, Debug)]
pub struct Tape<'a> {
    runs: &'a Runs,
    run: usize,
}

impl<'a> Tape<'a> {
    /// Whose they are.
    #[must_use]
    pub fn flow(&self) -> Flow {
        self.runs.flows.get(self.run).map(|&(flow, _)| flow).unwrap_or_default()
    }

    /// Begins to read what was found in them.
    pub(super) fn notes(&self) -> Notes<'a> {
        let first = self.runs.runs.get(self.run).and_then(|run| run.notes).map_or(u32::MAX, |(first, _)| first);
        Notes { kept: &self.runs.notes, next: first }
    }

    /// Begins to read them.
    pub(super) fn read(&self) -> Reel<'a> {
        let Runs { runs, flows, stretches, chunks, .. } = self.runs;
        let open = runs.get(self.run).map_or(0, |run| run.regular);
        Reel { open, stretches, chunks, next: flows.get(self.run).map(|&(_, first)| first) }
    }
}

/// The packets of a tape, as they are read.
#[derive(Clone, Debug)]
pub(super) struct Reel<'a> {
    /// How many regular packets the last stretch has.
    open: u32,
    stretches: &'a [Stretch],
    chunks: &'a [Chunk],
    next: Option<usize>,
}

impl<'a> Reel<'a> {
    /// The next packet, and those that follow it regularly.
    pub(super) fn take(&mut self) -> Option<(&'a Sighting, Regular<'a>)> {
        let stretch = self.stretches.get(self.next?)?;
        self.next = stretch.next;
        let left = if stretch.next.is_some() { stretch.regular } else { self.open };
        let chunk = self.chunks.get(stretch.chunk as usize).copied().unwrap_or_default();
        let regular =
            Regular { packet: stretch.head, step: stretch.step, left, chunks: self.chunks, chunk, at: 0, ip_id: stretch.head.ip_id };
        Some((&stretch.head, regular))
    }

    /// How many packets are left.
    pub(super) fn count(mut self) -> u64 {
        std::iter::from_fn(|| self.take()).fold(0, |n, (_, regular)| n + 1 + u64::from(regular.left))
    }
}

/// Packets that follow one regularly.
#[derive(Clone, Debug)]
pub(super) struct Regular<'a> {
    /// The packet before.
    pub(super) packet: Sighting,
    /// How far the time stamp goes on with each.
    pub(super) step: u32,
    /// How many there are.
    pub(super) left: u32,
    chunks: &'a [Chunk],
    chunk: Chunk,
    at: usize,
    ip_id: u16,
}

impl Regular<'_> {
    /// Goes on to the next, in its times and places alone; gives how long it waited. To be settled when `packet` is needed whole.
    #[inline]
    pub(super) fn wait(&mut self) -> Option<u32> {
        if self.left == 0 {
            return None;
        }
        if self.at == CHUNK {
            self.chunk = self.chunks.get(self.chunk.next as usize).copied().unwrap_or_default();
            self.at = 0;
        }
        let Chunk { waits, frames, ip_ids, .. } = &self.chunk;
        let (&wait, &frames, &ip_id) = (waits.get(self.at)?, frames.get(self.at)?, ip_ids.get(self.at)?);
        self.at += 1;
        self.left -= 1;
        self.packet.time.0 += i64::from(wait);
        self.packet.origin.serial += u64::from(frames);
        self.ip_id = ip_id;
        Some(wait)
    }

    /// Makes `packet` whole after so many waits since it was `from` in the capture.
    #[inline]
    pub(super) fn settle(&mut self, count: u32, from: u64) {
        let packet = &mut self.packet;
        packet.clock = packet.time;
        packet.origin.frame = packet.origin.frame.wrapping_add((packet.origin.serial - from) as u32);
        packet.timestamp = packet.timestamp.wrapping_add(self.step.wrapping_mul(count));
        packet.seq = packet.seq.wrapping_add(count as u16);
        packet.ip_id = self.ip_id;
        packet.flags = 0;
    }

    /// Goes on to the next in `packet`; gives whether there was one.
    pub(super) fn advance(&mut self) -> bool {
        let from = self.packet.origin.serial;
        let is_one = self.wait().is_some();
        if is_one {
            self.settle(1, from);
        } else {
            self.left = 0;
        }
        is_one
    }
}
