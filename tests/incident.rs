//! Takes a made incident, gives a failure where the report does not say what its failing calls have in common, never a pattern that chance explains.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use made::calls::Call;
use speerlint::audit::IncidentView;
use speerlint::pipeline::{Request, audit};

/// A call a second: of those to London every second one fails with 503 at night, of those to Berlin one in twenty, whoever makes them.
fn calls() -> Vec<made::Frame> {
    let mut frames = Vec::new();
    for n in 0..400_u32 {
        let at = f64::from(n);
        let mut call = Call::new(&format!("c{n}"));
        let london = n % 4 == 0;
        call.target = if london { format!("+44205550{n:03}@bravo.example") } else { format!("+49305550{n:03}@bravo.example") };
        let agent = if n % 3 == 0 { "User-Agent: Sipwise 9\r\n" } else { "User-Agent: Asterisk PBX 18\r\n" };
        call.request(at, "INVITE", 1, true, agent).answer(at + 0.1, 100);
        let fails = if london { n % 8 == 0 } else { n % 20 == 1 };
        if fails {
            call.response(at + 0.2, 503, "INVITE", 1, true, "").request(at + 0.21, "ACK", 1, true, "X-Non-2xx\r\n");
        } else {
            call.answer(at + 0.3, 200).ack(at + 0.31).bye(at + 0.8, true).bye_answer(at + 0.81, 200, true);
        }
        frames.append(&mut call.frames);
    }
    frames.sort_by_key(|frame| frame.micros);
    frames
}

fn incident(frames: &[made::Frame]) -> IncidentView {
    let folder = tempfile::tempdir().unwrap();
    let capture = made::write(folder.path(), "incident.pcap", frames);
    audit(&Request { inputs: vec![capture], ..Request::default() }, &|_| {}).unwrap().incident
}

#[test]
fn the_prefix_that_fails_is_told_with_its_counts_and_nothing_else() {
    let view = incident(&calls());
    // 50 of the 100 to London; of the 300 to Berlin those with n mod 20 = 1, which are 20.
    assert_eq!((view.failed, view.good, view.poor, view.left_out), (70, 330, 0, 0));
    assert_eq!(view.endings.iter().map(|e| (&*e.response, e.calls)).collect::<Vec<_>>(), [("503 Service Unavailable", 70)]);
    let told: Vec<_> = view.of_failed.values.iter().map(|s| (s.property, &*s.value, s.bad, s.bad_of, s.good, s.good_of)).collect();
    assert_eq!(told, [("called prefix", "+442055", 50, 70, 50, 330)]);
    let shared = &view.of_failed.values[0];
    // (50/70) / (50/330) = 33/7; 50 − 70·50/330 = 39.39
    assert!((shared.lift.unwrap() - 33.0 / 7.0).abs() < 1e-9 && (shared.excess - 39.393_9).abs() < 1e-3);
    assert_eq!(shared.example.call_id, "c0@alpha.example");
}

#[test]
fn calls_that_their_users_end_are_neither_good_nor_failed() {
    let mut frames = Vec::new();
    for (n, code) in [(0_u32, 486_u16), (1, 480), (2, 404), (3, 302)] {
        let at = f64::from(n);
        let mut call = Call::new(&format!("c{n}"));
        call.invite(at).response(at + 0.2, code, "INVITE", 1, true, "").request(at + 0.3, "ACK", 1, true, "X-Non-2xx\r\n");
        frames.append(&mut call.frames);
    }
    let view = incident(&frames);
    assert_eq!((view.failed, view.good, view.left_out), (1, 0, 3));
}
