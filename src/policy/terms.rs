//! Takes nothing, gives the shape of the agreement for one direction and trunk, never a default: what was not agreed is `None`.
//!
//! The sections stand as in the policy file, which follows RFC 6271 Appendix A.

use std::collections::BTreeMap;
use std::path::PathBuf;

use ipnet::IpNet;
use regex::bytes::Regex;

use super::peers::PerPeer;
use super::{Clause, Level, LevelTable, NumberList};
use crate::base::Transport;

/// An agreed value, or nothing agreed.
pub type Agreed<T> = Option<Clause<T>>;

/// The agreement as it applies to one direction and trunk group.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Terms {
    pub connectivity: Connectivity,
    pub tls: Tls,
    pub ipsec_endpoints: Agreed<Vec<IpNet>>,
    pub sip: Sip,
    pub media: MediaTerms,
    pub identity: Identity,
    pub privacy: Privacy,
    pub accounting: Accounting,
    pub admission: Admission,
    pub performance: Performance,
    pub metrics: MetricTerms,
    pub capture: CaptureTerms,
    pub report: ReportTerms,
}

/// `[connectivity]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Connectivity {
    pub ip_versions: Agreed<Vec<u8>>,
    pub encapsulation: Agreed<String>,
    pub vlan_ids: Agreed<Vec<u16>>,
    pub capture_point: Agreed<String>,
    /// Class (signaling, audio, video) → code points.
    pub dscp: BTreeMap<String, Clause<Vec<u8>>>,
    pub dscp_tolerance_pct: Agreed<f64>,
}

/// `[security.tls]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Tls {
    /// The version as on the wire, for example 0x0303.
    pub min_version: Agreed<u16>,
    pub allowed_suites: Agreed<Vec<String>>,
    pub forbidden_classes: Agreed<Vec<String>>,
    pub forward_secrecy: Agreed<Level>,
    pub mutual_auth: Agreed<Level>,
    pub ports: Agreed<Vec<u16>>,
    pub sni: Agreed<Level>,
    pub allow_0rtt: Agreed<bool>,
    pub trusted_cas: Agreed<Vec<PathBuf>>,
    pub eku: Agreed<String>,
    pub cn_fallback: Agreed<Level>,
    pub min_rsa_bits: Agreed<u32>,
    pub min_ec_bits: Agreed<u32>,
    pub expiry_warning_days: Agreed<u32>,
    pub verify_identity_in_requests: Agreed<bool>,
    pub handshake_timeout_ms: Agreed<u32>,
    pub max_handshake_failure_pct: Agreed<f64>,
}

/// `[sip]` and its sections
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Sip {
    pub transport: SipTransport,
    pub timers: Timers,
    pub methods: LevelTable,
    pub event_packages: Agreed<Vec<String>>,
    pub info_packages: Agreed<Vec<String>>,
    pub option_tags: LevelTable,
    pub session_timer: SessionTimer,
    pub late_offer: Agreed<Level>,
    pub max_early_dialogs: Agreed<u32>,
    pub rfc_groups: Vec<RfcGroup>,
    pub unlisted_private: Agreed<Level>,
    pub body_types: Agreed<Vec<String>>,
    pub max_message_bytes: Agreed<u32>,
    pub max_forwards_min: Agreed<u32>,
    pub max_forwards_max: Agreed<u32>,
    pub headers: Vec<HeaderTerm>,
    /// Keys are codes (`305`) and classes (`3xx`).
    pub responses: LevelTable,
    pub reason: Option<ReasonTerm>,
    pub retry_after: Agreed<Level>,
    pub uri: UriTerms,
}

/// `[sip.transport]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct SipTransport {
    pub levels: BTreeMap<Transport, Clause<Level>>,
    pub check_via: Agreed<bool>,
    pub max_udp_bytes: Agreed<u32>,
    pub connection_reuse: Agreed<Level>,
    pub churn_per_minute: Agreed<u32>,
    pub keepalive: Option<Keepalive>,
}

/// `sip.transport.keepalive`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Keepalive {
    pub method: Clause<String>,
    pub interval_s: Agreed<u32>,
    pub level: Agreed<Level>,
}

/// `[sip.timers]`; the built-in defaults are those of RFC 3261.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Timers {
    pub t1_ms: Agreed<u32>,
    pub t2_ms: Agreed<u32>,
    pub t4_ms: Agreed<u32>,
    pub timer_c_s: Agreed<u32>,
}

