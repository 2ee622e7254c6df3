//! Takes the audit, gives what each part of the page says, never markup.

use askama::Template;

use super::excerpt::{Excerpt, head};
use crate::audit::{
    Audit, CapacityRow, CertificateRow, CodecCount, Exhibit, Finding, FindingOutcome, Headroom, MetricRow, RuleCoverage, StreamRow,
    TlsCount, Verdict,
};
use crate::capture::CaptureInfo;
use crate::report::chart::{self, Chart};
use crate::report::digest::{self, Looked};
use crate::report::figures::{self, NONE, count, moment, period, real};

/// The longest value that is worth reading on a page.
const LONGEST: usize = 300;
/// How many findings to act on first.
const WORST: usize = 5;

/// The page.
#[derive(Template)]
#[template(path = "page.html")]
pub(super) struct Document<'a> {
    audit: &'a Audit,
    title: String,
    verdict: &'static str,
    mark: &'static str,
    reason: String,
    tally: String,
    scope: String,
    policy: String,
    sessions: String,
    captures: Part<Capture>,
    unjudged: Vec<(&'static str, &'static str, String)>,
    idle: u64,
    worst: Vec<Found<'a>>,
    findings: Part<Found<'a>>,
    metrics: Part<Direction>,
    intervals: Part<Direction>,
    codecs: Part<Codec>,
    tls: Option<String>,
    tls_counts: Vec<(&'static str, Part<(String, String)>)>,
    certificates: Part<Certificate>,
    rules: Vec<Rule>,
    coverage: String,
    charts: Vec<Chart>,
    media: String,
    streams: Vec<Stream>,
    loads: Part<Load>,
    limits: Part<Limit>,
}

/// The first of many, and how many more there are.
struct Part<T> {
    shown: Vec<T>,
    more: u64,
}

impl<T> Part<T> {
    fn new<S>(all: impl Iterator<Item = S>, shown: usize, view: impl FnMut(S) -> T) -> Self {
        let mut all = all.fuse();
        let first: Vec<T> = all.by_ref().take(shown).map(view).collect();
        Self { shown: first, more: all.count() as u64 }
    }
}

struct Capture {
    path: String,
    facts: String,
    when: String,
    sha256: Option<String>,
    notes: Vec<String>,
}

struct Found<'a> {
    finding: &'a Finding,
    severity: &'static str,
    waived: bool,
    observed: String,
    side: String,
    seen: String,
    agreed: String,
    clause: Option<(String, String)>,
    waiver: Option<String>,
    filters: Vec<(String, String)>,
    exhibits: Vec<Shown>,
    unseen: u64,
}

struct Shown {
    capture: String,
    frame: u32,
    time: String,
    call_id: Option<String>,
    sender: Option<String>,
    excerpt: Excerpt,
}

struct Direction {
    name: String,
    start: String,
    unit: &'static str,
    attempts: String,
    censored: String,
    ratios: Vec<(String, String)>,
    delay: String,
    samples: String,
    erlangs: String,
    peak: String,
    rate: String,
}

struct Certificate {
    owner: String,
    to: String,
    subject: String,
    names: String,
    issuer: String,
    key: String,
    until: String,
    trusted: &'static str,
    handshakes: String,
    sha256: String,
}

struct Codec {
    direction: String,
    name: String,
    offered: String,
    answered: String,
    sent: String,
}

struct Stream {
    direction: String,
    codec: String,
    flow: String,
    when: String,
    call: String,
    picture: String,
    packets: String,
    lost: String,
    longest: String,
    jitter: String,
    mos: String,
}

struct Load {
    name: String,
    counts: [String; 5],
    peak: String,
    erlangs: String,
    busy: String,
    circuits: String,
}

struct Limit {
    name: String,
    numbers: [String; 6],
    note: &'static str,
}

struct Rule {
    id: &'static str,
    name: &'static str,
    severity: &'static str,
    looked: &'static str,
    class: String,
    counts: [String; 4],
    indeterminate: String,
    reasons: String,
}

