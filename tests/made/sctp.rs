//! Takes a call, gives the packets of an SCTP association that carries it, never in the order in which they were sent.

use super::calls::{ALPHA, BRAVO, Call};
use super::tcp::said;
use super::{Frame, ethernet, micros};

/// Each message as two DATA chunks in two packets (RFC 9260 §3.1, §3.3.1), from the second on the end before the beginning.
pub fn over_sctp(call: &Call) -> Vec<Frame> {
    let packet = |at: f64, from_alpha: bool, flags: u8, tsn: u32, octets: &[u8]| {
        let (source, destination) = if from_alpha { (ALPHA, BRAVO) } else { (BRAVO, ALPHA) };
        let length = u16::try_from(octets.len() + 16).unwrap().to_be_bytes();
        let head = [&source.1.to_be_bytes()[..], &destination.1.to_be_bytes(), &[0, 0, 0, u8::from(from_alpha), 0, 0, 0, 0]].concat();
        let chunk = [&[0, flags], &length[..], &tsn.to_be_bytes(), &[0; 8], octets].concat();
        Frame { micros: micros(at), octets: ethernet(source.0, destination.0, 132, 0, 0, &[head, chunk].concat()) }
    };
    let halves = said(call).into_iter().zip(1..).flat_map(|((at, from_alpha, message), n)| {
        let (beginning, end) = message.split_at(message.len() / 2);
        let tsn = n * 2;
        // tshark wants an association to begin with a beginning.
        let (first, second) = if n == 1 { (0.0, 0.01) } else { (0.01, 0.0) };
        [packet(at + first, from_alpha, 2, tsn, beginning), packet(at + second, from_alpha, 1, tsn + 1, end)]
    });
    let mut frames: Vec<Frame> = halves.collect();
    frames.sort_by_key(|frame| frame.micros);
    frames
}
