//! Takes messages with their places, gives a few of them at a time to the rules that look at messages, never what happened in calls.

use std::sync::Arc;

use smallvec::SmallVec;

use super::compliance::Said;
use super::docket::Case;
use super::judge::{Judge, Matter, interval_of};
use super::proceedings::Traffic;
use crate::base::{lossy, seconds};
use crate::call::{self, Place, Repeat};
use crate::metrics::Begun;
use crate::policy::{Party, Policy, Terms, TrunkFacts, TrunkId};
use crate::rules::{Addresses, Certified, Kind, MessageCheck, MessageSubject, Passports, Recalled, Scope, Verdict};
use crate::sdp::{Description, SdpRole};
use crate::sip::{Arrival, HeaderName, Method};

/// A message that rules are to be asked about.
#[derive(Debug)]
pub struct Heard<'a, 'p> {
    pub(super) arrival: &'a Arrival,
    pub(super) place: &'a Place,
    pub(super) sdp: Option<&'a Description>,
    pub(super) kind: Kind,
    pub(super) from: Party,
    pub(super) to: Party,
    pub(super) session_from: Party,
    pub(super) session_to: Party,
    pub(super) trunk: Option<TrunkId>,
    recalled: Recalled,
    pub(super) by_message: &'p Terms,
    pub(super) by_session: &'p Terms,
}

/// The directions of a few messages: hardly ever more than the two of a trunk.
struct Ways {
    directions: SmallVec<[(Party, Party); 8]>,
    /// For each message the place of its direction.
    of_each: Vec<usize>,
}

impl Ways {
    fn of(heard: &[Heard<'_, '_>]) -> Self {
        let mut directions: SmallVec<[(Party, Party); 8]> = SmallVec::new();
        let of_each = heard.iter().map(|heard| {
            let direction = (heard.from, heard.to);
            directions.iter().position(|&known| known == direction).unwrap_or_else(|| {
                directions.push(direction);
                directions.len() - 1
            })
        });
        Self { of_each: of_each.collect(), directions }
    }
}

impl<'p> Heard<'_, 'p> {
    /// The terms that a rule of this scope holds the message against.
    fn terms(&self, scope: Scope, policy: &'p Policy) -> &'p Terms {
        match scope {
            Scope::Session => self.by_session,
            Scope::Global => policy.global(),
            Scope::Message | Scope::Connection | Scope::Interval => self.by_message,
        }
    }

    /// What rules of the message's direction look at.
    fn subject<'s>(
        &'s self,
        policy: &'p Policy,
        (read, signed): (&'s Addresses<'s>, &'s Passports),
        certified: &'s Certified,
    ) -> MessageSubject<'s>
    where
        'p: 's,
    {
        MessageSubject {
            arrival: self.arrival,
            place: self.place,
            sdp: self.sdp,
            policy,
            from: self.from,
            to: self.to,
            terms: self.by_message,
            session_from: self.session_from,
            session_to: self.session_to,
            read,
            signed,
            recalled: self.recalled,
            certified,
        }
    }
}

