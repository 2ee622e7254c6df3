//! Takes messages that the capture cut beyond recognition, gives when each host was out of sight of another, never what they said.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use crate::base::{Time, seconds};
use crate::call::{Bye, ByeEnd, Ending, Happening, Outcome, Place, Session, Transaction};
use crate::sip::Arrival;
use crate::transport::Envelope;

/// Longer than any transaction waits: Timer C as agreements have it, and 64·T1 behind it.
const MEMORY: i64 = seconds(1800);

/// How long an answer is waited for at least: 64·T1 (RFC 3261 §17.1.1.2).
const TIMER_B: i64 = seconds(32);

/// When messages passed from one host to another that cannot be told to any transaction, because the snapshot length cut them or the capture lacks
/// a part of their stream.
#[derive(Debug, Default)]
pub(super) struct BlindSpots {
    pairs: HashMap<(IpAddr, IpAddr), BTreeSet<i64>>,
    /// The same by sender alone: without Record-Route the ACK of a 2xx goes past the hosts that its INVITE took (RFC 3261 §13.2.2.4).
    senders: HashMap<IpAddr, BTreeSet<i64>>,
}

/// How exactly times are kept: a capture may hold the beginnings of many messages.
const GRAIN: i64 = 100_000_000;

fn grain(at: Time) -> i64 {
    at.0.div_euclid(GRAIN)
}

fn is_within(times: &BTreeSet<i64>, from: Time, to: Time) -> bool {
    times.range(grain(from.min(to))..=grain(to)).next().is_some()
}

/// A message that was cut before what its transaction is known by.
pub(super) type BlindSpot = (IpAddr, IpAddr, Time);

/// The blind spot that a message is, if it is one.
pub(super) fn blind_spot(arrival: &Arrival) -> Option<BlindSpot> {
    let (envelope, message) = (&arrival.envelope, &arrival.message);
    let known =
        [message.from_tag(), message.branch()].iter().all(Option::is_some) && message.cseq().is_some() && !message.call_id().is_empty();
    (envelope.cut && (!known || arrival.may_be_in_dialog())).then_some((envelope.source.ip, envelope.destination.ip, envelope.clock))
}

impl BlindSpots {
    /// Takes one more.
    pub(super) fn note(&mut self, (source, destination, at): BlindSpot) {
        self.pairs.entry((source, destination)).or_default().insert(grain(at));
        self.senders.entry(source).or_default().insert(grain(at));
    }

    /// Forgets what no live transaction can ask for.
    pub(super) fn forget(&mut self, clock: Time) {
        let goes_on = |times: &mut BTreeSet<i64>| {
            *times = times.split_off(&grain(clock.plus(-MEMORY)));
            !times.is_empty()
        };
        self.pairs.retain(|_, times| goes_on(times));
        self.senders.retain(|_, times| goes_on(times));
    }

    fn between(&self, source: IpAddr, destination: IpAddr, from: Time, to: Time) -> bool {
        self.pairs.get(&(source, destination)).is_some_and(|times| is_within(times, from, to))
    }

    fn any_from(&self, source: IpAddr, from: Time, to: Time) -> bool {
        self.senders.get(&source).is_some_and(|times| is_within(times, from, to))
    }

    /// What is said to be missing may have passed unrecognised: then nobody is to blame for it.
    pub(super) fn soften(&self, happening: &mut Happening) {
        if self.pairs.is_empty() {
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
                let mut pracks =
                    transaction.reliables.iter().flat_map(|reliables| &reliables.followed).map(|reliable| reliable.response.first);
                let mut acks = transaction.ack_fault.map(|_| response.first).into_iter().chain(forks);
                acks.any(|since| self.any_from(client, since, since.plus(TIMER_B)))
                    || pracks.any(|since| self.between(client, server, since, since.plus(TIMER_B)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Endpoint;
    use crate::call::{AckFault, Trace};

    /// RFC 3261 §13.2.2.4, §16.12: without Record-Route the ACK goes from the client to the Contact of the 2xx, wherever that is.
    #[test]
    fn the_ack_of_a_success_may_pass_between_other_hosts() {
        let (client, proxy, server) = ([192, 0, 2, 1].into(), [192, 0, 2, 9].into(), [192, 0, 2, 2].into());
        let mut spots = BlindSpots::default();
        spots.note((client, server, Time(seconds(12))));
        let at = |second| Time(seconds(second));
        let hidden = |answered: i64, asked: IpAddr| {
            let trace = |source, destination| Trace {
                source: Endpoint::new(source, 5060),
                destination: Endpoint::new(destination, 5060),
                first: at(answered),
                ..Trace::default()
            };
            let ending = Ending::Final { code: 200, response: trace(proxy, asked).into() };
            let request = trace(asked, proxy).into();
            spots.hide_end_of(&Transaction { request, ending, ack_fault: Some(AckFault::Missing), ..Transaction::default() })
        };
        assert!(hidden(10, client), "it may be the ACK");
        assert!(!hidden(13, client) && !hidden(10, proxy), "too early, and of somebody else");
    }
}
