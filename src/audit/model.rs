//! Takes nothing, gives the shape of an audit: the report contract `speerlint/report/1`, never how it is shown.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{BesideRow, CapacityReview, ComplianceMatrix, IncidentView, StreamRow};
use crate::base::{Anomalies, Time};
use crate::capture::CaptureInfo;
use crate::policy::Severity;
use crate::rules::Reason;
use crate::transport::TlsTotals;

/// The audit of captures against a policy. Every report is a function of this, and its JSON is `speerlint/report/1`.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Audit {
    pub schema: &'static str,
    pub tool: Tool,
    pub verdict: Verdict,
    pub captures: Vec<CaptureInfo>,
    pub policy: PolicyInfo,
    pub intake: Intake,
    pub totals: Totals,
    pub metrics: Vec<MetricRow>,
    /// The same for the trunk groups that the policy declares: parts of `metrics`, never to be added to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trunk_metrics: Vec<MetricRow>,
    /// The same by what was asked for, value by value: those of a direction in one dimension sum up to it, over the whole capture and,
    /// where that was asked for, in each interval.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<MetricRow>,
    /// The same for trunk groups: those of one in one dimension sum up to its row of `trunk_metrics`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub trunk_breakdowns: Vec<MetricRow>,
    pub codecs: Vec<CodecCount>,
    /// What the streams came to.
    pub media: MediaSummary,
    pub rules: Vec<RuleCoverage>,
    /// What became of the rules in each direction.
    pub compliance: ComplianceMatrix,
    pub findings: Vec<Finding>,
    /// TLS between border elements.
    pub tls: TlsUse,
    /// What the charts draw.
    pub series: Series,
    /// What the interconnect bore, next to what was agreed.
    pub capacity: CapacityReview,
    /// What failed and poor calls have in common.
    pub incident: IncidentView,
}

/// Who made the report.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Tool {
    pub name: &'static str,
    pub version: &'static str,
}

/// The verdict over all findings: decides the exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// No finding at or above `fail_on` (exit 0).
    Pass,
    /// At least one (exit 1).
    Fail,
    /// Every applicable rule was indeterminate: the capture cannot answer (exit 3).
    Inconclusive,
}

/// The policy that was applied.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct PolicyInfo {
    pub id: String,
    pub title: Option<String>,
    pub revision: u64,
    /// `None`: the built-in baseline.
    pub path: Option<String>,
    pub sha256: Option<String>,
    pub profiles: Vec<String>,
    /// Declared peers, or the inferred sides.
    pub peers: Vec<String>,
    /// Whether the peers were inferred from the traffic.
    pub inferred: bool,
    pub fail_on: Option<Severity>,
}

/// SIP messages by transport.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs)]
pub struct TransportCounts {
    pub udp: u64,
    pub tcp: u64,
    pub tls: u64,
    pub ws: u64,
    pub wss: u64,
    pub sctp: u64,
    #[serde(rename = "TLS-SCTP")]
    pub tls_sctp: u64,
}

/// What the capture holds, whatever it means.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Intake {
    pub frames: u64,
    pub undecodable_frames: u64,
    pub ip_fragments: u64,
    pub tcp_segments: u64,
    pub sip_messages: u64,
    /// By method, as on the wire.
    pub sip_requests: BTreeMap<String, u64>,
    /// By status code.
    pub sip_responses: BTreeMap<String, u64>,
    pub sip_by_transport: TransportCounts,
    pub sip_malformed: u64,
    pub sip_retransmissions: u64,
    pub sip_mirror_duplicates: u64,
    pub rtp_packets: u64,
    pub rtcp_packets: u64,
    pub srtp_packets: u64,
    pub tls: TlsTotals,
    pub anomalies: Anomalies,
    /// Where each anomaly was met first, as far as it belongs to a frame.
    pub first_anomalies: BTreeMap<&'static str, FrameRef>,
}

/// A frame of a capture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FrameRef {
    /// Path of the capture.
    pub capture: String,
    /// Frame number in it, from 1.
    pub frame: u32,
}

/// Sessions, over all directions.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Totals {
    pub dialogs: u64,
    pub call_ids: u64,
    pub attempts: u64,
    pub answered: u64,
    pub failed: u64,
    pub cancelled: u64,
    pub censored: u64,
    /// By final code, or `timeout`.
    pub outcomes: BTreeMap<String, u64>,
    pub peak_concurrent: u64,
    pub streams: u64,
}

/// A distribution of delays in seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Delay {
    pub n: u64,
    pub mean: Option<f64>,
    pub p50: Option<f64>,
    pub p95: Option<f64>,
    pub p99: Option<f64>,
    pub max: Option<f64>,
}

/// A distribution of delays in milliseconds.
pub type DelayMs = Delay;

