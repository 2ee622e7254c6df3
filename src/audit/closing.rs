//! Takes what all parts of the capture came to, gives the audit, never looks at a message.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::contacts::{Contacts, Shower, Shown};
use super::docket::Docket;
use super::evidence::Evidence;
use super::figures;
use super::judge::{Judge, interval_seconds};
use super::ledger::{Blame, Entry, Key};
use super::pings::Watches;
use super::proceedings::{Proceedings, TallyKey};
use super::sides::Sides;
use super::wires::Steps;
use super::{
    Audit, BesideRow, CallMix, CertificateRow, ClauseRef, CodecCount, Exhibit, Finding, FindingOutcome, Intake, MediaRow, MediaSummary,
    MetricRow, PolicyInfo, Records, Roll, RuleCoverage, Series, Subject, TlsCount, TlsUse, Tool, Totals, Verdict, WaiverNote,
};
use crate::base::{Anomaly, Origin, Time, Transport};
use crate::call::Outcome;
use crate::capture::CaptureInfo;
use crate::certificate::Trust;
use crate::metrics::series::{Bucket, CLASSES};
use crate::metrics::{Capacity, LimitLoad, Load, MILLIONTHS, Part, Quality, Slot, Tally, Timeline, quality};
use crate::policy::{LimitKind, LimitScope, ListKind, Party, Policy};
use crate::rules::{Check, Losses, Observed, PairTraffic, suite_text};
use crate::transport::tls::{Side, TlsVersion, suite};
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
    let tls = tls_use(&names, &contacts, &certificates);
    for (pair, anchor) in &pairs {
        judge.pair(pair, *anchor, first, last);
    }
    let party = |ip| sides.of(policy.party(ip));
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
    let breakdowns = breakdown_rows(policy, &names, &proceedings);
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

/// How parties are called in the report.
struct Names<'a> {
    policy: &'a Policy,
    sides: &'a Sides,
}

impl Names<'_> {
    fn of(&self, party: Party) -> String {
        match party {
            Party::Host(ip) => self.sides.name(ip),
            _ => self.policy.party_name(party),
        }
    }

    fn direction(&self, from: Party, to: Party) -> String {
        format!("{} → {}", self.of(from), self.of(to))
    }
}

/// What the capture showed of what a policy can declare; `parts` are those that carried media.
fn observed<'a>(
    proceedings: &Proceedings,
    roll: &'a Roll,
    parts: &'a [Part],
    sides: &Sides,
    intake: &Intake,
    contacts: &Contacts,
) -> Observed<'a> {
    let elements: BTreeSet<_> =
        parts.iter().filter_map(|part| if let Part::Element(party, name) = part { Some((*party, &**name)) } else { None }).collect();
    let by = &intake.sip_by_transport;
    let counts = [by.udp, by.tcp, by.tls, by.ws, by.wss, by.sctp, by.tls_sctp];
    let carried = Transport::ALL.into_iter().zip(counts).filter(|(_, messages)| *messages > 0).map(|(transport, _)| transport);
    let mut transports: Vec<Transport> = carried.collect();
    // Sealed, and yet it carries SIP.
    if contacts.established > 0 && !transports.contains(&Transport::Tls) {
        transports.push(Transport::Tls);
    }
    Observed {
        hosts: sides.hosts().concat(),
        tells_media: !elements.is_empty() && !parts.contains(&Part::Other),
        elements,
        trunks: proceedings.tallies.keys().filter_map(|(_, _, trunk, _)| *trunk).collect(),
        has_sessions: proceedings.tallies.values().any(|tally| tally.attempts > 0),
        codecs: codec_names(proceedings).collect(),
        transports,
        listed: proceedings.usage.report(roll),
        suites: contacts.suites.keys().filter_map(|code| suite(*code)).map(|suite| suite.name.to_owned()).collect(),
    }
}

