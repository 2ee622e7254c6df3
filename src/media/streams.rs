//! Takes the runs of one shard in order, with the endpoints that SDP named, gives the count of media, never believes a port number.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::run::{Flow, IDLE, Run};
use crate::base::{Endpoint, Origin, Time, seconds};

/// Packets without which a flow that no SDP announced is not called media (MED-RTP-001, `rogue_min_packets`).
const ENOUGH: u64 = 50;

/// How long after an SDP a stream to its endpoint may begin.
const VALIDITY: i64 = seconds(3600);

/// Announcements of an endpoint closer together than this are one.
const REPEAT: i64 = seconds(60);

/// Flows that one table follows; what comes beyond is not counted before others end.
const MAX_FLOWS: usize = 1 << 18;

/// How much media there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// RTP packets in the clear.
    pub rtp_packets: u64,
    /// Packets of streams that SDP announced as SRTP.
    pub srtp_packets: u64,
    /// Streams: flow and synchronisation source, ended by a minute of silence.
    pub streams: u64,
}

impl Counts {
    /// Adds the counts of another shard.
    pub const fn merge(&mut self, other: &Self) {
        self.rtp_packets += other.rtp_packets;
        self.srtp_packets += other.srtp_packets;
        self.streams += other.streams;
    }
}

/// An SDP that named an endpoint.
#[derive(Clone, Copy)]
struct Announcement {
    at: Time,
    secure: bool,
}

/// Decides which flows of one shard are media.
///
/// For every window: first every `announce`, then every `push` in the order of the capture, then `advance` to the clock of its last frame.
/// A flow is judged when it has ended, by its packets and by what was announced before a minute after its last packet; so the
/// outcome does not depend on where windows begin.
#[derive(Default)]
pub struct Streams {
    open: HashMap<Flow, Run>,
    /// Open flows by the running clock at their last packet.
    queue: BTreeMap<(Time, Origin), Flow>,
    /// What SDP named, by endpoint, in order of time.
    named: HashMap<Endpoint, Vec<Announcement>>,
    pruned: Time,
    counts: Counts,
}

impl Streams {
    /// Learns that an SDP seen at `clock` names `endpoint` for media; `secure` if its protocol is a profile of SRTP.
    pub fn announce(&mut self, endpoint: Endpoint, secure: bool, clock: Time) {
        let announcements = self.named.entry(endpoint).or_default();
        let repeats = announcements.iter().rev().any(|a| a.secure == secure && clock.since(a.at) < REPEAT);
        if !repeats {
            announcements.push(Announcement { at: clock, secure });
        }
    }

    /// Takes the next run.
    pub fn push(&mut self, flow: Flow, run: &Run) {
        if let Some(open) = self.open.get_mut(&flow) {
            let key = (open.ended, open.origin);
            self.queue.remove(&key);
            if open.is_over(run.begun) {
                let over = std::mem::replace(open, *run);
                self.judge(&flow, &over);
                self.queue.insert((run.ended, run.origin), flow);
            } else {
                open.merge(run);
                self.queue.insert((open.ended, open.origin), flow);
            }
        } else if self.open.len() < MAX_FLOWS {
            self.open.insert(flow, *run);
            self.queue.insert((run.ended, run.origin), flow);
        }
    }

    /// Judges what has ended by `clock`.
    pub fn advance(&mut self, clock: Time) {
        while let Some(first) = self.queue.first_entry()
            && clock.since(first.key().0) > IDLE
        {
            let flow = first.remove();
            if let Some(run) = self.open.remove(&flow) {
                self.judge(&flow, &run);
            }
        }
        // Half of the validity between two looks keeps this off every profile.
        if clock.since(self.pruned) > VALIDITY / 2 {
            self.pruned = clock;
            // An open flow may have begun before the announcement that it needs ran out.
            let oldest = self.open.values().map(|run| run.begun).min().unwrap_or(clock).min(clock);
            self.named.retain(|_, announcements| {
                announcements.retain(|a| oldest.since(a.at) <= VALIDITY);
                !announcements.is_empty()
            });
        }
    }

    /// Judges what is left at the end of the capture, gives all counts.
    #[must_use]
    pub fn finish(mut self) -> Counts {
        self.advance(Time(i64::MAX));
        self.counts
    }

    fn judge(&mut self, flow: &Flow, run: &Run) {
        let secure = self.announced(flow, run);
        if secure.is_none() && !is_plausible(run) {
            return;
        }
        self.counts.streams += 1;
        if secure == Some(true) {
            self.counts.srtp_packets += run.packets;
        } else {
            self.counts.rtp_packets += run.packets;
        }
    }

    /// Whether SDP named an end of the flow in time, and if so whether as SRTP.
    fn announced(&self, flow: &Flow, run: &Run) -> Option<bool> {
        let ends = [flow.source, flow.destination];
        let announcements = ends.iter().filter_map(|end| self.named.get(end)).flatten();
        let timely = announcements.filter(|a| a.at.since(run.ended) <= IDLE && run.begun.since(a.at) <= VALIDITY);
        timely.map(|a| a.secure).reduce(|a, b| a || b)
    }
}

/// Whether the packets alone show a stream: enough of them, most following their predecessor, with payload types that are in use.
/// RTCP would collide with 64–95 (RFC 5761 §4), 35–63 are unassigned (RFC 3551 §6).
fn is_plausible(run: &Run) -> bool {
    const UNUSED: u128 = ((1 << 96) - 1) & !((1 << 35) - 1);
    let moves = run.packets - 1 - run.repeats;
    moves + 1 >= ENOUGH && run.steps * 4 >= moves * 3 && run.payload_types & UNUSED == 0
}
