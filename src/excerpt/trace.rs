//! Takes captures and the calls and places that are meant, gives which frames carry them, never an octet of one.

use std::path::PathBuf;
use std::sync::Arc;

use bytes::Bytes;
use hashbrown::{HashMap, HashSet};
use memchr::memmem;

use super::quest::Place;
use super::rows::StreamSpan;
use super::wanted::{FragmentKey, Interval, Pair, Wanted, pair};
use crate::base::{Anomalies, Endpoint, Result, seconds};
use crate::capture::{Batch, Frame, Options, Reader};
use crate::packet::{self, Datagram, FragmentPart, Fragments, Packet, Sctp, Segment, Whole};
use crate::pipeline::Progress;
use crate::rtp;
use crate::sdp::{self, Description};
use crate::sip::{HeaderName, Message};
use crate::transport::{self, Associations, Connections, Contact, Envelope, KeyLog, Payload, Resumptions, SctpPart, SegmentPart};

/// How long what shares the ports of media may follow the last message and the last packet of a call: a BYE of RTCP, a last refresh.
const TAIL: i64 = seconds(5);

/// So many Call-IDs are looked for in the octets of a message before it is read: of more, reading tells sooner.
const FEW: usize = 8;

/// What is looked for.
#[derive(Debug)]
pub(super) struct Search<'a> {
    /// The calls, by Call-ID.
    pub(super) calls: &'a [String],
    /// Frames that evidence shows.
    pub(super) places: &'a [Place],
    /// Streams of the calls and those that the places show.
    pub(super) streams: &'a [StreamSpan],
    /// Whether media is wanted.
    pub(super) media: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Trail {
    pub(super) wanted: Wanted,
    /// Messages of the calls.
    pub(super) messages: u64,
    /// How many calls have any.
    pub(super) calls: u64,
}

/// Reads captures for what is looked for.
pub(super) fn trace(inputs: &[PathBuf], search: &Search<'_>, keys: &Arc<KeyLog>, progress: &dyn Fn(Progress)) -> Result<Trail> {
    let mut reader = Reader::open(inputs, Options::default())?;
    let mut tracer = Tracer::new(search, keys);
    let mut frames = 0;
    while let Some(batch) = reader.next_batch()? {
        tracer.batch(&batch);
        frames += batch.frame_count();
        reader.recycle(batch);
        progress(Progress { bytes: reader.bytes_read(), total: reader.total_bytes(), frames });
    }
    Ok(tracer.finish())
}

struct Tracer<'a> {
    search: &'a Search<'a>,
    /// The calls: those that are looked for, and those of messages that stand for no call in the evidence.
    calls: HashSet<String>,
    /// Finds their Call-IDs while they are few; `None` for one that the capture wrote in no UTF-8, which cannot be searched for as it is.
    finders: Vec<Option<memmem::Finder<'static>>>,
    /// By capture and number: whether no call stands for it.
    places: HashMap<(u32, u32), bool>,
    fragments: Fragments,
    connections: Connections,
    associations: Associations,
    resumptions: Resumptions,
    payloads: Vec<Payload>,
    anomalies: Anomalies,
    /// From the first to the last message of each call.
    lives: HashMap<String, Interval>,
    /// Media endpoints that they named.
    named: Vec<(Endpoint, String)>,
    /// Segments that came in fragments: they are wanted only if their connection turns out to be.
    fragmented: Vec<(SegmentPart, FragmentKey, Interval)>,
    /// When MSRP sessions of the calls passed between two ends.
    sessions: HashMap<Pair, Vec<Interval>>,
    /// Places that are on a TCP connection.
    on_tcp: HashMap<Pair, Vec<u64>>,
    serial: u64,
    trail: Trail,
}

