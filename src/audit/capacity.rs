//! Takes what the interconnect bore with the limits that it met, gives the capacity review, never a verdict.

use std::collections::BTreeMap;

use serde::Serialize;

use super::evidence::{Redaction, hidden_source};
use crate::base::{Time, seconds};
use crate::capture::CaptureInfo;
use crate::metrics::{
    Blank, Borne, Capacity, Carriage, Distribution, LimitLoad, Live, Part, Pieces, Quarter, Seconds, Seen, circuits, erlang_b,
};
use crate::policy::{Basis, LimitKind, LimitScope, Party, Policy};

/// The share of attempts that may find no circuit free where nobody says another.
const BLOCKING: f64 = 0.01;

/// What the interconnect bore, next to what was agreed.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct CapacityReview {
    /// The length of the capture in seconds.
    pub seconds: f64,
    /// The share of attempts that may find no circuit free: what `circuits` is for.
    pub blocking: f64,
    /// The whole, each direction, each trunk group of it, each border element.
    pub load: Vec<CapacityRow>,
    /// Media by part and codec; the codec `all` is their sum.
    pub media: Vec<MediaLoad>,
    /// Each admission limit with what it met.
    pub limits: Vec<Headroom>,
    /// The load of each direction over time, for a chart: `concurrent` and `attempts` are named by direction, `media_kbps` by codec.
    pub series: CapacitySeries,
}

/// Load over time, each group in buckets of its own width.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct CapacitySeries {
    pub directions: Vec<DirectionSeries>,
    pub media_start: Option<Time>,
    pub media_bucket_s: u64,
    pub media_kbps: BTreeMap<String, Vec<u64>>,
}

/// One direction over time.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct DirectionSeries {
    pub name: String,
    pub start: Option<Time>,
    pub bucket_s: u64,
    pub attempts: Vec<u64>,
    pub concurrent: Vec<u64>,
}

/// The load of one part of the interconnect.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct CapacityRow {
    /// `all`, `direction`, `trunk_group`, `border_element` (what it sent or received) or `others`.
    pub kind: &'static str,
    pub name: String,
    pub attempts: u64,
    pub answered: u64,
    pub attempts_per_s: Spread,
    pub answered_per_s: Spread,
    pub transactions_per_s: Spread,
    /// Sessions at once from the first 2xx to their end.
    pub confirmed: Crowd,
    /// Sessions at once from the first INVITE to their end or failure.
    pub attempted: Crowd,
    /// The 60 minutes, beginning at a quarter of an hour, in which most session requests began.
    pub busy_hour: Option<BusyHour>,
    /// Those in which most traffic was carried.
    pub busy_hour_traffic: Option<BusyHour>,
}

/// How events are spread over the seconds of the capture, those without events among them; percentiles by nearest rank.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Spread {
    /// The most in a sliding second, and the end of the first such; of transactions, in a second aligned to the epoch, and its beginning.
    pub peak: u64,
    pub peak_at: Option<Time>,
    pub mean: Option<f64>,
    pub p50: Option<u64>,
    pub p95: Option<u64>,
    pub p99: Option<u64>,
}

/// How many sessions lived at once; percentiles are of the highest number in each second of the capture.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Crowd {
    pub peak: u64,
    pub peak_at: Option<Time>,
    /// Of the sessions of the peak the last that began; the very last made it.
    pub peak_calls: Vec<Named>,
    pub p50: Option<u64>,
    pub p95: Option<u64>,
    pub p99: Option<u64>,
    /// Live time by the length of the capture.
    pub erlangs: Option<f64>,
}

/// A call, and the frame of its first INVITE.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[allow(missing_docs)]
pub struct Named {
    pub call_id: String,
    pub capture: String,
    pub frame: u32,
}

