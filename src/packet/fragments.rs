//! Takes the fragments of one shard in order, gives whole datagrams, never holds one longer than its time or beyond its budget.

use std::collections::VecDeque;
use std::net::IpAddr;

use hashbrown::HashMap;

use super::assembly::{Assembly, OVERHEAD};
use super::{Fragment, Layers};
use crate::base::{Anomalies, Anomaly, Carriers, Origin, Time, seconds};
use crate::capture::Frame;

/// How long a datagram may wait for its fragments, on the running clock (RFC 791 §3.2 and RFC 8200 §4.5 allow 15 to 120 s; Linux waits 30 s).
const PATIENCE: i64 = seconds(30);

/// Octets that the unfinished datagrams of one table may hold, bookkeeping included.
const BUDGET: usize = 8 << 20;

/// The largest payload that an IP datagram can have.
const MAX_DATAGRAM: u32 = 65_535;

/// A fragment that owns its octets, set aside until its shard is worked on.
#[derive(Clone, Debug)]
pub struct FragmentPart {
    /// The frame that carried it.
    pub origin: Origin,
    /// Its capture time.
    pub time: Time,
    /// The running clock at that frame.
    pub clock: Time,
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// The protocol of the whole datagram's payload.
    pub protocol: u8,
    /// What lay below.
    pub layers: Layers,
    /// Offset of `bytes` in the whole.
    pub offset: u32,
    /// Whether more follow.
    pub more: bool,
    /// The data, as far as it was captured.
    pub bytes: Box<[u8]>,
    /// Whether the capture holds less of it than was sent.
    pub cut: bool,
}

impl FragmentPart {
    /// Copies a fragment out of its frame.
    #[must_use]
    pub fn new(frame: &Frame<'_>, fragment: &Fragment<'_>) -> Self {
        Self {
            origin: frame.origin,
            time: frame.time,
            clock: frame.clock,
            source: fragment.source,
            destination: fragment.destination,
            protocol: fragment.protocol,
            layers: fragment.layers,
            offset: fragment.offset,
            more: fragment.more,
            bytes: fragment.payload.into(),
            cut: fragment.cut,
        }
    }
}

/// A datagram put together again.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The frame that completed it.
    pub origin: Origin,
    /// The frames of its fragments.
    pub carriers: Carriers,
    /// Capture time of its earliest fragment.
    pub first: Time,
    /// Capture time of its latest fragment.
    pub last: Time,
    /// The running clock at the frame that completed it.
    pub clock: Time,
    /// Sender.
    pub source: IpAddr,
    /// Receiver.
    pub destination: IpAddr,
    /// What `bytes` are.
    pub protocol: u8,
    /// What lay below; `ip_id` is the identification, `ip_len` the length of the completing fragment.
    pub layers: Layers,
    /// The payload.
    pub bytes: Vec<u8>,
    /// Whether the snapshot length cut its end off.
    pub cut: bool,
}

/// RFC 791 §3.2, RFC 8200 §4.5; the VLAN keeps the copies of a mirror port apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    source: IpAddr,
    destination: IpAddr,
    id: u32,
    protocol: u8,
    vlan: Option<u16>,
}

/// Reassembles the fragments of one shard. Feed them in the order of the capture.
#[derive(Default)]
pub struct Fragments {
    open: HashMap<Key, Assembly>,
    /// Every assembly by the clock at which it began, which never runs back; may name some that are gone.
    queue: VecDeque<(Time, Origin, Key)>,
    held: usize,
}

