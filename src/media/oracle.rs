//! Takes made-up packets, gives the streams that they are, in windows of any size, never those of a capture.
//! The worked figures of standards.md §8.4 are its tests.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::base::{Endpoint, Origin, Time};
use crate::capture::{Frame, LinkType};
use crate::packet::{Datagram, Layers};
use crate::rtp::{Header, Reception as Block, Said, Statement};

const GAUGE: Gauge = Gauge { mirror_window: 500_000, jitter_buffer: 0.06, clock_step: 20_000_000, by_second: true };

/// The source of every stream here.
const SSRC: u32 = 7;

fn end(host: u8, port: u16) -> Endpoint {
    Endpoint::new(IpAddr::from([192, 0, 2, host]), port)
}

/// One RTP packet; `at` in microseconds.
#[derive(Clone, Debug)]
struct Rtp {
    at: i64,
    port: u16,
    to: u16,
    seq: u16,
    timestamp: u32,
    payload_type: u8,
    marker: bool,
    payload: Vec<u8>,
    ip_id: u32,
}

impl Rtp {
    /// 20 ms of G.711, the `n`-th of a stream that begins at `at`.
    fn voice(at: i64, n: i64) -> Self {
        let (seq, timestamp) = ((n as u16).wrapping_add(65_530), (n as u32).wrapping_mul(160).wrapping_add(4_294_960_000));
        Self {
            at: at + n * 20_000,
            port: 4000,
            to: 5000,
            seq,
            timestamp,
            payload_type: 8,
            marker: false,
            payload: vec![0xd5; 160],
            ip_id: n as u32,
        }
    }
}

/// What passes the tap.
#[derive(Clone, Debug)]
enum Item {
    Rtp(Rtp),
    /// Statement of the source, or of its receiver.
    Rtcp {
        at: i64,
        own: bool,
        what: Said,
    },
}

impl Item {
    const fn at(&self) -> i64 {
        match self {
            Self::Rtp(rtp) => rtp.at,
            Self::Rtcp { at, .. } => *at,
        }
    }
}

fn frame(n: usize, at: i64) -> Frame<'static> {
    let origin = Origin { serial: n as u64, capture: 0, frame: n as u32 + 1 };
    let time = Time(at * 1_000);
    Frame { origin, time, clock: time, link: LinkType(1), data: &[], wire_len: 0 }
}

/// The streams in items that are in order of time, with windows that begin before the items in `cuts` and two tasks in each.
fn streams(items: &[Item], cuts: &[usize]) -> Vec<Stream> {
    let mut streams = Streams::new(GAUGE);
    let mut announced = Announced::default();
    [4000, 4100, 4200]
        .into_iter()
        .for_each(|port| announced.hear(&Spoken { at: Time(0), word: Word::Names(0, end(1, port), false), call: 1 }));
    let mut bounds: Vec<_> = cuts.iter().map(|&c| c.min(items.len())).chain([0, items.len()]).collect();
    bounds.sort_unstable();
    for window in bounds.windows(2) {
        let (from, to) = (window[0], window[1]);
        let mut tasks = [Runs::default(), Runs::default()];
        let mut reports = Vec::new();
        for (n, item) in items.iter().enumerate().take(to).skip(from) {
            let frame = frame(n, item.at());
            match item {
                Item::Rtp(rtp) => {
                    let layers = Layers { ip_id: rtp.ip_id, ip_len: rtp.payload.len() as u32 + 40, ..Layers::default() };
                    let payload = [&[0; 12][..], &rtp.payload].concat();
                    let datagram =
                        Datagram { source: end(1, rtp.port), destination: end(2, rtp.to), layers, payload: &payload, cut: false };
                    let Rtp { marker, payload_type, seq, timestamp, .. } = *rtp;
                    let header = Header { marker, payload_type, seq, timestamp, ssrc: SSRC, sources: 0, padded: false, offset: 12 };
                    tasks[usize::from(n >= (from + to) / 2)].add(&frame, &datagram, &header);
                }
                Item::Rtcp { own, what, .. } => {
                    let (source, destination) = if *own { (end(1, 4001), end(2, 5001)) } else { (end(2, 5001), end(1, 4001)) };
                    let statement = Statement { by: if *own { SSRC } else { 9 }, about: SSRC, what: *what };
                    let Frame { origin, time, clock, .. } = frame;
                    reports.push(Report::new((origin, time, clock), [source, destination], statement));
                }
            }
        }
        streams.take(tasks.iter().flat_map(Runs::tapes), &reports.iter().collect::<Vec<_>>(), &announced);
        if let Some(last) = items.get(to.wrapping_sub(1)) {
            streams.advance(Time(last.at() * 1_000), &announced);
        }
    }
    streams.finish(&announced);
    let mut finished: Vec<_> = streams.finished.into_iter().map(Stream::from).collect();
    finished.sort_by_key(|stream| stream.first);
    finished
}

