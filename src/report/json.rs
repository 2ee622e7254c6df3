//! Takes the audit, gives `speerlint/report/1`, never a key out of order.

use std::io::{self, Write};

use serde::Serialize;

use crate::audit::{Audit, CapacityReview, PolicyInfo, Tool};
use crate::capture::CaptureInfo;
use crate::report::comparison::Comparison;

/// Writes the audit as JSON, indented, with a newline at its end. Undefined numbers are `null`.
///
/// # Errors
/// When `out` does not take it.
pub fn write(audit: &Audit, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, audit).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes the capacity review alone: `speerlint/capacity/1`, the same object as under `capacity` of a report.
///
/// # Errors
/// When `out` does not take it.
pub fn write_capacity(audit: &Audit, mut out: impl Write) -> io::Result<()> {
    #[derive(Serialize)]
    struct Alone<'a> {
        schema: &'static str,
        tool: &'a Tool,
        captures: &'a [CaptureInfo],
        policy: &'a PolicyInfo,
        capacity: &'a CapacityReview,
    }
    let Audit { tool, captures, policy, capacity, .. } = audit;
    let alone = Alone { schema: "speerlint/capacity/1", tool, captures, policy, capacity };
    serde_json::to_writer_pretty(&mut out, &alone).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

/// Writes a comparison: `speerlint/comparison/1`.
///
/// # Errors
/// When `out` does not take it.
pub fn write_comparison(comparison: &Comparison, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, comparison).map_err(io::Error::from)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    /// The contract as published: an empty object or array stands for any, `null` for anything.
    const CONTRACT: &str = r#"{
      "schema": "speerlint/report/1",
      "tool": {"name": "speerlint", "version": "0.1.0"},
      "verdict": "",
      "captures": [{"path": "", "format": "", "compression": null, "link_types": ["ETHERNET"], "bytes": 0, "frames": 0,
                    "first_time": "", "last_time": "", "truncated": false, "sha256": ""}],
      "policy": {"id": "", "revision": 0, "path": "", "sha256": "", "profiles": ["speermint-baseline@1"], "peers": ["alpha", "bravo"]},
      "intake": {
        "frames": 0, "undecodable_frames": 0, "ip_fragments": 0, "tcp_segments": 0,
        "sip_messages": 0, "sip_requests": {"INVITE": 0}, "sip_responses": {"200": 0},
        "sip_by_transport": {"UDP": 0, "TCP": 0, "TLS": 0, "WS": 0, "WSS": 0, "SCTP": 0},
        "sip_malformed": 0, "sip_retransmissions": 0, "sip_mirror_duplicates": 0,
        "rtp_packets": 0, "rtcp_packets": 0, "srtp_packets": 0, "anomalies": {"tcp-hole": 0}
      },
      "totals": {"dialogs": 0, "call_ids": 0, "attempts": 0, "answered": 0, "failed": 0, "cancelled": 0, "censored": 0,
                 "outcomes": {"200": 0, "486": 0, "timeout": 0}, "peak_concurrent": 0, "streams": 0},
      "metrics": [{"from": "alpha", "to": "bravo", "interval_start": null, "interval_s": null, "count_unit": "chain",
                   "attempts": 0, "ser_pct": 0.0, "seer_pct": 0.0, "isa_pct": 0.0, "scr_pct": 0.0, "asr_pct": 0.0, "ner_pct": 0.0,
                   "srd_success_s": {"n": 0, "mean": 0.0, "p50": 0.0, "p95": 0.0, "p99": 0.0, "max": 0.0},
                   "srd_failed_s": {}, "sdd_ms": {}, "sdt_s": {}, "aloc_s": 0.0, "pgrd_s": {}, "erlangs": 0.0,
                   "peak_concurrent": 0, "peak_cps": 0}],
      "codecs": [{"from": "alpha", "to": "bravo", "codec": "PCMA/8000", "offered": 0, "answered": 0, "sent_streams": 0}],
      "rules": [{"id": "SIP-METHOD-001", "name": "method-not-permitted", "severity": "high",
                 "pass": 0, "violation": 0, "waived": 0, "not_applicable": 0, "indeterminate": {}}],
      "findings": [{"id": "F-0001", "rule": "SIP-METHOD-001", "severity": "high", "outcome": "violation",
                    "from": "bravo", "to": "alpha", "offender": "bravo", "subject": {"kind": "message", "call_id": ""},
                    "count": 214, "first_time": "", "last_time": "", "observed": "REFER", "agreed": "forbidden",
                    "clause": {"source": "policy.toml", "line": 88, "path": "sip.methods.REFER"},
                    "reference": "RFC 6271 App. A.1", "waiver": null,
                    "exhibits": [{"capture": "", "frame": 1482, "time": "", "call_id": "", "excerpt": ""}]}],
      "tls": {"connections": 0, "established": 0, "resumed": 0, "other_connections": 0,
              "versions": [{"name": "", "connections": 0}], "suites": [{"name": "", "connections": 0}],
              "certificates": [{"owner": "", "to": "", "role": "", "subject": "", "issuer": "", "names": null, "key": "",
                                "not_before": "", "not_after": "", "sha256": "", "trusted": null, "handshakes": 0}]}
    }"#;

    fn written(audit: &Audit) -> String {
        let mut out = Vec::new();
        write(audit, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Every key of `wanted` stands in `got`, in the same order, with a value of the same type.
    fn compare(path: &str, wanted: &Value, got: &Value) {
        match (wanted, got) {
            (Value::Object(wanted), Value::Object(got)) => {
                let places: Vec<_> = wanted.keys().map(|k| got.keys().position(|g| g == k)).collect();
                assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{path}: {wanted:?} in {:?}", got.keys());
                wanted.iter().for_each(|(k, v)| compare(&format!("{path}.{k}"), v, &got[k]));
            }
            (Value::Array(wanted), Value::Array(got)) => {
                assert!(!got.is_empty(), "{path}: the sample shows nothing");
                wanted.iter().zip(got).for_each(|(w, g)| compare(path, w, g));
            }
            (Value::Null, _) | (Value::String(_), Value::String(_)) | (Value::Bool(_), Value::Bool(_)) => {}
            (Value::Number(_), Value::Number(_)) => {}
            (wanted, got) => panic!("{path}: {wanted} wanted, {got} found"),
        }
    }

    #[test]
    fn every_key_of_the_contract_is_there_with_its_type() {
        let got: Value = serde_json::from_str(&written(&sample::full())).unwrap();
        compare("report", &serde_json::from_str(CONTRACT).unwrap(), &got);
    }

    #[test]
    fn times_are_rfc3339_in_nanoseconds_and_undefined_numbers_null() {
        let mut audit = sample::full();
        audit.metrics[0].ser_pct = None;
        audit.metrics[0].erlangs = Some(f64::INFINITY);
        let text = written(&audit);
        let got: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(got["metrics"][0]["ser_pct"], Value::Null);
        assert_eq!(got["metrics"][0]["erlangs"], Value::Null);
        assert_eq!(got["findings"][0]["exhibits"][0]["time"], "2026-11-14T10:14:05.113203007Z");
        assert!(text.starts_with("{\n  \"schema\": \"speerlint/report/1\",\n") && text.ends_with("}\n"));
    }

    #[test]
    #[cfg(unix)]
    fn a_file_name_need_not_be_utf8() {
        use std::os::unix::ffi::OsStrExt as _;
        let mut audit = sample::full();
        audit.captures[0].path = std::ffi::OsStr::from_bytes(b"caf\xe9.pcap").into();
        let got: Value = serde_json::from_str(&written(&audit)).unwrap();
        assert_eq!(got["captures"][0]["path"], "caf\u{fffd}.pcap");
    }

    #[test]
    fn hostile_text_stays_json() {
        let audit = sample::hostile();
        let got: Value = serde_json::from_str(&written(&audit)).unwrap();
        assert_eq!(got["findings"][0]["observed"].as_str(), Some(audit.findings[0].observed.as_str()));
    }
}
