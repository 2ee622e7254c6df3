//! Takes calls that are over, gives what failed and poor ones have in common that good ones have not, never a cause.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::net::IpAddr;
use std::sync::Arc;

use foldhash::fast::FixedState;
use hashbrown::HashMap;
use serde::Serialize;

use super::call_row::{CarriedStream, EndedCall, owners};
use super::judge::Judge;
use super::labels::Labels;
use super::poor::{AgreedLimits, LimitsUsed, POOR_LOSS_PCT, POOR_MOS};
use crate::base::Time;
use crate::call::{Outcome, Session};
use crate::capture::CaptureInfo;
use crate::metrics::{Example, Fate, Grain, Property, upper_tail};

/// How many bad calls must share a value before it is compared.
const FEWEST: u64 = 3;
/// How much more often bad calls must have a value than good ones: a difference may be certain and still tell nothing.
const LEAST_LIFT: f64 = 1.2;
/// The probability of chance, over all values that are compared, below which a value is told.
const SIGNIFICANT: f64 = 0.05;
/// How many values are told for each kind of bad calls.
const TOLD: usize = 20;
/// Final responses that tell of the user and not of the network (`standards.md` §8.3, NER): such calls are neither good nor bad.
const OF_USERS: [u16; 6] = [480, 486, 487, 600, 603, 607];
/// The length of an interval of time that calls have in common.
const INTERVAL_S: i64 = 300;

type Coarser = fn(&str) -> String;

/// The properties that are compared, with what puts their values together when there are too many.
const PROPERTIES: [(&str, Coarser); 9] = [
    ("border elements", networks),
    ("trunk group", str::to_owned),
    ("called prefix", |prefix| prefix.chars().take(3).collect()),
    ("codec offer", |codecs| codecs.split(' ').next().unwrap_or_default().to_owned()),
    ("codec sent", str::to_owned),
    ("caller's user agent", product),
    ("callee's user agent", product),
    ("time", |time| time.get(..13).unwrap_or(time).to_owned()),
    ("signalling transport", str::to_owned),
];

/// Calls by how they went and what they are: mergeable.
#[derive(Clone, Debug)]
pub struct Incident {
    properties: Vec<Property>,
    /// Good, failed and poor.
    calls: [u64; 3],
    /// Neither: their users ended them, they were redirected, or the capture ends before.
    left_out: u64,
    /// How failed calls ended.
    endings: Property,
    /// What was agreed for the media of answered calls.
    limits: LimitsUsed,
    said: Said,
}

/// What is said of many calls alike, put into words once.
#[derive(Clone, Debug, Default)]
struct Said {
    pairs: HashMap<(IpAddr, IpAddr), Arc<str>, FixedState>,
    /// The last interval and its words: calls come in order of time, nearly.
    interval: Option<(Time, Arc<str>)>,
}

impl Said {
    fn pair(&mut self, source: IpAddr, destination: IpAddr) -> Arc<str> {
        self.pairs.entry((source, destination)).or_insert_with(|| format!("{source} → {destination}").into()).clone()
    }

    fn interval(&mut self, at: Time) -> Arc<str> {
        let begin = at.floor(INTERVAL_S * 1_000_000_000);
        match &self.interval {
            Some((known, words)) if *known == begin => words.clone(),
            _ => self.interval.insert((begin, interval(begin).into())).1.clone(),
        }
    }
}

impl Default for Incident {
    fn default() -> Self {
        let properties = PROPERTIES.iter().map(|&(_, coarser)| Property::new(coarser)).collect();
        let endings = Property::new(|ending| ending.chars().take(3).collect());
        Self { properties, calls: [0; 3], left_out: 0, endings, limits: LimitsUsed::default(), said: Said::default() }
    }
}

impl Incident {
    /// Adds those of another part.
    pub fn merge(&mut self, other: Self) {
        self.properties.iter_mut().zip(other.properties).for_each(|(mine, theirs)| mine.merge(theirs));
        self.endings.merge(other.endings);
        self.calls.iter_mut().zip(other.calls).for_each(|(mine, theirs)| *mine += theirs);
        self.left_out += other.left_out;
        self.limits.merge(&other.limits);
    }
}

