//! Takes calls with fax, messages and text in them, gives a failure where their media is called a stray, or counted wrong, never compares a report with itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use made::calls::{ALPHA, BRAVO, Call, capture};
use made::media::one_way;
use made::program::{PEERS, judged};
use made::tcp::Connection;
use made::websocket::websocket;
use made::{Frame, udp};
use serde_json::{Value, json};

const A: (std::net::Ipv4Addr, u16) = (ALPHA.0, 20_000);
const B: (std::net::Ipv4Addr, u16) = (BRAVO.0, 20_000);

/// The session part of a body, and its media.
fn sdp(media: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 {{ip}}\r\ns=-\r\nc=IN IP4 {{ip}}\r\nt=0 0\r\n{}", media.replace('\n', "\r\n"))
}

/// A call answered at 42 s, over at `end`, about some media.
fn call(id: &str, media: &str, end: f64) -> Call {
    let mut call = Call::new(id);
    call.sdp = sdp(media);
    call.invite(40.0).answer(41.0, 180).answer(42.0, 200).ack(42.1).bye(end, true).bye_answer(end + 0.1, 200, true);
    call
}

fn frames(calls: Vec<Call>, media: Vec<Frame>) -> Vec<Frame> {
    let mut all = capture(calls, 400.0);
    all.extend(media);
    all.sort_by_key(|frame| frame.micros);
    all
}

