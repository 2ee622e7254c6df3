//! Takes the measures of streams, gives the section on media, never a stream.

use super::names::Names;
use crate::audit::{BesideRow, MediaRow, MediaSummary, Proceedings, figures};
use crate::metrics::{MILLIONTHS, Quality, quality};

/// What the streams came to.
pub(super) fn media_summary(names: &Names<'_>, proceedings: &Proceedings) -> MediaSummary {
    let row = |from, to, codec: &String, q: &Quality| MediaRow {
        from: names.of(from),
        to: names.of(to),
        codec: codec.clone(),
        streams: q.streams,
        packets: q.packets,
        expected: q.expected,
        lost: q.lost,
        duplicates: q.duplicates,
        reordered: q.reordered,
        loss_pct: figures::delay(&q.loss, MILLIONTHS),
        jitter_ms: figures::delay(&q.jitter, figures::MILLISECOND),
        mos: figures::delay(&q.mos, MILLIONTHS),
        mos_wideband: figures::delay(&q.mos_wideband, MILLIONTHS),
        unrated: q.unrated,
        round_trip_ms: figures::delay(&q.round_trip, figures::MILLISECOND),
        loss_classes: q.loss_classes.to_vec(),
        jitter_classes: q.jitter_classes.to_vec(),
        mos_classes: q.mos_classes.to_vec(),
    };
    let directions: Vec<MediaRow> = (proceedings.heard.iter())
        .flat_map(|(&(from, to), codecs)| codecs.iter().map(move |(codec, quality)| row(from, to, codec, quality)))
        .collect();
    MediaSummary {
        bound: directions.iter().map(|row| row.streams).sum(),
        strays: proceedings.strays,
        directions,
        beside: (proceedings.beside.iter())
            .map(|(&(from, to, kind), row)| BesideRow { from: names.of(from), to: names.of(to), kind, ..row.clone() })
            .collect(),
        loss_classes_pct: quality::LOSS.to_vec(),
        jitter_classes_ms: quality::JITTER.to_vec(),
        mos_classes: quality::MOS.to_vec(),
        worst: proceedings.worst.clone(),
    }
}
