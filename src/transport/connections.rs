//! Takes the TCP segments of one shard in order, gives the SIP messages of its connections, never more memory than its budget.

use std::collections::BTreeMap;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::half::{Half, Sink};
use super::segment::SegmentPart;
use super::stream::Framed;
use super::{Envelope, Payload};
use crate::base::{Anomalies, Anomaly, Endpoint, Origin, Time, Transport, seconds};

/// A connection that is silent for so long on the running clock is over.
const IDLE: i64 = seconds(3600);

/// How long a connection that is over is remembered, so that late repetitions do not look like a new one.
const LINGER: i64 = seconds(60);

/// How exactly both are kept: a connection is moved in the queue only so often.
const STEP: i64 = seconds(10);

/// Connections that one table remembers; the longest silent go first.
const MAX_CONNECTIONS: usize = 1 << 14;

/// Octets that all connections of a table may hold back.
const BUDGET: usize = 8 << 20;

/// Host pairs for which unseen sides are counted.
const MAX_PAIRS: usize = 1 << 16;

/// The two ends of a connection, the smaller first.
type Pair = (Endpoint, Endpoint);

/// The frame at hand, and how many messages were given in its name.
#[derive(Clone, Copy, Default)]
struct Stamp {
    origin: Origin,
    clock: Time,
    given: u16,
}

#[derive(Default)]
struct Connection {
    /// What the smaller and the greater end sent.
    halves: [Half; 2],
    /// The last frame of each end.
    stamps: [Stamp; 2],
    /// The frame that began it: names it in the queue.
    born: u64,
    /// When it is forgotten, if nothing more comes.
    deadline: Time,
    over: bool,
    held: usize,
}

/// Reassembles the TCP connections of one shard. Feed the segments in the order of the capture.
#[derive(Default)]
pub struct Connections {
    table: HashMap<Pair, Connection>,
    /// Connections by their deadline.
    queue: BTreeMap<(Time, u64), Pair>,
    held: usize,
    unseen: BTreeMap<(IpAddr, IpAddr), u64>,
}

impl Connections {
    /// Takes the next segment, appends the messages that it completes.
    pub fn push(&mut self, part: &SegmentPart, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        self.advance(part.clock, anomalies);
        let (pair, from) =
            if part.source <= part.destination { ((part.source, part.destination), 0) } else { ((part.destination, part.source), 1) };
        let mut sink = Sink { framed: Vec::new(), anomalies };
        match self.table.get(&pair) {
            Some(connection) if connection.ends_with(part, from) => self.end(&pair, out, sink.anomalies),
            None if part.flags.rst => return,
            _ => {}
        }
        let connection = self.table.entry(pair).or_insert_with(|| {
            self.queue.insert((part.clock, part.origin.serial), pair);
            Connection { born: part.origin.serial, deadline: part.clock, ..Connection::default() }
        });
        connection.stamps[from] = Stamp { origin: part.origin, clock: part.clock, given: 0 };
        connection.take(part, from, pair, &mut sink, out);
        let deadline = part.clock.plus(if connection.over { LINGER } else { IDLE });
        if !(0..STEP).contains(&deadline.since(connection.deadline)) {
            self.queue.remove(&(connection.deadline, connection.born));
            self.queue.insert((deadline, connection.born), pair);
            connection.deadline = deadline;
        }
        self.held = self.held - connection.held + connection.measure();
        if self.held > BUDGET && connection.held > 0 {
            anomalies.note(Anomaly::TcpBudget);
            connection.halves.iter_mut().for_each(Half::forget);
            self.held = self.held - connection.held + connection.measure();
        }
        while self.table.len() > MAX_CONNECTIONS
            && let Some((_, oldest)) = self.queue.pop_first()
        {
            anomalies.note(Anomaly::TcpBudget);
            self.drop_silently(&oldest, anomalies);
        }
    }

    /// Forgets connections that are silent for too long at `clock`. Which they are does not depend on when this is called.
    pub fn advance(&mut self, clock: Time, anomalies: &mut Anomalies) {
        while let Some((&(deadline, _), &pair)) = self.queue.first_key_value()
            && clock > deadline
        {
            self.drop_silently(&pair, anomalies);
        }
    }

