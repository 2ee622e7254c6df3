//! Takes calls as real networks make them, gives what is said of them, never more than the tap can know.

use super::scenario::{Played, play, time};
use super::*;
use crate::sdp::SdpRole;
use crate::sip::Method;

const ANSWERED: &str =
    "0 a>b INVITE 1 Contact:<sip:a@192.0.2.97>\n 1 b>a 200 INVITE 1 to=t Contact:<sip:b@192.0.2.98>\n 1.1 a>b ACK 1 to=t\n";

fn answered_then(rest: &str, end: &str) -> Played {
    play(&format!("{ANSWERED}{rest}"), end)
}

fn ack_fault(script: &str, end: &str) -> Option<AckFault> {
    let played = play(script, end);
    let [invite] = played.transactions(Method::Invite)[..] else { panic!("one INVITE") };
    assert_eq!(invite.ack_judgeable, invite.ack.is_some() || invite.ack_fault.is_some());
    invite.ack_fault
}

#[test]
fn copies_of_the_tap_are_not_retransmissions() {
    let played = play(
        "0 a>b INVITE 1 ip=7\n 0.0001 a>b INVITE 1 ip=7\n 0.5 a>b INVITE 1 ip=8\n 0.5001 a>b INVITE 1 ip=8
         1 b>a 486 INVITE 1 to=t ip=9\n 1.0001 b>a 486 INVITE 1 to=t ip=9\n 1.5 b>a 486 INVITE 1 to=t ip=10",
        "2",
    );
    use Repeat::{First, Mirror, Retransmission};
    let repeats: Vec<_> = played.places.iter().map(|p| p.repeat).collect();
    assert_eq!(repeats, [First, Mirror, Retransmission, Mirror, First, Mirror, Retransmission]);
    assert_eq!(played.transactions(Method::Invite)[0].transmissions, 2);
}

#[test]
fn repetitions_on_a_stream_are_needless_but_for_2xx() {
    let played = play(
        "0 a>b INVITE 1 tcp\n 0.5 a>b INVITE 1 tcp\n 1 b>a 180 INVITE 1 to=t tcp\n 1.5 b>a 180 INVITE 1 to=t tcp
         2 b>a 200 INVITE 1 to=t tcp\n 2.5 b>a 200 INVITE 1 to=t tcp\n 2.6 a>b ACK 1 to=t tcp",
        "100",
    );
    assert_eq!(played.transactions(Method::Invite)[0].needless_repeats, 2);
}

#[test]
fn acknowledgements_are_judged() {
    let failed = "0 a>b INVITE 1\n 1 b>a 486 INVITE 1 to=t\n";
    let with = |ack: &str| ack_fault(&format!("{failed}{ack}"), "100");
    assert_eq!(with("1.1 a>b ACK 1 to=t br=z9hG4bKINVITE1"), None);
    assert_eq!(with(""), Some(AckFault::Missing));
    assert_eq!(with("1.1 a>b ACK 1 to=t br=z9hG4bKother"), Some(AckFault::Branch));
    assert_eq!(with("1.1 a>b ACK 1 to=u br=z9hG4bKINVITE1"), Some(AckFault::ToTag));
    assert_eq!(with("1.1 a>b ACK 1 to=t br=z9hG4bKINVITE1 uri=sip:x@b.example"), Some(AckFault::RequestUri));
    let answered = "0 a>b INVITE 1\n 1 b>a 200 INVITE 1 to=t\n";
    let with = |ack: &str, end| ack_fault(&format!("{answered}{ack}"), end);
    assert_eq!(with("1.1 a>b ACK 1 to=t", "100"), None);
    assert_eq!(with("1.1 a>b ACK 2 to=t", "100"), Some(AckFault::CSeq));
    assert_eq!(with("1.1 a>b ACK 1 to=t br=z9hG4bKINVITE1", "100"), Some(AckFault::SameBranch));
    assert_eq!(with("", "33"), Some(AckFault::Missing));
    assert_eq!(with("", "32.9"), None, "the capture ends before 64·T1");
}

