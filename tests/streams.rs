//! Takes captures with media, gives a failure where streams are not measured as the truth is, or as tshark does without a known reason, never a verdict.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "the numbers beside those of tshark are read by people")]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use speerlint::base::{Endpoint, Time};
use speerlint::capture::{Options, Reader};
use speerlint::media::{Announced, Companion, Companions, Flow, Gauge, Passing, Runs, Spoken, Stream, Streams, Word};
use speerlint::packet::{Packet, decode};
use speerlint::rtp;

/// A row of `tshark -q -z rtp,streams`.
#[derive(Clone, Copy, Debug)]
struct Row {
    packets: u64,
    lost: i64,
    mean_jitter: f64,
    max_jitter: f64,
}

/// How tshark finds RTP of which no SDP speaks.
const HEURISTIC: [&str; 4] = ["-o", "rtp.heuristic_rtp:TRUE", "--enable-heuristic", "rtp_udp"];

/// Every flow that tshark takes for RTP.
fn tshark(capture: &Path) -> BTreeMap<Flow, Row> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-q"]).args(HEURISTIC).args(["-z", "rtp,streams", "-r"]).arg(capture);
    let output = command.output().expect("tshark is needed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().filter_map(row).collect()
}

fn row(line: &str) -> Option<(Flow, Row)> {
    let (head, tail) = line.split_once(" 0x")?;
    let [_, _, from, from_port, to, to_port] = head.split_whitespace().collect::<Vec<_>>().try_into().ok()?;
    let end = |ip: &str, port: &str| Some(Endpoint::new(ip.parse().ok()?, port.parse().ok()?));
    let fields: Vec<_> = tail.split_whitespace().collect();
    let percent = fields.iter().position(|f| f.starts_with('('))?;
    let number = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok());
    let flow = Flow { source: end(from, from_port)?, destination: end(to, to_port)?, ssrc: u32::from_str_radix(fields[0], 16).ok()? };
    let row = Row {
        packets: number(percent - 2)? as u64,
        lost: number(percent - 1)? as i64,
        mean_jitter: number(percent + 5)?,
        max_jitter: number(percent + 6)?,
    };
    Some((flow, row))
}

/// An RTP packet as it passed.
#[derive(Clone, Copy, Debug)]
struct Passed {
    frame: u32,
    /// Nanoseconds.
    at: i64,
    seq: u16,
    timestamp: u32,
    payload_type: u8,
    marker: bool,
}

/// The packets of each flow, one after the other.
type Raw = BTreeMap<Flow, Vec<Passed>>;

/// Comfort noise (RFC 3551 §6).
const NOISE: u8 = 13;

/// Packets, and those missing among their numbers, where everything is counted as it comes (RFC 3550 A.3): no copy and no new start is left out.
fn plain_loss(packets: &[Passed]) -> (u64, i64) {
    let Some(first) = packets.first() else { return (0, 0) };
    let (mut cycles, mut highest) = (0i64, first.seq);
    for now in packets {
        if now.seq.wrapping_sub(highest) < 0x8000 {
            cycles += i64::from(now.seq < highest);
            highest = now.seq;
        }
    }
    let expected = cycles * 65_536 + i64::from(highest) - i64::from(first.seq) + 1;
    (packets.len() as u64, expected - packets.len() as i64)
}

/// The greatest jitter (RFC 3550 A.8) as tshark takes it: over every packet of which it knows the clock, read at those without marker and noise. The
/// time of arrival is that of the packet before, whatever it was, and the time stamp that of the last with a clock.
fn plain_jitter(packets: &[Passed], clock: impl Fn(u8) -> Option<f64>) -> f64 {
    let Some(first) = packets.first() else { return 0.0 };
    let (mut jitter, mut max, mut nominal) = (0.0f64, 0.0f64, 0.0);
    for pair in packets.windows(2) {
        let [before, now] = pair else { continue };
        if let Some(rate) = clock(now.payload_type) {
            let own = f64::from(now.timestamp.wrapping_sub(first.timestamp).cast_signed()) * 1e3 / rate;
            let apart = (now.at - before.at) as f64 / 1e6 - (own - nominal);
            jitter += (apart.abs() - jitter) / 16.0;
            nominal = own;
        }
        if !now.marker && now.payload_type != NOISE {
            max = max.max(jitter);
        }
    }
    max
}