/// Which entries of lists were used, by what is counted anyhow.
fn count_uses(proceedings: &mut Proceedings, roll: &Roll, sides: &Sides, intake: &Intake, contacts: &Contacts) {
    let used = |counts: &BTreeMap<String, u64>, name: &str| counts.keys().any(|key| key.eq_ignore_ascii_case(name));
    let class = |name: &str| name.strip_suffix("xx").is_some_and(|class| intake.sip_responses.keys().any(|code| code.starts_with(class)));
    let suites: Vec<_> = contacts.suites.keys().filter_map(|code| suite(*code)).collect();
    let codecs: BTreeSet<String> = codec_names(proceedings).collect();
    let attempts = proceedings.tallies.iter().filter(|((_, _, trunk, start), _)| trunk.is_none() && start.is_none());
    let attempts = attempts.map(|(_, tally)| tally.attempts).sum();
    let usage = &mut proceedings.usage;
    usage.all(roll, ListKind::Method, intake.sip_requests.values().sum(), |name| used(&intake.sip_requests, name));
    usage.all(roll, ListKind::Response, intake.sip_responses.values().sum(), |code| used(&intake.sip_responses, code) || class(code));
    usage.all(roll, ListKind::Suite, contacts.established, |name| suites.iter().any(|suite| suite.name.eq_ignore_ascii_case(name)));
    usage.all(roll, ListKind::Codec, if codecs.is_empty() { 0 } else { attempts }, |name| codecs.iter().any(|codec| is_codec(codec, name)));
    let ports = &contacts.ports;
    usage.all(roll, ListKind::TlsPort, contacts.connections, |port| port.parse().is_ok_and(|port: u16| ports.contains(&port)));
    usage.hosts(roll, intake.sip_messages, &sides.hosts().concat());
}

/// Whether a codec, `NAME/clock/channels`, is the one that an entry names, `NAME/clock` or `NAME`.
fn is_codec(codec: &str, entry: &str) -> bool {
    let mut parts = codec.split('/');
    entry.split('/').all(|part| parts.next().is_some_and(|own| own.eq_ignore_ascii_case(part)))
}

/// Codecs that were offered or answered, some more than once.
fn codec_names(proceedings: &Proceedings) -> impl Iterator<Item = String> {
    proceedings.codecs.values().flat_map(|used| used.offered.by_name().into_keys().chain(used.answered.by_name().into_keys()))
}

/// The traffic of two parties, and the first message of it.
type Pair = (PairTraffic, Option<(Origin, Time)>);

/// The traffic of each unordered pair of parties.
fn pairs(
    policy: &Policy,
    sides: &Sides,
    proceedings: &Proceedings,
    one_sided: &BTreeMap<(IpAddr, IpAddr), u64>,
    sealed: &SealedTraffic,
) -> Vec<Pair> {
    let party = |ip| sides.of(policy.party(ip));
    let mut pairs: BTreeMap<(Party, Party), Pair> = BTreeMap::new();
    let counts = proceedings.traffic.iter().map(|(&(from, to), t)| (party(from), party(to), t.messages, 0, t.first, None));
    let holes = one_sided.iter().map(|(&(a, b), &n)| (party(a), party(b), 0, n, None, None));
    let seals = sealed.iter().map(|(seal, a, b, passed)| (party(a), party(b), 0, 0, None, Some((seal, passed))));
    for (from, to, messages, connections, first, opaque) in counts.chain(holes).chain(seals) {
        let key = (from.min(to), from.max(to));
        let nothing = PairTraffic { from: key.0, to: key.1, forth: 0, back: 0, one_sided_connections: 0, sealed: Default::default() };
        let (entry, anchor) = pairs.entry(key).or_insert((nothing, None));
        *anchor = [*anchor, first].into_iter().flatten().min();
        if from <= to {
            entry.forth += messages
        } else {
            entry.back += messages
        }
        entry.one_sided_connections += connections;
        if let Some((seal, passed)) = opaque
            && let Some(place) = entry.sealed.get_mut(seal as usize)
        {
            place.merge(passed);
        }
    }
    pairs.into_values().collect()
}

