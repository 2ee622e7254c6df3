//! Takes a kind of traffic and a size, gives a capture of a trunk between two peers, never a different one for the same size.

mod call;
mod frame;
mod media;
mod random;
mod sip;
#[allow(dead_code, reason = "only the generator of captures writes it")]
pub(crate) mod tls;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::Ipv4Addr;

use call::{Call, Manner, PEERS};
use media::Stream;
use random::Random;

/// What the capture is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// SIP only: 60 calls a second of a minute each.
    Signalling,
    /// SIP and its media: a thousand streams at a time, 95 % of the bytes.
    Media,
    /// The same, with calls that last: 20,000 streams at once after eight seconds, and no new ones then.
    #[allow(dead_code, reason = "only the generator of captures writes it")]
    Crowd,
}

/// What was written.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Written {
    pub(crate) packets: u64,
    pub(crate) bytes: u64,
    pub(crate) calls: u64,
}

/// What happens next.
enum Event {
    Call,
    Ping,
    Datagram(Vec<u8>),
    Voice(Box<Stream>),
}

/// 2026-11-14T10:00:00Z in microseconds.
const START: u64 = 1_794_650_400_000_000;
const PING: u64 = 10_000_000;
/// Answered calls of a crowd, each with two streams.
const CROWD: usize = 10_000;

/// A trunk and what is under way on it.
struct Trunk {
    random: Random,
    manner: Manner,
    /// Mean time between calls, in microseconds.
    pause: u64,
    /// By time, then by the order in which they were planned.
    ahead: BTreeMap<(u64, u64), Event>,
    planned: u64,
    calls: u64,
    answered: usize,
    /// Answered calls after which no call begins.
    most: usize,
}

impl Trunk {
    fn new(kind: Kind) -> Self {
        let (manner, rate, most) = match kind {
            Kind::Signalling => (Manner { ring: 5_000_000, hold: 60_000_000, voice: false }, 60, usize::MAX),
            Kind::Media => (Manner { ring: 700_000, hold: 5_500_000, voice: true }, 100, usize::MAX),
            Kind::Crowd => (Manner { ring: 700_000, hold: 36_000_000_000, voice: true }, 2_000, CROWD),
        };
        let (random, pause) = (Random::new(1), 1_000_000 / rate);
        let mut trunk = Self { random, manner, pause, ahead: BTreeMap::new(), planned: 0, calls: 0, answered: 0, most };
        trunk.plan(START, Event::Call);
        trunk.plan(START + PING / 3, Event::Ping);
        trunk
    }

    fn plan(&mut self, time: u64, event: Event) {
        self.planned += 1;
        self.ahead.insert((time, self.planned), event);
    }

    /// Moves on to the next event; gives the datagrams that pass at that moment.
    fn step(&mut self, passing: &mut Vec<Vec<u8>>) -> Option<u64> {
        let ((now, _), event) = self.ahead.pop_first()?;
        match event {
            Event::Datagram(frame) => passing.push(frame),
            Event::Voice(mut stream) => {
                if let Some(next) = stream.play(&mut self.random, passing) {
                    self.plan(next, Event::Voice(stream));
                }
            }
            Event::Ping => {
                self.converse(now, true);
                self.plan(now + PING / 4, Event::Ping);
            }
            Event::Call if self.answered < self.most => {
                self.converse(now, false);
                let pause = self.random.exponential(self.pause);
                self.plan(now + pause, Event::Call);
            }
            Event::Call => {}
        }
        Some(now)
    }

    /// A new call, or a ping, from now on.
    fn converse(&mut self, now: u64, ping: bool) {
        let [alpha, bravo] = &PEERS;
        let (caller, callee) = if self.random.below(5) < 3 { (alpha, bravo) } else { (bravo, alpha) };
        let port = 16_384 + (self.calls % 20_000) as u16 * 2;
        let mut datagrams = Vec::new();
        let call = Call::new(caller, callee, port, now, &mut self.random, &mut datagrams);
        let voice = if ping {
            call.ping();
            Vec::new()
        } else {
            self.calls += 1;
            call.play(self.manner)
        };
        for (time, frame) in datagrams {
            self.plan(time, Event::Datagram(frame));
        }
        self.answered += usize::from(!voice.is_empty());
        for stream in voice {
            self.plan(stream.due(), Event::Voice(Box::new(stream)));
        }
    }
}

/// The first `count` SIP messages of the signalling trunk, with their time and their hosts.
fn messages(count: usize) -> Vec<(u64, Ipv4Addr, Ipv4Addr, Vec<u8>)> {
    const HEADERS: usize = 14 + 20 + 8;
    let mut trunk = Trunk::new(Kind::Signalling);
    let (mut passing, mut messages) = (Vec::new(), Vec::with_capacity(count));
    while let Some(now) = trunk.step(&mut passing).filter(|_| messages.len() < count) {
        for frame in passing.drain(..) {
            let ip = |at: usize| Ipv4Addr::new(frame[at], frame[at + 1], frame[at + 2], frame[at + 3]);
            messages.push((now, ip(26), ip(30), frame[HEADERS..].to_vec()));
        }
    }
    messages.truncate(count);
    messages
}

/// Writes a capture of about `size` bytes, and never less.
///
/// # Errors
/// Those of `out`.
pub(crate) fn write(kind: Kind, size: u64, out: &mut impl Write) -> io::Result<Written> {
    let mut trunk = Trunk::new(kind);
    let mut passing = Vec::new();
    let mut written = Written { bytes: frame::begin(out)?, ..Written::default() };
    while written.bytes < size {
        let Some(now) = trunk.step(&mut passing) else { break };
        for frame in passing.drain(..) {
            written.bytes += frame::record(out, now, &frame)?;
            written.packets += 1;
        }
    }
    written.calls = trunk.calls;
    Ok(written)
}
