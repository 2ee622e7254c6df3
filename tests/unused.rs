//! Takes traffic and a policy that lists more than it uses, gives a failure where an unused entry is not told, or a used or forbidden one is.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::fs;

use made::calls::Call;
use made::program::{PEERS, answer};
use serde_json::Value;
use speerlint::pipeline::Request;

const LISTS: &str = r#"
[report]
report_unused = true
[sip]
event_packages = ["presence"]
[sip.methods]
INVITE = "supported"
BYE = "required"
REFER = "supported"
PUBLISH = "forbidden"
[sip.option_tags]
timer = "supported"
100rel = "supported"
[sip.responses.levels]
"2xx" = "supported"
"486" = "supported"
[[sip.header]]
name = "Max-Forwards"
level = "required"
when = "request"
[[sip.header]]
name = "X-Kept"
level = "supported"
[[sip.header]]
name = "X-Gone"
level = "supported"
[[media.audio.codec]]
name = "PCMA"
clock = 8000
level = "supported"
[[media.audio.codec]]
name = "G722"
clock = 8000
level = "supported"
"#;

/// What POL-STALE-001 says of two calls under these lists, and why it could not say more.
fn told(least: u32, threads: usize) -> (Vec<String>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let mut frames = Vec::new();
    for (name, at) in [("one", 0.0), ("two", 1.0)] {
        let mut call = Call::new(name);
        call.request(at, "INVITE", 1, true, "Supported: timer\r\nx-kept: 1\r\n");
        call.answer(at + 1.0, 200).ack(at + 1.1).bye(at + 5.0, true).bye_answer(at + 5.1, 200, true);
        frames.extend(call.frames);
    }
    frames.sort_by_key(|frame| frame.micros);
    let policy = folder.path().join("policy.toml");
    let ranges =
        "ssp_domains = [\"alpha.example\", \"old.example\"]\nnumbers = { e164_prefixes = [\"+4930\", \"+33\", \"+49301\", \"+49309\"] }";
    let peers = PEERS
        .replace("ssp_domains = [\"alpha.example\"]", ranges)
        .replace("addresses = [\"192.0.2.16/29\"]", "addresses = [\"192.0.2.16/29\", \"192.0.2.128/29\"]");
    fs::write(&policy, format!("{peers}{LISTS}[performance]\nmin_samples = {least}\n")).unwrap();
    let inputs = vec![made::write(folder.path(), "calls.pcap", &frames)];
    let report = answer(&Request { inputs, policy: Some(policy), threads: Some(threads.try_into().unwrap()), ..Request::default() });
    let told = unused(&report);
    let rules = report["rules"].as_array().unwrap().iter().find(|rule| rule["id"] == "POL-STALE-001");
    (told, rules.unwrap()["indeterminate"].clone())
}

