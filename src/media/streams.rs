//! Takes the runs of one shard in order, with the endpoints that SDP named, gives the count of media, never believes a port number.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::announced::Announced;
use super::run::{Flow, IDLE, Run};
use super::{MediaKind, Passed};
use crate::base::{Origin, Time};

/// Packets without which a flow that no SDP announced is not called media (MED-RTP-001, `rogue_min_packets`).
const ENOUGH: u64 = 50;

/// Flows that one table follows; packets of those beyond are counted apart, until others end.
const MAX_FLOWS: usize = 1 << 16;

/// How much media there was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// RTP packets in the clear.
    pub rtp_packets: u64,
    /// Packets of streams that SDP announced as SRTP.
    pub srtp_packets: u64,
    /// Streams: flow and synchronisation source, ended by a minute of silence.
    pub streams: u64,
    /// Packets that look like media, of flows beyond what can be followed at once.
    pub unfollowed: u64,
}

impl Counts {
    /// Adds the counts of another shard.
    pub const fn merge(&mut self, other: &Self) {
        self.rtp_packets += other.rtp_packets;
        self.srtp_packets += other.srtp_packets;
        self.streams += other.streams;
        self.unfollowed += other.unfollowed;
    }
}

/// A flow that may go on.
#[derive(Clone, Copy, Debug)]
struct Open {
    run: Run,
    /// What announcements that are forgotten by now said of it.
    secure: Option<bool>,
}

/// Decides which flows of one shard are media.
///
/// For every window: first every announcement, then every `push` in the order of the capture, then `advance` to the clock of its last
/// frame. A flow is judged when it has ended, by its packets and by what was announced before a minute after its last packet; so the
/// outcome does not depend on where windows begin.
#[derive(Debug, Default)]
pub struct Streams {
    open: HashMap<Flow, Open>,
    /// Open flows by a running clock at which they had a packet; looked at again when a minute has passed since.
    queue: BTreeMap<(Time, Origin), Flow>,
    counts: Counts,
    /// Streams that are over, since they were last taken.
    pub over: Vec<Passed>,
}

impl Streams {
    /// Takes the next run.
    pub fn push(&mut self, flow: Flow, run: &Run, announced: &Announced) {
        let fresh = Open { run: *run, secure: None };
        let room = self.open.len() < MAX_FLOWS;
        match self.open.get_mut(&flow) {
            Some(open) if open.run.is_over(run.begun) => {
                let ended = std::mem::replace(open, fresh);
                self.judge(&flow, &ended, announced);
                self.queue.insert((run.ended, run.origin), flow);
            }
            Some(open) => open.run.merge(run),
            None if room => {
                self.queue.insert((run.ended, run.origin), flow);
                self.open.insert(flow, fresh);
            }
            None => self.counts.unfollowed += run.packets,
        }
    }

    /// Judges what has ended by `clock`.
    pub fn advance(&mut self, clock: Time, announced: &Announced) {
        while let Some((&(at, origin), &flow)) = self.queue.first_key_value()
            && clock.since(at) > IDLE
        {
            self.queue.remove(&(at, origin));
            match self.open.get(&flow).copied() {
                Some(open) if open.run.is_over(clock) => {
                    self.open.remove(&flow);
                    self.judge(&flow, &open, announced);
                }
                // It went on; a flow that ended in the meantime has its own place in the queue.
                Some(open) if open.run.origin == origin => {
                    self.queue.insert((open.run.ended, origin), flow);
                }
                _ => {}
            }
        }
    }

    /// Remembers what was announced of the flows that go on: before announcements are forgotten.
    pub fn remember(&mut self, announced: &Announced) {
        for (flow, open) in &mut self.open {
            open.secure = either(open.secure, announced.speaks_of(flow, &open.run));
        }
    }

    /// Judges what is left at the end of the capture, gives all counts.
    pub fn finish(&mut self, announced: &Announced) -> Counts {
        self.advance(Time(i64::MAX), announced);
        self.counts
    }

