//! Takes traffic that keeps or breaks a rule otherwise than the textbook has it, gives a failure where the program says otherwise, never a rule's own check.

use crate::made::EPOCH;
use crate::made::program::judged;
use crate::message::{Said, frames, identity, request, response};
use crate::report::{counts, found, reasons};

/// Passes, breaches, and whether it is left open.
fn says(rule: &str, terms: &str, said: &[Said], kept: u64, broken: &[&str], open: &[&str]) {
    let report = judged(&frames(said), terms);
    let found: Vec<&str> = found(&report, rule).iter().map(|(_, observed, _)| *observed).collect();
    let reasons: Vec<String> = reasons(&report, rule).into_iter().map(|(reason, _)| reason).collect();
    let text = &said.first().unwrap().text;
    assert_eq!((counts(&report, rule)[0], found.as_slice()), (kept, broken), "{rule}\n{terms}\n{text}");
    assert_eq!(reasons, open, "{rule}\n{text}");
}

fn invite(more: &str) -> Said {
    request(0.0, "one", "INVITE", more, "")
}

fn with(mut said: Said, from: &str, to: &str) -> Said {
    assert!(said.text.contains(from), "{from}");
    said.text = said.text.replace(from, to);
    said
}

/// RFC 3261 §19.1.2 (escapes), RFC 3966 §5.1.4 (context), RFC 7044 (History-Info of a call that was not diverted).
#[test]
fn numbers_as_networks_write_them() {
    let terms = "[identity]\ndiversion = { level = \"required\", headers = [\"Diversion\"] }\n";
    let to = |to: &str| [with(invite(""), "To: <sip:+4420555000@bravo.example>", &format!("To: <{to}>"))];
    says("IDN-DIV-001", terms, &to("sip:%2B4420555000@bravo.example;user=phone"), 0, &[], &[]);
    says("IDN-DIV-001", terms, &to("sip:20555000@bravo.example;user=phone"), 0, &[], &["no-aux-input"]);
    says("IDN-DIV-001", terms, &to("tel:20555000;phone-context=+44"), 0, &[], &["no-aux-input"]);
    says("IDN-DIV-001", terms, &to("tel:+4420555001"), 0, &["another number than in To, and nothing tells why"], &[]);
}

/// RFC 8946 §5: what a `div-o` goes on from is in it.
#[test]
fn a_diversion_that_has_the_passport_before_in_it() {
    let terms = "[identity.stir]\nidentity_header = \"required\"\n";
    let claims = |dest: &str| {
        let iat = EPOCH / 1_000_000;
        format!(
            "{{\"dest\":{{\"tn\":[\"{dest}\"]}},\"div\":{{\"tn\":\"4420111\"}},\"iat\":{iat},\"opt\":\"a.b.c\",\"orig\":{{\"tn\":\"4930111\"}}}}"
        )
    };
    let call = |dest: &str| {
        let said = invite(&identity("div-o", &claims(dest)));
        [with(said, "To: <sip:+4420555000@bravo.example>", "To: <sip:+4420111@bravo.example>")]
    };
    says("IDN-STIR-004", terms, &call("4420555000"), 1, &[], &[]);
    says("IDN-STIR-004", terms, &call("4420999"), 0, &["div that does not lead to the target"], &[]);
}

/// RFC 3608 §5: only the answer to REGISTER has Service-Route.
#[test]
fn headers_that_show_the_inside() {
    let terms = "[privacy]\ntopology_hiding = \"required\"\n";
    let registered =
        [request(0.0, "one", "REGISTER", "", ""), response(0.1, "one", 200, "REGISTER", "Service-Route: <sip:orig@10.0.0.5;lr>\n", "")];
    says("PRV-TOPO-001", terms, &registered, 1, &["Service-Route: private address"], &[]);
    says("PRV-TOPO-001", terms, &[invite("P-Served-User: <sip:a@10.0.0.5>\n")], 0, &["P-Served-User: private address"], &[]);
}

