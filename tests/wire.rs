//! Takes one call in many wrappings of the wire, gives a failure where the audit of the call depends on the wrapping, never a stage alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use made::calls::{ALPHA, BRAVO, Call, call, capture};
use made::program::{counts, report_on};
use made::sctp::over_sctp;
use made::tcp::{Connection, connection, said};
use made::websocket::over_websocket;
use made::{Frame, fragment, link, oracle, pcap, tcp, udp};
use serde_json::{Value, json};

fn anomaly(report: &Value, name: &str) -> u64 {
    report["intake"]["anomalies"][name].as_u64().unwrap_or(0)
}

#[test]
fn every_link_layer_carries_the_same_call() {
    let frames = capture(vec![call("link")], 60.0);
    for link in link::ALL {
        let report = report_on(&link::capture(link, &frames));
        assert_eq!(counts(&report), (6, 1, 1), "{link:?}");
    }
    let frames: Vec<Frame> = frames.iter().map(fragment::whole_v6).collect();
    for link in link::ALL {
        assert_eq!(counts(&report_on(&link::capture(link, &frames))), (6, 1, 1), "IPv6 in {link:?}");
    }
}

/// Every order of three things.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

#[test]
fn a_fragmented_invite_is_one_message_in_any_order() {
    let call = call("fragments");
    let (invite, rest) = call.frames.split_first().unwrap();
    let size = (invite.octets.len() - 34).div_ceil(24) * 8;
    for pieces in [fragment::v4(invite, 77, size), fragment::v6(invite, 77, size)] {
        assert_eq!(pieces.len(), 3);
        for order in ORDERS {
            let ordered = pieces.iter().zip(order).map(|(slot, n)| Frame { micros: slot.micros, octets: pieces[n].octets.clone() });
            let other: Vec<Frame> = if pieces[0].octets[12] == 8 { rest.to_vec() } else { rest.iter().map(fragment::whole_v6).collect() };
            let frames: Vec<Frame> = ordered.chain(other).collect();
            let report = report_on(&pcap(&frames));
            assert_eq!(counts(&report), (6, 1, 1), "{order:?}");
            assert_eq!((&report["intake"]["ip_fragments"], &report["intake"]["sip_requests"]["INVITE"]), (&json!(3), &json!(1)));
        }
        let frames: Vec<Frame> = pieces[..2].to_vec();
        let report = report_on(&pcap(&frames));
        assert_eq!((counts(&report).0, anomaly(&report, "fragment-timeout")), (0, 1), "a fragment is missing");
    }
}

#[test]
fn a_trunk_over_tcp_is_the_same_call() {
    let said = said(&call("tcp"));
    let report = report_on(&pcap(&connection(&said).close(11.0).frames));
    assert_eq!((counts(&report), &report["intake"]["sip_by_transport"]["TCP"]), ((6, 1, 1), &json!(6)));
    assert_eq!(report["intake"]["anomalies"], json!({}));
}

#[test]
fn segments_and_messages_do_not_begin_together() {
    let [invite, ringing, ok, ack, bye, done] = said(&call("tcp")).try_into().unwrap();
    // One message a few octets at a time; two in one segment; one that begins in the segment of another.
    let mut trunk = Connection::open(0.0);
    for (n, piece) in invite.2.chunks(60).enumerate() {
        trunk = trunk.send(0.01 + n as f64 / 1_000.0, true, piece);
    }
    let (begin, end) = bye.2.split_at(100);
    let trunk = trunk
        .send(1.0, false, &[ringing.2, ok.2].concat())
        .send(2.1, true, &[&ack.2, begin].concat())
        .send(10.0, true, end)
        .send(10.1, false, &[b"\r\n\r\n", done.2.as_slice()].concat())
        .close(11.0);
    assert_eq!(counts(&report_on(&pcap(&trunk.frames))), (6, 1, 1));
}

