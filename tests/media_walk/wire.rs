//! Takes what two ends say and send, gives the frames of it and what the program tells of them, never an expectation.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::num::NonZeroUsize;

use assert_cmd::Command;
use serde_json::Value;
use speerlint::pipeline::Request;

use crate::made::calls::{ALPHA, BRAVO, Call, capture};
use crate::made::program::{PEERS, answer, judged, without_places};
use crate::made::{self, Frame, udp};

pub(crate) type End = (Ipv4Addr, u16);

/// Where the two ends of a call want media, unless a body says otherwise.
pub(crate) const A: End = (ALPHA.0, 20_000);
pub(crate) const B: End = (BRAVO.0, 20_000);

/// Another port of the same host.
pub(crate) fn at(end: End, port: u16) -> End {
    (end.0, port)
}

/// The session part of a body, and its media.
pub(crate) fn sdp(media: &str) -> String {
    format!("v=0\r\no=- 1 1 IN IP4 {{ip}}\r\ns=-\r\nc=IN IP4 {{ip}}\r\nt=0 0\r\n{}", media.replace('\n', "\r\n"))
}

/// The beginning of a call: what alpha offers at 40 s, what bravo answers at 42 s.
pub(crate) fn begun(id: &str, offer: &str, answer: &str) -> Call {
    let mut call = Call::new(id);
    call.sdp = sdp(offer);
    call.invite(40.0).answer(41.0, 180);
    call.sdp = sdp(answer);
    call.answer(42.0, 200).ack(42.1);
    call
}

/// The same, over at 60 s.
pub(crate) fn between(id: &str, offer: &str, answer: &str) -> Call {
    over(begun(id, offer, answer), 60.0)
}

/// A call that rings at a desk and at a mobile, each with media of its own, until the mobile answers at 45 s; gives where the two want it. The mobile
/// rings with `code`.
pub(crate) fn forked(audio: &str, code: u16) -> (Call, End, End) {
    let mut call = Call::new("fork");
    call.sdp = sdp(audio);
    call.invite(40.0);
    let branch = |call: &mut Call, tag: &str, port: u16| {
        (call.to_tag, call.sdp) = (tag.to_owned(), sdp(&audio.replace("20000", &port.to_string())));
        (B.0, port)
    };
    let desk = branch(&mut call, "desk", 20_100);
    call.answer(41.0, 183);
    let mobile = branch(&mut call, "mobile", 20_200);
    call.answer(41.2, code).answer(45.0, 200).ack(45.1);
    (over(call, 60.0), desk, mobile)
}

/// A call that ends.
pub(crate) fn over(mut call: Call, at: f64) -> Call {
    call.bye(at, true).bye_answer(at + 0.1, 200, true);
    call
}

/// Frames of calls and of media, in order, in a capture that goes on until everything has ended.
pub(crate) fn frames(calls: Vec<Call>, media: impl IntoIterator<Item = Vec<Frame>>) -> Vec<Frame> {
    let mut all = capture(calls, 400.0);
    all.extend(media.into_iter().flatten());
    all.sort_by_key(|frame| frame.micros);
    all
}

/// What one source sends: a packet of `octets` each `ms` milliseconds, `ticks` apart.
#[derive(Clone)]
pub(crate) struct Voice {
    pub(crate) from: End,
    pub(crate) to: End,
    pub(crate) ssrc: u32,
    pub(crate) payload_type: u8,
    pub(crate) octets: Vec<u8>,
    pub(crate) ms: u32,
    pub(crate) ticks: u32,
}

/// G.711 in packets of 20 ms, as nobody speaks.
pub(crate) fn voice(from: End, to: End, ssrc: u32) -> Voice {
    Voice { from, to, ssrc, payload_type: 8, octets: vec![0xd5; 160], ms: 20, ticks: 160 }
}

