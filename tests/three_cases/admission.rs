//! Takes the worked oracles of admission, gives a failure where their limits are not held, never counts itself.

use crate::made::Frame;
use crate::made::calls::{Call, capture};
use crate::made::oracle;
use crate::made::program::judged;
use crate::message::{Said, frames, request};
use crate::report::{counts, reasons};

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
fn attempts_of_a_direction() {
    held("CAC-CPS-001", "attempts", "direction", &attempts(), (6, 5));
}

#[test]
fn attempts_of_one_caller() {
    held("CAC-CPS-002", "attempts", "source", &attempts(), (6, 5));
}

#[test]
fn transactions_of_a_direction() {
    // Of oracle M no two transactions of alpha begin within a second, but for the INVITE that answers a challenge or a redirection.
    held("CAC-TPS-001", "transactions", "direction", &oracle::m(), (2, 1));
}

#[test]
fn users_of_a_direction() {
    let call = |at: f64, caller: &str| {
        let said = request(at, &format!("user-{}", &caller[5..]), "INVITE", "", "");
        Said { text: said.text.replace("+4930111", caller), ..said }
    };
    let two = frames(&[call(0.0, "+4930111"), call(0.5, "+4930222"), call(5.0, "+4930333"), call(60.0, "+4930444")]);
    held("CAC-USR-001", "active_users", "direction", &two, (2, 1));
}
