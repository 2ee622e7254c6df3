//! Takes what the batches of a window hold for one shard, in order, gives what the next fold needs, never another shard's.

use std::sync::Arc;

use bytes::Bytes;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::blind::{BlindSpot, BlindSpots, blind_spot};
use super::hearing::{Hearing, begins};
use super::map::ordered;
use super::shards::{Sharded, shard_at, shard_of};
use crate::audit::{Counter, Judge};
use crate::base::{Anomalies, Anomaly, Carriers, Endpoint, Time};
use crate::binding::{CallMedia, Named, Pairs, Use};
use crate::call::{Calls, Happening, Place, Repeat, Report, Standing};
use crate::media::{Spoken, Word};
use crate::packet::{FragmentPart, Fragments, Packet};
use crate::sdp::{self, Description};
use crate::sip::{Arrival, HeaderName};
use crate::transport::{self, Associations, Chunk, Connections, Envelope, Knock, Payload, SctpPart, SegmentPart, StreamPart, TlsEvent};

/// The unfinished datagrams of a shard.
#[derive(Default)]
pub(super) struct FragmentShard {
    table: Fragments,
}

/// What came out of whole datagrams and of streams.
#[derive(Debug, Default)]
pub(super) struct Recovered {
    /// SIP messages, by Call-ID.
    pub(super) arrivals: Sharded<Arrival>,
    /// TCP segments and SCTP packets, by connection.
    pub(super) segments: Sharded<StreamPart>,
    /// Messages cut beyond recognition.
    pub(super) blind: Vec<BlindSpot>,
    /// What TLS connections and attempts at connections came to.
    pub(super) tls: Vec<TlsEvent>,
    /// Connections and associations that were asked for.
    pub(super) knocks: Vec<Knock>,
    /// Chunks of MSRP.
    pub(super) chunks: Vec<Chunk>,
    /// What was odd.
    pub(super) anomalies: Anomalies,
}

impl FragmentShard {
    pub(super) fn fold(&mut self, parts: Vec<FragmentPart>, clock: Time) -> Recovered {
        let mut out = Recovered::default();
        for part in parts {
            let Some(whole) = self.table.push(part, &mut out.anomalies) else { continue };
            out.anomalies.at(whole.origin);
            let (packet, anomaly) = whole.packet();
            if let Some(anomaly) = anomaly {
                out.anomalies.note(anomaly);
            }
            match packet {
                Packet::Udp(datagram) if transport::looks_like_sip(datagram.payload) => {
                    out.blind.extend(out.arrivals.receive(
                        Envelope::of_whole(&whole, &datagram),
                        whole.carriers.clone(),
                        Bytes::copy_from_slice(datagram.payload),
                    ));
                }
                Packet::Udp(datagram) if transport::is_hep(datagram.payload) => match Payload::of_whole(&whole, &datagram).unwrap_hep() {
                    Ok(relayed) => out.blind.extend(out.arrivals.receive(relayed.envelope, relayed.carriers, relayed.bytes.into())),
                    Err(anomaly) => out.anomalies.note(anomaly),
                },
                // A fragment inside a datagram that came in fragments.
                Packet::Fragment(_) => out.anomalies.note(Anomaly::NestedTooDeep),
                Packet::Tcp(segment) => {
                    let shard = shard_of(&ordered(segment.source, segment.destination));
                    out.segments.push(shard, StreamPart::Tcp(SegmentPart::from_whole(&whole, &segment)));
                }
                Packet::Sctp(packet) => {
                    if let Some(part) = SctpPart::from_whole(&whole, &packet) {
                        out.segments.push(shard_of(&ordered(part.source, part.destination)), StreamPart::Sctp(part));
                    }
                }
                _ => {}
            }
        }
        self.table.advance(clock, &mut out.anomalies);
        out
    }

    pub(super) fn finish(&mut self) -> Anomalies {
        let mut anomalies = Anomalies::default();
        self.table.finish(&mut anomalies);
        anomalies
    }
}

impl Sharded<Arrival> {
    /// Parses a payload and adds the message to the shard of its Call-ID; gives the blind spot that it leaves, if any.
    pub(super) fn receive(&mut self, envelope: Envelope, carriers: Carriers, octets: Bytes) -> Option<BlindSpot> {
        let mut blind = None;
        self.fill(|arrival| {
            (arrival.envelope, arrival.carriers) = (envelope, carriers);
            let is_sip = arrival.message.read(octets, envelope.transport.is_stream());
            if arrival.envelope.cut {
                arrival.message.forget_half();
            }
            blind = blind_spot(arrival).filter(|_| is_sip);
            is_sip.then(|| shard_at(arrival.message.call_key()))
        });
        blind
    }
}

