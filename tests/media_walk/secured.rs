//! Takes calls that key their media, gives a failure where what protects it is told otherwise than it is, never a real cipher.

use std::net::Ipv4Addr;

use crate::made::calls::{Call, capture};
use crate::made::program::{PEERS, judged_by};
use crate::made::{Frame, udp};
use crate::wire::{A, B, End, Voice, begun, between, counts, found, frames, holds_for_any_cut, over, report, sdp, voice};

/// Octets as a base64 word.
fn base64(octets: usize, seed: u8) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let all: Vec<u8> = (0..octets).map(|n| (n as u8).wrapping_mul(37).wrapping_add(seed)).collect();
    let word = |chunk: &[u8]| {
        let bits = chunk.iter().chain([0, 0].iter()).take(3).fold(0u32, |bits, &octet| bits << 8 | u32::from(octet));
        (0..4).map(|n| if n <= chunk.len() { char::from(alphabet[(bits >> (18 - 6 * n) & 63) as usize]) } else { '=' }).collect::<String>()
    };
    all.chunks(3).map(word).collect()
}

const SUITE: &str = "AES_CM_128_HMAC_SHA1_80";

fn crypto(suite: &str, octets: usize, seed: u8) -> String {
    format!("a=crypto:1 {suite} inline:{}\n", base64(octets, seed))
}

fn keyed(line: &str) -> String {
    format!("m=audio 20000 RTP/SAVP 8\n{line}")
}

/// RFC 4568 §6.2, RFC 6188, RFC 7714: key and salt of each suite have one length.
#[test]
fn keys_have_the_length_of_their_suite() {
    let judge = |suite: &str, octets: usize| {
        let all = frames(vec![between("length", &keyed(&crypto(suite, octets, 1)), &keyed(&crypto(suite, octets, 2)))], []);
        found(&report(&all, ""), "MSEC-SDES-002")
    };
    let lengths = [
        ("AES_CM_128_HMAC_SHA1_80", 30),
        ("AES_CM_128_HMAC_SHA1_32", 30),
        ("F8_128_HMAC_SHA1_80", 30),
        ("AES_192_CM_HMAC_SHA1_80", 38),
        ("AES_256_CM_HMAC_SHA1_80", 46),
        ("AEAD_AES_128_GCM", 28),
        ("AEAD_AES_256_GCM", 44),
    ];
    for (suite, octets) in lengths {
        assert_eq!(judge(suite, octets), [""; 0], "{suite}");
        let wrong = |who: &str| format!("{who}: 1 x key of another length than {suite} has");
        assert_eq!(judge(suite, octets - 1), [wrong("alpha"), wrong("bravo")]);
    }
}

/// RFC 4568 §6.1, §8: a key for each line and direction, and none over signalling that everybody reads.
#[test]
fn keys_are_used_once_and_not_shown() {
    let judge = |offer: String, answer: String| {
        report(&frames(vec![between("keys", &offer, &answer)], []), "[media.security]\ncleartext_keys = \"forbidden\"\n")
    };
    let one = |seed| keyed(&crypto(SUITE, 30, seed));
    let good = judge(one(1), one(2));
    // The exchange, and each key.
    assert_eq!(counts(&good, "MSEC-SDES-002"), [3, 0, 0]);
    assert_eq!(found(&good, "MSEC-SDES-001"), ["alpha: 1 x SDES key over UDP", "bravo: 1 x SDES key over UDP"]);
    assert!(!good.to_string().contains(&base64(30, 1)), "no report shows a key");
    assert_eq!(found(&judge(one(1), one(1)), "MSEC-SDES-002"), ["bravo: 1 x the key of the offer in the answer"]);
    let two = |a, b| format!("{}m=audio 20010 RTP/SAVP 8\n{}", one(a), crypto(SUITE, 30, b));
    assert_eq!(found(&judge(two(1, 1), two(2, 3)), "MSEC-SDES-002"), ["alpha: 1 x one key for two m= lines"]);
}

