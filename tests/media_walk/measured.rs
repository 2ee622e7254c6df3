//! Takes voice with pauses, keys and reports, gives a failure where its measures are others than what was made, never an address.

use crate::made::{Frame, udp};
use crate::wire::{A, B, Voice, between, cells, counts, found, frames, holds_for_any_cut, report, rtcp, voice};

const AUDIO: &str = "m=audio 20000 RTP/AVP 8 13 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n";

const STRICT: &str = "[media.transport]\nno_media_s = 5\nmax_gap_s = 5.0\n";

fn both(there: Vec<Frame>) -> [Vec<Frame>; 2] {
    [there, voice(B, A, 2).send(42.0, 60.0)]
}

/// RFC 3389, RFC 3551 §4.1: silence is not sent, or now and then a packet that says how it sounds; numbers go on, time stamps run.
#[test]
fn silence_that_is_suppressed_is_no_loss_and_no_gap() {
    let talk = |noise: bool| {
        let own = voice(A, B, 1);
        let (mut seq, mut out) = (0u16, Vec::new());
        for n in 0..900u32 {
            // Talks for 4 s, is silent for 6 s, talks again.
            let silent = (200..500).contains(&n);
            if silent && (!noise || n % 50 != 0) {
                continue;
            }
            let (kind, octets) = if silent { (13, &[0x4e][..]) } else { (8, &own.octets[..]) };
            let mut frame = own.packet(42.0, n, (kind, n == 500, n * 160, octets));
            frame.octets[44..46].copy_from_slice(&seq.to_be_bytes());
            seq += 1;
            out.push(frame);
        }
        out
    };
    for (noise, packets, silences) in
        [(true, 606, vec![]), (false, 600, vec!["alpha: 1 x silence of the caller for more than 5 s".to_owned()])]
    {
        let all = frames(vec![between("dtx", AUDIO, AUDIO)], both(talk(noise)));
        let first = cells(&all, &["packets", "lost", "reordered", "restarts", "packet_ms", "jitter_max_ms"])[0].clone();
        let (head, jitter) = first.rsplit_once(' ').unwrap();
        assert_eq!((head, jitter.parse::<f64>().unwrap() < 0.01), (format!("{packets} 0 0 0 20").as_str(), true), "{first}");
        // Silence that announces itself is none; silence that does not is told apart by nobody from a line that is dead.
        assert_eq!(found(&report(&all, STRICT), "MED-RTP-003"), silences);
    }
}

/// RFC 4733 §2.5: a key is one event, however many packets say so, in its own time stamp; its last packet is sent three times.
fn key(own: &Voice, (begin, seq): (f64, u16), code: u8, ends: u16, durations: &[u16]) -> Vec<Frame> {
    let all = durations.iter().map(|&duration| (duration, 0)).chain((0..ends).map(|_| (durations[durations.len() - 1] + 160, 0x80)));
    let packet = |(n, (duration, flags)): (u16, (u16, u8))| {
        let [high, low] = duration.to_be_bytes();
        let mut frame = own.packet(begin, u32::from(n), (101, n == 0, (begin * 8_000.0) as u32, &[code, flags | 10, high, low]));
        frame.octets[44..46].copy_from_slice(&(seq + n).to_be_bytes());
        frame
    };
    (0..).zip(all).map(packet).collect()
}

