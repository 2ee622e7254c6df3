//! Takes octets out of the payloads of a stream, gives whether they are as even as only a cipher makes them, never what they say.

/// Octets are told apart by their upper six bits: the sign, the segment and half the step of G.711.
const CLASSES: usize = 64;

/// Octets that are taken of one payload, and of a stream.
pub(crate) const TAKEN: usize = 16;
const MOST: u32 = 4_096;

/// Octets without which nothing is said: three for each class.
const LEAST: u32 = 192;

/// The chi-squared of even octets is 63 on the mean with a deviation of 11.2, whatever their number. Four deviations above it is what a cipher does
/// not reach in 10,000 streams; eight, in none.
const EVEN: f64 = 108.0;
const UNEVEN: f64 = 155.0;

/// How often octets of each class came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Texture {
    counts: [u16; CLASSES],
    octets: u32,
    /// The time stamp of the last payload that was counted.
    last: Option<u32>,
}

/// What octets look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weave {
    /// All as frequent: what a cipher makes of anything (RFC 3711 §4.1), and no voice in G.711 or G.722 does.
    Even,
    /// Some far more frequent than others: voice, tones, silence.
    Uneven,
}

impl Weave {
    /// Its word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Even => "even",
            Self::Uneven => "uneven",
        }
    }
}

impl Default for Texture {
    fn default() -> Self {
        Self { counts: [0; CLASSES], octets: 0, last: None }
    }
}

impl Texture {
    /// Counts octets of the payload with this time stamp. A copy, which a mirror port or the network made, says nothing new.
    #[allow(clippy::cast_possible_truncation)]
    pub(crate) fn on(&mut self, timestamp: u32, octets: &[u8; TAKEN]) {
        if self.octets >= MOST || self.last.replace(timestamp) == Some(timestamp) {
            return;
        }
        for octet in octets {
            if let Some(count) = self.counts.get_mut(usize::from(octet >> 2)) {
                *count += 1;
            }
        }
        self.octets += TAKEN as u32;
    }

    /// What they look like; `None` where there are too few, or it is neither.
    #[must_use]
    pub fn weave(&self) -> Option<Weave> {
        if self.octets < LEAST {
            return None;
        }
        #[allow(clippy::cast_precision_loss)]
        let expected = f64::from(self.octets) / CLASSES as f64;
        let chi_squared: f64 = self.counts.iter().map(|&n| (f64::from(n) - expected).powi(2) / expected).sum();
        match chi_squared {
            x if x <= EVEN => Some(Weave::Even),
            x if x >= UNEVEN => Some(Weave::Uneven),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use aes_gcm::Aes128Gcm;
    use aes_gcm::aead::{AeadInOut, KeyInit};

    use super::*;

    fn weave(octets: &[u8]) -> Option<Weave> {
        let mut texture = Texture::default();
        (0..).zip(octets.chunks_exact(TAKEN)).for_each(|(n, chunk)| texture.on(n, chunk.try_into().unwrap()));
        texture.weave()
    }

    /// A second of a tone of 440 Hz in A-law, roughly: the sign and the segment of each sample.
    fn tone() -> Vec<u8> {
        let sample = |n: u32| 8_000.0 * (f64::from(n) * std::f64::consts::TAU * 440.0 / 8_000.0).sin();
        let code = |x: f64| (u8::from(x > 0.0) << 7 | (x.abs().max(1.0).log2() * 8.0) as u8) ^ 0x55;
        (0..8_000).map(|n| code(sample(n))).collect()
    }

    #[test]
    fn a_cipher_makes_anything_even() {
        let cipher = Aes128Gcm::new_from_slice(&[7; 16]).unwrap();
        for n in 0..500u32 {
            let mut octets = vec![0xd5; 800];
            let mut nonce = [0; 12];
            nonce[..4].copy_from_slice(&n.to_be_bytes());
            cipher.encrypt_in_place(&nonce.into(), b"", &mut octets).unwrap();
            assert_ne!(weave(&octets[..800]), Some(Weave::Uneven), "{n}");
        }
    }

    #[test]
    fn tones_and_silence_are_uneven() {
        assert_eq!((weave(&tone()), weave(&[0xd5; 400])), (Some(Weave::Uneven), Some(Weave::Uneven)));
    }

    /// A mirror port that shows each packet twice would make any deviation twice as large.
    #[test]
    fn copies_say_nothing_new() {
        let mut texture = Texture::default();
        let octets: [u8; TAKEN] = std::array::from_fn(|n| n as u8 * 16);
        (0..24).for_each(|n| texture.on(n / 2, &octets));
        assert_eq!(texture.octets, 192);
    }

    #[test]
    fn a_few_octets_say_nothing() {
        assert_eq!(weave(&[0xd5; 176]), None);
    }
}
