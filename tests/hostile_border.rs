//! Takes a call in order with hostile TLS, SCTP, HEP and tunnels around it, gives a failure where that is not told or changes what is found of the call, never a call that is hostile itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

mod made;

use std::io::Write;
use std::net::Ipv4Addr;

use made::calls::{ALPHA, BRAVO, call};
use made::program::judged;
use made::tcp::Connection;
use made::{Frame, ethernet, micros, udp};
use serde_json::{Value, json};

/// What the call in order is held to, and TLS beside it.
const STRICT: &str = "[security.tls]\nmin_version = \"1.2\"\nmin_rsa_bits = 2048\n";

/// The report on a call, with hostile frames in it.
fn around(hostile: &[Frame]) -> Value {
    let mut all = [call("good").frames.as_slice(), hostile].concat();
    all.sort_by_key(|frame| frame.micros);
    let report = judged(&all, STRICT);
    assert_eq!((&report["intake"]["sip_messages"], &report["totals"]["answered"]), (&json!(6), &json!(1)), "{}", report["intake"]);
    report
}

/// How often an anomaly was met; where it was, the report shows the frame.
fn met(report: &Value, anomaly: &str) -> u64 {
    let times = report["intake"]["anomalies"][anomaly].as_u64().unwrap_or(0);
    let frame = report["intake"]["first_anomalies"][anomaly]["frame"].as_u64();
    assert_eq!(times > 0, frame.is_some_and(|frame| frame > 0), "{anomaly}: {}", report["intake"]);
    times
}

fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], &u16::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &u32::try_from(body.len()).unwrap().to_be_bytes()[1..], body].concat()
}

fn hello(suites: &[u16]) -> Vec<u8> {
    let suites: Vec<u8> = suites.iter().flat_map(|suite| suite.to_be_bytes()).collect();
    let length = u16::try_from(suites.len()).unwrap().to_be_bytes();
    message(1, &[&[3, 3][..], &[7; 32], &[0], &length, &suites, &[1, 0]].concat())
}

fn answer(suite: u16) -> Vec<u8> {
    message(2, &[&[3, 3][..], &[9; 32], &[0], &suite.to_be_bytes(), &[0]].concat())
}

fn chain(certificates: &[Vec<u8>]) -> Vec<u8> {
    let three = |n: usize| u32::try_from(n).unwrap().to_be_bytes()[1..].to_vec();
    let all: Vec<u8> = certificates.iter().flat_map(|der| [three(der.len()), der.clone()].concat()).collect();
    message(11, &[three(all.len()), all].concat())
}

/// A handshake of TLS 1.2 that is complete but for what nobody can read, and an octet string under its keys.
fn established(port: u16, suite: u16, certificates: &[Vec<u8>]) -> Vec<Frame> {
    let flight = [answer(suite), chain(certificates), message(14, &[])].concat();
    let flight: Vec<u8> = flight.chunks(1 << 14).flat_map(|part| record(22, part)).collect();
    let finished = [record(20, &[1]), record(22, &[0x5a; 40])].concat();
    let mut wire = Connection::open_to(port, 1.0).send(1.1, true, &record(22, &hello(&[suite])));
    for part in flight.chunks(1400) {
        wire = wire.send(1.2, false, part);
    }
    let wire = wire.send(1.3, true, &[record(22, &message(16, &[1; 60])), finished.clone()].concat()).send(1.4, false, &finished);
    wire.send(1.5, true, &record(23, &[0xa5; 300])).close(1.9).frames
}

#[test]
fn records_that_end_before_they_should_are_told() {
    let whole = record(22, &hello(&[0xc02f]));
    for end in [6, 20, whole.len() - 1] {
        let report = around(&Connection::open_to(5061, 1.0).send(1.1, true, &whole[..end]).close(1.2).frames);
        assert_eq!(met(&report, "tls-cut"), 1, "{end}: {}", report["intake"]);
    }
}

