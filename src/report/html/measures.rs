//! Takes metrics, codecs and streams, gives them as rows of the page, never markup.

use super::excerpt::head;
use super::view::{LONGEST, Part};
use crate::audit::{Audit, CodecCount, MetricRow, StreamRow};
use crate::metrics::Dimension;
use crate::report::figures::{self, NONE, count, moment, real};
use crate::report::{chart, digest, ladder};

pub(super) struct Direction {
    pub(super) name: String,
    /// Which part of the direction: an interval, a trunk group, a value; empty: all of it.
    pub(super) part: String,
    pub(super) unit: &'static str,
    pub(super) attempts: String,
    pub(super) censored: String,
    /// Below how many attempts nothing is judged, where there are fewer.
    pub(super) few: Option<String>,
    pub(super) ratios: Vec<(String, String)>,
    pub(super) delay: String,
    pub(super) samples: String,
    pub(super) erlangs: String,
    pub(super) peak: String,
    pub(super) rate: String,
}

/// Metrics of directions by what they are broken down by.
pub(super) struct Broken {
    pub(super) title: String,
    pub(super) caption: String,
    pub(super) column: &'static str,
    pub(super) note: String,
    pub(super) rows: Part<Direction>,
}

/// The trunk groups, and each dimension that was asked for: of directions, of trunk groups, and of the intervals of both.
pub(super) fn broken_down(audit: &Audit, shown: usize) -> Vec<Broken> {
    let of = |rows: Vec<&MetricRow>, what: &str, by: &str, column: &'static str, note: String| {
        (!rows.is_empty()).then(|| Broken {
            title: if what == DIRECTION { format!("By {by}") } else { format!("Each {what} by {by}") },
            caption: format!("Metrics of each {what} by {by}"),
            column,
            note,
            rows: Part::new(rows.into_iter(), shown, direction),
        })
    };
    let trunks = audit.trunk_metrics.iter().filter(|row| row.interval_start.is_none()).collect();
    let trunks = of(trunks, DIRECTION, "trunk group", "Trunk group", String::new());
    let by = |dimension: Dimension| {
        let meaning = dimension.meaning();
        let wanted = move |row: &&MetricRow, whole: bool| row.dimension == Some(dimension.name()) && row.interval_start.is_none() == whole;
        let both = || audit.breakdowns.iter().chain(&audit.trunk_breakdowns);
        let note = digest::breakdown_note(audit, dimension);
        [
            of(digest::broken_down(audit, dimension).collect(), DIRECTION, meaning, "Value", note),
            of(
                audit.trunk_breakdowns.iter().filter(|row| wanted(row, true)).collect(),
                "trunk group",
                meaning,
                "Trunk group, value",
                String::new(),
            ),
            of(both().filter(|row| wanted(row, false)).collect(), "interval", meaning, "Interval, value", String::new()),
        ]
    };
    trunks.into_iter().chain(Dimension::ALL.into_iter().flat_map(by).flatten()).collect()
}

const DIRECTION: &str = "direction";

pub(super) struct Codec {
    pub(super) direction: String,
    pub(super) name: String,
    pub(super) offered: String,
    pub(super) answered: String,
    pub(super) sent: String,
}

pub(super) struct Stream {
    pub(super) direction: String,
    pub(super) codec: String,
    pub(super) flow: String,
    pub(super) when: String,
    pub(super) call: String,
    pub(super) digits: String,
    pub(super) picture: String,
    pub(super) packets: String,
    pub(super) lost: String,
    pub(super) longest: String,
    pub(super) jitter: String,
    pub(super) mos: String,
}

pub(super) fn direction(row: &MetricRow) -> Direction {
    let ratio = |key: &str, percent: Option<f64>| {
        let of = row.ratios.get(key).map(|[n, d]| format!("{} / {}", count(*n), count(*d))).unwrap_or_default();
        (real(percent, 1), of)
    };
    let srd = &row.srd_success_s;
    let interval = row.interval_start.zip(row.interval_s).map(|(start, s)| format!("{} + {} s", moment(start), count(s.into())));
    let part: Vec<String> =
        [row.trunk.clone(), interval, digest::facet(row)].into_iter().flatten().map(|part| head(&part, LONGEST)).collect();
    Direction {
        name: head(&digest::direction(&row.from, &row.to), LONGEST),
        part: part.join(", "),
        unit: row.count_unit,
        attempts: count(row.attempts),
        censored: count(row.censored),
        few: row.few_samples.then(|| count(row.min_samples)),
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

pub(super) fn codec(codec: &CodecCount) -> Codec {
    Codec {
        direction: head(&digest::direction(&codec.from, &codec.to), LONGEST),
        name: head(&codec.codec, LONGEST),
        offered: count(codec.offered),
        answered: count(codec.answered),
        sent: codec.sent_streams.map_or_else(|| NONE.into(), count),
    }
}

pub(super) fn stream(row: &StreamRow) -> Stream {
    let mos = row.mos.map_or_else(|| NONE.into(), |mos| format!("{mos:.2} {}", row.mos_scale.unwrap_or_default()));
    let side = row.side.map(|side| format!("{side} of ")).unwrap_or_default();
    Stream {
        direction: head(&digest::direction(&row.from, &row.to), LONGEST),
        codec: head(&row.codec, 120),
        flow: format!(
            "{} to {}, SSRC {}, frame {}",
            row.source,
            row.destination,
            row.ssrc.as_deref().unwrap_or(NONE),
            count(row.frame.into())
        ),
        when: format!("{}, {}", moment(row.begun), figures::duration(row.seconds)),
        call: row.call_id.as_ref().map(|id| head(&format!("{side}Call-ID {id}"), 160)).unwrap_or_default(),
        digits: ladder::dialled(row).unwrap_or_default(),
        picture: row.series.as_ref().map(chart::spark).unwrap_or_default(),
        packets: count(row.packets),
        lost: format!("{} ({} %)", count(row.lost.unwrap_or_default()), real(row.loss_pct, 2)),
        longest: row.longest_loss.map_or_else(|| NONE.into(), count),
        jitter: format!("{} / {}", real(row.jitter_mean_ms, 1), real(row.jitter_max_ms, 1)),
        mos,
    }
}
