//! Takes the ends of INVITEs, gives which hop of a call a message passed, never guesses from ports alone.

use super::marks::hash;
use crate::base::Endpoint;
use crate::transport::Envelope;

/// The two ends between which an INVITE passed the tap. A tap inside a proxy's host sees a call at several hops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Who sent the INVITE.
    pub(super) source: Endpoint,
    /// Who received it.
    pub(super) destination: Endpoint,
}

impl Path {
    /// What tells it from others.
    pub(super) fn mark(&self) -> u32 {
        hash((self.source, self.destination)) as u32
    }

    pub(super) const fn of(envelope: &Envelope) -> Self {
        Self { source: envelope.source, destination: envelope.destination }
    }

    /// Whether the same request on `next` was forwarded by an end of this path, not sent once more by its source.
    pub(super) fn is_forwarded_on(&self, next: &Self) -> bool {
        self.hands_over_to(next) || next.hands_over_to(self)
    }

    /// A stream's client port is any port, so there the host alone must tell; but not where both ends are one host.
    fn hands_over_to(&self, next: &Self) -> bool {
        next.source == self.destination || (next.source.ip == self.destination.ip && next.source.ip != self.source.ip)
    }

    /// How well a message fits this path, in either direction; 0 where it passed between other hosts.
    pub(super) fn fit(&self, other: &Self) -> u8 {
        let along = |a: &Self| match (a.source == other.source, a.destination == other.destination) {
            (true, true) => 3,
            _ if a.source.ip != other.source.ip || a.destination.ip != other.destination.ip => 0,
            (true, _) | (_, true) => 2,
            _ => 1,
        };
        along(self).max(along(&Self { source: self.destination, destination: self.source }))
    }
}
