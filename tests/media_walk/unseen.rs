//! Takes calls of which the capture lacks a message or the end of one, gives a failure where somebody is blamed for what it said, never a fault.

use crate::made::calls::Call;
use crate::made::program::{PEERS, judged_in};
use crate::made::{Frame, held};
use crate::wire::{A, B, at, begun, between, frames, over, sdp, voice};

const AUDIO: &str = "m=audio 20000 RTP/AVP 8 101\na=rtpmap:8 PCMA/8000\na=rtpmap:101 telephone-event/8000\na=ptime:20\n";

const STRICT: &str = "[media.transport]\nno_media_s = 3\nmax_gap_s = 3.0\nafter_bye_grace_ms = 500\nrogue_min_packets = 60\n\
    [accounting]\nduration_tolerance_s = 2.0\nmissing_bye_idle_s = 20.0\n\
    [[admission.limit]]\nid = \"longest\"\nkind = \"session_seconds\"\nscope = \"direction\"\nvalue = 60\n";

/// Octets of a frame that are kept, of those that lack some: no SIP, a start line, the first headers, most headers, half of the SDP.
const KEPT: [usize; 6] = [0, 70, 150, 250, 450, 600];

/// What is found where the capture lacks each SIP message, or its end.
fn blamed(all: &[Frame]) -> Vec<String> {
    let policy = format!("{PEERS}{STRICT}");
    let whole = || all.iter().map(|frame| (frame, frame.octets.len()));
    let told = |held: &mut dyn Iterator<Item = (&Frame, usize)>| {
        let report = judged_in(&held_of(held), &policy);
        let told = report["findings"].as_array().unwrap().iter().filter(|finding| {
            let (rule, observed) = (finding["rule"].as_str().unwrap(), finding["observed"].as_str().unwrap());
            // An answer that was not seen is one that did not come, for all that the capture tells; and the capture itself lacks something.
            !rule.starts_with("CAP-") && !rule.starts_with("TXN-") && observed != "BYE never answered"
        });
        told.map(|finding| format!("{} {}", finding["rule"], finding["observed"])).collect::<Vec<_>>()
    };
    assert_eq!(told(&mut whole()), [""; 0], "nothing is wrong with the whole");
    let messages = all.iter().enumerate().filter(|(_, frame)| frame.octets.windows(7).any(|octets| octets == b"SIP/2.0"));
    let mut blamed = Vec::new();
    for ((at, message), kept) in messages.flat_map(|message| KEPT.map(|kept| (message, kept))) {
        if kept < message.octets.len() {
            let found = told(
                &mut whole()
                    .enumerate()
                    .filter(|(n, _)| *n != at || kept > 0)
                    .map(|(n, (frame, length))| (frame, if n == at { kept } else { length })),
            );
            let start = String::from_utf8_lossy(&message.octets[42..]).lines().next().unwrap().to_owned();
            blamed.extend(
                found.into_iter().map(|found| format!("{start} at {} s, {kept} octets: {found}", message.micros / 1_000_000 % 1_000)),
            );
        }
    }
    blamed
}

fn held_of(frames: &mut dyn Iterator<Item = (&Frame, usize)>) -> Vec<u8> {
    held(1, frames)
}

/// Both sides talk, in packets whose source has this number.
fn talk(ssrc: u32, from: f64, to: f64) -> [Vec<Frame>; 2] {
    [voice(A, B, ssrc).send(from, to), voice(B, A, ssrc + 1).send(from, to)]
}

/// A call from the same ports as the one before, so long after it.
fn following(pause: f64) -> Call {
    let mut call = Call::new("second");
    let at = |seconds: f64| 60.0 + pause + seconds;
    call.sdp = sdp(AUDIO);
    call.invite(at(0.0)).answer(at(0.4), 180).answer(at(0.6), 200).ack(at(0.7));
    over(call, at(20.0))
}

#[test]
fn who_talks_in_a_call_that_was_half_seen_does_not_go_on_with_the_one_before() {
    for (pause, ssrc) in [(0.3, 3), (5.0, 3), (5.0, 1)] {
        let begin = 60.7 + pause;
        let media = [talk(1, 42.1, 60.0), talk(ssrc, begin, begin + 19.3)];
        let all = frames(vec![between("first", AUDIO, AUDIO), following(pause)], media.into_iter().flatten());
        assert_eq!(blamed(&all), [""; 0], "after {pause} s, source {ssrc}");
    }
}

/// A re-INVITE of the caller with these bodies of media, answered and acknowledged.
fn re_offer(call: &mut Call, at: f64, cseq: u32, media: &str) {
    call.sdp = sdp(media).replace("- 1 1", &format!("- 1 {cseq}"));
    call.request(at, "INVITE", cseq, true, "X-In-Dialog\r\n").response(at + 0.1, 200, "INVITE", cseq, true, "");
    call.sdp = String::new();
    call.request(at + 0.2, "ACK", cseq, true, "");
}

#[test]
fn what_a_re_offer_changed_is_not_known_where_half_of_it_passed_unseen() {
    let mut call = begun("held", AUDIO, AUDIO);
    re_offer(&mut call, 48.0, 2, &format!("{AUDIO}a=inactive\n"));
    re_offer(&mut call, 56.0, 3, &format!("{AUDIO}a=sendrecv\n"));
    call.request(60.0, "BYE", 4, true, "").response(60.1, 200, "BYE", 4, true, "");
    let media = [talk(1, 42.1, 48.0), talk(1, 56.1, 60.0)];
    assert_eq!(blamed(&frames(vec![call], media.into_iter().flatten())), [""; 0]);
}

#[test]
fn a_hold_that_lasts_to_the_end_and_a_port_that_moves_may_pass_unseen() {
    let mut held = begun("held", AUDIO, AUDIO);
    re_offer(&mut held, 48.0, 2, &format!("{AUDIO}a=inactive\n"));
    held.request(80.0, "BYE", 3, true, "").response(80.1, 200, "BYE", 3, true, "");
    assert_eq!(blamed(&frames(vec![held], talk(1, 42.1, 48.0))), [""; 0]);

    let mut moved = begun("moved", AUDIO, AUDIO);
    re_offer(&mut moved, 48.0, 2, &AUDIO.replace("20000", "20004"));
    moved.request(60.0, "BYE", 3, true, "").response(60.1, 200, "BYE", 3, true, "");
    let ([a, b], [c, d]) = (
        talk(1, 42.1, 48.1),
        [(A, B, 1), (B, A, 2)].map(|(from, to, ssrc)| voice(at(from, 20_004), at(to, 20_004), ssrc).send(48.12, 60.0)),
    );
    assert_eq!(blamed(&frames(vec![moved], [a, b, c, d])), [""; 0]);
}
