//! Takes what shards counted and found, gives what all of them came to together, never a verdict.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::codecs::CodecCounts;
use super::compliance::Compliance;
use super::docket::Docket;
use super::incident::Incident;
use super::ledger::Ledger;
use super::seen::Seen;
use super::usage::Usage;
use super::waiving::Waiving;
use super::wires::Reuse;
use super::{BesideRow, StreamRow};
use crate::base::{Origin, Time};
use crate::metrics::{Bandwidth, Breakdown, Carriage, Dimension, Quality, Tally, Timeline};
use crate::packet::Carried;
use crate::policy::{Party, Policy, TrunkId};
use crate::rules::Repertoire;

/// What a tally is kept for: a direction, a trunk group of it, and an interval (`None`: the whole capture).
pub(super) type TallyKey = (Party, Party, Option<TrunkId>, Option<Time>);

/// What a breakdown is kept for: a direction, a trunk group of it, what it is by, and whether it is by interval, too.
pub(super) type BreakdownKey = (Party, Party, Option<TrunkId>, Dimension, bool);

/// SIP between two hosts, one way.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Messages, mirrored copies left out.
    pub messages: u64,
    /// Calls whose first message went this way.
    pub calls: u64,
    /// Requests with success inside sessions of which the beginning was not seen.
    pub adrift: u64,
    /// Messages that nobody sends who has heard nothing: ACK, requests inside a dialog, responses.
    pub heeded: u64,
    /// Requests that were sent again.
    pub unheeded: u64,
    /// The first message.
    pub first: Option<(Origin, Time)>,
    /// How they were carried, but for those that an agent relayed.
    pub carried: Carried,
    /// Which way they went on connections.
    pub reuse: Reuse,
}

/// How often a codec was offered and answered in a direction.
#[derive(Clone, Debug, Default)]
pub struct CodecUse {
    /// Offers that hold it.
    pub offered: CodecCounts,
    /// Answers that hold it.
    pub answered: CodecCounts,
    /// Streams that were sent with it.
    pub sent: BTreeMap<String, u64>,
}

/// What a part of the capture came to: mergeable.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Proceedings {
    pub ledger: Ledger,
    pub compliance: Compliance,
    pub incident: Incident,
    pub waiving: Waiving,
    /// Of intervals only, until [`Proceedings::sum_up`].
    pub tallies: HashMap<TallyKey, Tally, FixedState>,
    /// The same by what was asked for, value by value: over the whole capture, and by interval where that was asked for.
    pub breakdowns: BTreeMap<BreakdownKey, Breakdown>,
    /// Streams by direction and interval, until [`Proceedings::sum_up`] adds the whole capture.
    pub quality: BTreeMap<TallyKey, Quality>,
    /// Streams by direction and codec.
    pub heard: BTreeMap<(Party, Party), BTreeMap<String, Quality>>,
    /// The worst streams, worst first.
    pub worst: Vec<StreamRow>,
    /// The bandwidth of media against the limits on it.
    pub bandwidth: Bandwidth,
    /// The media of each part of the interconnect over time.
    pub carriage: Carriage,
    /// Streams that no call named.
    pub strays: u64,
    /// Packets of streams that are SRTP by keys beside RTP/AVP, which their SDP alone did not tell.
    pub keyed: u64,
    /// Faxes and messages beside RTP, by direction and kind.
    pub beside: BTreeMap<(Party, Party, &'static str), BesideRow>,
    pub codecs: BTreeMap<(Party, Party), CodecUse>,
    /// What one party showed another that it can.
    pub repertoires: BTreeMap<(Party, Party), Repertoire>,
    pub traffic: HashMap<(IpAddr, IpAddr), Traffic, FixedState>,
    /// Distinct Call-IDs: parts that are merged share none, since a shard has all messages of a Call-ID.
    pub call_ids: u64,
    pub dialogs: u64,
    pub timeline: Timeline,
    /// Which entries of the policy's lists were used.
    pub usage: Usage,
    /// What a draft policy wants to know of the traffic, where someone wants one.
    pub seen: Option<Box<Seen>>,
}

impl Proceedings {
    /// Nothing yet.
    #[must_use]
    pub fn new(docket: &Docket, policy: &Policy) -> Self {
        Self {
            ledger: Ledger::new(&docket.rules),
            compliance: Compliance::new(docket.rules.len()),
            incident: Incident::default(),
            waiving: Waiving::new(policy),
            tallies: HashMap::default(),
            breakdowns: BTreeMap::new(),
            quality: BTreeMap::new(),
            heard: BTreeMap::new(),
            worst: Vec::new(),
            bandwidth: Bandwidth::default(),
            carriage: Carriage::default(),
            strays: 0,
            keyed: 0,
            beside: BTreeMap::new(),
            codecs: BTreeMap::new(),
            repertoires: BTreeMap::new(),
            traffic: HashMap::default(),
            call_ids: 0,
            dialogs: 0,
            timeline: Timeline::default(),
            usage: Usage::new(&docket.roll),
            seen: docket.wants_seen.then(Box::default),
        }
    }

