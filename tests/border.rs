//! Takes made captures of one call, gives a failure where the rules on capture, network and transport do not say what was made, never a stage alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::net::Ipv4Addr;

use made::calls::{ALPHA, BRAVO, Call, call};
use made::program::{answer, counts, judged, report_on};
use made::tcp::{Connection, connection, said};
use made::{EPOCH, Frame, ethernet, media, pcap, pcap_of, sctp, snapped, udp};
use serde_json::{Value, json};
use speerlint::pipeline::Request;

/// What a rule found: observed and count.
fn found<'a>(report: &'a Value, rule: &str) -> Vec<(&'a str, u64)> {
    let all = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule);
    all.map(|f| (f["observed"].as_str().unwrap(), f["count"].as_u64().unwrap())).collect()
}

/// How often a rule passed, and how often it could not judge.
fn passed(report: &Value, rule: &str) -> (u64, u64) {
    let coverage = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == rule).unwrap();
    let unknown = coverage["indeterminate"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    (coverage["pass"].as_u64().unwrap(), unknown)
}

fn marked(frame: &Frame, dscp: u8) -> Frame {
    let mut frame = frame.clone();
    frame.octets[15] = dscp << 2;
    frame
}

fn tagged(frame: &Frame, vlan: u8) -> Frame {
    let (addresses, rest) = frame.octets.split_at(12);
    Frame { micros: frame.micros, octets: [addresses, &[0x81, 0, 0, vlan], rest].concat() }
}

/// The packet of a frame in GRE between two routers.
fn gre(frame: &Frame) -> Frame {
    let payload = [&[0, 0, 8, 0], &frame.octets[14..]].concat();
    let (near, far) = (Ipv4Addr::new(203, 0, 113, 1), Ipv4Addr::new(203, 0, 113, 2));
    Frame { micros: frame.micros, octets: ethernet(near, far, 47, 0, 0, &payload) }
}

/// A frame as the mirror of a switch sends it.
fn vxlan(frame: &Frame) -> Frame {
    let seconds = (frame.micros - EPOCH) as f64 / 1e6;
    let (switch, collector) = (Ipv4Addr::new(10, 9, 8, 1), Ipv4Addr::new(10, 9, 8, 7));
    udp(seconds, (switch, 40_000), (collector, 4789), &[&[8, 0, 0, 0, 0, 0, 1, 0], frame.octets.as_slice()].concat())
}

/// Every frame, and 60 µs later the same inside a tunnel.
fn doubled(frames: &[Frame]) -> Vec<Frame> {
    frames.iter().flat_map(|frame| [frame.clone(), Frame { micros: frame.micros + 60, ..vxlan(frame) }]).collect()
}

#[test]
fn what_is_seen_inside_and_outside_of_a_tunnel_counts_once() {
    let call = call("twice");
    let deeds =
        |report: &Value| (report["totals"]["attempts"].clone(), report["totals"]["answered"].clone(), report["totals"]["dialogs"].clone());
    for (name, frames) in [
        ("UDP", call.frames.clone()),
        ("TCP", connection(&said(&call)).close(11.0).frames),
        ("SCTP", sctp::over_sctp(&call)),
        ("gre", call.frames.iter().map(gre).collect()),
    ] {
        let (once, twice) = (report_on(&pcap(&frames)), report_on(&pcap(&doubled(&frames))));
        assert_eq!(deeds(&once), deeds(&twice), "{name}");
        assert_eq!(twice["intake"]["sip_retransmissions"], 0, "{name}");
        let copies = twice["intake"]["sip_mirror_duplicates"].as_u64().unwrap();
        assert_eq!(counts(&twice).0 - copies, counts(&once).0, "{name}");
        // The whole capture is longer by the delay of the mirror.
        assert_eq!(once["metrics"][1], twice["metrics"][1], "{name}");
    }
}

