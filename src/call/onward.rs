//! Takes the 2xx to an INVITE and the requests that follow, gives which wait for an ACK that has to pass the tap, never a dialog
//! (RFC 3261 §12.1.2, §12.2.1.1, §13.2.2.4).

use std::net::IpAddr;
use std::sync::Arc;

use super::marks::{Marks, hash};
use super::turn::Turn;
use super::{AckFault, Fork, Trace};
use crate::sip::{Arrival, HeaderName};

/// How many dialogs of one INVITE are followed beyond the first: a fork answers once, or twice where two pick up at one time.
const FORKS: usize = 8;

/// Hosts that a caller reached in the dialogs of one INVITE; a fork has one for each dialog.
const REACHED: usize = 4;

/// The 2xx to an INVITE that began a dialog.
#[derive(Clone, Debug)]
pub(super) struct Answers {
    first: Onward,
    reached: Reached,
    /// Those of further dialogs.
    forks: Vec<(Onward, Fork)>,
}

impl Answers {
    /// The first of them.
    pub(super) fn begin(arrival: &Arrival, marks: &Marks) -> Self {
        Self { first: Onward::of(arrival, marks), reached: Reached::default(), forks: Vec::new() }
    }

    /// One that is not the first; whether it begins a dialog of its own.
    pub(super) fn fork(&mut self, arrival: &Arrival, marks: &Marks, turn: &mut Turn<'_>) -> bool {
        let known = marks.to.is_none() || self.first.to.is_none() || self.first.to == marks.to || self.forks.len() == FORKS;
        let new = !known && self.forks.iter().all(|(onward, _)| onward.to != marks.to);
        if new {
            self.forks.push((Onward::of(arrival, marks), Fork { response: turn.trace(arrival), ..Fork::default() }));
        }
        new
    }

    /// A request of the caller in one of the dialogs passed to a host.
    pub(super) fn follow(&mut self, to: Option<u64>, host: IpAddr) {
        self.reached.note(host);
        let all = std::iter::once(&mut self.first).chain(self.forks.iter_mut().map(|(onward, _)| onward));
        all.filter(|onward| onward.to == to).for_each(|onward| onward.followed = true);
    }

    /// Whether a To tag is that of a dialog beyond the first, and whether that waits for its ACK.
    pub(super) fn waits(&self, to: Option<u64>) -> Option<bool> {
        self.forks.iter().find(|(onward, _)| onward.to == to).map(|(_, fork)| fork.ack.is_none())
    }

    /// An ACK with that tag.
    pub(super) fn acknowledge(&mut self, to: Option<u64>, ack: Arc<Trace>, fault: Option<AckFault>) {
        if let Some((_, fork)) = self.forks.iter_mut().find(|(onward, fork)| onward.to == to && fork.ack.is_none()) {
            (fork.ack, fork.fault) = (Some(ack), fault);
        }
    }

    /// Whether the ACK of the first may go past the tap.
    pub(super) fn leads_elsewhere(&self) -> bool {
        self.first.leads_elsewhere(&self.reached)
    }

    /// The others. Where the time for their ACK is over, what did not come is missing.
    pub(super) fn close(self, covered: bool) -> Box<[Fork]> {
        let Self { first, reached, forks } = self;
        let told = |(onward, mut fork): (Onward, Fork)| {
            if covered && fork.ack.is_none() {
                fork.fault = Some(AckFault::Missing);
                fork.leads_elsewhere = onward.parts_from(&first, &reached);
            }
            fork
        };
        forks.into_iter().map(told).collect()
    }
}

/// Where requests in the dialog of a 2xx go: to the first of its route set, which is the last of Record-Route, else to its Contact.
#[derive(Clone, Copy, Debug, Default)]
struct Onward {
    /// The To tag of the dialog.
    to: Option<u64>,
    /// An address that the 2xx did not come from.
    away: Option<IpAddr>,
    /// The host as it is written.
    host: u64,
    /// Whether it is a name, which may be any host's.
    is_name: bool,
    /// Whether a request of the caller passed in this dialog: all others in it take the same way.
    followed: bool,
}

impl Onward {
    fn of(arrival: &Arrival, marks: &Marks) -> Self {
        let message = &arrival.message;
        let next = message.addresses_of(HeaderName::RecordRoute).last().or_else(|| message.addresses_of(HeaderName::Contact).next());
        let Some(uri) = next.and_then(|address| address.uri) else { return Self { to: marks.to, ..Self::default() } };
        let ip = uri.host_ip();
        Self {
            to: marks.to,
            away: ip.filter(|ip| *ip != arrival.envelope.source.ip),
            host: hash(uri.host.to_ascii_lowercase()),
            is_name: ip.is_none(),
            followed: false,
        }
    }

    /// Whether the ACK may go past the tap.
    fn leads_elsewhere(&self, reached: &Reached) -> bool {
        !self.followed && self.away.is_some_and(|ip| !reached.0.contains(&Some(ip)))
    }

    /// The same of a dialog beside the first: each may be at a host of its own.
    fn parts_from(&self, first: &Self, reached: &Reached) -> bool {
        self.leads_elsewhere(reached) || !self.followed && self.is_name && self.host != first.host
    }
}

/// The hosts that the caller reached.
#[derive(Clone, Copy, Debug, Default)]
struct Reached([Option<IpAddr>; REACHED]);

impl Reached {
    fn note(&mut self, ip: IpAddr) {
        if !self.0.contains(&Some(ip))
            && let Some(free) = self.0.iter_mut().find(|held| held.is_none())
        {
            *free = Some(ip);
        }
    }
}
