//! Takes calls that the capture begins or ends in, gives a failure where a rule judges what lies beyond, never a message that is cut.

use crate::made::calls::{Call, call, capture};
use crate::made::program::{PEERS, judged, judged_by, judged_in};
use crate::made::tcp::{Connection, said};
use crate::made::{Frame, held};
use crate::message::request;
use crate::report::{counts, found, reasons};

fn boundary() -> [(String, u64); 1] {
    [("boundary".to_owned(), 1)]
}

/// RFC 3261 §13.3.1.4: an ACK has 64·T1, which is 32 s.
#[test]
pub(crate) fn an_ack_that_may_still_come() {
    let rule = "TXN-ACK-001";
    let unacknowledged = |end: f64| {
        let mut call = Call::new("silent");
        call.invite(0.0).answer(1.0, 180).answer(2.0, 200);
        judged(&capture(vec![call], end), "")
    };
    assert_eq!(reasons(&unacknowledged(30.0), rule), boundary());
    assert_eq!(found(&unacknowledged(60.0), rule), [("alpha", "no ACK", 1)]);
    assert_eq!(counts(&judged(&capture(vec![call("whole")], 60.0), ""), rule), [1, 0, 0]);
}

/// Nobody is blamed for a direction that the tap does not see, where the other shows that it was used; nor for a response that is ahead of its
/// request by as much as the clocks of two taps may differ.
#[test]
fn half_of_a_call_and_taps_that_disagree() {
    let blamed = |mut frames: Vec<Frame>| {
        frames.extend(capture(Vec::new(), 60.0));
        frames.sort_by_key(|frame| frame.micros);
        let report = judged_by(&frames, "schema = 1\n");
        let rows = report["rules"].as_array().unwrap().iter().filter(|row| row["violation"] != 0);
        let ids = rows.map(|row| row["id"].as_str().unwrap().to_owned());
        ids.filter(|id| ["TXN-", "DLG-", "ACC-BYE-"].iter().any(|family| id.starts_with(family))).collect::<Vec<_>>()
    };
    for (n, make) in crate::cut::calls().into_iter().enumerate() {
        let frames = make("half").frames;
        let sources: Vec<&[u8]> = frames.iter().map(|frame| &frame.octets[26..30]).collect();
        for source in [sources[0], sources[1]] {
            let of_one = frames.iter().zip(&sources).filter(|(_, own)| **own == source).map(|(frame, _)| frame.clone());
            assert_eq!(blamed(of_one.collect()), [""; 0], "call {n}, one side");
        }
        let request = |at: usize| !frames[at].octets[42..].starts_with(b"SIP/");
        for at in (0..frames.len() - 1).filter(|&at| request(at) && !request(at + 1)) {
            let mut ahead = frames.clone();
            ahead[at + 1].micros = frames[at].micros - 500;
            assert_eq!(blamed(ahead), [""; 0], "call {n}, message {at} behind the next");
        }
    }
}

/// Octets of a stream that were acknowledged and not captured, whole segments or the ends of them, may have been the message that is missing.
#[test]
fn messages_in_the_holes_of_a_stream() {
    for (n, make) in crate::cut::calls().into_iter().enumerate() {
        let all = said(&make("stream"));
        for (lost, kept) in (0..all.len()).flat_map(|lost| [0, 40, 150].map(|kept| (lost, kept))) {
            let mut wire = Connection::open(0.0);
            let mut held_of: Vec<usize> = Vec::new();
            for (at, (time, from_alpha, octets)) in all.iter().enumerate() {
                let before = wire.frames.len();
                wire = wire.send(time + 0.1, *from_alpha, octets).acknowledge(time + 0.101, !from_alpha);
                // Ethernet, IPv4 and TCP have 54 octets.
                let most = if at == lost { 54 + kept } else { usize::MAX };
                held_of.resize(before, usize::MAX);
                held_of.push(most);
            }
            let frames = wire.frames.iter().cloned().enumerate().map(|(at, frame)| (frame, held_of.get(at).copied().unwrap_or(usize::MAX)));
            let mut frames: Vec<_> = frames.filter(|(_, most)| *most > 54).collect();
            frames.extend(capture(Vec::new(), 60.0).into_iter().map(|frame| (frame, usize::MAX)));
            let report = judged_in(&held(1, frames.iter().map(|(frame, most)| (frame, *most))), "schema = 1\n");
            let rows = report["rules"].as_array().unwrap().iter().filter(|row| row["violation"] != 0);
            let ids = rows.map(|row| row["id"].as_str().unwrap());
            let blamed: Vec<_> = ids.filter(|id| ["TXN-", "DLG-", "ACC-BYE-"].iter().any(|family| id.starts_with(family))).collect();
            assert_eq!(blamed, [""; 0], "call {n}, message {lost}, {kept} octets of it");
        }
    }
}

/// RFC 3261 §9.2: what was cancelled ends with a final response.
#[test]
pub(crate) fn a_cancelled_call_that_may_still_end() {
    let rule = "TXN-CANCEL-001";
    let cancelled = |ends: bool, end: f64| {
        let mut call = Call::new("given-up");
        call.invite(0.0).answer(1.0, 180).request(5.0, "CANCEL", 1, true, "").response(5.03, 200, "CANCEL", 1, true, "");
        if ends {
            call.answer(5.05, 487);
        }
        judged(&capture(vec![call], end), "")
    };
    assert_eq!(counts(&cancelled(true, 60.0), rule), [1, 0, 0]);
    assert_eq!(reasons(&cancelled(false, 20.0), rule), boundary());
    let broken = cancelled(false, 300.0);
    assert_eq!(found(&broken, rule), [("bravo", "no final response to INVITE after an accepted CANCEL", 1)]);
}