/// The connections and associations of a shard.
#[derive(Default)]
pub(super) struct StreamShard {
    pub(super) table: Connections,
    associations: Associations,
    payloads: Vec<Payload>,
}

impl StreamShard {
    pub(super) fn fold<'a>(&mut self, mut segments: Vec<&'a StreamPart>, whole: &'a [StreamPart], clock: Time) -> Recovered {
        let mut out = Recovered::default();
        if !whole.is_empty() {
            segments.extend(whole);
            segments.sort_by_key(|part| part.origin());
        }
        for segment in segments {
            match segment {
                StreamPart::Tcp(segment) => self.table.push(segment, &mut self.payloads, &mut out.anomalies),
                StreamPart::Sctp(packet) => self.associations.push(packet, &mut self.payloads, &mut out.anomalies),
            }
        }
        self.table.advance(clock, &mut out.anomalies);
        self.associations.advance(clock, &mut out.anomalies);
        self.payloads
            .drain(..)
            .for_each(|payload| out.blind.extend(out.arrivals.receive(payload.envelope, payload.carriers, payload.bytes.into())));
        out.blind.append(&mut self.table.take_missed());
        out.tls = self.table.take_events();
        out.knocks = self.table.take_knocks();
        out.knocks.append(&mut self.associations.take_knocks());
        out.chunks = self.table.take_chunks();
        out
    }

    pub(super) fn finish(&mut self) -> Recovered {
        let mut out = Recovered::default();
        self.table.finish(&mut self.payloads, &mut out.anomalies);
        self.associations.finish(&mut self.payloads, &mut out.anomalies);
        self.payloads
            .drain(..)
            .for_each(|payload| out.blind.extend(out.arrivals.receive(payload.envelope, payload.carriers, payload.bytes.into())));
        out.blind.append(&mut self.table.take_missed());
        out.tls = self.table.take_events();
        out.knocks = self.table.take_knocks();
        out.knocks.append(&mut self.associations.take_knocks());
        out.chunks = self.table.take_chunks();
        out
    }
}

/// How many messages take a step together: enough to make the steps worth their set-up, few enough for a core's cache.
const FEW: usize = 128;

/// The calls of a shard and their judge.
#[derive(Debug)]
pub(super) struct CallShard<'p> {
    pub(super) calls: Calls,
    pub(super) judge: Judge<'p>,
    pub(super) counter: Counter,
    happenings: Vec<Report>,
    /// The media of its calls.
    pub(super) hearing: Hearing,
    /// The calls whose media was judged and the rules that it breaks, since they were last taken.
    pub(super) closed: Vec<(u64, SmallVec<[u16; 4]>)>,
    /// Those of them whose bandwidth is to be added up, and when they ended at the latest.
    pub(super) announced: Vec<(CallMedia, Time)>,
    /// Which media endpoints calls named and how long they lived, since it was last taken.
    pub(super) spoken: Vec<Spoken>,
}

impl<'p> CallShard<'p> {
    pub(super) fn new(shard: u16, calls: Calls, judge: Judge<'p>) -> Self {
        Self {
            calls,
            judge,
            counter: Counter::default(),
            happenings: Vec::new(),
            hearing: Hearing::new(shard),
            closed: Vec::new(),
            announced: Vec::new(),
            spoken: Vec::new(),
        }
    }

