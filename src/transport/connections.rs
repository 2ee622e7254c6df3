//! Takes the TCP segments of one shard in order, gives the SIP messages of its connections, never more memory than its budget.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use super::half::{Half, Sink};
use super::knock::Knock;
use super::msrp::Chunk;
use super::opening::Opening;
use super::openings::{Openings, asks_for_alias};
use super::segment::SegmentPart;
use super::stream::{Content, Framed};
use super::tap::Tap;
use super::tls::{self, Ending, KeyLog, Moment, Session, TlsEvent, TlsTotals};
use super::{Envelope, Payload, SealedTraffic, Way};
use crate::base::{Anomalies, Anomaly, Endpoint, Origin, Time, seconds};

/// A connection that is silent for so long on the running clock is over.
pub(super) const IDLE: i64 = seconds(3600);

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
    time: Time,
    clock: Time,
    given: u16,
}

#[derive(Default)]
struct Connection {
    /// What the smaller and the greater end sent.
    halves: [Half; 2],
    /// The last frame of each end.
    stamps: [Stamp; 2],
    opening: Opening,
    /// What lies above, once it is known to be TLS.
    tls: Option<Box<Session>>,
    /// The frame that began it: names it in the queue.
    born: u64,
    /// When it is forgotten, if nothing more comes.
    deadline: Time,
    over: bool,
    /// The end that closed it first.
    closed_by: Option<usize>,
    held: usize,
    /// When the first SYN passed, until the first message came.
    opened: Option<Time>,
    /// Whether a request of the opener asked for requests the other way.
    aliased: bool,
}

/// Reassembles the TCP connections of one shard. Feed the segments in the order of the capture.
#[derive(Default)]
pub struct Connections {
    table: HashMap<Pair, Connection>,
    /// Connections by their deadline.
    queue: BTreeMap<(Time, u64), Pair>,
    held: usize,
    unseen: BTreeMap<(IpAddr, IpAddr), u64>,
    tap: Tap,
    openings: Openings,
}

impl Connections {
    /// Gives the key logs that open TLS from here on.
    pub fn set_keys(&mut self, keys: &Arc<KeyLog>) {
        self.tap.keys = Arc::clone(keys);
    }

    /// What TLS connections and attempts at connections came to since this was last asked.
    pub fn take_events(&mut self) -> Vec<TlsEvent> {
        std::mem::take(&mut self.tap.events)
    }

    /// The connections that were asked for since this was last asked.
    pub fn take_knocks(&mut self) -> Vec<Knock> {
        std::mem::take(&mut self.tap.knocks)
    }

    /// The chunks of MSRP that ended since this was last asked.
    pub fn take_chunks(&mut self) -> Vec<Chunk> {
        std::mem::take(&mut self.tap.chunks)
    }

    /// From whom to whom octets passed that the capture does not hold, and about when, since this was last asked.
    pub fn take_missed(&mut self) -> Vec<(IpAddr, IpAddr, Time)> {
        std::mem::take(&mut self.tap.missed)
    }

    /// What of TLS nobody could open; complete after [`Self::finish`].
    pub const fn sealed(&mut self) -> &mut SealedTraffic {
        &mut self.tap.sealed
    }

    /// The counts of TLS connections; complete after [`Self::finish`].
    #[must_use]
    pub const fn tls_totals(&self) -> &TlsTotals {
        &self.tap.totals
    }

    /// Takes the next segment, appends the messages that it completes.
    pub fn push(&mut self, part: &SegmentPart, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        self.advance(part.clock, anomalies);
        let (pair, from) =
            if part.source <= part.destination { ((part.source, part.destination), 0) } else { ((part.destination, part.source), 1) };
        match self.table.get(&pair) {
            Some(connection) if connection.ends_with(part, from) => {
                self.end(&pair, Ending::Silent { until: part.clock, ended: false }, out, anomalies);
            }
            None if part.flags.rst => return,
            _ => {}
        }
        anomalies.at(part.origin);
        let mut sink = Sink { framed: Vec::new(), anomalies, misses: false, tap: &mut self.tap };
        let connection = self.table.entry(pair).or_insert_with(|| {
            self.queue.insert((part.clock, part.origin.serial), pair);
            Connection { born: part.origin.serial, deadline: part.clock, ..Connection::default() }
        });
        connection.stamps[from] = Stamp { origin: part.origin, time: part.time, clock: part.clock, given: 0 };
        let given = out.len();
        connection.take(part, from, pair, &mut sink, out);
        if out.len() > given
            && let Some((opened, opener)) = connection.opened.take().zip(connection.opening.client())
        {
            let (client, server) = if opener == 0 { pair } else { (pair.1, pair.0) };
            self.openings.note(client.ip, server.ip, opened);
        }
        let deadline = part.clock.plus(if connection.over { LINGER } else { IDLE });
        if !(0..STEP).contains(&deadline.since(connection.deadline)) {
            self.queue.remove(&(connection.deadline, connection.born));
            self.queue.insert((deadline, connection.born), pair);
            connection.deadline = deadline;
        }
        self.held = self.held - connection.held + connection.measure();
        if self.held > BUDGET && connection.held > 0 {
            anomalies.note(Anomaly::TcpBudget);
            connection.forget();
            self.held = self.held - connection.held + connection.measure();
        }
        while self.table.len() > MAX_CONNECTIONS
            && let Some((_, oldest)) = self.queue.pop_first()
        {
            anomalies.note(Anomaly::TcpBudget);
            self.drop_silently(&oldest, Ending::Evicted, anomalies);
        }
    }