impl<'a> Document<'a> {
    /// The page with at most `shown` of each.
    pub(super) fn new(audit: &'a Audit, shown: usize) -> Self {
        let of = |looked| audit.rules.iter().filter(move |r| Looked::of(r) == looked);
        let whole = audit.metrics.iter().filter(|r| r.interval_start.is_none());
        let parts = audit.metrics.iter().filter(|r| r.interval_start.is_some());
        let (verdict, mark) = match audit.verdict {
            Verdict::Pass => ("Pass", "✓"),
            Verdict::Fail => ("Fail", "✗"),
            Verdict::Inconclusive => ("Inconclusive", "?"),
        };
        Self {
            audit,
            title: title(audit),
            verdict,
            mark,
            reason: digest::verdict_reason(audit),
            tally: digest::tally(audit),
            scope: digest::scope(audit),
            policy: head(&digest::policy(&audit.policy), 4 * LONGEST),
            sessions: digest::sessions(&audit.totals),
            captures: Part::new(audit.captures.iter(), shown, capture),
            unjudged: of(Looked::Unjudged).map(|r| (r.id, r.name, digest::reasons(r))).collect(),
            idle: of(Looked::Idle).count() as u64,
            worst: digest::standing(audit).take(WORST).map(found).collect(),
            findings: Part::new(audit.findings.iter(), shown, found),
            metrics: Part::new(whole, shown, direction),
            intervals: Part::new(parts, shown, direction),
            codecs: Part::new(audit.codecs.iter(), shown, codec),
            tls: digest::tls(&audit.tls),
            tls_counts: vec![
                ("Version", Part::new(audit.tls.versions.iter(), shown, tls_count)),
                ("Cipher suite", Part::new(audit.tls.suites.iter(), shown, tls_count)),
            ],
            certificates: Part::new(audit.tls.certificates.iter(), shown, certificate),
            rules: audit.rules.iter().map(rule).collect(),
            coverage: digest::coverage(&audit.rules),
            charts: chart::all(audit),
            media: digest::media(&audit.media),
            loads: Part::new(audit.capacity.load.iter(), shown, load),
            limits: Part::new(audit.capacity.limits.iter(), shown, limit),
            streams: audit.media.worst.iter().take(shown).map(stream).collect(),
        }
    }

    fn intake(&self) -> Vec<String> {
        digest::intake(self.audit)
    }

    fn period(&self) -> String {
        digest::span(self.audit).map_or_else(|| "no frames".into(), |(first, last)| period(first, last))
    }
}

fn title(audit: &Audit) -> String {
    match &audit.policy.path {
        None => "Audit against the built-in baseline".into(),
        Some(_) => head(audit.policy.title.as_deref().unwrap_or(&audit.policy.id), 120),
    }
}

fn capture(capture: &CaptureInfo) -> Capture {
    let when = capture.first_time.zip(capture.last_time).map_or_else(|| NONE.into(), |(first, last)| period(first, last));
    Capture {
        path: head(&capture.path.to_string_lossy(), LONGEST),
        facts: head(&digest::capture_facts(capture), LONGEST),
        when,
        sha256: capture.sha256.clone(),
        notes: digest::capture_notes(capture).iter().take(20).map(|n| head(n, LONGEST)).collect(),
    }
}

fn found(finding: &Finding) -> Found<'_> {
    let direction = head(&digest::direction(&finding.from, &finding.to), LONGEST);
    let side = [direction, digest::extent(finding)].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join(", ");
    let clause = finding.clause.as_ref().map(|c| {
        let line = c.line.map(|l| format!(":{l}")).unwrap_or_default();
        (head(&format!("{}{line}", c.source), LONGEST), head(c.text.as_deref().unwrap_or(&c.path), LONGEST))
    });
    Found {
        finding,
        severity: finding.severity.name(),
        waived: finding.outcome == FindingOutcome::Waived,
        observed: head(&finding.observed, LONGEST),
        side,
        seen: digest::seen(finding),
        agreed: head(&digest::agreed(finding), LONGEST),
        clause,
        waiver: digest::waiver(finding).map(|w| head(&w, LONGEST)),
        filters: digest::filters(&finding.exhibits).into_iter().map(|(capture, filter)| (head(capture, LONGEST), filter)).collect(),
        exhibits: finding.exhibits.iter().map(exhibit).collect(),
        unseen: finding.count.saturating_sub(finding.exhibits.len() as u64),
    }
}

fn exhibit(exhibit: &Exhibit) -> Shown {
    Shown {
        capture: head(&exhibit.capture, LONGEST),
        frame: exhibit.frame,
        time: exhibit.time.to_string(),
        call_id: exhibit.call_id.as_ref().map(|c| head(c, 160)),
        sender: exhibit.sender.as_ref().map(|s| head(s, 120)),
        excerpt: Excerpt::new(&exhibit.excerpt, exhibit.mark),
    }
}

fn direction(row: &MetricRow) -> Direction {
    let ratio = |key: &str, percent: Option<f64>| {
        let of = row.ratios.get(key).map(|[n, d]| format!("{} / {}", count(*n), count(*d))).unwrap_or_default();
        (real(percent, 1), of)
    };
    let srd = &row.srd_success_s;
    let start = row.interval_start.map(moment).unwrap_or_default();
    let width = row.interval_s.map(|s| format!(" + {} s", count(s.into()))).unwrap_or_default();
    Direction {
        name: head(&digest::direction(&row.from, &row.to), LONGEST),
        start: format!("{start}{width}"),
        unit: row.count_unit,
        attempts: count(row.attempts),
        censored: count(row.censored),
        ratios: vec![
            ratio("ser_pct", row.ser_pct),
            ratio("seer_pct", row.seer_pct),
            ratio("isa_pct", row.isa_pct),
            ratio("scr_pct", row.scr_pct),
            ratio("asr_pct", row.asr_pct),
            ratio("ner_pct", row.ner_pct),
        ],
        delay: if srd.n == 0 { NONE.into() } else { format!("{} / {}", real(srd.p50, 2), real(srd.p95, 2)) },
        samples: count(srd.n),
        erlangs: real(row.erlangs, 2),
        peak: row.peak_concurrent.map_or_else(|| NONE.into(), count),
        rate: row.peak_cps.map_or_else(|| NONE.into(), count),
    }
}

