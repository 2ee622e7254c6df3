//! Takes calls whose media is unusual and as agreed, gives a failure where a figure of it is held against somebody, never a figure that is too high.

use crate::made::calls::Call;
use crate::made::{Frame, udp};
use crate::wire::{A, B, End, Voice, begun, between, cells, counts, found, frames, holds_for_any_cut, over, report, rtcp, sdp, voice};

const AUDIO: &str = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\n";

const TERMS: &str = "[performance]\nmin_samples = 1\n[performance.media]\nloss_pct = { stream_max = 1.0, bad_streams_pct = 5.0 }\n\
    jitter_ms = { max = 30.0 }\nrtt_ms = { max = 150 }\nmos_min = { value = 3.6 }\n[accounting]\nduration_tolerance_s = 2.0\n\
    [media.transport]\nmax_gap_s = 3.0\n";

const NOBODY: [&str; 0] = [];

/// A packet at a time, with a number and a time stamp of its own.
fn at(own: &Voice, seconds: f64, (seq, ticks): (u16, u32)) -> Frame {
    let mut frame = own.packet(seconds, 0, (own.payload_type, false, ticks, &own.octets));
    frame.octets[44..46].copy_from_slice(&seq.to_be_bytes());
    frame
}

/// What the rules on performance find, and that no cut of the capture changes it.
fn blamed(all: &[Frame]) -> Vec<String> {
    holds_for_any_cut(all, TERMS);
    let report = report(all, TERMS);
    let rules = ["PRF-LOSS-001", "PRF-JIT-001", "PRF-MOS-001", "PRF-RTT-001", "ACC-DUR-001", "MED-RTP-003"];
    rules.iter().flat_map(|rule| found(&report, rule).into_iter().map(move |found| format!("{rule} {found}"))).collect()
}

/// RFC 3550 §5.1: 500 packets of 20 ms do not fit into 20 ms. Whoever numbers anew and lets the clock go on has lost nothing; a line that was dead for
/// ten seconds has.
#[test]
fn numbers_that_jump_while_no_time_passes_are_no_loss() {
    let own = voice(A, B, 1);
    let judge = |dead: u32| {
        let packet = |n: u32| {
            at(
                &own,
                42.0 + f64::from(n + if n < 400 { 0 } else { dead }) * 0.02,
                (if n < 400 { n } else { n + 400 } as u16, n * 160 + if n < 400 { 0 } else { dead * 160 }),
            )
        };
        let all = frames(vec![between("anew", AUDIO, AUDIO)], [(0..500).map(packet).collect(), voice(B, A, 2).send(42.0, 60.0)]);
        (cells(&all, &["lost", "restarts"])[0].clone(), blamed(&all).iter().filter(|found| found.contains("LOSS")).count())
    };
    assert_eq!(judge(0), ("0 1".to_owned(), 0));
    assert_eq!(judge(400), ("400 0".to_owned(), 2));
}

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

/// Nine packets of which one is lost say nothing of a stream, and nothing of the streams of a direction.
#[test]
fn streams_that_are_too_short_to_judge_are_in_no_share() {
    let judge = |end: f64| {
        let mut short = voice(A, B, 9).send(50.0, end);
        short.remove(4);
        blamed(&frames(vec![between("short", AUDIO, AUDIO)], [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), short]))
    };
    assert_eq!(judge(50.2), NOBODY);
    assert_eq!(judge(51.2), ["PRF-LOSS-001 alpha: 1 x loss above 1 %", "PRF-LOSS-001 alpha: 2 x streams with too much loss above 5 %"]);
}