/// The clock of a static payload type, all that tshark knows where it saw no SDP.
fn static_clock(payload_type: u8) -> Option<f64> {
    match payload_type {
        0 | 3..=5 | 7..=9 | 12 | 13 | 15 | 18 => Some(8_000.0),
        6 => Some(16_000.0),
        10 | 11 => Some(44_100.0),
        14 | 25 | 26 | 28 | 31..=34 => Some(90_000.0),
        16 => Some(11_025.0),
        17 => Some(22_050.0),
        _ => None,
    }
}

/// Every stream that this program finds, whether SDP speaks of it or not, and the packets of each flow.
fn ours(capture: &Path) -> (BTreeMap<Flow, Vec<Stream>>, Raw) {
    let mut reader = Reader::open(&[capture.to_owned()], Options { hash: false, clock_step: 20_000_000 }).unwrap();
    let mut streams = Streams::new(Gauge { mirror_window: 500_000, jitter_buffer: 0.06, clock_step: 20_000_000, by_second: false });
    let (mut announced, mut raw) = (Announced::default(), Raw::new());
    while let Some(batch) = reader.next_batch().unwrap() {
        let mut runs = Runs::default();
        for frame in batch.frames() {
            let (Packet::Udp(mut datagram), _) = decode(&frame) else { continue };
            if let Some(rtp::Neighbour::Turn(inside)) = rtp::neighbour(datagram.payload) {
                datagram.payload = inside;
            }
            if let Some(rtp::Kind::Rtp(header)) = rtp::sniff(datagram.payload) {
                let word = Word::Names(frame.origin.serial, datagram.source, false);
                announced.hear(&Spoken { at: frame.clock, word, call: 1 });
                let flow = Flow { source: datagram.source, destination: datagram.destination, ssrc: header.ssrc };
                let rtp::Header { seq, timestamp, payload_type, marker, .. } = header;
                let passed = Passed { frame: frame.origin.frame, at: frame.time.0, seq, timestamp, payload_type, marker };
                raw.entry(flow).or_default().push(passed);
                runs.add(&frame, &datagram, &header);
            }
        }
        streams.take(runs.tapes(), &[], &announced);
    }
    streams.advance(Time(i64::MAX), &announced);
    let mut found = BTreeMap::<_, Vec<_>>::new();
    streams.finished.into_iter().map(Stream::from).for_each(|stream| found.entry(stream.flow).or_default().push(stream));
    (found, raw)
}

/// Everything beside RTP that this program finds.
fn beside(capture: &Path) -> Vec<Companion> {
    let mut reader = Reader::open(&[capture.to_owned()], Options { hash: false, clock_step: 20_000_000 }).unwrap();
    let mut companions = Companions::default();
    while let Some(batch) = reader.next_batch().unwrap() {
        for frame in batch.frames() {
            let (Packet::Udp(datagram), _) = decode(&frame) else { continue };
            if rtp::sniff(datagram.payload).is_none()
                && let Some(neighbour) = rtp::neighbour(datagram.payload)
            {
                companions.take(&Passing::new(&frame, &datagram, neighbour));
            }
        }
    }
    companions.advance(Time(i64::MAX));
    companions.finished
}

/// Fields of the frames that a display filter of tshark lets through.
fn fields(capture: &Path, filter: &str, names: &[&str]) -> Vec<Vec<String>> {
    fields_with(&[], capture, filter, names)
}

/// The same under options.
fn fields_with(options: &[&str], capture: &Path, filter: &str, names: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields"]).args(options).args(["-Y", filter]);
    command.args(names.iter().flat_map(|name| ["-e", name])).arg("-r").arg(capture);
    let output = command.output().expect("tshark is needed");
    String::from_utf8_lossy(&output.stdout).lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

fn captures() -> Vec<PathBuf> {
    let folder = env::var_os("SPEERLINT_CAPTURES").map_or_else(|| PathBuf::from("samples"), PathBuf::from);
    let mut folders = vec![folder];
    let mut captures = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in folder.read_dir().unwrap().map(Result::unwrap) {
            let path = entry.path();
            match path.extension().and_then(|e| e.to_str()) {
                _ if path.is_dir() => folders.push(path),
                Some("pcap" | "pcapng" | "cap") => captures.push(path),
                _ => {}
            }
        }
    }
    captures.sort();
    captures
}

