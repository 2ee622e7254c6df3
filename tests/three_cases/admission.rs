//! Takes the worked oracles of admission, gives a failure where their limits are not held, never counts itself.

use crate::made::calls::{Call, call, capture};
use crate::made::oracle;
use crate::made::program::{judged, judged_in};
use crate::made::{Frame, fragment, link, pcap, tunnels};
use crate::message::{Said, frames, request};
use crate::report::{counts, found, reasons};

/// Oracle C1 of `standards.md` §8.6: six attempts within one second at most.
const C1: [f64; 9] = [0.0, 0.2, 0.4, 0.9, 1.0, 1.1, 1.15, 1.9, 2.0];

fn attempts() -> Vec<Frame> {
    let call = |(n, at): (usize, &f64)| {
        let mut call = Call::new(&format!("attempt-{n}"));
        call.invite(*at).answer(at + 0.01, 486);
        call
    };
    capture(C1.iter().enumerate().map(call).collect(), 60.0)
}

/// Where a window is longer than the capture, what came before it counts too.
fn held(rule: &str, kind: &str, scope: &str, frames: &[Frame], (kept, broken): (u32, u32)) {
    let key = if scope == "source" { "key = \"caller\"\n" } else { "" };
    let judge = |value: u32, window: u32| {
        let limit = format!("id = \"l\"\nkind = \"{kind}\"\nscope = \"{scope}\"\nwindow_s = {window}\nvalue = {value}\n{key}");
        judged(frames, &format!("[[admission.limit]]\n{limit}"))
    };
    let all = counts(&judge(kept, 1), rule);
    assert!(all[0] > 0 && all[1] == 0 && all[2] == 0, "{rule} kept: {all:?}");
    assert!(counts(&judge(broken, 1), rule)[1] > 0, "{rule} broken");
    let open = judge(1000, 86_400);
    assert!(reasons(&open, rule).iter().all(|(reason, n)| reason == "boundary" && *n > 0) && counts(&open, rule)[0] == 0, "{rule} open");
    assert!(counts(&open, rule)[2] > 0, "{rule} open: {:?}", counts(&open, rule));
    assert!(counts(&judge(broken, 86_400), rule)[1] > 0, "{rule}: more than agreed is more, whatever came before");
}

#[test]
pub(crate) fn attempts_of_a_direction() {
    held("CAC-CPS-001", "attempts", "direction", &attempts(), (6, 5));
}

#[test]
pub(crate) fn attempts_of_one_caller() {
    held("CAC-CPS-002", "attempts", "source", &attempts(), (6, 5));
}

#[test]
pub(crate) fn transactions_of_a_direction() {
    // Of oracle M no two transactions of alpha begin within a second, but for the INVITE that answers a challenge or a redirection.
    held("CAC-TPS-001", "transactions", "direction", &oracle::m(), (2, 1));
}

#[test]
pub(crate) fn users_of_a_direction() {
    let call = |at: f64, caller: &str| {
        let said = request(at, &format!("user-{}", &caller[5..]), "INVITE", "", "");
        Said { text: said.text.replace("+4930111", caller), ..said }
    };
    let two = frames(&[call(0.0, "+4930111"), call(0.5, "+4930222"), call(5.0, "+4930333"), call(60.0, "+4930444")]);
    held("CAC-USR-001", "active_users", "direction", &two, (2, 1));
}

/// A call that was answered, on VLAN 100 or on no VLAN: who answers it lets it in.
#[test]
pub(crate) fn calls_outside_of_the_agreed_tunnel() {
    let rule = "CAC-ADM-001";
    let judge = |link: link::Link, point: &str, vlan: u16| {
        let terms = format!(
            "{}[connectivity]\nvlan_ids = [{vlan}]\n{point}[admission]\nrequire = {{ encapsulation = \"vlan\" }}\n",
            crate::made::program::PEERS
        );
        judged_in(&link::capture(link, &capture(vec![call("tunnel")], 60.0)), &terms)
    };
    let wan = "capture_point = \"wan\"\n";
    assert_eq!(counts(&judge(link::Link::Vlan, wan, 100), rule), [1, 0, 0]);
    assert_eq!(counts(&judge(link::Link::Vlan, wan, 200), rule), [0, 1, 0], "another VLAN than the one that was agreed");
    assert_eq!(found(&judge(link::Link::Ethernet, wan, 100), rule), [("bravo", "admitted natively", 1)]);
    // Behind the border nothing shows how it came.
    assert_eq!(reasons(&judge(link::Link::Ethernet, "capture_point = \"inside-bravo\"\n", 100), rule), [("off-path".to_owned(), 1)]);
}

