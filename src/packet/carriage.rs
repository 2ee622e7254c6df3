//! Takes what lay below a packet, gives how it was carried in one word, never who carried it.

use std::fmt;

use smallvec::SmallVec;

use crate::base::{Origin, Time};

/// What an IP packet lies in, of what an agreement may ask for or a tap may add; several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tunnels(u16);

impl Tunnels {
    /// GRE that carries a protocol (RFC 2784).
    pub const GRE: Self = Self(1 << 0);
    /// ESP (RFC 4303) that does not encrypt (RFC 2410): nothing else can be looked into.
    pub const ESP: Self = Self(1 << 1);
    /// An authentication header (RFC 4302).
    pub const AH: Self = Self(1 << 2);
    /// IPv4 in IP (RFC 2003).
    pub const IP_IN_IP: Self = Self(1 << 3);
    /// IPv6 in IP (RFC 4213, RFC 2473).
    pub const SIX_IN_FOUR: Self = Self(1 << 4);
    /// MPLS labels (RFC 3032).
    pub const MPLS: Self = Self(1 << 5);
    /// PPP over Ethernet (RFC 2516).
    pub const PPPOE: Self = Self(1 << 6);
    /// L2TP, version 2 or 3 (RFC 2661, RFC 3931).
    pub const L2TP: Self = Self(1 << 7);
    /// GTP-U (3GPP TS 29.281).
    pub const GTP_U: Self = Self(1 << 8);
    /// VXLAN (RFC 7348).
    pub const VXLAN: Self = Self(1 << 9);
    /// Geneve (RFC 8926).
    pub const GENEVE: Self = Self(1 << 10);
    /// ERSPAN: the mirror of a switch, which a tap added.
    pub const ERSPAN: Self = Self(1 << 11);
    /// TZSP: the mirror of a sniffer.
    pub const TZSP: Self = Self(1 << 12);

    /// Each kind with what a finding says of a packet in it, in the order in which it says so.
    const NAMED: [(Self, &'static str); 13] = [
        (Self::MPLS, "in MPLS"),
        (Self::PPPOE, "in PPPoE"),
        (Self::L2TP, "in L2TP"),
        (Self::GRE, "in GRE"),
        (Self::ESP, "in ESP without encryption"),
        (Self::AH, "behind AH"),
        (Self::IP_IN_IP, "in IP"),
        (Self::SIX_IN_FOUR, "IPv6 in IP"),
        (Self::GTP_U, "in GTP-U"),
        (Self::VXLAN, "in VXLAN"),
        (Self::GENEVE, "in Geneve"),
        (Self::ERSPAN, "in ERSPAN"),
        (Self::TZSP, "in TZSP"),
    ];

    /// Both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of `other` is among these.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
}

/// How a packet was carried: its code point, its VLAN and its tunnels, in one word that is compared for every packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Carriage(u32);

impl Carriage {
    /// Behind the six bits of the code point.
    const TUNNELS: u16 = (1 << 13) - 1;
    /// Above the twelve bits of a VLAN.
    const TAGGED: u32 = 1 << 12;

    /// What the layers of a packet come down to.
    #[must_use]
    pub const fn new(dscp: u8, vlan: Option<u16>, tunnels: Tunnels) -> Self {
        let tag = match vlan {
            Some(vlan) => Self::TAGGED | (vlan & 0x0fff) as u32,
            None => 0,
        };
        Self((dscp & 0x3f) as u32 | ((tunnels.0 & Self::TUNNELS) as u32) << 6 | tag << 19)
    }

    /// The differentiated-services code point (RFC 2474 §3).
    #[must_use]
    pub const fn dscp(self) -> u8 {
        (self.0 & 0x3f) as u8
    }

    /// The tunnels that it lay in.
    #[must_use]
    pub const fn tunnels(self) -> Tunnels {
        Tunnels((self.0 >> 6) as u16 & Self::TUNNELS)
    }

    /// The innermost VLAN.
    #[must_use]
    pub const fn vlan(self) -> Option<u16> {
        let tag = self.0 >> 19;
        if tag & Self::TAGGED == 0 { None } else { Some((tag & 0x0fff) as u16) }
    }
}

/// The VLAN and each kind of tunnel, or `natively`.
impl fmt::Display for Carriage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(vlan) = self.vlan() {
            parts.push(format!("in VLAN {vlan}"));
        }
        parts.extend(Tunnels::NAMED.iter().filter(|(tunnel, _)| self.tunnels().has(*tunnel)).map(|(_, name)| (*name).to_owned()));
        if parts.is_empty() { f.write_str("natively") } else { f.write_str(&parts.join(", ")) }
    }
}

/// How many ways are told apart.
const WAYS: usize = 8;

