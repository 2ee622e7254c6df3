//! Takes a session request that is over and the streams of its call, gives what reports show of it, never how they show it.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::StreamRow;
use super::judge::Judge;
use super::labels::Labels;
use super::sides::Sides;
use crate::base::Time;
use crate::binding::{Bound, Hop};
use crate::call::{ByeEnd, Outcome, Session, SessionEnd};
use crate::policy::{Party, TrunkId};

/// A call as reports show it: one session request whose first INVITE the capture holds. A call that passes the tap at several hops has a row
/// for each, as it is an attempt at each.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs)]
pub struct CallRow {
    pub call_id: String,
    pub from: String,
    pub to: String,
    pub trunk: Option<String>,
    /// First octet of the first INVITE.
    pub begun: Time,
    /// When it ended; `None` where the capture does not hold its end.
    pub ended: Option<Time>,
    /// `answered`, `failed`, `cancelled`, `timeout` or `censored`: the capture ends before the outcome.
    pub outcome: Cow<'static, str>,
    /// The final status code, where there was one.
    pub code: Option<u16>,
    pub caller: Option<String>,
    pub callee: Option<String>,
    pub source: String,
    pub destination: String,
    pub transport: Cow<'static, str>,
    /// Index into the captures, and the frame of the first INVITE.
    pub capture: u32,
    pub frame: u32,
    /// INVITE transactions: more than one where a challenge was answered, a redirection followed or another way tried.
    pub legs: u32,
    /// Session request delay (RFC 6076 §4.3): first INVITE to the response that tells of progress or of the end.
    pub setup_s: Option<f64>,
    /// First INVITE to first 2xx.
    pub answer_s: Option<f64>,
    /// Answer to end.
    pub duration_s: Option<f64>,
    /// `caller` or `callee`: who sent the BYE; `expired`: a session timer ran out.
    pub ended_by: Option<Cow<'static, str>>,
    /// Streams of it, both ways.
    pub streams: u64,
    pub packets: u64,
    /// Of the stream that has most packets.
    pub codec: Option<String>,
    /// Over all its streams.
    pub loss_pct: Option<f64>,
    pub jitter_max_ms: Option<f64>,
    /// Of the worst of its streams.
    pub mos: Option<f64>,
    /// The rules that its messages or its media break, waived breaches left out, in order.
    pub rules: Vec<Cow<'static, str>>,
    /// What it carried beside RTP: `fax`, `msrp`, or both.
    pub beside: Option<Cow<'static, str>>,
    /// Telephone events of its streams; `None` where SRTP would hide them and none shows.
    pub digits: Option<u64>,
}

impl CallRow {
    /// The order of rows: by time, then by what tells calls of one moment apart.
    #[must_use]
    pub fn order(&self) -> (Time, u32, u32, &str) {
        (self.begun, self.capture, self.frame, &self.call_id)
    }

    /// Who calls, for people: the party, or the host where nobody declared any. A side that was inferred has the name of its first host.
    #[must_use]
    pub fn sender(&self) -> Cow<'_, str> {
        shown(&self.from, &self.source)
    }

    /// Who is called, for people.
    #[must_use]
    pub fn receiver(&self) -> Cow<'_, str> {
        shown(&self.to, &self.destination)
    }
}

fn shown<'a>(party: &'a str, endpoint: &str) -> Cow<'a, str> {
    match (party.parse::<IpAddr>(), endpoint.parse::<SocketAddr>()) {
        (Ok(_), Ok(host)) => host.ip().to_string().into(),
        _ => party.into(),
    }
}

/// Rules by their place in the docket.
pub(super) type Broken = SmallVec<[u16; 4]>;

/// A call whose signalling is over, and what was found in it.
#[derive(Clone, Debug)]
pub struct EndedCall {
    /// Its number among the calls of its shard.
    pub call: u64,
    /// Its session requests.
    pub(super) sessions: SmallVec<[Arc<Session>; 1]>,
    pub(super) trunk: Option<TrunkId>,
    pub(super) broken: Broken,
    pub(super) labels: Labels,
}