/// A busy hour.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct BusyHour {
    pub start: Time,
    /// How much of the hour the capture holds, in seconds: Erlangs are over those.
    pub covered_s: f64,
    pub attempts: u64,
    pub answered: u64,
    pub erlangs: Option<f64>,
    pub erlangs_attempted: Option<f64>,
    /// Erlang B: the fewest circuits for `erlangs_attempted` at the given blocking.
    pub circuits: Option<u32>,
}

/// The media of a part with one codec, IP headers among it. The direction is that of the packets.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct MediaLoad {
    pub kind: &'static str,
    pub name: String,
    pub codec: String,
    pub octets: u64,
    pub packets: u64,
    /// The width of the bins that rates are measured in, aligned to the epoch: 1 s up to two hours of capture, then more.
    pub bin_s: u64,
    pub peak_kbps: f64,
    pub peak_at: Option<Time>,
    pub p95_kbps: f64,
    pub mean_kbps: Option<f64>,
    pub peak_packets_per_s: f64,
    pub mean_packets_per_s: Option<f64>,
}

/// An admission limit, and how far the load stayed below it.
#[derive(Clone, Debug, Default, Serialize)]
#[allow(missing_docs)]
pub struct Headroom {
    pub id: String,
    pub kind: &'static str,
    /// What it was measured for; `None` where it met nothing.
    pub scope: Option<String>,
    pub limit: f64,
    pub window_s: Option<f64>,
    pub burst: Option<f64>,
    /// The highest load; `None` where it was not measured.
    pub peak: Option<f64>,
    /// Limit less peak; negative beyond.
    pub headroom: Option<f64>,
    pub used_pct: Option<f64>,
    /// Whether the peak reached the agreed warning level.
    pub warned: Option<bool>,
    pub excursions: u64,
    pub beyond_s: f64,
    /// When it was first exceeded.
    pub first_beyond: Option<Time>,
    /// Attempts or sessions beyond it, and what became of them: who refuses the excess keeps the agreement.
    pub beyond: u64,
    pub beyond_admitted: Option<u64>,
    pub beyond_refused: Option<u64>,
    /// Offered load of the busy hour in its scope against it: Erlang B.
    pub blocking_at_limit: Option<f64>,
    /// Why `peak` is missing, or is not all.
    pub not_measured: Option<&'static str>,
}

impl CapacityReview {
    /// The same, sized for another blocking.
    pub fn size_for(&mut self, blocking: f64) {
        self.blocking = blocking;
        for hour in self.load.iter_mut().flat_map(|row| row.busy_hour.iter_mut().chain(&mut row.busy_hour_traffic)) {
            hour.circuits = hour.erlangs_attempted.and_then(|erlangs| circuits(erlangs, blocking));
        }
    }
}

/// Puts the review together. `span` is that of the capture.
#[allow(clippy::too_many_arguments)]
pub(super) fn review(
    capacity: &Capacity,
    carriage: &Carriage,
    limits: &[LimitLoad],
    span: Option<(Time, Time)>,
    captures: &[CaptureInfo],
    party: &dyn Fn(Party) -> String,
    policy: &Policy,
    redaction: Redaction,
) -> CapacityReview {
    let (first, last) = span.unwrap_or_default();
    let desk = Desk { captures, party, policy, first, last };
    let load: Vec<CapacityRow> = capacity.parts().map(|(part, borne)| desk.row(part, borne)).collect();
    let mut review = CapacityReview {
        seconds: last.seconds_since(first),
        blocking: BLOCKING,
        media: carriage.parts().flat_map(|(part, codecs)| desk.media(part, codecs)).collect(),
        limits: desk.limits(limits, &load, redaction),
        load,
        series: desk.series(capacity, carriage),
    };
    review.size_for(BLOCKING);
    review
}

/// What rows are made with.
struct Desk<'a> {
    captures: &'a [CaptureInfo],
    party: &'a dyn Fn(Party) -> String,
    policy: &'a Policy,
    first: Time,
    last: Time,
}