/// RFC 3261 §12.2.1.1: each side has its own numbers, and both may begin with 1.
#[test]
fn an_ack_is_that_of_its_own_side() {
    let again = "5 b>a INVITE 1 from=t to=f br=z9hG4bKback\n 5.1 a>b 200 INVITE 1 from=t to=f br=z9hG4bKback\n";
    let faults = |rest: &str| {
        let played = answered_then(&format!("{again}{rest}"), "100");
        played.transactions(Method::Invite).iter().map(|invite| invite.ack_fault).collect::<Vec<_>>()
    };
    assert_eq!(faults("5.2 b>a ACK 1 from=t to=f br=z9hG4bKacks"), [None, None]);
    assert_eq!(faults("5.2 a>b ACK 1 to=t br=z9hG4bKlate"), [None, Some(AckFault::Missing)]);
    assert_eq!(faults("5.2 b>a ACK 7 from=t to=f br=z9hG4bKacks"), [None, Some(AckFault::CSeq)]);
}

/// A caller who does not wait for an answer, and a callee who makes its tag of what all his INVITEs have in common.
#[test]
fn invites_that_are_answered_in_one_dialog_are_acknowledged_each() {
    let three = "0 a>b INVITE 1\n 0.1 a>b INVITE 2\n 0.2 b>a 200 INVITE 1 to=t\n 0.3 a>b INVITE 3\n 0.4 a>b ACK 1 to=t
                 0.5 b>a 200 INVITE 2 to=t\n 0.6 a>b ACK 2 to=t\n 0.7 b>a 200 INVITE 3 to=t\n";
    let faults = |rest: &str| {
        let played = play(&format!("{three}{rest}"), "100");
        played.transactions(Method::Invite).iter().map(|invite| invite.ack_fault).collect::<Vec<_>>()
    };
    assert_eq!(faults("0.8 a>b ACK 3 to=t"), [None; 3]);
    assert_eq!(faults(""), [None, None, Some(AckFault::Missing)]);
}

#[test]
fn a_2xx_without_ack_is_established_and_not_acknowledged() {
    let session = play("0 a>b INVITE 1\n 1 b>a 200 INVITE 1 to=t", "100");
    assert_eq!((session.session().outcome, session.session().acknowledged), (Outcome::Success, false));
}

#[test]
fn timer_c_starts_anew_with_each_ringing() {
    let played = play("0 a>b INVITE 1\n 1 b>a 180 INVITE 1 to=t\n 100 b>a 183 INVITE 1 to=t", "281");
    assert_eq!(played.transactions(Method::Invite)[0].ending, Ending::TimerC(time("280")));
    assert_eq!(played.session().outcome, Outcome::Timeout);
    let played = play("0 a>b INVITE 1\n 1 b>a 180 INVITE 1 to=t\n 100 b>a 183 INVITE 1 to=t", "279");
    assert_eq!(played.session().outcome, Outcome::Censored);
}

/// RFC 3261 §13.3.1.1: who rings says so each minute, often in the same words.
#[test]
fn timer_c_starts_anew_with_the_same_ringing() {
    let rings = "0 a>b INVITE 1\n 1 b>a 180 INVITE 1 to=t\n 61 b>a 180 INVITE 1 to=t\n 121 b>a 180 INVITE 1 to=t\n";
    let busy = play(&format!("{rings} 250 b>a 486 INVITE 1 to=t\n 250.1 a>b ACK 1 to=t"), "300");
    assert_eq!(busy.session().outcome, Outcome::Failed(486));
    let played = play(rings, "400");
    assert_eq!(played.transactions(Method::Invite)[0].ending, Ending::TimerC(time("301")));
}

#[test]
fn a_2xx_tells_where_its_ack_goes() {
    for (lines, elsewhere) in [
        ("Contact:<sip:b@192.0.2.98>", false),
        ("Contact:<sip:b@203.0.113.9>", true),
        ("Contact:<sip:b@b.example>", false),
        ("Contact:<sip:b@203.0.113.9> Record-Route:<sip:203.0.113.7;lr>,_<sip:192.0.2.98;lr>", false),
        ("Contact:<sip:b@192.0.2.98> Record-Route:<sip:192.0.2.98;lr>,_<sip:203.0.113.7;lr>", true),
    ] {
        let played = play(&format!("0 a>b INVITE 1\n 1 b>a 200 INVITE 1 to=t {lines}"), "100");
        assert_eq!(played.transactions(Method::Invite)[0].leads_elsewhere, elsewhere, "{lines}");
    }
}