fn unused(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|entry| entry["rule"] == "POL-STALE-001");
    findings.map(|finding| finding["observed"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_much_passed_by_is_told_and_nothing_else() {
    let (mut told, _) = told(2, 1);
    told.sort();
    let expected = [
        "address prefix 192.0.2.128/29 unused in 10 messages",
        "codec G722/8000 unused in 2 session requests",
        "domain old.example unused in 2 initial requests",
        "header X-Gone unused in 10 messages",
        "method REFER unused in 6 requests",
        "number range +33 unused in 2 session requests",
        "number range +49309 unused in 2 session requests",
        "option tag 100rel unused in 2 messages with option tags",
        "response 486 unused in 4 responses",
    ];
    assert_eq!(told, expected);
}

/// Two calls whose INVITEs carry a PASSporT, whose SDP carries keys and telephone events, on VLAN 100, with media between two of four media prefixes.
#[test]
fn what_is_said_of_media_identity_and_carriage_is_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let mut frames = Vec::new();
    let identity = "Identity: ..c2lnbmF0dXJl;info=<https://certs.alpha.example/a.pem>;alg=ES256;ppt=shaken\r\n";
    for (name, at) in [("one", 0.0), ("two", 1.0)] {
        let mut call = Call::new(name);
        call.sdp.push_str("a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n");
        call.request(at, "INVITE", 1, true, identity);
        call.answer(at + 1.0, 200).ack(at + 1.1).bye(at + 5.0, true).bye_answer(at + 5.1, 200, true);
        frames.extend(call.frames);
    }
    frames.extend(made::media::talk(2.5, 4.5));
    frames.sort_by_key(|frame| frame.micros);
    let dbe = |side: &str, used: &str, other: &str| {
        format!("[[peer.dbe]]\n  name = \"{side}-media\"\n  addresses = [\"{used}\", \"{other}\"]\n  ports = \"1024-65535\"\n")
    };
    let trunk =
        "[[peer.trunk_group]]\n  id = \"t\"\n  match = { caller_prefixes = [\"+4930\", \"+4940\"], called_prefixes = [\"+4420\"] }\n";
    let peers = PEERS.replace(
        "[[peer]]\nid = \"bravo\"",
        &format!("{}{trunk}[[peer]]\nid = \"bravo\"", dbe("alpha", "192.0.2.16/29", "192.0.2.128/29")),
    );
    let terms = r#"
[connectivity]
vlan_ids = [100, 200]
[media.dtmf]
methods = ["rfc4733", "sip-info", "inband"]
[media.security]
srtp_suites = ["AES_CM_128_HMAC_SHA1_80", "AEAD_AES_256_GCM"]
[identity.stir]
ppt = ["shaken", "div"]
x5u_hosts = ["certs.alpha.example", "old.example"]
[report]
report_unused = true
[performance]
min_samples = 2
"#;
    let (capture, policy) = (folder.path().join("calls.pcap"), folder.path().join("policy.toml"));
    fs::write(&capture, made::link::capture(made::link::Link::Vlan, &frames)).unwrap();
    fs::write(&policy, format!("{peers}{}{terms}", dbe("bravo", "198.51.100.32/28", "198.51.100.128/28"))).unwrap();
    let mut told = unused(&answer(&Request { inputs: vec![capture], policy: Some(policy), ..Request::default() }));
    told.sort();
    let expected = [
        "PASSporT extension div unused in 2 PASSporTs",
        "SRTP suite AEAD_AES_256_GCM unused in 4 descriptions with keys",
        "VLAN 200 unused in 10 tagged messages",
        "certificate host old.example unused in 2 PASSporTs",
        "media prefix 192.0.2.128/29 unused in 2 streams of calls",
        "media prefix 198.51.100.128/28 unused in 2 streams of calls",
        "trunk prefix of callers +4940 unused in 2 session requests",
        "way of digits sip-info unused in 4 descriptions of audio",
    ];
    assert_eq!(told, expected);
}

/// RFC 5764 §4.1.2: a handshake of DTLS takes a suite that no SDP names.
#[test]
fn no_suite_is_unused_where_a_handshake_may_take_it() {
    let folder = tempfile::tempdir().unwrap();
    let told = |keys: [&str; 2]| {
        let calls = ["one", "two"].into_iter().zip([0.0, 1.0]).zip(keys).flat_map(|((name, at), line)| {
            let mut call = Call::new(name);
            call.sdp.push_str(line);
            call.invite(at).answer(at + 1.0, 200).ack(at + 1.1).bye(at + 5.0, true).bye_answer(at + 5.1, 200, true);
            call.frames
        });
        let mut frames: Vec<_> = calls.collect();
        frames.sort_by_key(|frame| frame.micros);
        let (capture, policy) = (folder.path().join("keys.pcap"), folder.path().join("keys.toml"));
        let terms =
            "[media.security]\nsrtp_suites = [\"AEAD_AES_256_GCM\"]\n[report]\nreport_unused = true\n[performance]\nmin_samples = 2\n";
        fs::write(&capture, made::link::capture(made::link::Link::Vlan, &frames)).unwrap();
        fs::write(&policy, format!("{PEERS}{terms}")).unwrap();
        unused(&answer(&Request { inputs: vec![capture], policy: Some(policy), ..Request::default() }))
    };
    let crypto = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r\n";
    let handshake =
        "a=fingerprint:sha-256 02:1A:CC:54:27:AB:EB:9C:53:3F:3E:4B:65:2E:7D:46:3F:54:42:CD:54:F1:7A:03:A2:7D:F9:B0:7F:46:19:B2\r\n";
    assert_eq!(told([crypto, crypto]), ["SRTP suite AEAD_AES_256_GCM unused in 4 descriptions with keys"]);
    assert!(told([crypto, handshake]).iter().all(|told| !told.contains("SRTP suite")));
}

#[test]
fn ports_of_tls_are_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    let sample = std::path::Path::new("samples/tls-peering");
    let terms = "[security.tls]\nports = [5061, 5063]\n[report]\nreport_unused = true\n[performance]\nmin_samples = 1\n";
    fs::write(&policy, format!("schema = 1\n[policy]\nid = \"ports\"\n{terms}")).unwrap();
    let report = answer(&Request { inputs: vec![sample.join("capture.pcap")], policy: Some(policy), ..Request::default() });
    let connections = report["intake"]["tls"]["connections"].as_u64().unwrap();
    assert_eq!(unused(&report), [format!("TLS port 5063 unused in {connections} connections")]);
}

#[test]
fn a_short_capture_judges_no_list() {
    let (told, reasons) = told(50, 1);
    assert_eq!(told, Vec::<String>::new());
    assert_eq!(reasons["sample-too-small"], 1, "{reasons}");
}

#[test]
fn shards_tell_together_what_one_would() {
    assert_eq!(told(2, 1), told(2, 4));
}
