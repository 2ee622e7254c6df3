//! Takes the audit, gives the sentences that every page opens with, never their layout or escaping.

use crate::audit::{
    Audit, BesideRow, Exhibit, Finding, FindingOutcome, FrameRef, IncidentView, MediaSummary, MetricRow, PolicyInfo, RuleCoverage, Shared,
    TlsUse, Totals, Verdict,
};
use crate::base::Time;
use crate::capture::CaptureInfo;
use crate::metrics::{Dimension, MOST_VALUES};
use crate::policy::Severity;
use crate::report::figures::{bytes, count, counted, duration, moment, period, real};

/// The verdict as a word.
pub(super) const fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "pass",
        Verdict::Fail => "fail",
        Verdict::Inconclusive => "inconclusive",
    }
}

/// Why the verdict is what it is.
pub(super) fn verdict_reason(audit: &Audit) -> String {
    let threshold = audit.policy.fail_on.unwrap_or(Severity::High);
    let fatal = standing(audit).filter(|f| f.severity >= threshold).count() as u64;
    match audit.verdict {
        Verdict::Pass => format!("no finding at or above {}", threshold.name()),
        Verdict::Fail => format!("{} at or above {}", counted(fatal, "finding"), threshold.name()),
        Verdict::Inconclusive => "the capture cannot answer: no rule that applies could be judged".into(),
    }
}

/// The findings that no waiver covers.
pub(super) fn standing(audit: &Audit) -> impl Iterator<Item = &Finding> {
    audit.findings.iter().filter(|f| f.outcome == FindingOutcome::Violation)
}

/// How many findings of which weight: `1 critical, 2 high, 1 waived`.
pub(super) fn tally(audit: &Audit) -> String {
    let mut parts: Vec<String> = Severity::ALL
        .iter()
        .rev()
        .map(|&s| (s.name(), standing(audit).filter(|f| f.severity == s).count()))
        .chain([("waived", audit.findings.len() - standing(audit).count())])
        .filter(|&(_, n)| n > 0)
        .map(|(word, n)| format!("{} {word}", count(n as u64)))
        .collect();
    if parts.is_empty() {
        parts.push("no findings".into());
    }
    parts.join(", ")
}

/// First and last time over all captures.
pub(super) fn span(audit: &Audit) -> Option<(Time, Time)> {
    let first = audit.captures.iter().filter_map(|c| c.first_time).min()?;
    let last = audit.captures.iter().filter_map(|c| c.last_time).max()?;
    Some((first, last))
}

/// The captures together: how many files, when, how long, how many frames.
pub(super) fn scope(audit: &Audit) -> String {
    let files = counted(audit.captures.len() as u64, "file");
    let frames = counted(audit.captures.iter().map(|c| c.frames).sum(), "frame");
    match span(audit) {
        Some((first, last)) => format!("{files}, {} ({}), {frames}", period(first, last), duration(last.seconds_since(first))),
        None => format!("{files}, {frames}"),
    }
}

/// What a capture file is: `pcapng, gzip, ETHERNET, 12.3 MB, 61,728 frames`.
pub(super) fn capture_facts(capture: &CaptureInfo) -> String {
    let mut parts = vec![word(&capture.format)];
    parts.extend(capture.compression.as_ref().map(word));
    parts.extend(capture.link_types.iter().cloned());
    parts.push(bytes(capture.bytes));
    parts.push(counted(capture.frames, "frame"));
    parts.join(", ")
}

/// What is wrong with a capture file.
pub(super) fn capture_notes(capture: &CaptureInfo) -> Vec<String> {
    let mut notes = Vec::new();
    if capture.truncated {
        notes.push("truncated: it ends in the middle of a record".into());
    }
    notes.extend(capture.damage.iter().map(|d| {
        let then =
            d.resumed_at.map_or_else(|| "nothing could be read after it".into(), |at| format!("reading went on at byte {}", count(at)));
        format!("damaged at byte {} (after frame {}): {}; {then}", count(d.offset), count(d.after_frame.into()), d.what)
    }));
    if capture.dropped > 0 {
        notes.push(format!("the capturing program lost {}", counted(capture.dropped, "packet")));
    }
    notes
}

