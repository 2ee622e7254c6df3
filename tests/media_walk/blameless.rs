//! Takes traffic that looks wrong and is not, gives a failure where a rule on media blames somebody for it, never a fault.

use crate::made::calls::Call;
use crate::made::{Frame, udp};
use crate::wire::{A, B, End, Voice, at, begun, between, forked, found, frames, over, report, rtcp, sdp, voice};

const AUDIO: &str = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n";

/// What calls are held to that have much to go wrong in their media.
const STRICT: &str = "[media.transport]\nno_media_s = 3\nmax_gap_s = 3.0\nafter_bye_grace_ms = 500\nsymmetric_rtp = \"required\"\n";

/// What the rules on media and its security find wrong.
fn blamed(calls: Vec<Call>, media: impl IntoIterator<Item = Vec<Frame>>, terms: &str) -> Vec<String> {
    let report = report(&frames(calls, media), terms);
    let rules = report["rules"].as_array().unwrap().iter().map(|rule| rule["id"].as_str().unwrap());
    let rules = rules.filter(|rule| ["MED-", "MSEC-SRTP-002", "MSEC-DTLS"].iter().any(|family| rule.starts_with(family)));
    rules.flat_map(|rule| found(&report, rule).into_iter().map(move |found| format!("{rule} {found}"))).collect()
}

const NOBODY: [&str; 0] = [];

/// Four sender reports of a source, five seconds apart.
fn reports(from: End, to: End, ssrc: u32) -> Vec<Frame> {
    let report = |n: u32| {
        let words = [ssrc, 0xe000_0000 + n * 5, 0, n * 40_000, n * 250, n * 40_000];
        udp(42.5 + f64::from(n) * 5.0, from, to, &rtcp(0, 200, &words))
    };
    (0..4).map(report).collect()
}

/// The last packets of a talk with others in their place: every so many packets, what `change` makes of them.
fn mixed(own: &Voice, (begin, end): (f64, f64), change: impl Fn(u32) -> Option<(u8, bool, u32, Vec<u8>)>) -> Vec<Frame> {
    let packets = ((end - begin) * 1_000.0 / f64::from(own.ms)).round() as u32;
    let plain = |n: u32| (own.payload_type, false, n * own.ticks, own.octets.clone());
    let packet = |n: u32| {
        let (payload_type, marker, ticks, octets) = change(n).unwrap_or_else(|| plain(n));
        own.packet(begin, n, (payload_type, marker, ticks, &octets))
    };
    (0..packets).map(packet).collect()
}

/// RFC 7362, RFC 4961: the translator gives RTP and RTCP ports of its own, and the relay sends both back to where they came from.
#[test]
fn rtcp_behind_a_translator_comes_from_any_port_and_goes_back_there() {
    let (rtp, control): (End, End) = (([203, 0, 113, 7].into(), 61_234), ([203, 0, 113, 7].into(), 50_777));
    let media = [
        voice(rtp, B, 1).send(42.0, 60.0),
        voice(B, rtp, 2).send(42.0, 60.0),
        reports(control, at(B, 20_001), 1),
        reports(at(B, 20_001), control, 2),
    ];
    let report = report(&frames(vec![between("nat", AUDIO, AUDIO)], media), "[media.transport]\nrtcp = \"required\"\n");
    assert_eq!(found(&report, "MED-RTP-005"), NOBODY);
}

/// RFC 3711 §3.1: a key identifier of four octets stands before the tag of ten.
#[test]
fn srtp_may_name_its_key() {
    let keyed = |seed: char| {
        let key: String = std::iter::repeat_n(seed, 40).collect();
        format!("m=audio 20000 RTP/SAVP 8\na=rtpmap:8 PCMA/8000\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}|2^20|1:4\n")
    };
    let sealed = |from, to, ssrc: u32| {
        // Octets as even as a cipher makes them.
        let own = voice(from, to, ssrc);
        mixed(&own, (42.0, 60.0), |n| {
            let mut state = u64::from(n) << 32 | u64::from(ssrc) | 1;
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 56) as u8
            };
            Some((8, false, n * 160, (0..174).map(|_| next()).collect()))
        })
    };
    assert_eq!(blamed(vec![between("mki", &keyed('A'), &keyed('B'))], [sealed(A, B, 1), sealed(B, A, 2)], STRICT), NOBODY);
}

/// RFC 3389 with RFC 7160: noise of 8 kHz between packets of Opus, whose clock is 48 kHz, in either of the two clocks.
#[test]
fn noise_of_one_clock_stands_between_voice_of_another() {
    let opus = "m=audio 20000 RTP/AVP 96 13\na=rtpmap:96 opus/48000/2\na=rtpmap:13 CN/8000\n";
    for rate in [960, 160] {
        let talk = |from, to, ssrc| {
            let own = Voice { payload_type: 96, ticks: 960, octets: vec![0x5a; 60], ..voice(from, to, ssrc) };
            mixed(&own, (42.0, 60.0), |n| (n % 50 >= 25).then(|| (13, false, n * rate, vec![40])))
        };
        assert_eq!(blamed(vec![between("noise", opus, opus)], [talk(A, B, 1), talk(B, A, 2)], STRICT), NOBODY, "{rate}");
    }
}

