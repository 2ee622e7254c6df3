//! Takes messages with their place and what happened in calls, gives what their media needs of it to the calls of the shard, never the message.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::base::Time;
use crate::binding::{Event, MediaCalls, Named, Said, Side, callee_tag};
use crate::call::{Happening, LoadKind, Outcome, Place, Repeat, Report};
use crate::policy::TrunkId;
use crate::sdp::{Description, SdpRole};
use crate::sip::Arrival;

/// The media of the calls of a shard.
#[derive(Debug)]
pub(super) struct Hearing {
    pub(super) calls: MediaCalls,
    /// Bodies that name more endpoints than are looked at.
    pub(super) overlong: u64,
}

impl Hearing {
    pub(super) fn new(shard: u16) -> Self {
        Self { calls: MediaCalls::new(shard), overlong: 0 }
    }

    /// Hears a message with SDP.
    pub(super) fn message(&mut self, arrival: &Arrival, place: &Place, sdp: &Arc<Description>, trunk: Option<TrunkId>) {
        let (Some(role), Repeat::First) = (place.sdp_role, place.repeat) else { return };
        // What nobody may take for an offer or an answer names nothing; nor does what the receiver is to ignore.
        let names = matches!(role, SdpRole::Offer | SdpRole::Answer | SdpRole::Either | SdpRole::Preview);
        let Some(from_caller) = place.from_caller.filter(|_| names) else {
            return;
        };
        let (envelope, message) = (&arrival.envelope, &arrival.message);
        let sdp = sdp.whole_lines();
        let (named, more) = Named::all(&sdp);
        self.overlong += u64::from(more);
        let said = Said {
            origin: envelope.origin,
            at: envelope.clock,
            source: envelope.source,
            destination: envelope.destination,
            side: if from_caller { Side::Caller } else { Side::Callee },
            tag: callee_tag(message, from_caller).map_or(0, |tag| FixedState::default().hash_one(tag)),
            role,
            sdp,
        };
        self.calls.say(place.call, message.call_id(), trunk, said, &named);
    }

    /// Hears what happened.
    pub(super) fn happening(&mut self, report: &Report) {
        let event = match &report.happening {
            Happening::OfferAnswer(e) => Event::Agreed(e.offer.origin, e.answer.origin),
            Happening::Load(e) => match life(e.kind, e.at) {
                Some(event) => event,
                None => return,
            },
            Happening::Session(s) if s.outcome == Outcome::Success => Event::Session(s),
            Happening::Over(over) => Event::Over(over.last),
            Happening::Transaction(_) | Happening::Dialog(_) | Happening::Session(_) => return,
        };
        self.calls.hear(report.call, event);
    }
}

fn life(kind: LoadKind, at: Time) -> Option<Event<'static>> {
    if kind == LoadKind::Answered { Some(Event::Answered(at)) } else { begins(kind).map(|alive| Event::Lives(at, alive)) }
}

/// Whether something of a call begins with a change of load, or is over; `None` where that says nothing of it.
pub(super) const fn begins(kind: LoadKind) -> Option<bool> {
    match kind {
        LoadKind::Attempt | LoadKind::Resumed | LoadKind::Answered => Some(true),
        LoadKind::Ended | LoadKind::AttemptEnded => Some(false),
        LoadKind::Transaction | LoadKind::Message | LoadKind::AttemptLost => None,
    }
}
