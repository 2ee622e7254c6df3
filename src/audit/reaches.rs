//! Takes handshakes and attempts at connections, gives what came of those between two border elements together to the rules, never keeps one.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::judge::{Judge, Matter};
use super::sides::Sides;
use crate::base::{Anomalies, Anomaly};
use crate::call::Trace;
use crate::policy::{Party, Terms};
use crate::rules::{ConnectionSubject, Failure, ReachSubject, trace};
use crate::transport::TlsConnection;
use crate::transport::tls::{Attempt, Outcome, Refusal, Side};

/// Pairs of hosts whose attempts are counted. A scan or a flood makes more; what is beyond is not counted by pair.
const MOST: usize = 1024;

/// How long a handshake may take, in milliseconds, where nothing was agreed.
const HANDSHAKE_MS: u32 = 3000;

/// Attempts of hosts to reach each other.
#[derive(Debug, Default)]
pub(super) struct Reaches {
    /// By client and server.
    of: BTreeMap<(IpAddr, IpAddr), Reach>,
}

/// A border element: its peer, and its name there or its address.
type Element = (Party, String);

/// Attempts of one host to reach another.
#[derive(Clone, Debug, Default)]
struct Reach {
    tries: u64,
    open: u64,
    failures: BTreeMap<Failure, u64>,
    first: Option<Trace>,
}

impl Reaches {
    /// Takes what came of a handshake.
    pub(super) fn handshake(&mut self, subject: &ConnectionSubject<'_>, odd: &mut Anomalies) {
        let tls = subject.tls;
        let pair = (tls.client.ip, tls.server.ip);
        match outcome(tls, timeout(subject.terms)) {
            Some(Some(failure)) => {
                let hello = subject.client_hello();
                let line = format!("{} after {}", failure.text(), hello.text());
                self.tried(pair, Some((failure, Trace { line: line.as_bytes().into(), ..hello })), odd);
            }
            Some(None) => self.tried(pair, None, odd),
            None if matches!(tls.outcome, Outcome::Stalled { .. }) => self.left_open(pair, odd),
            None => {}
        }
    }

    /// Takes an attempt of which no connection came.
    pub(super) fn attempt(&mut self, attempt: &Attempt, terms: &Terms, odd: &mut Anomalies) {
        let pair = (attempt.client.ip, attempt.server.ip);
        let failure = match attempt.refusal {
            Refusal::Reset(_) => Failure::PortClosed,
            // Three SYNs take seven seconds (RFC 6298 §2.1); fewer are the end of the capture, or a client that gave up.
            Refusal::Silence(until) if attempt.syns >= 3 || until.since(attempt.first.clock) >= timeout(terms) => Failure::PortSilent,
            Refusal::Silence(_) => return self.left_open(pair, odd),
        };
        let line = format!("{} SYN to {}: {}", attempt.syns, attempt.server, failure.text());
        self.tried(pair, Some((failure, trace(attempt.first, attempt.client, attempt.server, &line))), odd);
    }

    fn reach(&mut self, pair: (IpAddr, IpAddr), odd: &mut Anomalies) -> Option<&mut Reach> {
        if self.of.len() >= MOST && !self.of.contains_key(&pair) {
            odd.note(Anomaly::TlsUntallied);
            return None;
        }
        Some(self.of.entry(pair).or_default())
    }

    fn tried(&mut self, pair: (IpAddr, IpAddr), failed: Option<(Failure, Trace)>, odd: &mut Anomalies) {
        let Some(reach) = self.reach(pair, odd) else { return };
        reach.tries += 1;
        if let Some((failure, trace)) = failed {
            *reach.failures.entry(failure).or_default() += 1;
            Trace::keep_first(&mut reach.first, &trace);
        }
    }

    fn left_open(&mut self, pair: (IpAddr, IpAddr), odd: &mut Anomalies) {
        if let Some(reach) = self.reach(pair, odd) {
            reach.open += 1;
        }
    }

    /// Judges each pair of border elements.
    pub(super) fn close(&mut self, sides: &Sides, judge: &mut Judge<'_>) {
        let policy = judge.policy;
        let side_of = |ip| sides.of(policy.party(ip));
        let mut pairs: BTreeMap<(Element, Element), Reach> = BTreeMap::new();
        for ((client, server), reach) in std::mem::take(&mut self.of) {
            let element = |ip| {
                let name = policy.peer(policy.party(ip)).and_then(|peer| peer.sbe_at(ip)).map(|sbe| sbe.name.clone());
                (side_of(ip), name.unwrap_or_else(|| ip.to_string()))
            };
            pairs.entry((element(client), element(server))).or_default().absorb(reach);
        }
        for (((client, _), (server, _)), reach) in pairs {
            reach.judge((client, server), judge);
        }
    }
}

impl Reach {
    fn absorb(&mut self, other: Self) {
        self.tries += other.tries;
        self.open += other.open;
        for (failure, n) in other.failures {
            *self.failures.entry(failure).or_default() += n;
        }
        if let Some(first) = &other.first {
            Trace::keep_first(&mut self.first, first);
        }
    }

    fn judge(&self, direction: (Party, Party), judge: &mut Judge<'_>) {
        // Of equally many the one that is named first in the list of failures.
        let most = self.failures.iter().rev().max_by_key(|(_, n)| **n).map(|(&failure, &n)| (failure, n));
        let none = Trace::default();
        let subject = ReachSubject {
            tries: self.tries,
            failures: self.failures.values().sum(),
            open: self.open,
            most,
            first: self.first.as_ref(),
            terms: judge.policy.terms(direction.0, direction.1, None),
        };
        let matter = Matter::shown_by(self.first.as_ref().unwrap_or(&none), "connection", direction);
        judge.judge(&judge.docket.reaches, matter, |check| check(&subject));
    }
}

/// The longest handshake, in nanoseconds.
fn timeout(terms: &Terms) -> i64 {
    i64::from(terms.tls.handshake_timeout_ms.as_ref().map_or(HANDSHAKE_MS, |clause| clause.value)) * 1_000_000
}

/// What came of a handshake: how it failed, or that it did not; `None` where nobody knows.
fn outcome(tls: &TlsConnection, timeout: i64) -> Option<Option<Failure>> {
    match tls.outcome {
        Outcome::Established => Some(None),
        Outcome::Alerted(side) => {
            let last = tls.alerts.iter().rev().find(|alert| alert.fatal && alert.from == side);
            let code = last.and_then(|alert| alert.description.seen().copied());
            Some(Some(if side == Side::Server { Failure::ServerAlert(code) } else { Failure::ClientAlert(code) }))
        }
        Outcome::Reset(side) | Outcome::Closed(side) => Some(Some(Failure::Dropped(side))),
        Outcome::Stalled { until, .. } if until.since(tls.begun.clock) >= timeout => Some(Some(Failure::Stalled)),
        Outcome::Stalled { .. } | Outcome::Unseen => None,
    }
}
