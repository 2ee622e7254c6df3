//! Takes calls and streams as real networks make them, gives a failure where a stream is tied to the wrong call, never looks at a verdict.

use std::sync::Arc;

use hashbrown::HashMap;
use proptest::prelude::*;

use super::made::{ms, pcma};
use super::*;
use crate::base::{Endpoint, Origin, Time};
use crate::media::Stream;
use crate::sdp::{Description, SdpRole};

const OFFER: SdpRole = SdpRole::Offer;
const ANSWER: SdpRole = SdpRole::Answer;

/// Alpha signals from 192.0.2.1 and has media at 192.0.2.7; bravo from 198.51.100.1 and 198.51.100.7.
fn endpoint(side: Side, port: u16) -> Endpoint {
    let ip = if side == Side::Caller { [192, 0, 2, 7] } else { [198, 51, 100, 7] };
    Endpoint::new(ip.into(), port)
}

/// Something that a call says or that happens in it.
#[derive(Clone)]
enum Heard {
    Said(String, Said),
    Event(String, Event<'static>),
}

fn hear(call: &str, event: Event<'static>) -> Heard {
    Heard::Event(call.to_owned(), event)
}

/// One shard and a table that learns from it.
#[derive(Default)]
struct Both {
    calls: MediaCalls,
    table: Table,
}

impl Both {
    fn hear(&mut self, heard: impl IntoIterator<Item = Heard>) {
        let number = |call: &str| call.bytes().fold(7, |hash, b| hash * 31 + u64::from(b));
        for heard in heard {
            match heard {
                Heard::Said(call, said) => {
                    let named = Named::all(&said.sdp).0;
                    self.calls.say(number(&call), call.as_bytes(), None, said, &named);
                }
                Heard::Event(call, event) => self.calls.hear(number(&call), event),
            }
        }
        self.table.learn(&mut self.calls);
    }

