//! Takes made-up WebSocket connections, gives a verdict on the messages that come out of them, never looks inside the machinery.

use proptest::prelude::*;

use super::stream::{Content, Framed, Passage, Stream};
use crate::base::{Anomalies, Anomaly, Time, Transport};

const GET: &[u8] =
    b"GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Protocol: msrp, sip\r\n\r\n";
const SWITCH: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
const UNNAMED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n";
/// RFC 7118 §5: no Content-Length.
const SIP: &[u8] = b"MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/WS df7jal23ls0d.invalid\r\n\r\nhello";

/// What one end sends, and what is read of it.
#[derive(Default)]
struct End {
    stream: Stream,
    out: Vec<Framed>,
    odd: Anomalies,
    clock: i64,
}

impl End {
    fn after(handshake: &[u8]) -> Self {
        let mut end = Self::default();
        end.feed(handshake);
        end
    }

    fn feed(&mut self, octets: &[u8]) -> &mut Self {
        self.clock += 1;
        let passage = Passage { time: Time(self.clock), last: Time(self.clock), ..Passage::default() };
        self.stream.feed(octets, passage, &mut self.out, &mut self.odd);
        self
    }

    fn gap(&mut self, octets: u64) -> &mut Self {
        self.stream.gap(octets, &mut self.out, &mut self.odd);
        self
    }

    fn close(&mut self) -> &mut Self {
        self.stream.close(&mut self.out, &mut self.odd);
        self
    }

    fn texts(&self) -> Vec<&[u8]> {
        assert!(self.out.iter().all(|m| m.transport == Transport::Ws));
        self.out.iter().map(|m| &*m.bytes).collect()
    }

    fn odd(&self) -> Vec<(Anomaly, u64)> {
        self.odd.iter().collect()
    }
}

/// A frame as RFC 6455 §5.2 draws it; `first` holds the flags and the opcode.
fn frame(first: u8, mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    let bit = if mask.is_some() { 0x80 } else { 0 };
    match payload.len() {
        n @ 0..126 => frame.push(bit | n as u8),
        n @ 126..65536 => frame.extend([&[bit | 126], &(n as u16).to_be_bytes()[..]].concat()),
        n => frame.extend([&[bit | 127], &(n as u64).to_be_bytes()[..]].concat()),
    }
    frame.extend(mask.unwrap_or_default().iter().take(if mask.is_some() { 4 } else { 0 }));
    frame.extend(payload.iter().enumerate().map(|(i, b)| b ^ mask.map_or(0, |m| m[i % 4])));
    frame
}

const MASK: Option<[u8; 4]> = Some([0x37, 0xfa, 0x21, 0x3d]);

#[test]
fn masked_and_clear_frames_of_every_length_hold_messages() {
    for body in [0, 20, 300, 70_000] {
        let long = [SIP, &vec![b'x'; body]].concat();
        for (handshake, mask) in [(GET, MASK), (SWITCH, None)] {
            let mut end = End::after(handshake);
            end.feed(&frame(0x81, mask, &long)).feed(&frame(0x82, mask, SIP)).close();
            assert_eq!(end.texts(), [&long, SIP]);
            assert_eq!(end.odd(), []);
        }
    }
}

#[test]
fn the_head_and_the_first_frames_may_share_a_segment_and_be_cut_anywhere() {
    let all = [SWITCH, &frame(0x81, None, SIP), &frame(0x8a, None, b""), &frame(0x81, None, SIP)].concat();
    for step in [1, 3, 50, 1000] {
        let mut end = End::default();
        all.chunks(step).for_each(|chunk| {
            end.feed(chunk);
        });
        assert_eq!(end.texts(), [SIP, SIP], "steps of {step}");
    }
}

#[test]
fn fragments_are_put_together_around_control_frames() {
    let (a, rest) = SIP.split_at(10);
    let (b, c) = rest.split_at(30);
    let mut end = End::after(GET);
    end.feed(&frame(0x01, MASK, a)).feed(&frame(0x89, MASK, b"ping")).feed(&frame(0x00, MASK, b));
    end.feed(&frame(0x8a, MASK, b"")).feed(&frame(0x80, MASK, c));
    assert_eq!(end.texts(), [SIP]);
    // The head came first, the message in the second to the sixth segment.
    assert_eq!((end.out[0].passage.time, end.out[0].passage.last), (Time(2), Time(6)));
    assert_eq!(end.odd(), []);
}

