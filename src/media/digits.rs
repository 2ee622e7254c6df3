//! Takes telephone-event packets of one stream in order, gives the events with their faults, never the audio beside them.

use crate::base::{Origin, Time};
use crate::rtp::TelephoneEvent;

/// Events that are kept.
const KEPT: usize = 64;

/// The telephone events of a stream (RFC 4733).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Digits {
    /// Packets of events.
    pub packets: u64,
    /// How many events there were.
    pub count: u64,
    /// The first of them.
    pub events: Vec<Event>,
    /// Packets that came twice.
    pub duplicates: u64,
    /// Events of which no packet with the E bit came.
    pub unended: u64,
    /// Packets whose duration was less than that of one before them in the same event.
    pub shrinking: u64,
    /// Packets that go on with an event under another time stamp than it began with (RFC 4733 §2.5.1.2).
    pub drifting: u64,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// The event code: 0–9, then * # A B C D, then 16 for a flash.
    pub code: u8,
    /// The frame of its first packet.
    pub origin: Origin,
    /// When that passed.
    pub at: Time,
    /// The longest duration that it named, in ticks.
    pub duration: u32,
    /// Its packets.
    pub packets: u32,
    /// Its packets with the E bit: three, where the sender follows RFC 4733 §2.5.1.4.
    pub ends: u32,
}

impl Event {
    /// The key of a telephone, for the codes that have one (RFC 4733 §3.2).
    #[must_use]
    pub fn key(&self) -> Option<char> {
        b"0123456789*#ABCD".get(usize::from(self.code)).map(|&key| char::from(key))
    }
}

/// The events of a stream, as far as they go.
#[derive(Clone, Debug, Default)]
pub(super) struct Dialling {
    digits: Digits,
    /// The event that is open, and its time stamp.
    open: Option<(Event, u32)>,
}

impl Dialling {
    /// Takes a packet.
    pub(super) fn on(&mut self, event: TelephoneEvent, timestamp: u32, marker: bool, late: bool, origin: Origin, at: Time) {
        self.digits.packets += 1;
        let duration = u32::from(event.duration);
        match &mut self.open {
            Some((open, stamp)) if open.code == event.code && (*stamp == timestamp || (!marker && open.ends == 0)) => {
                // An event of more than 65535 ticks goes on in segments, each with the time stamp where it begins (RFC 4733 §2.5.1.3).
                let next_segment = timestamp.wrapping_sub(*stamp) >= 0xffff;
                if *stamp != timestamp && !next_segment && !late {
                    self.digits.drifting += 1;
                }
                if duration < open.duration && !late && *stamp == timestamp {
                    self.digits.shrinking += 1;
                }
                *stamp = timestamp;
                open.duration = open.duration.max(duration);
                open.packets += 1;
                open.ends += u32::from(event.end);
            }
            _ if late => {}
            _ => {
                self.close();
                let ends = u32::from(event.end);
                self.open = Some((Event { code: event.code, origin, at, duration, packets: 1, ends }, timestamp));
            }
        }
    }

    /// Takes a packet that came before.
    pub(super) fn again(&mut self) {
        self.digits.packets += 1;
        self.digits.duplicates += 1;
    }

    fn close(&mut self) {
        let Some((event, _)) = self.open.take() else { return };
        self.digits.count += 1;
        self.digits.unended += u64::from(event.ends == 0);
        if self.digits.events.len() < KEPT {
            self.digits.events.push(event);
        }
    }

    /// What it came to.
    pub(super) fn finish(mut self) -> Digits {
        self.close();
        self.digits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packets of (code, time stamp, duration, E bit, marker).
    fn dial(packets: &[(u8, u32, u16, bool, bool)]) -> Digits {
        let mut dialling = Dialling::default();
        for &(code, timestamp, duration, end, marker) in packets {
            let event = TelephoneEvent { code, end, volume: 10, duration };
            dialling.on(event, timestamp, marker, false, Origin::default(), Time(0));
        }
        dialling.finish()
    }

    /// After RFC 4733 §5: the digits 9 and 1, each ended by three packets.
    #[test]
    fn keys_with_three_ends_each_are_whole() {
        let digits = dial(&[
            (9, 0, 400, false, true),
            (9, 0, 800, false, false),
            (9, 0, 1600, true, false),
            (9, 0, 1600, true, false),
            (9, 0, 1600, true, false),
            (1, 4000, 400, false, true),
            (1, 4000, 880, true, false),
        ]);
        let keys: Vec<_> = digits.events.iter().map(|e| (e.key().unwrap(), e.duration, e.ends)).collect();
        assert_eq!(keys, [('9', 1600, 3), ('1', 880, 1)]);
        assert_eq!((digits.packets, digits.count, digits.unended, digits.shrinking, digits.drifting), (7, 2, 0, 0, 0));
    }

    #[test]
    fn the_same_key_twice_is_two_events() {
        assert_eq!(dial(&[(5, 0, 800, true, true), (5, 1600, 160, false, true), (5, 1600, 800, true, false)]).count, 2);
    }

    #[test]
    fn faults_are_counted() {
        let digits = dial(&[(1, 0, 160, false, true), (1, 160, 320, false, false), (1, 160, 160, false, false), (2, 900, 80, false, true)]);
        assert_eq!((digits.count, digits.unended, digits.drifting, digits.shrinking), (2, 2, 1, 1));
    }
}
