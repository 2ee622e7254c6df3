//! Takes the codecs of offers and answers, gives how often each was named, never more names than a report can hold.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::intake::{NAMED, OTHER};
use crate::sdp::Codec;

/// How often codecs were named. A trunk knows a handful of them, so a list is faster than any map.
#[derive(Clone, Debug, Default)]
pub struct CodecCounts {
    named: Vec<(Key, u64)>,
    /// Those of kinds beyond [`NAMED`].
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
            *names.entry(OTHER.to_owned()).or_default() += self.others;
        }
        names
    }

    /// Which kinds stay hangs on them alone, and not on the order in which they come: usual names before invented ones.
    fn note(&mut self, key: Key, n: u64) {
        self.named.push((key, n));
        if self.named.len() > NAMED {
            let rank = |at: &usize| self.named.get(*at).map(|(key, _)| (matches!(key.0, Cow::Owned(_)), key));
            if let Some(last) = (0..self.named.len()).max_by(|a, b| rank(a).cmp(&rank(b))) {
                self.others += self.named.swap_remove(last).1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_names_stay_in_every_order_and_part() {
        let codec = |name: Cow<'static, str>| Codec { name, clock: 8000, channels: 1, ..Codec::default() };
        let mut codecs: Vec<Codec> = (0..2000).map(|n| codec(format!("x{n}").into())).collect();
        codecs.push(codec("PCMU".into()));
        let of = |codecs: &[&Codec]| {
            let mut counts = CodecCounts::default();
            codecs.iter().for_each(|codec| counts.add(codec));
            counts
        };
        let forth: Vec<&Codec> = codecs.iter().chain(&codecs).collect();
        let back: Vec<&Codec> = forth.iter().rev().copied().collect();
        let mut parts = CodecCounts::default();
        back.chunks(7).for_each(|part| parts.merge(of(part)));
        let names = of(&forth).by_name();
        assert_eq!((of(&back).by_name(), parts.by_name()), (names.clone(), names.clone()));
        assert_eq!((names.len(), names["PCMU/8000"], names[OTHER]), (NAMED + 1, 2, 2 * (2001 - NAMED as u64)));
    }
}