impl Voice {
    /// The frame of the `n`-th packet, counted from `begin`, with another payload if there is one.
    pub(crate) fn packet(&self, begin: f64, n: u32, (payload_type, marker, ticks, octets): (u8, bool, u32, &[u8])) -> Frame {
        let mut out = vec![0x80, payload_type | u8::from(marker) << 7];
        out.extend((n as u16).to_be_bytes());
        out.extend(ticks.to_be_bytes());
        out.extend(self.ssrc.to_be_bytes());
        out.extend(octets);
        udp(begin + f64::from(n * self.ms) / 1_000.0, self.from, self.to, &out)
    }

    /// Its packets from one time to another.
    pub(crate) fn send(&self, begin: f64, end: f64) -> Vec<Frame> {
        let packets = ((end - begin) * 1_000.0 / f64::from(self.ms)).round() as u32;
        (0..packets).map(|n| self.packet(begin, n, (self.payload_type, false, n * self.ticks, &self.octets))).collect()
    }
}

/// One packet of RTCP (RFC 3550 §6): its count or format, its type, its words.
pub(crate) fn rtcp(count: u8, kind: u8, words: &[u32]) -> Vec<u8> {
    let mut out = vec![0x80 | count, kind];
    out.extend(u16::try_from(words.len()).unwrap().to_be_bytes());
    out.extend(words.iter().flat_map(|word| word.to_be_bytes()));
    out
}

/// The columns of streams.csv, row by row in the order of time, and what the audit wrote on its way.
pub(crate) fn cells(frames: &[Frame], names: &[&str]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let (path, out) = (made::write(folder.path(), "made.pcap", frames), folder.path().join("out"));
    Command::cargo_bin("speerlint").unwrap().args(["audit", "--quiet", "--out"]).arg(&out).arg(&path).output().unwrap();
    let text = fs::read_to_string(out.join("streams.csv")).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let heads: Vec<String> = lines.next().unwrap().collect();
    let mut rows: Vec<BTreeMap<String, String>> = lines.map(|cells| heads.iter().cloned().zip(cells).collect()).collect();
    rows.sort_by(|a, b| (&a["begun"], &a["source"], &a["ssrc"]).cmp(&(&b["begun"], &b["source"], &b["ssrc"])));
    rows.iter().map(|row| names.iter().map(|name| row[*name].as_str()).collect::<Vec<_>>().join(" ")).collect()
}

/// Gives a failure where threads or the cut of a capture change its report.
pub(crate) fn holds_for_any_cut(frames: &[Frame], terms: &str) {
    let folder = tempfile::tempdir().unwrap();
    let (capture, policy) = (made::write(folder.path(), "made.pcap", frames), folder.path().join("policy.toml"));
    fs::write(&policy, format!("{PEERS}{terms}")).unwrap();
    let report = |inputs, threads| {
        let request = Request { inputs, policy: Some(policy.clone()), threads: NonZeroUsize::new(threads), ..Request::default() };
        without_places(answer(&request)).to_string()
    };
    let whole = report(vec![capture.clone()], 1);
    assert_eq!(whole, report(vec![capture.clone()], 4));
    for pieces in [3, 11] {
        let parts = tempfile::tempdir().unwrap();
        assert_eq!(whole, report(made::cut(&capture, pieces, parts.path()), 2), "{pieces} pieces");
    }
}

/// What a report finds against a rule: by whom, how often, what.
pub(crate) fn found(report: &Value, rule: &str) -> Vec<String> {
    let all = report["findings"].as_array().unwrap().iter().filter(|finding| finding["rule"] == rule);
    let mut all: Vec<String> =
        all.map(|f| format!("{}: {} x {}", f["offender"].as_str().unwrap(), f["count"], f["observed"].as_str().unwrap())).collect();
    all.sort_unstable();
    all
}

/// How often a rule was kept, broken, and could not be judged.
pub(crate) fn counts(report: &Value, rule: &str) -> [u64; 3] {
    let row = report["rules"].as_array().unwrap().iter().find(|row| row["id"] == rule).unwrap();
    let open = row["indeterminate"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    [row["pass"].as_u64().unwrap(), row["violation"].as_u64().unwrap(), open]
}

/// The report on frames under clauses that are added to the two peers.
pub(crate) fn report(frames: &[Frame], terms: &str) -> Value {
    judged(frames, terms)
}
