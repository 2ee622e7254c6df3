//! Takes the worked examples of `standards.md` §8.3, gives the sessions that the state machines make of them, never an aggregate.

use super::scenario::{play, time};
use super::*;

/// Oracle M, with the Call-ID of each attempt and ACKs of failures.
pub(super) const ORACLE_M: &str = "
    0.000 a>b INVITE 1 id=M1
    0.050 b>a 100 INVITE 1 id=M1
    1.200 b>a 180 INVITE 1 id=M1 to=t
    4.700 b>a 200 INVITE 1 id=M1 to=t
    4.750 a>b ACK 1 id=M1 to=t
    10.000 a>b INVITE 1 id=M2
    10.040 b>a 407 INVITE 1 id=M2 to=p
    10.045 a>b ACK 1 id=M2 to=p br=z9hG4bKINVITE1
    10.060 a>b INVITE 2 id=M2 Proxy-Authorization:Digest
    10.080 b>a 100 INVITE 2 id=M2
    11.560 b>a 183 INVITE 2 id=M2 to=t
    15.000 b>a 200 INVITE 2 id=M2 to=t
    15.020 a>b ACK 2 id=M2 to=t
    20.000 a>b INVITE 1 id=M3
    20.100 b>a 302 INVITE 1 id=M3 to=r
    20.105 a>b ACK 1 id=M3 to=r br=z9hG4bKINVITE1
    20.150 a>b INVITE 2 id=M3 uri=sip:carol@b.example
    21.000 b>a 180 INVITE 2 id=M3 to=t
    25.000 b>a 200 INVITE 2 id=M3 to=t
    25.020 a>b ACK 2 id=M3 to=t
    30.000 a>b BYE 3 id=M3 to=t
    30.030 b>a 200 BYE 3 id=M3 to=t
    40.000 a>b INVITE 1 id=M4
    40.050 b>a 100 INVITE 1 id=M4
    42.500 b>a 480 INVITE 1 id=M4 to=t
    42.505 a>b ACK 1 id=M4 to=t br=z9hG4bKINVITE1
    50.000 a>b INVITE 1 id=M5
    51.000 b>a 183 INVITE 1 id=M5 to=t
    53.000 b>a 503 INVITE 1 id=M5 to=t
    53.005 a>b ACK 1 id=M5 to=t br=z9hG4bKINVITE1
    60.000 a>b INVITE 1 id=M6
    60.500 a>b INVITE 1 id=M6
    61.500 a>b INVITE 1 id=M6
    63.500 a>b INVITE 1 id=M6
    64.700 a>b BYE 2 id=M1 to=t
    64.760 b>a 200 BYE 2 id=M1 to=t
    67.500 a>b INVITE 1 id=M6
    75.250 b>a BYE 1 id=M2 from=t to=f
    75.300 a>b 200 BYE 1 id=M2 from=t to=f
    75.500 a>b INVITE 1 id=M6
    91.500 a>b INVITE 1 id=M6
    100.000 a>b INVITE 1 id=M7
    101.000 b>a 180 INVITE 1 id=M7 to=t
    110.000 a>b CANCEL 1 id=M7
    110.030 b>a 200 CANCEL 1 id=M7 to=t
    110.050 b>a 487 INVITE 1 id=M7 to=t
    110.055 a>b ACK 1 id=M7 to=t br=z9hG4bKINVITE1
    120.000 a>b INVITE 1 id=M8
    120.800 b>a 486 INVITE 1 id=M8 to=t
    120.805 a>b ACK 1 id=M8 to=t br=z9hG4bKINVITE1
    130.000 a>b INVITE 1 id=M9
    130.200 b>a 302 INVITE 1 id=M9 to=t
    130.205 a>b ACK 1 id=M9 to=t br=z9hG4bKINVITE1
    140.000 a>b INVITE 1 id=M10
    140.050 b>a 100 INVITE 1 id=M10
    172.000 b>a 408 INVITE 1 id=M10 to=t
    172.005 a>b ACK 1 id=M10 to=t br=z9hG4bKINVITE1
    180.000 a>b INVITE 1 id=M11
    181.000 b>a 180 INVITE 1 id=M11 to=t
    182.000 b>a 200 INVITE 1 id=M11 to=t
    182.020 a>b ACK 1 id=M11 to=t
    200.000 a>b BYE 2 id=M11 to=t
    200.500 a>b BYE 2 id=M11 to=t
    201.500 a>b BYE 2 id=M11 to=t
    203.500 a>b BYE 2 id=M11 to=t
    207.500 a>b BYE 2 id=M11 to=t
    211.500 a>b BYE 2 id=M11 to=t
    215.500 a>b BYE 2 id=M11 to=t
    219.500 a>b BYE 2 id=M11 to=t
    223.500 a>b BYE 2 id=M11 to=t
    227.500 a>b BYE 2 id=M11 to=t
    231.500 a>b BYE 2 id=M11 to=t
    240.000 a>b INVITE 1 id=M12
    241.500 b>a 603 INVITE 1 id=M12 to=t
    241.505 a>b ACK 1 id=M12 to=t br=z9hG4bKINVITE1
    299.500 a>b INVITE 1 id=M13
    299.600 b>a 100 INVITE 1 id=M13
