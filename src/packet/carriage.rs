//! Takes what lay below a packet, gives how it was carried in one word, never who carried it.

use std::fmt;

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
    /// Anything else: VXLAN, GTP-U, IP in IP, the mirror of a switch.
    pub const OTHER: Self = Self(8);

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
        Self((dscp & 0x3f) as u32 | (tunnels.0 as u32) << 6 | tag << 10)
    }

    /// The differentiated-services code point (RFC 2474 §3).
    #[must_use]
    pub const fn dscp(self) -> u8 {
        (self.0 & 0x3f) as u8
    }

    /// The tunnels that it lay in.
    #[must_use]
    pub const fn tunnels(self) -> Tunnels {
        Tunnels((self.0 >> 6 & 0x0f) as u8)
    }

    /// The innermost VLAN.
    #[must_use]
    pub const fn vlan(self) -> Option<u16> {
        let tag = self.0 >> 10;
        if tag & Self::TAGGED == 0 { None } else { Some((tag & 0x0fff) as u16) }
    }
}

/// The tunnels as they are read from outside in, or `natively`.
impl fmt::Display for Carriage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        if let Some(vlan) = self.vlan() {
            parts.push(format!("in VLAN {vlan}"));
        }
        let tunnels =
            [(Tunnels::GRE, "in GRE"), (Tunnels::ESP, "in ESP"), (Tunnels::AH, "behind AH"), (Tunnels::OTHER, "in another tunnel")];
        parts.extend(tunnels.into_iter().filter(|(tunnel, _)| self.tunnels().has(*tunnel)).map(|(_, name)| name.to_owned()));
        if parts.is_empty() { f.write_str("natively") } else { f.write_str(&parts.join(", ")) }
    }
}

/// How many ways are told apart.
const WAYS: usize = 4;

/// How many packets of a flow were carried how. The four ways with the smallest codes are told apart, the others are counted together, so
/// that it does not matter in which order parts of a flow are put together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carried {
    /// Sorted; a count of 0 ends them.
    ways: [(Carriage, u32); WAYS],
    others: u32,
}

impl Carried {
    /// One packet.
    #[must_use]
    pub fn once(carriage: Carriage) -> Self {
        let mut one = Self::default();
        one.ways[0] = (carriage, 1);
        one
    }

    /// Adds a packet.
    #[inline]
    pub fn add(&mut self, carriage: Carriage) {
        let (way, packets) = &mut self.ways[0];
        if *way == carriage && *packets > 0 {
            *packets = packets.saturating_add(1);
        } else {
            self.add_many(carriage, 1);
        }
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: &Self) {
        for (way, packets) in other.iter() {
            self.add_many(way, packets);
        }
        self.others = self.others.saturating_add(other.others);
    }

    /// Adds so many packets.
    pub fn add_many(&mut self, carriage: Carriage, packets: u32) {
        let mut moved = (carriage, packets);
        for slot in &mut self.ways {
            if slot.1 == 0 {
                *slot = moved;
                return;
            }
            if slot.0 == moved.0 {
                slot.1 = slot.1.saturating_add(moved.1);
                return;
            }
            if moved.0 < slot.0 {
                std::mem::swap(slot, &mut moved);
            }
        }
        self.others = self.others.saturating_add(moved.1);
    }

    /// The ways that are told apart, with their packets.
    pub fn iter(&self) -> impl Iterator<Item = (Carriage, u32)> + '_ {
        self.ways.iter().copied().filter(|(_, packets)| *packets > 0)
    }

    /// All packets.
    #[must_use]
    pub fn packets(&self) -> u64 {
        self.iter().map(|(_, packets)| u64::from(packets)).sum::<u64>() + u64::from(self.others)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_word_gives_back_what_it_was_made_of() {
        for vlan in [None, Some(0), Some(1), Some(4094)] {
            let carriage = Carriage::new(46, vlan, Tunnels::GRE.and(Tunnels::OTHER));
            assert_eq!((carriage.dscp(), carriage.vlan()), (46, vlan));
            assert!(carriage.tunnels().has(Tunnels::GRE) && !carriage.tunnels().has(Tunnels::ESP));
        }
        assert_eq!(Carriage::new(0, Some(7), Tunnels::GRE).to_string(), "in VLAN 7, in GRE");
        assert_eq!(Carriage::new(46, None, Tunnels::default()).to_string(), "natively");
    }

    proptest! {
        #[test]
        fn parts_may_be_put_together_in_any_way(codes in prop::collection::vec(0u8..9, 1..60), cut in 0usize..60) {
            let sum = |codes: &[u8]| {
                let mut carried = Carried::default();
                codes.iter().for_each(|&dscp| carried.add(Carriage::new(dscp, None, Tunnels::default())));
                carried
            };
            let (a, b) = codes.split_at(cut.min(codes.len()));
            let mut joined = sum(a);
            joined.merge(&sum(b));
            prop_assert_eq!(joined, sum(&codes));
            prop_assert_eq!(joined.packets(), codes.len() as u64);
            let of = |n: u8| codes.iter().filter(|&&code| code == n).count() as u32;
            let least: Vec<_> = (0..9).filter(|&n| of(n) > 0).take(WAYS).map(|n| (n, of(n))).collect();
            prop_assert_eq!(joined.iter().map(|(way, n)| (way.dscp(), n)).collect::<Vec<_>>(), least);
        }
    }
}
