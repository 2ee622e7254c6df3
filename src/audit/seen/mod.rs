//! Takes what passes, gives which values were seen, how often and where first, never whether they were agreed.

mod media;
mod messages;
mod sightings;
mod topic;

use std::collections::BTreeMap;
use std::net::IpAddr;

pub(super) use messages::is_digits;
pub use sightings::{DISTINCT, Extent, Sighting, Sightings};
pub use topic::{Measure, Topic};

use crate::base::{Origin, Transport};

/// The traffic as a draft policy wants to know it: mergeable, and bounded by [`DISTINCT`] values of each kind in each part.
#[derive(Clone, Debug)]
pub struct Seen {
    topics: Box<[Sightings<Box<str>>; Topic::COUNT]>,
    measures: [Option<Extent>; Measure::COUNT],
    /// Who sent SIP, or was sent it.
    pub hosts: Sightings<IpAddr>,
    /// Who exchanged SIP or TLS with whom, the smaller address first.
    pub pairs: Sightings<(IpAddr, IpAddr)>,
    /// Where requests went that no connection of the receiver brought.
    pub listeners: Sightings<(IpAddr, Transport, u16)>,
    /// Domains in From, and host names in Via and Contact, by who sent them.
    pub domains: Sightings<(IpAddr, Box<str>)>,
    pub(super) names: Sightings<(IpAddr, Box<str>)>,
    /// Beginnings of global numbers, by the host that called from them or was called at them.
    pub numbers: Sightings<(IpAddr, Box<str>)>,
    /// SIP domains of certificates, by who showed them.
    pub identities: Sightings<(IpAddr, Box<str>)>,
    /// Media addresses by the signalling host whose side they are on.
    pub media: Sightings<(IpAddr, IpAddr)>,
    ports: BTreeMap<IpAddr, Extent>,
    /// The two sides: hosts of the first, hosts of the second.
    pub sides: [Vec<IpAddr>; 2],
}

impl Default for Seen {
    fn default() -> Self {
        Self {
            topics: Box::new(std::array::from_fn(|_| Sightings::default())),
            measures: [None; Measure::COUNT],
            hosts: Sightings::default(),
            pairs: Sightings::default(),
            listeners: Sightings::default(),
            domains: Sightings::default(),
            names: Sightings::default(),
            numbers: Sightings::default(),
            identities: Sightings::default(),
            media: Sightings::default(),
            ports: BTreeMap::new(),
            sides: Default::default(),
        }
    }
}

impl Seen {
    /// What was seen of a topic.
    #[must_use]
    #[allow(clippy::indexing_slicing)] // There is a place for each topic.
    pub fn of(&self, topic: Topic) -> &Sightings<Box<str>> {
        &self.topics[topic as usize]
    }

    /// What was measured.
    #[must_use]
    pub fn extent(&self, measure: Measure) -> Option<Extent> {
        self.measures.get(measure as usize).copied().flatten()
    }

    /// Host names in Via and Contact, by who sent them.
    #[must_use]
    pub const fn names(&self) -> &Sightings<(IpAddr, Box<str>)> {
        &self.names
    }

    /// The ports of a media address.
    #[must_use]
    pub fn ports(&self, media: IpAddr) -> Option<Extent> {
        self.ports.get(&media).copied()
    }

    /// Adds another part.
    pub fn merge(&mut self, other: Self) {
        for (mine, theirs) in self.topics.iter_mut().zip(*other.topics) {
            mine.merge(theirs);
        }
        for (mine, theirs) in self.measures.iter_mut().zip(other.measures) {
            *mine = together(*mine, theirs);
        }
        self.hosts.merge(other.hosts);
        self.pairs.merge(other.pairs);
        self.listeners.merge(other.listeners);
        self.domains.merge(other.domains);
        self.names.merge(other.names);
        self.numbers.merge(other.numbers);
        self.identities.merge(other.identities);
        self.media.merge(other.media);
        for (ip, theirs) in other.ports {
            let mine = self.ports.get(&ip).copied();
            self.ports.extend(together(mine, Some(theirs)).map(|both| (ip, both)));
        }
    }

    /// Takes note of two hosts that talk.
    fn pair(&mut self, a: IpAddr, b: IpAddr, at: Origin) {
        self.pairs.add((a.min(b), a.max(b)), "", at);
    }

    /// Takes note of a name.
    fn name(&mut self, topic: Topic, text: &[u8], at: Origin) {
        if let Some(sightings) = self.topics.get_mut(topic as usize) {
            sightings.name(text, topic.is_exact(), at);
        }
    }

    /// Takes note of a number.
    fn number(&mut self, measure: Measure, value: u64, at: Origin) {
        if let Some(extent) = self.measures.get_mut(measure as usize) {
            *extent = together(*extent, Some(Extent::of(value, at)));
        }
    }

    /// Takes note of an address for media on the side of `host`.
    fn media_at(&mut self, host: IpAddr, media: IpAddr, port: u16, at: Origin) {
        self.media.add((host, media), "", at);
        if self.media.get(&(host, media)).is_some() {
            self.port(media, port, at);
        }
    }

    /// Takes note of a port of an address for media; 0 and 9 are none (RFC 4145 §4.1, RFC 8840 §4.1.1).
    fn port(&mut self, media: IpAddr, port: u16, at: Origin) {
        if port != 0 && port != 9 {
            let mine = self.ports.get(&media).copied();
            self.ports.extend(together(mine, Some(Extent::of(port.into(), at))).map(|both| (media, both)));
        }
    }
}

fn together(a: Option<Extent>, b: Option<Extent>) -> Option<Extent> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.and(b)),
        (one, other) => one.or(other),
    }
}

/// Private, unique local, link-local or loopback space (RFC 1918, RFC 4193, RFC 3927).
#[must_use]
pub fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => is_private(IpAddr::V4(ip)),
            None => ip.is_unique_local() || ip.is_loopback() || ip.is_unicast_link_local(),
        },
    }
}
