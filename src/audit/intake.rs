//! Takes SIP messages as they are read, gives what the capture holds, never what it means.

use std::collections::BTreeMap;

use super::{FrameRef, Intake, TransportCounts};
use crate::base::{Anomalies, Anomaly, Origin, Transport};
use crate::call::Repeat;
use crate::capture::CaptureInfo;
use crate::media::{Concerted, Counts};
use crate::rules::Losses;
use crate::sip::{Arrival, FlawKind, Method};
use crate::transport::TlsTotals;

/// Distinct unregistered methods counted by name; a flood of invented ones is counted together.
pub(super) const NAMED: usize = 256;
/// What the others are counted under: no token.
pub(super) const OTHER: &str = "(other)";

/// The counts of one part of the capture, mergeable.
#[derive(Clone, Debug)]
pub struct Counter {
    /// Frames read.
    pub frames: u64,
    /// Frames that could not be decoded.
    pub undecodable: u64,
    /// IP fragments.
    pub fragments: u64,
    /// TCP segments.
    pub segments: u64,
    /// RTCP packets.
    pub rtcp: u64,
    /// Datagrams of which the capture holds too little to tell what they are.
    pub beheaded: u64,
    /// SIP messages of which the capture holds less than was sent.
    pub cut: u64,
    /// RTP packets and streams.
    pub media: Counts,
    /// TLS connections.
    pub tls: TlsTotals,
    /// Oddities.
    pub anomalies: Anomalies,
    messages: u64,
    methods: [u64; Method::REGISTERED.len()],
    other_methods: BTreeMap<String, u64>,
    responses: BTreeMap<u16, u64>,
    transports: [u64; Transport::ALL.len()],
    malformed: u64,
    retransmissions: u64,
    mirrored: u64,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            frames: 0,
            undecodable: 0,
            fragments: 0,
            segments: 0,
            rtcp: 0,
            beheaded: 0,
            cut: 0,
            media: Counts::default(),
            tls: TlsTotals::default(),
            anomalies: Anomalies::default(),
            messages: 0,
            methods: [0; Method::REGISTERED.len()],
            other_methods: BTreeMap::new(),
            responses: BTreeMap::new(),
            transports: [0; Transport::ALL.len()],
            malformed: 0,
            retransmissions: 0,
            mirrored: 0,
        }
    }
}

impl Counter {
    /// Counts a SIP message, as a packet analyser's SIP statistics would: repetitions and mirrored copies too.
    pub fn message(&mut self, arrival: &Arrival, repeat: Repeat) {
        let message = &arrival.message;
        self.messages += 1;
        self.cut += u64::from(arrival.envelope.cut);
        if let Some(n) = self.transports.get_mut(arrival.envelope.transport as usize) {
            *n += 1;
        }
        match (message.method(), message.code()) {
            (Some(method), _) => match self.methods.get_mut(method as usize) {
                Some(n) => *n += 1,
                None => count_named(&mut self.other_methods, &message.method_text()),
            },
            (None, code) => *self.responses.entry(code.unwrap_or(0)).or_default() += 1,
        }
        self.malformed += u64::from(message.flaws().iter().any(|f| breaks_grammar(f.kind)));
        match repeat {
            Repeat::First => {}
            Repeat::Retransmission => self.retransmissions += 1,
            Repeat::Mirror => self.mirrored += 1,
        }
    }

    /// Adds another part.
    pub fn merge(&mut self, other: &Self) {
        self.frames += other.frames;
        self.undecodable += other.undecodable;
        self.fragments += other.fragments;
        self.segments += other.segments;
        self.rtcp += other.rtcp;
        self.beheaded += other.beheaded;
        self.cut += other.cut;
        self.media.merge(&other.media);
        self.tls.merge(&other.tls);
        self.anomalies.merge(&other.anomalies);
        self.messages += other.messages;
        add(&mut self.methods, &other.methods);
        add(&mut self.transports, &other.transports);
        for (name, n) in &other.other_methods {
            *self.other_methods.entry(name.clone()).or_default() += n;
        }
        keep_first(&mut self.other_methods);
        for (&code, n) in &other.responses {
            *self.responses.entry(code).or_default() += n;
        }
        self.malformed += other.malformed;
        self.retransmissions += other.retransmissions;
        self.mirrored += other.mirrored;
    }