#[test]
fn lengths_that_lie_are_told() {
    let lies = |of: Vec<u8>, at: usize| {
        let mut of = of;
        of[at] = 0xff;
        of
    };
    // The session id, the suites, the compression methods.
    for at in [38, 39, 43] {
        let report = around(&Connection::open_to(5061, 1.0).send(1.1, true, &record(22, &lies(hello(&[0xc02f]), at))).close(1.2).frames);
        assert_eq!(met(&report, "tls-handshake-broken"), 1, "{at}: {}", report["intake"]);
    }
    // An extension; of the other side the list of certificates, one of them, and the public key of a key exchange.
    let extended =
        |length: u8| message(1, &[&[3, 3][..], &[7; 32], &[0, 0, 2, 0xc0, 0x2f, 1, 0, 0, 8, 0, 0, 0, length, 0, 0, 0, 0]].concat());
    let met_in = |greeting: Vec<u8>, reply: Vec<u8>| {
        let wire = Connection::open_to(5061, 1.0).send(1.1, true, &record(22, &greeting));
        met(&around(&wire.send(1.2, false, &record(22, &[answer(0xc02f), reply].concat())).close(1.3).frames), "tls-handshake-broken")
    };
    assert_eq!((met_in(extended(4), Vec::new()), met_in(extended(200), Vec::new())), (0, 1));
    let (honest, exchange) = (chain(&[vec![1; 100]]), message(12, &[&[3, 0, 29, 32][..], &[5; 32]].concat()));
    let replies = [honest.clone(), lies(honest.clone(), 4), lies(honest, 7), exchange.clone(), lies(exchange, 7)];
    assert_eq!(replies.map(|reply| met_in(hello(&[0xc02f]), reply)), [0, 1, 1, 0, 1]);
}

#[test]
fn records_of_64_kilobytes_are_told() {
    let long = [&[22, 3, 3, 0xff, 0xff, 1][..], &[0; 65_534]].concat();
    let send = |wire: Connection, octets: &[u8]| octets.chunks(1400).fold(wire, |wire, part| wire.send(1.2, true, part));
    let first = around(&send(Connection::open_to(5061, 1.0), &long).close(1.4).frames);
    assert_eq!(met(&first, "tls-broken"), 1, "{}", first["intake"]);
    let later = send(Connection::open_to(5061, 1.0).send(1.1, true, &record(22, &hello(&[0xc02f]))), &long);
    assert_eq!(met(&around(&later.close(1.4).frames), "tls-broken"), 1);
}

#[test]
fn handshakes_that_never_end_are_given_up() {
    let announced = |length: u32| [&[11], &length.to_be_bytes()[1..], &[0; 100]].concat();
    let endless = |port: u16, length: u32, octets: usize| {
        let wire = Connection::open_to(port, 1.0).send(1.1, true, &record(22, &hello(&[0xc02f])));
        let wire = wire.send(1.2, false, &record(22, &[answer(0xc02f), announced(length)].concat()));
        (0..octets / 1000).fold(wire, |wire, n| wire.send(1.3 + n as f64 / 1e4, false, &record(22, &[0; 1000]))).frames
    };
    // Sixteen megabytes, which nothing needs.
    let report = around(&(0..60).flat_map(|n| endless(6_000 + n, 0xff_ffff, 20_000)).collect::<Vec<_>>());
    assert_eq!(met(&report, "tls-handshake-broken"), 60, "{}", report["intake"]);
    // As long as a chain may be, and never whole.
    let report = around(&(0..60).flat_map(|n| endless(6_000 + n, 0x1_f000, 100_000)).collect::<Vec<_>>());
    assert_eq!(met(&report, "tls-handshake-broken"), 60, "{}", report["intake"]);
}

fn der(tag: u8, body: &[u8]) -> Vec<u8> {
    let length = match body.len() {
        n @ 0..=0x7f => vec![n as u8],
        n @ 0x80..=0xff => vec![0x81, n as u8],
        n @ 0x100..=0xffff => [&[0x82][..], &(n as u16).to_be_bytes()].concat(),
        n => [&[0x84][..], &(n as u32).to_be_bytes()].concat(),
    };
    [&[tag], &length[..], body].concat()
}

fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inside, _| der(0x30, &inside))
}

/// A certificate whose parts are what they should be, but for one.
fn certificate(extensions: &[u8], subject: &[u8]) -> Vec<u8> {
    let algorithm = der(0x30, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11, 5, 0]);
    let period = der(0x30, &[der(0x17, b"260101000000Z"), der(0x17, b"271231235959Z")].concat());
    let key = {
        let modulus = der(0x30, &[der(2, &[&[0, 0xc1][..], &[3; 255]].concat()), der(2, &[1, 0, 1])].concat());
        der(0x30, &[der(0x30, &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0]), der(3, &[&[0], &modulus[..]].concat())].concat())
    };
    let tbs = [
        der(0xa0, &der(2, &[2])),
        der(2, &[1]),
        algorithm.clone(),
        der(0x30, &[]),
        period,
        der(0x30, subject),
        key,
        der(0xa3, &der(0x30, extensions)),
    ];
    der(0x30, &[der(0x30, &tbs.concat()), algorithm, der(3, &[&[0][..], &[7; 256]].concat())].concat())
}

