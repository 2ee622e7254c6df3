//! Takes offers and answers, gives a failure where what became of an offer is not told, never a stream.

use crate::made::EPOCH;
use crate::made::calls::{call, capture};
use crate::made::program::judged;
use crate::message::{frames, identity, request, sdp};
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
