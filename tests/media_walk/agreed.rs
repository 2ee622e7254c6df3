//! Takes calls whose media is unusual and as agreed, gives a failure where a figure of it is held against somebody, never a figure that is too high.

use crate::made::Frame;
use crate::wire::{A, B, Voice, begun, between, counts, found, frames, holds_for_any_cut, over, report, sdp, voice};

const AUDIO: &str = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n";

const TERMS: &str = "[performance]\nmin_samples = 1\n[performance.media]\nloss_pct = { stream_max = 1.0, bad_streams_pct = 5.0 }\n\
    jitter_ms = { max = 30.0 }\nrtt_ms = { max = 150 }\nmos_min = { value = 3.6 }\n[accounting]\nduration_tolerance_s = 2.0\n\
    [media.transport]\nmax_gap_s = 3.0\n";

/// What the rules on performance find, and that no cut of the capture changes it.
fn blamed(all: &[Frame]) -> Vec<String> {
    holds_for_any_cut(all, TERMS);
    let report = report(all, TERMS);
    let rules = ["PRF-LOSS-001", "PRF-JIT-001", "PRF-MOS-001", "PRF-RTT-001", "ACC-DUR-001", "MED-RTP-003"];
    rules.iter().flat_map(|rule| found(&report, rule).into_iter().map(move |found| format!("{rule} {found}"))).collect()
}

/// RFC 3264 §8.4: on hold nothing is sent, and the clock of many a sender stands still with it. What comes behind is no jitter and not late, unless
/// RFC 3550 §5.1: 500 packets of 20 ms do not fit into 20 ms. Whoever numbers anew and lets the clock go on has lost nothing; a line that was dead for
/// RFC 3389, RFC 3551 §4.5.6: who says that nobody speaks need send nothing until somebody does, or the call is over.
#[test]
fn silence_that_was_announced_is_no_end_of_a_session() {
    let noise = "m=audio 20000 RTP/AVP 9 13 97\na=rtpmap:9 G722/8000\na=rtpmap:13 CN/8000\na=rtpmap:97 CN/16000\n";
    let g729 = "m=audio 20000 RTP/AVP 18\na=rtpmap:18 G729/8000\n";
    let judge = |lines: &str, payload_type: u8, octets: usize, last: Option<(u8, usize)>| {
        let talk = |from, to, ssrc| {
            let own = Voice { payload_type, octets: vec![0x5a; octets], ..voice(from, to, ssrc) };
            let mut all = own.send(42.0, 54.0);
            all.extend(last.map(|(kind, octets)| own.packet(42.0, 600, (kind, false, 600 * 160, &vec![0x40; octets]))));
            all
        };
        let all = frames(vec![between("quiet", lines, lines)], [talk(A, B, 1), talk(B, A, 2)]);
        (blamed(&all), counts(&report(&all, TERMS), "ACC-DUR-001"))
    };
    for (lines, payload_type, octets, last) in
        [(noise, 9, 160, (13, 1)), (noise, 9, 160, (97, 1)), (g729, 18, 20, (18, 2)), (g729, 18, 20, (18, 12))]
    {
        assert_eq!(judge(lines, payload_type, octets, Some(last)), (vec![], [0, 0, 1]), "{last:?}");
    }
    let dead = [
        "ACC-DUR-001 both: 1 x signalling longer by more than 2 s",
        "MED-RTP-003 alpha: 1 x silence of the caller for more than 3 s",
        "MED-RTP-003 bravo: 1 x silence of the callee for more than 3 s",
    ];
    for (lines, payload_type, octets) in [(noise, 9, 160), (g729, 18, 20)] {
        assert_eq!(judge(lines, payload_type, octets, None), (dead.map(str::to_owned).to_vec(), [0, 1, 0]));
    }
}

/// RFC 3264 §8.3.1: another offer moves media to hosts between which the tap sees nothing; to hosts between which it does, nobody moved.
#[test]
fn media_that_moves_away_from_the_tap_has_not_ended() {
    let judge = |(caller, callee): (&str, &str)| {
        let to = |ip: &str| sdp(AUDIO).replace("c=IN IP4 {ip}", &format!("c=IN IP4 {ip}")).replace("m=audio 20000", "m=audio 30000");
        let mut call = begun("moved", AUDIO, AUDIO);
        call.sdp = to(caller);
        call.again(50.0, "X-In-Dialog\r\n");
        call.sdp = to(callee);
        call.answer(50.1, 200).ack(50.2);
        let all = frames(vec![over(call, 60.0)], [voice(A, B, 1).send(42.0, 50.1), voice(B, A, 2).send(42.0, 50.1)]);
        (blamed(&all).len(), counts(&report(&all, TERMS), "ACC-DUR-001"))
    };
    assert_eq!(judge(("203.0.113.77", "203.0.113.78")), (0, [0, 0, 1]));
    assert_eq!(judge(("{ip}", "{ip}")), (3, [0, 1, 0]));
}
