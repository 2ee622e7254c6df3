//! Takes who talks to whom, gives the two sides of the interconnect, never asks a policy.

use std::net::IpAddr;

use hashbrown::HashMap;

use crate::policy::Party;

/// One of the two sides that traffic without a policy is sorted into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Near,
    Far,
}

impl Side {
    const fn other(self) -> Self {
        match self {
            Self::Near => Self::Far,
            Self::Far => Self::Near,
        }
    }
}

/// The hosts of an interconnect whose peers nobody declared. A host joins the side opposite to the first host it talks to, or that of
/// its own network (/24, /64); what it is then never changes, so the sides depend on the order of the capture only.
#[derive(Debug, Default)]
pub struct Sides {
    hosts: HashMap<IpAddr, Side>,
    networks: HashMap<IpAddr, Side>,
    near: Vec<IpAddr>,
    far: Vec<IpAddr>,
}

impl Sides {
    /// Takes the next pair that exchanged SIP, in the order of the capture.
    pub fn meet(&mut self, source: IpAddr, destination: IpAddr) {
        let within = network(source) == network(destination);
        let known = |host| self.hosts.get(&host).or_else(|| self.networks.get(&network(host)).filter(|_| !within)).copied();
        let (from, to) = match (known(source), known(destination)) {
            (None, None) => (Side::Near, Side::Far),
            (Some(from), None) => (from, from.other()),
            (None, Some(to)) => (to.other(), to),
            (Some(from), Some(to)) => (from, to),
        };
        self.join(source, from);
        self.join(destination, to);
    }

    fn join(&mut self, host: IpAddr, side: Side) {
        if self.hosts.contains_key(&host) {
            return;
        }
        self.hosts.insert(host, side);
        self.networks.entry(network(host)).or_insert(side);
        match side {
            Side::Near => self.near.push(host),
            Side::Far => self.far.push(host),
        }
    }

    /// The party that stands for a host's side: its first host.
    #[must_use]
    pub fn of(&self, party: Party) -> Party {
        let Party::Host(ip) = party else { return party };
        let first = match self.hosts.get(&ip) {
            Some(Side::Near) => self.near.first(),
            Some(Side::Far) => self.far.first(),
            None => None,
        };
        Party::Host(first.copied().unwrap_or(ip))
    }

    /// The name of a side: its first host, and how many more there are.
    #[must_use]
    pub fn name(&self, first: IpAddr) -> String {
        let more = [&self.near, &self.far].into_iter().find(|s| s.first() == Some(&first)).map_or(0, |s| s.len() - 1);
        if more == 0 { first.to_string() } else { format!("{first} (+{more})") }
    }

    /// The hosts of the two sides, each in the order in which they were met.
    #[must_use]
    pub fn hosts(&self) -> [&[IpAddr]; 2] {
        [&self.near, &self.far]
    }

    /// The names of the sides that have hosts.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        [&self.near, &self.far].into_iter().filter_map(|s| s.first()).map(|&ip| self.name(ip)).collect()
    }
}

/// The /24 or /64 of an address.
#[must_use]
pub fn network(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => IpAddr::V4((u32::from(ip) & 0xffff_ff00).into()),
        IpAddr::V6(ip) => IpAddr::V6((u128::from(ip) & !u128::from(u64::MAX)).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn border_elements_of_one_network_are_one_side() {
        let mut sides = Sides::default();
        sides.meet(ip("192.0.2.16"), ip("198.51.100.34"));
        sides.meet(ip("198.51.100.35"), ip("192.0.2.17"));
        assert_eq!(sides.of(Party::Host(ip("192.0.2.17"))), Party::Host(ip("192.0.2.16")));
        assert_eq!(sides.of(Party::Host(ip("198.51.100.35"))), Party::Host(ip("198.51.100.34")));
        assert_eq!(sides.names(), ["192.0.2.16 (+1)", "198.51.100.34 (+1)"]);
    }

    #[test]
    fn two_hosts_of_one_network_that_talk_are_two_sides() {
        let mut sides = Sides::default();
        sides.meet(ip("192.168.1.10"), ip("192.168.1.20"));
        assert_eq!(sides.names(), ["192.168.1.10", "192.168.1.20"]);
    }
}