/// RFC 3261 §16.7, §12.1.1: a response has the Record-Route of all proxies, those of the other side last.
#[test]
fn routes_that_the_answering_side_adds() {
    let terms = "[privacy]\ntopology_hiding = \"required\"\n";
    let call = |asked: &str, answered: &str| [invite(asked), response(0.5, "one", 200, "INVITE", answered, "")];
    let own = "Record-Route: <sip:192.0.2.17;lr>\n";
    let shows = |asked: &str, answered: &str, kept: u64| {
        let broken: &[&str] = if kept == 2 { &[] } else { &["Record-Route: private address"] };
        says("PRV-TOPO-001", terms, &call(asked, answered), kept, broken, &[]);
    };
    shows(own, "Record-Route: <sip:10.0.0.5;lr>, <sip:192.0.2.17;lr>\n", 1);
    shows(own, "Record-Route: <sip:10.0.0.5;lr>\nRecord-Route: <sip:192.0.2.17;lr>\n", 1);
    shows("", "Record-Route: <sip:10.0.0.5;lr>\n", 1);
    shows(own, "Record-Route: <sip:198.51.100.34;lr>, <sip:192.0.2.17;lr>\n", 2);
    // What came with the request is the other side's, and what it was changed to is nobody's that could be told.
    shows("Record-Route: <sip:10.0.0.1;lr>\n", "Record-Route: <sip:198.51.100.34;lr>, <sip:10.0.0.1;lr>\n", 1);
    shows(own, "Record-Route: <sip:10.0.0.5;lr>, <sip:192.0.2.17;lr;x=1>\n", 2);
}

/// RFC 7315 §4.6: an identifier for each dialog; who is challenged begins again.
#[test]
fn charging_vectors_of_challenged_requests() {
    let terms = "[accounting]\ncharging_vector = \"required\"\nioi = { alpha = \"alpha.example\", bravo = \"bravo.example\" }\n";
    let vector = |icid: &str, ioi: &str| format!("P-Charging-Vector: icid-value={icid};{ioi}.example\n");
    let second = |said: Said| with(said, "CSeq: 1 INVITE", "CSeq: 2 INVITE");
    let credentials = "Proxy-Authorization: Digest username=\"a\"\n";
    let call = |last: &str| {
        [
            invite(&vector("x1", "orig-ioi=alpha")),
            response(0.1, "one", 407, "INVITE", "", ""),
            second(request(0.3, "one", "INVITE", &format!("{}{credentials}", vector("x2", "orig-ioi=alpha")), "")),
            second(response(0.5, "one", 200, "INVITE", &vector(last, "term-ioi=bravo"), "")),
        ]
    };
    says("ACC-PCV-001", terms, &call("x2"), 5, &[], &[]);
    says("ACC-PCV-001", terms, &call("x1"), 4, &["icid-value that changed within the session"], &[]);
}

/// RFC 6665 §4.2.1.2: a notifier sends the state again to whoever asks for it.
#[test]
fn presence_that_is_sent_again() {
    const OPEN: &str = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:a@b'/>";
    let terms = "[media.presence]\nlevel = \"required\"\nmax_notify_copies = 1\npidf_only = true\n";
    let lines = "Event: presence\nSubscription-State: active\nContent-Type: application/pidf+xml\n";
    let notify = |at: f64, name: &str| request(at, name, "NOTIFY", lines, OPEN);
    let challenged =
        [notify(0.0, "one"), response(0.1, "one", 407, "NOTIFY", "", ""), with(notify(0.3, "one"), "CSeq: 1 NOTIFY", "CSeq: 2 NOTIFY")];
    says("IMP-SUB-001", terms, &challenged, 4, &[], &[]);
    says("IMP-SUB-001", terms, &[notify(0.0, "one"), notify(0.3, "two")], 3, &["the same presence document again"], &[]);
    // Two watchers who are sent it again in turn have two copies, a third one the third.
    let in_turn: Vec<Said> =
        (0..4).map(|n| notify(f64::from(n) * 0.2, if n % 2 == 0 { "one" } else { "two" }).branched(&n.to_string())).collect();
    let two = terms.replace("copies = 1", "copies = 2");
    says("IMP-SUB-001", &two, &in_turn, 8, &[], &[]);
    says("IMP-SUB-001", &two, &[in_turn, vec![notify(1.0, "three")]].concat(), 9, &["the same presence document again"], &[]);
    // What passed more than five seconds ago was another change.
    says(
        "IMP-SUB-001",
        &two,
        &[notify(0.0, "one"), notify(6.0, "two"), notify(6.1, "one").branched("again"), notify(6.2, "three")],
        7,
        &["the same presence document again"],
        &[],
    );
    let packed = request(0.0, "one", "NOTIFY", &format!("{lines}Content-Encoding: gzip\n"), "\u{1f}\u{8b}");
    says("IMP-PIDF-001", terms, &[packed], 0, &[], &["no-aux-input"]);
}

/// The messages of a call, so far that something else has begun when all its timers are over.
fn until_over(mut said: Vec<Said>) -> Vec<Said> {
    said.extend([request(600.0, "later", "OPTIONS", "", ""), response(600.1, "later", 200, "OPTIONS", "", "")]);
    said
}

