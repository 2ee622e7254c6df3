//! Takes made-up connections, gives a verdict on the messages that come out of them, never looks inside the machinery.

use std::net::IpAddr;

use proptest::prelude::*;

use super::connections::{Connections, IDLE};
use super::{Payload, SegmentPart};
use crate::base::{Anomalies, Anomaly, Endpoint, Origin, Time, seconds};
use crate::packet::{Layers, TcpFlags};

/// One end of a made-up connection: knows its sequence numbers.
struct Wire {
    table: Connections,
    odd: Anomalies,
    out: Vec<Payload>,
    frame: u32,
    clock: i64,
}

const A: u16 = 5060;
const B: u16 = 40_000;

impl Wire {
    fn new() -> Self {
        Self { table: Connections::default(), odd: Anomalies::default(), out: Vec::new(), frame: 0, clock: 0 }
    }

    fn segment(&mut self, from: u16, seq: u32, ack: Option<u32>, flags: &str, data: &[u8]) -> &mut Self {
        self.cut(from, seq, ack, flags, data, data.len())
    }

    fn cut(&mut self, from: u16, seq: u32, ack: Option<u32>, flags: &str, data: &[u8], captured: usize) -> &mut Self {
        self.frame += 1;
        self.clock += 1_000_000;
        let end = |port: u16| Endpoint::new(IpAddr::from([192, 0, 2, u8::from(port == A)]), port);
        let part = SegmentPart {
            carriers: crate::base::Carriers::new(),
            origin: Origin { serial: u64::from(self.frame), capture: 0, frame: self.frame },
            time: Time(self.clock),
            clock: Time(self.clock),
            source: end(from),
            destination: end(if from == A { B } else { A }),
            layers: Layers::default(),
            seq,
            ack: ack.unwrap_or(0),
            flags: TcpFlags { syn: flags.contains('S'), ack: ack.is_some(), fin: flags.contains('F'), rst: flags.contains('R') },
            wire_len: u32::try_from(data.len()).unwrap(),
            bytes: data[..captured].into(),
        };
        self.table.push(&part, &mut self.out, &mut self.odd);
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
}

fn message(n: usize, body: usize) -> Vec<u8> {
    format!("INFO sip:{n}@b SIP/2.0\r\nContent-Length: {body}\r\n\r\n{}", "x".repeat(body)).into_bytes()
}

#[test]
fn a_message_over_two_segments_is_dated_by_both() {
    let m = message(1, 10);
    let (a, b) = m.split_at(30);
    let mut w = Wire::new();
    w.segment(B, 99, None, "S", b"").segment(A, 499, Some(100), "S", b"").segment(B, 100, Some(500), "", a).segment(
        B,
        130,
        Some(500),
        "",
        b,
    );
    let w = w.finish();
    assert_eq!(w.texts(), [m.as_slice()]);
    let e = w.out[0].envelope;
    assert_eq!((e.origin.frame, e.first.0, e.last.0, e.cut), (4, 3_000_000, 4_000_000, false));
    assert_eq!(w.odd, Anomalies::default());
}

#[test]
fn several_messages_in_a_segment_keep_their_order() {
    let all = [b"\r\n\r\n".as_slice(), &message(1, 0), b"\r\n", &message(2, 3)].concat();
    let mut w = Wire::new();
    w.segment(A, 0, None, "", &all);
    let w = w.finish();
    assert_eq!(w.out.iter().map(|p| p.envelope.index).collect::<Vec<_>>(), [0, 1]);
    assert_eq!(w.odd.count(Anomaly::TcpMidstream), 1);
}

#[test]
fn an_acknowledged_hole_is_given_up_and_framing_goes_on() {
    let (m1, m2, m3) = (message(1, 0), message(2, 0), message(3, 0));
    let (s2, s3) = (100 + m1.len() as u32, 100 + (m1.len() + m2.len()) as u32);
    let mut w = Wire::new();
    w.segment(B, 100, None, "", &m1).segment(B, s3, None, "", &m3);
    assert_eq!(w.out.len(), 1, "waits");
    w.segment(A, 1, Some(s2), "", b"");
    assert_eq!(w.out.len(), 1, "the hole is not acknowledged");
    w.segment(A, 1, Some(s3 + m3.len() as u32), "", b"");
    assert_eq!(w.texts(), [m1.as_slice(), &m3]);
    assert_eq!(w.out[1].envelope.origin.frame, 4);
    assert_eq!(w.odd.count(Anomaly::TcpHole), 1);
    assert_eq!(w.odd.count(Anomaly::SipResync), 0);
}

#[test]
fn a_hole_inside_a_body_cuts_one_message_only() {
    let (m1, m2) = (message(1, 3000), message(2, 0));
    let mut w = Wire::new();
    w.segment(B, 0, None, "", &m1[..1000]);
    w.segment(B, 2000, None, "", &[&m1[2000..], &m2].concat());
    w.segment(A, 1, Some(9000), "", b"");
    assert_eq!(w.out.iter().map(|p| (p.bytes.len(), p.envelope.cut)).collect::<Vec<_>>(), [(1000, true), (m2.len(), false)]);
    assert_eq!((w.odd.count(Anomaly::SipCut), w.odd.count(Anomaly::SipResync)), (1, 0));
}

#[test]
fn snapped_segments_leave_a_hole_of_known_length() {
    let (m1, m2) = (message(1, 500), message(2, 0));
    let mut w = Wire::new();
    w.cut(B, 0, None, "", &m1, 96).segment(B, m1.len() as u32, None, "", &m2);
    assert_eq!(w.out.iter().map(|p| (p.bytes.len(), p.envelope.cut)).collect::<Vec<_>>(), [(96, true), (m2.len(), false)]);
}

#[test]
fn one_direction_alone_is_read_in_order_and_told() {
    let (m1, m2) = (message(1, 0), message(2, 0));
    let mut w = Wire::new();
    w.segment(B, 0, Some(1000), "", &m1).segment(B, m1.len() as u32, Some(1400), "", &m2);
    let w = w.finish();
    assert_eq!(w.out.len(), 2);
    let unseen: Vec<_> = w.table.unseen().iter().map(|(&hosts, &n)| (hosts, n)).collect();
    assert_eq!(unseen, [((IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 0])), 1)]);
}