/// The policy that was applied.
pub(super) fn policy(policy: &PolicyInfo) -> String {
    let Some(path) = &policy.path else {
        return format!("built-in baseline ({}), peers inferred: {}", policy.profiles.join(", "), list(&policy.peers));
    };
    let title = policy.title.as_ref().map(|t| format!(" “{t}”")).unwrap_or_default();
    let peers = if policy.inferred { "peers inferred" } else { "peers" };
    format!("{}{title}, revision {} ({path}), {peers}: {}", policy.id, policy.revision, list(&policy.peers))
}

/// What the captures hold, one sentence each.
pub(super) fn intake(audit: &Audit) -> Vec<String> {
    let i = &audit.intake;
    let t = &i.sip_by_transport;
    let transports =
        [("UDP", t.udp), ("TCP", t.tcp), ("TLS", t.tls), ("WS", t.ws), ("WSS", t.wss), ("SCTP", t.sctp), ("TLS-SCTP", t.tls_sctp)];
    let with = |pairs: &[(&str, u64)]| {
        let parts: Vec<String> = pairs.iter().filter(|p| p.1 > 0).map(|(what, n)| format!("{} {what}", count(*n))).collect();
        parts.join(", ")
    };
    let mut sip = counted(i.sip_messages, "SIP message");
    for part in [
        with(&transports),
        with(&[
            ("malformed", i.sip_malformed),
            ("retransmitted", i.sip_retransmissions),
            ("seen twice by the tap", i.sip_mirror_duplicates),
        ]),
    ] {
        if !part.is_empty() {
            sip += &format!("; {part}");
        }
    }
    let media = with(&[("RTP", i.rtp_packets), ("RTCP", i.rtcp_packets), ("SRTP", i.srtp_packets)]);
    let odd = with(&[("undecodable frames", i.undecodable_frames)]);
    let anomalies = i.anomalies.iter().map(|(anomaly, n)| {
        let name = anomaly.name();
        let place = i.first_anomalies.get(name).map(|place| format!(" ({})", first_frame(place, audit.captures.len() > 1)));
        format!("{} {name}{}", count(n), place.unwrap_or_default())
    });
    let mut lines = vec![sip];
    if !media.is_empty() {
        lines.push(format!("{media} packets"));
    }
    let sealed: Vec<String> = i.tls.undecrypted_by.iter().map(|(why, n)| format!("{} ({why})", count(*n))).collect();
    if !sealed.is_empty() {
        lines.push(format!("TLS connections that could not be opened: {}", sealed.join(", ")));
    }
    let oddities: Vec<String> = [odd].into_iter().chain(anomalies).filter(|s| !s.is_empty()).collect();
    if !oddities.is_empty() {
        lines.push(format!("oddities: {}", oddities.join(", ")));
    }
    lines
}

/// Where an oddity was met first.
fn first_frame(FrameRef { capture, frame }: &FrameRef, several: bool) -> String {
    // The list of captures has the path.
    let of = if several { format!(" of {}", capture.rsplit('/').next().unwrap_or(capture)) } else { String::new() };
    format!("first in frame {frame}{of}")
}

/// The TLS connections; `None` where there were none.
pub(super) fn tls(tls: &TlsUse) -> Option<String> {
    if tls.connections + tls.other_connections == 0 {
        return None;
    }
    let connections = counted(tls.connections, "connection");
    let mut text = format!("{connections} of signalling: {} established, {} resumed", count(tls.established), count(tls.resumed));
    if tls.other_connections > 0 {
        text.push_str(&format!(
            "; {} between others, or to ports that nobody agreed on: no rule looks at those",
            count(tls.other_connections)
        ));
    }
    Some(text)
}

