//! Takes nothing, gives the keys of accounting, admission, performance, metrics, capture and report, never their values.

use super::form::{HOST, NAME};
use super::network::{CODEC_IE, REQUIRE};
use super::{AMOUNT, COUNT, Field, Kind, LEVEL, PERCENT, SOME, by_id, key, must};

pub(super) const ACCOUNTING: &[Field] = &[
    key("charging_vector", LEVEL, "P-Charging-Vector (RFC 7315 §4.6)"),
    key("ioi", Kind::Map(&NAME, &[], &Kind::Text(&HOST)), "Inter-operator identifier of each peer"),
    key("charging_function_addresses", LEVEL, "P-Charging-Function-Addresses (RFC 7315 §4.5)"),
    key("dcs_billing_info", LEVEL, "P-DCS-Billing-Info (RFC 5503)"),
    key("missing_bye_idle_s", AMOUNT, "Silence after which a session without BYE is over"),
    key("duration_tolerance_s", AMOUNT, "How far signalling and media may differ"),
    key("session_id", LEVEL, "Session-ID (RFC 7989)"),
    key("false_answer", Kind::Table(&[FALSE_ANSWER]), "Answers that are none"),
];

const FALSE_ANSWER: &[Field] = &[
    key("fas_ms", COUNT, "An answer so soon is suspect"),
    key("answer_media_s", AMOUNT, "Media must follow an answer within"),
    key("short_call_s", AMOUNT, "A shorter call is short"),
    key("min_cluster", SOME, "So many are a pattern"),
];

pub(super) const ADMISSION: &[Field] = &[
    key("require", Kind::Table(&[REQUIRE]), "What a session must fulfil to be admitted"),
    key("limit", Kind::Entries(by_id, &[LIMIT]), "A limit"),
];

const LIMIT: &[Field] = &[
    must("id", Kind::Text(&NAME), "Id of the limit"),
    must(
        "kind",
        Kind::Word(&["concurrent", "attempts", "transactions", "messages", "bandwidth_kbps", "active_users", "session_seconds"]),
        "What is counted",
    ),
    must("scope", Kind::Word(&["pair", "direction", "trunk_group", "sbe", "source"]), "What it holds for"),
    key("basis", Kind::Word(&["confirmed", "attempted", "measured", "signalled"]), "When something counts"),
    key("key", Kind::Word(&["caller", "callee", "sbe"]), "What a source is"),
    key("window_s", Kind::Positive, "Window of a rate"),
    must("value", Kind::Positive, "The limit"),
    key("burst", Kind::Positive, "Depth of the token bucket; not given: a sliding window"),
    key("warn_at", Kind::Real(0.0, 1.0), "Share of the limit that is worth a warning"),
    key("enabled", Kind::Bool, "Whether it holds"),
];

pub(super) const PERFORMANCE: &[Field] = &[
    key("interval_s", Kind::Whole(1, 31_536_000), "Length of an interval"),
    key("min_samples", SOME, "Samples without which an interval is not judged"),
    key("signaling", Kind::Table(&[SIGNALING]), "Thresholds of RFC 6076 and companions"),
    key("media", Kind::Table(&[MEDIA]), "Thresholds of media"),
];

const STATISTICS: &[Field] = &[
    key("mean", AMOUNT, "Greatest mean"),
    key("p50", AMOUNT, "Greatest median"),
    key("p95", AMOUNT, "Greatest 95th percentile"),
    key("p99", AMOUNT, "Greatest 99th percentile"),
    key("max", AMOUNT, "Greatest value"),
];

const DELAY: Kind = Kind::Table(&[STATISTICS]);