#[test]
fn a_media_stream_inside_and_outside_of_a_tunnel_is_one() {
    let frames = media::talk(0.0, 4.0);
    let (once, twice) = (report_on(&pcap(&frames)), report_on(&pcap(&doubled(&frames))));
    assert_eq!((&once["totals"]["streams"], &twice["totals"]["streams"]), (&json!(2), &json!(2)));
}

const DSCP: &str = "[connectivity]\ndscp = { signaling = [\"cs3\"], audio = [\"ef\"] }\ndscp_tolerance_pct = 2.0\n";

#[test]
fn marks_are_judged_for_each_sender_and_stream() {
    let from_alpha = |frame: &Frame| frame.octets[26..30] == ALPHA.0.octets();
    let mut frames: Vec<Frame> = call("marks").frames.iter().map(|f| marked(f, if from_alpha(f) { 24 } else { 0 })).collect();
    frames.extend(media::talk(2.2, 6.2).iter().map(|f| marked(f, if from_alpha(f) { 0 } else { 46 })));
    frames.sort_by_key(|f| f.micros);
    let report = judged(&frames, DSCP);
    assert_eq!(found(&report, "NET-DSCP-001"), [("audio marked CS0 (0)", 1), ("signaling marked CS0 (0)", 1)]);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["observed"] == "signaling marked CS0 (0)").unwrap();
    assert_eq!((&finding["from"], &finding["offender"], &finding["exhibits"][0]["frame"]), (&json!("bravo"), &json!("bravo"), &json!(2)));
    assert_eq!(passed(&report, "NET-DSCP-001"), (2, 0));
}

#[test]
fn what_was_to_be_in_a_tunnel_and_is_not_is_told() {
    let call = call("bare");
    let terms = |what: &str| format!("[connectivity]\ncapture_point = \"wan\"\n{what}\n");
    let report = judged(&call.frames, &terms("encapsulation = \"gre\""));
    assert_eq!(found(&report, "NET-ENC-001"), [("SIP natively", 1), ("SIP natively", 1)]);
    let inside: Vec<Frame> = call.frames.iter().map(gre).collect();
    assert_eq!(passed(&judged(&inside, &terms("encapsulation = \"gre\"")), "NET-ENC-001"), (2, 0));
    let mirrored: Vec<Frame> = call.frames.iter().map(vxlan).collect();
    let report = judged(&[&inside[..2], &mirrored[2..]].concat(), &terms("encapsulation = \"gre\""));
    assert_eq!(found(&report, "NET-ENC-001"), [("SIP in VXLAN", 1), ("SIP in VXLAN", 1)], "a mirror is no agreed tunnel");
    let shown = report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == "NET-ENC-001").map(|f| &f["exhibits"][0]["frame"]);
    let sent = |source: Ipv4Addr| 3 + call.frames[2..].iter().position(|f| f.octets[26..30] == source.octets()).unwrap();
    assert_eq!(shown.collect::<Vec<_>>(), [sent(ALPHA.0), sent(BRAVO.0)], "the first frame that was carried so");
    let session = |f: &Frame| [&f.octets[..12], &[0x88, 0x64, 0x11, 0, 0, 1, 0, 80, 0, 0x21], &f.octets[14..]].concat();
    let dialled: Vec<Frame> = call.frames.iter().map(|f| Frame { octets: session(f), ..f.clone() }).collect();
    let report = judged(&dialled, &terms("encapsulation = \"gre\""));
    assert_eq!(found(&report, "NET-ENC-001"), [("SIP in PPPoE", 1), ("SIP in PPPoE", 1)]);
    let vlan: Vec<Frame> = call.frames.iter().map(|f| tagged(f, if f.octets[26] == 192 { 100 } else { 101 })).collect();
    let report = judged(&vlan, &terms("encapsulation = \"vlan\"\nvlan_ids = [100]"));
    assert_eq!(found(&report, "NET-ENC-001"), [("SIP in VLAN 101", 1)]);
    let over_tcp: Vec<Frame> = connection(&said(&call)).close(11.0).frames.iter().map(|f| tagged(f, 100)).collect();
    assert_eq!(passed(&judged(&over_tcp, &terms("encapsulation = \"vlan\"\nvlan_ids = [100]")), "NET-ENC-001"), (2, 0));
}