/// RFC 3261 §9.1.
#[test]
fn a_cancel_takes_the_route_of_its_invite() {
    for (invite, cancel, other) in [
        ("", "", false),
        ("Route:<sip:p;lr>,<sip:q;lr>", "Route:<sip:p;lr>,_<sip:q;lr>", false),
        ("Route:<sip:p;lr>", "", true),
        ("Route:<sip:p;lr>,<sip:q;lr>", "Route:<sip:q;lr>,<sip:p;lr>", true),
    ] {
        let played = play(&format!("0 a>b INVITE 1 {invite}\n 1 b>a 180 INVITE 1 to=t\n 2 a>b CANCEL 1 {cancel}"), "100");
        assert_eq!(played.transactions(Method::Invite)[0].cancel.as_ref().map(|c| c.other_route), Some(other), "{invite} {cancel}");
    }
}

#[test]
fn of_crossing_byes_the_earlier_counts() {
    let played =
        answered_then("5 b>a BYE 1 from=t to=f\n 5.01 a>b BYE 2 to=t\n 5.05 a>b 481 BYE 1 from=t to=f\n 5.06 b>a 200 BYE 2 to=t", "100");
    let bye = played.session().bye.as_ref().unwrap();
    assert_eq!((bye.by_caller, bye.end, played.session().end), (false, ByeEnd::Success(time("5.06")), Some(time("5"))));
    assert!(played.places.iter().skip(1).all(|p| p.standing != Standing::Ended));
    assert!(played.dialogs()[0].ended);
}

#[test]
fn a_bye_answered_481_fails_and_ends_the_dialog() {
    let played = answered_then("5 a>b BYE 2 to=t\n 5.1 b>a 481 BYE 2 to=t\n 6 a>b INFO 3 to=t", "100");
    assert_eq!(played.session().bye.as_ref().unwrap().end, ByeEnd::Failed(481, time("5.1")));
    assert_eq!(played.places[5].standing, Standing::Ended);
}

#[test]
fn several_2xx_make_several_dialogs_of_one_session() {
    let played = play(
        "0 a>b INVITE 1\n 1 b>a 200 INVITE 1 to=x\n 1.1 b>a 200 INVITE 1 to=y\n 1.2 a>b ACK 1 to=x\n 1.3 a>b ACK 1 to=y br=z9hG4bKy
         2 a>b BYE 2 to=y\n 2.1 b>a 200 BYE 2 to=y\n 9 a>b BYE 2 to=x br=z9hG4bKx\n 9.1 b>a 200 BYE 2 to=x br=z9hG4bKx",
        "100",
    );
    assert_eq!(played.dialogs().len(), 2);
    assert_eq!((played.session().legs.len(), played.session().end), (1, Some(time("9"))));
    assert!(played.places.iter().all(|p| p.tag_fault.is_none()));
}

#[test]
fn failover_and_repair_are_legs_and_a_redial_is_not() {
    let legs = |script: &str| play(script, "200").sessions().iter().map(|s| s.legs.to_vec()).collect::<Vec<_>>();
    use Outcome::{Failed, Success, Timeout};
    let failover = "0 a>b INVITE 1\n 0.1 b>a 503 INVITE 1 to=t\n 0.2 a>c INVITE 1 br=z9hG4bK2\n 1 c>a 200 INVITE 1 to=u br=z9hG4bK2";
    assert_eq!(legs(failover), [[Failed(503), Success]]);
    let repair = "0 a>b INVITE 1\n 0.1 b>a 422 INVITE 1 to=t\n 0.2 a>b INVITE 2\n 1 b>a 200 INVITE 2 to=u";
    assert_eq!(legs(repair), [[Failed(422), Success]]);
    let redial = "0 a>b INVITE 1\n 0.1 b>a 486 INVITE 1 to=t\n 5 a>b INVITE 2\n 6 b>a 200 INVITE 2 to=u";
    assert_eq!(legs(redial), [[Failed(486)], [Success]]);
    let gap = "0 a>b INVITE 1\n 0.1 b>a 407 INVITE 1 to=t\n 33 a>b INVITE 2 Proxy-Authorization:x\n 34 b>a 200 INVITE 2 to=u";
    assert_eq!(legs(gap), [[Failed(407)], [Success]], "64·T1 after the last final response begins a new request");
    let silent = "0 a>b INVITE 1\n 4 a>c INVITE 1 br=z9hG4bK2\n 5 c>a 486 INVITE 1 to=u br=z9hG4bK2";
    assert_eq!(legs(silent), [[Timeout, Failed(486)]]);
}