/// What is kept of a stream for the row of its call.
#[derive(Clone, Debug)]
pub struct CarriedStream {
    hop: Hop,
    begun: Time,
    /// `RTP`, `UDPTL` or `MSRP`.
    kind: &'static str,
    pub(super) codec: String,
    pub(super) packets: u64,
    pub(super) expected: u64,
    pub(super) lost: u64,
    jitter_ms: Option<f64>,
    pub(super) mos: Option<f64>,
    digits: Option<u64>,
}

impl CarriedStream {
    /// A stream that came to so much.
    #[cfg(test)]
    pub(super) fn measured(mos: Option<f64>, expected: u64, lost: u64) -> Self {
        Self {
            hop: [std::net::Ipv4Addr::LOCALHOST.into(); 2].into(),
            begun: Time::default(),
            kind: "RTP",
            codec: String::new(),
            packets: expected - lost,
            expected,
            lost,
            jitter_ms: None,
            mos,
            digits: None,
        }
    }

    /// What is kept of a stream at its place.
    #[must_use]
    pub fn of(row: &StreamRow, bound: Bound) -> Self {
        Self {
            hop: bound.hop,
            begun: row.begun,
            kind: row.kind,
            codec: row.codec.clone(),
            packets: row.packets,
            expected: row.expected.unwrap_or_default(),
            lost: row.lost.unwrap_or_default(),
            jitter_ms: row.jitter_max_ms,
            mos: row.mos,
            digits: row.digits,
        }
    }

    /// Whether it is no fax and no message.
    pub(super) fn is_rtp(&self) -> bool {
        self.kind == "RTP"
    }
}