/// RFC 3261 §13.3.1.1, §16.7: who rings says so each minute, in the same words, and Timer C begins anew.
#[test]
fn a_call_that_rings_for_long() {
    let rings = [1.0, 61.0, 121.0, 181.0].map(|at| response(at, "one", 180, "INVITE", "", ""));
    let busy = || response(240.0, "one", 486, "INVITE", "", "");
    let said = until_over([invite("")].into_iter().chain(rings.clone()).chain([busy()]).collect());
    says("TXN-TIMEOUT-001", "", &said, 1, &[], &[]);
    let report = judged(&frames(&said), "");
    assert_eq!(report["totals"]["outcomes"], serde_json::json!({"486": 1}));
    let silent = until_over([invite("")].into_iter().chain(rings).collect());
    says("TXN-TIMEOUT-001", "", &silent, 0, &["provisional responses only"], &[]);
}

/// RFC 3261 §12.1.2: the ACK of a 2xx goes where its route set or Contact says, which the tap may not see.
#[test]
fn an_ack_that_goes_elsewhere() {
    let call = |lines: &str| {
        let mut answer = response(2.0, "one", 200, "INVITE", lines, "");
        answer.text = answer.text.replacen("Contact: <sip:bravo@198.51.100.34>\r\n", "", 1);
        until_over(vec![invite(""), answer])
    };
    says("TXN-ACK-001", "", &call("Contact: <sip:bravo@203.0.113.9>\n"), 0, &[], &["off-path"]);
    says("TXN-ACK-001", "", &call("Contact: <sip:bravo@198.51.100.34>\n"), 0, &["no ACK"], &[]);
    let routed = "Contact: <sip:bravo@203.0.113.9>\nRecord-Route: <sip:198.51.100.34;lr>\n";
    says("TXN-ACK-001", "", &call(routed), 0, &["no ACK"], &[]);
}

/// RFC 3261 §9.1: a CANCEL has the Route of its INVITE.
#[test]
fn a_cancel_of_another_route() {
    let call = |lines: &str| {
        let cancel = with(request(3.0, "one", "CANCEL", lines, ""), "z9hG4bK-one-CANCEL", "z9hG4bK-one-INVITE");
        let accepted = with(response(3.1, "one", 200, "CANCEL", "", ""), "z9hG4bK-one-CANCEL", "z9hG4bK-one-INVITE");
        let ended = response(3.2, "one", 487, "INVITE", "", "");
        until_over(vec![
            invite("Route: <sip:edge.bravo.example;lr>\n"),
            response(1.0, "one", 180, "INVITE", "", ""),
            cancel,
            accepted,
            ended,
        ])
    };
    says("TXN-CANCEL-001", "", &call("Route: <sip:edge.bravo.example;lr>\n"), 1, &[], &[]);
    says("TXN-CANCEL-001", "", &call(""), 0, &["CANCEL with another Route than its INVITE"], &[]);
}

/// A waiver that was not granted yet, then in force, then expired.
#[test]
fn a_waiver_that_came_too_late_and_ran_out() {
    let terms = "[sip.methods]\nOPTIONS = \"forbidden\"\n[[waiver]]\nid = \"W-1\"\nrules = [\"SIP-METHOD-001\"]\nreason = \"tests\"\n\
                 owner = \"noc@alpha.example\"\ngranted = 2026-11-14T10:00:10Z\nexpires = 2026-11-14T10:00:20Z\n";
    let at = |at: f64, name: &str| request(at, name, "OPTIONS", "", "");
    let early = [at(5.0, "one"), at(15.0, "two")];
    says("POL-WAIVER-001", terms, &early, 1, &[], &[]);
    let all = [at(5.0, "one"), at(15.0, "two"), at(30.0, "three")];
    says("POL-WAIVER-001", terms, &all, 0, &["waiver W-1 expired before what it would have covered"], &[]);
    // Another one that goes on from there.
    let renewal =
        terms.split_once("[[waiver]]").unwrap().1.replace("W-1", "W-2").replace("10:00:20", "10:01:00").replace("10:00:10", "10:00:20");
    says("POL-WAIVER-001", &format!("{terms}[[waiver]]{renewal}"), &all, 1, &[], &[]);
}