impl Desk<'_> {
    fn name(&self, part: &Part) -> (&'static str, String) {
        let between = |from, to| format!("{} → {}", (self.party)(from), (self.party)(to));
        match part {
            Part::All => ("all", "all directions".to_owned()),
            Part::Direction(from, to) => ("direction", between(*from, *to)),
            Part::Trunk(from, to, id) => {
                let group = self.policy.trunk_group(*id);
                ("trunk_group", format!("{} ({})", group.map_or("?", |group| &group.id), between(*from, *to)))
            }
            Part::Element(Party::Declared(peer), name) => ("border_element", format!("{name} ({})", (self.party)(Party::Declared(*peer)))),
            Part::Element(_, name) => ("border_element", name.to_string()),
            Part::Other => ("others", "everything else".to_owned()),
        }
    }

    fn length(&self) -> i64 {
        self.last.since(self.first)
    }

    fn row(&self, part: &Part, borne: &Borne) -> CapacityRow {
        let (kind, name) = self.name(part);
        let sliding = |seconds: &Seconds, peak: u64, at: Option<Time>| Spread { peak, peak_at: at, ..spread(seconds.spread()) };
        let (attempts, answers) = (&borne.attempts, &borne.answers);
        let transactions = borne.transactions.peak();
        CapacityRow {
            kind,
            name,
            attempts: attempts.1.total,
            answered: answers.1.total,
            attempts_per_s: sliding(&attempts.1, attempts.0.peak(), attempts.0.peak_at()),
            answered_per_s: sliding(&answers.1, answers.0.peak(), answers.0.peak_at()),
            transactions_per_s: sliding(&borne.transactions, transactions.map_or(0, |p| p.0), transactions.map(|p| p.1)),
            confirmed: self.crowd(&borne.confirmed),
            attempted: self.crowd(&borne.attempted),
            busy_hour: borne.busiest_by_attempts().map(|hour| self.hour(hour)),
            busy_hour_traffic: borne.busiest_by_traffic().map(|hour| self.hour(hour)),
        }
    }

    fn crowd(&self, live: &Live) -> Crowd {
        let Spread { p50, p95, p99, .. } = spread(live.levels.spread());
        Crowd {
            peak: live.gauge.peak(),
            peak_at: live.gauge.peak_at(),
            peak_calls: live.at_peak.iter().map(|seen| self.seen(seen)).collect(),
            p50,
            p95,
            p99,
            erlangs: live.gauge.erlangs(self.length()),
        }
    }

    fn seen(&self, seen: &Seen) -> Named {
        let capture = self.captures.get(seen.origin.capture as usize).map(|capture| capture.path.display().to_string());
        Named { call_id: seen.call_id.to_string(), capture: capture.unwrap_or_default(), frame: seen.origin.frame }
    }

    fn hour(&self, (start, quarter): (Time, Quarter)) -> BusyHour {
        let (from, to) = (start.max(self.first), start.plus(seconds(3600)).min(self.last));
        let covered = to.since(from).max(0);
        BusyHour {
            start,
            covered_s: to.seconds_since(from).max(0.0),
            attempts: quarter.attempts,
            answered: quarter.answered,
            erlangs: quarter.erlangs(covered),
            erlangs_attempted: quarter.erlangs_attempted(covered),
            circuits: None,
        }
    }

    fn media(&self, part: &Part, codecs: &BTreeMap<String, Pieces>) -> Vec<MediaLoad> {
        let (kind, name) = self.name(part);
        let mut sum = Pieces::default();
        codecs.values().for_each(|pieces| sum.merge(pieces));
        let row = |codec: &str, pieces: &Pieces| self.pieces(kind, &name, codec, pieces);
        let one = codecs.len() == 1;
        let all = (!one).then(|| row("all", &sum));
        all.into_iter().chain(codecs.iter().map(|(codec, pieces)| row(codec, pieces))).collect()
    }

    #[allow(clippy::cast_precision_loss)]
    fn pieces(&self, kind: &'static str, name: &str, codec: &str, pieces: &Pieces) -> MediaLoad {
        let width = pieces.width_s() as f64;
        let kbps = |octets: u64| octets as f64 * 8.0 / 1000.0 / width;
        let total = pieces.total();
        let (mut rates, mut peak, mut packets): (Vec<u64>, Option<(u64, Time)>, u64) = (Vec::new(), None, 0);
        for (at, amount) in pieces.bins() {
            rates.push(amount.octets);
            packets = packets.max(amount.packets);
            if peak.is_none_or(|(most, _)| amount.octets > most) {
                peak = Some((amount.octets, at));
            }
        }
        let bin = |at: Time| at.0.div_euclid(seconds(1)).div_euclid(i64::try_from(pieces.width_s()).unwrap_or(i64::MAX));
        let all = u64::try_from(bin(self.last) - bin(self.first) + 1).unwrap_or(0).max(rates.len() as u64);
        rates.sort_unstable();
        // The bins without media come first in order.
        let rank = (95 * all).div_ceil(100).max(1);
        let place = rank.checked_sub(all - rates.len() as u64 + 1).and_then(|place| usize::try_from(place).ok());
        let length = self.last.seconds_since(self.first);
        let mean = |sum: f64| (length > 0.0).then(|| sum / length);
        MediaLoad {
            kind,
            name: name.to_owned(),
            codec: codec.to_owned(),
            octets: total.octets,
            packets: total.packets,
            bin_s: pieces.width_s(),
            peak_kbps: kbps(peak.map_or(0, |p| p.0)),
            peak_at: peak.map(|p| p.1),
            p95_kbps: kbps(place.and_then(|place| rates.get(place)).copied().unwrap_or(0)),
            mean_kbps: mean(total.octets as f64 * 8.0 / 1000.0),
            peak_packets_per_s: packets as f64 / width,
            mean_packets_per_s: mean(total.packets as f64),
        }
    }

    fn limits(&self, met: &[LimitLoad], load: &[CapacityRow], redaction: Redaction) -> Vec<Headroom> {
        let mut rows: Vec<Headroom> = met.iter().map(|limit| headroom(limit, load, redaction)).collect();
        // A limit that met nothing is named: silence would read as room.
        let mut idle: BTreeMap<(&str, &'static str), f64> = BTreeMap::new();
        for limit in self.policy.all_terms().flat_map(|terms| &terms.admission.limits).filter(|limit| limit.enabled) {
            if !met.iter().any(|load| load.limit.id == limit.id && load.limit.kind == limit.kind) {
                let least = idle.entry((&limit.id, kind(limit.kind))).or_insert(f64::INFINITY);
                *least = least.min(limit.value.value);
            }
        }
        rows.extend(idle.into_iter().map(|((id, kind), limit)| Headroom {
            id: id.to_owned(),
            kind,
            limit,
            not_measured: Some("the capture holds nothing that it is measured by here"),
            ..Headroom::default()
        }));
        rows
    }

    fn series(&self, capacity: &Capacity, carriage: &Carriage) -> CapacitySeries {
        let mut series = CapacitySeries::default();
        for (part, borne) in capacity.parts() {
            if let (Some(line), Part::Direction(..)) = (&borne.line, part) {
                series.directions.push(DirectionSeries {
                    name: self.name(part).1,
                    start: line.start(),
                    bucket_s: line.width_s(),
                    attempts: line.buckets().iter().map(|bucket| bucket.attempts).collect(),
                    concurrent: line.buckets().iter().map(|bucket| bucket.concurrent).collect(),
                });
            }
        }
        if let Some((_, codecs)) = carriage.parts().find(|(part, _)| **part == Part::All) {
            series.media(codecs);
        }
        series
    }
}

