//! Takes the messages of one client transaction, gives its report when it is over, never the state of its dialog (RFC 3261 §17).

use std::sync::Arc;

use smallvec::SmallVec;

use super::bargain::Bargain;
use super::marks::{Marks, hash};
use super::onward::Answers;
use super::phase::{Clocks, Deadline, Event, Phase};
use super::sights::Sights;
use super::timer::Timer;
use super::turn::{Alarm, Turn};
use super::{AckFault, Cancel, Ending, Place, Reliable, Repeat, Standing, Trace, Transaction};
use crate::base::Time;
use crate::sip::value::{elements, number, rack};
use crate::sip::{Arrival, HeaderName, Method};

/// A client that keeps to its timers sends a request eleven times (RFC 3261 §17.1.2.2); what is beyond shows at the twelfth.
const REPEATS: usize = 12;

/// How many reliable provisional responses to one INVITE are followed: a call has one for each of its early dialogs and states.
const RELIABLES: usize = 64;

/// A transaction that is not over, or lingers for repetitions.
#[derive(Debug)]
pub(super) struct LiveTransaction {
    report: Transaction,
    phase: Phase,
    clocks: Clocks,
    pub(super) timer: Timer,
    pub(super) sights: Sights,
    pub(super) key: u64,
    pub(super) method: Method,
    pub(super) hop: u8,
    pub(super) from: u64,
    pub(super) to: Option<u64>,
    pub(super) cseq: u32,
    uri: u64,
    /// Its Route; `None` where not all of it was captured.
    route: Option<u64>,
    /// The IP identification of its last transmission.
    ip_id: u32,
    final_to: Option<u64>,
    /// The 2xx that began dialogs.
    answers: Option<Box<Answers>>,
    /// An ACK showed that a final response passed that the tap did not see, or something else that it may have.
    lost_sight: bool,
    /// The dialog that the request was sent in.
    pub(super) dialog: Option<u64>,
    /// Where its ACK looks for it, though its dialog was not seen to begin.
    pub(super) adrift: Option<u64>,
    /// The session request that it is a leg of, and which.
    pub(super) leg: Option<(u64, usize)>,
    /// The dialogs that its responses made.
    pub(super) made: SmallVec<[u64; 1]>,
    /// The offer of an initial INVITE, from which each dialog goes on by itself.
    pub(super) bargain: Option<Bargain>,
    /// The Contact of the request.
    pub(super) contact: Option<Arc<[u8]>>,
    pub(super) standing: Standing,
    pub(super) from_caller: Option<bool>,
    timer_asked: bool,
    /// Whether its offer came while another was pending.
    pub(super) crosses_offer: bool,
    /// Its Record-Route and Path: how many values, and their hash. `None` where some may be missing.
    recorded: [Option<(u16, u64)>; 2],
    /// Whether the capture cut its request before the To tag.
    may_be_in_dialog: bool,
}

impl LiveTransaction {
    pub(super) fn begin(arrival: &Arrival, marks: &Marks, method: Method, turn: &mut Turn<'_>) -> Self {
        let (envelope, message) = (&arrival.envelope, &arrival.message);
        let clocks = Clocks {
            invite: method == Method::Invite,
            began: turn.clock,
            wait: turn.settings.wait(),
            timer_c: turn.settings.timer_c.max(0),
        };
        let (phase, due) = Phase::begin(&clocks);
        let mut sights = Sights::default();
        sights.note(marks, envelope, turn.settings.mirror_window);
        let key = marks.key(method);
        let mut timer = Timer::default();
        turn.arm(timer.set(due), Alarm::Transaction(key));
        Self {
            report: Transaction {
                method: Some(method),
                request: turn.trace(arrival),
                transport: envelope.transport,
                in_dialog: marks.to.is_some() && method != Method::Cancel,
                transmissions: 1,
                ..Transaction::default()
            },
            phase,
            clocks,
            timer,
            sights,
            key,
            method,
            hop: 0,
            from: marks.from,
            to: marks.to,
            cseq: marks.cseq,
            uri: if clocks.invite { hash(message.request_uri()) } else { 0 },
            route: if clocks.invite { route(arrival) } else { None },
            ip_id: envelope.ip_id,
            final_to: None,
            answers: None,
            // Without its branch, which the capture cut off, nothing that answers it can be told.
            lost_sight: message.branch().is_none() && arrival.lacks_headers(),
            dialog: None,
            adrift: None,
            leg: None,
            made: SmallVec::new(),
            bargain: None,
            contact: None,
            standing: Standing::Initial,
            from_caller: None,
            timer_asked: message.has(HeaderName::SessionExpires),
            crosses_offer: false,
            recorded: RECORDED.map(|id| (!arrival.lacks_headers()).then(|| recorded(arrival, id, 0))),
            may_be_in_dialog: arrival.may_be_in_dialog(),
        }
    }

