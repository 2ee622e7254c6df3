//! Takes the timelines of the worked oracles, gives their frames, never their results.

use super::Frame;
use super::calls::{Call, capture};

/// Oracle M of `standards.md` §8.3.1: thirteen session requests in 300 s.
pub fn m() -> Vec<Frame> {
    let call = |name: &str| Call::new(name);
    let mut calls = Vec::new();

    let mut m1 = call("m1");
    m1.invite(0.0).answer(0.05, 100).answer(1.2, 180).answer(4.7, 200).ack(4.75).bye(64.7, true).bye_answer(64.76, 200, true);
    calls.push(m1);

    let mut m2 = call("m2");
    m2.invite(10.0).answer(10.04, 407).again(10.06, "Proxy-Authorization: Digest username=\"alpha\", response=\"r\"\r\n");
    m2.answer(10.08, 100).answer(11.56, 183).answer(15.0, 200).ack(15.02).bye(75.25, false).bye_answer(75.3, 200, false);
    calls.push(m2);

    let mut m3 = call("m3");
    m3.invite(20.0).answer(20.1, 302);
    m3.target = "+4420555001@bravo.example".to_owned();
    m3.again(20.15, "").answer(21.0, 180).answer(25.0, 200).ack(25.02).bye(30.0, true).bye_answer(30.03, 200, true);
    calls.push(m3);

    let mut m4 = call("m4");
    m4.invite(40.0).answer(40.05, 100).answer(42.5, 480);
    calls.push(m4);

    let mut m5 = call("m5");
    m5.invite(50.0).answer(51.0, 183).answer(53.0, 503);
    calls.push(m5);

    let mut m6 = call("m6");
    for at in [60.0, 60.5, 61.5, 63.5, 67.5, 75.5, 91.5] {
        m6.invite(at);
    }
    calls.push(m6);

    let mut m7 = call("m7");
    m7.invite(100.0)
        .answer(101.0, 180)
        .request(110.0, "CANCEL", 1, true, "")
        .response(110.03, 200, "CANCEL", 1, true, "")
        .answer(110.05, 487);
    calls.push(m7);

    let mut m8 = call("m8");
    m8.invite(120.0).answer(120.8, 486);
    calls.push(m8);

    let mut m9 = call("m9");
    m9.invite(130.0).answer(130.2, 302);
    calls.push(m9);

    let mut m10 = call("m10");
    m10.invite(140.0).answer(140.05, 100).answer(172.0, 408);
    calls.push(m10);

    let mut m11 = call("m11");
    m11.invite(180.0).answer(181.0, 180).answer(182.0, 200).ack(182.02);
    for at in [200.0, 200.5, 201.5, 203.5, 207.5, 211.5, 215.5, 219.5, 223.5, 227.5, 231.5] {
        m11.bye(at, true);
    }
    calls.push(m11);

    let mut m12 = call("m12");
    m12.invite(240.0).answer(241.5, 603);
    calls.push(m12);

    let mut m13 = call("m13");
    m13.invite(299.5).answer(299.6, 100);
    calls.push(m13);

    capture(calls, 300.0)
}

/// F1: a forked call, two early dialogs.
pub fn f1() -> Vec<Frame> {
    let mut call = Call::new("f1");
    call.invite(0.0);
    call.to_tag = "a".to_owned();
    call.answer(1.0, 180);
    call.to_tag = "b".to_owned();
    call.answer(1.4, 180).answer(3.0, 200).ack(3.1).bye(63.0, true).bye_answer(63.1, 200, true);
    capture(vec![call], 100.0)
}

/// F2: a BYE that recovers from 503.
pub fn f2() -> Vec<Frame> {
    let mut call = Call::new("f2");
    call.invite(0.0).answer(0.1, 180).answer(1.0, 200).ack(1.1).bye(10.0, true);
    call.response(10.02, 503, "BYE", 2, true, "Retry-After: 1\r\n");
    call.request(12.0, "BYE", 3, true, "").response(12.05, 200, "BYE", 3, true, "");
    capture(vec![call], 60.0)
}

/// F3: a retransmitted 200.
pub fn f3() -> Vec<Frame> {
    let mut call = Call::new("f3");
    call.invite(4.0).answer(5.0, 200).answer(5.5, 200).ack(5.6).bye(20.0, true).bye_answer(20.1, 200, true);
    capture(vec![call], 60.0)
}

/// F4: no 180.
pub fn f4() -> Vec<Frame> {
    let mut call = Call::new("f4");
    call.invite(0.0).answer(0.02, 100).answer(2.0, 200).ack(2.1).bye(30.0, true).bye_answer(30.1, 200, true);
    capture(vec![call], 70.0)
}

/// F5: a challenge that the caller gives up on.
pub fn f5() -> Vec<Frame> {
    let mut call = Call::new("f5");
    call.invite(0.0).answer(0.03, 407);
    capture(vec![call], 70.0)
}

/// F8: only redirects.
pub fn f8() -> Vec<Frame> {
    let calls = ["f8a", "f8b"].iter().zip([0.0, 5.0]).map(|(name, at)| {
        let mut call = Call::new(name);
        call.invite(at).answer(at + 0.2, 302);
        call
    });
    capture(calls.collect(), 70.0)
}

fn registration(name: &str) -> Call {
    let mut call = Call::new(name);
    call.target = "bravo.example".to_owned();
    call
}

/// F6: one registration, challenged, then accepted.
pub fn f6() -> Vec<Frame> {
    let mut call = registration("f6");
    call.request(0.0, "REGISTER", 1, true, "").response(0.03, 401, "REGISTER", 1, true, "");
    call.request(0.05, "REGISTER", 2, true, "Authorization: Digest username=\"alpha\", response=\"r\"\r\n");
    call.response(0.095, 200, "REGISTER", 2, true, "");
    capture(vec![call], 70.0)
}

/// F7: four registrations: a 503, an unanswered one, a challenged and accepted one, a 403.
pub fn f7() -> Vec<Frame> {
    let mut unavailable = registration("f7a");
    unavailable.request(0.0, "REGISTER", 1, true, "").response(0.1, 503, "REGISTER", 1, true, "");
    let mut unanswered = registration("f7b");
    for at in [1.0, 1.5, 2.5, 4.5, 8.5, 12.5, 16.5, 20.5, 24.5, 28.5, 32.5] {
        unanswered.request(at, "REGISTER", 1, true, "");
    }
    let mut challenged = registration("f7c");
    challenged.request(2.0, "REGISTER", 1, true, "").response(2.03, 401, "REGISTER", 1, true, "");
    challenged.request(2.05, "REGISTER", 2, true, "Authorization: Digest username=\"alpha\", response=\"r\"\r\n");
    challenged.response(2.095, 200, "REGISTER", 2, true, "");
    let mut refused = registration("f7d");
    refused.request(3.0, "REGISTER", 1, true, "").response(3.1, 403, "REGISTER", 1, true, "");
    capture(vec![unavailable, unanswered, challenged, refused], 70.0)
}
