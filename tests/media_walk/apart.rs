//! Takes everything that shares a port with RTP (RFC 7983), gives a failure where one is taken for another, never traffic on a port of its own.

use serde_json::json;

use crate::made::udp;
use crate::wire::{A, B, between, cells, counts, frames, report, rtcp, voice};

const AUDIO: &str = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\na=rtcp-mux\n";

/// One of each beside a call in order, all between the same two ends: of RTP only RTP is counted.
#[test]
fn each_is_counted_as_what_it_is() {
    let stun = |kind: u16| [&kind.to_be_bytes()[..], &[0, 0, 0x21, 0x12, 0xa4, 0x42], &[7; 12]].concat();
    let dtls = [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4][..], &[1, 2, 3, 4]].concat();
    let zrtp = [&b"\x10\x00\x00\x01ZRTP\x00\x00\x00\x07"[..], &[0; 20]].concat();
    // RFC 8656 §12.4: a channel number and a length, then the packet of the other end.
    let inside = voice(A, B, 9).send(0.0, 0.02)[0].octets[42..].to_vec();
    let turn = |n: u16| {
        let mut packet = inside.clone();
        packet[2..4].copy_from_slice(&n.to_be_bytes());
        packet[4..8].copy_from_slice(&(u32::from(n) * 160).to_be_bytes());
        [&[0x40, 0x01][..], &u16::try_from(packet.len()).unwrap().to_be_bytes(), &packet].concat()
    };
    let beside = [stun(0x0001), stun(0x0101), dtls, zrtp];
    let mut more: Vec<_> = beside.iter().enumerate().map(|(n, octets)| udp(43.0 + n as f64 / 10.0, A, B, octets)).collect();
    // From a third port of alpha, over a relay.
    more.extend((0..100).map(|n| udp(44.0 + f64::from(n) * 0.02, (A.0, 21_000), B, &turn(n))));
    // SR, RR, SDES, BYE, APP, RTPFB, PSFB and XR (RFC 3550 §6, RFC 4585 §6, RFC 3611 §2), each a packet.
    let control = [
        rtcp(0, 200, &[1, 0xe000_0000, 0, 0, 50, 8_000]),
        rtcp(1, 201, &[1, 2, 0, 0, 0, 0, 0]),
        rtcp(1, 202, &[1, 0x0102_6161, 0]),
        rtcp(1, 203, &[1]),
        rtcp(0, 204, &[1, 0x7465_7374]),
        rtcp(1, 205, &[1, 2, 0x0001_0000]),
        rtcp(1, 206, &[1, 2]),
        rtcp(0, 207, &[1]),
    ];
    more.extend(control.iter().enumerate().map(|(n, octets)| udp(45.0 + n as f64 / 10.0, A, B, octets)));
    let talk = [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), more];
    let all = frames(vec![between("all", AUDIO, AUDIO)], talk);
    let expected = [
        "192.0.2.17:20000 0x00000001 900 0 0 0 true",
        "198.51.100.34:20000 0x00000002 900 0 0 0 true",
        "192.0.2.17:21000 0x00000009 100 0 0 0 false",
    ];
    assert_eq!(cells(&all, &["source", "ssrc", "packets", "lost", "duplicates", "reordered", "rtcp"]), expected);
    let report = report(&all, "");
    assert_eq!(
        (&report["intake"]["rtp_packets"], &report["intake"]["rtcp_packets"], &report["intake"]["srtp_packets"]),
        (&json!(1_900), &json!(8), &json!(0))
    );
    assert_eq!((&report["media"]["strays"], &report["anomalies"]), (&json!(0), &serde_json::Value::Null));
    assert_eq!(report["intake"]["anomalies"], json!({}));
    // The fragment of a ClientHello is no handshake, and this call wants none.
    assert_eq!(counts(&report, "MSEC-DTLS-003"), [0, 0, 0]);
}