#[test]
fn a_resubmission_names_the_number_that_it_must_exceed() {
    let played = play("0 a>b INVITE 7\n 0.1 b>a 407 INVITE 7 to=t\n 0.2 a>b INVITE 7 br=z9hG4bK2 Proxy-Authorization:x", "1");
    assert_eq!(played.places[2].resubmits, Some(7));
}

#[test]
fn a_followed_failure_does_not_end_the_request_delay() {
    let played = play("0 a>b INVITE 1\n 0.1 b>a 422 INVITE 1 to=t\n 0.2 a>b INVITE 2\n 1 b>a 200 INVITE 2 to=u", "9");
    assert_eq!(played.session().first_status.as_ref().unwrap().1.last, time("1"));
}

#[test]
fn a_challenge_takes_the_request_out_of_the_load_until_it_is_answered() {
    let played =
        play("0 a>b INVITE 1\n 0.1 b>a 407 INVITE 1 to=t\n 0.2 a>b INVITE 2 Proxy-Authorization:x\n 1 b>a 486 INVITE 2 to=u", "100");
    use LoadKind::{Attempt, AttemptEnded, Resumed};
    assert_eq!(played.load(), [(0.0, Attempt), (0.1, AttemptEnded), (0.2, Resumed), (1.0, AttemptEnded)]);
}

/// The tap of a proxy's own host sees a → p and p → b.
#[test]
fn both_legs_through_a_proxy_are_one_session() {
    let leg = |script: &str, legs: [(&str, &str, &str); 2]| {
        legs.map(|(up, down, branch)| {
            script.replace('<', &format!("{down}>{up}")).replace('^', &format!("{up}>{down}")).replace('$', branch)
        })
    };
    let lines = [
        "0 ^ INVITE 1 br=z9hG4bK$i",
        "1 < 200 INVITE 1 to=t br=z9hG4bK$i",
        "1.1 ^ ACK 1 to=t br=z9hG4bK$a",
        "5 ^ BYE 2 to=t br=z9hG4bK$b",
        "5.1 < 200 BYE 2 to=t br=z9hG4bK$b",
    ];
    let both = [("a", "p", "1"), ("p", "b", "2")];
    let script: Vec<_> = lines.iter().flat_map(|line| leg(line, both)).collect();
    let played = play(&script.join("\n"), "100");
    assert_eq!((played.session().legs.len(), played.dialogs().len()), (1, 1));
    assert_eq!(played.session().invite.destination.to_string(), "192.0.2.112:5060");
    assert_eq!(played.load().len(), 4);
    let invites = played.transactions(Method::Invite);
    assert!(invites.len() == 2 && invites.iter().all(|t| t.ack.is_some() && t.ack_fault.is_none()));
    assert!(played.places.iter().all(|p| p.tag_fault.is_none() && !matches!(p.standing, Standing::Unknown | Standing::Ended)));
    let byes: Vec<_> = played.places.iter().filter_map(|p| p.previous_cseq).collect();
    assert_eq!(byes, [1, 1]);
}

#[test]
fn without_record_route_the_ack_goes_past_the_proxy() {
    let played = play(
        "0 a>p INVITE 1\n 0.1 p>b INVITE 1 br=z9hG4bK2\n 1 b>p 200 INVITE 1 to=t br=z9hG4bK2\n 1.01 p>a 200 INVITE 1 to=t
         1.1 a>b ACK 1 to=t\n 9 b>a BYE 1 from=t to=f\n 9.1 a>b 200 BYE 1 from=t to=f",
        "100",
    );
    assert!(played.transactions(Method::Invite).iter().all(|t| t.ack_fault.is_none()));
    assert_eq!(played.session().end, Some(time("9")));
}