#[test]
fn segments_come_again_and_out_of_order() {
    let [invite, ringing, ok, ack, bye, done] = said(&call("tcp")).try_into().unwrap();
    let (begin, end) = invite.2.split_at(200);
    let trunk = Connection::open(0.0)
        .send(0.01, true, begin)
        .send(0.02, true, end)
        .overtake()
        .repeat(0.3)
        .send(1.0, false, &ringing.2)
        .repeat(1.2)
        .send(2.0, false, &ok.2)
        .send(2.1, true, &ack.2)
        .send(10.0, true, &bye.2)
        .send(10.1, false, &done.2)
        .repeat(10.3);
    let report = report_on(&pcap(&trunk.frames));
    assert_eq!((counts(&report), &report["intake"]["sip_retransmissions"]), ((6, 1, 1), &json!(0)));
    assert_eq!(anomaly(&report, "tcp-hole"), 0);
}

#[test]
fn a_hole_that_was_acknowledged_is_an_anomaly_and_the_rest_is_read() {
    let [invite, ringing, ok, ack, bye, done] = said(&call("tcp")).try_into().unwrap();
    let (_, tail) = ringing.2.split_at(150);
    let trunk = Connection::open(0.0)
        .send(0.01, true, &invite.2)
        .lose(false, &ringing.2[..150])
        .send(1.0, false, tail)
        .acknowledge(1.01, true)
        .send(2.0, false, &ok.2)
        .send(2.1, true, &ack.2)
        .send(10.0, true, &bye.2)
        .send(10.1, false, &done.2);
    let report = report_on(&pcap(&trunk.frames));
    assert_eq!((counts(&report), anomaly(&report, "tcp-hole")), ((5, 1, 1), 1));
    assert!(report["intake"]["sip_responses"]["180"].is_null());
}

#[test]
fn a_connection_is_read_from_its_middle() {
    let messages = said(&call("tcp"));
    let trunk = messages.iter().fold(Connection::midstream(), |t, (at, from_alpha, octets)| t.send(*at, *from_alpha, octets));
    let report = report_on(&pcap(&trunk.frames));
    assert_eq!(counts(&report), (6, 1, 1));
    assert!(anomaly(&report, "tcp-midstream") >= 1);

    // The capture begins inside the INVITE: it is lost, what follows is not.
    let trunk = messages[1..].iter().fold(Connection::midstream().send(0.0, true, &messages[0].2[300..]), |t, (at, from_alpha, octets)| {
        t.send(*at, *from_alpha, octets)
    });
    assert_eq!(counts(&report_on(&pcap(&trunk.frames))).0, 5);
}

#[test]
fn sip_quoted_in_icmp_is_no_message() {
    let invite = &call("icmp").frames[0];
    // Destination unreachable, port unreachable (RFC 792): the packet that could not be delivered follows.
    let error = [&[3, 3, 0, 0, 0, 0, 0, 0], &invite.octets[14..]].concat();
    let frame = Frame { micros: invite.micros, octets: made::ethernet(BRAVO.0, ALPHA.0, 1, 0, 0, &error) };
    let report = report_on(&pcap(&[frame]));
    assert_eq!((counts(&report), anomaly(&report, "sip-in-icmp")), ((0, 0, 0), 1));
}

#[test]
fn what_a_mirror_sends_twice_is_counted_apart() {
    let frames: Vec<Frame> = call("mirror")
        .frames
        .into_iter()
        .flat_map(|frame| {
            // A mirror of two ports shows the packet before and after a hop: another TTL, some microseconds later.
            let mut copy = Frame { micros: frame.micros + 40, octets: frame.octets.clone() };
            copy.octets[22] -= 1;
            copy.octets[24] += 1;
            [frame, copy]
        })
        .collect();
    let report = report_on(&pcap(&frames));
    assert_eq!(counts(&report), (12, 1, 1));
    assert_eq!((&report["intake"]["sip_mirror_duplicates"], &report["intake"]["sip_retransmissions"]), (&json!(6), &json!(0)));
}