impl Timers {
    /// T1 in nanoseconds (RFC 3261 §17.1.1.1), 500 ms where nothing else was agreed.
    #[must_use]
    pub fn t1(&self) -> i64 {
        i64::from(self.t1_ms.as_ref().map_or(500, |c| c.value)) * 1_000_000
    }

    /// Timer C in nanoseconds (RFC 3261 §16.6), 180 s where nothing else was agreed.
    #[must_use]
    pub fn timer_c(&self) -> i64 {
        i64::from(self.timer_c_s.as_ref().map_or(180, |c| c.value)) * 1_000_000_000
    }
}

/// `[sip.session_timer]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct SessionTimer {
    pub level: Agreed<Level>,
    pub min_s: Agreed<u32>,
    pub max_s: Agreed<u32>,
}

/// `[[sip.rfc_group]]`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct RfcGroup {
    pub name: String,
    pub level: Clause<Level>,
    pub rfcs: Vec<u32>,
    pub min_dialogs: u32,
}

/// Which messages a `[[sip.header]]` entry speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum When {
    InitialRequest,
    Request,
    Response,
    #[default]
    Any,
}

/// `[[sip.header]]`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct HeaderTerm {
    pub name: String,
    /// The header, where it is one that the parser knows by name; else compare `name` in any case.
    pub id: crate::sip::HeaderName,
    /// Empty: every method.
    pub methods: Vec<String>,
    pub when: When,
    pub level: Clause<Level>,
    /// Full match on the unfolded, trimmed value (compiled with anchors).
    pub pattern: Option<Clause<Regex>>,
    /// The allowed values; empty or absent: any.
    pub one_of: Agreed<Vec<String>>,
}

/// `sip.responses.reason`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct ReasonTerm {
    pub level: Clause<Level>,
    pub protocols: Vec<String>,
    pub on: Vec<String>,
}

/// `[sip.uri]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct UriTerms {
    pub schemes: Agreed<Vec<String>>,
    /// `fqdn` or `any`
    pub host_form: Agreed<String>,
    /// `request-uri`, `from`, `to`, `pai`
    pub apply_to: Agreed<Vec<String>>,
    /// `e164-global`, `e164-or-local`, `any`
    pub number_format: Agreed<String>,
    pub visual_separators: Agreed<Level>,
    pub special_numbers: Agreed<NumberList>,
    pub params: LevelTable,
}

/// `[media]` and its sections
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct MediaTerms {
    pub types: LevelTable,
    pub audio: Codecs,
    pub video: Codecs,
    pub dtmf: Dtmf,
    pub fax: Fax,
    pub t140: Agreed<Level>,
    pub red: Agreed<Level>,
    pub im: Im,
    pub presence: Presence,
    pub transport: MediaTransport,
    pub security: MediaSecurity,
}

/// `[media.audio]`, `[media.video]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Codecs {
    pub unlisted: Agreed<Level>,
    /// `as-listed` or `any`
    pub preference: Agreed<String>,
    pub codecs: Vec<CodecTerm>,
}

/// `[[media.*.codec]]`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct CodecTerm {
    pub name: String,
    /// 0: not said, any clock.
    pub clock: u32,
    pub channels: Option<u8>,
    pub level: Clause<Level>,
    pub ptime_ms: Agreed<Vec<u32>>,
    pub fmtp: BTreeMap<String, Clause<String>>,
}

/// `[media.dtmf]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Dtmf {
    pub methods: Agreed<Vec<String>>,
    pub events: Agreed<String>,
    pub level: Agreed<Level>,
}

/// `[media.fax]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Fax {
    pub t38: Agreed<Level>,
    pub version: Agreed<Vec<u32>>,
    pub max_bit_rate: Agreed<Vec<u32>>,
    pub rate_management: Agreed<String>,
    pub udp_ec: Agreed<Vec<String>>,
    pub passthrough: Agreed<Level>,
}

/// `[media.im]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Im {
    pub page_mode: Agreed<Level>,
    pub max_page_bytes: Agreed<u32>,
    pub msrp: Agreed<Level>,
    pub msrp_tls: Agreed<Level>,
}

