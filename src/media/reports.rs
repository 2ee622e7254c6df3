//! Takes what RTCP says of one stream, gives it as counts and last values, never the stream itself.

use smallvec::SmallVec;

use super::announced::Announced;
use super::runs::{Flow, Kin};
use crate::base::{Endpoint, Origin, Time};
use crate::rtp::{Reception, Said, Statement, VoipMetrics};

/// Round-trip times that are kept.
const KEPT: usize = 64;

/// Sender reports whose answer may still come.
const PENDING: usize = 8;

/// Ports of RTCP that are kept of a stream: one, two where it moves; more are a fault that the first show.
const PORTS: usize = 8;

/// One statement of an RTCP packet, and where it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// The frame.
    pub origin: Origin,
    /// When it passed.
    pub time: Time,
    /// The running clock.
    pub clock: Time,
    /// Sender of the packet.
    pub source: Endpoint,
    /// Its receiver.
    pub destination: Endpoint,
    /// The ports of both on the wire; those of `source` and `destination` may be of the media that it is about.
    pub ports: [u16; 2],
    /// What it says.
    pub statement: Statement,
}

impl Report {
    /// A statement, and where it was made.
    #[must_use]
    pub const fn new((origin, time, clock): (Origin, Time, Time), [source, destination]: [Endpoint; 2], statement: Statement) -> Self {
        Self { origin, time, clock, source, destination, ports: [source.port, destination.port], statement }
    }

    /// What it has in common with the stream that it is about.
    #[must_use]
    pub fn kin(&self) -> Kin {
        Kin::new(self.source.ip, self.destination.ip, self.statement.about)
    }

    /// As it would pass on the ports next to those of its media (RFC 3550 §11), where SDP says that it uses others (RFC 3605).
    pub(super) fn placed(&self, announced: &Announced) -> Self {
        let next_to = |endpoint: Endpoint| {
            let media = announced.controlled(endpoint, self.origin.serial, self.clock);
            let port = media.filter(|media| media.ip == endpoint.ip).and_then(|media| media.port.checked_add(1));
            port.map_or(endpoint, |port| Endpoint { port, ..endpoint })
        };
        Self { source: next_to(self.source), destination: next_to(self.destination), ..*self }
    }

    /// Whether a source speaks of itself: else a receiver speaks of it.
    pub(super) fn is_own(&self) -> bool {
        match self.statement.what {
            Said::Received(_) | Said::Delay { .. } | Said::Voip(_) | Said::Feedback => false,
            _ => self.statement.by == self.statement.about || self.statement.what == Said::Left,
        }
    }

    /// Whether it can be about a flow: between the same hosts, and at one end or both on its port or the next (RFC 3550 §11, RFC 5761).
    pub(super) fn is_about(&self, flow: &Flow) -> bool {
        let (sender, receiver) = if self.is_own() { (self.source, self.destination) } else { (self.destination, self.source) };
        let beside = |port: u16, media: u16| port == media || Some(port) == media.checked_add(1);
        flow.ssrc == self.statement.about
            && (flow.source.ip, flow.destination.ip) == (sender.ip, receiver.ip)
            && (beside(sender.port, flow.source.port) || beside(receiver.port, flow.destination.port))
    }
}

/// What RTCP said of a stream (RFC 3550 §6, RFC 3611).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reports {
    /// Sender reports of its source.
    pub sender_reports: u64,
    /// Reception reports about it, by its receiver.
    pub receptions: u64,
    /// Source descriptions of its source.
    pub descriptions: u64,
    /// Goodbyes of its source.
    pub goodbyes: u64,
    /// Application-defined packets of its source.
    pub application: u64,
    /// Feedback about it (RFC 4585).
    pub feedback: u64,
    /// Extended reports by its source.
    pub extended: u64,
    /// Packets of SRTCP by its source.
    pub protected: u64,
    /// The frame of the first RTCP packet that is about it, and when it passed.
    pub first: Option<(Origin, Time)>,
    /// The frame of the last, and when it passed.
    pub last: Option<(Origin, Time)>,
    /// When its source first sent RTCP, and when last.
    pub spoken: Option<(Time, Time)>,
    /// The longest time between two RTCP packets from its source, in nanoseconds.
    pub longest_interval: i64,
    /// Where RTCP of its source went: the first ports.
    pub aimed: SmallVec<[Aimed; 1]>,
    /// From where its receiver sent RTCP about it: the first ports.
    pub answered_from: SmallVec<[u16; 2]>,
    /// Round trips from the tap to the receiver and back, in nanoseconds: the first so many, in order.
    pub round_trips: Vec<i64>,
    /// How many there were.
    pub round_trip_count: u64,
    /// Round trips from the tap to the sender and back, in nanoseconds: the first so many, in order.
    pub near_trips: Vec<i64>,
    /// The last reception report about it.
    pub last_reception: Option<Reception>,
    /// The greatest fraction lost of a reception report, in 1/256.
    pub worst_fraction: u8,
    /// The greatest jitter of a reception report, in ticks.
    pub worst_jitter: u32,
    /// The last VoIP metrics about it.
    pub voip: Option<VoipMetrics>,
    /// How many there were.
    pub voip_blocks: u64,
    /// What the last sender report said it had sent: packets, octets of payload.
    pub sent: Option<(u32, u32)>,
}