/// A call in GRE, in ESP that does not encrypt and behind AH, each between the hosts or between two networks, in one piece or in several.
#[test]
pub(crate) fn calls_outside_of_the_agreed_gre_and_ipsec() {
    type Wrap = fn(&Frame) -> Frame;
    let rule = "CAC-ADM-001";
    let judge = |frames: &[Frame], word: &str, point: &str| {
        let point = format!("[connectivity]\ncapture_point = \"{point}\"\n");
        judged(frames, &format!("{point}[admission]\nrequire = {{ encapsulation = \"{word}\" }}\n"))
    };
    let whole: Vec<Frame> = capture(vec![call("tunnel")], 60.0);
    let wrapped = |wrap: Wrap| whole.iter().map(wrap).collect::<Vec<_>>();
    let ways: [(&str, Wrap, &str); 5] = [
        ("gre", tunnels::gre, "admitted in GRE"),
        ("ipsec-esp", tunnels::esp_tunnel, "admitted in ESP without encryption, in IP"),
        ("ipsec-esp", tunnels::esp_transport, "admitted in ESP without encryption"),
        ("ipsec-ah", tunnels::ah_tunnel, "admitted behind AH, in IP"),
        ("ipsec-ah", tunnels::ah_transport, "admitted behind AH"),
    ];
    for (word, wrap, _) in ways {
        let frames = wrapped(wrap);
        assert_eq!(counts(&judge(&frames, word, "wan"), rule), [1, 0, 0], "{word}");
        let pieces: Vec<Frame> = frames.iter().zip(1..).flat_map(|(frame, n)| fragment::v4(frame, n, 400)).collect();
        assert_eq!(counts(&judge(&pieces, word, "wan"), rule), [1, 0, 0], "{word} in pieces");
        // Behind the border nothing shows how it came, whatever it looks like there.
        assert_eq!(reasons(&judge(&frames, word, "inside-bravo"), rule), [("off-path".to_owned(), 1)], "{word}");
        assert_eq!(reasons(&judge(&whole, word, "inside-bravo"), rule), [("off-path".to_owned(), 1)], "{word}");
        assert_eq!(found(&judge(&whole, word, "wan"), rule), [("bravo", "admitted natively", 1)], "{word}");
        for (_, wrap, observed) in ways.iter().filter(|(other, ..)| *other != word) {
            assert_eq!(found(&judge(&wrapped(*wrap), word, "wan"), rule), [("bravo", *observed, 1)], "{word}");
        }
    }
    // One in the other is in both.
    let twice: Vec<Frame> = whole.iter().map(|frame| tunnels::ah_tunnel(&tunnels::gre(frame))).collect();
    for word in ["gre", "ipsec-ah"] {
        assert_eq!(counts(&judge(&twice, word, "wan"), rule), [1, 0, 0], "{word}");
    }
    assert_eq!(found(&judge(&twice, "ipsec-esp", "wan"), rule), [("bravo", "admitted in GRE, behind AH, in IP", 1)]);
    // Where ESP encrypts, no call is seen that could be judged; where only the answer comes in it, the INVITE did not.
    assert_eq!(counts(&judge(&wrapped(tunnels::esp_sealed), "ipsec-esp", "wan"), rule), [0, 0, 0]);
    let first_outside: Vec<Frame> = whole[..1].iter().cloned().chain(whole[1..].iter().map(tunnels::esp_tunnel)).collect();
    assert_eq!(found(&judge(&first_outside, "ipsec-esp", "wan"), rule), [("bravo", "admitted natively", 1)]);
    // A call that was refused was not let in; of two calls each is judged by its own INVITE.
    let mut refused = Call::new("refused");
    refused.invite(30.0).answer(30.1, 403);
    let mut inside = whole.iter().map(tunnels::gre).collect::<Vec<_>>();
    inside.extend(refused.frames);
    let mut second = Call::new("second");
    second.invite(40.0).answer(40.1, 200).ack(40.2).bye(45.0, true).bye_answer(45.1, 200, true);
    inside.extend(second.frames);
    inside.sort_by_key(|frame| frame.micros);
    let report = judge(&inside, "gre", "wan");
    assert_eq!((counts(&report, rule), found(&report, rule)), ([1, 1, 0], vec![("bravo", "admitted natively", 1)]));
    // Cut at the snap length, ESP shows nothing, AH and GRE what is left.
    let short = |wrap: Wrap| crate::made::snapped(1, &wrapped(wrap), 300);
    let terms = |word: &str| format!("{}[admission]\nrequire = {{ encapsulation = \"{word}\" }}\n", crate::made::program::PEERS);
    assert_eq!(counts(&judged_in(&short(tunnels::esp_tunnel), &terms("ipsec-esp")), rule), [0, 0, 0]);
    assert_eq!(counts(&judged_in(&short(tunnels::ah_tunnel), &terms("ipsec-ah")), rule)[1], 0);
    assert_eq!(counts(&judged_in(&pcap(&whole), &terms("gre")), rule), [0, 1, 0], "the point of capture is the border where nobody says");
}