    /// Takes the tallies, the breakdowns and the timeline of another part, which goes on: one keeps less of all samples and seconds than many.
    pub fn gather(&mut self, other: &mut Self) {
        for (key, tally) in other.tallies.drain() {
            self.tallies.entry(key).or_default().merge(&tally);
        }
        self.add_breakdowns(std::mem::take(&mut other.breakdowns));
        self.timeline.merge(&std::mem::take(&mut other.timeline));
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: Self) {
        self.ledger.merge(other.ledger);
        self.compliance.merge(other.compliance);
        self.incident.merge(other.incident);
        self.waiving.merge(&other.waiving);
        for (key, tally) in other.tallies {
            self.tallies.entry(key).or_default().merge(&tally);
        }
        self.add_breakdowns(other.breakdowns);
        self.worst.extend(other.worst);
        self.worst.sort_by_cached_key(StreamRow::badness);
        self.strays += other.strays;
        other.beside.iter().for_each(|(&key, row)| self.beside.entry(key).or_default().add(row));
        for (key, quality) in other.quality {
            self.quality.entry(key).or_default().merge(&quality);
        }
        for (key, codecs) in other.heard {
            let mine = self.heard.entry(key).or_default();
            codecs.into_iter().for_each(|(name, quality)| mine.entry(name).or_default().merge(&quality));
        }
        for (key, theirs) in other.codecs {
            self.codecs.entry(key).or_default().merge(theirs);
        }
        for (key, theirs) in other.repertoires {
            self.repertoires.entry(key).or_default().merge(&theirs);
        }
        for (pair, theirs) in other.traffic {
            let mine = self.traffic.entry(pair).or_default();
            mine.messages += theirs.messages;
            mine.calls += theirs.calls;
            mine.adrift += theirs.adrift;
            mine.heeded += theirs.heeded;
            mine.unheeded += theirs.unheeded;
            mine.carried.merge(&theirs.carried);
            mine.reuse.merge(&theirs.reuse);
            mine.first = [mine.first, theirs.first].into_iter().flatten().min();
        }
        self.call_ids += other.call_ids;
        self.dialogs += other.dialogs;
        self.timeline.merge(&other.timeline);
        self.usage.merge(&other.usage);
        if let (Some(mine), Some(theirs)) = (&mut self.seen, other.seen) {
            mine.merge(*theirs);
        }
    }

    fn add_breakdowns(&mut self, parts: impl IntoIterator<Item = (BreakdownKey, Breakdown)>) {
        for (key, breakdown) in parts {
            match self.breakdowns.entry(key) {
                Entry::Occupied(mut known) => known.get_mut().merge(breakdown),
                Entry::Vacant(place) => drop(place.insert(breakdown)),
            }
        }
    }

    /// Adds up the intervals of each direction and trunk group: what they came to in the whole capture.
    pub fn sum_up(&mut self) {
        let mut sums: HashMap<TallyKey, Tally, FixedState> = HashMap::default();
        for (&(from, to, trunk, _), tally) in &self.tallies {
            sums.entry((from, to, trunk, None)).or_default().merge(tally);
        }
        self.tallies.extend(sums);
        let mut sums: BTreeMap<TallyKey, Quality> = BTreeMap::new();
        for (&(from, to, trunk, _), quality) in &self.quality {
            sums.entry((from, to, trunk, None)).or_default().merge(quality);
        }
        self.quality.extend(sums);
    }

    /// Gives hosts the name of their side, and folds what becomes the same.
    pub fn rename(&mut self, side: impl Fn(Party) -> Party) {
        self.ledger.rename(&side);
        self.compliance.rename(&side);
        self.waiving.rename(&side);
        for ((from, to, trunk, start), tally) in std::mem::take(&mut self.tallies) {
            self.tallies.entry((side(from), side(to), trunk, start)).or_default().merge(&tally);
        }
        let breakdowns = std::mem::take(&mut self.breakdowns).into_iter();
        self.add_breakdowns(
            breakdowns.map(|((from, to, trunk, by, each), breakdown)| ((side(from), side(to), trunk, by, each), breakdown)),
        );
        for ((from, to, trunk, start), quality) in std::mem::take(&mut self.quality) {
            self.quality.entry((side(from), side(to), trunk, start)).or_default().merge(&quality);
        }
        for ((from, to), codecs) in std::mem::take(&mut self.heard) {
            let mine = self.heard.entry((side(from), side(to))).or_default();
            codecs.into_iter().for_each(|(name, quality)| mine.entry(name).or_default().merge(&quality));
        }
        for ((from, to), repertoire) in std::mem::take(&mut self.repertoires) {
            self.repertoires.entry((side(from), side(to))).or_default().merge(&repertoire);
        }
        for ((from, to, kind), row) in std::mem::take(&mut self.beside) {
            self.beside.entry((side(from), side(to), kind)).or_default().add(&row);
        }
        for ((from, to), codecs) in std::mem::take(&mut self.codecs) {
            self.codecs.entry((side(from), side(to))).or_default().merge(codecs);
        }
    }
}

impl CodecUse {
    fn merge(&mut self, other: Self) {
        self.offered.merge(other.offered);
        self.answered.merge(other.answered);
        other.sent.into_iter().for_each(|(name, n)| *self.sent.entry(name).or_default() += n);
    }
}