fn codec(codec: &CodecCount) -> Codec {
    Codec {
        direction: head(&digest::direction(&codec.from, &codec.to), LONGEST),
        name: head(&codec.codec, LONGEST),
        offered: count(codec.offered),
        answered: count(codec.answered),
        sent: codec.sent_streams.map_or_else(|| NONE.into(), count),
    }
}

fn tls_count(counted: &TlsCount) -> (String, String) {
    (head(&counted.name, LONGEST), count(counted.connections))
}

fn certificate(row: &CertificateRow) -> Certificate {
    let names = row.names.as_deref().map_or_else(|| "no alternative names".to_owned(), |names| head(names, LONGEST));
    Certificate {
        owner: format!("{}, as {}", head(&row.owner, 120), row.role),
        to: head(&row.to, 120),
        subject: head(&row.subject, LONGEST),
        names,
        issuer: head(&row.issuer, LONGEST),
        key: head(&row.key, 60),
        until: moment(row.not_after),
        trusted: match row.trusted {
            Some(true) => "yes",
            Some(false) => "no",
            None => NONE,
        },
        handshakes: count(row.handshakes),
        sha256: row.sha256.get(..16).map(|start| format!("{start}…")).unwrap_or_default(),
    }
}

fn stream(row: &StreamRow) -> Stream {
    let mos = row.mos.map_or_else(|| NONE.into(), |mos| format!("{mos:.2} {}", row.mos_scale.unwrap_or_default()));
    let side = row.side.map(|side| format!("{side} of ")).unwrap_or_default();
    Stream {
        direction: head(&digest::direction(&row.from, &row.to), LONGEST),
        codec: head(&row.codec, 120),
        flow: format!("{} to {}, SSRC {}, frame {}", row.source, row.destination, row.ssrc, count(row.frame.into())),
        when: format!("{}, {}", moment(row.begun), figures::duration(row.seconds)),
        call: row.call_id.as_ref().map(|id| head(&format!("{side}Call-ID {id}"), 160)).unwrap_or_default(),
        picture: row.series.as_ref().map(chart::spark).unwrap_or_default(),
        packets: count(row.packets),
        lost: format!("{} ({} %)", count(row.lost), real(row.loss_pct, 2)),
        longest: count(row.longest_loss),
        jitter: format!("{} / {}", real(row.jitter_mean_ms, 1), real(row.jitter_max_ms, 1)),
        mos,
    }
}

fn load(row: &CapacityRow) -> Load {
    let peak = row.confirmed.peak_at.map_or_else(
        || NONE.into(),
        |at| {
            let call = row.confirmed.peak_calls.last();
            let call = call.map(|call| format!(", {} (frame {})", head(&call.call_id, 60), count(call.frame.into()))).unwrap_or_default();
            format!("{}{call}", moment(at))
        },
    );
    let traffic = row.busy_hour_traffic.as_ref();
    Load {
        name: head(&row.name, LONGEST),
        counts: [row.attempts, row.answered, row.attempts_per_s.peak, row.transactions_per_s.peak, row.confirmed.peak].map(count),
        peak,
        erlangs: real(row.confirmed.erlangs, 2),
        busy: row.busy_hour.as_ref().map_or_else(|| NONE.into(), |hour| count(hour.attempts)),
        circuits: traffic.and_then(|hour| hour.circuits).map_or_else(|| NONE.into(), |n| count(n.into())),
    }
}

fn limit(limit: &Headroom) -> Limit {
    let scope = limit.scope.as_ref().map(|scope| format!(", {scope}")).unwrap_or_default();
    let fate = |n: Option<u64>| n.map_or_else(|| NONE.into(), count);
    Limit {
        name: head(&format!("{} ({}{scope})", limit.id, limit.kind), LONGEST),
        numbers: [
            figures::short(limit.limit),
            limit.peak.map_or_else(|| NONE.into(), figures::short),
            limit.headroom.map_or_else(|| NONE.into(), figures::short),
            count(limit.beyond),
            fate(limit.beyond_refused),
            fate(limit.beyond_admitted),
        ],
        note: limit.not_measured.unwrap_or_default(),
    }
}

fn rule(rule: &RuleCoverage) -> Rule {
    let c = &rule.coverage;
    let looked = Looked::of(rule).words();
    Rule {
        id: rule.id,
        name: rule.name,
        severity: rule.severity.name(),
        looked,
        class: looked.replace(' ', "-"),
        counts: [c.pass, c.violation, c.waived, c.not_applicable].map(count),
        indeterminate: count(c.indeterminate.values().sum()),
        reasons: digest::reasons(rule),
    }
}
