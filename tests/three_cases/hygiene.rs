//! Takes policies that do not fit their capture, gives a failure where that is not told, never a call that breaks one.

use crate::made::Frame;
use crate::made::calls::{call, capture};
use crate::made::program::{PEERS, judged, judged_by};
use crate::report::{counts, found, reasons};

fn one_call() -> Vec<Frame> {
    capture(vec![call("one")], 60.0)
}

fn too_small() -> [(String, u64); 1] {
    [("sample-too-small".to_owned(), 1)]
}

/// Made captures are of 2026-11-14, 10:00.
#[test]
pub(crate) fn policies_are_in_force_for_a_while() {
    let rule = "POL-VALID-001";
    let until = |day: &str| PEERS.replacen("id = \"made\"", &format!("id = \"made\"\neffective_until = {day}T00:00:00Z"), 1);
    assert_eq!(counts(&judged_by(&one_call(), &until("2026-11-15")), rule), [1, 0, 0]);
    assert_eq!(counts(&judged_by(&one_call(), &until("2026-11-14")), rule), [0, 1, 0]);
    assert_eq!(reasons(&judged_by(&[], &until("2026-11-14")), rule), too_small());
}

/// A waiver that is needed, one that ran out the day before, one that covers nothing, and a capture without a frame.
#[test]
pub(crate) fn waivers_do_something_and_run_out() {
    let rule = "POL-WAIVER-001";
    let terms = |covers: &str, expires: &str| {
        format!(
            "[sip.methods]\nBYE = \"forbidden\"\n[[waiver]]\nid = \"W-1\"\nrules = [\"{covers}\"]\nreason = \"until it is replaced\"\n\
             owner = \"noc@alpha.example\"\ngranted = 2026-11-01T00:00:00Z\nexpires = {expires}T00:00:00Z\n"
        )
    };
    assert_eq!(counts(&judged(&one_call(), &terms("SIP-METHOD-001", "2026-12-01")), rule), [1, 0, 0]);
    let expired = judged(&one_call(), &terms("SIP-METHOD-001", "2026-11-13"));
    assert!(found(&expired, rule)[0].1.contains("expired"), "{:?}", found(&expired, rule));
    let orphan = judged(&one_call(), &terms("SIP-URI-001", "2026-12-01"));
    assert!(found(&orphan, rule)[0].1.contains("covered nothing"), "{:?}", found(&orphan, rule));
    assert_eq!(reasons(&judged(&[], &terms("SIP-METHOD-001", "2026-12-01")), rule), too_small());
}

#[test]
pub(crate) fn what_is_declared_is_seen() {
    let rule = "POL-STALE-001";
    let terms = "[report]\nreport_unused = true\n";
    assert_eq!(counts(&judged(&one_call(), terms), rule), [1, 0, 0]);
    let idle = format!("{}{terms}", PEERS.replacen("198.51.100.32/28", "203.0.113.0/28", 1));
    let report = judged_by(&one_call(), &idle);
    assert_eq!(found(&report, rule).iter().map(|f| f.1).collect::<Vec<_>>(), ["border element bravo-sbe never seen"]);
    assert_eq!(reasons(&judged(&[], terms), rule), too_small());
}
