//! Takes voice of several streams, cut short and shifted as a tap does that, gives a failure where the audit blames no tap or a wrong one, never a stage alone.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::net::Ipv4Addr;

use made::program::{report, report_on};
use made::{EPOCH, Frame, pcap, udp};
use serde_json::Value;

const STREAMS: u16 = 6;

/// Fourteen seconds of `STREAMS` streams, three each way, out of step with one another.
fn voice() -> Vec<Frame> {
    let (alpha, bravo) = (Ipv4Addr::new(192, 0, 2, 17), Ipv4Addr::new(198, 51, 100, 33));
    let mut frames: Vec<Frame> = (0..700u16)
        .flat_map(|n| (0..STREAMS).map(move |stream| (n, stream)))
        .map(|(n, stream)| {
            let port = 20_000 + 2 * stream;
            let (from, to) = if stream % 2 == 0 { (alpha, bravo) } else { (bravo, alpha) };
            let header =
                [&[0x80, 8][..], &n.to_be_bytes(), &(u32::from(n) * 160).to_be_bytes(), &(77 + u32::from(stream)).to_be_bytes()].concat();
            udp(f64::from(n) * 0.02 + f64::from(stream) * 0.003, (from, port), (to, port), &[&header[..], &[0xd5; 160]].concat())
        })
        .collect();
    frames.sort_by_key(|frame| frame.micros);
    frames
}

fn at(frame: &Frame) -> u64 {
    (frame.micros - EPOCH) / 1000
}

fn observed(report: &Value, rule: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.filter(|f| f["rule"] == rule).map(|f| f["observed"].as_str().unwrap().to_owned()).collect()
}

fn verdicts(report: &Value, rule: &str) -> (u64, u64) {
    let rule = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == rule).unwrap();
    (rule["pass"].as_u64().unwrap(), rule["violation"].as_u64().unwrap())
}

#[test]
fn what_the_tap_lost_of_all_streams_is_a_loss_of_the_capture() {
    let whole = voice();
    let kept: Vec<_> = whole.iter().filter(|frame| !(5000..5200).contains(&at(frame))).cloned().collect();
    let lost = whole.len() - kept.len();
    let told = format!("media packets that many streams lack at once: {lost}, of {} packets", whole.len());
    assert_eq!(observed(&report_on(&pcap(&kept)), "CAP-LOSS-001"), std::slice::from_ref(&told));
    let folder = tempfile::tempdir().unwrap();
    let capture = made::write(folder.path(), "kept.pcap", &kept);
    for pieces in [2, 5] {
        let parts = tempfile::tempdir().unwrap();
        assert_eq!(
            observed(&report(&made::cut(&capture, pieces, parts.path())), "CAP-LOSS-001"),
            std::slice::from_ref(&told),
            "{pieces} pieces"
        );
    }
    let report = report_on(&pcap(&whole));
    assert_eq!((verdicts(&report, "CAP-LOSS-001"), verdicts(&report, "CAP-CLOCK-001")), ((1, 0), (1, 0)));
}

#[test]
fn what_two_streams_lack_or_all_at_different_times_is_a_loss_of_the_network() {
    let port = |frame: &Frame| u16::from_be_bytes([frame.octets[34], frame.octets[35]]);
    let two: Vec<_> = voice().into_iter().filter(|f| !((5000..5200).contains(&at(f)) && port(f) < 20_004)).collect();
    let turns: Vec<_> = voice()
        .into_iter()
        .filter(|f| !(at(f) / 300 == 10 + u64::from(port(f) - 20_000) / 2 && at(f) % 300 > 100 && at(f) % 300 < 200))
        .collect();
    for frames in [two, turns] {
        assert!(frames.len() < 700 * usize::from(STREAMS));
        assert_eq!(verdicts(&report_on(&pcap(&frames)), "CAP-LOSS-001"), (1, 0));
    }
}

#[test]
fn a_clock_that_steps_forward_runs_ahead_of_all_streams() {
    let shifted = |by: u64, until: u64| -> Vec<Frame> {
        let after = |frame: &Frame| (6000..until).contains(&at(frame));
        voice().into_iter().map(|f| Frame { micros: f.micros + if after(&f) { by * 1000 } else { 0 }, ..f }).collect()
    };
    let report = report_on(&pcap(&shifted(300, u64::MAX)));
    assert_eq!(observed(&report, "CAP-CLOCK-001"), ["time stamps run ahead of all media streams once, by up to 300 ms"]);
    assert_eq!(observed(&report, "CAP-LOSS-001"), [] as [&str; 0]);
    assert_eq!(verdicts(&report_on(&pcap(&shifted(15, u64::MAX))), "CAP-CLOCK-001"), (1, 0), "less than agreed");
    // Held up on the way, and let go together.
    let held =
        voice().into_iter().map(|f| Frame { micros: if (6000..6200).contains(&at(&f)) { EPOCH + 6_200_000 } else { f.micros }, ..f });
    assert_eq!(verdicts(&report_on(&pcap(&held.collect::<Vec<_>>())), "CAP-CLOCK-001"), (1, 0), "it does not last");
}
