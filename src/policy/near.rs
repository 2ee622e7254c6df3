//! Takes a word and those that are known, gives the one that was meant, never one that is merely short.

/// The nearest of the known words, where it is near enough to have been meant.
pub(super) fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // The comparison is quadratic in length; no word of the schema is long.
    if word.len() > 64 {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace('-', "_");
    let word = plain(word);
    // Two letters swapped in a short word are near, though most of it then stands in another place.
    let likeness = |known: &str| {
        let slip = word.len() > 2 && strsim::damerau_levenshtein(&word, known) == 1;
        strsim::jaro_winkler(&word, known).max(if slip { 0.9 } else { 0.0 })
    };
    let best = known.map(|k| (likeness(&plain(k)), k)).max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)));
    best.filter(|(likeness, _)| *likeness > 0.86).map(|(_, k)| k)
}
