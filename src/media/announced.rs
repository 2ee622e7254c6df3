//! Takes the media endpoints that SDP names, gives which flows they speak of, never a flow itself.

use hashbrown::HashMap;

use super::runs::{Flow, IDLE};
use crate::base::{Endpoint, Time, seconds};

/// How long after an SDP a stream to its endpoint may begin.
const VALIDITY: i64 = seconds(3600);

/// Announcements of an endpoint closer together than this are one.
const REPEAT: i64 = seconds(60);

/// An SDP that named an endpoint.
#[derive(Clone, Copy, Debug)]
struct Announcement {
    at: Time,
    secure: bool,
}

/// What SDP named, by endpoint, in order of time.
#[derive(Debug, Default)]
pub struct Announced {
    named: HashMap<Endpoint, Vec<Announcement>>,
    pruned: Time,
}

impl Announced {
    /// Learns that an SDP seen at `clock` names `endpoint` for media; `secure` if its protocol is a profile of SRTP.
    pub fn announce(&mut self, endpoint: Endpoint, secure: bool, clock: Time) {
        let announcements = self.named.entry(endpoint).or_default();
        let repeats = announcements.iter().rev().any(|a| a.secure == secure && clock.since(a.at) < REPEAT);
        if !repeats {
            announcements.push(Announcement { at: clock, secure });
        }
    }

    /// Whether it is time to forget: once in so long, and only after every table of streams was told to remember.
    #[must_use]
    pub const fn is_due(&self, clock: Time) -> bool {
        clock.since(self.pruned) > VALIDITY
    }

    /// Forgets announcements that no flow that begins from `clock` on can need.
    pub fn forget(&mut self, clock: Time) {
        self.pruned = clock;
        self.named.retain(|_, announcements| {
            announcements.retain(|a| clock.since(a.at) <= VALIDITY);
            !announcements.is_empty()
        });
    }

    /// Whether SDP named an end of the flow in time for a stream that passed between two clocks, and if so whether as SRTP.
    pub(super) fn speaks_of(&self, flow: &Flow, begun: Time, ended: Time) -> Option<bool> {
        let announcements = [flow.source, flow.destination].into_iter().filter_map(|end| self.named.get(&end)).flatten();
        let timely = announcements.filter(|a| a.at.since(ended) <= IDLE && begun.since(a.at) <= VALIDITY);
        timely.map(|a| a.secure).reduce(|a, b| a || b)
    }
}