#[test]
fn keys_are_events_of_the_stream_that_they_stand_in() {
    let own = voice(A, B, 1);
    let spoken = |from: u16, to: u16| {
        (from..to).map(|n| own.packet(42.0, n.into(), (8, false, u32::from(n) * 160, &own.octets))).collect::<Vec<_>>()
    };
    let faults = |second: Vec<Frame>| {
        let talk = [spoken(0, 100), key(&own, (44.0, 100), 5, 3, &[160, 320, 480, 640]), second, spoken(114, 900)].concat();
        let all = frames(vec![between("keys", AUDIO, AUDIO)], both(talk));
        let names = ["digits", "digits_total_ms", "digits_mean_ms", "digits_duplicates", "digits_unended", "lost", "payload_types"];
        (cells(&all, &names)[0].clone(), found(&report(&all, ""), "MED-MODE-002"))
    };
    // Each lasts 800 ticks at 8 kHz.
    let whole = "2 200 100 0 0 0 8:886 101:14";
    assert_eq!(faults(key(&own, (44.14, 107), 1, 3, &[160, 320, 480, 640])), (whole.to_owned(), vec![]));
    // The same packet once more is a copy, no third event, and no fault.
    let mut twice = key(&own, (44.14, 107), 1, 3, &[160, 320, 480, 640]);
    twice.insert(3, Frame { micros: twice[2].micros + 900_000, octets: twice[2].octets.clone() });
    assert_eq!(faults(twice), ("2 200 100 1 0 0 8:886 101:14".to_owned(), vec![]));
    let shorter = vec!["alpha: 1 x duration of an event decreases".to_owned()];
    assert_eq!(faults(key(&own, (44.14, 107), 1, 3, &[160, 320, 240, 640])), (whole.to_owned(), shorter));
    let endless = vec!["alpha: 1 x event without a packet with the E bit".to_owned()];
    let keys = key(&own, (44.14, 107), 1, 0, &[160, 320, 480, 640, 800, 960, 1120]);
    assert_eq!(faults(keys.clone()), ("2 240 120 0 1 0 8:886 101:14".to_owned(), endless));
    // The tap may have missed the packets with the E bit.
    assert_eq!(faults(keys[..4].to_vec()), ("2 180 90 0 0 3 8:886 101:11".to_owned(), vec![]));
}

/// RFC 4733 §5: events may come with those before them, in the form of RFC 2198 and under its payload type; they are the same events, and no media.
#[test]
fn keys_that_come_with_those_before_them_are_the_same_keys() {
    let lines = "m=audio 20000 RTP/AVP 8 98 101\na=rtpmap:8 PCMA/8000\na=rtpmap:98 red/8000\na=fmtp:98 101/101/101\n\
        a=rtpmap:101 telephone-event/8000\na=fmtp:101 0-15\n";
    let own = voice(A, B, 1);
    let with = |before: &[[u8; 4]], mut frame: Frame| {
        let mut rtp = frame.octets.split_off(42);
        let event = rtp.split_off(12);
        rtp[1] = rtp[1] & 0x80 | 98;
        before.iter().for_each(|_| rtp.extend([0x80 | 101, 0x19, 0, 4]));
        rtp.push(101);
        before.iter().for_each(|event| rtp.extend(event));
        rtp.extend(event);
        Frame { micros: frame.micros, ..udp(0.0, A, B, &rtp) }
    };
    let spoken = |from: u16, to: u16| {
        (from..to).map(|n| own.packet(42.0, n.into(), (8, false, u32::from(n) * 160, &own.octets))).collect::<Vec<_>>()
    };
    let nine = [9, 0x8a, 0x03, 0x20];
    let pressed = |at, code, before: &[[u8; 4]]| {
        key(&own, at, code, 1, &[160, 320, 480, 640]).into_iter().map(|frame| with(before, frame)).collect::<Vec<_>>()
    };
    let mut talk = spoken(0, 100);
    talk.extend(pressed((44.0, 100), 9, &[]));
    talk.extend(spoken(105, 110));
    talk.extend(pressed((44.2, 110), 1, &[nine]));
    talk.extend(spoken(115, 120));
    talk.extend(pressed((44.4, 120), 1, &[nine, [1, 0x8a, 0x03, 0x20]]));
    talk.extend(spoken(125, 900));
    let all = frames(vec![between("red", lines, lines)], both(talk));
    let names = ["digits", "digits_mean_ms", "digits_unended", "lost", "codec", "jitter_max_ms"];
    let first = cells(&all, &names)[0].clone();
    assert!(first.starts_with("3 100 0 0 PCMA/8000 ") && first.rsplit(' ').next().unwrap().parse::<f64>().unwrap() < 0.01, "{first}");
    assert_eq!(found(&report(&all, ""), "MED-MODE-002"), [""; 0]);
    holds_for_any_cut(&all, "");
}