    /// A response tells the CSeq number, which the capture may have cut off its request.
    pub(super) fn number(&mut self, cseq: u32) {
        if self.cseq == 0 {
            self.cseq = cseq;
        }
    }

    /// Its end may have passed where, or when, the tap did not see it.
    pub(super) fn lose_sight(&mut self) {
        self.lost_sight = true;
    }

    pub(super) fn is_in_dialog(&self) -> bool {
        self.report.in_dialog
    }

    pub(super) fn request(&self) -> &Trace {
        &self.report.request
    }

    pub(super) fn is_acknowledged(&self) -> bool {
        self.report.ack.is_some()
    }

    /// The code of the final response, where one came in time.
    pub(super) fn final_code(&self) -> Option<u16> {
        match self.report.ending {
            Ending::Final { code, .. } => Some(code),
            _ => None,
        }
    }

    /// What is said of a further transmission of the request.
    pub(super) fn again(&mut self, arrival: &Arrival, marks: &Marks, turn: &mut Turn<'_>) -> Place {
        let repeat = self.sights.note(marks, &arrival.envelope, turn.settings.mirror_window);
        if repeat != Repeat::Mirror {
            self.report.transmissions = self.report.transmissions.saturating_add(1);
        }
        if repeat == Repeat::Retransmission {
            self.needless(arrival, turn);
            self.note_repeat(arrival);
        }
        Place { repeat, standing: self.standing, from_caller: self.from_caller, method: Some(self.method), ..Place::default() }
    }

    /// Counts a repetition where the transport already repeats (RFC 3261 §17.1.1.2, §17.1.2.2, §17.2.1).
    pub(super) fn needless(&mut self, arrival: &Arrival, turn: &mut Turn<'_>) {
        if arrival.envelope.transport.is_reliable() {
            self.report.needless_repeats = self.report.needless_repeats.saturating_add(1);
            self.report.needless_repeat.get_or_insert_with(|| turn.trace(arrival));
        }
    }

    /// What is said of a response, before the dialog is asked.
    pub(super) fn place(&self, arrival: &Arrival, marks: &Marks, code: u16) -> Place {
        let was_cut = self.recorded.iter().all(Option::is_none);
        let lacks_tag = self.from == Marks::nobody() && was_cut || marks.from == Marks::nobody() && arrival.lacks_headers();
        let dialog_answer = code > 100 && self.from != marks.from && !lacks_tag;
        let other_tag = code > 100 && self.report.in_dialog && marks.to.is_some() && marks.to != self.to;
        Place {
            standing: self.standing,
            from_caller: self.from_caller.map(|caller| !caller),
            method: Some(self.method),
            matched: true,
            request_in_dialog: self.report.in_dialog || self.may_be_in_dialog,
            tag_fault: match (dialog_answer, other_tag) {
                (true, _) => Some(super::TagFault::FromTagChanged),
                (_, true) => Some(super::TagFault::ToTagChanged),
                _ => None,
            },
            answers_crossing: self.crosses_offer,
            timer_asked: self.timer_asked && matches!(self.method, Method::Invite | Method::Update) && (200..300).contains(&code),
            ..Place::default()
        }
    }