/// One way in which packets of a flow were carried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The way.
    pub carriage: Carriage,
    /// How many packets.
    pub packets: u32,
    /// The first of them.
    pub first: (Origin, Time),
}

impl Way {
    /// Adds packets of the other, whose way may differ where the caller does not care.
    pub(crate) fn join(&mut self, other: &Self) {
        self.packets = self.packets.saturating_add(other.packets);
        self.first = self.first.min(other.first);
    }
}

/// How many packets of a flow were carried how. The eight ways with the smallest codes are told apart, the others are counted together, so
/// that it does not matter in which order parts of a flow are put together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Sorted; nearly every flow has one.
    ways: SmallVec<[Way; 1]>,
    others: u32,
}

impl Carried {
    /// One packet.
    #[must_use]
    pub fn once(carriage: Carriage, at: (Origin, Time)) -> Self {
        Self { ways: SmallVec::from_buf([Way { carriage, packets: 1, first: at }]), others: 0 }
    }

    /// Adds a packet.
    #[inline]
    pub fn add(&mut self, carriage: Carriage, at: (Origin, Time)) {
        match self.ways.first_mut() {
            Some(way) if way.carriage == carriage && way.first <= at => way.packets = way.packets.saturating_add(1),
            _ => self.add_many(carriage, 1, at),
        }
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: &Self) {
        other.iter().for_each(|way| self.add_way(*way));
        self.others = self.others.saturating_add(other.others);
    }

    /// Adds so many packets, of which the first came at `at`.
    pub fn add_many(&mut self, carriage: Carriage, packets: u32, at: (Origin, Time)) {
        self.add_way(Way { carriage, packets, first: at });
    }

    fn add_way(&mut self, way: Way) {
        let place = self.ways.partition_point(|held| held.carriage < way.carriage);
        match self.ways.get_mut(place).filter(|held| held.carriage == way.carriage) {
            Some(held) => held.join(&way),
            None => self.ways.insert(place, way),
        }
        if self.ways.len() > WAYS {
            self.others = self.others.saturating_add(self.ways.pop().map_or(0, |way| way.packets));
        }
    }

    /// The ways that are told apart.
    pub fn iter(&self) -> impl Iterator<Item = &Way> {
        self.ways.iter()
    }

    /// All packets.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.iter().map(|way| u64::from(way.packets)).sum::<u64>() + u64::from(self.others)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn moment(at: usize) -> (Origin, Time) {
        (Origin { serial: at as u64, capture: 0, frame: at as u32 }, Time(at as i64))
    }

    #[test]
    fn a_word_gives_back_what_it_was_made_of() {
        for vlan in [None, Some(0), Some(1), Some(4094)] {
            for (kind, _) in Tunnels::NAMED {
                let carriage = Carriage::new(46, vlan, Tunnels::GRE.and(kind));
                assert_eq!((carriage.dscp(), carriage.vlan(), carriage.tunnels()), (46, vlan, Tunnels::GRE.and(kind)));
            }
        }
        assert_eq!(Carriage::new(0, Some(7), Tunnels::GRE).to_string(), "in VLAN 7, in GRE");
        assert_eq!(Carriage::new(46, None, Tunnels::default()).to_string(), "natively");
        let every = Tunnels::NAMED.into_iter().fold(Tunnels::default(), |all, (kind, _)| all.and(kind));
        assert_eq!(Carriage::new(0, None, every).to_string().split(", ").count(), 13, "each has its name");
    }

    proptest! {
        #[test]
        fn parts_may_be_put_together_in_any_way(codes in prop::collection::vec(0u8..12, 1..60), cut in 0usize..60) {
            let sum = |codes: &[(usize, u8)]| {
                let mut carried = Carried::default();
                codes.iter().for_each(|&(at, dscp)| carried.add(Carriage::new(dscp, None, Tunnels::default()), moment(at)));
                carried
            };
            let numbered: Vec<_> = codes.iter().enumerate().map(|(at, &dscp)| (at, dscp)).collect();
            let (a, b) = numbered.split_at(cut.min(codes.len()));
            let mut joined = sum(b);
            joined.merge(&sum(a));
            prop_assert_eq!(joined.clone(), sum(&numbered));
            prop_assert_eq!(joined.packets(), codes.len() as u64);
            let of = |n: u8| codes.iter().filter(|&&code| code == n).count() as u32;
            let least: Vec<_> = (0..12).filter(|&n| of(n) > 0).take(WAYS).map(|n| (n, of(n))).collect();
            prop_assert_eq!(joined.iter().map(|way| (way.carriage.dscp(), way.packets)).collect::<Vec<_>>(), least);
            for way in joined.iter() {
                let first = codes.iter().position(|&code| code == way.carriage.dscp());
                prop_assert_eq!(Some(way.first), first.map(moment));
            }
        }
    }
}
