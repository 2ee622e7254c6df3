//! Takes what two sides say to each other, gives the segments of a TCP connection, never a lost octet unless asked.

use super::calls::{ALPHA, BRAVO, Call};
use super::{Frame, ethernet, micros};

/// A message of a call as it goes over TCP: seconds, whether alpha sends it, its octets.
pub type Said = (f64, bool, Vec<u8>);

/// The messages of a call, with TCP in their Via.
pub fn said(call: &Call) -> Vec<Said> {
    let message = |frame: &Frame| {
        let text = String::from_utf8(frame.octets[42..].to_vec()).unwrap().replace("SIP/2.0/UDP", "SIP/2.0/TCP");
        ((frame.micros - super::EPOCH) as f64 / 1e6, frame.octets[26..30] == ALPHA.0.octets(), text.into_bytes())
    };
    call.frames.iter().map(message).collect()
}

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
const PUSH: u8 = 0x08;
const FIN: u8 = 0x01;

/// A connection from alpha to bravo.
#[derive(Clone)]
pub struct Connection {
    /// The next sequence numbers of bravo and of alpha.
    next: [u32; 2],
    /// The port at which bravo listens.
    port: u16,
    pub frames: Vec<Frame>,
}

impl Connection {
    /// Opened in 3 ms. Alpha's sequence numbers wrap soon.
    pub fn open(at: f64) -> Self {
        Self::open_to(BRAVO.1, at)
    }

    /// The same to another port of bravo.
    pub fn open_to(port: u16, at: f64) -> Self {
        let mut connection = Self { next: [7_000, u32::MAX - 900], port, frames: Vec::new() };
        connection.segment(at, true, SYN, b"");
        connection.segment(at + 0.001, false, SYN | ACK, b"");
        connection.acknowledge(at + 0.002, true)
    }

    /// Whose opening the capture does not hold.
    pub fn midstream() -> Self {
        Self { next: [7_000, 9_000], port: BRAVO.1, frames: Vec::new() }
    }

    /// Sends octets in one segment.
    pub fn send(mut self, at: f64, from_alpha: bool, octets: &[u8]) -> Self {
        self.segment(at, from_alpha, ACK | PUSH, octets);
        self
    }

    /// Sends octets that the capture does not hold.
    pub fn lose(mut self, from_alpha: bool, octets: &[u8]) -> Self {
        self.segment(0.0, from_alpha, ACK, octets);
        self.frames.pop();
        self
    }

    /// The side acknowledges all that the other has sent.
    pub fn acknowledge(mut self, at: f64, from_alpha: bool) -> Self {
        self.segment(at, from_alpha, ACK, b"");
        self
    }

    /// Sends the last segment once more.
    pub fn repeat(mut self, at: f64) -> Self {
        let octets = self.frames.last().unwrap().octets.clone();
        self.frames.push(Frame { micros: micros(at), octets });
        self
    }

    /// The last two segments arrive in the other order.
    pub fn overtake(mut self) -> Self {
        let [.., a, b] = self.frames.as_mut_slice() else { panic!("two segments are needed") };
        std::mem::swap(&mut a.octets, &mut b.octets);
        self
    }

    /// Both sides are done.
    pub fn close(mut self, at: f64) -> Self {
        self.segment(at, true, FIN | ACK, b"");
        self.segment(at + 0.001, false, FIN | ACK, b"");
        self.acknowledge(at + 0.002, true)
    }

    fn segment(&mut self, at: f64, from_alpha: bool, flags: u8, octets: &[u8]) {
        let (alpha, bravo) = ((ALPHA.0, 40_000), (BRAVO.0, self.port));
        let (source, destination) = if from_alpha { (alpha, bravo) } else { (bravo, alpha) };
        let mine = usize::from(from_alpha);
        let acknowledged = if flags & ACK == 0 { 0 } else { self.next[1 - mine] };
        let mut out = Vec::new();
        out.extend(source.1.to_be_bytes());
        out.extend(destination.1.to_be_bytes());
        out.extend(self.next[mine].to_be_bytes());
        out.extend(acknowledged.to_be_bytes());
        out.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        out.extend(octets);
        self.frames.push(Frame { micros: micros(at), octets: ethernet(source.0, destination.0, 6, 0, 0, &out) });
        let taken = octets.len() as u32 + u32::from(flags & (SYN | FIN) != 0);
        self.next[mine] = self.next[mine].wrapping_add(taken);
    }
}

/// A connection in which every message is one segment.
pub fn connection(said: &[Said]) -> Connection {
    said.iter().fold(Connection::open(said[0].0 - 0.01), |connection, (at, from_alpha, octets)| connection.send(*at, *from_alpha, octets))
}
