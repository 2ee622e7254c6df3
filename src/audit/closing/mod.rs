//! Takes what all parts of the capture came to, gives the audit, never looks at a message.

mod breakdowns;
mod codecs;
mod findings;
mod media;
mod metrics;
mod names;
mod observed;
mod pairs;
mod policy;
mod series;
mod tls;
mod totals;
mod verdict;

use std::collections::BTreeMap;
use std::net::IpAddr;

use breakdowns::breakdown_rows;
use codecs::codecs;
use findings::finding;
use media::media_summary;
use metrics::metric_rows;
use names::Names;
use observed::{count_uses, observed};
use pairs::{calls_between, pairs};
use policy::policy_info;
use series::series;
use tls::tls_use;
use totals::totals;
use verdict::verdict;

use super::contacts::Contacts;
use super::docket::Docket;
use super::judge::Judge;
use super::knocks::Knocks;
use super::pings::Watches;
use super::proceedings::Proceedings;
use super::sides::Sides;
use super::wires::Steps;
use super::{Audit, Finding, Intake, Records, RuleCoverage, Tool};
use crate::base::{Anomaly, Origin, Time};
use crate::capture::CaptureInfo;
use crate::metrics::{Capacity, Load};
use crate::policy::Policy;
use crate::rules::Losses;
use crate::transport::{Openings, SealedTraffic};

/// Everything that a run collected.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Collected {
    pub captures: Vec<CaptureInfo>,
    pub intake: Intake,
    pub streams: u64,
    pub proceedings: Proceedings,
    pub load: Load,
    pub capacity: Capacity,
    pub contacts: Contacts,
    pub knocks: Knocks,
    pub sides: Sides,
    /// TCP connections of which one side was acknowledged and never seen, by host pair.
    pub one_sided: BTreeMap<(IpAddr, IpAddr), u64>,
    /// Connections that carry SIP, by who opened them.
    pub openings: Openings,
    /// Who checks whom by OPTIONS.
    pub watches: Watches,
    /// What nobody on the path can read.
    pub sealed: SealedTraffic,
    /// What the capture does not hold although it passed.
    pub losses: Losses,
    pub first: Option<Time>,
    pub last: Option<Time>,
}