fn esp(at: f64, source: Ipv4Addr, destination: Ipv4Addr) -> Frame {
    let noise: Vec<u8> = (0..200u32).map(|n| (n * 167 % 251) as u8).collect();
    Frame { micros: made::micros(at), octets: ethernet(source, destination, 50, 0, 0, &noise) }
}

#[test]
fn sealed_traffic_of_peers_is_told_and_tunnels_of_strangers_are_not() {
    let stranger = Ipv4Addr::new(203, 0, 113, 9);
    let frames = [
        esp(0.0, ALPHA.0, BRAVO.0),
        esp(1.0, BRAVO.0, ALPHA.0),
        esp(2.0, ALPHA.0, stranger),
        esp(3.0, stranger, Ipv4Addr::new(203, 0, 113, 10)),
        udp(4.0, (ALPHA.0, 9000), (BRAVO.0, 9000), &[&[23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 30][..], &[5; 30]].concat()),
    ];
    let endpoints = format!("[security.ipsec]\nendpoints = [\"{}/32\", \"{}/32\"]\n", ALPHA.0, BRAVO.0);
    let report = judged(&frames, &endpoints);
    let sealed = [
        ("DTLS between alpha and bravo, packets: 1, octets: 43", 1),
        ("ESP between alpha and bravo, packets: 2, octets: 400", 1),
        ("ESP between alpha and unknown, packets: 1, octets: 200", 1),
    ];
    let mut told = found(&report, "CAP-OPAQUE-001");
    told.sort_unstable();
    let mut expected = sealed.to_vec();
    expected.sort_unstable();
    assert_eq!(told, expected);
    assert_eq!(found(&report, "NET-ENC-001"), [("IPsec of 203.0.113.9", 1)]);
}

#[test]
fn a_clock_that_steps_back_is_told_and_takes_its_intervals_with_it() {
    let frames: Vec<Frame> = (0..60u32)
        .flat_map(|n| {
            let mut call = Call::new(&format!("stepped-{n}"));
            let at = 10.0 * f64::from(n);
            call.invite(at).answer(at + 1.0, 404);
            call.frames
        })
        .map(|frame| Frame { micros: if frame.micros < EPOCH + 300_000_000 { frame.micros } else { frame.micros - 60_000_000 }, ..frame })
        .collect();
    let terms = "[performance]\nmin_samples = 10\n[performance.signaling]\nser_pct = 50.0\n";
    let report = judged(&frames, terms);
    assert_eq!(found(&report, "CAP-CLOCK-001"), [("time stamps run back once, by up to 51005 ms", 1)]);
    let finding = report["findings"].as_array().unwrap().iter().find(|f| f["rule"] == "CAP-CLOCK-001").unwrap();
    assert_eq!((&finding["exhibits"][0]["frame"], &finding["offender"]), (&json!(91), &json!("capture")));
    assert_eq!(found(&report, "PRF-SER-001"), []);
    let coverage = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == "PRF-SER-001").unwrap();
    assert_eq!(coverage["indeterminate"], json!({"clock": 2}));
}

#[test]
fn losses_of_the_capture_are_told() {
    let call = call("lossy");
    // A hole that the other side acknowledges.
    let messages = said(&call);
    let mut trunk = Connection::open(0.0);
    for (at, from_alpha, octets) in &messages {
        let lost = octets.starts_with(b"ACK");
        trunk = if lost { trunk.lose(*from_alpha, octets).acknowledge(*at, !*from_alpha) } else { trunk.send(*at, *from_alpha, octets) };
        trunk = trunk.acknowledge(at + 0.001, !*from_alpha);
    }
    let report = judged(&trunk.close(11.0).frames, "");
    assert_eq!(found(&report, "CAP-LOSS-001"), [("holes in streams: 1, of 18 packets", 1)]);
    // A snapshot length.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("snapped.pcap");
    std::fs::write(&path, snapped(1, &[call.frames.clone(), media::talk(3.0, 3.1)].concat(), 50)).unwrap();
    let report = answer(&Request { inputs: vec![path], ..Request::default() });
    assert_eq!(found(&report, "CAP-LOSS-001").len(), 1, "{report}");
    // Nothing that could show a loss.
    let report = report_on(&pcap_of(1, &call.frames));
    assert_eq!(passed(&report, "CAP-LOSS-001"), (0, 1));
}

