//! Takes load and measured delays, ratios and quality of each direction, gives limits and thresholds with a margin, never one without its measure.

use super::parties::Parties;
use super::sheet::{Sheet, counted};
use crate::audit::{Audit, CapacityRow, Delay, MediaRow, MetricRow};
use crate::policy::quoted;
use crate::report::figures::{count, short};

/// How far above the greatest that was seen limits and thresholds stand, in percent.
pub(super) const MARGIN_PCT: u32 = 25;

/// How far below the least that was seen ratios stand, and above the greatest where less is better, in points of percent.
pub(super) const MARGIN_POINTS: u32 = 5;

/// Fewer samples say little: what they show is commented out. It is what `performance.min_samples` is by default.
const ENOUGH: u64 = 50;

/// Ratios worse than this, in percent, are trouble and no service level.
const POOR: f64 = 50.0;

/// The share of streams below which a class of quality is nobody's habit: one in twenty.
const FEW: u64 = 20;

/// Writes a `[[direction]]` for each direction that has calls, or the sections themselves where there is one side only.
pub(super) fn write(sheet: &mut Sheet<'_>, audit: &Audit, parties: &Parties) {
    let mut directions: Vec<(&str, &str)> = audit.metrics.iter().map(|row| (&*row.from, &*row.to)).collect();
    directions.extend(audit.media.directions.iter().map(|row| (&*row.from, &*row.to)));
    directions.sort_unstable();
    directions.dedup();
    for direction in directions {
        let part = Part::of(audit, direction);
        match (parties.id(direction.0), parties.id(direction.1)) {
            (Some(from), Some(to)) if from != to && part.has_values() => {
                sheet.heading("[[direction]]");
                sheet.say("from", &quoted(from), "");
                sheet.say("to", &quoted(to), "");
                part.write(sheet, "direction.");
            }
            (Some(_), Some(_)) if parties.sides().len() == 1 => part.write(sheet, ""),
            _ => {}
        }
    }
}

/// What was measured of one direction.
struct Part<'a> {
    load: Option<&'a CapacityRow>,
    kbps: Option<f64>,
    bin_s: u64,
    /// The whole capture, and the intervals with enough session requests.
    rows: Vec<&'a MetricRow>,
    streams: Vec<&'a MediaRow>,
    classes: &'a Audit,
}

/// A limit on load: its id and kind, what else it says, and what was measured.
struct Limit<'t> {
    id: &'t str,
    kind: &'t str,
    more: &'t str,
    peak: f64,
    note: String,
}

impl<'a> Part<'a> {
    fn of(audit: &'a Audit, (from, to): (&str, &str)) -> Self {
        let name = format!("{from} → {to}");
        let media = audit.capacity.media.iter().find(|m| m.kind == "direction" && m.name == name && m.codec == "all");
        let whole = |row: &&MetricRow| row.interval_start.is_none() || row.attempts >= ENOUGH;
        Self {
            load: audit.capacity.load.iter().find(|row| row.kind == "direction" && row.name == name),
            kbps: media.map(|m| m.peak_kbps).filter(|kbps| *kbps > 0.0),
            bin_s: media.map_or(1, |m| m.bin_s),
            rows: audit.metrics.iter().filter(|row| row.from == from && row.to == to).filter(whole).collect(),
            streams: audit.media.directions.iter().filter(|row| row.from == from && row.to == to).collect(),
            classes: audit,
        }
    }

    /// Whether anything stands below the heading that is not commented out: a direction that says nothing is a mistake.
    fn has_values(&self) -> bool {
        self.load.is_some_and(|load| load.attempts_per_s.peak > 0 || load.confirmed.peak > 0) || self.kbps.is_some()
    }

    fn write(&self, sheet: &mut Sheet<'_>, lead: &str) {
        self.limits(sheet, lead);
        self.signaling(sheet, lead);
        self.media(sheet, lead);
    }

