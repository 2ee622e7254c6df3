//! Takes the worked oracles of admission, gives a failure where their limits are not held, never counts itself.

use crate::made::calls::{Call, call, capture};
use crate::made::oracle;
use crate::made::program::{judged, judged_in};
use crate::made::{Frame, link};
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

/// Six calls within a second where five were agreed: beyond the limit they may be refused, not answered.
#[test]
pub(crate) fn calls_beyond_a_limit() {
    let rule = "CAC-ADM-001";
    let limit = "[[admission.limit]]\nid = \"five\"\nkind = \"attempts\"\nscope = \"direction\"\nwindow_s = 1\nvalue = 5\n";
    let judge = |code_of_last: u16, require: &str| {
        let each = (0..6).map(|n| {
            let at = 0.1 * f64::from(n);
            let mut call = Call::new(&format!("rush-{n}"));
            call.invite(at).answer(at + 0.05, if n == 5 { code_of_last } else { 200 });
            if n < 5 || code_of_last == 200 {
                call.ack(at + 0.06).bye(at + 9.0, true).bye_answer(at + 9.1, 200, true);
            }
            call
        });
        judged(&capture(each.collect(), 60.0), &format!("[admission]\nrequire = {{ within_limits = {require} }}\n{limit}"))
    };
    assert_eq!(counts(&judge(503, "true"), rule), [1, 0, 0]);
    let report = judge(200, "true");
    assert_eq!(counts(&report, rule)[1], 1);
    assert!(found(&report, rule)[0].1.starts_with("admitted beyond the limit five"), "{:?}", found(&report, rule));
    assert_eq!(counts(&judge(200, "false"), rule), [0, 0, 0]);
    // Excess and limit stand beside each other: the limit is broken either way.
    for code in [200, 503] {
        assert!(counts(&judge(code, "true"), "CAC-CPS-001")[1] > 0);
    }
}
