//! Takes what happened in calls, gives it to the rules that look at it, never reads a capture.

use std::hash::BuildHasher;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::attempts::Fate;
use super::backoff::Approach;
use super::breach_row::Breached;
use super::call_ids::CallIds;
use super::call_row::{Broken, EndedCall};
use super::compliance::Said;
use super::docket::{Case, Docket};
use super::evidence::Evidence;
use super::facets::Facets;
use super::labels::Labels;
use super::ledger::{Blame, Key};
use super::message_row::SeenMessage;
use super::pings::Ping;
use super::proceedings::{Proceedings, TallyKey};
use super::reuse::Use;
use super::sessions::{EndedLeg, Tied};
use super::waiving::{Decision, Particulars, Pending};
use crate::base::{Origin, Time, fingerprint};
use crate::call::{Dialog, Ending, Happening, LoadEvent, OfferAnswer, Over, Report, Session, Standing, Trace, Transaction};
use crate::metrics::{Begun, Challenged, Registration};
use crate::packet::Carriage;
use crate::policy::{Party, Policy, Terms, TrunkId};
use crate::rules::{Breach, Certified, DialogSubject, Offender, OfferAnswerSubject, SessionSubject, TransactionSubject, Verdict};
use crate::sip::{Arrival, Method};
use crate::stir::Attest;

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
pub(super) struct Docketed {
    pub(super) trunk: Option<TrunkId>,
    /// Findings that it is to be counted for when it is over: only then is it known whether it is a call.
    touched: SmallVec<[usize; 4]>,
    /// Rules that it breaks, where someone wants rows of calls; and its session requests.
    broken: Broken,
    sessions: SmallVec<[Arc<Session>; 1]>,
    /// What tells it from other calls.
    pub(super) labels: Labels,
    /// A registration that was challenged, and between whom.
    challenged: Challenged,
    parties: Option<(Party, Party)>,
    /// A hash of the charging identifier of its first INVITE.
    pub(super) charging_id: Option<u64>,
    /// Whether it is a subscription to presence.
    pub(super) presence: bool,
    /// The strongest attestation of its last INVITE.
    pub(super) attest: Option<Attest>,
    /// How its first INVITE was carried, where admission depends on that.
    pub(super) carriage: Option<Carriage>,
    /// What its INVITEs say of what session requests are broken down by.
    pub(super) facets: Option<Box<Facets>>,
    /// Whether the capture cut the headers of that INVITE.
    pub(super) lacks_headers: bool,
    /// What ties it to other legs of its session, where somebody asks.
    pub(super) tied: Option<Box<Tied>>,
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
    /// Whose certificates stand behind messages: the same for all shards, renewed for every window.
    pub certified: Arc<Certified>,
    /// Load events since they were last taken.
    pub load: Vec<Loaded>,
    /// Client transactions that began since they were last taken.
    pub begun: HashMap<Begun, u64, FixedState>,
    /// What calls carried that may pass only once, since it was last taken.
    pub uses: Vec<Use>,
    /// What became of INVITEs, since it was last taken.
    pub fates: Vec<Fate>,
    /// Calls that are over and may be legs of one session, since they were last taken.
    pub legs: Vec<EndedLeg>,
    /// Refusals for overload and the requests that may follow them, since they were last taken.
    pub approaches: Vec<Approach>,
    /// Checks of hosts by each other, since they were last taken.
    pub pings: Vec<Ping>,
    /// Breaches under a waiver that covers only so many: the whole capture decides which.
    pub pending: Vec<Pending>,
    /// Calls that are over, since they were last taken: for what they have in common, and for their rows.
    pub ended: Vec<EndedCall>,
    /// Messages since they were last taken: for their rows.
    pub seen: Vec<SeenMessage>,
    /// Breaches since they were last taken: for their rows.
    pub breached: Vec<Breached>,
    /// What tells a call that comes back from another one.
    call_ids: CallIds,
    /// By the number of the call.
    pub(super) live: HashMap<u64, Docketed, FixedState>,
    pub(super) has_trunks: bool,
    /// Whether anybody asks what became of a session from one of its legs to the next.
    pub ties_legs: bool,
}

