//! Takes a call in order with hostile traffic around it, gives a failure where that changes what is found of the call, never a call that is hostile itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::net::Ipv4Addr;

use made::calls::{ALPHA, BRAVO, Call, capture};
use made::media::one_way;
use made::program::judged;
use made::{Frame, udp};
use serde_json::Value;

type End = (Ipv4Addr, u16);

const A: End = (ALPHA.0, 20_000);
const B: End = (BRAVO.0, 20_000);

/// What media is held to, with thresholds that no good stream comes near.
const STRICT: &str = "[accounting]\nduration_tolerance_s = 2.0\n[media.transport]\nno_media_s = 5\nmax_gap_s = 5.0\nafter_bye_grace_ms = 500\n\
    [performance.media]\nloss_pct = { stream_max = 0.1 }\njitter_ms = { max = 30.0 }\nmos_min = { value = 4.0 }\n";

/// A call from 40 to 60 s with media both ways, which keeps everything that media is held to, and the frames around it.
fn around(hostile: Vec<Frame>) -> Value {
    let talk = [one_way(A, B, 1, (42.0, 60.0), |_| false), one_way(B, A, 2, (42.0, 60.0), |_| false)].concat();
    report(talk, hostile)
}

fn report(talk: Vec<Frame>, hostile: Vec<Frame>) -> Value {
    let mut call = Call::new("good");
    call.invite(40.0).answer(41.0, 180).answer(42.0, 200).ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
    let mut all = capture(vec![call], 400.0);
    all.extend(talk.into_iter().chain(hostile));
    all.sort_by_key(|frame| frame.micros);
    judged(&all, STRICT)
}

/// What is found, and the streams of calls and of none.
fn outcome(report: &Value) -> (Vec<String>, u64, u64) {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap().to_owned();
    let found = report["findings"].as_array().unwrap().iter().map(|f| format!("{} {}", text(f, "rule"), text(f, "observed"))).collect();
    let count = |key: &str| report["media"][key].as_u64().unwrap();
    (found, count("bound"), count("strays"))
}

/// A small generator of pseudo-random numbers (xorshift64*).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }
}

fn rtp(payload_type: u8, seq: u16, timestamp: u32, ssrc: u32) -> Vec<u8> {
    let mut out = vec![0x80, payload_type];
    out.extend(seq.to_be_bytes());
    out.extend(timestamp.to_be_bytes());
    out.extend(ssrc.to_be_bytes());
    out.extend([0xd5; 160]);
    out
}

#[test]
fn random_datagrams_that_look_like_rtp_are_no_streams() {
    let mut dice = Dice(7);
    let ports = |dice: &mut Dice| ((ALPHA.0, 30_000 + dice.roll(4) as u16), (BRAVO.0, 30_000 + dice.roll(4) as u16));
    let noise: Vec<Frame> = (0..20_000)
        .map(|n| {
            let mut octets: Vec<u8> = (0..12 + dice.roll(200)).map(|_| dice.roll(256) as u8).collect();
            octets[0] = 0x80 | octets[0] & 0x3f;
            // Few sources, so that they might seem to go on.
            octets[8..12].copy_from_slice(&(dice.roll(3) as u32).to_be_bytes());
            let (from, to) = ports(&mut dice);
            udp(41.0 + f64::from(n) / 1_000.0, from, to, &octets)
        })
        .collect();
    assert_eq!(outcome(&around(noise)), outcome(&around(vec![])));
}

/// RFC 3550 A.1: the numbers go on behind 65535 with 0.
#[test]
fn loss_at_the_wrap_of_the_numbers_is_what_was_lost() {
    let talk = |lost: &[u16]| -> Vec<Frame> {
        let numbers = (0..900u32).map(|n| (n, 65_100_u16.wrapping_add(n as u16))).filter(|(_, seq)| !lost.contains(seq));
        let there = numbers.map(|(n, seq)| udp(42.0 + 0.02 * f64::from(n), A, B, &rtp(8, seq, n * 160, 1)));
        there.chain(one_way(B, A, 2, (42.0, 60.0), |_| false)).collect()
    };
    let counts = |report: &Value| {
        let row = report["media"]["directions"].as_array().unwrap().iter().find(|row| row["from"] == "alpha").unwrap();
        (row["expected"].as_u64().unwrap(), row["lost"].as_u64().unwrap(), row["streams"].as_u64().unwrap())
    };
    assert_eq!(counts(&report(talk(&[]), vec![])), (900, 0, 1));
    for lost in [&[65_535][..], &[0], &[65_534, 65_535, 0, 1]] {
        let report = report(talk(lost), vec![]);
        assert_eq!(counts(&report), (900, lost.len() as u64, 1), "{lost:?}");
        assert!(outcome(&report).0.contains(&"PRF-LOSS-001 loss above 0.1 %".to_owned()));
    }
}

