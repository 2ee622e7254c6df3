//! Takes what calls carry that no other call may carry again, in order, gives each that comes again to the rules that ask, never a message.

use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use smallvec::SmallVec;

use super::attempts::{Attempts, Fate, GoesOn, numbers};
use super::hearing::Heard;
use super::judge::{Judge, Matter};
use super::recall::is_presence;
use crate::base::{Origin, Time, fingerprint, lossy, seconds};
use crate::call::{OfferAnswer, Standing, Trace};
use crate::policy::{Party, Policy, Terms, TrunkId};
use crate::rules::{Before, Once, ReuseSubject};
use crate::sip::value::Params;
use crate::sip::{Header, HeaderName, Method};

/// How long the charging identifier of a session is remembered: RFC 7315 §5.6 asks that it be unique, and no capture can hold for ever.
const CHARGING: i64 = seconds(600);

/// How long keys of media are remembered: a device that counts up or starts anew with the same ones shows it in less.
const KEYING: i64 = seconds(600);

/// Documents that tell the watchers of one change pass within this time.
const FAN_OUT: i64 = seconds(5);

/// A value that a call carries and no other call may.
#[derive(Clone, Debug)]
pub struct Use {
    kind: Once,
    /// Where what puts it to use completes: uses come in this order, however the capture is cut into windows.
    order: Origin,
    /// Hashes of the value and of who uses it: its Call-ID, and its From tag where that tells too.
    value: u64,
    user: u64,
    tag: u64,
    /// Who calls whom.
    numbers: u64,
    clock: Time,
    call: u64,
    call_id: Arc<str>,
    direction: (Party, Party),
    session: (Party, Party),
    trunk: Option<TrunkId>,
    trace: Arc<Trace>,
}