    /// `streamed` messages may fall between those of datagrams.
    pub(super) fn fold<'a>(&mut self, mut arrivals: Vec<&'a Arrival>, streamed: &'a [Arrival], blind: &BlindSpots, clock: Time) {
        if !streamed.is_empty() {
            arrivals.extend(streamed);
            arrivals.sort_by_key(|arrival| (arrival.envelope.origin, arrival.envelope.index));
        }
        arrivals.chunks(FEW).for_each(|few| self.messages(few, blind));
        self.calls.advance(clock, &mut self.happenings);
        self.settle(blind);
    }

    /// Takes a few messages step by step: their bodies, their places, the rules, what happened in their calls. Each step fits a core's cache.
    fn messages(&mut self, arrivals: &[&Arrival], blind: &BlindSpots) {
        let bodies: Vec<_> = arrivals.iter().map(|arrival| description(arrival)).collect();
        let places: Vec<_> = arrivals.iter().zip(&bodies).map(|(arrival, sdp)| self.place(arrival, sdp.as_ref(), blind)).collect();
        for ((arrival, sdp), place) in arrivals.iter().zip(&bodies).zip(&places) {
            self.counter.message(arrival, place.repeat);
            if let Some(sdp) = sdp.as_ref().filter(|_| place.repeat == Repeat::First) {
                self.announce(&sdp.whole_lines(), place.call, arrival);
            }
            self.judge.note_message(arrival, place, sdp.as_ref());
        }
        let mut heard = Vec::with_capacity(arrivals.len());
        for ((arrival, sdp), place) in arrivals.iter().zip(&bodies).zip(&places) {
            heard.extend(self.judge.hear(arrival, place, sdp.as_deref()));
        }
        for ((arrival, sdp), place) in arrivals.iter().zip(&bodies).zip(&places) {
            if let Some(sdp) = sdp {
                self.hearing.message(arrival, place, sdp, self.judge.trunk_of(place.call));
            }
            if arrival.envelope.cut && arrival.lacks_sdp() {
                self.hearing.calls.miss(arrival.envelope.clock);
            }
        }
        self.judge.messages(&heard);
        self.settle(blind);
    }

    /// Without a Call-ID (left out, or cut off by the capture) a message belongs to no call, and must not stand for one.
    fn place(&mut self, arrival: &Arrival, sdp: Option<&Arc<Description>>, blind: &BlindSpots) -> Place {
        let message = &arrival.message;
        if message.call_id().is_empty() {
            // A request that is cut before it may open something: rules then say what it takes to tell.
            let may_open = arrival.lacks_headers() && message.is_request() && message.to_tag().is_none();
            let standing = if may_open { Standing::Initial } else { Standing::Unknown };
            return Place { standing, method: message.transaction_method(), ..Place::default() };
        }
        let mut place = self.calls.on(arrival, sdp, &mut self.happenings);
        place.out_of_sight |= blind.hide_cause_of(arrival, &place);
        place
    }

    fn announce(&mut self, sdp: &Description, call: u64, arrival: &Arrival) {
        let (at, serial) = (arrival.envelope.clock, arrival.envelope.origin.serial);
        let (named, _) = Named::all(sdp);
        let is_media = |named: &&Named| matches!(named.what, Use::Media | Use::Candidate);
        for &Named { endpoint, line, what } in &named {
            let word = match what {
                Use::Media | Use::Candidate => {
                    let secure = sdp.media().get(usize::from(line)).is_some_and(|media| media.proto.contains("SAVP"));
                    Word::Names(serial, endpoint, secure)
                }
                Use::Rtcp => {
                    let own = named.iter().filter(is_media).find(|media| media.line == line && media.endpoint.ip == endpoint.ip);
                    // On the next port it is found without being named, and on its own too.
                    let Some(media) = own.filter(|media| endpoint.port.wrapping_sub(media.endpoint.port) > 1) else { continue };
                    Word::Controls(serial, endpoint, media.endpoint)
                }
            };
            self.spoken.push(Spoken { at, word, call });
        }
    }

    fn settle(&mut self, blind: &BlindSpots) {
        self.happenings.iter_mut().for_each(|report| blind.soften(&mut report.happening));
        for report in &self.happenings {
            if let Happening::Over(over) = &report.happening
                && self.judge.ties_legs
            {
                self.judge.note_leg(report.call, over, self.hearing.calls.spoken(report.call));
            }
            self.hearing.happening(report);
        }
        self.spoken.extend(self.happenings.iter().filter_map(life));
        self.judge.happenings(&mut self.happenings);
    }

    /// Judges the media of the calls whose turn it is at `clock`; see [`MediaCalls::close`](crate::binding::MediaCalls::close).
    pub(super) fn close(&mut self, clock: Time, open: &HashMap<Endpoint, Time>, pairs: &Pairs, end: Option<Time>, keep: bool) {
        let Self { judge, closed, announced, .. } = self;
        self.hearing.calls.close(clock, open, pairs, |call, known| {
            let broken = judge.media(&call, known, end);
            closed.push((call.number, broken));
            if keep {
                announced.push((call, end.unwrap_or(known.until())));
            }
        });
    }

    pub(super) fn finish(&mut self, blind: &BlindSpots, clock: Time) {
        self.calls.finish(clock, &mut self.happenings);
        self.settle(blind);
    }
}

/// What a report says of the life of its call.
fn life(report: &Report) -> Option<Spoken> {
    let (at, word) = match &report.happening {
        Happening::Load(event) => (event.at, if begins(event.kind)? { Word::Lives } else { Word::Ends }),
        Happening::Over(over) => (over.at, Word::Over),
        _ => return None,
    };
    Some(Spoken { at, word, call: report.call })
}

/// The SDP body of a message.
fn description(arrival: &Arrival) -> Option<Arc<Description>> {
    let message = &arrival.message;
    let body = message.body();
    if body.is_empty() {
        return None;
    }
    let content_type = message.get(HeaderName::ContentType)?;
    sdp::find(&content_type, body).map(|body| Arc::new(Description::parse(body).cut_short(arrival.envelope.cut)))
}