/// A sender report of one side about the other, which answers one that passed at `heard`, so long ago as it says.
fn sent(at: f64, (from, to): (End, End), [by, about]: [u32; 2], heard: Option<f64>, said: f64) -> Frame {
    let ntp = |s: f64| [0xe000_0000 + s as u32, (s.fract() * 4_294_967_296.0) as u32];
    let [high, low] = ntp(at);
    let middle = heard.map(ntp).map_or(0, |[a, b]| a << 16 | b >> 16);
    let words = [by, high, low, 0, 100, 16_000, about, 0, 900, 0, middle, (said * 65_536.0).round() as u32];
    udp(at, (from.0, 20_001), (to.0, 20_001), &rtcp(1, 200, &words))
}

/// RFC 3550 §6.4.1: a report that does not say how long it waited tells no round trip; two that do have a median, by nearest rank (standards.md §8.7).
#[test]
fn round_trips_are_those_of_reports_that_say_how_long_they_waited() {
    let (there, back) = ((A, B), (B, A));
    let judge = |said: &[f64]| {
        let pairs = said.iter().zip(0..).flat_map(|(said, n)| {
            let begun = 44.0 + f64::from(n) * 5.0;
            [sent(begun, there, [1, 2], None, 0.0), sent(begun + 2.2, back, [2, 1], Some(begun), *said)]
        });
        let all = frames(
            vec![between("trip", AUDIO, AUDIO)],
            [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), pairs.collect()],
        );
        let trip = cells(&all, &["round_trip_ms"])[0].parse::<f64>().ok().map(f64::round);
        (trip, blamed(&all).len())
    };
    assert_eq!(judge(&[0.0, 0.0]), (None, 0));
    assert_eq!(judge(&[2.0, 2.1]), (Some(100.0), 0));
    assert_eq!(judge(&[2.0, 2.0, 2.1]), (Some(200.0), 1));
}

/// RFC 3264 §8.4: both sides of a call with picture and sound fall silent when it is held, each when it learns of it, with their clocks: no step of the
/// clock of the capture, which all streams show at once and by as much.
#[test]
fn a_hold_is_no_step_of_the_clock_of_the_capture() {
    let both = "m=audio 20000 RTP/AVP 8\na=rtpmap:8 PCMA/8000\nm=video 20002 RTP/AVP 96\na=rtpmap:96 H264/90000\n";
    let judge = |later: f64| {
        let mut call = begun("held", both, both);
        call.sdp = sdp(&both.replace("8000\n", "8000\na=inactive\n").replace("90000\n", "90000\na=inactive\n"));
        call.again(48.0, "X-In-Dialog\r\n").answer(48.1, 200).ack(48.2);
        call.sdp = sdp(both);
        call.again(53.0, "X-In-Dialog\r\n").answer(53.1, 200).ack(53.1 + later);
        let beside = |(host, port): End| (host, port + 2);
        let sound = [voice(A, B, 1), voice(B, A, 2)];
        let picture = |own: &Voice| {
            let (from, to, ssrc) = (beside(own.from), beside(own.to), own.ssrc + 10);
            Voice { from, to, ssrc, payload_type: 96, ms: 40, ticks: 3_600, octets: vec![1; 900] }
        };
        let talk = |own: Voice| {
            let late = if own.from.0 == A.0 { 0.0 } else { later };
            let when = |n: u32| f64::from(n * own.ms) / 1_000.0;
            let packets =
                (0..11_000 / own.ms).map(|n| at(&own, if when(n) < 6.0 { 42.0 } else { 47.1 + late } + when(n), (n as u16, n * own.ticks)));
            packets.collect::<Vec<_>>()
        };
        let media: Vec<_> = sound.iter().map(picture).chain(sound.clone()).map(talk).collect();
        let all = frames(vec![over(call, 60.0)], media);
        found(&report(&all, "[capture]\nclock_step_ms = 20\nmin_parallel_streams = 3\n"), "CAP-CLOCK-001")
    };
    assert_eq!(judge(0.15), NOBODY);
    // Where all pause for as long, nobody can tell.
    assert_eq!(judge(0.0).len(), 1);
}