impl Judge<'_> {
    /// The rows of a call that is over and whose media, if any, was judged; `broken` by its media.
    pub fn call_rows(&self, ended: EndedCall, streams: &[CarriedStream], broken: &[u16], sides: &Sides) -> Vec<CallRow> {
        let EndedCall { sessions, trunk, broken: mut rules, .. } = ended;
        rules.extend_from_slice(broken);
        rules.sort_unstable();
        rules.dedup();
        let rules: Vec<Cow<'static, str>> =
            rules.iter().filter_map(|&rule| self.docket.rule(rule)).map(|rule| Cow::Borrowed(rule.id)).collect();
        let owners = owners(&sessions, streams);
        let row = |(number, session): (usize, &Arc<Session>)| {
            let own: Vec<&CarriedStream> = streams.iter().zip(&owners).filter(|(_, owner)| **owner == number).map(|(s, _)| s).collect();
            CallRow { rules: rules.clone(), ..self.call_row(session, &own, trunk, sides) }
        };
        sessions.iter().enumerate().map(row).collect()
    }

    #[allow(clippy::cast_precision_loss)] // Counts of packets as parts of each other.
    fn call_row(&self, session: &Session, streams: &[&CarriedStream], trunk: Option<TrunkId>, sides: &Sides) -> CallRow {
        let invite = &session.invite;
        let name = |party: Party| self.policy.party_name(sides.of(party));
        let text = |value: &Option<Arc<str>>| value.as_deref().map(str::to_owned);
        let (outcome, code) = match session.outcome {
            Outcome::Success => ("answered", session.answer.as_ref().and_then(|answer| code_of(&answer.line))),
            Outcome::Failed(487) => ("cancelled", Some(487)),
            Outcome::Failed(code) => ("failed", Some(code)),
            Outcome::Timeout => ("timeout", None),
            Outcome::Censored => ("censored", None),
        };
        let bye = session.bye.as_ref();
        let over = session.end.or(match bye.map(|bye| &bye.end) {
            Some(ByeEnd::Success(at) | ByeEnd::Failed(_, at) | ByeEnd::TimedOut(at)) => Some(*at),
            _ => None,
        });
        let ended_by = match (bye, session.ending) {
            (_, SessionEnd::Expired) => Some("expired"),
            (Some(bye), _) => Some(if bye.by_caller { "caller" } else { "callee" }),
            (None, _) => None,
        };
        let has = |kind| streams.iter().any(|stream| stream.kind == kind);
        let beside = match (has("UDPTL"), has("MSRP")) {
            (true, true) => Some("fax msrp"),
            (true, false) => Some("fax"),
            (false, true) => Some("msrp"),
            (false, false) => None,
        };
        let streams: Vec<&CarriedStream> = streams.iter().copied().filter(|stream| stream.is_rtp()).collect();
        let sum = |of: fn(&CarriedStream) -> u64| streams.iter().map(|s| of(s)).sum::<u64>();
        let (expected, lost) = (sum(|s| s.expected), sum(|s| s.lost));
        let group = trunk.and_then(|id| self.policy.trunk_group(id));
        // A tie goes to the name that sorts first: streams end in no order that the call gives.
        let main = streams.iter().max_by(|a, b| (a.packets, &b.codec).cmp(&(b.packets, &a.codec)));
        CallRow {
            call_id: session.call_id.to_string(),
            from: name(self.policy.party(invite.source.ip)),
            to: name(self.policy.party(invite.destination.ip)),
            trunk: group.map(|group| group.id.clone()),
            begun: invite.first,
            ended: over,
            outcome: outcome.into(),
            code,
            caller: text(&session.caller),
            callee: text(&session.callee),
            source: invite.source.text(),
            destination: invite.destination.text(),
            transport: session.transport.token().into(),
            capture: invite.origin.capture,
            frame: invite.origin.frame,
            legs: u32::try_from(session.legs.len()).unwrap_or(u32::MAX),
            setup_s: session.first_status.as_ref().map(|(_, trace)| trace.last.seconds_since(invite.first)),
            answer_s: session.answer.as_ref().map(|answer| answer.last.seconds_since(invite.first)),
            duration_s: session.answer.as_ref().zip(session.end).map(|(answer, end)| end.seconds_since(answer.last)),
            ended_by: ended_by.map(Cow::Borrowed),
            streams: streams.len() as u64,
            packets: sum(|s| s.packets),
            codec: main.map(|s| s.codec.clone()),
            loss_pct: (expected > 0).then(|| 100.0 * lost as f64 / expected as f64),
            jitter_max_ms: streams.iter().filter_map(|s| s.jitter_ms).max_by(f64::total_cmp),
            mos: streams.iter().filter_map(|s| s.mos).min_by(f64::total_cmp),
            rules: Vec::new(),
            beside: beside.map(Cow::Borrowed),
            digits: streams.iter().filter_map(|s| s.digits).reduce(|a, b| a + b),
        }
    }
}

/// For each stream the place of the session request that it belongs to: at its hop the last that began before it.
pub(super) fn owners(sessions: &[Arc<Session>], streams: &[CarriedStream]) -> Vec<usize> {
    let owner = |stream: &CarriedStream| {
        let at_hop = |s: &&Arc<Session>| hop(s) == stream.hop;
        let begun_before = sessions.iter().rposition(|s| at_hop(&s) && s.invite.first <= stream.begun);
        begun_before.or_else(|| sessions.iter().position(|s| at_hop(&s))).unwrap_or(0)
    };
    streams.iter().map(owner).collect()
}

/// The hosts between which a session request passed, in one order.
fn hop(session: &Session) -> Hop {
    let (a, b) = (session.invite.source.ip, session.invite.destination.ip);
    if a <= b { (a, b) } else { (b, a) }
}

/// The status code in a status line.
fn code_of(line: &[u8]) -> Option<u16> {
    std::str::from_utf8(line.get(8..11)?).ok()?.parse().ok()
}