    fn limits(&self, sheet: &mut Sheet<'_>, lead: &str) {
        let mut limits = Vec::new();
        if let Some(load) = self.load {
            let (cps, crowd) = (&load.attempts_per_s, &load.confirmed);
            let of = |time: Option<crate::base::Time>| time.map(|time| format!(" at {time}")).unwrap_or_default();
            let note = format!("{} in a second{}, of {}", counted(cps.peak, "attempt"), of(cps.peak_at), counted(load.attempts, "attempt"));
            limits.push(Limit { id: "cps", kind: "attempts", more: ", window_s = 1", peak: real(cps.peak), note });
            let last = crowd.peak_calls.last().map(|call| format!(", made by the call of {}", sheet.frame_of(&call.capture, call.frame)));
            let note = format!("{} at once{}{}", counted(crowd.peak, "session"), of(crowd.peak_at), last.unwrap_or_default());
            limits.push(Limit { id: "concurrent", kind: "concurrent", more: ", basis = \"confirmed\"", peak: real(crowd.peak), note });
        }
        if let Some(kbps) = self.kbps {
            let note = format!("{} kbit/s, the greatest mean of {} s", short(kbps), self.bin_s);
            limits.push(Limit { id: "media-bandwidth", kind: "bandwidth_kbps", more: ", basis = \"measured\"", peak: kbps, note });
        }
        sheet.heading(&format!("  [{lead}admission]"));
        let line = |limit: &Limit<'_>| {
            let value = with_margin(limit.peak).max(limit.peak + 1.0).ceil();
            format!("{{ id = \"{}\", kind = \"{}\", scope = \"direction\"{}, value = {value} }}", limit.id, limit.kind, limit.more)
        };
        let entries: Vec<_> = limits.into_iter().filter(|l| l.peak > 0.0).map(|limit| (line(&limit), limit.note, None)).collect();
        sheet.list("  limit", &entries, false);
    }

    fn signaling(&self, sheet: &mut Sheet<'_>, lead: &str) {
        sheet.heading(&format!("  [{lead}performance.signaling]"));
        type Get = fn(&MetricRow) -> &Delay;
        let delays: [(&str, &str, Get); 4] = [
            ("srd_success_s", "s", |row| &row.srd_success_s),
            ("srd_failed_s", "s", |row| &row.srd_failed_s),
            ("sdd_ms", "ms", |row| &row.sdd_ms),
            ("pgrd_s", "s", |row| &row.pgrd_s),
        ];
        for (key, unit, get) in delays {
            statistics(sheet, key, unit, &self.rows.iter().map(|row| get(row)).collect::<Vec<_>>());
        }
        type Ratio = fn(&MetricRow) -> Option<f64>;
        let ratios: [(&str, Ratio, bool); 5] = [
            ("ser_pct", |row| row.ser_pct, false),
            ("seer_pct", |row| row.seer_pct, false),
            ("isa_pct", |row| row.isa_pct, true),
            ("asr_pct", |row| row.asr_pct, false),
            ("ner_pct", |row| row.ner_pct, false),
        ];
        for (key, get, less_is_better) in ratios {
            let seen = self.rows.iter().filter_map(|row| Some((get(row)?, row.ratios.get(key).map_or(0, |[_, of]| *of))));
            let worse = |a: &(f64, u64), b: &(f64, u64)| if less_is_better { b.0.total_cmp(&a.0) } else { a.0.total_cmp(&b.0) };
            let Some((worst, of)) = seen.min_by(worse) else { continue };
            let margin = f64::from(MARGIN_POINTS);
            let value = if less_is_better { (worst + margin).ceil().min(100.0) } else { (worst - margin).floor().max(0.0) };
            let note = format!("{} % of {}", short(worst), counted(of, "session request"));
            let is_poor = if less_is_better { worst > POOR } else { worst < POOR };
            if is_poor && of >= ENOUGH {
                sheet.aside(&format!("  {key} = {value:.1}"), &format!("{note}: nobody agrees on so little"));
            } else {
                judged(sheet, &format!("  {key}"), &format!("{value:.1}"), &note, of);
            }
        }
    }

    fn media(&self, sheet: &mut Sheet<'_>, lead: &str) {
        sheet.heading(&format!("  [{lead}performance.media]"));
        let streams: u64 = self.streams.iter().map(|row| row.streams).sum();
        let worst = |get: fn(&MediaRow) -> Option<f64>| self.streams.iter().filter_map(|row| get(row)).max_by(f64::total_cmp);
        if let Some(loss) = worst(|row| row.loss_pct.p95) {
            let value = format!("{{ stream_max = {}, bad_streams_pct = {MARGIN_POINTS}.0 }}", written(with_margin(loss).clamp(0.1, 100.0)));
            let note = format!("95 % of {} lose at most {} %", counted(streams, "stream"), short(loss));
            judged(sheet, "  loss_pct", &value, &note, streams);
        }
        if let Some(jitter) = worst(|row| row.jitter_ms.max) {
            let note = format!("the greatest of {}: {} ms", counted(streams, "stream"), short(jitter));
            judged(sheet, "  jitter_ms", &format!("{{ max = {} }}", written(with_margin(jitter).max(1.0))), &note, streams);
        }
        if let Some(delay) = worst(|row| row.round_trip_ms.p95) {
            let n: u64 = self.streams.iter().map(|row| row.round_trip_ms.n).sum();
            let note = format!("95 % of {}: {} ms", counted(n, "round trip"), short(delay));
            judged(sheet, "  rtt_ms", &format!("{{ p95 = {} }}", written(with_margin(delay).max(1.0))), &note, n);
        }
        self.quality(sheet);
    }

    /// The highest class of quality below which at most one stream in twenty lies.
    fn quality(&self, sheet: &mut Sheet<'_>) {
        let rated = |n: usize| self.streams.iter().filter_map(|row| row.mos_classes.get(n)).sum::<u64>();
        let total: u64 = (0..=self.classes.media.mos_classes.len()).map(rated).sum();
        let mut below = 0;
        let mut least = None;
        for (n, end) in self.classes.media.mos_classes.iter().enumerate() {
            below += rated(n);
            if total > 0 && below * FEW <= total {
                least = Some((*end, below));
            }
        }
        if let Some((mos, below)) = least {
            let value = format!("{{ value = {mos:?}, bad_streams_pct = {}.0 }}", 2 * MARGIN_POINTS);
            let note = format!("{} of {} are estimated below", count(below), counted(total, "stream"));
            judged(sheet, "  mos_min", &value, &note, total);
        }
    }
}

