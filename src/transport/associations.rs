//! Takes the SCTP packets of one shard in order, gives the SIP messages of its associations, never more memory than its budget.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::chunks::Incoming;
use super::knock::Knock;
use super::sctp::{Data, SctpPart};
use super::stream::{Framed, Passage};
use super::tls::Moment;
use super::{Envelope, Payload, Way};
use crate::base::{Anomalies, Anomaly, Endpoint, Origin, Time, seconds};
use crate::packet::Chunks;

/// A direction that is silent for so long on the running clock is over.
pub(super) const IDLE: i64 = seconds(3600);

/// How exactly that is kept.
const STEP: i64 = seconds(10);

/// Directions that one table remembers; the longest silent go first.
const MAX_FLOWS: usize = 1 << 12;

/// Octets that all of a table may hold back.
const BUDGET: usize = 8 << 20;

/// One direction of one association: the receiver chose the tag, and chooses another for the next association (RFC 9260 §5.3.1).
type Key = (Endpoint, Endpoint, u32);

#[derive(Default)]
struct Flow {
    incoming: Incoming,
    /// The last frame, and how many messages were given in its name.
    origin: Origin,
    clock: Time,
    given: u16,
    /// The frame that began it: names it in the queue.
    born: u64,
    deadline: Time,
}

/// Reassembles the SCTP messages of one shard. Feed the packets in the order of the capture.
#[derive(Default)]
pub struct Associations {
    table: HashMap<Key, Flow>,
    /// Directions by their deadline.
    queue: BTreeMap<(Time, u64), Key>,
    held: usize,
    knocks: Vec<Knock>,
}

impl Associations {
    /// The associations that were asked for since this was last asked.
    pub fn take_knocks(&mut self) -> Vec<Knock> {
        std::mem::take(&mut self.knocks)
    }

    /// Takes the next packet, appends the messages that it completes.
    pub fn push(&mut self, part: &SctpPart, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        self.advance(part.clock, anomalies);
        anomalies.at(part.origin);
        if part.asks() {
            let at = Moment { origin: part.origin, time: part.time, clock: part.clock };
            self.knocks.push(Knock { client: part.source, server: part.destination, at, sctp: true });
            return;
        }
        let key = (part.source, part.destination, part.tag);
        let flow = self.table.entry(key).or_insert_with(|| {
            self.queue.insert((part.clock, part.origin.serial), key);
            Flow { born: part.origin.serial, deadline: part.clock, ..Flow::default() }
        });
        (flow.origin, flow.clock, flow.given) = (part.origin, part.clock, 0);
        let before = flow.incoming.held();
        let mut framed = Vec::new();
        let passage = Passage {
            carriers: part.carriers.clone(),
            time: part.time,
            last: part.time,
            ip_id: part.layers.ip_id,
            vlan: part.layers.vlan,
            carriage: part.layers.carriage(),
        };
        for data in Chunks(&part.chunks).filter_map(|chunk| Data::read(&chunk)) {
            flow.incoming.take(&data, passage.clone(), part.clock, &mut framed, anomalies);
        }
        flow.give(&key, framed, out);
        let deadline = part.clock.plus(IDLE);
        if !(0..STEP).contains(&deadline.since(flow.deadline)) {
            self.queue.remove(&(flow.deadline, flow.born));
            self.queue.insert((deadline, flow.born), key);
            flow.deadline = deadline;
        }
        self.held = self.held - before + flow.incoming.held();
        if self.held > BUDGET && flow.incoming.held() > 0 {
            self.held -= flow.incoming.held();
            flow.incoming.forget(anomalies);
        }
        while self.table.len() > MAX_FLOWS
            && let Some((_, oldest)) = self.queue.pop_first()
        {
            anomalies.note(Anomaly::SctpBudget);
            self.end(&oldest, &mut Vec::new(), anomalies);
        }
    }

    /// Forgets what is silent for too long at `clock`. Which that is does not depend on when this is called.
    pub fn advance(&mut self, clock: Time, anomalies: &mut Anomalies) {
        while let Some((&(deadline, _), &key)) = self.queue.first_key_value()
            && clock > deadline
        {
            // What it held back is counted, but it is too late to bring it into the order of the capture.
            self.end(&key, &mut Vec::new(), anomalies);
        }
    }

    /// Appends what is left at the end of the capture, each message in the name of the last frame of its sender.
    pub fn finish(&mut self, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        let mut left: Vec<_> = self.table.iter().map(|(key, flow)| (flow.origin, *key)).collect();
        left.sort_unstable();
        for (_, key) in left {
            self.end(&key, out, anomalies);
        }
    }

    /// Whether nothing is held, by every account.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_empty() && self.queue.is_empty() && self.held == 0
    }

    fn end(&mut self, key: &Key, out: &mut Vec<Payload>, anomalies: &mut Anomalies) {
        let Some(mut flow) = self.table.remove(key) else { return };
        self.queue.remove(&(flow.deadline, flow.born));
        anomalies.at(flow.origin);
        self.held -= flow.incoming.held();
        let mut framed = Vec::new();
        flow.incoming.give_up(Time(i64::MAX), &mut framed, anomalies);
        flow.give(key, framed, out);
    }
}

impl Flow {
    /// Puts messages into envelopes, in the name of the last frame.
    fn give(&mut self, &(source, destination, _): &Key, framed: Vec<Framed>, out: &mut Vec<Payload>) {
        for message in framed {
            let envelope = Envelope {
                origin: self.origin,
                index: self.given,
                first: message.passage.time,
                last: message.passage.last,
                clock: self.clock,
                source,
                destination,
                transport: message.transport,
                fragmented: false,
                ip_id: message.passage.ip_id,
                vlan: message.passage.vlan,
                carriage: message.passage.carriage,
                way: Way::Unknown,
                misframed: message.misframed,
                cut: message.cut,
                via_hep: false,
            };
            self.given = self.given.saturating_add(1);
            out.push(Payload { envelope, carriers: message.passage.carriers, bytes: message.bytes });
        }
    }
}
