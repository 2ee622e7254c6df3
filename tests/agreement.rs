//! Takes one capture under changing clauses, gives a failure where a finding does not follow its clause, never a rule's own check.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use made::Frame;
use made::calls::{Call, capture};
use made::program::judged;
use serde_json::{Value, json};

const NO_BYE: &str = "[sip.methods]\nBYE = \"forbidden\"\n";

/// The findings of a rule.
fn of<'a>(report: &'a Value, rule: &str) -> Vec<&'a Value> {
    report["findings"].as_array().unwrap().iter().filter(|f| f["rule"] == rule).collect()
}

/// The five counts of a rule: pass, violation, waived, not applicable, indeterminate.
fn counts(report: &Value, rule: &str) -> [u64; 5] {
    let row = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == rule).unwrap();
    let unjudged = row["indeterminate"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    let count = |key: &str| row[key].as_u64().unwrap();
    [count("pass"), count("violation"), count("waived"), count("not_applicable"), unjudged]
}

fn verdict(report: &Value) -> &str {
    report["verdict"].as_str().unwrap()
}

fn waiver(more: &str) -> String {
    format!("{NO_BYE}[[waiver]]\nid = \"W-1\"\nrules = [\"SIP-METHOD-001\"]\nreason = \"agreed by telephone\"\n{more}")
}

/// Four calls in order, 20 s apart, of which bravo ends the last.
fn four_calls() -> Vec<Frame> {
    let call = |(n, name): (usize, &&str)| {
        let (mut call, at, by_alpha) = (Call::new(name), 20.0 * n as f64, n < 3);
        call.invite(at).answer(at + 1.0, 180).answer(at + 2.0, 200).ack(at + 2.1);
        call.bye(at + 9.0, by_alpha).bye_answer(at + 9.1, 200, by_alpha);
        call
    };
    capture(["a", "b", "c", "d"].iter().enumerate().map(call).collect(), 120.0)
}

#[test]
fn a_finding_names_the_line_that_it_holds_against_the_peer() {
    let report = judged(&four_calls(), NO_BYE);
    let [finding, _] = of(&report, "SIP-METHOD-001")[..] else { panic!("one for each direction: {}", report["findings"]) };
    assert_eq!((&finding["offender"], &finding["count"]), (&json!("alpha"), &json!(3)));
    let line = made::program::PEERS.lines().count() + 2;
    assert_eq!(finding["clause"]["line"], line);
    assert_eq!(
        (&finding["clause"]["path"], &finding["agreed"], &finding["observed"]),
        (&json!("sip.methods.BYE"), &json!("forbidden"), &json!("BYE"))
    );
    assert_eq!(verdict(&report), "fail");
}

#[test]
fn a_waiver_that_holds_leaves_the_finding_and_takes_the_failure() {
    let bare = judged(&four_calls(), NO_BYE);
    let report = judged(&four_calls(), &waiver("expires = 2026-12-31T00:00:00Z\n"));
    let finding = of(&report, "SIP-METHOD-001")[0];
    assert_eq!((&finding["outcome"], &finding["waiver"]["id"]), (&json!("waived"), &json!("W-1")));
    let (broken, waived) = (counts(&bare, "SIP-METHOD-001"), counts(&report, "SIP-METHOD-001"));
    assert_eq!((broken[1], waived[1]), (waived[2], 0));
    assert_eq!((verdict(&bare), verdict(&report)), ("fail", "pass"));
    assert!(of(&report, "POL-WAIVER-001").is_empty());
}

#[test]
fn an_expired_waiver_lets_the_finding_stand_and_is_one_itself() {
    // Expired by the clock of the capture, whatever the clock of the reader says.
    let report = judged(&four_calls(), &waiver("expires = 2026-11-14T09:59:59Z\n"));
    assert_eq!(of(&report, "SIP-METHOD-001")[0]["outcome"], "violation");
    assert!(of(&report, "POL-WAIVER-001")[0]["observed"].as_str().unwrap().contains("W-1 expired"));
    assert_eq!(verdict(&report), "fail");
}

#[test]
fn a_waiver_that_ends_within_the_capture_parts_the_findings() {
    let report = judged(&four_calls(), &waiver("expires = 2026-11-14T10:00:30Z\n"));
    let outcomes: Vec<_> = of(&report, "SIP-METHOD-001").iter().map(|f| f["outcome"].as_str().unwrap()).collect();
    assert!(outcomes.contains(&"waived") && outcomes.contains(&"violation"), "{outcomes:?}");
    assert_eq!(of(&report, "POL-WAIVER-001").len(), 1);
}