/// Which keys were pressed is in no report: they may be a PIN.
#[test]
fn keys_are_counted_and_not_told() {
    let own = voice(A, B, 1);
    let press = |(n, code): (u16, u8)| key(&own, (43.0 + f64::from(n), 50 * n), code, 3, &[160, 320, 480, 640]);
    let pressed = (0..).zip([7, 3, 9, 1, 5, 4]).flat_map(press).collect();
    let all = frames(vec![between("pin", AUDIO, AUDIO)], both(pressed));
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (crate::made::write(folder.path(), "made.pcap", &all), folder.path().join("out"));
    let run = |arguments: &[&str]| {
        let mut command = assert_cmd::Command::cargo_bin("speerlint").unwrap();
        String::from_utf8(command.args(arguments).arg(&path).arg("--quiet").output().unwrap().stdout).unwrap()
    };
    run(&["audit", "--out", out.to_str().unwrap()]);
    let calls = run(&["calls", "--format", "jsonl"]);
    assert!(calls.contains("\"digits\":6"), "{calls}");
    let ladder = run(&["flow", "--call-id", "pin"]);
    assert!(
        ladder
            .split_whitespace()
            .filter(|word| *word != "│")
            .collect::<Vec<_>>()
            .join(" ")
            .contains("6 telephone events of 100 ms on average"),
        "{ladder}"
    );
    let texts = ["report.json", "report.html", "streams.csv", "calls.csv"].map(|name| std::fs::read_to_string(out.join(name)).unwrap());
    let told = |text: &str| {
        let bare: String = text.chars().filter(|c| !matches!(c, ' ' | ',' | ';' | '[' | ']' | '"' | '\n')).collect();
        bare.contains("739154")
    };
    assert!(!texts.iter().chain([&calls, &ladder]).any(|text| told(text)));
}

/// RFC 3550 §6.4.1, seen from between the two: 200 ms from the tap to bravo and back, 50 ms to alpha and back.
#[test]
fn the_round_trip_is_that_of_both_sides_of_the_tap() {
    let second = |s: f64| (s * 65_536.0).round() as u32;
    let ntp = |s: f64| [0xe000_0000 + s as u32, ((s.fract() * 4_294_967_296.0) as u32)];
    let middle = |s: f64| {
        let [a, b] = ntp(s);
        a << 16 | b >> 16
    };
    let sent = |at: f64, from: (_, u16), to: (_, u16), by: u32, about: u32, lsr: u32, dlsr: f64| {
        let [high, low] = ntp(at);
        let words = [by, high, low, 0, 100, 16_000, about, 0, 900, 0, lsr, second(dlsr)];
        udp(at, (from.0, 20_001), (to.0, 20_001), &rtcp(1, 200, &words))
    };
    let reports = vec![
        sent(50.0, A, B, 1, 2, 0, 0.0),
        // Bravo had it after 100 ms, waited for 2 s, and 100 ms later it passes the tap.
        sent(52.2, B, A, 2, 1, middle(50.0), 2.0),
        // Alpha had that after 25 ms and waited for 3 s.
        sent(55.25, A, B, 1, 2, middle(52.2), 3.0),
        sent(57.45, B, A, 2, 1, middle(55.25), 2.0),
    ];
    let talk = [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), reports];
    let rows = cells(&frames(vec![between("trip", AUDIO, AUDIO)], talk), &["round_trip_ms"]);
    let near: Vec<bool> = rows.iter().map(|row| (row.parse::<f64>().unwrap() - 250.0).abs() < 0.1).collect();
    assert_eq!(near, [true, true], "{rows:?}");
}

/// RFC 3611 §4.7: what the ends themselves say of how it sounds.
#[test]
fn voip_metrics_are_asked_for_and_believed() {
    let terms = "[media.transport]\nrtcp = \"required\"\nrtcp_xr_voip = \"required\"\n";
    let judge = |metrics: bool| {
        let control = |from: (_, u16), to: (_, u16), by: u32, about: u32, n: u32| {
            let mut octets = rtcp(1, 200, &[by, 0xe000_0000 + n, 0, 0, 100, 16_000, about, 0, 900, 0, 0, 0]);
            if metrics {
                // A round trip of 180 ms, R 81, MOS-LQ 4.0, MOS-CQ 3.9; no level is known (127).
                let block =
                    [0x0700_0008, about, 0, 0, 180 << 16 | 20, 0x7f7f_7f10, 81 << 24 | 127 << 16 | 40 << 8 | 39, 0x0000_003c, 0x0078_00c8];
                octets.extend(rtcp(0, 207, &[&[by][..], &block].concat()));
            }
            udp(42.5 + f64::from(n) * 5.0, (from.0, 20_001), (to.0, 20_001), &octets)
        };
        let reports = (0..4).flat_map(|n| [control(A, B, 1, 2, n), control(B, A, 2, 1, n)]).collect();
        let all = frames(vec![between("xr", AUDIO, AUDIO)], [voice(A, B, 1).send(42.0, 60.0), voice(B, A, 2).send(42.0, 60.0), reports]);
        (cells(&all, &["round_trip_ms"]), found(&report(&all, terms), "MED-RTP-005"))
    };
    assert_eq!(judge(true), (vec!["180".to_owned(); 2], vec![]));
    let missing = |who: &str| format!("{who}: 1 x no XR VoIP metrics");
    assert_eq!(judge(false), (vec![String::new(); 2], vec![missing("alpha"), missing("bravo")]));
}