impl<'a> Tracer<'a> {
    fn new(search: &'a Search<'a>, keys: &Arc<KeyLog>) -> Self {
        let mut connections = Connections::default();
        connections.set_keys(keys);
        let mut tracer = Self {
            search,
            calls: HashSet::new(),
            finders: Vec::new(),
            places: search.places.iter().map(|place| ((place.capture, place.frame), place.alone)).collect(),
            fragments: Fragments::default(),
            connections,
            associations: Associations::default(),
            resumptions: Resumptions::default(),
            payloads: Vec::new(),
            anomalies: Anomalies::default(),
            lives: HashMap::new(),
            named: Vec::new(),
            fragmented: Vec::new(),
            sessions: HashMap::new(),
            on_tcp: HashMap::new(),
            serial: 0,
            trail: Trail::default(),
        };
        search.calls.iter().for_each(|id| tracer.look_for(id.clone()));
        for session in search.streams.iter().filter(|stream| stream.is_session && search.media) {
            if let Some((a, b)) = session.ends() {
                // A chunk is told by its end, and answered.
                let span = Interval { from: session.begun.plus(-TAIL), to: session.ended.plus(TAIL) };
                tracer.sessions.entry(pair(a, b)).or_default().push(span);
            }
        }
        tracer
    }

    fn look_for(&mut self, id: String) {
        if !self.calls.contains(&id) {
            if self.finders.len() <= FEW {
                self.finders.push((!id.contains('\u{fffd}')).then(|| memmem::Finder::new(id.as_bytes()).into_owned()));
            }
            self.calls.insert(id);
        }
    }

    fn batch(&mut self, batch: &Batch) {
        for frame in batch.frames() {
            self.serial = frame.origin.serial;
            let (packet, _) = packet::decode(&frame);
            let place = self.places.get(&(frame.origin.capture, frame.origin.frame));
            let alone = place == Some(&true);
            if place.is_some() {
                self.trail.wanted.frames.insert(frame.origin.serial);
            }
            match packet {
                Packet::Udp(datagram) => self.datagram(&frame, &datagram, alone),
                Packet::Tcp(segment) => self.segment(&SegmentPart::new(&frame, &segment), &segment, alone),
                Packet::Sctp(packet) => self.sctp(SctpPart::new(&frame, &packet), &packet),
                Packet::Fragment(fragment) => {
                    if let Some(whole) = self.fragments.push(FragmentPart::new(&frame, &fragment), &mut self.anomalies) {
                        self.whole(&whole, alone);
                    }
                }
                _ => {}
            }
        }
    }

    fn datagram(&mut self, frame: &Frame<'_>, datagram: &Datagram<'_>, alone: bool) {
        if transport::looks_like_sip(datagram.payload) {
            // A flow is shown by a message: its call stands for it.
            if alone {
                self.adopt(datagram.payload);
            }
            if self.message(&Envelope::of_frame(frame, datagram), datagram.payload, false) {
                self.trail.wanted.frames.insert(frame.origin.serial);
            }
        } else if rtp::sniff(datagram.payload).is_none()
            && transport::is_hep(datagram.payload)
            && let Ok(relayed) = Payload::of_frame(frame, datagram).unwrap_hep()
            && self.message(&relayed.envelope, &relayed.bytes, false)
        {
            self.trail.wanted.frames.insert(frame.origin.serial);
        }
    }

    /// A datagram that came in fragments.
    fn whole(&mut self, whole: &Whole, alone: bool) {
        let span = Interval { from: whole.first, to: whole.last };
        let key = FragmentKey::of_whole(whole);
        let mut wanted = alone;
        match whole.packet().0 {
            Packet::Udp(datagram) if transport::looks_like_sip(datagram.payload) => {
                wanted |= self.message(&Envelope::of_whole(whole, &datagram), datagram.payload, false);
            }
            Packet::Udp(datagram) if transport::is_hep(datagram.payload) => {
                if let Ok(relayed) = Payload::of_whole(whole, &datagram).unwrap_hep() {
                    wanted |= self.message(&relayed.envelope, &relayed.bytes, false);
                }
            }
            Packet::Tcp(segment) => {
                let part = SegmentPart::from_whole(whole, &segment);
                self.segment(&part, &segment, alone);
                self.fragmented.push((SegmentPart { bytes: Box::default(), ..part }, key, span));
            }
            Packet::Sctp(packet) => {
                let before = self.trail.messages;
                self.sctp(SctpPart::from_whole(whole, &packet), &packet);
                wanted |= self.trail.messages > before;
            }
            _ => {}
        }
        if wanted {
            self.trail.wanted.fragments.entry(key).or_default().push(span);
        }
    }