/// RFC 3711 §3.1, §3.4: SRTP and SRTCP leave their headers in the clear, with a tag behind. Both sides name keys beside this transport.
fn srtp_over(transport: &str, judged: [u64; 3]) {
    let keyed = "m=audio 20000 {transport} 8\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}\n";
    let [offer, answer] = [["QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVoxMjM0"], ["MTIzNFpZWFdWVVRTUlFQT05NTEtKSUhHRkVEQ0JB"]]
        .map(|[key]| keyed.replace("{transport}", transport).replace("{key}", key));
    let sealed = |from, to, ssrc: u32| -> Vec<_> {
        let voice = voice(from, to, ssrc);
        // What a cipher makes: every octet as often as any other.
        let mut dice = u64::from(ssrc);
        let packet = |n: u32| {
            let octets = std::iter::repeat_with(|| {
                dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (dice >> 56) as u8
            });
            voice.packet(42.0, n, (8, false, n * 160, &octets.take(170).collect::<Vec<u8>>()))
        };
        (0..900).map(packet).collect()
    };
    // A sender report whose content is sealed, its index and its tag (10 octets: AES_CM_128_HMAC_SHA1_80).
    let mut srtcp = rtcp(0, 200, &[1, 0x1357_9bdf, 0x2468_ace0, 0x1122_3344, 0x5566_7788, 0x99aa_bbcc]);
    srtcp.extend([0x80, 0, 0, 1, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7, 0xd8, 0xd9, 0xda]);
    let control = vec![udp(50.0, (A.0, 20_001), (B.0, 20_001), &srtcp)];
    let all = frames(vec![between("keyed", &offer, &answer)], [sealed(A, B, 1), sealed(B, A, 2), control]);
    let names = ["ssrc", "packets", "secure", "rtcp", "digits"];
    assert_eq!(cells(&all, &names), ["0x00000001 900 true true ", "0x00000002 900 true false "], "{transport}");
    let report = report(&all, "");
    assert_eq!(
        (&report["intake"]["srtp_packets"], &report["intake"]["rtp_packets"], &report["intake"]["rtcp_packets"]),
        (&json!(1_800), &json!(0), &json!(1))
    );
    assert_eq!(counts(&report, "MSEC-SRTP-002"), judged, "{transport}");
}

/// RFC 9143 §7.1.3, §9.2: bundled lines share the transport of the first, and the payload type tells which a packet is of.
#[test]
fn bundled_lines_have_their_streams_at_one_port() {
    let audio = "m=audio 20000 RTP/AVP 8\na=mid:0\na=rtcp-mux\n";
    let video = |port| format!("m=video {port} RTP/AVP 96\na=rtpmap:96 VP8/90000\na=mid:1\na=rtcp-mux\n");
    let offer = format!("a=group:BUNDLE 0 1\n{audio}{}", video(20_010));
    let answer = format!("a=group:BUNDLE 0 1\n{audio}{}", video(9));
    let pictures = |from, to, ssrc| -> Vec<_> {
        let mut voice = voice(from, to, ssrc);
        voice.ms = 40;
        (0..450).map(|n: u32| voice.packet(42.0, n, (96, true, n * 3_600, &[0x10; 900]))).collect()
    };
    let talk = [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), pictures(A, B, 3), pictures(B, A, 4)];
    let all = frames(vec![between("bundle", &offer, &answer)], talk);
    let expected = ["0x00000001 1 PCMA/8000", "0x00000003 2 VP8/90000", "0x00000002 1 PCMA/8000", "0x00000004 2 VP8/90000"];
    assert_eq!(cells(&all, &["ssrc", "line", "codec"]), expected);
    let report = report(&all, "");
    for rule in ["MED-CODEC-006", "MED-RTP-003", "MED-RTP-005"] {
        assert_eq!(counts(&report, rule)[1], 0, "{rule}");
    }
}

/// RFC 8643 §3.1: keys of both sides make SRTP of RTP/AVP, too.
#[test]
fn srtp_and_srtcp_are_known_by_what_was_agreed() {
    srtp_over("RTP/SAVP", [2, 0, 0]);
    srtp_over("RTP/AVP", [0, 0, 0]);
}