/// Why tshark may count other packets as lost than the sum of these.
fn reasons_of_loss(streams: &[Stream]) -> Vec<&'static str> {
    let any = |has: fn(&Stream) -> bool| streams.iter().any(has);
    let all = [
        (streams.len() > 1, "a new start after a pause is a stream of its own"),
        (any(|s| s.reception.restarts > 0), "a new start is no loss"),
        (any(|s| s.reception.mirrored > 0), "copies of a mirror port are left out"),
        (any(|s| s.reception.astray > 0), "a packet far from all others is no loss"),
        (any(|s| s.reception.base < i64::from(u16::MAX) && s.reception.reordered > 0), "late packets"),
    ];
    all.into_iter().filter_map(|(has, reason)| has.then_some(reason)).collect()
}

/// Why tshark may come to another jitter.
fn reasons_of_jitter(streams: &[Stream]) -> Vec<&'static str> {
    let any = |has: fn(&Stream) -> bool| streams.iter().any(has);
    let all = [
        (streams.len() > 1, "a new start after a pause is a stream of its own"),
        (any(|s| s.reception.restarts > 0), "a new start is no jitter"),
        (any(|s| s.reception.duplicates > 0), "duplicates are no jitter"),
        (any(|s| s.reception.mirrored > 0), "copies of a mirror port are left out"),
        (any(|s| s.reception.astray > 0), "a packet far from all others is no jitter"),
        (any(|s| s.digits.packets > 0), "telephone events are no jitter"),
        (any(|s| s.breaks > 0), "new time stamps are no jitter"),
        (any(|s| s.formats.len() > 1), "several payload types"),
        (any(|s| s.timing.source == speerlint::media::ClockSource::Inferred), "the clock is inferred"),
        (any(|s| s.timing.rate.is_none()), "no clock is known"),
        (any(|s| s.timing.rate == Some(90_000)), "packets of one picture share a time stamp"),
        (any(|s| s.markers > 1), "tshark leaves packets with a marker out"),
    ];
    all.into_iter().filter_map(|(has, reason)| has.then_some(reason)).collect()
}

/// The frames of a flow in which tshark sees RTP: in a call that may turn into a fax it takes some for T.38.
fn dissected(capture: &Path, flow: &Flow) -> BTreeSet<u32> {
    let ip = if flow.source.ip.is_ipv6() { "ipv6" } else { "ip" };
    let Flow { source, destination, ssrc } = flow;
    let filter = format!(
        "rtp.ssrc == {ssrc} && {ip}.src == {} && udp.srcport == {} && {ip}.dst == {} && udp.dstport == {}",
        source.ip, source.port, destination.ip, destination.port
    );
    fields_with(&HEURISTIC, capture, &filter, &["frame.number"]).iter().filter_map(|row| row[0].parse().ok()).collect()
}

