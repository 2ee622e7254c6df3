//! Takes messages with their place and what happened in calls, gives what their media needs of it, never the message.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::base::Time;
use crate::binding::{Event, Heard, Named, Said, Side, callee_tag};
use crate::call::{Happening, LoadKind, Outcome, Place, Repeat};
use crate::policy::TrunkId;
use crate::sdp::{Description, SdpRole};
use crate::sip::Arrival;

/// What the calls of a shard said and did, since it was last taken; of each call in order.
#[derive(Debug, Default)]
pub(super) struct Hearing {
    pub(super) heard: Vec<Heard>,
    /// Bodies that name more endpoints than are looked at.
    pub(super) overlong: u64,
}

impl Hearing {
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
        self.heard.push(Heard { call: key(&call_id), event: Event::Said { call_id, trunk, said, named } });
    }

    /// Hears what happened.
    pub(super) fn happening(&mut self, happening: &Happening) {
        let (call_id, event) = match happening {
            Happening::OfferAnswer(e) => (&e.call_id, Event::Agreed(e.offer.origin, e.answer.origin)),
            Happening::Load(e) => (&e.call_id, life(e.kind, e.at)),
            Happening::Session(s) if s.outcome == Outcome::Success => (&s.call_id, Event::Session(Box::new(s.clone()))),
            Happening::Over(over) => (&over.call_id, Event::Over(over.last)),
            Happening::Transaction(_) | Happening::Dialog(_) | Happening::Session(_) => return,
        };
        self.heard.push(Heard { call: key(call_id), event });
    }
}

fn life(kind: LoadKind, at: Time) -> Event {
    match kind {
        LoadKind::Answered => Event::Answered(at),
        LoadKind::Attempt | LoadKind::Resumed => Event::Lives(at, true),
        LoadKind::Ended | LoadKind::AttemptEnded => Event::Lives(at, false),
    }
}

fn key(call_id: &str) -> u64 {
    FixedState::default().hash_one(call_id)
}