impl Judge<'_> {
    /// Notes what an INVITE that opens a session carries and may not come again, where that was agreed.
    pub(super) fn note_uses(&mut self, heard: &Heard<'_, '_>) {
        let (message, terms) = (&heard.arrival.message, heard.by_message);
        // Halves of different values may be the same.
        let is_whole = |line: &&Header| !heard.arrival.is_half(line.value);
        if message.method() == Some(Method::Notify)
            && terms.media.presence.max_notify_copies.is_some()
            && !message.body().is_empty()
            && !heard.arrival.envelope.cut
            && message.get(HeaderName::Event).is_some_and(|event| is_presence(&event))
        {
            self.note_use(heard, Once::Notification, fingerprint(message.body()));
        }
        if message.method() != Some(Method::Invite) || heard.place.standing != Standing::Initial {
            return;
        }
        if message.has(HeaderName::Identity) && terms.identity.stir.replay_window_s.is_some() {
            for value in message.lines(HeaderName::Identity).filter(is_whole).map(|line| message.value(line)) {
                let token = value.split(|&b| b == b';').next().unwrap_or_default().trim_ascii();
                self.note_use(heard, Once::Passport, fingerprint(token));
            }
        }
        if message.has(HeaderName::PChargingVector)
            && terms.accounting.charging_vector.is_some()
            && let Some(line) = message.header(HeaderName::PChargingVector).filter(is_whole)
            && let Some(identifier) = Params(&message.value(line)).value(b"icid-value")
        {
            self.note_use(heard, Once::ChargingId, fingerprint(identifier));
        }
    }

    fn note_use(&mut self, heard: &Heard<'_, '_>, kind: Once, value: u64) {
        let message = &heard.arrival.message;
        self.uses.push(Use {
            kind,
            order: heard.arrival.envelope.origin,
            value: fingerprint((value, heard.from, heard.to)),
            user: message.call_key(),
            tag: if kind == Once::Passport { fingerprint(message.from_tag()) } else { message.call_key() },
            numbers: numbers(message),
            clock: heard.arrival.envelope.clock,
            call: heard.place.call,
            call_id: lossy(message.call_id()).into(),
            direction: (heard.from, heard.to),
            session: (heard.session_from, heard.session_to),
            trunk: heard.trunk,
            trace: Trace::of(heard.arrival).into(),
        });
    }

    /// Notes the keys of SDES that an answered offer puts to use: the accepted line of the offer, and that of the answer. What an element between two
    /// networks passes on untouched has other parties on each side of it; elements of one party in a row may pass it on as often as they like.
    pub(super) fn note_keys(&mut self, call: u64, exchange: &OfferAnswer, trunk: Option<TrunkId>) {
        let (OfferAnswer { offer, answer, call_id, .. }, said) = (exchange, &exchange.exchange);
        if self.docket.reuses.is_empty() || !said.answer.is_keyed() {
            return;
        }
        let party = |ip| self.policy.party(ip);
        let session = (party(exchange.caller.ip), party(exchange.callee.ip));
        if session.0 == session.1 {
            return;
        }
        let mut noted: SmallVec<[u64; 2]> = SmallVec::new();
        for (offered, answered) in said.offer.media().iter().zip(said.answer.media()).filter(|(o, a)| o.is_active() && a.is_active()) {
            let Some(taken) = said.answer.cryptos(answered).next() else { continue };
            let own = said.offer.cryptos(offered).find(|crypto| crypto.tag == taken.tag);
            for (crypto, trace) in own.map(|own| (own, offer)).into_iter().chain([(taken, answer)]) {
                let direction = (party(trace.source.ip), party(trace.destination.ip));
                for key in crypto.inline_keys().filter(|key| !key.is_empty()) {
                    let value = fingerprint((key, direction));
                    // Bundled lines share theirs.
                    if noted.contains(&value) {
                        continue;
                    }
                    noted.push(value);
                    self.uses.push(Use {
                        kind: Once::MediaKey,
                        order: answer.origin,
                        value,
                        user: fingerprint(&**call_id),
                        tag: fingerprint(&**call_id),
                        numbers: 0,
                        clock: answer.last,
                        call,
                        call_id: Arc::clone(call_id),
                        direction,
                        session,
                        trunk,
                        trace: Arc::clone(trace),
                    });
                }
            }
        }
    }

    /// Judges a use by the one of another call before it, and by how many there are.
    fn reused(&mut self, used: &Use, before: Option<Before<'_>>, copies: u64) {
        let terms = self.policy.terms(used.direction.0, used.direction.1, used.trunk);
        let subject = ReuseSubject { kind: used.kind, trace: &used.trace, before, copies, terms };
        let matter = Matter {
            rule: 0,
            subject: "message",
            direction: Some(used.direction),
            session: used.session,
            trunk: used.trunk,
            call: Some(used.call),
            call_id: Some(&used.call_id),
            arrival: None,
            trace: Some(&used.trace),
            anchor: None,
            at: used.trace.first,
        };
        let docket = self.docket;
        self.judge(&docket.reuses, matter, |check| check(&subject));
    }
}

/// Who used a value last.
#[derive(Clone, Debug)]
struct Last {
    user: u64,
    tag: u64,
    call_id: Arc<str>,
    first: Time,
    clock: Time,
    /// When the first of those that count together passed, and how many they are.
    since: Time,
    copies: u64,
}

/// The values that were used lately, by all calls.
#[derive(Debug, Default)]
pub struct Uses {
    last: HashMap<(Once, u64), Last, FixedState>,
    /// Who used a value before the last who did, by both, and since when it counts.
    former: HashMap<u64, Time, FixedState>,
    attempts: Attempts,
    /// At so many values those that are too old to matter are forgotten.
    sweep_at: usize,
}

