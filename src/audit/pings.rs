//! Takes the OPTIONS by which hosts check each other and how each came out, gives them in order to the rules that ask, never a message.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::ops::RangeInclusive;

use super::hearing::Heard;
use super::judge::{Judge, Matter, interval_of};
use crate::base::{Origin, Time, lossy};
use crate::call::{Ending, Standing, Trace, Transaction};
use crate::policy::{Party, Terms};
use crate::rules::{Echo, PingSubject, Watch};
use crate::sip::Method;

/// What passed of a check.
#[derive(Clone, Debug)]
pub enum Ping {
    /// A host checks another.
    Sent {
        /// The OPTIONS.
        trace: Trace,
        /// Its Call-ID.
        call_id: Box<str>,
    },
    /// How that came out; the trace is that of the OPTIONS.
    Echoed(Trace, Echo),
}

impl Ping {
    const fn trace(&self) -> &Trace {
        match self {
            Self::Sent { trace, .. } | Self::Echoed(trace, _) => trace,
        }
    }
}

/// Whether checks by OPTIONS are spoken of at all.
fn asks(terms: &Terms) -> bool {
    let (performance, statistics) = (&terms.performance, &terms.performance.options_ms);
    let delays = [&statistics.mean, &statistics.p50, &statistics.p95, &statistics.p99, &statistics.max];
    terms.sip.transport.keepalive.is_some() || performance.options_consecutive.is_some() || delays.iter().any(|agreed| agreed.is_some())
}

impl Judge<'_> {
    /// Notes an OPTIONS outside of dialogs between two parties that agreed on something about it.
    pub(super) fn note_ping(&mut self, heard: &Heard<'_, '_>) {
        let is_check = heard.place.method == Some(Method::Options) && heard.place.standing == Standing::Initial;
        if is_check && heard.arrival.message.is_request() && self.watches(heard.from, heard.to) {
            let call_id = lossy(heard.arrival.message.call_id()).into();
            self.pings.push(Ping::Sent { trace: Trace::of(heard.arrival), call_id });
        }
    }

    /// Notes how it came out, and how long that took.
    pub(super) fn note_echo(&mut self, transaction: &Transaction, from: Party, to: Party) {
        if transaction.method != Some(Method::Options) || transaction.standing != Standing::Initial || !self.watches(from, to) {
            return;
        }
        let request = &transaction.request;
        let echo = match &transaction.ending {
            Ending::Final { code, response } => {
                let interval = interval_of(self.policy.terms(from, to, None), request.first);
                let tally = self.proceedings.tallies.entry((from, to, None, Some(interval))).or_default();
                tally.check(response.last.since(request.first), (request.origin, request.first));
                Echo::Answered(*code)
            }
            Ending::TimedOut(_) | Ending::TimerC(_) if transaction.out_of_sight => Echo::OutOfSight,
            Ending::TimedOut(_) | Ending::TimerC(_) => Echo::Silence,
            Ending::Open => Echo::Open,
        };
        self.pings.push(Ping::Echoed(Trace::clone(request), echo));
    }

    /// Hosts of nobody may send OPTIONS to the whole address space.
    fn watches(&self, from: Party, to: Party) -> bool {
        from != Party::Unknown && to != Party::Unknown && asks(self.policy.terms(from, to, None))
    }

    fn watched(&mut self, direction: (Party, Party), watch: Watch<'_>, call_id: Option<&str>, (trace, at): (Option<&Trace>, Time)) {
        let subject = PingSubject { watch, terms: self.policy.terms(direction.0, direction.1, None) };
        let matter = Matter {
            rule: 0,
            subject: "interval",
            direction: Some(direction),
            session: direction,
            trunk: None,
            call: None,
            call_id,
            arrival: None,
            trace,
            anchor: None,
            at,
        };
        let docket = self.docket;
        self.judge(&docket.pings, matter, |check| check(&subject));
    }

    /// Judges, between declared peers that exchange SIP, those directions in which nobody checks anybody.
    pub(super) fn unwatched(&mut self, watches: &Watches, (first, last): (Time, Time)) {
        let party = |ip: &IpAddr| self.policy.party(*ip);
        let talking = self.proceedings.traffic.keys().map(|(from, to)| (party(from), party(to)));
        let both_ways: BTreeSet<_> = talking.flat_map(|(from, to)| [(from, to), (to, from)]).collect();
        let declared = |party| matches!(party, Party::Declared(_));
        let silent = both_ways.into_iter().filter(|d| declared(d.0) && declared(d.1) && d.0 != d.1 && !watches.checked.contains(d));
        for direction in silent.collect::<Vec<_>>() {
            self.watched(direction, Watch::Pause { length: last.since(first), before: None, after: None }, None, (None, first));
        }
    }
}

