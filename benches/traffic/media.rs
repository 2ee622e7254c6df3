//! Takes where a stream flows, gives its RTP and RTCP packets one after the other, never two at once.

use super::frame::{Socket, udp};
use super::random::Random;

const PACKET: u64 = 20_000;
/// RFC 3550 §6.2 recommends five seconds between reports.
const REPORT: u64 = 5_000_000;

/// One direction of a call's voice: G.711 A-law, 20 ms.
pub(crate) struct Stream {
    from: Socket,
    to: Socket,
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    sent: u32,
    /// When the next packet is due, before jitter.
    due: u64,
    report: u64,
    end: u64,
}

impl Stream {
    pub(crate) fn new(from: Socket, to: Socket, start: u64, end: u64, random: &mut Random) -> Self {
        let (ssrc, sequence, timestamp) = (random.next() as u32, random.next() as u16, random.next() as u32);
        Self { from, to, ssrc, sequence, timestamp, sent: 0, due: start, report: start + REPORT, end }
    }

    pub(crate) const fn due(&self) -> u64 {
        self.due
    }

    /// The packets of this moment, and the moment of the next; `None` after the last.
    pub(crate) fn play(&mut self, random: &mut Random, out: &mut Vec<Vec<u8>>) -> Option<u64> {
        if !random.one_in(2_000) {
            out.push(udp(self.from, self.to, &self.rtp(random)));
        }
        self.sent += 1;
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(160);
        if self.due >= self.report {
            self.report += REPORT;
            let next = |socket: Socket| Socket { port: socket.port + 1, ..socket };
            out.push(udp(next(self.from), next(self.to), &self.rtcp()));
        }
        self.due += PACKET;
        (self.due < self.end).then(|| self.due + random.below(1_500))
    }

    fn rtp(&self, random: &mut Random) -> Vec<u8> {
        let marker = if self.sent == 0 { 0x80 } else { 0 };
        let mut packet = Vec::with_capacity(172);
        packet.extend([0x80, marker | 8]);
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(self.timestamp.to_be_bytes());
        packet.extend(self.ssrc.to_be_bytes());
        // Noise of a quiet room: the low bits of A-law around its silence.
        for _ in 0..20 {
            packet.extend(((random.next() & 0x8707_0787_0707_0707) ^ 0xd5d5_d5d5_d5d5_d5d5).to_be_bytes());
        }
        packet
    }

    /// A sender report and a name (RFC 3550 §6.4.1, §6.5).
    fn rtcp(&self) -> Vec<u8> {
        let (seconds, micros) = (self.due / 1_000_000, self.due % 1_000_000);
        let ntp = ((seconds + 2_208_988_800) << 32) | ((micros << 32) / 1_000_000);
        let mut packet = vec![0x80, 200, 0, 6];
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend(ntp.to_be_bytes());
        for word in [self.timestamp, self.sent, self.sent * 160] {
            packet.extend(word.to_be_bytes());
        }
        packet.extend([0x81, 202, 0, 4]);
        packet.extend(self.ssrc.to_be_bytes());
        packet.extend([1, 8]);
        packet.extend(format!("{:08x}", self.ssrc).bytes());
        packet.extend([0, 0]);
        packet
    }
}
