//! Takes border elements that check each other, gives a failure where an outage is not told, never a call.

use crate::made::calls::{Call, capture};
use crate::made::program::{PEERS, answer, judged, without_places};
use crate::made::{Frame, cut, write};
use crate::report::{counts, found};

/// When an OPTIONS is sent, and after how long it is answered with which code.
type Check = (f64, Option<(f64, u16)>);

/// Checks of bravo by alpha.
fn checks(all: &[Check], end: f64) -> Vec<Frame> {
    let check = |(n, (at, answer)): (usize, &Check)| {
        let mut check = Call::new(&format!("check-{n}"));
        check.request(*at, "OPTIONS", 1, true, "");
        if let Some((after, code)) = answer {
            check.response(at + after, *code, "OPTIONS", 1, true, "");
        }
        check
    };
    capture(all.iter().enumerate().map(check).collect(), end)
}

const CHECKED: &str = "[sip.transport]\nkeepalive = { method = \"options\", interval_s = 60, level = \"required\" }\n\
                       [performance]\nmin_samples = 1\n[performance.signaling]\noptions_ms = { p95 = 500, consecutive = 3 }\n";

/// RFC 3261 §11: a border element that does not answer three times is down; one answer of any kind shows it up.
#[test]
pub(crate) fn border_elements_are_watched_by_options() {
    let rule = "PRF-OPT-001";
    let up = Some((0.02, 200));
    let frames = checks(
        &[(0.0, up), (60.0, None), (120.0, None), (180.0, None), (240.0, Some((0.02, 503))), (300.0, Some((0.9, 404))), (420.0, up)],
        600.0,
    );
    let report = judged(&frames, CHECKED);
    let mut all = found(&report, rule);
    all.sort_unstable();
    let slow = "OPTIONS p95 above 500 ms";
    let expected = [
        ("alpha", "OPTIONS less often than agreed", 2),
        ("bravo", "3 or more OPTIONS in a row without answer or with 5xx", 2),
        // In its interval and in the whole capture.
        ("bravo", slow, 2),
        ("bravo", "no OPTIONS in the whole capture", 1),
    ];
    assert_eq!(all, expected);
    // Five checks that show it up or not yet down, five of the six pauses between; before the first nothing can be said.
    assert_eq!(counts(&report, rule), [10, 7, 1]);

    let frames = checks(&[(1.0, up), (61.0, None), (121.0, up), (181.0, up), (241.0, None)], 243.0);
    let both = format!(
        "{}{}",
        CHECKED, "[[direction]]\nfrom = \"bravo\"\nto = \"alpha\"\n  [direction.sip.transport]\n  keepalive = { method = \"none\" }\n"
    );
    let report = judged(&frames, &both);
    assert_eq!(found(&report, rule), []);
    // The last check, and the time before the first and behind the last, are at the edges of the capture.
    assert_eq!(counts(&report, rule), [4 + 4 + 2, 0, 3]);
}

/// What one window leaves open is judged in another: cuts and threads change nothing.
#[test]
pub(crate) fn checks_across_windows_are_the_same_checks() {
    let reply = |n: u32| (n % 7 < 4).then_some((0.02, if n % 7 == 2 { 500 } else { 200 }));
    let all: Vec<_> = (0..400).map(|n| (f64::from(n) * 7.0, reply(n))).collect();
    let folder = tempfile::tempdir().unwrap();
    let capture = write(folder.path(), "checks.pcap", &checks(&all, 3000.0));
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, format!("{}{CHECKED}", PEERS)).unwrap();
    let report = |inputs: Vec<std::path::PathBuf>, threads| {
        let request = speerlint::pipeline::Request {
            inputs,
            policy: Some(policy.clone()),
            threads: std::num::NonZeroUsize::new(threads),
            ..Default::default()
        };
        without_places(answer(&request))
    };
    let whole = report(vec![capture.clone()], 1);
    // Of seven checks, the last three get no answer: each third of them shows it down.
    assert_eq!(found(&whole, "PRF-OPT-001").iter().find(|f| f.1.starts_with("3 or more")).unwrap().2, 57);
    let parts = tempfile::tempdir().unwrap();
    assert_eq!(whole, report(cut(&capture, 7, parts.path()), 2));
}
