//! Takes messages with their place and what happened in calls, gives them to the rules that look at them, never reads a capture.

use std::fmt::Write;
use std::hash::BuildHasher;
use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::docket::{Case, Docket};
use super::evidence::Evidence;
use super::intake::count_named;
use super::ledger::{Blame, Key};
use super::proceedings::{Proceedings, TallyKey, Traffic};
use super::waiving::{Decision, Particulars, Pending};
use crate::base::{Origin, Time};
use crate::call::{self, Dialog, Happening, LoadEvent, OfferAnswer, Over, Place, Repeat, Session, Trace, Transaction};
use crate::metrics::{Challenged, Registration};
use crate::policy::{Party, Policy, Terms, TrunkFacts, TrunkId};
use crate::rules::{
    Breach, DialogSubject, Kind, MessageSubject, Offender, OfferAnswerSubject, Scope, SessionSubject, TransactionSubject, Verdict,
};
use crate::sdp::{Description, SdpRole};
use crate::sip::{Arrival, HeaderName, Method, value};

/// A load event and the trunk group of its session.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The event.
    pub event: LoadEvent,
    /// Its trunk group.
    pub trunk: Option<TrunkId>,
}

/// What is known of a live call beyond its state machines.
#[derive(Debug, Default)]
struct Docketed {
    trunk: Option<TrunkId>,
    /// Findings that the call is already counted for.
    touched: SmallVec<[usize; 4]>,
    /// A registration that was challenged, and between whom.
    challenged: Challenged,
    parties: Option<(Party, Party)>,
}

/// Judges the calls of one shard.
#[derive(Debug)]
pub struct Judge<'p> {
    pub(super) policy: &'p Policy,
    pub(super) docket: &'p Docket,
    /// What it came to so far.
    pub proceedings: Proceedings,
    /// Hosts that exchanged SIP for the first time in this shard, since they were last taken.
    pub met: Vec<(Origin, IpAddr, IpAddr)>,
    /// Load events since they were last taken.
    pub load: Vec<Loaded>,
    /// Breaches under a waiver that covers only so many: the whole capture decides which.
    pub pending: Vec<Pending>,
    live: HashMap<String, Docketed, FixedState>,
    has_trunks: bool,
    /// Where names are spelled out, again and again.
    spelling: String,
}

/// Where a breach belongs, and how its evidence is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matter<'a> {
    pub rule: u16,
    pub subject: &'static str,
    pub direction: Option<(Party, Party)>,
    pub session: (Party, Party),
    pub trunk: Option<TrunkId>,
    pub call_id: Option<&'a str>,
    pub arrival: Option<&'a Arrival>,
    /// The evidence where the breach names none.
    pub trace: Option<&'a Trace>,
    /// The first frame of what no single message shows.
    pub anchor: Option<(Origin, Time)>,
    pub at: Time,
}

impl<'p> Judge<'p> {
    /// A judge with nothing before it.
    #[must_use]
    pub fn new(policy: &'p Policy, docket: &'p Docket) -> Self {
        Self {
            policy,
            docket,
            proceedings: Proceedings::new(docket, policy),
            met: Vec::new(),
            load: Vec::new(),
            pending: Vec::new(),
            live: HashMap::default(),
            has_trunks: policy.peers.iter().any(|peer| !peer.trunk_groups.is_empty()),
            spelling: String::new(),
        }
    }