";

fn ms(nanos: i64) -> i64 {
    nanos / 1_000_000
}

/// Session request delay, session duration and disconnect delay in ms.
fn delays(session: &Session) -> (Option<i64>, Option<i64>, Option<i64>) {
    let srd = session.first_status.as_ref().map(|(_, s)| ms(s.last.since(session.invite.first)));
    let bye = session.bye.as_ref();
    let until = bye.map(|bye| match bye.end {
        ByeEnd::TimedOut(at) => at,
        _ => bye.request.last,
    });
    let sdt = session.answer.as_ref().and_then(|answer| Some(ms(until?.since(answer.first))));
    let sdd = bye.and_then(|bye| if let ByeEnd::Success(at) = bye.end { Some(ms(at.since(bye.request.first))) } else { None });
    (srd, sdt, sdd)
}

#[test]
fn oracle_m() {
    use Outcome::{Censored, Failed, Success, Timeout};
    let played = play(ORACLE_M, "300");
    let rows = [
        ("M1", Success, (Some(1200), Some(60_000), Some(60))),
        ("M2", Success, (Some(1560), Some(60_250), Some(50))),
        ("M3", Success, (Some(1000), Some(5000), Some(30))),
        ("M4", Failed(480), (Some(2500), None, None)),
        ("M5", Failed(503), (Some(1000), None, None)),
        ("M6", Timeout, (None, None, None)),
        ("M7", Failed(487), (Some(1000), None, None)),
        ("M8", Failed(486), (Some(800), None, None)),
        ("M10", Failed(408), (Some(32_000), None, None)),
        ("M11", Success, (Some(1000), Some(50_000), None)),
        ("M12", Failed(603), (Some(1500), None, None)),
        ("M13", Censored, (None, None, None)),
    ];
    assert_eq!(played.sessions().len(), 13);
    let of = |id: &str| *played.sessions().iter().find(|s| &*s.call_id == id).unwrap();
    for (id, outcome, expected) in rows {
        assert_eq!((id, of(id).outcome, delays(of(id))), (id, outcome, expected));
    }
    assert_eq!(of("M9").outcome, Failed(302));
    assert_eq!(&of("M2").legs[..], [Failed(407), Success]);
    assert_eq!(&of("M3").legs[..], [Failed(302), Success]);
    let legs = played.sessions().iter().flat_map(|s| &s.legs).filter(|&&leg| leg != Censored).count();
    assert_eq!(legs, 14);
    assert!(of("M7").rang && of("M5").rang && !of("M8").rang);
    assert_eq!(of("M11").end, Some(time("200")));
    assert!(played.happenings.iter().all(|h| !matches!(h, Happening::Transaction(t) if t.ack_fault.is_some())));

    let ending = |id: &str| played.transactions(crate::sip::Method::Invite).iter().find(|t| &*t.call_id == id).unwrap().ending.clone();
    assert_eq!(ending("M6"), Ending::TimedOut(time("92")));
    assert_eq!(ending("M13"), Ending::Open);
    let bye = played.transactions(crate::sip::Method::Bye).into_iter().find(|t| &*t.call_id == "M11").unwrap();
    assert_eq!((bye.ending.clone(), bye.transmissions), (Ending::TimedOut(time("232")), 11));
    assert_eq!(played.happenings.iter().filter(|h| matches!(h, Happening::Over(_))).count(), 13);
}