/// The sessions.
pub(super) fn sessions(totals: &Totals) -> String {
    if totals.attempts + totals.censored == 0 {
        return "no session requests".into();
    }
    let open = match totals.censored {
        0 => String::new(),
        n => format!("; {} more without their end in the capture", count(n)),
    };
    format!(
        "{}: {} answered, {} failed, {} cancelled{open}; {}, at most {} at once",
        counted(totals.attempts, "attempt"),
        count(totals.answered),
        count(totals.failed),
        count(totals.cancelled),
        counted(totals.dialogs, "dialog"),
        count(totals.peak_concurrent)
    )
}

/// The value of a row that a direction is broken down to.
pub(super) fn facet(row: &MetricRow) -> Option<String> {
    let value = row.value.as_ref()?;
    Some(match row.gathered {
        Some(gathered) => format!("{value} ({})", counted(gathered, "value")),
        None => value.clone(),
    })
}

/// The rows of one dimension over the whole capture, direction after direction.
pub(super) fn broken_down(audit: &Audit, dimension: Dimension) -> impl Iterator<Item = &MetricRow> {
    audit.breakdowns.iter().filter(move |row| row.dimension == Some(dimension.name()) && row.interval_start.is_none())
}

/// What must be known to read the rows of one dimension.
pub(super) fn breakdown_note(audit: &Audit, dimension: Dimension) -> String {
    let rows = || broken_down(audit, dimension);
    let mut notes = Vec::new();
    if rows().any(|row| row.value_kind == Some("unknown")) {
        notes.push(format!("Unknown: {}.", dimension.unknown()));
    }
    if rows().any(|row| row.gathered.is_some()) {
        let most = count(MOST_VALUES as u64);
        notes.push(format!(
            "Other: more than {most} values in a direction, so the rest is put together; values that the policy names stay apart."
        ));
    }
    if let Some(least) = rows().filter(|row| row.few_samples).map(|row| row.min_samples).max() {
        notes.push(format!("Values with few samples (under min_samples, {}) are shown and not judged.", count(least)));
    }
    notes.join(" ")
}

/// Where the rows of one dimension stand that the text has no room for: those of trunk groups and of intervals.
pub(super) fn breakdown_elsewhere(audit: &Audit, dimension: Dimension) -> Option<String> {
    let of = |rows: &[MetricRow], each: bool| {
        rows.iter().any(|row| row.dimension == Some(dimension.name()) && row.interval_start.is_some() == each)
    };
    let more = match (of(&audit.trunk_breakdowns, false), of(&audit.breakdowns, true)) {
        (true, true) => "Trunk groups and intervals",
        (true, false) => "Trunk groups",
        (false, true) => "Intervals",
        (false, false) => return None,
    };
    Some(format!("{more} by this: in report.html, report.json and the metrics tables."))
}

/// Between whom: `bravo → alpha`; empty where there are no sides.
pub(super) fn direction(from: &str, to: &str) -> String {
    match (from.is_empty(), to.is_empty()) {
        (true, true) => String::new(),
        (false, true) => from.to_owned(),
        (true, false) => to.to_owned(),
        (false, false) => format!("{from} → {to}"),
    }
}

/// How much of the traffic a finding touches: `214 of 1,032 calls`, or how often it was seen.
pub(super) fn extent(finding: &Finding) -> String {
    match finding.calls {
        mix if mix.of > 0 && mix.affected > 0 => format!("{} of {}", count(mix.affected), counted(mix.of, "call")),
        _ => counted(finding.count, "time"),
    }
}

/// How often and when a finding was seen.
pub(super) fn seen(finding: &Finding) -> String {
    let when = if finding.count > 1 { period(finding.first_time, finding.last_time) } else { moment(finding.first_time) };
    format!("{}, {when}", counted(finding.count, "time"))
}

/// What was agreed, with the place: `forbidden (policy.toml, [sip.methods])`.
pub(super) fn agreed(finding: &Finding) -> String {
    let Some(clause) = &finding.clause else { return finding.agreed.clone() };
    let table = clause.path.rsplit_once('.').map_or(clause.path.as_str(), |(table, _)| table);
    format!("{} ({}, [{table}])", finding.agreed, clause.source)
}

