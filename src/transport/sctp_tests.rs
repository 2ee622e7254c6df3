//! Takes made-up SCTP associations, gives a verdict on the messages that come out of them, never looks inside the machinery.

use std::net::IpAddr;

use proptest::prelude::*;

use super::associations::{Associations, IDLE};
use super::{Payload, SctpPart};
use crate::base::{Anomalies, Anomaly, Endpoint, Origin, Time, Transport, seconds};
use crate::capture::{Frame, LinkType};
use crate::packet::{Packet, decode};

const B: u8 = 2;
const E: u8 = 1;
const U: u8 = 4;
const WHOLE: u8 = B | E;

struct Wire {
    table: Associations,
    odd: Anomalies,
    out: Vec<Payload>,
    frame: u32,
    clock: i64,
}

impl Wire {
    fn new() -> Self {
        Self { table: Associations::default(), odd: Anomalies::default(), out: Vec::new(), frame: 0, clock: 0 }
    }

    /// A packet as IP carries it, decoded and handed over as the pipeline does.
    fn packet(&mut self, tag: u32, chunks: &[Vec<u8>]) -> &mut Self {
        self.octets(&ip(&sctp(tag, chunks)))
    }

    fn octets(&mut self, octets: &[u8]) -> &mut Self {
        self.frame += 1;
        self.clock += 1_000_000;
        let origin = Origin { serial: u64::from(self.frame), capture: 0, frame: self.frame };
        let wire_len = u32::try_from(octets.len()).unwrap();
        let (time, clock) = (Time(self.clock), Time(self.clock));
        let frame = Frame { origin, time, clock, link: LinkType(101), data: octets, wire_len };
        if let (Packet::Sctp(packet), _) = decode(&frame)
            && let Some(part) = SctpPart::new(&frame, &packet)
        {
            self.table.push(&part, &mut self.out, &mut self.odd);
        }
        self
    }

    fn finish(mut self) -> Self {
        self.table.finish(&mut self.out, &mut self.odd);
        assert!(self.table.is_empty(), "the books must balance");
        self
    }

    fn texts(&self) -> Vec<&[u8]> {
        self.out.iter().map(|p| &*p.bytes).collect()
    }

    fn odd(&self) -> Vec<(Anomaly, u64)> {
        self.odd.iter().collect()
    }
}

/// RFC 9260 §3.1; ports 5060 and 5070.
fn sctp(tag: u32, chunks: &[Vec<u8>]) -> Vec<u8> {
    [&[0x13, 0xc4, 0x13, 0xce], &tag.to_be_bytes()[..], &[0; 4], &chunks.concat()].concat()
}

fn ip(sctp: &[u8]) -> Vec<u8> {
    let mut ip = Vec::new();
    etherparse::PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).write(&mut ip, 132.into(), sctp).unwrap();
    ip
}

fn chunk(kind: u8, flags: u8, value: &[u8]) -> Vec<u8> {
    let mut chunk = [&[kind, flags], &(value.len() as u16 + 4).to_be_bytes()[..], value].concat();
    chunk.resize(chunk.len().next_multiple_of(4), 0);
    chunk
}

/// RFC 9260 §3.3.1, the payload protocol identifier 0.
fn data(flags: u8, tsn: u32, stream: u16, number: u16, octets: &[u8]) -> Vec<u8> {
    chunk(0, flags, &[&tsn.to_be_bytes(), &stream.to_be_bytes()[..], &number.to_be_bytes(), &[0; 4], octets].concat())
}

/// RFC 8260 §2.1.
fn i_data(flags: u8, tsn: u32, stream: u16, message: u32, place: u32, octets: &[u8]) -> Vec<u8> {
    let head = [&tsn.to_be_bytes(), &stream.to_be_bytes()[..], &[0; 2], &message.to_be_bytes(), &place.to_be_bytes()].concat();
    chunk(64, flags, &[&head, octets].concat())
}