/// Judges what only the whole capture can answer, and puts the audit together; `records` gets the breaches that it finds.
#[must_use]
pub fn close(policy: &Policy, docket: &Docket, collected: Collected, records: &mut dyn Records) -> Audit {
    let Collected {
        captures,
        mut intake,
        streams,
        mut proceedings,
        load,
        capacity,
        mut contacts,
        mut knocks,
        sides,
        one_sided,
        openings,
        watches,
        sealed,
        losses,
        first,
        last,
    } = collected;
    for (capture, info) in (0..).zip(&captures) {
        if let Some(step) = info.clock_steps.listed.first() {
            // Its place among all frames is not known; captures stand in the order of their first frames.
            intake.anomalies.at(Origin { serial: 0, capture, frame: step.frame });
        }
        intake.anomalies.note_many(Anomaly::ClockStep, info.clock_steps.count);
    }
    let inferred = policy.peers.is_empty();
    if inferred {
        proceedings.rename(|party| sides.of(party));
    }
    proceedings.sum_up();
    let names = Names { policy, sides: &sides };
    let pairs = pairs(policy, &sides, &proceedings, &one_sided, &sealed);
    let calls = calls_between(policy, &sides, &proceedings);

    let mut judge = Judge::resume(policy, docket, proceedings);
    judge.intervals(first.unwrap_or_default(), &Steps::of(&captures));
    judge.qualities(first.unwrap_or_default());
    let mut limits = load.limits(policy);
    judge.proceedings.bandwidth.settle(Time(i64::MAX));
    limits.extend(judge.proceedings.bandwidth.loads(policy));
    limits.extend(load.directions().flat_map(|(from, to, _)| judge.proceedings.bandwidth.blanks(policy, (from, to))));
    let length = last.zip(first).map_or(0, |(last, first)| last.since(first));
    let adrift = judge.proceedings.traffic.iter().filter(|(_, traffic)| traffic.adrift > 0);
    let adrift = adrift.map(|(&(from, to), _)| (sides.of(policy.party(from)), sides.of(policy.party(to)))).collect();
    for limit in &limits {
        judge.limit(limit, (length, &adrift));
    }
    let certificates = contacts.close(&sides, last.unwrap_or_default(), &mut judge);
    knocks.close(&mut judge);
    let tls = tls_use(&names, &contacts, &certificates);
    for (pair, anchor) in &pairs {
        judge.pair(pair, *anchor, first, last);
    }
    let party = |ip| sides.of(policy.party(ip));
    (intake.rtp_packets, intake.srtp_packets) =
        (intake.rtp_packets.saturating_sub(judge.proceedings.keyed), intake.srtp_packets + judge.proceedings.keyed);
    judge.intake(&captures, losses, first);
    judge.signaling(&party);
    judge.tunnels(&sealed, &party);
    judge.links(&openings, &party);
    judge.repertoires();
    judge.unwatched(&watches, first.zip(last).unwrap_or_default());
    judge.release();
    let elements = judge.proceedings.carriage.parts().map(|(part, _)| part.clone()).collect::<Vec<_>>();
    count_uses(&mut judge.proceedings, &docket.roll, &sides, &intake, &contacts);
    let observed = observed(&judge.proceedings, &docket.roll, &elements, &sides, &intake, &contacts);
    judge.hygiene(&observed, first, last);
    judge.count_rest();
    judge.release();
    let mut breached = std::mem::take(&mut judge.breached);
    breached.sort_by(|a, b| a.order().cmp(&b.order()));
    breached.into_iter().filter_map(|breached| judge.breach_row(breached, &sides)).for_each(|row| records.breach(row));
    let proceedings = judge.proceedings;

    let rules: Vec<RuleCoverage> = docket
        .rules
        .iter()
        .enumerate()
        .map(|(i, rule)| RuleCoverage {
            id: rule.id,
            name: rule.name,
            severity: rule.severity,
            enabled: docket.is_enabled(i),
            coverage: proceedings.ledger.coverage(i, docket.speaks_of(i)),
        })
        .collect();
    let compliance = proceedings.compliance.matrix(docket, |party| names.of(party));
    let (metrics, trunk_metrics) = metric_rows(policy, &names, &proceedings, (&load, &capacity), length);
    let (breakdowns, trunk_breakdowns) = breakdown_rows(policy, &names, &proceedings);
    let totals = totals(&proceedings, &load, streams);
    let codecs = codecs(&names, &proceedings);
    let media = media_summary(&names, &proceedings);
    let series = series(&names, &proceedings.timeline, &limits);
    let capacity = super::capacity::review(
        &capacity,
        &proceedings.carriage,
        &limits,
        first.zip(last),
        &captures,
        &|party| names.of(party),
        policy,
        docket.redaction,
    );
    let incident = super::incident::view(&proceedings.incident, &captures);
    let findings: Vec<Finding> = proceedings
        .ledger
        .into_sorted()
        .into_iter()
        .zip(1..)
        .filter_map(|((key, entry), number)| finding(number, key, entry, docket, &names, &captures, &calls))
        .collect();
    Audit {
        schema: "speerlint/report/1",
        tool: Tool { name: "speerlint", version: env!("CARGO_PKG_VERSION") },
        verdict: verdict(policy, docket, &rules, &findings),
        captures,
        policy: policy_info(policy, &sides),
        intake,
        totals,
        metrics,
        trunk_metrics,
        breakdowns,
        trunk_breakdowns,
        codecs,
        media,
        rules,
        compliance,
        findings,
        tls,
        series,
        capacity,
        incident,
    }
}
