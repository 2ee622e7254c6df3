//! Takes one capture in many ways, gives a failure where the audit depends on the way, never on what it says.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

use made::Case;
use made::program::without_places;
use serde_json::Value;
use speerlint::metrics::Dimension;
use speerlint::pipeline::Request;

/// The report of an audit as JSON, without what may differ: the list of captures, and where in them exhibits stand.
fn report(inputs: &[PathBuf], policy: Option<&Path>, threads: usize) -> Value {
    let request = Request {
        inputs: inputs.to_vec(),
        policy: policy.map(Path::to_owned),
        threads: NonZeroUsize::new(threads),
        hash: true,
        breakdown: Dimension::ALL.to_vec(),
        breakdown_intervals: true,
        ..Request::default()
    };
    made::program::answer(&request)
}

/// The samples and the made captures.
fn cases(folder: &Path) -> Vec<Case> {
    let mut cases = made::samples();
    cases.extend(made::mixtures(folder));
    let mut call = made::calls::Call::new("browser");
    call.invite(1.0).answer(2.0, 180).answer(3.0, 200).ack(3.1).bye(9.0, true).bye_answer(9.1, 200, true);
    cases.push(Case { capture: made::write(folder, "websocket.pcap", &made::websocket::over_websocket(&call)), policy: None });
    cases
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let one = report(std::slice::from_ref(&case.capture), case.policy.as_deref(), 1).to_string();
        for threads in [2, 8] {
            let many = report(std::slice::from_ref(&case.capture), case.policy.as_deref(), threads).to_string();
            assert_eq!(one, many, "{} with {threads} threads", case.capture.display());
        }
    }
}

#[test]
fn a_capture_cut_in_pieces_gives_the_same_audit() {
    let folder = tempfile::tempdir().unwrap();
    // Files are one capture in the order of time: pieces between which the clock was set back come in another.
    for case in cases(folder.path()).into_iter().filter(|case| !case.capture.starts_with("samples/blind-tap")) {
        let whole = without_places(report(std::slice::from_ref(&case.capture), case.policy.as_deref(), 2));
        for pieces in [2, 7] {
            let folder = tempfile::tempdir().unwrap();
            let parts = made::cut(&case.capture, pieces, folder.path());
            assert_eq!(parts.len(), pieces);
            let cut = without_places(report(&parts, case.policy.as_deref(), 2));
            assert_eq!(whole, cut, "{} in {pieces} pieces", case.capture.display());
        }
    }
}

#[test]
fn the_mixture_is_what_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let [_, mixed] = made::mixtures(folder.path()).try_into().ok().unwrap();
    let report = report(&[mixed.capture], None, 2);
    let intake = &report["intake"];
    for transport in ["TCP", "SCTP"] {
        assert_eq!(intake["sip_by_transport"][transport], 6, "{transport}");
    }
    assert_eq!(report["totals"]["call_ids"], 18);
    assert!(intake["ip_fragments"].as_u64() > Some(20) && intake["rtp_packets"].as_u64() == Some(1_500), "{intake}");
}