/// Why the numbers of a flow are others than those of tshark, each reason held to what it comes to; an error says what none accounts for.
fn accounted(capture: &Path, flow: &Flow, (streams, row): (&[Stream], Row), raw: &[Passed]) -> Result<Vec<String>, String> {
    let mut reasons = Vec::new();
    let packets: u64 = streams.iter().map(|s| s.packets + s.reception.mirrored).sum();
    let lost: i64 = streams.iter().map(|s| s.reception.lost()).sum();
    let mut seen = raw.to_vec();
    if packets != row.packets {
        // The packets that tshark does not call RTP are exactly those that it does not count.
        let frames = dissected(capture, flow);
        seen.retain(|passed| frames.contains(&passed.frame));
        if packets != raw.len() as u64 || seen.len() as u64 != row.packets {
            return Err(format!("packets {packets} of {}, tshark {} of {}", raw.len(), row.packets, seen.len()));
        }
        reasons.push(format!("tshark takes {} packets for something else", packets - row.packets));
    }
    // Counted as they come, the packets that tshark sees lack as many as it says.
    let (_, missing) = plain_loss(&seen);
    if missing != row.lost {
        return Err(format!("{missing} lost as they come, tshark {}", row.lost));
    }
    if lost != row.lost && packets == row.packets {
        let why = reasons_of_loss(streams);
        let mirrored: u64 = streams.iter().map(|s| s.reception.mirrored).sum();
        // Where copies are all that was left out, they are the difference.
        if why.is_empty() || (why == ["copies of a mirror port are left out"] && lost - row.lost != mirrored as i64) {
            return Err(format!("lost {lost}, tshark {}, {mirrored} mirrored, {why:?}", row.lost));
        }
        reasons.extend(why.into_iter().map(str::to_owned));
    }
    let near = |a: f64, b: f64| (a - b).abs() <= 0.0015 + 0.001 * b;
    let jitters: Vec<_> = streams.iter().filter_map(|s| s.jitter).collect();
    let max = jitters.iter().map(|j| j.max).fold(0.0, f64::max);
    let mean = jitters.iter().map(|j| j.mean).sum::<f64>() / jitters.len().max(1) as f64;
    if !near(max, row.max_jitter) || !near(mean, row.mean_jitter) {
        let why = reasons_of_jitter(streams);
        if why.is_empty() && packets == row.packets {
            return Err(format!("jitter {max:.3}, tshark {:.3}, and no reason", row.max_jitter));
        }
        // With one of the clocks that tshark may have known, all packets as they come have the jitter that it says.
        let rates = [8_000.0, 16_000.0, 32_000.0, 44_100.0, 48_000.0, 90_000.0];
        let any = rates.map(|rate| plain_jitter(&seen, |payload_type| static_clock(payload_type).or(Some(rate))));
        let known = plain_jitter(&seen, static_clock);
        if any.into_iter().chain([known]).any(|own| near(own, row.max_jitter)) {
            reasons.extend(why.into_iter().map(str::to_owned));
        } else if row.max_jitter <= any.into_iter().chain([known]).fold(0.0, f64::max) {
            reasons.push(format!("bounded only: jitter {max:.3}, tshark {:.3}, as they come {known:.3}, {why:?}", row.max_jitter));
        } else {
            return Err(format!("jitter {max:.3}, tshark {:.3}, as they come {known:.3} or {any:.3?}", row.max_jitter));
        }
    }
    Ok(reasons)
}

/// `samples/make/rough.py` wrote down what it dropped, doubled and delayed, and what jitter that made by the times of its own clock.
#[test]
fn what_the_relay_did_is_what_is_measured() {
    let truth = std::fs::read_to_string("samples/rough-wire/truth.json").unwrap();
    let truth: Vec<serde_json::Value> = serde_json::from_str(&truth).unwrap();
    assert_eq!(truth.len(), 3);
    let (found, _) = ours(Path::new("samples/rough-wire/capture.pcap"));
    for call in truth {
        let number = |key: &str| call[key].as_u64().unwrap();
        let real = |key: &str| call[key].as_f64().unwrap();
        let (_, streams) = found.iter().find(|(f, _)| u64::from(f.ssrc) == number("ssrc") && f.destination.port == 16384).unwrap();
        let [stream] = streams.as_slice() else { panic!("{streams:?}") };
        let reception = &stream.reception;
        assert_eq!(reception.received, number("passed"));
        assert_eq!(reception.lost_unique, number("lost"));
        assert_eq!(reception.duplicates, number("duplicates"));
        assert_eq!(reception.reordered, number("reordered"));
        let jitter = stream.jitter.unwrap();
        let near = |a: f64, b: f64| (a - b).abs() < 0.25;
        assert!(near(jitter.mean, real("jitter_mean_ms")) && near(jitter.max, real("jitter_max_ms")), "{jitter:?}, {call}");
    }
}

