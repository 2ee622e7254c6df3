//! Takes the segments that one end of a TCP connection sent, gives its octets in order to a stream, never waits longer than the evidence allows.

use std::collections::BTreeMap;

use super::segment::SegmentPart;
use super::stream::{Framed, Passage, Stream};
use super::tap::Tap;
use crate::base::{Anomalies, Anomaly, Time, seconds};

/// Octets, bookkeeping included, that may wait for one hole to close.
const MAX_WAITING: usize = 256 << 10;

/// How long they may wait where no acknowledgment tells that the hole stays (capture of one direction), on the running clock.
const PATIENCE: i64 = seconds(3);

/// What a waiting piece costs beside its octets, about.
const OVERHEAD: usize = 96;

struct Piece {
    octets: Box<[u8]>,
    passage: Passage,
    clock: Time,
}

/// One direction of a connection. Offsets are sequence numbers that do not wrap.
#[derive(Default)]
pub(super) struct Half {
    /// The sequence number of its first octet, once known.
    start: Option<u32>,
    /// Offset of the next octet in order; valid once `start` is known.
    next: u64,
    waiting: BTreeMap<u64, Piece>,
    waiting_octets: usize,
    /// What the other end acknowledged last.
    acked: Option<u32>,
    /// How many octets it acknowledged while it was watched.
    acked_octets: u64,
    /// Offset of the FIN.
    end: Option<u64>,
    seen_data: bool,
    closed: bool,
    stream: Stream,
}

/// Where messages and anomalies go while a segment is worked on.
pub(super) struct Sink<'a> {
    pub framed: Vec<Framed>,
    pub anomalies: &'a mut Anomalies,
    /// Whether the half at work misses octets that passed.
    pub misses: bool,
    /// What TLS connections share.
    pub tap: &'a mut Tap,
}

impl Half {
    /// Whether a SYN with this sequence number belongs to the connection, as far as this half knows.
    pub(super) fn agrees_with_syn(&self, seq: u32) -> Option<bool> {
        self.start.map(|start| start == seq.wrapping_add(1))
    }

    /// Whether its place in the sequence is known.
    pub(super) const fn is_placed(&self) -> bool {
        self.start.is_some()
    }

    /// Whether the capture holds octets of it.
    pub(super) const fn has_data(&self) -> bool {
        self.seen_data
    }

    /// Whether `seq` is so far from everything seen that it belongs to another connection.
    pub(super) fn is_far(&self, seq: u32) -> bool {
        self.start.is_some() && self.offset(seq).abs_diff(self.next) > 16 << 20
    }

    /// Whether it has sent its FIN and everything before.
    pub(super) fn is_done(&self) -> bool {
        self.end.is_some_and(|end| self.next >= end)
    }

    /// Whether the other end acknowledged octets, and the capture holds none at all of what this end sent.
    pub(super) const fn is_unseen(&self) -> bool {
        // One octet may be the FIN.
        !self.seen_data && self.acked_octets > 1
    }

    /// Whether it is HTTP, which may quote SIP anywhere.
    pub(super) fn is_http(&self) -> bool {
        self.stream.is_http()
    }

    /// Says that the other end speaks HTTP.
    pub(super) fn beside_http(&mut self) {
        self.stream.beside_http();
    }

    /// Says whether the application data of its TLS records is of no use to anybody.
    pub(super) fn blind(&mut self, blind: bool) {
        self.stream.blind(blind);
    }

    pub(super) fn held(&self) -> usize {
        self.waiting_octets + self.waiting.len() * OVERHEAD + self.stream.held()
    }

    /// Learns where the octets begin.
    pub(super) fn synchronise(&mut self, seq: u32) {
        if self.start.is_none() {
            self.start_at(seq.wrapping_add(1));
        }
    }

    fn start_at(&mut self, seq: u32) {
        self.start = Some(seq);
        // Well above zero, so that an older sequence number is a smaller offset.
        self.next = (1 << 32) + u64::from(seq);
    }

    /// The offset of `seq` that is nearest to what is expected.
    fn offset(&self, seq: u32) -> u64 {
        let ahead = seq.wrapping_sub(self.next as u32) as i32;
        self.next.saturating_add_signed(i64::from(ahead))
    }

    /// Takes what the other end acknowledges. A hole that it acknowledged is never filled: the capture missed those octets.
    pub(super) fn acknowledge(&mut self, ack: u32, sink: &mut Sink<'_>) {
        let ahead = self.acked.or(self.start).map_or(0, |acked| ack.wrapping_sub(acked) as i32);
        if ahead >= 0 {
            self.acked = Some(ack);
            self.acked_octets += u64::from(ahead.unsigned_abs());
        }
        // What comes next, if anything does, is to show a hole; that something passed shows now. One octet more is a FIN.
        sink.misses |= self.start.is_some() && !self.stream.is_other() && self.offset(ack) > self.next + 1;
        self.settle(sink);
    }

