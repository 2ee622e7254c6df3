//! Takes one call in tunnels and in HEP, gives a failure where its audit is not that of the call itself, never a stage alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::net::Ipv4Addr;

use made::calls::call;
use made::program::{counts, report_on};
use made::tcp::{Connection, connection, said};
use made::{EPOCH, Frame, ethernet, fragment, pcap, pcap_of, udp};
use serde_json::json;

const TAP: (Ipv4Addr, u16) = (Ipv4Addr::new(10, 9, 8, 1), 40_000);
const COLLECTOR: Ipv4Addr = Ipv4Addr::new(10, 9, 8, 7);

fn seconds(frame: &Frame) -> f64 {
    (frame.micros - EPOCH) as f64 / 1e6
}

/// A frame in VXLAN.
fn vxlan(frame: &Frame) -> Frame {
    udp(seconds(frame), TAP, (COLLECTOR, 4789), &[&[8, 0, 0, 0, 0, 0, 1, 0], frame.octets.as_slice()].concat())
}

/// The packet of a frame in GTP-U.
fn gtp(frame: &Frame) -> Frame {
    let packet = &frame.octets[14..];
    let [a, b] = u16::try_from(packet.len()).unwrap().to_be_bytes();
    udp(seconds(frame), (TAP.0, 2152), (COLLECTOR, 2152), &[&[0x30, 255, a, b, 0, 0, 0, 1], packet].concat())
}

#[test]
fn a_tunnel_changes_nothing() {
    for (name, wrap) in [("vxlan", vxlan as fn(&Frame) -> Frame), ("gtp-u", gtp), ("both", |f| gtp(&vxlan(f)))] {
        let frames: Vec<Frame> = call(name).frames.iter().map(wrap).collect();
        let report = report_on(&pcap(&frames));
        assert_eq!((counts(&report), &report["intake"]["anomalies"]), ((6, 1, 1), &json!({})), "{name}");
        let frames: Vec<Frame> = connection(&said(&call(name))).close(11.0).frames.iter().map(wrap).collect();
        assert_eq!(counts(&report_on(&pcap(&frames))), (6, 1, 1), "TCP in {name}");
    }
}

/// A frame of IPv6 in IPv4 (RFC 4213).
fn six_in_four(frame: &Frame) -> Frame {
    let packet = &fragment::whole_v6(frame).octets[14..];
    Frame { micros: frame.micros, octets: ethernet(TAP.0, COLLECTOR, 41, 0, 0, packet) }
}

#[test]
fn ipv6_in_ipv4_and_what_a_radio_wrote_before_a_frame_change_nothing() {
    let call = call("wrapped");
    let report = report_on(&pcap(&call.frames.iter().map(six_in_four).collect::<Vec<_>>()));
    assert_eq!((counts(&report), &report["intake"]["anomalies"]), ((6, 1, 1), &json!({})));
    // PPI: version, flags, length, link type of what follows, then a field of four octets.
    let informed = |f: &Frame| Frame { octets: [&[0, 0, 16, 0, 1, 0, 0, 0, 9, 0, 4, 0, 1, 2, 3, 4], &*f.octets].concat(), ..f.clone() };
    let report = report_on(&pcap_of(192, &call.frames.iter().map(informed).collect::<Vec<_>>()));
    assert_eq!((counts(&report), &report["intake"]["anomalies"]), ((6, 1, 1), &json!({})));
}

#[test]
fn a_tunnel_may_come_in_fragments_and_carry_them() {
    let call = call("pieces");
    let outer: Vec<Frame> = call.frames.iter().zip(1..).flat_map(|(frame, n)| fragment::v4(&gtp(frame), n, 400)).collect();
    assert_eq!(counts(&report_on(&pcap(&outer))), (6, 1, 1));
    let inner: Vec<Frame> = call.frames.iter().zip(1..).flat_map(|(f, n)| fragment::v4(f, n, 400)).map(|f| vxlan(&f)).collect();
    assert_eq!(counts(&report_on(&pcap(&inner))), (6, 1, 1));
}

#[test]
fn inside_and_outside_of_a_tunnel_it_is_one_message() {
    let doubled = |frames: &[Frame]| -> Vec<Frame> {
        frames.iter().flat_map(|frame| [frame.clone(), Frame { micros: frame.micros + 60, ..vxlan(frame) }]).collect()
    };
    let report = report_on(&pcap(&doubled(&call("mirror").frames)));
    assert_eq!(counts(&report), (12, 1, 1));
    assert_eq!((&report["intake"]["sip_mirror_duplicates"], &report["intake"]["sip_retransmissions"]), (&json!(6), &json!(0)));
    let report = report_on(&pcap(&doubled(&connection(&said(&call("mirror"))).close(11.0).frames)));
    assert_eq!((counts(&report), &report["intake"]["sip_mirror_duplicates"]), ((6, 1, 1), &json!(0)), "a stream drops the copies itself");
}