fn message(n: usize, body: usize) -> Vec<u8> {
    format!("INFO sip:{n}@b SIP/2.0\r\nContent-Length: {body}\r\n\r\n{}", "x".repeat(body)).into_bytes()
}

#[test]
fn bundled_chunks_are_as_many_messages_and_others_are_passed_over() {
    let sack = chunk(3, 0, &[0; 12]);
    let m3ua = data(WHOLE, 8, 3, 0, &[1, 0, 1, 1, 0, 0, 0, 8]);
    let mut w = Wire::new();
    w.packet(9, &[sack.clone(), data(WHOLE, 7, 0, 0, &message(1, 3)), m3ua.clone(), data(WHOLE | U, 9, 1, 0, &message(2, 0))]);
    w.packet(9, &[sack]).packet(9, &[m3ua]);
    let w = w.finish();
    assert_eq!(w.texts(), [message(1, 3), message(2, 0)]);
    let e = w.out[1].envelope;
    assert_eq!((e.origin.frame, e.index, e.transport, e.cut, e.first), (1, 1, Transport::Sctp, false, Time(1_000_000)));
    assert_eq!((e.source, e.destination.port), (Endpoint::new(IpAddr::from([192, 0, 2, 1]), 5060), 5070));
    assert_eq!(w.odd(), []);
}

#[test]
fn a_body_of_any_octets_is_untouched() {
    let isup: Vec<u8> = (0..=255).collect();
    let head = b"INVITE sip:a@b SIP/2.0\r\nContent-Type: application/isup\r\nContent-Length: 256\r\n\r\n";
    let whole = [&head[..], &isup].concat();
    let mut w = Wire::new();
    w.packet(9, &[data(WHOLE, 1, 0, 0, &whole)]).packet(9, &[data(B, 2, 0, 1, &whole[..201]), data(E, 3, 0, 1, &whole[201..])]);
    assert_eq!(w.texts(), [&whole, &whole]);
}

#[test]
fn fragments_in_any_order_over_the_end_of_the_numbers() {
    let m = message(1, 40);
    let pieces = [(B, u32::MAX, &m[..20]), (0, 0, &m[20..50]), (E, 1, &m[50..])].map(|(f, tsn, o)| data(f, tsn, 5, 0xffff, o));
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut w = Wire::new();
        order.iter().for_each(|&i| {
            w.packet(9, &[pieces[i].clone()]);
        });
        w.packet(9, &[data(WHOLE, 2, 5, 0, &message(2, 0))]);
        let w = w.finish();
        assert_eq!(w.texts(), [m.clone(), message(2, 0)], "{order:?}");
        let e = w.out[0].envelope;
        assert_eq!((e.origin.frame, e.first, e.last), (3, Time(1_000_000), Time(3_000_000)));
        assert_eq!(w.odd(), []);
    }
}

#[test]
fn repetitions_are_read_once() {
    let m = message(1, 40);
    let (a, b) = (data(B, 10, 0, 0, &m[..30]), data(E, 11, 0, 0, &m[30..]));
    let whole = data(WHOLE, 12, 0, 1, &message(2, 0));
    let mut w = Wire::new();
    w.packet(9, std::slice::from_ref(&a)).packet(9, &[a.clone(), b.clone()]).packet(9, &[a, b]).packet(9, &[whole.clone(), whole.clone()]);
    w.packet(9, std::slice::from_ref(&whole)).packet(9, &[data(WHOLE, 9, 0, 0, &message(3, 0))]);
    assert_eq!(w.texts(), [m, message(2, 0), message(3, 0)]);
    // Another tag is another association, with numbers of its own.
    w.packet(10, &[whole]);
    assert_eq!(w.finish().out.len(), 4);
}

#[test]
fn interleaved_messages_come_apart() {
    let (m1, m2) = (message(1, 30), message(2, 30));
    let mut w = Wire::new();
    w.packet(9, &[i_data(B, 1, 0, 0, 0xdead, &m1[..20]), i_data(B, 2, 1, 0, 0, &m2[..25])]);
    w.packet(9, &[i_data(E, 3, 1, 0, 1, &m2[25..]), i_data(0, 4, 0, 0, 1, &m1[20..40]), i_data(E, 5, 0, 0, 2, &m1[40..])]);
    assert_eq!(w.texts(), [m2, m1]);
}