/// RTCP of a source to one port of its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aimed {
    /// The port that sent the first.
    pub from: u16,
    /// The port to which it went.
    pub to: u16,
    /// The frame of the first, and when it passed.
    pub first: (Origin, Time),
    /// When the last passed.
    pub last: Time,
}

impl Reports {
    /// The round trip between sender and receiver, in nanoseconds: from the tap to the one and back, and to the other and back, the median of each
    /// (standards.md §8.4). Where the sender answered no report, what the receiver says in XR (RFC 3611 §4.7.3); else the part behind the tap
    /// alone, which is the less by the part before it.
    #[must_use]
    pub fn round_trip(&self) -> Option<i64> {
        let (far, near) = (median(&self.round_trips), median(&self.near_trips));
        let told = self.voip.map(|voip| i64::from(voip.round_trip_ms) * 1_000_000).filter(|&nanos| nanos > 0);
        far.zip(near).map(|(far, near)| far + near).or(told).or(far)
    }
}

/// What RTCP says of a stream, as far as it goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Hearing {
    reports: Reports,
    /// The middle of the NTP time of the latest sender reports, and when each passed.
    pending: Vec<(u32, Time)>,
    /// The same of the reports of its receiver, which its source answers.
    pending_near: Vec<(u32, Time)>,
}

impl Hearing {
    /// Takes a report about the stream.
    pub(super) fn on(&mut self, report: &Report) {
        let reports = &mut self.reports;
        let here = (report.origin, report.time);
        reports.first.get_or_insert(here);
        reports.last = Some(here);
        let [from, to] = report.ports;
        if report.is_own() {
            if let Some(aimed) = reports.aimed.iter_mut().find(|aimed| aimed.to == to) {
                aimed.last = aimed.last.max(report.time);
            } else if reports.aimed.len() < PORTS {
                reports.aimed.push(Aimed { from, to, first: here, last: report.time });
            }
            let (first, last) = reports.spoken.unwrap_or((report.time, report.time));
            reports.longest_interval = reports.longest_interval.max(report.time.since(last));
            reports.spoken = Some((first, last.max(report.time)));
        } else if !reports.answered_from.contains(&from) && reports.answered_from.len() < PORTS {
            reports.answered_from.push(from);
        }
        match report.statement.what {
            Said::Sent { ntp, packets, octets, last, delay, .. } => {
                reports.sender_reports += 1;
                reports.sent = Some((packets, octets));
                expect(&mut self.pending, (ntp >> 16) as u32, report.time);
                keep(&mut reports.near_trips, trip(&self.pending_near, last, delay, report.time));
            }
            Said::Reference { ntp } => expect(&mut self.pending, (ntp >> 16) as u32, report.time),
            Said::Received(reception) => {
                reports.receptions += 1;
                reports.last_reception = Some(reception);
                reports.worst_fraction = reports.worst_fraction.max(reception.fraction_lost);
                reports.worst_jitter = reports.worst_jitter.max(reception.jitter);
                expect(&mut self.pending_near, reception.sent, report.time);
                self.answer(reception.last, reception.delay, report.time);
            }
            Said::Delay { last, delay } => self.answer(last, delay, report.time),
            Said::Voip(metrics) => {
                reports.voip = Some(metrics);
                reports.voip_blocks += 1;
            }
            Said::Described => reports.descriptions += 1,
            Said::Left => reports.goodbyes += 1,
            Said::Application => reports.application += 1,
            Said::Feedback => reports.feedback += 1,
            Said::Extended => reports.extended += 1,
            Said::Protected => reports.protected += 1,
            Said::Listens => {}
        }
    }

    /// A report about the stream; its round trip ends at the receiver.
    fn answer(&mut self, last: u32, delay: u32, at: Time) {
        let trip = trip(&self.pending, last, delay, at);
        self.reports.round_trip_count += u64::from(trip.is_some());
        keep(&mut self.reports.round_trips, trip);
    }

    /// What it came to.
    pub(super) fn finish(self) -> Reports {
        self.reports
    }
}

/// Notes a sender report that may be answered.
fn expect(pending: &mut Vec<(u32, Time)>, middle: u32, at: Time) {
    if middle == 0 {
        return;
    }
    if pending.len() == PENDING {
        pending.remove(0);
    }
    pending.push((middle, at));
}