    /// Takes the octets of a segment that this end sent.
    pub(super) fn take(&mut self, part: &SegmentPart, sink: &mut Sink<'_>) {
        let seq = if part.flags.syn { part.seq.wrapping_add(1) } else { part.seq };
        if self.start.is_none() && part.wire_len > 0 {
            self.stream.begins_midstream();
            // One octet alone is a keep-alive probe that repeats an old one (RFC 9293 §3.8.4).
            self.start_at(if part.wire_len == 1 { seq.wrapping_add(1) } else { seq });
        }
        if self.start.is_none() {
            return;
        }
        let begin = self.offset(seq);
        let end = begin + u64::from(part.wire_len);
        if part.flags.fin {
            self.end.get_or_insert(end);
        }
        self.seen_data |= !part.bytes.is_empty();
        sink.misses |= part.wire_len as usize > part.bytes.len() && !self.stream.is_other();
        if self.stream.is_other() {
            self.waiting = BTreeMap::new();
            self.waiting_octets = 0;
            self.next = self.next.max(end);
        } else if end > self.next {
            self.order(part, begin, end, sink);
        }
        self.settle(sink);
        let waits_since = self.waiting.first_key_value().map(|(_, piece)| piece.clock);
        if waits_since.is_some_and(|since| part.clock.since(since) > PATIENCE) {
            self.give_up_hole(sink);
        }
        while self.waiting_octets + self.waiting.len() * OVERHEAD > MAX_WAITING {
            sink.anomalies.note(Anomaly::TcpBudget);
            self.give_up_hole(sink);
        }
    }

    /// Gives the octets of `begin..end` on, or keeps them until what is missing before them comes.
    fn order(&mut self, part: &SegmentPart, begin: u64, end: u64, sink: &mut Sink<'_>) {
        let passage = Passage {
            carriers: part.carriers.clone(),
            time: part.time,
            last: part.time,
            ip_id: part.layers.ip_id,
            vlan: part.layers.vlan,
            carriage: part.layers.carriage(),
        };
        if begin > self.next || !self.waiting.is_empty() {
            let piece = |octets: &[u8]| Piece { octets: octets.into(), passage: passage.clone(), clock: part.clock };
            self.keep(begin.max(self.next), slice(&part.bytes, begin, begin.max(self.next), end), piece, sink);
            return self.drain(sink);
        }
        let octets = slice(&part.bytes, begin, self.next, end);
        self.next += octets.len() as u64;
        self.stream.feed(octets, passage, &mut sink.framed, sink.anomalies);
        // What the snapshot length cut off a segment never comes.
        if self.next < end {
            self.stream.gap(end - self.next, &mut sink.framed, sink.anomalies);
            self.next = end;
        }
    }

    /// Keeps what no waiting piece covers yet: the first octets win.
    fn keep(&mut self, begin: u64, octets: &[u8], piece: impl Fn(&[u8]) -> Piece, sink: &mut Sink<'_>) {
        let end = begin + octets.len() as u64;
        let mut at = begin;
        let mut differs = false;
        while at < end {
            let before = self.waiting.range(..=at).next_back().filter(|(o, p)| *o + p.octets.len() as u64 > at);
            if let Some((&start, old)) = before {
                let stop = end.min(start + old.octets.len() as u64);
                differs |= slice(&old.octets, start, at, stop) != slice(octets, begin, at, stop);
                at = stop;
                continue;
            }
            let stop = self.waiting.range(at..end).next().map_or(end, |(&o, _)| o);
            let fresh = slice(octets, begin, at, stop);
            self.waiting_octets += fresh.len();
            self.waiting.insert(at, piece(fresh));
            at = stop;
        }
        if differs {
            sink.anomalies.note(Anomaly::TcpOverlap);
        }
    }

    /// Gives on what has become the next in order.
    fn drain(&mut self, sink: &mut Sink<'_>) {
        while let Some(first) = self.waiting.first_entry()
            && *first.key() <= self.next
        {
            let (begin, piece) = first.remove_entry();
            self.waiting_octets -= piece.octets.len();
            let octets = slice(&piece.octets, begin, self.next, u64::MAX);
            self.next += octets.len() as u64;
            self.stream.feed(octets, piece.passage, &mut sink.framed, sink.anomalies);
        }
    }

    /// Gives up holes that the other end acknowledged.
    fn settle(&mut self, sink: &mut Sink<'_>) {
        while let Some((&first, _)) = self.waiting.first_key_value()
            && let Some(acked) = self.acked
            && self.offset(acked) >= first
        {
            self.give_up_hole(sink);
        }
    }

    fn give_up_hole(&mut self, sink: &mut Sink<'_>) {
        let Some((&first, _)) = self.waiting.first_key_value() else { return };
        sink.anomalies.note(Anomaly::TcpHole);
        sink.misses = true;
        self.stream.gap(first.saturating_sub(self.next), &mut sink.framed, sink.anomalies);
        self.next = first;
        self.drain(sink);
    }

    /// Gives what can be given of the rest: nothing more comes.
    pub(super) fn close(&mut self, sink: &mut Sink<'_>) {
        if std::mem::replace(&mut self.closed, true) {
            return;
        }
        while !self.waiting.is_empty() {
            self.give_up_hole(sink);
        }
        let lost_end = self.start.is_some() && self.acked.is_some_and(|acked| self.offset(acked) > self.next + 1);
        if lost_end && self.seen_data && !self.stream.is_other() {
            sink.anomalies.note(Anomaly::TcpHole);
            sink.misses = true;
        }
        self.stream.close(&mut sink.framed, sink.anomalies);
    }

    /// Drops what is held.
    pub(super) fn forget(&mut self) {
        if let Some((&last, piece)) = self.waiting.last_key_value() {
            self.next = last + piece.octets.len() as u64;
        }
        self.waiting = BTreeMap::new();
        self.waiting_octets = 0;
        self.stream.forget();
        self.stream.begins_midstream();
    }
}

/// The part `from..to` of octets that begin at offset `begin`, as far as they go.
fn slice(octets: &[u8], begin: u64, from: u64, to: u64) -> &[u8] {
    let place = |offset: u64| usize::try_from(offset.saturating_sub(begin)).unwrap_or(usize::MAX).min(octets.len());
    octets.get(place(from)..place(to)).unwrap_or_default()
}