#[test]
fn a_lost_fragment_cuts_one_message() {
    let m = message(1, 600);
    let mut w = Wire::new();
    w.packet(9, &[data(B, 1, 0, 0, &m[..300])])
        .packet(9, &[data(E, 3, 0, 0, &m[500..])])
        .packet(9, &[data(WHOLE, 4, 0, 1, &message(2, 0))]);
    assert_eq!(w.texts(), [message(2, 0)]);
    w.clock += seconds(11);
    w.packet(9, &[data(WHOLE, 5, 0, 2, &message(3, 0))]);
    assert_eq!(w.out.iter().map(|p| (p.bytes.len(), p.envelope.cut)).collect::<Vec<_>>()[1..], [(300, true), (message(3, 0).len(), false)]);
    assert_eq!(w.odd(), [(Anomaly::SipCut, 1), (Anomaly::SctpHole, 2)]);
    assert_eq!(w.finish().out.len(), 3);
}

#[test]
fn what_is_open_at_the_end_is_given_as_cut() {
    let m = message(1, 600);
    let mut w = Wire::new();
    w.packet(9, &[data(B, 1, 0, 0, &m[..300])]);
    let w = w.finish();
    assert_eq!(w.out.iter().map(|p| (p.bytes.len(), p.envelope.cut, p.envelope.origin.frame)).collect::<Vec<_>>(), [(300, true, 1)]);
}

#[test]
fn a_snapped_packet_says_so() {
    let whole = ip(&sctp(9, &[data(WHOLE, 1, 0, 0, &message(1, 600))]));
    let mut w = Wire::new();
    w.octets(&whole[..200]);
    assert_eq!(w.out.iter().map(|p| (p.bytes.len(), p.envelope.cut)).collect::<Vec<_>>(), [(200 - 20 - 12 - 16, true)]);
}

#[test]
fn absurd_numbers_hide_nothing() {
    let mut w = Wire::new();
    w.packet(9, &[data(WHOLE, 100, 0, 0, &message(1, 0))]).packet(9, &[data(WHOLE, 2_000_000_000, 0, 0, &message(2, 0))]);
    w.packet(9, &[data(WHOLE, 101, 0, 1, &message(3, 0))]).packet(9, &[data(WHOLE, 101, 0, 1, &message(3, 0))]);
    assert_eq!((w.out.len(), w.odd()), (3, vec![(Anomaly::SctpFar, 1)]));
    // What goes on there is where the association is now.
    for _ in 0..2 {
        w.packet(9, &[data(WHOLE, 2_000_000_001, 0, 0, &message(4, 0)), data(WHOLE, 2_000_000_000, 0, 0, &message(2, 0))]);
    }
    assert_eq!((w.out.len(), w.odd()), (4, vec![(Anomaly::SctpFar, 1)]));
}

#[test]
fn sctp_over_udp_is_sctp() {
    let inside = sctp(9, &[data(WHOLE, 1, 0, 0, &message(1, 0))]);
    let udp = |payload: &[u8]| {
        let mut ip = Vec::new();
        etherparse::PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).udp(9899, 9899).write(&mut ip, payload).unwrap();
        ip
    };
    let mut w = Wire::new();
    w.octets(&udp(&inside)).octets(&udp(&message(2, 0)));
    assert_eq!(w.texts(), [message(1, 0)], "the second is SIP over UDP on that port, and no affair of this table");
    assert_eq!(w.out[0].envelope.source.port, 5060);
}