/// standards.md §8.5: G.711 is rated narrowband, G.722 wideband, and what nobody published values for not at all.
#[test]
fn estimates_of_two_scales_stay_apart_and_unknown_codecs_have_none() {
    let offer = |number: u8, map: &str| format!("m=audio 20000 RTP/AVP {number}\na=rtpmap:{number} {map}\n");
    let judge = |number: u8, map: &str, lost: bool| {
        let mut own = voice(A, B, 1);
        own.payload_type = number;
        own.ticks = if map.contains("48000") { 960 } else { 160 };
        let mut there = own.send(42.0, 60.0);
        let mut n = 0;
        there.retain(|_| {
            n += 1;
            !lost || n % 100 != 50
        });
        let back = Voice { from: B, to: A, ssrc: 2, ..own }.send(42.0, 60.0);
        let all = frames(vec![between("rated", &offer(number, map), &offer(number, map))], [there, back]);
        let report = report(&all, "[performance]\nmin_samples = 1\n[performance.media]\nmos_min = { value = 3.0 }\n");
        let row = report["media"]["directions"].as_array().unwrap().iter().find(|row| row["from"] == "alpha").unwrap().clone();
        let n = ["mos", "mos_wideband"].map(|key| row[key]["n"].as_u64().unwrap());
        (cells(&all, &["mos", "mos_scale"])[0].clone(), n, row["unrated"].as_u64().unwrap(), counts(&report, "PRF-MOS-001")[2] > 0)
    };
    // With 20 ms a packet and 60 ms in the buffer Id = 0.024 · 80 = 1.92, R = 91.28.
    let (first, n, unrated, open) = judge(8, "PCMA/8000", false);
    assert!(
        (first.split(' ').next().unwrap().parse::<f64>().unwrap() - 4.369_084).abs() < 1e-5 && first.ends_with(" narrowband"),
        "{first}"
    );
    assert_eq!((n, unrated, open), ([1, 0], 0, false));
    // Ie,wb 13: R / 1.29 = 116 / 1.29 = 89.92.
    let (first, n, unrated, _) = judge(9, "G722/8000", false);
    assert!((first.split(' ').next().unwrap().parse::<f64>().unwrap() - 4.337_1).abs() < 1e-4 && first.ends_with(" wideband"), "{first}");
    assert_eq!((n, unrated), ([0, 1], 0));
    // With loss nothing is published for G.722, and for Opus never.
    for (number, map, lost) in [(9, "G722/8000", true), (96, "opus/48000/2", false)] {
        assert_eq!(judge(number, map, lost), (" ".to_owned(), [0, 0], 1, true), "{map}");
    }
}