fn extension(oid: &[u8], value: &[u8]) -> Vec<u8> {
    der(0x30, &[der(6, oid), der(4, value)].concat())
}

#[test]
fn hostile_certificates_are_read_or_told() {
    let san = |names: &[u8]| certificate(&extension(&[0x55, 0x1d, 0x11], &der(0x30, names)), &[]);
    let names: Vec<u8> = (0..3_000).flat_map(|n| der(0x82, format!("host-{n}.alpha.example").as_bytes())).collect();
    let read: [(&str, Vec<u8>, Value); 6] = [
        (
            "three thousand names",
            san(&names),
            json!("DNS:host-0.alpha.example, DNS:host-1.alpha.example, DNS:host-2.alpha.example, DNS:host-3.alpha.example and 2996 more"),
        ),
        ("a name of names", san(&der(0xa4, &nested(10_000))), json!("empty")),
        ("an extension nested deep", certificate(&extension(&[0x55, 0x1d, 0x1e], &nested(10_000)), &[]), Value::Null),
        ("an object identifier of 100,000 octets", certificate(&extension(&[0x81; 100_000], &[5, 0]), &[]), Value::Null),
        ("a subject nested deep", certificate(&[], &nested(10_000)), Value::Null),
        ("no extension in the extensions", certificate(&[], &[]), Value::Null),
    ];
    for (what, certificate, names) in read {
        let report = around(&established(5061, 0xc02f, &[certificate]));
        assert_eq!((&report["intake"]["anomalies"], &report["tls"]["certificates"][0]["names"]), (&json!({}), &names), "{what}");
        assert_eq!(report["rules"].as_array().unwrap().iter().find(|r| r["id"] == "SIG-CERT-003").unwrap()["violation"], 1, "{what}");
    }
    for (what, certificate) in [
        ("nothing", Vec::new()),
        ("an empty sequence", nested(1)),
        ("sequences in sequences", nested(10_000)),
        ("a length of 2^63", [&[0x30, 0x88, 0x80, 0, 0, 0, 0, 0, 0, 0][..], &[5; 50]].concat()),
        ("a length without end", [&[0x30, 0x80][..], &[0x30; 50]].concat()),
        ("a length of 127 octets", [&[0x30, 0xff][..], &[0xff; 127]].concat()),
    ] {
        let report = around(&established(5061, 0xc02f, &[certificate]));
        assert_eq!((met(&report, "certificate-broken"), &report["tls"]["certificates"]), (1, &json!([])), "{what}");
        for rule in ["SIG-CERT-002", "SIG-CERT-003", "SIG-CERT-005", "SIG-CERT-006"] {
            let coverage = report["rules"].as_array().unwrap().iter().find(|r| r["id"] == rule).unwrap();
            assert_eq!((&coverage["indeterminate"], &coverage["violation"]), (&json!({"truncated": 1}), &json!(0)), "{what}: {rule}");
        }
    }
    // Longer than all chains.
    let report = around(&established(5061, 0xc02f, &[certificate(&extension(&[0x81; 1 << 20], &[5, 0]), &[])]));
    assert_eq!(met(&report, "tls-handshake-broken"), 1);
}