impl<'p> Judge<'p> {
    /// Takes note of a message; gives it back with what it takes to judge it, unless it is a repetition.
    pub fn hear<'a>(&mut self, arrival: &'a Arrival, place: &'a Place, sdp: Option<&'a Description>) -> Option<Heard<'a, 'p>> {
        let envelope = &arrival.envelope;
        if place.repeat == Repeat::Mirror {
            return None;
        }
        let pair = (envelope.source.ip, envelope.destination.ip);
        let met = &mut self.met;
        let traffic = self.proceedings.traffic.entry(pair).or_insert_with(|| {
            met.push((envelope.origin, pair.0, pair.1));
            Traffic { first: Some((envelope.origin, envelope.first)), ..Traffic::default() }
        });
        traffic.messages += 1;
        let message = &arrival.message;
        if !message.is_request() || message.method() == Some(Method::Ack) || message.to_tag().is_some() {
            traffic.heeded += 1;
        } else if place.repeat == Repeat::Retransmission {
            traffic.unheeded += 1;
        }
        if !envelope.via_hep {
            traffic.carried.add(envelope.carriage, (envelope.origin, envelope.first));
        }
        if envelope.transport.is_stream() {
            traffic.reuse.add(arrival, &self.certified);
        }
        if place.repeat != Repeat::First {
            return None;
        }
        if let Some(seen) = &mut self.proceedings.seen {
            seen.message(arrival, place, sdp);
        }
        self.proceedings.usage.message(&self.docket.roll, arrival, place, sdp);
        let (from, to) = (self.policy.party(pair.0), self.policy.party(pair.1));
        let (session_from, session_to) = if place.from_caller == Some(false) { (to, from) } else { (from, to) };
        let trunk = self.trunk(arrival, place, session_from, session_to);
        if arrival.message.is_request() && arrival.message.method() != Some(Method::Ack) {
            let second = envelope.clock.floor(seconds(1));
            *self.begun.entry(Begun { second, source: pair.0, destination: pair.1, trunk }).or_default() += 1;
        }
        self.count_codecs(place, sdp, from, to);
        let by_message = self.policy.terms(from, to, trunk);
        let recalled = self.recall(arrival, place, by_message);
        Some(Heard {
            arrival,
            kind: Kind::of(&arrival.message, place, sdp.is_some()),
            place,
            sdp,
            from,
            to,
            session_from,
            session_to,
            trunk,
            recalled,
            by_message,
            by_session: self.policy.terms(session_from, session_to, trunk),
        })
    }

    /// Judges a few messages, rule by rule. What rules share of a message is made ready once for all of them.
    pub fn messages(&mut self, heard: &[Heard<'_, 'p>]) {
        heard.iter().for_each(|heard| self.proceedings.ledger.message(heard.kind));
        let certified = Arc::clone(&self.certified);
        let read: Vec<(Addresses<'_>, Passports)> = heard.iter().map(|_| Default::default()).collect();
        let mut subjects: Vec<_> =
            heard.iter().zip(&read).map(|(heard, read)| heard.subject(self.policy, (&read.0, &read.1), &certified)).collect();
        let ways = Ways::of(heard);
        let compliance = &mut self.proceedings.compliance;
        let places: SmallVec<[usize; 8]> = ways.directions.iter().map(|&direction| compliance.place(Some(direction))).collect();
        let docket = self.docket;
        for questions in &docket.messages {
            let asked: Vec<_> = (heard.iter().zip(&ways.of_each).zip(&mut subjects))
                .filter(|((heard, _), _)| heard.kind.is(questions.kind))
                .map(|((heard, &way), subject)| {
                    subject.terms = heard.terms(questions.scope, self.policy);
                    (heard, way, &*subject)
                })
                .collect();
            for case in &questions.cases {
                self.ask(case, &asked, &places);
            }
        }
        if !docket.backoffs.is_empty() {
            heard.iter().for_each(|heard| self.note_approach(heard));
        }
        if !docket.pings.is_empty() {
            heard.iter().for_each(|heard| self.note_ping(heard));
        }
        if !docket.repertoires.is_empty() {
            self.note_repertoires(heard, &ways);
        }
        heard.iter().filter(|heard| heard.place.method == Some(Method::Invite)).for_each(|heard| self.note_labels(heard));
        if !docket.breakdown.is_empty() {
            heard.iter().for_each(|heard| self.note_facets(heard));
        }
        if !docket.reuses.is_empty() {
            heard.iter().for_each(|heard| self.note_fate(heard));
        }
        for (heard, subject) in heard.iter().zip(&subjects).filter(|(heard, _)| heard.kind.is(Kind::REQUEST)) {
            self.note_uses(heard);
            self.note_ties(heard);
            self.note_attestation(heard, subject);
            self.note_carriage(heard);
            self.note_transaction(heard);
        }
    }

    /// Puts one check to a few messages. What nearly all of them come to is counted for all at once.
    fn ask(&mut self, case: &Case<MessageCheck>, asked: &[(&Heard<'_, 'p>, usize, &MessageSubject<'_>)], places: &[usize]) {
        // Bit n: the rule said "pass" in the nth of the ways.
        let (mut passed, mut passed_over, mut passed_ways) = (0, 0, 0_u128);
        for (heard, way, subject) in asked {
            match (case.check)(subject) {
                Verdict::Pass => {
                    passed += 1;
                    passed_ways |= 1 << way;
                }
                Verdict::NotApplicable => passed_over += 1,
                verdict @ (Verdict::Indeterminate(_) | Verdict::Violation(_)) => self.enter_heard(verdict, case.rule, heard),
            }
        }
        self.proceedings.ledger.pass(case.rule, passed);
        self.proceedings.ledger.not_applicable(case.rule, passed_over);
        for (_, &place) in places.iter().enumerate().filter(|(way, _)| passed_ways & 1 << way != 0) {
            self.proceedings.compliance.note(place, case.rule, Said::Pass);
        }
    }

    /// Notes what messages show that their senders can.
    fn note_repertoires(&mut self, heard: &[Heard<'_, 'p>], ways: &Ways) {
        for (number, &direction) in ways.directions.iter().enumerate() {
            let repertoire = self.proceedings.repertoires.entry(direction).or_default();
            for (heard, _) in heard.iter().zip(&ways.of_each).filter(|(_, way)| **way == number) {
                let asks = !heard.by_message.sip.rfc_groups.is_empty();
                repertoire.hear(heard.arrival, heard.place, heard.sdp, asks);
            }
        }
    }

    /// Counts how strongly an INVITE is attested, where that was agreed.
    fn note_attestation(&mut self, heard: &Heard<'_, 'p>, subject: &MessageSubject<'_>) {
        let terms = heard.by_message;
        let is_counted = terms.identity.stir.min_a_pct.is_some();
        let is_required = terms.admission.require_min_attest.is_some();
        let message = &heard.arrival.message;
        let opens = message.method() == Some(Method::Invite) && heard.kind.is(Kind::INITIAL_REQUEST);
        if !(is_counted || is_required) || !opens {
            return;
        }
        if is_required && heard.place.call > 0 {
            self.known(heard.place.call).lacks_headers = subject.lacks_headers();
        }
        if !message.has(HeaderName::Identity) {
            return;
        }
        let attest = subject.attestation();
        if is_required && heard.place.call > 0 {
            self.known(heard.place.call).attest = attest;
        }
        if let Some(attest) = attest.filter(|_| is_counted && heard.place.resubmits.is_none()) {
            let (from, to, at) = (heard.from, heard.to, heard.arrival.envelope.first);
            let mut keys: SmallVec<[(Party, Party, Option<TrunkId>); 2]> = SmallVec::from_slice(&[(from, to, None)]);
            keys.extend(heard.trunk.map(|trunk| (from, to, Some(trunk))));
            for (from, to, trunk) in keys {
                let interval = interval_of(self.policy.terms(from, to, trunk), at);
                let tally = self.proceedings.tallies.entry((from, to, trunk, Some(interval))).or_default();
                tally.attest(attest, (heard.arrival.envelope.origin, at));
            }
        }
    }

    /// Notes how the INVITE of a call was carried, where admission depends on that.
    fn note_carriage(&mut self, heard: &Heard<'_, 'p>) {
        let (envelope, call) = (&heard.arrival.envelope, heard.place.call);
        let is_required = heard.by_message.admission.require_encapsulation.is_some();
        if is_required && call > 0 && !envelope.via_hep && heard.arrival.message.method() == Some(Method::Invite) {
            self.known(call).carriage.get_or_insert(envelope.carriage);
        }
    }

    fn enter_heard(&mut self, verdict: Verdict, rule: u16, heard: &Heard<'_, 'p>) {
        let call_id = lossy(heard.arrival.message.call_id());
        let matter = Matter {
            rule,
            subject: "message",
            direction: Some((heard.from, heard.to)),
            session: (heard.session_from, heard.session_to),
            trunk: heard.trunk,
            call: Some(heard.place.call),
            call_id: Some(&call_id),
            arrival: Some(heard.arrival),
            trace: None,
            anchor: None,
            at: heard.arrival.envelope.first,
        };
        self.enter(verdict, &matter);
    }

    /// The trunk group of the call, decided by its first INVITE.
    fn trunk(&mut self, arrival: &Arrival, place: &Place, from: Party, to: Party) -> Option<TrunkId> {
        if !self.has_trunks {
            return None;
        }
        // What belongs to no call decides for none.
        if place.call == 0 {
            return self.select_trunk(arrival, from, to);
        }
        if let Some(known) = self.live.get(&place.call) {
            return known.trunk;
        }
        let trunk = if place.from_caller == Some(false) { None } else { self.select_trunk(arrival, from, to) };
        self.known(place.call).trunk = trunk;
        trunk
    }

    fn select_trunk(&self, arrival: &Arrival, from: Party, to: Party) -> Option<TrunkId> {
        let text = |bytes: &[u8]| lossy(bytes).into_owned();
        let message = &arrival.message;
        let target = message.target().and_then(|a| a.uri);
        let contact = message.addresses_of(HeaderName::Contact).next().and_then(|a| a.uri);
        // RFC 4904 §5: in the Request-URI for the terminating, in Contact for the originating trunk group.
        let param = |name: &[u8]| {
            [contact, target]
                .into_iter()
                .flatten()
                .find_map(|uri| uri.user_params().value(name).or_else(|| uri.params.value(name)))
                .map(text)
        };
        let (tgrp, context) = (param(b"tgrp"), param(b"trunk-context"));
        let (caller, callee) = (call::caller(message), call::callee(message));
        let facts = TrunkFacts {
            source: arrival.envelope.source.ip,
            destination: arrival.envelope.destination.ip,
            port: arrival.envelope.destination.port,
            tgrp: tgrp.as_deref(),
            trunk_context: context.as_deref(),
            caller: caller.as_deref(),
            callee: callee.as_deref(),
            vlan: arrival.envelope.vlan,
        };
        self.policy.trunk(from, to, &facts)
    }

    fn count_codecs(&mut self, place: &Place, sdp: Option<&Description>, from: Party, to: Party) {
        let (Some(role @ (SdpRole::Offer | SdpRole::Answer)), Some(sdp)) = (place.sdp_role, sdp) else { return };
        let counts = self.proceedings.codecs.entry((from, to)).or_default();
        let counts = if role == SdpRole::Offer { &mut counts.offered } else { &mut counts.answered };
        sdp.media().iter().filter(|m| m.is_active()).flat_map(|m| &m.codecs).for_each(|codec| counts.add(codec));
    }
}