/// The metrics of one direction over one interval, or over the whole capture.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct MetricRow {
    pub from: String,
    pub to: String,
    /// The trunk group of that direction; `None`: all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trunk: Option<String>,
    /// Where the direction is broken down: by what (`sbe-pair`, `domain`, `prefix`, `codec`, `response-code`), and the value whose part this is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dimension: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// `value`; `unknown`: those whose value the capture does not tell; `other`: those of values beyond the first 4,096 of a direction or trunk
    /// group, in intervals those for which 16,384 rows have no room: a value has rows of its own in all of its intervals or in none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_kind: Option<&'static str>,
    /// How many values are in `other`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gathered: Option<u64>,
    /// `None`: the whole capture.
    pub interval_start: Option<Time>,
    pub interval_s: Option<u32>,
    /// `chain` or `transaction`
    pub count_unit: &'static str,
    pub attempts: u64,
    pub censored: u64,
    pub ser_pct: Option<f64>,
    pub seer_pct: Option<f64>,
    pub isa_pct: Option<f64>,
    pub scr_pct: Option<f64>,
    pub asr_pct: Option<f64>,
    pub ner_pct: Option<f64>,
    pub ira_pct: Option<f64>,
    pub srd_success_s: Delay,
    pub srd_failed_s: Delay,
    pub sdd_ms: DelayMs,
    pub sdt_s: Delay,
    pub aloc_s: Option<f64>,
    pub pgrd_s: Delay,
    pub srd_per_dialog_s: Delay,
    pub sdd_failed_ms: DelayMs,
    pub sdt_failed_s: Delay,
    pub rrd_ms: DelayMs,
    pub erlangs: Option<f64>,
    pub peak_concurrent: Option<u64>,
    pub peak_cps: Option<u64>,
    /// Numerator and denominator of each ratio, by the name of its key.
    pub ratios: BTreeMap<&'static str, [u64; 2]>,
    /// Attempts below which nothing is judged, as agreed.
    pub min_samples: u64,
    /// Whether there are fewer.
    pub few_samples: bool,
    /// The same by the other counting unit, over the whole capture.
    pub other_unit: Option<UnitRatios>,
}

/// Ratios by one counting unit.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct UnitRatios {
    pub count_unit: &'static str,
    pub attempts: u64,
    /// Numerator and denominator of each ratio, by the name of its key.
    pub ratios: BTreeMap<&'static str, [u64; 2]>,
}

/// How often a codec was offered, answered and sent in a direction.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct CodecCount {
    pub from: String,
    pub to: String,
    pub codec: String,
    pub offered: u64,
    pub answered: u64,
    /// Streams of calls of which most packets had it.
    pub sent_streams: Option<u64>,
}

/// TLS connections that carry signalling, and the certificates that they showed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct TlsUse {
    pub connections: u64,
    /// Those whose handshake was completed.
    pub established: u64,
    /// Those that resumed a session.
    pub resumed: u64,
    /// TLS connections that no declared elements joined and no agreed port says to be SIP: no rule looks at them.
    pub other_connections: u64,
    /// By version, oldest first.
    pub versions: Vec<TlsCount>,
    /// By cipher suite.
    pub suites: Vec<TlsCount>,
    pub certificates: Vec<CertificateRow>,
}

/// How many connections have something in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct TlsCount {
    pub name: String,
    pub connections: u64,
}

/// A certificate as one side showed it to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct CertificateRow {
    /// Who showed it.
    pub owner: String,
    /// To whom.
    pub to: String,
    /// `client` or `server`
    pub role: &'static str,
    pub subject: String,
    pub issuer: String,
    /// subjectAltName; `None` where there is none.
    pub names: Option<String>,
    pub key: String,
    pub not_before: Time,
    pub not_after: Time,
    pub sha256: String,
    /// Whether it leads to an agreed authority; `None` where none were agreed, or that cannot be told.
    pub trusted: Option<bool>,
    /// Handshakes in which it was shown, resumed sessions among them.
    pub handshakes: u64,
}

/// The streams of the capture.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct MediaSummary {
    /// Streams of calls.
    pub bound: u64,
    /// Streams that no call named, found by their content.
    pub strays: u64,
    /// By direction and codec.
    pub directions: Vec<MediaRow>,
    /// Faxes and messages beside RTP, by direction and kind.
    pub beside: Vec<BesideRow>,
    /// Where one class ends and the next begins: percent, milliseconds, MOS.
    pub loss_classes_pct: Vec<f64>,
    pub jitter_classes_ms: Vec<f64>,
    pub mos_classes: Vec<f64>,
    /// The worst streams, worst first.
    pub worst: Vec<StreamRow>,
}

