//! Takes what the capture says of flows, connections and itself, gives it to the rules that ask for it, never sees a message.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::judge::{Judge, Matter};
use crate::base::{Endpoint, Origin, Time};
use crate::call::Trace;
use crate::capture::{CaptureInfo, ClockStep};
use crate::media::{MediaKind, Passed};
use crate::packet::Carried;
use crate::policy::Party;
use crate::rules::{Certified, FlowSubject, IntakeSubject, LinkSubject, Losses, Reason, Reversed, TrafficClass, Verdict};
use crate::sip::Arrival;
use crate::transport::{Openings, Seal, SealedTraffic, Way};

/// What was counted of the requests that one host sent another on connections, by who opened them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reuse {
    /// Messages of whoever opened the connection.
    pub forth: u64,
    /// Messages on connections whose opening the capture does not hold.
    pub unknown: u64,
    /// Requests to whoever opened it.
    pub back: Reversed,
    /// Those over TLS for which it had not asked.
    pub unasked: Reversed,
    /// Those over TLS to one that showed no certificate.
    pub bare: Reversed,
}

impl Reuse {
    /// Counts a message of a stream.
    pub(super) fn add(&mut self, arrival: &Arrival, certified: &Certified) {
        let envelope = &arrival.envelope;
        match envelope.way {
            Way::FromOpener => self.forth += 1,
            Way::Unknown => self.unknown += 1,
            Way::ToOpener { aliased } if arrival.message.is_request() => {
                count(&mut self.back, envelope.origin, envelope.first);
                if !aliased && envelope.transport.is_secure() {
                    count(&mut self.unasked, envelope.origin, envelope.first);
                }
                if matches!(certified.client_before(envelope), Some(Ok(shown)) if shown.is_empty()) {
                    count(&mut self.bare, envelope.origin, envelope.first);
                }
            }
            Way::ToOpener { .. } => {}
        }
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &Self) {
        self.forth += other.forth;
        self.unknown += other.unknown;
        for (mine, theirs) in [(&mut self.back, &other.back), (&mut self.unasked, &other.unasked), (&mut self.bare, &other.bare)] {
            mine.requests += theirs.requests;
            mine.first = [mine.first, theirs.first].into_iter().flatten().min();
        }
    }
}

/// Adds a request to those of its kind.
fn count(reversed: &mut Reversed, origin: Origin, time: Time) {
    reversed.requests += 1;
    reversed.first = [reversed.first, Some((origin, time))].into_iter().flatten().min();
}

