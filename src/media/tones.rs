//! Takes packets that a tone fills, gives the digits and fax tones that they make together, never the audio.

use crate::base::{Origin, Time};
use crate::rtp::Tone;

/// Tones that are kept.
const KEPT: usize = 32;

/// Samples at 8000 a second in a millisecond.
const MS: u32 = 8;

/// Signalling tones in the audio of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tones {
    /// Digits of DTMF.
    pub keys: u64,
    /// The first tones, in order.
    pub heard: Vec<Heard>,
    /// The first tone of a fax.
    pub fax: Option<Heard>,
}

/// One tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Which.
    pub tone: Tone,
    /// The frame in which it began.
    pub origin: Origin,
    /// When that passed.
    pub at: Time,
    /// How long it lasted, in milliseconds.
    pub ms: u32,
}

/// The tones of a stream, as far as they go.
#[derive(Clone, Debug, Default)]
pub(super) struct Listening {
    tones: Tones,
    /// The tone that may go on, and the time stamps of its beginning and end.
    open: Option<(Heard, u32, u32)>,
}

/// How long each must last: a digit 40 ms (ITU-T Q.24), CNG 0.5 s less 15 % (ITU-T T.30 §4.1), CED most of the 2.6 s that it has at least; and what may be
/// missing in it: the pause between digits has 40 ms, the phases of an answer tone change every 450 ms (ITU-T V.8).
const fn law(tone: Tone) -> (u32, u32) {
    match tone {
        Tone::Key(_) => (40 * MS, 20 * MS),
        Tone::Calling => (400 * MS, 40 * MS),
        Tone::Answering => (1_000 * MS, 40 * MS),
    }
}

impl Listening {
    /// Takes a packet that a tone fills: so many samples from a time stamp on.
    pub(super) fn on(&mut self, tone: Tone, timestamp: u32, samples: u32, origin: Origin, at: Time) {
        let ends = timestamp.wrapping_add(samples);
        if let Some((heard, _, until)) = &mut self.open {
            let after = timestamp.wrapping_sub(*until).cast_signed();
            let (_, missing) = law(tone);
            if after < 0 && after > -16_000 {
                // A copy, or a straggler.
                return;
            }
            if heard.tone == tone && after.unsigned_abs() <= missing {
                *until = ends;
                return;
            }
        }
        self.close();
        self.open = Some((Heard { tone, origin, at, ms: 0 }, timestamp, ends));
    }

    fn close(&mut self) {
        let Some((heard, from, until)) = self.open.take() else { return };
        let samples = until.wrapping_sub(from);
        let (least, _) = law(heard.tone);
        if samples < least {
            return;
        }
        let heard = Heard { ms: samples / MS, ..heard };
        match heard.tone {
            Tone::Key(_) => self.tones.keys += 1,
            Tone::Calling | Tone::Answering => {
                self.tones.fax.get_or_insert(heard);
            }
        }
        if self.tones.heard.len() < KEPT {
            self.tones.heard.push(heard);
        }
    }

    /// What was heard.
    pub(super) fn finish(mut self) -> Tones {
        self.close();
        self.tones
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of 20 ms, one letter each: a key, `c` and `a` for fax, anything else for no tone.
    fn listen(packets: &str) -> Tones {
        let mut listening = Listening::default();
        for (n, letter) in (0u32..).zip(packets.bytes()) {
            let tone = match letter {
                b'0'..=b'9' => Tone::Key(letter),
                b'c' => Tone::Calling,
                b'a' => Tone::Answering,
                _ => continue,
            };
            let origin = Origin { serial: u64::from(n), ..Origin::default() };
            // The time stamps wrap on the way.
            listening.on(tone, (n * 160).wrapping_sub(800), 160, origin, Time(i64::from(n)));
        }
        listening.finish()
    }

    #[test]
    fn digits_last_40_ms_and_are_parted_by_a_pause() {
        let tones = listen("11..1111..22.33333.4.4..");
        let keys: Vec<_> = tones.heard.iter().map(|h| (h.tone, h.origin.serial, h.ms)).collect();
        let key = |key, serial, ms| (Tone::Key(key), serial, ms);
        // The pause of one packet is none; a packet alone is no digit.
        assert_eq!(keys, [key(b'1', 0, 40), key(b'1', 4, 80), key(b'2', 10, 40), key(b'3', 13, 100), key(b'4', 19, 60)]);
        assert_eq!((tones.keys, tones.fax), (5, None));
    }

    #[test]
    fn a_fax_calls_for_half_a_second_and_answers_for_longer() {
        assert_eq!(listen(&"c".repeat(19)).fax, None);
        assert_eq!(listen(&"c".repeat(25)).fax.map(|h| h.ms), Some(500));
        assert_eq!(listen(&"a".repeat(45)).fax, None);
        assert_eq!(listen(&format!("{}.{}", "a".repeat(22), "a".repeat(100))).fax.map(|h| (h.tone, h.ms)), Some((Tone::Answering, 2_460)));
    }
}
