//! Takes what lay below a packet, gives how it was carried in one word, never who carried it.

use std::fmt;

use smallvec::SmallVec;

use crate::base::{Origin, Time};

/// What an IP packet lies in, of what an agreement may ask for or a tap may add; several may hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tunnels(u8);

impl Tunnels {
    /// GRE that carries a protocol (RFC 2784).
    pub const GRE: Self = Self(1);
    /// ESP (RFC 4303).
    pub const ESP: Self = Self(2);
    /// An authentication header (RFC 4302).
    pub const AH: Self = Self(4);
    /// IP in IP (RFC 2003, RFC 4213).
    pub const IP_IN_IP: Self = Self(8);
    /// GTP-U (3GPP TS 29.281).
    pub const GTP_U: Self = Self(16);
    /// MPLS labels (RFC 3032).
    pub const MPLS: Self = Self(32);
    /// The mirror of a switch, which a tap added: ERSPAN.
    pub const MIRROR: Self = Self(64);
    /// Anything else: VXLAN, Geneve, L2TP, TZSP.
    pub const OTHER: Self = Self(128);

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
    const TAGGED: u32 = 1 << 12;

    /// What the layers of a packet come down to.
    #[must_use]
    pub const fn new(dscp: u8, vlan: Option<u16>, tunnels: Tunnels) -> Self {
        let tag = match vlan {
            Some(vlan) => Self::TAGGED | (vlan & 0x0fff) as u32,
            None => 0,
        };
        Self((dscp & 0x3f) as u32 | (tunnels.0 as u32) << 6 | tag << 14)
    }

    /// The differentiated-services code point (RFC 2474 §3).
    #[must_use]
    pub const fn dscp(self) -> u8 {
        (self.0 & 0x3f) as u8
    }

    /// The tunnels that it lay in.
    #[must_use]
    pub const fn tunnels(self) -> Tunnels {
        Tunnels((self.0 >> 6) as u8)
    }

    /// The innermost VLAN.
    #[must_use]
    pub const fn vlan(self) -> Option<u16> {
        let tag = self.0 >> 14;
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
        let tunnels = [
            (Tunnels::MPLS, "in MPLS"),
            (Tunnels::GRE, "in GRE"),
            (Tunnels::ESP, "in ESP"),
            (Tunnels::AH, "behind AH"),
            (Tunnels::IP_IN_IP, "in IP"),
            (Tunnels::GTP_U, "in GTP-U"),
            (Tunnels::MIRROR, "in the mirror of a switch"),
            (Tunnels::OTHER, "in another tunnel"),
        ];
        parts.extend(tunnels.into_iter().filter(|(tunnel, _)| self.tunnels().has(*tunnel)).map(|(_, name)| name.to_owned()));
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
            let carriage = Carriage::new(46, vlan, Tunnels::GRE.and(Tunnels::OTHER));
            assert_eq!((carriage.dscp(), carriage.vlan()), (46, vlan));
            assert_eq!(carriage.tunnels(), Tunnels::GRE.and(Tunnels::OTHER));
        }
        assert_eq!(Carriage::new(0, Some(7), Tunnels::GRE).to_string(), "in VLAN 7, in GRE");
        assert_eq!(Carriage::new(46, None, Tunnels::default()).to_string(), "natively");
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
