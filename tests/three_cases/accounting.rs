//! Takes calls as fraud and faults of accounting make them, gives a failure where they are not told, never a duration.

use crate::made::calls::{Call, capture};
use crate::made::program::judged;
use crate::report::{counts, found};

/// Calls that are answered at once and without ringing, calls that ring first, and a capture that ends before media had to come.
#[test]
pub(crate) fn answers_that_nobody_gives_are_told() {
    let rule = "ACC-ANS-001";
    let terms = "[accounting]\nfalse_answer = { fas_ms = 300, answer_media_s = 3, short_call_s = 6, min_cluster = 2 }\n";
    let calls = |rings: bool, end: f64| {
        let call = |n: u32| {
            let at = f64::from(n) * 20.0;
            let mut call = Call::new(&format!("call-{n}"));
            call.invite(at);
            if rings {
                call.answer(at + 0.05, 180);
            }
            call.answer(at + 0.1, 200).ack(at + 0.2).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
            call
        };
        capture((0..4).map(call).collect(), end)
    };
    let report = judged(&calls(false, 200.0), terms);
    assert!(found(&report, rule).iter().any(|f| f.0 == "bravo" && f.1.contains("without ringing")), "{:?}", found(&report, rule));
    let report = judged(&calls(true, 200.0), terms);
    assert_eq!(found(&report, rule), []);
    let [kept, _, open] = counts(&report, rule);
    assert!(kept > 0 && open == 4, "no media of these calls passes the tap: {:?}", counts(&report, rule));
}