#[test]
fn a_connection_without_data_is_not_one_sided() {
    let mut w = Wire::new();
    w.segment(B, 9, None, "S", b"").segment(A, 99, Some(10), "S", b"").segment(B, 10, Some(100), "F", b"");
    w.segment(A, 100, Some(11), "", b"").segment(A, 100, Some(11), "F", b"").segment(B, 11, Some(101), "", b"");
    assert!(w.finish().table.unseen().is_empty());
}

#[test]
fn probes_and_repetitions_are_not_read_twice() {
    let m = message(1, 0);
    let end = m.len() as u32;
    let mut w = Wire::new();
    w.segment(B, 0, Some(1), "", &m).segment(B, 0, Some(1), "", &m).segment(B, end - 1, Some(1), "", b"\n").segment(
        B,
        end - 1,
        Some(1),
        "",
        b"",
    );
    w.segment(B, end, Some(1), "", &m);
    assert_eq!(w.out.len(), 2);
}

#[test]
fn a_new_syn_on_the_same_ports_is_a_new_connection() {
    let m = message(1, 0);
    let mut w = Wire::new();
    w.segment(B, 9, None, "S", b"").segment(B, 10, Some(1), "", &m[..24]);
    w.segment(B, 70_000, None, "S", b"").segment(B, 70_001, Some(1), "", &m);
    assert_eq!(w.texts(), [m.as_slice()]);
    assert_eq!(w.odd.count(Anomaly::SipCut), 1);
}

#[test]
fn repetitions_after_the_end_begin_nothing() {
    let m = message(1, 0);
    let end = m.len() as u32;
    let mut w = Wire::new();
    w.segment(B, 0, Some(1), "F", &m).segment(A, 1, Some(end + 1), "F", b"").segment(B, end + 1, Some(2), "", b"").segment(
        B,
        0,
        Some(1),
        "F",
        &m,
    );
    assert_eq!(w.out.len(), 1);
    assert_eq!(w.odd.count(Anomaly::TcpMidstream), 1);
}

