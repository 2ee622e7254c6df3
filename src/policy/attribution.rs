//! Takes the prefixes of all peers, gives who owns an address, never which element of the peer (`standards.md` §1.2).

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Party, Peer};

/// Longest-prefix lookup: prefixes nest or are apart, so they cut the address space into intervals with one owner each.
#[derive(Debug, Default)]
pub(super) struct Attribution {
    v4: Intervals<u32>,
    v6: Intervals<u128>,
}

impl Attribution {
    /// The owners of all SBE and DBE prefixes.
    pub(super) fn new(peers: &[Peer]) -> Self {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for (peer, index) in peers.iter().zip(0_u16..) {
            let sbe = peer.sbe.iter().flat_map(|e| &e.addresses);
            for net in sbe.chain(peer.dbe.iter().flat_map(|e| &e.addresses)) {
                match net {
                    IpNet::V4(net) => v4.push((u32::from(net.network()), u32::from(net.broadcast()), index)),
                    IpNet::V6(net) => v6.push((u128::from(net.network()), u128::from(net.broadcast()), index)),
                }
            }
        }
        Self { v4: Intervals::new(v4, |end| end.checked_add(1)), v6: Intervals::new(v6, |end| end.checked_add(1)) }
    }

    /// Who owns `ip`.
    pub(super) fn owner(&self, ip: IpAddr) -> Party {
        let owner = match ip {
            IpAddr::V4(ip) => self.v4.owner(u32::from(ip)),
            IpAddr::V6(ip) => self.v6.owner(u128::from(ip)),
        };
        owner.map_or(Party::Unknown, Party::Declared)
    }
}

/// Sorted starts of intervals and who owns each; an interval ends where the next starts.
#[derive(Debug)]
struct Intervals<A> {
    starts: Vec<A>,
    owners: Vec<Option<u16>>,
}

impl<A> Default for Intervals<A> {
    fn default() -> Self {
        Self { starts: Vec::new(), owners: Vec::new() }
    }
}

impl<A: Copy + Ord> Intervals<A> {
    /// `prefixes`: first and last address and the owner. `after`: the next address, unless there is none.
    fn new(mut prefixes: Vec<(A, A, u16)>, after: impl Fn(A) -> Option<A>) -> Self {
        // Wider prefixes before those that nest in them.
        prefixes.sort_unstable_by_key(|&(first, last, owner)| (first, std::cmp::Reverse(last), owner));
        let mut intervals = Self::default();
        let mut open: Vec<(A, u16)> = Vec::new();
        for (first, last, owner) in prefixes {
            intervals.close(&mut open, |end| end < first, &after);
            intervals.begin(first, Some(owner));
            open.push((last, owner));
        }
        intervals.close(&mut open, |_| true, &after);
        intervals
    }

    /// Ends the open prefixes that are over: what follows each belongs to the one around it.
    fn close(&mut self, open: &mut Vec<(A, u16)>, over: impl Fn(A) -> bool, after: impl Fn(A) -> Option<A>) {
        while let Some((end, _)) = open.pop_if(|(end, _)| over(*end)) {
            if let Some(next) = after(end) {
                self.begin(next, open.last().map(|&(_, owner)| owner));
            }
        }
    }

    fn begin(&mut self, start: A, owner: Option<u16>) {
        // Of several that begin here the last is the narrowest, or what follows the widest.
        if self.starts.last() == Some(&start) {
            self.starts.pop();
            self.owners.pop();
        }
        self.starts.push(start);
        self.owners.push(owner);
    }

    fn owner(&self, address: A) -> Option<u16> {
        let after = self.starts.partition_point(|&start| start <= address);
        *self.owners.get(after.checked_sub(1)?)?
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn finds_what_a_search_for_the_longest_prefix_finds(
            nets in prop::collection::vec((0..16_u32, 24..33_u8, 0..4_u16), 0..12),
            address in 0..0x1100_u32,
        ) {
            let base = 0xffff_ff00_u32 - 0x1000;
            let net = |place: u32, len: u8| ipnet::Ipv4Net::new((base + place * 16).into(), len).unwrap().trunc();
            let prefixes: Vec<_> = nets.iter().map(|&(place, len, owner)| (net(place, len), owner)).collect();
            let ip = base.saturating_add(address);
            let ranges = prefixes.iter().map(|(net, owner)| (u32::from(net.network()), u32::from(net.broadcast()), *owner)).collect();
            let found = Intervals::new(ranges, |end: u32| end.checked_add(1)).owner(ip);
            let around = prefixes.iter().filter(|(net, _)| net.contains(&std::net::Ipv4Addr::from(ip)));
            // Of equal prefixes the last peer is taken here; a policy cannot declare them.
            let longest = around.max_by_key(|(net, owner)| (net.prefix_len(), *owner)).map(|(_, owner)| *owner);
            prop_assert_eq!(found, longest);
        }
    }

    #[test]
    fn the_last_address_has_an_owner_too() {
        let all = Intervals::new(vec![(0, u32::MAX, 1), (u32::MAX, u32::MAX, 2)], |end| end.checked_add(1));
        assert_eq!((all.owner(0), all.owner(u32::MAX - 1), all.owner(u32::MAX)), (Some(1), Some(1), Some(2)));
    }
}