/// What a waiver says.
pub(super) fn waiver(finding: &Finding) -> Option<String> {
    finding.waiver.as_ref().map(|w| {
        let ticket = w.ticket.as_ref().map(|t| format!(" ({t})")).unwrap_or_default();
        format!("{} until {}: {}{ticket}", w.id, moment(w.expires), w.reason)
    })
}

/// The Wireshark display filter that shows the exhibits, for each capture that holds some.
pub(super) fn filters(exhibits: &[Exhibit]) -> Vec<(&str, String)> {
    let mut by_capture: Vec<(&str, Vec<String>)> = Vec::new();
    for exhibit in exhibits.iter().filter(|e| e.frame > 0) {
        let frame = exhibit.frame.to_string();
        match by_capture.iter_mut().find(|(capture, _)| *capture == exhibit.capture) {
            Some((_, frames)) if frames.contains(&frame) => {}
            Some((_, frames)) => frames.push(frame),
            None => by_capture.push((&exhibit.capture, vec![frame])),
        }
    }
    by_capture.into_iter().map(|(capture, frames)| (capture, format!("frame.number in {{{}}}", frames.join(", ")))).collect()
}

/// What became of a rule over the whole capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Looked {
    /// Broken at least once.
    Broken,
    /// Broken only where a waiver allows it.
    Waived,
    /// Kept whenever it could be judged.
    Kept,
    /// Had something to judge and could not.
    Unjudged,
    /// Had nothing to judge.
    Idle,
    /// Switched off by the policy.
    Off,
}

impl Looked {
    /// Its words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Waived => "waived",
            Self::Kept => "kept",
            Self::Unjudged => "not judged",
            Self::Idle => "never applied",
            Self::Off => "switched off",
        }
    }

    /// What became of `rule`.
    pub(super) fn of(rule: &RuleCoverage) -> Self {
        let c = &rule.coverage;
        match () {
            () if !rule.enabled => Self::Off,
            () if c.violation > 0 => Self::Broken,
            () if c.waived > 0 => Self::Waived,
            () if c.pass > 0 => Self::Kept,
            () if !c.indeterminate.is_empty() => Self::Unjudged,
            () => Self::Idle,
        }
    }
}

/// How many rules were broken, kept, not judged: `6 rules: 2 broken, 1 waived …`.
pub(super) fn coverage(rules: &[RuleCoverage]) -> String {
    let parts: Vec<String> = [Looked::Broken, Looked::Waived, Looked::Kept, Looked::Unjudged, Looked::Idle, Looked::Off]
        .into_iter()
        .map(|looked| (rules.iter().filter(|r| Looked::of(r) == looked).count() as u64, looked.words()))
        .filter(|&(n, _)| n > 0)
        .map(|(n, words)| format!("{} {words}", count(n)))
        .collect();
    let all = counted(rules.len() as u64, "rule");
    if parts.is_empty() { all } else { format!("{all}: {}", parts.join(", ")) }
}