/// The calls of each unordered pair of parties.
fn calls_between(policy: &Policy, sides: &Sides, proceedings: &Proceedings) -> BTreeMap<(Party, Party), u64> {
    let mut calls = BTreeMap::new();
    for (&(from, to), traffic) in &proceedings.traffic {
        let (from, to) = (sides.of(policy.party(from)), sides.of(policy.party(to)));
        *calls.entry((from.min(to), from.max(to))).or_default() += traffic.calls;
    }
    calls
}

/// The rows of directions, and those of their trunk groups; `length` is that of the capture, in nanoseconds.
fn metric_rows(
    policy: &Policy,
    names: &Names<'_>,
    proceedings: &Proceedings,
    (load, capacity): (&Load, &Capacity),
    length: i64,
) -> (Vec<MetricRow>, Vec<MetricRow>) {
    let mut tallies: Vec<(&TallyKey, &Tally)> = proceedings.tallies.iter().collect();
    tallies.sort_by_key(|(key, _)| **key);
    let row = |(&(from, to, trunk, start), tally): (&TallyKey, &Tally)| {
        let terms = policy.terms(from, to, trunk);
        let mut row = figures::row(tally, terms, start.map(|start| (start, interval_seconds(terms))));
        (row.from, row.to) = (names.of(from), names.of(to));
        row.trunk = trunk.and_then(|id| policy.trunk_group(id)).map(|group| group.id.clone());
        match (trunk, start) {
            (None, Some(start)) => {
                if let Some(slice) = load.direction(from, to).map(|measured| measured.interval(start)) {
                    row.erlangs = slice.erlangs();
                    (row.peak_concurrent, row.peak_cps) = (Some(slice.peak), Some(slice.peak_rate));
                }
            }
            (None, None) => {
                if let Some(measured) = load.direction(from, to) {
                    row.erlangs = measured.confirmed.erlangs(length);
                    (row.peak_concurrent, row.peak_cps) = (Some(measured.confirmed.peak()), Some(measured.attempts.peak()));
                }
            }
            // The load of a trunk group is kept for the whole capture and by the hour only.
            (Some(_), Some(_)) => {}
            (Some(trunk), None) => {
                let part = Part::Trunk(from, to, trunk);
                if let Some((_, borne)) = capacity.parts().find(|(own, _)| **own == part) {
                    row.erlangs = borne.confirmed.gauge.erlangs(length);
                    (row.peak_concurrent, row.peak_cps) = (Some(borne.confirmed.gauge.peak()), Some(borne.attempts.0.peak()));
                }
            }
        }
        row
    };
    let (trunks, directions): (Vec<_>, Vec<_>) = tallies.into_iter().partition(|((_, _, trunk, _), _)| trunk.is_some());
    (directions.into_iter().map(row).collect(), trunks.into_iter().map(row).collect())
}

/// The rows of directions by what was asked for, value by value. No load is kept by value, and registrations have none.
fn breakdown_rows(policy: &Policy, names: &Names<'_>, proceedings: &Proceedings) -> Vec<MetricRow> {
    let mut rows = Vec::new();
    for (&(from, to, dimension), breakdown) in &proceedings.breakdowns {
        let terms = policy.terms(from, to, None);
        for (slot, tally) in breakdown.slots() {
            let (kind, value, gathered) = match slot {
                Slot::Value(value) => ("value", value, None),
                Slot::Unknown => ("unknown", "unknown", None),
                Slot::Other(gathered) => ("other", "other", Some(gathered)),
            };
            let mut row = figures::row(tally, terms, None);
            row.ratios.remove("ira_pct");
            row.other_unit.iter_mut().for_each(|unit| _ = unit.ratios.remove("ira_pct"));
            (row.from, row.to) = (names.of(from), names.of(to));
            (row.dimension, row.value, row.value_kind, row.gathered) =
                (Some(dimension.name()), Some(value.to_owned()), Some(kind), gathered);
            rows.push(row);
        }
    }
    rows
}