/// What failed and poor calls have in common: `incident` of the report.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct IncidentView {
    pub good: u64,
    pub failed: u64,
    pub poor: u64,
    /// Neither good nor bad: ended by their users, redirected, or without their end in the capture.
    pub left_out: u64,
    /// Where the policy agrees on nothing.
    pub poor_mos_below: f64,
    pub poor_loss_above_pct: f64,
    /// What the policy agrees on for the directions of these calls, from the originating side.
    pub poor_agreed: Vec<AgreedLimits>,
    /// How many bad calls must share a value before it is compared.
    pub fewest: u64,
    /// The probability of chance, over all values compared, that a value must stay below.
    pub significance: f64,
    /// How many times as often as good calls bad ones must have a value.
    pub least_lift: f64,
    /// How failed calls ended, most frequent first.
    pub endings: Vec<Ending>,
    /// What failed calls have in common, most telling first.
    pub of_failed: Common,
    /// What poor calls have in common.
    pub of_poor: Common,
    /// Properties with too many values, which were put together: addresses by network, agents by product, prefixes by three digits.
    pub coarse: Vec<&'static str>,
    /// Properties with too many values even so: not compared.
    pub given_up: Vec<&'static str>,
}

/// How many failed calls ended in one way.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Ending {
    /// Code and reason phrase, or `timeout`.
    pub response: String,
    pub calls: u64,
    pub example: ExampleCall,
}

/// What bad calls have in common.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Common {
    /// How many values were compared: the more, the less chance explains any of them.
    pub compared: u64,
    /// Those that chance does not explain, by how many more bad calls have them than if good and bad ones were alike.
    pub values: Vec<Shared>,
    /// How many more there are.
    pub more: u64,
}

/// A value that bad calls share more often than good ones.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Shared {
    pub property: &'static str,
    pub value: String,
    /// Bad calls that have it, of those of which the property is known.
    pub bad: u64,
    pub bad_of: u64,
    pub good: u64,
    pub good_of: u64,
    /// The share of the bad over the share of the good; `None` where no good call has it.
    pub lift: Option<f64>,
    /// The probability that chance alone makes the difference (Fisher's exact test, one-sided), before it is held against how many were compared.
    pub p: f64,
    /// How many more bad calls have it than the share of good ones would give.
    pub excess: f64,
    pub example: ExampleCall,
}

/// The first call that is meant.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct ExampleCall {
    pub call_id: String,
    pub capture: String,
    pub frame: u32,
}

impl Judge<'_> {
    /// Counts the session requests of a call that is over, with its streams, by how they went.
    pub fn weigh(&mut self, ended: &EndedCall, streams: &[CarriedStream]) {
        let owners = owners(&ended.sessions, streams);
        for (number, session) in ended.sessions.iter().enumerate() {
            let own = streams.iter().zip(&owners).filter(|(stream, owner)| **owner == number && stream.is_rtp());
            let own: Vec<&CarriedStream> = own.map(|(stream, _)| stream).collect();
            let limits = self.limits(ended, session);
            let Some(fate) = fate(session, &own, limits) else {
                self.proceedings.incident.left_out += 1;
                continue;
            };
            let call: Example = (session.invite.origin, session.call_id.clone());
            let said = &mut self.proceedings.incident.said;
            let hosts = (session.invite.source.ip, session.invite.destination.ip);
            let (pair, interval) = (said.pair(hosts.0, hosts.1), said.interval(session.invite.first));
            let values = self.values(ended, session, &own, (&pair, &interval));
            let incident = &mut self.proceedings.incident;
            incident.calls[fate as usize] += 1;
            if fate != Fate::Failed && !own.is_empty() {
                incident.limits.note(limits);
            }
            if fate == Fate::Failed {
                incident.endings.add(&ending(session, &ended.labels), fate, &call);
            }
            for (property, value) in incident.properties.iter_mut().zip(values) {
                if let Some(value) = value {
                    property.add(&value, fate, &call);
                }
            }
        }
    }

    fn limits(&self, ended: &EndedCall, session: &Session) -> AgreedLimits {
        let [from, to] = [&session.invite.source, &session.invite.destination].map(|host| self.policy.party(host.ip));
        AgreedLimits::of(self.policy.terms(from, to, ended.trunk))
    }

    /// In the order of [`PROPERTIES`]; `None` where it is not known.
    fn values<'a>(
        &self,
        ended: &'a EndedCall,
        session: &'a Session,
        streams: &'a [&CarriedStream],
        (pair, interval): (&'a str, &'a str),
    ) -> [Option<Cow<'a, str>>; 9] {
        let labels = &ended.labels;
        let group = ended.trunk.and_then(|id| self.policy.peers.get(usize::from(id.peer))?.trunk_groups.get(usize::from(id.group)));
        let agent = |agent: &'a Option<Box<str>>| Some(Cow::Borrowed(agent.as_deref().unwrap_or("none given")));
        let codec = streams.iter().max_by(|a, b| (a.packets, &b.codec).cmp(&(b.packets, &a.codec)));
        [
            Some(pair.into()),
            group.map(|group| group.id.clone().into()),
            session.callee.as_deref().and_then(prefix).map(Cow::Borrowed),
            labels.offer.as_deref().map(Cow::Borrowed),
            codec.map(|stream| Cow::Borrowed(&*stream.codec)),
            agent(&labels.caller_agent),
            agent(&labels.callee_agent).filter(|_| session.first_status.is_some()),
            Some(interval.into()),
            Some(session.transport.token().into()),
        ]
    }
}