/// RFC 3261 §13.2.2.4: each 2xx of a forked INVITE is acknowledged, also where the caller wants to keep one of them only.
#[test]
fn an_invite_that_two_answer() {
    const HERE: &str = "sip:bravo@198.51.100.34";
    let second = |at: f64, contact: &str| {
        let answer = with(response(at, "one", 200, "INVITE", "", ""), ";tag=b-one", ";tag=b-two");
        with(answer, HERE, contact)
    };
    let inside = |at: f64, method: &str, tag: &str| {
        let said = with(request(at, "one", method, "", ""), "bravo.example>\r\n", &format!("bravo.example>;tag={tag}\r\n"));
        let number = if method == "ACK" { "CSeq: 1 " } else { "CSeq: 2 " };
        with(said, "CSeq: 1 ", number).branched(&format!("{method}-{tag}"))
    };
    let (ack, bye) = (|at: f64, tag: &str| inside(at, "ACK", tag), inside(3.0, "BYE", "b-two"));
    let call = |more: &[Said]| {
        let mut said = vec![invite(""), response(1.0, "one", 200, "INVITE", "", "")];
        said.extend_from_slice(more);
        said.sort_by(|a, b| a.at.total_cmp(&b.at));
        until_over(said)
    };
    let keeps = |more: &[Said], kept: u64, broken: &[&str], open: &[&str]| says("TXN-ACK-001", "", &call(more), kept, broken, open);
    keeps(&[ack(1.1, "b-one"), second(1.2, HERE), ack(1.3, "b-two")], 1, &[], &[]);
    // Both answer before either is acknowledged, and one ACK overtakes the other.
    keeps(&[second(1.01, HERE), ack(1.2, "b-two"), ack(1.3, "b-one")], 1, &[], &[]);
    // The second 2xx comes when the time for the first ACK is nearly over.
    keeps(&[ack(1.1, "b-one"), second(32.0, HERE), ack(50.0, "b-two")], 1, &[], &[]);
    keeps(&[ack(1.1, "b-one"), second(1.2, HERE)], 0, &["no ACK"], &[]);
    keeps(&[second(1.2, HERE), ack(1.3, "b-two")], 0, &["no ACK"], &[]);
    // A host of its own may be reached past the tap, unless something of the caller passed to it, or in the dialog.
    for elsewhere in ["sip:bravo@203.0.113.9", "sip:bravo@desk.bravo.example"] {
        keeps(&[ack(1.1, "b-one"), second(1.2, elsewhere)], 0, &[], &["off-path"]);
        keeps(&[ack(1.1, "b-one"), second(1.2, elsewhere), bye.clone()], 0, &["no ACK"], &[]);
    }
}

/// `standards.md` IDN-STIR-003 (another Call-ID and From tag), ACC-PCV-001; RFC 3263 §4.3: who is refused or not heard tries the next element at once.
#[test]
fn an_attempt_at_another_border_element() {
    let claims = format!(
        "{{\"attest\":\"A\",\"dest\":{{\"tn\":[\"4420555000\"]}},\"iat\":{},\"orig\":{{\"tn\":\"4930111\"}},\"origid\":\"de305d54-75b4-431b-adb2-eb6b9e546014\"}}",
        EPOCH / 1_000_000
    );
    let vector = "P-Charging-Vector: icid-value=x1;orig-ioi=alpha.example\n".to_owned();
    for (rule, terms, lines, observed) in [
        ("IDN-STIR-003", "[identity.stir]\nreplay_window_s = 120\n", identity("shaken", &claims), "PASSporT of another call"),
        ("ACC-PCV-001", "[accounting]\ncharging_vector = \"supported\"\n", vector, "icid-value of another session"),
    ] {
        let at = |at: f64, name: &str| request(at, name, "INVITE", &lines, "");
        let heard = |at: f64, code: u16| response(at, "one", code, "INVITE", "", "");
        // What the rule says of a call, and besides of the vector as such.
        let vectors = |n: u64| if rule == "ACC-PCV-001" { n } else { 0 };
        let calls = |said: &[Said], kept: u64, broken: &[&str], open: &[&str]| {
            let invites = said.iter().filter(|said| said.text.starts_with("INVITE")).count();
            says(rule, terms, said, kept + vectors(invites.try_into().unwrap()), broken, open);
        };
        calls(&[at(0.0, "one"), heard(0.1, 180), at(0.5, "two")], 1, &[observed], &[]);
        calls(&[at(0.0, "one"), heard(0.1, 200), at(60.0, "two")], 1, &[observed], &[]);
        calls(&[at(0.0, "one"), heard(0.1, 100), heard(0.2, 503), at(0.5, "two")], 2, &[], &[]);
        calls(&[at(0.0, "one"), heard(0.2, 503), at(9.0, "two")], 1, &[observed], &[]);
        calls(&[at(0.0, "one"), heard(0.1, 100), at(4.0, "two")], 1, &[], &["one-way"]);
        calls(&[at(0.0, "one"), at(50.0, "two")], 1, &[observed], &[]);
        // It rang too long, and the agent took it back.
        let cancel = with(request(20.0, "one", "CANCEL", "", ""), "z9hG4bK-one-CANCEL", "z9hG4bK-one-INVITE");
        calls(&[at(0.0, "one"), heard(0.1, 180), cancel, at(20.1, "two")], 2, &[], &[]);
        // Somebody else's call.
        let other = with(at(0.5, "two"), "To: <sip:+4420555000", "To: <sip:+4420555001");
        calls(&[at(0.0, "one"), heard(0.2, 503), other], 1, &[observed], &[]);
        // It was the first that had it, and is challenged after the second.
        let again = with(at(2.0, "one"), "CSeq: 1 ", "CSeq: 2 ").branched("again");
        calls(&[at(0.0, "one"), heard(0.1, 180), at(0.5, "two"), heard(1.0, 407), again], 2, &[observed], &[]);
    }
    let terms = "[identity.stir]\nreplay_window_s = 120\n";
    let invite = |at: f64, name: &str| request(at, name, "INVITE", &identity("shaken", &claims), "");
    let same_tag = with(invite(0.5, "two"), ";tag=a-two", ";tag=a-one");
    says("IDN-STIR-003", terms, &[invite(0.0, "one"), response(0.1, "one", 180, "INVITE", "", ""), same_tag], 2, &[], &[]);
}