#[test]
fn a_wrong_length_on_a_stream_is_its_senders_fault() {
    let mut messages = said(&call("astray"));
    let text = String::from_utf8(messages[1].2.clone()).unwrap();
    messages[1].2 = text.replace("Content-Length: 0\r\n\r\n", "Content-Length: 0\r\n\r\nbody that nobody announced\r\n").into_bytes();
    let text = String::from_utf8(messages[3].2.clone()).unwrap();
    messages[3].2 = text.replace("Content-Length: 0\r\n", "").into_bytes();
    let report = judged(&connection(&messages).close(11.0).frames, "");
    assert_eq!(counts(&report).0, 6);
    let told = found(&report, "SIG-TRANSPORT-004");
    assert_eq!(told, [("no Content-Length", 1), ("octets that are no message before a message", 1)]);
    assert_eq!(passed(&report, "SIG-TRANSPORT-004"), (4, 0));
    let report = judged(&connection(&said(&call("in-step"))).close(11.0).frames, "");
    assert_eq!((found(&report, "SIG-TRANSPORT-004").len(), passed(&report, "SIG-TRANSPORT-004")), (0, (6, 0)));
}

/// A segment of the connection that alpha opens from another port.
fn from_port(frame: &Frame, port: u16) -> Frame {
    let mut frame = frame.clone();
    let at = if frame.octets[26..30] == ALPHA.0.octets() { 34 } else { 36 };
    frame.octets[at..at + 2].copy_from_slice(&port.to_be_bytes());
    frame
}

#[test]
fn connections_are_used_again_as_agreed() {
    let reuse = |level: &str| format!("[sip.transport]\nconnection_reuse = \"{level}\"\nchurn_per_minute = 2\n");
    // Bravo hangs up on the connection that alpha opened.
    let mut back = Call::new("back");
    back.invite(1.0).answer(1.5, 180).answer(2.0, 200).ack(2.1).bye(10.0, false).bye_answer(10.1, 200, false);
    let frames = connection(&said(&back)).close(11.0).frames;
    let report = judged(&frames, &reuse("forbidden"));
    assert_eq!(found(&report, "SIG-TRANSPORT-005"), [("requests on a connection of the other side", 1)]);
    assert_eq!(passed(&judged(&frames, &reuse("supported")), "SIG-TRANSPORT-005"), (1, 0));
    assert_eq!(passed(&judged(&frames, &reuse("required")), "SIG-TRANSPORT-005"), (1, 0));
    // Three connections in a minute.
    let often: Vec<Frame> = (0..3u32)
        .flat_map(|n| {
            let at = 1.0 + 15.0 * f64::from(n);
            let mut call = Call::new(&format!("again-{n}"));
            call.invite(at).answer(at + 1.0, 180).answer(at + 2.0, 200).ack(at + 2.1).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
            connection(&said(&call)).close(at + 10.0).frames.iter().map(|frame| from_port(frame, 40_000 + n as u16)).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(found(&judged(&often, &reuse("required")), "SIG-TRANSPORT-005"), [("a new connection again and again", 1)]);
    let midstream = said(&back).iter().fold(Connection::midstream(), |c, (at, a, octets)| c.send(*at, *a, octets)).close(11.0).frames;
    assert_eq!(passed(&judged(&midstream, &reuse("required")), "SIG-TRANSPORT-005"), (0, 2));
}
