//! Takes the messages of one Call-ID, gives each to the transactions, dialogs and session requests that it concerns, never looks at another call.

use std::sync::Arc;

use smallvec::SmallVec;

use super::bargain::Agreed;
use super::live_chain::LiveChain;
use super::live_dialog::{LiveDialog, Woken};
use super::live_transaction::{LiveTransaction, Rang};
use super::marks::{Marks, dialog_key, hash};
use super::path::Path;
use super::roster::Roster;
use super::sights::Sights;
use super::timer::{Ring, Timer};
use super::turn::{Alarm, Turn};
use super::{ByeEnd, Happening, OfferAnswer, Outcome, Over, Place, Repeat, Report, Standing};
use crate::base::{Endpoint, Time, lossy};
use crate::sdp::Description;
use crate::sip::{Arrival, Method};

/// The state of one Call-ID.
#[derive(Debug)]
pub(super) struct LiveCall {
    /// The Call-ID, lossily as text.
    text: Arc<str>,
    /// Its octets, where the text lost some.
    raw: Option<Box<[u8]>>,
    fingerprint: u64,
    first: (Endpoint, Endpoint),
    /// Boxed: they are many and short-lived, and a call that is just talking has none.
    pub(super) transactions: Roster<Box<LiveTransaction>, 2>,
    pub(super) dialogs: Roster<LiveDialog>,
    pub(super) chains: Roster<LiveChain>,
    /// The last session request of each From tag at each hop.
    pub(super) latest: Roster<u64>,
    /// INVITEs inside dialogs that were not seen to begin, for their ACKs.
    pub(super) adrift: Roster<u64>,
    /// Where INVITEs passed: the hops of the call.
    pub(super) paths: SmallVec<[Path; 1]>,
    /// Messages that belong to nothing that was seen.
    pub(super) strays: Sights,
    /// The last response that came without its request: its transaction, and when. Where two taps are merged it may be ahead of it.
    pub(super) early: Option<(u64, Time)>,
    pub(super) chain_serial: u64,
    /// Whether a message came back to the sender of the first.
    is_two_way: bool,
    /// Whether a request had a To tag, which only the other side gives.
    is_answered: bool,
    /// Whether a message of it was of a session.
    is_call: bool,
    last: Time,
    timer: Timer,
}

impl LiveCall {
    pub(super) fn begin(id: &[u8], fingerprint: u64, arrival: &Arrival) -> Self {
        let text = lossy(id);
        Self {
            raw: (text.as_bytes() != id).then(|| id.into()),
            text: text.into(),
            fingerprint,
            first: (arrival.envelope.source, arrival.envelope.destination),
            transactions: Roster::default(),
            dialogs: Roster::default(),
            chains: Roster::default(),
            latest: Roster::default(),
            adrift: Roster::default(),
            paths: SmallVec::new(),
            strays: Sights::default(),
            early: None,
            chain_serial: 0,
            is_two_way: false,
            is_answered: false,
            is_call: false,
            last: arrival.envelope.clock,
            timer: Timer::default(),
        }
    }

    pub(super) fn id(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(self.text.as_bytes())
    }

    pub(super) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// Takes the next message.
    pub(super) fn on(&mut self, arrival: &Arrival, sdp: Option<&Arc<Description>>, turn: &mut Turn<'_>) -> Place {
        self.last = turn.clock;
        self.is_two_way |= arrival.envelope.source.ip == self.first.1.ip;
        let marks = Marks::of(arrival);
        self.is_answered |= marks.to.is_some() && arrival.message.is_request();
        let mut place = match arrival.message.code() {
            None => match arrival.message.method().unwrap_or(Method::Other) {
                Method::Ack => self.ack(arrival, &marks, sdp, turn),
                method => self.request(arrival, &marks, method, sdp, turn),
            },
            Some(code) => self.response(arrival, &marks, code, sdp, turn),
        };
        self.is_call |= place.method.is_some_and(of_a_call);
        place.age = turn.clock.since(turn.settings.start);
        if self.is_idle() {
            turn.arm(self.timer.set(turn.after_wait()), Alarm::Call);
        }
        place
    }

    pub(super) fn is_idle(&self) -> bool {
        self.transactions.is_empty() && self.dialogs.is_empty() && self.chains.is_empty()
    }

    /// The key of the transaction that a response, an ACK or a CANCEL names: by branch and CSeq, or by the branch alone where the capture cut
    /// the request before its CSeq.
    pub(super) fn named(&self, arrival: &Arrival, marks: &Marks, method: Method) -> u64 {
        let key = marks.key(method);
        if self.transactions.get(key).is_some() {
            return key;
        }
        let cut = marks.cut_key(arrival, method);
        if self.transactions.get(cut).is_some() { cut } else { key }
    }