    /// Judges a message.
    pub fn message(&mut self, arrival: &Arrival, place: &Place, sdp: Option<&Description>) {
        let envelope = &arrival.envelope;
        if place.repeat == Repeat::Mirror {
            return;
        }
        let pair = (envelope.source.ip, envelope.destination.ip);
        let met = &mut self.met;
        let traffic = self.proceedings.traffic.entry(pair).or_insert_with(|| {
            met.push((envelope.origin, pair.0, pair.1));
            Traffic { first: Some((envelope.origin, envelope.first)), ..Traffic::default() }
        });
        traffic.messages += 1;
        if place.repeat != Repeat::First {
            return;
        }
        let (from, to) = (self.policy.party(pair.0), self.policy.party(pair.1));
        let (session_from, session_to) = if place.from_caller == Some(false) { (to, from) } else { (from, to) };
        let trunk = self.trunk(arrival, place, session_from, session_to);
        self.count_codecs(place, sdp, from, to);
        let by_message = self.policy.terms(from, to, trunk);
        let by_session = self.policy.terms(session_from, session_to, trunk);
        let mut subject =
            MessageSubject { arrival, place, sdp, policy: self.policy, from, to, terms: by_message, session_from, session_to };
        let kind = Kind::of(&arrival.message, place, sdp.is_some());
        self.proceedings.ledger.message(kind);
        for case in self.docket.messages(kind) {
            subject.terms = match case.scope {
                Scope::Session => by_session,
                Scope::Global => self.policy.global(),
                Scope::Message | Scope::Connection | Scope::Interval => by_message,
            };
            match (case.check)(&subject) {
                Verdict::Pass => self.proceedings.ledger.pass(case.rule),
                Verdict::NotApplicable => self.proceedings.ledger.not_applicable(case.rule),
                verdict => {
                    let call_id = String::from_utf8_lossy(arrival.message.call_id());
                    let matter = Matter {
                        rule: case.rule,
                        subject: "message",
                        direction: Some((from, to)),
                        session: (session_from, session_to),
                        trunk,
                        call_id: Some(&call_id),
                        arrival: Some(arrival),
                        trace: None,
                        anchor: None,
                        at: envelope.first,
                    };
                    self.enter(verdict, &matter);
                }
            }
        }
    }

    /// The trunk group of the call, decided by its first INVITE.
    fn trunk(&mut self, arrival: &Arrival, place: &Place, from: Party, to: Party) -> Option<TrunkId> {
        if !self.has_trunks {
            return None;
        }
        let call_id = String::from_utf8_lossy(arrival.message.call_id());
        if let Some(known) = self.live.get(call_id.as_ref()) {
            return known.trunk;
        }
        let trunk = if place.from_caller == Some(false) { None } else { self.select_trunk(arrival, from, to) };
        self.live.insert(call_id.into(), Docketed { trunk, ..Docketed::default() });
        trunk
    }

    /// The trunk group that was decided for a call.
    #[must_use]
    pub fn trunk_of(&self, call_id: &str) -> Option<TrunkId> {
        if self.has_trunks { self.live.get(call_id)?.trunk } else { None }
    }