fn totals(proceedings: &Proceedings, load: &Load, streams: u64) -> Totals {
    let mut totals = Totals {
        dialogs: proceedings.dialogs,
        call_ids: proceedings.call_ids,
        peak_concurrent: load.total().confirmed.peak(),
        streams,
        ..Totals::default()
    };
    let whole = proceedings.tallies.iter().filter(|((_, _, trunk, start), _)| trunk.is_none() && start.is_none());
    for (_, tally) in whole {
        totals.attempts += tally.attempts;
        totals.censored += tally.censored;
        for (outcome, n) in &tally.outcomes {
            let name = match *outcome {
                Outcome::Success => {
                    totals.answered += n;
                    "200".to_owned()
                }
                Outcome::Failed(487) => {
                    totals.cancelled += n;
                    "487".to_owned()
                }
                Outcome::Failed(code) => {
                    totals.failed += n;
                    code.to_string()
                }
                Outcome::Timeout => {
                    totals.failed += n;
                    "timeout".to_owned()
                }
                Outcome::Censored => continue,
            };
            *totals.outcomes.entry(name).or_default() += n;
        }
    }
    totals
}

/// What the charts draw: counts of each bucket, and the lowest limit on confirmed sessions of each direction.
fn series(names: &Names<'_>, timeline: &Timeline, limits: &[LimitLoad]) -> Series {
    let buckets = timeline.buckets();
    let column = |of: &dyn Fn(&Bucket) -> u64| buckets.iter().map(of).collect::<Vec<u64>>();
    let mut concurrent_limits: BTreeMap<String, f64> = BTreeMap::new();
    for load in limits.iter().filter(|l| l.limit.kind == LimitKind::Concurrent && l.limit.scope == LimitScope::Direction) {
        let lowest = concurrent_limits.entry(names.direction(load.direction.0, load.direction.1)).or_insert(f64::INFINITY);
        *lowest = lowest.min(load.limit.value.value);
    }
    Series {
        start: timeline.start(),
        bucket_s: timeline.width_s(),
        attempts: column(&|b| b.attempts),
        outcomes: (CLASSES.iter().enumerate()).map(|(i, &class)| (class, column(&|b| b.outcomes.get(i).copied().unwrap_or(0)))).collect(),
        concurrent: column(&|b| b.concurrent),
        concurrent_limits,
    }
}

/// What the streams came to.
fn media_summary(names: &Names<'_>, proceedings: &Proceedings) -> MediaSummary {
    let row = |from, to, codec: &String, q: &Quality| MediaRow {
        from: names.of(from),
        to: names.of(to),
        codec: codec.clone(),
        streams: q.streams,
        packets: q.packets,
        expected: q.expected,
        lost: q.lost,
        duplicates: q.duplicates,
        reordered: q.reordered,
        loss_pct: figures::delay(&q.loss, MILLIONTHS),
        jitter_ms: figures::delay(&q.jitter, figures::MILLISECOND),
        mos: figures::delay(&q.mos, MILLIONTHS),
        mos_wideband: figures::delay(&q.mos_wideband, MILLIONTHS),
        unrated: q.unrated,
        round_trip_ms: figures::delay(&q.round_trip, figures::MILLISECOND),
        loss_classes: q.loss_classes.to_vec(),
        jitter_classes: q.jitter_classes.to_vec(),
        mos_classes: q.mos_classes.to_vec(),
    };
    let directions: Vec<MediaRow> = (proceedings.heard.iter())
        .flat_map(|(&(from, to), codecs)| codecs.iter().map(move |(codec, quality)| row(from, to, codec, quality)))
        .collect();
    MediaSummary {
        bound: directions.iter().map(|row| row.streams).sum(),
        strays: proceedings.strays,
        directions,
        beside: (proceedings.beside.iter())
            .map(|(&(from, to, kind), row)| BesideRow { from: names.of(from), to: names.of(to), kind, ..row.clone() })
            .collect(),
        loss_classes_pct: quality::LOSS.to_vec(),
        jitter_classes_ms: quality::JITTER.to_vec(),
        mos_classes: quality::MOS.to_vec(),
        worst: proceedings.worst.clone(),
    }
}