const SIGNALING: &[Field] = &[
    key("srd_success_s", DELAY, "Session request delay, successful (RFC 6076 §4.3.1)"),
    key("srd_failed_s", DELAY, "Session request delay, failed (RFC 6076 §4.3.2)"),
    key("sdd_ms", DELAY, "Session disconnect delay (RFC 6076 §4.4)"),
    key(
        "sdt_s",
        Kind::Table(&[&[
            key("mean_min", AMOUNT, "Least mean duration"),
            key("short_call_s", AMOUNT, "A shorter call is short"),
            key("short_pct_max", PERCENT, "Greatest share of short calls"),
        ]]),
        "Session duration (RFC 6076 §4.5)",
    ),
    key("ser_pct", PERCENT, "Least session establishment ratio (RFC 6076 §4.6)"),
    key("seer_pct", PERCENT, "Least session establishment effectiveness ratio (RFC 6076 §4.7)"),
    key("isa_pct", PERCENT, "Greatest share of ineffective attempts (RFC 6076 §4.8)"),
    key("scr_pct", PERCENT, "Least session completion ratio (RFC 6076 §4.9)"),
    key("asr_pct", PERCENT, "Least answer-seizure ratio (ITU-T E.411)"),
    key("ner_pct", PERCENT, "Least network effectiveness ratio (ITU-T E.425)"),
    key("pgrd_s", DELAY, "Post-gateway ringing delay"),
    key("rrd_ms", DELAY, "Registration request delay (RFC 6076 §4.1)"),
    key("ira_pct", PERCENT, "Greatest share of ineffective registrations (RFC 6076 §4.2)"),
    key(
        "options_ms",
        Kind::Table(&[STATISTICS, &[key("consecutive", SOME, "Missing answers in a row that count as down")]]),
        "Answers to OPTIONS",
    ),
    key(
        "ner",
        Kind::Table(&[&[
            key("effective_codes", Kind::List(&Kind::Whole(100, 699)), "Codes by which the network did its work"),
            key("ring_no_answer", Kind::Bool, "487 and 408 after ringing count too"),
        ]]),
        "How the network effectiveness ratio counts",
    ),
];

const MEDIA: &[Field] = &[
    key(
        "loss_pct",
        Kind::Table(&[&[
            key("stream_max", PERCENT, "Greatest loss of a stream"),
            key("bad_streams_pct", PERCENT, "Greatest share of streams beyond"),
        ]]),
        "Packet loss (RFC 3550 §6.4.1)",
    ),
    key(
        "jitter_ms",
        Kind::Table(&[&[key("max", AMOUNT, "Greatest value"), key("mean", AMOUNT, "Greatest mean")]]),
        "Jitter (RFC 3550 A.8)",
    ),
    key("rtt_ms", DELAY, "Round-trip time"),
    key(
        "mos_min",
        Kind::Table(&[&[
            key("value", Kind::Real(1.0, 5.0), "Least estimate"),
            key("bad_streams_pct", PERCENT, "Greatest share of streams below"),
        ]]),
        "Estimated quality (ITU-T G.107)",
    ),
    key("one_way_delay_ms", AMOUNT, "Delay where none can be measured"),
    key("jitter_buffer_ms", AMOUNT, "Later packets count as lost"),
    key("codec_ie", Kind::Map(&NAME, &[], &Kind::Table(&[CODEC_IE])), "Impairment of codecs that no standard rates"),
];

pub(super) const METRICS: &[Field] = &[
    key("count_unit", Kind::Word(&["chain", "transaction"]), "What counts as an attempt"),
    key("srd_classification", Kind::Word(&["final-outcome", "first-response"]), "When a session request is successful"),
    key("timeout_counts_as", Kind::Whole(0, 699), "Status of an INVITE without answer; 0: it does not count"),
    key("delay_model", Kind::Word(&["cole-rosenbluth", "g107-idd"]), "How delay lowers quality"),
];

const HIDING: Kind = Kind::Word(&["full", "last4", "none"]);

pub(super) const CAPTURE: &[Field] = &[
    key("max_drop_ratio", Kind::Real(0.0, 1.0), "Greatest share of lost packets"),
    key("min_parallel_streams", SOME, "Streams with the same gap that prove a loss of the capture"),
    key("require_both_directions", Kind::Bool, "Both directions must be visible"),
    key("clock_step_ms", AMOUNT, "A greater step of the clock is reported"),
    key("dedupe_window_us", COUNT, "Mirrored packets inside this are one"),
    key("tls_keylog", Kind::Text(&NAME), "File with TLS keys"),
    key(
        "redact",
        Kind::Table(&[&[
            key("numbers", HIDING, "How telephone numbers are hidden"),
            key("sdes_keys", Kind::Word(&["hash", "none"]), "How media keys are hidden"),
            key("message_bodies", Kind::Bool, "Whether bodies are hidden"),
        ]]),
        "What reports do not show",
    ),
];

pub(super) const REPORT: &[Field] = &[key("report_unused", Kind::Bool, "Tell what was declared and never seen")];