fn one(items: &[Item]) -> Stream {
    let mut streams = streams(items, &[]);
    assert_eq!(streams.len(), 1, "{streams:?}");
    streams.remove(0)
}

fn voice(at: i64, packets: std::ops::Range<i64>) -> Vec<Item> {
    packets.map(|n| Item::Rtp(Rtp::voice(at, n))).collect()
}

/// standards.md §8.4, oracle J.
#[test]
fn jitter_of_nine_arrivals() {
    let arrivals = [0, 20, 45, 60, 85, 100, 120, 150, 160];
    let items: Vec<_> = arrivals.iter().zip(0..).map(|(ms, n)| Item::Rtp(Rtp { at: ms * 1_000, ..Rtp::voice(0, n) })).collect();
    let jitter = one(&items).jitter.unwrap();
    assert!((jitter.last - 2.148_307).abs() < 1e-6 && (jitter.max - 2.148_307).abs() < 1e-6, "{jitter:?}");
}

/// standards.md §8.4, oracle L.
#[test]
fn loss_at_the_wrap_of_the_sequence_numbers() {
    let seqs = [65533u16, 65534, 65535, 1, 2, 2, 5, 4];
    let packet = |(n, &seq): (i64, &u16)| {
        let voice = Rtp::voice(0, i64::from(seq.wrapping_sub(65_530)));
        Item::Rtp(Rtp { at: n * 20_000, ip_id: n as u32, ..voice })
    };
    let stream = one(&(0..).zip(&seqs).map(packet).collect::<Vec<_>>());
    let Reception { base, highest, expected, received, lost_unique, duplicates, reordered, .. } = stream.reception;
    assert_eq!((base, highest, expected, received), (65533, 65541, 9, 8));
    assert_eq!((stream.reception.lost(), lost_unique, duplicates, reordered), (1, 2, 1, 1));
    assert_eq!((stream.bursts.packets, stream.bursts.lost), (9, 2));
}

/// Every third packet changes places with the next: no two follow each other, and a step of two packets is no packet time.
#[test]
fn packets_that_change_places_do_not_tell_how_long_they_are() {
    let order = (0..60).map(|n| match n % 3 {
        0 => n,
        1 => n + 1,
        _ => n - 1,
    });
    let stream = one(&(0..).zip(order).map(|(at, n)| Item::Rtp(Rtp { at: at * 20_000, ..Rtp::voice(0, n) })).collect::<Vec<_>>());
    assert_eq!((stream.step, stream.reception.reordered, stream.reception.lost()), (None, 20, 0));
}

/// standards.md §8.4, oracle R: 6.125 s, with the tap at the sender.
#[test]
fn the_round_trip_behind_the_tap() {
    let mut items = voice(0, 0..700);
    let sent = Said::Sent { ntp: 0xb705_2000 << 16, timestamp: 0, packets: 1, octets: 160, last: 0, delay: 0 };
    items.push(Item::Rtcp { at: 1_125_000, own: true, what: sent });
    let block = Block { last: 0xb705_2000, delay: 0x0005_4000, fraction_lost: 5, ..Block::default() };
    items.push(Item::Rtcp { at: 12_500_000, own: false, what: Said::Received(block) });
    items.sort_by_key(Item::at);
    let reports = one(&items).reports;
    assert_eq!(reports.round_trips, [6_125_000_000]);
    assert_eq!((reports.sender_reports, reports.receptions, reports.worst_fraction), (1, 1, 5));
}