/// The streams of a direction with one codec.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct MediaRow {
    pub from: String,
    pub to: String,
    pub codec: String,
    pub streams: u64,
    pub packets: u64,
    pub expected: u64,
    pub lost: u64,
    pub duplicates: u64,
    pub reordered: u64,
    /// Of each stream: percent of its packets that were lost.
    pub loss_pct: Delay,
    /// Of each stream: its greatest jitter.
    pub jitter_ms: DelayMs,
    pub mos: Delay,
    pub mos_wideband: Delay,
    /// Streams without an estimate.
    pub unrated: u64,
    pub round_trip_ms: DelayMs,
    /// Streams in each class.
    pub loss_classes: Vec<u64>,
    pub jitter_classes: Vec<u64>,
    pub mos_classes: Vec<u64>,
}

/// The five counts of a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Coverage {
    pub pass: u64,
    pub violation: u64,
    pub waived: u64,
    pub not_applicable: u64,
    /// By reason; only those that occurred.
    pub indeterminate: BTreeMap<Reason, u64>,
}

/// A rule and how often it could say what.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct RuleCoverage {
    pub id: &'static str,
    pub name: &'static str,
    pub severity: Severity,
    /// Whether the policy switched it off.
    pub enabled: bool,
    #[serde(flatten)]
    pub coverage: Coverage,
}

/// Whether a waiver covers a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum FindingOutcome {
    Violation,
    Waived,
}

/// What a finding is about: the first of its subjects.
#[derive(Clone, Debug, Serialize)]
pub struct Subject {
    /// message, transaction, dialog, session, exchange, interval, limit, capture, policy
    pub kind: &'static str,
    /// The Call-ID, where the subject has one.
    pub call_id: Option<String>,
}

/// Which calls a finding touches, for "214 of 1,032 calls", of those between the two parties. A call is a Call-ID with an INVITE, or with an
/// ACK, BYE, CANCEL, PRACK or UPDATE where the capture misses the INVITE; OPTIONS, REGISTER and the like by themselves are none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct CallMix {
    pub affected: u64,
    pub of: u64,
}

/// Where a clause stands.
#[derive(Clone, Debug, Serialize)]
pub struct ClauseRef {
    /// The policy file, or the profile.
    pub source: String,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The key.
    pub path: String,
    /// The text of that line, trimmed, where the source could be read.
    pub text: Option<String>,
}

/// A piece of evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Exhibit {
    /// Path of the capture.
    pub capture: String,
    /// Frame number in it, from 1.
    pub frame: u32,
    /// Capture time.
    pub time: Time,
    /// Call-ID.
    pub call_id: Option<String>,
    /// The party that sent the message, where there is one.
    pub sender: Option<String>,
    /// The line of the message that shows it, secrets and numbers redacted as the policy says.
    pub excerpt: String,
    /// What the report underlines in the excerpt.
    pub mark: Option<Quote>,
}

/// A place in an excerpt, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Quote {
    pub start: usize,
    pub len: usize,
}

/// The waiver that covers a finding.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct WaiverNote {
    pub id: String,
    pub reason: String,
    pub ticket: Option<String>,
    pub expires: Time,
}

/// A broken clause: by whom, how often, and where to look.
#[derive(Clone, Debug, Serialize)]
#[allow(missing_docs)]
pub struct Finding {
    /// `F-0001` …, in the order of the list: worst first.
    pub id: String,
    pub rule: &'static str,
    /// The rule's title: `method not permitted`.
    pub title: &'static str,
    pub severity: Severity,
    pub outcome: FindingOutcome,
    pub from: String,
    pub to: String,
    /// The party at fault; `capture` or `policy` where no peer is.
    pub offender: String,
    pub subject: Subject,
    pub count: u64,
    pub calls: CallMix,
    pub first_time: Time,
    pub last_time: Time,
    pub observed: String,
    pub agreed: String,
    pub clause: Option<ClauseRef>,
    pub reference: &'static str,
    /// What to do.
    pub fix: &'static str,
    pub waiver: Option<WaiverNote>,
    /// The first few, in the order of the capture.
    pub exhibits: Vec<Exhibit>,
}

/// Series over time, in buckets of one width.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Series {
    /// Start of the first bucket; `None` without sessions.
    pub start: Option<Time>,
    /// Width of a bucket in seconds.
    pub bucket_s: u64,
    /// Session requests begun in each bucket.
    pub attempts: Vec<u64>,
    /// By class of outcome (`answered`, `busy or refused`, `no answer`, `failed`, `timeout`, `censored`), session requests of each bucket.
    pub outcomes: BTreeMap<&'static str, Vec<u64>>,
    /// The highest number of confirmed sessions alive at once in each bucket.
    pub concurrent: Vec<u64>,
    /// The lowest agreed limit on concurrent sessions, by direction (`alpha → bravo`).
    pub concurrent_limits: BTreeMap<String, f64>,
}