    fn segment(&mut self, part: &SegmentPart, segment: &Segment<'_>, alone: bool) {
        let ends = pair(part.source, part.destination);
        let (serial, flags) = (part.origin.serial, part.flags);
        // What a SYN pushes out belongs to the connection before it.
        let opens = flags.syn && !flags.ack;
        if !opens {
            self.trail.wanted.strands.pass(serial, segment);
        }
        if let Some(spans) = self.sessions.get(&ends) {
            let wanted = &mut self.trail.wanted.sessions;
            wanted.pass(serial, segment);
            spans.iter().filter(|span| span.has(part.time)).for_each(|&span| wanted.want_span(ends, serial, span));
        }
        self.connections.push(part, &mut self.payloads, &mut self.anomalies);
        self.streamed(Some(ends));
        if opens {
            self.trail.wanted.strands.pass(serial, segment);
        }
        if alone {
            self.trail.wanted.strands.want_until(ends, serial);
            self.on_tcp.entry(ends).or_default().push(serial);
        }
        self.contacts();
    }

    /// Takes the messages that came out of connections, all of one where the frame at hand says of which.
    fn streamed(&mut self, of: Option<Pair>) {
        for payload in std::mem::take(&mut self.payloads) {
            let ends = of.unwrap_or_else(|| pair(payload.envelope.source, payload.envelope.destination));
            self.trail.wanted.strands.speak(ends, payload.envelope.origin.serial);
            if self.message(&payload.envelope, &payload.bytes, true) {
                self.trail.wanted.strands.want(ends, &payload.envelope);
            }
        }
    }

    /// A finding about a connection needs it until its handshake was decided.
    fn contacts(&mut self) {
        let (events, knocks) = (self.connections.take_events(), self.connections.take_knocks());
        if self.on_tcp.is_empty() {
            return;
        }
        let knocks = knocks.into_iter().map(|knock| (pair(knock.client, knock.server), knock.at.origin.serial, knock.at.origin.serial));
        let contacts = self.resumptions.settle(events).into_iter().map(|contact| {
            let decided = match &contact {
                Contact::Tls(tls) => tls.decided.origin.serial,
                Contact::Attempt(_) => self.serial,
            };
            (pair(contact.client(), contact.server()), contact.begun().origin.serial, decided)
        });
        for (ends, begun, decided) in knocks.chain(contacts) {
            let shown = self.on_tcp.get(&ends).into_iter().flatten().filter(|&&at| at >= begun).max();
            if let Some(&shown) = shown {
                self.trail.wanted.strands.want_range(ends, begun, decided.max(shown));
            }
        }
    }

    fn sctp(&mut self, part: Option<SctpPart>, packet: &Sctp<'_>) {
        let Some(part) = part else { return };
        self.associations.push(&part, &mut self.payloads, &mut self.anomalies);
        self.associations.take_knocks();
        self.chunked(pair(packet.source, packet.destination));
    }

    fn chunked(&mut self, ends: Pair) {
        for payload in std::mem::take(&mut self.payloads) {
            let envelope = &payload.envelope;
            if self.message(envelope, &payload.bytes, false) {
                let span = Interval { from: envelope.first, to: envelope.last };
                self.trail.wanted.associations.entry(ends).or_default().push((envelope.source, span));
            }
        }
    }