    /// How many values of Record-Route and Path of a response are before those that its request had.
    pub(super) fn added(&self, arrival: &Arrival) -> [Option<u16>; 2] {
        let [routes, paths] = RECORDED;
        let added = |id: HeaderName, sent: Option<(u16, u64)>| {
            let (count, _) = sent.filter(|_| arrival.message.has(id) && !arrival.lacks_headers())?;
            let more = recorded(arrival, id, 0).0.checked_sub(count)?;
            (Some(recorded(arrival, id, more)) == sent).then_some(more)
        };
        [added(routes, self.recorded[0]), added(paths, self.recorded[1])]
    }

    /// A provisional response.
    pub(super) fn provisional(&mut self, arrival: &Arrival, code: u16, turn: &mut Turn<'_>) {
        self.report.provisional.get_or_insert_with(|| turn.trace(arrival));
        self.proceed(code, turn);
    }

    /// A provisional response, or one that is sent again: both show that somebody works on the request.
    pub(super) fn proceed(&mut self, code: u16, turn: &mut Turn<'_>) {
        self.step(Event::Provisional(code), turn);
    }

    /// A reliable provisional response; the To tag tells the early dialog, each of which counts by itself (RFC 3262 §3).
    pub(super) fn reliable(&mut self, arrival: &Arrival, marks: &Marks, turn: &mut Turn<'_>) {
        let line = arrival.message.header(HeaderName::RSeq).filter(|line| !arrival.is_half(line.value));
        let Some(number) = line.and_then(|line| number(arrival.message.value(line).trim_ascii())) else { return };
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let reliables = self.report.reliables.get_or_insert_default();
        if reliables.followed.len() == RELIABLES {
            reliables.unfollowed = reliables.unfollowed.saturating_add(1);
            return;
        }
        let before = reliables.followed.iter().rev().find(|reliable| reliable.to == marks.to).map(|reliable| reliable.number);
        reliables.followed.push(Reliable { response: turn.trace(arrival), to: marks.to, number, before, acknowledged: false });
    }

    /// A PRACK in the early dialog of a reliable response (RFC 3262 §4, §7.2); gives the response that it acknowledges, where that was seen.
    pub(super) fn prack(&mut self, arrival: &Arrival, marks: &Marks) -> Option<Arc<Trace>> {
        let line = arrival.message.header(HeaderName::RAck).filter(|line| !arrival.is_half(line.value));
        if line.is_none() && arrival.lacks_headers() {
            // Which it acknowledges was cut off: it may be any.
            let followed = self.report.reliables.iter_mut().flat_map(|reliables| &mut reliables.followed);
            followed.filter(|reliable| reliable.to == marks.to).for_each(|reliable| reliable.acknowledged = true);
            return None;
        }
        let value = arrival.message.value(line?);
        let rack = rack(value.trim_ascii()).filter(|rack| rack.method == b"INVITE" && rack.cseq == u64::from(self.cseq))?;
        let reliables = self.report.reliables.iter_mut().flat_map(|reliables| &mut reliables.followed);
        let named = reliables.filter(|reliable| u64::from(reliable.number) == rack.response && reliable.to == marks.to);
        named.fold(None, |_, reliable| {
            reliable.acknowledged = true;
            Some(reliable.response.clone())
        })
    }

    /// A final response; whether it is the first, and came in time.
    pub(super) fn conclude(&mut self, arrival: &Arrival, marks: &Marks, code: u16, turn: &mut Turn<'_>) -> bool {
        let open = matches!(self.phase, Phase::Trying | Phase::Proceeding);
        if open {
            self.report.ending = Ending::Final { code, response: turn.trace(arrival) };
            if self.clocks.invite && code < 300 && !self.report.in_dialog {
                self.answers = Some(Box::new(Answers::begin(arrival, marks)));
            }
            self.final_to = marks.to;
            self.report.ack_judgeable |= self.is_acknowledged();
        } else if code < 300 && self.answers.as_mut().is_some_and(|answers| answers.fork(arrival, marks, turn)) {
            turn.arm(self.timer.set(turn.after_wait()), Alarm::Transaction(self.key));
        }
        self.step(Event::Final, turn);
        open
    }