#[test]
fn what_the_snapshot_length_cut_is_counted_and_not_blamed() {
    let frames = call("snapped").frames;
    let report = report_on(&made::snapped(1, &frames, 300));
    let cut = frames.iter().filter(|f| f.octets.len() > 300).count() as u64;
    assert_eq!((counts(&report).0, anomaly(&report, "snap-cut")), (6, cut));
    let serious = report["findings"].as_array().unwrap().iter().filter(|f| f["severity"] != "low" && f["severity"] != "info");
    let blamed: Vec<_> = serious.map(|f| (f["rule"].as_str().unwrap(), f["offender"].as_str().unwrap())).collect();
    assert_eq!(blamed, [("CAP-LOSS-001", "capture")]);
}

#[test]
fn an_offer_may_come_late() {
    // INVITE without SDP, the offer in the 200, the answer in the ACK (RFC 3264 §4, RFC 3261 §13.2.1).
    let mut call = call("late");
    let body = |octets: &[u8]| String::from_utf8(octets[42..].to_vec()).unwrap().split_once("\r\n\r\n").unwrap().1.to_owned();
    let sdp = body(&call.frames[0].octets);
    let rewritten = |frame: &Frame, from_alpha: bool, body: &str| {
        let text = String::from_utf8(frame.octets[42..].to_vec()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let kept: Vec<&str> = head.lines().filter(|l| !l.starts_with("Content-")).collect();
        let content = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let text = format!("{}\r\n{content}Content-Length: {}\r\n\r\n{body}", kept.join("\r\n"), body.len());
        let (source, destination) = if from_alpha { (ALPHA, BRAVO) } else { (BRAVO, ALPHA) };
        Frame { micros: frame.micros, ..udp(0.0, source, destination, text.as_bytes()) }
    };
    call.frames[0] = rewritten(&call.frames[0], true, "");
    call.frames[3] = rewritten(&call.frames[3], true, &sdp);
    let frames = capture(vec![call], 60.0);
    let broken = |report: &Value| -> Vec<String> {
        let rules = report["findings"].as_array().unwrap().iter().map(|f| f["rule"].as_str().unwrap().to_owned());
        rules.filter(|rule| rule.starts_with("SDP")).collect()
    };
    let report = made::program::judged(&frames, "");
    assert_eq!((counts(&report), broken(&report)), ((6, 1, 1), vec![]));
    let of_bravo = report["codecs"].as_array().unwrap().iter().find(|c| c["codec"] == "PCMA/8000" && c["from"] == "bravo").unwrap();
    assert_eq!(of_bravo["offered"], 1);
    let report = made::program::judged(&frames, "[sip.dialog]\nlate_offer = \"forbidden\"\n");
    assert_eq!(broken(&report), ["SDP-OA-007"]);
}

#[test]
fn oracle_m_over_tcp_has_the_same_calls() {
    let frames = oracle::m();
    let (_, frames) = frames.split_last().unwrap();
    let whole = Call { frames: frames.to_vec(), ..Call::new("all") };
    let udp = report_on(&pcap(frames));
    let tcp = report_on(&pcap(&tcp::connection(&said(&whole)).frames));
    assert_eq!((&udp["intake"]["sip_messages"], &udp["totals"]["call_ids"]), (&tcp["intake"]["sip_messages"], &tcp["totals"]["call_ids"]));
    assert_eq!(udp["totals"]["outcomes"], tcp["totals"]["outcomes"]);
}

#[test]
fn a_call_over_websocket_is_the_same_call() {
    let report = report_on(&pcap(&over_websocket(&call("browser"))));
    assert_eq!((counts(&report), &report["intake"]["sip_by_transport"]["WS"]), ((6, 1, 1), &json!(6)));
    assert_eq!(report["intake"]["anomalies"], json!({}));
}

#[test]
fn a_call_over_sctp_is_the_same_call() {
    let report = report_on(&pcap(&over_sctp(&call("switches"))));
    assert_eq!((counts(&report), &report["intake"]["sip_by_transport"]["SCTP"]), ((6, 1, 1), &json!(6)));
    assert_eq!(report["intake"]["anomalies"], json!({}));
}
