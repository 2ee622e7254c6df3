//! Takes refusals for overload and the requests that follow, of all calls in order, gives those requests to the rules that ask, never a message.

use std::net::IpAddr;

use foldhash::fast::FixedState;
use hashbrown::HashMap;

use super::hearing::Heard;
use super::judge::{Judge, Matter};
use crate::base::{Time, lossy, seconds};
use crate::call::{Standing, Trace};
use crate::policy::{Party, TrunkId};
use crate::rules::{BackoffSubject, Number};
use crate::sip::value::number;
use crate::sip::{HeaderName, Method};

/// No server asks to be left alone for longer than a day and means it.
const LONGEST: u64 = 86_400;

/// A host refused another, or was asked again.
#[derive(Clone, Debug)]
pub struct Approach {
    client: IpAddr,
    server: IpAddr,
    clock: Time,
    /// The refusal or the request.
    trace: Trace,
    what: What,
}

#[derive(Clone, Debug)]
enum What {
    /// A 503 with Retry-After, in seconds.
    Refused(u64),
    /// A request outside any dialog.
    Asked { call: u64, call_id: Box<str>, direction: (Party, Party), session: (Party, Party), trunk: Option<TrunkId> },
}

impl Judge<'_> {
    /// Notes a 503 with Retry-After, and requests outside dialogs, which may follow one. Emergency calls may always
    /// be tried (RFC 7339 §5.10.1).
    pub(super) fn note_approach(&mut self, heard: &Heard<'_, '_>) {
        let (message, envelope) = (&heard.arrival.message, &heard.arrival.envelope);
        let (source, destination) = (envelope.source.ip, envelope.destination.ip);
        let approach = |client, server, what| Approach { client, server, clock: envelope.clock, trace: Trace::of(heard.arrival), what };
        match (message.method(), message.code()) {
            (None, Some(503)) => {
                let line = message.header(HeaderName::RetryAfter).filter(|line| !heard.arrival.is_half(line.value));
                let value = line.map(|line| message.value(line));
                // `Retry-After: 18000;duration=3600 (I'm in a meeting)` (RFC 3261 §20.33).
                let digits = value.as_deref().and_then(|v| v.split(|b| !b.is_ascii_digit()).next()).and_then(number);
                if let Some(wait) = digits.filter(|wait| *wait > 0) {
                    self.approaches.push(approach(destination, source, What::Refused(wait.min(LONGEST))));
                }
            }
            (Some(method), _) if heard.place.standing == Standing::Initial && must_wait(method) && !is_emergency(heard) => {
                let call_id = lossy(message.call_id()).into();
                let (direction, session) = ((heard.from, heard.to), (heard.session_from, heard.session_to));
                let asked = What::Asked { call: heard.place.call, call_id, direction, session, trunk: heard.trunk };
                self.approaches.push(approach(source, destination, asked));
            }
            _ => {}
        }
    }

    fn asked_again(&mut self, trace: &Trace, asked: &What, refusal: &Refusal) {
        let What::Asked { call, call_id, direction, session, trunk } = asked else { return };
        let terms = self.policy.terms(direction.0, direction.1, *trunk);
        let subject = BackoffSubject { request: trace, refused: &refusal.trace, retry_after_s: refusal.wait, terms };
        let matter = Matter {
            rule: 0,
            subject: "message",
            direction: Some(*direction),
            session: *session,
            trunk: *trunk,
            call: Some(*call),
            call_id: Some(call_id),
            arrival: None,
            trace: Some(trace),
            anchor: None,
            at: trace.first,
        };
        let docket = self.docket;
        self.judge(&docket.backoffs, matter, |check| check(&subject));
    }
}

/// ACK and CANCEL end what there is, and OPTIONS asks whether the server is well again.
const fn must_wait(method: Method) -> bool {
    !matches!(method, Method::Ack | Method::Cancel | Method::Options)
}

/// `urn:service:sos`, a number that was agreed to be one of emergency, or a request that says so (RFC 3261 §20.26).
fn is_emergency(heard: &Heard<'_, '_>) -> bool {
    let message = &heard.arrival.message;
    let target = message.target().and_then(|address| address.uri);
    let is_sos = target.is_some_and(|uri| uri.text.get(..15).is_some_and(|urn| urn.eq_ignore_ascii_case(b"urn:service:sos")));
    let says = message.get(HeaderName::Priority).is_some_and(|v| v.trim_ascii().eq_ignore_ascii_case(b"emergency"));
    let agreed = heard.by_message.identity.emergency_numbers.as_ref();
    is_sos || says || target.zip(agreed).is_some_and(|(uri, list)| Number::is_listed(&uri, &list.value))
}

/// A host that asked to be left alone.
#[derive(Clone, Debug)]
struct Refusal {
    until: Time,
    wait: u64,
    trace: Trace,
}

/// Who asked whom to be left alone.
#[derive(Debug, Default)]
pub struct Backoffs {
    /// By client and server.
    refused: HashMap<(IpAddr, IpAddr), Refusal, FixedState>,
    /// At so many those that are over are forgotten.
    sweep_at: usize,
}

impl Backoffs {
    /// Takes the approaches of a window, which follow those of the windows before; judges each request that follows a refusal.
    pub fn settle(&mut self, mut approaches: Vec<Approach>, bench: &mut Judge<'_>) {
        // Where nobody was refused, nobody has to wait.
        if self.refused.is_empty() && !approaches.iter().any(|approach| matches!(approach.what, What::Refused(_))) {
            return;
        }
        approaches.sort_by_cached_key(|approach| approach.trace.origin);
        for approach in approaches {
            let key = (approach.client, approach.server);
            match approach.what {
                What::Refused(wait) => {
                    let until = approach.clock.plus(seconds(i64::try_from(wait).unwrap_or(i64::MAX)));
                    self.refused.insert(key, Refusal { until, wait, trace: approach.trace });
                    if self.refused.len() >= self.sweep_at.max(1024) {
                        self.refused.retain(|_, refusal| refusal.until >= approach.clock);
                        self.sweep_at = self.refused.len() * 2;
                    }
                }
                What::Asked { .. } => {
                    let Some(refusal) = self.refused.get(&key) else { continue };
                    bench.asked_again(&approach.trace, &approach.what, refusal);
                    // The first request after it showed that it was waited for.
                    if approach.clock >= refusal.until {
                        self.refused.remove(&key);
                    }
                }
            }
        }
    }
}