#[test]
fn a_dialog_that_began_before_the_capture_is_unknown() {
    let played = play(
        "0 a>b INVITE 5 to=t\n 0.1 b>a 200 INVITE 5 to=t\n 0.2 a>b ACK 5 to=t\n 9 b>a BYE 3 from=t to=f\n 9.1 a>b 200 BYE 3 from=t to=f
         9.2 b>a 200 INFO 8 to=t",
        "100",
    );
    assert!(played.places.iter().all(|p| p.standing == Standing::Unknown && p.tag_fault.is_none() && p.previous_cseq.is_none()));
    assert!(played.sessions().is_empty() && played.dialogs().is_empty() && played.load().is_empty());
    let invite = played.transactions(Method::Invite)[0];
    assert!(invite.ack.is_some() && invite.ack_fault.is_none());
    assert!(!played.places[5].matched && played.places[1].matched);
}

#[test]
fn one_direction_shows_that_an_answer_was_missed() {
    let played = play("0 a>b INVITE 1\n 3 a>b ACK 1 to=t\n 9 a>b BYE 2 to=t", "100");
    assert_eq!(played.transactions(Method::Invite)[0].ending, Ending::Open);
    assert_eq!(played.session().outcome, Outcome::Censored);
}

#[test]
fn a_session_timer_runs_out() {
    let agreed = "0 a>b INVITE 1 Session-Expires:90\n 1 b>a 200 INVITE 1 to=t Session-Expires:90;refresher=uas\n 1.1 a>b ACK 1 to=t\n";
    let refreshed = "46 b>a UPDATE 1 from=t to=f Session-Expires:90\n 46.1 a>b 200 UPDATE 1 from=t to=f Session-Expires:90;refresher=uac\n";
    let played = play(&format!("{agreed}{refreshed}"), "300");
    let expiry = played.dialogs()[0].expired.as_ref().unwrap();
    assert_eq!((expiry.interval_s, expiry.refresher_is_caller, expiry.set_by.first), (90, false, time("46.1")));
    let session = played.session();
    assert_eq!((session.end, session.ending, session.bye.is_none()), (Some(time("168.1")), SessionEnd::Expired, true));
    assert_eq!(played.load().last(), Some(&(168.1, LoadKind::AttemptEnded)));
    assert!(played.places[1].timer_asked && played.places[4].timer_asked);

    let played = play(agreed, "122");
    assert!(played.dialogs()[0].expired.is_none() && played.session().end.is_none(), "64·T1 of grace");
}

#[test]
fn requests_in_a_dialog_know_its_numbers_and_targets() {
    let played = answered_then(
        "2 b>a INFO 9 from=t to=f\n 3 b>a INFO 9 from=t to=f br=z9hG4bKagain\n 4 a>b INVITE 2 to=t Contact:<sip:new@192.0.2.97>
         4.1 b>a 200 INVITE 2 to=t Contact:<sip:b@192.0.2.98>\n 4.2 a>b ACK 2 to=t\n 5 b>a INFO 10 from=t to=f",
        "9",
    );
    let target = |n: usize| played.places[n].remote_target.as_deref().map(|t| std::str::from_utf8(t).unwrap());
    assert_eq!([3, 4, 5, 8].map(|n| played.places[n].previous_cseq), [None, Some(9), Some(1), Some(9)]);
    assert_eq!([3, 5, 8].map(target), [Some("sip:a@192.0.2.97"), Some("sip:b@192.0.2.98"), Some("sip:new@192.0.2.97")]);
    assert_eq!([3, 5].map(|n| played.places[n].from_caller), [Some(false), Some(true)]);
}

/// RFC 3261 §8.2.6.2: a response repeats what names its request, which so was sent, whatever the tap saw.
#[test]
fn a_request_that_passed_unseen_is_known_by_its_response() {
    let played = answered_then("9 b>a 200 INVITE 2 to=t sdp=q\n 20 b>a 200 BYE 3 to=t", "100");
    let session = played.session();
    assert_eq!((session.end, session.ending), (Some(time("20")), SessionEnd::Answered));
    assert!(session.bye.is_none(), "who hung up, and when, is not known");
    let of = |n: usize| (played.places[n].from_caller, played.places[n].sdp_role, played.places[n].out_of_sight);
    assert_eq!(of(3), (Some(false), Some(SdpRole::Either), true));

    let numbered = answered_then("9 b>a 200 INFO 2 to=t\n 10 a>b INFO 3 to=t", "12");
    assert_eq!(numbered.places[4].previous_cseq, Some(2));

    // Two taps: the response comes first, and both numbers are right.
    let ahead = answered_then("9 b>a 200 BYE 2 to=t\n 9.01 a>b BYE 2 to=t", "100");
    assert_eq!((ahead.places[4].previous_cseq, ahead.session().ending), (None, SessionEnd::Bye));

    // A late copy of the answer tells nothing.
    let late = answered_then("2 a>b BYE 2 to=t\n 2.1 b>a 200 BYE 2 to=t\n 80 b>a 200 INVITE 1 to=t sdp=q", "200");
    assert_eq!(late.session().end, Some(time("2")));
}