/// HEP, version 3, of a SIP message in a frame, as an agent whose clock is `ahead` by so many seconds saw it.
fn hep(frame: &Frame, protocol: u8, ahead: u64) -> Vec<u8> {
    let chunk = |kind: u8, value: &[u8]| {
        let [a, b] = u16::try_from(value.len() + 6).unwrap().to_be_bytes();
        [&[0, 0, 0, kind, a, b], value].concat()
    };
    let seen = frame.micros + ahead * 1_000_000;
    let number = |n: u64| u32::try_from(n).unwrap().to_be_bytes();
    let chunks = [
        chunk(1, &[2]),
        chunk(2, &[protocol]),
        chunk(3, &frame.octets[26..30]),
        chunk(4, &frame.octets[30..34]),
        chunk(7, &frame.octets[34..36]),
        chunk(8, &frame.octets[36..38]),
        chunk(9, &number(seen / 1_000_000)),
        chunk(10, &number(seen % 1_000_000)),
        chunk(11, &[1]),
        chunk(12, &number(2001)),
        chunk(15, &frame.octets[42..]),
    ]
    .concat();
    [b"HEP3", &u16::try_from(chunks.len() + 6).unwrap().to_be_bytes()[..], &chunks].concat()
}

/// The same, sent to a collector.
fn reported(frame: &Frame, protocol: u8, ahead: u64) -> Frame {
    udp(seconds(frame) + 0.002, TAP, (COLLECTOR, 9060), &hep(frame, protocol, ahead))
}

#[test]
fn a_relayed_message_is_what_the_agent_saw() {
    let call = call("hep");
    let direct = report_on(&pcap(&call.frames));
    let report = report_on(&pcap(&call.frames.iter().map(|f| reported(f, 17, 7)).collect::<Vec<_>>()));
    assert_eq!((counts(&report), &report["intake"]["anomalies"]), ((6, 1, 1), &json!({})));
    for what in ["/totals", "/metrics"] {
        assert!(direct.pointer(what).is_some(), "{what}");
        assert_eq!(direct.pointer(what), report.pointer(what), "{what}: the clock of the agent is as good as that of the tap");
    }
    let tls: Vec<Frame> = call.frames.iter().map(|f| reported(f, 22, 0)).collect();
    assert_eq!(report_on(&pcap(&tls))["intake"]["sip_by_transport"]["TLS"], 6);
}

#[test]
fn hep_comes_in_fragments_and_over_tcp() {
    let call = call("hep");
    let pieces: Vec<Frame> = call.frames.iter().zip(1..).flat_map(|(f, n)| fragment::v4(&reported(f, 17, 0), n, 400)).collect();
    assert_eq!(counts(&report_on(&pcap(&pieces))), (6, 1, 1));
    // Two packets in a segment, one over two; then a collector that is met in the middle.
    let packets: Vec<Vec<u8>> = call.frames.iter().map(|f| hep(f, 17, 0)).collect();
    let (begin, end) = packets[3].split_at(9);
    let stream = |trunk: Connection| {
        trunk.send(0.1, true, &packets[0]).send(2.0, true, &[packets[1].as_slice(), &packets[2], begin].concat()).send(2.2, true, end).send(
            10.2,
            true,
            &packets[4..].concat(),
        )
    };
    let report = report_on(&pcap(&stream(Connection::open(0.0)).close(11.0).frames));
    assert_eq!((counts(&report), &report["intake"]["anomalies"]), ((6, 1, 1), &json!({})));
    assert_eq!(report["intake"]["sip_by_transport"]["UDP"], 6);
    let middle = stream(Connection::midstream().send(0.0, true, &packets[0][20..]));
    assert_eq!(counts(&report_on(&pcap(&middle.frames))), (6, 1, 1));
}

#[test]
fn two_agents_and_the_wire_see_one_message() {
    let frames: Vec<Frame> = call("agents")
        .frames
        .iter()
        .flat_map(|f| [f.clone(), reported(f, 17, 0), Frame { micros: f.micros + 3_000, ..reported(f, 17, 0) }])
        .collect();
    let report = report_on(&pcap(&frames));
    assert_eq!(counts(&report), (18, 1, 1));
    assert_eq!((&report["intake"]["sip_mirror_duplicates"], &report["intake"]["sip_retransmissions"]), (&json!(12), &json!(0)));
}

#[test]
fn reports_of_other_things_and_broken_ones_are_counted() {
    let invite = &call("other").frames[0];
    let mut quality = hep(invite, 17, 0);
    let protocol = quality.windows(7).position(|w| w == [0, 0, 0, 11, 0, 7, 1]).unwrap();
    quality[protocol + 6] = 5;
    let mut lying = hep(invite, 17, 0);
    lying[11] = 200;
    let frames = [udp(0.0, TAP, (COLLECTOR, 9060), &quality), udp(1.0, TAP, (COLLECTOR, 9060), &lying)];
    let report = report_on(&pcap(&frames));
    assert_eq!((counts(&report).0, &report["intake"]["anomalies"]), (0, &json!({"hep-report": 1, "hep-broken": 1})));
}