impl CapacitySeries {
    fn media(&mut self, codecs: &BTreeMap<String, Pieces>) {
        let mut sum = Pieces::default();
        codecs.values().for_each(|pieces| sum.merge(pieces));
        let (Some((first, _)), Some((last, _)), width) = (sum.bins().next(), sum.bins().last(), sum.width_s()) else { return };
        let nanos = i64::try_from(width).unwrap_or(i64::MAX).saturating_mul(seconds(1));
        let place = |at: Time| usize::try_from(at.floor(nanos).since(first) / nanos).unwrap_or(0);
        for (codec, pieces) in codecs {
            let mut octets = vec![0u64; place(last) + 1];
            for (at, amount) in pieces.bins() {
                if let Some(bin) = octets.get_mut(place(at)) {
                    *bin += amount.octets;
                }
            }
            self.media_kbps.insert(codec.clone(), octets.into_iter().map(|octets| octets * 8 / 1000 / width).collect());
        }
        (self.media_start, self.media_bucket_s) = (Some(first), width);
    }
}

fn spread(samples: &Distribution) -> Spread {
    let at = |p| samples.percentile(p).and_then(|value| u64::try_from(value).ok());
    Spread { peak: 0, peak_at: None, mean: samples.mean(), p50: at(50.0), p95: at(95.0), p99: at(99.0) }
}