/// RFC 5407 §3: a request is under way while the other side ends the dialog, and is answered 481.
#[test]
fn requests_that_cross_the_end_of_their_dialog() {
    let tagged = |said: Said, from: &str, to: &str| {
        let said = with(said, ";tag=a-one", &format!(";tag={from}"));
        let bare = "To: <sip:+4420555000@bravo.example>";
        let start = said.text.find(bare).unwrap() + bare.len();
        let end = start + said.text[start..].find("\r\n").unwrap();
        let mut said = said;
        said.text.replace_range(start..end, &format!(";tag={to}"));
        said
    };
    let number = |said: Said, n: u32| with(said, "CSeq: 1 ", &format!("CSeq: {n} "));
    // Alpha's requests in the dialog, and bravo's.
    let asked = |at: f64, method: &str, n: u32| number(tagged(request(at, "one", method, "", ""), "a-one", "b-one"), n);
    let answered = |at: f64, code: u16, method: &str, n: u32| number(response(at, "one", code, method, "", ""), n);
    let back = |mut said: Said| {
        said.from_alpha = !said.from_alpha;
        with(tagged(said, "b-one", "a-one"), "z9hG4bK-", "z9hG4bK-back-")
    };
    let begun = || vec![invite(""), response(1.0, "one", 200, "INVITE", "", ""), asked(1.1, "ACK", 1).branched("ack")];
    let bye = || [asked(5.0, "BYE", 2), answered(5.1, 200, "BYE", 2)];
    let told = |more: Vec<Said>, kept: u64, broken: &[&str]| {
        let mut said = [begun(), more].concat();
        said.sort_by(|a, b| a.at.total_cmp(&b.at));
        says("DLG-STATE-001", "", &until_over(said), kept, broken, &[]);
    };
    for method in ["INFO", "UPDATE", "OPTIONS"] {
        let info = |at: f64, code: u16| [back(request(at, "one", method, "", "")), back(response(at + 0.15, "one", code, method, "", ""))];
        told([&bye()[..], &info(5.02, 481)].concat(), 2, &[]);
        told([&bye()[..], &info(4.98, 481)].concat(), 2, &[]);
        told([&bye()[..], &info(4.0, 481)].concat(), 1, &[&format!("481 to {method} in a dialog that stands")]);
        told([&bye()[..], &info(5.2, 481)].concat(), 1, &[&format!("{method} in a dialog that a BYE ended")]);
    }
    // The PRACK of a reliable response that a refusal followed.
    let early = |prack: f64| {
        until_over(vec![
            invite("Supported: 100rel\n"),
            response(1.0, "one", 183, "INVITE", "Require: 100rel\nRSeq: 1\n", ""),
            response(1.05, "one", 486, "INVITE", "", ""),
            number(tagged(request(prack, "one", "PRACK", "RAck: 1 1 INVITE\n", ""), "a-one", "b-one"), 2),
            answered(prack + 0.1, 481, "PRACK", 2),
        ])
    };
    says("DLG-STATE-001", "", &early(1.1), 1, &[], &[]);
    says("DLG-STATE-001", "", &early(9.0), 0, &["PRACK answered 481"], &[]);
}