#[test]
fn one_source_number_of_two_senders_is_two_streams() {
    // Another phone took the same number, to the same end (RFC 3550 §8.2).
    let other = one_way((Ipv4Addr::new(192, 0, 2, 18), 20_000), B, 1, (43.0, 59.0), |_| false);
    let (found, bound, strays) = outcome(&around(other));
    assert_eq!((bound, strays), (3, 0));
    assert!(!found.iter().any(|f| f.starts_with("PRF-")), "{found:?}");
}

#[test]
fn two_numberings_in_one_source_are_no_loss() {
    // A second sender behind the same translator and with the same number: each packet of its seems to come from far away.
    let echo = (0..800u32).map(|n| udp(43.005 + 0.02 * f64::from(n), A, B, &rtp(8, 40_000 + n as u16, 7_000_000 + n * 160, 1))).collect();
    let (found, bound, _) = outcome(&around(echo));
    assert_eq!(bound, 2);
    assert!(!found.iter().any(|f| f.starts_with("PRF-LOSS")), "{found:?}");
}

#[test]
fn a_storm_of_payload_types_is_one_stream_and_one_finding_each_at_most() {
    let storm =
        (0..20_000u32).map(|n| udp(42.0 + f64::from(n) / 2_000.0, (ALPHA.0, 20_002), B, &rtp((n * 37 % 128) as u8, n as u16, n * 160, 9)));
    let report = around(storm.collect());
    let (found, bound, strays) = outcome(&report);
    assert_eq!((bound, strays), (3, 0));
    let types = found.iter().filter(|f| f.contains("payload type")).count();
    assert!(types <= 128 && report["findings"].to_string().len() < 1 << 20, "{types} findings");
}

#[test]
fn control_packets_that_lie_about_their_length_are_counted_and_believed_in_nothing() {
    let mut dice = Dice(11);
    let lies: Vec<Frame> = (0..2_000u32)
        .map(|n| {
            let mut octets = vec![0x80 | dice.roll(32) as u8, 200 + dice.roll(8) as u8];
            octets.extend((dice.roll(65_536) as u16).to_be_bytes());
            octets.extend(1u32.to_be_bytes());
            octets.extend((0..dice.roll(60)).map(|_| dice.roll(256) as u8));
            udp(42.0 + f64::from(n) / 150.0, (ALPHA.0, 20_001), (BRAVO.0, 20_001), &octets)
        })
        .collect();
    assert_eq!(outcome(&around(lies)), outcome(&around(vec![])));
}

#[test]
fn a_scanner_that_touches_every_media_port_is_no_media() {
    let scanner = (Ipv4Addr::new(203, 0, 113, 66), 45_000);
    let probes = |payload: &dyn Fn(u16) -> Vec<u8>| -> Vec<Frame> {
        (10_000..30_000u16)
            .flat_map(|port| {
                let at = 41.0 + f64::from(port - 10_000) / 1_100.0;
                [udp(at, scanner, (BRAVO.0, port), &payload(port)), udp(at + 0.0001, scanner, (ALPHA.0, port), &payload(port))]
            })
            .collect()
    };
    let clean = outcome(&around(vec![]));
    // One RTP packet at the port of a call is a packet to it, and no more than that.
    let (found, bound, strays) = outcome(&around(probes(&|port| rtp(8, port, 160, 5))));
    assert_eq!((bound, strays), (clean.1 + 2, 0));
    let more: Vec<&String> = found.iter().filter(|f| !clean.0.contains(f)).collect();
    assert!(more.iter().all(|f| f.starts_with("MED-RTP-002") || f.starts_with("NET-")), "{more:?}");
    for payload in
        [&b"\x00\x01\x00\x00\x21\x12\xa4\x42scanscanscan"[..], b"\x16\xfe\xff\0\0\0\0\0\0\0\0\0\x01\x01", b"\0\x01\x01\x06\0\0", b""]
    {
        assert_eq!(outcome(&around(probes(&|_| payload.to_vec()))), clean, "{payload:?}");
    }
}

#[test]
fn a_body_that_names_ten_thousand_ports_takes_no_stream_from_others() {
    let mut liar = Call::new("liar");
    // As many as a datagram holds are enough for all that are looked at; each names the port of the good call too.
    let lines: String = (0..2_000).map(|n| format!("m=audio {} RTP/AVP 8\r\n", 20_000 + n % 10_000)).collect();
    liar.sdp = format!("v=0\r\no=- 1 1 IN IP4 203.0.113.66\r\ns=-\r\nc=IN IP4 203.0.113.66\r\nt=0 0\r\n{lines}");
    liar.invite(39.0).answer(39.5, 200).ack(39.6);
    let report = around(liar.frames);
    assert_eq!((report["media"]["bound"].as_u64(), report["media"]["strays"].as_u64()), (Some(2), Some(0)));
    assert!(
        report["anomalies"].to_string().contains("SDP") || report["intake"].to_string().contains("sdp"),
        "it says that it did not look at all"
    );
}
