//! Takes a payload of G.711, gives the signalling tone that fills it, never who sent it.

use std::f32::consts::TAU;

/// A tone of telephone signalling in the audio itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// A pair of DTMF (ITU-T Q.23), as the key of a telephone.
    Key(u8),
    /// CNG, by which a fax calls (ITU-T T.30 §4.1): 1100 Hz.
    Calling,
    /// CED, by which a fax answers (ITU-T T.30 §4.2): 2100 Hz.
    Answering,
}

/// How G.711 writes a sample (ITU-T G.711).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// PCMU.
    Mu,
    /// PCMA.
    A,
}

/// Samples of a payload that are looked at, and without which nothing is said: 10 to 30 ms.
const MOST: usize = 240;
const LEAST: usize = 80;

/// The groups of ITU-T Q.23, in Hz, and the keys by both.
const LOW: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH: [f32; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
const KEYS: [u8; 16] = *b"123A456B789C*0#D";

/// Around 1100 Hz, which may be off by 38 (ITU-T T.30 §4.1), and 2100 Hz, by 15.
const CALLING: [f32; 3] = [1075.0, 1100.0, 1125.0];
const ANSWERING: [f32; 2] = [2092.0, 2108.0];

/// The mean square of a sample below which nobody hears a tone: about -34 dBm0.
const FAINT: f32 = 100_000.0;

/// The share of the energy that the two tones of a pair have together, and each at least.
const PAIR: f32 = 0.8;
const HALF: f32 = 0.06;

/// Where a tone is looked for that may be off by 1.5 % (ITU-T Q.24).
const OFF: [f32; 3] = [0.989, 1.0, 1.011];

/// The share of a single tone.
const SINGLE: f32 = 0.85;

impl Tone {
    /// The tone that fills a payload, if one does.
    #[must_use]
    pub fn of(payload: &[u8], law: Law) -> Option<Self> {
        let octets = payload.get(..payload.len().min(MOST)).filter(|octets| octets.len() >= LEAST)?;
        let table = match law {
            Law::Mu => &MU,
            Law::A => &A,
        };
        // Most packets are fainter than any tone; a few samples say so.
        let sample = |octet: u8| table.get(usize::from(octet)).copied().unwrap_or_default();
        let loud = octets.iter().step_by(7).map(|&o| sample(o) * sample(o)).fold(0.0f32, f32::max);
        if loud < FAINT {
            return None;
        }
        let mut samples = [0.0f32; MOST];
        let mut energy = 0.0;
        for (place, &octet) in samples.iter_mut().zip(octets) {
            *place = sample(octet);
            energy += *place * *place;
        }
        let samples = samples.get(..octets.len())?;
        #[allow(clippy::cast_precision_loss)]
        let count = samples.len() as f32;
        if energy < FAINT * count {
            return None;
        }
        let shares =
            |group: &[f32]| group.iter().map(|&hz| power(samples, hz) * 2.0 / (count * energy)).enumerate().fold((0, 0.0f32), greater);
        let (row, low) = shares(&LOW);
        if low < HALF {
            let single = |group: &[f32]| shares(group).1 >= SINGLE;
            return if single(&CALLING) { Some(Self::Calling) } else { single(&ANSWERING).then_some(Self::Answering) };
        }
        let (column, high) = shares(&HIGH);
        if high < HALF || low + high < PAIR / 2.0 {
            return None;
        }
        let near = |group: &[f32], at: usize| group.get(at).map_or(0.0, |hz| shares(&OFF.map(|off| off * hz)).1);
        let found = near(&LOW, row) + near(&HIGH, column) >= PAIR;
        found.then(|| KEYS.get(row * 4 + column).copied().map(Self::Key)).flatten()
    }
}

fn greater(a: (usize, f32), b: (usize, f32)) -> (usize, f32) {
    if b.1 > a.1 { b } else { a }
}

/// The power at a frequency, by the algorithm of Goertzel: the squared sum of what turns with it, at 8000 samples a second.
fn power(samples: &[f32], hz: f32) -> f32 {
    let factor = 2.0 * (TAU * hz / 8000.0).cos();
    let (a, b) = samples.iter().fold((0.0f32, 0.0f32), |(a, b), &x| (x + factor * a - b, a));
    a * a + b * b - factor * a * b
}

/// ITU-T G.711 table 2: the sample that a code stands for.
static MU: [f32; 256] = table(Law::Mu);
/// ITU-T G.711 table 1.
static A: [f32; 256] = table(Law::A);

#[allow(clippy::cast_possible_truncation, clippy::indexing_slicing, clippy::cast_precision_loss)] // Of 256 codes, at compile time.
const fn table(law: Law) -> [f32; 256] {
    let mut table = [0.0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = expand(code as u8, law) as f32;
        code += 1;
    }
    table
}

const fn expand(code: u8, law: Law) -> i32 {
    match law {
        Law::Mu => {
            let code = !code;
            let magnitude = ((((code & 0x0f) as i32) << 3) + 0x84) << ((code & 0x70) >> 4);
            if code & 0x80 == 0 { magnitude - 0x84 } else { 0x84 - magnitude }
        }
        Law::A => {
            let code = code ^ 0x55;
            let (segment, step) = ((code & 0x70) >> 4, ((code & 0x0f) as i32) << 4);
            let magnitude = if segment == 0 { step + 8 } else { (step + 0x108) << (segment - 1) };
            if code & 0x80 == 0 { -magnitude } else { magnitude }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20 ms of tones, each with its frequency and amplitude, in the nearest codes of a law.
    fn sound(tones: &[(f32, f32)], law: Law, from: usize) -> Vec<u8> {
        let table = if law == Law::A { &A } else { &MU };
        let at = |n: usize| tones.iter().map(|(hz, amplitude)| amplitude * (TAU * hz * n as f32 / 8000.0).sin()).sum::<f32>();
        let nearest = |x: f32| (0..=255u8).min_by(|&a, &b| (table[usize::from(a)] - x).abs().total_cmp(&(table[usize::from(b)] - x).abs()));
        (from..from + 160).map(|n| nearest(at(n)).unwrap()).collect()
    }

    #[test]
    fn codes_are_those_of_g711() {
        assert_eq!((A[0xd5], A[0x55], A[0xaa], A[0x2a]), (8.0, -8.0, 32256.0, -32256.0));
        assert_eq!((MU[0xff], MU[0x7f], MU[0x80], MU[0x00]), (0.0, 0.0, 32124.0, -32124.0));
    }

    /// ITU-T Q.23, at the 1.5 % that a receiver must take and 6 dB between the tones (ITU-T Q.24).
    #[test]
    fn every_key_is_heard_in_both_laws() {
        for (n, key) in KEYS.iter().enumerate() {
            for (off, law) in [(1.0, Law::A), (1.015, Law::Mu), (0.985, Law::A)] {
                let tones = [(LOW[n / 4] * off, 4_000.0), (HIGH[n % 4] * off, 8_000.0)];
                for from in [0, 37, 1_001] {
                    assert_eq!(Tone::of(&sound(&tones, law, from), law), Some(Tone::Key(*key)), "{off} {from}");
                }
            }
        }
    }

    #[test]
    fn fax_is_heard_within_its_tolerance() {
        for hz in [1_070.0, 1_100.0, 1_130.0] {
            assert_eq!(Tone::of(&sound(&[(hz, 3_000.0)], Law::A, 5), Law::A), Some(Tone::Calling), "{hz}");
        }
        for hz in [2_086.0, 2_100.0, 2_114.0] {
            assert_eq!(Tone::of(&sound(&[(hz, 3_000.0)], Law::Mu, 5), Law::Mu), Some(Tone::Answering), "{hz}");
        }
    }

    #[test]
    fn what_is_no_signal_is_none() {
        // A dial tone, a ring-back tone, two tones with speech beside them, silence, a faint pair, noise.
        for tones in [
            &[(425.0, 6_000.0)][..],
            &[(440.0, 6_000.0), (480.0, 6_000.0)],
            &[(697.0, 4_000.0), (1_209.0, 4_000.0), (300.0, 6_000.0)],
            &[(1_000.0, 9_000.0)],
            &[],
            &[(697.0, 150.0), (1_209.0, 150.0)],
        ] {
            assert_eq!(Tone::of(&sound(tones, Law::A, 0), Law::A), None, "{tones:?}");
        }
        let noise: Vec<u8> = (0..160u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        assert_eq!(Tone::of(&noise, Law::A), None);
        assert_eq!(Tone::of(&[0x2a; 40], Law::A), None, "too short");
    }
}
