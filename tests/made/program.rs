//! Takes captures and a policy, gives the report of the whole program, never of a stage alone.

use std::cell::RefCell;
use std::path::PathBuf;

use serde_json::Value;
use speerlint::pipeline::{Request, audit};
use speerlint::report;

use super::Frame;

/// A policy of the two peers of made captures, to which a test adds its clauses.
pub const PEERS: &str = r#"
schema = 1
[policy]
id = "made"
pairs = [["alpha", "bravo"]]
[[peer]]
id = "alpha"
ssp_domains = ["alpha.example"]
  [[peer.sbe]]
  name = "alpha-sbe"
  addresses = ["192.0.2.16/29"]
  roles = ["ingress", "egress"]
[[peer]]
id = "bravo"
ssp_domains = ["bravo.example"]
  [[peer.sbe]]
  name = "bravo-sbe"
  addresses = ["198.51.100.32/28"]
  roles = ["ingress", "egress"]
"#;

/// The report on what is asked for.
pub fn answer(request: &Request) -> Value {
    let audit = audit(request, &|_| {}).unwrap_or_else(|e| panic!("{e}"));
    let mut json = Vec::new();
    report::json::write(&audit, &mut json).unwrap();
    let report: Value = serde_json::from_slice(&json).unwrap();
    OVERHEARD.with_borrow_mut(|heard| heard.iter_mut().for_each(|all| all.push(report["rules"].clone())));
    report
}

thread_local! {
    /// The rules of each report, while somebody listens on this thread.
    static OVERHEARD: RefCell<Option<Vec<Value>>> = const { RefCell::new(None) };
}

/// The rules of each report that `run` asks for.
pub fn overheard(run: impl FnOnce()) -> Vec<Value> {
    OVERHEARD.set(Some(Vec::new()));
    run();
    OVERHEARD.take().unwrap_or_default()
}

/// A report without what the cut of its captures changes: their list, and the file and frame in which something stands.
pub fn without_places(mut report: Value) -> Value {
    report["captures"] = Value::Null;
    report["intake"]["first_anomalies"] = Value::Null;
    for stream in report["media"]["worst"].as_array_mut().into_iter().flatten() {
        stream["capture"] = Value::Null;
        stream["frame"] = Value::Null;
    }
    for finding in report["findings"].as_array_mut().into_iter().flatten() {
        for exhibit in finding["exhibits"].as_array_mut().into_iter().flatten() {
            exhibit["capture"] = Value::Null;
            exhibit["frame"] = Value::Null;
        }
    }
    for part in ["of_failed", "of_poor"] {
        for shared in report["incident"][part]["values"].as_array_mut().into_iter().flatten() {
            shared["example"]["capture"] = Value::Null;
            shared["example"]["frame"] = Value::Null;
        }
    }
    for ending in report["incident"]["endings"].as_array_mut().into_iter().flatten() {
        ending["example"]["capture"] = Value::Null;
        ending["example"]["frame"] = Value::Null;
    }
    for part in report["capacity"]["load"].as_array_mut().into_iter().flatten() {
        for basis in ["confirmed", "attempted"] {
            for call in part[basis]["peak_calls"].as_array_mut().into_iter().flatten() {
                call["capture"] = Value::Null;
                call["frame"] = Value::Null;
            }
        }
    }
    report
}

/// The report on captures, without a policy.
pub fn report(inputs: &[PathBuf]) -> Value {
    answer(&Request { inputs: inputs.to_vec(), ..Request::default() })
}

/// The report on octets of a capture, without a policy.
pub fn report_on(capture: &[u8]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made.pcap");
    std::fs::write(&path, capture).unwrap();
    report(&[path])
}

/// The report on frames under [`PEERS`] and what `more` adds to it.
pub fn judged(frames: &[Frame], more: &str) -> Value {
    judged_by(frames, &format!("{PEERS}{more}"))
}

/// The report on frames under a policy.
pub fn judged_by(frames: &[Frame], policy: &str) -> Value {
    judged_in(&super::pcap(frames), policy)
}

/// The report on octets of a capture under a policy.
pub fn judged_in(capture: &[u8], policy: &str) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let (made, path) = (folder.path().join("made.pcap"), folder.path().join("policy.toml"));
    std::fs::write(&made, capture).unwrap();
    std::fs::write(&path, policy).unwrap();
    answer(&Request { inputs: vec![made], policy: Some(path), ..Request::default() })
}

/// Messages, session requests, answered ones.
pub fn counts(report: &Value) -> (u64, u64, u64) {
    let number = |at: &str| report.pointer(at).and_then(Value::as_u64).unwrap();
    (number("/intake/sip_messages"), number("/totals/attempts"), number("/totals/answered"))
}