#[test]
fn a_waiver_covers_no_more_than_was_granted() {
    let all = counts(&judged(&four_calls(), NO_BYE), "SIP-METHOD-001")[1];
    let report = judged(&four_calls(), &waiver("expires = 2026-12-31T00:00:00Z\nmax_findings = 2\n"));
    let [_, violations, waived, ..] = counts(&report, "SIP-METHOD-001");
    assert_eq!((violations, waived), (all - 2, 2));
    // The first two of the capture are the waived ones.
    let time = |outcome: &str, key: &str| of(&report, "SIP-METHOD-001").iter().find(|f| f["outcome"] == outcome).unwrap()[key].to_string();
    assert!(time("waived", "last_time") < time("violation", "first_time"));
    assert_eq!(verdict(&report), "fail");
}

#[test]
fn a_waiver_that_met_nothing_is_mentioned() {
    let report = judged(&four_calls(), &waiver("expires = 2026-12-31T00:00:00Z\nmatch = { from_cidr = \"203.0.113.0/24\" }\n"));
    assert_eq!(of(&report, "SIP-METHOD-001")[0]["outcome"], "violation");
    assert_eq!(of(&report, "POL-WAIVER-001")[0]["severity"], "info");
}

#[test]
fn what_one_direction_may_the_other_may_not() {
    let text = format!("{NO_BYE}[[direction]]\nfrom = \"bravo\"\nto = \"alpha\"\n  [direction.sip.methods]\n  BYE = \"supported\"\n");
    let directions =
        |report: &Value| -> Vec<String> { of(report, "SIP-METHOD-001").iter().map(|f| f["from"].as_str().unwrap().into()).collect() };
    let (both, one) = (judged(&four_calls(), NO_BYE), judged(&four_calls(), &text));
    assert_eq!((directions(&both), directions(&one)), (vec!["alpha".into(), "bravo".into()], vec!["alpha".to_owned()]));
}

#[test]
fn a_trunk_group_has_its_own_clauses() {
    // Calls from +4930 are of the trunk group, the others are not.
    let mut other = Call::new("other");
    other.invite(20.0).answer(21.0, 180).answer(22.0, 200).ack(22.1).bye(29.0, true).bye_answer(29.1, 200, true);
    for frame in &mut other.frames {
        let text = String::from_utf8(frame.octets.split_off(42)).unwrap();
        frame.octets.extend(text.replace("+4930111", "+4989111").as_bytes());
    }
    let mut retail = Call::new("retail");
    retail.invite(0.0).answer(1.0, 180).answer(2.0, 200).ack(2.1).bye(9.0, true).bye_answer(9.1, 200, true);
    let frames = capture(vec![retail, other], 80.0);
    // A trunk group of alpha, whose table stands before that of bravo.
    let policy = made::program::PEERS.replacen(
        "[[peer]]\nid = \"bravo\"",
        "  [[peer.trunk_group]]\n  id = \"retail\"\n  match = { caller_prefixes = [\"+4930\"] }\n[[peer]]\nid = \"bravo\"",
        1,
    );
    let clause =
        "[[direction]]\nfrom = \"alpha\"\nto = \"bravo\"\ntrunk_group = \"retail\"\n  [direction.sip.methods]\n  BYE = \"supported\"\n";
    let report = made::program::judged_by(&frames, &format!("{policy}{NO_BYE}{clause}"));
    let [finding] = of(&report, "SIP-METHOD-001")[..] else { panic!("{}", report["findings"]) };
    assert_eq!((&finding["count"], &finding["exhibits"][0]["call_id"]), (&json!(1), &json!("other@alpha.example")));
    // One of two calls, and of the two the one that talks for seven seconds of the 29.1 that the capture lasts.
    let [whole, interval] = report["trunk_metrics"].as_array().unwrap().as_slice() else { panic!("{}", report["trunk_metrics"]) };
    assert_eq!(
        (&whole["from"], &whole["to"], &whole["trunk"], &whole["attempts"]),
        (&json!("alpha"), &json!("bravo"), &json!("retail"), &json!(1))
    );
    assert_eq!((&whole["ratios"]["ser_pct"], &whole["peak_concurrent"], &whole["peak_cps"]), (&json!([1, 1]), &json!(1), &json!(1)));
    assert!((whole["erlangs"].as_f64().unwrap() - 7.0 / 80.0).abs() < 0.001, "{whole}");
    assert_eq!((&interval["interval_s"], &interval["attempts"], &interval["erlangs"]), (&json!(900), &json!(1), &Value::Null));
    assert_eq!((&report["metrics"][0]["attempts"], report["metrics"][0].get("trunk")), (&json!(2), None));
}