fn codecs(names: &Names<'_>, proceedings: &Proceedings) -> Vec<CodecCount> {
    let mut rows = Vec::new();
    for (&(from, to), used) in &proceedings.codecs {
        let (offered, answered) = (used.offered.by_name(), used.answered.by_name());
        let all: std::collections::BTreeSet<&String> = offered.keys().chain(answered.keys()).chain(used.sent.keys()).collect();
        rows.extend(all.into_iter().map(|codec| CodecCount {
            from: names.of(from),
            to: names.of(to),
            codec: codec.clone(),
            offered: offered.get(codec).copied().unwrap_or(0),
            answered: answered.get(codec).copied().unwrap_or(0),
            sent_streams: Some(used.sent.get(codec).copied().unwrap_or(0)),
        }));
    }
    rows
}

fn tls_use(names: &Names<'_>, contacts: &Contacts, certificates: &[(Shower, Shown)]) -> TlsUse {
    let count = |name: String, &connections: &u64| TlsCount { name, connections };
    let row = |(whose, shown): &(Shower, Shown)| {
        let leaf = shown.presented.leaf()?;
        let (owner, to, role) = match whose.side {
            Side::Server => (whose.server, whose.client, "server"),
            Side::Client => (whose.client, whose.server, "client"),
        };
        Some(CertificateRow {
            owner: names.of(owner),
            to: names.of(to),
            role,
            subject: leaf.subject.clone(),
            issuer: leaf.issuer.clone(),
            names: leaf.alternative_names(),
            key: leaf.key.to_string(),
            not_before: leaf.not_before,
            not_after: leaf.not_after,
            sha256: leaf.fingerprint(),
            trusted: match shown.trust {
                Some(Trust::Agreed(_)) => Some(true),
                Some(Trust::Broken(_)) => Some(false),
                Some(Trust::Unverifiable) | None => None,
            },
            handshakes: shown.handshakes,
        })
    };
    TlsUse {
        connections: contacts.connections,
        established: contacts.established,
        resumed: contacts.resumed,
        other_connections: contacts.others,
        versions: contacts.versions.iter().map(|(&version, n)| count(TlsVersion(version).to_string(), n)).collect(),
        suites: contacts.suites.iter().map(|(&code, n)| count(suite_text(code), n)).collect(),
        certificates: by_leaf(certificates.iter().filter_map(row)),
    }
}

/// A certificate that was sent with others behind it and without them is one to its reader; trusted only where it always is.
fn by_leaf(rows: impl Iterator<Item = CertificateRow>) -> Vec<CertificateRow> {
    let mut folded: Vec<CertificateRow> = Vec::new();
    for row in rows {
        let same = |known: &&mut CertificateRow| {
            (&known.owner, &known.to, known.role, &known.sha256) == (&row.owner, &row.to, row.role, &row.sha256)
        };
        match folded.iter_mut().find(same) {
            Some(known) => {
                known.handshakes += row.handshakes;
                known.trusted = known.trusted.zip(row.trusted).map(|(a, b)| a && b);
            }
            None => folded.push(row),
        }
    }
    folded.sort_by(|a, b| (&a.owner, &a.to, a.role, &a.sha256).cmp(&(&b.owner, &b.to, b.role, &b.sha256)));
    folded
}

