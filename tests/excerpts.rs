//! Takes samples and made captures, gives a failure where an excerpt of them is not what it was cut out of, never looks inside the program.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use made::Case;
use made::calls::Call;
use serde_json::Value;

fn run(command: &str, captures: &[PathBuf], more: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_speerlint"));
    program.arg(command).args(captures).args(more).stdin(Stdio::null()).output().unwrap()
}

fn audit(captures: &[PathBuf], policy: Option<&Path>) -> Value {
    let policy = policy.map(|policy| ["--policy", policy.to_str().unwrap()]);
    let output = run("audit", captures, &[&["--format", "json"][..], policy.as_ref().map_or(&[], |policy| policy)].concat());
    assert!(output.status.code() != Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Cuts, and gives what was printed.
fn extract(captures: &[PathBuf], policy: Option<&Path>, out: &Path, more: &[&str]) -> String {
    let policy = policy.map(|policy| ["--policy", policy.to_str().unwrap()]);
    let output = run("extract", captures, &[more, &["-o", out.to_str().unwrap()], policy.as_ref().map_or(&[], |policy| policy)].concat());
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Why cutting was refused.
fn refused(captures: &[PathBuf], more: &[&str]) -> String {
    let output = run("extract", captures, more);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{more:?}: {error}");
    error
}

fn same(finding: &Value) -> impl Fn(&&Value) -> bool {
    let keys = ["rule", "from", "to", "observed"];
    move |other| keys.iter().all(|key| other[key] == finding[key])
}

/// What a capture holds: time in units of its clock, octets, comments of each packet, and its decryption secrets. Little-endian pcapng.
#[derive(Default)]
struct Read {
    packets: Vec<(u64, Vec<u8>, Vec<String>)>,
    secrets: Vec<u8>,
}

fn read(path: &Path) -> Read {
    let (bytes, mut at, mut found) = (fs::read(path).unwrap(), 0, Read::default());
    let word = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let half = |at: usize| usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()));
    while at < bytes.len() {
        let end = at + word(at + 4);
        assert_eq!(word(end - 4), word(at + 4));
        match word(at) {
            6 => {
                let (data, length) = (at + 28, word(at + 20));
                let (mut option, mut comments) = ((data + length).next_multiple_of(4), Vec::new());
                while option < end - 4 && half(option) != 0 {
                    let value = option + 4..option + 4 + half(option + 2);
                    option = value.end.next_multiple_of(4);
                    comments.push(String::from_utf8(bytes[value].to_vec()).unwrap());
                }
                let ticks = (word(at + 12) as u64) << 32 | word(at + 16) as u64;
                found.packets.push((ticks, bytes[data..data + length].to_vec(), comments));
            }
            10 => found.secrets.extend(&bytes[at + 16..at + 16 + word(at + 12)]),
            _ => {}
        }
        at = end;
    }
    // Where the capture begins and ends is marked by packets without octets.
    found.packets.retain(|(_, data, _)| !data.is_empty());
    found
}

/// What is found in messages, calls, streams and connections is found again in what was cut out for it; what rests on more says so.
#[test]
fn an_excerpt_makes_its_finding_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cut.pcapng");
    let (mut again, mut other) = (0, Vec::new());
    let some = ["failures", "first-look", "fragmented-late-offer", "srtp-faults", "tls-faults", "websocket"];
    for case in made::samples().into_iter().filter(|case| some.iter().any(|name| case.capture.parent().unwrap().ends_with(name))) {
        let captures = [case.capture.clone()];
        let report = audit(&captures, case.policy.as_deref());
        // One finding of each rule.
        let mut seen = BTreeSet::new();
        for finding in report["findings"].as_array().unwrap().iter().filter(|finding| seen.insert(finding["rule"].to_string())) {
            let id = finding["id"].as_str().unwrap();
            let said = extract(&captures, case.policy.as_deref(), &out, &["--finding", id]);
            let excerpt = audit(std::slice::from_ref(&out), case.policy.as_deref());
            let found = excerpt["findings"].as_array().unwrap().iter().any(|other| same(finding)(&other));
            assert_eq!(found, said.contains("makes the same finding"), "{}: {finding}: {said}", case.capture.display());
            let kind = finding["subject"]["kind"].as_str().unwrap();
            if found { again += 1 } else { other.push((kind.to_owned(), finding["rule"].to_string())) }
        }
    }
    other.retain(|(kind, _)| !matches!(kind.as_str(), "interval" | "limit" | "capture"));
    // A share of attempts is another share of fewer attempts.
    assert_eq!(other, [("connection".to_owned(), "\"SIG-TLS-005\"".to_owned())]);
    assert!(again > 30, "{again}");
}

