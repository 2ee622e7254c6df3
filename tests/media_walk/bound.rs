//! Takes media that comes from, or goes to, where only part of SDP says, gives a failure where it finds another call or line, never what it sounds like.

use crate::made::calls::Call;
use crate::made::udp;
use crate::wire::{A, B, End, at, begun, between, cells, counts, forked, found, frames, holds_for_any_cut, over, report, rtcp, sdp, voice};

const AUDIO: &str = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n";

const PLACE: [&str; 5] = ["call_id", "side", "line", "bound_by", "packets"];

/// RFC 8839 §5.1: media goes between candidates, neither of which is the address of the m= line.
#[test]
fn candidates_are_as_good_as_the_line() {
    let ice = |ip: &str| {
        format!(
            "{AUDIO}a=ice-ufrag:8hhY\na=ice-pwd:asd88fgpdd777uzjYhagZg\na=candidate:1 1 UDP 2130706431 {ip} 30000 typ host\na=candidate:1 2 UDP 2130706430 {ip} 30001 typ host\n"
        )
    };
    let (a, b) = (([10, 0, 1, 1].into(), 30_000), ([10, 0, 2, 2].into(), 30_000));
    let talk = [voice(a, b, 1).send(42.0, 60.0), voice(b, a, 2).send(42.0, 60.0)];
    let all = frames(vec![between("ice", &ice("10.0.1.1"), &ice("10.0.2.2"))], talk);
    assert_eq!(cells(&all, &PLACE), ["ice@alpha.example caller 1 both ends 900", "ice@alpha.example callee 1 both ends 900"]);
    let report = report(&all, "");
    assert_eq!([counts(&report, "MED-RTP-002"), counts(&report, "MED-RTP-003")], [[2, 0, 0], [1, 0, 0]]);
}

/// RFC 5761 and RFC 3605: reports come on the port of the media, on the next, or on any that `a=rtcp` names, and are of the stream all the same.
#[test]
fn reports_are_found_where_they_were_announced() {
    let terms = "[media.transport]\nrtcp = \"required\"\n";
    let judge_ways = |lines: [&str; 2], there: [u16; 2], back: [u16; 2]| {
        let [offer, answer] = lines.map(|line| format!("{AUDIO}{line}"));
        let sender = |from: End, to: End, [own, other]: [u16; 2], ssrc: u32| {
            let report = |n: u32| {
                udp(
                    42.5 + f64::from(n) * 5.0,
                    at(from, own),
                    at(to, other),
                    &rtcp(0, 200, &[ssrc, 0xe000_0000 + n * 5, 0, n * 40_000, n * 250, n * 40_000]),
                )
            };
            (0..4).map(report).collect::<Vec<_>>()
        };
        let media = [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), sender(A, B, there, 1), sender(B, A, back, 2)];
        let all = frames(vec![between("rtcp", &offer, &answer)], media);
        holds_for_any_cut(&all, terms);
        (cells(&all, &["rtcp"]), found(&report(&all, terms), "MED-RTP-005"))
    };
    let judge = |lines: [&str; 2], ports: [u16; 2]| judge_ways(lines, ports, [ports[1], ports[0]]);
    let kept = || (vec!["true".to_owned(); 2], vec![]);
    assert_eq!(judge(["", ""], [20_001, 20_001]), kept());
    assert_eq!(judge(["a=rtcp-mux\n", "a=rtcp-mux\n"], [20_000, 20_000]), kept());
    assert_eq!(judge(["a=rtcp:20100\n", ""], [20_100, 20_001]), kept());
    assert_eq!(judge(["a=rtcp:20100\n", "a=rtcp:20300\n"], [20_100, 20_300]), kept());
    // On one port without both having said so.
    let misplaced = |who: &str| format!("{who}: 1 x RTCP on the port of RTP, not negotiated");
    assert_eq!(judge(["a=rtcp-mux\n", ""], [20_000, 20_000]).1, [misplaced("alpha"), misplaced("bravo")]);
    // Both agreed on one port, and alpha sends to the next all the same.
    let beside = vec!["alpha: 1 x RTCP on a port of its own, though one for both was agreed".to_owned()];
    assert_eq!(judge_ways(["a=rtcp-mux\n", "a=rtcp-mux\n"], [20_001, 20_001], [20_000, 20_000]).1, beside);
    // From the port where it belongs to one that nobody named; bravo keeps to it, and is reached where it sends from (RFC 4961).
    let astray = |who: &str| format!("{who}: 1 x RTCP to a port that its receiver did not name");
    assert_eq!(judge_ways(["", ""], [20_001, 20_101], [20_001, 20_001]).1, [astray("alpha")]);
    assert_eq!(judge_ways(["", ""], [20_001, 20_101], [20_101, 20_001]).1, Vec::<String>::new());
    // One socket for both, towards the port that is meant for it: where it comes from is nobody's business.
    assert_eq!(judge_ways(["", ""], [20_000, 20_001], [20_000, 20_001]).1, Vec::<String>::new());
    // Between ports that nobody named they may be of anything.
    let missing = |who: &str| format!("{who}: 1 x no RTCP from the sender");
    assert_eq!(judge(["", ""], [20_100, 20_300]), (vec!["false".to_owned(); 2], vec![missing("alpha"), missing("bravo")]));
}