    /// What is said of a message that belongs to nothing that was seen.
    pub(super) fn stray(&mut self, arrival: &Arrival, marks: &Marks, turn: &Turn<'_>) -> Place {
        let repeat = self.strays.note(marks, &arrival.envelope, turn.settings.mirror_window);
        let standing = if marks.to.is_some() { Standing::Unknown } else { Standing::Initial };
        let met = !arrival.message.is_request() && self.is_asked_for(arrival);
        Place { repeat, standing, met, method: arrival.message.transaction_method(), ..Place::default() }
    }

    /// Whether requests of the call passed from the receiver of a response to its sender.
    fn is_asked_for(&self, arrival: &Arrival) -> bool {
        let back = |source: Endpoint, destination: Endpoint| {
            source.ip == arrival.envelope.destination.ip && destination.ip == arrival.envelope.source.ip
        };
        back(self.first.0, self.first.1) || self.paths.iter().any(|path| back(path.source, path.destination))
    }

    /// The dialog of a message, at the hop that fits its path best.
    pub(super) fn dialog_of(&self, from: u64, to: u64, path: &Path) -> Option<u64> {
        let hops = u8::try_from(self.paths.len().max(1)).unwrap_or(u8::MAX);
        let fit = |hop: u8| self.paths.get(usize::from(hop)).map_or(0, |p| p.fit(path));
        let known = (0..hops).filter(|&hop| self.dialogs.get(dialog_key(from, to, hop)).is_some());
        known.rev().max_by_key(|&hop| fit(hop)).map(|hop| dialog_key(from, to, hop))
    }

    /// The last session request of a From tag at a hop.
    pub(super) fn chain_of(&mut self, from: u64, hop: u8) -> Option<&mut LiveChain> {
        let serial = *self.latest.get(hash((from, hop)))?;
        self.chains.get_mut(serial)
    }

    /// Reports a completed exchange.
    pub(super) fn agreed(&self, agreed: Option<Agreed>, path: &Path, turn: &mut Turn<'_>) {
        if let Some(Agreed { exchange, offer, answer }) = agreed {
            let (call_id, caller, callee) = (self.text.clone(), path.source, path.destination);
            turn.report(Happening::OfferAnswer(OfferAnswer { exchange, call_id, offer, answer, caller, callee }));
        }
    }

    /// The dialog of a session is over.
    pub(super) fn dialog_over(&mut self, key: u64, turn: &mut Turn<'_>) {
        let chain = self.dialogs.get(key).and_then(|d| d.chain).and_then(|serial| self.chains.get_mut(serial));
        if let Some(chain) = chain.filter(|c| c.answered == Some(key)) {
            chain.over(turn);
        }
    }

    /// An alarm rings; whether the call is over.
    pub(super) fn ring(&mut self, alarm: Alarm, turn: &mut Turn<'_>) -> bool {
        let at = turn.clock;
        let ring = match alarm {
            Alarm::Transaction(key) => self.transactions.get_mut(key).map(|t| t.timer.ring(at)),
            Alarm::Dialog(key) => self.dialogs.get_mut(key).map(|d| d.ring(at)),
            Alarm::Chain(serial) => self.chains.get_mut(serial).map(|c| c.ring(at)),
            Alarm::Call => Some(self.timer.ring(at)),
        };
        match (ring, alarm) {
            (Some(Ring::Later(due)), _) => turn.arm(Some(due), alarm),
            (Some(Ring::Due), Alarm::Transaction(key)) => self.transaction_due(key, turn),
            (Some(Ring::Due), Alarm::Dialog(key)) => self.dialog_due(key, turn),
            (Some(Ring::Due), Alarm::Chain(serial)) => self.chain_due(serial, turn),
            (Some(Ring::Due), Alarm::Call) | (Some(Ring::Stale) | None, _) => {}
        }
        if !self.is_idle() {
            return false;
        }
        let until = self.last.plus(turn.settings.wait());
        if until > at {
            turn.arm(self.timer.set(until), Alarm::Call);
        }
        until <= at
    }

    fn transaction_due(&mut self, key: u64, turn: &mut Turn<'_>) {
        let Some(transaction) = self.transactions.get_mut(key) else { return };
        // Who answered and was never seen to say anything is not seen by the tap.
        if self.is_answered && !self.is_two_way {
            transaction.lose_sight();
        }
        let rang = transaction.alarm(turn);
        match (rang, transaction.leg, transaction.dialog, transaction.method) {
            (Rang::Over, ..) => self.transaction_over(key, turn),
            (Rang::Expired | Rang::LostSight, Some((serial, leg)), ..) => {
                let outcome = if rang == Rang::Expired { Outcome::Timeout } else { Outcome::Censored };
                if let Some(chain) = self.chains.get_mut(serial) {
                    chain.no_answer(leg, outcome, turn);
                }
            }
            (_, None, Some(dialog), Method::Bye) => {
                let end = if rang == Rang::LostSight { ByeEnd::Open } else { ByeEnd::TimedOut(transaction.timed_out()) };
                self.bye_ended(dialog, end, turn);
            }
            _ => {}
        }
    }