/// Each packet is an octet-for-octet copy with its time, and its comment says where the original stands.
#[test]
fn packets_are_copies_and_say_where_they_stood() {
    let folder = tempfile::tempdir().unwrap();
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, made::program::PEERS).unwrap();
    let frames = made::mixed();
    let whole = made::write(folder.path(), "mixed.pcap", &frames);
    let parts = made::cut(&whole, 3, folder.path());
    let (one, many) = (folder.path().join("one.pcapng"), folder.path().join("many.pcapng"));
    for (call, fragments) in [("over-tcp", 0), ("over-sctp", 0), ("in-pieces", 1), ("in-ipv6", 0), ("in-pieces-of-ipv6", 1)] {
        let said =
            extract(std::slice::from_ref(&whole), Some(&policy), &one, &["--call-id", &format!("{call}@alpha.example"), "--no-media"]);
        assert!(said.contains("6 messages of 1 call"), "{call}: {said}");
        extract(&parts, Some(&policy), &many, &["--call-id", &format!("{call}@alpha.example"), "--no-media"]);
        let (one, many) = (read(&one), read(&many));
        assert!(one.packets.len() >= 6 + fragments, "{call}: {}", one.packets.len());
        for (ticks, data, comments) in &one.packets {
            let number: usize = comments[0].strip_prefix("mixed.pcap, frame ").unwrap().parse().unwrap();
            let original = &frames[number - 1];
            assert_eq!((*ticks, data), (original.micros, &original.octets), "{call}: {comments:?}");
        }
        let plain = |read: &Read| read.packets.iter().map(|(ticks, data, _)| (*ticks, data.clone())).collect::<Vec<_>>();
        assert_eq!(plain(&one), plain(&many), "{call}");
        assert!(many.packets.iter().all(|(_, _, comments)| comments[0].starts_with("part-")), "{call}");
    }
}

#[test]
fn media_is_that_of_the_call_or_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let case = sample("tcp-trunk");
    let captures = [case.capture];
    let id = first_call(&captures, case.policy.as_deref());
    let out = folder.path().join("cut.pcapng");
    let said = extract(&captures, case.policy.as_deref(), &out, &["--call-id", &id]);
    let (all, rows) = (read(&out).packets.len(), audit(std::slice::from_ref(&out), case.policy.as_deref()));
    let rtp = rows["intake"]["rtp_packets"].as_u64().unwrap();
    assert!(rtp > 0 && said.contains(&format!("{rtp} frames of media")), "{said}");
    assert_eq!((rows["totals"]["call_ids"].as_u64(), rows["media"]["strays"].as_u64()), (Some(1), Some(0)));
    extract(&captures, case.policy.as_deref(), &out, &["--call-id", &id, "--no-media"]);
    assert_eq!(read(&out).packets.len(), all - rtp as usize);
}