/// standards.md §8.4, oracle B, with packets of 10 ms and lateness by 100 ms.
#[test]
fn the_burst_of_the_example_of_rfc_3611() {
    let packet = |n: i64| Rtp { at: n * 10_000, timestamp: n as u32 * 80, payload: vec![0; 80], ..Rtp::voice(0, n) };
    let mut items: Vec<_> = (0..64).filter(|n| ![4, 29, 34].contains(n)).map(|n| Item::Rtp(packet(n))).collect();
    for late in [23, 27, 53] {
        for item in &mut items {
            if let Item::Rtp(rtp) = item
                && rtp.seq == packet(late).seq
            {
                rtp.at += 95_000;
            }
        }
    }
    items.sort_by_key(Item::at);
    let bursts = one(&items).bursts;
    assert_eq!((bursts.bursts, bursts.burst_packets, bursts.burst_events), (1, 12, 4), "{bursts:?}");
    assert_eq!((bursts.loss_rate(), bursts.discard_rate(), bursts.burst_density(), bursts.gap_density()), (12, 12, 85, 9));
}

#[test]
fn a_call_after_a_call_from_the_same_port_and_source_is_another_stream() {
    let mut items = voice(0, 0..100);
    items.extend(voice(6_000_000, 0..100));
    let streams = streams(&items, &[]);
    let counts: Vec<_> = streams.iter().map(|s| (s.packets, s.reception.lost(), s.reception.duplicates)).collect();
    assert_eq!(counts, [(100, 0, 0), (100, 0, 0)]);
}

#[test]
fn a_new_start_without_a_pause_is_neither_loss_nor_jitter() {
    for seq in [40_000u16, 2_000] {
        let mut items = voice(0, 0..100);
        items.extend((0..100).map(|n| {
            let voice = Rtp::voice(2_000_000, n);
            Item::Rtp(Rtp { seq: (n as u16).wrapping_add(seq), timestamp: voice.timestamp.wrapping_add(1_000_000_000), ..voice })
        }));
        let stream = one(&items);
        let Reception { expected, lost_unique, restarts, astray, .. } = stream.reception;
        assert_eq!((expected, lost_unique, restarts, astray), (200, 0, 1, 0), "from {seq}");
        assert!(stream.jitter.unwrap().max < 1e-9);
    }
}

#[test]
fn packets_that_were_lost_for_seconds_are_lost() {
    let mut items = voice(0, 0..100);
    items.extend(voice(0, 250..300));
    let stream = one(&items);
    assert_eq!((stream.reception.lost_unique, stream.reception.restarts, stream.bursts.longest_run), (150, 0, 150));
    let [gap] = stream.gaps.longest.as_slice() else { panic!("{:?}", stream.gaps) };
    assert_eq!((gap.missing, gap.length(), stream.gaps.pauses), (150, 3_020_000_000, 0));
}

#[test]
fn keys_pressed_in_a_call_are_events_and_no_jitter() {
    let mut items = Vec::new();
    for n in 0..60i64 {
        let voice = Rtp::voice(0, n);
        let pressed = (20..30).contains(&n);
        let start = Rtp::voice(0, 20).timestamp;
        let duration = (n - 19).clamp(1, 8) as u16 * 160;
        let event = [5, if n >= 27 { 0x8a } else { 0x0a }, (duration >> 8) as u8, duration as u8];
        items.push(Item::Rtp(match pressed {
            true => Rtp { payload_type: 101, timestamp: start, marker: n == 20, payload: event.to_vec(), ..voice },
            false => voice,
        }));
    }
    let stream = one(&items);
    let [key] = stream.digits.events.as_slice() else { panic!("{:?}", stream.digits) };
    assert_eq!((key.key(), key.duration, key.packets, key.ends), (Some('5'), 1280, 10, 3));
    assert_eq!((stream.main, stream.step, stream.formats.len()), (8, Some(160), 2));
    assert!(stream.jitter.unwrap().max < 1e-9);
    assert_eq!(stream.reception.lost_unique, 0);
}

#[test]
fn copies_of_a_mirror_port_are_in_no_count() {
    let items: Vec<_> = (0..50)
        .flat_map(|n| {
            let voice = Rtp::voice(0, n);
            [voice.clone(), Rtp { at: voice.at + 300, ..voice }].map(Item::Rtp)
        })
        .collect();
    let stream = one(&items);
    assert_eq!((stream.packets, stream.reception.mirrored, stream.reception.duplicates, stream.reception.lost()), (50, 50, 0, 0));
}

