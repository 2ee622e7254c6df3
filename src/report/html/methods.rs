//! Takes nothing but the audit, gives how each number of the page came about, never a number that is not in the audit.

use super::excerpt::head;
use super::view::LONGEST;
use crate::audit::{AgreedLimits, Audit, MetricRow};
use crate::report::digest::{self, Looked};
use crate::report::figures::{count, real};
use crate::rules::{self, Rule};

/// How a metric is made.
pub(super) struct Method {
    pub(super) name: &'static str,
    pub(super) formula: &'static str,
    pub(super) numerator: &'static str,
    pub(super) denominator: &'static str,
    pub(super) excluded: &'static str,
    pub(super) source: &'static str,
}

const fn method(name: &'static str, formula: &'static str, parts: [&'static str; 3], source: &'static str) -> Method {
    let [numerator, denominator, excluded] = parts;
    Method { name, formula, numerator, denominator, excluded, source }
}

/// The ratios: of N attempts, of which N3 ended with a 3xx that nobody followed.
pub(super) const RATIOS: [Method; 7] = [
    method(
        "SER, session establishment ratio",
        "100 × answered / (N − N3)",
        ["attempts with a 2xx", "attempts but those that a 3xx ended", "censored attempts"],
        "RFC 6076 §4.6",
    ),
    method(
        "SEER, session establishment effectiveness ratio",
        "100 × effective / (N − N3)",
        [
            "attempts with 2xx, 480, 486, 600 or 603",
            "attempts but those that a 3xx ended",
            "censored attempts; 487 is in the denominator only",
        ],
        "RFC 6076 §4.7",
    ),
    method(
        "ISA, ineffective session attempts",
        "100 × ineffective / N",
        ["attempts with 408, 500, 503 or 504; unanswered ones where the policy counts a timeout as 408", "attempts", "censored attempts"],
        "RFC 6076 §4.8",
    ),
    method(
        "SCR, session completion ratio",
        "100 × completed / N",
        [
            "attempts that were established, acknowledged, and whose BYE got a final response other than 408",
            "attempts",
            "censored attempts; sessions that live on at the end of the capture",
        ],
        "RFC 6076 §4.9",
    ),
    method(
        "ASR, answer seizure ratio",
        "100 × answered / seizures",
        ["attempts with a 2xx", "attempts but those that a 3xx ended", "censored attempts"],
        "ITU-T E.411, E.425",
    ),
    method(
        "NER, network effectiveness ratio",
        "100 × (answered + busy + no answer + rejected) / seizures",
        [
            "attempts with 2xx, with a code of performance.ner_effective_codes (480, 486, 600, 603, 607 where none were agreed), or with 487 or 408 after ringing",
            "attempts but those that a 3xx ended",
            "censored attempts",
        ],
        "ITU-T E.425; mapping to SIP as agreed",
    ),
    method(
        "IRA, ineffective registration attempts",
        "100 × failed / registrations",
        ["registrations that ended with 4xx (but 401, 402, 407), 5xx, 6xx or Timer F", "registrations", "retransmissions"],
        "RFC 6076 §4.2",
    ),
];

/// The delays: from, to, left out.
pub(super) const DELAYS: [Method; 8] = [
    method(
        "SRD, session request delay, answered",
        "t(response) − t(INVITE)",
        [
            "first octet of the first INVITE of the chain",
            "last octet of the first response but 100 and 199, or of the 2xx",
            "challenges and followed redirections do not start it anew",
        ],
        "RFC 6076 §4.3.1",
    ),
    method(
        "SRD, failed",
        "t(response) − t(INVITE)",
        ["as above", "as above, or the final response", "timeouts, 401, 402, 407 and 3xx give no sample"],
        "RFC 6076 §4.3.2",
    ),
    method(
        "SDD, session disconnect delay",
        "t(2xx) − t(BYE)",
        [
            "first transmission of the BYE, of either side",
            "the 2xx to it or to the BYE that recovers from 401, 407 or 503",
            "BYEs without an answer; other answers are a series of their own",
        ],
        "RFC 6076 §4.4",
    ),
    method(
        "SDT, session duration",
        "t(BYE) − t(200)",
        ["first 2xx to the INVITE", "last octet of the first BYE", "sessions whose BYE was never answered are a series of their own"],
        "RFC 6076 §4.5",
    ),
    method(
        "PGRD, post-gateway ringing delay",
        "t(ringing) − t(INVITE)",
        ["first INVITE", "first 180, or 183 with SDP", "calls that never ring"],
        "ITU-T E.431 as seen at the tap",
    ),
    method(
        "RRD, registration request delay",
        "t(200) − t(REGISTER)",
        ["first REGISTER, also one that is challenged", "the final 200", "registrations that fail"],
        "RFC 6076 §4.1",
    ),
    method(
        "ALOC, average length of conversation",
        "Σ conversation / answered",
        ["2xx", "first BYE", "calls that live on at the end of the capture"],
        "ITU-T E.437",
    ),
    method(
        "Erlangs",
        "Σ time alive / length of the interval",
        ["2xx", "end of the session", "nothing: calls alive at the end count up to it"],
        "ITU-T E.600",
    ),
];

/// The same ratios, whichever way attempts are counted.
pub(super) struct Unit {
    pub(super) direction: String,
    pub(super) unit: &'static str,
    pub(super) attempts: String,
    pub(super) ratios: Vec<(String, String)>,
}

/// A rule with its page.
pub(super) struct Page {
    pub(super) rule: &'static Rule,
    pub(super) looked: &'static str,
    pub(super) keys: String,
}

/// The appendix.
pub(super) struct Appendix {
    pub(super) ratios: &'static [Method],
    pub(super) delays: &'static [Method],
    pub(super) units: Vec<Unit>,
    pub(super) pages: Vec<Page>,
    pub(super) mos_below: String,
    pub(super) loss_above: String,
    pub(super) agreed_media: Vec<String>,
    pub(super) fewest: String,
    pub(super) significance: String,
    pub(super) least_lift: String,
}

const KEYS: [&str; 7] = ["ser_pct", "seer_pct", "isa_pct", "scr_pct", "asr_pct", "ner_pct", "ira_pct"];

/// Methods, both counting units of at most `shown` directions, and the pages of the rules that had something to judge.
pub(super) fn appendix(audit: &Audit, shown: usize) -> Appendix {
    let whole = audit.metrics.iter().filter(|row| row.interval_start.is_none());
    let page = |coverage: &crate::audit::RuleCoverage| {
        let looked = Looked::of(coverage);
        let rule = rules::all().iter().find(|rule| rule.id == coverage.id).copied()?;
        (!matches!(looked, Looked::Idle | Looked::Off)).then(|| Page { rule, looked: looked.words(), keys: rule.keys.join(", ") })
    };
    Appendix {
        ratios: &RATIOS,
        delays: &DELAYS,
        units: whole.take(shown).flat_map(units).collect(),
        pages: audit.rules.iter().filter_map(page).collect(),
        mos_below: real(Some(audit.incident.poor_mos_below), 1),
        loss_above: real(Some(audit.incident.poor_loss_above_pct), 1),
        agreed_media: audit.incident.poor_agreed.iter().map(agreed_media).collect(),
        fewest: count(audit.incident.fewest),
        significance: real(Some(audit.incident.significance), 2),
        least_lift: real(Some(audit.incident.least_lift), 1),
    }
}

/// `MOS below 3.6 or more than 1.0 % lost`.
fn agreed_media(limits: &AgreedLimits) -> String {
    let mos = limits.mos_below.map(|mos| format!("MOS below {}", real(Some(mos), 1)));
    let loss = limits.loss_above_pct.map(|pct| format!("more than {} % lost", real(Some(pct), 1)));
    mos.into_iter().chain(loss).collect::<Vec<_>>().join(" or ")
}

fn units(row: &MetricRow) -> Vec<Unit> {
    let direction = head(&digest::direction(&row.from, &row.to), LONGEST);
    let ratios = |ratios: &std::collections::BTreeMap<&'static str, [u64; 2]>| {
        KEYS.iter()
            .map(|key| ratios.get(key).map_or_else(Default::default, |&[n, of]| (digest::percent(n, of), digest::fraction(n, of))))
            .collect()
    };
    let mut units =
        vec![Unit { direction: direction.clone(), unit: row.count_unit, attempts: count(row.attempts), ratios: ratios(&row.ratios) }];
    units.extend(row.other_unit.as_ref().map(|other| Unit {
        direction,
        unit: other.count_unit,
        attempts: count(other.attempts),
        ratios: ratios(&other.ratios),
    }));
    units
}
