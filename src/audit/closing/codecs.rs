//! Takes who offered, answered and sent what, gives the rows of codecs, never a codec that nobody named.

use super::names::Names;
use crate::audit::{CodecCount, Proceedings};

pub(super) fn codecs(names: &Names<'_>, proceedings: &Proceedings) -> Vec<CodecCount> {
    let mut rows = Vec::new();
    for (&(from, to), used) in &proceedings.codecs {
        let (offered, answered) = (used.offered.by_name(), used.answered.by_name());
        let all: std::collections::BTreeSet<&String> = offered.keys().chain(answered.keys()).chain(used.sent.keys()).collect();
        rows.extend(all.into_iter().map(|codec| CodecCount {
            from: names.of(from),
            to: names.of(to),
            codec: codec.clone(),
            offered: offered.get(codec).copied().unwrap_or(0),
            answered: answered.get(codec).copied().unwrap_or(0),
            sent_streams: Some(used.sent.get(codec).copied().unwrap_or(0)),
        }));
    }
    rows
}