/// Where a breach belongs, and how its evidence is made.
#[derive(Clone, Copy, Debug)]
pub(super) struct Matter<'a> {
    pub rule: u16,
    pub subject: &'static str,
    pub direction: Option<(Party, Party)>,
    pub session: (Party, Party),
    pub trunk: Option<TrunkId>,
    /// The call, and its Call-ID.
    pub call: Option<u64>,
    pub call_id: Option<&'a str>,
    pub arrival: Option<&'a Arrival>,
    /// The evidence where the breach names none.
    pub trace: Option<&'a Trace>,
    /// The first frame of what no single message shows.
    pub anchor: Option<(Origin, Time)>,
    pub at: Time,
}

impl<'a> Matter<'a> {
    /// What `trace` shows, of no call.
    pub(super) fn shown_by(trace: &'a Trace, subject: &'static str, direction: (Party, Party)) -> Self {
        Self {
            rule: 0,
            subject,
            direction: Some(direction),
            session: direction,
            trunk: None,
            call: None,
            call_id: None,
            arrival: None,
            trace: Some(trace),
            anchor: None,
            at: trace.first,
        }
    }
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
            certified: Arc::default(),
            load: Vec::new(),
            begun: HashMap::default(),
            uses: Vec::new(),
            fates: Vec::new(),
            legs: Vec::new(),
            approaches: Vec::new(),
            pings: Vec::new(),
            pending: Vec::new(),
            ended: Vec::new(),
            seen: Vec::new(),
            breached: Vec::new(),
            call_ids: CallIds::default(),
            live: HashMap::default(),
            ties_legs: !docket.legs.is_empty() && policy.all_terms().any(|terms| terms.media.security.attribute_transparency.is_some()),
            has_trunks: policy.peers.iter().any(|peer| !peer.trunk_groups.is_empty()),
        }
    }

    /// The trunk group that was decided for a call.
    #[must_use]
    pub fn trunk_of(&self, call: u64) -> Option<TrunkId> {
        if self.has_trunks { self.live.get(&call)?.trunk } else { None }
    }

    /// Judges what happened in calls, kind by kind, and forgets the calls that are over: last, since all before may speak of them.
    pub fn happenings(&mut self, reports: &mut Vec<Report>) {
        for Report { call, happening } in &*reports {
            if let Happening::Transaction(transaction) = happening {
                self.transaction(*call, transaction);
            }
        }
        for Report { call, happening } in &*reports {
            match happening {
                Happening::OfferAnswer(exchange) => self.exchange(*call, exchange),
                Happening::Dialog(dialog) => self.dialog(*call, dialog),
                Happening::Session(session) => self.session(*call, session),
                _ => {}
            }
        }
        for Report { call, happening } in reports.drain(..) {
            match happening {
                Happening::Load(event) => {
                    let trunk = self.trunk_of(call);
                    self.load.push(Loaded { event, trunk });
                }
                Happening::Over(over) => self.over(call, &over),
                _ => {}
            }
        }
    }

    fn transaction(&mut self, call: u64, transaction: &Transaction) {
        let (call_id, request) = (&*transaction.call_id, &transaction.request);
        let (from, to, trunk, terms) = self.between(request.source.ip, request.destination.ip, call);
        if transaction.method == Some(Method::Register) {
            let known = self.known(call);
            known.parties = Some((from, to));
            let registration = known.challenged.on(transaction);
            self.register(registration, from, to);
        }
        if !self.docket.pings.is_empty() {
            self.note_echo(transaction, from, to);
        }
        if is_adrift(transaction) {
            self.proceedings.traffic.entry((request.source.ip, request.destination.ip)).or_default().adrift += 1;
        }
        let matter = self.matter("transaction", (call, call_id), (from, to), trunk, request);
        let subject = TransactionSubject { transaction, terms };
        self.judge(&self.docket.transactions, matter, |check| check(&subject));
    }

    fn exchange(&mut self, call: u64, exchange: &OfferAnswer) {
        let (_, _, trunk, terms) = self.between(exchange.caller.ip, exchange.callee.ip, call);
        let (from, to) = (self.policy.party(exchange.answer.source.ip), self.policy.party(exchange.answer.destination.ip));
        let session = (self.policy.party(exchange.caller.ip), self.policy.party(exchange.callee.ip));
        let matter = Matter { session, ..self.matter("exchange", (call, &exchange.call_id), (from, to), trunk, &exchange.answer) };
        let subject = OfferAnswerSubject { exchange, terms };
        self.judge(&self.docket.exchanges, matter, |(check, by_section)| subject.ask(*check, *by_section));
        self.note_keys(call, exchange, trunk);
    }

    fn dialog(&mut self, call: u64, dialog: &Dialog) {
        self.proceedings.dialogs += 1;
        let (from, to, trunk, terms) = self.between(dialog.caller.ip, dialog.callee.ip, call);
        let matter = self.matter("dialog", (call, &dialog.call_id), (from, to), trunk, &dialog.confirmed);
        let subject = DialogSubject { dialog, terms };
        self.judge(&self.docket.dialogs, matter, |check| check(&subject));
    }

    fn session(&mut self, call: u64, session: &Arc<Session>) {
        let invite = &session.invite;
        let (from, to, trunk, terms) = self.between(invite.source.ip, invite.destination.ip, call);
        let interval = interval_of(self.policy.terms(from, to, None), invite.first);
        let mut keys: SmallVec<[TallyKey; 2]> = SmallVec::from_slice(&[(from, to, None, Some(interval))]);
        if trunk.is_some() {
            keys.push((from, to, trunk, Some(interval_of(terms, invite.first))));
        }
        for &key in &keys {
            let terms = self.policy.terms(from, to, key.2);
            let tally = self.proceedings.tallies.entry(key).or_default();
            tally.add(session, &terms.metrics, &terms.performance);
            tally.answer(session, &terms.accounting);
        }
        if !self.docket.breakdown.is_empty() {
            self.break_down(call, session, &keys);
        }
        self.proceedings.timeline.session(invite.first, session.outcome);
        self.proceedings.usage.session(&self.docket.roll, session);
        self.known(call).sessions.push(Arc::clone(session));
        let matter = self.matter("session", (call, &session.call_id), (from, to), trunk, invite);
        let known = self.live.get(&call);
        let (attest, carriage) = (known.and_then(|known| known.attest), known.and_then(|known| known.carriage));
        let lacks_headers = known.is_some_and(|known| known.lacks_headers);
        let subject = SessionSubject { session, attest, carriage, lacks_headers, policy: self.policy, terms };
        self.judge(&self.docket.sessions, matter, |check| check(&subject));
    }

    /// Counts a registration in its direction and interval.
    fn register(&mut self, registration: Option<Registration>, from: Party, to: Party) {
        let Some(registration) = registration else { return };
        let interval = interval_of(self.policy.terms(from, to, None), registration.begun);
        self.proceedings.tallies.entry((from, to, None, Some(interval))).or_default().register(&registration);
    }

    fn over(&mut self, call: u64, over: &Over) {
        if let Some(known) = self.live.remove(&call) {
            if over.is_call {
                self.count(&known.touched);
            }
            if !known.sessions.is_empty() {
                self.ended.push(EndedCall {
                    call,
                    sessions: known.sessions,
                    trunk: known.trunk,
                    broken: known.broken,
                    labels: known.labels,
                });
            }
            if let Some((from, to)) = known.parties {
                self.register(known.challenged.give_up(), from, to);
            }
        }
        let pair = (over.source.ip, over.destination.ip);
        self.proceedings.traffic.entry(pair).or_default().calls += u64::from(over.is_call);
        self.call_ids.insert(over.fingerprint);
        self.proceedings.call_ids = self.call_ids.len();
    }

    /// The parties of a call, its trunk group and its terms.
    fn between(&self, source: IpAddr, destination: IpAddr, call: u64) -> (Party, Party, Option<TrunkId>, &'p Terms) {
        let (from, to) = (self.policy.party(source), self.policy.party(destination));
        let trunk = self.trunk_of(call);
        (from, to, trunk, self.policy.terms(from, to, trunk))
    }

    fn matter<'a>(
        &self,
        subject: &'static str,
        (call, call_id): (u64, &'a str),
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
            call: Some(call),
            call_id: Some(call_id),
            arrival: None,
            trace: Some(trace),
            anchor: None,
            at: trace.first,
        }
    }

    /// Gives a subject to every rule that looks at its kind; `ask` puts the check to it.
    pub(super) fn judge<F>(&mut self, cases: &'p [Case<F>], mut matter: Matter<'_>, ask: impl Fn(&F) -> Verdict) {
        // All rules speak of one direction: its place is looked up once, where any of them has something to say.
        let mut place = None;
        for case in cases {
            matter.rule = case.rule;
            match ask(&case.check) {
                Verdict::Pass => {
                    let place = *place.get_or_insert_with(|| self.proceedings.compliance.place(matter.direction));
                    self.proceedings.compliance.note(place, case.rule, Said::Pass);
                    self.proceedings.ledger.pass(case.rule, 1);
                }
                verdict => self.enter(verdict, &matter),
            }
        }
    }

    /// Enters a verdict, unless the policy switches the rule off in this direction.
    pub(super) fn enter(&mut self, verdict: Verdict, matter: &Matter<'_>) {
        let rule = matter.rule;
        match verdict {
            Verdict::Pass => {
                self.note(matter.direction, rule, Said::Pass);
                self.proceedings.ledger.pass(rule, 1);
            }
            Verdict::NotApplicable => self.proceedings.ledger.not_applicable(rule, 1),
            Verdict::Indeterminate(reason) => {
                self.note(matter.direction, rule, Said::Unjudged);
                self.proceedings.ledger.indeterminate(rule, reason);
            }
            Verdict::Violation(breaches) => breaches.into_iter().for_each(|breach| self.breach(breach, matter)),
        }
    }

    fn breach(&mut self, breach: Breach, matter: &Matter<'_>) {
        // Of what many calls break together, each exhibit is of its own.
        let matter = &match &breach.call_id {
            Some(call_id) => Matter { call: Some(fingerprint(&**call_id)), call_id: Some(call_id), ..*matter },
            None => *matter,
        };
        // Of an exchange, the exhibit tells whether the offer or the answer breaks the rule, and so who.
        let direction = match &breach.exhibit {
            Some(t) if matter.subject == "exchange" => Some((self.policy.party(t.source.ip), self.policy.party(t.destination.ip))),
            _ => matter.direction,
        };
        let (Some(rule), (from, to)) = (self.docket.rule(matter.rule), direction.unwrap_or((Party::Unknown, Party::Unknown))) else {
            return;
        };
        let Some(severity) = self.docket.severity(matter.rule, self.policy, (from, to), breach.severity) else {
            self.proceedings.ledger.not_applicable(matter.rule, 1);
            return;
        };
        let Breach { observed, agreed, clause, at: mark, exhibit, about, .. } = breach;
        let severity = Policy::capped(severity, breach.level);
        let blame = match breach.offender.unwrap_or(rule.offender) {
            Offender::Sender | Offender::Client => Blame::Party(from),
            Offender::Responder | Offender::Server => Blame::Party(to),
            Offender::Originating => Blame::Party(matter.session.0),
            Offender::Terminating => Blame::Party(matter.session.1),
            Offender::Both => Blame::Both,
            Offender::Capture => Blame::Capture,
            Offender::Policy => Blame::Policy,
        };
        let trace = exhibit.as_deref().or(matter.trace);
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
                    self.note_broken(matter);
                    // The finding has no number here yet: its fingerprint stands for one, above all numbers.
                    let mark = usize::MAX - (FixedState::default().hash_one(&key) >> 32) as usize;
                    let new_call = matter.call.is_some_and(|call| self.touches(call, mark));
                    self.pending.push(Pending { waiver, key, subject: matter.subject, origin, at, evidence: evidence(), new_call });
                    return;
                }
            }
        }
        let waived = key.waiver.is_some();
        self.note_breach(&key, matter.subject, matter.call_id, (origin, at));
        self.note_standing(&key);
        let number = self.proceedings.ledger.breach(key, matter.subject, origin, at, evidence);
        if let Some(call) = matter.call {
            self.touches(call, number);
        }
        if !waived {
            self.note_broken(matter);
        }
    }

    fn note(&mut self, direction: Option<(Party, Party)>, rule: u16, said: Said) {
        let place = self.proceedings.compliance.place(direction);
        self.proceedings.compliance.note(place, rule, said);
    }

    /// Notes a breach in its direction.
    pub(super) fn note_standing(&mut self, key: &Key) {
        self.note(key.direction, key.rule, if key.waiver.is_some() { Said::Waived } else { Said::Broken });
    }

    /// Notes a breach for the rows of its call.
    fn note_broken(&mut self, matter: &Matter<'_>) {
        if let Some(call) = matter.call.filter(|_| self.docket.wants_calls) {
            let rule = matter.rule;
            let known = self.known(call);
            if !known.broken.contains(&rule) {
                known.broken.push(rule);
            }
        }
    }

    /// Counts a call for its findings.
    fn count(&mut self, touched: &[usize]) {
        touched.iter().for_each(|&number| self.proceedings.ledger.touch_call(number));
    }

    /// Counts what touches a finding and has no end of its own, before findings are folded.
    pub fn count_rest(&mut self) {
        for (_, known) in std::mem::take(&mut self.live) {
            self.count(&known.touched);
        }
    }

    /// What is known of a live call.
    pub(super) fn known(&mut self, call: u64) -> &mut Docketed {
        self.live.entry(call).or_default()
    }

    /// Forgets a call whose media is judged to its end; gives the rules that it breaks.
    pub fn forget(&mut self, call: u64) -> SmallVec<[u16; 4]> {
        let known = self.live.remove(&call).unwrap_or_default();
        self.count(&known.touched);
        known.broken
    }

    /// Whether a call is met for the first time in a finding.
    fn touches(&mut self, call: u64, number: usize) -> bool {
        let known = self.known(call);
        let new = !known.touched.contains(&number);
        if new {
            known.touched.push(number);
        }
        new
    }
}

/// Whether it shows a session that stood before anything of it was seen.
fn is_adrift(transaction: &Transaction) -> bool {
    let of_session = matches!(transaction.method, Some(Method::Bye | Method::Invite | Method::Update));
    let stood = of_session && transaction.in_dialog && transaction.standing == Standing::Unknown;
    stood && matches!(transaction.ending, Ending::Final { code: 200..300, .. })
}

/// The performance interval that holds `at`, aligned to the UTC epoch.
pub(super) fn interval_of(terms: &Terms, at: Time) -> Time {
    at.floor(i64::from(interval_seconds(terms)) * 1_000_000_000)
}

/// The agreed length of a performance interval in seconds (`standards.md` §6.6: 900).
pub(super) fn interval_seconds(terms: &Terms) -> u32 {
    terms.performance.interval_s.as_ref().map_or(900, |c| c.value).max(1)
}