fn headroom(load: &LimitLoad, rows: &[CapacityRow], redaction: Redaction) -> Headroom {
    let limit = &load.limit;
    let value = limit.value.value;
    let measured = !matches!(load.blank, Some(Blank::NoMedia | Blank::NoSource));
    let peak = measured.then_some(load.peak);
    let concurrent = limit.kind == LimitKind::Concurrent && limit.scope == LimitScope::Direction;
    let hour = rows.iter().find(|row| row.kind == "direction" && row.name == load.scope).and_then(|row| row.busy_hour_traffic.as_ref());
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let blocked = |erlangs: f64| (0.0..=1e6).contains(&value).then(|| erlang_b(erlangs, value as u32));
    Headroom {
        id: limit.id.clone(),
        kind: kind(limit.kind),
        scope: Some(if limit.scope == LimitScope::Source { hidden_source(&load.scope, redaction) } else { load.scope.clone() }),
        limit: value,
        window_s: limit.window_s,
        burst: limit.burst,
        peak,
        headroom: peak.map(|peak| value - peak),
        used_pct: peak.filter(|_| value > 0.0).map(|peak| peak * 100.0 / value),
        warned: limit.warn_at.zip(peak).map(|(share, peak)| peak >= share * value),
        excursions: load.excursions.len() as u64,
        beyond_s: load.excursions.iter().map(|excursion| excursion.end.seconds_since(excursion.start)).sum(),
        first_beyond: load.excursions.first().map(|excursion| excursion.start),
        beyond: load.excursions.iter().map(|excursion| excursion.beyond).sum(),
        beyond_admitted: load.fates.map(|fates| fates.admitted),
        beyond_refused: load.fates.map(|fates| fates.refused),
        blocking_at_limit: hour
            .filter(|_| concurrent && limit.basis != Some(Basis::Measured))
            .and_then(|hour| blocked(hour.erlangs_attempted?)),
        not_measured: load.blank.map(|blank| match blank {
            Blank::NoMedia => "no media of the sessions passed the tap",
            Blank::Unsaid => "a description without a bandwidth line was part of the sum",
            Blank::NoSource => "media has no caller or callee of its own",
        }),
    }
}

const fn kind(kind: LimitKind) -> &'static str {
    match kind {
        LimitKind::Concurrent => "concurrent",
        LimitKind::Attempts => "attempts",
        LimitKind::Transactions => "transactions",
        LimitKind::Messages => "messages",
        LimitKind::BandwidthKbps => "bandwidth_kbps",
        LimitKind::ActiveUsers => "active_users",
        LimitKind::SessionSeconds => "session_seconds",
    }
}