    fn transaction_over(&mut self, key: u64, turn: &mut Turn<'_>) {
        let Some(transaction) = self.transactions.remove(key) else { return };
        if let Some(adrift) = transaction.adrift.filter(|&at| self.adrift.get(at) == Some(&key)) {
            self.adrift.remove(adrift);
        }
        // What never was confirmed goes with its INVITE.
        for &dialog in &transaction.made {
            if self.dialogs.get(dialog).is_some_and(|d| d.is_early()) {
                self.dialogs.remove(dialog);
            }
        }
        turn.report(Happening::Transaction(transaction.close(&self.text, true)));
    }

    fn dialog_due(&mut self, key: u64, turn: &mut Turn<'_>) {
        let Some(dialog) = self.dialogs.get_mut(key) else { return };
        match dialog.alarm(turn) {
            Woken::Expired => {
                let chain = dialog.chain.and_then(|serial| self.chains.get_mut(serial));
                if let Some(chain) = chain.filter(|c| c.answered == Some(key)) {
                    chain.expired(turn);
                }
                self.dialog_over(key, turn);
            }
            Woken::Ended => self.dialog_over(key, turn),
            Woken::Over => {
                let closed = self.dialogs.remove(key).and_then(|d| d.close(&self.text));
                closed.map(Happening::Dialog).into_iter().for_each(|closed| turn.report(closed));
            }
        }
    }

    fn chain_due(&mut self, serial: u64, turn: &mut Turn<'_>) {
        let Some(mut chain) = self.chains.remove(serial) else { return };
        chain.idle(turn);
        let latest = hash((chain.from, chain.hop));
        if self.latest.get(latest) == Some(&serial) {
            self.latest.remove(latest);
        }
        chain.close().map(Arc::new).map(Happening::Session).into_iter().for_each(|closed| turn.report(closed));
    }

    /// A BYE ended; what that makes of its dialog and session.
    pub(super) fn bye_ended(&mut self, key: u64, end: ByeEnd, turn: &mut Turn<'_>) {
        use super::stage::Step;
        let Some(dialog) = self.dialogs.get_mut(key) else { return };
        let step = match end {
            ByeEnd::Failed(401 | 407 | 503, _) => Step::ByeRefused,
            _ => Step::ByeDone,
        };
        dialog.hung_up |= matches!(end, ByeEnd::Success(_));
        let over = dialog.step(step, turn);
        let chain = dialog.chain.and_then(|serial| self.chains.get_mut(serial));
        if let Some(chain) = chain.filter(|c| c.answered == Some(key)) {
            chain.bye_ended(end);
        }
        if over {
            self.dialog_over(key, turn);
        }
    }

    /// The capture ends: what is open is reported as open.
    pub(super) fn finish(mut self, call: u64, out: &mut Vec<Report>) {
        if !self.is_idle() {
            self.last = Time(i64::MAX);
        }
        let text = self.text.clone();
        let report = |happening| Report { call, happening };
        out.extend(self.transactions.drain().map(|t| report(Happening::Transaction(t.close(&text, false)))));
        out.extend(self.dialogs.drain().filter_map(|d| d.close(&text)).map(Happening::Dialog).map(report));
        out.extend(self.chains.drain().filter_map(|c| c.close()).map(Arc::new).map(Happening::Session).map(report));
        out.push(report(self.over(Time(i64::MAX))));
    }

    /// The call is forgotten at a time.
    pub(super) fn over(&self, at: Time) -> Happening {
        let (source, destination) = self.first;
        Happening::Over(Over {
            call_id: self.text.clone(),
            fingerprint: self.fingerprint,
            is_call: self.is_call,
            last: self.last,
            at,
            source,
            destination,
        })
    }
}

/// By what the ACK of an INVITE in an unknown dialog is found.
pub(super) fn adrift_key(from: u64, to: u64, path: &Path) -> u64 {
    hash((from, to, path.source, path.destination))
}

/// Whether a method begins a session or is of use only in one (RFC 3261 §9, §13, §15, RFC 3262, RFC 3311).
const fn of_a_call(method: Method) -> bool {
    matches!(method, Method::Invite | Method::Ack | Method::Bye | Method::Cancel | Method::Prack | Method::Update)
}

/// Whether a message adds nothing to what is known.
pub(super) fn is_repeat(place: &Place) -> bool {
    place.repeat != Repeat::First
}