/// RFC 4568 §6.1: no key serves two sessions; a call that was not answered has used none, and what stands ten minutes apart is no session beside it.
#[test]
fn a_key_is_of_one_session() {
    let one = |seed| keyed(&crypto(SUITE, 30, seed));
    let at = |id: &str, begin: f64, code: u16, keys: (u8, u8)| {
        let mut call = Call::new(id);
        call.sdp = sdp(&one(keys.0));
        call.invite(begin);
        call.sdp = if code == 200 { sdp(&one(keys.1)) } else { String::new() };
        call.answer(begin + 1.0, code).ack(begin + 1.1);
        if code == 200 { over(call, begin + 9.0) } else { call }
    };
    let judge = |calls: Vec<Call>| {
        let mut all = capture(calls, 1500.0);
        all.sort_by_key(|frame| frame.micros);
        holds_for_any_cut(&all, "");
        let report = report(&all, "");
        let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "MSEC-SDES-002");
        if let Some(finding) = finding {
            let exhibit = &finding["exhibits"][0];
            assert_eq!(exhibit["call_id"], "two@alpha.example");
            assert!(exhibit["excerpt"].as_str().unwrap().starts_with("as in Call-ID one@alpha.example at "), "{exhibit}");
        }
        found(&report, "MSEC-SDES-002")
    };
    let again = judge(vec![at("one", 10.0, 200, (1, 2)), at("two", 40.0, 200, (1, 3))]);
    assert_eq!(again, ["alpha: 1 x the key of another session"]);
    let both = judge(vec![at("one", 10.0, 200, (1, 2)), at("two", 15.0, 200, (1, 2))]);
    assert_eq!(both, ["alpha: 1 x the key of another session", "bravo: 1 x the key of another session"]);
    assert_eq!(judge(vec![at("one", 10.0, 200, (1, 2)), at("two", 40.0, 200, (3, 4))]), [""; 0]);
    assert_eq!(judge(vec![at("one", 10.0, 486, (1, 2)), at("two", 40.0, 200, (1, 2))]), [""; 0]);
    assert_eq!(judge(vec![at("one", 10.0, 200, (1, 2)), at("two", 700.0, 200, (1, 2))]), [""; 0]);
    // Elements of one carrier in a row, each with a Call-ID of its own: it is the same session.
    let passed_on = capture(vec![at("one", 10.0, 200, (1, 2)), at("two", 10.2, 200, (1, 2))], 1500.0);
    let carrier =
        PEERS.replace("198.51.100.32/28", "203.0.113.0/28").replace(r#""192.0.2.16/29""#, r#""192.0.2.16/29", "198.51.100.32/28""#);
    assert_eq!(found(&judged_by(&passed_on, &carrier), "MSEC-SDES-002"), [""; 0]);
}

/// A handshake message of DTLS in a record of its own (RFC 6347 §4.2.2).
fn dtls(version: u16, kind: u8, body: &[u8]) -> Vec<u8> {
    let length = (body.len() as u32).to_be_bytes();
    let message = [&[kind][..], &length[1..], &[0, 0, 0, 0, 0], &length[1..], body].concat();
    [&[22][..], &version.to_be_bytes(), &[0; 8], &(message.len() as u16).to_be_bytes(), &message].concat()
}

/// A ClientHello that offers every profile of RFC 5764 and RFC 7714, or a ServerHello that takes one.
fn hello(version: u16, chosen: Option<u16>) -> Vec<u8> {
    let profiles: Vec<u8> = chosen.map_or_else(|| vec![0, 1, 0, 2, 0, 5, 0, 6, 0, 7, 0, 8], |profile| profile.to_be_bytes().to_vec());
    let list = [&(profiles.len() as u16).to_be_bytes()[..], &profiles, &[0]].concat();
    let extension = [&[0, 14][..], &(list.len() as u16).to_be_bytes(), &list].concat();
    let suites: &[u8] = if chosen.is_none() { &[0, 0, 0, 2, 0xc0, 0x2b, 1, 0] } else { &[0, 0xc0, 0x2b, 0] };
    let body = [&version.to_be_bytes()[..], &[7; 32], suites, &(extension.len() as u16).to_be_bytes(), &extension].concat();
    dtls(version, if chosen.is_none() { 1 } else { 2 }, &body)
}

const FINGERPRINT: &str =
    "a=fingerprint:sha-256 02:1A:CC:54:27:AB:EB:9C:53:3F:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1:7A:03:A2:7D:F9:B0:7F:46:19:B2\n";