impl Judge<'_> {
    /// Judges the captures as they were read.
    pub fn intake(&mut self, captures: &[CaptureInfo], losses: Losses, first: Option<Time>) {
        let subject = IntakeSubject { captures, losses, terms: self.policy.global() };
        let matter = Matter { direction: None, ..self.between_hosts("capture", None, first.unwrap_or_default()) };
        self.judge(&self.docket.intakes, matter, |check| check(&subject));
    }

    /// Judges how a media stream was carried.
    pub fn carried(&mut self, passed: &Passed) {
        if let Some(seen) = &mut self.proceedings.seen {
            seen.marked(passed);
        }
        let class = match passed.kind {
            Some(MediaKind::Audio) => TrafficClass::Audio,
            Some(MediaKind::Video) => TrafficClass::Video,
            Some(MediaKind::Other) | None => TrafficClass::Media,
        };
        let ends = (passed.flow.source, passed.flow.destination);
        let policy = self.policy;
        self.flow(class, ends, &passed.carried, Some((passed.origin, passed.begun)), &|ip| policy.party(ip));
    }

    /// Judges how the messages between every two hosts were carried.
    pub(super) fn signaling(&mut self, party: &dyn Fn(IpAddr) -> Party) {
        let mut all: Vec<_> =
            self.proceedings.traffic.iter().map(|(&pair, traffic)| (pair, traffic.carried.clone(), traffic.first)).collect();
        all.sort_unstable_by_key(|(pair, ..)| *pair);
        for ((source, destination), carried, first) in all.into_iter().filter(|(_, carried, _)| carried.packets() > 0) {
            self.flow(TrafficClass::Signaling, (host(source), host(destination)), &carried, first, party);
        }
    }

    /// Judges the tunnels that passed.
    pub(super) fn tunnels(&mut self, sealed: &SealedTraffic, party: &dyn Fn(IpAddr) -> Party) {
        for (seal, source, destination, passed) in sealed.iter() {
            if matches!(seal, Seal::Esp | Seal::Ike) {
                self.flow(TrafficClass::Tunnel, (host(source), host(destination)), &Carried::default(), passed.first, party);
            }
        }
    }

    fn flow(
        &mut self,
        class: TrafficClass,
        (source, destination): (Endpoint, Endpoint),
        carried: &Carried,
        first: Option<(Origin, Time)>,
        party: &dyn Fn(IpAddr) -> Party,
    ) {
        let (from, to) = (party(source.ip), party(destination.ip));
        let terms = self.policy.terms(from, to, None);
        let (source_ip, destination_ip) = (source.ip, destination.ip);
        let subject = FlowSubject { class, source: source_ip, destination: destination_ip, from, to, carried, policy: self.policy, terms };
        let trace = trace(source, destination, first);
        let matter = Matter {
            trace: Some(&trace),
            anchor: first,
            ..self.between_hosts("flow", Some((from, to)), first.map(|f| f.1).unwrap_or_default())
        };
        self.judge(&self.docket.flows, matter, |check| check(&subject));
    }

    /// Judges the connections that every host opened to every other.
    pub(super) fn links(&mut self, openings: &Openings, party: &dyn Fn(IpAddr) -> Party) {
        #[derive(Default)]
        struct Link {
            busiest: Option<(Time, u64)>,
            forth: Reuse,
            back: Reuse,
            first: Option<(Origin, Time)>,
        }
        let mut links: BTreeMap<(IpAddr, IpAddr), Link> = BTreeMap::new();
        for (pair, busiest) in openings.busiest() {
            links.entry(pair).or_default().busiest = Some(busiest);
        }
        for (&(source, destination), traffic) in &self.proceedings.traffic {
            if traffic.reuse.forth + traffic.reuse.unknown > 0 {
                let link = links.entry((source, destination)).or_default();
                (link.forth, link.first) = (traffic.reuse, traffic.first);
            }
            if traffic.reuse.back.requests > 0 {
                links.entry((destination, source)).or_default().back = traffic.reuse;
            }
        }
        for ((client, server), link) in links {
            let (from, to) = (party(client), party(server));
            let subject = LinkSubject {
                client,
                server,
                busiest: link.busiest,
                forth: link.forth.forth,
                unknown: link.forth.unknown,
                back: link.back.back,
                unasked: link.back.unasked,
                bare: link.back.bare,
                terms: self.policy.terms(from, to, None),
            };
            let trace = trace(host(client), host(server), link.first);
            let at = link.first.map(|f| f.1).unwrap_or_default();
            let matter = Matter { trace: Some(&trace), anchor: link.first, ..self.between_hosts("connection", Some((from, to)), at) };
            self.judge(&self.docket.links, matter, |check| check(&subject));
        }
    }

    fn between_hosts<'a>(&self, subject: &'static str, direction: Option<(Party, Party)>, at: Time) -> Matter<'a> {
        let session = direction.unwrap_or((Party::Unknown, Party::Unknown));
        Matter {
            rule: 0,
            subject,
            direction,
            session,
            trunk: None,
            call: None,
            call_id: None,
            arrival: None,
            trace: None,
            anchor: None,
            at,
        }
    }
}

/// A host, whatever its port.
const fn host(ip: IpAddr) -> Endpoint {
    Endpoint::new(ip, 0)
}

/// What is kept of packets that are no message: between whom, and the first frame.
fn trace(source: Endpoint, destination: Endpoint, first: Option<(Origin, Time)>) -> Trace {
    let (origin, first) = first.unwrap_or_default();
    Trace { origin, first, last: first, source, destination, ..Trace::default() }
}

/// When the clock of a capture stepped, in all captures.
#[derive(Debug, Default)]
pub(super) struct Steps {
    listed: Vec<ClockStep>,
    /// From here on not every step is known.
    unlisted: Option<Time>,
}

impl Steps {
    pub(super) fn of(captures: &[CaptureInfo]) -> Self {
        let mut steps = Self::default();
        for capture in captures {
            let found = &capture.clock_steps;
            steps.listed.extend(&found.listed);
            if found.count > found.listed.len() as u64 {
                let from = found.listed.last().map_or(Time::MIN, |step| step.time);
                steps.unlisted = Some(steps.unlisted.map_or(from, |known| known.min(from)));
            }
        }
        steps
    }

    /// What may be said of an interval of `length` nanoseconds, or of the whole capture: nothing is measured well across a step.
    pub(super) fn soften(&self, start: Option<Time>, length: i64, verdict: Verdict) -> Verdict {
        let spans = |at: Time| start.is_none_or(|start| (0..length).contains(&at.since(start)));
        let stepped = self.listed.iter().any(|step| spans(step.time) || spans(step.before))
            || self.unlisted.is_some_and(|from| start.is_none_or(|start| start.plus(length) > from));
        match verdict {
            Verdict::NotApplicable => Verdict::NotApplicable,
            _ if stepped => Verdict::Indeterminate(Reason::Clock),
            verdict => verdict,
        }
    }
}
