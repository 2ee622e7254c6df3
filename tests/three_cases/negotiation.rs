//! Takes offers and answers, gives a failure where what became of an offer is not told, never a stream.

use crate::made::calls::{call, capture};
use crate::made::program::{PEERS, judged, judged_in};
use crate::made::{EPOCH, Frame, held};
use crate::message::{Said, frames, identity, request, response, sdp};
use crate::report::{counts, found, reasons};

/// RFC 3261 §13.2.1: SDP in a 18x that is sent unreliably is the same as in the 2xx.
#[test]
pub(crate) fn an_early_answer_is_the_answer() {
    let rule = "SDP-OA-006";
    let early = |changed: bool| {
        let mut early = call("early");
        early.frames.clear();
        early.invite(0.0).answer(1.0, 183);
        if changed {
            early.sdp = early.sdp.replace("RTP/AVP 8 101", "RTP/AVP 8");
        }
        early.answer(2.0, 200).ack(2.1).bye(10.0, true).bye_answer(10.1, 200, true);
        judged(&capture(vec![early], 60.0), "")
    };
    assert_eq!(counts(&early(false), rule), [1, 0, 0]);
    assert_eq!(found(&early(true), rule), [("bravo", "answer differs from the SDP of an earlier 18x", 1)]);
}

const AUDIO: &str = "m=audio 20000 RTP/AVP 8 101\na=rtpmap:101 telephone-event/8000\n";
const LATER: &str = "m=audio 20000 RTP/AVP 8\n";
const DESCRIBED: &str = "Content-Type: application/sdp\n";

/// A description of alpha's (`a`), of bravo's (`b`), or none, and the line that tells of it.
fn body(whose: char, media: &str) -> (&'static str, String) {
    match whose {
        'a' => (DESCRIBED, sdp("192.0.2.70", media)),
        'b' => (DESCRIBED, sdp("198.51.100.70", media)),
        _ => ("", String::new()),
    }
}

/// The INVITE of a call, with a description or without.
fn invite(whose: char) -> Said {
    let (line, body) = body(whose, AUDIO);
    request(0.0, "turns", "INVITE", &format!("Supported: 100rel, timer\n{line}"), &body)
}

/// Bravo's response to it.
fn answer(at: f64, code: u16, reliable: bool, whose: char, media: &str) -> Said {
    let (line, body) = body(whose, media);
    let lines = if reliable { format!("Require: 100rel\nRSeq: 7\n{line}") } else { line.to_owned() };
    response(at, "turns", code, "INVITE", &lines, &body)
}

/// A request inside the dialog, and its response where it has a code: who sends it, its CSeq and method, what each says.
fn inside(at: f64, by_alpha: bool, cseq_method: &str, whose: char, answered: Option<(u16, char)>) -> Vec<Said> {
    let method = cseq_method.split(' ').nth(1).unwrap();
    let turned = |said: Said, is_request: bool| {
        let text = said
            .text
            .replace("bravo.example>\r\n", "bravo.example>;tag=b-turns\r\n")
            .replace(&format!("CSeq: 1 {method}"), &format!("CSeq: {cseq_method}"));
        let text = text.replace(&format!("-{method}\r\n"), &format!("-{}\r\n", cseq_method.replace(' ', "-")));
        let text = if by_alpha { text } else { text.replace("From: ", "X: ").replace("To: ", "From: ").replace("X: ", "To: ") };
        Said { text, from_alpha: is_request == by_alpha, ..said }
    };
    let rack = if method == "PRACK" { "RAck: 7 1 INVITE\n" } else { "" };
    let (line, offer) = body(whose, LATER);
    let mut said = vec![turned(request(at, "turns", method, &format!("{rack}{line}"), &offer), true)];
    said.extend(answered.map(|(code, whose)| {
        let (line, body) = body(whose, LATER);
        turned(response(at + 0.1, "turns", code, method, line, &body), false)
    }));
    said
}

fn of_turns(said: &[&[Said]]) -> serde_json::Value {
    judged(&frames(&said.concat()), "")
}