    /// When it was sent again, where its sender decides that by a schedule (RFC 3261 §17.1.1.2, §17.1.2.2).
    fn note_repeat(&mut self, arrival: &Arrival) {
        let envelope = &arrival.envelope;
        // The same packet at a second tap, or behind an address translator, was not sent again.
        let copied = envelope.ip_id != 0 && envelope.ip_id == self.ip_id || !self.goes_along(arrival);
        if envelope.transport.is_reliable() || copied {
            return;
        }
        self.ip_id = envelope.ip_id;
        let repeats = self.report.repeats.get_or_insert_default();
        if repeats.len() < REPEATS {
            repeats.push(envelope.first);
        }
    }

    /// Whether a final response is awaited.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Trying | Phase::Proceeding)
    }

    /// Whether it went from the same host to the same host.
    pub(super) fn goes_along(&self, arrival: &Arrival) -> bool {
        let (request, envelope) = (&self.report.request, &arrival.envelope);
        request.source.ip == envelope.source.ip && request.destination.ip == envelope.destination.ip
    }

    /// It met the end of its dialog on its way.
    pub(super) fn crosses(&mut self) {
        self.report.crossed = true;
    }

    /// Its dialog had ended by an answered BYE.
    pub(super) fn comes_after_bye(&mut self) {
        self.report.hung_up = true;
    }

    /// It is a CANCEL, and names another branch or number than the INVITE that it can only mean.
    pub(super) fn misnames(&mut self) {
        self.report.misnames = true;
    }

    /// Its receiver works on the same INVITE already.
    pub(super) fn merges(&mut self) {
        self.report.merged = true;
    }

    /// A 2xx to the CANCEL for it.
    pub(super) fn cancel_accepted(&mut self, at: Time) {
        if let Some(cancel) = &mut self.report.cancel {
            cancel.accepted.get_or_insert(at);
        }
    }

    /// A CANCEL for it.
    pub(super) fn cancel(&mut self, arrival: &Arrival, turn: &mut Turn<'_>) {
        if self.report.cancel.is_none() {
            let late = match &self.report.ending {
                Ending::Final { response, .. } => Some(arrival.envelope.first.since(response.first)),
                _ => None,
            };
            self.report.cancel = Some(Box::new(Cancel {
                request: turn.trace(arrival),
                early: self.phase == Phase::Trying,
                late,
                other_uri: hash(arrival.message.request_uri()) != self.uri,
                other_route: self.route.zip(route(arrival)).is_some_and(|(own, other)| own != other),
                accepted: None,
            }));
        }
        self.report.cancelled |= matches!(self.phase, Phase::Trying | Phase::Proceeding);
        self.step(Event::Cancel, turn);
    }

    /// Whether a final response waits for an ACK with this To tag.
    pub(super) fn waits_for_ack(&self, to: Option<u64>) -> bool {
        let fork = self.answers.as_ref().and_then(|answers| answers.waits(to));
        self.final_code().is_some() && fork.unwrap_or(!self.is_acknowledged())
    }

    /// A request of the caller in a dialog that it made.
    pub(super) fn follow(&mut self, arrival: &Arrival, marks: &Marks) {
        if let Some(answers) = &mut self.answers
            && arrival.envelope.source.ip == self.report.request.source.ip
        {
            answers.follow(marks.to, arrival.envelope.destination.ip);
        }
    }

    /// An ACK, of which `fault` may say that it was not found by its branch or number.
    pub(super) fn acknowledge(&mut self, arrival: &Arrival, marks: &Marks, fault: Option<AckFault>, turn: &mut Turn<'_>) {
        self.follow(arrival, marks);
        let same_branch = self.has_branch_of(arrival, marks);
        if let Some(answers) = self.answers.as_mut().filter(|answers| answers.waits(marks.to).is_some()) {
            answers.acknowledge(marks.to, turn.trace(arrival), fault.or(same_branch.then_some(AckFault::SameBranch)));
            return;
        }
        if self.report.ack.is_some() {
            return;
        }
        self.report.ack = Some(turn.trace(arrival));
        match self.final_code() {
            None => self.lost_sight = true,
            Some(code) => {
                self.report.ack_judgeable = true;
                self.report.ack_fault = fault.or_else(|| self.fault_of_ack(arrival, marks, code));
            }
        }
    }

    /// Whether an ACK has its branch, and its CSeq number where its own request has one.
    fn has_branch_of(&self, arrival: &Arrival, marks: &Marks) -> bool {
        marks.key(Method::Invite) == self.key || marks.cut_key(arrival, Method::Invite) == self.key
    }

    fn fault_of_ack(&self, arrival: &Arrival, marks: &Marks, code: u16) -> Option<AckFault> {
        let same_branch = self.has_branch_of(arrival, marks);
        if arrival.message.cseq().is_none() || arrival.message.branch().is_none() {
            return None;
        }
        match code {
            200..300 => same_branch.then_some(AckFault::SameBranch),
            _ if !same_branch => Some(AckFault::Branch),
            _ if marks.to != self.final_to => Some(AckFault::ToTag),
            _ => (hash(arrival.message.request_uri()) != self.uri).then_some(AckFault::RequestUri),
        }
    }

    fn step(&mut self, event: Event, turn: &mut Turn<'_>) -> bool {
        let (phase, deadline) = self.phase.on(event, turn.clock, &self.clocks);
        self.phase = phase;
        if let Deadline::At(due) = deadline {
            turn.arm(self.timer.set(due), Alarm::Transaction(self.key));
        }
        deadline == Deadline::Over
    }

    /// Its deadline is reached.
    pub(super) fn alarm(&mut self, turn: &mut Turn<'_>) -> Rang {
        let before = self.phase;
        if self.step(Event::Alarm, turn) {
            return Rang::Over;
        }
        let in_vain = before == Phase::Proceeding && self.clocks.invite;
        self.report.ending = match self.lost_sight {
            true => Ending::Open,
            false if in_vain => Ending::TimerC(turn.clock),
            false => Ending::TimedOut(self.timed_out()),
        };
        if self.lost_sight { Rang::LostSight } else { Rang::Expired }
    }

    /// When the time for a final response ends: Timers B and F.
    pub(super) fn timed_out(&self) -> Time {
        self.report.request.first.plus(self.clocks.wait)
    }

    /// The report. Where its time is over, what did not come is missing.
    pub(super) fn close(mut self, call_id: &Arc<str>, covered: bool) -> Transaction {
        self.report.call_id = call_id.clone();
        self.report.standing = self.standing;
        if let Some(reliables) = &mut self.report.reliables {
            reliables.covered = covered;
        }
        let silent = self.final_code().is_some() && self.report.ack.is_none() && self.adrift.is_none();
        if covered && self.method == Method::Invite && silent {
            self.report.ack_judgeable = true;
            self.report.ack_fault = Some(AckFault::Missing);
        }
        if let Some(answers) = self.answers {
            self.report.leads_elsewhere = answers.leads_elsewhere();
            self.report.forks = answers.close(covered);
        }
        self.report
    }
}

/// What proxies write into requests and answers copy.
const RECORDED: [HeaderName; 2] = [HeaderName::RecordRoute, HeaderName::Path];

/// How many values a header has behind the first few, and their hash.
fn recorded(arrival: &Arrival, id: HeaderName, skip: u16) -> (u16, u64) {
    let message = &arrival.message;
    if !message.has(id) {
        return (0, 0);
    }
    let values = message.lines(id).flat_map(|line| elements(message.at(line.value))).skip(skip.into());
    values.fold((0, 0), |(count, all), value| (count.saturating_add(1), hash((all, value))))
}

/// The values of Route; `None` where some may be missing.
fn route(arrival: &Arrival) -> Option<u64> {
    let message = &arrival.message;
    (!arrival.envelope.cut).then(|| {
        let values = message.lines(HeaderName::Route).flat_map(|line| elements(message.at(line.value)));
        values.fold(0, |all, value| hash((all, value)))
    })
}

/// What an alarm did to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rang {
    /// No final response came in time.
    Expired,
    /// None was seen, though one came.
    LostSight,
    /// It is over.
    Over,
}