/// The other direction went through the relay untouched.
#[test]
fn what_the_relay_let_be_lost_nothing() {
    let (found, _) = ours(Path::new("samples/rough-wire/capture.pcap"));
    let untouched: Vec<_> = found.values().flatten().filter(|s| s.flow.destination.port != 16384).collect();
    assert_eq!(untouched.len(), 3);
    assert!(untouched.iter().all(|s| s.packets == 400 && s.reception.lost() == 0 && s.reception.reordered == 0));
}

/// The numbers beside each other: `SPEERLINT_CAPTURES=FOLDER cargo test --test streams -- --ignored --nocapture`.
#[test]
#[ignore = "needs tshark"]
fn streams_are_measured_as_tshark_does_or_there_is_a_reason() {
    let (mut same, mut explained, mut bounded, mut wrong) = (0u32, 0u32, 0u32, Vec::new());
    for capture in captures() {
        let (found, raw) = ours(&capture);
        for (flow, row) in tshark(&capture) {
            // Over TURN over TCP, into which this program does not look.
            if flow.source.port == 3478 && !found.contains_key(&flow) && dissected(&capture, &flow).is_empty() {
                explained += 1;
                continue;
            }
            let Some(streams) = found.get(&flow) else {
                wrong.push(format!("{}: {flow:?}: not found, {row:?}", capture.display()));
                continue;
            };
            let text = format!("{}: {} {} {:#x}, {row:?}", capture.display(), flow.source, flow.destination, flow.ssrc);
            match accounted(&capture, &flow, (streams, row), &raw[&flow]) {
                Ok(reasons) if reasons.is_empty() => same += 1,
                Ok(reasons) => {
                    explained += 1;
                    bounded += u32::from(reasons.iter().any(|reason| reason.starts_with("bounded")));
                    println!("explained: {text}: {reasons:?}");
                }
                Err(unaccounted) => wrong.push(format!("{text}: {unaccounted}")),
            }
        }
    }
    println!("{same} the same, {explained} explained, {bounded} of them bounded only, {} not", wrong.len());
    wrong.iter().for_each(|text| println!("not explained: {text}"));
    assert!(wrong.is_empty());
    // A reason that only bounds the number is for the odd capture.
    assert!(bounded * 20 <= same + explained, "{bounded} bounded only");
}

/// The SRTP profile that each DTLS server chose, the certificates in the clear, and the packets of each fax.
#[test]
#[ignore = "needs tshark"]
fn handshakes_and_faxes_are_those_of_tshark() {
    let (mut hellos, mut faxes) = (0, 0);
    // Of the captures that others made, none may hold a fax.
    let with_fax = PathBuf::from("samples/t38-fax/capture.pcap");
    let all = captures();
    let more = Some(with_fax).filter(|fax| !all.contains(fax));
    for capture in all.into_iter().chain(more) {
        let found = beside(&capture);
        let at = |ip: &str, port: &str| Some(Endpoint::new(ip.parse().ok()?, port.parse().ok()?));
        let names = ["ip.src", "udp.srcport", "dtls.handshake.extensions.supported_version", "dtls.use_srtp.protection_profile"];
        for row in fields(&capture, "dtls.handshake.type==2 && ip && udp", &names) {
            let Some(server) = at(&row[0], &row[1]) else { continue };
            let companion = found.iter().find(|c| c.handshake.server.is_some_and(|(end, ..)| end == server));
            let handshake = &companion.unwrap_or_else(|| panic!("{}: no ServerHello of {server}", capture.display())).handshake;
            let profile = u16::from_str_radix(row[3].trim_start_matches("0x"), 16).ok();
            assert_eq!(handshake.profile, profile, "{}: {server}", capture.display());
            hellos += 1;
        }
        for row in fields(&capture, "dtls.handshake.type==11 && ip && udp", &["ip.src", "udp.srcport"]) {
            let Some(sender) = at(&row[0], &row[1]) else { continue };
            assert!(found.iter().any(|c| c.handshake.certificate_of(sender).is_some()), "{}: {sender}", capture.display());
        }
        let mut rows = BTreeMap::<_, u64>::new();
        // In a call that may turn into a fax, tshark takes RTP for T.38: 0x80 is version 2.
        for row in fields(&capture, "t38 && ip && udp && !(udp.payload[0:1] == 80)", &["ip.src", "udp.srcport", "ip.dst", "udp.dstport"]) {
            let ends = at(&row[0], &row[1]).zip(at(&row[2], &row[3]));
            ends.into_iter().for_each(|ends| *rows.entry(ends).or_default() += 1);
        }
        for ((from, to), packets) in rows {
            let ours: u64 = found
                .iter()
                .filter_map(|c| match (c.a, c.b) {
                    ends if ends == (from, to) => c.fax_ab,
                    ends if ends == (to, from) => c.fax_ba,
                    _ => None,
                })
                .map(|fax| fax.packets)
                .sum();
            assert_eq!(ours, packets, "{}: {from} to {to}", capture.display());
            faxes += 1;
        }
    }
    println!("{hellos} handshakes, {faxes} faxes");
    assert!(hellos > 0 && faxes >= 2, "{hellos} handshakes, {faxes} directions of faxes: nothing to compare");
}