/// An excerpt of TLS opens by itself, and opens nothing else.
#[test]
fn keys_of_the_connection_go_with_it_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let case = sample("tls-peering");
    let keys = fs::read_to_string(case.capture.with_file_name("keys.log")).unwrap();
    let captures = [case.capture];
    let id = first_call(&captures, case.policy.as_deref());
    let out = folder.path().join("cut.pcapng");
    extract(&captures, case.policy.as_deref(), &out, &["--call-id", &id]);
    let secrets = String::from_utf8(read(&out).secrets).unwrap();
    let randoms = |text: &str| text.lines().filter_map(|line| line.split(' ').nth(1).map(str::to_owned)).collect::<BTreeSet<_>>();
    assert_eq!(randoms(&secrets).len(), 1);
    assert!(randoms(&keys).len() > 1 && secrets.lines().all(|line| keys.contains(line)));
    // Without any policy, so without the key log that it names.
    let excerpt = audit(std::slice::from_ref(&out), None);
    assert!(excerpt["intake"]["sip_by_transport"]["TLS"].as_u64() > Some(5));
}

/// What names somebody in a capture, as tshark would list it, in lower case: addresses, users, hosts.
fn names(packets: &[(u64, Vec<u8>, Vec<String>)]) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, data, _) in packets {
        let text = String::from_utf8_lossy(data).to_lowercase();
        for (at, scheme) in text.match_indices("sip:").chain(text.match_indices("ip4 ")) {
            let rest = &text[at + scheme.len()..];
            let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.@_".contains(c))).unwrap_or(rest.len());
            found.extend(rest[..end].split('@').filter(|name| name.len() > 4).map(str::to_owned));
        }
    }
    found
}

/// An anonymous excerpt names nobody, and yet makes the same finding by the policy that was changed with it.
#[test]
fn an_anonymous_excerpt_names_nobody_and_makes_its_finding_again() {
    let folder = tempfile::tempdir().unwrap();
    let [open, out, policy] = ["open.pcapng", "cut.pcapng", "policy.toml"].map(|name| folder.path().join(name));
    let more = ["--anonymize", "--key", "secret", "--policy-out", policy.to_str().unwrap()];
    let (mut again, mut named) = (0, 0);
    for name in ["failures", "first-look", "fragmented-late-offer", "srtp-faults"] {
        let case = sample(name);
        let captures = [case.capture.clone()];
        let report = audit(&captures, case.policy.as_deref());
        let mut seen = BTreeSet::new();
        let of_packets = |finding: &&Value| !matches!(finding["subject"]["kind"].as_str(), Some("interval" | "limit" | "capture"));
        let findings = report["findings"].as_array().unwrap().iter().filter(of_packets);
        for finding in findings.filter(|finding| seen.insert(finding["rule"].to_string())) {
            let id = finding["id"].as_str().unwrap();
            extract(&captures, case.policy.as_deref(), &open, &["--finding", id]);
            let said = extract(&captures, case.policy.as_deref(), &out, &[&["--finding", id], &more[..]].concat());
            assert!(said.contains("makes the same finding"), "{name}: {finding}: {said}");
            let excerpt = audit(std::slice::from_ref(&out), Some(&policy));
            let keys = ["rule", "from", "to"];
            let found = excerpt["findings"].as_array().unwrap().iter().any(|other| keys.iter().all(|key| other[key] == finding[key]));
            assert!(found, "{name}: {finding}");
            let octets = String::from_utf8_lossy(&fs::read(&out).unwrap()).to_lowercase();
            let originals = names(&read(&open).packets);
            assert!(originals.iter().all(|name| !octets.contains(name.as_str())), "{name}: {id}: {originals:?}");
            (again, named) = (again + 1, named + originals.len());
        }
    }
    assert!(again > 15 && named > 50, "{again} {named}");
}

