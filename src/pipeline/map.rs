//! Takes a few batches, gives what each shard will need of them, never remembers those before.

use std::ops::Range;

use bytes::Bytes;

use super::blind::BlindSpot;
use super::shards::{Sharded, shard_of};
use crate::audit::Counter;
use crate::base::{Anomaly, Carriers, Time};
use crate::capture::{Batch, Frame};
use crate::media::{Passing, Report, Runs};
use crate::packet::{self, Datagram, FragmentPart, Packet};
use crate::rtp;
use crate::sip::Arrival;
use crate::transport::{self, Envelope, Payload, SctpPart, Seal, Sealed, SealedTraffic, SegmentPart, StreamPart};

/// What a few batches hold, sorted for the folds: plain records that own what they say.
#[derive(Debug, Default)]
pub(super) struct Facts {
    /// SIP messages that came whole in a datagram, by Call-ID.
    pub(super) arrivals: Sharded<Arrival>,
    /// TCP segments and SCTP packets, by connection.
    pub(super) segments: Sharded<StreamPart>,
    /// IP fragments, by datagram.
    pub(super) fragments: Sharded<FragmentPart>,
    /// RTP packets, by flow.
    pub(super) runs: Runs,
    /// What RTCP says, by the source that it speaks of.
    pub(super) reports: Sharded<Report>,
    /// What shares the ports of media, by the two ends.
    pub(super) beside: Sharded<Passing>,
    /// Messages cut beyond recognition.
    pub(super) blind: Vec<BlindSpot>,
    /// What nobody on the path can read.
    pub(super) sealed: SealedTraffic,
    /// What was counted on the way.
    pub(super) counter: Counter,
    /// The first and the last time stamp, in time order.
    pub(super) span: Option<(Time, Time)>,
    /// The running clock at the end of the last batch.
    pub(super) clock: Option<Time>,
}

/// IP protocol number of ESP (RFC 4303).
const ESP: u8 = 50;

/// The shortest header of RTP (RFC 3550 §5.1).
const RTP_HEADER: usize = 12;

/// Reads consecutive batches into `facts`, which are empty; frames outside `window` are read over.
pub(super) fn map(batches: &[Batch], window: &Range<Time>, facts: &mut Facts) {
    for batch in batches {
        let mut frames = batch.frames().peekable();
        while let Some(frame) = frames.next() {
            // Asks memory for the next record while this one is worked on.
            frames.peek();
            facts.clock = Some(frame.clock);
            if window.contains(&frame.time) {
                facts.frame(&frame, &batch.bytes);
            }
        }
    }
}

impl Facts {
    /// Nothing yet; with an ear for tones, where the policy speaks of them.
    pub(super) fn new(listens: bool) -> Self {
        let mut facts = Self::default();
        facts.runs.tones = listens;
        facts
    }

    /// Forgets everything but the memory that it took: what one window needed the next needs too.
    pub(super) fn clear(&mut self) {
        self.arrivals.spare(|arrival| arrival.message.release());
        self.segments.clear();
        self.fragments.clear();
        self.runs.clear();
        self.reports.clear();
        self.beside.clear();
        self.blind.clear();
        self.counter = Counter::default();
        self.span = None;
        self.clock = None;
    }