/// How a session request went; `None` where that tells nothing of the network.
fn fate(session: &Session, streams: &[&CarriedStream], limits: AgreedLimits) -> Option<Fate> {
    match session.outcome {
        Outcome::Success => Some(if streams.iter().any(|s| limits.are_missed(s)) { Fate::Poor } else { Fate::Good }),
        Outcome::Failed(code) if code < 400 || OF_USERS.contains(&code) => None,
        Outcome::Failed(_) | Outcome::Timeout => Some(Fate::Failed),
        Outcome::Censored => None,
    }
}

fn ending(session: &Session, labels: &Labels) -> String {
    let Outcome::Failed(code) = session.outcome else { return "timeout".to_owned() };
    match &labels.reply {
        Some((told, reason)) if *told == code => format!("{code} {reason}").trim_end().to_owned(),
        _ => code.to_string(),
    }
}

/// What a called number begins with: six digits, fewer where it is short, so that it names nobody. `None` for what is no number.
pub(super) fn prefix(callee: &str) -> Option<&str> {
    let plus = usize::from(callee.starts_with('+'));
    let digits = callee.get(plus..)?.bytes().take_while(u8::is_ascii_digit).count();
    let kept = digits.saturating_sub(4).min(6);
    (kept > 0 && plus + digits == callee.len()).then(|| callee.get(..plus + kept)).flatten()
}

/// `2026-11-14 10:05 + 5 min`, in UTC, for the interval that begins at `begin`.
fn interval(begin: Time) -> String {
    let text = begin.to_string();
    format!("{} + 5 min", text.get(..16).unwrap_or(&text).replace('T', " "))
}

/// The /24 or /48 of both addresses.
fn networks(pair: &str) -> String {
    let network = |ip: &str| match ip.parse() {
        Ok(std::net::IpAddr::V4(ip)) => format!("{}/24", std::net::Ipv4Addr::from(u32::from(ip) & 0xffff_ff00)),
        Ok(std::net::IpAddr::V6(ip)) => format!("{}/48", std::net::Ipv6Addr::from(u128::from(ip) >> 80 << 80)),
        Err(_) => ip.to_owned(),
    };
    pair.split(" → ").map(network).collect::<Vec<_>>().join(" → ")
}

/// A user agent without its version.
fn product(agent: &str) -> String {
    agent.split(['/', ' ', '-', '(']).next().unwrap_or_default().to_owned()
}

/// The view of all calls.
pub(super) fn view(incident: &Incident, captures: &[CaptureInfo]) -> IncidentView {
    let grained =
        |grain: Grain| PROPERTIES.iter().zip(&incident.properties).filter(move |(_, p)| p.grain() == grain).map(|(&(name, _), _)| name);
    let mut endings: Vec<Ending> = (incident.endings.values())
        .map(|(response, met)| Ending {
            response: response.to_owned(),
            calls: met.of(Fate::Failed),
            example: example(met.first(Fate::Failed), captures),
        })
        .collect();
    endings.sort_by(|a, b| (Reverse(a.calls), &a.response).cmp(&(Reverse(b.calls), &b.response)));
    endings.truncate(TOLD);
    IncidentView {
        good: incident.calls[Fate::Good as usize],
        failed: incident.calls[Fate::Failed as usize],
        poor: incident.calls[Fate::Poor as usize],
        left_out: incident.left_out,
        poor_mos_below: POOR_MOS,
        poor_loss_above_pct: POOR_LOSS_PCT,
        poor_agreed: incident.limits.sorted(),
        fewest: FEWEST,
        significance: SIGNIFICANT,
        least_lift: LEAST_LIFT,
        endings,
        of_failed: common(incident, Fate::Failed, captures),
        of_poor: common(incident, Fate::Poor, captures),
        coarse: grained(Grain::Coarse).collect(),
        given_up: grained(Grain::GivenUp).collect(),
    }
}