/// RFC 3261 §13.2.1, RFC 3262 §5, RFC 3311 §5: each offer has a last message that can answer it.
#[test]
pub(crate) fn an_offer_is_answered_in_its_turn() {
    let rule = "SDP-OA-006";
    let ack = |whose| inside(2.1, true, "1 ACK", whose, None);
    let missing = |by: &'static str| vec![(by, "no answer to the pending offer", 1)];
    // The six patterns of RFC 6337 §2.2, each kept, and each without the answer.
    let prack = |whose, back| inside(0.5, true, "2 PRACK", whose, Some((200, back)));
    let update = |back| inside(1.0, true, "3 UPDATE", 'a', Some((200, back)));
    for (said, kept, broken) in [
        ([vec![invite('a')], vec![answer(2.0, 200, false, 'b', AUDIO)], ack('-')].concat(), 1, vec![]),
        ([vec![invite('a')], vec![answer(2.0, 200, false, '-', AUDIO)], ack('-')].concat(), 0, missing("bravo")),
        ([vec![invite('-')], vec![answer(2.0, 200, false, 'b', AUDIO)], ack('a')].concat(), 1, vec![]),
        ([vec![invite('-')], vec![answer(2.0, 200, false, 'b', AUDIO)], ack('-')].concat(), 0, missing("alpha")),
        (
            [vec![invite('a')], vec![answer(0.2, 183, true, 'b', AUDIO)], prack('-', '-'), vec![answer(2.0, 200, false, '-', "")]].concat(),
            1,
            vec![],
        ),
        (
            [vec![invite('-')], vec![answer(0.2, 183, true, 'b', AUDIO)], prack('a', '-'), vec![answer(2.0, 200, false, '-', "")]].concat(),
            1,
            vec![],
        ),
        (
            [vec![invite('-')], vec![answer(0.2, 183, true, 'b', AUDIO)], prack('-', '-'), vec![answer(2.0, 200, false, '-', "")]].concat(),
            0,
            missing("alpha"),
        ),
        (
            [vec![invite('a')], vec![answer(0.2, 183, true, 'b', AUDIO)], prack('a', 'b'), vec![answer(2.0, 200, false, '-', "")]].concat(),
            2,
            vec![],
        ),
        (
            [vec![invite('a')], vec![answer(0.2, 183, true, 'b', AUDIO)], prack('a', '-'), vec![answer(2.0, 200, false, '-', "")]].concat(),
            1,
            missing("bravo"),
        ),
        (
            [
                vec![invite('a')],
                vec![answer(0.2, 183, true, 'b', AUDIO)],
                prack('-', '-'),
                update('b'),
                vec![answer(2.0, 200, false, '-', "")],
            ]
            .concat(),
            2,
            vec![],
        ),
        (
            [
                vec![invite('a')],
                vec![answer(0.2, 183, true, 'b', AUDIO)],
                prack('-', '-'),
                update('-'),
                vec![answer(2.0, 200, false, '-', "")],
            ]
            .concat(),
            1,
            missing("bravo"),
        ),
        // What the receiver is to ignore: SDP in an ACK that answers nothing, other SDP after the answer.
        (
            [vec![invite('a')], vec![answer(2.0, 200, false, 'b', AUDIO)], ack('a')].concat(),
            1,
            vec![("alpha", "SDP that is neither offer nor answer", 1)],
        ),
        (
            [vec![invite('a')], vec![answer(0.2, 183, true, 'b', AUDIO)], prack('-', '-'), vec![answer(2.0, 200, false, 'b', LATER)]]
                .concat(),
            1,
            vec![("bravo", "SDP in a later response differs from the answer", 1)],
        ),
    ] {
        let report = of_turns(&[&said]);
        assert_eq!(
            (counts(&report, rule)[0], found(&report, rule)),
            (kept, broken),
            "{:#?}",
            said.iter().map(|s| &s.text).collect::<Vec<_>>()
        );
        assert_eq!(reasons(&report, rule), []);
    }
}

/// Who hunts with several INVITEs at a time has an answer to each, and none of them is another one's.
#[test]
fn an_answer_to_each_of_several_invites() {
    let second = |said: Said| {
        let text = said.text.replace("CSeq: 1 INVITE", "CSeq: 2 INVITE").replace("-INVITE\r\n", "-2-INVITE\r\n");
        Said { at: said.at + 0.05, text, ..said }
    };
    let said = [invite('a'), second(invite('a')), answer(1.0, 200, false, 'b', AUDIO), second(answer(1.0, 200, false, 'b', LATER))];
    let report = of_turns(&[&said, &inside(1.2, true, "1 ACK", '-', None), &inside(1.3, true, "2 ACK", '-', None)]);
    assert_eq!(found(&report, "SDP-OA-006"), []);
}