/// standards.md §8.4: G.711 of 20 ms over IPv4 is 80 kbit/s.
#[test]
fn fifty_packets_a_second_of_200_octets() {
    let stream = one(&voice(0, 0..500));
    assert_eq!((stream.ip_octets * 8 / 10, stream.payload_octets, stream.packet_ms()), (80_000, 80_000, Some(20.0)));
    let packets: Vec<_> = stream.series.intervals.iter().map(|i| (i.packets, i.lost)).collect();
    assert_eq!(packets, [(250, 0), (250, 0)]);
}

#[test]
fn what_a_source_sent_elsewhere_meanwhile_is_no_loss() {
    let elsewhere = (100..484).map(|n| Item::Rtp(Rtp { to: 6000, ..Rtp::voice(0, n) }));
    let items: Vec<_> = voice(0, 0..100).into_iter().chain(elsewhere).chain(voice(0, 484..600)).collect();
    let mut streams = streams(&items, &[]);
    assert_eq!(streams.iter().map(|s| s.reception.lost_unique).collect::<Vec<_>>(), [384, 0]);
    moves::settle(&mut streams);
    assert_eq!(streams.iter().map(|s| s.reception.lost_unique).collect::<Vec<_>>(), [0, 0]);
    let [held, _] = streams.as_slice() else { panic!() };
    assert_eq!((held.reception.expected, held.bursts.events(), held.bursts.runs, held.bursts.bursts, held.gaps.pauses), (216, 0, 0, 0, 1));
}

/// A step of a made-up stream: which flow, how long after the one before, how the number goes on, what it is.
fn step() -> impl Strategy<Value = (u16, i64, i32, u8)> {
    let wait = prop::sample::select(vec![0i64, 100, 20_000, 20_000, 20_000, 20_000, 90_000, 700_000, 2_500_000, 59_990_000, 60_010_000]);
    let number = prop::sample::select(vec![1i32, 1, 1, 1, 1, 1, 1, 2, 3, 0, -1, -3, 40, 2_500, 20_000, -90]);
    (0u16..3, wait, number, 0u8..12)
}

proptest! {
    /// Loss, reordering, duplicates, restarts, pauses, events, other clocks, RTCP: every measure to the last bit, wherever windows begin.
    #[test]
    fn every_measure_is_the_same_for_every_cut(steps in proptest::collection::vec(step(), 1..400), cuts in proptest::collection::vec(0usize..400, 0..40)) {
        let (mut at, mut seqs, mut items) = (0, [65_000u16, 10, 30_000], Vec::new());
        for (n, (flow, wait, number, kind)) in steps.into_iter().enumerate() {
            at += wait;
            let seq = &mut seqs[usize::from(flow)];
            *seq = seq.wrapping_add(number as u16);
            let (payload_type, payload) = match kind {
                0 => (101, vec![3, 0x0a, 0, n as u8]),
                1 => (13, vec![0x40]),
                2 => (96, vec![9; 60]),
                3 => (34, vec![9; 700]),
                _ => (8, vec![0xd5; 160]),
            };
            items.push(match kind {
                10 => Item::Rtcp { at, own: true, what: Said::Sent { ntp: (n as u64) << 16, timestamp: 0, packets: 1, octets: 1, last: (n as u32).saturating_sub(5), delay: 0 } },
                11 => Item::Rtcp { at, own: false, what: Said::Received(Block { last: (n as u32).saturating_sub(9), sent: n as u32, ..Block::default() }) },
                _ => Item::Rtp(Rtp {
                    at,
                    port: 4000 + flow * 100,
                    to: 5000,
                    seq: *seq,
                    timestamp: u32::from(*seq) * 160,
                    payload_type,
                    marker: kind == 4,
                    payload,
                    ip_id: if number == 0 { 0 } else { n as u32 },
                }),
            });
        }
        let (cut, whole) = (streams(&items, &cuts), streams(&items, &[]));
        let lines = |streams: &[Stream]| format!("{streams:#?}").lines().map(str::to_owned).collect::<Vec<_>>();
        let other = lines(&cut).into_iter().zip(lines(&whole)).find(|(a, b)| a != b);
        prop_assert!(cut == whole, "{other:?}");
    }
}