/// RFC 3550 §5.1, §5.3.1, RFC 8285: padding, an extension, and both.
#[test]
fn padding_and_extensions_that_fit_are_no_fault() {
    let dress = |(n, mut frame): (usize, Frame), (from, to): (End, End)| {
        let mut rtp = frame.octets.split_off(42);
        let (padded, extended) = [(false, false), (true, false), (true, true)][n % 3];
        if padded {
            rtp[0] |= 0x20;
            rtp.extend([0, 0, 0, 4]);
        }
        if extended {
            rtp[0] |= 0x10;
            rtp.splice(12..12, [0xbe, 0xde, 0, 1, 0x10, 0x30, 0, 0]);
        }
        Frame { micros: frame.micros, ..udp(0.0, from, to, &rtp) }
    };
    let dressed = |from: End, to: End, ssrc| {
        voice(from, to, ssrc).send(42.0, 60.0).into_iter().enumerate().map(|packet| dress(packet, (from, to))).collect::<Vec<_>>()
    };
    let media = [dressed(A, B, 1), dressed(B, A, 2)];
    assert_eq!(blamed(vec![between("dressed", AUDIO, AUDIO)], media, STRICT), NOBODY);
}

/// RFC 4588 §5.3, RFC 5109: repairs pass under a source of their own, now and then; the first may come when the picture has just been stopped.
#[test]
fn repairs_are_no_other_source() {
    let lines = "a=group:BUNDLE 0 1\nm=audio 20000 RTP/AVP 8\na=mid:0\na=rtcp-mux\nm=video 20000 RTP/AVP 96 97 98 99\na=mid:1\na=rtcp-mux\n\
        a=rtpmap:96 VP8/90000\na=rtpmap:97 rtx/90000\na=fmtp:97 apt=96\na=rtpmap:98 red/90000\na=rtpmap:99 ulpfec/90000\n";
    let of = |ssrc: u32, payload_type: u8| Voice { payload_type, ms: 40, ticks: 3_600, octets: vec![0x11; 700], ..voice(A, B, ssrc) };
    let media = [
        voice(A, B, 1).send(42.0, 60.0),
        voice(B, A, 2).send(42.0, 60.0),
        of(3, 96).send(42.0, 50.0),
        of(4, 97).send(50.3, 50.6),
        of(5, 99).send(50.2, 50.5),
    ];
    let answer = lines.replace("a=mid:1\n", "a=mid:1\na=recvonly\n");
    assert_eq!(blamed(vec![between("repairs", lines, &answer)], media, ""), NOBODY);
}

/// RFC 2198, RFC 4103: packets that carry the one before again.
#[test]
fn redundancy_that_was_negotiated_is_no_fault() {
    let lines = "m=audio 20000 RTP/AVP 98 8\na=rtpmap:98 red/8000\na=fmtp:98 8/8\n";
    let talk = |from, to, ssrc| {
        let own = Voice { payload_type: 98, ..voice(from, to, ssrc) };
        // One block 20 ms older of 160 octets, then the primary.
        let octets = [&[0x88, 0x02, 0x80, 0xa0, 8][..], &[0xd5; 320]].concat();
        mixed(&own, (42.0, 60.0), |n| Some((98, false, n * 160, octets.clone())))
    };
    assert_eq!(blamed(vec![between("red", lines, lines)], [talk(A, B, 1), talk(B, A, 2)], STRICT), NOBODY);
}

/// RFC 7160 §4: a re-offer changes the codec and with it the clock; the source goes on, and so do its numbers.
#[test]
fn a_re_offer_may_change_the_clock_of_a_source() {
    let opus = "m=audio 20000 RTP/AVP 96\na=rtpmap:96 opus/48000/2\n";
    let mut call = begun("clock", AUDIO, AUDIO);
    call.sdp = sdp(opus);
    call.again(50.0, "X-In-Dialog\r\n").answer(50.1, 200).ack(50.2);
    let talk = |from, to, ssrc| {
        let own = voice(from, to, ssrc);
        mixed(&own, (42.0, 60.0), |n| (n > 405).then(|| (96, n == 406, 405 * 160 + (n - 405) * 960, vec![0x5a; 60])))
    };
    assert_eq!(blamed(vec![over(call, 60.0)], [talk(A, B, 1), talk(B, A, 2)], STRICT), NOBODY);
}

/// RFC 3261 §13.2.2.4: one branch plays music until it is told that another answered; what is under way then still comes.
#[test]
fn a_branch_that_lost_may_send_until_it_is_told() {
    let (call, desk, mobile) = forked(AUDIO, 180);
    let media = [voice(desk, A, 1).send(41.1, 45.3), voice(mobile, A, 2).send(45.0, 60.0), voice(A, mobile, 3).send(45.0, 60.0)];
    assert_eq!(blamed(vec![call], media, STRICT), NOBODY);
}

/// RFC 3264 §5.1, §8.4: on hold nobody sends, but for what was under way.
#[test]
fn packets_under_way_pass_when_a_call_is_held() {
    let held = format!("{AUDIO}a=inactive\n");
    let mut call = begun("held", AUDIO, AUDIO);
    call.sdp = sdp(&held);
    call.again(48.0, "X-In-Dialog\r\n").answer(48.1, 200).ack(48.2);
    call.sdp = sdp(AUDIO);
    call.again(55.0, "X-In-Dialog\r\n").answer(55.1, 200).ack(55.2);
    let talk = |from, to, ssrc| [voice(from, to, ssrc).send(42.0, 48.3), voice(from, to, ssrc).send(55.1, 60.2)].concat();
    assert_eq!(blamed(vec![over(call, 60.0)], [talk(A, B, 1), talk(B, A, 2)], STRICT), NOBODY);
}