/// Six calls within a second where five were agreed: beyond the limit they may be refused, not answered.
#[test]
pub(crate) fn calls_beyond_a_limit() {
    let rule = "CAC-ADM-001";
    let limit = "[[admission.limit]]\nid = \"five\"\nkind = \"attempts\"\nscope = \"direction\"\nwindow_s = 1\nvalue = 5\n";
    let frames = |code_of_last: u16| {
        let each = (0..6).map(|n| {
            let at = 0.1 * f64::from(n);
            let mut call = Call::new(&format!("rush-{n}"));
            call.invite(at);
            if code_of_last > 0 || n < 5 {
                call.answer(at + 0.05, if n == 5 { code_of_last } else { 200 });
            }
            if n < 5 || code_of_last == 200 {
                call.ack(at + 0.06).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
            }
            call
        });
        // Who waits longer than 64·T1 gives up.
        capture(each.collect(), if code_of_last > 0 { 60.0 } else { 20.0 })
    };
    let judge = |code_of_last: u16, require: &str| {
        judged(&frames(code_of_last), &format!("[admission]\nrequire = {{ within_limits = {require} }}\n{limit}"))
    };
    assert_eq!(counts(&judge(503, "true"), rule), [1, 0, 0]);
    let report = judge(200, "true");
    assert_eq!(counts(&report, rule)[1], 1);
    assert!(found(&report, rule)[0].1.starts_with("admitted beyond the limit five"), "{:?}", found(&report, rule));
    assert_eq!(counts(&judge(200, "false"), rule), [0, 0, 0]);
    // What nobody answered before the capture ends may still be answered, and what came before it may have counted.
    let boundary = |n| vec![("boundary".to_owned(), n)];
    let undecided = judge(0, "true");
    assert_eq!((counts(&undecided, rule), reasons(&undecided, rule)), ([0, 0, 1], boundary(1)));
    let long = format!("[admission]\nrequire = {{ within_limits = true }}\n{}", limit.replace("window_s = 1", "window_s = 3600"));
    assert_eq!(reasons(&judged(&frames(503), &long), rule), boundary(1));
    assert_eq!(counts(&judged(&frames(200), &long), rule), [0, 1, 0]);
    // Excess and limit stand beside each other: the limit is broken either way.
    for code in [200, 503] {
        assert!(counts(&judge(code, "true"), "CAC-CPS-001")[1] > 0);
    }
}