impl Fragments {
    /// Takes the next fragment, gives the datagram that it completes.
    pub fn push(&mut self, part: FragmentPart, anomalies: &mut Anomalies) -> Option<Whole> {
        self.advance(part.clock, anomalies);
        anomalies.at(part.origin);
        let length = u32::try_from(part.bytes.len()).unwrap_or(u32::MAX);
        let Some(end) = part.offset.checked_add(length).filter(|&end| end <= MAX_DATAGRAM) else {
            anomalies.note(Anomaly::BadLength);
            return None;
        };
        let key = Key {
            source: part.source,
            destination: part.destination,
            id: part.layers.ip_id,
            protocol: part.protocol,
            vlan: part.layers.vlan,
        };
        // A finished datagram stays for its copies; anything else under its identification begins a new one.
        if self.open.get(&key).is_some_and(|a| a.given > 0 && !a.has_twin(&part)) {
            self.remove(&key);
        }
        let assembly = self.open.entry(key).or_insert_with(|| {
            self.queue.push_back((part.clock, part.origin, key));
            self.held += OVERHEAD;
            Assembly::new(part.origin)
        });
        let (before, is_last) = (assembly.cost(), !part.more);
        let (origin, clock, layers) = (part.origin, part.clock, part.layers);
        assembly.cut |= is_last && part.cut;
        if is_last {
            assembly.ends_at(end, anomalies);
        }
        assembly.add(part, end, anomalies);
        let whole = assembly.complete().then(|| {
            let (bytes, carriers, first, last) = assembly.give();
            let Key { source, destination, protocol, .. } = key;
            Whole { origin, carriers, first, last, clock, source, destination, protocol, layers, bytes, cut: assembly.cut }
        });
        self.held = self.held.saturating_sub(before) + assembly.cost();
        self.shrink(anomalies);
        whole
    }

    /// Frees what timed out by `clock`. What times out does not depend on when this is called.
    pub fn advance(&mut self, clock: Time, anomalies: &mut Anomalies) {
        while let Some(&(begun, origin, key)) = self.queue.front()
            && clock.since(begun) > PATIENCE
        {
            self.queue.pop_front();
            self.give_up(&key, origin, Anomaly::FragmentTimeout, anomalies);
        }
    }

    /// Counts what never was completed, at the end of the capture.
    pub fn finish(&mut self, anomalies: &mut Anomalies) {
        self.advance(Time(i64::MAX), anomalies);
        while let Some((_, origin, key)) = self.queue.pop_front() {
            self.give_up(&key, origin, Anomaly::FragmentTimeout, anomalies);
        }
    }

    /// Keeps to the budget: the oldest go first.
    fn shrink(&mut self, anomalies: &mut Anomalies) {
        while self.held > BUDGET
            && let Some((_, origin, key)) = self.queue.pop_front()
        {
            self.give_up(&key, origin, Anomaly::FragmentBudget, anomalies);
        }
    }

    fn give_up(&mut self, key: &Key, begun: Origin, why: Anomaly, anomalies: &mut Anomalies) {
        if self.open.get(key).is_some_and(|a| a.begun == begun)
            && let Some(assembly) = self.remove(key)
            && assembly.given == 0
        {
            anomalies.at(begun);
            anomalies.note(why);
        }
    }

