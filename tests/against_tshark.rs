//! Takes samples and made captures, gives a failure where tshark counts otherwise or a printed filter shows other packets, never without tshark.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use made::calls::Call;
use made::{Case, Frame, fragment, link, oracle, tcp};
use serde_json::Value;

/// What tshark says of a frame.
#[derive(Debug, Default)]
struct Dissected {
    protocols: Vec<String>,
    methods: Vec<String>,
    codes: Vec<String>,
    call_ids: Vec<String>,
    is_fragment: bool,
    /// The frame in which its datagram or its piece of a stream was put together.
    reassembled_in: Option<u64>,
}

impl Dissected {
    fn has(&self, protocol: &str) -> bool {
        self.protocols.iter().any(|p| p == protocol)
    }
}

/// The frames of a capture that a display filter lets through.
fn tshark(capture: &Path, filter: &str) -> BTreeMap<u64, Dissected> {
    let fields = [
        "frame.number",
        "frame.protocols",
        "sip.Method",
        "sip.Status-Code",
        "sip.Call-ID",
        "ip.flags.mf",
        "ip.frag_offset",
        "ipv6.fraghdr.ident",
        "ip.reassembled_in",
        "ipv6.reassembled.in",
        "tcp.reassembled_in",
    ];
    let mut command = Command::new("tshark");
    // Out of the box tshark takes the segments of a connection as they come, and all ESP for encrypted.
    let settings = ["-o", "tcp.reassemble_out_of_order:TRUE", "-o", "esp.enable_null_encryption_decode_heuristic:TRUE"];
    command.args(["-n", "-2"]).args(settings).args(["-T", "fields", "-Y", filter, "-r"]).arg(capture);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    // What the policies of the samples call the key log.
    let keys = capture.with_file_name("keys.log");
    if keys.exists() {
        command.arg("-o").arg(format!("tls.keylog_file:{}", keys.display()));
    }
    let output = command.output().expect("tshark is needed");
    let complaint = String::from_utf8_lossy(&output.stderr);
    // A capture that ends in the middle of a record is one of the samples.
    assert!(output.status.success() || complaint.contains("cut short"), "tshark: {complaint}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(dissected).collect()
}

fn dissected(line: &str) -> (u64, Dissected) {
    let [number, protocols, methods, codes, call_ids, more, offset, ident, v4, v6, tcp] =
        line.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{line}"));
    let list = |field: &str, by: char| field.split(by).filter(|f| !f.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let frame = Dissected {
        protocols: list(protocols, ':'),
        methods: list(methods, ','),
        codes: list(codes, ','),
        call_ids: list(call_ids, ','),
        // A tunnelled packet has several headers.
        is_fragment: list(more, ',').contains(&"1".to_owned()) || list(offset, ',').iter().any(|at| at != "0") || !ident.is_empty(),
        reassembled_in: [v4, v6, tcp].iter().find_map(|field| field.parse().ok()),
    };
    (number.parse().unwrap(), frame)
}

/// The samples, the worked oracles, and calls over every transport and link layer. tshark does not know HEP, and of a
/// message over TCP that the snap length cut it reads the first line alone.
fn cases(folder: &Path) -> Vec<Case> {
    let mut cases = made::samples();
    cases.retain(|case| !["hep/capture.pcap", "glimpse/capture.pcap"].iter().any(|left_out| case.capture.ends_with(left_out)));
    cases.extend(made::mixtures(folder));
    let mut add = |name: &str, octets: Vec<u8>| {
        let capture = folder.join(format!("{name}.pcap"));
        fs::write(&capture, octets).unwrap();
        cases.push(Case { capture, policy: None });
    };
    let oracles = [oracle::f1(), oracle::f2(), oracle::f3(), oracle::f4(), oracle::f5(), oracle::f6(), oracle::f7(), oracle::f8()];
    for (frames, n) in oracles.iter().zip(1..) {
        add(&format!("f{n}"), made::pcap(frames));
    }
    let mut call = Call::new("made");
    call.invite(0.0).answer(1.0, 180).answer(2.0, 200).ack(2.1).bye(10.0, true).bye_answer(10.1, 200, true);
    for link in link::ALL {
        add(&format!("{link:?}"), link::capture(link, &call.frames));
    }
    add("tcp", made::pcap(&tcp::connection(&tcp::said(&call)).close(11.0).frames));
    let said = tcp::said(&call);
    // Pieces of 90 octets: messages begin and end inside segments.
    let alpha: Vec<u8> = said.iter().filter(|s| s.1).flat_map(|s| s.2.clone()).collect();
    let pieces = alpha.chunks(90).enumerate();
    let trunk = pieces.fold(tcp::Connection::open(0.0), |trunk, (n, piece)| trunk.send(1.0 + n as f64 / 100.0, true, piece));
    add("tcp-pieces", made::pcap(&trunk.frames));
    let reversed = |pieces: Vec<Frame>| -> Vec<Frame> {
        let octets = pieces.iter().rev().map(|f| f.octets.clone());
        pieces.iter().zip(octets).map(|(slot, octets)| Frame { micros: slot.micros, octets }).collect()
    };
    let v4 = |(frame, n): (&Frame, u16)| reversed(fragment::v4(frame, n, 160));
    let v6 = |(frame, n): (&Frame, u32)| reversed(fragment::v6(frame, n, 160));
    add("fragments", made::pcap(&call.frames.iter().zip(1..).flat_map(v4).collect::<Vec<_>>()));
    add("fragments-of-ipv6", made::pcap(&call.frames.iter().zip(1..).flat_map(v6).collect::<Vec<_>>()));
    cases
}

/// What the program prints about a capture.
fn speerlint(case: &Case, format: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_speerlint"));
    command.arg("audit").arg(&case.capture).args(["--format", format]);
    if let Some(policy) = &case.policy {
        command.arg("--policy").arg(policy);
    }
    let output = command.output().unwrap();
    assert!(output.status.code() != Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(case: &Case) -> Value {
    serde_json::from_str(&speerlint(case, "json")).unwrap()
}

fn tally<'a>(words: impl Iterator<Item = &'a String>) -> BTreeMap<String, u64> {
    words.fold(BTreeMap::new(), |mut counts, word| {
        *counts.entry(word.clone()).or_default() += 1;
        counts
    })
}

#[test]
#[ignore = "needs tshark"]
fn tshark_counts_the_same() {
    let folder = tempfile::tempdir().unwrap();
    for case in cases(folder.path()) {
        let frames = tshark(&case.capture, "frame");
        let report = json(&case);
        let what = case.capture.display();
        let intake = &report["intake"];
        let counted = |key: &str| -> BTreeMap<String, u64> { serde_json::from_value(intake[key].clone()).unwrap() };
        // What an ICMP error quotes was not sent there.
        let sip = || frames.values().filter(|f| f.has("sip") && !f.has("icmp") && !f.has("icmpv6"));
        assert_eq!(intake["frames"].as_u64(), Some(frames.len() as u64), "{what}: frames");
        assert_eq!(counted("sip_requests"), tally(sip().flat_map(|f| &f.methods)), "{what}: requests");
        assert_eq!(counted("sip_responses"), tally(sip().flat_map(|f| &f.codes)), "{what}: responses");
        let call_ids: BTreeSet<_> = sip().flat_map(|f| &f.call_ids).collect();
        assert_eq!(report["totals"]["call_ids"].as_u64(), Some(call_ids.len() as u64), "{what}: Call-IDs");
        let fragments = frames.values().filter(|f| f.is_fragment).count() as u64;
        assert_eq!(intake["ip_fragments"].as_u64(), Some(fragments), "{what}: fragments");
        let is_sealed = what.to_string().contains("sealed");
        assert_eq!(intake["sip_messages"].as_u64() > Some(0), !is_sealed, "{what}: messages");
    }
}

/// How many findings the text shows.
const SHOWN: usize = 50;

/// The display filters of a printed report, which may run over several lines.
fn filters(text: &str) -> Vec<String> {
    let begins = text.match_indices("= wireshark: ").map(|(at, found)| &text[at + found.len()..]);
    begins.map(|rest| rest[..=rest.find('}').unwrap()].split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
#[ignore = "needs tshark"]
fn the_filter_of_a_finding_shows_its_exhibits() {
    let folder = tempfile::tempdir().unwrap();
    let mut checked = 0;
    for case in cases(folder.path()) {
        let (report, what) = (json(&case), case.capture.display());
        let all = tshark(&case.capture, "frame");
        let printed = filters(&speerlint(&case, "text"));
        let findings = report["findings"].as_array().unwrap();
        // Many findings share their exhibits: tshark is asked once.
        let distinct: BTreeSet<&String> = printed.iter().collect();
        let answers: BTreeMap<_, BTreeSet<u64>> =
            distinct.into_iter().map(|filter| (filter, tshark(&case.capture, filter).into_keys().collect())).collect();
        let shown: Vec<_> = printed.iter().map(|filter| answers[filter].clone()).collect();
        let exhibited = |finding: &Value| -> BTreeSet<u64> {
            finding["exhibits"].as_array().unwrap().iter().filter_map(|e| e["frame"].as_u64()).filter(|n| *n > 0).collect()
        };
        // Of many findings the text shows the worst, and says how many more there are.
        let told = findings.iter().take(SHOWN);
        let wanted: Vec<_> = told.map(exhibited).filter(|frames| !frames.is_empty()).collect();
        assert_eq!(shown, wanted, "{what}: {printed:?}");
        checked += answers.len();
        for (finding, exhibit) in findings.iter().flat_map(|f| f["exhibits"].as_array().unwrap().iter().map(move |e| (f, e))) {
            let Some(frame) = exhibit["frame"].as_u64().and_then(|n| all.get(&n)) else { continue };
            // A fragment or segment shows what it is a part of.
            let whole = frame.reassembled_in.and_then(|n| all.get(&n)).unwrap_or(frame);
            if let Some(call_id) = exhibit["call_id"].as_str() {
                // What a call sent is shown by a packet of its media, which names no call.
                let of_media = finding["subject"]["kind"] == "stream" || exhibit["excerpt"].as_str().is_some_and(|e| e.contains("RTP "));
                let is_media = of_media && ["rtp", "rtcp", "dtls"].iter().any(|protocol| whole.has(protocol));
                assert!(
                    is_media || whole.call_ids.iter().any(|id| id == call_id),
                    "{what}: {} shows {exhibit}, tshark {whole:?}",
                    finding["rule"]
                );
            }
        }
    }
    assert!(checked > 20, "only {checked} filters");
}

#[test]
#[ignore = "needs tshark"]
fn findings_over_two_captures_name_the_capture_of_a_filter() {
    let folder = tempfile::tempdir().unwrap();
    let [oracle, _] = made::mixtures(folder.path()).try_into().ok().unwrap();
    let parts = made::cut(&oracle.capture, 2, folder.path());
    let output =
        Command::new(env!("CARGO_BIN_EXE_speerlint")).arg("audit").args(&parts).arg("--policy").arg(oracle.policy.unwrap()).output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    let finding = text.split("\n\n").find(|part| part.contains("SIP-METHOD-001") && part.contains("alpha → bravo")).unwrap();
    let named = |part: &PathBuf| finding.contains(part.file_name().unwrap().to_str().unwrap());
    assert!(parts.iter().all(named), "{finding}");
}

/// What tshark prints of the packets of a capture that hold octets: time, SIP Call-ID, whether it cannot be dissected.
fn rows(capture: &Path) -> Vec<(String, Vec<String>, bool)> {
    let fields = ["frame.time_epoch", "sip.Call-ID", "_ws.malformed"];
    let mut command = Command::new("tshark");
    command.args(["-n", "-2", "-T", "fields", "-Y", "frame.cap_len > 0", "-r"]).arg(capture);
    command.args(fields.iter().flat_map(|field| ["-e", field]));
    let output = command.output().expect("tshark is needed");
    assert!(output.status.success(), "{}: {}", capture.display(), String::from_utf8_lossy(&output.stderr));
    let row = |line: &str| {
        let [time, call_ids, malformed] = line.split('\t').collect::<Vec<_>>().try_into().unwrap_or_else(|_| panic!("{line}"));
        (time.to_owned(), call_ids.split(',').map(str::to_owned).collect(), !malformed.is_empty())
    };
    String::from_utf8_lossy(&output.stdout).lines().map(row).collect()
}

#[test]
#[ignore = "needs tshark"]
fn tshark_sees_the_same_call_in_an_excerpt() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cut.pcapng");
    let mut checked = 0;
    let clear = |case: &Case| !case.capture.with_file_name("keys.log").exists() && !case.capture.to_string_lossy().contains("sealed");
    for case in cases(folder.path()).into_iter().filter(clear) {
        let original = rows_of(&case.capture);
        let ids: BTreeSet<&String> = original.iter().flat_map(|(_, ids, _)| ids).filter(|id| !id.is_empty()).collect();
        for id in ids.into_iter().step_by(7).take(2) {
            let mut command = Command::new(env!("CARGO_BIN_EXE_speerlint"));
            command.arg("extract").arg(&case.capture).args(["--call-id", id, "-o"]).arg(&out);
            let output = command.args(case.policy.iter().flat_map(|p| ["--policy".as_ref(), p.as_os_str()])).output().unwrap();
            assert!(output.status.success(), "{}: {id}: {}", case.capture.display(), String::from_utf8_lossy(&output.stderr));
            let of_call = |rows: &[(String, Vec<String>, bool)]| -> Vec<String> {
                rows.iter().filter(|(_, ids, _)| ids.contains(id)).map(|(time, ..)| time.clone()).collect()
            };
            let (cut, malformed) = (rows(&out), original.iter().filter(|row| row.2).count());
            assert_eq!(of_call(&cut), of_call(&original), "{}: {id}", case.capture.display());
            assert!(cut.iter().filter(|row| row.2).count() <= malformed, "{}: {id}", case.capture.display());
            checked += 1;
            // Anonymous, it has as many messages, none of which is broken, and sums that are right.
            let output = Command::new(env!("CARGO_BIN_EXE_speerlint"))
                .arg("extract")
                .arg(&case.capture)
                .args(["--anonymize", "--call-id", id, "-o"])
                .arg(&out)
                .output()
                .unwrap();
            if !output.status.success() {
                assert!(String::from_utf8_lossy(&output.stderr).contains("leave out --anonymize"), "{}: {id}", case.capture.display());
                continue;
            }
            let anonymous = rows(&out);
            let messages = |rows: &[(String, Vec<String>, bool)]| rows.iter().filter(|row| row.1.iter().any(|id| !id.is_empty())).count();
            assert_eq!(messages(&anonymous), messages(&cut), "{}: {id}", case.capture.display());
            // tshark looks for the tag behind the payload of SRTP, and calls a packet without it malformed; what is cut otherwise it calls cut.
            let is_srtp = case.capture.to_string_lossy().contains("srtp");
            let broken = anonymous.iter().filter(|row| row.2).count();
            assert!(is_srtp || broken <= malformed, "{}: {id}", case.capture.display());
            assert_eq!(wrong_sums(&out), "", "{}: {id}", case.capture.display());
        }
    }
    assert!(checked > 20, "{checked}");
}

/// The frames whose checksums tshark finds wrong.
fn wrong_sums(capture: &Path) -> String {
    let kinds = ["ip", "udp", "tcp"];
    let filter = kinds.map(|kind| format!("{kind}.checksum.status == \"Bad\"")).join(" || ");
    let mut command = Command::new("tshark");
    command.args(kinds.iter().flat_map(|kind| ["-o".to_owned(), format!("{kind}.check_checksum:TRUE")]));
    let output = command.args(["-n", "-T", "fields", "-e", "frame.number", "-Y", &filter, "-r"]).arg(capture).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The same of an original, which may end in the middle of a record.
fn rows_of(capture: &Path) -> Vec<(String, Vec<String>, bool)> {
    let whole = tshark(capture, "frame").len();
    let copy = tempfile::NamedTempFile::new().unwrap();
    let copied = Command::new("editcap").arg(capture).arg(copy.path()).output().expect("editcap comes with tshark");
    assert!(copied.status.success() || whole > 0);
    rows(copy.path())
}
