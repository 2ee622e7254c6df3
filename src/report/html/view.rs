//! Takes the audit, gives what each part of the page says, never markup.

use askama::Template;

use super::coverage::{Rule, rule};
use super::excerpt::head;
use super::findings::{Facets, Found, Kept, choose, found};
use super::incident::{Incident, incident};
use super::loads::{Limit, Load, limit, load};
use super::matrix::{Matrix, matrix};
use super::measures::{Broken, Codec, Direction, Stream, broken_down, codec, direction, stream};
use super::methods::{Appendix, appendix};
use super::script;
use super::tls::{Certificate, certificate, tls_count};
use crate::audit::{Audit, Verdict};
use crate::capture::CaptureInfo;
use crate::report::chart::{self, Chart};
use crate::report::digest::{self, Looked};
use crate::report::figures::{self, NONE, period};

/// The longest value that is worth reading on a page.
pub(super) const LONGEST: usize = 300;
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
    findings: Vec<Found<'a>>,
    facets: Facets,
    kept: Vec<Kept>,
    matrix: Matrix,
    appendix: Appendix,
    incident: Option<Incident>,
    /// How many findings are shown, of how many.
    part: String,
    script: &'static str,
    script_hash: String,
    metrics: Part<Direction>,
    intervals: Part<Direction>,
    parts: Vec<Broken>,
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
pub(super) struct Part<T> {
    pub(super) shown: Vec<T>,
    pub(super) more: u64,
}

impl<T> Part<T> {
    pub(super) fn new<S>(all: impl Iterator<Item = S>, shown: usize, view: impl FnMut(S) -> T) -> Self {
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

impl<'a> Document<'a> {
    /// The page with at most `shown` of each.
    pub(super) fn new(audit: &'a Audit, shown: usize) -> Self {
        let (chosen, kept) = choose(&audit.findings, shown);
        let facets = Facets::of(&chosen);
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
            worst: digest::standing(audit).take(WORST).map(|f| found(f, audit, &facets)).collect(),
            findings: chosen.iter().map(|&f| found(f, audit, &facets)).collect(),
            kept,
            matrix: matrix(audit, &chosen),
            appendix: appendix(audit, shown),
            incident: incident(audit),
            part: format!("{} of {}", figures::count(chosen.len() as u64), figures::count(audit.findings.len() as u64)),
            script: script::TEXT,
            script_hash: script::hash(),
            metrics: Part::new(whole, shown, direction),
            intervals: Part::new(parts, shown, direction),
            parts: broken_down(audit, shown),
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
            facets,
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