#[test]
fn what_no_key_opens_is_named() {
    let why = |frames: &[Frame]| around(frames)["intake"]["tls"]["undecrypted_by"].clone();
    for (suite, name) in [
        (0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA"),
        (0xc03c, "TLS_RSA_WITH_ARIA_128_CBC_SHA256"),
        (0x0096, "TLS_RSA_WITH_SEED_CBC_SHA"),
        (0x0003, "TLS_RSA_EXPORT_WITH_RC4_40_MD5"),
        (0xfefe, "0xfefe"),
        // These could be opened.
        (0xc02f, "no key"),
        (0x0005, "no key"),
    ] {
        assert_eq!(why(&established(5061, suite, &[])), json!({name: 1}), "{suite:#06x}");
    }
    // The hello of the server says SSL 3.0.
    let mut frames = established(5061, 0x0005, &[]);
    let hello = frames.iter_mut().find(|f| f.octets.get(54..60).is_some_and(|head| head[0] == 22 && head[5] == 2)).unwrap();
    hello.octets[54 + 10] = 0;
    assert_eq!(why(&frames), json!({"SSL 3.0": 1}));
}

/// HEP, version 3, with a payload that is compressed.
fn bomb(payload: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(payload).unwrap();
    let packed = packer.finish().unwrap();
    let chunk = |kind: u8, value: &[u8]| [&[0, 0, 0, kind], &u16::try_from(value.len() + 6).unwrap().to_be_bytes()[..], value].concat();
    let chunks = [
        chunk(1, &[2]),
        chunk(2, &[17]),
        chunk(3, &ALPHA.0.octets()),
        chunk(4, &BRAVO.0.octets()),
        chunk(7, &5060u16.to_be_bytes()),
        chunk(8, &5060u16.to_be_bytes()),
        chunk(9, &[0; 4]),
        chunk(10, &[0; 4]),
        chunk(11, &[1]),
        chunk(16, &packed),
    ]
    .concat();
    [b"HEP3", &u16::try_from(chunks.len() + 6).unwrap().to_be_bytes()[..], &chunks].concat()
}

#[test]
fn bombs_in_hep_do_not_go_off() {
    let packet = bomb(&vec![b' '; 8 << 20]);
    let frames: Vec<Frame> =
        (0..20).map(|n| udp(1.0 + f64::from(n) / 100.0, (ALPHA.0, 40_000), (Ipv4Addr::new(10, 9, 8, 7), 9060), &packet[..])).collect();
    let report = around(&frames);
    assert_eq!(met(&report, "hep-broken"), 20, "{}", report["intake"]);
}

/// A DATA chunk of an association, in a packet of its own.
fn data(at: f64, flags: u8, tsn: u32, octets: &[u8]) -> Frame {
    let length = u16::try_from(octets.len() + 16).unwrap().to_be_bytes();
    let head = [&5060u16.to_be_bytes()[..], &5060u16.to_be_bytes(), &[0, 0, 0, 1, 0, 0, 0, 0]].concat();
    let chunk = [&[0, flags], &length[..], &tsn.to_be_bytes(), &[0; 8], octets].concat();
    Frame { micros: micros(at), octets: ethernet(ALPHA.0, BRAVO.0, 132, 0, 0, &[head, chunk].concat()) }
}

#[test]
fn absurd_numbers_of_sctp_are_told() {
    // From one end of the numbers to the other, and back.
    let jumps: Vec<Frame> =
        (0..2_000u32).map(|n| data(1.0 + f64::from(n) / 1e4, 2, n.wrapping_mul(0x4000_0001), b"what is no SIP")).collect();
    let report = around(&jumps);
    assert!(met(&report, "sctp-far") > 100, "{}", report["intake"]);
    // Every other fragment of what never is whole.
    let gaps: Vec<Frame> = (0..6_000u32).map(|n| data(1.0 + f64::from(n) / 1e5, 0, 2 * n, &[b'a'; 1_000])).collect();
    let report = around(&gaps);
    assert!(met(&report, "sctp-budget") > 0, "{}", report["intake"]);
}

#[test]
fn a_thousand_tunnels_in_one_another_are_too_deep() {
    let inner = call("inside").frames[0].octets[14..].to_vec();
    let in_gre = (0..1_000).fold(inner.clone(), |packet, _| {
        let carried = [&[0, 0, 8, 0], packet.as_slice()].concat();
        ethernet(Ipv4Addr::new(203, 0, 113, 1), Ipv4Addr::new(203, 0, 113, 2), 47, 0, 0, &carried)[14..].to_vec()
    });
    let frame = |octets: Vec<u8>| Frame { micros: micros(1.0), octets: [&[2; 12], &[8, 0][..], &octets].concat() };
    let labels = Frame { micros: micros(1.1), octets: [&[2; 12], &[0x88, 0x47][..], &[0, 0, 0, 64].repeat(1_000), &inner].concat() };
    let tags = Frame { micros: micros(1.2), octets: [&[2; 12], &[0x81, 0, 0, 1].repeat(1_000)[..], &[8, 0], &inner].concat() };
    let report = around(&[frame(in_gre), labels, tags]);
    assert_eq!(met(&report, "nested-too-deep"), 2, "{}", report["intake"]);
}