impl Uses {
    /// Takes the uses of a window, which follow those of the windows before, and what became of their INVITEs; judges each.
    pub fn settle(&mut self, mut uses: Vec<Use>, mut fates: Vec<Fate>, bench: &mut Judge<'_>) {
        uses.sort_by_key(|used| (used.order, used.kind, used.value));
        fates.sort_unstable_by_key(|fate| fate.order);
        let mut fates = fates.into_iter().peekable();
        for used in uses {
            while let Some(fate) = fates.next_if(|fate| fate.order < used.order) {
                self.attempts.meet(&fate);
            }
            self.take(&used, bench);
            if matches!(used.kind, Once::Passport | Once::ChargingId) {
                self.attempts.begin(used.user, used.numbers, used.clock);
            }
            if self.held() >= self.sweep_at.max(4096) {
                self.forget(used.clock, bench.policy);
            }
        }
        fates.for_each(|fate| self.attempts.meet(&fate));
    }

    /// How much is remembered: one value that all calls carry makes many users of it.
    fn held(&self) -> usize {
        self.last.len() + self.former.len() + self.attempts.len()
    }

    fn take(&mut self, used: &Use, bench: &mut Judge<'_>) {
        let window = window(used.kind, bench.policy.terms(used.direction.0, used.direction.1, used.trunk));
        let key = (used.kind, used.value);
        let last = self.last.remove(&key).filter(|last| used.clock.since(last.clock) <= window);
        let since = last.as_ref().map(|last| last.since).filter(|since| used.clock.since(*since) <= window);
        // Who used it before uses it again: a watcher who asked, an INVITE that was challenged.
        let by = |user: u64| fingerprint((used.kind, used.value, user));
        let is_known = last.as_ref().is_some_and(|last| last.user == used.user)
            || since.is_some() && self.former.get(&by(used.user)).copied() == since;
        let counted = last.as_ref().filter(|_| since.is_some()).map_or(0, |last| last.copies);
        let copies = counted + u64::from(!is_known || counted == 0);
        let next = Last {
            user: used.user,
            tag: used.tag,
            call_id: Arc::clone(&used.call_id),
            first: used.trace.first,
            clock: used.clock,
            since: since.unwrap_or(used.clock),
            copies,
        };
        // A document that began to count before does not count with this one.
        let together = since.is_some() || used.kind != Once::Notification;
        if let Some(last) = last.as_ref().filter(|last| together && last.user != used.user) {
            self.former.insert(by(last.user), next.since);
        }
        // Either tells a session by itself: what a proxy sends elsewhere keeps both, what an agent does keeps one.
        let other = last.as_ref().filter(|last| !is_known && last.user != used.user && last.tag != used.tag);
        let goes_on = other.map_or(GoesOn::No, |last| match used.kind {
            Once::Passport | Once::ChargingId => self.attempts.follow(last.user, used.numbers, used.clock),
            Once::Notification | Once::MediaKey => GoesOn::No,
        });
        let before = other.filter(|_| goes_on != GoesOn::Yes);
        let before = before.map(|last| Before { call_id: &last.call_id, at: last.first, may_go_on: goes_on == GoesOn::Perhaps });
        bench.reused(used, before, copies);
        self.last.insert(key, next);
    }

    /// Forgets what is older than anybody asks for; amortised, one look at each value per doubling.
    fn forget(&mut self, now: Time, policy: &Policy) {
        let longest = policy.longest_replay_window();
        self.last.retain(|&(kind, _), last| {
            let keep = match kind {
                Once::Passport => longest,
                Once::ChargingId => CHARGING,
                Once::Notification => FAN_OUT,
                Once::MediaKey => KEYING,
            };
            now.since(last.clock) <= keep
        });
        self.former.retain(|_, since| now.since(*since) <= longest.max(CHARGING));
        self.attempts.forget(now);
        self.sweep_at = self.held() * 2;
    }
}

/// How long after its use a value may not come again, in nanoseconds.
fn window(kind: Once, terms: &Terms) -> i64 {
    match kind {
        Once::Passport => terms.identity.stir.replay_window_s.as_ref().map_or(0, |clause| seconds(i64::from(clause.value))),
        Once::ChargingId => CHARGING,
        Once::Notification => FAN_OUT,
        Once::MediaKey => KEYING,
    }
}