    fn remove(&mut self, key: &Key) -> Option<Assembly> {
        let gone = self.open.remove(key)?;
        self.held = self.held.saturating_sub(gone.cost());
        Some(gone)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(n: u64, offset: u32, more: bool, bytes: &[u8]) -> FragmentPart {
        let origin = Origin { serial: n, capture: 0, frame: u32::try_from(n).unwrap() };
        let time = Time(seconds(1) + i64::try_from(n).unwrap());
        FragmentPart {
            origin,
            time,
            clock: time,
            source: IpAddr::from([192, 0, 2, 1]),
            destination: IpAddr::from([192, 0, 2, 2]),
            protocol: 17,
            layers: Layers { ip_id: 7, ..Layers::default() },
            offset,
            more,
            bytes: bytes.into(),
            cut: false,
        }
    }

    fn run(parts: impl IntoIterator<Item = FragmentPart>) -> (Vec<Whole>, Anomalies) {
        let (mut table, mut odd) = (Fragments::default(), Anomalies::default());
        let wholes = parts.into_iter().filter_map(|p| table.push(p, &mut odd)).collect();
        table.finish(&mut odd);
        assert_eq!(table.held, 0, "the budget must balance");
        (wholes, odd)
    }

    /// RFC 791 §3.2 example order does not matter, and the frame that fills the last hole is the evidence.
    #[test]
    fn any_order_completes_at_the_last_missing_fragment() {
        let (wholes, odd) = run([part(1, 16, false, b"end"), part(2, 0, true, b"01234567"), part(3, 8, true, b"89abcdef")]);
        assert_eq!(wholes.len(), 1);
        assert_eq!(wholes[0].bytes, b"0123456789abcdefend");
        assert_eq!((wholes[0].origin.serial, wholes[0].first.0, wholes[0].last.0), (3, seconds(1) + 1, seconds(1) + 3));
        assert_eq!(odd, Anomalies::default());
    }

    #[test]
    fn first_octets_win_an_overlap() {
        let (wholes, odd) = run([part(1, 0, true, b"AAAAAAAA"), part(2, 0, true, b"BBBBBBBBBBBBBBBB"), part(3, 16, false, b"C")]);
        assert_eq!(wholes[0].bytes, b"AAAAAAAABBBBBBBBC");
        assert_eq!(odd.count(Anomaly::FragmentOverlap), 1);
    }

    /// A mirror port shows each packet twice, side by side or one datagram after the other: two copies, nothing left over.
    #[test]
    fn mirrored_fragments_give_two_copies() {
        let (a, b) = (|n| part(n, 0, true, b"01234567"), |n| part(n, 8, false, b"end"));
        for order in [[a(1), a(2), b(3), b(4)], [a(1), b(2), a(3), b(4)], [b(1), a(2), a(3), b(4)]] {
            let (wholes, odd) = run(order);
            assert_eq!(wholes.len(), 2);
            assert_eq!(odd.count(Anomaly::FragmentTimeout), 0);
            assert_eq!(odd.count(Anomaly::FragmentDuplicate), 2);
        }
    }

    #[test]
    fn an_identification_is_used_again() {
        let (wholes, odd) =
            run([part(1, 0, true, b"01234567"), part(2, 8, false, b"a"), part(3, 0, true, b"76543210"), part(4, 8, false, b"b")]);
        assert_eq!(wholes.iter().map(|w| w.bytes.as_slice()).collect::<Vec<_>>(), [b"01234567a", b"76543210b"]);
        assert_eq!(odd, Anomalies::default());
    }

    #[test]
    fn waits_thirty_seconds_of_the_running_clock() {
        for (wait, given) in [(30, 1), (31, 0)] {
            let mut late = part(2, 8, false, b"end");
            late.clock = part(1, 0, true, b"").clock.plus(seconds(wait));
            let (wholes, odd) = run([part(1, 0, true, b"01234567"), late]);
            assert_eq!(wholes.len(), given);
            assert_eq!(odd.count(Anomaly::FragmentTimeout), 2 - 2 * given as u64);
        }
    }

    #[test]
    fn a_hostile_flood_stays_within_the_budget() {
        let (mut table, mut odd) = (Fragments::default(), Anomalies::default());
        for n in 0..2000 {
            let mut p = part(n, 8, true, &[0; 65_000]);
            p.layers.ip_id = u32::try_from(n).unwrap();
            table.push(p, &mut odd);
            assert!(table.held <= BUDGET);
        }
        table.finish(&mut odd);
        assert_eq!(odd.count(Anomaly::FragmentBudget) + odd.count(Anomaly::FragmentTimeout), 2000);
    }

    proptest! {
        #[test]
        fn pieces_in_any_order_with_repeats_give_the_original(
            data in proptest::collection::vec(any::<u8>(), 9..600),
            step in 1usize..6,
            order in proptest::collection::vec(any::<prop::sample::Index>(), 0..80),
        ) {
            let size = step * 8;
            let cut: Vec<_> = data.chunks(size).enumerate().map(|(i, c)| (i * size, (i + 1) * size < data.len(), c)).collect();
            let picks = order.iter().map(|i| i.index(cut.len())).chain(0..cut.len());
            let parts = picks.enumerate().map(|(n, i)| part(n as u64, cut[i].0 as u32, cut[i].1, cut[i].2));
            let (wholes, _) = run(parts);
            prop_assert!(!wholes.is_empty());
            prop_assert!(wholes.iter().all(|w| w.bytes == data));
        }

        #[test]
        fn any_fragments_end_well(parts in proptest::collection::vec((0u32..9000, any::<bool>(), 0usize..60, any::<u8>()), 0..200)) {
            run(parts.into_iter().enumerate().map(|(n, (units, more, len, fill))| part(n as u64, units * 8, more, &vec![fill; len])));
        }
    }
}