/// Why a rule could not be judged: `boundary 12, one-way 3`.
pub(super) fn reasons(rule: &RuleCoverage) -> String {
    let parts: Vec<String> = rule.coverage.indeterminate.iter().map(|(r, n)| format!("{} {}", r.name(), count(*n))).collect();
    parts.join(", ")
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

/// The serde word of a small enum (`pcapng`, `gzip`).
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// How many calls went how.
pub(super) fn incident(view: &IncidentView) -> String {
    let left_out = match view.left_out {
        0 => String::new(),
        n => format!("; {} left out: ended by their users, redirected, or without their end", count(n)),
    };
    format!("{} failed, {} with poor media, {} good{left_out}", counted(view.failed, "call"), count(view.poor), count(view.good))
}

/// What a value is shared by: `called prefix +4930: 40 of 42 failed, 10 of 410 good, 39.0 times as often`.
pub(super) fn shared(kind: &str, shared: &Shared) -> String {
    let Shared { property, value, bad, bad_of, good, good_of, .. } = shared;
    let lift = shared.lift.map_or_else(String::new, |lift| format!(", {} times as often", real(Some(lift), 1)));
    format!("{property} {value}: {} of {} {kind}, {} of {} good{lift}", count(*bad), count(*bad_of), count(*good), count(*good_of))
}

/// A part of a whole in percent; a dash where there is no whole.
#[allow(clippy::cast_precision_loss)]
pub(super) fn percent(n: u64, of: u64) -> String {
    real((of > 0).then(|| n as f64 * 100.0 / of as f64), 1)
}

/// A part of a whole as it was counted: `40 / 42`.
pub(super) fn fraction(n: u64, of: u64) -> String {
    format!("{} / {}", count(n), count(of))
}

/// The streams in one sentence.
pub(super) fn media(media: &MediaSummary) -> String {
    let beside: String = media.beside.iter().map(beside).collect();
    if media.bound + media.strays == 0 {
        return format!("No RTP stream was seen.{beside}");
    }
    let (expected, lost) = media.directions.iter().fold((0, 0), |(e, l), row| (e + row.expected, l + row.lost));
    let unrated: u64 = media.directions.iter().map(|row| row.unrated).sum();
    #[allow(clippy::cast_precision_loss)]
    let percent = (expected > 0).then(|| lost as f64 * 100.0 / expected as f64);
    let strays = match media.strays {
        0 => String::new(),
        n => format!("; {} that no call named", counted(n, "stream")),
    };
    let rated = if unrated > 0 {
        format!(" {} without an estimate: nobody published values for the codec, or for its loss.", counted(unrated, "stream"))
    } else {
        String::new()
    };
    format!(
        "{} of calls{strays}. {} of {} packets lost at the tap ({} %). Jitter and loss are those of the tap; MOS is the estimate of the E-model (ITU-T G.107), \
         with concealment of loss assumed for G.711.{rated}{beside}",
        counted(media.bound, "stream"),
        count(lost),
        count(expected),
        real(percent, 3)
    )
}

/// The faxes or messages of a direction in one sentence.
fn beside(row: &BesideRow) -> String {
    let way = direction(&row.from, &row.to);
    match row.kind {
        "MSRP" => {
            let (sessions, chunks) = (counted(row.streams, "MSRP session"), counted(row.packets, "chunk"));
            format!(" {sessions} {way}: {chunks} of {}, {} failed.", counted(row.octets, "octet"), count(row.failures.unwrap_or(0)))
        }
        _ => {
            let (faxes, packets) = (counted(row.streams, "fax stream"), counted(row.packets, "packet"));
            let (lost, recovered) = (count(row.lost.unwrap_or(0)), count(row.recovered.unwrap_or(0)));
            format!(" {faxes} over UDPTL {way}: {packets}, {lost} lost, of which redundancy brought {recovered} back.")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn never_looked_is_not_kept() {
        let audit = sample::full();
        let of = |id: &str| Looked::of(audit.rules.iter().find(|r| r.id == id).unwrap());
        assert_eq!(of("SIP-METHOD-001"), Looked::Broken);
        assert_eq!(of("PRV-TOPO-001"), Looked::Waived);
        assert_eq!(of("DLG-STATE-001"), Looked::Unjudged);
        assert_eq!(of("MED-CODEC-001"), Looked::Idle);
        assert_eq!(of("SIP-URI-003"), Looked::Off);
        assert_eq!(coverage(&audit.rules), "6 rules: 2 broken, 1 waived, 1 not judged, 1 never applied, 1 switched off");
    }

    #[test]
    fn a_filter_names_each_frame_once_and_each_capture_apart() {
        let mut finding = sample::full().findings.remove(0);
        finding.exhibits[1].frame = 1482;
        finding.exhibits[2].capture = "other.pcap".into();
        let expected =
            vec![("bravo-2026-11-14.pcapng", "frame.number in {1482}".to_owned()), ("other.pcap", "frame.number in {1602}".to_owned())];
        assert_eq!(filters(&finding.exhibits), expected);
    }
}