#[allow(clippy::cast_precision_loss)] // Counts of calls as parts of each other.
fn common(incident: &Incident, fate: Fate, captures: &[CaptureInfo]) -> Common {
    let mut values: Vec<Shared> = Vec::new();
    let mut compared = 0;
    for (&(name, _), property) in PROPERTIES.iter().zip(&incident.properties) {
        let (bad_of, good_of) = (property.of(fate), property.of(Fate::Good));
        for (value, met) in property.values().filter(|(_, met)| met.of(fate) >= FEWEST && good_of > 0) {
            compared += 1;
            let (bad, good) = (met.of(fate), met.of(Fate::Good));
            let (bad_share, good_share) = (bad as f64 / bad_of as f64, good as f64 / good_of as f64);
            if bad_share >= LEAST_LIFT * good_share {
                values.push(Shared {
                    property: name,
                    value: value.to_owned(),
                    bad,
                    bad_of,
                    good,
                    good_of,
                    lift: (good > 0).then_some(bad_share / good_share),
                    p: upper_tail((bad, good), (bad_of, good_of)),
                    excess: bad as f64 - good_share * bad_of as f64,
                    example: example(met.first(fate), captures),
                });
            }
        }
    }
    // Bonferroni: so many comparisons, so many chances to be misled.
    values.retain(|shared| shared.p * compared as f64 <= SIGNIFICANT);
    values.sort_by(|a, b| b.excess.total_cmp(&a.excess).then_with(|| (a.property, &a.value).cmp(&(b.property, &b.value))));
    let more = values.len().saturating_sub(TOLD) as u64;
    values.truncate(TOLD);
    Common { compared, values, more }
}

fn example(example: Option<&Example>, captures: &[CaptureInfo]) -> ExampleCall {
    let Some((origin, call_id)) = example else { return ExampleCall::default() };
    let capture = captures.get(origin.capture as usize).map(|c| c.path.display().to_string());
    ExampleCall { call_id: call_id.to_string(), capture: capture.unwrap_or_default(), frame: origin.frame }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::base::Origin;

    fn incident(calls: &[(&str, Fate, u64)]) -> Incident {
        let mut incident = Incident::default();
        for &(prefix, fate, n) in calls {
            for serial in 0..n {
                let call = (Origin { serial, ..Origin::default() }, Arc::from(format!("{prefix} {serial}")));
                incident.calls[fate as usize] += 1;
                incident.properties[2].add(prefix, fate, &call);
                incident.properties[8].add("UDP", fate, &call);
            }
        }
        incident
    }

    #[test]
    fn what_failing_calls_share_is_told_and_what_all_share_is_not() {
        let calls = [("+4930", Fate::Failed, 40), ("+4930", Fate::Good, 10), ("+4989", Fate::Failed, 2), ("+4989", Fate::Good, 400)];
        let view = view(&incident(&calls), &[]);
        let told: Vec<_> = view.of_failed.values.iter().map(|s| (s.property, &*s.value, s.bad, s.bad_of, s.good, s.good_of)).collect();
        assert_eq!(told, [("called prefix", "+4930", 40, 42, 10, 410)]);
        // (40/42) / (10/410) = 39.05
        assert!((view.of_failed.values[0].lift.unwrap() - 39.047_6).abs() < 1e-3);
        assert_eq!(view.of_failed.values[0].example.call_id, "+4930 0");
        assert!(view.of_poor.values.is_empty());
    }

    #[test]
    fn a_few_calls_prove_nothing() {
        let few = [("+4930", Fate::Failed, 3), ("+4930", Fate::Good, 1), ("+4989", Fate::Good, 4)];
        assert!(view(&incident(&few), &[]).of_failed.values.is_empty());
    }

    #[test]
    fn prefixes_name_nobody() {
        let cases =
            [("+493012345678", Some("+493012")), ("0301234", Some("030")), ("112", None), ("alice@bravo.example", None), ("", None)];
        for (callee, expected) in cases {
            assert_eq!(prefix(callee), expected, "{callee}");
        }
    }

    #[test]
    fn too_many_values_are_put_together_by_what_operators_know() {
        assert_eq!(networks("192.0.2.17 → 2001:db8:1:2::3"), "192.0.2.0/24 → 2001:db8:1::/48");
        assert_eq!(product("Asterisk PBX 18.4"), "Asterisk");
        assert_eq!(&*Said::default().interval(Time(1_794_651_245_113_203_007)), "2026-11-14 10:10 + 5 min");
    }
}