#[test]
fn forgetting_does_not_depend_on_when_it_is_asked_for() {
    let m = message(1, 40);
    let run = |sweeps: &[i64]| {
        let mut w = Wire::new();
        w.packet(9, &[data(B, 1, 0, 0, &m[..30])]);
        sweeps.iter().for_each(|&at| w.table.advance(Time(at), &mut w.odd));
        w.clock = IDLE + seconds(20);
        w.packet(9, &[data(E, 2, 0, 0, &m[30..])]);
        let w = w.finish();
        (w.out, w.odd)
    };
    assert_eq!(run(&[]), run(&[seconds(5), seconds(100), IDLE, IDLE + seconds(19)]));
}

/// A message in one-octet fragments, backwards: slow if a neighbour were copied for each.
#[test]
fn a_hostile_flood_of_fragments_stays_within_the_budget() {
    let mut w = Wire::new();
    for packet in 0..2_000u32 {
        let chunks: Vec<_> = (0..70).map(|n| data(0, 1_000_000 - packet * 70 - n, 0, 0, b"x")).collect();
        w.packet(9, &chunks);
    }
    for packet in 0..2_000u32 {
        let chunks: Vec<_> = (0..70).map(|n| data(0, 2_000_000 + (packet * 70 + n) * 2, 0, 0, b"x")).collect();
        w.packet(9, &chunks);
    }
    assert!(w.odd.count(Anomaly::SctpBudget) > 0);
    w.finish();
}

proptest! {
    #[test]
    fn any_delivery_gives_the_messages(
        bodies in proptest::collection::vec((0usize..300, 1usize..200, 0u16..3, any::<bool>()), 1..8),
        shuffle in proptest::collection::vec(any::<u32>(), 64),
        repeats in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
        near_wrap in 0u32..300,
        interleave in any::<bool>(),
    ) {
        let (mut chunks, mut sent, mut tsn) = (Vec::new(), Vec::new(), u32::MAX - near_wrap);
        for (n, &(body, step, stream, unordered)) in bodies.iter().enumerate() {
            let m = message(n, body);
            let count = m.chunks(step).count();
            for (i, piece) in m.chunks(step).enumerate() {
                let flags = if i == 0 { B } else { 0 } | if i + 1 == count { E } else { 0 } | if unordered { U } else { 0 };
                chunks.push(match interleave {
                    true => i_data(flags, tsn, stream, n as u32, i as u32, piece),
                    false => data(flags, tsn, stream, n as u16, piece),
                });
                tsn = tsn.wrapping_add(1);
            }
            sent.push(m);
        }
        let mut order: Vec<usize> = (0..chunks.len()).chain(repeats.iter().map(|i| i.index(chunks.len()))).collect();
        order.sort_by_key(|&i| shuffle[i % 64]);
        let mut w = Wire::new();
        for pair in order.chunks(2) {
            w.packet(9, &pair.iter().map(|&i| chunks[i].clone()).collect::<Vec<_>>());
        }
        let w = w.finish();
        let mut got = w.texts();
        got.sort_unstable();
        sent.sort_unstable();
        prop_assert_eq!(got, sent.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(w.odd(), vec![]);
    }

    #[test]
    fn any_chunks_end_well(
        packets in proptest::collection::vec((0u32..3, proptest::collection::vec((any::<bool>(), 0u8..8, any::<u8>(), 0u32..20, 0usize..60, any::<bool>()), 0..5)), 0..60),
        noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..80), 0..10),
        cut in 0usize..200,
    ) {
        let mut w = Wire::new();
        for (tag, chunks) in packets {
            let chunks: Vec<_> = chunks.into_iter().map(|(interleaved, flags, tsn, place, length, far)| {
                let tsn = u32::from(tsn) + if far { 1 << 31 } else { 0 };
                let octets = &message(1, 60)[..length];
                if interleaved { i_data(flags, tsn, 0, 0, place, octets) } else { data(flags, tsn, 0, 0, octets) }
            }).collect();
            w.packet(tag, &chunks);
            w.clock += seconds(2);
        }
        for noise in noise {
            w.packet(1, &[noise]);
        }
        let last = ip(&sctp(1, &[data(WHOLE, 1, 0, 0, &message(1, 100))]));
        w.octets(&last[..cut.min(last.len())]);
        w.finish();
    }
}