/// Thresholds on the mean and the 95th percentile of a delay, above the worst interval.
fn statistics(sheet: &mut Sheet<'_>, key: &str, unit: &str, delays: &[&Delay]) {
    let enough = delays.iter().filter(|delay| delay.n >= ENOUGH).count() > 0;
    let of: Vec<_> = delays.iter().filter(|delay| !enough || delay.n >= ENOUGH).collect();
    let worst = |get: fn(&Delay) -> Option<f64>| of.iter().filter_map(|delay| get(delay)).max_by(f64::total_cmp);
    let (Some(p95), Some(mean)) = (worst(|delay| delay.p95), worst(|delay| delay.mean)) else { return };
    let n = of.iter().map(|delay| delay.n).max().unwrap_or(0);
    let value = format!("{{ p95 = {}, mean = {} }}", written(with_margin(p95)), written(with_margin(mean)));
    let note = format!("p95 {} {unit}, mean {} {unit} of {}", written(p95), written(mean), counted(n, "sample"));
    judged(sheet, &format!("  {key}"), &value, &note, n);
}

/// A threshold, commented out where too few samples stand behind it.
fn judged(sheet: &mut Sheet<'_>, key: &str, value: &str, note: &str, samples: u64) {
    if samples >= ENOUGH {
        sheet.say(key, value, note);
    } else {
        sheet.aside(&format!("{key} = {value}"), &format!("{note}: too few to agree on"));
    }
}

#[allow(clippy::cast_precision_loss)] // Peaks of sessions and attempts.
const fn real(n: u64) -> f64 {
    n as f64
}

fn with_margin(value: f64) -> f64 {
    value * (1.0 + f64::from(MARGIN_PCT) / 100.0)
}

/// A number with three digits that count, rounded up, as TOML writes it.
fn written(value: f64) -> String {
    if value <= 0.0 || !value.is_finite() {
        return "0.0".to_owned();
    }
    #[allow(clippy::cast_possible_truncation)] // Digits of a delay.
    let digits = (2 - value.log10().floor() as i32).clamp(0, 9);
    let scale = 10_f64.powi(digits);
    let rounded = (value * scale - 1e-9).ceil() / scale;
    let text = format!("{rounded:.*}", usize::try_from(digits).unwrap_or(0));
    if text.contains('.') { text } else { format!("{text}.0") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_up_to_three_digits() {
        let texts = [0.0, 0.12341, 1.8, 12.35, 123.4, 12_345.0, 0.000_012_34].map(written);
        assert_eq!(texts, ["0.0", "0.124", "1.80", "12.4", "124.0", "12345.0", "0.0000124"]);
    }
}
