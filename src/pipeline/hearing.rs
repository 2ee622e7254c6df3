//! Takes messages with their place and what happened in calls, gives what their media needs of it, never the message.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;

use super::shards::SHARDS;
use crate::base::Time;
use crate::binding::{Event, Heard, Named, Said, Side, callee_tag};
use crate::call::{Happening, LoadKind, Outcome, Place, Repeat, Report};
use crate::policy::TrunkId;
use crate::sdp::{Description, SdpRole};
use crate::sip::Arrival;

/// What the calls of a shard said and did, since it was last taken; of each call in order.
#[derive(Debug)]
pub(super) struct Hearing {
    /// Which of the shards it listens to.
    shard: u64,
    pub(super) heard: Vec<Heard>,
    /// Bodies that name more endpoints than are looked at.
    pub(super) overlong: u64,
}

impl Hearing {
    pub(super) const fn new(shard: u64) -> Self {
        Self { shard, heard: Vec::new(), overlong: 0 }
    }

    /// The number of a call among those of all shards.
    const fn number(&self, call: u64) -> u64 {
        call.wrapping_mul(SHARDS as u64).wrapping_add(self.shard)
    }

    /// Hears a message with SDP.
    pub(super) fn message(&mut self, arrival: &Arrival, place: &Place, sdp: &Arc<Description>, trunk: Option<TrunkId>) {
        let (Some(role), Repeat::First) = (place.sdp_role, place.repeat) else { return };
        // What nobody may take for an offer or an answer names nothing; nor does what the receiver is to ignore.
        let Some(from_caller) = place.from_caller.filter(|_| matches!(role, SdpRole::Offer | SdpRole::Answer | SdpRole::Preview)) else {
            return;
        };
        let (envelope, message) = (&arrival.envelope, &arrival.message);
        let (named, more) = Named::all(sdp);
        self.overlong += u64::from(more);
        let call_id: Arc<str> = String::from_utf8_lossy(message.call_id()).into();
        let said = Said {
            origin: envelope.origin,
            at: envelope.clock,
            source: envelope.source,
            destination: envelope.destination,
            side: if from_caller { Side::Caller } else { Side::Callee },
            tag: callee_tag(message, from_caller).map_or(0, |tag| FixedState::default().hash_one(tag)),
            role,
            sdp: Arc::clone(sdp),
        };
        let call = self.number(place.call);
        self.heard.push(Heard { call, event: Event::Said { call_id, trunk, said, named } });
    }

    /// Hears what happened.
    pub(super) fn happening(&mut self, report: &Report) {
        let event = match &report.happening {
            Happening::OfferAnswer(e) => Event::Agreed(e.offer.origin, e.answer.origin),
            Happening::Load(e) => match life(e.kind, e.at) {
                Some(event) => event,
                None => return,
            },
            Happening::Session(s) if s.outcome == Outcome::Success => Event::Session(Box::new(s.clone())),
            Happening::Over(over) => Event::Over(over.last),
            Happening::Transaction(_) | Happening::Dialog(_) | Happening::Session(_) => return,
        };
        self.heard.push(Heard { call: self.number(report.call), event });
    }
}

fn life(kind: LoadKind, at: Time) -> Option<Event> {
    match kind {
        LoadKind::Answered => Some(Event::Answered(at)),
        LoadKind::Attempt | LoadKind::Resumed => Some(Event::Lives(at, true)),
        LoadKind::Ended | LoadKind::AttemptEnded => Some(Event::Lives(at, false)),
        LoadKind::Transaction | LoadKind::Message => None,
    }
}
