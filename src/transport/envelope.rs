//! Takes nothing, gives how and when a payload passed the tap, never the payload's meaning.

use super::hep::{self, Hep};
use crate::base::{Anomaly, Carriers, Endpoint, Origin, Time, Transport};
use crate::capture::Frame;
use crate::packet::{Carriage, Datagram, Whole};

/// How a SIP payload passed the tap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The frame that completed it: its place in the order of evidence.
    pub origin: Origin,
    /// Which of the payloads of that frame it is, from 0.
    pub index: u16,
    /// Capture time of the first packet that carried octets of it (RFC 6076 §3: t1).
    pub first: Time,
    /// Capture time of the last such packet (t4).
    pub last: Time,
    /// The running clock at that packet: never runs back.
    pub clock: Time,
    /// Who sent it.
    pub source: Endpoint,
    /// Who was to receive it.
    pub destination: Endpoint,
    /// What carried it.
    pub transport: Transport,
    /// Whether it came as IP fragments.
    pub fragmented: bool,
    /// IP identification of its (first) packet: tells mirrored copies from retransmissions.
    pub ip_id: u32,
    /// VLAN of its (first) packet.
    pub vlan: Option<u16>,
    /// How that packet was carried.
    pub carriage: Carriage,
    /// Which way it went on its connection.
    pub way: Way,
    /// What is wrong with where it begins and ends, on a stream.
    pub misframed: Option<Misframed>,
    /// Whether the capture holds less of it than was sent.
    pub cut: bool,
    /// Whether an agent relayed it as HEP: times and addresses are what the agent saw, and of its IP packet nothing else is known.
    pub via_hep: bool,
}

/// Which way a message goes on the connection that carries it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Way {
    /// It is no connection, or the capture does not hold who opened it.
    #[default]
    Unknown,
    /// From the end that opened it.
    FromOpener,
    /// To the end that opened it, which had asked for that with an alias (RFC 5923 §8.1) or had not.
    ToOpener {
        /// Whether a request of the opener had asked.
        aliased: bool,
    },
}

/// How the sender of a stream broke the rules that say where its messages begin and end (RFC 3261 §18.3, RFC 7118 §4, §5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Misframed {
    /// What stood before the message was neither a message nor a keep-alive.
    OutOfStep,
    /// The WebSocket connection did not agree on the sub-protocol `sip`.
    NoSubprotocol,
    /// The WebSocket message is not exactly one SIP message.
    NotOneMessage,
}

/// One framed SIP message, not yet parsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// How it came.
    pub envelope: Envelope,
    /// The frames that carried octets of it; none: that of the envelope alone.
    pub carriers: Carriers,
    /// Its octets: a whole datagram, or what the stream's framing cut out.
    pub bytes: Box<[u8]>,
}

impl Payload {
    /// The payload of a datagram that one frame carried.
    #[must_use]
    pub fn of_frame(frame: &Frame<'_>, datagram: &Datagram<'_>) -> Self {
        Self { envelope: Envelope::of_frame(frame, datagram), carriers: Carriers::new(), bytes: datagram.payload.into() }
    }

    /// The payload of a datagram that came in fragments.
    #[must_use]
    pub fn of_whole(whole: &Whole, datagram: &Datagram<'_>) -> Self {
        Self { envelope: Envelope::of_whole(whole, datagram), carriers: whole.carriers.clone(), bytes: datagram.payload.into() }
    }

    /// Takes the payload for a HEP packet, gives the message that it relays in the envelope that it had where it was captured. Place and
    /// running clock stay those of the frame: they are the order of the evidence.
    ///
    /// # Errors
    /// What to count where it relays no SIP, or nothing that can be read.
    pub fn unwrap_hep(self) -> Result<Self, Anomaly> {
        let outer = self.envelope;
        let relayed = match hep::open(&self.bytes, outer.cut) {
            Hep::Sip(relayed) => relayed,
            Hep::Other => return Err(Anomaly::HepReport),
            Hep::Broken => return Err(Anomaly::HepBroken),
        };
        let time = relayed.times.into_iter().flatten().min_by_key(|time| time.since(outer.last).saturating_abs());
        let envelope = Envelope {
            first: time.unwrap_or(outer.first),
            last: time.unwrap_or(outer.last),
            source: relayed.source,
            destination: relayed.destination,
            transport: relayed.transport,
            fragmented: false,
            ip_id: 0,
            vlan: relayed.vlan,
            carriage: Carriage::default(),
            way: Way::Unknown,
            via_hep: true,
            ..outer
        };
        Ok(Self { envelope, carriers: self.carriers, bytes: relayed.message.into() })
    }
}

impl Envelope {
    /// That of a datagram that one frame carried.
    #[must_use]
    pub fn of_frame(frame: &Frame<'_>, datagram: &Datagram<'_>) -> Self {
        Self { origin: frame.origin, clock: frame.clock, first: frame.time, last: frame.time, ..Self::of(datagram) }
    }

    /// That of a datagram that came in fragments.
    #[must_use]
    pub fn of_whole(whole: &Whole, datagram: &Datagram<'_>) -> Self {
        Self {
            origin: whole.origin,
            clock: whole.clock,
            first: whole.first,
            last: whole.last,
            fragmented: true,
            cut: whole.cut,
            ..Self::of(datagram)
        }
    }

    fn of(datagram: &Datagram<'_>) -> Self {
        Self {
            source: datagram.source,
            destination: datagram.destination,
            transport: Transport::Udp,
            ip_id: datagram.layers.ip_id,
            vlan: datagram.layers.vlan,
            carriage: datagram.layers.carriage(),
            cut: datagram.cut,
            ..Self::default()
        }
    }
}