/// A check on its way.
#[derive(Clone, Debug)]
struct Pending {
    trace: Trace,
    call_id: Box<str>,
    echo: Option<Echo>,
}

/// How one host checks another.
#[derive(Clone, Debug, Default)]
struct Watched {
    /// Those of which it is not known yet how they came out, and those behind them: by where they stand, one frame may hold several.
    pending: BTreeMap<(Origin, usize), Pending>,
    first: Option<Trace>,
    last: Option<(Trace, Box<str>)>,
    /// How many in a row showed it down.
    down: u32,
}

/// The keys of all that a frame holds.
fn in_frame(origin: Origin) -> RangeInclusive<(Origin, usize)> {
    (origin, 0)..=(origin, usize::MAX)
}

/// Who checks whom.
#[derive(Clone, Debug, Default)]
pub struct Watches {
    /// By who checks and who is checked.
    pairs: BTreeMap<(IpAddr, IpAddr), Watched>,
    /// Directions in which anybody checks anybody.
    checked: BTreeSet<(Party, Party)>,
}

impl Watches {
    /// Takes what passed in a window, in any order; judges the checks of which all is known, in theirs.
    pub fn settle(&mut self, mut pings: Vec<Ping>, bench: &mut Judge<'_>) {
        pings.sort_by_key(|ping| (matches!(ping, Ping::Echoed(..)), ping.trace().origin));
        let mut touched = BTreeSet::new();
        for ping in pings {
            let trace = ping.trace();
            let pair = (trace.source.ip, trace.destination.ip);
            touched.insert(pair);
            let watched = self.pairs.entry(pair).or_default();
            match ping {
                Ping::Sent { trace, call_id } => {
                    let key = (trace.origin, watched.pending.range(in_frame(trace.origin)).count());
                    watched.pending.insert(key, Pending { trace, call_id, echo: None });
                }
                Ping::Echoed(trace, echo) => {
                    let mut sent = watched.pending.range_mut(in_frame(trace.origin)).map(|(_, pending)| pending);
                    if let Some(pending) = sent.find(|pending| pending.echo.is_none()) {
                        pending.echo = Some(echo);
                    }
                }
            }
        }
        for pair in touched {
            self.judge(pair, bench, false);
        }
    }

    /// The capture ends: judges the rest, and the time to its edges.
    pub fn finish(&mut self, (start, end): (Time, Time), bench: &mut Judge<'_>) {
        let pairs: Vec<_> = self.pairs.keys().copied().collect();
        for pair in pairs {
            self.judge(pair, bench, true);
            let direction = (bench.policy.party(pair.0), bench.policy.party(pair.1));
            let Some(Watched { first: Some(first), last: Some((last, call_id)), .. }) = self.pairs.get(&pair) else { continue };
            let before = Watch::Pause { length: first.first.since(start), before: None, after: Some(first) };
            bench.watched(direction, before, None, (Some(first), first.first));
            let after = Watch::Pause { length: end.since(last.first), before: Some(last), after: None };
            bench.watched(direction, after, Some(call_id), (Some(last), last.first));
        }
    }

    /// Judges the first checks of a pair up to the first that is still open, or all of them.
    fn judge(&mut self, pair: (IpAddr, IpAddr), bench: &mut Judge<'_>, all: bool) {
        let direction = (bench.policy.party(pair.0), bench.policy.party(pair.1));
        let Some(watched) = self.pairs.get_mut(&pair) else { return };
        self.checked.insert(direction);
        while let Some(first) = watched.pending.first_entry().filter(|first| all || first.get().echo.is_some()) {
            let Pending { trace, call_id, echo } = first.remove();
            let echo = echo.unwrap_or_default();
            watched.down = match echo.shows_down() {
                Some(true) => watched.down.saturating_add(1),
                Some(false) => 0,
                None => watched.down,
            };
            let place = (Some(&trace), trace.first);
            if let Some((last, _)) = &watched.last {
                let pause = Watch::Pause { length: trace.first.since(last.first), before: Some(last), after: Some(&trace) };
                bench.watched(direction, pause, Some(&call_id), place);
            }
            bench.watched(direction, Watch::Ping { sent: &trace, echo, down: watched.down }, Some(&call_id), place);
            watched.first.get_or_insert_with(|| trace.clone());
            watched.last = Some((trace, call_id));
        }
    }
}
