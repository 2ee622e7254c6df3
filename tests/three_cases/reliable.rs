//! Takes calls that ring reliably, gives a failure where a missing acknowledgement is not told, never a retransmission.

use crate::made::calls::{Call, capture};
use crate::made::program::judged;
use crate::report::{counts, found};

/// RFC 3262 §3, §4: each reliable provisional response is numbered, and acknowledged by a PRACK that names it.
#[test]
pub(crate) fn reliable_provisional_responses_are_acknowledged() {
    let rule = "DLG-REL-001";
    // Ringing reliably with one RSeq after another, each acknowledged with what is given for RAck.
    let rings = |name: &str, at: f64, rung: &[(u32, Option<&str>)]| {
        let mut call = Call::new(name);
        call.request(at, "INVITE", 1, true, "Supported: 100rel\r\n");
        for ((number, rack), n) in rung.iter().zip(0_u32..) {
            let at = at + 0.5 + f64::from(n);
            call.response(at, if n == 0 { 183 } else { 180 }, "INVITE", 1, true, &format!("Require: 100rel\r\nRSeq: {number}\r\n"));
            if let Some(rack) = rack {
                call.request(at + 0.1, "PRACK", 2 + n, true, &format!("X-In-Dialog: 1\r\nRAck: {rack}\r\n"));
                call.response(at + 0.2, 200, "PRACK", 2 + n, true, "");
            }
        }
        call.answer(at + 4.0, 200).ack(at + 4.1).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
        call
    };
    let kept = rings("kept", 0.0, &[(776_656, Some("776656 1 INVITE")), (776_657, Some("776657 1 INVITE"))]);
    let skips = rings("skips", 10.0, &[(5, Some("5 1 INVITE")), (7, Some("7 1 INVITE"))]);
    let misnamed = rings("misnamed", 20.0, &[(30, Some("31 1 INVITE"))]);
    let silent = rings("silent", 30.0, &[(40, None)]);
    let report = judged(&capture(vec![kept, skips, misnamed, silent], 120.0), "");
    let mut all = found(&report, rule);
    all.sort_unstable();
    assert_eq!(all, [("alpha", "no PRACK for a reliable 1xx", 2), ("bravo", "RSeq is not one more than the last", 1)]);
    // Each of six responses has its number; of four calls one is in order.
    assert_eq!(counts(&report, rule), [6 + 1, 3, 0]);

    // A capture that ends before the time for the PRACK does, and a call that fails meanwhile.
    let report = judged(&capture(vec![rings("cut", 0.0, &[(40, None)])], 20.0), "");
    assert_eq!(counts(&report, rule), [1, 0, 1]);
}