fn handshake(version: u16, profile: u16) -> Vec<Frame> {
    let by_dtls = |setup: &str| format!("m=audio 20000 UDP/TLS/RTP/SAVP 8\n{FINGERPRINT}a=setup:{setup}\n");
    let hellos = vec![udp(42.2, B, A, &hello(version, None)), udp(42.25, A, B, &hello(version, Some(profile)))];
    frames(vec![between("dtls", &by_dtls("actpass"), &by_dtls("active"))], [hellos])
}

/// RFC 9325 §3.1, RFC 5764 §4.1.2: what the handshake settles is held against the policy as SDP is.
#[test]
fn versions_and_profiles_of_dtls_are_those_agreed() {
    let terms = "[media.security]\ndtls_min_version = \"1.2\"\nsrtp_suites = [\"AEAD_AES_256_GCM\", \"AES_CM_128_HMAC_SHA1_80\"]\n";
    let judge = |version, profile| {
        let report = report(&handshake(version, profile), terms);
        [found(&report, "MSEC-DTLS-003"), found(&report, "MSEC-SRTP-003")]
    };
    assert_eq!(judge(0xfefd, 8), [[""; 0], [""; 0]]);
    assert_eq!(judge(0xfefd, 1), [[""; 0], [""; 0]]);
    assert_eq!(judge(0xfeff, 8), [vec!["both: 1 x DTLS 1.0".to_owned()], vec![]]);
    for (profile, name) in [(2, "AES_CM_128_HMAC_SHA1_32"), (5, "NULL_HMAC_SHA1_80"), (6, "NULL_HMAC_SHA1_32"), (7, "AEAD_AES_128_GCM")] {
        // The side that answers the ClientHello chooses: here the caller.
        assert_eq!(judge(0xfefd, profile), [vec![], vec![format!("alpha: 1 x {name}")]]);
    }
    assert_eq!(counts(&report(&handshake(0xfefd, 8), terms), "MSEC-SRTP-003"), [1, 0, 0]);
}

/// RFC 3711 §3.1: G.711 in the clear is 160 octets where SRTP has 170, and the other way round.
#[test]
fn protection_that_was_agreed_and_not_applied_shows_in_the_length() {
    let sealed = |from, to, ssrc| Voice { octets: vec![0xd5; 170], ..voice(from, to, ssrc) }.send(42.0, 60.0);
    let clear = |from, to, ssrc| voice(from, to, ssrc).send(42.0, 60.0);
    let (offer, answer) = (keyed(&crypto(SUITE, 30, 1)), keyed(&crypto(SUITE, 30, 2)));
    let all = frames(vec![between("srtp", &offer, &answer)], [clear(A, B, 1), clear(B, A, 2)]);
    let missing = |who: &str| format!("{who}: 1 x RTP in the clear on an SRTP stream");
    assert_eq!(found(&report(&all, ""), "MSEC-SRTP-002"), [missing("alpha"), missing("bravo")]);
    // A tag behind G.711 that no cipher hides is no SRTP of anybody's; it is left open, not blamed.
    let plain = "m=audio 20000 RTP/AVP 8\n";
    let all = frames(vec![between("rtp", plain, plain)], [sealed(A, B, 1), clear(B, A, 2)]);
    assert_eq!(counts(&report(&all, ""), "MSEC-SRTP-002"), [1, 0, 1]);
}

/// RFC 8643 §3, RFC 6404 §2: keys that fall on the way, and SRTP that a re-offer gives up.
#[test]
fn protection_that_falls_on_the_way_is_told() {
    let terms = "[media.security]\nsrtp = \"required\"\n";
    let judge = |call: Call| {
        let report = report(&frames(vec![call], []), terms);
        [found(&report, "MSEC-DOWN-001"), found(&report, "MSEC-SRTP-001")]
    };
    let plain = "m=audio 20000 RTP/AVP 8\n";
    let (one, two) = (crypto(SUITE, 30, 1), crypto(SUITE, 30, 2));
    let open = |line: &str| format!("{plain}{line}");
    // Opportunistic: keys beside RTP/AVP, taken up or dropped.
    assert_eq!(judge(between("osrtp", &open(&one), &open(&two))), [[""; 0], [""; 0]]);
    let [down, unprotected] = judge(between("dropped", &open(&one), plain));
    assert_eq!((down, unprotected.len()), (vec!["bravo: 1 x keys offered and dropped".to_owned()], 1));
    let mut call = begun("again", &keyed(&one), &keyed(&two));
    call.sdp = sdp(plain);
    call.request(50.0, "INVITE", 2, true, "X-In-Dialog\r\n").response(50.1, 200, "INVITE", 2, true, "");
    call.invite_cseq = 2;
    call.ack(50.2);
    let [down, unprotected] = judge(over(call, 60.0));
    assert_eq!((down, unprotected.len()), (vec!["alpha: 1 x SRTP, then RTP/AVP".to_owned()], 1));
}