#[test]
fn a_rule_that_is_off_is_silent() {
    let off = "[[rule]]\nid = \"SIP-METHOD-001\"\nenabled = false\nreason = \"judged elsewhere\"\n";
    let report = judged(&four_calls(), &format!("{NO_BYE}{off}"));
    assert!(of(&report, "SIP-METHOD-001").is_empty());
    assert_eq!(verdict(&report), "pass");
}

#[test]
fn a_rule_weighs_what_the_policy_says() {
    let light = "[[rule]]\nid = \"SIP-METHOD-001\"\nseverity = \"low\"\n";
    let report = judged(&four_calls(), &format!("{NO_BYE}{light}"));
    assert_eq!(of(&report, "SIP-METHOD-001")[0]["severity"], "low");
    assert_eq!(verdict(&report), "pass");
}

#[test]
fn a_level_caps_the_severity() {
    let report = judged(&four_calls(), "[sip.methods]\nBYE = \"discouraged\"\n");
    assert_eq!((of(&report, "SIP-METHOD-001")[0]["severity"].as_str(), verdict(&report)), (Some("low"), "pass"));
}

/// RFC 3261 §20.33, §21.5.4: whoever was told to wait ten seconds waits, in whatever call it asks again.
#[test]
fn overload_is_waited_out_across_calls() {
    let mut refused = Call::new("refused");
    refused.request(0.0, "INVITE", 1, true, "").response(0.1, 503, "INVITE", 1, true, "Retry-After: 10\r\n");
    refused.request(0.105, "ACK", 1, true, "X-Non-2xx\r\n");
    let asks = |name: &str, at: f64, method: &str| {
        let mut call = Call::new(name);
        call.request(at, method, 1, true, "").response(at + 0.1, 486, method, 1, true, "");
        if method == "INVITE" {
            call.request(at + 0.105, "ACK", 1, true, "X-Non-2xx\r\n");
        }
        call
    };
    let calls = vec![
        refused,
        asks("racing", 0.3, "INVITE"),
        asks("probe", 4.0, "OPTIONS"),
        asks("patient", 12.0, "INVITE"),
        asks("late", 13.0, "INVITE"),
    ];
    let frames = capture(calls.clone(), 60.0);
    let report = judged(&frames, "");
    assert_eq!(counts(&report, "SIP-RESP-003")[..2], [1, 0], "one waited, and after it nobody has to");
    let frames = capture([calls, vec![asks("early", 5.0, "INVITE")]].concat(), 60.0);
    let report = judged(&frames, "");
    let [finding] = of(&report, "SIP-RESP-003")[..] else { panic!("{}", report["findings"]) };
    assert_eq!((&finding["offender"], &finding["exhibits"][0]["call_id"]), (&json!("alpha"), &json!("early@alpha.example")));
    assert!(finding["exhibits"][0]["excerpt"].as_str().unwrap().starts_with("4.9 s after 503 with Retry-After: 10: INVITE"), "{finding}");
}

/// RFC 3261 §21.4.6, §20.5: what was agreed to be required is refused by one side, and its Allow headers never list it.
#[test]
fn a_required_method_is_to_be_served() {
    let mut frames = four_calls();
    let mut ping = Call::new("ping");
    ping.request(100.0, "OPTIONS", 1, true, "").response(100.1, 405, "OPTIONS", 1, true, "Allow: INVITE\r\n");
    frames.extend(ping.frames);
    let report = judged(&frames, "[sip.methods]\nOPTIONS = \"required\"\n");
    let [finding] = of(&report, "SIP-METHOD-002")[..] else { panic!("{}", report["findings"]) };
    assert_eq!((&finding["offender"], &finding["observed"]), (&json!("bravo"), &json!("OPTIONS answered with 405")));
    let mut call = Call::new("shows");
    call.request(105.0, "INVITE", 1, true, "Allow: INVITE, ACK, BYE\r\n").response(
        105.1,
        200,
        "INVITE",
        1,
        true,
        "Allow: INVITE, OPTIONS\r\n",
    );
    frames.extend(call.ack(105.2).bye(106.0, true).bye_answer(106.1, 200, true).frames.clone());
    let report = judged(&frames, "[sip.methods]\nOPTIONS = \"required\"\n");
    let observed: Vec<_> =
        of(&report, "SIP-METHOD-002").iter().map(|f| (f["offender"].as_str().unwrap(), f["observed"].as_str().unwrap())).collect();
    assert_eq!(observed, [("bravo", "OPTIONS answered with 405"), ("alpha", "OPTIONS in no Allow header")]);
}