/// RFC 9143: two lines at one port; the payload type tells which is meant.
#[test]
fn bundled_lines_are_told_apart_by_what_is_in_the_packets() {
    let media = "a=group:BUNDLE 0 1\nm=audio 20000 RTP/AVP 8\na=mid:0\na=rtcp-mux\nm=video 20000 RTP/AVP 96\na=mid:1\na=rtcp-mux\na=rtpmap:96 VP8/90000\n";
    let mut video = voice(A, B, 3);
    (video.payload_type, video.ms, video.ticks) = (96, 40, 3_600);
    let talk = [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), video.send(42.0, 60.0)];
    let all = frames(vec![between("bundle", media, media)], talk);
    let names = ["ssrc", "side", "line", "codec", "bound_by"];
    let expected =
        ["0x00000001 caller 1 PCMA/8000 both ends", "0x00000003 caller 2 VP8/90000 both ends", "0x00000002 callee 1 PCMA/8000 both ends"];
    assert_eq!(cells(&all, &names), expected);
}

/// RFC 3264 §6: several lines, each at its own ports; what was refused (port 0) keeps its place.
#[test]
fn several_lines_are_told_apart_by_their_ports() {
    let offer = "m=audio 20000 RTP/AVP 8\nm=video 20010 RTP/AVP 34\nm=audio 20020 RTP/AVP 0\n";
    let answer = "m=audio 20000 RTP/AVP 8\nm=video 0 RTP/AVP 34\nm=audio 20020 RTP/AVP 0\n";
    let mut second = voice(at(A, 20_020), at(B, 20_020), 3);
    second.payload_type = 0;
    let mut back = second.clone();
    (back.from, back.to, back.ssrc) = (second.to, second.from, 4);
    let talk = [voice(A, B, 1), voice(B, A, 2), second, back].map(|voice| voice.send(42.0, 60.0));
    let all = frames(vec![between("lines", offer, answer)], talk);
    let expected = ["1 caller 1 PCMA/8000", "3 caller 3 PCMU/8000", "2 callee 1 PCMA/8000", "4 callee 3 PCMU/8000"]
        .map(|row| format!("0x0000000{row}"));
    assert_eq!(cells(&all, &["ssrc", "side", "line", "codec"]), expected);
    assert_eq!(found(&report(&all, ""), "MED-RTP-003"), [""; 0], "nobody waits for the video");
}

/// RFC 7362 §4: a relay sends to where media came from, not to where SDP says; RFC 4961 wants both to be one.
#[test]
fn a_source_behind_a_translator_and_the_peer_that_latches_on_to_it() {
    let from: End = ([203, 0, 113, 7].into(), 61_234);
    let talk = [voice(from, B, 1).send(42.0, 60.0), voice(B, from, 2).send(42.0, 60.0)];
    let all = frames(vec![between("nat", AUDIO, AUDIO)], talk);
    let names = ["source", "side", "bound_by"];
    assert_eq!(cells(&all, &names), ["198.51.100.34:20000 callee source only", "203.0.113.7:61234 caller destination only"]);
    let expected = ["alpha: 1 x media from another address than signalled", "bravo: 1 x media sent to another address than signalled"];
    assert_eq!(found(&report(&all, ""), "MED-RTP-002"), expected);
    // From another port of the right address it is a matter of agreement.
    let port = [voice(at(A, 20_006), B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0)];
    let all = frames(vec![between("port", AUDIO, AUDIO)], port);
    let symmetric = "[media.transport]\nsymmetric_rtp = \"required\"\n";
    assert_eq!(found(&report(&all, symmetric), "MED-RTP-002"), ["alpha: 1 x media from another port than signalled"]);
    assert_eq!(counts(&report(&all, "[media.transport]\nsymmetric_rtp = \"forbidden\"\n"), "MED-RTP-002"), [2, 0, 0]);
}