/// With a passphrase the file is the same each time; the streams and times of an anonymous call are those of the call.
#[test]
fn anonymity_repeats_with_its_key_and_keeps_what_is_measured() {
    let folder = tempfile::tempdir().unwrap();
    let case = sample("tcp-trunk");
    let captures = [case.capture];
    let id = first_call(&captures, case.policy.as_deref());
    let [plain, one, two, other] = ["plain", "one", "two", "other"].map(|name| folder.path().join(name));
    extract(&captures, case.policy.as_deref(), &plain, &["--call-id", &id]);
    for (out, key) in [(&one, "a"), (&two, "a"), (&other, "b")] {
        extract(&captures, case.policy.as_deref(), out, &["--call-id", &id, "--anonymize", "--key", key]);
    }
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    assert_ne!(fs::read(&one).unwrap(), fs::read(&other).unwrap());
    let times = |path: &Path| read(path).packets.iter().map(|(ticks, ..)| *ticks).collect::<Vec<_>>();
    assert_eq!(times(&plain), times(&one));
    let streams = |path: &PathBuf| {
        let rows = audit(std::slice::from_ref(path), None)["media"]["worst"].as_array().unwrap().clone();
        let mut rows: Vec<_> = rows
            .iter()
            .map(|row| (row["ssrc"].to_string(), row["packets"].clone(), row["lost"].clone(), row["jitter_max_ms"].to_string()))
            .collect();
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        rows
    };
    assert_eq!(streams(&plain), streams(&one));
    assert!(!streams(&one).is_empty());
}