    /// Appends what is left at the end of the capture, each message in the name of the last frame that its sender sent.
    pub fn finish(&mut self, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        let mut left: Vec<_> = self.table.iter().map(|(pair, connection)| (connection.born, *pair)).collect();
        left.sort_unstable();
        let begin = out.len();
        for (_, pair) in left {
            self.end(&pair, out, anomalies);
        }
        out.get_mut(begin..).unwrap_or_default().sort_by_key(|payload| (payload.envelope.origin, payload.envelope.index));
    }

    /// For each sender and receiver, the connections in which octets were acknowledged and not one of them was captured.
    /// Complete after [`Self::finish`].
    #[must_use]
    pub const fn unseen(&self) -> &BTreeMap<(IpAddr, IpAddr), u64> {
        &self.unseen
    }

    /// Ends a connection and gives what it held.
    fn end(&mut self, pair: &Pair, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        if let Some(mut connection) = self.remove(pair) {
            let mut sink = Sink { framed: Vec::new(), anomalies };
            for from in [0, 1] {
                connection.halves[from].close(&mut sink);
                connection.give(from, from, *pair, &mut sink.framed, out);
            }
        }
    }

    /// Ends a connection in silence: what it held back is counted, but it is too late to bring it into the order of the capture.
    fn drop_silently(&mut self, pair: &Pair, anomalies: &mut Anomalies) {
        self.end(pair, &mut Vec::new(), anomalies);
    }

    fn remove(&mut self, pair: &Pair) -> Option<Connection> {
        let connection = self.table.remove(pair)?;
        self.queue.remove(&(connection.deadline, connection.born));
        self.held = self.held.saturating_sub(connection.held);
        let ends = [(pair.0.ip, pair.1.ip), (pair.1.ip, pair.0.ip)];
        for (half, hosts) in connection.halves.iter().zip(ends) {
            if half.is_unseen() && (self.unseen.len() < MAX_PAIRS || self.unseen.contains_key(&hosts)) {
                *self.unseen.entry(hosts).or_default() += 1;
            }
        }
        Some(connection)
    }
}

impl Connection {
    /// Whether a segment begins another connection between the same ends.
    fn ends_with(&self, part: &SegmentPart, from: usize) -> bool {
        let [mine, other] = self.ordered(from);
        if part.flags.syn {
            return match mine.agrees_with_syn(part.seq) {
                Some(agrees) => !agrees,
                None => !part.flags.ack && (self.over || other.has_data()),
            };
        }
        self.over && part.wire_len > 0 && mine.is_far(part.seq)
    }

    const fn ordered(&self, from: usize) -> [&Half; 2] {
        let [smaller, greater] = &self.halves;
        if from == 0 { [smaller, greater] } else { [greater, smaller] }
    }

    fn take(&mut self, part: &SegmentPart, from: usize, pair: Pair, sink: &mut Sink<'_>, out: &mut Vec<Payload>) {
        if self.over {
            return;
        }
        let to = 1 - from;
        if part.flags.ack {
            self.halves[to].acknowledge(part.ack, sink);
            self.give(to, from, pair, &mut sink.framed, out);
        }
        if part.flags.syn {
            self.halves[from].synchronise(part.seq);
        }
        let unplaced = !self.halves.iter().any(Half::is_placed);
        self.halves[from].take(part, sink);
        if unplaced && self.halves[from].is_placed() {
            sink.anomalies.note(Anomaly::TcpMidstream);
        }
        if self.halves[from].is_http() {
            self.halves[to].beside_http();
        }
        if self.halves[from].is_done() {
            self.halves[from].close(sink);
        }
        self.give(from, from, pair, &mut sink.framed, out);
        if part.flags.rst || self.halves.iter().all(Half::is_done) {
            self.over = true;
            for half in [0, 1] {
                self.halves[half].close(sink);
                self.give(half, from, pair, &mut sink.framed, out);
            }
        }
    }

    fn measure(&mut self) -> usize {
        self.held = self.halves.iter().map(Half::held).sum();
        self.held
    }