/// The rows of streams.csv, by column.
fn streams(frames: &[Frame], folder: &Path) -> Vec<BTreeMap<String, String>> {
    let (path, out) = (made::write(folder, "made.pcap", frames), folder.join("out"));
    Command::cargo_bin("speerlint").unwrap().args(["audit", "--quiet", "--out"]).arg(&out).arg(&path).output().unwrap();
    let text = fs::read_to_string(out.join("streams.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let heads: Vec<String> = lines.next().unwrap().collect();
    lines.map(|cells| heads.iter().cloned().zip(cells).collect()).collect()
}

/// Some cells of each row, in the order of time.
fn cells(frames: &[Frame], names: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = streams(frames, folder.path());
    rows.sort_by(|a, b| (&a["begun"], &a["source"], &a["kind"]).cmp(&(&b["begun"], &b["source"], &b["kind"])));
    rows.iter().map(|row| names.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ")).collect()
}

/// What the ladder of a call says of its media.
fn bars(frames: &[Frame], call_id: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = made::write(folder.path(), "made.pcap", frames);
    let output = Command::cargo_bin("speerlint").unwrap().args(["flow", "--quiet", "--call-id", call_id]).arg(&path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().replace('│', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rules that a report finds broken beyond those that these calls always break.
fn broken(report: &Value) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter().map(|finding| finding["rule"].as_str().unwrap().to_owned());
    all.filter(|rule| ["MED-RTP", "MED-CODEC", "ACC-", "PRF-", "NET-", "MSEC-DTLS"].iter().any(|family| rule.starts_with(family))).collect()
}

/// What calls with much to go wrong in their media are held to.
const STRICT: &str = "[accounting]\nduration_tolerance_s = 2.0\nmissing_bye_idle_s = 30\n[accounting.false_answer]\nanswer_media_s = 3.0\n\
    [media.transport]\nno_media_s = 5\nmax_gap_s = 5.0\nafter_bye_grace_ms = 500\n";

/// UDPTL with the two packets before in each (ITU-T T.38 §9.1), 30 ms apart from `at` on.
fn fax(from: (std::net::Ipv4Addr, u16), to: (std::net::Ipv4Addr, u16), at: f64, lost: &[u16]) -> Vec<Frame> {
    let primary = |seq: u16| [2, 0xd0, seq as u8];
    let packet = |seq: u16| {
        let before: Vec<u16> = (1..=2).filter_map(|back| seq.checked_sub(back)).collect();
        let mut out = seq.to_be_bytes().to_vec();
        out.extend(primary(seq));
        out.extend([0, before.len() as u8]);
        before.iter().for_each(|&seq| out.extend(primary(seq)));
        udp(at + 0.03 * f64::from(seq), from, to, &out)
    };
    (0..200).filter(|seq| !lost.contains(seq)).map(packet).collect()
}

#[test]
fn a_fax_is_a_stream_of_its_call() {
    let mut fax_call = Call::new("fax");
    fax_call.sdp = sdp("m=audio 20000 RTP/AVP 8\n");
    fax_call.invite(40.0).answer(41.0, 180).answer(42.0, 200).ack(42.1);
    fax_call.sdp = sdp("m=audio 0 RTP/AVP 8\nm=image 20000 udptl t38\na=T38FaxVersion:0\n");
    fax_call.request(47.0, "INVITE", 2, true, "X-In-Dialog\r\n").response(47.1, 200, "INVITE", 2, true, "");
    fax_call.invite_cseq = 2;
    fax_call.ack(47.2).bye(60.0, true).bye_answer(60.1, 200, true);
    let mut media = one_way(A, B, 1, (42.0, 47.0), |_| false);
    media.extend(one_way(B, A, 2, (42.0, 47.0), |_| false));
    // One packet alone, two and four in a row: of the four the last two come again.
    media.extend(fax(A, B, 48.0, &[10, 20, 21, 40, 41, 42, 43]));
    media.extend(fax(B, A, 53.9, &[]));
    let all = frames(vec![fax_call], media);
    let names = ["kind", "codec", "side", "line", "bound_by", "packets", "expected", "lost", "recovered", "redundancy", "ssrc"];
    let expected = [
        "RTP PCMA/8000 caller 1 both ends 250 250 0   0x00000001",
        "RTP PCMA/8000 callee 1 both ends 250 250 0   0x00000002",
        "UDPTL t38 caller 2 both ends 193 200 7 5 2 ",
        "UDPTL t38 callee 2 both ends 200 200 0 0 2 ",
    ];
    assert_eq!(cells(&all, &names), expected);
    let report = judged(&all, STRICT);
    assert_eq!((&report["media"]["bound"], &report["media"]["strays"], broken(&report)), (&json!(2), &json!(0), vec![]));
    let row = json!({"from": "alpha", "to": "bravo", "kind": "UDPTL", "streams": 1, "packets": 193, "octets": report["media"]["beside"][0]["octets"],
        "lost": 7, "recovered": 5, "failures": null});
    assert_eq!(report["media"]["beside"][0], row);
    assert!(
        bars(&all, "fax@alpha.example").contains("193 packets, loss 3.5 %, 5 of them recovered"),
        "{}",
        bars(&all, "fax@alpha.example")
    );
    // The list of calls has 80 columns where nobody says otherwise.
    let folder = tempfile::tempdir().unwrap();
    let path = made::write(folder.path(), "made.pcap", &all);
    let output = Command::cargo_bin("speerlint").unwrap().args(["calls", "--quiet"]).arg(&path).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let place = text.lines().next().unwrap().find("WITH").unwrap();
    assert!(text.lines().any(|line| line.chars().skip(place).collect::<String>().starts_with("fax ")), "{text}");
}

#[test]
fn rows_stand_in_the_order_in_which_streams_ended_whatever_they_are() {
    let calls = vec![call("fax", "m=image 20000 udptl t38\n", 60.0), call("voice", "m=audio 20004 RTP/AVP 8\n", 60.0)];
    let media = [fax(A, B, 48.0, &[]), one_way((A.0, 20_004), (B.0, 20_004), 1, (42.0, 58.0), |_| false)].concat();
    let folder = tempfile::tempdir().unwrap();
    let kinds: Vec<String> = streams(&frames(calls, media), folder.path()).iter().map(|row| row["kind"].clone()).collect();
    assert_eq!(kinds, ["UDPTL", "RTP"]);
}

#[test]
fn what_no_call_named_is_a_stray_fax_only_if_it_is_long() {
    let other = ((ALPHA.0, 31_000), (BRAVO.0, 31_002));
    let named = call("other", "m=audio 20000 RTP/AVP 8\n", 60.0);
    let long = judged(&frames(vec![named.clone()], fax(other.0, other.1, 48.0, &[])), "");
    let short = judged(&frames(vec![named], fax(other.0, other.1, 48.0, &[]).drain(..40).collect()), "");
    assert_eq!([&long, &short].map(|report| report["media"]["strays"].as_u64().unwrap()), [1, 0]);
}

/// A chunk of MSRP, or an answer to one (RFC 4975 §7.1).
fn msrp(transaction: &str, what: &str, (to, from): (&str, &str), body: Option<&str>) -> Vec<u8> {
    let path = |name: &str, address: &str| format!("msrp://{address}:2855/{name};tcp");
    let (alpha, bravo) = ("192.0.2.17", "198.51.100.34");
    let (to_host, from_host) = if to.starts_with('b') { (bravo, alpha) } else { (alpha, bravo) };
    let head = format!("MSRP {transaction} {what}\r\nTo-Path: {}\r\nFrom-Path: {}\r\n", path(to, to_host), path(from, from_host));
    let body = body.map(|body| format!("Message-ID: {transaction}\r\nByte-Range: 1-*/*\r\nContent-Type: text/plain\r\n\r\n{body}\r\n"));
    format!("{head}{}-------{transaction}$\r\n", body.unwrap_or_default()).into_bytes()
}

/// Two servers take all their sessions at one port, over one connection: only the paths tell them apart.
#[test]
fn messages_are_of_the_call_that_named_their_session() {
    let session = |id: &str, alice: &str, bob: &str| {
        let media = |path: &str| format!("m=message 2855 TCP/MSRP *\na=accept-types:text/plain\na=path:msrp://{{ip}}:2855/{path};tcp\n");
        let mut call = Call::new(id);
        call.sdp = sdp(&media(alice));
        call.invite(40.0).answer(41.0, 180);
        call.sdp = sdp(&media(bob));
        call.answer(42.0, 200).ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
        call
    };
    let long = "x".repeat(3_000);
    let whole = msrp("tr000003", "SEND", ("bob1", "alice1"), Some(&long));
    let connection = Connection::open_to(2855, 42.2)
        .send(43.0, true, &msrp("tr000001", "SEND", ("bob1", "alice1"), Some("Hey Bob, are you there?")))
        .send(43.1, false, &msrp("tr000001", "200 OK", ("alice1", "bob1"), None))
        .send(44.0, true, &msrp("tr000002", "SEND", ("bob2", "alice2"), Some("spam")))
        .send(44.1, false, &msrp("tr000002", "403 No", ("alice2", "bob2"), None))
        .send(45.0, true, &whole[..1_000])
        .send(45.1, true, &whole[1_000..])
        .send(
            46.0,
            false,
            &[msrp("tr000003", "200 OK", ("alice1", "bob1"), None), msrp("tr000004", "SEND", ("alice1", "bob1"), Some("Yes."))].concat(),
        )
        .close(60.2);
    let all = frames(vec![session("one", "alice1", "bob1"), session("two", "alice2", "bob2")], connection.frames);
    let names = ["kind", "codec", "call_id", "side", "line", "packets", "payload_octets", "failures", "lost", "ssrc"];
    let expected = [
        "MSRP MSRP one@alpha.example caller 1 2 3023 0  ",
        "MSRP MSRP two@alpha.example caller 1 1 4 1  ",
        "MSRP MSRP one@alpha.example callee 1 1 4 0  ",
    ];
    assert_eq!(cells(&all, &names), expected);
    let report = judged(&all, STRICT);
    assert_eq!((&report["media"]["bound"], &report["media"]["strays"], broken(&report)), (&json!(0), &json!(0), vec![]));
    let beside: Vec<Vec<&Value>> = report["media"]["beside"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| ["from", "kind", "streams", "packets", "octets", "failures"].iter().map(|key| &row[*key]).collect())
        .collect();
    assert_eq!(
        beside,
        [
            [&json!("alpha"), &json!("MSRP"), &json!(2), &json!(3), &json!(3027), &json!(1)],
            [&json!("bravo"), &json!("MSRP"), &json!(1), &json!(1), &json!(4), &json!(0)]
        ]
    );
    assert!(bars(&all, "two@alpha.example").contains("1 chunks, 4 octets, 1 failed"), "{}", bars(&all, "two@alpha.example"));
    assert_eq!(report["anomalies"], judged(&frames(vec![session("one", "alice1", "bob1")], vec![]), STRICT)["anomalies"]);
}

/// RFC 7977: the same over WebSocket, of which one side masks what it sends; the sub-protocol is `msrp`, and the paths say `ws`.
#[test]
fn messages_over_websocket_are_of_their_call_too() {
    let media = |path: &str| format!("m=message 2855 TCP/MSRP *\na=accept-types:text/plain\na=path:msrp://{{ip}}:2855/{path};ws\n");
    let mut call = Call::new("browser");
    call.sdp = sdp(&media("alice1"));
    call.invite(40.0).answer(41.0, 180);
    call.sdp = sdp(&media("bob1"));
    call.answer(42.0, 200).ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
    let over_ws = |masked: bool, chunk: Vec<u8>| websocket(masked, &String::from_utf8(chunk).unwrap().replace(";tcp", ";ws").into_bytes());
    let long = "x".repeat(3_000);
    let whole = over_ws(true, msrp("tr000002", "SEND", ("bob1", "alice1"), Some(&long)));
    let connection = Connection::open_to(2855, 42.2)
        .send(42.3, true, b"GET /chat HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: msrp\r\n\r\n")
        .send(42.4, false, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: msrp\r\n\r\n")
        .send(43.0, true, &over_ws(true, msrp("tr000001", "SEND", ("bob1", "alice1"), Some("Hey Bob, are you there?"))))
        .send(43.1, false, &over_ws(false, msrp("tr000001", "200 OK", ("alice1", "bob1"), None)))
        .send(45.0, true, &whole[..1_000])
        .send(45.1, true, &whole[1_000..])
        .send(45.2, false, &over_ws(false, msrp("tr000002", "413 Too large", ("alice1", "bob1"), None)))
        .send(46.0, false, &over_ws(false, msrp("tr000003", "SEND", ("alice1", "bob1"), Some("Yes."))))
        .close(60.2);
    let all = frames(vec![call], connection.frames);
    let names = ["kind", "call_id", "side", "line", "bound_by", "packets", "payload_octets", "failures"];
    // As over TCP, alpha opens the connection from a port that no SDP names.
    let expected =
        ["MSRP browser@alpha.example caller 1 destination only 2 3023 1", "MSRP browser@alpha.example callee 1 source only 1 4 0"];
    assert_eq!(cells(&all, &names), expected);
    let report = judged(&all, STRICT);
    assert_eq!((&report["media"]["strays"], &report["intake"]["anomalies"], broken(&report)), (&json!(0), &json!({}), vec![]));
    let folder = tempfile::tempdir().unwrap();
    let made = made::write(folder.path(), "made.pcap", &all);
    let report = |inputs: Vec<std::path::PathBuf>| made::program::without_places(made::program::report(&inputs)).to_string();
    assert_eq!(report(vec![made.clone()]), report(made::cut(&made, 5, folder.path())));
    let (_, octets, out, _folder) = excerpt(&all, "browser@alpha.example", &[]);
    assert!(memchr::memmem::find(&octets, b"Sec-WebSocket-Protocol: msrp").is_some(), "without its opening nobody could read it");
    assert_eq!(made::program::report(&[out])["media"]["beside"][0]["packets"], json!(2));
}

/// What an excerpt of a call writes, with more options, and its octets.
fn excerpt(frames: &[Frame], call_id: &str, more: &[&str]) -> (String, Vec<u8>, std::path::PathBuf, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (made::write(folder.path(), "made.pcap", frames), folder.path().join("cut.pcapng"));
    let mut program = Command::cargo_bin("speerlint").unwrap();
    let output = program.args(["extract", "--quiet", "--call-id", call_id]).args(more).arg("-o").arg(&out).arg(&path).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (String::from_utf8(output.stdout).unwrap(), fs::read(&out).unwrap(), out, folder)
}

/// The connection of its messages goes with a call: its opening, what passed while its session lasted, and nothing where no media is wanted.
#[test]
fn an_excerpt_holds_the_messages_of_its_call() {
    let media = |path: &str| format!("m=message 2855 TCP/MSRP *\na=accept-types:text/plain\na=path:msrp://{{ip}}:2855/{path};tcp\n");
    let mut call = Call::new("chat");
    call.sdp = sdp(&media("alice1"));
    call.invite(40.0).answer(41.0, 180);
    call.sdp = sdp(&media("bob1"));
    call.answer(42.0, 200).ack(42.1).bye(60.0, true).bye_answer(60.1, 200, true);
    let connection = Connection::open_to(2855, 10.0)
        .send(11.0, true, &msrp("tr000009", "SEND", ("bob9", "alice9"), Some("of another call")))
        .send(11.1, false, &msrp("tr000009", "200 OK", ("alice9", "bob9"), None))
        .send(43.0, true, &msrp("tr000001", "SEND", ("bob1", "alice1"), Some("Hey Bob, are you there?")))
        .send(43.1, false, &msrp("tr000001", "200 OK", ("alice1", "bob1"), None))
        .close(200.0);
    let all = frames(vec![call], connection.frames);
    let holds = |octets: &[u8], text: &str| memchr::memmem::find(octets, text.as_bytes()).is_some();

    let (_, octets, out, _folder) = excerpt(&all, "chat@alpha.example", &[]);
    assert!(holds(&octets, "Hey Bob") && holds(&octets, "MSRP tr000001 200 OK") && !holds(&octets, "of another call"));
    let again: Value = made::program::report(&[out]);
    let row = &again["media"]["beside"][0];
    assert_eq!([&row["kind"], &row["streams"], &row["packets"], &row["octets"]], [&json!("MSRP"), &json!(1), &json!(1), &json!(23)]);

    let (_, octets, ..) = excerpt(&all, "chat@alpha.example", &["--no-media"]);
    assert!(!holds(&octets, "Hey Bob") && holds(&octets, "chat@alpha.example"));
    // What was written is nobody's business: packets are cut to their headers.
    let (_, octets, ..) = excerpt(&all, "chat@alpha.example", &["--anonymize"]);
    assert!(!holds(&octets, "Hey Bob") && !holds(&octets, "chat@alpha.example"));
}

/// T.140 in RTP (RFC 4103 §5): a packet each 300 ms while somebody types, with the two before it in each.
fn typed(from: (std::net::Ipv4Addr, u16), to: (std::net::Ipv4Addr, u16), ssrc: u32, at: f64, lost: &[u16]) -> Vec<Frame> {
    let packet = |n: u16| {
        let mut out = vec![0x80, if n == 0 { 0xe4 } else { 0x64 }];
        out.extend(n.to_be_bytes());
        out.extend((u32::from(n) * 300).to_be_bytes());
        out.extend(ssrc.to_be_bytes());
        for back in [2u32, 1] {
            out.extend((0x8000_0000 | 98 << 24 | (back * 300) << 10 | 1).to_be_bytes());
        }
        out.extend([98, b'a', b'b', b'c']);
        udp(at + 0.3 * f64::from(n), from, to, &out)
    };
    (0..40).filter(|n| !lost.contains(n)).map(packet).collect()
}

#[test]
fn text_is_media_that_comes_when_somebody_types() {
    let media = "m=audio 0 RTP/AVP 8\nm=text 20000 RTP/AVP 100 98\na=rtpmap:98 t140/1000\na=rtpmap:100 red/1000\na=fmtp:100 98/98/98\n";
    let mut text = typed(A, B, 1, 43.0, &[7, 20, 21, 22, 23]);
    text.extend(typed(B, A, 2, 70.0, &[]));
    let all = frames(vec![call("text", media, 120.0)], text);
    let names = ["kind", "codec", "side", "line", "packets", "lost", "redundancy", "recovered", "clock_hz", "packet_ms", "mos"];
    // Of four in a row, two come again in the next.
    let expected = ["RTP red/1000 caller 2 35 5 2 3 1000 300 ", "RTP red/1000 callee 2 40 0 2 0 1000 300 "];
    assert_eq!(cells(&all, &names), expected);
    let report = judged(&all, STRICT);
    assert_eq!((&report["media"]["bound"], &report["media"]["strays"], broken(&report)), (&json!(2), &json!(0), vec![]));
    assert!(bars(&all, "text@alpha.example").contains("3 of them recovered"));
}

/// ITU-T V.152 §6: a payload type for voice-band data stands beside that for speech, and a modem tone makes both sides turn to it.
#[test]
fn the_switch_to_voice_band_data_is_told() {
    let media = "m=audio 20000 RTP/AVP 8 99\na=rtpmap:8 PCMA/8000\na=rtpmap:99 PCMA/8000\na=gpmd:99 vbd=yes\n";
    let to_data = |frames: Vec<Frame>| -> Vec<Frame> {
        // Ethernet, IP and UDP are 42 octets; the payload type is the second of RTP.
        let turned = |(n, mut frame): (usize, Frame)| {
            if n >= 225 {
                frame.octets[43] = 99;
            }
            frame
        };
        frames.into_iter().enumerate().map(turned).collect()
    };
    let mut talk = to_data(one_way(A, B, 1, (42.0, 60.0), |_| false));
    talk.extend(one_way(B, A, 2, (42.0, 60.0), |_| false));
    let all = frames(vec![call("modem", media, 60.0)], talk);
    assert_eq!(cells(&all, &["side", "voiceband_after_s", "payload_types"]), ["caller 4.5 8:225 99:675", "callee  8:900"]);
    assert_eq!(broken(&judged(&all, STRICT)), [""; 0]);
    assert!(bars(&all, "modem@alpha.example").contains("voice-band data after 4.5 s"));
}

#[test]
fn threads_and_pieces_change_nothing_beside_rtp() {
    use speerlint::pipeline::Request;
    let folder = tempfile::tempdir().unwrap();
    let mut media = fax(A, B, 48.0, &[10, 40, 41, 42, 43]);
    media.extend(
        Connection::open_to(2855, 42.2)
            .send(43.0, true, &msrp("tr000001", "SEND", ("bob1", "alice1"), Some("Hey Bob")))
            .send(43.1, false, &msrp("tr000001", "413 No", ("alice1", "bob1"), None))
            .send(200.0, true, &msrp("tr000002", "SEND", ("bob1", "alice1"), Some("still there?")))
            .frames,
    );
    let made = made::write(
        folder.path(),
        "made.pcap",
        &frames(vec![call("fax", "m=image 20000 udptl t38\nm=message 2855 TCP/MSRP *\n", 60.0)], media),
    );
    let policy = folder.path().join("policy.toml");
    fs::write(&policy, PEERS).unwrap();
    let report = |inputs, threads| {
        let request = Request { inputs, policy: Some(policy.clone()), threads: std::num::NonZeroUsize::new(threads), ..Request::default() };
        made::program::without_places(made::program::answer(&request)).to_string()
    };
    let whole = report(vec![made.clone()], 1);
    assert!(whole.contains("MSRP") && whole.contains("UDPTL"));
    assert_eq!(whole, report(vec![made.clone()], 4));
    let parts = tempfile::tempdir().unwrap();
    assert_eq!(whole, report(made::cut(&made, 3, parts.path()), 2));
}