#[test]
fn midstream_begins_at_the_next_start_line_and_http_never() {
    let m = message(2, 0);
    let mut w = Wire::new();
    w.segment(B, 0, None, "", &[b"c=IN IP4 192.0.2.1\r\na=sendrecv\r\n", m.as_slice()].concat());
    w.segment(A, 0, None, "", &[b"HTTP/1.1 200 OK\r\n\r\n", m.as_slice()].concat()).segment(A, 5000, None, "", &m);
    assert_eq!(w.texts(), [m.as_slice()]);
    assert_eq!(w.odd.count(Anomaly::SipResync), 0);
}

/// An answer that poses as SIP to a request that is HTTP.
#[test]
fn the_other_side_of_http_is_no_sip() {
    let mut w = Wire::new();
    w.segment(B, 9, None, "S", b"").segment(A, 99, Some(10), "S", b"").segment(B, 10, Some(100), "", b"GET / HTTP/1.1\r\n\r\n");
    w.segment(A, 100, Some(28), "", b"SIP/2.0 200 ok\r\nHTTP/1.1 200 ok\r\n\r\n");
    assert_eq!(w.finish().out, []);
}

#[test]
fn forgetting_does_not_depend_on_when_it_is_asked_for() {
    let m = message(1, 0);
    let run = |sweeps: &[i64]| {
        let mut w = Wire::new();
        w.segment(B, 0, Some(1), "", &m[..20]);
        sweeps.iter().for_each(|&at| w.table.advance(Time(at), &mut w.odd));
        w.clock = IDLE + seconds(20);
        w.segment(B, 20, Some(1), "", &m[20..]);
        let w = w.finish();
        (w.out, w.odd)
    };
    assert_eq!(run(&[]), run(&[seconds(5), IDLE, IDLE + seconds(19)]));
}

proptest! {
    /// Both directions, sequence numbers that wrap, pieces in random order, repeated and overlapping: the same messages.
    #[test]
    fn any_delivery_gives_the_messages(
        bodies in proptest::collection::vec(0usize..400, 1..8),
        pieces in proptest::collection::vec((any::<prop::sample::Index>(), 1usize..300), 0..40),
        shuffle in proptest::collection::vec(any::<u32>(), 80),
        near_wrap in 0u32..3000,
    ) {
        let messages: Vec<_> = bodies.iter().enumerate().map(|(n, &b)| message(n, b)).collect();
        let stream = messages.concat();
        let first = u32::MAX - near_wrap;
        let mut cuts: Vec<(usize, usize)> = (0..stream.len()).step_by(200).map(|at| (at, (at + 200).min(stream.len()))).collect();
        cuts.extend(pieces.iter().map(|(at, len)| { let at = at.index(stream.len()); (at, (at + len).min(stream.len())) }));
        let mut order: Vec<usize> = (0..cuts.len()).collect();
        order.sort_by_key(|&i| shuffle.get(i).copied().unwrap_or_default());
        let mut w = Wire::new();
        w.segment(B, first.wrapping_sub(1), None, "S", b"").segment(A, 7, Some(first), "S", b"");
        for i in order {
            let (from, to) = cuts[i];
            w.segment(B, first.wrapping_add(from as u32), Some(8), "", &stream[from..to]);
        }
        let w = w.finish();
        prop_assert_eq!(w.texts(), messages.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(w.odd, Anomalies::default());
    }

    #[test]
    fn any_segments_end_well(
        segments in proptest::collection::vec((any::<bool>(), 0u32..5000, proptest::option::of(0u32..5000), "[SFR]?", 0usize..4, 0usize..500), 0..60),
    ) {
        let mut w = Wire::new();
        for (from, seq, ack, flags, n, take) in segments {
            let m = [message(n, 300), vec![b'y'; n * 7]].concat();
            w.cut(if from { A } else { B }, seq, ack, &flags, &m, take.min(m.len()));
        }
        w.finish();
    }
}