fn finding(
    number: u32,
    key: Key,
    entry: Entry,
    docket: &Docket,
    names: &Names<'_>,
    captures: &[CaptureInfo],
    calls: &BTreeMap<(Party, Party), u64>,
) -> Option<Finding> {
    let policy = names.policy;
    let rule = docket.rule(key.rule)?;
    let waiver = key.waiver.and_then(|w| policy.waivers.get(usize::from(w)));
    let everyone = || "*".to_owned();
    let (from, to) = key.direction.map_or_else(|| (everyone(), everyone()), |(from, to)| (names.of(from), names.of(to)));
    let of = key.direction.and_then(|(from, to)| calls.get(&(from.min(to), from.max(to)))).copied().unwrap_or(0);
    Some(Finding {
        id: format!("F-{number:04}"),
        rule: rule.id,
        title: rule.title,
        severity: key.severity,
        outcome: if waiver.is_some() { FindingOutcome::Waived } else { FindingOutcome::Violation },
        from,
        to,
        offender: match key.blame {
            Blame::Party(party) => names.of(party),
            Blame::Both => "both".to_owned(),
            Blame::Capture => "capture".to_owned(),
            Blame::Policy => "policy".to_owned(),
        },
        subject: Subject { kind: entry.subject, call_id: entry.exhibits.first().and_then(|e| e.call_id.clone()).map(String::from) },
        count: entry.count,
        calls: CallMix { affected: entry.calls, of: of.max(entry.calls) },
        first_time: entry.first,
        last_time: entry.last,
        observed: key.observed.into_owned(),
        agreed: key.agreed.into_owned(),
        clause: key.clause.as_deref().map(|clause| ClauseRef {
            source: clause.source.to_string(),
            line: clause.line,
            path: clause.path.to_string(),
            text: policy.source_line(clause).map(|line| line.trim().to_owned()),
        }),
        reference: rule.reference,
        fix: rule.fix,
        waiver: waiver.map(|w| WaiverNote { id: w.id.clone(), reason: w.reason.clone(), ticket: w.ticket.clone(), expires: w.expires }),
        exhibits: entry.exhibits.into_iter().map(|e| exhibit(e, names, captures)).collect(),
    })
}

fn exhibit(evidence: Evidence, names: &Names<'_>, captures: &[CaptureInfo]) -> Exhibit {
    let capture = captures.get(evidence.origin.capture as usize).map(|c| c.path.display().to_string());
    let sender = evidence.source.map(|ip| names.of(names.sides.of(names.policy.party(ip))));
    Exhibit {
        capture: capture.unwrap_or_default(),
        frame: evidence.origin.frame,
        time: evidence.time,
        call_id: evidence.call_id.map(String::from),
        sender,
        excerpt: evidence.excerpt.into(),
        mark: evidence.mark,
    }
}

fn policy_info(policy: &Policy, sides: &Sides) -> PolicyInfo {
    let inferred = policy.peers.is_empty();
    PolicyInfo {
        id: policy.id.clone(),
        title: policy.title.clone(),
        revision: policy.revision,
        path: policy.path.as_ref().map(|p| p.display().to_string()),
        sha256: policy.sha256.clone(),
        profiles: policy.profiles.clone(),
        peers: if inferred { sides.names() } else { policy.peers.iter().map(|p| p.id.clone()).collect() },
        inferred,
        fail_on: Some(policy.fail_on),
    }
}

/// Fail on a finding that counts; inconclusive where no rule about the traffic could say anything (`product.md`, exit status).
fn verdict(policy: &Policy, docket: &Docket, rules: &[RuleCoverage], findings: &[Finding]) -> Verdict {
    let counts = |f: &Finding| f.outcome == FindingOutcome::Violation && f.severity >= policy.fail_on;
    if findings.iter().any(counts) {
        return Verdict::Fail;
    }
    let about_traffic = docket.rules.iter().zip(rules).filter(|(rule, _)| !matches!(rule.check, Check::Policy(_) | Check::Capture(_)));
    let looked = about_traffic.into_iter().any(|(_, r)| r.coverage.pass + r.coverage.violation + r.coverage.waived > 0);
    if looked { Verdict::Pass } else { Verdict::Inconclusive }
}