    /// Puts what `sender` sent into envelopes, in the name of the last frame of `at`.
    fn give(&mut self, sender: usize, at: usize, pair: Pair, framed: &mut Vec<Framed>, out: &mut Vec<Payload>) {
        let (source, destination) = if sender == 0 { pair } else { (pair.1, pair.0) };
        let stamp = &mut self.stamps[at];
        for message in framed.drain(..) {
            let envelope = Envelope {
                origin: stamp.origin,
                index: stamp.given,
                first: message.first.time,
                last: message.last,
                clock: stamp.clock,
                source,
                destination,
                transport: Transport::Tcp,
                fragmented: false,
                ip_id: message.first.ip_id,
                vlan: message.first.vlan,
                cut: message.cut,
            };
            stamp.given = stamp.given.saturating_add(1);
            out.push(Payload { envelope, bytes: message.bytes });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::packet::{Layers, TcpFlags};

    /// One end of a made-up connection: knows its sequence numbers.
    struct Wire {
        table: Connections,
        odd: Anomalies,
        out: Vec<Payload>,
        frame: u32,
        clock: i64,
    }

    const A: u16 = 5060;
    const B: u16 = 40_000;

    impl Wire {
        fn new() -> Self {
            Self { table: Connections::default(), odd: Anomalies::default(), out: Vec::new(), frame: 0, clock: 0 }
        }

        fn segment(&mut self, from: u16, seq: u32, ack: Option<u32>, flags: &str, data: &[u8]) -> &mut Self {
            self.cut(from, seq, ack, flags, data, data.len())
        }

        fn cut(&mut self, from: u16, seq: u32, ack: Option<u32>, flags: &str, data: &[u8], captured: usize) -> &mut Self {
            self.frame += 1;
            self.clock += 1_000_000;
            let end = |port: u16| Endpoint::new(IpAddr::from([192, 0, 2, u8::from(port == A)]), port);
            let part = SegmentPart {
                origin: Origin { serial: u64::from(self.frame), capture: 0, frame: self.frame },
                time: Time(self.clock),
                clock: Time(self.clock),
                source: end(from),
                destination: end(if from == A { B } else { A }),
                layers: Layers::default(),
                seq,
                ack: ack.unwrap_or(0),
                flags: TcpFlags { syn: flags.contains('S'), ack: ack.is_some(), fin: flags.contains('F'), rst: flags.contains('R') },
                wire_len: u32::try_from(data.len()).unwrap(),
                bytes: data[..captured].into(),
            };
            self.table.push(&part, &mut self.out, &mut self.odd);
            self
        }

        fn finish(mut self) -> Self {
            self.table.finish(&mut self.out, &mut self.odd);
            assert_eq!((self.table.held, self.table.queue.len()), (0, 0), "the books must balance");
            self
        }

        fn texts(&self) -> Vec<&[u8]> {
            self.out.iter().map(|p| &*p.bytes).collect()
        }
    }

    fn message(n: usize, body: usize) -> Vec<u8> {
        format!("INFO sip:{n}@b SIP/2.0\r\nContent-Length: {body}\r\n\r\n{}", "x".repeat(body)).into_bytes()
    }

    #[test]
    fn a_message_over_two_segments_is_dated_by_both() {
        let m = message(1, 10);
        let (a, b) = m.split_at(30);
        let mut w = Wire::new();
        w.segment(B, 99, None, "S", b"").segment(A, 499, Some(100), "S", b"").segment(B, 100, Some(500), "", a).segment(
            B,
            130,
            Some(500),
            "",
            b,
        );
        let w = w.finish();
        assert_eq!(w.texts(), [m.as_slice()]);
        let e = w.out[0].envelope;
        assert_eq!((e.origin.frame, e.first.0, e.last.0, e.cut), (4, 3_000_000, 4_000_000, false));
        assert_eq!(w.odd, Anomalies::default());
    }

    #[test]
    fn several_messages_in_a_segment_keep_their_order() {
        let all = [b"\r\n\r\n".as_slice(), &message(1, 0), b"\r\n", &message(2, 3)].concat();
        let mut w = Wire::new();
        w.segment(A, 0, None, "", &all);
        let w = w.finish();
        assert_eq!(w.out.iter().map(|p| p.envelope.index).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(w.odd.count(Anomaly::TcpMidstream), 1);
    }

    #[test]
    fn an_acknowledged_hole_is_given_up_and_framing_goes_on() {
        let (m1, m2, m3) = (message(1, 0), message(2, 0), message(3, 0));
        let (s2, s3) = (100 + m1.len() as u32, 100 + (m1.len() + m2.len()) as u32);
        let mut w = Wire::new();
        w.segment(B, 100, None, "", &m1).segment(B, s3, None, "", &m3);
        assert_eq!(w.out.len(), 1, "waits");
        w.segment(A, 1, Some(s2), "", b"");
        assert_eq!(w.out.len(), 1, "the hole is not acknowledged");
        w.segment(A, 1, Some(s3 + m3.len() as u32), "", b"");
        assert_eq!(w.texts(), [m1.as_slice(), &m3]);
        assert_eq!(w.out[1].envelope.origin.frame, 4);
        assert_eq!(w.odd.count(Anomaly::TcpHole), 1);
        assert_eq!(w.odd.count(Anomaly::SipResync), 0);
    }

    #[test]
    fn a_hole_inside_a_body_cuts_one_message_only() {
        let (m1, m2) = (message(1, 3000), message(2, 0));
        let mut w = Wire::new();
        w.segment(B, 0, None, "", &m1[..1000]);
        w.segment(B, 2000, None, "", &[&m1[2000..], &m2].concat());
        w.segment(A, 1, Some(9000), "", b"");
        assert_eq!(w.out.iter().map(|p| (p.bytes.len(), p.envelope.cut)).collect::<Vec<_>>(), [(1000, true), (m2.len(), false)]);
        assert_eq!((w.odd.count(Anomaly::SipCut), w.odd.count(Anomaly::SipResync)), (1, 0));
    }

    #[test]
    fn snapped_segments_leave_a_hole_of_known_length() {
        let (m1, m2) = (message(1, 500), message(2, 0));
        let mut w = Wire::new();
        w.cut(B, 0, None, "", &m1, 96).segment(B, m1.len() as u32, None, "", &m2);
        assert_eq!(w.out.iter().map(|p| (p.bytes.len(), p.envelope.cut)).collect::<Vec<_>>(), [(96, true), (m2.len(), false)]);
    }

    #[test]
    fn one_direction_alone_is_read_in_order_and_told() {
        let (m1, m2) = (message(1, 0), message(2, 0));
        let mut w = Wire::new();
        w.segment(B, 0, Some(1000), "", &m1).segment(B, m1.len() as u32, Some(1400), "", &m2);
        let w = w.finish();
        assert_eq!(w.out.len(), 2);
        let unseen: Vec<_> = w.table.unseen().iter().map(|(&hosts, &n)| (hosts, n)).collect();
        assert_eq!(unseen, [((IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 0])), 1)]);
    }

    #[test]
    fn probes_and_repetitions_are_not_read_twice() {
        let m = message(1, 0);
        let end = m.len() as u32;
        let mut w = Wire::new();
        w.segment(B, 0, Some(1), "", &m).segment(B, 0, Some(1), "", &m).segment(B, end - 1, Some(1), "", b"\n").segment(
            B,
            end - 1,
            Some(1),
            "",
            b"",
        );
        w.segment(B, end, Some(1), "", &m);
        assert_eq!(w.out.len(), 2);
    }

    #[test]
    fn a_new_syn_on_the_same_ports_is_a_new_connection() {
        let m = message(1, 0);
        let mut w = Wire::new();
        w.segment(B, 9, None, "S", b"").segment(B, 10, Some(1), "", &m[..24]);
        w.segment(B, 70_000, None, "S", b"").segment(B, 70_001, Some(1), "", &m);
        assert_eq!(w.texts(), [m.as_slice()]);
        assert_eq!(w.odd.count(Anomaly::SipCut), 1);
    }

    #[test]
    fn repetitions_after_the_end_begin_nothing() {
        let m = message(1, 0);
        let end = m.len() as u32;
        let mut w = Wire::new();
        w.segment(B, 0, Some(1), "F", &m).segment(A, 1, Some(end + 1), "F", b"").segment(B, end + 1, Some(2), "", b"").segment(
            B,
            0,
            Some(1),
            "F",
            &m,
        );
        assert_eq!(w.out.len(), 1);
        assert_eq!(w.odd.count(Anomaly::TcpMidstream), 1);
    }

    #[test]
    fn midstream_begins_at_the_next_start_line_and_http_never() {
        let m = message(2, 0);
        let mut w = Wire::new();
        w.segment(B, 0, None, "", &[b"c=IN IP4 192.0.2.1\r\na=sendrecv\r\n", m.as_slice()].concat());
        w.segment(A, 0, None, "", &[b"HTTP/1.1 200 OK\r\n\r\n", m.as_slice()].concat()).segment(A, 5000, None, "", &m);
        assert_eq!(w.texts(), [m.as_slice()]);
        assert_eq!(w.odd.count(Anomaly::SipResync), 0);
    }

    /// An answer that poses as SIP to a request that is HTTP.
    #[test]
    fn the_other_side_of_http_is_no_sip() {
        let mut w = Wire::new();
        w.segment(B, 9, None, "S", b"").segment(A, 99, Some(10), "S", b"").segment(B, 10, Some(100), "", b"GET / HTTP/1.1\r\n\r\n");
        w.segment(A, 100, Some(28), "", b"SIP/2.0 200 ok\r\nHTTP/1.1 200 ok\r\n\r\n");
        assert_eq!(w.finish().out, []);
    }

    #[test]
    fn forgetting_does_not_depend_on_when_it_is_asked_for() {
        let m = message(1, 0);
        let run = |sweeps: &[i64]| {
            let mut w = Wire::new();
            w.segment(B, 0, Some(1), "", &m[..20]);
            sweeps.iter().for_each(|&at| w.table.advance(Time(at), &mut w.odd));
            w.clock = IDLE + seconds(20);
            w.segment(B, 20, Some(1), "", &m[20..]);
            let w = w.finish();
            (w.out, w.odd)
        };
        assert_eq!(run(&[]), run(&[seconds(5), IDLE, IDLE + seconds(19)]));
    }

    proptest! {
        /// Both directions, sequence numbers that wrap, pieces in random order, repeated and overlapping: the same messages.
        #[test]
        fn any_delivery_gives_the_messages(
            bodies in proptest::collection::vec(0usize..400, 1..8),
            pieces in proptest::collection::vec((any::<prop::sample::Index>(), 1usize..300), 0..40),
            shuffle in proptest::collection::vec(any::<u32>(), 80),
            near_wrap in 0u32..3000,
        ) {
            let messages: Vec<_> = bodies.iter().enumerate().map(|(n, &b)| message(n, b)).collect();
            let stream = messages.concat();
            let first = u32::MAX - near_wrap;
            let mut cuts: Vec<(usize, usize)> = (0..stream.len()).step_by(200).map(|at| (at, (at + 200).min(stream.len()))).collect();
            cuts.extend(pieces.iter().map(|(at, len)| { let at = at.index(stream.len()); (at, (at + len).min(stream.len())) }));
            let mut order: Vec<usize> = (0..cuts.len()).collect();
            order.sort_by_key(|&i| shuffle.get(i).copied().unwrap_or_default());
            let mut w = Wire::new();
            w.segment(B, first.wrapping_sub(1), None, "S", b"").segment(A, 7, Some(first), "S", b"");
            for i in order {
                let (from, to) = cuts[i];
                w.segment(B, first.wrapping_add(from as u32), Some(8), "", &stream[from..to]);
            }
            let w = w.finish();
            prop_assert_eq!(w.texts(), messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert_eq!(w.odd, Anomalies::default());
        }

        #[test]
        fn any_segments_end_well(
            segments in proptest::collection::vec((any::<bool>(), 0u32..5000, proptest::option::of(0u32..5000), "[SFR]?", 0usize..4, 0usize..500), 0..60),
        ) {
            let mut w = Wire::new();
            for (from, seq, ack, flags, n, take) in segments {
                let m = [message(n, 300), vec![b'y'; n * 7]].concat();
                w.cut(if from { A } else { B }, seq, ack, &flags, &m, take.min(m.len()));
            }
            w.finish();
        }
    }
}