const INNER: End = (Ipv4Addr::new(198, 51, 100, 40), 5060);

/// One leg of a session: its INVITE has a header more, its bodies these lines, its messages pass between these two hosts.
fn leg(id: &str, (from, to): (End, End), tie: &str, lines: &str, late: f64) -> Vec<Frame> {
    let mut call = Call::new(id);
    call.sdp = sdp(&format!("m=audio 20000 UDP/TLS/RTP/SAVP 8\n{lines}"));
    call.request(40.0 + late, "INVITE", 1, true, tie).answer(42.0 - late, 200).ack(42.1 + late);
    let call = over(call, 60.0 + late);
    let pass = |frame: &Frame| {
        let forth = frame.octets[26..30] == A.0.octets();
        let (source, destination) = if forth { (from, to) } else { (to, from) };
        Frame { micros: frame.micros, ..udp(0.0, source, destination, &frame.octets[42..]) }
    };
    call.frames.iter().map(pass).collect()
}

/// RFC 6271 Req #17: a back-to-back agent gives each leg a Call-ID; the Session-ID (RFC 7989) or the charging identifier (RFC 7315) tells that they are one.
#[test]
fn what_a_back_to_back_agent_changed_shows_between_the_legs_of_a_session() {
    let rule = "SDP-OA-008";
    let terms = "[media.security]\nattribute_transparency = \"required\"\n";
    let (alpha, bravo): (End, End) = ((A.0, 5060), (B.0, 5060));
    let session = "Session-ID: ab30317f1a784dc48ff824d0d3715d86;remote=00000000000000000000000000000000\r\n";
    let charged = "P-Charging-Vector: icid-value=\"7e3f-1\";orig-ioi=alpha.example\r\n";
    let keyed = format!("{FINGERPRINT}a=setup:actpass\na=x-unheard-of:1\na=ptime:20\n");
    let other = keyed.replace("02:1A", "02:1B");
    let all = |near: Vec<Frame>, far: Vec<Frame>| frames(vec![], [near, far]);
    let judge = |all: &[Frame]| {
        let report = report(all, terms);
        (found(&report, rule), counts(&report, rule)[..2].to_vec())
    };
    let near = |tie: &str| leg("near", (alpha, bravo), tie, &keyed, 0.0);
    let far = |tie: &str, lines: &str| leg("far", (bravo, INNER), tie, lines, 0.01);
    for tie in [session, charged, &format!("{session}{charged}")] {
        assert_eq!(judge(&all(near(tie), far(tie, &keyed))), (vec![], vec![1, 0]), "{tie}");
        let changed = all(near(tie), far(tie, &other));
        assert_eq!(judge(&changed), (vec!["both: 1 x a=fingerprint changed".to_owned()], vec![0, 1]), "{tie}");
        holds_for_any_cut(&changed, terms);
    }
    let removed = judge(&all(near(session), far(session, FINGERPRINT))).0;
    // The answer comes the other way: what it lacks behind is added before.
    assert_eq!(removed, ["both: 1 x a=setup added", "both: 1 x a=setup removed", "both: 1 x a=x-unheard-of removed"]);
    // Nothing is said of calls that nothing ties, or only what is weaker than an identifier: the same numbers at the same time.
    let nil = "Session-ID: 00000000000000000000000000000000;remote=00000000000000000000000000000000\r\n";
    for (one, two) in [("", ""), (nil, nil), (session, charged), (charged, "P-Charging-Vector: icid-value=\"7e3f-2\"\r\n")] {
        assert_eq!(judge(&all(near(one), far(two, &other))), (vec![], vec![0, 0]), "{one}{two}");
    }
    // An announcement answers first and calls the other side with a body of its own; a second attempt passes between the same hosts; and two
    // branches from one host are not each other's continuation.
    let later = leg("far", (bravo, INNER), session, &other, 3.0);
    assert_eq!(judge(&all(near(session), later)).1, [0, 0]);
    assert_eq!(judge(&all(near(session), leg("again", (alpha, bravo), session, &other, 0.01))).1, [0, 0]);
    assert_eq!(judge(&all(near(session), leg("branch", (alpha, INNER), session, &other, 0.01))).1, [0, 0]);
    // Behind a second border element, which passes it as it came: what the first did is told once.
    let third: End = (Ipv4Addr::new(203, 0, 113, 9), 5060);
    let chain = [near(session), far(session, &other), leg("third", (INNER, third), session, &other, 0.02)].concat();
    assert_eq!(judge(&all(chain, vec![])), (vec!["both: 1 x a=fingerprint changed".to_owned()], vec![1, 1]));
}