    /// Forgets connections that are silent for too long at `clock`. Which they are does not depend on when this is called.
    pub fn advance(&mut self, clock: Time, anomalies: &mut Anomalies) {
        self.tap.clock = self.tap.clock.max(clock);
        while let Some((&(deadline, _), &pair)) = self.queue.first_key_value()
            && clock > deadline
        {
            self.drop_silently(&pair, Ending::Silent { until: deadline, ended: false }, anomalies);
        }
    }

    /// Appends what is left at the end of the capture, each message in the name of the last frame that its sender sent.
    pub fn finish(&mut self, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        let mut left: Vec<_> = self.table.iter().map(|(pair, connection)| (connection.born, *pair)).collect();
        left.sort_unstable();
        let begin = out.len();
        let ending = Ending::Silent { until: self.tap.clock, ended: true };
        for (_, pair) in left {
            self.end(&pair, ending, out, anomalies);
        }
        out.get_mut(begin..).unwrap_or_default().sort_by_key(|payload| (payload.envelope.origin, payload.envelope.index));
    }

    /// For each sender and receiver, the connections in which octets were acknowledged and not one of them was captured.
    /// Complete after [`Self::finish`].
    #[must_use]
    pub const fn unseen(&self) -> &BTreeMap<(IpAddr, IpAddr), u64> {
        &self.unseen
    }

    /// When connections were opened that carry SIP, and by whom.
    #[must_use]
    pub const fn openings(&self) -> &Openings {
        &self.openings
    }