/// RFC 6271 §A.2, standards.md §8.4: every packet of a source takes bandwidth, whatever its number; of the branches of a fork the one that answered.
#[test]
fn bandwidth_is_that_of_all_packets_and_of_the_branch_that_answered() {
    let limit = |basis: &str, value: u32| {
        format!(
            "[[admission.limit]]\nid = \"b\"\nkind = \"bandwidth_kbps\"\nscope = \"direction\"\nbasis = \"{basis}\"\nvalue = {value}.0\n"
        )
    };
    let own = voice(A, B, 1);
    // Two that send as one source, far apart in their numbers: 160 kbit/s.
    let pair = |n: u32| [0, 30_000].map(|far: u16| at(&own, 42.0 + f64::from(far) / 1e7 + f64::from(n) * 0.02, (far + n as u16, n * 160)));
    let all = frames(vec![between("two", AUDIO, AUDIO)], [(0..900).flat_map(pair).collect(), voice(B, A, 2).send(42.0, 60.0)]);
    holds_for_any_cut(&all, &limit("measured", 159));
    assert_eq!(found(&report(&all, &limit("measured", 159)), "CAC-BW-001"), ["alpha: 1 x more than 159 kbit/s of media"]);
    assert_eq!(found(&report(&all, &limit("measured", 160)), "CAC-BW-001"), NOBODY);

    let line = sdp("m=audio 20000 RTP/AVP 8\nb=AS:80\n");
    let fork = |is_late: bool| {
        let mut call = Call::new("fork");
        call.sdp = line.clone();
        call.request(40.0, "INVITE", 1, true, "Supported: 100rel\r\n");
        for (n, branch) in (2..).zip(["desk", "mobile"]) {
            call.to_tag = branch.to_owned();
            if branch == "mobile" && is_late {
                continue;
            }
            let at = 40.0 + f64::from(n);
            call.response(at, 183, "INVITE", 1, true, "Require: 100rel\r\nRSeq: 1\r\n");
            call.request(at + 0.1, "PRACK", n, true, "RAck: 1 1 INVITE\r\n").response(at + 0.2, 200, "PRACK", n, true, "");
        }
        call.sdp = if is_late { line.clone() } else { String::new() };
        call.response(45.0, 200, "INVITE", 1, true, "").request(45.1, "ACK", 1, true, "");
        call.request(60.0, "BYE", 9, true, "").response(60.1, 200, "BYE", 9, true, "");
        let report = report(&frames(vec![call], [voice(A, B, 1).send(45.0, 60.0)]), &limit("signalled", 100));
        (found(&report, "CAC-BW-001"), counts(&report, "CAC-BW-001"))
    };
    assert_eq!(fork(true), (vec![], [2, 0, 0]));
    // Both branches had agreed before, and the answer does not tell which it is.
    assert_eq!(fork(false), (vec![], [0, 0, 2]));
}

/// standards.md §8.6: a session whose BYE did not pass the tap is over when its media falls silent, unless it is on hold.
#[test]
fn a_session_without_bye_lives_as_long_as_its_media() {
    let limit = "[[admission.limit]]\nid = \"d\"\nkind = \"session_seconds\"\nscope = \"direction\"\nvalue = 30.0\n";
    let judge = |end: f64, held: bool| {
        let mut call = begun("endless", AUDIO, AUDIO);
        if held {
            call.sdp = sdp(&format!("{AUDIO}a=inactive\n"));
            call.again(end, "X-In-Dialog\r\n").answer(end + 0.1, 200).ack(end + 0.2);
        }
        let all = frames(vec![call], [voice(A, B, 1).send(42.0, end), voice(B, A, 2).send(42.0, end)]);
        holds_for_any_cut(&all, limit);
        found(&report(&all, limit), "CAC-DUR-001")
    };
    let beyond = ["both: 1 x session of more than 30 s"];
    assert_eq!(judge(60.0, false), NOBODY);
    assert_eq!(judge(73.0, false), beyond);
    assert_eq!(judge(60.0, true), beyond);
}