#[test]
fn nothing_is_read_behind_a_close_frame() {
    let mut end = End::after(SWITCH);
    end.feed(&frame(0x88, None, &[0x03, 0xe8])).feed(&frame(0x81, None, SIP)).close();
    assert_eq!((end.texts(), end.odd()), (vec![], vec![]));
}

#[test]
fn compressed_messages_are_counted_and_passed_over() {
    let mut end = End::after(GET);
    end.feed(&frame(0xc1, MASK, b"\xf2\x48\xcd\xc9")).feed(&frame(0x41, MASK, b"\xf2\x48")).feed(&frame(0x80, MASK, b"\xcd\xc9\x07\0"));
    end.feed(&frame(0x81, MASK, SIP));
    assert_eq!(end.texts(), [SIP]);
    assert_eq!(end.odd(), [(Anomaly::WsCompressed, 2)]);
}

#[test]
fn a_message_that_is_split_or_shared_is_told() {
    let whole = b"MESSAGE sip:b@x SIP/2.0\r\nContent-Length: 5\r\n\r\nhello";
    let mut end = End::after(GET);
    end.feed(&frame(0x81, MASK, &whole[..48])).feed(&frame(0x81, MASK, &whole[48..])).feed(&frame(0x81, MASK, &[whole, SIP].concat()));
    assert_eq!(end.odd(), [(Anomaly::WsFraming, 3)]);
    end.feed(&frame(0x81, MASK, b"\r\n\r\n")).feed(&frame(0x82, MASK, whole));
    assert_eq!((end.out.len(), end.odd.count(Anomaly::WsFraming)), (3, 3), "keep-alives are in order");
}

#[test]
fn a_handshake_without_the_sub_protocol_is_told_if_sip_follows() {
    let mut end = End::after(UNNAMED);
    end.feed(&frame(0x81, None, SIP)).feed(&frame(0x81, None, SIP));
    assert_eq!((end.out.len(), end.odd()), (2, vec![(Anomaly::WsNoSubprotocol, 1)]));
    let mut end = End::after(UNNAMED);
    end.feed(&frame(0x81, None, b"{\"chat\": 1}")).feed(&frame(0x81, None, SIP));
    assert!(end.out.is_empty() && end.odd().is_empty() && end.stream.is_other(), "something else is no affair of ours");
}