    fn settle(&mut self, clock: Time, mut hand_on: impl FnMut(&Tied<'_>)) {
        self.table.settle(&mut [&mut self.calls], clock, |settled| {
            if let Settled::Stream(tied) = settled {
                hand_on(tied);
            }
        });
    }

    fn close(&mut self, clock: Time, open: &HashMap<Endpoint, Time>, hand_on: impl FnMut(CallMedia, &Known<'_>)) {
        self.calls.close(clock, open, self.table.pairs(), hand_on);
        self.table.learn(&mut self.calls);
    }
}

/// A body at so many milliseconds, with this media port and, where it is given, more lines.
fn body(call: &str, at: i64, side: Side, role: SdpRole, tag: SideTag, media: &str) -> Heard {
    let ip = if side == Side::Caller { "192.0.2.7" } else { "198.51.100.7" };
    let signalling = |side| Endpoint::new(if side == Side::Caller { [192, 0, 2, 1] } else { [198, 51, 100, 1] }.into(), 5060);
    let sdp = Arc::new(Description::parse(format!("v=0\r\nc=IN IP4 {ip}\r\n{media}").as_bytes()));
    let origin = Origin { serial: at.unsigned_abs(), capture: 0, frame: 1 };
    let said = Said { origin, at: ms(at), source: signalling(side), destination: signalling(side.other()), side, tag, role, sdp };
    Heard::Said(call.to_owned(), said)
}

fn audio(port: u16) -> String {
    format!("m=audio {port} RTP/AVP 8\r\n")
}

fn stream(from: Endpoint, to: Endpoint, begun: i64, ended: i64) -> Stream {
    let mut stream = pcma(from, to, usize::try_from(begun).unwrap());
    (stream.begun, stream.ended, stream.clock) = (ms(begun), ms(ended), ms(ended));
    stream
}

/// Where each stream went, in the order in which they ended: call, side, line, tag, fit; `stray` for those that no call named.
fn tied(heard: Vec<Heard>, streams: Vec<Stream>) -> Vec<String> {
    let mut table = Both::default();
    table.hear(heard);
    streams.into_iter().for_each(|stream| table.table.end(stream));
    let mut out = Vec::new();
    table.settle(Time(i64::MAX), |tied| out.push(shown(tied)));
    out
}

fn shown(tied: &Tied<'_>) -> String {
    tied.call.map_or("stray".into(), |(call, b)| format!("{} {} line {} tag {} {:?}", call.call_id, b.side.name(), b.line, b.tag, b.fit))
}

fn forth(port: u16, to: u16, begun: i64, ended: i64) -> Stream {
    stream(endpoint(Side::Caller, port), endpoint(Side::Callee, to), begun, ended)
}

fn back(port: u16, to: u16, begun: i64, ended: i64) -> Stream {
    stream(endpoint(Side::Callee, port), endpoint(Side::Caller, to), begun, ended)
}

use Side::{Callee, Caller};

/// A call of one audio line: offered at `at`, answered a second later.
fn call(id: &str, at: i64, ports: (u16, u16)) -> Vec<Heard> {
    vec![
        body(id, at, Caller, OFFER, 0, &audio(ports.0)),
        hear(id, Event::Lives(ms(at), true)),
        body(id, at + 1_000, Callee, ANSWER, 5, &audio(ports.1)),
        hear(id, Event::Answered(ms(at + 1_000))),
    ]
}

fn over(id: &str, at: i64) -> Vec<Heard> {
    vec![hear(id, Event::Lives(ms(at), false)), hear(id, Event::Lives(ms(at), false)), hear(id, Event::Over(ms(at)))]
}

#[test]
fn both_directions_and_what_nobody_named() {
    let streams = vec![forth(4000, 5000, 1_100, 9_000), back(5000, 4000, 1_000, 9_100), forth(4444, 5555, 1_000, 9_200)];
    assert_eq!(tied(call("a", 0, (4000, 5000)), streams), ["a caller line 0 tag 5 Both", "a callee line 0 tag 5 Both", "stray"]);
}

#[test]
fn early_media_comes_before_the_answer_that_names_its_sender() {
    // The callee plays ringing before its 200; a preview may have named another port (a fork).
    let mut heard = call("a", 0, (4000, 5000));
    heard.insert(2, body("a", 500, Callee, SdpRole::Preview, 9, &audio(7000)));
    let streams = vec![back(7000, 4000, 600, 1_000), back(5000, 4000, 700, 9_000)];
    assert_eq!(tied(heard, streams), ["a callee line 0 tag 9 Both", "a callee line 0 tag 5 Both"]);
}

#[test]
fn a_re_offer_moves_the_port() {
    let mut heard = call("a", 0, (4000, 5000));
    heard.push(body("a", 10_000, Caller, OFFER, 5, &audio(4002)));
    heard.push(body("a", 11_000, Callee, ANSWER, 5, &audio(5000)));
    let streams = vec![back(5000, 4000, 1_000, 10_900), back(5000, 4002, 11_000, 20_000), forth(4002, 5000, 11_000, 20_001)];
    let expected = ["a callee line 0 tag 5 Both", "a callee line 0 tag 5 Both", "a caller line 0 tag 5 Both"];
    assert_eq!(tied(heard, streams), expected);
}

#[test]
fn several_lines_are_told_apart_by_their_ports_and_bundled_ones_by_their_payload_types() {
    let both = |port: u16, second: u16| format!("m=audio {port} RTP/AVP 0\r\nm=audio {second} RTP/AVP 8\r\n");
    let heard = |a: String, b: String| vec![body("a", 0, Caller, OFFER, 0, &a), body("a", 1_000, Callee, ANSWER, 5, &b)];
    assert_eq!(tied(heard(both(4000, 4002), both(5000, 5002)), vec![forth(4002, 5002, 1_100, 2_000)]), ["a caller line 1 tag 5 Both"]);
    assert_eq!(tied(heard(both(4000, 4000), both(5000, 5000)), vec![forth(4000, 5000, 1_100, 2_000)]), ["a caller line 1 tag 5 Both"]);
}

#[test]
fn a_translated_source_and_its_latching_peer_are_told() {
    let outside = Endpoint::new([203, 0, 113, 9].into(), 61_000);
    let streams = vec![stream(outside, endpoint(Callee, 5000), 1_100, 9_000), stream(endpoint(Callee, 5000), outside, 1_200, 9_100)];
    let expected = ["a caller line 0 tag 5 Destination", "a callee line 0 tag 5 Source"];
    assert_eq!(tied(call("a", 0, (4000, 5000)), streams), expected);
}

#[test]
fn a_candidate_is_as_good_as_the_address_of_the_line() {
    let offer = format!("{}a=candidate:1 1 UDP 1 203.0.113.9 6000 typ srflx\r\n", audio(4000));
    let heard = vec![body("a", 0, Caller, OFFER, 0, &offer), body("a", 1_000, Callee, ANSWER, 5, &audio(5000))];
    let outside = Endpoint::new([203, 0, 113, 9].into(), 6_000);
    assert_eq!(tied(heard, vec![stream(endpoint(Callee, 5000), outside, 1_100, 2_000)]), ["a callee line 0 tag 5 Both"]);
}

#[test]
fn of_calls_at_one_address_the_time_decides() {
    let mut heard = call("one", 0, (4000, 5000));
    heard.extend(over("one", 60_000));
    heard.extend(call("two", 62_000, (4000, 5000)));
    heard.extend(over("two", 90_000));
    let streams = vec![forth(4000, 5000, 1_100, 60_010), forth(4000, 5000, 63_100, 90_010), forth(4000, 5000, 90_500, 95_000)];
    let expected = ["one caller line 0 tag 5 Both", "two caller line 0 tag 5 Both", "two caller line 0 tag 5 Both"];
    assert_eq!(tied(heard, streams), expected);
}

#[test]
fn a_call_that_is_over_gets_no_stream_that_begins_later() {
    let mut heard = call("a", 0, (4000, 5000));
    heard.extend(over("a", 60_000));
    let streams = vec![forth(4000, 5000, 62_000, 63_000), forth(4000, 5000, 62_001, 64_000)];
    assert_eq!(tied(heard, streams), ["a caller line 0 tag 5 Both", "stray"]);
}

#[test]
fn what_is_said_a_minute_after_the_stream_is_not_about_it() {
    let later = |at| tied(call("a", at, (4000, 5000)), vec![forth(4000, 5000, 0, 1_000)]);
    assert_eq!(later(1_900), ["a caller line 0 tag 5 Both"]);
    assert_eq!(later(2_100), ["stray"]);
}

#[test]
fn the_media_of_both_hops_of_a_proxy_stays_apart() {
    // The proxy 192.0.2.99 relays: its own media address stands for the callee before it, for the caller behind it.
    let hop = |mut heard: Heard, source: [u8; 4], destination: [u8; 4]| {
        if let Heard::Said(_, said) = &mut heard {
            (said.source.ip, said.destination.ip) = (source.into(), destination.into());
        }
        heard
    };
    let (a, p, b) = ([192, 0, 2, 1], [192, 0, 2, 99], [198, 51, 100, 1]);
    let relay = |port: u16| format!("m=audio {port} RTP/AVP 8\r\nc=IN IP4 192.0.2.99\r\n");
    let heard = vec![
        hop(body("a", 0, Caller, OFFER, 0, &audio(4000)), a, p),
        hop(body("a", 1, Caller, OFFER, 0, &relay(9000)), p, b),
        hop(body("a", 1_000, Callee, ANSWER, 5, &audio(5000)), b, p),
        hop(body("a", 1_001, Callee, ANSWER, 5, &relay(9002)), p, a),
    ];
    let proxy = |port| Endpoint::new(p.into(), port);
    let streams = vec![
        stream(endpoint(Caller, 4000), proxy(9002), 1_100, 9_000),
        stream(proxy(9000), endpoint(Callee, 5000), 1_101, 9_001),
        stream(endpoint(Callee, 5000), proxy(9000), 1_102, 9_002),
        stream(proxy(9002), endpoint(Caller, 4000), 1_103, 9_003),
    ];
    let expected = ["caller", "caller", "callee", "callee"].map(|side| format!("a {side} line 0 tag 5 Both"));
    assert_eq!(tied(heard, streams), expected);
}

#[test]
fn a_call_is_handed_on_when_no_stream_of_it_can_come() {
    let mut table = Both::default();
    table.hear(call("a", 0, (4000, 5000)));
    table.hear(over("a", 60_000));
    let mut closed = |clock: i64, open: &[(Endpoint, i64)]| {
        let open: HashMap<Endpoint, Time> = open.iter().map(|&(endpoint, begun)| (endpoint, ms(begun))).collect();
        let mut calls = Vec::new();
        table.close(ms(clock), &open, |call, _| calls.push(call.call_id.to_string()));
        calls
    };
    // Half a minute for streams that begin late, a minute for those to end.
    assert_eq!(closed(152_000, &[]), [""; 0]);
    assert_eq!(closed(152_001, &[(endpoint(Caller, 4000), 1_100)]), [""; 0]);
    assert_eq!(closed(152_002, &[(endpoint(Caller, 4000), 92_001)]), ["a"]);
    assert_eq!(closed(999_999, &[]), [""; 0]);
    assert_eq!(tied_after(&mut table), "stray");
}

/// Where a stream goes that comes when its call is forgotten.
fn tied_after(table: &mut Both) -> String {
    table.table.end(forth(4000, 5000, 1_100, 9_000));
    let mut out = String::new();
    table.settle(Time(i64::MAX), |tied| out = shown(tied));
    out
}

#[test]
fn a_stream_that_two_calls_name_alike_counts_for_both_and_says_so() {
    let mut table = Both::default();
    table.hear(call("one", 0, (4000, 5000)));
    table.hear(over("one", 60_000));
    table.hear(call("two", 61_000, (4000, 5000)));
    table.hear(over("two", 90_000));
    table.table.end(forth(4000, 5000, 1_100, 90_000));
    table.settle(Time(i64::MAX), |_| ());
    let mut all = Vec::new();
    table.close(Time(i64::MAX), &HashMap::new(), |call, _| {
        all.extend(call.sent.iter().map(|sent| format!("{} {}", call.call_id, if sent.shared { "shared" } else { "own" })));
    });
    assert_eq!(all, ["one own", "two shared"]);
}

#[test]
fn ten_thousand_calls_at_one_endpoint_end_soon() {
    let heard: Vec<Heard> = (0..10_000).flat_map(|n| call(&format!("c{n}"), n, (4000, 5000))).collect();
    let streams: Vec<Stream> = (0..200).map(|n| forth(4000, 5000, 12_000 + n, 13_000)).collect();
    let tied = tied(heard, streams);
    assert!(tied.iter().all(|t| t == "c9999 caller line 0 tag 5 Both"), "{:?}", tied.first());
    // One that begins among them belongs to the last that was answered by then, however many follow.
    let heard = (0..10_000).flat_map(|n| call(&format!("c{n}"), n, (4000, 5000))).collect();
    assert_eq!(super::tests::tied(heard, vec![forth(4000, 5000, 3_000, 3_500)]), ["c2000 caller line 0 tag 5 Both"]);
}

proptest! {
    /// The order in which calls are heard, and the cut of what is heard and of what ends, change nothing.
    #[test]
    fn any_cut_gives_the_same(starts in proptest::collection::vec((0i64..200_000, 0u16..4), 1..12), cuts in proptest::collection::vec(0i64..400_000, 0..6)) {
        let mut events: Vec<(i64, Heard)> = Vec::new();
        let mut streams = Vec::new();
        for (n, &(at, port)) in starts.iter().enumerate() {
            let id = format!("c{n}");
            let timed = call(&id, at, (4000 + port, 5000 + port)).into_iter().zip([at, at, at + 1_000, at + 1_000]);
            events.extend(timed.map(|(heard, at)| (at, heard)));
            events.extend(over(&id, at + 20_000).into_iter().zip([at + 20_000, at + 52_000]).map(|(heard, at)| (at, heard)));
            streams.push(forth(4000 + port, 5000 + port, at + 1_100 + n as i64, at + 20_000 + n as i64));
        }
        let run = |cuts: &[i64]| {
            let mut bounds: Vec<i64> = cuts.iter().copied().chain([i64::MAX / 2_000_000]).collect();
            bounds.sort_unstable();
            let (mut table, mut out, mut from) = (Both::default(), Vec::new(), i64::MIN);
            for until in bounds {
                table.hear(events.iter().filter(|(at, _)| (from..until).contains(at)).map(|(_, heard)| heard.clone()));
                let over = |s: &&Stream| (from..until).contains(&((s.ended.0 / 1_000_000) + 60_001));
                streams.iter().filter(over).for_each(|s| table.table.end(s.clone()));
                table.settle(ms(until), |tied| out.push(shown(tied)));
                let open = streams.iter().filter(|s| s.ended.0 / 1_000_000 + 60_001 >= until && s.begun.0 / 1_000_000 < until);
                let open: HashMap<Endpoint, Time> = open.flat_map(|s| [(s.flow.source, s.begun), (s.flow.destination, s.begun)]).fold(
                    HashMap::new(),
                    |mut all: HashMap<Endpoint, Time>, (end, begun)| {
                        all.entry(end).and_modify(|b| *b = (*b).min(begun)).or_insert(begun);
                        all
                    },
                );
                table.close(ms(until), &open, |call, _| {
                    let mut sent: Vec<_> = call.sent.iter().map(|s| (s.begun, s.shared)).collect();
                    sent.sort_unstable();
                    out.push(format!("{} over {sent:?}", call.call_id));
                });
                from = until;
            }
            out.sort_unstable();
            out
        };
        prop_assert_eq!(run(&[]), run(&cuts));
    }
}

#[test]
fn a_second_attempt_that_ends_does_not_end_the_call() {
    let mut heard = call("a", 0, (4000, 5000));
    heard.extend([hear("a", Event::Lives(ms(2_000), true)), hear("a", Event::Lives(ms(34_000), false))]);
    let late = || vec![forth(4000, 5000, 50_000, 59_000)];
    assert_eq!(tied(heard.clone(), late()), ["a caller line 0 tag 5 Both"]);
    heard.extend(over("a", 40_000));
    assert_eq!(tied(heard, late()), ["stray"]);
}