    fn adopt(&mut self, octets: &[u8]) {
        let mut message = Message::default();
        if message.read(Bytes::copy_from_slice(octets), false) && !message.call_id().is_empty() {
            self.look_for(String::from_utf8_lossy(message.call_id()).into_owned());
        }
    }

    /// Whether a message is of one of the calls; if so, what it says of media is noted.
    fn message(&mut self, envelope: &Envelope, octets: &[u8], stream: bool) -> bool {
        let may_be = || self.finders.iter().any(|finder| finder.as_ref().is_none_or(|finder| finder.find(octets).is_some()));
        if self.finders.len() <= FEW && !may_be() {
            return false;
        }
        let mut message = Message::default();
        message.read(Bytes::copy_from_slice(octets), stream);
        let id = String::from_utf8_lossy(message.call_id()).into_owned();
        if !self.calls.contains(&id) {
            return false;
        }
        let at = Interval { from: envelope.first, to: envelope.last };
        self.lives.entry(id.clone()).or_insert(at).join(at);
        self.trail.messages += 1;
        if self.search.media {
            self.endpoints(&message, &id);
        }
        true
    }

    /// The endpoints that the SDP of a message names, RTCP and ICE candidates among them.
    fn endpoints(&mut self, message: &Message, id: &str) {
        let Some(content_type) = message.get(HeaderName::ContentType) else { return };
        let Some(body) = sdp::find(&content_type, message.body()) else { return };
        let sdp = Description::parse(body);
        for media in sdp.media().iter().filter(|media| media.is_active()) {
            let mut name = |ip: Option<std::net::IpAddr>, port: u16| {
                if let Some(ip) = ip.filter(|ip| !ip.is_unspecified()) {
                    self.named.push((Endpoint::new(ip, port), id.to_owned()));
                }
            };
            name(media.ip(), media.port);
            match sdp.rtcp(media) {
                Some(rtcp) => name(rtcp.address.map_or(media.ip(), |address| address.ip()), rtcp.port),
                // RFC 3550 §11
                None => name(media.ip(), media.port.saturating_add(1)),
            }
            for candidate in sdp.candidates(media) {
                name(candidate.address.ip(), candidate.port);
            }
        }
    }

    fn finish(mut self) -> Trail {
        self.connections.finish(&mut self.payloads, &mut self.anomalies);
        self.streamed(None);
        self.contacts();
        let mut associated = Vec::new();
        self.associations.finish(&mut associated, &mut self.anomalies);
        for payload in associated {
            let ends = pair(payload.envelope.source, payload.envelope.destination);
            self.payloads.push(payload);
            self.chunked(ends);
        }
        self.trail.calls = self.lives.len() as u64;
        let Self { search, mut lives, named, fragmented, mut trail, .. } = self;
        if search.media {
            for stream in search.streams.iter().filter(|stream| !stream.is_session) {
                let Some((source, destination)) = stream.ends() else { continue };
                let span = Interval { from: stream.begun, to: stream.ended };
                trail.wanted.streams.entry((source, destination)).or_default().push(span);
                if let Some(life) = stream.call_id.as_ref().and_then(|id| lives.get_mut(id)) {
                    life.join(span);
                }
            }
            for (endpoint, id) in named {
                if let Some(life) = lives.get(&id) {
                    let spans = trail.wanted.endpoints.entry(endpoint).or_default();
                    let span = Interval { from: life.from, to: life.to.plus(TAIL) };
                    if !spans.contains(&span) {
                        spans.push(span);
                    }
                }
            }
        }
        for (part, key, span) in fragmented {
            let ends = pair(part.source, part.destination);
            if trail.wanted.strands.has(&ends, part.source, part.origin.serial, part.time, part.wire_len) {
                trail.wanted.fragments.entry(key).or_default().push(span);
            }
        }
        trail
    }
}
