//! Takes RTP packets in the order of the capture, gives those of each flow together and in order, never measures them.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::sighting::Sighting;
use crate::base::{Endpoint, seconds};
use crate::capture::Frame;
use crate::packet::Datagram;
use crate::rtp::Header;

/// Silence on the running clock that ends a stream.
pub const IDLE: i64 = seconds(60);

/// Whose packets, and where they go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Flow {
    /// Sender.
    pub source: Endpoint,
    /// Receiver.
    pub destination: Endpoint,
    /// Synchronisation source.
    pub ssrc: u32,
}

/// Three whole words instead of a dozen parts: this is done for every media packet.
impl Hash for Flow {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u128(word(self.source.ip));
        state.write_u128(word(self.destination.ip));
        state.write_u64(u64::from(self.source.port) << 48 | u64::from(self.destination.port) << 32 | u64::from(self.ssrc));
    }
}

fn word(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(u32::from(ip)),
        IpAddr::V6(ip) => u128::from(ip),
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

/// The packets of one flow, as a way through those of all.
#[derive(Clone, Copy, Debug)]
struct Run {
    flow: Flow,
    first: usize,
    last: usize,
}

/// A packet with the place of the next of its flow; the last of a flow points to itself. One line of the cache, since what is next in a flow is
/// far away in memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
struct Link {
    packet: Sighting,
    next: usize,
}

const _: () = assert!(size_of::<Link>() == 64);

/// The packets of consecutive batches, with one look-up and one copy of a few words for each.
///
/// What is measured of a stream depends on all that came before (jitter and its maximum most of all), so packets are kept until the stream is
/// at hand, and folded there one by one: the only way to come to the same, to the last bit, wherever batches begin.
#[derive(Debug, Default)]
pub struct Runs {
    packets: Vec<Link>,
    /// In the order in which they began.
    runs: Vec<Run>,
    /// Where the run of each flow stands.
    by_flow: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

impl Runs {
    /// Appends a packet to the run of its flow.
    pub fn add(&mut self, frame: &Frame<'_>, datagram: &Datagram<'_>, header: &Header) {
        let flow = Flow { source: datagram.source, destination: datagram.destination, ssrc: header.ssrc };
        let at = self.packets.len();
        self.packets.push(Link { packet: Sighting::new(frame, datagram, header), next: at });
        let Self { packets, runs, by_flow, hasher } = self;
        let hash = hasher.hash_one(flow);
        if let Some(&run) = by_flow.find(hash, |&run| runs.get(run).is_some_and(|run| run.flow == flow)) {
            if let Some(run) = runs.get_mut(run) {
                if let Some(last) = packets.get_mut(run.last) {
                    last.next = at;
                }
                run.last = at;
            }
            return;
        }
        let rehash = |&run: &usize| runs.get(run).map_or(0, |run| hasher.hash_one(run.flow));
        by_flow.insert_unique(hash, runs.len(), rehash);
        runs.push(Run { flow, first: at, last: at });
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
        self.runs.iter().map(|run| Tape { flow: run.flow, packets: &self.packets, next: Some(run.first) })
    }

    /// Forgets them; their memory is kept for the next.
    pub fn clear(&mut self) {
        self.packets.clear();
        self.runs.clear();
        self.by_flow.clear();
    }
}

/// The packets of one flow in consecutive batches, in order.
#[derive(Clone, Debug)]
pub struct Tape<'a> {
    /// Whose they are.
    pub flow: Flow,
    packets: &'a [Link],
    next: Option<usize>,
}

impl<'a> Tape<'a> {
    /// The next packet.
    #[inline]
    pub(super) fn take(&mut self) -> Option<&'a Sighting> {
        let at = self.next?;
        let link = self.packets.get(at)?;
        self.next = (link.next != at).then_some(link.next);
        Some(&link.packet)
    }

    /// How many packets are left.
    pub(super) fn count(mut self) -> u64 {
        std::iter::from_fn(|| self.take()).fold(0, |n, _| n + 1)
    }
}
