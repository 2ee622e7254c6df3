//! Takes calls with media and its keys, gives a failure where what was agreed, sent and waited for is not told, never a packet of a real codec.

use serde_json::Value;

use crate::made::calls::{ALPHA, BRAVO, Call, capture};
use crate::made::media::one_way;
use crate::made::program::{self, judged, judged_in};
use crate::made::{Frame, snapped, udp};
use crate::report::{counts, found};

/// A body about audio with these lines at its end.
fn audio(address: &str, proto: &str, lines: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 {{ip}}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\nm=audio 20000 {proto} 8\r\n{lines}")
}

/// A call about a body from 40 s to 60 s.
fn about(id: &str, sdp: &str) -> Call {
    let mut call = Call::new(id);
    call.sdp = sdp.to_owned();
    call.invite(40.0).answer(41.0, 180).answer(42.0, 200).ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
    call
}

/// RFC 5761 §5.1.1, RFC 8839: an offer that was cut off may say further down what it lacks.
#[test]
pub(crate) fn multiplexing_in_what_was_cut_off_is_left_open() {
    let rule = "SDP-ICE-001";
    let padding = format!("a=x-padding:{}\r\n", "x".repeat(400));
    let frames = |last: &str| capture(vec![about("mux", &audio("{ip}", "RTP/AVP", &format!("{padding}{last}")))], 100.0);
    let terms = "[media.transport]\nrtcp_mux = \"required\"\n";
    // The answer takes what was offered, and is not asked for more.
    assert_eq!(counts(&judged(&frames("a=rtcp-mux\r\n"), terms), rule), [2, 0, 0]);
    assert_eq!(counts(&judged(&frames(""), terms), rule), [1, 1, 0]);
    assert_eq!(counts(&judged_in(&snapped(1, &frames("a=rtcp-mux\r\n"), 800), &format!("{}{terms}", program::PEERS)), rule), [0, 0, 2]);
}

/// RFC 6271 §3.2: the relays of bravo have addresses; one that is named by a domain name needs DNS.
#[test]
pub(crate) fn media_addresses_are_held_against_the_declared_border_elements() {
    let rule = "NET-DBE-002";
    let terms = "[[peer.dbe]]\nname = \"bravo-dbe\"\naddresses = [\"198.51.100.32/28\"]\n";
    let judge = |address: &str| judged(&capture(vec![about("relay", &audio(address, "RTP/AVP", ""))], 100.0), terms);
    assert_eq!(counts(&judge("{ip}"), rule), [1, 0, 0]);
    assert_eq!(counts(&judge("203.0.113.5"), rule), [0, 1, 0]);
    assert_eq!(counts(&judge("relay.bravo.example"), rule), [0, 0, 1]);
}

/// RFC 4961: where the SDP of the sender did not pass the tap, nobody knows where it should send from.
#[test]
pub(crate) fn media_of_a_side_that_was_not_heard_is_left_open() {
    let rule = "MED-RTP-002";
    let (a, b) = ((ALPHA.0, 20_000), (BRAVO.0, 20_000));
    let judge = |answered: bool, source| {
        let mut call = Call::new("half");
        call.invite(40.0);
        if answered {
            call.answer(42.0, 200);
        }
        call.ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
        let mut frames = capture(vec![call], 200.0);
        frames.extend(one_way(source, a, 7, (42.2, 60.0), |_| false));
        frames.sort_by_key(|frame| frame.micros);
        judged(&frames, "")
    };
    assert_eq!(counts(&judge(true, b), rule), [1, 0, 0]);
    assert_eq!(counts(&judge(true, ([203, 0, 113, 9].into(), 20_000)), rule), [0, 1, 0]);
    assert_eq!(counts(&judge(false, b), rule), [0, 0, 1]);
}

/// A ClientHello or ServerHello of DTLS 1.2 in a record of its own (RFC 6347 §4.2.2), with `use_srtp` in the former (RFC 5764 §4.1.1).
fn dtls(is_client: bool) -> Vec<u8> {
    let mut hello = vec![0xfe, 0xfd];
    hello.extend([7; 32]);
    hello.extend(if is_client {
        &[0, 0, 0, 2, 0xc0, 0x2b, 1, 0, 0, 9, 0, 14, 0, 5, 0, 2, 0, 1, 0][..]
    } else {
        &[0, 0xc0, 0x2b, 0, 0, 9, 0, 14, 0, 5, 0, 2, 0, 1, 0][..]
    });
    let length = u8::try_from(hello.len()).unwrap();
    let kind = if is_client { 1 } else { 2 };
    [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, length + 12, kind, 0, 0, length, 0, 0, 0, 0, 0, 0, 0, length][..], &hello].concat()
}

const FINGERPRINT: &str =
    "a=fingerprint:sha-256 02:1A:CC:54:27:AB:EB:9C:53:3F:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1:7A:03:A2:7D:F9:B0:7F:46:19:B2\r\n";