    fn select_trunk(&self, arrival: &Arrival, from: Party, to: Party) -> Option<TrunkId> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let message = &arrival.message;
        let target = message.request_uri().and_then(value::uri);
        let contact = message.get(HeaderName::Contact);
        let contact = contact.as_deref().and_then(value::name_addr).and_then(|c| c.uri());
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
        for codec in sdp.media().iter().filter(|m| m.is_active()).flat_map(|m| &m.codecs) {
            self.spelling.clear();
            // Writing to a string cannot fail.
            let _ = write!(self.spelling, "{codec}");
            count_named(counts, &self.spelling);
        }
    }

    /// Judges what happened in a call.
    pub fn happening(&mut self, happening: Happening) {
        match happening {
            Happening::Transaction(transaction) => self.transaction(&transaction),
            Happening::OfferAnswer(exchange) => self.exchange(&exchange),
            Happening::Dialog(dialog) => self.dialog(&dialog),
            Happening::Session(session) => self.session(&session),
            Happening::Load(event) => {
                let trunk = self.trunk_of(&event.call_id);
                self.load.push(Loaded { event, trunk });
            }
            Happening::Over(over) => self.over(&over),
        }
    }

    fn transaction(&mut self, transaction: &Transaction) {
        let (call_id, request) = (&*transaction.call_id, &transaction.request);
        let (from, to, trunk, terms) = self.between(request.source.ip, request.destination.ip, call_id);
        if transaction.method == Some(Method::Register) {
            let call = self.known(call_id);
            call.parties = Some((from, to));
            let registration = call.challenged.on(transaction);
            self.register(registration, from, to);
        }
        let matter = self.matter("transaction", call_id, (from, to), trunk, request);
        let subject = TransactionSubject { transaction, terms };
        self.judge(&self.docket.transactions, matter, |check| check(&subject));
    }

    fn exchange(&mut self, exchange: &OfferAnswer) {
        let (_, _, trunk, terms) = self.between(exchange.caller.ip, exchange.callee.ip, &exchange.call_id);
        let (from, to) = (self.policy.party(exchange.answer.source.ip), self.policy.party(exchange.answer.destination.ip));
        let session = (self.policy.party(exchange.caller.ip), self.policy.party(exchange.callee.ip));
        let matter = Matter { session, ..self.matter("exchange", &exchange.call_id, (from, to), trunk, &exchange.answer) };
        let subject = OfferAnswerSubject { exchange, terms };
        self.judge(&self.docket.exchanges, matter, |check| check(&subject));
    }

    fn dialog(&mut self, dialog: &Dialog) {
        self.proceedings.dialogs += 1;
        let (from, to, trunk, terms) = self.between(dialog.caller.ip, dialog.callee.ip, &dialog.call_id);
        let matter = self.matter("dialog", &dialog.call_id, (from, to), trunk, &dialog.confirmed);
        let subject = DialogSubject { dialog, terms };
        self.judge(&self.docket.dialogs, matter, |check| check(&subject));
    }

    fn session(&mut self, session: &Session) {
        let invite = &session.invite;
        let (from, to, trunk, terms) = self.between(invite.source.ip, invite.destination.ip, &session.call_id);
        let interval = interval_of(self.policy.terms(from, to, None), invite.first);
        let mut keys: SmallVec<[TallyKey; 2]> = SmallVec::from_slice(&[(from, to, None, Some(interval))]);
        if trunk.is_some() {
            keys.push((from, to, trunk, Some(interval_of(terms, invite.first))));
        }
        for key in keys {
            let terms = self.policy.terms(from, to, key.2);
            self.proceedings.tallies.entry(key).or_default().add(session, &terms.metrics, &terms.performance);
        }
        self.proceedings.timeline.session(invite.first, session.outcome);
        let matter = self.matter("session", &session.call_id, (from, to), trunk, invite);
        let subject = SessionSubject { session, terms };
        self.judge(&self.docket.sessions, matter, |check| check(&subject));
    }

    /// Counts a registration in its direction and interval.
    fn register(&mut self, registration: Option<Registration>, from: Party, to: Party) {
        let Some(registration) = registration else { return };
        let interval = interval_of(self.policy.terms(from, to, None), registration.begun);
        self.proceedings.tallies.entry((from, to, None, Some(interval))).or_default().register(&registration);
    }

    fn over(&mut self, over: &Over) {
        if let Some(call) = self.live.remove(&*over.call_id)
            && let Some((from, to)) = call.parties
        {
            self.register(call.challenged.give_up(), from, to);
        }
        let pair = (over.source.ip, over.destination.ip);
        self.proceedings.traffic.entry(pair).or_default().calls += 1;
        self.proceedings.call_ids.insert(over.fingerprint);
    }

    /// The parties of a call, its trunk group and its terms.
    fn between(&self, source: IpAddr, destination: IpAddr, call_id: &str) -> (Party, Party, Option<TrunkId>, &'p Terms) {
        let (from, to) = (self.policy.party(source), self.policy.party(destination));
        let trunk = self.trunk_of(call_id);
        (from, to, trunk, self.policy.terms(from, to, trunk))
    }

    fn matter<'a>(
        &self,
        subject: &'static str,
        call_id: &'a str,
        direction: (Party, Party),
        trunk: Option<TrunkId>,
        trace: &'a Trace,
    ) -> Matter<'a> {
        Matter {
            rule: 0,
            subject,
            direction: Some(direction),
            session: direction,
            trunk,
            call_id: Some(call_id),
            arrival: None,
            trace: Some(trace),
            anchor: None,
            at: trace.first,
        }
    }

    /// Gives a subject to every rule that looks at its kind; `ask` puts the check to it.
    pub(super) fn judge<F>(&mut self, cases: &'p [Case<F>], mut matter: Matter<'_>, ask: impl Fn(&F) -> Verdict) {
        for case in cases {
            matter.rule = case.rule;
            self.enter(ask(&case.check), &matter);
        }
    }

    /// Enters a verdict, unless the policy switches the rule off in this direction.
    fn enter(&mut self, verdict: Verdict, matter: &Matter<'_>) {
        let rule = matter.rule;
        match verdict {
            Verdict::Pass => self.proceedings.ledger.pass(rule),
            Verdict::NotApplicable => self.proceedings.ledger.not_applicable(rule),
            Verdict::Indeterminate(reason) => self.proceedings.ledger.indeterminate(rule, reason),
            Verdict::Violation(breaches) => breaches.into_iter().for_each(|breach| self.breach(breach, matter)),
        }
    }

    fn breach(&mut self, breach: Breach, matter: &Matter<'_>) {
        // Of an exchange, the exhibit tells whether the offer or the answer breaks the rule, and so who.
        let direction = match &breach.exhibit {
            Some(t) if matter.subject == "exchange" => Some((self.policy.party(t.source.ip), self.policy.party(t.destination.ip))),
            _ => matter.direction,
        };
        let (Some(rule), (from, to)) = (self.docket.rule(matter.rule), direction.unwrap_or((Party::Unknown, Party::Unknown))) else {
            return;
        };
        let Some(severity) = self.docket.severity(matter.rule, self.policy, from, to) else {
            self.proceedings.ledger.not_applicable(matter.rule);
            return;
        };
        let Breach { observed, agreed, clause, at: mark, exhibit, about, .. } = breach;
        let severity = Policy::capped(breach.severity.unwrap_or(severity), breach.level);
        let blame = match breach.offender.unwrap_or(rule.offender) {
            Offender::Sender => Blame::Party(from),
            Offender::Responder => Blame::Party(to),
            Offender::Originating => Blame::Party(matter.session.0),
            Offender::Terminating => Blame::Party(matter.session.1),
            Offender::Both => Blame::Both,
            Offender::Capture => Blame::Capture,
            Offender::Policy => Blame::Policy,
        };
        let trace = exhibit.as_ref().or(matter.trace);
        // A trace without a frame tells of more than one message: the first frame of those stands for it.
        let placed = trace.filter(|t| t.origin.frame > 0).map(|t| (t.origin, t.first));
        let placed = placed.or(matter.arrival.filter(|_| trace.is_none()).map(|a| (a.envelope.origin, a.envelope.first)));
        let origin = placed.or(matter.anchor).map_or_else(Origin::default, |(origin, _)| origin);
        let at = placed.map_or(matter.at, |(_, at)| at);
        let mut key = Key { severity, rule: matter.rule, direction, blame, waiver: None, observed, agreed, clause };
        let redaction = self.docket.redaction;
        let evidence = || match (trace, matter.arrival) {
            (None, Some(arrival)) => Some(Evidence::of_message(arrival, mark, redaction)),
            (Some(trace), _) => Evidence::of_trace(trace, matter.call_id, redaction).placed(placed.or(matter.anchor)),
            (None, None) => Evidence::of_trace(&Trace::default(), matter.call_id, redaction).placed(matter.anchor),
        };
        let waivers = self.docket.waivers(matter.rule);
        if !waivers.is_empty() {
            let particulars = Particulars::of(self.policy, matter.trunk, trace, matter.arrival);
            let facts = particulars.facts(rule, about.as_deref(), severity, blame, at, direction, trace, matter.arrival);
            match self.proceedings.waiving.decide(self.policy, waivers, &facts) {
                Decision::Stands => {}
                Decision::Waived(waiver) => key.waiver = Some(waiver),
                Decision::Counted(waiver) => {
                    // The finding has no number here yet: its fingerprint stands for one, above all numbers.
                    let mark = usize::MAX - (FixedState::default().hash_one(&key) >> 32) as usize;
                    let new_call = matter.call_id.is_some_and(|call_id| self.touches(call_id, mark));
                    self.pending.push(Pending { waiver, key, subject: matter.subject, origin, at, evidence: evidence(), new_call });
                    return;
                }
            }
        }
        let number = self.proceedings.ledger.breach(key, matter.subject, origin, at, evidence);
        if matter.call_id.is_some_and(|call_id| self.touches(call_id, number)) {
            self.proceedings.ledger.touch_call(number);
        }
    }

    /// What is known of a live call.
    fn known(&mut self, call_id: &str) -> &mut Docketed {
        self.live.entry_ref(call_id).or_default()
    }

    /// Forgets a call that is judged to its end.
    pub(super) fn forget(&mut self, call_id: &str) {
        self.live.remove(call_id);
    }

    /// Whether a call is met for the first time in a finding.
    fn touches(&mut self, call_id: &str, number: usize) -> bool {
        let call = self.known(call_id);
        let new = !call.touched.contains(&number);
        if new {
            call.touched.push(number);
        }
        new
    }
}

/// The performance interval that holds `at`, aligned to the UTC epoch.
pub(super) fn interval_of(terms: &Terms, at: Time) -> Time {
    at.floor(i64::from(interval_seconds(terms)) * 1_000_000_000)
}

/// The agreed length of a performance interval in seconds (`standards.md` §6.6: 900).
pub(super) fn interval_seconds(terms: &Terms) -> u32 {
    terms.performance.interval_s.as_ref().map_or(900, |c| c.value).max(1)
}