/// Where the answer may stand in what the capture does not hold, nobody misses it.
#[test]
pub(crate) fn an_answer_that_may_have_passed() {
    let rule = "SDP-OA-006";
    // The reliable response is cut, or went past the tap: its PRACK tells of it.
    let said = [
        vec![invite('a'), answer(0.2, 183, true, 'b', AUDIO)],
        inside(0.5, true, "2 PRACK", '-', Some((200, '-'))),
        vec![answer(2.0, 200, false, '-', "")],
    ]
    .concat();
    let lengths: Vec<(Frame, usize)> = said
        .iter()
        .enumerate()
        .map(|(n, s)| (s.frame(), if n == 1 { 42 + s.text.find("RSeq").unwrap() + 9 } else { usize::MAX }))
        .collect();
    let cut = judged_in(&held(1, lengths.iter().map(|(frame, most)| (frame, *most))), PEERS);
    let unseen = of_turns(&[&said[..1], &said[2..]]);
    for report in [&cut, &unseen] {
        assert_eq!((counts(report, rule), reasons(report, rule)), ([0, 0, 1], vec![("truncated".to_owned(), 1)]));
    }
}

/// RFC 3261 §14.2, RFC 3311 §5.2: of two offers that cross, the later is refused.
#[test]
pub(crate) fn offers_that_cross() {
    let rule = "SDP-OA-006";
    let call = [vec![invite('a'), answer(1.0, 200, false, 'b', AUDIO)], inside(1.1, true, "1 ACK", '-', None)].concat();
    let crossed = |code: u16| {
        let first = inside(5.0, true, "2 INVITE", 'a', Some((491, '-')));
        let second = inside(5.05, false, "1 UPDATE", 'b', Some((code, if code == 200 { 'a' } else { '-' })));
        of_turns(&[&call, &first[..1], &second, &first[1..]])
    };
    assert_eq!((counts(&crossed(491), rule), counts(&crossed(500), rule)), ([2, 0, 0], [2, 0, 0]));
    assert_eq!(found(&crossed(200), rule), [("alpha", "offer taken while another was pending", 1)]);
    // Refused for another reason: nothing was taken, and nothing is said of its turn.
    assert_eq!(counts(&crossed(488), rule), [1, 0, 0]);
    // After the time in which the first could be answered, the second crosses nothing.
    let silent = inside(5.0, true, "2 UPDATE", 'a', None);
    let late = inside(60.0, false, "1 UPDATE", 'b', Some((200, 'a')));
    assert_eq!(counts(&of_turns(&[&call, &silent, &late]), rule), [2, 0, 0]);
}

/// RFC 8225 §5.2.2: a signed fingerprint that is another in SDP was altered on the way.
#[test]
pub(crate) fn fingerprints_that_were_signed() {
    let rule = "SDP-OA-008";
    let terms = "[media.security]\nattribute_transparency = \"required\"\n";
    let offered = |mky: &str| {
        let claims = format!("{{\"dest\":{{\"tn\":[\"4420555000\"]}},\"iat\":{},{mky}\"orig\":{{\"tn\":\"4930111\"}}}}", EPOCH / 1_000_000);
        let media = "m=audio 20000 UDP/TLS/RTP/SAVP 8\na=setup:actpass\na=fingerprint:sha-256 02:1A:CC\n";
        let lines = format!("{}Content-Type: application/sdp\n", identity("shaken", &claims));
        judged(&frames(&[request(0.0, "one", "INVITE", &lines, &sdp("192.0.2.70", media))]), terms)
    };
    let mky = |digest: &str| format!("\"mky\":[{{\"alg\":\"sha-256\",\"dig\":\"{digest}\"}}],");
    assert_eq!(counts(&offered(&mky("021ACC")), rule), [1, 0, 0]);
    assert_eq!(counts(&offered(&mky("FF1ACC")), rule), [0, 2, 0], "one is missing, and one that nobody signed is there");
    assert_eq!(reasons(&offered(""), rule), [("no-aux-input".to_owned(), 1)]);
}