    /// Whether nothing is held, by every account.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty() && self.queue.is_empty() && self.held == 0
    }

    /// Ends a connection and gives what it held.
    fn end(&mut self, pair: &Pair, ending: Ending, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        if let Some(mut connection) = self.remove(pair) {
            anomalies.at(connection.stamps[0].max(connection.stamps[1]).origin);
            let mut sink = Sink { framed: Vec::new(), anomalies, misses: false, tap: &mut self.tap };
            for from in [0, 1] {
                connection.halves[from].close(&mut sink);
                connection.miss(from, from, *pair, &mut sink);
                connection.give(from, from, *pair, &mut sink, out);
            }
            connection.end(ending, *pair, &mut sink, out);
        }
    }

    /// Ends a connection in silence: what it held back is counted, but it is too late to bring it into the order of the capture.
    fn drop_silently(&mut self, pair: &Pair, ending: Ending, anomalies: &mut Anomalies) {
        self.end(pair, ending, &mut Vec::new(), anomalies);
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
        if self.opening.client().is_none() && part.flags.syn && !part.flags.ack {
            self.opened = Some(part.clock);
            let at = Moment { origin: part.origin, time: part.time, clock: part.clock };
            sink.tap.knocks.push(Knock { client: part.source, server: part.destination, at, sctp: false });
        }
        self.opening.take(part, from, &mut sink.tap.events);
        if part.flags.ack {
            self.halves[to].acknowledge(part.ack, sink);
            self.miss(to, from, pair, sink);
            self.give(to, from, pair, sink, out);
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
        self.miss(from, from, pair, sink);
        self.give(from, from, pair, sink, out);
        if self.halves[from].is_done() && self.closed_by.is_none() {
            self.closed_by = Some(from);
        }
        if part.flags.rst || self.halves.iter().all(Half::is_done) {
            self.over = true;
            for half in [0, 1] {
                self.halves[half].close(sink);
                self.miss(half, from, pair, sink);
                self.give(half, from, pair, sink, out);
            }
            let ending = match self.closed_by {
                Some(end) => Ending::Closed(end),
                None => Ending::Reset(from),
            };
            self.end(ending, pair, sink, out);
        }
    }

    /// Notes that octets of a half passed which the capture does not hold, at the last segment of the end `at`.
    fn miss(&mut self, half: usize, at: usize, pair: Pair, sink: &mut Sink<'_>) {
        if std::mem::take(&mut sink.misses) {
            let (source, destination) = if half == 0 { pair } else { (pair.1, pair.0) };
            sink.tap.missed.push((source.ip, destination.ip, self.stamps[at].clock));
        }
    }

    /// Says how it ended, to those who did not know.
    fn end(&mut self, ending: Ending, pair: Pair, sink: &mut Sink<'_>, out: &mut Vec<Payload>) {
        if let Some(mut session) = self.tls.take() {
            let ending = match self.closed_by {
                Some(end) => Ending::Closed(end),
                None => ending,
            };
            let unseen = self.halves.iter().position(Half::is_unseen);
            let stamp = self.stamps[0].max(self.stamps[1]);
            let mut framed = Vec::new();
            session.end(ending, unseen, stamp.moment(), &mut sink.tap.outlet(&mut framed, sink.anomalies));
            for end in [0, 1] {
                session.close(end, &mut framed, sink.anomalies);
                let at = if self.stamps[end].clock == Time::default() { 1 - end } else { end };
                framed.drain(..).for_each(|message| self.hand_on(message, end, at, pair, sink, out));
            }
        }
        self.opening.end(ending, pair, &mut sink.tap.events);
    }

    /// Drops what is held.
    fn forget(&mut self) {
        self.halves.iter_mut().for_each(Half::forget);
        self.tls.iter_mut().for_each(|session| session.forget());
    }

    fn measure(&mut self) -> usize {
        self.held = self.halves.iter().map(Half::held).sum::<usize>() + self.tls.as_ref().map_or(0, |session| session.held());
        self.held
    }

    /// Gives what `sender` sent, in the name of the last frame of `at`.
    fn give(&mut self, sender: usize, at: usize, pair: Pair, sink: &mut Sink<'_>, out: &mut Vec<Payload>) {
        for message in std::mem::take(&mut sink.framed) {
            match message.content {
                Content::Record | Content::Gap => self.record(message, sender, at, pair, sink, out),
                Content::Sip | Content::Hep | Content::Msrp(_) => self.hand_on(message, sender, at, pair, sink, out),
            }
        }
    }

    /// Takes a TLS record, or that some are missing, and gives what is inside.
    fn record(&mut self, record: Framed, sender: usize, at: usize, pair: Pair, sink: &mut Sink<'_>, out: &mut Vec<Payload>) {
        let moment = self.stamps[at].moment();
        let mut framed = Vec::new();
        let session = match (&mut self.tls, record.content) {
            (Some(session), _) => session,
            (None, Content::Gap) => return,
            (none, _) => {
                let client = self.opening.client().unwrap_or_else(|| {
                    // Ports that many servers share are small.
                    usize::from(pair.0.port < pair.1.port)
                });
                let midstream = !tls::may_begin(&record.bytes);
                let outlet = &mut sink.tap.outlet(&mut framed, sink.anomalies);
                none.insert(Box::new(Session::new([pair.0, pair.1], client, midstream, moment, outlet)))
            }
        };
        let mut outlet = sink.tap.outlet(&mut framed, sink.anomalies);
        if record.content == Content::Gap {
            session.gap(sender, &mut outlet);
        } else {
            session.take(sender, record.bytes, record.passage, moment, &mut outlet);
        }
        let blind = session.is_blind(&sink.tap.keys);
        self.halves.iter_mut().for_each(|half| half.blind(blind));
        framed.into_iter().for_each(|message| self.hand_on(message, sender, at, pair, sink, out));
    }

    /// Gives a message that `sender` sent, or notes a chunk of MSRP.
    fn hand_on(&mut self, message: Framed, sender: usize, at: usize, pair: Pair, sink: &mut Sink<'_>, out: &mut Vec<Payload>) {
        let Content::Msrp(octets) = message.content else { return self.envelope(message, sender, at, pair, sink.anomalies, out) };
        let ends = if sender == 0 { pair } else { (pair.1, pair.0) };
        sink.tap.chunks.extend(Chunk::read(&message.bytes, octets, self.stamps[at].moment(), ends));
    }

    /// Puts a message that `sender` sent into its envelope.
    fn envelope(&mut self, message: Framed, sender: usize, at: usize, pair: Pair, anomalies: &mut Anomalies, out: &mut Vec<Payload>) {
        let (source, destination) = if sender == 0 { pair } else { (pair.1, pair.0) };
        let way = match self.opening.client() {
            Some(opener) if opener == sender => {
                self.aliased |= message.content == Content::Sip && asks_for_alias(&message.bytes);
                Way::FromOpener
            }
            Some(_) => Way::ToOpener { aliased: self.aliased },
            None => Way::Unknown,
        };
        let stamp = &mut self.stamps[at];
        let envelope = Envelope {
            origin: stamp.origin,
            index: stamp.given,
            first: message.passage.time,
            last: message.passage.last,
            clock: stamp.clock,
            source,
            destination,
            transport: message.transport,
            fragmented: false,
            ip_id: message.passage.ip_id,
            vlan: message.passage.vlan,
            carriage: message.passage.carriage,
            way,
            misframed: message.misframed,
            cut: message.cut,
            via_hep: false,
        };
        stamp.given = stamp.given.saturating_add(1);
        let payload = Payload { envelope, carriers: message.passage.carriers, bytes: message.bytes };
        if message.content != Content::Hep {
            out.push(payload);
            return;
        }
        match payload.unwrap_hep() {
            Ok(payload) => out.push(payload),
            Err(anomaly) => anomalies.note(anomaly),
        }
    }
}

impl Stamp {
    const fn moment(self) -> Moment {
        Moment { origin: self.origin, time: self.time, clock: self.clock }
    }

    /// The later of two.
    fn max(self, other: Self) -> Self {
        if other.origin > self.origin { other } else { self }
    }
}