/// A record under the keys of a handshake: epoch 1 (RFC 6347 §4.1).
fn finished() -> Vec<u8> {
    [&[22, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 40][..], &[0x5a; 40]].concat()
}

/// RFC 5764 §5.1: peers can send RTP once the handshake has completed. What passes before it, whatever it is, has no keys.
#[test]
fn media_before_its_handshake_is_told() {
    let by_dtls = |setup: &str| format!("m=audio 20000 UDP/TLS/RTP/SAVP 8\n{FINGERPRINT}a=setup:{setup}\n");
    let shake = |at: f64| {
        let version = 0xfefd;
        let hellos = vec![udp(at, B, A, &hello(version, None)), udp(at + 0.05, A, B, &hello(version, Some(7)))];
        [hellos, vec![udp(at + 0.1, B, A, &finished()), udp(at + 0.15, A, B, &finished())]].concat()
    };
    let sealed = |from, to, ssrc| Voice { octets: vec![0xd5; 176], ..voice(from, to, ssrc) };
    let clear = |from, to, ssrc| voice(from, to, ssrc);
    let call = || between("early", &by_dtls("actpass"), &by_dtls("active"));
    let told = |calls: Vec<Call>, media: Vec<Vec<Frame>>| {
        let report = report(&frames(calls, media), "");
        (found(&report, "MSEC-DTLS-003"), counts(&report, "MSEC-DTLS-003")[2])
    };
    // Bravo sends a second in the clear, then SRTP under the same SSRC: of its packets, too few are clear to be told by their length.
    let early = vec![clear(B, A, 2).send(42.1, 43.1), shake(43.2), sealed(A, B, 1).send(43.4, 60.0), sealed(B, A, 2).send(43.4, 60.0)];
    assert_eq!(told(vec![call()], early.clone()), (vec!["bravo: 1 x RTP before the DTLS handshake".to_owned()], 0));
    holds_for_any_cut(&frames(vec![call()], early), "");
    let late = vec![shake(42.2), sealed(A, B, 1).send(42.4, 60.0), sealed(B, A, 2).send(42.4, 60.0)];
    assert_eq!(told(vec![call()], late.clone()), (vec![], 0));
    // A second handshake on the way takes nothing from the keys of the first.
    let again = [late.clone(), vec![shake(50.0)]].concat();
    assert_eq!(told(vec![call()], again), (vec![], 0));
    // A handshake that the tap does not see is none that was left out.
    assert_eq!(told(vec![call()], late[1..].to_vec()), (vec![], 1));
    // A call that goes over to SRTP by a re-offer was free to send before.
    let mut upgraded = begun("upgraded", "m=audio 20000 RTP/AVP 8\n", "m=audio 20000 RTP/AVP 8\n");
    upgraded.sdp = sdp(&by_dtls("actpass"));
    upgraded.again(50.0, "X-In-Dialog\r\n");
    upgraded.sdp = sdp(&by_dtls("active"));
    upgraded.answer(51.0, 200).ack(51.1);
    let media = vec![clear(B, A, 2).send(42.1, 51.3), shake(51.2), sealed(B, A, 2).send(51.4, 60.0)];
    assert_eq!(told(vec![over(upgraded, 60.0)], media), (vec![], 0));
}