/// RFC 3264 §6.1: each side sends what the other listed; what it sends may differ, and what nobody listed may not be sent.
#[test]
fn what_was_offered_answered_and_sent_stands_side_by_side() {
    let both_laws = "m=audio 20000 RTP/AVP 8 0\na=rtpmap:8 PCMA/8000\na=rtpmap:0 PCMU/8000\n";
    let mu = |payload_type: u8| Voice { payload_type, ..voice(B, A, 2) };
    let judge = |offer: &str, answer: &str, back: Voice, terms: &str| {
        report(&frames(vec![between("codecs", offer, answer)], [voice(A, B, 1).send(42.0, 60.0), back.send(42.0, 60.0)]), terms)
    };
    let asymmetric = judge(both_laws, both_laws, mu(0), "");
    let sent = |report: &serde_json::Value, from: &str, codec: &str| {
        let all = report["codecs"].as_array().unwrap();
        all.iter()
            .find(|row| row["from"] == from && row["codec"] == codec)
            .map(|row| ["offered", "answered", "sent_streams"].map(|key| row[key].as_u64().unwrap()))
    };
    assert_eq!(sent(&asymmetric, "alpha", "PCMA/8000"), Some([1, 0, 1]));
    assert_eq!(sent(&asymmetric, "bravo", "PCMU/8000"), Some([0, 1, 1]));
    assert_eq!(sent(&asymmetric, "bravo", "PCMA/8000"), Some([0, 1, 0]), "answered and never sent");
    assert_eq!(counts(&asymmetric, "MED-CODEC-006"), [2, 0, 0]);
    // Alpha did not offer GSM.
    let foreign = judge(both_laws, both_laws, mu(3), "");
    assert_eq!(found(&foreign, "MED-CODEC-006"), ["bravo: 1 x payload type 3"]);
    // The policy has no GSM either, whatever SDP says.
    let terms = "[media.audio]\nunlisted = \"forbidden\"\n[[media.audio.codec]]\nname = \"PCMA\"\nclock = 8000\nlevel = \"required\"\nptime_ms = [20]\n";
    let with_gsm = "m=audio 20000 RTP/AVP 8 3\na=rtpmap:8 PCMA/8000\na=rtpmap:3 GSM/8000\n";
    assert_eq!(found(&judge(with_gsm, with_gsm, mu(3), terms), "MED-CODEC-002"), ["bravo: 1 x GSM/8000 sent"]);
    // RFC 3264 §6.1: alpha asks for 30 ms, bravo sends 20; and both send what the policy has not.
    let slow = format!("{both_laws}a=ptime:30\n");
    assert_eq!(found(&judge(&slow, both_laws, mu(8), ""), "MED-CODEC-005"), ["bravo: 1 x 20 ms packets of PCMA/8000"]);
    let thirty = Voice { ms: 30, ticks: 240, octets: vec![0xd5; 240], ..mu(8) };
    assert_eq!(found(&judge(both_laws, both_laws, thirty, terms), "MED-CODEC-005"), ["bravo: 1 x 30 ms packets of PCMA/8000"]);
}

/// MED-RTP-003, ACC-ANS-001: an answer behind which somebody speaks late, or never.
#[test]
fn late_media_and_none_at_all_are_told_apart() {
    let terms = format!("{STRICT}[accounting.false_answer]\nanswer_media_s = 3.0\n");
    let judge = |begin: f64| {
        let mut talk = vec![voice(A, B, 1).send(42.0, 60.0)];
        talk.extend((begin < 60.0).then(|| voice(B, A, 2).send(begin, 60.0)));
        let report = report(&frames(vec![between("late", AUDIO, AUDIO)], talk), &terms);
        [found(&report, "ACC-ANS-001"), found(&report, "MED-RTP-003")]
    };
    let silent = || vec!["bravo: 1 x answered, and no media of the answering side within 3 s".to_owned()];
    assert_eq!(judge(44.0), [Vec::<String>::new(), vec![]]);
    assert_eq!(judge(46.0), [silent(), vec![]]);
    assert_eq!(judge(60.0), [silent(), vec!["bravo: 1 x no audio from the callee".to_owned()]]);
}

/// RFC 3550 §8.2: sources that meet their own SSRC leave it; in a second nobody has to have noticed.
#[test]
fn both_sides_with_one_ssrc_collide() {
    let judge = |back: u32, end: f64| {
        let line = "m=audio 20000 RTP/AVP 8\n";
        let all = frames(vec![between("collision", line, line)], [voice(A, B, 7).send(42.2, 59.0), voice(B, A, back).send(42.2, end)]);
        holds_for_any_cut(&all, "");
        found(&report(&all, ""), "MED-RTP-005")
    };
    assert_eq!(judge(7, 59.0), ["both: 1 x both sides send with one SSRC"]);
    assert_eq!(judge(8, 59.0), [""; 0]);
    assert_eq!(judge(7, 43.2), [""; 0]);
}
