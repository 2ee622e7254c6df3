//! Takes oddities of the wire as they are met, gives their counts, never fails a run.

use serde::{Serialize, Serializer};

use super::Origin;

macro_rules! anomalies {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// The wire is odd: counted and reported, never fatal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Anomaly { $($(#[$doc])* $name,)* }

        impl Anomaly {
            /// Every anomaly, in the order of the report.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The key in `intake.anomalies`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

anomalies! {
    /// The file ends in the middle of a record.
    CaptureCut = "capture-cut",
    /// Bytes between two plausible records made no sense.
    CaptureDamage = "capture-damage",
    /// The clock of a capture stepped back by more than agreed (`capture.clock_step_ms`).
    ClockStep = "clock-step",
    /// The snapshot length cut a packet.
    SnapCut = "snap-cut",
    /// A header lies about its length.
    BadLength = "bad-length",
    /// More nested link layers or tunnels than are sane.
    NestedTooDeep = "nested-too-deep",
    /// A fragment covers bytes that another already gave.
    FragmentOverlap = "fragment-overlap",
    /// The same fragment came again.
    FragmentDuplicate = "fragment-duplicate",
    /// A datagram whose fragments never were all seen.
    FragmentTimeout = "fragment-timeout",
    /// Fragments given up because too many datagrams were open.
    FragmentBudget = "fragment-budget",
    /// A segment covers bytes that another already gave, with other content.
    TcpOverlap = "tcp-overlap",
    /// Bytes that the receiver acknowledged and the capture does not hold.
    TcpHole = "tcp-hole",
    /// A connection whose beginning the capture does not hold.
    TcpMidstream = "tcp-midstream",
    /// Segments given up because too much was waiting for a hole to close.
    TcpBudget = "tcp-budget",
    /// A SIP stream that lost its framing and was picked up again at a start line.
    SipResync = "sip-resync",
    /// A SIP message that the capture cut short.
    SipCut = "sip-cut",
    /// A WebSocket message that is compressed, and therefore not read (RFC 7692).
    WsCompressed = "ws-compressed",
    /// A WebSocket message that is not exactly one SIP message, or one chunk of MSRP, where these pass (RFC 7118 §5, RFC 7977 §5.1).
    WsFraming = "ws-framing",
    /// A WebSocket connection that carries SIP, whose handshake did not name the sub-protocol `sip` (RFC 7118 §4).
    WsNoSubprotocol = "ws-no-subprotocol",
    /// A SIP message over SCTP of which chunks never were seen.
    SctpHole = "sctp-hole",
    /// Chunks given up because too much was waiting.
    SctpBudget = "sctp-budget",
    /// A chunk whose sequence number is far from all others of its association.
    SctpFar = "sctp-far",
    /// A TLS connection whose handshake the capture does not hold.
    TlsMidstream = "tls-midstream",
    /// A TLS stream where a record ought to begin and none does.
    TlsBroken = "tls-broken",
    /// A TLS record that the capture cut short.
    TlsCut = "tls-cut",
    /// A TLS handshake message that cannot be read, or never became whole.
    TlsHandshakeBroken = "tls-handshake-broken",
    /// A handshake that shows a certificate which cannot be read.
    CertificateBroken = "certificate-broken",
    /// A TLS connection of which too much came before the hellos that tell what it is.
    TlsUnordered = "tls-unordered",
    /// A TLS record that the keys for its connection do not open.
    TlsUnopened = "tls-unopened",
    /// A TLS connection whose keys in the key log open nothing.
    TlsKeysUnfit = "tls-keys-unfit",
    /// A TLS record that stood in the capture before the keys for its connection did.
    TlsKeysLate = "tls-keys-late",
    /// SIP quoted inside an ICMP error.
    SipInIcmp = "sip-in-icmp",
    /// Two SIP messages in one datagram; the second is ignored (RFC 3261 §18.3).
    SipTrailing = "sip-trailing",
    /// A packet that looks like media, of a flow beyond what can be followed at once.
    MediaBudget = "media-budget",
    /// A TLS connection or attempt between more hosts, or with more certificates, than are told apart: judged by itself.
    TlsUntallied = "tls-untallied",
    /// An RTCP packet whose lengths or counts do not fit.
    RtcpBroken = "rtcp-broken",
    /// A statement of RTCP about a stream that the capture does not hold.
    RtcpStray = "rtcp-stray",
    /// An SDP body that names more media endpoints than are looked at, or comes after more bodies of its call than are kept.
    SdpEndpoints = "sdp-endpoints",
    /// A message of a transaction that the capture does not begin.
    StrayMessage = "stray-message",
    /// A HEP packet that relays something other than SIP: RTCP, statistics, a log.
    HepReport = "hep-report",
    /// A HEP packet that contradicts itself.
    HepBroken = "hep-broken",
}

/// How often each anomaly was met, and in which frame first.
#[derive(Clone, Debug)]
pub struct Anomalies {
    counts: [u64; Anomaly::ALL.len()],
    first: [Option<Origin>; Anomaly::ALL.len()],
    /// The frame at hand.
    at: Option<Origin>,
}

impl Default for Anomalies {
    fn default() -> Self {
        Self { counts: [0; Anomaly::ALL.len()], first: [None; Anomaly::ALL.len()], at: None }
    }
}

/// The frame at hand is no part of what was met.
impl PartialEq for Anomalies {
    fn eq(&self, other: &Self) -> bool {
        self.counts == other.counts && self.first == other.first
    }
}

impl Eq for Anomalies {}

impl Anomalies {
    /// Says which frame is at hand: what is noted from here on was met there.
    pub const fn at(&mut self, origin: Origin) {
        self.at = Some(origin);
    }

    /// Counts one.
    pub fn note(&mut self, anomaly: Anomaly) {
        self.note_many(anomaly, 1);
    }

    /// Counts `times`.
    pub fn note_many(&mut self, anomaly: Anomaly, times: u64) {
        if times > 0 {
            self.counts[anomaly as usize] += times;
            self.see(anomaly, self.at);
        }
    }

    /// How often `anomaly` was met.
    #[must_use]
    pub const fn count(&self, anomaly: Anomaly) -> u64 {
        self.counts[anomaly as usize]
    }

    /// The first frame in which `anomaly` was met; `None` where it was not, or belongs to no frame.
    #[must_use]
    pub const fn first(&self, anomaly: Anomaly) -> Option<Origin> {
        self.first[anomaly as usize]
    }

    /// Adds the counts of another part of the capture.
    pub fn merge(&mut self, other: &Self) {
        for (anomaly, times) in other.iter() {
            self.counts[anomaly as usize] += times;
            self.see(anomaly, other.first(anomaly));
        }
    }

    fn see(&mut self, anomaly: Anomaly, at: Option<Origin>) {
        let first = &mut self.first[anomaly as usize];
        *first = [*first, at].into_iter().flatten().min();
    }

    /// Those that were met, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Anomaly, u64)> + '_ {
        Anomaly::ALL.iter().map(|&a| (a, self.count(a))).filter(|&(_, n)| n > 0)
    }
}

impl Serialize for Anomalies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter().map(|(a, n)| (a.name(), n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_frame_is_the_same_from_every_part() {
        let at = |frame: u32| Origin { serial: u64::from(frame), capture: 0, frame };
        let part = |frames: &[u32]| {
            let mut part = Anomalies::default();
            for &frame in frames {
                part.at(at(frame));
                part.note(Anomaly::TcpHole);
            }
            part
        };
        let (early, late) = (part(&[7, 9]), part(&[8, 3]));
        for (one, other) in [(&early, &late), (&late, &early)] {
            let mut all = Anomalies::default();
            all.merge(one);
            all.merge(other);
            assert_eq!((all.count(Anomaly::TcpHole), all.first(Anomaly::TcpHole)), (4, Some(at(3))));
            assert_eq!((all.count(Anomaly::SipCut), all.first(Anomaly::SipCut)), (0, None));
        }
    }
}