/// C3: sessions live [4.7, 64.7), [15.0, 75.25), [25.0, 30.0), [182, 200).
#[test]
fn load_of_oracle_m() {
    let played = play(ORACLE_M, "300");
    let answered: Vec<_> = played.load().into_iter().filter(|(_, kind)| matches!(kind, LoadKind::Answered | LoadKind::Ended)).collect();
    let (begins, ends) = (LoadKind::Answered, LoadKind::Ended);
    assert_eq!(
        answered,
        [(4.7, begins), (15.0, begins), (25.0, begins), (30.0, ends), (64.7, ends), (75.25, ends), (182.0, begins), (200.0, ends)]
    );
    let attempts = played.load().into_iter().filter(|(_, kind)| *kind == LoadKind::Attempt).count();
    assert_eq!(attempts, 13);
    let balance = played.load().into_iter().fold(0, |live, (_, kind)| match kind {
        LoadKind::Attempt | LoadKind::Resumed => live + 1,
        LoadKind::AttemptEnded | LoadKind::AttemptLost => live - 1,
        _ => live,
    });
    assert_eq!(balance, 1, "only M13 is still attempted");
}

#[test]
fn f1_forking_gives_a_delay_for_each_dialog() {
    let played = play(
        "0 a>b INVITE 1\n 1.0 b>a 180 INVITE 1 to=a\n 1.4 b>a 180 INVITE 1 to=b\n 3.0 b>a 200 INVITE 1 to=b\n 3.1 a>b ACK 1 to=b",
        "10",
    );
    let session = played.session();
    assert_eq!(delays(session).0, Some(1000));
    assert_eq!(session.delay_per_dialog.iter().map(|(tag, d)| (&**tag, ms(*d))).collect::<Vec<_>>(), [("a", 1000), ("b", 1400)]);
    assert_eq!((session.outcome, session.answer.as_ref().unwrap().first), (Outcome::Success, time("3")));
    assert!(session.acknowledged && session.end.is_none());
    assert_eq!(played.dialogs().len(), 1);
}

#[test]
fn f2_a_refused_bye_is_recovered_from() {
    let played = play(
        "0 a>b INVITE 1\n 1 b>a 200 INVITE 1 to=t\n 1.1 a>b ACK 1 to=t
         10 a>b BYE 2 to=t\n 10.02 b>a 503 BYE 2 to=t Retry-After:2\n 12 a>b BYE 3 to=t\n 12.05 b>a 200 BYE 3 to=t",
        "100",
    );
    assert_eq!(delays(played.session()), (Some(1000), Some(9000), Some(2050)));
}

#[test]
fn f3_a_late_200_does_not_move_the_answer() {
    let played = play(
        "0 a>b INVITE 1\n 5 b>a 200 INVITE 1 to=t\n 5.5 b>a 200 INVITE 1 to=t\n 5.6 a>b ACK 1 to=t
         20 a>b BYE 2 to=t\n 20.1 b>a 200 BYE 2 to=t",
        "100",
    );
    assert_eq!(delays(played.session()).1, Some(15_000));
    assert_eq!(played.places[2].repeat, Repeat::Retransmission);
}

#[test]
fn f4_without_180_the_200_ends_the_request_delay() {
    let played = play("0 a>b INVITE 1\n 0.02 b>a 100 INVITE 1\n 2 b>a 200 INVITE 1 to=t\n 2.1 a>b ACK 1 to=t", "3");
    assert_eq!(delays(played.session()).0, Some(2000));
}

#[test]
fn f5_an_abandoned_challenge_counts_and_gives_no_delay() {
    let played = play("0 a>b INVITE 1\n 0.03 b>a 407 INVITE 1 to=t\n 0.035 a>b ACK 1 to=t br=z9hG4bKINVITE1", "1");
    assert_eq!((played.session().outcome, delays(played.session()).0), (Outcome::Failed(407), None));
}

#[test]
fn f8_redirects_nobody_follows() {
    let played = play("0 a>b INVITE 1 id=1\n 0.03 b>a 302 INVITE 1 to=t id=1\n 1 a>b INVITE 1 id=2\n 1.03 b>a 302 INVITE 1 to=t id=2", "9");
    assert!(played.sessions().iter().all(|s| s.outcome == Outcome::Failed(302)) && played.sessions().len() == 2);
}