/// A telephone event: its flow, payload type, time stamp and code.
type Pressed = (Flow, u32, u8);

/// Telephone events, how long they lasted, and packets of them that came twice: what the fields of each packet come to that tshark calls an event.
#[test]
#[ignore = "needs tshark"]
fn telephone_events_are_those_of_tshark() {
    let (mut flows, mut events) = (0, 0);
    for capture in captures() {
        let names = ["ip.src", "udp.srcport", "ip.dst", "udp.dstport", "rtp.ssrc", "rtp.seq", "rtp.timestamp"];
        let names = [&names[..], &["rtpevent.event_id", "rtpevent.duration"]].concat();
        // Longest duration of each event, and how often each packet came.
        let (mut lasted, mut came) = (BTreeMap::<Pressed, u64>::new(), BTreeMap::<(Flow, u16), u64>::new());
        // From 192 on they are events of one vendor (NSE), no registered ones (RFC 4733 §3.2, RFC 4734).
        for row in fields(&capture, "rtpevent.event_id < 64 && ip && udp && !icmp", &names) {
            let end = |ip: &str, port: &str| Endpoint::new(ip.parse().unwrap(), port.parse().unwrap());
            let ssrc = u32::from_str_radix(row[4].trim_start_matches("0x"), 16).unwrap();
            let flow = Flow { source: end(&row[0], &row[1]), destination: end(&row[2], &row[3]), ssrc };
            let [seq, timestamp, code, duration] = [5, 6, 7, 8].map(|n: usize| row[n].parse::<u64>().unwrap());
            let longest = lasted.entry((flow, timestamp as u32, code as u8)).or_default();
            *longest = duration.max(*longest);
            *came.entry((flow, seq as u16)).or_default() += 1;
        }
        if lasted.is_empty() {
            continue;
        }
        let (found, _) = ours(&capture);
        for flow in lasted.keys().map(|(flow, ..)| *flow).collect::<BTreeSet<_>>() {
            let all = lasted.iter().filter(|((of, ..), _)| *of == flow);
            let (count, ticks) = all.fold((0, 0), |(count, ticks), (_, longest)| (count + 1, ticks + longest));
            let (packets, twice) =
                came.iter().filter(|((of, _), _)| *of == flow).fold((0, 0), |(n, twice), (_, times)| (n + times, twice + times - 1));
            let own = found.get(&flow).map(Vec::as_slice).unwrap_or_default();
            let sum = |of: fn(&Stream) -> u64| own.iter().map(of).sum::<u64>();
            let mirrored = sum(|s| s.reception.mirrored);
            let counted = [sum(|s| s.digits.count), sum(|s| s.digits.ticks), sum(|s| s.digits.packets), sum(|s| s.digits.duplicates)];
            assert_eq!(counted, [count, ticks, packets, twice], "{}: {flow:?}, {mirrored} mirrored", capture.display());
            (flows, events) = (flows + 1, events + count);
        }
    }
    println!("{events} telephone events in {flows} flows");
    assert!(events > 0 || env::var_os("SPEERLINT_CAPTURES").is_none(), "no telephone events there");
}