/// One hop of a proxy was seen from its INVITE on, the other only at the end.
#[test]
fn a_request_that_passes_a_hop_whose_invite_did_not_is_the_same_request() {
    let played = play(
        "0 p>b INVITE 1\n 1 b>p 200 INVITE 1 to=t\n 1.1 p>b ACK 1 to=t\n 5 a>p BYE 2 to=t br=z9hG4bKfirst\n 5.01 p>b BYE 2 to=t\n 7 p>b INFO 2 to=t",
        "9",
    );
    assert_eq!([3, 4, 5].map(|n| played.places[n].previous_cseq), [Some(1), None, None]);
    let again = play("0 p>b INVITE 1\n 1 b>p 200 INVITE 1 to=t\n 5 p>b INFO 2 to=t\n 7 p>b UPDATE 2 to=t", "9");
    assert_eq!(again.places[3].previous_cseq, Some(2), "on one path it is used twice");
}

/// RFC 3261 §13.2.2.4: the ACK of a 2xx says that there was one, with the answer or with an offer.
#[test]
fn an_ack_tells_of_the_success_that_passed_unseen() {
    let early = "0 a>b INVITE 1 sdp=o1\n 1 b>a 180 INVITE 1 to=t\n 2 a>b ACK 1 to=t br=z9hG4bKack\n";
    let played = play(&format!("{early}5 b>a INVITE 1 from=t to=f br=z9hG4bKre sdp=o2"), "9");
    assert_eq!((played.places[3].sdp_role, played.places[3].disorder), (Some(SdpRole::Offer), None), "no offer waits any more");
    let late = answered_then("2 a>b INVITE 2 to=t\n 2.2 a>b ACK 2 to=t sdp=a2", "9");
    assert_eq!(late.places[4].disorder, Some(crate::sdp::Disorder::Unseen));
}

#[test]
fn an_attempt_whose_answer_passed_unseen_is_lost_not_over() {
    let played = play("0 a>b INVITE 1\n 2 a>b ACK 1 to=t br=z9hG4bKack", "100");
    assert_eq!(played.load(), [(0.0, LoadKind::Attempt), (32.0, LoadKind::AttemptLost)]);
    assert_eq!(played.session().outcome, Outcome::Censored);
}

#[test]
fn an_attempt_that_failed_unseen_is_over_with_its_ack() {
    let played = play("0 a>b INVITE 1\n 1 b>a 180 INVITE 1 to=t\n 5 a>b ACK 1 to=t br=z9hG4bKINVITE1", "100");
    assert_eq!(played.load(), [(0.0, LoadKind::Attempt), (5.0, LoadKind::AttemptEnded)]);
}

#[test]
fn tags_that_change_are_told() {
    let played = answered_then("2 a>b INFO 2 to=z\n 3 a>b INFO 3 to=t\n 3.1 b>a 200 INFO 3 to=q\n 4 a>b INFO 4 from=x to=y", "9");
    let faults: Vec<_> = played.places.iter().skip(3).map(|p| p.tag_fault).collect();
    assert_eq!(faults, [Some(TagFault::ToTagChanged), None, Some(TagFault::ToTagChanged), None]);
}

#[test]
fn exchanges_are_bound_to_their_messages() {
    let played = play(
        "0 a>b INVITE 1 sdp=o1\n 1 b>a 183 INVITE 1 to=x sdp=p\n 1.5 b>a 180 INVITE 1 to=y\n 2 b>a 200 INVITE 1 to=y sdp=a1
         2.1 a>b ACK 1 to=y\n 5 b>a INVITE 1 from=y to=f br=z9hG4bKre\n 5.1 a>b 200 INVITE 1 from=y to=f br=z9hG4bKre sdp=o2
         5.2 b>a ACK 1 from=y to=f sdp=a2 br=z9hG4bKack",
        "9",
    );
    let roles: Vec<_> = played.places.iter().map(|p| p.sdp_role).collect();
    use SdpRole::{Answer, Offer, Preview};
    assert_eq!(roles, [Some(Offer), Some(Preview), None, Some(Answer), None, None, Some(Offer), Some(Answer)]);
    let [first, second] = played.exchanges()[..] else { panic!("two exchanges") };
    assert_eq!((first.offer.first, first.answer.first), (time("0"), time("2")));
    assert_eq!((second.offer.first, second.answer.first), (time("5.1"), time("5.2")));
    assert!(first.exchange.offered_by_caller && second.exchange.offered_by_caller);
    assert_eq!(first.caller, second.caller);
}

