//! Takes the chunks of one direction of an SCTP association as they come, gives the SIP messages in them, never one of them twice.

use std::collections::{BTreeMap, VecDeque};

use super::framing::MAX_MESSAGE;
use super::sctp::{Data, Message};
use super::sniff::looks_like_sip;
use super::stream::{Content, Framed, Passage};
use crate::base::{Anomalies, Anomaly, Carriers, Time, Transport, seconds};

/// How long the fragments of a message wait for the rest, on the running clock: longer than a sender needs to repeat (RFC 9260 §16).
const PATIENCE: i64 = seconds(10);

/// How exactly that is kept.
const STEP: i64 = seconds(1);

/// Octets, bookkeeping included, that may wait in one direction.
const MAX_WAITING: usize = 2 << 20;

/// What a fragment and a run of them cost beside their octets, about.
const OVERHEAD: usize = 48;

/// One direction of an association.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    seen: Seen,
    /// Neighbouring fragments, by the place of the first.
    runs: BTreeMap<(Message, u64), Run>,
    held: usize,
    /// When to look for fragments that wait too long.
    look: Option<Time>,
    is_sip: bool,
}

/// Fragments that follow each other.
#[derive(Debug)]
struct Run {
    /// The place behind the last.
    next: u64,
    first: bool,
    last: bool,
    /// Whether it is of no interest: only its extent is remembered.
    foreign: bool,
    /// Whether octets are missing behind `pieces`.
    cut: bool,
    pieces: VecDeque<Box<[u8]>>,
    octets: usize,
    passage: Passage,
    latest: Time,
    touched: Time,
}

impl Incoming {
    /// Octets held.
    pub(super) const fn held(&self) -> usize {
        self.held
    }

    /// Takes the next piece of user data.
    pub(super) fn take(&mut self, data: &Data<'_>, passage: Passage, clock: Time, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        if self.look.is_some_and(|look| clock > look) {
            self.give_up(clock.plus(-PATIENCE), out, anomalies);
            self.look = self.runs.values().map(|run| run.touched.plus(PATIENCE)).min().map(|look| look.max(clock.plus(STEP)));
        }
        let place = match self.seen.see(data.tsn) {
            Sight::New(place) => place,
            Sight::Again => return,
            Sight::Far(place) => {
                anomalies.note(Anomaly::SctpFar);
                place
            }
        };
        if data.is_whole() {
            if looks_like_sip(data.octets) {
                self.is_sip = true;
                let last = passage.time;
                out.push(framed(data.octets.into(), passage, last, data.cut, anomalies));
            }
            return;
        }
        self.keep(data, data.place.map_or(place, u64::from), passage, clock, out, anomalies);
        self.look.get_or_insert(clock.plus(PATIENCE));
        if self.held > MAX_WAITING {
            self.forget(anomalies);
        }
    }

    /// Joins a fragment to its neighbours.
    fn keep(&mut self, data: &Data<'_>, place: u64, passage: Passage, clock: Time, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let mut run = Run::new(data, place, passage, clock);
        let mut begin = place;
        let before = self.runs.range(..(data.message, place)).next_back();
        if let Some((&(message, start), before)) = before
            && message == data.message
            && before.next == place
            && !before.last
            && !run.first
            && let Some(before) = self.remove(message, start)
        {
            run = before.followed_by(run);
            begin = start;
        }
        if !run.last
            && self.runs.get(&(data.message, run.next)).is_some_and(|after| !after.first)
            && let Some(after) = self.remove(data.message, run.next)
        {
            run = run.followed_by(after);
        }
        if run.octets > MAX_MESSAGE {
            anomalies.note(Anomaly::SctpBudget);
            run.disregard();
        }
        if !(run.first && run.last) {
            self.held += run.cost();
            if let Some(replaced) = self.runs.insert((data.message, begin), run) {
                self.held -= replaced.cost();
            }
        } else if let Some(message) = run.sip() {
            self.is_sip = true;
            out.push(framed(message, run.passage, run.latest, run.cut, anomalies));
        }
    }

    fn remove(&mut self, message: Message, place: u64) -> Option<Run> {
        let run = self.runs.remove(&(message, place))?;
        self.held -= run.cost();
        Some(run)
    }

    /// Gives what there is of messages to which nothing was added since `since`.
    pub(super) fn give_up(&mut self, since: Time, out: &mut Vec<Framed>, anomalies: &mut Anomalies) {
        let is_sip = self.is_sip;
        let mut freed = 0;
        self.runs.retain(|_, run| {
            if run.touched >= since {
                return true;
            }
            freed += run.cost();
            let message = if run.first { run.sip() } else { None };
            if message.is_some() || (is_sip && !run.first) {
                anomalies.note(Anomaly::SctpHole);
            }
            out.extend(message.map(|message| framed(message, std::mem::take(&mut run.passage), run.latest, true, anomalies)));
            false
        });
        self.held -= freed;
    }

    /// Drops what is held.
    pub(super) fn forget(&mut self, anomalies: &mut Anomalies) {
        anomalies.note(Anomaly::SctpBudget);
        self.runs = BTreeMap::new();
        (self.held, self.look) = (0, None);
    }
}