    /// What the capture does not hold although it passed.
    #[must_use]
    pub const fn losses(&self) -> Losses {
        Losses {
            frames: self.frames,
            segments: self.segments,
            concerted: Concerted::NONE,
            // Where nothing was snapped, what is cut on a stream is cut by a hole or by the end of the capture.
            cut_messages: if self.anomalies.count(Anomaly::SnapCut) > 0 { self.cut } else { 0 },
            beheaded: self.beheaded,
            holes: self.anomalies.count(Anomaly::TcpHole) + self.anomalies.count(Anomaly::SctpHole),
        }
    }

    /// The report's form.
    #[must_use]
    pub fn report(&self, captures: &[CaptureInfo]) -> Intake {
        let registered = Method::REGISTERED.iter().zip(self.methods).filter(|&(_, n)| n > 0).map(|(m, n)| (m.name().to_owned(), n));
        let [udp, tcp, tls, ws, wss, sctp, tls_sctp] = self.transports;
        Intake {
            frames: self.frames,
            undecodable_frames: self.undecodable,
            ip_fragments: self.fragments,
            tcp_segments: self.segments,
            sip_messages: self.messages,
            sip_requests: registered.chain(self.other_methods.clone()).collect(),
            sip_responses: self.responses.iter().map(|(code, &n)| (code.to_string(), n)).collect(),
            sip_by_transport: TransportCounts { udp, tcp, tls, ws, wss, sctp, tls_sctp },
            sip_malformed: self.malformed,
            sip_retransmissions: self.retransmissions,
            sip_mirror_duplicates: self.mirrored,
            rtp_packets: self.media.rtp_packets,
            rtcp_packets: self.rtcp,
            srtp_packets: self.media.srtp_packets,
            tls: self.tls.clone(),
            anomalies: self.anomalies.clone(),
            first_anomalies: first_anomalies(&self.anomalies, captures),
        }
    }
}

fn first_anomalies(anomalies: &Anomalies, captures: &[CaptureInfo]) -> BTreeMap<&'static str, FrameRef> {
    let place = |origin: Origin| {
        let capture = captures.get(origin.capture as usize)?.path.to_string_lossy().into_owned();
        Some(FrameRef { capture, frame: origin.frame })
    };
    anomalies.iter().filter_map(|(anomaly, _)| Some((anomaly.name(), place(anomalies.first(anomaly)?)?))).collect()
}

fn add(mine: &mut [u64], theirs: &[u64]) {
    mine.iter_mut().zip(theirs).for_each(|(a, b)| *a += b);
}

/// Counts under a name that the wire chose: at most [`NAMED`] names, the rest as `(other)`.
pub(super) fn count_named(counts: &mut BTreeMap<String, u64>, name: &str) {
    if let Some(n) = counts.get_mut(name) {
        *n += 1;
    } else {
        *counts.entry(name.chars().take(64).collect()).or_default() += 1;
        keep_first(counts);
    }
}

/// Puts names beyond [`NAMED`] together. Which stay hangs on the names alone, and not on the order in which they come.
fn keep_first(counts: &mut BTreeMap<String, u64>) {
    while counts.len() > NAMED + usize::from(counts.contains_key(OTHER)) {
        let Some(last) = counts.keys().rev().find(|name| *name != OTHER).cloned() else { return };
        *counts.entry(OTHER.to_owned()).or_default() += counts.remove(&last).unwrap_or_default();
    }
}

/// Whether a flaw makes the message malformed, rather than unusual.
const fn breaks_grammar(kind: FlawKind) -> bool {
    !matches!(kind, FlawKind::BareLf | FlawKind::BodyLong | FlawKind::BadBranch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_are_counted_in_every_order_and_part() {
        // Some sort before what the others are called.
        let names: Vec<String> = (0..2000).map(|n| format!("{}{}", ["!", "M"][n % 2], n % 1000)).collect();
        let of = |names: &[String]| {
            let mut counter = Counter::default();
            names.iter().for_each(|name| count_named(&mut counter.other_methods, name));
            counter
        };
        let whole = of(&names);
        let mut parts = Counter::default();
        names.rchunks(7).for_each(|part| parts.merge(&of(part)));
        assert_eq!(parts.other_methods, whole.other_methods);
        assert_eq!((whole.other_methods.len(), whole.other_methods["!0"]), (NAMED + 1, 2));
        assert_eq!(whole.other_methods[OTHER], 2 * (1000 - NAMED as u64));
    }
}
