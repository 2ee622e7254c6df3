//! Takes the codecs of offers and answers, gives how often each was named, never more names than a report can hold.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::intake::NAMED;
use crate::sdp::Codec;

/// How often codecs were named. A trunk knows a handful of them, so a list is faster than any map.
#[derive(Clone, Debug, Default)]
pub struct CodecCounts {
    named: Vec<(Key, u64)>,
    /// Those beyond the first [`NAMED`] kinds.
    others: u64,
}

/// Encoding name as sent, clock rate and channels.
type Key = (Cow<'static, str>, u32, u8);

impl CodecCounts {
    /// Counts a codec.
    pub fn add(&mut self, codec: &Codec) {
        match self
            .named
            .iter_mut()
            .find(|((name, clock, channels), _)| (*clock, *channels) == (codec.clock, codec.channels) && *name == codec.name)
        {
            Some((_, n)) => *n += 1,
            None => self.note((codec.name.clone(), codec.clock, codec.channels), 1),
        }
    }

    /// Adds those of another part.
    pub fn merge(&mut self, other: Self) {
        self.others += other.others;
        for (key, n) in other.named {
            match self.named.iter_mut().find(|(own, _)| *own == key) {
                Some((_, count)) => *count += n,
                None => self.note(key, n),
            }
        }
    }

    /// The counts by `NAME/clock[/channels]`.
    #[must_use]
    pub fn by_name(&self) -> BTreeMap<String, u64> {
        let mut names = BTreeMap::new();
        for ((name, clock, channels), n) in &self.named {
            let codec = Codec { name: name.clone(), clock: *clock, channels: *channels, ..Codec::default() };
            *names.entry(codec.to_string().chars().take(64).collect()).or_default() += n;
        }
        if self.others > 0 {
            *names.entry("(other)".to_owned()).or_default() += self.others;
        }
        names
    }

    fn note(&mut self, key: Key, n: u64) {
        if self.named.len() < NAMED { self.named.push((key, n)) } else { self.others += n }
    }
}