#[test]
fn a_cancelled_call_ends_with_487() {
    let played = play(
        "0 a>b INVITE 1\n 1 b>a 180 INVITE 1 to=t\n 5 a>b CANCEL 1\n 5.1 b>a 200 CANCEL 1 to=t\n 5.2 b>a 487 INVITE 1 to=t
         5.3 a>b ACK 1 to=t br=z9hG4bKINVITE1",
        "100",
    );
    let invite = played.transactions(Method::Invite)[0];
    assert!(invite.cancelled && invite.ack_fault.is_none());
    assert_eq!(played.places[2].from_caller, Some(true));
}

#[test]
fn a_branch_without_the_cookie_is_matched_as_of_old() {
    let played =
        play("0 a>b OPTIONS 1 br=1\n 0.1 b>a 200 OPTIONS 1 to=t br=1\n 1 a>b OPTIONS 2 br=1\n 40 a>b OPTIONS 3 br=1 id=d from=g", "100");
    let endings: Vec<_> = played.transactions(Method::Options).iter().map(|t| matches!(t.ending, Ending::Final { .. })).collect();
    assert_eq!(endings, [true, false, false]);
}

#[test]
fn a_bye_may_overtake_the_2xx() {
    let played = play(
        "0 a>b INVITE 1\n 1 b>a 180 INVITE 1 to=t\n 2 a>b BYE 2 to=t\n 2.1 b>a 200 BYE 2 to=t\n 2.2 b>a 200 INVITE 1 to=t\n 2.3 a>b ACK 1 to=t",
        "200",
    );
    assert_eq!(played.session().outcome, Outcome::Success);
    assert_eq!(played.dialogs().len(), 1);
}

#[test]
fn subscriptions_are_dialogs_too() {
    let played = play(
        "0 a>b SUBSCRIBE 1 Expires:600\n 0.1 b>a 200 SUBSCRIBE 1 to=t Expires:600\n 0.2 b>a NOTIFY 1 from=t to=f
         0.3 a>b 200 NOTIFY 1 from=t to=f\n 9 b>a NOTIFY 2 from=t to=f Subscription-State:terminated\n 10 a>b SUBSCRIBE 2 to=t",
        "100",
    );
    let standing: Vec<_> = played.places.iter().map(|p| p.standing).collect();
    use Standing::{Ended, InDialog, Initial};
    assert_eq!(standing, [Initial, Initial, InDialog, InDialog, InDialog, Ended]);
    assert!(played.dialogs().is_empty());
}

/// RFC 3261 §16.6: a proxy forwards a request with the CSeq that it came with; a tap beside the proxy sees it on both sides.
#[test]
fn a_forwarded_notify_is_no_other_one() {
    let played = play(
        "0 a>b SUBSCRIBE 1\n 0.01 b>c SUBSCRIBE 1 br=z9hG4bKone\n 0.02 c>b 200 SUBSCRIBE 1 to=t br=z9hG4bKone\n 0.03 b>a 200 SUBSCRIBE 1 to=t
         0.1 c>b NOTIFY 7 from=t to=f br=z9hG4bKtwo\n 0.12 c>b NOTIFY 8 from=t to=f br=z9hG4bKthree
         0.13 b>a NOTIFY 7 from=t to=f br=z9hG4bKfour\n 0.14 b>a NOTIFY 8 from=t to=f br=z9hG4bKfive
         0.2 a>b SUBSCRIBE 2 to=t br=z9hG4bKsix\n 0.21 b>c SUBSCRIBE 2 to=t br=z9hG4bKseven\n 3 c>b NOTIFY 8 from=t to=f br=z9hG4bKeight",
        "100",
    );
    let before: Vec<_> = played.places.iter().skip(4).map(|p| p.previous_cseq).collect();
    assert_eq!(before, [None, Some(7), None, None, Some(1), None, Some(8)]);
}