/// What is encrypted cannot be changed, and what holds the messages of others in its frames is not guessed at.
#[test]
fn what_is_sealed_cannot_be_anonymous() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cut.pcapng");
    for (name, word) in [("tls-peering", "over TLS"), ("websocket", "over WebSocket"), ("sctp-trunk", "several chunks of SCTP")] {
        let case = sample(name);
        let captures = [case.capture];
        let id = first_call(&captures, case.policy.as_deref());
        let policy = case.policy.unwrap();
        let error =
            refused(&captures, &["--policy", policy.to_str().unwrap(), "--call-id", &id, "--anonymize", "-o", out.to_str().unwrap()]);
        assert!(error.contains(word) && error.contains("leave out --anonymize"), "{error}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_call_id_may_hold_anything() {
    let folder = tempfile::tempdir().unwrap();
    let odd = "a/../b\"'$(x)%00ü ;*?";
    let mut call = Call::new("odd");
    call.invite(0.0).answer(1.0, 486);
    let mut frames = call.frames.clone();
    for frame in &mut frames {
        let text = String::from_utf8_lossy(&frame.octets[42..]).replace("Call-ID: odd", &format!("Call-ID: {odd}"));
        *frame = made::udp(
            (frame.micros - made::EPOCH) as f64 / 1e6,
            ([192, 0, 2, 17].into(), 5060),
            ([198, 51, 100, 33].into(), 5060),
            text.as_bytes(),
        );
    }
    let capture = [made::write(folder.path(), "odd.pcap", &frames)];
    let out = folder.path().join("cut.pcapng");
    let said = extract(&capture, None, &out, &["--call-id", &format!("{odd}@alpha.example")]);
    // The ACK of a 486 too.
    assert!(said.contains("3 messages of 1 call"), "{said}");
}

#[test]
fn what_cannot_be_done_is_said_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut call = Call::new("there");
    call.invite(0.0).answer(1.0, 486);
    let capture = [made::write(folder.path(), "a.pcap", &call.frames)];
    let before = fs::read(&capture[0]).unwrap();
    let (own, out) = (capture[0].to_str().unwrap(), folder.path().join("cut.pcapng"));
    let out = out.to_str().unwrap();
    let error = refused(&["-".into()], &["--call-id", "there@alpha.example", "-o", out]);
    assert!(error.contains("standard input can be read only once"), "{error}");
    let error = refused(&capture, &["--call-id", "there@alpha.example", "-o", own]);
    assert!(error.contains("would be overwritten"), "{error}");
    let error = refused(&capture, &["--call-id", "the", "-o", out]);
    assert!(error.contains("did you mean there@alpha.example"), "{error}");
    let error = refused(&capture, &["--finding", "F-9999", "-o", out]);
    assert!(error.contains("no finding F-9999: this audit has"), "{error}");
    let error = refused(&capture, &["--call-id", "there@alpha.example", "-o", folder.path().join("no/where.pcapng").to_str().unwrap()]);
    assert!(error.contains("cannot write"), "{error}");
    let error = refused(&capture, &["--call-id", "there@alpha.example", "-o", folder.path().to_str().unwrap()]);
    assert!(error.contains("it is a directory"), "{error}");
    assert!(refused(&capture, &["-o", out]).contains("--finding"));
    assert_eq!(fs::read(&capture[0]).unwrap(), before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

fn sample(name: &str) -> Case {
    made::samples().into_iter().find(|case| case.capture.parent().unwrap().ends_with(name)).unwrap()
}

fn first_call(captures: &[PathBuf], policy: Option<&Path>) -> String {
    let policy = policy.unwrap().to_str().unwrap();
    let output = run("calls", captures, &["--policy", policy, "--format", "jsonl"]);
    let first = String::from_utf8(output.stdout).unwrap().lines().next().unwrap().to_owned();
    serde_json::from_str::<Value>(&first).unwrap()["call_id"].as_str().unwrap().to_owned()
}

/// A rule stands for all of its findings.
#[test]
fn the_findings_of_a_rule_are_cut_together() {
    let folder = tempfile::tempdir().unwrap();
    let (case, out) = (sample("first-look"), folder.path().join("rule.pcapng"));
    let (captures, policy) = (vec![case.capture.clone()], case.policy.as_deref());
    let report = audit(&captures, policy);
    let of_rule = |report: &Value| -> Vec<Value> {
        report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == "PRV-TOPO-001").cloned().collect()
    };
    let whole = of_rule(&report);
    assert!(whole.len() > 1);
    let said = extract(&captures, policy, &out, &["--finding", "prv-topo-001"]);
    let excerpt = of_rule(&audit(std::slice::from_ref(&out), policy));
    assert!(whole.iter().all(|finding| excerpt.iter().any(|other| same(finding)(&other))), "{said}");
    assert!(said.contains("an audit of the excerpt alone makes the same findings"), "{said}");
    let said = extract(&captures, policy, &out, &["--finding", "PRV-TOPO-001", "--all-calls", "--no-media"]);
    assert!(said.contains("the excerpt holds every call of them"), "{said}");
    let counts = |findings: &[Value]| findings.iter().map(|finding| finding["count"].as_u64().unwrap()).sum::<u64>();
    assert_eq!(counts(&of_rule(&audit(std::slice::from_ref(&out), policy))), counts(&whole));
}

/// Twelve calls whose transfers nobody agreed, and three without: counted by hand.
#[test]
fn every_call_of_a_finding_is_cut_where_that_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let mut frames = Vec::new();
    for n in 0..15 {
        let start = f64::from(n) * 20.0;
        let mut call = Call::new(&format!("call-{n}"));
        call.invite(start).answer(start + 1.0, 180).answer(start + 2.0, 200).ack(start + 2.1);
        if n % 5 != 4 {
            call.request(start + 3.0, "REFER", 7, true, "");
        }
        call.bye(start + 10.0, true).bye_answer(start + 10.1, 200, true);
        frames.extend(call.frames);
    }
    let capture = made::write(folder.path(), "many.pcap", &frames);
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, format!("{}[sip.methods]\nREFER = \"forbidden\"\n", made::program::PEERS)).unwrap();
    let captures = [capture];
    let report = audit(&captures, Some(&policy));
    let finding = report["findings"].as_array().unwrap().iter().find(|finding| finding["rule"] == "SIP-METHOD-001").unwrap();
    assert_eq!(finding["count"], 12);
    let out = folder.path().join("out.pcapng");
    let id = finding["id"].as_str().unwrap();
    let said = extract(&captures, Some(&policy), &out, &["--finding", id]);
    assert!(said.contains("of 5 calls") && said.contains("--all-calls"), "{said}");
    let said = extract(&captures, Some(&policy), &out, &["--finding", id, "--all-calls"]);
    assert!(said.contains("84 messages of 12 calls") && said.contains("every call of it"), "{said}");
    let again = audit(&[out], Some(&policy));
    let again: Vec<_> = again["findings"].as_array().unwrap().iter().filter(same(finding)).collect();
    assert_eq!(again.iter().map(|finding| &finding["count"]).collect::<Vec<_>>(), [12]);
}