/// `[media.presence]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Presence {
    pub level: Agreed<Level>,
    pub max_notify_copies: Agreed<u32>,
    pub pidf_only: Agreed<bool>,
}

/// `[media.transport]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct MediaTransport {
    pub symmetric_rtp: Agreed<Level>,
    pub rtcp: Agreed<Level>,
    pub rtcp_mux: Agreed<Level>,
    pub rtcp_xr_voip: Agreed<Level>,
    pub redundancy_2198: Agreed<Level>,
    pub early_media: Agreed<Level>,
    pub ice: Agreed<Level>,
    pub bundle: Agreed<Level>,
    pub no_media_s: Agreed<f64>,
    pub max_gap_s: Agreed<f64>,
    pub after_bye_grace_ms: Agreed<u32>,
    pub rogue_min_packets: Agreed<u32>,
}

/// `[media.security]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct MediaSecurity {
    pub srtp: Agreed<Level>,
    pub key_management: Agreed<Vec<String>>,
    pub srtp_suites: Agreed<Vec<String>>,
    pub fingerprint_hashes: Agreed<Vec<String>>,
    pub cleartext_keys: Agreed<Level>,
    pub attribute_transparency: Agreed<Level>,
    pub dtls_min_version: Agreed<String>,
    pub dtls_timeout_ms: Agreed<u32>,
}

/// `[identity]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Identity {
    pub trust: Agreed<bool>,
    pub pai: Agreed<Level>,
    pub ppi: Agreed<Level>,
    /// `peer` or `any`
    pub from_domain: Agreed<String>,
    pub caller_in_ranges: Agreed<Level>,
    pub called_in_ranges: Agreed<Level>,
    pub diversion: Agreed<Level>,
    pub diversion_headers: Agreed<Vec<String>>,
    pub deny_callers: Agreed<NumberList>,
    pub allow_callers: Agreed<NumberList>,
    pub deny_callees: Agreed<NumberList>,
    pub emergency_numbers: Agreed<NumberList>,
    pub emergency_level: Agreed<Level>,
    pub digest: Agreed<Level>,
    pub digest_algorithms: Agreed<Vec<String>>,
    pub stir: Stir,
}

/// `[identity.stir]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Stir {
    pub identity_header: Agreed<Level>,
    pub ppt: Agreed<Vec<String>>,
    pub min_attest: Agreed<String>,
    pub min_a_pct: Agreed<f64>,
    pub freshness_s: Agreed<u32>,
    pub replay_window_s: Agreed<u32>,
    pub compact_form: Agreed<Level>,
    pub mky: Agreed<Level>,
    pub x5u_hosts: Agreed<Vec<String>>,
    pub cert_dir: Agreed<PathBuf>,
    pub trust_anchors: Agreed<Vec<PathBuf>>,
}

/// `[privacy]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Privacy {
    pub topology_hiding: Agreed<Level>,
    pub internal_domains: Agreed<Vec<String>>,
    pub internal_cidrs: Agreed<Vec<IpNet>>,
    pub max_via: Agreed<u32>,
    pub software_banner: Agreed<Level>,
    pub banner_pattern: Option<Clause<Regex>>,
    pub enforce_privacy_id: Agreed<Level>,
    pub location_headers: Agreed<Level>,
    pub cleartext_content: Agreed<Level>,
}

/// `[accounting]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Accounting {
    pub charging_vector: Agreed<Level>,
    pub ioi: PerPeer<String>,
    pub charging_function_addresses: Agreed<Level>,
    pub dcs_billing_info: Agreed<Level>,
    pub missing_bye_idle_s: Agreed<f64>,
    pub duration_tolerance_s: Agreed<f64>,
    pub session_id: Agreed<Level>,
    pub fas_ms: Agreed<u32>,
    pub answer_media_s: Agreed<f64>,
    pub short_call_s: Agreed<f64>,
    pub min_cluster: Agreed<u32>,
}

/// `[admission]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Admission {
    pub require_transport: Agreed<Vec<String>>,
    pub require_min_attest: Agreed<String>,
    pub require_declared_sbe: Agreed<bool>,
    pub require_encapsulation: Agreed<String>,
    pub require_within_limits: Agreed<bool>,
    pub limits: Vec<Limit>,
}

/// What an admission limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum LimitKind {
    Concurrent,
    Attempts,
    Transactions,
    Messages,
    BandwidthKbps,
    ActiveUsers,
    SessionSeconds,
}