#[test]
fn a_cancel_tells_when_it_came_and_what_it_named() {
    let played = play(
        "0 a>b INVITE 1\n 0.1 a>b CANCEL 1\n 0.2 b>a 100 INVITE 1\n 0.3 b>a 200 CANCEL 1 to=t\n 0.4 b>a 487 INVITE 1 to=t
         0.5 a>b ACK 1 to=t br=z9hG4bKINVITE1",
        "100",
    );
    let cancel = played.transactions(Method::Invite)[0].cancel.as_deref().unwrap();
    assert_eq!((cancel.early, cancel.late, cancel.other_uri, cancel.accepted), (true, None, false, Some(time("0.3"))));

    let played = play(
        "0 a>b INVITE 1\n 0.2 b>a 180 INVITE 1 to=t\n 1 b>a 200 INVITE 1 to=t\n 1.1 a>b ACK 1 to=t\n 3 a>b CANCEL 1 uri=sip:x@b.example",
        "100",
    );
    let cancel = played.transactions(Method::Invite)[0].cancel.as_deref().unwrap();
    assert_eq!((cancel.early, cancel.late, cancel.other_uri), (false, Some(2_000_000_000), true));

    let played = play("0 a>b INVITE 1\n 0.2 b>a 180 INVITE 1 to=t\n 1 a>b CANCEL 1 br=z9hG4bKother", "100");
    assert!(played.transactions(Method::Cancel)[0].misnames);
}

#[test]
fn repetitions_over_udp_are_dated_and_those_over_tcp_are_not() {
    let played = play("0 a>b OPTIONS 1\n 0.1 a>b OPTIONS 1\n 0.6 a>b OPTIONS 1\n 0.7 b>a 200 OPTIONS 1 to=t", "100");
    let repeats = played.transactions(Method::Options)[0].repeats.as_deref().unwrap().clone();
    assert_eq!(repeats.as_slice(), [time("0.1"), time("0.6")]);
    let played = play("0 a>b OPTIONS 1 tcp\n 0.1 a>b OPTIONS 1 tcp", "100");
    assert!(played.transactions(Method::Options)[0].repeats.is_none());
    let flood: Vec<_> = (0..100).map(|n| format!("{}.5 a>b OPTIONS 1", n / 10)).collect();
    let played = play(&flood.join("\n"), "100");
    assert!(played.transactions(Method::Options)[0].repeats.as_ref().is_some_and(|r| r.len() == 12));
}

#[test]
fn a_request_after_an_answered_bye_is_told_from_byes_that_cross() {
    let played = answered_then("2 a>b BYE 2 to=t\n 2.1 b>a 200 BYE 2 to=t\n 3 b>a INFO 9 from=t to=f", "100");
    let info = played.transactions(Method::Info)[0];
    assert!(info.hung_up && info.standing == Standing::Ended);

    let played =
        answered_then("2 a>b BYE 2 to=t\n 2.01 b>a BYE 9 from=t to=f\n 2.1 b>a 481 BYE 2 to=t\n 2.2 a>b 200 BYE 9 from=t to=f", "100");
    let byes = played.transactions(Method::Bye);
    assert!(byes.iter().all(|bye| bye.crossed && !bye.hung_up), "{byes:?}");
}

#[test]
fn an_invite_that_its_receiver_has_already_is_merged() {
    let played = play("0 a>b INVITE 1\n 0.1 a>b INVITE 1 br=z9hG4bKother\n 0.2 b>a 482 INVITE 1 to=t br=z9hG4bKother", "100");
    assert_eq!(played.transactions(Method::Invite).iter().filter(|invite| invite.merged).count(), 1);
}

#[test]
fn a_response_without_request_knows_whether_its_call_was_asked_for() {
    let played = play("0 a>b OPTIONS 1\n 0.1 b>a 200 OPTIONS 7 to=t\n 1 b>a 200 OPTIONS 1 to=t id=d\n 1.5 a>b 200 OPTIONS 8 to=t", "9");
    let met: Vec<_> = played.places.iter().map(|p| (p.matched, p.met)).collect();
    assert_eq!(met, [(false, false), (false, true), (false, false), (false, false)]);
}