/// RFC 5763 §5: a ServerHello comes in time or too late; where the client gives up before, or the capture ends, nobody knows.
#[test]
pub(crate) fn handshakes_of_media_are_waited_for() {
    let rule = "MSEC-DTLS-003";
    let (a, b) = ((ALPHA.0, 20_000), (BRAVO.0, 20_000));
    let terms = "[media.security]\ndtls_timeout_ms = 2000\n";
    let judge = |hellos: &[f64], answer: Option<f64>| {
        let mut frames = capture(vec![about("keys", &audio("{ip}", "UDP/TLS/RTP/SAVP", FINGERPRINT))], 200.0);
        frames.extend(hellos.iter().map(|&at| udp(at, a, b, &dtls(true))));
        frames.extend(answer.map(|at| udp(at, b, a, &dtls(false))));
        frames.sort_by_key(|frame| frame.micros);
        judged(&frames, terms)
    };
    // One more is that of the roles, which both sides leave to each other's default.
    let kept = counts(&judge(&[42.2], Some(42.3)), rule);
    assert_eq!(counts(&judge(&[42.2, 43.2, 45.2], Some(45.3)), rule), [kept[0] - 1, 1, 0]);
    assert_eq!(counts(&judge(&[42.2, 43.2], None), rule), [kept[0] - 1, 0, 1]);
}

/// RFC 8862 §4: a fingerprint is worth something where somebody answers for the message that carries it.
#[test]
pub(crate) fn fingerprints_are_bound_by_an_identity() {
    let rule = "MSEC-DTLS-001";
    let judge = |extra: &str| {
        let mut call = Call::new("bound");
        call.sdp = audio("{ip}", "UDP/TLS/RTP/SAVP", FINGERPRINT);
        call.request(40.0, "INVITE", 1, true, extra);
        judged(&capture(vec![call], 45.0), "")
    };
    assert_eq!(counts(&judge("Identity: e30.e30.c2ln;info=<https://cert.alpha.example/a>\r\n"), rule), [1, 0, 0]);
    assert_eq!(counts(&judge(""), rule), [0, 1, 0]);
}

/// RFC 6271 §5.3: two taps, before and behind the border element of bravo, which has the fingerprint, the keys and what it does not know pass.
#[test]
pub(crate) fn security_attributes_pass_the_border_as_they_came() {
    let rule = "SDP-OA-008";
    let inner = (std::net::Ipv4Addr::new(198, 51, 100, 40), 5060);
    let leg = |leg: u32, from: (_, u16), to: (_, u16), lines: &str| {
        let mut call = Call::new("legs");
        (call.leg, call.sdp) = (leg, audio("{ip}", "UDP/TLS/RTP/SAVP", lines));
        let late = f64::from(leg) * 0.01;
        call.invite(40.0 + late).answer(42.0 - late, 200).ack(42.1 + late).bye(60.0 + late, true).bye_answer(60.1 - late, 200, true);
        let send = |frame: &Frame| {
            let forth = frame.octets[26..30] == ALPHA.0.octets();
            let (source, destination) = if forth { (from, to) } else { (to, from) };
            Frame { micros: frame.micros, ..udp(0.0, source, destination, &frame.octets[42..]) }
        };
        call.frames.iter().map(send).collect::<Vec<_>>()
    };
    let judge = |before: &str, behind: &str| {
        let mut frames = capture(vec![], 200.0);
        frames.extend(leg(1, ALPHA, BRAVO, before));
        frames.extend(leg(2, BRAVO, inner, behind));
        frames.sort_by_key(|frame| frame.micros);
        judged(&frames, "[media.security]\nattribute_transparency = \"required\"\n")
    };
    let observed = |report: &Value| {
        let mut all: Vec<String> = found(report, rule).iter().map(|found| found.1.to_owned()).collect();
        all.sort_unstable();
        all
    };
    let keyed = format!("{FINGERPRINT}a=setup:actpass\r\na=x-unheard-of:1\r\na=ptime:20\r\n");
    // Each message by itself has no Identity that signs its fingerprint.
    let same = judge(&keyed, &keyed.replace("ptime:20", "ptime:30"));
    assert_eq!(counts(&same, rule), [1, 0, 4], "{:?}", found(&same, rule));
    let other = judge(&keyed, &keyed.replace("02:1A", "02:1B").replace("a=x-unheard-of:1\r\n", ""));
    assert_eq!(observed(&other), ["a=fingerprint changed", "a=x-unheard-of removed"]);
    assert_eq!(
        observed(&judge(&keyed, "a=x-unheard-of:1\r\n")),
        ["a=fingerprint added", "a=fingerprint removed", "a=setup added", "a=setup removed",]
    );
    assert_eq!(counts(&judge("", ""), rule), [0, 0, 0], "nothing to pass");
}