fn framed(bytes: Box<[u8]>, first: Passage, last: Time, cut: bool, anomalies: &mut Anomalies) -> Framed {
    anomalies.note_many(Anomaly::SipCut, u64::from(cut));
    Framed { bytes, passage: Passage { last, ..first }, cut, transport: Transport::Sctp, content: Content::Sip, misframed: None }
}

impl Run {
    fn new(data: &Data<'_>, place: u64, passage: Passage, clock: Time) -> Self {
        // A SIP message begins with a letter, or an empty line before it: other protocols leave here.
        let foreign = data.first && data.octets.first().is_none_or(|b| !b.is_ascii_graphic() && !matches!(b, b'\r' | b'\n'));
        let pieces = if foreign { VecDeque::new() } else { VecDeque::from([data.octets.into()]) };
        let octets = if foreign { 0 } else { data.octets.len() };
        let (first, last, cut) = (data.first, data.last, data.cut);
        Self { next: place + 1, first, last, foreign, cut, pieces, octets, latest: passage.time, passage, touched: clock }
    }

    fn followed_by(mut self, mut after: Self) -> Self {
        if self.foreign || self.cut {
            after.pieces.clear();
            after.passage.carriers.clear();
            after.octets = 0;
        }
        // Whichever has fewer pieces moves, so that no order of fragments is slow.
        let pieces = if self.pieces.len() < after.pieces.len() {
            self.pieces.into_iter().rev().for_each(|piece| after.pieces.push_front(piece));
            after.pieces
        } else {
            self.pieces.append(&mut after.pieces);
            self.pieces
        };
        let time = self.passage.time.min(after.passage.time);
        let (mut carriers, mut fewer) = (self.passage.carriers, after.passage.carriers);
        if carriers.len() < fewer.len() {
            std::mem::swap(&mut carriers, &mut fewer);
        }
        carriers.append(&mut fewer);
        Self {
            next: after.next,
            last: after.last,
            cut: self.cut || after.cut,
            pieces,
            octets: self.octets + after.octets,
            passage: Passage { carriers, time, last: time, ..self.passage },
            latest: self.latest.max(after.latest),
            touched: self.touched.max(after.touched),
            ..self
        }
    }

    fn disregard(&mut self) {
        self.pieces = VecDeque::new();
        (self.octets, self.foreign) = (0, true);
        self.passage.carriers = Carriers::new();
    }

    fn cost(&self) -> usize {
        self.octets + (self.pieces.len() + 4) * OVERHEAD
    }

    /// Its octets, if they are SIP.
    fn sip(&self) -> Option<Box<[u8]>> {
        let octets: Vec<u8> = self.pieces.iter().flatten().copied().collect();
        looks_like_sip(&octets).then(|| octets.into())
    }
}

/// How far back a transmission sequence number is known as a repetition, and how far ahead it may run.
const WINDOW: u64 = 2048;

/// Which transmission sequence numbers were met. Places are such numbers that do not wrap.
#[derive(Debug, Default)]
struct Seen {
    highest: Option<u64>,
    bits: [u64; WINDOW as usize / 64],
    /// A number that is far from all others: a second one beside it moves the window.
    far: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sight {
    New(u64),
    Again,
    Far(u64),
}

impl Seen {
    fn see(&mut self, tsn: u32) -> Sight {
        let Some(highest) = self.highest else {
            // Far above zero, so that an older number is a smaller place.
            return self.begin((1 << 62) + u64::from(tsn));
        };
        let ahead = tsn.wrapping_sub(highest as u32) as i32;
        let place = highest.saturating_add_signed(i64::from(ahead));
        if place.abs_diff(highest) < WINDOW {
            return self.mark(place);
        }
        match self.far {
            Some(far) if far == place => Sight::Again,
            Some(far) if far.abs_diff(place) < WINDOW => {
                *self = Self::default();
                self.begin(far);
                self.mark(place)
            }
            _ => {
                self.far = Some(place);
                Sight::Far(place)
            }
        }
    }

    fn begin(&mut self, place: u64) -> Sight {
        self.highest = Some(place);
        self.mark(place)
    }

    fn mark(&mut self, place: u64) -> Sight {
        if let Some(highest) = self.highest.filter(|&highest| highest < place) {
            for passed in highest + 1..=place {
                let (word, bit) = self.bit(passed);
                *word &= !bit;
            }
            self.highest = Some(place);
        }
        let (word, bit) = self.bit(place);
        if std::mem::replace(word, *word | bit) & bit == 0 { Sight::New(place) } else { Sight::Again }
    }

    fn bit(&mut self, place: u64) -> (&mut u64, u64) {
        (&mut self.bits[(place % WINDOW / 64) as usize], 1 << (place % 64))
    }
}