/// RFC 3261 §17.1.1.2: TCP loses nothing, so nothing is sent again.
#[test]
pub(crate) fn requests_over_tcp_are_sent_once() {
    let rule = "TXN-RETX-001";
    let over_tcp = |call: &Call, again: bool, end: f64| {
        let (first, rest) = said(call).split_first().map(|(first, rest)| (first.clone(), rest.to_vec())).unwrap();
        let mut wire = Connection::open(0.0).send(first.0 + 0.1, first.1, &first.2);
        if again {
            wire = wire.send(first.0 + 0.6, first.1, &first.2);
        }
        let wire = rest.iter().fold(wire, |wire, (at, from_alpha, octets)| wire.send(at + 0.1, *from_alpha, octets));
        let mut frames = wire.frames;
        frames.extend(capture(Vec::new(), end));
        judged(&frames, "")
    };
    // INVITE and BYE; the ACK to a 2xx is no transaction.
    assert_eq!(counts(&over_tcp(&call("once"), false, 60.0), rule), [2, 0, 0]);
    let again = over_tcp(&call("twice"), true, 60.0);
    assert_eq!(found(&again, rule), [("alpha", "request sent again over TCP", 1)]);
    let mut rings = Call::new("rings");
    rings.invite(0.0).answer(1.0, 180);
    assert_eq!(reasons(&over_tcp(&rings, false, 10.0), rule), boundary(), "it may still be sent again");
}

/// RFC 4028 §10: who refreshes has the interval for it, and the other side hangs up when it is over.
#[test]
pub(crate) fn session_timers_run_out() {
    let rule = "DLG-TIMER-002";
    let timed = |refreshed: bool, hangs_up: Option<f64>, end: f64| {
        let mut call = Call::new("timed");
        let timer = "Session-Expires: 90;refresher=uac\r\n";
        call.request(0.0, "INVITE", 1, true, &format!("Supported: timer\r\n{timer}"));
        call.response(1.0, 200, "INVITE", 1, true, timer).ack(1.1);
        if refreshed {
            call.request(45.0, "UPDATE", 2, true, &format!("X-In-Dialog: 1\r\nSupported: timer\r\n{timer}"));
            call.response(45.1, 200, "UPDATE", 2, true, timer);
        }
        if let Some(at) = hangs_up {
            call.request(at, "BYE", 3, true, "").response(at + 0.1, 200, "BYE", 3, true, "");
        }
        judged(&capture(vec![call], end), "")
    };
    assert_eq!(counts(&timed(true, Some(100.0), 200.0), rule), [1, 0, 0], "refreshed at 45 s, so it runs until 135 s");
    assert_eq!(found(&timed(false, None, 300.0), rule), [("alpha", "no refresh by the caller's side", 1)]);
    assert_eq!(reasons(&timed(false, None, 60.0), rule), boundary());
}

/// Sessions that stood before the capture count too, and nobody knows how many there are.
#[test]
pub(crate) fn sessions_at_once_begun_before() {
    let rule = "CAC-CONC-001";
    let limit = "[[admission.limit]]\nid = \"c\"\nkind = \"concurrent\"\nscope = \"direction\"\nbasis = \"confirmed\"\nvalue = 2\n";
    let older = |frames: Vec<Frame>| {
        let mut old = Call::new("older");
        old.bye(1.0, true).bye_answer(1.1, 200, true);
        judged(&[old.frames, frames].concat(), limit)
    };
    assert_eq!(counts(&judged(&capture(vec![call("one")], 60.0), limit), rule), [1, 0, 0]);
    assert_eq!(reasons(&older(capture(vec![call("one")], 60.0)), rule), boundary());
    let three = || ["one", "two", "three"].map(call).to_vec();
    assert_eq!(counts(&judged(&capture(three(), 60.0), limit), rule), [0, 1, 0]);
    assert_eq!(counts(&older(capture(three(), 60.0)), rule), [0, 1, 0], "more than agreed is more, whatever came before");
}

/// What admits a call may stand in what the tap left out of its INVITE.
#[test]
pub(crate) fn admission_of_a_cut_invite() {
    let rule = "CAC-ADM-001";
    let terms = format!("{PEERS}[admission]\nrequire = {{ min_attest = \"C\" }}\n");
    let frames = capture(vec![call("cut")], 60.0);
    assert_eq!(counts(&judged_by(&frames, &terms), rule), [0, 1, 0], "admitted without attestation");
    let before_contact = frames[0].octets.windows(8).position(|word| word == b"Contact:").unwrap();
    let cut = held(1, frames.iter().enumerate().map(|(n, frame)| (frame, if n == 0 { before_contact } else { usize::MAX })));
    assert_eq!(reasons(&judged_in(&cut, &terms), rule), [("truncated".to_owned(), 1)]);
}

/// An element that takes no dialogs may take requests inside them: which one it is stands in To.
#[test]
pub(crate) fn an_element_out_of_its_role() {
    let rule = "NET-SBE-003";
    let terms = PEERS.replacen(
        "name = \"bravo-sbe\"\n  addresses = [\"198.51.100.32/28\"]\n  roles = [\"ingress\", \"egress\"]",
        "name = \"bravo-sbe\"\n  addresses = [\"198.51.100.32/28\"]\n  roles = [\"egress\"]",
        1,
    );
    let said = request(0.0, "out-of-role", "INVITE", "", "");
    assert_eq!(counts(&judged_by(&[said.frame()], &terms), rule), [0, 1, 0]);
    let before_to = 42 + said.text.find("To:").unwrap();
    let cut = held(1, [(&said.frame(), before_to)].into_iter());
    assert_eq!(reasons(&judged_in(&cut, &terms), rule), [("truncated".to_owned(), 1)]);
}
