//! Takes messages that the capture cut beyond recognition, gives when each host was out of sight of another, never what they said.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::base::{Time, seconds};
use crate::call::{Bye, ByeEnd, Ending, Happening, Outcome, Place, Session, Transaction};
use crate::sip::{Arrival, HeaderName};
use crate::transport::Envelope;

/// Longer than any transaction waits: Timer C as agreements have it, and 64·T1 behind it.
const MEMORY: i64 = seconds(1800);

/// How long an answer is waited for at least: 64·T1 (RFC 3261 §17.1.1.2).
const TIMER_B: i64 = seconds(32);

/// When messages passed from one host to another that cannot be told to any transaction, because the snapshot length cut them or the capture lacks
/// a part of their stream.
#[derive(Debug, Default)]
pub(super) struct BlindSpots(HashMap<(IpAddr, IpAddr), BTreeSet<i64>>);

/// How exactly times are kept: a capture may hold the beginnings of many messages.
const GRAIN: i64 = 100_000_000;

fn grain(at: Time) -> i64 {
    at.0.div_euclid(GRAIN)
}

/// A message that was cut before what its transaction is known by.
pub(super) type BlindSpot = (IpAddr, IpAddr, Time);

/// The blind spot that a message is, if it is one.
pub(super) fn blind_spot(arrival: &Arrival) -> Option<BlindSpot> {
    let (envelope, message) = (&arrival.envelope, &arrival.message);
    let known =
        [message.from_tag(), message.branch()].iter().all(Option::is_some) && message.cseq().is_some() && !message.call_id().is_empty();
    (envelope.cut && !(known && message.has(HeaderName::To))).then_some((envelope.source.ip, envelope.destination.ip, envelope.clock))
}

impl BlindSpots {
    /// Takes one more.
    pub(super) fn note(&mut self, (source, destination, at): BlindSpot) {
        self.0.entry((source, destination)).or_default().insert(grain(at));
    }

    /// Forgets what no live transaction can ask for.
    pub(super) fn forget(&mut self, clock: Time) {
        self.0.retain(|_, times| {
            *times = times.split_off(&grain(clock.plus(-MEMORY)));
            !times.is_empty()
        });
    }

    fn between(&self, source: IpAddr, destination: IpAddr, from: Time, to: Time) -> bool {
        let from = from.min(to);
        self.0.get(&(source, destination)).is_some_and(|times| times.range(grain(from)..=grain(to)).next().is_some())
    }

    /// What is said to be missing may have passed unrecognised: then nobody is to blame for it.
    pub(super) fn soften(&self, happening: &mut Happening) {
        if self.0.is_empty() {
            return;
        }
        match happening {
            Happening::Transaction(transaction) => transaction.out_of_sight = self.hide_end_of(transaction),
            Happening::Session(session) => {
                if session.outcome == Outcome::Timeout && self.hide_answer_of(session) {
                    Arc::make_mut(session).outcome = Outcome::Censored;
                }
                if session.bye.as_ref().is_some_and(|bye| self.hide_answer_to(bye)) {
                    Arc::make_mut(session).bye.iter_mut().for_each(|bye| bye.end = ByeEnd::Open);
                }
            }
            _ => {}
        }
    }

    /// Whether what a message follows may have passed unrecognised before it: the request of a response, or one that its sender counted.
    pub(super) fn hide_cause_of(&self, arrival: &Arrival, place: &Place) -> bool {
        let Envelope { source, destination, clock, .. } = arrival.envelope;
        let (source, destination, since) = (source.ip, destination.ip, clock.plus(-MEMORY));
        let asks = if arrival.message.is_request() { place.previous_cseq.is_some() } else { !place.matched };
        asks && (self.between(source, destination, since, clock) || self.between(destination, source, since, clock))
    }

    fn hide_end_of(&self, transaction: &Transaction) -> bool {
        let request = &transaction.request;
        let (client, server) = (request.source.ip, request.destination.ip);
        match &transaction.ending {
            Ending::TimedOut(end) | Ending::TimerC(end) => self.between(server, client, request.first, *end),
            Ending::Final { response, .. } => {
                let forks = transaction.forks.iter().filter(|fork| fork.fault.is_some()).map(|fork| fork.response.first);
                let pracks = transaction.reliables.iter().flat_map(|reliables| &reliables.followed).map(|reliable| reliable.response.first);
                let mut waiting = transaction.ack_fault.map(|_| response.first).into_iter().chain(forks).chain(pracks);
                waiting.any(|since| self.between(client, server, since, since.plus(TIMER_B)))
            }
            Ending::Open => false,
        }
    }

    fn hide_answer_to(&self, bye: &Bye) -> bool {
        let request = &bye.request;
        matches!(bye.end, ByeEnd::TimedOut(end) if self.between(request.destination.ip, request.source.ip, request.first, end))
    }

    fn hide_answer_of(&self, session: &Session) -> bool {
        let invite = &session.invite;
        self.between(invite.destination.ip, invite.source.ip, invite.first, invite.first.plus(TIMER_B))
    }
}