/// The round trip of a report that is answered, from the tap on: it passed at a known time, and no clock but the tap's has part in it
/// (standards.md §8.4).
fn trip(pending: &[(u32, Time)], last: u32, delay: u32, at: Time) -> Option<i64> {
    // Nobody answers within 15 µs: without a delay it was never measured, though RFC 3550 §6.4.1 allows that only where no report came.
    let &(_, sent) = pending.iter().rev().find(|&&(middle, _)| middle == last && last != 0 && delay != 0)?;
    let trip = at.since(sent) - nanoseconds(delay);
    // The delay is rounded by its sender; a trip that took less than no time by more than that is none.
    (trip >= -1_000_000).then_some(trip.max(0))
}

fn keep(trips: &mut Vec<i64>, trip: Option<i64>) {
    if trips.len() < KEPT {
        trips.extend(trip);
    }
}

/// The median (standards.md §8.7: nearest rank).
fn median(trips: &[i64]) -> Option<i64> {
    let mut sorted = trips.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().div_ceil(2).checked_sub(1)?).copied()
}

/// 1/65536 s in nanoseconds.
const fn nanoseconds(units: u32) -> i64 {
    (units as i64 * 1_000_000_000) >> 16
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn end(host: u8, port: u16) -> Endpoint {
        Endpoint::new(IpAddr::from([192, 0, 2, host]), port)
    }

    fn report(ms: i64, from: Endpoint, to: Endpoint, by: u32, about: u32, what: Said) -> Report {
        let time = Time(ms * 1_000_000);
        Report::new((Origin::default(), time, time), [from, to], Statement { by, about, what })
    }

    /// standards.md §8.4, oracle R, with the tap where the sender is: sent at 46853.125 s, answered at 46864.500 s, held for 5.250 s.
    #[test]
    fn the_round_trip_of_the_example_of_rfc_3550() {
        let flow = Flow { source: end(1, 4000), destination: end(2, 5000), ssrc: 7 };
        let mut hearing = Hearing::default();
        let ntp = 46_853u64 << 32 | 0x2000_0000;
        hearing.on(&report(
            46_853_125,
            end(1, 4001),
            end(2, 5001),
            7,
            7,
            Said::Sent { ntp, timestamp: 0, packets: 1, octets: 160, last: 0, delay: 0 },
        ));
        let reception = Reception { last: 0xb705_2000, delay: 0x0005_4000, fraction_lost: 3, ..Reception::default() };
        let answer = report(46_864_500, end(2, 5001), end(1, 4001), 9, 7, Said::Received(reception));
        assert!(answer.is_about(&flow));
        hearing.on(&answer);
        let reports = hearing.finish();
        assert_eq!(reports.round_trips, [6_125_000_000]);
        assert_eq!((reports.sender_reports, reports.receptions, reports.worst_fraction), (1, 1, 3));
        let aimed: Vec<_> = reports.aimed.iter().map(|aimed| (aimed.from, aimed.to)).collect();
        assert_eq!((aimed, &*reports.answered_from), (vec![(4001, 5001)], &[5001][..]));
    }

    /// The tap 50 ms from the sender and 125 ms from the receiver, which sends a report 2 s after it got one, as the sender does.
    #[test]
    fn the_round_trip_is_the_sum_of_both_sides_of_the_tap() {
        let sent = |ntp: u64, last: u32| Said::Sent { ntp: ntp << 32, timestamp: 0, packets: 1, octets: 160, last, delay: 0x0002_0000 };
        let middle = |ntp: u32| ntp << 16;
        let block = |last: u32, sent: u32| Said::Received(Reception { last, sent, delay: 0x0002_0000, ..Reception::default() });
        let mut hearing = Hearing::default();
        hearing.on(&report(1_000, end(1, 4001), end(2, 5001), 7, 7, sent(10, 0)));
        hearing.on(&report(3_250, end(2, 5001), end(1, 4001), 9, 7, block(middle(10), middle(20))));
        hearing.on(&report(5_350, end(1, 4001), end(2, 5001), 7, 7, sent(30, middle(20))));
        let mut reports = hearing.finish();
        assert_eq!((&*reports.round_trips, &*reports.near_trips), (&[250_000_000][..], &[100_000_000][..]));
        assert_eq!(reports.round_trip(), Some(350_000_000));
        reports.near_trips.clear();
        assert_eq!(reports.round_trip(), Some(250_000_000), "one side alone");
        reports.round_trips.clear();
        assert_eq!(reports.round_trip(), None);
    }

    #[test]
    fn a_report_belongs_to_the_flow_of_its_source_whichever_side_speaks() {
        let there = Flow { source: end(1, 4000), destination: end(2, 5000), ssrc: 7 };
        let back = Flow { source: end(2, 5000), destination: end(1, 4000), ssrc: 7 };
        let own = report(0, end(1, 4001), end(2, 5001), 7, 7, Said::Described);
        let of_it = report(0, end(2, 5000), end(1, 4000), 9, 7, Said::Received(Reception::default()));
        assert!(own.is_about(&there) && of_it.is_about(&there));
        assert!(!own.is_about(&back) && !of_it.is_about(&back));
        assert!(!report(0, end(1, 9), end(2, 9), 7, 7, Said::Left).is_about(&there), "other ports");
    }
}