/// RFC 3261 §13.2.2.4, RFC 3264: two branches ring with media of their own, one of them answers.
#[test]
fn early_media_of_each_branch_is_of_the_call() {
    let (call, desk, mobile) = forked(AUDIO, 183);
    // The voice of the mobile is heard before its answer passes: SDP and RTP do not wait for each other.
    let talk = [voice(desk, A, 1).send(41.1, 44.9), voice(mobile, A, 2).send(41.1, 60.0), voice(A, mobile, 3).send(45.0, 60.0)];
    let all = frames(vec![call], talk);
    let expected = ["0x00000001 callee 1 both ends 190", "0x00000002 callee 1 both ends 945", "0x00000003 caller 1 both ends 750"];
    assert_eq!(cells(&all, &["ssrc", "side", "line", "bound_by", "packets"]), expected);
    let report = report(&all, "");
    assert_eq!(
        [counts(&report, "MED-RTP-003"), counts(&report, "MED-RTP-004")],
        [[1, 0, 0], [3, 0, 0]],
        "the branch that was given up is not missed"
    );
}

/// RFC 3264 §8.3.1: a re-offer moves the port; §8.4: hold, and its old form with the address 0.0.0.0.
#[test]
fn a_re_offer_moves_or_holds_what_is_sent() {
    let again = |mut call: Call, at: f64, cseq: u32, offer: &str, answer: &str| {
        call.sdp = sdp(offer);
        call.request(at, "INVITE", cseq, true, "X-In-Dialog\r\n");
        call.sdp = sdp(answer);
        call.response(at + 0.1, 200, "INVITE", cseq, true, "");
        call.invite_cseq = cseq;
        call.ack(at + 0.2);
        call
    };
    let moved = again(begun("moved", AUDIO, AUDIO), 50.0, 2, &AUDIO.replace("20000", "20400"), AUDIO);
    let talk = [
        voice(A, B, 1).send(42.0, 50.0),
        voice(B, A, 2).send(42.0, 50.1),
        voice(at(A, 20_400), B, 1).send(50.1, 60.0),
        voice(B, at(A, 20_400), 2).send(50.1, 60.0),
    ];
    let all = frames(vec![over(moved, 60.0)], talk);
    let rows = cells(&all, &["call_id", "side", "bound_by"]);
    assert_eq!(rows.len(), 4);
    assert!(rows.iter().all(|row| row.starts_with("moved@alpha.example") && row.ends_with("both ends")), "{rows:?}");

    let terms = "[media.transport]\nno_media_s = 3\nmax_gap_s = 3.0\n";
    let quiet = || {
        [voice(A, B, 1).send(42.0, 45.0), voice(A, B, 1).send(55.0, 60.0), voice(B, A, 2).send(42.0, 45.0), voice(B, A, 2).send(55.0, 60.0)]
    };
    for (hold, held) in [("a=sendonly\n", "a=recvonly\n"), ("a=inactive\n", "a=inactive\n"), ("c=IN IP4 0.0.0.0\n", "")] {
        // The caller that holds may send (music); it sends nothing, and of it nothing is said here but of the callee.
        let (before, lines) = AUDIO.split_once('\n').unwrap();
        let on_hold = |line: &str| format!("{before}\n{line}{lines}");
        let call = again(begun("hold", AUDIO, AUDIO), 45.0, 2, &on_hold(hold), &on_hold(held));
        let call = again(call, 55.0, 3, AUDIO, AUDIO);
        let report = report(&frames(vec![over(call, 60.0)], quiet()), terms);
        let of_callee: Vec<String> = found(&report, "MED-RTP-003").into_iter().filter(|found| found.contains("of the callee")).collect();
        assert_eq!(of_callee, [""; 0], "{hold}");
    }
    let loud = report(&frames(vec![between("no-hold", AUDIO, AUDIO)], quiet()), terms);
    assert_eq!(
        found(&loud, "MED-RTP-003"),
        ["alpha: 1 x silence of the caller for more than 3 s", "bravo: 1 x silence of the callee for more than 3 s"]
    );
}

/// MED-RTP-001: how many packets make a stream that nobody named is agreed.
#[test]
fn strays_are_found_beyond_what_was_agreed() {
    let stray = |packets: u32| voice(at(A, 31_000), at(B, 31_002), 9).send(100.0, 100.0 + f64::from(packets) * 0.02);
    let judge = |packets: u32, most: &str| {
        let talk = [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), stray(packets)];
        counts(&report(&frames(vec![between("named", AUDIO, AUDIO)], talk), &format!("[media.transport]\n{most}\n")), "MED-RTP-001")[1]
    };
    assert_eq!(
        [judge(200, "rogue_min_packets = 300"), judge(301, "rogue_min_packets = 300"), judge(60, "rogue_min_packets = 50")],
        [0, 1, 1]
    );
}