    fn judge(&mut self, flow: &Flow, open: &Open, announced: &Announced) {
        let secure = either(open.secure, announced.speaks_of(flow, &open.run));
        if secure.is_none() && !is_plausible(&open.run) {
            return;
        }
        self.counts.streams += 1;
        let kind = MediaKind::of_payload_types(open.run.payload_types);
        self.over.push(Passed { flow: *flow, origin: open.run.origin, begun: open.run.begun, kind, carried: open.run.carried });
        if secure == Some(true) {
            self.counts.srtp_packets += open.run.packets;
        } else {
            self.counts.rtp_packets += open.run.packets;
        }
    }
}

fn either(a: Option<bool>, b: Option<bool>) -> Option<bool> {
    a.zip(b).map_or(a.or(b), |(a, b)| Some(a || b))
}

/// Whether the packets alone show a stream: enough of them, most following their predecessor, with payload types that are in use.
/// RTCP would collide with 64–95 (RFC 5761 §4), 35–63 are unassigned (RFC 3551 §6).
fn is_plausible(run: &Run) -> bool {
    const UNUSED: u128 = ((1 << 96) - 1) & !((1 << 35) - 1);
    let moves = run.packets - 1 - run.repeats;
    moves + 1 >= ENOUGH && run.steps * 4 >= moves * 3 && run.payload_types & UNUSED == 0
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use proptest::prelude::*;

    use super::super::Runs;
    use super::*;
    use crate::base::Endpoint;
    use crate::capture::{Frame, LinkType};
    use crate::packet::{Carriage, Tunnels};
    use crate::rtp::Header;

    fn end(port: u16) -> Endpoint {
        Endpoint::new(IpAddr::from([192, 0, 2, 1]), port)
    }

    fn flow(port: u16) -> Flow {
        Flow { source: end(port), destination: end(9), ssrc: 7 }
    }

    /// One packet of a made-up capture: `at` milliseconds, from `port`, with `seq`.
    #[derive(Clone, Copy, Debug)]
    struct Rtp {
        at: i64,
        port: u16,
        seq: u16,
    }

    fn stream(port: u16, packets: u16) -> Vec<Rtp> {
        (0..packets).map(|n| Rtp { at: i64::from(n) * 20, port, seq: 65_500u16.wrapping_add(n) }).collect()
    }

    /// Runs packets and announcements (time, port, secure) through windows that end before the packets in `cuts`.
    fn count(packets: &[Rtp], named: &[(i64, u16, bool)], cuts: &[usize]) -> Counts {
        let time = |at: i64| Time(at * 1_000_000);
        let (mut streams, mut announced) = (Streams::default(), Announced::default());
        let mut bounds: Vec<_> = cuts.iter().map(|&c| c.min(packets.len())).chain([0, packets.len()]).collect();
        bounds.sort_unstable();
        let mut named = named.to_vec();
        named.sort_unstable();
        for window in bounds.windows(2) {
            let mut runs = Runs::default();
            for (n, p) in packets.iter().enumerate().take(window[1]).skip(window[0]) {
                let origin = Origin { serial: n as u64, capture: 0, frame: n as u32 + 1 };
                let frame = Frame { origin, time: time(p.at), clock: time(p.at), link: LinkType(1), data: &[], wire_len: 0 };
                let header = Header { marker: false, payload_type: 8, seq: p.seq, timestamp: u32::from(p.seq) * 160, ssrc: 7 };
                runs.add(flow(p.port), &frame, &header, Carriage::default());
            }
            let until = if window[1] == packets.len() { i64::MAX / 1_000_000 } else { packets[window[1]].at };
            named.retain(|&(at, port, secure)| {
                let now = at <= until;
                if now {
                    announced.announce(end(port), secure, time(at));
                }
                !now
            });
            for (flow, run) in runs.drain() {
                streams.push(flow, &run, &announced);
            }
            if let Some(last) = window[1].checked_sub(1).and_then(|n| packets.get(n)) {
                streams.advance(time(last.at), &announced);
                if announced.is_due(time(last.at)) {
                    streams.remember(&announced);
                    announced.forget(time(last.at));
                }
            }
        }
        streams.finish(&announced)
    }

    #[test]
    fn fifty_packets_in_sequence_are_media_without_sdp() {
        assert_eq!(count(&stream(1, 49), &[], &[]), Counts::default());
        assert_eq!(count(&stream(1, 50), &[], &[]), Counts { rtp_packets: 50, streams: 1, ..Counts::default() });
    }

    #[test]
    fn random_sequence_numbers_are_no_media() {
        let noise: Vec<_> = (0..200u16).map(|n| Rtp { at: i64::from(n), port: 1, seq: n.wrapping_mul(40_503) }).collect();
        assert_eq!(count(&noise, &[], &[]), Counts::default());
    }

    #[test]
    fn a_mirror_port_does_not_hide_media() {
        let twice: Vec<_> = stream(1, 50).into_iter().flat_map(|p| [p, p]).collect();
        assert_eq!(count(&twice, &[], &[]).rtp_packets, 100);
    }

    #[test]
    fn sdp_names_either_end_shortly_before_or_after() {
        let media = stream(1, 5);
        assert_eq!(count(&media, &[(-5000, 9, false)], &[]).rtp_packets, 5);
        assert_eq!(count(&media, &[(-5000, 1, true)], &[]).srtp_packets, 5);
        assert_eq!(count(&media, &[(30_000, 1, false)], &[]).rtp_packets, 5);
        assert_eq!(count(&media, &[(90_000, 1, false)], &[]).rtp_packets, 0);
        assert_eq!(count(&media, &[(-3_700_000, 1, false)], &[]).rtp_packets, 0);
    }

    #[test]
    fn a_minute_of_silence_ends_a_stream() {
        let mut media = stream(1, 60);
        media.extend(stream(1, 60).into_iter().map(|p| Rtp { at: p.at + 70_000, ..p }));
        assert_eq!(count(&media, &[], &[]).streams, 2);
    }

    proptest! {
        /// Three flows with gaps, losses and long silence, with SDP now and then: the same counts wherever windows begin.
        #[test]
        fn counts_do_not_depend_on_windows(
            steps in proptest::collection::vec((0u16..3, prop::sample::select(vec![0i64, 20, 20, 20, 59_990, 60_010, 1_900_000]), 0u16..3), 0..300),
            named in proptest::collection::vec((0i64..40_000_000, 0u16..3, any::<bool>()), 0..4),
            cuts in proptest::collection::vec(0usize..300, 0..12),
        ) {
            let (mut at, mut seqs) = (0, [0u16; 3]);
            let packets: Vec<_> = steps.iter().map(|&(port, wait, step)| {
                at += wait;
                let seq = &mut seqs[usize::from(port)];
                *seq = seq.wrapping_add(step);
                Rtp { at, port, seq: *seq }
            }).collect();
            prop_assert_eq!(count(&packets, &named, &cuts), count(&packets, &named, &[]));
        }

        #[test]
        fn merging_runs_equals_adding_packets(seqs in proptest::collection::vec(any::<u16>(), 2..60), at in any::<prop::sample::Index>()) {
            let add = |seqs: &[u16]| {
                let one = |&seq: &u16| {
                    let frame = Frame { origin: Origin::default(), time: Time(0), clock: Time(0), link: LinkType(1), data: &[], wire_len: 0 };
                    (frame, Header { marker: false, payload_type: (seq % 128) as u8, seq, timestamp: u32::from(seq), ssrc: 7 })
                };
                let mut packets = seqs.iter().map(one);
                let (frame, header) = packets.next().unwrap();
                let way = |header: &Header| Carriage::new((header.seq % 7) as u8, None, Tunnels::default());
                let mut run = Run::new(&frame, &header, way(&header));
                packets.for_each(|(frame, header)| run.add(&frame, &header, way(&header)));
                run
            };
            let at = 1 + at.index(seqs.len() - 1);
            let mut merged = add(&seqs[..at]);
            merged.merge(&add(&seqs[at..]));
            prop_assert_eq!(merged, add(&seqs));
        }
    }
}
