//! Takes consecutive RTP packets of one source in one flow, gives a summary that can be merged with the next, never keeps a packet.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::base::{Endpoint, Origin, Time, seconds};
use crate::capture::Frame;
use crate::packet::{Carriage, Carried};
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
        let word = |ip| match ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)),
            IpAddr::V6(ip) => u128::from(ip),
        };
        state.write_u128(word(self.source.ip));
        state.write_u128(word(self.destination.ip));
        state.write_u64(u64::from(self.source.port) << 48 | u64::from(self.destination.port) << 32 | u64::from(self.ssrc));
    }
}

/// Consecutive packets of one flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The frame of the first.
    pub origin: Origin,
    /// The running clock at the first.
    pub begun: Time,
    /// The running clock at the last.
    pub ended: Time,
    /// How many.
    pub packets: u64,
    /// Sequence number of the first.
    pub first_seq: u16,
    /// Sequence number of the last.
    pub last_seq: u16,
    /// Time stamp of the first.
    pub first_timestamp: u32,
    /// Time stamp of the last.
    pub last_timestamp: u32,
    /// How often it went on by exactly one and the time stamp did not run back.
    pub steps: u64,
    /// How often it did not move: duplicates, and copies of a mirror port.
    pub repeats: u64,
    /// Bit n: payload type n was seen.
    pub payload_types: u128,
    /// How they were carried.
    pub carried: Carried,
}

impl Run {
    /// A run of one packet.
    #[must_use]
    pub fn new(frame: &Frame<'_>, header: &Header, carriage: Carriage) -> Self {
        Self {
            origin: frame.origin,
            begun: frame.clock,
            ended: frame.clock,
            packets: 1,
            first_seq: header.seq,
            last_seq: header.seq,
            first_timestamp: header.timestamp,
            last_timestamp: header.timestamp,
            steps: 0,
            repeats: 0,
            payload_types: 1 << (header.payload_type & 0x7f),
            carried: Carried::once(carriage),
        }
    }

    /// Appends one packet.
    pub fn add(&mut self, frame: &Frame<'_>, header: &Header, carriage: Carriage) {
        self.follow(&Self { carried: Carried::default(), ..Self::new(frame, header, carriage) });
        self.carried.add(carriage);
    }

    /// Appends the run that follows.
    pub fn merge(&mut self, later: &Self) {
        self.follow(later);
        self.carried.merge(&later.carried);
    }

    fn follow(&mut self, later: &Self) {
        let step = later.first_seq.wrapping_sub(self.last_seq);
        let forward = later.first_timestamp.wrapping_sub(self.last_timestamp) as i32 >= 0;
        self.steps += u64::from(step == 1 && forward) + later.steps;
        self.repeats += u64::from(step == 0) + later.repeats;
        self.packets += later.packets;
        self.payload_types |= later.payload_types;
        self.ended = later.ended;
        self.last_seq = later.last_seq;
        self.last_timestamp = later.last_timestamp;
    }

    /// Whether packets that come at `clock` belong to another stream: too long after this.
    #[must_use]
    pub const fn is_over(&self, clock: Time) -> bool {
        clock.since(self.ended) > IDLE
    }
}

/// The runs of consecutive batches: what their packets come down to, with one look-up a packet.
#[derive(Debug, Default)]
pub struct Runs {
    /// In the order in which they began.
    runs: Vec<(Flow, Run)>,
    /// Where the latest run of each flow stands.
    latest: HashTable<usize>,
    hasher: DefaultHashBuilder,
}

impl Runs {
    /// Appends a packet to the run of its flow.
    pub fn add(&mut self, flow: Flow, frame: &Frame<'_>, header: &Header, carriage: Carriage) {
        let Self { runs, latest, hasher } = self;
        let hash = hasher.hash_one(flow);
        let next = runs.len();
        match latest.find_mut(hash, |&at| runs.get(at).is_some_and(|(other, _)| *other == flow)) {
            Some(at) => match runs.get_mut(*at) {
                Some((_, run)) if !run.is_over(frame.clock) => return run.add(frame, header, carriage),
                _ => *at = next,
            },
            None => {
                let rehash = |&at: &usize| runs.get(at).map_or(0, |(flow, _)| hasher.hash_one(flow));
                latest.insert_unique(hash, next, rehash);
            }
        }
        runs.push((flow, Run::new(frame, header, carriage)));
    }

    /// Gives all runs, in the order in which they began, and forgets them; their memory is kept for the next.
    pub fn drain(&mut self) -> impl Iterator<Item = (Flow, Run)> + '_ {
        self.latest.clear();
        self.runs.drain(..)
    }
}