    fn frame(&mut self, frame: &Frame<'_>, batch: &Bytes) {
        self.counter.frames += 1;
        self.counter.anomalies.at(frame.origin);
        let (first, last) = self.span.unwrap_or((frame.time, frame.time));
        self.span = Some((first.min(frame.time), last.max(frame.time)));
        let (packet, anomaly) = packet::decode(frame);
        if let Some(anomaly) = anomaly {
            self.counter.anomalies.note(anomaly);
        }
        match packet {
            Packet::Udp(datagram) => self.datagram(frame, batch, &datagram),
            Packet::Tcp(segment) => {
                self.counter.segments += 1;
                let key = ordered(segment.source, segment.destination);
                self.segments.push(shard_of(&key), StreamPart::Tcp(SegmentPart::new(frame, &segment)));
            }
            Packet::Sctp(packet) => {
                if let Some(part) = SctpPart::new(frame, &packet) {
                    self.segments.push(shard_of(&ordered(part.source, part.destination)), StreamPart::Sctp(part));
                }
            }
            Packet::Fragment(fragment) => {
                self.counter.fragments += 1;
                let key = (fragment.source, fragment.destination, fragment.layers.ip_id);
                self.fragments.push(shard_of(&key), FragmentPart::new(frame, &fragment));
            }
            Packet::Icmp { quoted } if transport::looks_like_sip(quoted) => self.counter.anomalies.note(Anomaly::SipInIcmp),
            Packet::OtherIp { protocol: ESP, source, destination, octets } => {
                self.sealed.add(Seal::Esp, source, destination, &Sealed::packet(u64::from(octets), frame.origin, frame.time));
            }
            Packet::Icmp { .. } | Packet::OtherIp { .. } | Packet::NotIp => {}
            Packet::Undecodable => self.counter.undecodable += 1,
        }
    }

    fn datagram(&mut self, frame: &Frame<'_>, batch: &Bytes, datagram: &Datagram<'_>) {
        match rtp::sniff(datagram.payload) {
            Some(rtp::Kind::Rtp(header)) => self.runs.add(frame, datagram, &header),
            Some(rtp::Kind::Rtcp { .. }) => self.rtcp(frame, datagram),
            None if transport::looks_like_sip(datagram.payload) => {
                self.blind.extend(self.arrivals.receive(
                    Envelope::of_frame(frame, datagram),
                    Carriers::new(),
                    batch.slice_ref(datagram.payload),
                ));
            }
            None if transport::is_hep(datagram.payload) => match Payload::of_frame(frame, datagram).unwrap_hep() {
                Ok(relayed) => self.blind.extend(self.arrivals.receive(relayed.envelope, relayed.carriers, relayed.bytes.into())),
                Err(anomaly) => self.counter.anomalies.note(anomaly),
            },
            None => {
                if datagram.cut && transport::may_begin_sip(datagram.payload) {
                    self.blind.push((datagram.source.ip, datagram.destination.ip, frame.clock));
                }
                self.beside(frame, datagram);
                self.sealed(frame, datagram);
            }
        }
    }

    /// What shares the ports of media, if it is that.
    fn beside(&mut self, frame: &Frame<'_>, datagram: &Datagram<'_>) {
        let Some(neighbour) = rtp::neighbour(datagram.payload) else { return };
        let passing = Passing::new(frame, datagram, neighbour);
        self.beside.push(shard_of(&passing.pair()), passing);
        if let rtp::Neighbour::Turn(payload) = neighbour {
            let inside = Datagram { payload, ..*datagram };
            match rtp::sniff(payload) {
                Some(rtp::Kind::Rtp(header)) => self.runs.add(frame, &inside, &header),
                Some(rtp::Kind::Rtcp { .. }) => self.rtcp(frame, &inside),
                None => {}
            }
        }
    }

    fn rtcp(&mut self, frame: &Frame<'_>, datagram: &Datagram<'_>) {
        self.counter.rtcp += 1;
        let compound = rtp::read_rtcp(datagram.payload);
        if compound.broken && !datagram.cut {
            self.counter.anomalies.note(Anomaly::RtcpBroken);
        }
        for statement in compound.statements {
            let report = Report::new((frame.origin, frame.time, frame.clock), [datagram.source, datagram.destination], statement);
            self.reports.push(shard_of(&report.kin()), report);
        }
    }

    fn sealed(&mut self, frame: &Frame<'_>, datagram: &Datagram<'_>) {
        if let Some(seal) = Seal::of(datagram) {
            let packet = Sealed::packet(datagram.payload.len() as u64, frame.origin, frame.time);
            self.sealed.add(seal, datagram.source.ip, datagram.destination.ip, &packet);
        } else if datagram.cut && datagram.payload.len() < RTP_HEADER {
            self.counter.beheaded += 1;
        }
    }
}

/// Both directions of a connection in one order.
pub(super) fn ordered<T: Ord>(a: T, b: T) -> (T, T) {
    if a <= b { (a, b) } else { (b, a) }
}