/// What an admission limit holds for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum LimitScope {
    Pair,
    Direction,
    TrunkGroup,
    Sbe,
    Source,
}

/// When a session or a bit counts as used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Basis {
    Confirmed,
    Attempted,
    Measured,
    Signalled,
}

/// `[[admission.limit]]`
#[derive(Clone, Debug)]
#[allow(missing_docs)]
pub struct Limit {
    pub id: String,
    pub kind: LimitKind,
    pub scope: LimitScope,
    pub basis: Option<Basis>,
    /// `caller`, `callee`, `sbe`; only with scope source.
    pub key: Option<String>,
    pub window_s: Option<f64>,
    pub value: Clause<f64>,
    /// Depth of the token bucket; absent: a sliding window.
    pub burst: Option<f64>,
    pub warn_at: Option<f64>,
    pub enabled: bool,
}

/// Thresholds on a distribution.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Statistics {
    pub mean: Agreed<f64>,
    pub p50: Agreed<f64>,
    pub p95: Agreed<f64>,
    pub p99: Agreed<f64>,
    pub max: Agreed<f64>,
}

/// A threshold on streams and on the share of streams beyond it.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct StreamLimit {
    pub value: Agreed<f64>,
    pub bad_streams_pct: Agreed<f64>,
}

/// `[performance]` and its sections
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct Performance {
    pub interval_s: Agreed<u32>,
    pub min_samples: Agreed<u32>,
    pub srd_success_s: Statistics,
    pub srd_failed_s: Statistics,
    pub sdd_ms: Statistics,
    pub sdt_mean_min_s: Agreed<f64>,
    pub short_call_s: Agreed<f64>,
    pub short_pct_max: Agreed<f64>,
    pub ser_pct: Agreed<f64>,
    pub seer_pct: Agreed<f64>,
    pub isa_pct: Agreed<f64>,
    pub scr_pct: Agreed<f64>,
    pub asr_pct: Agreed<f64>,
    pub ner_pct: Agreed<f64>,
    pub pgrd_s: Statistics,
    pub rrd_ms: Statistics,
    pub ira_pct: Agreed<f64>,
    pub options_ms: Statistics,
    pub options_consecutive: Agreed<u32>,
    pub ner_effective_codes: Agreed<Vec<u16>>,
    pub ner_ring_no_answer: Agreed<bool>,
    pub loss: StreamLimit,
    pub jitter_max_ms: Agreed<f64>,
    pub jitter_mean_ms: Agreed<f64>,
    pub rtt_ms: Statistics,
    pub mos: StreamLimit,
    pub one_way_delay_ms: Agreed<f64>,
    pub jitter_buffer_ms: Agreed<f64>,
    pub codec_ie: BTreeMap<String, Clause<CodecIe>>,
}

/// `performance.media.codec_ie`
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub struct CodecIe {
    pub ie: f64,
    pub bpl: Option<f64>,
    pub source: String,
}

/// The unit of counting (`standards.md` §8.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CountUnit {
    #[default]
    Chain,
    Transaction,
}

/// Which session requests give successful SRD samples (`standards.md` §8.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum SrdClassification {
    #[default]
    FinalOutcome,
    FirstResponse,
}

/// `[metrics]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct MetricTerms {
    pub count_unit: Agreed<CountUnit>,
    pub srd_classification: Agreed<SrdClassification>,
    /// 0: unanswered INVITEs do not count.
    pub timeout_counts_as: Agreed<u16>,
    pub delay_model: Agreed<String>,
}

/// `[capture]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct CaptureTerms {
    pub max_drop_ratio: Agreed<f64>,
    pub min_parallel_streams: Agreed<u32>,
    pub require_both_directions: Agreed<bool>,
    pub clock_step_ms: Agreed<f64>,
    pub dedupe_window_us: Agreed<u32>,
    pub tls_keylog: Agreed<PathBuf>,
    /// `full`, `last4`, `none`
    pub redact_numbers: Agreed<String>,
    pub redact_sdes_keys: Agreed<String>,
    pub redact_bodies: Agreed<bool>,
}

/// `[report]`
#[derive(Clone, Debug, Default)]
#[allow(missing_docs)]
pub struct ReportTerms {
    pub report_unused: Agreed<bool>,
}
