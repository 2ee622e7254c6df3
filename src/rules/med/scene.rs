//! Takes the words of a test on codecs, gives bodies and terms, never anything outside tests.

use crate::policy::{CodecTerm, Level, Terms};
use crate::rules::negotiation::session;
use crate::rules::scene::{agreed, clause};

/// Media sections as alpha's body.
pub(super) fn audio(media: &str) -> String {
    session("192.0.2.70", media)
}

/// Agrees on audio codecs, in order of preference, and on the level of all others.
pub(super) fn codecs(entries: &[(&str, u32, Level)], unlisted: Option<Level>) -> impl FnOnce(&mut Terms) {
    let entries: Vec<_> = entries.iter().map(|&(name, clock, level)| term(name, clock, level)).collect();
    move |terms| {
        terms.media.audio.codecs = entries;
        terms.media.audio.unlisted = unlisted.and_then(agreed);
    }
}

/// One entry.
pub(super) fn term(name: &str, clock: u32, level: Level) -> CodecTerm {
    CodecTerm { name: name.into(), clock, channels: None, level: clause(level), ptime_ms: None, fmtp: Default::default() }
}