#[test]
fn other_sub_protocols_and_refusals_stay_http() {
    let other = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: graphql-ws\r\n\r\n";
    for head in
        [&other[..], b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", b"HTTP/1.1 404 No\r\n\r\n"]
    {
        assert!(End::after(head).stream.is_http());
    }
    let mut client = End::after(GET);
    client.stream.beside_http();
    client.feed(b"GET / HTTP/1.1\r\n\r\n").close();
    assert!(client.out.is_empty() && client.odd().is_empty());
    assert!(End::after(&[b"GET / HTTP/1.1\r\nA: ", &*vec![b'a'; 20_000]].concat()).stream.is_http(), "a head must end");
}

/// RFC 7977 §4, §5.1: the sub-protocol `msrp`, and a chunk in each message, which need not be one frame.
#[test]
fn chunks_of_msrp_come_out_one_a_message() {
    let head = "MSRP a786hjs2 SEND\r\nTo-Path: msrp://b/2;ws\r\nFrom-Path: msrp://a.invalid/1;ws\r\n\r\n";
    let chunk = format!("{head}Hey Bob\r\n-------a786hjs2$\r\n");
    let (first, rest) = chunk.as_bytes().split_at(40);
    let two = [chunk.as_bytes(), chunk.as_bytes()].concat();
    for handshake in [&b"GET /c HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: msrp\r\n\r\n"[..], UNNAMED] {
        let mut end = End::after(handshake);
        end.feed(&frame(0x81, MASK, chunk.as_bytes())).feed(&frame(0x02, MASK, first)).feed(&frame(0x80, MASK, rest));
        let chunks: Vec<_> = end.out.iter().map(|framed| (framed.bytes.trim_ascii_end(), framed.content)).collect();
        assert_eq!(chunks, [(head.trim_end().as_bytes(), Content::Msrp(7)); 2]);
        // Two in one, and one that is not whole, are none.
        end.feed(&frame(0x81, MASK, &two)).feed(&frame(0x81, MASK, first)).feed(&frame(0x81, MASK, chunk.as_bytes()));
        assert_eq!((end.out.len(), end.odd()), (3, vec![(Anomaly::WsFraming, 2)]));
    }
    let mut end = End::default();
    end.stream.begins_midstream();
    end.feed(b"the end of something").feed(&frame(0x82, None, chunk.as_bytes())).close();
    assert_eq!((end.out.len(), end.odd()), (1, vec![]));
}

#[test]
fn a_connection_met_in_its_middle_is_known_by_its_frames() {
    let mut end = End::default();
    end.stream.begins_midstream();
    end.feed(b"the end of something").feed(&frame(0x8a, MASK, b"")).feed(&frame(0x81, MASK, SIP)).feed(&frame(0x81, MASK, SIP)).close();
    assert_eq!((end.texts(), end.odd()), (vec![SIP, SIP], vec![]));
}

#[test]
fn a_hole_inside_a_frame_cuts_one_message() {
    let long = frame(0x81, MASK, &[SIP, &vec![b'x'; 500]].concat());
    let mut end = End::after(GET);
    end.feed(&long[..200]).gap(100).feed(&long[300..]).feed(&frame(0x81, MASK, SIP));
    assert_eq!(end.out.iter().map(|m| (m.bytes.len(), m.cut)).collect::<Vec<_>>(), [(192, true), (SIP.len(), false)]);
    assert_eq!(end.odd(), [(Anomaly::SipCut, 1)]);
}

#[test]
fn behind_a_hole_over_frames_a_segment_that_begins_with_one_is_waited_for() {
    let whole = frame(0x81, MASK, SIP);
    let mut end = End::after(GET);
    end.feed(&whole[..50]).gap(300).feed(&whole[20..]).feed(&whole).feed(&whole).close();
    assert_eq!(end.out.iter().map(|m| m.cut).collect::<Vec<_>>(), [true, false, false]);
}

#[test]
fn lying_lengths_hold_nothing_back() {
    let mut end = End::after(GET);
    end.feed(&[0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]).feed(&vec![0; 5000]);
    assert_eq!((end.stream.held(), end.odd()), (0, vec![(Anomaly::WsFraming, 1)]));
    let mut end = End::after(GET);
    end.feed(&[0x82, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]).feed(&frame(0x81, MASK, SIP));
    assert_eq!((end.out.len(), end.odd()), (1, vec![(Anomaly::SipResync, 1)]));
    // Pings without end inside a message.
    let mut end = End::after(GET);
    end.feed(&frame(0x01, MASK, b"MESSAGE"));
    for _ in 0..30 {
        end.feed(&frame(0x89, MASK, &[0; 100]).repeat(1000));
        assert!(end.stream.held() < 4 << 20);
    }
    end.feed(&frame(0x80, MASK, b" x")).feed(&frame(0x81, MASK, SIP));
    assert_eq!(end.texts(), [SIP]);
}

proptest! {
    #[test]
    fn any_cut_gives_the_messages(
        sizes in proptest::collection::vec((0usize..400, 1usize..200, any::<Option<[u8; 4]>>(), any::<bool>()), 1..6),
        cuts in proptest::collection::vec(1usize..90, 1..60),
    ) {
        let (mut sent, mut octets) = (Vec::new(), GET.to_vec());
        for (body, step, mask, ping) in sizes {
            let message = [SIP, &vec![b'y'; body]].concat();
            let count = message.chunks(step).count();
            for (i, piece) in message.chunks(step).enumerate() {
                let first = if i == 0 { 1 } else { 0 } | if i + 1 == count { 0x80 } else { 0 };
                octets.extend(frame(first, mask, piece));
                if ping {
                    octets.extend(frame(0x89, mask, b"are you there"));
                }
            }
            sent.push(message);
        }
        let (mut end, mut at) = (End::default(), 0);
        for cut in cuts.iter().cycle() {
            let to = (at + cut).min(octets.len());
            end.feed(&octets[at..to]);
            at = to;
            if at == octets.len() {
                break;
            }
        }
        prop_assert_eq!(end.texts(), sent.iter().map(Vec::as_slice).collect::<Vec<_>>());
        prop_assert_eq!(end.odd(), vec![]);
    }

    #[test]
    fn any_octets_end_well(pieces in proptest::collection::vec((any::<[u8; 14]>(), 0usize..200, any::<bool>(), 0u64..300), 0..40)) {
        let mut end = End::after(GET);
        for (head, noise, sip, hole) in pieces {
            if sip {
                end.feed(&frame(head[0] & 0x8f, MASK, SIP));
            } else {
                end.feed(&[&head[..], &vec![head[3]; noise]].concat()).gap(hole);
            }
        }
        end.close();
        prop_assert_eq!(end.stream.held(), 0);
    }
}
