//! Takes packets that nobody on the path can read, gives how many octets of them passed between whom, never what they may say.

use std::net::IpAddr;

use foldhash::fast::FixedState;
use indexmap::IndexMap;

use crate::base::{Origin, Time};
use crate::packet::Datagram;

/// What seals a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seal {
    /// ESP that encrypts, over IP or UDP (RFC 4303, RFC 3948).
    Esp,
    /// The exchange of its keys (RFC 7296): where it passes there is a tunnel.
    Ike,
    /// Application data of DTLS (RFC 9147, RFC 6347).
    Dtls,
    /// TLS.
    Tls,
}

impl Seal {
    /// Every seal, at the place of its number.
    pub const ALL: [Self; 4] = [Self::Esp, Self::Ike, Self::Dtls, Self::Tls];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Esp => "ESP",
            Self::Ike => "IKE",
            Self::Dtls => "DTLS",
            Self::Tls => "TLS",
        }
    }

    /// The seal of a datagram that is neither SIP nor media.
    #[must_use]
    pub fn of(datagram: &Datagram<'_>) -> Option<Self> {
        const IKE: u16 = 500;
        const IKE_AND_ESP: u16 = 4500;
        let goes_to = |port| datagram.destination.port == port || datagram.source.port == port;
        match datagram.payload {
            // RFC 9147 §4, RFC 6347 §4.1: what is application data, in a version that exists.
            [23, 0xfe, 0xff | 0xfd, ..] if datagram.payload.len() > 13 => Some(Self::Dtls),
            // RFC 3948 §2.2: four zeros where ESP has its SPI; one octet alone keeps the mapping alive.
            [0, 0, 0, 0, ..] if goes_to(IKE_AND_ESP) => Some(Self::Ike),
            [_, _, _, _, _, ..] if goes_to(IKE_AND_ESP) => Some(Self::Esp),
            // RFC 7296 §3.1: the version behind two SPIs and the next payload.
            payload if goes_to(IKE) && matches!(payload.get(17), Some(0x10 | 0x20)) => Some(Self::Ike),
            _ => None,
        }
    }
}

/// What passed sealed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sealed {
    /// Packets.
    pub packets: u64,
    /// Octets in them, headers of IP and UDP left out.
    pub octets: u64,
    /// Connections, where the seal has any.
    pub connections: u64,
    /// The first.
    pub first: Option<(Origin, Time)>,
}

impl Sealed {
    /// One packet.
    #[must_use]
    pub const fn packet(octets: u64, origin: Origin, time: Time) -> Self {
        Self { packets: 1, octets, connections: 0, first: Some((origin, time)) }
    }

    /// Adds what passed elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.packets += other.packets;
        self.octets += other.octets;
        self.connections += other.connections;
        self.first = [self.first, other.first].into_iter().flatten().min();
    }
}

/// Pairs of hosts that are told apart: those that the capture holds first. What others send is counted without a name.
const MAX_PAIRS: usize = 1 << 16;

/// What passed sealed, by seal, sender and receiver.
#[derive(Clone, Debug, Default)]
pub struct SealedTraffic {
    /// In the order in which they appear in the capture.
    pairs: IndexMap<(Seal, IpAddr, IpAddr), Sealed, FixedState>,
    /// Packets of pairs beyond those that are told apart.
    pub unfollowed: u64,
}

impl SealedTraffic {
    /// Adds what passed between two hosts.
    pub fn add(&mut self, seal: Seal, source: IpAddr, destination: IpAddr, sealed: &Sealed) {
        let room = self.pairs.len() < MAX_PAIRS;
        match self.pairs.entry((seal, source, destination)) {
            indexmap::map::Entry::Occupied(mut pair) => pair.get_mut().merge(sealed),
            indexmap::map::Entry::Vacant(place) if room => {
                place.insert(*sealed);
            }
            indexmap::map::Entry::Vacant(_) => self.unfollowed += sealed.packets,
        }
    }

    /// Takes what a later part of the capture holds.
    pub fn append(&mut self, later: &mut Self) {
        for ((seal, source, destination), sealed) in later.pairs.drain(..) {
            self.add(seal, source, destination, &sealed);
        }
        self.unfollowed += std::mem::take(&mut later.unfollowed);
    }

    /// What passed between whom.
    pub fn iter(&self) -> impl Iterator<Item = (Seal, IpAddr, IpAddr, &Sealed)> {
        self.pairs.iter().map(|(&(seal, source, destination), sealed)| (seal, source, destination, sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Endpoint;
    use crate::packet::Layers;

    fn seal(port: u16, payload: &[u8]) -> Option<Seal> {
        let end = |port| Endpoint::new([192, 0, 2, 1].into(), port);
        Seal::of(&Datagram { source: end(port), destination: end(port), layers: Layers::default(), payload, cut: false })
    }

    #[test]
    fn what_is_sealed_is_told_by_its_first_octets() {
        let dtls = [&[23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 1, 0, 20][..], &[7; 20]].concat();
        assert_eq!(seal(40_000, &dtls), Some(Seal::Dtls));
        let handshake = [&[22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 1, 0, 20][..], &[7; 20]].concat();
        assert_eq!(seal(40_000, &handshake), None, "a handshake can be read");
        let ike = [&[1; 16][..], &[33, 0x20, 34, 8, 0, 0, 0, 0, 0, 0, 0, 28]].concat();
        assert_eq!((seal(500, &ike), seal(501, &ike)), (Some(Seal::Ike), None));
        assert_eq!(seal(4500, &[&[0; 4], ike.as_slice()].concat()), Some(Seal::Ike));
        assert_eq!(seal(4500, &[1, 2, 3, 4, 0, 0, 0, 1, 9]), Some(Seal::Esp));
        assert_eq!(seal(4500, &[0xff]), None, "a keep-alive");
    }

    #[test]
    fn parts_of_a_capture_add_up() {
        let (a, b) = ([192, 0, 2, 1].into(), [192, 0, 2, 2].into());
        let at = |n: u32| Origin { serial: u64::from(n), capture: 0, frame: n };
        let (mut early, mut late) = (SealedTraffic::default(), SealedTraffic::default());
        early.add(Seal::Esp, a, b, &Sealed::packet(100, at(4), Time(4)));
        late.add(Seal::Esp, a, b, &Sealed::packet(50, at(9), Time(9)));
        late.add(Seal::Esp, b, a, &Sealed::packet(1, at(8), Time(8)));
        early.append(&mut late);
        let all: Vec<_> = early.iter().map(|(_, source, _, s)| (source, s.packets, s.octets, s.first.unwrap().0.frame)).collect();
        assert_eq!(all, [(a, 2, 150, 4), (b, 1, 1, 8)]);
        assert!(late.iter().next().is_none());
    }
}
